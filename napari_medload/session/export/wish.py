"""What a person wants to export of the dataset that is open, as a value."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from napari_medload.export.choice.splitting import split
from napari_medload.session.review.outcome import DONE

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari_medload.export import Exporter, Selection

VERDICTS = {
    **DONE,
    "none": "not reviewed",
    "": "all",
}
"""Which samples are exported, and what that is called."""

UNITS = ("subject", "group", "sample")
"""What can stay together in one split, beside what has one value in a column."""


class Cancelled(Exception):  # nothing went wrong
    """A person wants it no more."""


@dataclass(frozen=True)
class Division:
    """How the samples are divided into splits.

    Parameters
    ----------
    percent : tuple of (name, int)
        Share of each split; one without a share is not made.
    by : str
        What stays together: subject, group, sample, or a column.
    seed : int
    stratify : str
        Column whose values are shared out alike; empty for none.
    """

    percent: tuple[tuple[str, int], ...] = (("train", 70), ("val", 15), ("test", 15))
    by: str = "subject"
    seed: int = 0
    stratify: str = ""

    @property
    def shares(self) -> dict[str, float]:
        """Shares that add up to 1 where the percents add up to 100."""
        return {name: percent / 100 for name, percent in self.percent if percent}

    def fitting(self, columns: Collection[str]) -> Division:
        """Leave out the columns that another dataset does not have."""
        by = self.by if self.by in (*UNITS, *columns) else UNITS[0]
        known = self.stratify in ("", "group", *columns)
        return replace(self, by=by, stratify=self.stratify if known else "")

    def of(self, selection: Selection) -> Selection:
        """Divide a selection.

        Raises
        ------
        ExportError
            If the shares do not add up, or there are fewer units than splits.
        """
        if not len(selection):
            return selection
        return split(selection, self.shares, self.by, self.seed, self.stratify or None)


@dataclass(frozen=True)
class Wish:
    """What is exported, how and to where.

    Parameters
    ----------
    format : str
        Name of an exporter.
    verdict : str
        One of `VERDICTS`.
    split : str
        Empty for all.
    shown : bool
        Whether only those that the table shows.
    path : str
        File, or folder for a format that fills one.
    relative_to : str, optional
        Folder that paths are written relative to; None for absolute paths.
    options : tuple of (name, value)
        Of the format, where they differ from what is usual.
    division : Division, optional
        How splits are made, in place of those that there are.
    hashed : bool
        Whether contents without a known hash are read and hashed.
    """

    format: str
    verdict: str = "accept"
    split: str = ""
    shown: bool = False
    path: str = ""
    relative_to: str | None = None
    options: tuple[tuple[str, Any], ...] = ()
    division: Division | None = None
    hashed: bool = False

    @property
    def chosen(self) -> tuple[str, ...]:
        """Say in words how the samples are chosen."""
        parts = (
            f"verdict {self.verdict}" if self.verdict else "",
            f"split {self.split}" if self.split else "",
            "shown in the table" if self.shown else "",
        )
        return tuple(filter(None, parts))


def usual_options(exporter: Exporter) -> dict[str, Any]:
    """Return the options of a format, as they are unless a person chooses otherwise."""
    usual = exporter.options()
    return {field.name: getattr(usual, field.name) for field in fields(exporter.options)}
