"""The names in a journal: those of sample lists, and those of the first versions for ever."""

from __future__ import annotations

import json

from napari_medload.loaders.lists.schema import IDENTITY, JUDGED
from napari_medload.review import Verdict
from tests.review.reading import rows

OLD = {
    "format": 1,
    "dataset": "brain (paired)",
    "reviewer": "Anna",
    "round": 1,
    "tool": "napari-medload 0.1.0",
    "kind": "verdict",
    "act": "judge",
}


def old_line(name, decision, second, **more):
    time = f"2025-03-01T09:12:{second:02d}.000000Z"
    line = OLD | {"id": f"{second:016x}", "time": time, "sample": name, "decision": decision}
    return json.dumps(line | more, separators=(",", ":")) + "\n"


def test_new_lines_have_the_names_of_lists(review_by):
    review = review_by("Anna")
    review.save(Verdict("a", "reject", ("flipped",), "left", (("image", "ab"),)))
    review.record("a", "mirrored", {"MI": 1.0})
    verdict, hypothesis = rows(review.path)
    assert {"sample_id", *JUDGED} - {"findings"} <= verdict.keys()
    assert (verdict["sample_id"], verdict["verdict"]) == ("a", "reject")
    assert verdict["content_hash"] == {"image": "ab"}
    assert not {"sample", "decision", "content"} & (verdict.keys() | hypothesis.keys())
    assert IDENTITY[0] == "sample_id" and hypothesis["sample_id"] == "a"


def test_old_lines_count_for_ever(review_by, folder):
    folder.mkdir()
    stamps = {"image": [10, 99]}
    more = {"reasons": ["shifted"], "note": "ü", "content": {"image": "cd"}, "stamps": stamps}
    lines = old_line("a", "accept", 1) + old_line("b", "reject", 2, **more)
    told = OLD | {"kind": "hypothesis", "id": "h", "sample": "b", "hypothesis": "mirrored"}
    del told["act"]
    told |= {"figures": {"MI": 2.0}, "time": "2025-03-01T09:13:00Z"}
    review_by("Anna").path.write_text(lines + json.dumps(told) + "\n", encoding="utf-8")
    review = review_by("Anna")
    assert review.troubles == ()
    assert review.decisions == {"a": "accept", "b": "reject"}
    found = review.own["b"]
    assert (found.reasons, found.note) == (("shifted",), "ü")
    assert (found.content, found.stamps) == ((("image", "cd"),), (("image", 10, 99),))
    assert review.hypotheses["b"][0].figures == {"MI": 2.0}


def test_both_kinds_of_lines_make_one_history(review_by, folder):
    folder.mkdir()
    path = review_by("Anna").path
    path.write_text(old_line("a", "accept", 1) + old_line("b", "reject", 2))
    review = review_by("Anna")
    review.save(Verdict("a", "unsure"))
    assert review_by("Anna").decisions == {"a": "unsure", "b": "reject"}
    again = review_by("Anna")
    again.undo()
    again.undo()  # of a line with the old names
    assert review_by("Anna").decisions == {"a": "accept"}
    again.redo()
    assert review_by("Anna").decisions == {"a": "accept", "b": "reject"}
    last = rows(path)[-1]
    assert (last["act"], last["sample_id"], last["verdict"]) == ("redo", "b", "reject")


def test_a_verdict_that_was_taken_back_under_the_old_names(review_by, folder):
    folder.mkdir()
    path = review_by("Anna").path
    path.write_text(old_line("a", "accept", 1) + old_line("a", None, 2, act="undo", of=f"{1:016x}"))
    assert review_by("Anna").decisions == {}


def test_lines_that_stand_are_given_by_reviewer_and_round(review_by):
    anna, bob = review_by("Anna"), review_by("Bob", 2)
    anna.save(Verdict("a", "accept"))
    anna.save(Verdict("b", "accept"))
    anna.undo()
    bob.save(Verdict("a", "reject"))
    standing = review_by("nobody").standing
    assert list(standing) == [("Anna", 1), ("Bob", 2)]
    assert {name: line.decision for name, line in standing["Anna", 1].items()} == {"a": "accept"}
