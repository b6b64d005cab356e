"""Epochs in a session: listed, browsed, drawn channel by channel, and left again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.labels import LabelTable
from napari_medload.loaders import Sample, open_dataset
from napari_medload.loaders.epoch import EPOCH_LAYOUT, preview_epoch
from napari_medload.loaders.options import LoaderOptions
from napari_medload.session.background.preparing import Prepared
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.readout import read_out
from napari_medload.session.scene.resolving import build_scene
from tests.phantoms import affine_of, noise, write_nifti
from tests.session.datasets import SHAPE, names, resident, write_pair, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.session.conftest import Walker

UNLABELLED = LoaderOptions(labeled=False)
NAMES = LabelTable.from_names({1: "tumour", 2: "lung", 3: "heart"})


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> Path:
    """Six good labelled pairs; nobody may write into them."""
    return write_pairs(tmp_path_factory.mktemp("epochs") / "pairs", 6, labels=True)


@pytest.fixture(scope="module")
def grouped(tmp_path_factory) -> Path:
    """Two splits of groups; g3 and the whole test split stand alone."""
    folder = tmp_path_factory.mktemp("epochs") / "grouped"
    for name in (
        "train/images/g1/a",
        "train/images/g1/b",
        "train/images/g2/a",
        "train/images/g2/b",
    ):
        write_nifti(folder / f"{name}.nii", noise((6, 5, 4)))
    for name in ("train/images/g3/a", "test/images/g1/a"):
        write_nifti(folder / f"{name}.nii", noise((6, 5, 4)))
    return folder


def preview(walker: Walker, options: LoaderOptions = UNLABELLED, split: str | None = None) -> None:
    """Ask for an epoch and wait until its first row is drawn and all headers are read."""
    walker.session.preview_epoch(options, split)
    walker.wait(lambda: walker.session.epoch is not None and walker.scanned)
    walker.settle()


def ids(walker: Walker) -> list[str]:
    """Ids in the table, as a person sees them."""
    rows = walker.session.rows
    return [rows.text(rows.sample_at(row), "id") for row in range(len(rows))]


# --- in and out ------------------------------------------------------------------------------


def test_an_epoch_is_walked_like_a_dataset_and_what_is_open_is_kept(walker, pairs):
    walker.open(pairs)
    whole = walker.session.dataset
    told = []
    walker.session.dataset_changed.connect(lambda dataset: told.append(dataset.layout))
    preview(walker)
    session = walker.session
    assert told == [session.dataset.layout] == [EPOCH_LAYOUT]
    assert session.whole is whole
    expected = preview_epoch(open_dataset(pairs), UNLABELLED)
    assert ids(walker) == [row.id for row in expected.dataset]
    assert session.epoch.formula == "N = 6"
    order = [row.id.split(" · ")[1] for row in expected.dataset]
    for step in range(6):
        scene = walker.settle()
        (fixed,) = (layer for layer in scene.layers if layer.role == "fixed_image")
        assert names(6)[int(np.asarray(fixed.data).min()) // 1000] == order[step]
        assert scene.sample_id == ids(walker)[step]
        session.step(1)


def test_leaving_an_epoch_brings_the_samples_back(walker, pairs):
    walker.open(pairs)
    whole = walker.session.dataset
    preview(walker)
    walker.session.find("case03")
    walker.session.leave_epoch()
    walker.wait(lambda: walker.scanned)
    assert walker.session.dataset is whole and walker.session.epoch is None
    assert ids(walker) == names(6)
    assert walker.settle().sample_id == "case00"
    before = len(walker.scenes)
    walker.session.leave_epoch()  # there is none to leave
    assert len(walker.scenes) == before


def test_another_epoch_is_drawn_from_the_dataset_and_not_from_the_epoch(walker, pairs):
    walker.open(pairs)
    preview(walker)
    first = ids(walker)
    walker.session.preview_epoch(replace(UNLABELLED, seed=1))
    walker.wait(lambda: ids(walker) != first and walker.scanned)
    expected = preview_epoch(open_dataset(pairs), replace(UNLABELLED, seed=1)).dataset
    assert ids(walker) == [row.id for row in expected]


def test_an_epoch_of_one_split(walker, grouped):
    walker.open(grouped)
    preview(walker, replace(UNLABELLED, sample_image_in_group=False), "train")
    assert len(ids(walker)) == 2 and walker.session.epoch.skipped == ("g3",)


def test_without_a_dataset_there_is_no_epoch(walker):
    walker.session.preview_epoch(UNLABELLED)
    walker.session.leave_epoch()
    assert walker.session.progress is None and walker.session.dataset is None


@pytest.mark.parametrize("in_epoch", [False, True])
def test_an_empty_epoch_is_told_and_what_is_shown_stays(walker, grouped, in_epoch):
    walker.open(grouped)
    if in_epoch:
        preview(walker)
    shown, epoch = ids(walker), walker.session.epoch
    walker.session.preview_epoch(LoaderOptions(labeled=True))
    walker.wait(lambda: bool(walker.troubles))
    message = walker.troubles[0].message
    assert "empty" in message and "without label" in message
    assert ids(walker) == shown and walker.session.epoch is epoch
    assert walker.idle
    walker.session.step(1)
    assert walker.settle().sample_id == shown[1]


def test_options_that_cannot_be_planned_are_told_and_what_is_shown_stays(walker, grouped):
    walker.open(grouped)
    options = replace(UNLABELLED, sample_image_in_group=False, intra_group_prob=0.5)
    walker.session.preview_epoch(options)
    walker.wait(lambda: bool(walker.troubles))
    assert "Mixing" in walker.troubles[0].message
    assert walker.session.epoch is None and len(ids(walker)) == 6
    assert walker.idle


def test_a_list_has_no_epoch(walker, tmp_path):
    write_nifti(tmp_path / "a.nii", noise((6, 5, 4)))
    (tmp_path / "list.csv").write_text("id,image\none,a.nii\n")
    walker.open(tmp_path / "list.csv")
    walker.session.preview_epoch(UNLABELLED)
    walker.wait(lambda: bool(walker.troubles))
    assert "read as list" in walker.troubles[0].message


def test_recent_datasets_are_those_that_a_person_opened(walker, pairs, grouped):
    walker.open(grouped)
    walker.open(pairs)
    recent = walker.session.recent.paths()
    assert recent == [pairs, grouped]
    preview(walker)
    assert walker.session.recent.paths() == recent
    walker.session.leave_epoch()
    assert walker.session.recent.paths() == recent


def test_a_promise_changed_by_hand_outlives_an_epoch(walker, tmp_path):
    """Two grids three voxels apart: a fault on one grid, and none where nothing is promised."""
    shape = (8, 8, 8)
    for side, centre in (("fixed", (0, 0, 0)), ("moving", (3, 0, 0))):
        affine = affine_of("RAS", shape, centre=centre)
        array = noise(shape, seed=len(side))
        write_nifti(tmp_path / "set" / f"{side}_images" / "a.nii", array, affine)
    walker.open(tmp_path / "set")
    walker.session.set_alignment("same grid")
    walker.wait(lambda: walker.scanned)
    preview(walker)
    assert "3.0 voxels" in walker.session.rows.text(0, "finding")
    walker.session.set_alignment("none")
    walker.session.leave_epoch()
    walker.wait(lambda: walker.scanned and walker.session.rows.facts[0].checked)
    assert walker.session.rows.text(0, "finding") == "– pairing not compared"
    assert walker.session.dataset.alignment == "none"


def test_rows_of_an_epoch_do_not_wait_for_checks_that_never_come(walker, pairs):
    walker.open(pairs)
    preview(walker)
    walker.wait(lambda: walker.scanned)
    assert {walker.session.rows.text(n, "finding") for n in range(walker.session.rows.total)} == {
        "✓"
    }


def test_an_epoch_that_was_overtaken_is_dropped(walker, pairs, grouped):
    walker.open(pairs)
    walker.session.preview_epoch(UNLABELLED)
    walker.open(grouped)
    walker.wait(lambda: walker.session.dataset.root == grouped and walker.scanned)
    assert walker.session.epoch is None and walker.session.whole.root == grouped


# --- choosing splits and groups --------------------------------------------------------------


def test_a_choice_shows_rows_of_a_split_a_group_or_both(walker, grouped):
    walker.open(grouped)
    every = ids(walker)
    assert len(every) == 6
    for choice, expected in (
        ({"split": "test"}, ["test/g1/a"]),
        ({"group": "g1"}, ["train/g1/a", "train/g1/b", "test/g1/a"]),
        ({"split": "train", "group": "g2"}, ["train/g2/a", "train/g2/b"]),
        ({}, every),
    ):
        walker.session.choose(**choice)
        assert ids(walker) == expected, choice


def test_a_choice_combines_with_search_and_order_whatever_comes_first(walker, grouped):
    walker.open(grouped)
    session = walker.session
    steps = {
        "choose": lambda: session.choose("train"),
        "find": lambda: session.find("/a"),
        "sort": lambda: session.sort("id", descending=True),
    }
    for first in ("choose", "find", "sort"):
        for name in (first, *(other for other in steps if other != first)):
            steps[name]()
        assert ids(walker) == ["train/g3/a", "train/g2/a", "train/g1/a"], first
        session.find("")
        assert ids(walker) == [f"train/{n}" for n in ("g3/a", "g2/b", "g2/a", "g1/b", "g1/a")]
        session.choose()
        session.sort("id")
        assert ids(walker)[0] == "test/g1/a"


def test_steps_stay_within_the_choice_and_another_dataset_forgets_it(walker, grouped, pairs):
    walker.open(grouped)
    walker.session.choose("train", "g2")
    walker.session.step(1)
    assert walker.settle().sample_id == "train/g2/a"
    walker.session.step(1)
    walker.settle()
    walker.session.step(1)
    assert walker.settle().sample_id == "train/g2/b"
    walker.session.choose("train", "no such group")
    assert ids(walker) == []
    walker.open(pairs)
    walker.wait(lambda: walker.session.dataset.root == pairs and walker.scanned)
    assert ids(walker) == names(6)


# --- one label channel -----------------------------------------------------------------------


def channels_of(shape=SHAPE) -> np.ndarray:
    """Three channels; the first two share voxels, and the last shares some with both."""
    channels = np.zeros((*shape, 3), np.uint8)
    channels[2:8, 2:8, :, 0] = 1
    channels[5:11, 5:10, :, 1] = 1
    channels[7, 7, :, 2] = 1
    channels[12, 2, :, 2] = 1
    return channels


def one_channel(path: Path, array: np.ndarray, channel: int | None, **options):
    """Scene of a row that draws one channel, and its label."""
    found = resident(path, array, affine_of("RAS", SHAPE), is_label=True, table=NAMES)
    sample = Sample("a", {"label": found.header.source}, label_channel=channel)
    scene = build_scene(sample, {"label": found}, ViewOptions(**options), {})
    return scene, scene.layers[0]


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_row_of_one_channel_draws_it_all_and_nothing_else(tmp_path, channel):
    """Also where it shares voxels: they are painted as this label alone."""
    channels = channels_of()
    scene, layer = one_channel(tmp_path / "l.nii", channels, channel)
    drawn = np.asarray(layer.data).T
    # one number throughout: an outline runs wherever two numbers meet
    np.testing.assert_array_equal(drawn, channels[..., channel] * (channel + 1))
    assert set(layer.values) <= set(layer.table)
    assert {layer.table.label(value) for value in layer.values} == {NAMES[channel + 1]}
    for index in ((3, 3, 4), (6, 6, 4), (7, 7, 4), (9, 8, 4), (12, 2, 4), (0, 0, 0)):
        canvas = np.array(scene.display.translate) + np.array(scene.display.scale) * index[::-1]
        text = read_out(scene, canvas)
        named = [NAMES[c + 1].name for c in range(3) if NAMES[c + 1].name in text]
        inside = bool(channels[(*index, channel)])
        assert named == ([NAMES[channel + 1].name] if inside else []), (index, text)
        assert text.endswith("label 0") is not inside, text


def test_without_a_channel_all_labels_are_drawn(tmp_path):
    channels = channels_of()
    _, layer = one_channel(tmp_path / "l.nii", channels, None)
    painted = np.isin(np.asarray(layer.data).T, layer.values)
    np.testing.assert_array_equal(painted, channels.any(axis=3))


def test_a_channel_that_is_empty_draws_nothing(tmp_path):
    channels = channels_of()
    channels[..., 1] = 0
    _, layer = one_channel(tmp_path / "l.nii", channels, 1)
    assert layer.values == ()
    assert not np.isin(np.asarray(layer.data), list(layer.values)).any()


@pytest.mark.parametrize("values", [(0.0, 0.25, 0.5, 1.0), (0, 1, 2, 3)])
def test_channels_that_are_no_masks_are_drawn_one_by_one_too(tmp_path, values):
    """Fractions and numbers: the row's own channel is on the screen, not the first one."""
    array = np.random.default_rng(0).choice(values, (*SHAPE, 3)).astype(np.float32)
    for channel in range(3):
        scene, layer = one_channel(tmp_path / f"{channel}.nii", array, channel)
        np.testing.assert_array_equal(np.asarray(layer.data).T, array[..., channel])
        canvas = scene.display.translate
        assert (
            f"{array[0, 0, 0, channel]:g}" in read_out(scene, canvas) or not array[0, 0, 0, channel]
        )


