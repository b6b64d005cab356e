from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import sources
from napari_medload.images import ScalarImage
from tests.formats.dicom_phantoms import write_series
from tests.phantoms import noise

AFFINE = np.diag((2.0, 2.0, 2.0, 1.0))
AFFINE[:3, 3] = (-82.1807, -122.163, -24.707)


def test_T09_a_folder_of_dicom_files_is_one_image(tmp_path):
    array = noise((88, 128, 17))
    write_series(tmp_path, array, AFFINE)
    image = ScalarImage(tmp_path)
    assert image.shape == (1, 88, 128, 17)
    assert image.spacing == pytest.approx((2, 2, 2))
    assert image.orientation_str == "RAS"
    assert image.origin == pytest.approx((-82.1807, -122.163, -24.707))
    assert not image.is_loaded
    np.testing.assert_array_equal(image[:, :, -1].data[0, :, :, 0], array[:, :, 16])
    np.testing.assert_array_equal(image.data[0], array)
    assert image["stem"] == tmp_path.name.split(".")[0]


def test_T09_one_file_of_it_has_depth_one(tmp_path):
    write_series(tmp_path, noise((88, 128, 17)), AFFINE)
    assert ScalarImage(min(tmp_path.iterdir())).shape == (1, 88, 128, 1)


def test_T09_an_empty_folder_is_no_image(tmp_path):
    with pytest.raises(FileNotFoundError, match="empty"):
        ScalarImage(tmp_path).load()


def test_T09_a_series_is_chosen_by_its_key(tmp_path):
    arrays = [noise((8, 9, 3), seed=1), noise((8, 9, 5), seed=2)]
    for number, array in enumerate(arrays):
        write_series(tmp_path, array, AFFINE, series=f"series{number}")
    keys = [source.key for source in sources(tmp_path)]
    found = [ScalarImage(tmp_path, key=key) for key in keys]
    assert sorted(image.shape[3] for image in found) == [3, 5]
    for image in found:
        np.testing.assert_array_equal(image.data[0], arrays[image.shape[3] == 5])
    first = ScalarImage(tmp_path)
    assert first.shape[3] in (3, 5)
    assert "series" in first._repr_html_()  # the other one is named


def test_T09_whole_numbers_stay_whole(tmp_path):
    array = noise((8, 9, 3), np.uint16)
    write_series(tmp_path, array, AFFINE, RescaleSlope="1", RescaleIntercept="-1024")
    image = ScalarImage(tmp_path)
    assert image.dtype == image.data.dtype == np.int32
    np.testing.assert_array_equal(image.data[0], array.astype(int) - 1024)
