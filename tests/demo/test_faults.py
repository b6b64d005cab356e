"""Every planted fault is really there, and is the only one in its sample."""

import nibabel as nib
import numpy as np
import pytest

from napari_medload.demo import FAULTS
from napari_medload.formats import UnreadableFileError, read_array, read_header

from .pairs import GREY, LESION, WHITE


def _agrees(dice):
    return dice[GREY] > 0.9 and dice[WHITE] > 0.9 and dice[LESION] > 0.85


def test_flipped_data(pair):
    found = pair("subject_04")
    assert "flipped" in FAULTS[found.id]
    fixed, moving = (s.centroid(LESION) for s in (found.fixed_label, found.moving_label))
    assert fixed[0] * moving[0] < 0
    assert not _agrees(found.dice())
    for scan in (found.moving, found.moving_label):
        axis = [letter in "LR" for letter in scan.orientation].index(True)
        scan.array = np.flip(scan.array, axis)
    dice = found.dice()
    # undone again, for other tests read the same sample
    del found.moving.array, found.moving_label.array
    assert _agrees(dice)


def test_flipped_image_goes_with_its_label(pair):
    found = pair("subject_04")
    lesion = found.moving_label.array == LESION
    white = found.moving_label.array == WHITE
    assert found.moving.array[lesion].mean() > 1.5 * found.moving.array[white].mean()


def test_shifted_header(pair):
    found = pair("subject_06")
    assert "30 mm" in FAULTS[found.id]
    assert found.lesion_offset() == pytest.approx((0, 30, 0), abs=0.5)
    assert not _agrees(found.dice())
    assert _agrees(found.dice(shift=(0, 30, 0)))
    assert np.array_equal(found.moving.affine, found.moving_label.affine)


def test_label_on_the_wrong_grid(pair):
    found = pair("subject_07")
    assert "wrong grid" in FAULTS[found.id]
    image, label = found.moving.file.shape, found.moving_label.file.shape
    assert np.subtract(image, label).tolist() == [2, 0, 0]
    step = found.moving.affine[:3, 0]
    assert found.lesion_offset() == pytest.approx(-2 * step, abs=0.5)
    assert _agrees(found.dice(shift=-2 * step))


def test_empty_label(pair):
    found = pair("subject_09")
    assert "empty" in FAULTS[found.id]
    assert not found.moving_label.array.any()
    assert found.fixed_label.array.any()
    assert found.moving.array.any()


def test_swapped_partner(pair):
    found = pair("subject_10")
    assert "swapped" in FAULTS[found.id]
    fixed, moving = (s.centroid(LESION) for s in (found.fixed_label, found.moving_label))
    assert fixed[0] * moving[0] < 0
    dice = found.dice()
    assert dice[GREY] < 0.8
    assert dice[LESION] < 0.1
    # image and label of the stranger do belong together
    lesion, white = (found.moving_label.array == value for value in (LESION, WHITE))
    assert found.moving.array[lesion].mean() > 1.5 * found.moving.array[white].mean()


def test_stranger_is_no_mirror_image(pair):
    found = pair("subject_10")
    points = found.fixed_places()
    grey = found.fixed_label.at(points) == GREY
    mirrored = found.moving_label.at(points * (-1, 1, 1)) == GREY
    assert 2 * np.sum(grey & mirrored) / (grey.sum() + mirrored.sum()) < 0.8


def test_truncated_file(pair):
    found = pair("subject_12")
    assert "truncated" in FAULTS[found.id]
    with pytest.raises(EOFError):
        np.asanyarray(nib.load(found.moving.path).dataobj)
    header = read_header(found.moving.path)
    assert header.shape == found.moving_label.file.shape
    with pytest.raises(UnreadableFileError, match=r"subject_12\.nii\.gz"):
        read_array(header)
    assert _agrees(found.dice())
