from __future__ import annotations

import numpy as np
import pytest

from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import noise

AFFINE = np.diag((2.0, 3, 4, 1))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "scan.raw"
    path.touch()
    return path


class Tensor:
    """Stands for arrays of other libraries, which say so by this method alone."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def reading(array, affine=None):
    return lambda _path: (array, affine)


@pytest.mark.parametrize(
    ("shape", "expected", "order"),
    [
        ((5, 5), (1, 5, 5, 1), None),
        ((5, 5, 3), (3, 5, 5, 1), (2, 0, 1)),
        ((3, 5, 5), (3, 5, 5, 1), (0, 1, 2)),
        ((5, 5, 5), (1, 5, 5, 5), None),
        ((3, 5, 3), (3, 3, 5, 1), (2, 0, 1)),
        ((4, 5, 6, 7), (4, 5, 6, 7), None),
        ((5, 6, 7, 1, 2), (2, 5, 6, 7), (3, 4, 0, 1, 2)),
    ],
    ids=str,
)
def test_T06_shapes(path, shape, expected, order):
    array = noise(shape)
    image = ScalarImage(path, reader=reading(array))
    assert image.shape == expected
    truth = array if order is None else array.transpose(order)
    np.testing.assert_array_equal(image.data.squeeze(), truth.squeeze())


@pytest.mark.parametrize("shape", [(), (5,), (5, 5, 5, 2, 2), (2, 2, 2, 2, 2, 2)], ids=str)
def test_T06_other_shapes_are_errors_that_name_the_file(path, shape):
    with pytest.raises(ValueError, match=r"scan\.raw"):
        ScalarImage(path, reader=reading(noise(shape))).load()


@pytest.mark.parametrize("wrong", ["abc", [[1, 2]], None], ids=str)
def test_T06_a_reader_returns_an_array(path, wrong):
    with pytest.raises(TypeError, match="array"):
        ScalarImage(path, reader=reading(wrong)).load()


def test_T06_without_an_affine_nothing_is_known(path):
    image = ScalarImage(path, reader=reading(noise((5, 6, 7))))
    np.testing.assert_array_equal(image.affine, np.eye(4))
    assert not image.grid.known
    assert "spacing: not stated" in repr(image)


def test_T06_an_affine_is_taken_from_the_reader(path):
    image = ScalarImage(path, reader=reading(Tensor(noise((5, 6, 7))), Tensor(AFFINE)))
    assert image.spacing == (2, 3, 4)
    assert image.grid.known
    assert ScalarImage(path, affine=np.eye(4), reader=image.reader).spacing == (1, 1, 1)
    with pytest.raises(ValueError, match="affine"):
        ScalarImage(path, reader=reading(noise((5, 6, 7)), np.eye(3))).load()


def test_T06_the_reader_is_called_once_until_the_image_is_unloaded(path):
    called = []

    def reader(where):
        called.append(where)
        return noise((5, 6, 7), np.uint16), AFFINE

    image = LabelMap(path, reader=reader)
    assert not called
    assert (image.shape, image.orientation_str) == ((1, 5, 6, 7), "RAS")
    assert image.data.dtype == np.int32
    assert called == [path]
    image.unload()
    assert image.shape == (1, 5, 6, 7)
    assert called == [path, path]


def test_T06_set_data_needs_no_more_than_the_place_of_the_file(path):
    image = ScalarImage(path, reader=reading(noise((5, 6, 7)), AFFINE))
    image.set_data(noise((2, 3, 3, 3)))
    assert image.spacing == (2, 3, 4)
    assert image.shape == (2, 3, 3, 3)


def test_T06_several_files(tmp_path):
    paths = [tmp_path / "a.raw", tmp_path / "b.raw"]
    for path in paths:
        path.touch()
    image = ScalarImage(paths, reader=reading(noise((5, 6, 7)), AFFINE))
    assert image.shape == (2, 5, 6, 7)
    assert image.spacing == (2, 3, 4)


@pytest.mark.parametrize("choice", [{"key": "a"}, {"form": "qform"}], ids=str)
def test_T06_a_reader_chooses_for_itself(path, choice):
    with pytest.raises(ValueError, match="reader"):
        ScalarImage(path, reader=reading(noise((5, 5))), **choice)


def test_T06_errors_of_a_reader_are_its_own(path):
    def reader(_path):
        raise KeyError("broken")

    image = ScalarImage(path, reader=reader)
    with pytest.raises(KeyError, match="broken"):
        image.load()
    assert "KeyError" in repr(image)
