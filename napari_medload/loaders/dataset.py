"""A dataset: samples in order, and what they promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, overload

from napari_medload.geometry.agreement import corner_displacement_voxels, overlap_fraction
from napari_medload.labels import Categories, LabelTable, find_label_table
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.splits import SPLITS, same_split

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_medload.formats import Source
    from napari_medload.geometry import Grid
    from napari_medload.loaders.options import LoaderOptions

Alignment: TypeAlias = Literal["same grid", "world", "none"]
ALIGNMENTS: tuple[Alignment, ...] = ("same grid", "world", "none")
UNDECLARED = cast("Alignment", "")
"""Alignment of a dataset that promises nothing of its own: `open_dataset` guesses it."""

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
        What moving and fixed promise: the same grid, the same world, or nothing. Where it is left
        out, `open_dataset` guesses it from the first pairs.
    patterns : mapping of role to pattern, optional
        With which its files were found.
    columns : mapping of role to column, optional
        That were chosen by hand, where it is a list.
    categories : Categories, optional
        What all its labels are called, in place of tables beside the files, and which channels
        they join; those of a sample go before them.
    channel_names : tuple of str
        What the channels of its images are called, in their order; empty where nobody states it.
    options : LoaderOptions, optional
        Of the training configuration that it was opened from, for its first split.
    split_options : mapping of split to LoaderOptions, optional
        The same for each split, where they differ.
    refusals : tuple of str, optional
        Why training would stop on that configuration.
    title : str, optional
        Name for people, in place of that of its folder.
    promised : bool
        Whether the alignment was declared or guessed; follows from it.
    """

    root: Path
    layout: str
    samples: tuple[Sample, ...]
    alignment: Alignment = UNDECLARED
    patterns: Mapping[str, str] | None = None
    categories: Categories | None = None
    channel_names: tuple[str, ...] = ()
    options: LoaderOptions | None = None
    split_options: Mapping[str, LoaderOptions] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()
    title: str = ""
    columns: Mapping[str, str] | None = None
    promised: bool = field(default=True, repr=False, compare=False)
    _tables: dict[Path, LabelTable] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.alignment:
            object.__setattr__(self, "alignment", "world")
            object.__setattr__(self, "promised", False)

    def __repr__(self) -> str:
        return f"Dataset({str(self.root)!r}, {self.layout}, {len(self)} samples)"

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
        return self.patterns is None and self.columns is None and not self.title

    @cached_property  # asked for again and again, and long to gather from 100,000 samples
    def splits(self) -> tuple[str, ...]:
        """Splits in order of appearance, without the empty one."""
        return tuple(dict.fromkeys(s.split for s in self.samples if s.split))

    @cached_property  # as above
    def folders(self) -> tuple[str, ...]:
        """Folders that hold its files, sorted."""
        sources = (source for sample in self.samples for source in sample.sources.values())
        return tuple(sorted({source.parts[0] for source in sources}))

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Sample, ...]: ...
    def __getitem__(self, index: int | slice) -> Sample | tuple[Sample, ...]:
        return self.samples[index]

    def __len__(self) -> int:
        return len(self.samples)

    def options_for(self, split: str = "") -> LoaderOptions | None:
        """Options of the configuration for one split; None without a configuration."""
        return self.split_options.get(split, self.options)

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
            count = f"{len(ends)} samples are" if ends else "no sample is"
            near = ", ".join(sample.id for sample in self.samples[:5])
            raise KeyError(f"{self.root}: {count} named '{sample_id}'; its ids are like {near}")
        return ends[0]

    def label_table(self, source: Source) -> LabelTable:
        """Names and colours for a label image: the dataset's, or a table beside it or above it."""
        if self.categories is not None and self.categories.table:
            return self.categories.table
        folder = source.path.parent
        if folder not in self._tables:
            self._tables[folder] = find_label_table(folder, self._highest_table(folder))
        return self._tables[folder]

    def categories_of(self, sample: Sample, source: Source) -> Categories:
        """Find what a label of a sample shows: by the sample, else by the dataset or its files."""
        known = sample.categories or self.categories or Categories()
        return known if known.table else Categories(self.label_table(source), known.collation)

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
            found = ", ".join(self.splits)
            raise DatasetError(
                f"{self.root}: no split '{split}'; found {found}. Choose one of these, or open "
                "all splits."
                if self.splits
                else f"{self.root}: no split '{split}'; found none. Open it without a split."
            )
        return replace(self, samples=kept)

    def keeping(self, sample_ids: Iterable[str]) -> Dataset:
        """Return some of the samples, in their order in the dataset.

        Parameters
        ----------
        sample_ids : iterable of str
            Ids, or ends of ids; see `index_of`.

        Raises
        ------
        DatasetError
            If one is not there, or none is named.
        """
        try:
            wanted = sorted({self.index_of(name) for name in sample_ids})
        except KeyError as error:
            raise DatasetError(str(error.args[0])) from None
        if not wanted:
            raise DatasetError(f"{self.root}: no sample is named; name one, or leave them all out")
        return replace(self, samples=tuple(self.samples[at] for at in wanted))

    def aligned(self, alignment: Alignment) -> Dataset:
        """Return the same dataset with another promise."""
        return replace(self, alignment=alignment, promised=True)


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
