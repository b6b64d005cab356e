"""Planes in colour, against the formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.session.picture.colours import colormap_table, label_entries
from napari_medload.session.picture.composing import borders, compose, resampled
from napari_medload.session.picture.cut import cut, plane_views
from tests.phantoms import affine_of, noise
from tests.session.datasets import resident, scene_of

SHAPE = (13, 11, 9)
INDEX = 4


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A labelled pair on one grid; the moving image lies two voxels off and is a float."""
    folder = tmp_path_factory.mktemp("pair")
    affine = affine_of("LAS", SHAPE, (1.0, 1.0, 2.0))
    box = np.zeros(SHAPE, np.uint8)
    box[3:9, 3:9, 2:7] = 1
    box[6:9, 3:9, 2:7] = 2
    moving = noise(SHAPE, np.float32, seed=3)
    return {
        "fixed_image": resident(folder / "f.nii", noise(SHAPE, seed=1), affine),
        "moving_image": resident(folder / "m.nii", moving, affine),
        "fixed_label": resident(folder / "fl.nii", box, affine, is_label=True),
        "moving_label": resident(folder / "ml.nii", np.roll(box, 2, 1), affine, is_label=True),
    }


def contrast(layer, plane):
    low, high = layer.limits
    return np.clip((plane.astype(float) - low) / (high - low), 0, 1)


def outlined(numbers):
    """Pixels beside another number, one by one."""
    found = np.zeros(numbers.shape, bool)
    rows, columns = numbers.shape
    for r in range(rows):
        for c in range(columns):
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                row, column = r + down, c + right
                if 0 <= row < rows and 0 <= column < columns:
                    found[r, c] |= numbers[row, column] != numbers[r, c]
    return found


def expected(scene, view, side=""):
    """The picture by the rules, layer by layer and in plain numbers."""
    picture = np.zeros((*view.shape, 3))
    for layer in scene.layers:
        if not layer.visible or layer.side not in ("", side or layer.side):
            continue
        plane = cut(layer, view, INDEX)
        if layer.kind == "image":
            c = contrast(layer, plane)[..., None]
            if layer.colormap.startswith("#"):
                rgb = c * np.array([int(layer.colormap[n : n + 2], 16) for n in (1, 3, 5)]) / 255
            elif layer.colormap == "inferno":
                rgb = colormap_table("inferno")[np.rint(c[..., 0] * 255).astype(int)] / 255
            else:
                rgb = (
                    c
                    * {"gray": (1, 1, 1), "green": (0, 1, 0), "magenta": (1, 0, 1)}[layer.colormap]
                )
            alpha = np.full(c.shape, layer.opacity)
        else:
            rgb, alpha = np.zeros(picture.shape), np.zeros((*view.shape, 1))
            edge = outlined(plane) if layer.outline else np.ones(plane.shape, bool)
            for entry in label_entries(layer):
                at = (plane == entry.code) & edge
                if not entry.hidden:
                    rgb[at], alpha[at] = np.array(entry.rgb) / 255, layer.opacity
        if layer.blending == "additive":
            picture = np.minimum(1, picture + rgb * alpha)
        else:
            picture = picture * (1 - alpha) + rgb * alpha
    return picture * 255


MODES = (
    "overlay", "two-colour", "checkerboard", "curtain", "flicker", "difference", "edges",
    "outlines", "fixed", "moving",
)  # fmt: skip


@pytest.mark.parametrize("labels", ("auto", "fill + outline", "outlines", "off"))
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_drawn_by_the_rules(parts, mode, labels):
    scene = scene_of(parts, mode=mode, labels=labels)
    assert scene.mode == mode
    for view in plane_views(scene):
        found = compose(scene, view, INDEX)
        assert found.dtype == np.uint8
        assert found.max() > 0
        assert np.abs(found - expected(scene, view)).max() <= 1


def test_blue_and_orange_add_up_to_grey_where_both_are_alike(parts):
    both = dict.fromkeys(("fixed_image", "moving_image"), parts["fixed_image"])
    for colours in ("blue + orange", "green + magenta"):
        scene = scene_of(both, mode="two-colour", colours=colours)
        picture = compose(scene, plane_views(scene)[0], INDEX).astype(int)
        assert np.ptp(picture, axis=2).max() <= 1
        assert picture.max() > 200


