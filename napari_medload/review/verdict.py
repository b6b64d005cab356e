"""A verdict: what a person says of a pairing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Decision: TypeAlias = Literal["accept", "reject", "unsure"]
DECISIONS: tuple[Decision, ...] = ("accept", "reject", "unsure")

REASON_TIPS = {
    "wrong partner": "These two images do not belong together",
    "flipped": "One image is mirrored, or an axis runs the other way",
    "shifted": "One image lies elsewhere than it should",
    "label wrong": "A label does not fit its image",
    "artefact": "An image is spoiled, for example by motion, or a part of it is missing",
    "unreadable": "A file cannot be read",
    "other": "Something else; say what in the note",
}
"""Usual reasons of a verdict, and what is meant by each."""

REASONS = tuple(REASON_TIPS)
"""Tags that the browser offers. A journal may hold others."""


@dataclass(frozen=True)
class Verdict:
    """One person's verdict on one sample.

    Parameters
    ----------
    sample : str
        Id of the sample.
    decision : str or None
        None where a verdict was taken back.
    reasons : tuple of str
        Of `REASONS`, or others.
    note : str
        In the reviewer's words.
    content : tuple of (role, str)
        Hash of the content of each role that was judged; empty where it is not known.
    stamps : tuple of (role, bytes, modification time in ns)
        Of the files as they were, so that most need not be read again to know them unchanged.
    reviewer : str
    round : int
        1, and higher for further passes of the same person over the same dataset.
    time : str
        ISO 8601, UTC.
    dataset : str
        Id of the dataset.
    tool : str
        Name and version of the program.
    """

    sample: str
    decision: Decision | None
    reasons: tuple[str, ...] = ()
    note: str = ""
    content: tuple[tuple[str, str], ...] = ()
    stamps: tuple[tuple[str, int, int], ...] = ()
    reviewer: str = ""
    round: int = 1
    time: str = ""
    dataset: str = ""
    tool: str = ""


@dataclass(frozen=True)
class Hypothesis:
    """What was found of a sample by trying; no verdict.

    Parameters
    ----------
    sample : str
        Id of the sample.
    hypothesis : str
        A sentence, such as ``"left-right flip explains this"``.
    figures : mapping of str to float
        Such as ``{"MI as it is": 0.31, "MI mirrored": 0.87}``.
    reviewer : str
        Who recorded it.
    round : int
    time : str
        ISO 8601, UTC.
    """

    sample: str
    hypothesis: str
    figures: Mapping[str, float]
    reviewer: str = ""
    round: int = 1
    time: str = ""
