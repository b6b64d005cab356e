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

from napari_medload.export.files.file_remarks import ids_having, lacking, said_of, unread
from napari_medload.export.files.naming import Naming
from napari_medload.export.remark import Remark
from napari_medload.export.writing.facts import Facts, origin
from napari_medload.export.writing.json_lists import read_object, write_object
from napari_medload.export.writing.proving import expect_json, expect_same
from napari_medload.export.writing.rows import Columns
from napari_medload.loaders.identity import dataset_id
from napari_medload.loaders.layouts.datalist import FACTS, SPLIT_NAMES
from napari_medload.loaders.lists.described import KEY
from napari_medload.loaders.lists.schema import MISSING
from napari_medload.loaders.sample import is_image_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
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
        plan = target.once(_Plan, selection)
        hidden = [split for split, key in plan.keys.items() if key in _HEAD]
        yield from said_of(
            "error",
            "the split of these samples is the name of another part of a datalist; expected "
            "another name, such as train. Rename the split, or give list_key",
            (e.sample.id for e in selection if e.sample.split in hidden),
        )
        yield from unread(
            selection, "MONAI, without ITK,", _READ, keys="warning", formats="warning"
        )
        yield from lacking(selection, "MONAI", "give its transforms allow_missing_keys=True")
        if target.base is not None:
            yield from _relative(selection, target, target.base)
        for name, ids in plan.threatened.items():
            yield from said_of(
                "warning",
                f"MONAI would take the {name} of these samples for a path, because something of "
                f"that name lies beside the list; it stands under '{FACTS}' instead",
                ids,
            )

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the datalist."""
        plan = target.once(_Plan, selection)
        write_object(aside, {**plan.head, **{key: plan.items(key) for key in plan.counts}}.items())

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read it back and compare all items."""
        plan, content = target.once(_Plan, selection), read_object(aside)
        expect_json(target.path, plan.head, {key: content.get(key) for key in plan.head})
        for key in plan.counts:
            ids = [entry.sample.id for entry in selection if plan.keys[entry.sample.split] == key]
            expect_same(target.path, ids, plan.items(key), content.get(key) or [])


class _Plan:
    """What stands where in the datalist of a selection."""

    def __init__(self, selection: Selection, target: Target) -> None:
        self._selection = selection
        self._target = target
        self._columns = Columns.of(selection, target)
        self.keys = {split: _key_of(split, target) for split in self._columns.splits}
        self._facts = dict(Facts.of(selection, target).columns)
        if any(SPLIT_NAMES.get(key, key) != split for split, key in self.keys.items()):
            self._facts.setdefault("split", [MISSING] * len(selection))
        else:  # the keys tell the splits again
            self._facts.pop("split", None)

    @cached_property
    def counts(self) -> Counter[str]:
        """Number of the items of each list, by its key."""
        return Counter(self.keys[entry.sample.split] for entry in self._selection)

    @cached_property
    def head(self) -> dict[str, Any]:
        """What stands before the lists."""
        dataset = self._selection.dataset
        head: dict[str, Any] = {"name": dataset.name}
        head["description"] = ", ".join((dataset_id(dataset), *self._selection.chosen))
        if dataset.categories is not None and dataset.categories.table:
            table = dataset.categories.table
            head["labels"] = {str(value): label.name for value, label in table.items()}
        for key, count in (("training", "numTraining"), ("test", "numTest")):
            if key in self.counts:
                head[count] = self.counts[key]
        return head | origin(self._selection, self._target)

    @cached_property
    def threatened(self) -> dict[str, list[str]]:
        """Names of facts that MONAI would take for paths, and ids of the samples.

        An empty text, which becomes the folder of the list, names none of them: nothing is lost.
        """
        beside = _Beside(self._target)
        begin = {name[:1] for name in beside.names}
        found = {}
        for name, texts in self._facts.items():
            if begin.isdisjoint([text[:1] for text in texts]):  # most cannot be any of them
                continue
            near = (text for text in {*texts} if text.partition("/")[0] in beside.names)
            if odd := {text for text in near if beside.has(text)}:
                pairs = zip(self._selection, texts, strict=True)
                found[name] = [entry.sample.id for entry, text in pairs if text and text in odd]
        return found

    def items(self, key: str) -> Iterator[dict[str, Any]]:
        """Make the items of a list, one after the other: there may be very many."""
        parts, roles = self._parts, self._columns.roles
        gaps = any(None in parts[role] for role in roles)
        channels = any(map(_names_channel, roles))
        several = len(self.counts) > 1
        for entry, row in zip(self._selection, zip(*parts.values(), strict=True), strict=True):
            if several and self.keys[entry.sample.split] != key:
                continue
            item = dict(zip(parts, row, strict=True))
            if gaps:
                item = {name: part for name, part in item.items() if part is not None}
            if channels:
                _join_channels(item, entry.sample.sources)
            yield item

    @cached_property
    def _parts(self) -> dict[str, list[Any]]:
        """What stands in all items, by its name; None where a sample lacks a role."""
        naming = Naming(self._target)
        files = [entry.sample.sources for entry in self._selection]
        parts: dict[str, list[Any]] = {
            role: naming.all([sources.get(role) for sources in files])
            for role in self._columns.roles
        }
        apart = {name: self._facts[name] for name in self.threatened}
        if apart:
            rows = zip(*apart.values(), strict=True)
            parts[FACTS] = [dict(zip(apart, row, strict=True)) for row in rows]
        return parts | {name: texts for name, texts in self._facts.items() if name not in apart}


def _join_channels(item: dict[str, Any], sources: Mapping[str, Source]) -> None:
    """Put further channels of an image into a list with the first."""
    for role in sorted(filter(_names_channel, sources)):
        if (first := _first_channel(role, sources)) is not None:
            channels = item[first] if isinstance(item[first], list) else [item[first]]
            item[first] = [*channels, item.pop(role)]


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


def _key_of(split: str, target: Target) -> str:
    """Key of the list that the samples of a split stand in."""
    return target.options.list_key or _LIST_KEYS.get(split.lower(), split)


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
        ids_having(selection, roles),
    )
