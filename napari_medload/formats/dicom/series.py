"""Which files belong together: the series in a folder, and what of a series shares a grid."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.contract import UnreadableFileError
from napari_medload.formats.dicom.planes import ORDER, Plane

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from napari_medload.formats.dicom.reading import Instance
    from napari_medload.formats.dicom.scanning import Scan

_SAME_PLACE_MM = 1e-3
_SAME_PLACE_PIXELS = 0.02
"""Two slices that are nearer than the larger of these along the normal lie at one place."""

_SAME_DIRECTION = 1e-3
_SAME_SPACING = 1e-3
_SAME_OFFSET_PIXELS = 0.5
_IMAGE_CLASSES = "1.2.840.10008.5.1.4.1.1."
_PROJECTIONS = tuple(
    _IMAGE_CLASSES + end for end in ("1", "3.1", "6.1", "6.2", "7", "12.1", "12.2", "77.1")
)
"""Radiographs, ultrasound, secondary captures, angiograms and photographs: each stands alone."""


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
    planes = [plane for instance in kept for plane in instance.planes]
    groups = [
        part
        for like in _alike(planes)
        for station in _by_station(like)
        for part in _evenly(station)
    ]
    groups.sort(key=lambda part: min((p.order[-1], p.file.name, p.frame) for p in part))
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
        identity = (instance.file.uid or instance.file.path, places)
        if identity in kept:
            copies.append(instance.file.name)
        else:
            kept[identity] = instance
    if not copies:
        return list(kept.values()), ()
    held = "1 file that holds" if len(copies) == 1 else f"{len(copies)} files that hold"
    return list(kept.values()), (
        f"{held} a slice of another file once more (the same SOPInstanceUID) is passed over: "
        f"{named(copies)}.",
    )


def named(names: Sequence[str], most: int = 4) -> str:
    """List some names."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _alike(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Group images of one size, kind, orientation and spacing."""
    exact: dict[tuple[Hashable, Hashable], list[Plane]] = defaultdict(list)
    for plane in planes:
        file, pixels = plane.file, plane.file.pixels
        sizes = None if pixels is None else (pixels.rows, pixels.columns, pixels.samples)
        alone = file.path if _stands_alone(plane) else ""
        place = plane.orientation, plane.spacing
        exact[(sizes, file.sop_class, alone), place].append(plane)
    groups: list[tuple[Hashable, list[Plane]]] = []
    for (kind, _place), members in exact.items():
        for known, group in groups:
            if known == kind and _agree(group[0], members[0]):
                group += members
                break
        else:
            groups.append((kind, members))
    return [group for _kind, group in groups]


def _stands_alone(plane: Plane) -> bool:
    """Whether an image is no slice among others: of a file with several, or without a place."""
    several = plane.file.pixels is not None and plane.file.pixels.frames > 1
    kind = plane.file.sop_class
    projection = any(kind == one or kind.startswith(one + ".") for one in _PROJECTIONS)
    return several or (projection and not plane.placed)


def _agree(a: Plane, b: Plane) -> bool:
    return _near(a.orientation, b.orientation, _SAME_DIRECTION) and _near(
        a.spacing, b.spacing, _SAME_SPACING
    )


def _near(a: tuple[float, ...] | None, b: tuple[float, ...] | None, within: float) -> bool:
    if a is None or b is None:  # what lacks a place belongs to its series, and is its fault
        return True
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= within


def normal_of(plane: Plane) -> np.ndarray:
    """Direction from slice to slice, shape (3,): to the right of columns and rows, LPS."""
    orientation = plane.orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    normal = np.cross(orientation[:3], orientation[3:])
    return np.asarray(normal / np.linalg.norm(normal))


