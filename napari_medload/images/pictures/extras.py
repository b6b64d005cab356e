"""Libraries that only some outputs need."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def optional(module: str, package: str, extra: str, purpose: str) -> Any:
    """Import a library that may be missing.

    Raises
    ------
    ImportError
        If it is; the message names the package and the extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        how = f'pip install "napari-medload[{extra}]"' if extra else f"pip install {package}"
        raise ImportError(f"{purpose} needs {package}, which is not installed: {how}") from error