def test_rows_of_an_epoch_draw_channel_after_channel(walker, tmp_path):
    folder, affine = tmp_path / "pairs", affine_of("RAS", SHAPE)
    write_pair(folder, "case00")
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "case00.nii.gz", noise(SHAPE), affine)
        write_nifti(folder / f"{side}_labels" / "case00.nii.gz", channels_of(), affine)
    (folder / "label_names.txt").write_text("1 tumour\n2 lung\n3 heart\n")
    walker.open(folder)
    preview(walker, LoaderOptions())
    assert [row.split(" · ")[-1] for row in ids(walker)] == [
        "label 0 tumour",
        "label 1 lung",
        "label 2 heart",
    ]
    for channel in range(3):
        for layer in walker.select(channel).layers:
            if layer.kind == "labels":
                painted = np.isin(np.asarray(layer.data).T, layer.values)
                np.testing.assert_array_equal(painted, channels_of()[..., channel] != 0)


# --- scenes are made once --------------------------------------------------------------------


def test_the_same_options_give_the_same_scene_at_once(tmp_path):
    found = resident(tmp_path / "a.nii", noise(SHAPE), affine_of("LPS", SHAPE))
    sample = Sample("a", {"image": found.header.source})
    options = ViewOptions()
    prepared = Prepared(sample, {"image": found}, {}, {}, options)
    scene = prepared.scene(options)
    assert prepared.scene(ViewOptions()) is scene
    other = prepared.scene(replace(options, opacity=0.25))
    assert other is not scene and other.options.opacity == 0.25
    assert prepared.scene(replace(options, opacity=0.25)) is other


def test_a_neighbour_is_shown_with_the_scene_that_was_made_ahead(walker, pairs):
    walker.open(pairs)
    walker.wait_for_neighbours()
    made = walker.session._showing.prepared(1).scene(walker.session.options)
    walker.session.step(1)  # no mailbox is run
    assert walker.session.scene is made
