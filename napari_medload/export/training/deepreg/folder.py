"""The exporter of a folder in DeepReg's layout, with the configuration beside it.

``NAME/<split>/moving_images/CASE.nii.gz`` and so on are links or copies; ``NAME.yaml`` beside the
folder points to it, and ``NAME_samples.csv`` says which samples they are of, in their order.
"""

from __future__ import annotations

import filecmp
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from napari_medload.export.errors import ExportError
from napari_medload.export.files.label_values import values_in
from napari_medload.export.remark import Remark
from napari_medload.export.training.deepreg.config_file import (
    prove_config,
    relative_remarks,
    write_config,
)
from napari_medload.export.training.deepreg.filling import in_channels, put, stored
from napari_medload.export.training.deepreg.kind import (
    DeepRegOptions,
    is_labeled,
    kind_of,
    section_of,
    split_of,
)
from napari_medload.export.training.deepreg.placing import Placed, placed
from napari_medload.export.training.deepreg.proof import sources_found
from napari_medload.export.training.deepreg.remarks import remarks_of
from napari_medload.images import read_volume
from napari_medload.loaders.sample import is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source

_TOLD_EVERY = 20


@dataclass(frozen=True)
class DeepRegFolderOptions(DeepRegOptions):
    """Options of a folder in DeepReg's layout: those of the configuration, and how it is filled.

    Parameters
    ----------
    how : str
        ``"symlink"``, ``"hardlink"`` or ``"copy"``. Datasets of HDF5 files are always copied.
    one_hot : bool
        Whether integer labels are written as one channel a label; with ``how="copy"`` alone.
    """

    how: Literal["symlink", "hardlink", "copy"] = field(
        default="symlink", metadata={"label": "files: links or copies"}
    )
    one_hot: bool = field(default=False, metadata={"label": "one channel a label"})


class DeepRegFolder:
    """A folder of links or copies."""

    name: ClassVar[str] = "deepreg-folder"
    title: ClassVar[str] = "DeepReg folder"
    suffixes: ClassVar[tuple[str, ...]] = ()
    beside: ClassVar[tuple[str, ...]] = ("{}.yaml", "{}_samples.csv")
    options: ClassVar[type] = DeepRegFolderOptions
    consumer: ClassVar[str] = ""
    kind_in = staticmethod(kind_of)

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say what DeepReg would refuse, and where the folder must not be."""
        options = target.options
        if options.one_hot and options.how != "copy":
            yield Remark(
                "error",
                f"one hot writes other labels than those there are, and how is {options.how}; "
                "expected how: copy. Change one of them",
            )
        if inside := _source_folder(selection, target.path):
            yield Remark(
                "error",
                f"{target.path} lies in {inside}, which holds the files themselves; expected a "
                f"folder outside the dataset, such as {inside.parent / target.path.name}_deepreg",
            )
        yield from relative_remarks(target)
        yield from remarks_of(selection, target, options.one_hot)

    def lines(self, selection: Selection, target: Target) -> Iterator[str]:
        """Name what the folder would hold; nothing is copied for a preview."""
        for one in placed(selection, target.options.labeled):
            held = f"{one.split}/{one.folder}.h5#{one.key}" if one.source.key else one.file
            yield f"{held}  ←  {one.source}"

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Fill the folder, and write the configuration beside it."""
        aside.mkdir()
        channels = _channels(selection, target)
        every = list(placed(selection, target.options.labeled))
        for number, one in enumerate(every):
            if number % _TOLD_EVERY == 0:
                target.tell(f"{target.options.how}: {number:,} of {len(every):,} files")
            put(one, aside, target.options.how, channels if is_label_role(one.role) else ())
        section = _section(selection, target, target.place(target.path))
        write_config(selection, target, section, _config_of(aside))

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Load it with our loaders of DeepReg, and compare order and content."""
        written = _section(selection, target, target.place(target.path))
        prove_config(selection, target, written, _config_of(aside))
        channels = _channels(selection, target)
        section = _section(selection, target, str(aside))
        every = list(placed(selection, target.options.labeled))
        for split in dict.fromkeys(one.split for one in every):
            for role, sources in sources_found(section, split, target).items():
                meant = [one for one in every if (one.split, one.role) == (split, role)]
                if len(meant) != len(sources):
                    raise ExportError(
                        f"{target.path}: {len(sources)} files of {role} were read back in {split}, "
                        f"expected {len(meant)}"
                    )
                own = channels if is_label_role(role) else ()
                for one, source in zip(_in_order(meant), sources, strict=True):
                    if not _is_same(one, source, own):
                        raise ExportError(
                            f"{target.path}: {role} of {one.sample_id} was not read back as it was "
                            f"meant; found {source}"
                        )


def _in_order(meant: list[Placed]) -> list[Placed]:
    """Let the samples of a group follow each other, within it as in the list."""
    groups = list(dict.fromkeys(one.group for one in meant))
    return sorted(meant, key=lambda one: groups.index(one.group))


def _config_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.yaml")


def _section(selection: Selection, target: Target, folder: str) -> dict[str, Any]:
    splits = dict.fromkeys(split_of(entry.sample) or "" for entry in selection)
    return section_of(
        selection, target.options, {split: [os.path.join(folder, split)] for split in splits}
    )


def _channels(selection: Selection, target: Target) -> tuple[int, ...]:
    """Values that become a channel each; none where labels stay, being masks already."""
    options = target.options
    if not (options.one_hot and is_labeled(selection, options.labeled)):
        return ()
    found: set[int] = set()
    for one in placed(selection, True):
        if is_label_role(one.role):
            found.update(values_in(one.source).whole)
    return tuple(sorted(found - {0})) if max(found, default=0) > 1 else ()


def _source_folder(selection: Selection, path: Path) -> Path | None:
    """Folder of the dataset that a path lies in, with all links followed; None outside."""
    folders = {source.path.parent for e in selection for source in e.sample.sources.values()}
    dataset = selection.dataset
    if dataset.layout != "list" and dataset.root.is_dir():
        folders.add(dataset.root)
    wanted = path.resolve()
    return next((f for f in sorted(folders) if wanted.is_relative_to(f.resolve())), None)


def _is_same(one: Placed, found: Source, channels: tuple[int, ...]) -> bool:
    if one.source.key is not None:
        array = stored(one.source)
        meant = in_channels(array, channels) if channels else array
        return np.array_equal(stored(found), meant, equal_nan=meant.dtype.kind == "f")
    if channels:
        meant = in_channels(read_volume(one.source).values(), channels)
        values = read_volume(found).values()
        return np.array_equal(values.reshape(meant.shape), meant)
    if os.path.samefile(one.source.file, found.file):
        return True
    return filecmp.cmp(one.source.file, found.file, shallow=False)
