r"""Pair lists of VoxelMorph: text files with one pair a line.

The first file is moving (VoxelMorph's source), the second fixed (its target): that is the order in
which its registration and test scripts read them. VoxelMorph itself splits lines at any white
space; a line with a tab is split at tabs alone here, so that paths may hold spaces (there with
``delim="\t"``). One path a line makes single images. Blank lines and lines that begin with ``#``
are passed over. A path is relative to the folder of the list; where nothing lies there, to the
working directory, as in VoxelMorph.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from napari_medload.formats import suffix_of
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.lists import alignment_of, samples_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LOOKED_AT = 5
_NUMPY = (".npz", ".npy")  # VoxelMorph's own volumes: each line says that they cannot be read
_ROLES = ("moving", "fixed")


class PairList:
    """A ``.txt`` file that names the volumes of one pair, or one volume, on each line."""

    name: ClassVar[str] = "voxelmorph"
    expects: ClassVar[str] = "a VoxelMorph pair list (.txt)"

    def recognises(self, path: Path) -> bool:
        """Whether the first lines end with the names of volumes: a table of labels is text too."""
        if path.suffix.lower() != ".txt" or not path.is_file():
            return False
        try:
            with path.open(encoding="utf-8-sig") as file:
                first = list(islice(_lines(file), _LOOKED_AT))
        except (OSError, UnicodeDecodeError):
            return False
        return bool(first) and all(_is_volume(_pieces(line)[-1]) for _number, line in first)

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the list.

        Raises
        ------
        DatasetError
            If the file is no text, or holds no line.
        """
        try:
            lines = list(_lines(path.read_text(encoding="utf-8-sig").splitlines()))
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(
                f"{path}: cannot be read as a pair list ({error}); expected text in UTF-8 with "
                "'moving.nii.gz fixed.nii.gz' on each line. Save it as such."
            ) from error
        if not lines:
            raise DatasetError(
                f"{path}: holds no line; expected 'moving.nii.gz fixed.nii.gz' on each. Choose "
                "another file."
            )
        samples = list(
            samples_of_rows(path.parent, [_row(path.parent, _pieces(line)) for _, line in lines])
        )
        for place, (number, line) in enumerate(lines):
            if reason := _fault(number, line):
                samples[place] = replace(samples[place], problems=(reason,))
        dataset = Dataset(path, self.name, tuple(samples), alignment_of(samples))
        return dataset if split is None else dataset.only(split)


def _lines(text: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines that name files, with their numbers from 1."""
    for number, line in enumerate(text, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line


def _pieces(line: str) -> list[str]:
    if "\t" in line.strip():
        return [piece.strip() for piece in line.split("\t") if piece.strip()]
    return line.split()


def _is_volume(name: str) -> bool:
    return suffix_of(name) is not None or name.lower().endswith(_NUMPY)


def _fault(number: int, line: str) -> str:
    """Why a line is no pair and no single path; empty where it is."""
    pieces = _pieces(line)
    if len(pieces) <= len(_ROLES) and all(map(_is_volume, pieces)):
        return ""
    odd = next((piece for piece in pieces if not _is_volume(piece)), "")
    found = f"{len(pieces)} pieces" if len(pieces) > len(_ROLES) else f"'{odd}', which is no volume"
    return (
        f"line {number} has {found}; expected two paths, moving and fixed. Where paths hold "
        "spaces, put a tab between them."
    )


def _row(folder: Path, pieces: list[str]) -> dict[str, str]:
    if len(pieces) > len(_ROLES) or not all(map(_is_volume, pieces)):
        return {}
    places = [_place(folder, piece) for piece in pieces]
    return dict(zip(_ROLES, places, strict=True)) if len(places) > 1 else {"image": places[0]}


def _place(folder: Path, name: str) -> str:
    below = os.path.join(folder, os.path.expanduser(name) if name.startswith("~/") else name)
    return below if os.path.exists(below) or not os.path.exists(name) else os.path.abspath(name)
