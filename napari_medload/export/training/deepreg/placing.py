"""Where the files of a folder in DeepReg's layout go: names that sort in the order of the list."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from napari_medload.export.files.file_names import file_name, own_name
from napari_medload.export.training.deepreg.kind import NIFTI_SUFFIXES, kind_of, roles_of, split_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source
    from napari_medload.loaders import Sample


@dataclass(frozen=True, slots=True)
class Placed:
    """One array of a sample, and its place.

    Parameters
    ----------
    sample_id, role : str
    source : Source
    split, folder, group, name : str
        ``split/folder/group/name.nii.gz``, or the key ``name``, or ``group-GROUP-NAME``, in
        ``split/folder.h5``; the group is empty where there is none.
    """

    sample_id: str
    role: str
    source: Source
    split: str
    folder: str
    group: str
    name: str

    @property
    def file(self) -> str:
        """Path of a NIfTI file below the folder."""
        suffix = next(s for s in NIFTI_SUFFIXES if self.source.file.endswith(s))
        return "/".join(filter(None, (self.split, self.folder, self.group, self.name + suffix)))

    @property
    def key(self) -> str:
        """Key in the HDF5 file of its role; its parts hold no hyphen where there is a group."""
        return f"group-{self.group}-{self.name}" if self.group else self.name


def placed(selection: Selection, labeled: bool) -> Iterator[Placed]:
    """Place all arrays, sample by sample."""
    roles = roles_of(selection, labeled)
    grouped = kind_of(selection) == "grouped"
    of_sample = names_of(selection)
    for entry in selection:
        sample = entry.sample
        group, name = of_sample[sample.id]
        for role, folder in roles.items():
            source = sample.sources[role]
            if source.key is not None and grouped:
                group, name = group.replace("-", "_"), name.replace("-", "_")
            yield Placed(sample.id, role, source, split_of(sample) or "", folder, group, name)


def names_of(selection: Selection) -> dict[str, tuple[str, str]]:
    """Group and name of each sample, by its id.

    They get a number before them where they would not sort in the order of the list.
    """
    grouped = kind_of(selection) == "grouped"
    members: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for entry in selection:
        sample = entry.sample
        members[split_of(sample) or "", sample.group if grouped else ""].append(sample)
    found: dict[str, tuple[str, str]] = {}
    for split in dict.fromkeys(split for split, _group in members):
        groups = [group for of, group in members if of == split]
        written = in_order([file_name(group) if group else "" for group in groups])
        for group, folder in zip(groups, written, strict=True):
            samples = members[split, group]
            names = in_order([file_name(_plain(sample, grouped)) for sample in samples])
            found |= {s.id: (folder, name) for s, name in zip(samples, names, strict=True)}
    return found


def in_order(names: Sequence[str]) -> list[str]:
    """Return names that sort as they stand, each once: as they are, or with a number before."""
    if all(a < b for a, b in pairwise(names)):
        return list(names)
    width = len(str(len(names)))
    return [f"{number:0{width}d}_{name}" for number, name in enumerate(names, start=1)]


def _plain(sample: Sample, grouped: bool) -> str:
    """Name of a sample within its group."""
    name = own_name(sample)
    return name.removeprefix(f"{sample.group}/") if grouped else name
