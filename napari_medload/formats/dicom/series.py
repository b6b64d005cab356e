"""Which files belong together: the series in a folder, and what of a series shares a grid."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.dicom.format import is_directory
from napari_medload.formats.dicom.splitting import split
from napari_medload.formats.dicom.wording import counted, named

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from napari_medload.formats.dicom.planes import Plane
    from napari_medload.formats.dicom.reading import Instance
    from napari_medload.formats.dicom.scanning import Scan


@dataclass(frozen=True)
class Part:
    """Images that are one volume: a series, or what of it shares a grid.

    Parameters
    ----------
    uid : str
        SeriesInstanceUID.
    key : str
        The same, with a number where the series has several parts.
    planes : tuple of Plane
        In no order.
    fault : str
        Why it cannot be read; empty where it can.
    notes : tuple of str
        What was left out of it.
    instances : tuple of Instance
        Its files.
    """

    uid: str
    key: str
    planes: tuple[Plane, ...]
    fault: str = ""
    notes: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()

    @property
    def title(self) -> str:
        """Name for people: number and description of the series."""
        file = self.instances[0].file
        name = " ".join(filter(None, (file.number, file.description or file.modality)))
        part = self.key[len(self.uid) + 1 :]
        return " ".join(filter(None, (name or "series", f"part {part}" if part else "")))

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.planes)


def parts_of(instances: Iterable[Instance]) -> list[Part]:
    """Sort files into series, and series into parts that share a grid.

    Returns
    -------
    list of Part
        By SeriesInstanceUID as a text, the order in which ITK lists series; parts of one series
        by the number of their first image. Files without images are in none.
    """
    series: dict[str, list[Instance]] = defaultdict(list)
    for instance in instances:
        if instance.planes or instance.fault:
            series[instance.file.series].append(instance)
    return [part for uid in sorted(series) for part in _parts(uid, series[uid])]


def _parts(uid: str, instances: list[Instance]) -> list[Part]:
    faults = [instance.fault for instance in instances if instance.fault]
    if faults:
        return [Part(uid, uid, (), faults[0], (), tuple(instances))]
    kept, notes = _without_copies(instances)
    groups = split([plane for instance in kept for plane in instance.planes])
    by_path = {instance.file.path: instance for instance in kept}
    return [
        Part(
            uid,
            uid if len(groups) == 1 else f"{uid}:{number}",
            tuple(part),
            notes=notes,
            instances=tuple(by_path[path] for path in dict.fromkeys(p.file.path for p in part)),
        )
        for number, part in enumerate(groups, start=1)
    ]


def _without_copies(instances: list[Instance]) -> tuple[list[Instance], tuple[str, ...]]:
    """Drop files that hold what another one holds: the same instance at the same place."""
    kept: dict[Hashable, Instance] = {}
    copies = []
    for instance in sorted(instances, key=lambda one: one.file.name):
        places = tuple((plane.position, plane.order) for plane in instance.planes)
        file = instance.file
        identity = (file.uid or file.path, file.study, places)
        if identity in kept:
            copies.append(file.name)
        else:
            kept[identity] = instance
    if not copies:
        return list(kept.values()), ()
    held = "1 file that holds" if len(copies) == 1 else f"{len(copies)} files that hold"
    return list(kept.values()), (
        f"{held} a slice of another file once more (the same SOPInstanceUID) is passed over: "
        f"{named(copies)}.",
    )


def choose(scan: Scan, key: str | None, path: str) -> Part:
    """Find the part that a key names, or the first one, with notes on the others.

    A key is that of the part or of its series, or else its title, or the number in it.

    Raises
    ------
    UnreadableFileError
        If there is none.
    """
    parts = scan.parts
    if not parts:
        raise nothing_in(path, scan)
    fitting = [part for part in parts if key in (None, part.key, part.uid)]
    fitting = fitting or [part for part in parts if key in (part.title, part.title.split(" ")[0])]
    if not fitting or (len(fitting) > 1 and key not in (None, fitting[0].uid)):
        raise UnreadableFileError.about(
            path,
            f"{'several series' if fitting else 'no series'} {key}",
            f"one of {named([f'{part.key} ({part.title})' for part in parts], 6)}",
            "Choose one of these.",
        )
    chosen = fitting[0]
    others = _others(parts, chosen, path) if len(parts) > 1 and key != chosen.key else ()
    return replace(chosen, notes=(*chosen.notes, *others, *_left_out(scan, chosen)))


def _others(parts: Sequence[Part], chosen: Part, path: str) -> tuple[str, ...]:
    others = [
        f"{part.key} ({part.title}, {counted(part.images, 'image')})"
        for part in parts
        if part is not chosen
    ]
    return (
        f"This is the first of {len(parts)} series or parts of series here, '{chosen.title}'. "
        f"Others: {named(others, 6)}; name one as {path}#{parts[-1].key}, in Python with key=…; "
        "its title does as well.",
    )


def _left_out(scan: Scan, chosen: Part) -> Iterator[str]:
    """Say which files may be slices of a series, and are passed over."""
    if scan.broken:
        first = scan.broken[0].rstrip(".")
        which = "passed over" if len(scan.broken) == 1 else "passed over, the first"
        yield f"{counted(len(scan.broken), 'file')} {which} because of this: {first}."
    kinds = {instance.file.sop_class for instance in chosen.instances}
    empty = [
        instance.file.name
        for instance in scan.instances
        if not (instance.planes or instance.fault)
        and instance.file.sop_class in kinds
        and instance.file.series in ("", chosen.uid)
    ]
    if empty:
        yield (
            f"{counted(len(empty), 'file')} of the same kind passed over because of lacking "
            f"pixels: {named(empty)}. Slices may be missing; copy the series again."
        )


_REMEDIES = {
    "SEG": "Convert the segmentation to NRRD or NIfTI with dcmqi (segimage2itkimage) or highdicom.",
    "RTSTRUCT": "Convert the contours to a label image, with plastimatch or 3D Slicer for one.",
}


def nothing_in(path: str, scan: Scan) -> UnreadableFileError:
    """Say what lies at a path in place of images."""
    kinds = Counter(instance.file.modality or "no modality" for instance in scan.instances)
    if not kinds:
        found = scan.broken[0] if scan.broken else "no DICOM file"
        remedy = "Open the folder that holds the files of the series."
        if is_directory(os.path.basename(path)):
            found, remedy = "a table of contents, which holds no image", "Open its folder."
    else:
        found = "DICOM without image pixels: " + ", ".join(
            f"{kind} ({count} file{'s'[: count > 1]})" for kind, count in sorted(kinds.items())
        )
        remedy = next((text for kind, text in _REMEDIES.items() if kind in kinds), "")
        remedy = remedy or "Open the series that it was made from."
    return UnreadableFileError.about(path, found, "a DICOM image or a series of them", remedy)
