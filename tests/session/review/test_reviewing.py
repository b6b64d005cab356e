"""A review without a toolkit: what is on disk, against the lines of the journal read by `json`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_medload.review.files import Disk
from napari_medload.session import QueueMailbox, Session
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.review.review_state import Draft
from napari_medload.session.review.reviewer import RememberedReviewer
from tests.phantoms import noise, write_nifti
from tests.review.recording import Noting
from tests.session.conftest import BUDGET, Walker
from tests.session.datasets import cut_short, names, write_pair, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Review folders that a person chose, and those of the user, are those of one test."""
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six good pairs; their review lies beside them."""
    return write_pairs(tmp_path / "pairs", 6)


@pytest.fixture
def make_reviewer(tmp_path: Path) -> Iterator[Callable[..., Walker]]:
    made: list[Session] = []

    def make(name: str = "anna", budget: int = BUDGET) -> Walker:
        mailbox = QueueMailbox()
        remembered = RememberedReviewer(tmp_path / "config" / f"{name}.json")
        remembered.change(name=name)
        recent = RecentDatasets(tmp_path / "state" / "recent.json")
        made.append(Session(mailbox, budget, recent, remembered))
        return Walker(made[-1], mailbox)

    yield make
    for session in made:
        session.close()


@pytest.fixture
def anna(make_reviewer: Callable[..., Walker]) -> Walker:
    return make_reviewer("anna")


def lines(folder: Path) -> list[dict[str, Any]]:
    """All lines of all journals, in the order of their time."""
    journals = (folder.parent / f"{folder.name}_review").glob("*.jsonl")
    found = [json.loads(x) for each in journals for x in each.read_text("utf-8").splitlines()]
    return sorted(found, key=lambda line: line["time"])


def standing(folder: Path, reviewer: str = "anna") -> dict[str, str]:
    """Decision of the latest line of each sample, none taken back."""
    latest = {x["sample_id"]: x["verdict"] for x in lines(folder) if x["reviewer"] == reviewer}
    return {sample: decision for sample, decision in latest.items() if decision}


def judge(walker: Walker, decision: str) -> bool:
    walker.settle()
    return walker.session.reviewing.judge(decision)


def marks(walker: Walker) -> list[str]:
    rows = walker.session.rows
    return [rows.text(sample, "verdict") for sample in range(rows.total)]


def test_a_verdict_is_on_disk_and_the_next_open_sample_is_shown(anna: Walker, folder: Path):
    anna.open(folder)
    anna.session.reviewing.set_reasons(("shifted",))
    anna.session.reviewing.set_note("too high")
    assert lines(folder) == []  # no verdict yet
    assert judge(anna, "reject")
    (line,) = lines(folder)
    assert (line["sample_id"], line["verdict"]) == ("case00", "reject")
    assert (line["reasons"], line["note"], line["reviewer"]) == (["shifted"], "too high", "anna")
    assert anna.settle().sample_id == "case01"
    assert marks(anna) == ["✗ reject", *["–"] * 5]
    assert anna.session.reviewing.draft.reasons == ()
    assert anna.session.reviewing.progress == "1 of 6 reviewed · 1 rejected"


def test_a_verdict_is_bound_to_what_is_stored(anna: Walker, folder: Path):
    """The same array packed anew has another stamp and the same content; another array has not."""
    anna.open(folder)
    judge(anna, "accept")
    judge(anna, "accept")
    first, second = lines(folder)
    file = folder / "fixed_images" / "case00.nii.gz"
    assert set(first["stamps"]) == {"fixed_image", "moving_image"}
    assert first["stamps"]["fixed_image"] == [file.stat().st_size, file.stat().st_mtime_ns]
    hashes = dict(first["content_hash"])
    assert all(len(each) == 32 for each in hashes.values()) and len(set(hashes.values())) == 2
    assert set(hashes.values()).isdisjoint(dict(second["content_hash"]).values())


def test_advance_follows_the_table_skips_what_is_judged_and_begins_anew_at_its_end(
    anna: Walker, folder: Path
):
    anna.open(folder)
    anna.session.sort("id", descending=True)
    anna.select(4)
    judge(anna, "accept")
    assert anna.settle().sample_id == "case03"
    anna.select(5)
    judge(anna, "accept")
    assert anna.settle().sample_id == "case03"  # case04 is judged
    anna.select(0)
    judge(anna, "unsure")
    assert anna.settle().sample_id == "case03"  # nothing is open below the last row
    for _ in range(3):
        judge(anna, "accept")
    assert anna.session.reviewing.finished
    assert anna.session.reviewing.progress.startswith("6 of 6 reviewed")
    assert set(standing(folder)) == set(names(6))


def test_without_auto_advance_the_sample_stays(anna: Walker, folder: Path):
    anna.session.reviewing.set_auto_advance(False)
    anna.open(folder)
    judge(anna, "accept")
    assert anna.settle().sample_id == "case00"


def test_what_is_not_drawn_yet_cannot_be_judged(anna: Walker, folder: Path):
    anna.open(folder)
    anna.session.select(5)
    assert anna.session.loading
    assert not anna.session.reviewing.judge("accept")
    assert "not drawn" in anna.session.reviewing.message and lines(folder) == []
    assert judge(anna, "accept")
    assert standing(folder) == {"case05": "accept"}


def test_reasons_and_notes_of_a_judged_sample_are_saved_as_they_change(anna: Walker, folder: Path):
    anna.session.reviewing.set_auto_advance(False)
    anna.open(folder)
    reviewing = anna.session.reviewing
    judge(anna, "reject")
    reviewing.toggle_reason("flipped")
    reviewing.toggle_reason("shifted")
    reviewing.toggle_reason("flipped")
    reviewing.write_note("half")
    assert lines(folder)[-1]["note"] == ""
    reviewing.write_note("half a head too low ")
    anna.select(1)  # whoever goes on has done with the note
    assert [line["reasons"] for line in lines(folder)] == [
        [],
        ["flipped"],
        ["flipped", "shifted"],
        ["shifted"],
        ["shifted"],
    ]
    assert [line["note"] for line in lines(folder)] == ["", "", "", "", "half a head too low"]
    assert {line["verdict"] for line in lines(folder)} == {"reject"}
    reviewing.commit()
    assert len(lines(folder)) == 5  # nothing has changed


def test_undo_and_redo_go_back_to_the_sample(anna: Walker, folder: Path):
    anna.open(folder)
    for decision in ("accept", "reject", "unsure"):
        judge(anna, decision)
    reviewing = anna.session.reviewing
    reviewing.undo()
    assert anna.settle().sample_id == "case02"
    reviewing.undo()
    assert anna.settle().sample_id == "case01"
    assert marks(anna)[:3] == ["✓ accept", "–", "–"] and standing(folder) == {"case00": "accept"}
    reviewing.redo()
    assert anna.settle().sample_id == "case01" and standing(folder)["case01"] == "reject"
    reviewing.undo()
    reviewing.undo()
    assert marks(anna) == ["–"] * 6 and standing(folder) == {}
    reviewing.undo()
    assert reviewing.message == "nothing to undo"
    assert [line["act"] for line in lines(folder)] == [
        "judge",
        "judge",
        "judge",
        "undo",
        "undo",
        "redo",
        "undo",
        "undo",
    ]


def test_a_dropped_session_is_taken_up_where_it_stopped(
    make_reviewer: Callable[..., Walker], folder: Path
):
    first = make_reviewer()
    first.open(folder)
    for decision in ("accept", "reject"):
        judge(first, decision)
    del first  # never closed
    again = make_reviewer()
    again.open(folder)
    assert again.shown()[0] == "case02"
    assert marks(again)[:3] == ["✓ accept", "✗ reject", "–"]
    again.session.reviewing.undo()
    assert again.settle().sample_id == "case01"


def test_a_sample_that_was_asked_for_goes_before_where_the_reviewer_stopped(
    make_reviewer: Callable[..., Walker], folder: Path
):
    first = make_reviewer()
    first.open(folder)
    judge(first, "accept")
    again = make_reviewer()
    again.open(folder, select="case04")
    assert again.shown() == ["case04"]


KILLED = """
import sys
from pathlib import Path
from tests.session.conftest import BUDGET, Walker
from napari_medload.session import QueueMailbox, Session
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.review.reviewer import RememberedReviewer

