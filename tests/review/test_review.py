from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from napari_medload.review import JournalError, Review, Verdict
from napari_medload.review import review as module
from tests.review.reading import rows, standing
from tests.review.writers import ROOT


def decisions(review):
    return {sample: verdict.decision for sample, verdict in review.own.items()}


def test_a_verdict_is_a_line_with_all_that_it_is_bound_to(review_by):
    review = review_by("Anna")
    before = datetime.now(UTC)
    saved = review.save(
        Verdict(
            "train/case_1",
            "reject",
            ("flipped", "other"),
            "so\nwhat é 漢",
            (("fixed_image", "ab12"),),
            (("fixed_image", 123, 1_700_000_000_123_456_789),),
        )
    )
    (row,) = rows(review.path)
    assert row["kind"] == "verdict"
    assert row["act"] == "judge"
    assert row["dataset"] == "brain (paired)"
    assert row["sample_id"] == "train/case_1"
    assert row["verdict"] == "reject"
    assert row["reasons"] == ["flipped", "other"]
    assert row["note"] == "so\nwhat é 漢"
    assert row["content_hash"] == {"fixed_image": "ab12"}
    assert row["stamps"] == {"fixed_image": [123, 1_700_000_000_123_456_789]}
    assert row["reviewer"] == "Anna"
    assert row["round"] == 1
    assert row["tool"].startswith("napari-medload")
    assert before <= datetime.fromisoformat(row["time"]) <= datetime.now(UTC)
    assert review.own["train/case_1"] == saved
    assert review_by("Anna").own["train/case_1"] == saved
    assert saved.time == row["time"]


def test_a_mere_look_leaves_nothing_behind(review_by, folder):
    review = review_by("Anna")
    assert review.problem() == ""
    assert review.undo() is None
    assert review.redo() is None
    assert review.refresh() == frozenset()
    assert (dict(review.own), review.last, review.troubles) == ({}, None, ())
    assert list(folder.parent.iterdir()) == []


def test_taken_up_where_it_was_left(review_by):
    review = review_by("Anna")
    for sample in ("a", "b", "c"):
        review.save(Verdict(sample, "accept"))
    review.undo()
    again = review_by("Anna")
    assert again.last == "b"
    assert decisions(again) == {"a": "accept", "b": "accept"}
    assert again.redo().sample == "c"
    assert review_by("Anna").last == "c"


def test_undo_brings_back_what_stood_before(review_by):
    review = review_by("Anna")
    first = review.save(Verdict("a", "accept", note="good"))
    review.save(Verdict("a", "reject", ("flipped",)))
    back = review.undo()
    assert (back.sample, back.decision, back.note, back.reasons) == ("a", "accept", "good", ())
    gone = review.undo()
    assert (gone.sample, gone.decision) == ("a", None)
    assert "a" not in review.own
    assert len(review.own) == 0
    assert review.undo() is None
    assert review.redo().note == first.note
    assert review.redo().reasons == ("flipped",)
    assert review.redo() is None
    assert standing(review.path) == {"a": "reject"}


def test_a_new_verdict_ends_what_could_be_redone(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    review.undo()
    review.save(Verdict("b", "accept"))
    assert review.redo() is None
    assert review_by("Anna").redo() is None


def test_a_verdict_can_be_taken_back_and_that_undone(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "reject"))
    review.save(Verdict("a", None))
    assert "a" not in review.own
    assert review.undo().decision == "reject"


def test_what_is_no_verdict_is_not_written(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "accept"))
    with pytest.raises(ValueError, match="maybe"):
        review.save(Verdict("b", "maybe"))
    assert len(rows(review.path)) == 1


@pytest.mark.parametrize("sample", ["é/漢/𝒳", 'a"b\\c', "line\nbreak\u2028", "\udcff.nii", ""])
def test_any_id_survives(review_by, sample):
    review_by("Anna").save(Verdict(sample, "unsure", note="ok"))
    again = review_by("Anna")
    assert decisions(again) == {sample: "unsure"}
    assert again.path.read_bytes().isascii()


def test_two_windows_of_one_reviewer(review_by):
    one, two = review_by("Anna"), review_by("Anna")
    one.save(Verdict("a", "accept"))
    assert dict(two.own) == {}
    two.save(Verdict("b", "reject"))
    assert decisions(two) == {"a": "accept", "b": "reject"}
    assert one.refresh() == {"b"}
    assert one.refresh() == frozenset()
    assert one.undo().sample == "b"  # the latest act, in whichever window
    assert two.refresh() == {"a", "b"}  # 'a' was learnt while 'b' was saved
    assert two.redo().sample == "b"


