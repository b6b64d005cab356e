"""Categories of a dataset: which channels they join, what they are called and how coloured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from napari_medload.labels import Label, LabelTable
from napari_medload.labels.collation import as_channels
from napari_medload.labels.palette import Colour, colour_of
from napari_medload.loaders.medsegpy.catalog import Metadata

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.labels.collation import Collation

TASK = "segmentation"
FILE_NAME = "categories.json"
_LEVELS_ABOVE = 2


def labels_of(metadata: Metadata | None) -> tuple[LabelTable | None, Collation | None]:
    """Names of the categories, and the channels that each joins.

    Metadata may name them by task; then those of the segmentation count.

    Returns
    -------
    table : LabelTable or None
        Category c stands under value c + 1. None where nothing is known.
    collation : tuple of tuples of int, or None
    """
    if metadata is None:
        return None, None
    names = _of_task(metadata.get("categories"))
    ids = _of_task(metadata.get("category_ids"))
    collation = _collation(range(len(names)) if not len(ids) else ids)
    if not collation:
        return None, None
    short = _of_task(metadata.get("category_abbreviations"))
    colours = _of_task(metadata.get("category_colors"))
    labels = [
        Label(
            number + 1,
            str(names[number]) if number < len(names) else " + ".join(map(str, channels)),
            _colour(colours[number] if number < len(colours) else None, number + 1),
            str(short[number]) if number < len(short) else "",
        )
        for number, channels in enumerate(collation)
    ]
    return LabelTable(labels, metadata.name), collation


def find_categories(folder: Path) -> Metadata | None:
    """Categories from the file ``categories.json`` in a folder, or at most two levels above it.

    It holds ``categories``, a list of objects with ``id`` (a channel, or a list of channels),
    ``name`` and, where known, ``color`` (0 to 255) and ``abbrev``. A file that does not is passed
    over.
    """
    for place in (folder, *folder.parents[:_LEVELS_ABOVE]):
        path = place / FILE_NAME
        try:
            return _read(path)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            continue
    return None


def _read(path: Path) -> Metadata:
    listed = json.loads(path.read_text(encoding="utf-8-sig"))["categories"]
    ids = [x["id"] if isinstance(x["id"], int) else tuple(x["id"]) for x in listed]
    return Metadata(
        str(path),
        category_ids=ids,
        categories=[x["name"] for x in listed],
        category_abbreviations=[x.get("abbrev", "") for x in listed],
        category_colors=[x.get("color") for x in listed],
    )


def _of_task(value: Any) -> Sequence[Any]:
    if isinstance(value, Mapping):
        value = value.get(TASK, next(iter(value.values()), ()))
    return () if value is None else list(value)


def _collation(ids: Sequence[Any]) -> Collation | None:
    try:
        return tuple(as_channels(entry) for entry in ids)
    except (TypeError, ValueError):  # ids of another kind: the channels stay as they are
        return None


def _colour(given: Any, value: int) -> Colour:
    try:
        red, green, blue = (min(max(float(part) / 255, 0.0), 1.0) for part in given)
    except (TypeError, ValueError):
        return colour_of(value)
    return red, green, blue
