"""The table, against what Python's own `sorted` and `in` say."""

from __future__ import annotations

import os
import random
import time

import pytest

from napari_medload.checks import Finding, Severity
from napari_medload.checks.pairing import Judgement
from napari_medload.formats import Source
from napari_medload.loaders import Sample
from napari_medload.session.table.facts import SampleFacts
from napari_medload.session.table.rows import PENDING, Rows

MANY = 100_000


def wrong(sentence: str) -> Finding:
    return Finding("phantom", Severity.WARNING, sentence)


def make_rows(count: int, seed: int = 0) -> tuple[Rows, list[Sample], list[SampleFacts]]:
    rng = random.Random(seed)
    samples = [
        Sample(f"{rng.choice('ab')}/Case{rng.randrange(count):06d}", {}, group=rng.choice("xyz"))
        for _ in range(count)
    ]
    facts = [
        SampleFacts(
            {},
            tuple(wrong(f"problem {k}") for k in range(rng.choice((0, 0, 0, 1, 3)))),
            offset_mm=rng.choice((None, round(rng.uniform(0, 90), 1))),
            overlap=rng.random(),
        )
        for _ in range(count)
    ]
    rows = Rows(samples)
    rows.add_facts(0, facts)
    return rows, samples, facts


@pytest.fixture(scope="module")
def many() -> tuple[Rows, list[Sample], list[SampleFacts]]:
    return make_rows(MANY)


def shown(rows: Rows) -> list[int]:
    return [rows.sample_at(row) for row in range(len(rows))]


@pytest.mark.parametrize("descending", [False, True])
def test_100_000_rows_sort_as_python_sorts(many, descending):
    rows, samples, facts = many
    keys = {
        "id": lambda i: samples[i].id,
        "group": lambda i: samples[i].group,
        "overlap": lambda i: facts[i].overlap,
        "offset": lambda i: -1 if facts[i].offset_mm is None else facts[i].offset_mm,
        "finding": lambda i: len(facts[i].problems),
    }
    rows.find("")
    for key, of in keys.items():
        rows.sort(key, descending)
        assert shown(rows) == sorted(range(MANY), key=of, reverse=descending), key


def test_100_000_rows_search_as_python_searches(many):
    rows, samples, facts = many
    rows.sort("id")
    for search in ("CASE0012", "a/ 99", "problem 2", "x 77 a/", "nothing at all"):
        rows.find(search)
        words = search.lower().split()
        texts = (
            f"{s.id}\n{s.group}\n" + "\n".join(f.problems)
            for s, f in zip(samples, facts, strict=True)
        )
        matching = [i for i, text in enumerate(texts) if all(w in text.lower() for w in words)]
        assert shown(rows) == sorted(matching, key=lambda i: samples[i].id), search
    rows.find("")
    assert len(rows) == MANY


def test_100_000_rows_are_as_quick_as_python(many):
    """Instant for a person; measured against Python's own sort and search of the same texts."""
    rows, samples, _ = many
    texts = [sample.id.lower() for sample in samples]
    rows.find("")

    def best(work) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    theirs = best(lambda: sorted(range(MANY), key=texts.__getitem__))
    for key in ("id", "offset", "finding"):
        assert best(lambda key=key: rows.sort(key)) <= 5 * theirs, key
    assert best(lambda: rows.find("case00 a/")) <= 5 * theirs
    for verdict, finding in (("unreviewed", ""), ("accept", "any"), ("", "errors"), ("", "shape")):
        wanted = {"verdict": verdict, "finding": finding}
        assert best(lambda wanted=wanted: rows.choose_by(**wanted)) <= 5 * theirs, wanted
    rows.choose_by(verdict="", finding="")
    rows.find("")


def test_equal_rows_keep_the_order_of_the_dataset():
    samples = [Sample(str(i), {}, group="ba"[i % 2]) for i in range(7)]
    rows = Rows(samples)
    rows.sort("group")
    assert shown(rows) == [1, 3, 5, 0, 2, 4, 6]
    rows.sort("group", descending=True)
    assert shown(rows) == [0, 2, 4, 6, 1, 3, 5]


def test_search_keeps_the_sorting_and_the_other_way_round():
    rows = Rows([Sample(name, {}) for name in ("b1", "a2", "c1", "a1")])
    rows.sort("id", descending=True)
    rows.find("1")
    assert [rows.text(i, "id") for i in shown(rows)] == ["c1", "b1", "a1"]
    rows.sort("id")
    assert [rows.text(i, "id") for i in shown(rows)] == ["a1", "b1", "c1"]


def test_hidden_samples_have_no_row():
    rows = Rows([Sample(name, {}) for name in ("one", "two", "three")])
    rows.find("t")
    assert rows.row_of(0) is None
    assert rows.sample_at(rows.row_of(2)) == 2
    assert (len(rows), rows.total) == (2, 3)


def test_search_reads_problems_and_splits_without_their_case():
    samples = [
        Sample("train/É", {}, split="train", problems=("no moving label named 'É'",)),
        Sample("test/b", {}, split="test"),
    ]
    rows = Rows(samples)
    for search, expected in (("MOVING", [0]), ("é", [0]), ("test", [1]), ("train label", [0])):
        rows.find(search)
        assert shown(rows) == expected, search


