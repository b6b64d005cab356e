"""From dataset dicts to samples: one for each scan, and one for each augmentation of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari_medload.formats import Source
from napari_medload.formats.hdf5.slices import KEY
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.medsegpy.dicts import SEG_KEY, VOLUME_KEY
from napari_medload.loaders.medsegpy.entries import (
    EntryError,
    ScanEntry,
    brief,
    checked,
    whole_number,
)
from napari_medload.loaders.medsegpy.files import Folders, image_key, is_h5, is_slice
from napari_medload.loaders.medsegpy.names import SliceName
from napari_medload.loaders.medsegpy.placing import place
from napari_medload.loaders.medsegpy.settings import Known, ScanSettings
from napari_medload.loaders.medsegpy.stacks import Slice, lost_text, stack
from napari_medload.loaders.pairing import missing, unique_ids
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from napari_medload.labels import Categories
    from napari_medload.loaders.medsegpy.catalog import Entry, Metadata


def dataset_of(
    entries: Mapping[str, Iterable[Entry]],
    metadata: Mapping[str, Metadata | None],
    root: Path,
    layout: str,
    *,
    title: str = "",
    more: Sequence[Sample] = (),
    whole: bool = True,
) -> Dataset:
    """Make a dataset from dataset dicts.

    Parameters
    ----------
    entries : mapping of split to dicts
        The split is empty where there is none.
    metadata : mapping of split to Metadata or None
        Spacing, orientation, categories.
    root, layout, title
        As of `Dataset`.
    more : sequence of Sample
        Further samples, which no dict describes.
    whole : bool
        Whether the slices are meant to be whole scans.
    """
    samples: list[Sample] = []
    categories: dict[Categories, None] = {}
    for split, found in entries.items():
        known = ScanSettings(metadata.get(split))
        categories[known.dataset.categories] = None
        samples += samples_of(found, metadata.get(split), split, known=known, whole=whole)
    every = unique_ids([*_with_missing_labels(samples), *more])
    common = next(iter(categories)) if len(categories) == 1 else None
    return Dataset(root, layout, every, "none", categories=common, title=title)


@dataclass
class _Scan:
    """Dicts of one scan and augmentation."""

    name: str
    augmentation: int
    sliced: bool
    entries: list[ScanEntry] = field(default_factory=list)

    def sample_id(self, split: str) -> str:
        """Id, with the split first and the augmentation last, where there are any."""
        own = f"{self.name}-Aug{self.augmentation:02d}" if self.augmentation else self.name
        return f"{split}/{own}" if split else own


def samples_of(
    entries: Iterable[Any],
    metadata: Metadata | None = None,
    split: str = "",
    *,
    known: ScanSettings | None = None,
    whole: bool = True,
) -> list[Sample]:
    """Make samples of dataset dicts.

    An augmentation follows the scan that it was made from, and has its image as the further
    role ``origin_image``. A dict that cannot be used becomes a sample that says so.
    """
    folders = Folders(None if metadata is None else metadata.get("scan_root"))
    maker = _Maker(folders, known or ScanSettings(metadata), split, whole)
    scans: dict[str, dict[tuple[int, bool, int], _Scan]] = {}
    strange: list[Sample] = []
    for position, given in enumerate(entries):
        try:
            entry = checked(given)
        except EntryError as error:
            strange.append(_strange(str(error), position, split))
            continue
        sliced = is_slice(entry, folders)
        # a volume shares its sample with no other
        key = (entry.augmentation, not sliced, 0 if sliced else position)
        made = _Scan(entry.scan, entry.augmentation, sliced)
        scans.setdefault(entry.scan, {}).setdefault(key, made).entries.append(entry)
    samples: list[Sample] = []
    for versions in scans.values():
        origin: Source | None = None
        for _key, scan in sorted(versions.items(), key=lambda item: item[0]):
            sample = maker.sample(scan)
            if scan.augmentation == 0:
                origin = origin or sample.sources.get("image")
            elif origin is not None:
                sample = replace(sample, sources={**sample.sources, "origin_image": origin})
            samples.append(sample)
    return samples + strange


@dataclass(frozen=True)
class _Maker:
    """Makes the sample of a scan."""

    folders: Folders
    known: ScanSettings
    split: str
    whole: bool

    def sample(self, scan: _Scan) -> Sample:
        """Make a sample, with what is wrong with it."""
        make = self._of_slices if scan.sliced else self._of_volume
        sources, known, problems = make(scan.entries)
        return Sample(
            scan.sample_id(self.split),
            sources,
            scan.name,
            self.split,
            (*problems, *known.problems) if problems else known.problems,
            categories=known.categories,
            settings=known.settings,
        )

    def _of_slices(
        self, entries: Sequence[ScanEntry]
    ) -> tuple[dict[str, Source], Known, list[str]]:
        numbered = [(_number(entry, place + 1), entry) for place, entry in enumerate(entries)]
        found = stack((self._slice(number, entry) for number, entry in numbered), self.whole)
        first = next(entry for number, entry in numbered if number == found.first)
        known = self.known.of(first.given)
        placement, wrong = place(known.settings, found.first)
        count = sum(one is not None for one in found.slices)
        problems = [*found.problems, *wrong, *_wrong_count(first.given, count)]
        return found.sources(placement), known, problems

    def _slice(self, number: int, entry: ScanEntry) -> Slice:
        mask, lost = self._mask(entry)
        return Slice(number, self.folders.path(entry.image), mask, lost)

    def _mask(self, entry: ScanEntry) -> tuple[str | None, str | None]:
        """Path of the mask that a dict names, and the same where nothing is there."""
        if entry.mask is None:
            return None, None
        path = self.folders.path(entry.mask)
        return (path, None) if self.folders.has(path) else (None, path)

    def _of_volume(
        self, entries: Sequence[ScanEntry]
    ) -> tuple[dict[str, Source], Known, list[str]]:
        (entry,) = entries
        known = self.known.of(entry.given)
        placement, problems = place(known.settings)
        if entry.inside is not None:
            path = self.folders.path(entry.inside)
            named = {"image": (entry.image, VOLUME_KEY), "label": (entry.mask, SEG_KEY)}
            keys = {role: f"{name}/{key}" for role, (name, key) in named.items() if name}
            return (
                {role: Source(path, key, placement=placement) for role, key in keys.items()},
                known,
                problems,
            )
        image, (mask, lost) = self.folders.path(entry.image), self._mask(entry)
        together = mask == image
        key = (VOLUME_KEY if together else image_key(image)) if is_h5(image) else None
        sources = {"image": Source(image, key, placement=placement)}
        if mask is not None:
            key = (SEG_KEY if together else KEY) if is_h5(mask) else None
            sources["label"] = Source(mask, key, placement=placement)
        return sources, known, problems + ([lost_text(lost)] if lost else [])


def _number(entry: ScanEntry, position: int) -> int:
    """Slice number: told by the dict, else by the file's name, else by the order."""
    if entry.number is not None:
        return entry.number
    named = SliceName.parse(entry.image)
    return position if named is None else named.number


def _wrong_count(entry: Entry, count: int) -> list[str]:
    """Compare the number of slices that a dict states with those that were found."""
    told = entry.get("scan_num_slices")
    if told is None or whole_number(told) == count:
        return []
    stated = whole_number(told)
    if stated is None:
        return [f"scan_num_slices is {brief(told)}; expected a whole number"]
    return [f"scan_num_slices says {stated}, {count} slices were found"]


def _with_missing_labels(samples: Sequence[Sample]) -> list[Sample]:
    """Say which samples have no label where others have one, unless it is said already."""
    labelled = any("label" in sample.sources for sample in samples)
    return [
        replace(sample, problems=(*sample.problems, missing("label", sample.id)))
        if labelled
        and "image" in sample.sources
        and "label" not in sample.sources
        and not any(problem.startswith("label:") for problem in sample.problems)
        else sample
        for sample in samples
    ]


def _strange(reason: str, position: int, split: str) -> Sample:
    name = f"entry {position + 1}"
    return Sample(f"{split}/{name}" if split else name, {}, "", split, (reason,))
