"""The exporter of a DeepReg configuration that points at the dataset's own directories."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.remark import Remark
from napari_medload.export.training.deepreg.config_file import (
    prove_config,
    relative_remarks,
    write_config,
)
from napari_medload.export.training.deepreg.kind import (
    DeepRegOptions,
    form_of,
    kind_of,
    roles_of,
    section_of,
    split_of,
)
from napari_medload.export.training.deepreg.proof import same_sources
from napari_medload.export.training.deepreg.remarks import remarks_of
from napari_medload.loaders.deepreg.folders import DEEPREG_LAYOUTS, PAIRED, SINGLE
from napari_medload.loaders.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source
    from napari_medload.loaders import Sample

_REMEDY = "Export to deepreg-folder, which makes a folder of this selection alone"


class DeepReg:
    """A configuration, and the list of its samples as ``NAME_samples.csv`` beside it."""

    name: ClassVar[str] = "deepreg"
    title: ClassVar[str] = "DeepReg configuration"
    suffixes: ClassVar[tuple[str, ...]] = (".yaml", ".yml")
    beside: ClassVar[tuple[str, ...]] = ("{}_samples.csv",)
    options: ClassVar[type] = DeepRegOptions
    consumer: ClassVar[str] = ""
    kind_in = staticmethod(kind_of)

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say what DeepReg would refuse, and which directories hold more than is selected."""
        found = list(remarks_of(selection, target))
        yield from found
        yield from relative_remarks(target)
        if not any(remark.gravity == "error" for remark in found):
            yield from _of_directories(selection, target)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the configuration and the list."""
        write_config(selection, target, _section(selection, target, target.place), aside)

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read both back; load the images' names with our loaders of DeepReg."""
        prove_config(selection, target, _section(selection, target, target.place), aside)
        same_sources(selection, target, _section(selection, target, str))


def _section(selection: Selection, target: Target, place: Any) -> dict[str, Any]:
    folders = {
        split: [place(folder) for folder in found]
        for split, found in _directories(selection).items()
    }
    return section_of(selection, target.options, folders)


def _directories(selection: Selection) -> dict[str, list[Path]]:
    """Directories of each split, in order of appearance."""
    main = _main_role(selection)
    found: dict[str, dict[Path, None]] = defaultdict(dict)
    for entry in selection:
        folder = directory_of(main, entry.sample.sources[main])
        if folder is not None:
            found[split_of(entry.sample) or ""][folder] = None
    return {split: list(folders) for split, folders in found.items()}


def directory_of(role: str, source: Source) -> Path | None:
    """Directory that holds the roles, for the image of one; None where it lies in no such one."""
    name = {**PAIRED, **SINGLE}[role]
    if form_of(source) == "h5":
        return source.path.parent if source.path.stem == name else None
    return next((p.parent for p in source.path.parents if p.name == name), None)


def _main_role(selection: Selection) -> str:
    return "moving_image" if kind_of(selection) == "paired" else "image"


def _of_directories(selection: Selection, target: Target) -> Iterator[Remark]:
    """Say where directories hold something else than what is selected."""
    roles = roles_of(selection, target.options.labeled)
    apart, placed = [], defaultdict(list)
    splits: dict[Path, set[str]] = defaultdict(set)
    for entry in selection:
        sample = entry.sample
        folders = {directory_of(role, sample.sources[role]) for role in roles}
        folder = next(iter(folders))
        if len(folders) != 1 or folder is None:
            apart.append(sample.id)
        else:
            placed[folder].append(sample)
            splits[folder].add(split_of(sample) or "")
    if apart:
        yield Remark(
            "error",
            "files do not lie in directories of DeepReg's layout (moving_images, fixed_images …; "
            f"images, labels). {_REMEDY}",
            tuple(apart),
        )
    for folder, samples in placed.items():
        if len(splits[folder]) > 1:
            yield Remark(
                "error",
                f"{folder} holds samples of {' and '.join(sorted(splits[folder]))}; DeepReg takes "
                f"whole directories. {_REMEDY}",
                tuple(sample.id for sample in samples),
            )
        elif said := _beyond(selection, folder, samples, roles):
            yield Remark("error", f"{said}. {_REMEDY}", tuple(sample.id for sample in samples))


def _beyond(
    selection: Selection, folder: Path, samples: list[Sample], roles: Mapping[str, str]
) -> str:
    """Say what else a directory holds; empty where the selection is all of it."""
    layout = DEEPREG_LAYOUTS[kind_of(selection)]
    form = form_of(samples[0].sources[_main_role(selection)])
    try:
        there = layout.samples_in(folder, form="h5" if form == "h5" else "nifti")
    except DatasetError as error:
        return f"{folder} cannot be listed: {error}"
    held = {tuple(_named(sample, role) for role in roles) for sample in there}
    meant = {tuple(_named(sample, role) for role in roles) for sample in samples}
    if held == meant:
        return ""
    return (
        f"{folder} holds {len(held):,} samples, of which {len(held & meant):,} are selected; "
        "a configuration names whole directories"
    )


def _named(sample: Sample, role: str) -> tuple[str, str | None] | None:
    source = sample.sources.get(role)
    return None if source is None else (source.file, source.key)
