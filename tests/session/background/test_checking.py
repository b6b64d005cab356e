"""Voxels checked in the background: what is found, in which order, and for whom it waits."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import SimpleITK as sitk

from napari_medload.checks import Severity
from napari_medload.images import Volume, read_volume
from napari_medload.loaders import open_dataset
from napari_medload.session import QueueMailbox
from napari_medload.session.background import checking as module
from napari_medload.session.background.checking import (
    CHECKING,
    Checked,
    Checking,
    Window,
    step_back,
)
from tests.checks.bodies import Body, changed, moved, pair_of
from tests.phantoms import claim, write_nifti
from tests.session.datasets import SHAPE, cut_short, names, write_pair, write_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.session.background.messages import Progress
    from tests.session.conftest import Walker


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> Path:
    """Twelve good labelled pairs; nobody may write into them."""
    return write_pairs(tmp_path_factory.mktemp("checking") / "pairs", 12, labels=True)


class Work:
    """Checks by themselves, without a session around them."""

    def __init__(self, folder: Path) -> None:
        self.dataset = open_dataset(folder)
        self.mailbox, self.pool = QueueMailbox(), ThreadPoolExecutor(1)
        self.found: list[Checked] = []
        self.told: list[Progress | None] = []
        self.held: dict[tuple[str, str], Volume] = {}
        self.checking = Checking(
            self.mailbox,
            self.pool,
            lambda sample, role: self.held.get((sample.id, role)),
            lambda: False,
        )

    def begin(self) -> None:
        self.checking.begin(self.dataset, self.found.append, self.told.append)

    def run(self) -> None:
        self.begin()
        self.mailbox.run_until(lambda: self.told[-1] is None)

    @property
    def order(self) -> list[int]:
        """Samples in the order in which they were checked."""
        return [found.sample for found in self.found if found.pairing is None]

    def close(self) -> None:
        self.checking.stop()
        self.pool.shutdown(wait=True)


@pytest.fixture
def work(pairs: Path) -> Iterator[Work]:
    made = Work(pairs)
    yield made
    made.close()


@contextmanager
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Watch which files are read for checks; the real reader reads them."""
    seen: list[str] = []
    read = module.read_volume

    def watched(source: Any) -> Volume:
        seen.append(str(source))
        return read(source)

    monkeypatch.setattr(module, "read_volume", watched)
    yield seen
    monkeypatch.setattr(module, "read_volume", read)


def volumes_of(sample: Any) -> dict[str, Volume]:
    return {role: read_volume(source) for role, source in sample.sources.items()}


def all_checked(walker: Walker) -> bool:
    facts = walker.session.rows.facts
    return bool(facts) and all(f is not None and f.checked for f in facts)


# --- by themselves -------------------------------------------------------------------------


def test_every_sample_is_checked_and_every_pair_judged_once(work):
    work.run()
    assert work.order == list(range(12))
    assert sorted(f.sample for f in work.found if f.pairing) == list(range(12))
    assert [f for f in work.found if f.findings and not f.pairing] == []
    assert {told.what for told in work.told if told} == {CHECKING}
    assert (work.told[0].done, work.told[0].total) == (0, 12)


def test_what_a_person_looks_at_is_checked_first(work):
    work.checking.prefer((7, 8, 6))
    work.run()
    assert work.order == [7, 8, 6, 0, 1, 2, 3, 4, 5, 9, 10, 11]


def test_wishes_of_another_dataset_are_passed_over(work):
    work.checking.prefer((99, 3))
    work.run()
    assert work.order[0] == 3 and sorted(work.order) == list(range(12))


def test_nothing_is_read_while_a_person_waits(work, monkeypatch):
    with reads(monkeypatch) as seen:
        work.checking.hold(True)
        work.begin()
        for sample in work.dataset:  # as the session reads them for the person
            volumes_of(sample)
        assert seen == []
        work.checking.hold(False)
        work.mailbox.run_until(lambda: work.told[-1] is None)
        assert len(seen) == 48


