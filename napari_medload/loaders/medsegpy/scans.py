"""From dataset dicts to samples: one for each scan, and one for each augmentation of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from napari_medload.formats import Source
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.medsegpy.categories import labels_of
from napari_medload.loaders.medsegpy.dicts import H5_SUFFIXES, IMAGE_SUFFIX, SEG_KEY, VOLUME_KEY
from napari_medload.loaders.medsegpy.inspection import image_key, inspected
from napari_medload.loaders.medsegpy.names import ScanName, SliceName
from napari_medload.loaders.medsegpy.placing import place
from napari_medload.loaders.medsegpy.stacks import Slice, stack
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from napari_medload.loaders.medsegpy.catalog import Entry, Metadata

EXPECTED = ("file_name", "sem_seg_file", "scan_id", "slice_id", "scan_num_slices")


def dataset_of(
    entries: Mapping[str, Iterable[Entry]],
    metadata: Metadata | None,
    root: Path,
    layout: str,
    title: str = "",
) -> Dataset:
    """Make a dataset from dataset dicts.

    Parameters
    ----------
    entries : mapping of split to dicts
        The split is empty where there is none.
    metadata : Metadata, optional
        Of the dataset: spacing, orientation, categories.
    root, layout, title
        As of `Dataset`.
    """
    table, collation = labels_of(metadata)
    samples = [s for split, found in entries.items() for s in samples_of(found, metadata, split)]
    return Dataset(
        root,
        layout,
        unique_ids(inspected(samples, collation)),
        "none",
        table=table,
        collation=collation,
        title=title,
    )


@dataclass
class _Scan:
    """Dicts of one scan and augmentation."""

    name: str
    augmentation: int
    entries: list[Entry] = field(default_factory=list)

    def sample_id(self, split: str) -> str:
        """Id, with the split first and the augmentation last, where there are any."""
        own = f"{self.name}-Aug{self.augmentation:02d}" if self.augmentation else self.name
        return f"{split}/{own}" if split else own


def samples_of(
    entries: Iterable[Entry], metadata: Metadata | None = None, split: str = ""
) -> list[Sample]:
    """Make samples of dataset dicts.

    An augmentation follows the scan that it was made from, and has its image as the further
    role ``origin_image``. A dict that names no file becomes a sample that says so.
    """
    folders = Folders(None if metadata is None else metadata.get("scan_root"))
    scans: dict[str, dict[tuple[int, bool, int], _Scan]] = {}
    strange: list[Sample] = []
    for position, entry in enumerate(entries):
        if (named := scan_of(entry)) is None:
            strange.append(_strange(entry, position, split))
            continue
        name, augmentation = named
        alone = not is_slice(entry)  # a volume shares its sample with no other
        key = (augmentation, alone, position if alone else 0)
        same = scans.setdefault(name, {}).setdefault(key, _Scan(name, augmentation))
        same.entries.append(entry)
    samples: list[Sample] = []
    for versions in scans.values():
        origin: Source | None = None
        for _key, scan in sorted(versions.items()):
            sample = _sample(scan, metadata, split, folders)
            if scan.augmentation == 0:
                origin = origin or sample.sources.get("image")
            elif origin is not None:
                sample = replace(sample, sources={**sample.sources, "origin_image": origin})
            samples.append(sample)
    return samples + strange


def scan_of(entry: Entry) -> tuple[str, int] | None:
    """Scan id and augmentation of a dict, or None where it names no file or no scan."""
    file_name = entry.get("file_name")
    if not isinstance(file_name, str | os.PathLike):
        return None
    by_file = ScanName.parse(os.fspath(file_name))
    given = entry.get("scan_id")
    if given is None:
        return None if by_file is None else (by_file.scan_id, by_file.augmentation)
    by_id = ScanName.parse(str(given))
    if by_id is not None and by_id.augmentation and str(by_id) == str(given):
        return by_id.scan_id, by_id.augmentation
    return str(given), 0 if by_file is None else by_file.augmentation


def is_slice(entry: Entry) -> bool:
    """Whether a dict is of one slice, and not of a volume."""
    return "singlefile_path" not in entry and str(entry["file_name"]).endswith(IMAGE_SUFFIX)


def _sample(scan: _Scan, metadata: Metadata | None, split: str, folders: Folders) -> Sample:
    make = _slices_sources if is_slice(scan.entries[0]) else _volume_sources
    sources, problems = make(scan.entries, metadata, folders)
    return Sample(scan.sample_id(split), sources, scan.name, split, tuple(problems))


def _slices_sources(
    entries: list[Entry], metadata: Metadata | None, folders: Folders
) -> tuple[dict[str, Source], list[str]]:
    numbered = [(_number(entry, place + 1), entry) for place, entry in enumerate(entries)]
    found = stack(
        Slice(number, folders.path(entry["file_name"]), folders.mask(entry))
        for number, entry in numbered
    )
    first = next(entry for number, entry in numbered if number == found.first)
    placement, wrong = place(first, metadata, found.first)
    problems = [*found.problems, *wrong]
    count, told = sum(one is not None for one in found.slices), first.get("scan_num_slices")
    if told is not None and told != count:
        problems.append(f"scan_num_slices says {told}, {count} slices were found")
    return found.sources(placement), problems


def _number(entry: Entry, position: int) -> int:
    """Slice number: told by the dict, else by the file's name, else by the order."""
    told = entry.get("slice_id")
    if told is not None:
        return int(told)
    named = SliceName.parse(str(entry["file_name"]))
    return position if named is None else named.number


