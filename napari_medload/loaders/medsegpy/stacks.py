"""Slices of one scan, put in order: which file comes where, and what is wrong with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.formats import Placement, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BLANKS_AT_MOST = 4096
_RANGES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice: its number, its image and, where there is one, its mask."""

    number: int
    image: str
    mask: str | None


@dataclass(frozen=True, slots=True)
class Stack:
    """Slices in order, with None where one is missing.

    Parameters
    ----------
    slices : tuple of Slice or None
    first : int
        Number of the first one.
    problems : tuple of str
        Gaps, slices without a mask, numbers that two files share, a wrong start.
    """

    slices: tuple[Slice | None, ...]
    first: int
    problems: tuple[str, ...]

    def sources(self, placement: Placement) -> dict[str, Source]:
        """Return the sources of the image and, where any slice has a mask, of the label."""
        images = [None if one is None else one.image for one in self.slices]
        masks = [None if one is None else one.mask for one in self.slices]
        roles = {"image": images} | ({"label": masks} if any(masks) else {})
        return {role: _stacked(paths, placement) for role, paths in roles.items()}


def stack(slices: Iterable[Slice]) -> Stack:
    """Put slices in the order of their numbers; of two with one number the first one counts."""
    by_number: dict[int, Slice] = {}
    problems = []
    for one in sorted(slices, key=lambda one: (one.number, one.image)):
        kept = by_number.setdefault(one.number, one)
        if kept is not one:
            names = f"{os.path.basename(kept.image)} and {os.path.basename(one.image)}"
            problems.append(f"slice {one.number} has two files, {names}; the first one is shown")
    first, last = min(by_number), max(by_number)
    missing = last - first + 1 - len(by_number)
    if missing > _BLANKS_AT_MOST:
        wanted: Sequence[int] = sorted(by_number)
        problems.append(
            f"{missing:,} slices are missing between {first} and {last}; the others are drawn "
            "one behind another"
        )
    else:
        wanted = range(first, last + 1)
    gaps = [number for number in wanted if number not in by_number]
    if gaps:
        problems.append(f"{slices_text(gaps)} missing and shown blank")
    bare = [number for number, one in by_number.items() if one.mask is None]
    if bare and len(bare) < len(by_number):
        problems.append(f"{slices_text(bare)} without a mask (.seg)")
    if first != 1:
        problems.append(f"its first slice is {first}; expected slice 1")
    return Stack(tuple(by_number.get(number) for number in wanted), first, tuple(problems))


def _stacked(paths: Sequence[str | None], placement: Placement) -> Source:
    first = next(path for path in paths if path is not None)
    folder = os.path.dirname(first)
    names = tuple(None if path is None else _below(folder, path) for path in paths)
    return Source(first, slices=names, placement=placement)


def _below(folder: str, path: str) -> str:
    """Name of a file in a folder; the whole path of a file elsewhere."""
    place, name = os.path.split(path)
    return name if place == folder else os.path.abspath(path)


def slices_text(numbers: Sequence[int]) -> str:
    """Such as "slice 4" or "slices 4, 7–9"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in ranges[:_RANGES_SHOWN]]
    more = f" and {len(ranges) - _RANGES_SHOWN} more ranges" if len(ranges) > _RANGES_SHOWN else ""
    return f"slice{'s' if len(numbers) > 1 else ''} {', '.join(shown)}{more}"
