"""Windows of contrast that a person chooses: what is drawn by them, and what is read for it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.images.display_array import ReslicedBlock
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.readout import difference_white
from napari_medload.session.scene.windows import (
    PRESETS,
    chosen,
    preset,
    windowed_roles,
    with_window,
    without_window,
)
from tests.phantoms import affine_of, noise, smooth
from tests.session.datasets import by_role, resident, scene_of, steps, write_pairs

SHAPE = (14, 12, 10)
FIXED = affine_of("LAS", SHAPE)
OBLIQUE = affine_of("PIR", SHAPE, (1.0, 1.2, 1.0), tilt=(0, 0, 10))
SLICE = 5


@pytest.fixture
def pair(tmp_path):
    """Residents of a pair in whole numbers that lie on one grid, with a label."""
    label = np.zeros(SHAPE, np.uint8)
    label[4:9, 4:9, 3:7] = 1
    arrays = {
        "fixed_image": smooth(SHAPE, np.int16) - 1000,
        "moving_image": noise(SHAPE, np.int16, 2),
        "fixed_label": label,
    }
    return {
        role: resident(tmp_path / f"{role}.nii", array, FIXED, is_label="label" in role)
        for role, array in arrays.items()
    }


def stored(residents, role, index=SLICE):
    """Values of an axial slice as they are stored, by their place on the display grid."""
    layer = by_role(scene_of(residents))[role]
    return np.asarray(layer.data[index]).astype(np.float64)


# --- the values themselves -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "level", "width"),
    [("brain", 40, 80), ("lung", -600, 1500), ("bone", 400, 1800), ("soft tissue", 50, 400)],
)
def test_the_windows_of_ct_are_those_of_the_textbook(name, level, width):
    low, high = preset(name)
    assert ((low + high) / 2, high - low) == (level, width)


def test_an_unknown_window_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"no window is called 'liber'; there are brain, .*liver"):
        preset("liber")


def test_a_window_is_chosen_by_role_and_given_back():
    options = ViewOptions(windows=with_window(ViewOptions(), ["moving_image", "a"], 0, 80))
    assert options.windows == (("a", 0.0, 80.0), ("moving_image", 0.0, 80.0))
    assert chosen(options, "moving_image", (5, 6)) == (0, 80)
    assert chosen(options, "fixed_image", (5, 6)) == (5, 6)
    other = ViewOptions(windows=with_window(options, ["a"], -10, 10))
    assert other.windows == (("a", -10.0, 10.0), ("moving_image", 0.0, 80.0))
    assert without_window(other, "a") == (("moving_image", 0.0, 80.0),)
    assert without_window(other, "fixed_image") == other.windows
    assert without_window(other) == ()


@pytest.mark.parametrize(
    "windows",
    [
        (("a", 5.0, 5.0),),
        (("a", 5.0, 4.0),),
        (("a", float("nan"), 4.0),),
        (("a", 0.0, float("inf")),),
        (("a", 0.0, 1.0), ("a", 0.0, 2.0)),
        (("b", 0.0, 1.0), ("a", 0.0, 2.0)),
    ],
)
def test_what_is_no_window_is_refused(windows):
    with pytest.raises(ValueError, match="window"):
        ViewOptions(windows=windows)


def test_a_window_for_all_is_for_images_and_for_nothing_made_of_them(pair, tmp_path):
    fractions = smooth(SHAPE) / 400
    pair["moving_label"] = resident(tmp_path / "f.nii", fractions, FIXED, is_label=True)
    scene = scene_of(pair, mode="checkerboard")
    assert windowed_roles(scene.layers) == ("fixed_image", "moving_image")
    with pytest.raises(ValueError, match="comparison has the windows of both images"):
        with_window(ViewOptions(), ["comparison"], 0, 1)


# --- what is drawn ---------------------------------------------------------------------------


def test_an_image_is_drawn_by_the_chosen_window_and_knows_its_own_contrast(pair):
    plain = by_role(scene_of(pair))
    layers = by_role(scene_of(pair, windows=(("fixed_image", -160.0, 240.0),)))
    assert layers["fixed_image"].limits == (-160.0, 240.0)
    assert layers["fixed_image"].own_limits == plain["fixed_image"].limits
    assert plain["fixed_image"].own_limits == plain["fixed_image"].limits
    assert layers["moving_image"].limits == plain["moving_image"].limits


WINDOWS = (("fixed_image", -920.0, -860.0), ("moving_image", 10.0, 90.0))


def test_a_checkerboard_is_in_units_of_both_windows(pair):
    scene = scene_of(pair, mode="checkerboard", checker_mm=3.0, windows=WINDOWS)
    fixed = (stored(pair, "fixed_image") + 920) / 60
    moving = (stored(pair, "moving_image") - 10) / 80
    drawn = np.asarray(scene.comparison.data[SLICE])
    of_fixed = np.isclose(drawn, fixed, atol=1e-5)
    assert (of_fixed | np.isclose(drawn, moving, atol=1e-5)).all()
    assert 0.3 < of_fixed.mean() < 0.7


def test_planes_of_another_window_are_not_taken_for_those_of_this_one(pair):
    mode = {"mode": "curtain", "curtain": 0.5}
    scenes = steps(pair, mode, {**mode, "windows": WINDOWS}, {**mode, "windows": WINDOWS[:1]}, mode)
    pictures = [np.asarray(scene.comparison.data[SLICE]) for scene in scenes]
    for picture, windows in zip(pictures, ((), WINDOWS, WINDOWS[:1], ()), strict=True):
        alone = np.asarray(scene_of(pair, windows=windows, **mode).comparison.data[SLICE])
        np.testing.assert_array_equal(picture, alone)
    assert not np.array_equal(pictures[0], pictures[1])


def test_a_difference_grows_as_the_window_of_the_fixed_image_narrows(pair):
    """How moving is matched to fixed is no matter of windows."""
    fixed = by_role(scene_of(pair))["fixed_image"].own_limits
    middle, wide = sum(fixed) / 2, fixed[1] - fixed[0]
    half = ("fixed_image", middle - wide / 4, middle + wide / 4)
    plain, narrow, other = steps(
        pair,
        {"mode": "difference"},
        {"mode": "difference", "windows": (half,)},
        {"mode": "difference", "windows": (("moving_image", 10.0, 20.0),)},
    )
    one = np.asarray(plain.comparison.data[SLICE])
    assert one.max() > 0.1
    np.testing.assert_allclose(np.asarray(narrow.comparison.data[SLICE]), 2 * one, atol=1e-4)
    np.testing.assert_allclose(np.asarray(other.comparison.data[SLICE]), one, atol=1e-4)
    said = [float(difference_white(scene).split()[0]) for scene in (plain, narrow)]
    assert said[0] == pytest.approx(wide / 2, rel=0.01)
    assert said[1] == pytest.approx(wide / 4, rel=0.01)


def test_edges_are_the_same_in_every_window(pair):
    wide = (("moving_image", 0.0, 1e5),)  # in which nothing is steep
    plain, windowed = steps(pair, {"mode": "edges"}, {"mode": "edges", "windows": wide})
    edges = np.asarray(plain.comparison.data[SLICE])
    assert edges.any()
    np.testing.assert_array_equal(np.asarray(windowed.comparison.data[SLICE]), edges)


def test_what_lies_beyond_the_grid_is_told_in_every_window(tmp_path):
    large = np.full((60, 12, 10), 50, np.int16)
    large[10:50] = 100
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", noise(SHAPE), affine_of("RAS", SHAPE)),
        "moving_image": resident(tmp_path / "m.nii", large, affine_of("RAS", large.shape)),
    }
    plain = scene_of(residents)
    assert any("continues" in note for note in plain.notes)
    dark = scene_of(residents, windows=(("moving_image", 500.0, 600.0),))
    assert dark.notes == plain.notes


# --- what it costs ---------------------------------------------------------------------------


def count_reads(monkeypatch) -> list[object]:
    """Count the planes that are interpolated from now on."""
    reads, read = [], ReslicedBlock.read

    def counted(block, box):
        reads.append(box)
        return read(block, box)

    monkeypatch.setattr(ReslicedBlock, "read", counted)
    return reads


def test_a_window_drags_nothing_anew_out_of_the_volumes(tmp_path, monkeypatch):
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", smooth(SHAPE), FIXED),
        "moving_image": resident(tmp_path / "m.nii", noise(SHAPE, seed=2), OBLIQUE),
    }
    drag = [{"windows": (("fixed_image", 0.0, high),)} for high in np.linspace(90, 170, 9)]
    scenes = steps(residents, {}, *drag)
    for layer in ("fixed_image", "moving_image"):
        assert len({id(by_role(scene)[layer].data) for scene in scenes}) == 1
    reads = count_reads(monkeypatch)
    mode = {"mode": "curtain"}
    for scene in steps(residents, mode, *(mode | each for each in drag)):
        np.asarray(scene.comparison.data[SLICE])
    assert len(reads) == 1  # of the moving image, whose window stays


# --- in a session ----------------------------------------------------------------------------


def limits(scene):
    images = by_role(scene)
    return [images[f"{side}_image"].limits for side in ("fixed", "moving")]


def test_a_window_is_set_for_one_image_or_all_and_goes_along(walker, tmp_path):
    walker.open(write_pairs(tmp_path / "pairs", 3, labels=True))
    session = walker.session
    own = limits(session.scene)
    session.set_window("moving_image", 20, 120)
    assert limits(walker.settle()) == [own[0], (20, 120)]
    session.set_preset("brain")
    assert limits(walker.settle()) == [(0, 80), (0, 80)]
    assert limits(walker.select(1)) == [(0, 80), (0, 80)]
    session.reset_window("moving_image")
    scene = walker.settle()
    assert limits(scene) == [(0, 80), by_role(scene)["moving_image"].own_limits]
    session.reset_window()
    assert session.options.windows == ()
    assert limits(walker.select(0)) == own


def test_windows_need_no_sample_to_be_prepared_again(walker, tmp_path):
    walker.open(write_pairs(tmp_path / "pairs", 3))
    walker.wait_for_neighbours()
    waited = []
    walker.session.loading_changed.connect(waited.append)
    ready = walker.session.ready
    assert len(ready) > 1
    walker.session.set_window(None, 0, 100)
    assert walker.session.ready == ready and not waited
    assert limits(walker.session.scene) == [(0, 100), (0, 100)]


def test_a_refused_window_leaves_all_as_it_was(walker, tmp_path):
    walker.open(write_pairs(tmp_path / "pairs", 1))
    session = walker.session
    before = session.options
    for low, high in ((80, 80), (80, 0), (0, float("nan"))):
        with pytest.raises(ValueError, match="from a lower to a higher number"):
            session.set_window(None, low, high)
    with pytest.raises(ValueError, match="no window is called"):
        session.set_preset("brian")
    assert session.options == before


def test_windows_and_hidden_labels_end_with_their_dataset(walker, tmp_path):
    """Values of another dataset mean something else."""
    walker.open(write_pairs(tmp_path / "one", 1, labels=True))
    session = walker.session
    session.set_options(opacity=0.7)
    session.set_preset("bone")
    session.toggle_label(1)
    told = []
    session.options_changed.connect(told.append)
    session.open(write_pairs(tmp_path / "two", 1, labels=True))
    walker.wait(lambda: session.dataset.name == "two" and session.scene is not None)
    assert session.options.windows == () and session.options.hidden_labels == frozenset()
    assert session.options.opacity == 0.7 and told == [session.options]
    assert session.scene.options == session.options


def test_there_is_a_window_for_what_radiologists_look_at():
    assert {"brain", "lung", "bone", "liver", "soft tissue"} <= PRESETS.keys()