def _volume_sources(
    entries: list[Entry], metadata: Metadata | None, folders: Folders
) -> tuple[dict[str, Source], list[str]]:
    entry = entries[0]
    image, mask, inside = (
        entry["file_name"],
        entry.get("sem_seg_file"),
        entry.get("singlefile_path"),
    )
    placement, problems = place(entry, metadata)

    def source(name: Any, key: str | None) -> Source:
        if inside is not None:
            return Source(folders.path(inside), f"{name}/{key}", placement=placement)
        return Source(folders.path(name), key, placement=placement)

    in_h5 = inside is not None or str(image).lower().endswith(H5_SUFFIXES)
    together = inside is not None or mask == image
    image_in = None if not in_h5 else VOLUME_KEY if together else image_key(folders.path(image))
    sources = {"image": source(image, image_in)}
    if mask is not None:
        is_h5 = inside is not None or str(mask).lower().endswith(H5_SUFFIXES)
        sources["label"] = source(mask, None if not is_h5 else SEG_KEY if together else "data")
    return sources, problems


def _strange(entry: Any, position: int, split: str) -> Sample:
    name = f"entry {position + 1}"
    keys = ", ".join(map(str, entry)) or "none"
    return Sample(
        f"{split}/{name}" if split else name,
        {},
        "",
        split,
        (f"a dict with the keys {keys}; expected {', '.join(EXPECTED)}",),
    )


class Folders:
    """Looks for files, listing each folder once: a dataset has 100,000 slices.

    Parameters
    ----------
    root : path, optional
        Where files lie whose paths are relative.
    """

    def __init__(self, root: Any) -> None:
        self._root = root if isinstance(root, str | os.PathLike) else None
        self._names: dict[str, frozenset[str]] = {}

    def path(self, name: Any) -> str:
        """Whole path of a file."""
        name = str(os.fspath(name))
        if self._root is not None and not os.path.isabs(name) and not os.path.exists(name):
            return os.path.join(str(self._root), name)
        whole: str = os.path.abspath(name)
        return whole

    def mask(self, entry: Entry) -> str | None:
        """Path of the mask that a dict names, if it is there."""
        if entry.get("sem_seg_file") is None:
            return None
        path = self.path(entry["sem_seg_file"])
        folder, name = os.path.split(path)
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = frozenset()
        return path if name in self._names[folder] else None
