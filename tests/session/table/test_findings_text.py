"""What the findings tab says, from values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from napari_medload.checks import Finding, Severity
from napari_medload.checks.hypotheses import Ranked, Ranking
from napari_medload.checks.matching import Match
from napari_medload.checks.pairing import Judgement
from napari_medload.loaders import Sample
from napari_medload.session.table.facts import SampleFacts
from napari_medload.session.table.findings_text import findings_lines, pairing_line, table_lines
from napari_medload.session.table.rows import Rows

OWN = Ranked("as it is", Match(0.31, 1.05, 0.4, 0.5), 1.02)
FLIP = Ranked("left-right flip", Match(0.87, 1.2, 0.8, 1.0), None, True, 1)
WORSE = Ranked("left-right flip of fixed", Match(0.11, 1.01, None, 1.0), None, False, 2)
LABELS = Ranked(
    "a swap of the labels of moving and fixed", OWN.match, 1.08, True, 1, swaps_labels=True
)


def rows_of(facts: SampleFacts | None, *problems: str) -> Rows:
    rows = Rows([Sample("a", {}, problems=problems)])
    if facts is not None:
        rows.add_facts(0, [facts])
    return rows


def ranking(*entries: Ranked) -> Ranking:
    return Ranking("fine", entries, OWN, 60, 60)


def test_severity_is_told_by_shape_and_word():
    findings = tuple(
        Finding("check", severity, f"sentence {severity.name}") for severity in reversed(Severity)
    )
    assert findings_lines(rows_of(SampleFacts({}, findings=findings)), 0) == [
        "✗ error: sentence ERROR",
        "! warning: sentence WARNING",
        "i note: sentence NOTE",
    ]


def test_what_is_not_known_yet_is_not_called_good():
    assert findings_lines(rows_of(None), 0) == ["… not read yet"]
    assert "not checked yet" in findings_lines(rows_of(SampleFacts({})), 0)[0]
    assert findings_lines(rows_of(SampleFacts({}, checked=True)), 0) == ["✓ nothing found"]
    (known,) = findings_lines(rows_of(None, "no fixed label named 'a'"), 0)
    assert known == "! warning: no fixed label named 'a'"


@pytest.mark.parametrize(
    ("judged", "line"),
    [
        (Judgement("good", (), "NMI 1.42"), "pairing ✓ good: NMI 1.42"),
        (Judgement("can't tell", (), "too little contrast"), "pairing ? can't tell: too little"),
        (Judgement("suspect", (), "flip suspect: …"), "pairing ✗ suspect"),
    ],
)
def test_the_answer_on_the_pairing(judged: Judgement, line: str):
    assert pairing_line(SampleFacts({}, pairing=judged)).startswith(line)
    assert pairing_line(SampleFacts({})) == pairing_line(None) == ""


def test_the_table_begins_with_the_pair_as_it_is():
    own, best, worse = table_lines(ranking(FLIP, WORSE))
    assert own.cells == ("as it is", "0.31", "0.40")
    assert best.cells == ("left-right flip", "0.87", "0.80")
    assert worse.cells == ("left-right flip of fixed", "0.11", "–")
    assert [line.explains for line in (own, best, worse)] == [False, True, False]
    assert [line.entry for line in (own, best, worse)] == [OWN, FLIP, WORSE]


def test_a_tip_tells_all_figures_with_their_units():
    own, best, worse = table_lines(ranking(FLIP, WORSE))
    for told in ("0.31 → 0.87 bits", "1.05 → 1.20", "0.40 → 0.80", "50 → 100 %"):
        assert told in best.tip
    assert "0.31 bits" in own.tip
    assert "→" not in own.tip
    assert "Dice" not in worse.tip


def test_labels_that_change_sides_state_their_own_measure_in_words():
    _own, labels = table_lines(ranking(LABELS))
    name, *figures = labels.cells
    assert figures == ["–", "–"]  # the images stay, so that theirs would mislead
    assert name.splitlines() == [
        "a swap of the labels of moving and fixed",
        "labels on their own images: NMI 1.020 → 1.080",
    ]
    assert "1.020 → 1.080" in labels.tip
    assert "bits" not in labels.tip
    assert ranking(LABELS).sentence == (
        "a swap of the labels of moving and fixed explains this: "
        "NMI of labels with their images 1.020 → 1.080"
    )
    proved = ranking(replace(LABELS, proved=True)).sentence
    assert "each label lies on the grid of the other image" in proved


def test_sentences_and_figures_for_the_journal():
    found = ranking(FLIP, WORSE)
    assert found.sentence == (
        "left-right flip explains this: MI 0.31 → 0.87 bits, label Dice 0.40 → 0.80"
    )
    assert found.figures["MI bits as it is"] == 0.31
    assert found.figures["MI bits best"] == 0.87
    assert found.figures["label Dice best"] == 0.8
    nothing = ranking(WORSE)
    assert nothing.sentence.startswith("nothing fits clearly better than as it is: MI 0.31 bits")
    assert "MI bits best" not in nothing.figures
