from __future__ import annotations

import numpy as np
import pytest

from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (4, 5, 6)
AFFINE = affine_of("LPS", SHAPE, (1, 2, 3))


def files(folder, *arrays, affines=None):
    affines = affines or [AFFINE] * len(arrays)
    names = ("t1.nii.gz", "t2.nii", "pd.nii")
    return [
        write_nifti(folder / name, array, affine)
        for name, array, affine in zip(names, arrays, affines, strict=False)
    ]


def test_T07_several_files_are_channels(tmp_path):
    arrays = [noise(SHAPE), noise((*SHAPE, 2), seed=1), noise(SHAPE, seed=2)]
    paths = files(tmp_path, *arrays)
    image = LabelMap(tuple(str(path) for path in paths))
    assert image.path == paths
    assert image["path"] == str(paths)
    assert image["stem"] == ["t1", "t2", "pd"]
    assert (image.shape, image.spacing, image.orientation_str) == ((4, *SHAPE), (1, 2, 3), "LPS")
    assert not image.is_loaded
    expected = np.concatenate([np.moveaxis(a.reshape(*SHAPE, -1), 3, 0) for a in arrays])
    np.testing.assert_array_equal(image.data, expected)


def test_T07_their_type_holds_the_values_of_all(tmp_path):
    low, high = noise(SHAPE, np.uint8), noise(SHAPE, np.float32)
    image = ScalarImage(files(tmp_path, low, high))
    assert image.dtype == np.float32
    assert image.data.dtype == np.float32
    np.testing.assert_array_equal(image.data, [low, high])


def test_T07_sizes_must_agree(tmp_path):
    image = ScalarImage(files(tmp_path, noise(SHAPE), noise((4, 5, 7))))
    for asking in (lambda: image.shape, image.load):
        with pytest.raises(RuntimeError, match=r"t2\.nii.*t1\.nii\.gz"):
            asking()


def test_T07_an_image_of_several_files_can_be_unloaded(tmp_path):
    image = ScalarImage(files(tmp_path, noise(SHAPE), noise(SHAPE, seed=1)))
    first = image.data
    image.unload()
    np.testing.assert_array_equal(image.data, first)


def test_T08_where_affines_differ_the_first_counts_with_a_warning(tmp_path):
    other = AFFINE.copy()
    other[0, 3] += 0.5
    paths = files(tmp_path, noise(SHAPE), noise(SHAPE, seed=1), affines=[AFFINE, other])
    image = ScalarImage(paths)
    with pytest.warns(RuntimeWarning, match=r"t2\.nii.*t1\.nii\.gz"):
        image.load()
    np.testing.assert_allclose(image.affine, AFFINE)
    assert image.shape == (2, *SHAPE)
    with pytest.warns(RuntimeWarning, match=r"t2\.nii"):
        ScalarImage(paths).spacing  # noqa: B018 - the header tells already


def test_T08_a_difference_is_told_once_until_the_image_is_unloaded(tmp_path):
    other = AFFINE + np.pad([[0.5]], ((0, 3), (3, 0)))
    paths = files(tmp_path, noise(SHAPE), noise(SHAPE, seed=1), affines=[AFFINE, other])
    image = ScalarImage(paths)
    for _ in range(2):
        with pytest.warns(RuntimeWarning) as told:
            _ = image.spacing, image[1:].data
            image.load()
            image._repr_html_()
        assert len(told) == 1
        image.unload()


def test_T08_the_rounding_of_headers_is_no_difference(tmp_path):
    tilted = affine_of("LPS", SHAPE, (1.1, 2.2, 3.3), tilt=(1, 2, 3))
    nudged = tilted + np.pad(np.full((3, 4), 1e-7), ((0, 1), (0, 0)))
    ScalarImage(
        files(tmp_path, noise(SHAPE), noise(SHAPE, seed=1), affines=[tilted, nudged])
    ).load()