def test_each_half_shows_its_own_image_and_labels(parts):
    scene = scene_of(parts, mode="side by side")
    assert scene.halved
    for view in plane_views(scene):
        for side, mode in (("left", "fixed"), ("right", "moving")):
            half = compose(scene, view, INDEX, side)
            assert np.abs(half - expected(scene, view, side)).max() <= 1
            alone = scene_of(parts, mode=mode)
            assert np.array_equal(half, compose(alone, view, INDEX))


def test_hidden_labels_let_the_image_through(parts):
    bare = scene_of(parts, labels="off", mode="fixed")
    some = scene_of(parts, labels="fill + outline", mode="fixed", hidden_labels=frozenset({1}))
    (view, *_others) = plane_views(bare)
    label = next(one for one in some.layers if one.role == "fixed_label")
    plane = cut(label, view, INDEX)
    differs = (compose(some, view, INDEX) != compose(bare, view, INDEX)).any(axis=2)
    assert {1, 2} <= set(plane.flat)
    assert not differs[plane == 1].any()
    assert differs[plane == 2].all()


def test_a_chosen_window_changes_what_is_black_and_white(parts):
    scene = scene_of(parts, mode="fixed", labels="off", windows=(("fixed_image", 20.0, 21.0),))
    (view, *_others) = plane_views(scene)
    plane = cut(scene.layers[0], view, INDEX)
    picture = compose(scene, view, INDEX)
    assert (picture[plane <= 20] == 0).all()
    assert (picture[plane >= 21] == 255).all()


def test_fractions_glow_over_the_image(tmp_path, parts):
    part = np.random.default_rng(0).random(SHAPE).astype(np.float32)
    glow = resident(tmp_path / "g.nii", part, affine_of("LAS", SHAPE, (1, 1, 2)), is_label=True)
    scene = scene_of({"image": parts["fixed_image"], "label": glow})
    (layer,) = (one for one in scene.layers if one.role == "label")
    assert (layer.colormap, layer.blending) == ("inferno", "additive")
    for view in plane_views(scene):
        assert np.abs(compose(scene, view, INDEX) - expected(scene, view)).max() <= 1


def test_what_is_no_number_is_black_and_infinity_white(tmp_path):
    array = np.full((4, 4, 4), 5.0, np.float32)
    array[0, 0, 0], array[1, 0, 0], array[2, 0, 0] = np.nan, np.inf, -np.inf
    array[:, 1:] = np.arange(48, dtype=np.float32).reshape(4, 3, 4)
    scene = scene_of({"image": resident(tmp_path / "a.nii", array, np.eye(4))})
    (view, *_others) = plane_views(scene)
    picture = compose(scene, view, 0)[..., 0]
    # right is on the left, anterior at the top
    assert picture[-1, ::-1][:3].tolist() == [0, 255, 0]


def test_a_larger_picture_shows_the_same_in_larger_pixels(parts):
    scene = scene_of(parts)
    for view in plane_views(scene):
        own = compose(scene, view, INDEX)
        rows, columns = view.shape
        large = compose(scene, view, INDEX, shape=(rows * 3, columns * 2))
        assert np.abs(large.astype(int) - own.repeat(3, 0).repeat(2, 1)).max() <= 1


def test_a_smaller_picture_shows_the_mean_and_keeps_outlines(parts):
    scene = scene_of(parts, mode="fixed", labels="off")
    view = plane_views(scene)[0]
    narrow = compose(scene, view, INDEX, shape=(view.down.size, 1))
    assert np.abs(narrow[:, 0] - compose(scene, view, INDEX).mean(axis=1)).max() <= 1
    labelled = scene_of(parts, mode="fixed", labels="outlines")
    small = compose(labelled, view, INDEX, shape=(6, 7)).astype(int)
    colours = {one.rgb for layer in labelled.layers for one in label_entries(layer)}
    assert colours & {tuple(pixel) for pixel in small.reshape(-1, 3)}


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_any_size_keeps_the_mean_brightness(rows, columns, high, wide):
    picture = np.random.default_rng(0).random((rows, columns, 3)).astype(np.float32)
    found = resampled(picture, (high, wide))
    assert found.shape == (high, wide, 3)
    assert found.mean() == pytest.approx(picture.mean(), abs=1e-4)
    assert picture.min() - 1e-5 <= found.min() <= found.max() <= picture.max() + 1e-5


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_borders_are_what_one_sees_pixel_by_pixel(rows, columns, seed):
    plane = np.random.default_rng(seed).integers(0, 3, (rows, columns))
    assert np.array_equal(borders(plane), outlined(plane))
