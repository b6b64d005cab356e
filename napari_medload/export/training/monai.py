"""Datalists of MONAI, as ``monai.data.load_decathlon_datalist`` reads them.

``{"training": [{"fixed_image": path, "moving_image": path, "sample_id": …}], "validation": […]}``:
a list a split, an item a sample, a key a role; an image of several files, one a channel, is a list
of paths. MONAI 1.6.1 joins the paths of ``image``, and of ``label`` where it segments, with the
folder of the list; every *other* text of an item becomes a path where a file or folder of that name
lies there, and stays as it is where none does. So paths are absolute unless asked otherwise, and
facts of a sample that such a folder would change are put into an object, ``"facts"``, which MONAI
leaves alone. An empty ``test`` stops it, so empty lists are left out.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.files.file_remarks import (
    ids_with,
    keyed,
    lacking,
    said_of,
    stacks,
    unread,
)
from napari_medload.export.files.naming import Naming
from napari_medload.export.remark import Remark
from napari_medload.export.writing.facts import Facts, origin
from napari_medload.export.writing.json_lists import read_object, write_object
from napari_medload.export.writing.proving import expect_json, expect_same
from napari_medload.loaders.garbage import uncollected
from napari_medload.loaders.identity import dataset_id
from napari_medload.loaders.layouts.datalist import FACTS, SPLIT_NAMES
from napari_medload.loaders.lists.described import KEY
from napari_medload.loaders.lists.schema import MISSING
from napari_medload.loaders.sample import is_image_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Entry, Selection
    from napari_medload.formats import Source

_LIST_KEYS = {
    "": "training",
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_HEAD = ("name", "description", "labels", "numTraining", "numTest", KEY)
_JOINED = ("image", "label")
_READ = (".nii", ".nii.gz", ".npy", ".npz", ".png", ".jpg", ".jpeg", ".bmp", ".nrrd", ".seg.nrrd")
"""What the readers of MONAI take that need no further package than nibabel, pillow or pynrrd."""
_CHANNEL = re.compile(r"(.+)_(\d{4})")


@dataclass(frozen=True)
class MonaiOptions:
    """Options of a datalist.

    Parameters
    ----------
    list_key : str
        Key of the one list that all samples are put in, whatever their split; where it is empty,
        each split has its own.
    """

    list_key: str = ""


class Monai:
    """A datalist of MONAI."""

    name: ClassVar[str] = "monai"
    title: ClassVar[str] = "MONAI datalist"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    options: ClassVar[type] = MonaiOptions
    consumer: ClassVar[str] = "monai"

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say which files MONAI can't read, and which texts it would change."""
        yield from stacks(selection, "MONAI")
        yield from said_of(
            "error",
            "the split of these samples is the name of another part of a datalist; expected "
            "another name, such as train. Rename the split, or give list_key",
            (e.sample.id for e in selection if _key_of(e, target) in _HEAD),
        )
        yield from keyed(selection, "MONAI", "warning")
        yield from unread(selection, "MONAI, without ITK,", _READ, "warning")
        yield from lacking(selection, "MONAI", "give its transforms allow_missing_keys=True")
        if target.base is not None:
            yield from _relative(selection, target, target.base)
        for name, ids in target.once(_Plan, selection).threatened.items():
            yield from said_of(
                "warning",
                f"MONAI would take the {name} of these samples for a path, because something of "
                f"that name lies beside the list; it stands under '{FACTS}' instead",
                ids,
            )

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the datalist."""
        plan = target.once(_Plan, selection)
        write_object(aside, {**plan.head, **plan.items}.items())

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read it back and compare all items."""
        plan, content = target.once(_Plan, selection), read_object(aside)
        expect_json(target.path, plan.head, {key: content.get(key) for key in plan.head})
        for key, items in plan.items.items():
            pairs = zip(plan.keys, selection, strict=True)
            ids = [entry.sample.id for each, entry in pairs if each == key]
            expect_same(target.path, ids, items, content.get(key) or [])


