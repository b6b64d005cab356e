"""A check: a question about one sample that a function answers with findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from napari_medload.checks.finding import Finding, Place, Severity, Unit, worst_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Needs: TypeAlias = Literal["headers", "voxels"]

T = TypeVar("T")


class Observed(NamedTuple):
    """What one check sees, see `Finding`; the check adds its name.

    Parameters
    ----------
    sentence : str
    roles : tuple of str
    figure : float, optional
    unit : str
    severity : Severity, optional
        In place of the usual one of the check.
    place : Place, optional
    """

    sentence: str
    roles: tuple[str, ...] = ()
    figure: float | None = None
    unit: Unit = ""
    severity: Severity | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Check(Generic[T]):
    """One question about a sample.

    Parameters
    ----------
    name : str
        The same in all datasets.
    needs : str
        What has to be read before it can be asked.
    severity : Severity
        Usual severity of its findings.
    weight : int
        Of its findings among others of their severity, see `Finding`.
    find : callable
        Takes what was read of a sample.
    """

    name: str
    needs: Needs
    severity: Severity
    weight: int
    find: Callable[[T], Iterable[Observed]]

    def findings(self, read: T) -> list[Finding]:
        """Ask it of what was read of a sample."""
        return [
            Finding(
                self.name,
                self.severity if seen.severity is None else seen.severity,
                seen.sentence,
                seen.figure,
                seen.unit,
                seen.roles,
                self.weight,
                seen.place,
            )
            for seen in self.find(read)
        ]


def ask(checks: Iterable[Check[T]], read: T) -> tuple[Finding, ...]:
    """Ask checks of one sample; findings come worst first."""
    return worst_first(finding for check in checks for finding in check.findings(read))
