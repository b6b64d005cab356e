from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as Pillow

from napari_medload.images import ScalarImage
from tests.phantoms import ORIENTATIONS, affine_of, noise

SHAPE = (4, 5, 6)


def image_of(affine, shape=SHAPE):
    return ScalarImage(tensor=noise((1, *shape)), affine=affine)


def test_T10_a_picture_is_drawn_as_LPS_and_states_nothing(tmp_path):
    path = tmp_path / "a.png"
    Pillow.fromarray(noise((5, 7), np.uint8)).save(path)
    image = ScalarImage(path)
    assert image.shape == (1, 7, 5, 1)
    assert image.orientation_str == "LPS"
    assert "orientation: LPS+ (not stated)" in repr(image)
    assert not image.grid.known


def test_T11_bounds_of_a_sheared_image_are_its_first_and_last_centre():
    affine = affine_of("RAS", SHAPE, (1, 2, 3), shear=0.3)
    first, last = image_of(affine).bounds
    np.testing.assert_allclose(first, affine[:3, 3])
    np.testing.assert_allclose(last, (affine @ (3, 4, 5, 1))[:3])


@pytest.mark.parametrize("code", ORIENTATIONS)
def test_T12_get_bounds_are_sorted_for_every_orientation(code):
    x, y, z = image_of(affine_of(code, SHAPE, (1, 2, 3), (10, 20, 30))).get_bounds()
    for (low, high), centre in zip((x, y, z), (10, 20, 30), strict=True):
        assert low < high
        assert (low + high) / 2 == pytest.approx(centre)


@pytest.mark.parametrize("code", ORIENTATIONS)
def test_T14_an_axis_is_found_by_the_name_of_either_end(code):
    image = image_of(affine_of(code, SHAPE))
    for axis, letter in enumerate(code):
        other = image.flip_axis(letter)
        for name in (letter, letter.lower(), other, f"{other}est"):
            assert image.axis_name_to_index(name) == axis - 3


@pytest.mark.parametrize("name", ["Top", "bottom", "T", "b"])
def test_T14_top_and_bottom_are_the_height(name):
    for code in ("LPS", "SAL"):
        assert image_of(affine_of(code, SHAPE)).axis_name_to_index(name) == -2


@pytest.mark.parametrize("name", ["Dorsal", "v", "x", "", 0, None, ("L",)], ids=str)
def test_T14_what_names_no_axis_is_an_error(name):
    with pytest.raises(ValueError, match=r"axis|axes"):
        image_of(np.eye(4)).axis_name_to_index(name)


@pytest.mark.parametrize("pair", ["LR", "PA", "IS", "TB", "DV"])
def test_T14_opposite_ends(pair):
    assert ScalarImage.flip_axis(pair[0]) == pair[1]
    assert ScalarImage.flip_axis(f"{pair[1].lower()}ight") == pair[0]


@pytest.mark.parametrize("name", ["x", "", 3], ids=str)
def test_T14_what_names_no_end_is_an_error(name):
    with pytest.raises(ValueError, match="named"):
        ScalarImage.flip_axis(name)


def test_T24_an_axis_without_direction_cannot_be_named():
    image = image_of(np.diag((1.0, 0, 1, 1)))
    assert image.orientation == ("R", "?", "S")
    with pytest.raises(ValueError, match=r"R\?S"):
        image.axis_name_to_index("Anterior")
