"""The exporter of MedSegPy's dataset dicts.

`napari_medload.loaders.medsegpy.register_list` registers such a file with the catalogs.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.contract import NoOptions, Target
from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.export.training.medsegpy.dicts import dicts_of, is_readable, scan_id_of
from napari_medload.export.training.medsegpy.metadata import metadata_of, own_settings
from napari_medload.export.writing.facts import Facts, origin
from napari_medload.export.writing.json_lists import read_object, write_object
from napari_medload.export.writing.proving import expect_json
from napari_medload.loaders.lists.schema import IDENTITY, JUDGED, MISSING
from napari_medload.loaders.medsegpy.listed import DICTS, METADATA, MedSegPyList

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from napari_medload.export.selection import Selection
    from napari_medload.loaders import Sample

_CARRIED = ("image", "label", "origin_image")
"""Roles of which something is said; an augmentation finds its origin by the id of the scan."""
_STATED = (*IDENTITY, *JUDGED)


class MedSegPy:
    """Standard dataset dicts, for what MedSegPy can read: its HDF5 files."""

    name: ClassVar[str] = "medsegpy"
    title: ClassVar[str] = "MedSegPy dataset dicts"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    options: ClassVar[type] = NoOptions
    consumer: ClassVar[str] = ""

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say which samples it cannot read, and what is left out."""
        unread = tuple(e.sample.id for e in selection if not is_readable(e.sample))
        if unread:
            yield Remark(
                "error",
                "MedSegPy reads single scans from HDF5: slices as .im and .seg, or files with "
                "'volume' and 'seg'; these samples are something else. Leave them out, convert "
                "them, or export to another format",
                unread,
            )
        left = tuple(e.sample.id for e in selection if set(e.sample.sources) - {*_CARRIED})
        if left:
            yield Remark("warning", "further roles than image and label are left out", left)
        met = Counter((e.sample.split, scan_id_of(e.sample)) for e in selection)
        same = tuple(
            e.sample.id for e in selection if met[e.sample.split, scan_id_of(e.sample)] > 1
        )
        if same:
            yield Remark("error", "scans have one scan_id; expected another for each", same)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write where the list comes from, metadata, and dicts, one a line."""
        metadata = metadata_of(selection, target)
        dicts = _all_dicts(selection, target, metadata)
        head = {**origin(selection, target), METADATA: metadata}
        write_object(aside, [*head.items(), (DICTS, dicts)])

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Open what was written, and compare the files of each scan."""
        _same_text(selection, target, aside)
        opened = MedSegPyList().opened_as_in(target.path.parent, aside)
        found = Counter(_files_of(sample) for sample in opened)
        for entry in selection:
            if not found[_files_of(entry.sample)]:
                raise ExportError(
                    f"{target.path}: the scan {entry.sample.id} was not read back with its own "
                    "files. Is another scan named alike? Export one of each"
                )
        if len(opened) != len(selection):
            raise ExportError(
                f"{target.path}: {len(opened)} scans were read back, expected {len(selection)}"
            )


def _all_dicts(
    selection: Selection, target: Target, metadata: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for entry, stated in zip(selection, _stated(selection, target), strict=True):
        own = {**stated, **own_settings(entry.sample, metadata, selection.dataset.categories)}
        for each in dicts_of(entry.sample, target.place):
            yield {**own, **each}


def _stated(selection: Selection, target: Target) -> Iterator[dict[str, str]]:
    """Say what is known of each sample, in the columns of our own lists."""
    for row in Facts.of(selection, target).rows():
        yield {k: v for k, v in row.items() if k in _STATED and v != MISSING}


def _files_of(sample: Sample) -> tuple[Any, ...]:
    """Tell the files of a scan: paths, keys, and all its slices."""
    sources = (sample.sources.get(role) for role in ("image", "label"))
    return (sample.split, *((s.file, s.key, s.slices) if s else None for s in sources))


def _same_text(selection: Selection, target: Target, aside: Path) -> None:
    """Compare all dicts; they are made again."""
    content = read_object(aside)
    metadata = metadata_of(selection, target)
    head = {**origin(selection, target), METADATA: metadata}
    expect_json(target.path, head, {key: content.get(key) for key in head})
    found = iter(content.get(DICTS) or [])
    for each in _all_dicts(selection, target, metadata):
        if next(found, None) != each:
            raise ExportError(
                f"{target.path}: a dict of {each['scan_id']} was not read back as it was meant"
            )
