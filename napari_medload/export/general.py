"""What stands against an export whatever its format is."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.export.choice.leakage import leaks
from napari_medload.export.files.present import Looking
from napari_medload.export.files.readable import Readable
from napari_medload.export.files.standing import kept_by, standing_remarks
from napari_medload.export.remark import Remark
from napari_medload.export.tables.own_list import dictionary_at
from napari_medload.loaders.lists.guessing import needs_mapping
from napari_medload.loaders.pairing import was_renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_medload.export.contract import Exporter, Target
    from napari_medload.export.remark import Gravity
    from napari_medload.export.selection import Selection


_ROLES_NAMED = 5


def general_remarks(exporter: Exporter, selection: Selection, target: Target) -> Iterator[Remark]:
    """Say what is wrong with a selection as a whole, with its files, and with the target."""
    yield from _about_options(target)
    wrong = tuple(_about_target(exporter, target))
    yield from wrong
    if not wrong:
        yield from standing_remarks(selection.dataset, target, kept_by(exporter))
    yield from selection.remarks
    if not len(selection):
        how = f" ({', '.join(selection.chosen)})" if selection.chosen else ""
        yield Remark(
            "error",
            f"no sample is left to export{how}; expected at least one. Choose more verdicts, "
            "splits or rows.",
        )
        return
    yield from _about_roles(selection)
    yield from _about_files(exporter, selection, target)
    yield from leaks(selection)


def _about_roles(selection: Selection) -> Iterator[Remark]:
    """Say that a list was opened whose columns nobody knows: training would find no image."""
    dataset = selection.dataset
    if needs_mapping(dataset):
        found = ", ".join(selection.roles[:_ROLES_NAMED]) or "no file"
        yield Remark(
            "warning",
            f"no column of {dataset.root.name} is called fixed, moving or image; found {found}. "
            "Say which column is which: 'Map columns…' in the browser, --column fixed_image=NAME "
            "on the command line, columns={'fixed_image': 'NAME'} in Python",
        )


def _about_options(target: Target) -> Iterator[Remark]:
    """Say which numbers lie outside the range that the field of an option states."""
    for field in fields(target.options):
        if "range" in field.metadata:
            low, high = field.metadata["range"]
            value = getattr(target.options, field.name)
            if not low <= value <= high:
                yield Remark(
                    "error",
                    f"{field.name} is {value:g}; expected {low:g} to {high:g}. Change it.",
                )


def _about_target(exporter: Exporter, target: Target) -> Iterator[Remark]:
    """Say why a list can't have the name that it is to get, or name its files so."""
    path, suffixes = target.path, exporter.suffixes
    if not path.parent.is_dir():
        yield Remark("error", f"there is no folder {path.parent}; make it, or choose another.")
    if target.base is not None and target.base != path and not target.base.is_dir():
        yield Remark(
            "error",
            f"there is no folder {target.base} that paths could be relative to. Choose another.",
        )
    if suffixes and path.is_dir():
        yield Remark(
            "error",
            f"{path} is a folder; expected the name of a file. Name one, such as "
            f"{path.name}{suffixes[0]}.",
        )
    elif suffixes and not path.name.lower().endswith(suffixes):
        yield Remark(
            "error",
            f"{exporter.title} is kept in files named {' or '.join(suffixes)}; found the name "
            f"'{path.name}'. Name it {path.stem}{suffixes[0]}, or choose another format.",
        )
    elif path.suffix.lower() == ".json" and path.is_file() and dictionary_at(path):
        yield Remark(
            "error",
            f"{path} is the data dictionary of the list beside it; expected a name that is free, "
            "or that of a list. Choose another name.",
        )
    elif not suffixes and path.exists() and not path.is_dir():
        yield Remark(
            "error",
            f"{path} is a file; {exporter.title} fills a folder. Name a folder, or remove it.",
        )


def _about_files(exporter: Exporter, selection: Selection, target: Target) -> Iterator[Remark]:
    """Go through all samples once: their ids, and whether their files are there.

    An id takes 8 bytes: a selection may hold more samples than fit into memory.
    """
    looking = Looking(target)
    ids, renamed = array("q"), []
    for entry in selection.entries:
        ids.append(hash(entry.sample.id))
        looking.at(entry.sample)
        if entry.sample.problems and was_renamed(entry.sample):
            renamed.append(entry.sample.id)
    if twice := _met_twice(ids, selection):
        yield Remark(
            "error",
            "several samples have one id; expected ids that are met once. Rename them, or export "
            "one of each.",
            twice,
        )
    if renamed:
        yield Remark(
            "warning",
            "these samples had an id that another has too, and got a number behind it; expected "
            "ids that are met once. Rename them in the list that was opened",
            tuple(renamed),
        )
    yield from looking.remarks(_gravity(exporter))


def _gravity(exporter: Exporter) -> Gravity:
    """How grave it is where a file can't be opened: training stops there, hours later."""
    return "error" if getattr(exporter, "needs_files", True) else "warning"


def unreadable_remarks(
    exporter: Exporter, selection: Selection, target: Target
) -> Iterator[Remark]:
    """Say which files can't be read; for a program that trains, headers are read where needed."""
    gravity = _gravity(exporter)
    opens = gravity == "error" and not getattr(exporter, "looks_inside", False)
    readable = Readable(target, opens, _named_by(exporter, target))
    for entry in selection.entries:
        readable.at(entry)
    yield from readable.remarks(gravity)


def _named_by(exporter: Exporter, target: Target) -> Callable[[str], bool]:
    """Whether a format names the files of a role; those that it leaves out may be broken."""
    names: Callable[[str, Target], bool] | None = getattr(exporter, "names_role", None)
    return lambda role: names is None or names(role, target)


def _met_twice(hashes: array[int], selection: Selection) -> tuple[str, ...]:
    """Ids that several samples have, once each."""
    ordered = np.frombuffer(hashes, np.int64)
    ordered.sort()  # in place: there may be very many
    again = frozenset(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if not again:
        return ()
    alike = (entry.sample.id for entry in selection.entries if hash(entry.sample.id) in again)
    return tuple(name for name, count in Counter(alike).items() if count > 1)
