"""Axes by the names that anatomy gives their ends."""

from __future__ import annotations

_PAIRS = (("L", "R"), ("P", "A"), ("I", "S"), ("T", "B"), ("D", "V"))
_OPPOSITES = {a: b for one, other in _PAIRS for a, b in ((one, other), (other, one))}
_VERTICAL = "TB"
_HEIGHT_FROM_BEHIND = -2


def opposite(axis: str) -> str:
    """Letter of the other end: ``"Left"`` gives ``"R"``.

    Raises
    ------
    ValueError
        If the first letter is none of L R P A I S T B D V.
    """
    letter = axis[0].upper() if isinstance(axis, str) and axis else ""
    if letter not in _OPPOSITES:
        raise ValueError(
            f"no axis is named {axis!r}; expected a word that begins with one of "
            f"{', '.join(_OPPOSITES)}"
        )
    return _OPPOSITES[letter]


def index_of(axis: str, orientation: str) -> int:
    """Index from behind (−3, −2 or −1) of the axis that runs along a direction, either way.

    Parameters
    ----------
    axis : str
        Left, Right, Anterior, Posterior, Inferior, Superior, or their first letters; Top and
        Bottom are the height of a picture.
    orientation : str
        Three letters.

    Raises
    ------
    ValueError
        If it is no such name, or no axis of the image runs along it.
    """
    other = opposite(axis)
    letter = axis[0].upper()
    if letter in _VERTICAL:
        return _HEIGHT_FROM_BEHIND
    for name in (letter, other):
        if name in orientation:
            return orientation.index(name) - 3
    raise ValueError(
        f"no axis runs along {axis!r} in an image of orientation {orientation}; for animals, "
        "say Superior and Inferior for Dorsal and Ventral"
    )
