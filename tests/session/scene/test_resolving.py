"""Samples resolved into layers: what is drawn where, how, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.session.scene.layering import VOLUME_SIDE
from napari_medload.session.scene.resident import Resident
from napari_medload.session.scene.resolving import drawing_order
from tests.phantoms import affine_of, blob, fiducial, noise, smooth, voxel_at, write_h5, write_nifti
from tests.session.datasets import by_role, flatten, resident, scene_of

SHAPE = (16, 14, 12)
WORLD = (3.0, -2.0, 2.0)


@pytest.fixture
def pair(tmp_path):
    """Residents of a labelled pair; moving is oblique, stored otherwise, and finer."""
    fixed = affine_of("LPS", SHAPE, (1.0, 1.0, 2.0))
    moving = affine_of("PIR", SHAPE, (1.0, 1.5, 1.0), tilt=(0, 0, 10))
    label = np.zeros(SHAPE, np.uint8)
    label[4:8, 4:8, 4:8] = 1

    def make(role, array, affine):
        return resident(tmp_path / f"{role}.nii.gz", array, affine, is_label="label" in role)

    return {
        "moving_label": make("moving_label", label, moving),
        "fixed_label": make("fixed_label", label, fixed),
        "moving_image": make("moving_image", noise(SHAPE, seed=1), moving),
        "fixed_image": make("fixed_image", noise(SHAPE, seed=2), fixed),
    }


def without_geometry(path, array, is_label=False) -> Resident:
    source = Source(write_h5(path, a=array), "a")
    return Resident(read_volume(source), is_label, LabelTable())


def flat(folder) -> Resident:
    """Image whose header gives its second axis no length."""
    path = write_nifti(folder / "flat.nii", noise(SHAPE), affine_of("RAS", SHAPE))
    return Resident(read_volume(Source(flatten(path))), False, LabelTable())


def place_of(layer, display, index) -> tuple[float, float, float]:
    """World place of a voxel of a layer's data, by what the canvas is told."""
    canvas = np.array(layer.translate) + np.array(layer.scale) * np.array(index)
    return display.to_ras(canvas)


def test_layers_are_stacked_fixed_moving_then_labels(pair):
    roles = [layer.role for layer in scene_of(pair).layers]
    assert roles == ["fixed_image", "moving_image", "fixed_label", "moving_label"]


def test_further_roles_lie_over_the_usual_ones_and_under_labels():
    roles = ["label", "t2", "fixed_image", "moving_label", "moving_image", "brain_mask"]
    order = drawing_order(roles)
    assert order[:2] == ["fixed_image", "moving_image"]
    assert order[2] == "t2"
    assert set(order[3:]) == {"label", "moving_label", "brain_mask"}


def test_what_lies_on_the_grid_is_a_view_and_what_does_not_is_said_to_be_resampled(pair):
    scene = scene_of(pair)
    layers = by_role(scene)
    assert layers["fixed_image"].note == ""
    assert layers["moving_image"].note == "oblique 10.0°, resampled"
    assert scene.notes == ("moving image, moving label: oblique 10.0°, resampled",)
    stored = pair["fixed_image"].volume.array
    assert np.shares_memory(layers["fixed_image"].data[5], stored)


def test_on_the_grid_of_moving_it_is_the_other_way_round(pair):
    layers = by_role(scene_of(pair, grid="moving"))
    assert layers["moving_image"].note == "oblique 10.0°, drawn along its own axes"
    assert layers["fixed_image"].note == "resampled"


def test_an_exact_view_shows_every_stored_voxel_at_its_place(pair):
    scene = scene_of(pair)
    layer, stored = by_role(scene)["fixed_image"], pair["fixed_image"].volume
    for index in ((0, 0, 0), (3, 7, 11), (11, 13, 15)):
        ras = place_of(layer, scene.display, index)
        voxel = voxel_at(stored.grid.affine, ras)
        assert layer.data[index] == stored.array[(*voxel, 0)]


