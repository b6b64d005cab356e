"""The keys of the browser, whatever they are pressed on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """A key and what it does.

    Parameters
    ----------
    name, key, tip : str
    repeats : bool
        Whether it acts again while it is held down. A verdict must not.
    """

    name: str
    key: str
    tip: str
    repeats: bool = False


USUAL_KEYS: tuple[Key, ...] = (
    Key("accept", "J", "Accept the pairing"),
    Key("reject", "K", "Reject the pairing"),
    Key("unsure", "U", "Not sure of the pairing"),
    Key("next", "N", "Next sample in the table", repeats=True),
    Key("previous", "H", "Previous sample in the table", repeats=True),
    Key("undo", "Q", "Take back the latest verdict, reason or note"),
    Key("redo", "W", "Do again what was taken back"),
    Key("mode", "G", "Next way to compare moving with fixed"),
    Key("hypotheses", "8", "Try what would explain a bad pairing; look at it, and back"),
    Key("previous region", "9", "Previous patch or tile", repeats=True),
    Key("next region", "0", "Next patch or tile", repeats=True),
)
"""All keys, as they are bound unless a person chooses otherwise."""