folder, state = map(Path, sys.argv[1:])
remembered = RememberedReviewer(state / "anna.json")
remembered.change(name="anna")
mailbox = QueueMailbox()
walker = Walker(Session(mailbox, BUDGET, RecentDatasets(state / "r.json"), remembered), mailbox)
walker.open(folder)
for decision in ("accept", "reject", "unsure"):
    walker.settle()
    if walker.session.reviewing.judge(decision):
        print(walker.session.reviewing.message, flush=True)
sys.stdin.read()  # until it is killed
"""


def test_a_kill_loses_nothing_that_was_shown_as_saved(
    make_reviewer: Callable[..., Walker], folder: Path, tmp_path: Path
):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), str(tmp_path / "theirs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(3)]
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            stream.close()
    assert said == [f"saved: case0{i}, {d}" for i, d in enumerate(("accept", "reject", "unsure"))]
    assert standing(folder) == {"case00": "accept", "case01": "reject", "case02": "unsure"}
    again = make_reviewer()
    again.open(folder)
    assert again.shown()[0] == "case03"


def test_written_and_on_disk_before_it_is_shown_as_saved_before_the_next_scene(
    anna: Walker, folder: Path
):
    acts: list[str] = []
    session = anna.session
    session.reviewing.files = Noting(acts)
    reviewing = session.reviewing
    reviewing.changed.connect(lambda: acts.append("saved" if reviewing.saved else "-"))
    session.reviewing.marked.connect(lambda: acts.append(session.rows.text(0, "verdict")))
    anna.open(folder)
    anna.wait_for_neighbours()  # the next sample is shown at once
    session.scene_changed.connect(lambda scene: acts.append(scene.sample_id))
    acts.clear()
    assert session.reviewing.judge("accept")
    kept = [act for act in acts if act != "-"]
    assert kept[:4] == ["write", "fsync", "✓ accept", "saved"]
    assert kept.index("case01") > kept.index("saved") and acts.count("write") == 1


class Full(Disk):
    """A disk without room, until some is made."""

    room = False

    def write(self, descriptor: int, data: bytes) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        return super().write(descriptor, data)


def test_what_cannot_be_saved_is_said_and_stays(anna: Walker, folder: Path):
    disk = Full()
    anna.session.reviewing.files = disk
    anna.open(folder)
    reviewing = anna.session.reviewing
    assert not judge(anna, "reject")
    assert anna.settle().sample_id == "case00" and not reviewing.saved
    assert "NOT SAVED: case00 (reject)" in reviewing.warning
    assert "No space left" in reviewing.warning
    assert marks(anna)[0] == "–" and reviewing.standing is None and lines(folder) == []
    assert not reviewing.retry()
    disk.room = True
    assert reviewing.retry() and reviewing.warning == "" and not reviewing.unsaved
    assert marks(anna)[0] == "✗ reject" and standing(folder) == {"case00": "reject"}


def test_a_failed_verdict_can_be_taken_back(anna: Walker, folder: Path):
    anna.session.reviewing.files = Full()
    anna.open(folder)
    judge(anna, "reject")
    anna.session.reviewing.undo()
    assert anna.session.reviewing.warning == "" and anna.session.reviewing.draft.reasons == ()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders are protected otherwise here")
def test_a_folder_that_cannot_be_written_is_said_before_the_first_verdict(
    anna: Walker, folder: Path, tmp_path: Path
):
    (tmp_path / "pairs_review").write_text("a file has the name of the folder")
    anna.open(folder)
    reviewing = anna.session.reviewing
    assert str(tmp_path / "pairs_review") in reviewing.warning
    assert judge(anna, "accept")  # among the user's data
    assert reviewing.folder is not None and reviewing.folder.parent.name == "reviews"


def test_journals_go_to_the_folder_that_was_chosen_with_what_could_not_be_saved(
    anna: Walker, folder: Path, tmp_path: Path
):
    disk = Full()
    anna.session.reviewing.files = disk
    anna.open(folder)
    judge(anna, "unsure")
    disk.room = True
    anna.session.reviewing.set_folder(tmp_path / "elsewhere")
    anna.wait(lambda: anna.session.reviewing.folder == tmp_path / "elsewhere")
    (journal,) = (tmp_path / "elsewhere").glob("*.jsonl")
    assert json.loads(journal.read_text())["verdict"] == "unsure"
    assert marks(anna)[0] == "? unsure" and anna.session.reviewing.unsaved == {}


def test_an_unreadable_sample_is_rejected_as_unreadable(anna: Walker, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 2)
    cut_short(folder / "moving_images" / "case00.nii.gz")
    anna.open(folder)
    anna.select(0)
    judge(anna, "reject")
    (line,) = lines(folder)
    assert line["reasons"] == ["unreadable"]
    assert dict(line["content_hash"])["moving_image"].startswith("bytes:")
    anna.select(1)
    judge(anna, "reject")
    assert lines(folder)[-1]["reasons"] == []
    anna.select(0)
    judge(anna, "accept")  # it may be meant; but a key pressed in passing should not go unseen
    said = anna.session.reviewing.message
    assert said.startswith("saved: ") and "cannot be read" in said and "undo" in said


def reject_as_flipped(anna: Walker, folder: Path) -> None:
    """Open a dataset, and reject its first sample with a reason and a note."""
    anna.open(folder)
    anna.select(0)
    anna.session.reviewing.set_note("looks mirrored")
    anna.session.reviewing.set_reasons(("flipped",))
    judge(anna, "reject")


def test_what_was_said_waits_for_another_verdict_where_one_is_taken_back(
    anna: Walker, folder: Path
):
    reviewing = anna.session.reviewing
    reject_as_flipped(anna, folder)
    assert reviewing.undo()
    anna.settle()
    assert (reviewing.standing, reviewing.draft) == (None, Draft(("flipped",), "looks mirrored"))
    assert reviewing.drafted == (reviewing.selected,)
    judge(anna, "unsure")
    assert (lines(folder)[-1]["reasons"], lines(folder)[-1]["note"]) == (
        ["flipped"],
        "looks mirrored",
    )


def test_who_accepts_after_all_keeps_no_reason_against_it(anna: Walker, folder: Path):
    reject_as_flipped(anna, folder)
    anna.select(0)
    judge(anna, "unsure")
    assert lines(folder)[-1]["reasons"] == ["flipped"]
    anna.select(0)
    judge(anna, "accept")
    assert (lines(folder)[-1]["reasons"], lines(folder)[-1]["note"]) == ([], "looks mirrored")


def test_reasons_that_cannot_be_are_not_offered(anna: Walker, tmp_path: Path):
    usual = ("wrong partner", "flipped", "shifted", "label wrong", "artefact", "other")
    pairs = write_pairs(tmp_path / "pairs", 2)
    cut_short(pairs / "moving_images" / "case01.nii.gz")
    write_nifti(tmp_path / "single" / "images" / "a.nii", noise((6, 5, 4)))
    anna.open(pairs)
    anna.select(0)
    assert anna.session.reviewing.offered_reasons == usual
    anna.select(1)
    assert anna.session.reviewing.offered_reasons == (*usual[:-1], "unreadable", "other")
    anna.open(tmp_path / "single")
    alone = ("flipped", "label wrong", "artefact", "other")
    assert anna.session.reviewing.offered_reasons == alone
    anna.session.reviewing.set_reasons(("shifted",))  # as a journal may hold it
    assert "shifted" in anna.session.reviewing.offered_reasons


def test_an_epoch_is_not_judged(anna: Walker, folder: Path):
    from napari_medload.loaders.epoch import usual_options

    anna.open(folder)
    judge(anna, "accept")
    anna.session.preview_epoch(usual_options(anna.session.whole))
    anna.wait(lambda: anna.session.epoch is not None and anna.session.scene is not None)
    anna.settle()
    reviewing = anna.session.reviewing
    assert "Leave" in reviewing.closed
    assert not reviewing.judge("accept") and len(lines(folder)) == 1
    reviewing.toggle_reason("other")
    reviewing.undo()
    assert len(lines(folder)) == 1
    anna.session.leave_epoch()
    anna.settle()
    assert reviewing.closed == "" and marks(anna)[0] == "✓ accept"
    assert judge(anna, "accept")


def test_what_another_window_has_added_appears(make_reviewer: Callable[..., Walker], folder: Path):
    one, other = make_reviewer(), make_reviewer()
    one.open(folder)
    other.open(folder)
    judge(one, "reject")
    assert marks(other)[0] == "–"
    other.session.reviewing.refresh()
    assert marks(other)[0] == "✗ reject"


def test_others_are_seen_and_disagreement_is_marked(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna, ben = make_reviewer("anna"), make_reviewer("ben")
    for walker, decisions in ((anna, "accept reject accept"), (ben, "accept accept")):
        walker.open(folder)
        for decision in decisions.split():
            judge(walker, decision)
    ben.session.reviewing.set_reveal("at once")
    ben.wait(lambda: ben.session.reviewing.reveal == "at once")
    assert marks(ben) == ["✓ accept", "✓ accept ≠ reject", "– · other: accept", "–", "–", "–"]
    assert ben.session.reviewing.heard == "anna: ✓ accept"  # of the third, which is open
    ben.session.choose_by(verdict="disagreement")
    assert {ben.session.rows.sample_at(i) for i in range(len(ben.session.rows))} >= {1}
    assert "1 of 2 alike (50 %)" in ben.session.reviewing.agreement()
    assert "case01   anna: reject; ben: accept" in ben.session.reviewing.agreement()


def test_a_blinded_reviewer_sees_others_once_finished(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna, ben = make_reviewer("anna"), make_reviewer("ben")
    anna.open(folder)
    judge(anna, "reject")
    ben.session.reviewing.set_reveal("at the end")
    ben.open(folder)
    assert marks(ben) == ["–"] * 6
    for done in range(6):
        assert "hidden" in ben.session.reviewing.agreement(), done
        judge(ben, "accept")
    assert marks(ben)[0] == "✓ accept ≠ reject"
    assert "0 of 1 alike" in ben.session.reviewing.agreement()


def test_others_are_not_seen_of_a_sample_before_the_own_verdict_on_it(
    make_reviewer: Callable[..., Walker], folder: Path
):
    for name, decisions in (("anna", "reject accept unsure"), ("carl", "reject reject")):
        walker = make_reviewer(name)
        walker.open(folder)
        if name == "anna":
            walker.session.reviewing.set_reasons(("flipped",))
        for decision in decisions.split():
            judge(walker, decision)
    ben = make_reviewer("ben")
    ben.open(folder)
    reviewing, rows = ben.session.reviewing, ben.session.rows
    reviewing.set_auto_advance(False)

    def leaks() -> str:
        """All that is told of samples that Ben has not judged."""
        rows.choose_by(verdict="disagreement")
        found = [f"differs {s}" for s in rows.order if rows.marks.decision(s) is None and s]
        rows.choose_by(verdict="")
        found += [m for m in marks(ben) if m.startswith("–") and ("≠" in m or ":" in m)]
        found += [n for n in names(6) if n not in standing(folder, "ben") and n in told()]
        return " ".join(found)

    def told() -> str:
        return reviewing.agreement()

    assert marks(ben) == ["– · 2 others", "– · 2 others", "– · 1 other", "–", "–", "–"]
    assert reviewing.heard == "2 others have judged this; shown after your verdict"
    assert leaks() == "" and "alike" not in told()  # neither of these two with each other
    judge(ben, "accept")
    assert marks(ben)[:2] == ["✓ accept ≠ reject", "– · 2 others"]
    assert reviewing.heard == "anna: ✗ reject (flipped) · carl: ✗ reject"
    assert leaks() == ""
    assert "anna and carl: 1 of 1 alike" in told()  # they differ on the second, which is open
    reviewing.undo()
    assert marks(ben)[0] == "– · 2 others" and leaks() == ""
    assert reviewing.heard == "2 others have judged this; shown after your verdict"
    ben.select(3)
    assert reviewing.heard == ""


def test_when_others_are_shown_is_remembered_and_an_odd_wish_is_not_followed(tmp_path: Path):
    file = tmp_path / "reviewer.json"
    RememberedReviewer(file).change(name="ben", reveal="at the end")
    assert RememberedReviewer(file).reviewer.reveal == "at the end"
    file.write_text('{"name": "ben", "reveal": "whenever"}')
    again = RememberedReviewer(file).reviewer
    assert (again.name, again.reveal) == ("ben", "after each verdict")


def test_a_finished_review_is_told_with_its_counts(anna: Walker, folder: Path):
    anna.open(folder)
    reviewing = anna.session.reviewing
    for decision in ("accept", "reject", "accept", "unsure", "accept"):
        assert judge(anna, decision) and reviewing.outcome is None
    judge(anna, "reject")
    done = reviewing.outcome
    assert done.text.startswith("6 of 6 reviewed: 3 accepted, 2 rejected, 1 unsure · ")
    assert done.text.endswith("/h") and (done.others, done.rejected, done.unsure) == (0, 2, 1)
    anna.session.choose_by(verdict="reject")
    assert reviewing.outcome == done  # whatever the table shows
    reviewing.undo()
    assert reviewing.outcome is None
    anna.session.choose_by(verdict="")
    reviewing.set_round(2)
    anna.wait(lambda: reviewing.round == 2)
    for _ in range(6):
        judge(anna, "accept")
    assert reviewing.outcome.text.startswith("Pass 2: 6 of 6 reviewed: 6 accepted")


def test_what_a_filter_shows_may_be_finished_while_others_are_open(anna: Walker, folder: Path):
    anna.open(folder)
    session, reviewing = anna.session, anna.session.reviewing
    for _ in range(2):
        judge(anna, "accept")
    session.find("case00")
    assert reviewing.outcome.text == "The one shown is reviewed, 4 others are not"
    session.find("case0")
    assert reviewing.outcome is None
    anna.select(0)
    session.choose_by(verdict="accept")
    assert not session.rows.marks.open[session.rows.order].any()
    assert reviewing.outcome is None  # that is what was asked for
    session.choose_by(verdict="", search="nothing has this name")
    assert reviewing.outcome is None
    session.find("")
    anna.select(2)
    for _ in range(3):
        judge(anna, "accept")
    session.find("case00")
    assert reviewing.outcome.text == "The one shown is reviewed, 1 other is not"


def test_who_takes_up_a_review_is_told_as_whom_and_from_where(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna = make_reviewer("anna")
    anna.open(folder)
    assert anna.session.reviewing.message == "anna begins: 0 of 6 reviewed"
    judge(anna, "reject")
    again = make_reviewer("anna")
    again.open(folder)
    assert again.session.reviewing.message == "anna goes on: 1 of 6 reviewed"
    assert not again.session.reviewing.saved
    again.session.reviewing.set_reviewer("ben")
    again.wait(lambda: again.session.reviewing.reviewer == "ben")
    assert again.session.reviewing.message == "ben begins: 0 of 6 reviewed"
    assert again.session.reviewing.reviewers == ["anna", "ben"]


def test_a_second_pass_hides_the_first(anna: Walker, folder: Path):
    anna.open(folder)
    judge(anna, "reject")
    anna.session.reviewing.set_round(2)
    anna.wait(lambda: anna.session.reviewing.review.round == 2)
    assert marks(anna) == ["–"] * 6
    anna.select(0)
    judge(anna, "accept")
    assert marks(anna)[0] == "✓ accept"
    assert [(line["round"], line["verdict"]) for line in lines(folder)] == [
        (1, "reject"),
        (2, "accept"),
    ]
    anna.session.reviewing.set_round(1)
    anna.wait(lambda: anna.session.reviewing.review.round == 1)
    assert marks(anna)[0] == "✗ reject ≠ accept"


def test_a_verdict_is_stale_once_its_files_have_changed(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna = make_reviewer()
    anna.open(folder)
    for _ in range(3):
        judge(anna, "accept")
    write_pair(folder, "case01", 21)  # other voxels
    same = folder / "fixed_images" / "case02.nii.gz"
    os.utime(same, ns=(1, 1))  # as a copy would have it
    again = make_reviewer()
    again.open(folder)
    again.wait(lambda: "stale" in marks(again)[1])
    again.session.choose_by(verdict="stale")
    again.select(2)
    again.wait_for_neighbours()
    assert marks(again)[:3] == ["✓ accept", "✓ accept · stale", "✓ accept"]
    again.select(1)
    judge(again, "reject")
    assert marks(again)[1] == "✗ reject"


def test_a_verdict_is_bound_to_what_was_seen_not_to_what_lies_there_when_it_is_given(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna = make_reviewer()
    anna.open(folder)
    anna.settle()
    write_pair(folder, "case00", 21)
    judge(anna, "accept")
    (line,) = lines(folder)
    file = folder / "fixed_images" / "case00.nii.gz"
    assert line["stamps"]["fixed_image"][1] != file.stat().st_mtime_ns
    anna.session.select(0)  # as it is in memory: that is what was judged
    anna.settle()
    again = make_reviewer()
    again.open(folder)
    again.wait(lambda: marks(again)[0] == "✓ accept · stale")


def test_a_verdict_is_found_stale_when_its_sample_is_seen_again(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna = make_reviewer(budget=1)  # nothing stays in memory but what is looked at
    anna.open(folder)
    judge(anna, "accept")
    write_pair(folder, "case00", 21)
    for sample in (4, 5, 0):
        anna.select(sample)
    anna.wait(lambda: marks(anna)[0] == "✓ accept · stale")


def test_a_verdict_of_the_next_reviewer_on_the_same_picture_is_bound_to_it_too(
    anna: Walker, folder: Path
):
    """Nothing is drawn anew where another takes over, or where a second pass begins."""
    anna.open(folder)
    reviewing = anna.session.reviewing
    reviewing.set_reviewer("ben")
    anna.wait(lambda: reviewing.reviewer == "ben")
    judge(anna, "accept")
    anna.select(0)
    reviewing.set_round(2)
    anna.wait(lambda: reviewing.round == 2)
    judge(anna, "accept")
    first, second = lines(folder)
    assert first["content_hash"] and first["stamps"]
    assert (second["content_hash"], second["stamps"]) == (first["content_hash"], first["stamps"])


def test_a_reason_that_is_given_before_the_sample_is_drawn_leaves_the_verdict_bound(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna = make_reviewer()
    anna.open(folder)
    judge(anna, "reject")
    again = make_reviewer(budget=1)
    again.open(folder)
    again.session.select(0)
    assert again.session.loading
    again.session.reviewing.toggle_reason("flipped")
    first, second = lines(folder)
    assert second["reasons"] == ["flipped"]
    assert (second["content_hash"], second["stamps"]) == (first["content_hash"], first["stamps"])


def test_a_verdict_that_stands_again_is_stale_where_it_was(
    make_reviewer: Callable[..., Walker], folder: Path
):
    anna = make_reviewer()
    anna.open(folder)
    judge(anna, "accept")
    write_pair(folder, "case00", 21)
    again = make_reviewer()
    again.session.reviewing.set_auto_advance(False)
    again.open(folder, select="case00")
    again.wait(lambda: marks(again)[0] == "✓ accept · stale")
    judge(again, "reject")
    assert marks(again)[0] == "✗ reject"
    again.session.reviewing.undo()  # the sample is on the screen, and is not drawn anew
    again.wait(lambda: marks(again)[0] == "✓ accept · stale")
    again.session.reviewing.redo()
    assert marks(again)[0] == "✗ reject"


def test_a_hypothesis_is_recorded(anna: Walker, folder: Path):
    anna.open(folder)
    assert anna.session.reviewing.record("case00", "left-right flip explains this", {"MI": 0.87})
    (line,) = lines(folder)
    assert line["hypothesis"] == "left-right flip explains this"
    assert line["figures"] == {"MI": 0.87} and marks(anna)[0] == "–"


def test_a_just_judged_row_stays_under_a_filter_until_the_next_step(anna: Walker, folder: Path):
    anna.session.reviewing.set_auto_advance(False)
    anna.open(folder)
    anna.session.choose_by(verdict="unreviewed")
    judge(anna, "accept")
    rows = anna.session.rows
    assert [rows.sample_at(i) for i in range(len(rows))] == [0, 1, 2, 3, 4, 5]
    anna.session.advance()
    assert [rows.sample_at(i) for i in range(len(rows))] == [1, 2, 3, 4, 5]
    assert anna.session.selected == 1
    anna.session.reviewing.undo()
    assert anna.session.selected == 0 and rows.row_of(0) == 0


def test_the_table_does_not_move_under_a_persons_hands(anna: Walker, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 4)
    cut_short(folder / "fixed_images" / "case03.nii.gz", 0.001)
    anna.session.open(folder)
    anna.wait(lambda: anna.session.dataset is not None)
    anna.session.step(1)  # before the headers are read
    order = list(anna.session.rows.order)
    anna.wait(lambda: anna.scanned)
    assert list(anna.session.rows.order) == order and anna.session.rows.outdated
    anna.session.sort_again()
    assert anna.session.rows.sample_at(0) == 3 and not anna.session.rows.outdated


def test_the_worst_stands_first_where_nobody_has_moved(anna: Walker, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 4)
    cut_short(folder / "fixed_images" / "case03.nii.gz", 0.001)
    anna.open(folder)
    assert [anna.session.rows.sample_at(i) for i in range(4)] == [3, 0, 1, 2]
    assert anna.session.selected == 0  # who looks at something goes on looking at it


def test_the_person_is_told_where_the_table_shows_no_other_open_sample(anna: Walker, folder: Path):
    anna.open(folder)
    anna.select(2)
    anna.session.choose_by(verdict="accept")
    assert judge(anna, "accept")
    assert anna.session.selected == 2
    assert "no other open row" in anna.session.reviewing.message


def test_what_is_not_painted_yet_cannot_be_judged(anna: Walker, folder: Path):
    anna.open(folder)
    reviewing = anna.session.reviewing
    reviewing.is_painted = lambda: False
    assert not judge(anna, "accept")
    assert "not drawn" in reviewing.message and lines(folder) == []


def test_a_change_that_was_not_saved_and_is_taken_back_is_never_saved(anna: Walker, folder: Path):
    anna.session.reviewing.files = disk = Full()
    anna.open(folder)
    reviewing = anna.session.reviewing
    reviewing.set_auto_advance(False)
    disk.room = True
    judge(anna, "accept")
    disk.room = False
    reviewing.set_reasons(("flipped",))
    assert reviewing.unsaved["case00"].reasons == ("flipped",)
    reviewing.undo()
    disk.room = True
    assert reviewing.draft.reasons == ()
    anna.select(1)  # whoever goes on saves what was changed
    assert [line["reasons"] for line in lines(folder)] == [[]]


def test_a_refused_review_folder_leaves_all_as_it_was(anna: Walker, folder: Path):
    anna.open(folder)
    judge(anna, "reject")
    anna.session.reviewing.set_folder(folder / "review")
    anna.wait(lambda: bool(anna.troubles))
    assert "lies in the dataset" in anna.troubles[-1].message
    assert marks(anna)[0] == "✗ reject" and judge(anna, "accept")
    assert standing(folder) == {"case00": "reject", "case01": "accept"}
    assert not (folder / "review").exists()


def test_a_second_pass_is_taken_up_again_and_hides_the_first(
    make_reviewer: Callable[..., Walker], folder: Path
):
    first = make_reviewer()
    first.open(folder)
    judge(first, "reject")
    first.session.reviewing.set_round(2)
    first.wait(lambda: first.session.reviewing.round == 2)
    first.select(0)
    judge(first, "accept")
    again = make_reviewer()
    again.open(folder)
    assert again.session.reviewing.round == 2 and again.shown()[0] == "case01"
    assert marks(again) == ["✓ accept", *["–"] * 5]  # and not "≠ reject"


def test_another_reviewer_is_another_only_once_their_verdicts_are_read(anna: Walker, folder: Path):
    anna.open(folder)
    reviewing = anna.session.reviewing
    reviewing.set_reviewer("ben")
    anna.session.cancel()  # while it is read
    assert reviewing.reviewer == "anna" and judge(anna, "accept")
    assert standing(folder, "anna") == {"case00": "accept"}


# --- what could not be saved, whatever is opened next -----------------------------------------


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "other", 2)


def test_a_verdict_that_is_not_saved_outlives_its_dataset(anna: Walker, folder: Path, other: Path):
    anna.session.reviewing.files = disk = Full()
    anna.open(folder)
    judge(anna, "reject")
    anna.open(other)
    anna.wait(lambda: anna.session.dataset.name == "other")
    reviewing = anna.session.reviewing
    assert "NOT SAVED of pairs" in reviewing.warning and "case00 (reject)" in reviewing.warning
    assert reviewing.waiting == 1 and not reviewing.unsaved and not reviewing.retry()
    disk.room = True
    reviewing.refresh()  # as it is asked for from time to time
    assert reviewing.warning == "" and not reviewing.waiting
    assert standing(folder) == {"case00": "reject"} and standing(other) == {}
    assert "case00 of pairs" in reviewing.message and marks(anna) == ["–"] * 2


def test_a_verdict_that_is_not_saved_is_there_when_its_dataset_is_opened_again(
    anna: Walker, folder: Path, other: Path
):
    anna.session.reviewing.files = disk = Full()
    anna.open(folder)
    anna.session.reviewing.write_note("tilted")
    judge(anna, "reject")
    anna.session.open(other)
    anna.wait(lambda: anna.session.dataset.name == "other")
    anna.session.open(folder)
    anna.wait(lambda: anna.session.dataset.name == "pairs")
    anna.settle()
    reviewing = anna.session.reviewing
    assert list(reviewing.unsaved) == ["case00"] and reviewing.draft.note == "tilted"
    disk.room = True
    assert reviewing.retry()
    (line,) = lines(folder)
    assert (line["verdict"], line["note"]) == ("reject", "tilted")
    assert marks(anna)[0] == "✗ reject"


def test_a_verdict_that_is_not_saved_stays_that_of_its_reviewer(anna: Walker, folder: Path):
    anna.session.reviewing.files = disk = Full()
    anna.open(folder)
    judge(anna, "reject")
    reviewing = anna.session.reviewing
    reviewing.set_reviewer("ben")
    anna.wait(lambda: reviewing.reviewer == "ben")
    assert "pairs, anna, pass 1: case00 (reject)" in reviewing.warning
    disk.room = True
    assert reviewing.retry()
    assert standing(folder, "anna") == {"case00": "reject"} and standing(folder, "ben") == {}


def test_a_verdict_that_is_not_saved_is_tried_again_at_the_end(anna: Walker, folder: Path):
    anna.session.reviewing.files = disk = Full()
    anna.open(folder)
    judge(anna, "unsure")
    disk.room = True
    anna.session.close()
    assert standing(folder) == {"case00": "unsure"}


def test_what_is_lost_at_the_end_is_said(
    anna: Walker, folder: Path, caplog: pytest.LogCaptureFixture
):
    anna.session.reviewing.files = Full()
    anna.open(folder)
    judge(anna, "unsure")
    anna.session.close()
    assert "NOT SAVED of pairs" in caplog.text and "case00 (unsure)" in caplog.text


def test_a_person_can_do_without_what_was_not_saved(anna: Walker, folder: Path):
    anna.session.reviewing.files = disk = Full()
    anna.open(folder)
    judge(anna, "reject")
    reviewing = anna.session.reviewing
    reviewing.give_up_unsaved()
    disk.room = True
    assert reviewing.warning == "" and reviewing.retry()
    anna.select(1)
    assert lines(folder) == []


LEFT = (
    KILLED.replace(
        "import sys\n",
        """import sys
from napari_medload.review.files import Disk

class Full(Disk):
    room = False

    def write(self, descriptor, data):
        if not self.room:
            raise OSError(28, "No space left on device")
        return super().write(descriptor, data)
""",
        1,
    ).split("walker.open(folder)")[0]
    + """
disk = walker.session.reviewing.files = Full()
walker.open(folder)
walker.settle()
walker.session.reviewing.judge("reject")
disk.room = sys.argv[-1] == "room"
sys.argv.clear()
"""
)


@pytest.mark.parametrize("room", ["full", "room"])
def test_a_program_that_ends_without_closing_tries_again_and_says_what_is_lost(
    folder: Path, tmp_path: Path, room: str
):
    script = LEFT.replace(
        "folder, state = map(Path, sys.argv[1:])", "folder, state = map(Path, sys.argv[1:3])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(tmp_path / "theirs"), room],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=120,
    )
    if room == "room":
        assert standing(folder) == {"case00": "reject"} and "NOT SAVED" not in ended.stderr
    else:
        assert "NOT SAVED of pairs, anna, pass 1: case00 (reject)" in ended.stderr
        assert "lost" in ended.stderr
