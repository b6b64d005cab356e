"""What stands against an export, in a sentence that names the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Gravity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True)
class Remark:
    """What a format cannot express of some samples, or what its consumer would stumble over.

    Parameters
    ----------
    gravity : str
        ``"error"``: nothing is written. ``"warning"``: it is written, and this is said.
    sentence : str
        What was found, what was expected, and the remedy; without the names of the samples.
    samples : tuple of str
        Ids of the samples that it is about, all of them; empty where it is about the whole list.
    """

    gravity: Gravity
    sentence: str
    samples: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(self.samples[:5])
        more = f" and {len(self.samples) - 5:,} more" if len(self.samples) > 5 else ""
        return f"{self.sentence} ({shown}{more})" if shown else self.sentence
