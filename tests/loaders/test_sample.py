from __future__ import annotations

import copy
import pickle

import pytest

from napari_medload.formats import Source
from napari_medload.images import LabelMap, ScalarImage
from napari_medload.loaders import Sample
from napari_medload.loaders.sample import image_of, is_label_role, side_of
from tests.phantoms import noise, write_nifti


def test_roles_are_open(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise((2, 3, 4)))
    roles = ("fixed_image", "warped", "fixed_tumour_seg", "brain_mask")
    sample = Sample("a", {role: Source(path) for role in roles})
    assert sample.roles == roles
    assert isinstance(sample.warped, ScalarImage)
    assert isinstance(sample.fixed_tumour_seg, LabelMap)
    assert isinstance(sample.brain_mask, LabelMap)
    assert sample.moving_image is None
    assert set(sample.load()) == set(roles)


def test_a_sample_survives_copying_and_pickling(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise((2, 3, 4)))
    sample = Sample("a", {"image": Source(path)}, "g", "train", ("odd",))
    for other in (copy.deepcopy(sample), copy.copy(sample), pickle.loads(pickle.dumps(sample))):
        assert other == sample
        assert other.image.shape == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("role", "label", "side"),
    [
        ("fixed_image", False, "fixed"),
        ("moving_label", True, "moving"),
        ("mask", True, ""),
        ("moving_seg_2", True, "moving"),
        ("landmarks", False, ""),
    ],
)
def test_what_a_role_is_called_says_what_it_is(role, label, side):
    assert is_label_role(role) == label
    assert side_of(role) == side


def test_a_label_goes_with_the_image_of_its_side():
    pair = {"fixed_image": 1, "moving_image": 2}
    assert image_of("fixed_label", pair) == "fixed_image"
    assert image_of("moving_mask", pair) == "moving_image"
    assert image_of("label", {"image": 1}) == "image"
    assert image_of("label", pair) is None
