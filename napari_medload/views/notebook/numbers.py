"""A trait of a few numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import traitlets

if TYPE_CHECKING:
    from collections.abc import Sequence


class Numbers(traitlets.TraitType[Any, Any]):
    """Some finite numbers as a tuple, or None; lists and arrays are taken too.

    Parameters
    ----------
    count : int
    """

    default_value = None
    allow_none = True

    def __init__(self, count: int) -> None:
        self._count = count
        self.info_text = f"{count} finite numbers, or None"
        super().__init__(None, allow_none=True)

    def validate(self, obj: Any, value: Sequence[float]) -> tuple[float, ...]:
        """Make a tuple of floats.

        Raises
        ------
        TraitError
            If there are more or fewer, or something else.
        """
        try:
            numbers = tuple(float(number) for number in value)
        except (TypeError, ValueError):
            self.error(obj, value)
        if len(numbers) != self._count or not all(map(math.isfinite, numbers)):
            self.error(obj, value)
        return numbers