def test_labels_are_never_blended(pair):
    drawn = np.asarray(by_role(scene_of(pair))["moving_label"].data)
    assert set(np.unique(drawn)) == {0, 1}


def test_compare_modes(pair):
    overlay = by_role(scene_of(pair, mode="overlay", opacity=0.3))
    assert overlay["fixed_image"].opacity == 1 and overlay["moving_image"].opacity == 0.3
    two = by_role(scene_of(pair, mode="two-colour"))
    assert {two[r].colormap for r in ("fixed_image", "moving_image")} == {"green", "magenta"}
    assert {two[r].blending for r in ("fixed_image", "moving_image")} == {"additive"}
    for mode, other in (("fixed", "moving"), ("moving", "fixed")):
        alone = by_role(scene_of(pair, mode=mode))
        seen = {role: layer.visible for role, layer in alone.items()}
        assert seen[f"{mode}_image"] and seen[f"{mode}_label"], mode
        assert not (seen[f"{other}_image"] or seen[f"{other}_label"]), mode


def test_a_single_image_is_shown_in_every_mode(pair):
    for mode in ("overlay", "two-colour", "fixed", "moving"):
        for role in ("fixed_image", "moving_image"):
            (layer,) = scene_of({role: pair[role]}, mode=mode).layers
            assert layer.visible and layer.opacity == 1, (mode, role)


def test_label_styles(pair):
    filled = by_role(scene_of(pair, labels="fill + outline", label_opacity=0.4))
    assert not filled["fixed_label"].outline and filled["fixed_label"].opacity == 0.4
    assert filled["moving_label"].outline and filled["moving_label"].opacity == 1
    lines = by_role(scene_of(pair, labels="outlines"))
    assert all(lines[r].outline for r in ("fixed_label", "moving_label"))
    solid = by_role(scene_of(pair, labels="outlines", volume=True))
    assert not any(layer.outline for layer in solid.values())  # 3D has no outlines
    off = by_role(scene_of(pair, labels="off"))
    assert not any(off[r].visible for r in ("fixed_label", "moving_label"))
    assert all(off[r].visible for r in ("fixed_image", "moving_image"))


def test_a_further_image_does_not_hide_the_pair(pair, tmp_path):
    array = np.ones(SHAPE, np.int16)
    pair["t2"] = resident(tmp_path / "t2.nii", array, pair["fixed_image"].grid.affine)
    scene = scene_of(pair)
    above = [layer for layer in scene.layers if layer.role == "t2"]
    assert not any(layer.visible and layer.opacity == 1 for layer in above)


def test_fractional_labels_do_not_hide_the_image_below(pair, tmp_path):
    soft = np.zeros(SHAPE, np.float32)
    soft[5:9] = 0.5
    pair["fixed_label"] = resident(
        tmp_path / "soft.nii", soft, pair["fixed_image"].grid.affine, is_label=True
    )
    for residents in (
        pair,
        {"fixed_image": pair["fixed_image"], "fixed_label": pair["fixed_label"]},
    ):
        layer = by_role(scene_of(residents))["fixed_label"]
        assert layer.kind == "image" and layer.visible
        assert layer.blending == "additive" or layer.opacity < 1
        assert not by_role(scene_of(residents, labels="off"))["fixed_label"].visible


def test_without_geometry_everything_is_drawn_by_index_and_said_so(tmp_path):
    array = smooth((5, 6, 7))
    residents = {
        "fixed_image": without_geometry(tmp_path / "f.h5", array),
        "moving_image": without_geometry(tmp_path / "m.h5", array + 1),
    }
    scene = scene_of(residents)
    assert not scene.known
    assert scene.notes == ("no geometry in the file, drawn by index",)
    np.testing.assert_array_equal(by_role(scene)["moving_image"].data, (array + 1).T)


