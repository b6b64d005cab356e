from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pytest

from napari_medload.images import Image, LabelMap, ScalarImage
from napari_medload.labels import Label, LabelTable
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (4, 5, 6)
TABLE = LabelTable([Label(1, "liver", (1.0, 0.0, 0.0)), Label(3, "spleen", (0.0, 1.0, 0.0))])


def labels(dtype=np.uint8):
    array = np.zeros((1, *SHAPE), dtype)
    array[0, 0], array[0, 1, 0, :2] = 3, 1
    return array


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "bool"])
def test_T28_counts_agree_with_those_of_each_value(dtype):
    image = LabelMap(tensor=labels(dtype))
    counts = image.count_labels()
    assert counts == {int(v): int((image.data == v).sum()) for v in np.unique(image.data)}
    assert all(type(value) is int for pair in counts.items() for value in pair)
    assert image.count_nonzero() == 32


def test_T28_names_and_colours_of_a_table():
    image = LabelMap(tensor=labels(), table=TABLE)
    assert image.label_names == {1: "liver", 3: "spleen"}
    assert image.label_colors == {1: (1, 0, 0), 3: (0, 1, 0)}
    others = (image[0:2], copy.copy(image), copy.deepcopy(image), pickle.loads(pickle.dumps(image)))
    for other in others:
        assert other.label_names == image.label_names
        assert other.label_colors == image.label_colors


def test_T28_a_table_is_found_beside_the_file(tmp_path):
    path = write_nifti(tmp_path / "a.nii", labels()[0])
    (tmp_path / "labels.txt").write_text('1 255 0 0 1 1 1 "liver"\n')
    image = LabelMap(path)
    assert image.label_names == {1: "liver"}
    assert image.label_colors == {1: (1, 0, 0)}
    assert LabelMap(path, table=TABLE).label_names[3] == "spleen"
    assert not image.is_loaded


def test_T28_a_table_is_found_above_a_folder_of_labels(tmp_path):
    (tmp_path / "label_names.txt").write_text("1 liver\n")
    for folder in ("fixed_labels", "fixed_images"):
        (tmp_path / folder).mkdir()
        write_nifti(tmp_path / folder / "a.nii", labels()[0])
    assert LabelMap(tmp_path / "fixed_labels" / "a.nii").label_names == {1: "liver"}
    assert LabelMap(tmp_path / "fixed_images" / "a.nii").label_names == {}


def test_T28_a_table_beside_the_file_is_kept_when_voxels_are_replaced_and_cut(tmp_path):
    path = write_nifti(tmp_path / "a.nii", labels()[0])
    (tmp_path / "labels.txt").write_text('1 255 0 0 1 1 1 "liver"\n')
    image = LabelMap(path)
    image.set_data(labels())
    assert image[0:2].label_names == {1: "liver"}


def test_T28_without_a_table_there_are_no_names(tmp_path):
    assert LabelMap(tensor=labels()).label_names == {}
    assert LabelMap(write_nifti(tmp_path / "a.nii", labels()[0])).label_names == {}


class TorchioImage:
    """Stands for TorchIO's classes: keeps what it is made from."""

    def __init__(self, **given):
        self.given = given


@pytest.fixture
def torchio(monkeypatch):
    from types import ModuleType

    module = ModuleType("torchio")
    for kind in ("Image", "ScalarImage", "LabelMap"):
        setattr(module, kind, type(kind, (TorchioImage,), {}))
    monkeypatch.setitem(sys.modules, "torchio", module)


@pytest.mark.parametrize("kind", [ScalarImage, LabelMap])
def test_to_torchio_hands_over_voxels_place_and_entries(tmp_path, torchio, kind):
    affine = affine_of("PIR", SHAPE, (1, 2, 3))
    image = kind(write_nifti(tmp_path / "a.nii", labels()[0], affine), site="Jena")
    made = image.to_torchio()
    assert type(made).__name__ == kind.__name__
    np.testing.assert_array_equal(made.given.pop("tensor"), image.data)
    np.testing.assert_allclose(made.given.pop("affine"), affine)
    assert made.given == {"site": "Jena"}


def test_to_torchio_takes_the_parent_of_a_class_of_ones_own(torchio):
    class Mask(LabelMap):
        """A kind of the user's."""

    assert type(Mask(tensor=labels()).to_torchio()).__name__ == "LabelMap"


def test_to_torchio_hands_over_voxels_that_can_be_written_to(tmp_path, torchio):
    image = Image(write_nifti(tmp_path / "a.nii", labels()[0]), type="label")
    given = image.to_torchio().given
    assert given["type"] == "label"
    given["tensor"][:] = 7
    given["affine"][:] = 7
    assert image.data.max() == 3
    assert image.spacing == (1, 1, 1)


def test_to_torchio_names_the_package_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchio", None)
    with pytest.raises(ImportError, match="pip install torchio"):
        ScalarImage(tensor=noise((1, *SHAPE))).to_torchio()
