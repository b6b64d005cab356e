"""A finding: what a check has to say, in a sentence and a figure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Unit: TypeAlias = Literal["mm", "voxels", "%", "°", ""]


class Severity(IntEnum):
    """How bad a finding is."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A voxel that a finding leads to.

    Parameters
    ----------
    role : str
        File that it lies in.
    index : tuple of three floats
        (i, j, k) as stored, from 0; fractions where it lies between voxels.
    mm : tuple of three floats, optional
        The same in RAS+ mm, by the header of the file; None where that states no directions.
    frame : int
        Time point or channel, from 0.
    """

    role: str
    index: tuple[float, float, float]
    mm: tuple[float, float, float] | None = None
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found.

    Parameters
    ----------
    check : str
        Name of the check, the same in all datasets, such as ``"label grid"``.
    severity : Severity
    sentence : str
        For a person: role, what was found, what was expected. No full stop.
    figure : float, optional
        How bad it is, in `unit`; None where it can't be measured.
    unit : str
        Unit of the figure.
    roles : tuple of str
        What it is about.
    weight : int
        Order among findings of one severity, 0 to 99: the heavier stands first.
    place : Place, optional
        Where it can be seen; None where it is not about a place.
    """

    check: str
    severity: Severity
    sentence: str
    figure: float | None = None
    unit: Unit = ""
    roles: tuple[str, ...] = ()
    weight: int = 50
    place: Place | None = None

    @property
    def rank(self) -> int:
        """Larger for what a person should look at first."""
        return int(self.severity) * 100 + self.weight


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings by how bad they are; equal ones stay in order."""
    return tuple(sorted(findings, key=lambda finding: -finding.rank))
