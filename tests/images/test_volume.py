from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError, read_header
from napari_medload.images import read_volume
from tests.formats.examples import AFFINE, EXAMPLES, SHAPE, stored_truth
from tests.phantoms import noise, write_nifti


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_every_volume_has_four_axes_and_the_numbers_of_the_file(tmp_path, example):
    path = example.write(tmp_path)
    volume, truth = read_volume(read_header(path)), stored_truth(path)
    spatial = (*truth.shape[:3], 1, 1)[:3]
    assert volume.array.shape == (*spatial, int(np.prod(truth.shape[3:])))
    assert volume.frames == volume.array.shape[3]
    np.testing.assert_array_equal(volume.array, truth.reshape(volume.array.shape, order="F"))
    assert volume.array.dtype == truth.dtype
    assert volume.grid.shape == spatial


def test_the_axis_after_the_third_runs_fastest_among_frames(tmp_path):
    array = noise((*SHAPE, 2, 3))
    path = write_nifti(tmp_path / "a.nii", array, AFFINE)
    volume = read_volume(read_header(path))
    for t in range(2):
        for c in range(3):
            np.testing.assert_array_equal(volume.array[..., t + 2 * c], array[..., t, c])


def test_values_are_scaled_in_double_precision(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE, slope=0.1, intercept=1e6)
    values = read_volume(read_header(path)).values()
    assert values.dtype == np.float64
    np.testing.assert_allclose(values[..., 0], nib.load(path).get_fdata(), rtol=1e-12)


def test_what_is_mapped_takes_no_memory(tmp_path):
    mapped = read_volume(read_header(write_nifti(tmp_path / "a.nii", noise(SHAPE), AFFINE)))
    inflated = read_volume(read_header(write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), AFFINE)))
    assert mapped.nbytes == 0
    assert inflated.nbytes == 240
    held = mapped.with_array(np.array(mapped.array))
    assert held.nbytes == 240
    assert held.grid == mapped.grid


def test_the_error_of_a_file_names_it(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", noise((20, 20, 20)), AFFINE)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UnreadableFileError, match=r"a\.nii\.gz"):
        read_volume(read_header(path))
