"""Text in pictures: a font that is always there, lines that fit, words in any script."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from PIL import ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.ImageDraw import ImageDraw

    from napari_medload.session.picture.colours import RGB

Font: TypeAlias = Any

WHITE: RGB = (235, 235, 235)
GREY: RGB = (165, 165, 165)
AMBER: RGB = (255, 176, 76)
YELLOW: RGB = (255, 216, 102)
"""Of what says where: letters of direction and crosshair; as napari's view has it."""

BLACK: RGB = (0, 0, 0)

_DOTS = "…"
_LINE = 1.32

_SPELT = str.maketrans(
    {
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "×": "x", "Δ": "diff", "²": "2",
        "³": "3", "µ": "u", "μ": "u", "≤": "<=", "≥": ">=", "≠": "!=", "ß": "ss", "ø": "o",
        "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "“": '"', "”": '"', "„": '"',
        "‘": "'", "’": "'", "→": "->", "✓": "ok", "\t": " ", "\u00a0": " ",
    }
)  # fmt: skip
"""Signs that the font of Pillow lacks, spelt with letters that it has."""

_OTHERS = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "arial.ttf",
)
"""Fonts of Linux, macOS and Windows that know more scripts, for names that need them."""


@lru_cache(maxsize=32)
def _usual(size: int) -> Font:
    return ImageFont.load_default(size)


@lru_cache(maxsize=32)
def _other(name: str, size: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _has(name: str, letter: str) -> bool:
    """Whether a font has a letter, and does not draw its box for unknown ones."""
    font = _other(name, 16) if name else _usual(16)
    if font is None:
        return False
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


@lru_cache(maxsize=1024)
def set_in(text: str, size: int) -> tuple[str, Font]:
    """Return a line as it can be drawn, and a font that has all of its letters.

    What the font of Pillow lacks is spelt otherwise; where that fails another font is looked for
    on this machine, and where there is none a letter becomes a question mark.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in text.translate(_SPELT))
    for name in ("", *_OTHERS):
        if all(_has(name, letter) for letter in text):
            font = _other(name, size) if name else _usual(size)
            return text, font
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
    return "".join(letter if _has("", letter) else "?" for letter in bare), _usual(size)


def width_of(text: str, size: int) -> float:
    """Width of a line in pixels."""
    shown, font = set_in(text, size)
    return float(font.getlength(shown))


def line_height(size: int) -> int:
    """Pixels from one line to the next."""
    return round(size * _LINE)


def write(
    draw: ImageDraw, place: tuple[float, float], text: str, size: int, colour: RGB = WHITE
) -> None:
    """Write a line; `place` is the left end of its upper edge."""
    shown, font = set_in(text, size)
    draw.text(place, shown, font=font, fill=colour, anchor="la")


def write_letter(
    draw: ImageDraw, place: tuple[float, float], text: str, size: int, anchor: str = "mm"
) -> None:
    """Write a letter that is read on bright tissue too, in yellow with a black rim."""
    shown, font = set_in(text, size)
    rim = max(1, size // 7)
    draw.text(
        place, shown, font=font, fill=YELLOW, anchor=anchor, stroke_width=rim, stroke_fill=BLACK
    )


def wrapped(text: str, room: float, size: int, most: int | None = None) -> list[str]:
    """Break a text into lines that fit.

    Words that are longer than a line, such as paths, are broken too.

    Parameters
    ----------
    text : str
    room : float
        Width in pixels.
    size : int
        Of the font.
    most : int, optional
        Lines at most; the last one ends in dots where there was more to say.
    """
    lines: list[str] = []
    for part in text.splitlines() or [""]:
        lines += _broken(part.split(), room, size)
    if most is None or len(lines) <= most:
        return lines
    lines = lines[:most]
    last = lines[-1]
    while last and width_of(last + _DOTS, size) > room:
        last = last[:-1]
    return [*lines[:-1], last.rstrip() + _DOTS]


def _broken(words: Iterable[str], room: float, size: int) -> list[str]:
    lines, line = [], ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if width_of(longer, size) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _chopped(word, room, size)
        lines += full
    return [*lines, line] if line else lines


def _chopped(word: str, room: float, size: int) -> list[str]:
    """Cut a word into pieces that fit, of one letter at least."""
    pieces = []
    while word and width_of(word, size) > room:
        fits = 1
        while fits < len(word) and width_of(word[: fits + 1], size) <= room:
            fits += 1
        pieces.append(word[:fits])
        word = word[fits:]
    return [*pieces, word]
