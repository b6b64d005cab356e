"""Marks of verdicts: what they say, and which of them a filter shows, against plain Python."""

from __future__ import annotations

import random

import numpy as np
import pytest

from napari_medload.checks import Finding, Severity
from napari_medload.formats import Source
from napari_medload.loaders import Sample
from napari_medload.session.table.facts import SampleFacts
from napari_medload.session.table.marks import VERDICT_FILTERS, Marks
from napari_medload.session.table.rows import WORST_FIRST, Rows

MANY = 20_000


@pytest.mark.parametrize(
    ("own", "stale", "others", "text"),
    [
        (None, False, (), "–"),
        ("accept", False, (), "✓ accept"),
        ("reject", True, (), "✗ reject · stale"),
        ("unsure", False, ("unsure",), "? unsure"),
        ("accept", False, ("reject", "reject"), "✓ accept ≠ reject"),
        ("accept", True, ("accept", "unsure"), "✓ accept · stale ≠ unsure"),
        (None, False, ("reject",), "– · other: reject"),
        (None, False, ("reject", "accept"), "– ≠ reject, accept"),
    ],
)
def test_a_mark_says_by_shape_and_word_what_stands(own, stale, others, text):
    marks = Marks(2)
    marks.judge(1, own)
    marks.age(1, stale)
    marks.hear(1, others)
    assert (marks.text(0), marks.text(1)) == ("–", text)


def test_a_new_verdict_is_about_the_files_as_they_are():
    marks = Marks(1)
    marks.judge(0, "accept")
    marks.age(0, True)
    marks.judge(0, "accept")
    assert marks.text(0) == "✓ accept"
    marks.judge(0, None)
    marks.age(0, True)
    assert marks.text(0) == "–"


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Many rows with verdicts and findings at random; those of `said` and `found` are the truth."""
    rng = random.Random(4)
    table = Rows([Sample(f"case{i:06d}", {"image": Source("a.nii")}) for i in range(MANY)])
    table.said = [rng.choice((None, "accept", "reject", "unsure")) for _ in range(MANY)]
    table.old = [rng.random() < 0.1 for _ in range(MANY)]
    table.found = [
        rng.sample((("shape", 2), ("shift", 1), ("note", 0)), rng.choice((0, 0, 1, 2)))
        for _ in range(MANY)
    ]
    facts = []
    for i in range(MANY):
        table.marks.judge(i, table.said[i])
        table.marks.age(i, table.old[i])
        worst = sorted(table.found[i], key=lambda f: -f[1])
        facts.append(SampleFacts({}, tuple(Finding(n, Severity(s), n) for n, s in worst)))
    table.add_facts(0, facts)
    return table


def shown(rows: Rows) -> list[int]:
    return rows.order.tolist()


def test_filters_of_verdicts_show_what_python_finds(rows: Rows):
    rows.sorted_by = None
    wanted = {
        "unreviewed": lambda i: rows.said[i] is None,
        "stale": lambda i: rows.said[i] is not None and rows.old[i],
        "disagreement": lambda i: False,
    }
    for name in VERDICT_FILTERS:
        rows.choose_by(verdict=name)
        holds = wanted.get(name, lambda i, name=name: rows.said[i] == name)
        assert shown(rows) == [i for i in range(MANY) if holds(i)], name
    rows.choose_by(verdict="")


def test_filters_of_findings_show_what_python_finds(rows: Rows):
    rows.sorted_by = None
    worst = [max((severity for _, severity in found), default=-1) for found in rows.found]
    wanted = {
        "any": lambda i: worst[i] >= 0,
        "warnings": lambda i: worst[i] >= 1,
        "errors": lambda i: worst[i] == 2,
        "nothing found": lambda i: worst[i] == -1,
        "shift": lambda i: ("shift", 1) in rows.found[i],
        "no such check": lambda i: False,
    }
    for name, holds in wanted.items():
        rows.choose_by(finding=name)
        assert shown(rows) == [i for i in range(MANY) if holds(i)], name
    rows.choose_by(finding="shape", verdict="reject", search="case0001")
    for i in shown(rows):
        assert rows.said[i] == "reject" and ("shape", 2) in rows.found[i] and 100 <= i < 200
    assert shown(rows)
    rows.choose_by(finding="", verdict="", search="")
    assert rows.checks == {
        name: sum((name, severity) in found for found in rows.found)
        for name, severity in (("note", 0), ("shape", 2), ("shift", 1))
    }


def test_worst_first_puts_errors_before_warnings_before_notes(rows: Rows):
    rows.sort(*WORST_FIRST)
    worst = [max((severity for _, severity in rows.found[i]), default=-1) for i in shown(rows)]
    assert worst == sorted(worst, reverse=True)
    assert {rows.text(shown(rows)[0], "finding")[0], rows.text(shown(rows)[-1], "finding")} == {
        "✗",
        "… not checked yet",
    }


def test_the_next_open_sample_is_the_next_in_the_table(rows: Rows):
    rows.sort("id", descending=True)
    after = next(i for i in range(499, -1, -1) if rows.said[i] is None)
    assert rows.next_open(500) == after
    first = next(i for i in range(MANY - 1, -1, -1) if rows.said[i] is None)
    lowest = next(i for i in range(MANY) if rows.said[i] is None)
    assert rows.next_open(lowest) == first  # begins anew at the top


def test_nothing_is_open_where_all_else_is_judged():
    rows = Rows([Sample(name, {}) for name in "abc"])
    for sample in (0, 2):
        rows.marks.judge(sample, "accept")
    assert rows.next_open(1) is None and rows.next_open(0) == 1 and rows.next_open(None) == 1


def test_a_held_row_stays_whatever_the_filter_says():
    rows = Rows([Sample(name, {}) for name in "abc"])
    rows.held = 1
    rows.choose_by(verdict="accept")
    assert shown(rows) == [1]
    rows.choose_by(search="c")  # what a person searches for is what is shown
    assert shown(rows) == []


def test_facts_that_come_in_do_not_move_rows_until_they_are_asked_to():
    rows = Rows([Sample(name, {}) for name in "abc"])
    rows.sort(*WORST_FIRST)
    assert not rows.outdated
    rows.add_facts(2, [SampleFacts({}, (Finding("shape", Severity.ERROR, "wrong"),))])
    assert shown(rows) == [0, 1, 2] and rows.outdated
    rows.refresh()
    assert shown(rows)[0] == 2 and not rows.outdated
    rows.add_facts(2, [SampleFacts({})])  # found to be well after all
    assert rows.checks == {}
    assert np.array_equal(rows.order, [2, 0, 1])
