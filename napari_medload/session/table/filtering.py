"""Which rows of the table are shown: by words, split and group, verdict and finding."""

from __future__ import annotations

from dataclasses import dataclass

ANY_FINDING, ERRORS, WARNINGS, NOTHING_FOUND = "any", "errors", "warnings", "nothing found"
NOT_JUDGED = "can't tell"
FINDING_FILTERS = (ANY_FINDING, ERRORS, WARNINGS, NOT_JUDGED, NOTHING_FOUND)
"""Filters by severity, and by whether a pairing could be judged.

Any other filter is the name of a check.
"""


@dataclass(frozen=True)
class Filter:
    """What a person wants to see; a value, replaced as a whole.

    Parameters
    ----------
    search : str
        Every word of it stands in the id, group, split or a finding.
    split, group : str or None
        None stands for all.
    verdict : str
        One of `VERDICT_FILTERS`; empty for all.
    finding : str
        One of `FINDING_FILTERS`, or the name of a check; empty for all.
    """

    search: str = ""
    split: str | None = None
    group: str | None = None
    verdict: str = ""
    finding: str = ""

    @property
    def words(self) -> list[str]:
        """Words to look for, without their case."""
        return self.search.casefold().split()

    @property
    def follows_work(self) -> bool:
        """Whether rows come and go while a person judges and the background finds."""
        return bool(self.verdict or self.finding)
