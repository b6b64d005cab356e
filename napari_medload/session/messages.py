"""What a session tells those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    """

    message: str
    choices: tuple[Path, ...] = ()
