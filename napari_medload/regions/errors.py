"""The error of regions."""

from __future__ import annotations


class RegionError(ValueError):
    """Axes, regions or tiles that do not fit each other or their image."""
