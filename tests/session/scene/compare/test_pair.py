"""Scenes of the composed modes: what is in them, what is kept, and what a move costs."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.images.display_array import ReslicedBlock
from napari_medload.session.options import COMPARE_MODES, COMPOSED_MODES, ViewOptions
from napari_medload.session.scene.readout import read_out
from tests.session.datasets import by_role, resident, scene_of, steps, write_pairs
from tests.session.scene.compare.pairs import FIXED_SHAPE, planes_of, ramps


@pytest.mark.parametrize("mode", COMPOSED_MODES)
def test_there_is_one_more_layer_between_images_and_labels(tmp_path, mode):
    residents = ramps(tmp_path)
    grid = residents["fixed_image"].grid
    label = np.ones(FIXED_SHAPE, np.uint8)
    residents["fixed_label"] = resident(tmp_path / "l.nii", label, grid.affine, is_label=True)
    scene = scene_of(residents, mode=mode)
    roles = ["fixed_image", "moving_image", "comparison", "fixed_label"]
    assert [layer.role for layer in scene.layers] == roles
    layers, composed = by_role(scene), scene.comparison
    assert composed is layers["comparison"] and composed.name == mode and composed.visible
    assert not layers["moving_image"].visible
    assert layers["fixed_image"].visible == (mode == "edges")
    plain = by_role(scene_of(residents))["fixed_image"]
    assert (composed.scale, composed.translate) == (plain.scale, plain.translate)
    assert tuple(composed.data.shape) == tuple(plain.data.shape)
    assert scene.mode == mode


@pytest.mark.parametrize("mode", ["overlay", *COMPOSED_MODES, "fixed", "flicker"])
def test_the_readout_tells_stored_values_in_every_mode(tmp_path, mode):
    residents = ramps(tmp_path)
    plain, scene = scene_of(residents), scene_of(residents, mode=mode)
    point = scene.display.to_canvas((3.0, -4.0, 7.0))
    assert read_out(scene, point).startswith(read_out(plain, point))  # one mode adds its own
    assert "fixed image" in read_out(scene, point) and "moving image" in read_out(scene, point)


def test_the_same_picture_is_the_same_array(tmp_path):
    residents = ramps(tmp_path)
    for mode in COMPOSED_MODES:
        first, second = steps(residents, {"mode": mode}, {"mode": mode, "label_opacity": 0.7})
        assert first.comparison.data is second.comparison.data


def count_reads(monkeypatch) -> list[object]:
    """Count the planes that are interpolated from now on."""
    reads, read = [], ReslicedBlock.read

    def counted(block, box):
        reads.append(box)
        return read(block, box)

    monkeypatch.setattr(ReslicedBlock, "read", counted)
    return reads


@pytest.mark.parametrize(
    "moves",
    [
        [{"mode": "curtain", "curtain": at} for at in np.linspace(0, 1, 20)],
        [{"mode": "checkerboard", "checker_mm": mm} for mm in np.linspace(5, 30, 20)],
        [{"mode": mode} for mode in ("checkerboard", "curtain", "overlay", "checkerboard")],
    ],
)
def test_moving_the_curtain_or_changing_the_fields_reslices_nothing(tmp_path, monkeypatch, moves):
    reads = count_reads(monkeypatch)
    residents = ramps(tmp_path)
    seen = []
    for scene in steps(residents, *moves):
        if scene.comparison is not None:
            seen.append(np.asarray(scene.comparison.data[6]))
    assert len(reads) == 1  # of the moving image; the fixed one is a view
    assert any(not np.array_equal(seen[0], later) for later in seen[1:])


def test_a_pair_is_made_anew_where_its_images_are_drawn_otherwise(tmp_path):
    residents = ramps(tmp_path)
    first, second = steps(residents, {"grid": "fixed"}, {"grid": "moving"})
    assert first.pair is not second.pair
    changed = {"mode": "checkerboard"}
    after = steps(residents, {**changed, "grid": "fixed"}, {**changed, "grid": "moving"})[1]
    alone = scene_of(ramps(tmp_path), grid="moving", **changed)
    for one, other in zip(
        planes_of(after.comparison.data), planes_of(alone.comparison.data), strict=True
    ):
        np.testing.assert_array_equal(one[2], other[2])


@pytest.mark.parametrize("mode", [*COMPOSED_MODES, "outlines", "side by side"])
def test_in_3d_an_overlay_stands_in_and_says_so(tmp_path, mode):
    scene = scene_of(ramps(tmp_path), mode=mode, volume=True)
    assert scene.mode == "overlay" and scene.comparison is None
    assert f"no {mode} in 3D: drawn as overlay" in scene.notes
    assert all(layer.visible and not layer.side for layer in scene.layers)
    assert by_role(scene)["moving_image"].opacity == ViewOptions().opacity


def test_an_unpaired_sample_is_drawn_plainly_and_has_no_modes(tmp_path):
    residents = ramps(tmp_path)
    del residents["fixed_image"]
    scene = scene_of(residents, mode="checkerboard")
    assert scene.comparison is None and scene.notes == scene_of(residents).notes
    assert scene.modes == () and ViewOptions(mode="curtain").next_mode(scene.modes) == "curtain"


@pytest.mark.parametrize("labels", [False, True])
def test_one_key_goes_through_what_can_be_drawn_of_the_sample(walker, tmp_path, labels):
    walker.open(write_pairs(tmp_path / "pairs", 1, labels=labels))
    seen = []
    for _ in COMPARE_MODES:
        walker.session.next_mode()
        scene = walker.settle()
        seen.append(scene.mode)
        assert scene.mode == walker.session.options.mode
    assert set(seen) == set(COMPARE_MODES) - (set() if labels else {"outlines"})


def test_index_and_world_are_switched_in_a_session(walker, tmp_path):
    """It is resliced in the background, for the neighbours as well."""
    walker.open(write_pairs(tmp_path / "pairs", 2))
    for aligned in ("index", "world"):
        walker.session.set_options(aligned=aligned, mode="curtain")
        scene = walker.settle()
        assert any("by index" in note for note in scene.notes) == (aligned == "index")
        walker.wait_for_neighbours()
        assert len(walker.session.ready) == 2
