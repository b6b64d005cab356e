"""Names of the entries that every image has, as a dictionary."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA, AFFINE, TYPE, PATH, STEM = "data", "affine", "type", "path", "stem"
RESERVED = (DATA, AFFINE, TYPE, PATH, STEM)

INTENSITY, LABEL = "intensity", "label"
"""Types of images."""


def check_keywords(entries: Mapping[str, Any]) -> None:
    """Check what a person wants to add to an image.

    Raises
    ------
    ValueError
        If a name is the image's own.
    """
    for name in RESERVED:
        if name in entries:
            raise ValueError(f"'{name}' is a name of the image's own; choose another keyword")
    if "channels_last" in entries:
        warnings.warn(
            "channels_last has no effect any more; give tensors as (C, W, H, D)",
            FutureWarning,
            stacklevel=4,
        )
