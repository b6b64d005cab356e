"""A dataset: samples in order, and what they promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from napari_medload.geometry.agreement import corner_displacement_voxels, overlap_fraction
from napari_medload.labels import LabelTable, find_label_table
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.splits import SPLITS, same_split

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats import Source
    from napari_medload.geometry import Grid
    from napari_medload.loaders.options import LoaderOptions

Alignment: TypeAlias = Literal["same grid", "world", "none"]
ALIGNMENTS: tuple[Alignment, ...] = ("same grid", "world", "none")
_SAME_GRID_VOXELS = 0.5


@dataclass(frozen=True)
class Dataset(Sequence[Sample]):
    """Samples in order. ``dataset[i]`` is a `Sample`.

    Parameters
    ----------
    root : Path
        Folder (or list file) it was opened from.
    layout : str
        How it was read: the name of a loader backend.
    samples : tuple of Sample
    alignment : str
        What moving and fixed promise: the same grid, the same world, or nothing.
    patterns : mapping of role to pattern, optional
        With which its files were found.
    table : LabelTable, optional
        Names and colours of all its labels, in place of tables beside the files.
    collation : tuple of tuples of ints, optional
        Channels of its one-hot labels that are joined, one tuple a category; the table names
        category c under value c + 1.
    options : LoaderOptions, optional
        Of the training configuration that it was opened from.
    title : str, optional
        Name for people, in place of that of its folder.
    """

    root: Path
    layout: str
    samples: tuple[Sample, ...]
    alignment: Alignment = "world"
    patterns: Mapping[str, str] | None = None
    table: LabelTable | None = None
    collation: tuple[tuple[int, ...], ...] | None = None
    options: LoaderOptions | None = None
    title: str = ""
    _tables: dict[Path, LabelTable] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name for people."""
        return self.title or (self.root.stem if self.root.is_file() else self.root.name)

    @property
    def address(self) -> Path | str:
        """What it is opened by: its root, or the name it is registered under."""
        return self.title if self.layout == "registered" else self.root

    @property
    def findable(self) -> bool:
        """Whether its root alone leads to it again."""
        return self.patterns is None and not self.title

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits in order of appearance, without the empty one."""
        return tuple(dict.fromkeys(s.split for s in self.samples if s.split))

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Sample, ...]: ...
    def __getitem__(self, index: int | slice) -> Sample | tuple[Sample, ...]:
        return self.samples[index]

    def __len__(self) -> int:
        return len(self.samples)

    def index_of(self, sample_id: str) -> int:
        """Position of a sample, by its id or an end of it that only one has.

        Raises
        ------
        KeyError
            If none or several fit.
        """
        exact = [i for i, sample in enumerate(self.samples) if sample.id == sample_id]
        ends = exact or [i for i, s in enumerate(self.samples) if s.id.endswith("/" + sample_id)]
        if len(ends) != 1:
            near = ", ".join(sample.id for sample in self.samples[:5])
            raise KeyError(
                f"{self.root}: {len(ends)} samples are named '{sample_id}'; its ids are like {near}"
            )
        return ends[0]

    def label_table(self, source: Source) -> LabelTable:
        """Names and colours for a label image: the dataset's, or a table beside it or above it."""
        if self.table is not None:
            return self.table
        folder = source.path.parent
        if folder not in self._tables:
            self._tables[folder] = find_label_table(folder, self._highest_table(folder))
        return self._tables[folder]

    def _highest_table(self, folder: Path) -> Path:
        """Last folder to look for a table of the labels in `folder`."""
        root = self.root if self.root.is_dir() else self.root.parent
        if not folder.is_relative_to(root):  # a list may name files anywhere
            return folder.parent
        return root.parent if root.name.lower() in SPLITS else root

    def only(self, split: str) -> Dataset:
        """Return the samples of one split.

        Raises
        ------
        DatasetError
            If there are none.
        """
        name = same_split(split, self.splits) or split
        kept = tuple(sample for sample in self.samples if sample.split == name)
        if not kept:
            found = ", ".join(self.splits) or "none"
            raise DatasetError(f"{self.root}: no split '{split}'; found {found}")
        return replace(self, samples=kept)

    def aligned(self, alignment: Alignment) -> Dataset:
        """Return the same dataset with another promise."""
        return replace(self, alignment=alignment)


def guess_alignment(pairs: Sequence[tuple[Grid, Grid]]) -> Alignment:
    """Guess from some (fixed, moving) grids what a dataset promises."""
    known = [(fixed, moving) for fixed, moving in pairs if fixed.known and moving.known]
    if not known:
        return "none"
    if all(_same_grid(fixed, moving) for fixed, moving in known):
        return "same grid"
    met = sum(bool(overlap_fraction(fixed, moving)) for fixed, moving in known)
    return "world" if met * 2 >= len(known) else "none"


def _same_grid(a: Grid, b: Grid) -> bool:
    distance = corner_displacement_voxels(a, b)
    return distance is not None and distance <= _SAME_GRID_VOXELS
