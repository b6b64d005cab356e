"""Pieces of the sentences that findings are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NAMED = 3


def role_text(*roles: str) -> str:
    """Write roles for people: ``"fixed image, moving image"``."""
    return ", ".join(role.replace("_", " ") for role in roles)


def length_text(mm: float) -> str:
    """Write a distance in mm, however small it is."""
    return f"{mm:.1f} mm" if mm >= 1 else f"{mm:.2g} mm"


def voxels_text(count: float) -> str:
    """Write a number of voxels, of a fraction two digits."""
    told = f"{count:,}" if isinstance(count, int) else f"{count:.2g}"
    return f"{told} voxel{'' if told == '1' else 's'}"


def listed(names: Sequence[str]) -> str:
    """Write some names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def vector_text(mm: Iterable[float]) -> str:
    """Write a direction with its lengths: ``"30.0 mm anterior, 2.1 mm left"``."""
    ways = (("right", "left"), ("anterior", "posterior"), ("superior", "inferior"))
    parts = [(abs(length), way[int(length < 0)]) for length, way in zip(mm, ways, strict=True)]
    told = sorted((part for part in parts if part[0] >= 1), reverse=True)
    return ", ".join(f"{length:.1f} mm {way}" for length, way in told)
