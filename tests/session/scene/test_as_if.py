"""A sample drawn as if a hypothesis were true: where things then lie, and that files stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_medload.checks.placing import world_move
from napari_medload.checks.trials import trials
from napari_medload.geometry import Grid
from napari_medload.geometry.lattice import index_map
from napari_medload.session.options import AsIf, ViewOptions
from napari_medload.session.regions import Regions
from napari_medload.session.scene.as_if import why_not_as_if
from napari_medload.session.scene.placing import lay_out
from napari_medload.session.scene.readout import read_out
from napari_medload.session.scene.results import Result
from tests.checks.bodies import Body, changed, coarse, moved, pair_of, volume
from tests.phantoms import snapshot, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.checks.coarse import CoarsePair
    from napari_medload.images import Volume
    from napari_medload.session import Scene
    from tests.session.conftest import Walker

FLIPPED, SHIFTED, CROSSED = 1, 2, 3
SIDES = ("fixed", "moving")


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs 0 and 4 as they should be; 1 stored flipped, 2 shifted, 3 with crossed labels."""
    folder = tmp_path_factory.mktemp("bodies")
    pairs = [pair_of(Body(seed)) for seed in (0, 1, 2, 3, 1)]
    pairs[FLIPPED] = changed(pairs[FLIPPED], "moving", array=lambda a: np.flip(a, 2))
    pairs[SHIFTED] = changed(pairs[SHIFTED], "moving", affine=lambda a: moved(a, (24.0, 0.0, 0.0)))
    labels = pairs[CROSSED]
    labels["fixed_label"], labels["moving_label"] = labels["moving_label"], labels["fixed_label"]
    for number, volumes in enumerate(pairs):
        for role, found in volumes.items():
            path = folder / f"{role}s" / f"case{number}.nii.gz"
            write_nifti(path, found.array[..., 0], found.grid.affine)
    return folder


def look_at(walker: Walker, name: str) -> Scene:
    """Try all hypotheses and look at one."""
    hypothesising = walker.session.hypothesising
    if hypothesising.tried is None:
        hypothesising.try_all()
        walker.wait(lambda: hypothesising.tried is not None and not hypothesising.tried.running)
    tried = hypothesising.tried
    assert tried is not None
    assert tried.ranking is not None
    entry = next(entry for entry in tried.ranking.entries if entry.name.startswith(name))
    walker.session.look_as_if(hypothesising.as_if(entry))
    return walker.settle()


def back(walker: Walker) -> Scene:
    walker.session.look_as_if(None)
    return walker.settle()


def drawn(scene: Scene, role: str) -> np.ndarray:
    (layer,) = [layer for layer in scene.layers if layer.role == role]
    return np.array([np.asarray(layer.data[k]) for k in range(layer.data.shape[0])])


def organ_mm(scene: Scene, role: str, value: int = 1) -> np.ndarray:
    """Centre of a label in the world, as it is drawn."""
    voxels = np.argwhere(drawn(scene, role) == value)
    assert len(voxels)
    layer = scene.layers[0]
    canvas = voxels.mean(axis=0) * layer.scale + layer.translate
    return np.array(scene.display.to_ras(canvas))


def all_drawn(scene: Scene) -> dict[str, np.ndarray]:
    return {layer.role: drawn(scene, layer.role) for layer in scene.layers}


def apart_mm(scene: Scene) -> float:
    return float(np.linalg.norm(organ_mm(scene, "fixed_label") - organ_mm(scene, "moving_label")))


def test_a_flipped_pair_meets_its_fixed_image_as_if_flipped(walker: Walker, bodies: Path):
    before = snapshot(bodies)
    walker.open(bodies, select="case1")
    as_is = walker.settle()
    files = all_drawn(as_is)
    assert apart_mm(as_is) > 15
    as_if = look_at(walker, "left-right flip")
    assert apart_mm(as_if) < 1
    assert as_if.as_if is not None
    assert as_if.as_if.mark == "as if: left-right flip – not the file"
    supposed = all_drawn(as_if)
    assert snapshot(bodies) == before

    again = back(walker)
    assert again.as_if is None
    for role, array in all_drawn(again).items():
        assert np.array_equal(array, files[role]), role

    right = walker.select(4)  # the same body, stored as it should be
    assert right.sample_id != as_if.sample_id
    for role, array in all_drawn(right).items():
        assert np.allclose(supposed[role], array, atol=1e-3), role


@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_it_meets_on_every_grid(walker: Walker, bodies: Path, grid: str):
    walker.session.set_options(grid=grid)
    walker.open(bodies, select="case1")
    assert apart_mm(look_at(walker, "left-right flip")) < 1.5


def test_a_shift_is_taken_back(walker: Walker, bodies: Path):
    walker.open(bodies, select="case2")
    assert apart_mm(walker.settle()) == pytest.approx(24, abs=1)
    assert apart_mm(look_at(walker, "a shift of 24 mm right")) < 1.5


def test_labels_change_sides_and_images_stay(walker: Walker, bodies: Path):
    walker.open(bodies, select="case3")
    files = all_drawn(walker.settle())
    supposed = all_drawn(look_at(walker, "a swap of the labels"))
    assert np.array_equal(supposed["fixed_image"], files["fixed_image"])
    assert np.array_equal(supposed["moving_image"], files["moving_image"])
    assert np.array_equal(supposed["fixed_label"], files["moving_label"])
    assert np.array_equal(supposed["moving_label"], files["fixed_label"])


