"""Splits, made reproducibly."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.export.selection import Selection


def split(selection: Selection, shares: Mapping[str, float], seed: int = 0) -> Selection:
    """Divide a selection into splits."""
    return selection
