"""The data dictionary beside a list, as BIDS has it: ``list.json`` for ``list.csv``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from napari_medload.export.remark import Remark
from napari_medload.export.tables.own_list import OwnList, dictionary_at, dictionary_of
from napari_medload.export.writing.proving import expect_json, proving
from napari_medload.loaders.lists.described import dictionary_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection


class DescribedBeside(OwnList):
    """A list of ours that holds rows alone, and is described by a file beside it."""

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say which files it can't name, and what stands in the way of its dictionary."""
        yield from super().remarks(selection, target)
        beside = dictionary_path(target.path)
        told, found = target.options.dictionary, dictionary_at(beside)
        if told and found is not None and not (found and target.path.is_file()):
            what = "is no data dictionary" if not found else "describes another list"
            yield Remark(
                "error",
                f"{beside} is there already and {what}; expected to write the dictionary of this "
                "list there. Save the list under another name, or without its dictionary",
            )
        if not told and found:
            yield Remark(
                "warning",
                f"{beside} describes another list, and will be read with this one; expected none "
                "there. Remove it, or save the list with its dictionary",
            )

    def write_dictionary(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write it, where it is wanted."""
        if target.options.dictionary:
            text = json.dumps(dictionary_of(selection, target), indent=2, ensure_ascii=False)
            dictionary_path(aside).write_text(f"{text}\n", encoding="utf-8", newline="\n")

    def prove_dictionary(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read it back, and compare it.

        Raises
        ------
        ExportError
            If it is not the same.
        """
        if target.options.dictionary:
            with proving(target.path):
                found = json.loads(dictionary_path(aside).read_text(encoding="utf-8"))
                expect_json(target.path, dictionary_of(selection, target), found)
