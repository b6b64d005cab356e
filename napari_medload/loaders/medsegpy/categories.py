"""Categories of a dataset: which channels they join, what they are called and how coloured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from napari_medload.labels import Categories, Label, LabelTable, contiguous_ids
from napari_medload.labels.collation import as_channels
from napari_medload.labels.palette import Colour, colour_of
from napari_medload.loaders.medsegpy.catalog import Metadata
from napari_medload.loaders.medsegpy.entries import brief, whole_number

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.labels.collation import Collation

TASK = "segmentation"
FILE_NAME = "categories.json"
CONTIGUOUS = "category_id_to_contiguous_id"
CATEGORY_KEYS = frozenset(
    {"categories", "category_ids", "category_abbreviations", "category_colors", CONTIGUOUS}
)
MASKS = Categories(LabelTable(), ())
"""Masks of which nothing is known but that they are one-hot."""

_LEVELS_ABOVE = 2
_CHANNEL = "a channel, from 0, or a tuple of channels"


def categories_of(stated: Mapping[str, Any], name: str) -> tuple[Categories, tuple[str, ...]]:
    """Names of the categories, and the channels that each joins.

    Metadata may name them by task; then those of the segmentation count.

    Parameters
    ----------
    stated : mapping
        Metadata, or what a scan states over them.
    name : str
        Of the dataset, for what is wrong.

    Returns
    -------
    categories : Categories
        `MASKS` where nothing is known, or where names and channels cannot be matched.
    problems : tuple of str
        What does not fit.
    """
    problems: list[str] = []
    names = _listed(stated, "categories", problems)
    ids = _listed(stated, "category_ids", problems)
    collation = _collation(ids or range(len(names)), problems)
    found = MASKS
    if collation:
        short = _listed(stated, "category_abbreviations", problems)
        colours = _listed(stated, "category_colors", problems)
        listed = {"categories": names, "category_abbreviations": short, "category_colors": colours}
        _compare_lengths(collation, listed, problems)
        _check_contiguous(stated, collation, problems)
        labels = _labels(collation, names, short, colours, problems)
        found = Categories(LabelTable(labels, name), collation)
    return found, tuple(f"metadata of '{name}': {problem}" for problem in problems)


def _listed(stated: Mapping[str, Any], key: str, problems: list[str]) -> Sequence[Any]:
    value = stated.get(key)
    if isinstance(value, Mapping):
        value = value.get(TASK, next(iter(value.values()), None))
    if value is None:
        return ()
    try:
        if not isinstance(value, str | bytes):
            return list(value)
    except TypeError:
        pass
    problems.append(f"{key} is {brief(value)}; expected a list, one entry a category")
    return ()


def _collation(ids: Sequence[Any], problems: list[str]) -> Collation:
    """Channels of each category; none where an id is of another kind."""
    found = []
    for entry in ids:
        try:
            found.append(as_channels(entry))
        except (TypeError, ValueError):
            problems.append(
                f"category_ids has {brief(entry)}; expected {_CHANNEL}. All channels are shown, "
                "without names"
            )
            return ()
    return tuple(found)


def _compare_lengths(
    collation: Collation, listed: Mapping[str, Sequence[Any]], problems: list[str]
) -> None:
    """Say which lists have not one entry a category."""
    for key, values in listed.items():
        if values and len(values) != len(collation):
            problems.append(
                f"{key} has {len(values)} entries; expected {len(collation)}, one a category id"
                + "".join(f"; {brief(value)} is not used" for value in values[len(collation) :])
            )


def _check_contiguous(stated: Mapping[str, Any], collation: Collation, problems: list[str]) -> None:
    """Compare the numbers that metadata give the categories with their order."""
    try:
        expected = contiguous_ids(collation)
    except ValueError as error:
        problems.append(f"category_ids: {error}")
        return
    given = stated.get(CONTIGUOUS)
    given = given.get(TASK, given) if isinstance(given, Mapping) else given
    if given is None:
        return
    if not isinstance(given, Mapping):
        problems.append(f"{CONTIGUOUS} is {brief(given)}; expected a dict of id to number")
        return
    found: dict[Any, int | None] = {}
    for key, number in given.items():
        try:
            found[as_channels(key)] = whole_number(number)
        except (TypeError, ValueError):
            problems.append(f"{CONTIGUOUS} has the key {brief(key)}; expected {_CHANNEL}")
            return
    if found != expected:
        wrong = next(k for k in (*expected, *found) if found.get(k) != expected.get(k))
        problems.append(
            f"{CONTIGUOUS} has {_number(found, wrong)} for the id {_id(wrong)}; expected "
            f"{_number(expected, wrong)}, by the order of category_ids"
        )


def _number(numbers: Mapping[Any, int | None], key: Any) -> str:
    return str(numbers[key]) if key in numbers else "none"


def _id(channels: tuple[int, ...]) -> str:
    return str(channels[0] if len(channels) == 1 else channels)


def _labels(
    collation: Collation,
    names: Sequence[Any],
    short: Sequence[Any],
    colours: Sequence[Any],
    problems: list[str],
) -> list[Label]:
    labels = []
    for number, channels in enumerate(collation):
        name = str(names[number]) if number < len(names) else " + ".join(map(str, channels))
        colour = _colour(colours[number] if number < len(colours) else None, number + 1, problems)
        abbreviation = str(short[number] or "") if number < len(short) else ""
        labels.append(Label(number + 1, name, colour, abbreviation))
    return labels


def _colour(given: Any, value: int, problems: list[str]) -> Colour:
    if given is None:
        return colour_of(value)
    try:
        red, green, blue = (min(max(float(part) / 255, 0.0), 1.0) for part in given)
    except (TypeError, ValueError):
        problems.append(f"category_colors has {brief(given)}; expected R, G, B from 0 to 255")
        return colour_of(value)
    return red, green, blue


def find_categories(folder: Path, top: Path, scans: Set[str]) -> Metadata | None:
    """Categories from the file ``categories.json`` in a folder, or above it.

    It holds ``categories``, a list of objects with ``id`` (a channel, or a list of channels),
    ``name`` and, where known, ``color`` (0 to 255) and ``abbrev``. A file that does not is passed
    over, and so is one of COCO, whose categories number annotations.

    Parameters
    ----------
    folder : Path
        With the files of the scans.
    top : Path
        Last folder to look in. A file at most two levels above `folder` counts beyond it where
        its ``scans`` name one of these.
    scans : set of str
        Ids of the scans in the folder.
    """
    inside = True
    for place in dict.fromkeys((folder, *folder.parents[:_LEVELS_ABOVE])):
        try:
            content = json.loads((place / FILE_NAME).read_text(encoding="utf-8-sig"))
            if inside or not scans.isdisjoint(content["scans"]):
                return _read(content, place / FILE_NAME)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        inside = inside and place != top
    return None


def _read(content: Any, path: Path) -> Metadata:
    if "annotations" in content:
        raise ValueError("the categories of a COCO file are no channels")
    listed = content["categories"]
    ids = [x["id"] if isinstance(x["id"], int) else tuple(x["id"]) for x in listed]
    return Metadata(
        str(path),
        category_ids=ids,
        categories=[x["name"] for x in listed],
        category_abbreviations=[x.get("abbrev", "") for x in listed],
        category_colors=[x.get("color") for x in listed],
    )
