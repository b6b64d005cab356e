"""Leakage: what stands in two splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_medload.export.contract import Remark
    from napari_medload.export.selection import Selection


def leaks(selection: Selection) -> tuple[Remark, ...]:
    """Say which subjects, and which contents, stand in two splits."""
    return ()
