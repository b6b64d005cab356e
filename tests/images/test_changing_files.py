"""Images whose files are written anew while they are in use."""

from __future__ import annotations

import os
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError
from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import affine_of, huge_nifti, noise, write_nifti

SHAPE = (4, 5, 6)
BEFORE, AFTER = affine_of("LPS", SHAPE, (2, 2, 3)), affine_of("RAS", SHAPE, (1, 1, 1))

_TRUNCATED = """
import sys
from napari_medload.images import ScalarImage
image = ScalarImage(sys.argv[1])
image.load()
open(sys.argv[1], "wb").close()
print(image.data.sum())
"""


def written(path, array, affine):
    """Write in place, as other programs do."""
    nib.save(nib.Nifti1Image(array, affine), path)
    os.utime(path, ns=(0, os.stat(path).st_mtime_ns + 1_000_000))  # clocks are coarse
    return path


@pytest.fixture(params=["a.nii", "a.nii.gz"])
def path(request, tmp_path):
    return write_nifti(tmp_path / request.param, noise(SHAPE, np.int16), BEFORE)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_T03_a_file_that_was_written_anew_is_placed_where_it_says_now(path, dtype):
    image = ScalarImage(path)
    assert image.spacing == (2, 2, 3)
    wanted = noise((7, 5, 6), dtype, seed=1)
    written(path, wanted, AFTER)
    np.testing.assert_array_equal(image.data[0], wanted)
    np.testing.assert_allclose(image.affine, AFTER, atol=1e-6)
    assert (image.shape, image.dtype) == ((1, 7, 5, 6), dtype)


def test_T04_loading_again_reads_what_the_file_is_now(path):
    image = ScalarImage(path)
    image.load()
    wanted = noise(SHAPE, np.int16, seed=1)
    written(path, wanted, AFTER)
    image.unload()
    np.testing.assert_array_equal(image.data[0], wanted)
    assert image.spacing == (1, 1, 1)


def test_T07_channels_that_were_written_anew_are_placed_where_they_say_now(path, tmp_path):
    other = write_nifti(tmp_path / "b.nii.gz", noise(SHAPE, np.int16), BEFORE)
    image = LabelMap([path, other])
    assert image.spacing == (2, 2, 3)
    for file in (path, other):
        written(file, noise(SHAPE, np.int16), AFTER)
    image.load()
    image.unload()
    assert image.spacing == (1, 1, 1)


def test_T15_a_part_of_a_file_that_was_written_anew_is_placed_where_it_says_now(path):
    part = ScalarImage(path)[1:3]
    assert part.spacing == (2, 2, 3)
    wanted = noise(SHAPE, np.int16, seed=1)
    written(path, wanted, AFTER)
    np.testing.assert_array_equal(part.data[0], wanted[1:3])
    np.testing.assert_allclose(part.origin, AFTER[:3, 3] + [1, 0, 0], atol=1e-6)


def test_T04_loaded_voxels_stay_what_they_were_whoever_writes_the_file(path):
    image = ScalarImage(path)
    before = image.data.copy()
    part = image[1:3]
    written(path, noise(SHAPE, np.int16, seed=1), AFTER)
    np.testing.assert_array_equal(image.data, before)
    np.testing.assert_array_equal(part.data, before[:, 1:3])


def test_T04_a_loaded_image_outlives_a_file_that_is_cut_short(tmp_path):
    array = np.ones((30, 40, 50), np.int16)
    file = write_nifti(tmp_path / "a.nii", array, BEFORE)
    done = subprocess.run(
        [sys.executable, "-c", _TRUNCATED, str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(array.sum())), done.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts the open files of Linux")
def test_T04_loaded_images_keep_no_file_open(tmp_path):
    file = write_nifti(tmp_path / "a.nii", noise(SHAPE), BEFORE)
    before = len(os.listdir("/proc/self/fd"))
    images = [ScalarImage(file) for _ in range(20)]
    for image in images:
        image.load()
    assert len(os.listdir("/proc/self/fd")) < before + 10


@pytest.mark.parametrize("slope", [1, 2.5])
def test_T04_more_than_the_machine_has_room_for_is_an_error_that_names_the_file(tmp_path, slope):
    file = huge_nifti(tmp_path / "a.nii", (32000, 32000, 2000), slope)
    image = ScalarImage(file)
    with pytest.raises(UnreadableFileError, match=r"a\.nii.*no memory"):
        image.load()
    assert image[5:8, 2:4, 100:103].data.shape == (1, 3, 2, 3)