def test_a_second_round_begins_with_nothing_judged(review_by):
    review_by("Anna").save(Verdict("a", "accept"))
    second = review_by("Anna", round=2)
    assert dict(second.own) == {}
    assert second.last is None
    assert second.undo() is None  # the first round is not this one's to undo
    assert [v.round for v in second.others["a"]] == [1]
    second.save(Verdict("a", "reject"))
    assert decisions(review_by("Anna")) == {"a": "accept"}
    assert second.path == review_by("Anna").path


def test_reviewers_see_each_other(review_by):
    anna, bob = review_by("Anna"), review_by("Bob")
    anna.save(Verdict("a", "accept"))
    bob.save(Verdict("a", "reject"))
    bob.save(Verdict("b", "unsure"))
    bob.undo()
    assert anna.refresh() == {"a", "b"}
    assert [(v.reviewer, v.decision) for v in anna.others["a"]] == [("Bob", "reject")]
    assert set(anna.others) == {"a"}
    assert len(anna.others) == 1
    assert "b" not in anna.others
    assert anna.ratings == {("Anna", 1): {"a": "accept"}, ("Bob", 1): {"a": "reject"}}


def test_journals_merge_by_copying_files(review_by, folder, tmp_path):
    there = Review(tmp_path / "laptop", "brain (paired)", "Bob")
    there.save(Verdict("a", "accept"))
    there.save(Verdict("b", "accept"))
    there.undo()
    anna = review_by("Anna")
    anna.save(Verdict("a", "accept"))
    for name in ("bob.jsonl", "bob (conflicted copy).jsonl"):
        shutil.copy(there.path, folder / name)
    assert anna.refresh() == {"a", "b"}
    assert anna.ratings["Bob", 1] == {"a": "accept"}
    shutil.copy(there.path, folder / "bob again.jsonl")
    assert anna.refresh() == frozenset()  # nothing that was not known
    assert len(anna.others["a"]) == 1
    bob = review_by("Bob")  # Bob goes on here
    assert bob.redo().sample == "b"
    assert decisions(bob) == {"a": "accept", "b": "accept"}


def test_two_copies_that_went_on_apart_are_one_review_again(review_by, folder, tmp_path):
    here = review_by("Anna")
    here.save(Verdict("a", "accept"))
    shutil.copytree(folder, tmp_path / "laptop")
    there = Review(tmp_path / "laptop", "brain (paired)", "Anna")
    there.save(Verdict("b", "accept"))
    here.save(Verdict("c", "accept"))
    there.save(Verdict("c", "reject"))  # the later one stands, wherever it was said
    shutil.copy(there.path, folder / "anna.sync-conflict.jsonl")
    assert here.refresh() >= {"b", "c"}
    assert decisions(here) == {"a": "accept", "b": "accept", "c": "reject"}
    assert decisions(review_by("Anna")) == decisions(here)
    assert (here.undo().sample, here.last) == ("c", "c")
    assert decisions(here)["c"] == "accept"


def test_other_datasets_share_the_folder_in_silence(review_by, folder):
    review_by("Anna").save(Verdict("a", "accept"))
    knees = Review(folder, "knees (list)", "Anna")
    assert (dict(knees.own), dict(knees.others), knees.troubles) == ({}, {}, ())
    knees.save(Verdict("a", "reject"))
    assert decisions(review_by("Anna")) == {"a": "accept"}
    assert decisions(Review(folder, "knees (list)", "Anna")) == {"a": "reject"}