def by_place(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Images of each place, in ascending order along the normal; all must be placed."""
    normal = normal_of(planes[0])
    within = max(_SAME_PLACE_MM, _SAME_PLACE_PIXELS * min(planes[0].spacing or (0.0,)))
    along = np.array([plane.position for plane in planes]) @ normal
    order = np.argsort(along, kind="stable")
    places: list[list[Plane]] = []
    last = -np.inf
    for index in order:
        if along[index] - last > within:
            places.append([])
            last = along[index]
        places[-1].append(planes[index])
    return places


def _by_station(planes: list[Plane]) -> list[list[Plane]]:
    """Part stacks that lie beside each other, as those of a whole body taken in stations."""
    if len(planes) < 2 or not all(plane.placed for plane in planes):
        return [planes]
    places = by_place(planes)
    most = max(map(len, places))
    within = _SAME_OFFSET_PIXELS * min(planes[0].spacing or (1.0,))
    if most == 1 or all(_spread(place) <= within for place in places):
        return [planes]
    normal = normal_of(planes[0])
    stations: list[tuple[np.ndarray, list[Plane]]] = []
    for plane in planes:
        offset = np.array(plane.position) - (np.array(plane.position) @ normal) * normal
        for known, station in stations:
            if np.abs(offset - known).max() <= within:
                station.append(plane)
                break
        else:
            stations.append((offset, [plane]))
            if len(stations) > most:  # not stations: the stack itself is sheared
                return [planes]
    return [station for _offset, station in stations]


def _spread(place: Sequence[Plane]) -> float:
    positions = np.array([plane.position for plane in place])
    return float(np.ptp(positions, axis=0).max())


def _evenly(planes: list[Plane]) -> list[list[Plane]]:
    """Part images by a tag, where some places have more of them than others."""
    if len(planes) < 2 or not all(plane.placed for plane in planes):
        return [planes]
    counts = {len(place) for place in by_place(planes)}
    if len(counts) == 1:
        return [planes]
    for value in _TELLING:
        groups: dict[Hashable, list[Plane]] = defaultdict(list)
        for plane in planes:
            groups[value(plane)].append(plane)
        even = all(len({len(place) for place in by_place(g)}) == 1 for g in groups.values())
        if even and len(groups) == max(counts):
            return list(groups.values())
    return [planes]


def _order_value(place: int) -> Callable[[Plane], Hashable]:
    return lambda plane: plane.order[place]


_TELLING: tuple[Callable[[Plane], Hashable], ...] = (
    lambda plane: plane.image_type,
    *(_order_value(place) for place in range(len(ORDER) - 2)),
)


def choose(parts: Sequence[Part], key: str | None, path: str, scan: Scan) -> Part:
    """Find the part that a key names, or the first one, with notes on the others.

    Raises
    ------
    UnreadableFileError
        If there is none.
    """
    if not parts:
        raise nothing_in(path, scan)
    fitting = [part for part in parts if key in (None, part.key, part.uid)]
    if not fitting:
        raise UnreadableFileError.about(
            path,
            f"no series {key}",
            f"one of {named([f'{part.key} ({part.title})' for part in parts], 6)}",
            "Choose one of these.",
        )
    chosen, notes = fitting[0], list(fitting[0].notes)
    if len(parts) > 1 and key != chosen.key:
        others = [
            f"{part.key} ({part.title}, {_count(part.images)})"
            for part in parts
            if part is not chosen
        ]
        notes.append(
            f"This is the first of {len(parts)} series or parts of series here, '{chosen.title}'. "
            f"Others: {named(others, 6)}; name one as {path}#{parts[-1].key}."
        )
    if scan.broken:
        notes.append(
            f"{len(scan.broken)} of the files are passed over, the first because "
            f"{scan.broken[0].rstrip('.')}."
        )
    return replace(chosen, notes=tuple(notes))


def _count(images: int) -> str:
    return "1 image" if images == 1 else f"{images} images"


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
    else:
        found = "DICOM without image pixels: " + ", ".join(
            f"{kind} ({count} file{'s'[: count > 1]})" for kind, count in sorted(kinds.items())
        )
        remedy = next((text for kind, text in _REMEDIES.items() if kind in kinds), "")
        remedy = remedy or "Open the series that it was made from."
    return UnreadableFileError.about(path, found, "a DICOM image or a series of them", remedy)
