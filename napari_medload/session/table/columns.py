"""Columns of the table of samples, and what a cell of them says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from napari_medload.checks import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.session.table.facts import SampleFacts


OpenQuestion: TypeAlias = Literal["unread", "unchecked", "unjudged", "uncompared"]


@dataclass(frozen=True)
class Column:
    """A column: its key, its title, and whether it sorts by number."""

    key: str
    title: str
    tip: str
    numeric: bool = False


_VERDICT_TIP = (
    "✓ accept, ✗ reject, ? unsure, – not reviewed; ≠ others disagree; stated: by the list that was "
    "opened, and not by you"
)
_FINDING_TIP = (
    "✗ error, ! warning, ? pairing not judged, – pairing not compared (no alignment is promised), "
    "✓ nothing found, … not read or not checked yet"
)

COLUMNS = (
    Column("number", "#", "Number of the pair in the epoch", True),
    Column("moving", "moving", "Moving image, as training draws it"),
    Column("fixed", "fixed", "Fixed image, as training draws it"),
    Column("label", "label", "Channel of the labels, counted from 0"),
    Column("id", "id", "Sample"),
    Column("finding", "worst finding", _FINDING_TIP),
    Column("verdict", "verdict", _VERDICT_TIP),
    Column("shape", "shape", "Voxels along i, j, k: fixed | moving where they differ"),
    Column("spacing", "spacing mm", "Voxel spacing: fixed | moving where they differ"),
    Column("orientation", "orient.", "Direction of increasing index: fixed | moving"),
    Column("oblique", "oblique °", "Largest angle between a voxel axis and a world axis", True),
    Column("offset", "offset mm", "Distance between the centres of fixed and moving", True),
    Column("overlap", "overlap %", "Part of the smaller field of view inside the other", True),
    Column("group", "group", "Group"),
    Column("split", "split", "Split"),
)
DRAW_KEYS = ("number", "moving", "fixed", "label")
"""Columns of an epoch, where they take the place of the id."""
WORST_FIRST = ("finding", True)
"""Column and direction of a table in which what should be looked at first stands on top."""
PENDING = "…"
FINE = "✓"
UNJUDGED = "? pairing not judged"
"""Nothing was found, and whether moving and fixed belong together could not be told."""
UNCOMPARED = "– pairing not compared"
"""Nothing was found, and nobody promises that moving and fixed lie on each other."""
UNCHECKED = f"{PENDING} not checked yet"
"""Nothing was found in the headers; the voxels come later."""
_OPEN: dict[OpenQuestion, str] = {
    "unread": PENDING,
    "unchecked": UNCHECKED,
    "unjudged": UNJUDGED,
    "uncompared": UNCOMPARED,
}
SHAPES = {Severity.ERROR: "✗", Severity.WARNING: "!", Severity.NOTE: "i"}
"""How a severity is marked: by shape, never by colour alone."""

_NOT_READ, _NOTHING = -3, -2
UNJUDGED_RANK = -1
"""Above samples in which nothing was found, and below each finding."""


def finding_text(
    facts: SampleFacts | None, known: tuple[str, ...], files: Iterable[str] = ()
) -> str:
    """Write the worst finding of a sample.

    Parameters
    ----------
    facts : SampleFacts or None
        None while it is not read.
    known : tuple of str
        What was wrong before any file was opened.
    files : iterable of str
        Files of the sample, which are called by their names, without their folders.
    """
    if facts is not None and facts.problems:  # a note alone is nothing to look into
        worst = facts.findings[0]
        return f"{SHAPES[worst.severity]} {_without_folders(worst.sentence, files)}"
    problems = known if facts is None else facts.problems
    if problems:
        return f"{SHAPES[Severity.WARNING]} {_without_folders(problems[0], files)}"
    return FINE if (question := open_question(facts)) is None else _OPEN[question]


def open_question(facts: SampleFacts | None) -> OpenQuestion | None:
    """Tell what is not known yet of a sample in which nothing was found."""
    if facts is None:
        return "unread"
    if not facts.checked:
        return "unchecked"
    if is_unjudged(facts):
        return "unjudged"
    return "uncompared" if facts.pairing is not None and not facts.pairing.asked else None


def is_unjudged(facts: SampleFacts) -> bool:
    """Whether nothing speaks against a pair, and nothing for it either."""
    judged = facts.pairing
    open_ = judged is not None and judged.asked and judged.answer == "can't tell"
    return open_ and not facts.problems


def _without_folders(sentence: str, files: Iterable[str]) -> str:
    """Write names of files in place of their paths."""
    for folder in sorted({os.path.dirname(file) for file in files}, key=len, reverse=True):
        if folder.strip("/\\"):
            sentence = sentence.replace(f"{folder}{os.sep}", "")
    return sentence


def finding_rank(facts: SampleFacts | None, known: tuple[str, ...]) -> int:
    """Larger for a sample that should be looked at first; of equals, the one with more to say."""
    if facts is not None and facts.findings:
        return facts.findings[0].rank * 100 + min(len(facts.findings), 99)
    problems = known if facts is None else facts.problems
    if problems:
        return int(Severity.WARNING) * 10_000 + min(len(problems), 99)
    if facts is None:
        return _NOT_READ
    return UNJUDGED_RANK if is_unjudged(facts) else _NOTHING


def number_of(facts: SampleFacts, key: str) -> float | None:
    """Return the number in a numeric column, or None where it is undefined."""
    if key == "oblique":
        return facts.oblique_degrees
    if key == "offset":
        return facts.offset_mm
    return None if facts.overlap is None else facts.overlap * 100


def number_text(facts: SampleFacts, key: str) -> str:
    """Text in a numeric column."""
    number = number_of(facts, key)
    if number is None:
        return ""
    return f"{number:.0f}" if key == "overlap" else f"{number:.1f}"