def test_cells_say_what_is_known():
    rows = Rows([Sample("a", {"image": Source("a.nii")}), Sample("b", {}, problems=("gone",))])
    assert rows.text(0, "finding") == rows.text(0, "shape") == PENDING
    assert rows.text(1, "finding") == "! gone"  # known before any header
    rows.add_facts(0, [SampleFacts({}, (), 12.34, 0.5, None)])
    cells = {key: rows.text(0, key) for key in ("finding", "offset", "overlap", "oblique")}
    headers = {"finding": "… not checked yet", "offset": "12.3", "overlap": "50", "oblique": ""}
    assert cells == headers  # nothing was found in them, but nobody has looked at its voxels
    rows.add_facts(0, [rows.facts[0].adding((), checked=True)])
    assert rows.text(0, "finding") == "✓" and rows.scanned == 1
    rows.forget_facts()
    assert rows.scanned == 0 and rows.text(0, "finding") == PENDING


def test_facts_that_come_in_are_sorted_in_at_refresh():
    rows = Rows([Sample(name, {}) for name in "abc"])
    rows.sort("offset", descending=True)
    rows.add_facts(0, [SampleFacts({}, (), mm) for mm in (1.0, 3.0, 2.0)])
    rows.refresh()
    assert shown(rows) == [1, 2, 0]


def test_what_is_found_while_a_person_judges_does_not_move_the_rows():
    samples = [Sample(f"case{n}", {}, group="ab"[n % 2]) for n in range(6)]
    rows = Rows(samples)
    rows.add_facts(0, [SampleFacts({}) for _ in samples])
    rows.sort("finding", descending=True)
    rows.choose_by(verdict="unreviewed")
    assert shown(rows) == [0, 1, 2, 3, 4, 5]
    rows.add_facts(5, [SampleFacts({}, (wrong("late"),))])
    rows.marks.judge(0, "accept")
    rows.let_go()
    assert shown(rows) == [1, 2, 3, 4, 5]  # the late finding waits; the judged row has gone
    rows.marks.judge(0, None)
    rows.let_go()
    assert shown(rows) == [5, 0, 1, 2, 3, 4]  # a verdict taken back brings its row back in order
    rows.choose_by(group="a")
    rows.marks.judge(2, "reject")
    rows.let_go()
    assert shown(rows) == [0, 4]


def test_the_queue_is_of_all_that_is_not_reviewed():
    severities = [Severity.NOTE, Severity.WARNING, Severity.ERROR, Severity.ERROR, Severity.WARNING]
    samples = [Sample(f"s{i}", {}, group="ab"[i % 2]) for i in range(5)]
    rows = Rows(samples)
    assert rows.queue() is None
    rows.add_facts(0, [SampleFacts({}, (Finding("phantom", s, "so"),)) for s in severities])
    assert (rows.queue().first, rows.queue().count, rows.queue().what) == (2, 2, "errors")
    rows.marks.judge(2, "reject")
    assert (rows.queue().first, rows.queue().count) == (3, 1)
    rows.choose(None, "a")
    assert shown(rows) == [0, 2, 4] and rows.queue().first == 3  # whatever is shown
    rows.marks.judge(3, "reject")
    assert (rows.queue().first, rows.queue().count, rows.queue().what) == (1, 2, "warnings")
    for sample in (1, 4):
        rows.marks.judge(sample, "accept")
    assert rows.queue() is None  # a note is nothing to look into


def test_a_row_that_only_stays_is_not_counted():
    rows, _samples, _facts = make_rows(20)
    assert rows.matching == 20 and not rows.holds_on
    rows.marks.judge(3, "reject")
    rows.held = 5
    rows.choose_by(verdict="reject")
    assert (shown(rows), rows.matching, rows.holds_on) == ([3, 5], 1, True)
    rows.find("no such words")
    assert (shown(rows), rows.matching, rows.holds_on) == ([], 0, False)
    rows.find("")
    rows.held = 3
    rows.let_go()
    assert (shown(rows), rows.matching, rows.holds_on) == ([3], 1, False)


def test_a_pairing_that_could_not_be_judged_does_not_look_good():
    judged = [
        Judgement("good"),
        Judgement("can't tell"),
        Judgement("can't tell", asked=False),  # no alignment is promised
        None,
        Judgement("can't tell"),
    ]
    rows = Rows([Sample(str(n), {}) for n in range(len(judged) + 1)])
    facts = [SampleFacts({}, pairing=one, checked=True) for one in judged]
    facts[4] = SampleFacts({}, (wrong("flipped"),), pairing=judged[4])
    rows.add_facts(0, facts)
    texts = [rows.text(n, "finding") for n in range(rows.total)]
    not_asked = "– pairing not compared"
    assert texts == ["✓", "? pairing not judged", not_asked, "✓", "! flipped", PENDING]
    rows.sort("finding", descending=True)
    assert shown(rows) == [4, 1, 0, 2, 3, 5]
    for wanted, expected in (
        ("can't tell", [1]),
        ("nothing found", [0, 2, 3, 5]),
        ("any", [4]),
    ):
        rows.choose_by(finding=wanted)
        assert shown(rows) == expected, wanted


def test_a_cell_names_a_file_without_its_folder():
    path = os.path.join(os.sep, "data", "my study", "moving_images", "subject_12.nii.gz")
    rows = Rows([Sample("a", {"moving_image": Source(path)})])
    rows.add_facts(0, [SampleFacts({}, (wrong(f"moving image: {path}: truncated"),))])
    assert rows.text(0, "finding") == "! moving image: subject_12.nii.gz: truncated"
    assert rows.said(0) == (f"! moving image: {path}: truncated",)
