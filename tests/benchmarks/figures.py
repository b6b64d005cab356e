"""Figures: what was measured, what it was measured against, and what is required."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = ("figure", "ours", "peer", "ratio", "required", "")


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Parameters
    ----------
    name : str
    ours, peer : float
        In `unit`.
    unit : str
        ``"s"``, ``"MB"`` or empty for counts.
    required : float
        Of the ratio.
    sense : str
        ``"faster"``: peer / ours must reach `required`. ``"at most"``: ours / peer must not
        exceed it.
    """

    name: str
    ours: float
    peer: float
    unit: Literal["s", "MB", ""]
    required: float
    sense: Literal["faster", "at most"]

    @property
    def ratio(self) -> float:
        """The figure itself."""
        return self.peer / self.ours if self.sense == "faster" else self.ours / self.peer

    @property
    def ok(self) -> bool:
        """Whether it is what is required."""
        if self.sense == "faster":
            return self.ratio >= self.required
        return self.ratio <= self.required

    def cells(self) -> tuple[str, ...]:
        """Texts of the line."""
        sign, times = ("≥", "× faster") if self.sense == "faster" else ("≤", "×")
        return (
            self.name,
            _quantity(self.ours, self.unit),
            _quantity(self.peer, self.unit),
            f"{self.ratio:.2f}{times}",
            f"{sign} {self.required:g}×",
            "ok" if self.ok else "SHORT",
        )


def _quantity(value: float, unit: str) -> str:
    if unit == "s":
        return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"
    return f"{value:.0f} {unit}".strip()


def as_text(figures: Sequence[Figure]) -> str:
    """Table for a terminal."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths).rstrip() for row in rows]
    return "\n".join((lines[0], "-" * max(map(len, lines)), *lines[1:]))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        text.ljust(width) if place == 0 else text.rjust(width)
        for place, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join((first, *others))


def as_markdown(figures: Sequence[Figure]) -> str:
    """Table for the README."""
    rows = [HEAD, ("---", *["---:"] * (len(HEAD) - 1)), *(figure.cells() for figure in figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
