"""Text in lines that fit a width, measured as napari draws its letters on the canvas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qtpy.QtGui import QFont, QFontMetricsF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_FACE = "Open Sans"  # comes with napari, which writes with it
_LARGER = 96 / 72  # napari draws letters for 96 dots to an inch, on screens that count 72
_PARTS = re.compile(r"[^\s/]*\d (?:mm|voxels|%)[^\s/]*|[^\s/]*/|[^\s/]+|\s+")
_MORE = " …"


def metrics(points: float) -> tuple[Callable[[str], float], float]:
    """Return what measures a text in pixels, and the height of a line, at a size of font."""
    font = QFontMetricsF(QFont(_FACE, int(points)))
    return lambda text: font.horizontalAdvance(text) * _LARGER, font.height() * _LARGER


def fitted(
    texts: Iterable[str], room: float, most: int, measure: Callable[[str], float]
) -> list[str]:
    """Break texts into lines: at spaces, paths at their slashes, else anywhere.

    Parameters
    ----------
    texts : iterable of str
        Each begins a line of its own.
    room : float
        Width of the longest line, in pixels.
    most : int
        Lines at most; the last one ends in dots where there would be more.
    measure : callable
        Width of a text in pixels.
    """
    lines = [line for text in texts for line in _broken(text, room, measure)]
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and measure(last + _MORE) > room:
        last = last[:-1].rstrip()
    return [*lines[: most - 1], last + _MORE]


def _broken(text: str, room: float, measure: Callable[[str], float]) -> Iterator[str]:
    line = ""
    for part in _PARTS.findall(text):
        if line.strip() and measure((line + part).rstrip()) > room:
            yield line.rstrip()
            line = ""
        line = (line + part).lstrip()
        while len(line) > 1 and measure(line.rstrip()) > room:
            fits = len(line) - 1
            while fits > 1 and measure(line[:fits]) > room:
                fits -= 1
            yield line[:fits]
            line = line[fits:]
    if line.strip():
        yield line.rstrip()