def test_nothing_is_read_while_files_are_read_for_a_person(work, monkeypatch):
    answers = iter((True, True, True, False))
    asked: list[int] = []

    def busy() -> bool:
        asked.append(len(seen))
        return next(answers, False)

    with reads(monkeypatch) as seen:
        monkeypatch.setattr(work.checking, "_busy", busy)
        work.run()
    assert asked[:4] == [0, 0, 0, 0] and len(seen) == 48


def test_a_person_who_comes_in_between_waits_for_one_file_at_most(work, monkeypatch):
    fifth = threading.Event()
    with reads(monkeypatch) as seen:
        read = module.read_volume

        def then_hold(source: Any) -> Volume:
            if len(seen) == 4:
                work.checking.hold(True)
                fifth.set()
            return read(source)

        monkeypatch.setattr(module, "read_volume", then_hold)
        work.begin()
        assert fifth.wait(60)
        for sample in work.dataset:
            volumes_of(sample)
        assert len(seen) == 5
        work.checking.hold(False)
        work.mailbox.run_until(lambda: work.told[-1] is None)
        assert len(seen) == 48


def test_nothing_is_read_for_a_moment_after_a_person_turned_to_a_sample(work, monkeypatch):
    with reads(monkeypatch) as seen:
        monkeypatch.setattr(module, "_MOMENT_S", float("inf"))
        work.checking.prefer((0,))
        work.begin()
        for sample in work.dataset:
            volumes_of(sample)
        assert seen == []
        monkeypatch.setattr(module, "_MOMENT_S", 0.0)
        work.mailbox.run_until(lambda: work.told[-1] is None)
        assert len(seen) == 48


def test_one_sample_is_in_memory_at_a_time(work, monkeypatch):
    alive: list[weakref.ref[Volume]] = []
    most = 0
    read = module.read_volume

    def watched(source: Any) -> Volume:
        nonlocal most
        volume = read(source)
        alive.append(weakref.ref(volume))
        most = max(most, sum(found() is not None for found in alive))
        return volume

    monkeypatch.setattr(module, "read_volume", watched)
    work.run()
    assert len(alive) == 48 and most <= 4


def test_stopped_checks_end_before_the_next_file_and_tell_nothing_more(work, monkeypatch):
    with reads(monkeypatch) as seen:
        read = module.read_volume

        def then_stop(source: Any) -> Volume:
            work.checking.stop()
            return read(source)

        monkeypatch.setattr(module, "read_volume", then_stop)
        work.begin()
        work.pool.submit(lambda: work.mailbox.post(lambda: work.told.append(None)))
        work.mailbox.run_until(lambda: work.told[-1] is None)
        assert len(seen) == 1 and work.found == []


def test_stopping_frees_checks_that_wait(work):
    work.checking.hold(True)
    work.begin()
    work.checking.stop()
    work.pool.shutdown(wait=True)  # ends
    assert work.found == []


def test_checks_that_begin_anew_tell_of_the_new_dataset_alone(work, tmp_path):
    work.checking.hold(True)
    work.begin()
    work.dataset = open_dataset(write_pairs(tmp_path / "two", 2))
    work.checking.hold(False)
    work.run()
    assert work.order == [0, 1]


def test_a_volume_in_memory_is_not_read_again_and_labels_are(work, monkeypatch):
    sample = work.dataset[0]
    broken = np.full((*SHAPE, 1), np.nan, np.float32)
    header = module.read_volume(sample.sources["fixed_image"]).header
    held = Volume(broken, header.grid, header.scaling, header)
    work.held = dict.fromkeys(((sample.id, "fixed_image"), (sample.id, "fixed_label")), held)
    with reads(monkeypatch) as seen:
        work.run()
    of_first = [path for path in seen if "case00" in path]
    assert len(of_first) == 3 and not any("fixed_images" in path for path in of_first)
    (finding,) = work.found[0].findings
    assert finding.check == "finite values" and finding.roles == ("fixed_image",)


def test_what_cannot_be_read_is_found_and_the_others_go_on(tmp_path):
    folder = write_pairs(tmp_path / "pairs", 3, labels=True)
    cut_short(folder / "moving_images" / "case01.nii.gz")
    work = Work(folder)
    work.run()
    (unread,) = [f for f in work.found if f.sample == 1 and f.pairing is None]
    assert [(f.check, f.severity) for f in unread.findings] == [("unreadable", Severity.ERROR)]
    assert "case01.nii.gz" in unread.findings[0].sentence
    assert sorted(f.sample for f in work.found if f.pairing) == [0, 2]
    work.close()


