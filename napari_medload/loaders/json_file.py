"""JSON files: read once for all who ask what they are, and within bounds."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

SIZE_AT_MOST = 256 << 20


def read_json(path: Path) -> Any:
    """Read a JSON file. Nobody may change what is returned: others are given it too.

    Raises
    ------
    DatasetError
        If it cannot be read.
    """
    try:
        stamp = os.stat(path)
        check_size(path, stamp.st_size)
    except (OSError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path}: cannot be read ({error}). Check the path.") from error
    content, reason = _parsed(path, stamp.st_mtime_ns, stamp.st_size)
    if reason:
        raise DatasetError(
            f"{path}: cannot be read ({reason}); expected JSON in UTF-8. Check that it is complete."
        )
    return content


def check_size(path: Path, size: int) -> None:
    """Refuse a list that is too large to be held in memory several times over.

    Raises
    ------
    DatasetError
        If it is.
    """
    if size > SIZE_AT_MOST:
        raise DatasetError(
            f"{path}: {size:,} bytes; expected a list of {SIZE_AT_MOST:,} at most. Is it a list? "
            "Split it into several."
        )


def forget() -> None:
    """Drop what was read."""
    _parsed.cache_clear()


@lru_cache(maxsize=1)  # who recognises a file and who opens it parse it once
def _parsed(path: Path, _changed: int, _size: int) -> tuple[Any, str]:
    """Content, and why there is none or an empty text."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig")), ""
    except RecursionError:
        return None, "its brackets are nested too deeply"
    except (OSError, ValueError) as error:  # ValueError: no JSON, no UTF-8, too long a number
        return None, str(error)