class _Plan:
    """What stands where in the datalist of a selection."""

    def __init__(self, selection: Selection, target: Target) -> None:
        self._selection = selection
        self._target = target
        self.keys = [_key_of(entry, target) for entry in selection]
        self._facts = Facts(dict(Facts.of(selection, target).columns))
        if any(_states_split(entry, target) for entry in selection):
            self._facts.columns.setdefault("split", [MISSING] * len(selection))
        else:
            self._facts.columns.pop("split", None)

    @cached_property
    def head(self) -> dict[str, Any]:
        """What stands before the lists."""
        dataset = self._selection.dataset
        head: dict[str, Any] = {"name": dataset.name}
        head["description"] = ", ".join((dataset_id(dataset), *self._selection.chosen))
        if dataset.categories is not None and dataset.categories.table:
            table = dataset.categories.table
            head["labels"] = {str(value): label.name for value, label in table.items()}
        counts = Counter(self.keys)
        for key, count in (("training", "numTraining"), ("test", "numTest")):
            if counts[key]:
                head[count] = counts[key]
        return head | origin(self._selection, self._target)

    @cached_property
    def threatened(self) -> dict[str, list[str]]:
        """Names of facts that MONAI would take for paths, and ids of the samples."""
        beside = _Beside(self._target)
        found = {}
        for name, texts in self._facts.columns.items():
            near = (text for text in {*texts} if text.partition("/")[0] in beside.names)
            if odd := {text for text in near if beside.has(text)}:
                pairs = zip(self._selection, texts, strict=True)
                found[name] = [entry.sample.id for entry, text in pairs if text in odd]
        return found

    @cached_property
    def items(self) -> dict[str, list[dict[str, Any]]]:
        """Items of each list, by its key."""
        naming = Naming(self._target)
        found: dict[str, list[dict[str, Any]]] = {}
        rows = zip(self.keys, self._selection, self._facts.rows(), strict=True)
        with uncollected():
            for key, entry, facts in rows:
                item = _paths(entry.sample.sources, naming)
                if self.threatened:
                    item[FACTS] = {name: facts.pop(name) for name in self.threatened}
                item.update(facts)
                found.setdefault(key, []).append(item)
        return found


def _paths(sources: Mapping[str, Source], naming: Naming) -> dict[str, Any]:
    """Paths by role; further channels of an image go into a list with the first."""
    item: dict[str, Any] = dict(zip(sources, naming.all(sources.values()), strict=True))
    for role in sorted(filter(_names_channel, item)):
        if (first := _first_channel(role, sources)) is not None:
            channels = item[first] if isinstance(item[first], list) else [item[first]]
            item[first] = [*channels, item.pop(role)]
    return item


def _names_channel(role: str) -> bool:
    return role[-1:].isdigit()


class _Beside:
    """What MONAI finds where it joins texts with the folder of the list."""

    def __init__(self, target: Target) -> None:
        self._own = str(target.path)
        self._folders = {str(target.path.parent), str(target.base or target.path.parent)}
        self.names = {name for folder in self._folders for name in _names_in(folder)}
        self.names |= {"", os.curdir, os.pardir, target.path.name}
        self._known: dict[str, bool] = {}

    def has(self, text: str) -> bool:
        """Whether something of that name lies there; only where it begins with one of `names`."""
        if text not in self._known:
            joined = (os.path.normpath(os.path.join(folder, text)) for folder in self._folders)
            self._known[text] = any(p == self._own or _exists(p) for p in joined)
        return self._known[text]


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a NUL in it
        return False


def _key_of(entry: Entry, target: Target) -> str:
    """Key of the list that a sample stands in."""
    split = entry.sample.split
    return target.options.list_key or _LIST_KEYS.get(split.lower(), split)


def _states_split(entry: Entry, target: Target) -> bool:
    """Whether the key of the list is not enough to tell the split again."""
    key = _key_of(entry, target)
    return SPLIT_NAMES.get(key, key) != entry.sample.split


def _first_channel(role: str, sources: Mapping[str, Source]) -> str | None:
    """Role of the first channel of an image, where a role is a further channel of it."""
    found = _CHANNEL.fullmatch(role)
    if found is None or found[1] not in sources or not is_image_role(role):
        return None
    name, number = found[1], int(found[2])
    return name if number and all(f"{name}_{n:04d}" in sources for n in range(1, number)) else None


def _relative(selection: Selection, target: Target, base: Path) -> Iterator[Remark]:
    """Say what becomes of relative paths."""
    if base != target.path.parent:
        yield Remark(
            "warning",
            f"MONAI takes relative paths from the folder of the list, {target.path.parent}; give "
            f"load_decathlon_datalist base_dir='{base}'",
        )
    roles = [role for role in selection.roles if role not in _JOINED]
    yield from said_of(
        "warning",
        "MONAI joins relative paths of other keys than image and label only where the file is "
        "there when the list is loaded; others stay relative, without a word. Leave relative_to "
        "out where files may be missing",
        ids_with(selection, lambda _role, _source: True, roles),
    )