def test_a_clock_that_was_set_back_changes_no_order(review_by, monkeypatch):
    class Slow(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime(1999, 1, 1, tzinfo=UTC)

    review_by("Anna").save(Verdict("a", "accept"))
    monkeypatch.setattr(module, "datetime", Slow)
    review = review_by("Anna")
    review.save(Verdict("a", "reject"))
    review.save(Verdict("b", "accept"))
    assert [row["time"][:4] for row in rows(review.path)[1:]] == ["1999", "1999"]
    shutil.copy(review.path, review.folder / "copy.jsonl")
    again = review_by("Anna")
    assert decisions(again) == {"a": "reject", "b": "accept"}
    assert again.last == "b"
    assert again.undo().sample == "b"
    assert again.undo().decision == "accept"


def test_hypotheses_are_kept_and_are_no_verdicts(review_by):
    review = review_by("Anna")
    review.save(Verdict("b", "accept"))
    figures = {"MI as it is": 0.31, "MI mirrored": 0.87, "Dice": float("nan")}
    review.record("a", "left-right flip explains this", figures)
    again = review_by("Bob")
    assert dict(again.own) == {}
    assert "a" not in again.others
    (found,) = again.hypotheses["a"]
    assert found.hypothesis == "left-right flip explains this"
    assert found.figures == {"MI as it is": 0.31, "MI mirrored": 0.87}
    assert found.reviewer == "Anna"
    assert rows(review.path)[1]["figures"]["Dice"] is None
    assert review.undo().sample == "b"


def test_times_of_the_pace_count_each_sample_once(review_by):
    review = review_by("Anna")
    for sample in ("a", "b", "a", "c"):
        review.save(Verdict(sample, "accept"))
    review.undo()
    times = [row["time"] for row in rows(review.path)]
    assert list(review.latest_times()) == [times[2], times[1]]


@pytest.mark.parametrize("name", ["", "  "])
def test_a_reviewer_has_a_name(review_by, name):
    with pytest.raises(ValueError, match="name"):
        review_by(name)


def test_a_line_by_hand_counts(review_by, folder):
    folder.mkdir()
    row = {"kind": "verdict", "dataset": "brain (paired)", "sample": "a", "reviewer": "Anna"}
    (folder / "mine.jsonl").write_text(json.dumps(row | {"decision": "reject"}))  # no line end
    review = review_by("Anna")
    assert decisions(review) == {"a": "reject"}
    assert review.troubles == ()
    review.save(Verdict("a", "accept"))
    assert decisions(review_by("Anna")) == {"a": "accept"}


def test_a_folder_that_cannot_be_made_is_said(review_by, folder):
    folder.write_text("a file")
    review = review_by("Anna")
    assert str(folder) in review.problem()
    with pytest.raises(JournalError, match=r"expected .* Nothing was saved"):
        review.save(Verdict("a", "accept"))
    assert dict(review.own) == {}


def test_years_between_two_verdicts(review_by, monkeypatch):
    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(UTC) + timedelta(days=1000)

    review = review_by("Anna")
    monkeypatch.setattr(module, "datetime", Later)
    review.save(Verdict("a", "accept"))
    monkeypatch.undo()
    review.save(Verdict("a", "reject"))
    review.save(Verdict("a", "unsure"))
    assert decisions(review_by("Anna")) == {"a": "unsure"}


def test_the_recipe_of_the_documentation(review_by, folder):
    """Reading with pandas, where it is there, tells what the browser tells."""
    pytest.importorskip("pandas")
    anna, bob = review_by("Anna"), review_by("Bob")
    for number in range(5):
        anna.save(Verdict(f"s{number}", "accept"))
        bob.save(Verdict(f"s{number}", "reject", ("other",), "é"))
    anna.undo()
    anna.save(Verdict("s0", "unsure"))
    bob.undo()
    bob.redo()
    anna.record("s9", "mirrored", {"MI": 1.0})
    shutil.copy(bob.path, folder / "copy.jsonl")
    text = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    recipe = text.split("```python\n")[1].split("```")[0]
    named = {}
    exec(recipe.replace("data/brain_review", str(folder)), named)  # the page itself is run
    told = named["latest"].dropna(subset="verdict")
    found = {}
    for row in told.itertuples():
        found.setdefault((row.reviewer, row.round), {})[row.sample_id] = row.verdict
    assert found == review_by("Anna").ratings


def test_the_round_of_the_latest_act_is_known(tmp_path):
    review = Review(tmp_path, "set", "anna")
    assert review.latest_round == 1
    review.save(Verdict("a", "accept"))
    second = Review(tmp_path, "set", "anna", 2)
    second.save(Verdict("a", "reject"))
    Review(tmp_path, "set", "ben", 3).save(Verdict("a", "reject"))
    again = Review(tmp_path, "set", "anna")
    assert again.latest_round == 2
    again.turn_to(2)
    assert again.own["a"].decision == "reject" and again.others["a"][0].decision == "accept"
    again.save(Verdict("b", "unsure"))
    assert Review(tmp_path, "set", "anna", 2).own["b"].round == 2