def test_a_partner_takes_the_place_of_the_own_moving_image(walker: Walker, bodies: Path):
    walker.open(bodies, select="case3")
    facts = walker.session.facts
    walker.session.look_as_if(AsIf("case3", "moving of case2", partner="case2"))
    supposed = all_drawn(walker.settle())
    assert walker.session.facts == facts  # what is said of the sample is said of its own files
    theirs = all_drawn(walker.select(2))  # all fixed images lie on one grid
    assert np.array_equal(supposed["moving_image"], theirs["moving_image"])
    assert np.array_equal(supposed["moving_label"], theirs["moving_label"])
    assert not np.array_equal(supposed["fixed_image"], theirs["fixed_image"])


def test_the_status_bar_reads_what_is_drawn(walker: Walker, bodies: Path):
    """The value under an organ is that of the file's voxel that lies there as if flipped."""
    walker.open(bodies, select="case1")
    scene = look_at(walker, "left-right flip")
    place = organ_mm(scene, "fixed_label", 2)
    right = pair_of(Body(1))["moving_image"]  # what the file would hold if it were not flipped
    index = np.linalg.inv(right.grid.affine) @ (*place, 1.0)
    value = right.array[(*np.rint(index[:3]).astype(int), 0)]
    told = read_out(scene, scene.display.to_canvas(place))
    assert f"moving image {value}" in told
    assert told.count("2") >= 2


def test_going_on_ends_it(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    look_at(walker, "left-right flip")
    walker.wait_for_neighbours()
    told: list[Any] = []
    walker.session.options_changed.connect(lambda options: told.append(options.as_if))
    assert walker.select(0).as_if is None
    assert told == [None]
    assert walker.session.options.as_if is None
    assert apart_mm(walker.settle()) < 1.5
    assert walker.select(FLIPPED).as_if is None
    assert apart_mm(walker.settle()) > 15


def test_neighbours_are_read_ahead_as_they_are(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    look_at(walker, "left-right flip")
    walker.wait_for_neighbours()
    ready = walker.session._showing.prepared(0)
    assert ready is not None
    assert ready.scene(walker.session.options).as_if is None
    assert apart_mm(ready.scene(walker.session.options)) < 1.5


@pytest.mark.parametrize(
    ("options", "why"),
    [({"aligned": "index"}, "align by world"), ({"lens": "deepreg"}, "choose the truth")],
)
def test_it_is_never_mixed_with_other_places(
    walker: Walker, bodies: Path, options: dict[str, Any], why: str
):
    walker.open(bodies, select="case1")
    walker.session.set_options(**options)
    plain = all_drawn(walker.settle())
    scene = look_at(walker, "left-right flip")
    assert scene.as_if is None
    (told,) = [remark for remark in scene.remarks if remark.startswith("not drawn as if")]
    assert why in told
    for role, array in all_drawn(scene).items():
        assert np.array_equal(array, plain[role]), role


def test_every_compare_mode_is_drawn_as_if(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    scene = look_at(walker, "left-right flip")
    for mode in scene.modes:
        walker.session.set_options(mode=mode)
        shown = walker.settle()
        assert shown.as_if is not None
        assert apart_mm(shown) < 1.5 or mode == "outlines"  # whose dashes are not the organ


def test_a_partner_that_cannot_be_read_is_named(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    walker.session.look_as_if(AsIf("case1", "moving of nobody", partner="nobody"))
    scene = walker.settle()
    assert scene.as_if is None
    assert any("moving image of nobody cannot be read" in note for note in scene.notes)


KNOWN = {"both": (), "moving alone": ("fixed",), "fixed alone": ("moving",), "none": SIDES}


@pytest.mark.parametrize("unknown", KNOWN.values(), ids=KNOWN)
def test_every_trial_is_drawn_at_the_very_place_that_was_matched(unknown: tuple[str, ...]):
    """From the fixed voxel to the moving one: by the scene, and by the trial."""
    pair = coarse_of(unknown)
    stated = {f"{side}_image": getattr(pair, side).image.grid for side in SIDES}
    count = 0
    for trial in trials(pair, without_geometry(unknown)):
        if trial.place is None:
            continue
        count += 1
        place = trial.place(pair.fixed, pair.moving)
        move = world_move(pair.fixed, pair.moving, place)
        as_if = AsIf("a", trial.name, tuple(tuple(row) for row in move.tolist()))
        _display, grids = lay_out(stated, "fixed", "world", as_if)
        drawn = index_map(grids["fixed_image"], grids["moving_image"])
        assert np.allclose(drawn, place, atol=1e-6), trial.name
    assert count > 40


def without_geometry(sides: tuple[str, ...]) -> dict[str, Volume]:
    made = {}
    for role, found in pair_of(Body(0), labels=False).items():
        unknown = Grid.unknown(found.grid.shape)
        grid = unknown if role.startswith(sides or "none") else found.grid
        made[role] = volume(found.array, grid)
    return made


def coarse_of(unknown: tuple[str, ...]) -> CoarsePair:
    return coarse(without_geometry(unknown))


def test_a_result_is_never_drawn_as_if():
    as_if, after = AsIf("a", "a flip"), ViewOptions(after=True)
    told = why_not_as_if(as_if, after, Result(warped="w.nii.gz"), {})
    assert told == ("not drawn as if a flip: the registration's result is shown; choose before")
    assert why_not_as_if(as_if, after, Result(), {}) == ""
    assert why_not_as_if(as_if, ViewOptions(), Result(warped="w.nii.gz"), {}) == ""


def test_regions_are_never_cut_of_another_sample(walker: Walker, bodies: Path):
    regions = Regions()
    regions.follow(walker.session)
    walker.open(bodies, select="case1")
    assert "moving image" in regions.choices
    walker.session.look_as_if(AsIf("case1", "moving of case2", partner="case2"))
    walker.settle()
    assert regions.choices == ("fixed image",)
    back(walker)
    assert "moving image" in regions.choices
