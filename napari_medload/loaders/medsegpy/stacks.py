"""Slices of one scan, put in order: which file comes where, and what is wrong with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.formats import Placement, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BLANKS_AT_MOST = 4096
_RANGES_SHOWN = 6
_WORDS = dict(enumerate(("two", "three", "four", "five", "six", "seven", "eight", "nine"), 2))


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice.

    Parameters
    ----------
    number : int
    image : str
    mask : str or None
        None where there is none.
    lost : str or None
        A mask that was named and is not there.
    """

    number: int
    image: str
    mask: str | None
    lost: str | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """Slices in order, with None where one is missing.

    Parameters
    ----------
    slices : tuple of Slice or None
    first : int
        Number of the first one.
    problems : tuple of str
        Gaps, slices without a mask, numbers that files share, a wrong start.
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


def stack(slices: Iterable[Slice], whole: bool = True) -> Stack:
    """Put slices in the order of their numbers; of several with one number the first one counts.

    Parameters
    ----------
    slices : iterable of Slice
    whole : bool
        Whether they are meant to be a whole scan, which begins with slice 1.
    """
    by_number: dict[int, list[Slice]] = {}
    for one in sorted(slices, key=lambda one: (one.number, one.image)):
        by_number.setdefault(one.number, []).append(one)
    chosen = {number: alike[0] for number, alike in by_number.items()}
    problems = [_doubled(number, alike) for number, alike in by_number.items() if len(alike) > 1]
    wanted = _numbers(chosen, problems)
    problems += _without_masks(chosen)
    first = min(chosen)
    if first != 1 and whole:
        problems.append(f"its first slice is {first}; expected slice 1")
    return Stack(tuple(chosen.get(number) for number in wanted), first, tuple(problems))


def _doubled(number: int, alike: Sequence[Slice]) -> str:
    *others, last = (os.path.basename(one.image) for one in alike)
    count = _WORDS.get(len(alike), len(alike))
    names = f"{', '.join(others)} and {last}"
    return f"slice {number} has {count} files, {names}; the first one is shown"


def _numbers(chosen: Mapping[int, Slice], problems: list[str]) -> Sequence[int]:
    """Numbers to draw: all from the first to the last, unless a few lie far away."""
    first, last = min(chosen), max(chosen)
    missing = last - first + 1 - len(chosen)
    if missing > _BLANKS_AT_MOST:
        problems.append(
            f"{missing:,} slices are missing between {first} and {last}; the others are drawn "
            "one behind another"
        )
        return sorted(chosen)
    gaps = [number for number in range(first, last + 1) if number not in chosen]
    if gaps:
        problems.append(f"{slices_text(gaps)} missing and shown blank")
    return range(first, last + 1)


def _without_masks(chosen: Mapping[int, Slice]) -> list[str]:
    """Say which slices have no mask where others have, and which masks are named in vain."""
    problems = []
    lost = [number for number, one in chosen.items() if one.lost is not None]
    bare = [number for number, one in chosen.items() if one.mask is None and one.lost is None]
    if lost:
        problems.append(f"{lost_text(chosen[lost[0]].lost or '', len(lost))} ({slices_text(lost)})")
    if bare and len(bare) < len(chosen):
        problems.append(f"{slices_text(bare)} without a mask (.seg)")
    return problems


def lost_text(first: str, count: int = 1) -> str:
    """Say that masks which dicts name do not exist."""
    many = f"{count} files, such as {first}, which do" if count > 1 else f"{first}, which does"
    return f"label: sem_seg_file names {many} not exist; correct the path, or leave the key out"


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
