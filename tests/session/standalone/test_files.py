"""A file shown alone: what is drawn lies where the file says, without a toolkit."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError, read_header
from napari_medload.geometry.affine import apply, inverse
from napari_medload.session.standalone.files import FileLayer, file_layer, file_layers
from napari_medload.session.standalone.lazy_arrays import FrameStack, Paintable
from tests.phantoms import (
    ORIENTATIONS,
    affine_of,
    blob,
    fiducial,
    noise,
    write_h5,
    write_nifti,
)
from tests.session.datasets import flatten

if TYPE_CHECKING:
    from pathlib import Path

SHAPE, SPACING = (14, 12, 10), (1.0, 1.5, 2.0)
WORLD = (2.0, -3.0, 4.0)
TILT = (7.0, -5.0, 11.0)


def only(path: Path) -> FileLayer:
    """Return the one layer of a file."""
    (layer,) = file_layers(path)
    return layer


def brightest(layer: FileLayer) -> np.ndarray:
    """Canvas point (S, A, R) of the brightest voxel that is drawn."""
    drawn = np.asarray(layer.data)
    index = np.array(np.unravel_index(int(drawn.argmax()), drawn.shape))
    return index * layer.display.scale + layer.display.translate


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_every_orientation_is_a_plain_view_at_its_world_place(tmp_path: Path, stored: str):
    affine = affine_of(stored, SHAPE, SPACING, centre=(1.0, 2.0, 3.0))
    array, truth = fiducial(affine, SHAPE, WORLD)
    layer = only(write_nifti(tmp_path / "a.nii", array, affine))
    assert brightest(layer)[::-1] == pytest.approx(truth, abs=1e-4)
    assert isinstance(layer.data, np.ndarray)
    assert np.shares_memory(layer.data, layer.volume.array)


def test_an_uncompressed_file_stays_on_disk(tmp_path: Path):
    layer = only(write_nifti(tmp_path / "a.nii", noise(SHAPE), affine_of("PIR", SHAPE)))
    base = layer.data
    while not isinstance(base, np.memmap) and base is not None:
        base = base.base
    assert isinstance(base, np.memmap)


@pytest.mark.parametrize("shear", [0.0, 0.3])
def test_a_tilted_file_is_drawn_on_a_grid_of_the_world(tmp_path: Path, shear: float):
    affine = affine_of("PIR", SHAPE, SPACING, centre=WORLD, tilt=TILT, shear=shear)
    array = blob(affine, SHAPE, WORLD, 3.0)
    layer = only(write_nifti(tmp_path / "a.nii.gz", array, affine, qform_code=0))
    assert layer.view is None
    assert "resliced" in " ".join(layer.notes)
    drawn = np.asarray(layer.data)
    # where it is drawn, seen from the file by nibabel's own rule
    weights = np.where(drawn > 400, drawn, 0.0)
    index = np.array([np.average(axis, weights=weights) for axis in np.indices(drawn.shape)])
    place = (index * layer.display.scale + layer.display.translate)[::-1]
    assert place == pytest.approx(WORLD, abs=0.3)


def test_planes_of_a_tilted_file_are_those_of_the_whole(tmp_path: Path):
    affine = affine_of("LSP", SHAPE, SPACING, tilt=TILT)
    for frames in ((), (3,)):
        array = noise((*SHAPE, *frames), np.int16)
        layer = only(write_nifti(tmp_path / f"a{len(frames)}.nii.gz", array, affine))
        whole = np.asarray(layer.data)
        assert whole.shape == layer.data.shape
        assert whole.dtype == layer.data.dtype
        keys = [(1,), (slice(0, 3, 2), 4), (..., slice(1, 5)), (-1, ..., 3)]
        for key in keys:
            np.testing.assert_array_equal(layer.data[key], whole[key])


def test_time_is_the_first_axis_and_each_frame_lies_true(tmp_path: Path):
    affine = affine_of("LPI", SHAPE, SPACING)
    frames = [fiducial(affine, SHAPE, WORLD, value=100 * (n + 1))[0] for n in range(3)]
    _, truth = fiducial(affine, SHAPE, WORLD)
    for name, tilt in (("flat", (0.0, 0.0, 0.0)), ("tilted", TILT)):
        turned = affine_of("LPI", SHAPE, SPACING, tilt=tilt)
        layer = only(write_nifti(tmp_path / f"{name}.nii", np.stack(frames, axis=-1), turned))
        assert layer.in_time
        assert layer.data.shape[0] == 3
        highest = [float(np.asarray(layer.data[n]).max()) for n in range(3)]
        assert highest == sorted(highest) and len(set(highest)) == 3
        if name == "flat":
            spatial = np.array(np.unravel_index(int(layer.data[2].argmax()), layer.data.shape[1:]))
            place = spatial * layer.display.scale + layer.display.translate
            assert place[::-1] == pytest.approx(truth, abs=1e-4)
        else:
            assert isinstance(layer.data.source, FrameStack)


def test_colours_are_the_last_axis(tmp_path: Path):
    affine = affine_of("PIR", SHAPE, SPACING)
    kind = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
    stored = np.zeros(SHAPE, kind)
    stored["G"] = noise(SHAPE, np.uint8)
    nib.Nifti1Image(stored, affine).to_filename(tmp_path / "rgb.nii.gz")
    layer = only(tmp_path / "rgb.nii.gz")
    assert layer.colours and not layer.in_time
    i, j, k = nib.as_closest_canonical(nib.Nifti1Image(stored["G"], affine)).shape
    assert layer.data.shape == (k, j, i, 3)
    expected = nib.as_closest_canonical(nib.Nifti1Image(stored["G"], affine)).dataobj
    np.testing.assert_array_equal(np.asarray(layer.data)[..., 1].T, np.asarray(expected))


def test_scaled_values_are_drawn_as_values(tmp_path: Path):
    affine = affine_of("LAS", SHAPE, SPACING)
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), affine, slope=2.5, intercept=-7.0)
    expected = nib.as_closest_canonical(nib.load(path)).get_fdata()
    np.testing.assert_allclose(np.asarray(only(path).data).T, expected)


def test_a_file_without_geometry_is_drawn_by_index(tmp_path: Path):
    array = noise((5, 6, 7))
    layer = only(write_h5(tmp_path / "a.h5", volume=array))
    assert not layer.display.grid.known
    assert layer.display.scale == (1.0, 1.0, 1.0)
    assert "No geometry" in " ".join(layer.notes)
    np.testing.assert_array_equal(np.asarray(layer.data), array.T)


def test_labels_are_whole_numbers_with_the_names_beside_them(tmp_path: Path):
    """A float file of whole numbers holds labels; its table lies above the folder of labels."""
    affine = affine_of("LPS", SHAPE, SPACING)
    array, _ = fiducial(affine, SHAPE, WORLD, value=7, dtype=np.float64)
    path = write_nifti(tmp_path / "labels" / "a.nii.gz", array, affine)
    (tmp_path / "label_names.txt").write_text("7 spleen\n")
    layer = only(path)
    assert layer.kind == "labels"
    assert layer.data.dtype.kind in "iu"
    assert layer.values == (7,)
    assert layer.table.label(7).name == "spleen"


def test_fractions_in_a_label_folder_stay_an_image(tmp_path: Path):
    array = np.full(SHAPE, 0.5, np.float32)
    layer = only(write_nifti(tmp_path / "labels" / "a.nii.gz", array, affine_of("RAS", SHAPE)))
    assert layer.kind == "image"


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), TILT])
def test_painting_changes_the_layer_and_never_the_file(tmp_path: Path, tilt):
    affine = affine_of("LPS", SHAPE, SPACING, tilt=tilt)
    path = write_nifti(tmp_path / "labels" / "a.nii", np.zeros(SHAPE, np.uint8), affine)
    before = path.read_bytes()
    layer = only(path)
    layer.data[4, 5, 6] = 3
    layer.data[2:4, 2, 2] = 2
    assert layer.data[4, 5, 6] == 3
    assert np.count_nonzero(np.asarray(layer.data)) == 3
    assert path.read_bytes() == before
    assert not layer.volume.array.any()
    assert isinstance(layer.data, Paintable) is any(tilt)


def test_an_oblique_label_keeps_its_values_where_they_are(tmp_path: Path):
    affine = affine_of("ASL", SHAPE, SPACING, tilt=TILT)
    array, truth = fiducial(affine, SHAPE, WORLD, value=5, dtype=np.uint8)
    layer = only(write_nifti(tmp_path / "seg" / "a.nii.gz", array, affine))
    drawn = np.asarray(layer.data)
    assert set(np.unique(drawn)) == {0, 5}
    centre = np.argwhere(drawn == 5).mean(axis=0) * layer.display.scale + layer.display.translate
    assert np.abs(centre[::-1] - truth).max() < max(SPACING) / 2
    # every painted display voxel is nearest to the labelled voxel of the file
    canvas = np.argwhere(drawn == 5) * layer.display.scale + layer.display.translate
    voxels = np.rint(apply(inverse(affine), canvas[:, ::-1]))
    assert (voxels == np.rint(apply(inverse(affine), truth))).all()


def test_a_singular_affine_is_told(tmp_path: Path):
    path = flatten(write_nifti(tmp_path / "a.nii", noise(SHAPE), np.eye(4)))
    with pytest.raises(UnreadableFileError, match=r"a\.nii: a singular affine"):
        file_layers(path)


def test_contrast_of_a_series_comes_from_its_frames(tmp_path: Path):
    array = np.zeros((*SHAPE, 30), np.int16)
    array[..., 15:] = noise(SHAPE)[..., None] + 500
    header = read_header(write_nifti(tmp_path / "a.nii", array, affine_of("RAS", SHAPE)))
    low, high = file_layer(header).limits
    assert low < 10 and 400 < high < 700


def brain_like(shape: tuple[int, int, int] = (24, 24, 20)) -> np.ndarray:
    """Whole numbers as a scan has them: many, noisy, and zero around."""
    array = np.random.default_rng(3).integers(200, 900, shape).astype(np.int16)
    array[:4] = array[:, :3] = 0
    return array


@pytest.mark.parametrize(
    "name", ["brain_segmentation/t1.nii.gz", "sub/T1_masked.nii.gz", "labels/g1/t1.nii.gz"]
)
@pytest.mark.parametrize("offset", [0, -1024])
def test_a_scan_whose_name_speaks_of_labels_stays_an_image(tmp_path: Path, name: str, offset: int):
    path = write_nifti(tmp_path / "x" / name, brain_like() + offset, affine_of("RAS", (24, 24, 20)))
    assert only(path).kind == "image"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("labels/g1/a.nii.gz", "labels"),
        ("fixed_labels/g1/a.nii.gz", "labels"),
        ("labelsTr/g1/a.nii.gz", "labels"),
        ("images/g1/a.nii.gz", "image"),
    ],
)
def test_labels_in_groups_and_parcellations_of_many_values_are_labels(
    tmp_path: Path, name: str, kind: str
):
    blocks = np.arange(8 * 8 * 7).reshape(8, 8, 7)
    parcels = blocks.repeat(3, 0).repeat(3, 1).repeat(3, 2).astype(np.float32)
    path = write_nifti(tmp_path / name, parcels, affine_of("LPS", parcels.shape))
    assert only(path).kind == kind


def test_an_array_is_labels_by_its_key(tmp_path: Path):
    array = np.zeros(SHAPE, np.uint8)
    array[2:4] = 1
    found = file_layers(write_h5(tmp_path / "a.h5", seg=array, volume=noise(SHAPE)))
    assert {layer.name: layer.kind for layer in found} == {"a seg": "labels", "a volume": "image"}


@pytest.mark.parametrize("shape", [SHAPE, (*SHAPE, 2)])
def test_a_copy_of_a_tilted_layer_is_painted_on_its_own(tmp_path: Path, shape):
    """napari duplicates a layer by a deep copy of its data and metadata."""
    affine = affine_of("PIR", SHAPE, SPACING, tilt=TILT)
    layer = only(write_nifti(tmp_path / "labels" / "a.nii.gz", np.zeros(shape, np.uint8), affine))
    again = deepcopy(layer)
    data = deepcopy(layer.data)
    data[..., 5, 5] = 2
    further = deepcopy(data)
    further[..., 6, 6] = 3
    assert again is layer and not np.asarray(layer.data).any()
    assert set(np.unique(data)) == {0, 2} and set(np.unique(further)) == {0, 2, 3}


def test_a_tilted_image_can_become_labels(tmp_path: Path):
    affine = affine_of("PIR", SHAPE, SPACING, tilt=TILT)
    layer = only(write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine))
    whole = np.asarray(layer.data)
    np.testing.assert_array_equal(layer.data.astype(np.int64), whole)
    np.testing.assert_array_equal(layer.data[whole > 50], whole[whole > 50])
    assert layer.data.painted is None  # to ask for some voxels is not to paint
    layer.data[3, 4, 5] = 7
    assert layer.data[3, 4, 5] == 7
