"""What the findings tab says of a sample: findings, the judgement of the pairing, hypotheses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.checks import Severity
from napari_medload.checks.hypotheses import Ranked, Ranking, change_text
from napari_medload.session.table.columns import FINE, PENDING, SHAPES

if TYPE_CHECKING:
    from napari_medload.session.table.facts import SampleFacts
    from napari_medload.session.table.rows import Rows

_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_ANSWERS = {"good": "✓ good", "suspect": "✗ suspect", "can't tell": "? can't tell"}
_SHOWN = 4
NONE = "–"


@dataclass(frozen=True)
class Line:
    """A hypothesis in the table: its cells, all of it for a tip, and whether it is the answer."""

    cells: tuple[str, str, str, str]
    tip: str
    explains: bool = False


def findings_lines(rows: Rows, sample: int) -> list[str]:
    """Write each finding of a sample, the worst first; severity by shape and word."""
    facts = rows.facts[sample]
    if facts is not None and facts.findings:
        return [f"{SHAPES[f.severity]} {_WORDS[f.severity]}: {f.sentence}" for f in facts.findings]
    problems = rows.problems(sample)
    if problems:
        return [f"{SHAPES[Severity.WARNING]} warning: {problem}" for problem in problems]
    if facts is None:
        return [f"{PENDING} not read yet"]
    if not facts.checked:
        return [f"{FINE} nothing found in the headers; the voxels are not checked yet"]
    return [f"{FINE} nothing found"]


def pairing_line(facts: SampleFacts | None) -> str:
    """Write whether the images of a pair fit each other; empty where that was not asked."""
    if facts is None or facts.pairing is None:
        return ""
    judged = facts.pairing
    # where it is suspect, the finding has said why
    why = f": {judged.sentence}" if judged.sentence and judged.answer != "suspect" else ""
    return f"pairing {_ANSWERS[judged.answer]}{why}"


def table_lines(ranking: Ranking) -> list[Line]:
    """Write the pair as it is, and the best few hypotheses below it."""
    own, best = ranking.as_it_is, ranking.best
    shown = (own, *ranking.entries[:_SHOWN])
    return [_line(own, entry, entry is best) for entry in shown]


def _line(own: Ranked, entry: Ranked, explains: bool) -> Line:
    match = entry.match
    dice = NONE if match.dice is None else f"{match.dice:.2f}"
    if entry is own:
        return Line((entry.name, f"{match.mi:.2f}", dice, NONE), f"NMI {match.nmi:.2f}")
    tip = f"{entry.name}: {change_text(own, entry)}"
    if entry.label_fit is not None and own.label_fit is not None:
        change = entry.label_fit - own.label_fit
        return Line((entry.name, NONE, NONE, _signed(change)), tip, explains)
    change = match.mi - own.match.mi
    return Line((entry.name, f"{match.mi:.2f}", dice, _signed(change)), tip, explains)


def _signed(change: float) -> str:
    return f"{change:+.2f}".replace("-", "−")
