"""What the findings tab says of a sample: findings, the judgement of the pairing, hypotheses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.checks import Severity
from napari_medload.session.scene.readout import position_text
from napari_medload.session.table.columns import (
    FINE,
    PENDING,
    SHAPES,
    UNCOMPARED,
    UNJUDGED,
    OpenQuestion,
    open_question,
)

if TYPE_CHECKING:
    from napari_medload.checks import Place
    from napari_medload.checks.hypotheses import Ranked, Ranking
    from napari_medload.session.table.facts import SampleFacts
    from napari_medload.session.table.rows import Rows

_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_ANSWERS = {"good": "✓ good", "suspect": "✗ suspect", "can't tell": "? can't tell"}
_OPEN: dict[OpenQuestion, str] = {
    "unread": f"{PENDING} not read yet",
    "unchecked": f"{PENDING} nothing found in the headers; the voxels are not checked yet",
    "unjudged": f"{UNJUDGED}: nothing was found, but the images do not tell",
    "uncompared": f"{UNCOMPARED}, as no alignment is promised; nothing else was found",
}
_SHOWN = 4
NONE = "–"


@dataclass(frozen=True)
class Line:
    """A hypothesis in the table.

    Parameters
    ----------
    cells : tuple of three str
        Its name, mutual information in bits, and Dice. A name may have a second line.
    tip : str
        All figures.
    entry : Ranked
    explains : bool
        Whether it is the answer.
    """

    cells: tuple[str, str, str]
    tip: str
    entry: Ranked
    explains: bool = False


def findings_lines(rows: Rows, sample: int) -> list[str]:
    """Write each finding of a sample, the worst first; severity by shape and word."""
    facts = rows.facts[sample]
    if facts is not None and facts.findings:
        return [f"{SHAPES[f.severity]} {_WORDS[f.severity]}: {f.sentence}" for f in facts.findings]
    problems = rows.problems(sample)
    if problems:
        return [f"{SHAPES[Severity.WARNING]} warning: {problem}" for problem in problems]
    question = open_question(facts)
    return [f"{FINE} nothing found" if question is None else _OPEN[question]]


def place_text(place: Place) -> str:
    """Write where a finding leads: RAS mm, or the voxel where its file states no directions."""
    name = place.role.replace("_", " ")
    if place.mm is not None:
        return f"{position_text(place.mm)}, {name}"
    i, j, k = (f"{round(at)}" for at in place.index)
    return f"voxel {i}, {j}, {k} of the {name} (no place in mm)"


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
    if entry.swaps_labels:  # the images stay, and have nothing to say
        name = "\n".join(filter(None, (entry.name, _label_text(own, entry))))
        return Line((name, NONE, NONE), _tip(own, entry), entry, explains)
    dice = NONE if match.dice is None else f"{match.dice:.2f}"
    return Line((entry.name, f"{match.mi:.2f}", dice), _tip(own, entry), entry, explains)


def _label_text(own: Ranked, entry: Ranked) -> str:
    if entry.label_fit is None or own.label_fit is None:
        return ""
    return f"labels on their own images: NMI {own.label_fit:.3f} → {entry.label_fit:.3f}"


def _tip(own: Ranked, entry: Ranked) -> str:
    """Write all figures, each with what it was as the pair is."""
    if entry.swaps_labels:
        told = _label_text(own, entry)
        return "\n".join(filter(None, (entry.name, told, "the images stay where they are")))
    mine, theirs = own.match, entry.match
    lines = [
        entry.name,
        f"mutual information {_from(entry is own, mine.mi, theirs.mi)} bits",
        f"normalised (NMI, 1 to 2) {_from(entry is own, mine.nmi, theirs.nmi)}",
    ]
    if theirs.dice is not None:
        before = theirs.dice if mine.dice is None else mine.dice
        lines.append(f"mean Dice of labels {_from(entry is own, before, theirs.dice)}")
    covered = _from(entry is own, 100 * mine.overlap, 100 * theirs.overlap, digits=0)
    return "\n".join((*lines, f"moving covers {covered} % of fixed"))


def _from(alone: bool, before: float, after: float, digits: int = 2) -> str:
    told = f"{after:.{digits}f}"
    return told if alone else f"{before:.{digits}f} → {told}"