def test_where_only_one_side_has_a_geometry_the_other_is_aligned_by_index(tmp_path):
    affine = affine_of("RAS", SHAPE, (2.0, 2.0, 2.0))
    array = smooth(SHAPE)
    known = resident(tmp_path / "f.nii", array, affine)
    other = without_geometry(tmp_path / "m.h5", array)
    scene = scene_of({"fixed_image": known, "moving_image": other})
    layers = by_role(scene)
    assert layers["fixed_image"].note == ""
    assert "by index" in layers["moving_image"].note
    np.testing.assert_array_equal(layers["moving_image"].data, layers["fixed_image"].data)


def test_a_singular_affine_is_a_problem_and_the_rest_is_drawn(tmp_path, pair):
    pair["moving_image"] = flat(tmp_path)
    scene = scene_of(pair)
    assert "moving_image" not in by_role(scene)
    assert {"fixed_image", "fixed_label"} <= set(by_role(scene))
    assert "flat.nii" in scene.problems["moving_image"]
    assert "singular" in scene.problems["moving_image"]


def test_with_nothing_to_draw_there_is_a_scene_that_says_why(tmp_path):
    scene = scene_of({"image": flat(tmp_path)})
    assert scene.display is None and scene.layers == () and not scene.known
    assert "flat.nii" in scene.problems["image"]


def test_a_sheared_fixed_image_is_drawn_on_the_world_and_says_so(tmp_path, pair):
    sheared = affine_of("RAS", SHAPE, shear=0.4)
    pair["fixed_image"] = resident(
        tmp_path / "s.nii", noise(SHAPE), sheared, qform=np.eye(4), qform_code=0
    )
    scene = scene_of(pair)
    assert "sheared" in scene.notes[0]
    assert by_role(scene)["fixed_image"].note.endswith("resampled")


def test_a_label_of_another_shape_is_drawn_where_it_says_it_lies(tmp_path, pair):
    coarse_shape = (8, 7, 6)
    coarse = affine_of("RAS", coarse_shape, (2.0, 2.0, 4.0))
    array, truth = fiducial(coarse, coarse_shape, WORLD, value=3, dtype=np.uint8)
    pair["fixed_label"] = resident(tmp_path / "l.nii", array, coarse, is_label=True)
    scene = scene_of(pair)
    layer = by_role(scene)["fixed_label"]
    assert layer.data.shape == by_role(scene)["fixed_image"].data.shape
    found = np.argwhere(np.asarray(layer.data) == 3)
    middle = place_of(layer, scene.display, found.mean(axis=0))
    assert middle == pytest.approx(truth, abs=1.0)


def test_frames_of_a_series(tmp_path):
    array = noise((6, 5, 4, 3), np.int16)
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", array, affine_of("RAS", (6, 5, 4))),
        "moving_image": resident(tmp_path / "m.nii", array[..., 0], affine_of("RAS", (6, 5, 4))),
    }
    scene = scene_of(residents, frame=2)
    layers = by_role(scene)
    assert scene.frames == 3
    np.testing.assert_array_equal(layers["fixed_image"].data, array[..., 2].T)
    np.testing.assert_array_equal(layers["moving_image"].data, array[..., 0].T)


@pytest.mark.parametrize("tilt", [(0, 0, 0), (0, 8, 15)])
@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_3d_is_coarse_and_lies_where_it_should(tmp_path, tilt, grid):
    """A Gaussian's centre of mass, found through what the canvas is told."""
    shape = (200, 40, 36)
    fixed = affine_of("RAS", shape)
    moving = affine_of("ALS", (40, 190, 36), tilt=tilt)
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", blob(fixed, shape, WORLD, 4), fixed),
        "moving_image": resident(tmp_path / "m.nii", blob(moving, (40, 190, 36), WORLD, 4), moving),
    }
    scene = scene_of(residents, grid=grid, volume=True)
    for layer in scene.layers:
        assert isinstance(layer.data, np.ndarray)
        assert max(layer.data.shape) <= VOLUME_SIDE
        weights = layer.data.astype(float).ravel()
        indices = np.indices(layer.data.shape).reshape(3, -1)
        centre = indices @ weights / weights.sum()
        assert place_of(layer, scene.display, centre) == pytest.approx(WORLD, abs=0.15)
