"""What a session tells those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """Work that goes on in the background.

    Parameters
    ----------
    what : str
        What it does, for people.
    done, total : int
        ``total`` is 0 where it is not known.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Trouble:
    """Why something that was asked for did not happen.

    Parameters
    ----------
    message : str
    choices : tuple of Path
        What could be opened instead.
    unmapped : Path, optional
        List whose columns can be chosen by hand.
    """

    message: str
    choices: tuple[Path, ...] = ()
    unmapped: Path | None = None


class Telling:
    """Tells of one piece of work at a time: what was asked for goes before all else.

    Parameters
    ----------
    tell : callable
        Told whenever that is another.

    Attributes
    ----------
    told : Progress or None
        What was told last.
    """

    def __init__(self, tell: Callable[[Progress | None], None]) -> None:
        self._tell = tell
        self._asked: Progress | None = None
        self._behind: Progress | None = None
        self.told: Progress | None = None

    def asked(self, progress: Progress | None) -> None:
        """Take in how far that is which a person has asked for."""
        self._asked = progress
        self._choose()

    def behind(self, progress: Progress | None) -> None:
        """Take in how far that is which goes on by itself."""
        self._behind = progress
        self._choose()

    def _choose(self) -> None:
        progress = self._asked or self._behind
        if progress != self.told:
            self.told = progress
            self._tell(progress)
