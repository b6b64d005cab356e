"""A person's walk through a dataset, without a toolkit."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.loaders import open_dataset
from napari_medload.session import QueueMailbox, Session
from napari_medload.session.recent import RecentDatasets
from tests.phantoms import affine_of, noise, snapshot, write_h5, write_nifti
from tests.session.conftest import Walker
from tests.session.datasets import SHAPE, cut_short, names, write_pair, write_pairs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> Path:
    """Eight good labelled pairs; nobody may write into them."""
    return write_pairs(tmp_path_factory.mktemp("session") / "pairs", 8, labels=True)


def long_list(folder: Path, rows: int) -> Path:
    """Write a list whose many samples share one file."""
    write_nifti(folder / "a.nii", noise((6, 5, 4)))
    lines = ["id,image", *(f"s{row:05d},a.nii" for row in range(rows))]
    (folder / "list.csv").write_text("\n".join(lines))
    return folder / "list.csv"


def fixed_values(scene) -> np.ndarray:
    (layer,) = (layer for layer in scene.layers if layer.role == "fixed_image")
    return np.asarray(layer.data)


def state(walker: Walker, sample: int) -> str:
    return walker.session.rows.text(sample, "finding")


# --- opening -------------------------------------------------------------------------------


def test_opening_shows_the_first_sample_and_reads_all_headers(walker, pairs):
    told = []
    walker.session.dataset_changed.connect(lambda dataset: told.append(dataset.name))
    walker.open(pairs)
    assert told == ["pairs"]
    assert walker.shown() == ["case00"]
    assert [walker.session.rows.facts[i].problems for i in range(8)] == [()] * 8
    assert walker.session.recent.paths() == [pairs]
    assert walker.session.facts.orientation == "LAS | PIR"


def test_a_sample_can_be_asked_for_by_its_id(walker, pairs):
    walker.open(pairs, select="case05")
    assert walker.shown() == ["case05"]


def test_an_id_that_is_not_there_is_told_and_the_first_is_shown(walker, pairs):
    walker.open(pairs, select="case99")
    assert walker.shown() == ["case00"]
    assert "case99" in walker.troubles[0].message


def test_a_wrong_folder_is_told_with_what_was_looked_for(walker, tmp_path):
    (tmp_path / "notes").mkdir()
    walker.session.open(tmp_path / "notes")
    walker.wait(lambda: bool(walker.troubles))
    message = walker.troubles[0].message
    assert "notes" in message and "fixed_images" in message
    assert walker.session.progress is None and walker.session.dataset is None


def test_a_file_that_provokes_an_unforeseen_error_is_told(walker, tmp_path):
    (tmp_path / "deep.json").write_text("[" * 100_000)
    walker.session.open(tmp_path / "deep.json")
    walker.wait(lambda: bool(walker.troubles))
    assert walker.troubles[0].message and walker.session.progress is None


def test_a_wrong_folder_leaves_the_open_dataset_as_it_is(walker, pairs, tmp_path):
    walker.open(pairs)
    walker.session.open(tmp_path / "nowhere")
    walker.wait(lambda: bool(walker.troubles))
    assert walker.session.dataset.root == pairs
    assert walker.select(3).sample_id == "case03"


def test_several_datasets_are_offered_and_each_opens(walker, tmp_path):
    choices = {write_pairs(tmp_path / "study" / name, 2) for name in ("first", "second")}
    walker.session.open(tmp_path / "study")
    walker.wait(lambda: bool(walker.troubles))
    assert set(walker.troubles[0].choices) == choices
    walker.open(walker.troubles[0].choices[1])
    assert walker.session.dataset.name == "second"


def test_of_two_datasets_opened_at_once_the_last_stays(walker, pairs, tmp_path):
    other = write_pairs(tmp_path / "other", 2)
    walker.session.open(pairs)
    walker.open(other)
    walker.select(1)
    assert walker.session.dataset.root == other
    assert len(walker.session.rows) == 2
    assert {scene.sample_id for scene in walker.scenes} <= {"case00", "case01"}


def test_another_dataset_starts_afresh(walker, pairs, tmp_path):
    walker.open(pairs)
    walker.session.sort("id", descending=True)
    walker.session.find("case03")
    walker.session.position = (1.0, 2.0, 3.0)
    walker.session.dataset = None
    walker.open(write_pairs(tmp_path / "other", 3))
    assert walker.session.position is None
    assert len(walker.session.rows) == 3 and walker.session.rows.search == ""


def test_nothing_is_written_into_the_dataset(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 3, labels=True)
    before = snapshot(folder)
    walker.open(folder)
    for sample in range(3):
        walker.select(sample)
    walker.session.set_options(grid="world", volume=True)
    walker.settle()
    walker.session.close()
    assert snapshot(folder) == before


def test_the_demo_opens(walker, demo):
    walker.session.open_demo(demo)  # it is built already, and reused
    walker.wait(lambda: walker.session.scene is not None and walker.scanned)
    assert walker.session.dataset.root == demo
    assert len(walker.session.scene.layers) == 4
    assert any(state(walker, i).startswith("✗") for i in range(len(walker.session.rows)))


def test_a_folder_that_is_not_a_demo_is_not_built_over(walker, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    walker.session.open_demo(tmp_path)
    walker.wait(lambda: bool(walker.troubles))
    assert str(tmp_path) in walker.troubles[0].message
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine.txt"]


# --- walking -------------------------------------------------------------------------------


def test_stepping_to_a_neighbour_waits_for_nothing(walker, pairs):
    walker.open(pairs)
    walker.select(3)
    walker.wait_for_neighbours()
    walker.scenes.clear()
    walker.session.step(1)  # no mailbox is run from here on
    assert walker.shown() == ["case04"] and not walker.session.loading
    walker.session.step(-1)
    assert walker.shown() == ["case04", "case03"] and not walker.session.loading


def test_neighbours_are_those_of_the_table(walker, pairs):
    walker.open(pairs)
    walker.session.sort("id", descending=True)
    walker.select(5)
    walker.wait_for_neighbours()
    walker.scenes.clear()
    walker.session.step(1)
    assert walker.shown() == ["case04"]


def test_every_scene_shows_its_own_sample(walker, pairs):
    walker.open(pairs)
    for sample in (5, 2, 7, 0):
        values = fixed_values(walker.select(sample))
        assert values.min() >= 1000 * sample and values.max() < 1000 * (sample + 1)


def test_stepping_at_the_ends_stays(walker, pairs):
    walker.open(pairs)
    walker.session.step(-1)
    assert walker.session.selected == 0
    walker.select(7)
    shown = len(walker.scenes)
    walker.session.step(1)
    assert walker.session.selected == 7 and len(walker.scenes) == shown


def test_stepping_goes_through_what_the_search_left(walker, pairs):
    walker.open(pairs)
    walker.session.find("2")  # case02 alone; the selected one is hidden
    walker.session.step(1)
    walker.settle()
    assert walker.session.selected == 2
    walker.session.step(1)
    assert walker.session.selected == 2
    walker.session.find("nothing like this")
    walker.session.step(1)
    assert walker.session.selected == 2


def test_a_sample_that_is_not_there_cannot_be_selected(walker, pairs):
    with pytest.raises(IndexError):
        walker.session.select(0)
    walker.open(pairs)
    for sample in (-1, 8):
        with pytest.raises(IndexError, match=str(sample)):
            walker.session.select(sample)


def test_a_load_that_was_overtaken_is_dropped(tmp_path, pairs):
    """The first sample has been loaded, and its result waits, when the second is selected."""
    arrived = threading.Event()

    class Watched(QueueMailbox):
        def post(self, call) -> None:
            super().post(call)
            arrived.set()

    mailbox = Watched()
    session = Session(mailbox, recent=RecentDatasets(tmp_path / "recent.json"))
    walker = Walker(session, mailbox)
    try:
        walker.open(pairs)
        walker.wait_for_neighbours()
        walker.scenes.clear()
        arrived.clear()
        session.select(4)
        assert arrived.wait(60)
        session.select(6)
        walker.settle()
        walker.wait_for_neighbours()
        assert walker.shown() == ["case06"]
    finally:
        session.close()


def test_selecting_faster_than_loading_ends_at_the_last(walker, pairs):
    walker.open(pairs)
    for sample in (3, 7, 1, 6, 2, 5):
        walker.session.select(sample)
    walker.settle()
    assert walker.shown()[-1] == "case05"
    walker.wait_for_neighbours()
    assert walker.shown()[-1] == "case05"


def test_loading_is_told(walker, pairs):
    told = []
    walker.session.loading_changed.connect(told.append)
    walker.open(pairs)
    walker.select(5)
    assert told == [True, False, True, False]


def test_memory_stays_within_the_budget_while_walking(make_walker, tmp_path):
    """30 samples of half a megabyte each through a budget of four of them."""
    folder, shape = tmp_path / "pairs", (60, 60, 40)
    for number, name in enumerate(names(30)):
        for side, tilt in (("fixed", 0.0), ("moving", 9.0)):
            affine = affine_of("RAS", shape, tilt=(0, 0, tilt))
            array = noise(shape, seed=number)
            write_nifti(folder / f"{side}_images" / f"{name}.nii.gz", array, affine)
    one = 3 * np.prod(shape) * 2  # two volumes and the copy that reslices one of them
    budget = 4 * one
    walker = make_walker(budget)
    walker.open(folder)
    most = 0
    for _ in range(29):
        walker.wait_for_neighbours()
        walker.session.step(1)
        walker.settle()
        most = max(most, walker.session.memory)
    assert walker.session.selected == 29
    assert one < most <= budget + 2 * one
    assert len(walker.shown()) == 30


def test_a_budget_too_small_for_neighbours_still_shows_every_sample(make_walker, pairs):
    walker = make_walker(budget=1)
    walker.open(pairs)
    for sample in range(1, 8):
        assert walker.select(sample).sample_id == names(8)[sample]
        assert walker.session.ready == {sample}
    one = sum(np.prod(SHAPE) * size for size in (2, 2, 1, 1)) * 2
    assert walker.session.memory <= one


def test_voxels_of_an_image_without_geometry_are_no_place_in_the_patient(walker, tmp_path):
    folder = tmp_path / "pairs"
    unknown = {"sform_code": 0, "qform_code": 0}
    write_nifti(folder / "fixed_images" / "a.nii", noise(SHAPE), **unknown)
    write_nifti(folder / "moving_images" / "a.nii", noise(SHAPE), affine_of("LAS", SHAPE))
    walker.open(folder)
    session = walker.session
    for grid, place in (("fixed", (3.0, 4.0, 2.0)), ("moving", (1.0, -2.0, 3.0))):
        session.set_options(grid=grid)
        assert walker.settle().known == (grid == "moving")
        assert session.position is None  # the canvas begins in the middle
        session.go_to(place)
    session.set_options(grid="fixed")
    walker.settle()
    assert session.position == (3.0, 4.0, 2.0)


def test_the_persons_place_is_kept_from_sample_to_sample(walker, pairs):
    walker.open(pairs)
    walker.session.position = (1.0, 2.0, 3.0)
    walker.select(4)
    assert walker.session.position == (1.0, 2.0, 3.0)


# --- what cannot be read ---------------------------------------------------------------------


def test_a_truncated_file_is_told_and_the_others_are_browsed(walker, tmp_path):
    """Its header is fine: only reading the voxels shows it, and no scan may forget it."""
    folder = write_pairs(tmp_path / "pairs", 4)
    broken = folder / "moving_images" / "case02.nii.gz"
    cut_short(broken)
    walker.open(folder)
    scene = walker.select(2)
    assert str(broken) in scene.problems["moving_image"]
    assert [layer.role for layer in scene.layers] == ["fixed_image"]
    assert "case02.nii.gz" in state(walker, 2)
    assert walker.session.facts.headers.keys() == {"fixed_image", "moving_image"}
    assert len(walker.select(3).layers) == 2
    walker.session.set_alignment("none")
    walker.wait(lambda: walker.scanned)
    assert "case02.nii.gz" in state(walker, 2)
    walker.session.find("moving case02.nii.gz")
    assert len(walker.session.rows) == 1


def test_a_first_sample_that_is_truncated_is_marked_whoever_comes_first(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 2)
    cut_short(folder / "fixed_images" / "case00.nii.gz")
    walker.open(folder)
    walker.settle()
    assert "case00.nii.gz" in state(walker, 0)


def test_a_sample_of_which_nothing_can_be_read_is_a_scene_that_says_why(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 3)
    for side in ("fixed", "moving"):
        (folder / f"{side}_images" / "case01.nii.gz").write_bytes(b"nothing")
    walker.open(folder)
    scene = walker.select(1)
    assert scene.layers == () and scene.display is None
    assert all("case01.nii.gz" in why for why in scene.problems.values())
    assert state(walker, 1).startswith("✗")
    assert len(walker.select(2).layers) == 2


def test_a_file_that_vanishes_while_browsing(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 6)
    walker.open(folder)
    gone = folder / "fixed_images" / "case04.nii.gz"
    content = gone.read_bytes()
    gone.unlink()
    scene = walker.select(4)
    assert "case04.nii.gz" in scene.problems["fixed_image"]
    assert [layer.role for layer in scene.layers] == ["moving_image"]
    assert "case04.nii.gz" in state(walker, 4)
    assert len(walker.select(0).layers) == 2
    gone.write_bytes(content)
    assert len(walker.select(4).layers) == 2
    assert walker.session.rows.facts[4].problems == ()


def test_a_missing_partner_is_marked_and_what_is_there_is_shown(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 2)
    (folder / "moving_images" / "case01.nii.gz").unlink()
    walker.open(folder)
    assert [layer.role for layer in walker.select(1).layers] == ["fixed_image"]
    assert "no moving image" in state(walker, 1)


def test_a_key_that_does_not_fit_is_told(walker, tmp_path):
    write_h5(tmp_path / "a.h5", scan=np.zeros((4, 5, 6)))
    (tmp_path / "list.csv").write_text("id,image\ngood,a.h5#scan\nbad,a.h5#scna\n")
    walker.open(tmp_path / "list.csv")
    assert len(walker.settle().layers) == 1
    scene = walker.select(1)
    assert "scna" in scene.problems["image"] and "a.h5" in scene.problems["image"]


def test_names_in_any_script_are_browsed(walker, tmp_path):
    folder = tmp_path / "données [1]"
    for number, name in enumerate(("Müller (1)", "患者", "a b")):
        write_pair(folder, name, number)
    walker.open(folder)
    for sample in range(3):
        assert len(walker.select(sample).layers) == 2


# --- options -----------------------------------------------------------------------------------


def test_a_mode_is_changed_at_once(walker, pairs):
    walker.open(pairs)
    walker.scenes.clear()
    walker.session.next_mode()  # no mailbox is run
    assert [scene.options.mode for scene in walker.scenes] == ["two-colour"]
    for _ in range(len(walker.session.scene.modes) - 1):
        walker.session.next_mode()
    assert walker.session.options.mode == "overlay"


def test_another_grid_is_resliced_and_the_neighbours_with_it(walker, pairs):
    walker.open(pairs)
    walker.session.set_options(grid="world")
    scene = walker.settle()
    assert np.count_nonzero(scene.display.grid.affine[:3, :3]) == 3
    walker.wait_for_neighbours()
    walker.scenes.clear()
    walker.session.step(1)
    assert walker.scenes[0].options.grid == "world"


def test_a_change_of_options_while_loading_is_not_lost(walker, pairs):
    walker.open(pairs)
    walker.session.select(6)
    walker.session.set_options(grid="moving", mode="two-colour")
    scene = walker.settle()
    assert (scene.sample_id, scene.options.grid, scene.options.mode) == (
        "case06",
        "moving",
        "two-colour",
    )


def test_options_that_are_the_same_change_nothing(walker, pairs):
    walker.open(pairs)
    told = []
    walker.session.options_changed.connect(told.append)
    walker.scenes.clear()
    walker.session.set_options(grid="fixed", opacity=walker.session.options.opacity)
    assert not told and not walker.scenes


def test_frames_of_a_series(walker, tmp_path):
    array = noise((6, 5, 4, 3), np.int16)
    write_nifti(tmp_path / "series" / "a.nii.gz", array, affine_of("RAS", (6, 5, 4)))
    walker.open(tmp_path / "series")
    assert walker.session.scene.frames == 3
    walker.session.set_options(frame=2)
    (layer,) = walker.settle().layers
    np.testing.assert_array_equal(layer.data, array[..., 2].T)


# --- headers in the background -------------------------------------------------------------------


def test_another_promise_reads_the_headers_anew(walker, tmp_path):
    """Two grids three voxels apart are a fact in one world, and a fault on one grid."""
    folder, shape = tmp_path / "pairs", (8, 8, 8)
    for side, centre in (("fixed", (0, 0, 0)), ("moving", (3, 0, 0))):
        affine = affine_of("RAS", shape, centre=centre)
        array = noise(shape, seed=centre[0])
        write_nifti(folder / f"{side}_images" / "a.nii", array, affine)
    walker.open(folder)
    assert walker.session.dataset.alignment == "world"
    assert walker.session.rows.facts[0].problems == ()
    walker.session.set_alignment("same grid")
    walker.wait(lambda: walker.scanned)
    assert "3.0 voxels" in state(walker, 0)
    walker.session.set_alignment("none")
    walker.wait(lambda: walker.scanned)
    assert walker.session.rows.facts[0].problems == ()


def test_progress_counts_up_and_ends(walker, tmp_path):
    told = []
    walker.session.progress_changed.connect(told.append)
    walker.open(long_list(tmp_path, 200))
    counts = [p.done for p in told if p is not None and p.total]
    assert counts and all(a < b for a, b in pairwise(counts))
    assert all(p.total == 200 for p in told if p is not None and p.total)
    assert told[-1] is None


def test_cancel_stops_reading_headers_and_the_table_stays_usable(walker, tmp_path):
    walker.session.open(long_list(tmp_path, 3000))
    walker.wait(lambda: walker.session.progress is not None and walker.session.progress.done > 0)
    walker.session.cancel()
    read = walker.session.rows.scanned
    assert walker.session.progress is None and read < 3000
    assert walker.select(2999).sample_id == "s02999"
    assert walker.session.rows.scanned <= read + 1
    walker.session.set_alignment("world")  # a new order to read is obeyed
    walker.wait(lambda: walker.session.progress is not None and walker.session.progress.done > 100)
    walker.session.cancel()


def test_cancelling_while_opening_opens_nothing(walker, pairs):
    walker.session.open(pairs)
    walker.session.cancel()
    walker.session.open(pairs / "nowhere")
    walker.wait(lambda: bool(walker.troubles))
    assert walker.session.dataset is None


def test_closing_ends_every_thread(walker, pairs):
    before = set(threading.enumerate())
    walker.open(pairs)
    walker.select(4)
    walker.session.close()
    left = {t for t in threading.enumerate() if t.name.startswith("medload")} - before
    for thread in left:  # it ends when what it does is done
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in left) and walker.session.memory == 0


@pytest.mark.parametrize(
    "below",
    [
        "brain_paired",
        "spine_paired",
        "abdomen_unpaired",
        "deepreg_nifti/paired",
        "deepreg_nifti/unpaired",
        "deepreg_nifti/grouped",
        "deepreg_h5/paired",
        "deepreg_h5/unpaired",
        "deepreg_h5/grouped",
    ],
)
def test_real_datasets_open_and_browse(walker, shared_data, below):
    folder = shared_data / below
    before = snapshot(folder)
    walker.open(folder)
    dataset = open_dataset(folder)
    for sample in range(min(3, len(dataset))):
        scene = walker.select(sample)
        assert {layer.role for layer in scene.layers} == set(dataset[sample].sources)
        assert not scene.problems
        assert scene.known is ("h5" not in below)
    assert snapshot(folder) == before


def test_a_failed_opening_leaves_the_scan_of_what_is_open(walker, pairs, tmp_path):
    walker.open(pairs)
    session = walker.session
    session.rows.forget_facts()
    session._scanning.begin(session.dataset)
    session.open(tmp_path / "nowhere")
    session.mailbox.run_until(lambda: session.rows.scanned == session.rows.total)
    assert session.dataset is not None and session.dataset.root == pairs