def test_a_sample_that_would_fill_the_memory_is_noted_and_not_read(tmp_path, monkeypatch):
    folder = write_pairs(tmp_path / "pairs", 2)
    free = psutil.virtual_memory().available
    claim(folder / "moving_images" / "case01.nii.gz", free, free // 500)
    work = Work(folder)
    with reads(monkeypatch) as seen:
        work.run()
    assert not [path for path in seen if "case01" in path]
    ((finding,),) = [f.findings for f in work.found if f.sample == 1]
    assert finding.severity is Severity.NOTE and "GB of memory are free" in finding.sentence
    work.close()


def test_a_file_that_claims_what_cannot_be_in_it_is_unreadable(tmp_path):
    folder = write_pairs(tmp_path / "pairs", 2)
    claim(folder / "moving_images" / "case01.nii.gz", 1 << 36, 4000)
    work = Work(folder)
    work.run()
    found = [f for c in work.found if c.sample == 1 for f in c.findings]
    assert [(f.check, f.severity) for f in found] == [("unreadable", Severity.ERROR)]
    work.close()


def test_a_pair_is_judged_through_its_transform(tmp_path):
    """All pairs lie 40 mm apart before their registration, and ITK's file says so in LPS."""
    folder, shift = tmp_path / "pairs", sitk.TranslationTransform(3, (0.0, -40.0, 0.0))
    for seed in range(4):
        away = changed(pair_of(Body(seed)), "moving", affine=lambda a: moved(a, (0.0, 40.0, 0.0)))
        for role, found in away.items():
            write_nifti(
                folder / f"{role}s" / f"{seed}.nii.gz", found.array[..., 0], found.grid.affine
            )
        (folder / "transforms").mkdir(exist_ok=True)
        sitk.WriteTransform(shift, str(folder / "transforms" / f"{seed}.tfm"))
    work = Work(folder)
    assert "transform" in work.dataset[0].sources
    work.run()
    assert [f.pairing.answer for f in work.found if f.pairing] == ["good"] * 4
    told = [f for c in work.found for f in c.findings if "apart" in f.check or "displ" in f.check]
    assert len(told) >= 4 and {f.severity for f in told} == {Severity.NOTE}
    work.close()


def test_a_check_that_fails_stops_no_other_sample(work, monkeypatch):
    ask = module.check_voxels

    def failing(sample: Any, *rest: Any) -> Any:
        if sample.id == "case02":
            raise ZeroDivisionError("unforeseen")
        return ask(sample, *rest)

    monkeypatch.setattr(module, "check_voxels", failing)
    work.run()
    assert work.order == list(range(12))
    (found,) = work.found[2].findings
    assert "unforeseen" in found.sentence and found.severity == Severity.WARNING


def test_a_judge_that_fails_is_told_of_the_pair_it_failed_on(work, monkeypatch):
    judge = module.judge

    def failing(pair: Any, *rest: Any) -> Any:
        if pair.id == "case05":
            raise ZeroDivisionError("unforeseen")
        return judge(pair, *rest)

    monkeypatch.setattr(module, "judge", failing)
    work.run()
    told = [f for f in work.found if f.findings]
    assert [f.sample for f in told] == [5] and "unforeseen" in told[0].findings[0].sentence
    assert len([f for f in work.found if f.pairing]) == 11


def test_only_a_few_samples_are_kept_however_many_there_are(work):
    """Pairs are judged by those around them; what has gone by is forgotten."""
    window = Window(work.dataset)
    pair = module.coarse_pair(work.dataset[0], volumes_of(work.dataset[0]))
    judged = []
    for number in range(50):
        judged += window.add(number % 12, pair)
        assert len(window._pairs) <= 7
    assert len(judged) == 47
    assert len(window.close()) == 3 and window.close() == []


def test_pairs_are_judged_by_those_around_them(work, monkeypatch):
    asked: list[tuple[str, list[str]]] = []
    judge = module.judge

    def watched(pair: Any, others: Any, alignment: Any) -> Any:
        asked.append((pair.id, [other.id for other in others]))
        return judge(pair, others, alignment)

    monkeypatch.setattr(module, "judge", watched)
    work.run()
    case = names(12)
    assert [pair for pair, _others in asked] == case
    assert asked[0][1] == case[1:4] and asked[6][1] == case[3:6] + case[7:10]
    assert all(len(others) >= 3 for _pair, others in asked)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness of threads")
def test_the_thread_of_the_checks_stands_back_and_no_other():
    with ThreadPoolExecutor(1, initializer=step_back) as pool:
        behind = pool.submit(lambda: os.getpriority(0, threading.get_native_id())).result()
    assert behind > os.getpriority(0, threading.get_native_id())


# --- in a session --------------------------------------------------------------------------


def test_a_session_finds_faults_of_voxels_behind_its_headers(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 4, labels=True)
    empty = np.zeros(SHAPE, np.uint8)
    path = folder / "moving_labels" / "case02.nii.gz"
    write_nifti(path, empty, open_dataset(folder)[2].moving_label.affine)
    told: list[tuple[int, int]] = []
    walker.session.facts_found.connect(lambda start, count: told.append((start, count)))
    walker.open(folder)
    walker.wait(lambda: all_checked(walker))
    rows = walker.session.rows
    assert rows.text(2, "finding").startswith("✗ moving label: empty")
    # nothing is wrong with the others, but noise tells nothing of a pairing either
    assert [rows.text(i, "finding") for i in (0, 1, 3)] == ["? pairing not judged"] * 3
    assert told.count((2, 1)) >= 1
    assert all(facts.pairing is not None for facts in rows.facts)


def test_what_checks_have_found_stays_when_the_sample_is_shown(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 2)
    array = np.full(SHAPE, 3, np.int16)
    write_nifti(folder / "fixed_images" / "case01.nii.gz", array)
    walker.open(folder)
    walker.wait(lambda: all_checked(walker) and walker.session.progress is None)
    before = walker.session.rows.facts[1].findings
    walker.select(1)
    assert walker.session.rows.facts[1].findings == before
    assert "every voxel is 3" in "".join(walker.session.rows.problems(1))
    assert walker.session.facts.findings == before and walker.session.facts.checked


def test_cancel_ends_the_checks(walker, pairs):
    walker.session.open(pairs)
    walker.wait(lambda: walker.session.progress is not None and CHECKING in _what(walker))
    walker.session.cancel()
    assert walker.session.progress is None
    assert not all_checked(walker)
    walker.select(5)  # and everything else goes on
    assert walker.session.scene.sample_id == "case05"


def test_another_promise_is_checked_anew(walker, tmp_path):
    folder = tmp_path / "pairs"
    write_pair(folder, "a", labels=True)
    affine = open_dataset(folder)[0].moving_label.affine.copy()
    affine[0, 3] += 1000  # mm; its image stays
    label = np.zeros(SHAPE, np.uint8)
    label[5:8, 5:8, 4:6] = 1
    label[7, 7, 5] = 2
    write_nifti(folder / "moving_labels" / "a.nii.gz", label, affine)
    walker.open(folder)
    walker.wait(lambda: all_checked(walker))
    apart = {f.check for f in walker.session.rows.facts[0].findings}
    assert "labels apart" in apart and "label grid" in apart
    walker.session.set_alignment("none")
    walker.wait(lambda: all_checked(walker))
    assert "labels apart" not in {f.check for f in walker.session.rows.facts[0].findings}
    assert "label grid" in {f.check for f in walker.session.rows.facts[0].findings}


def test_checks_keep_nothing_in_the_memory_of_the_session(make_walker, pairs):
    walker = make_walker()
    walker.open(pairs)
    walker.wait_for_neighbours()
    before = walker.session.memory
    walker.wait(lambda: all_checked(walker) and walker.session.progress is None)
    assert walker.session.memory == before
    assert len(walker.session.ready) == 2  # the first sample and the one after it


def _what(walker: Walker) -> str:
    return walker.session.progress.what if walker.session.progress else ""
