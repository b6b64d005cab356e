"""What of a series shares a grid: `split`."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.dicom.lattice import lattice_of
from napari_medload.formats.dicom.places import (
    STEADY,
    by_place,
    in_order,
    mixed_by,
    normal_of,
    positions_of,
)
from napari_medload.formats.dicom.planes import ORDER, Plane

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from napari_medload.geometry import FloatArray

_SAME_DIRECTION = 1e-3
_SAME_SPACING = 1e-3
_SAME_OFFSET_PIXELS = 0.5
_MISPLACED_STEPS = 0.5
"""A part whose slices would lie further than this from their places is split where it can be."""

_SAME_STEP = 0.01
_JUMP_STEPS = 5
_RUN_SLICES = 3
_IMAGE_CLASSES = "1.2.840.10008.5.1.4.1.1."
_PROJECTIONS = tuple(
    _IMAGE_CLASSES + end for end in ("1", "3.1", "6.1", "6.2", "7", "12.1", "12.2", "77.1")
)
"""Radiographs, ultrasound, secondary captures, angiograms and photographs: each stands alone."""


def split(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Part the images of a series into those that are a volume each.

    Parts differ in size, direction or spacing; lie beside each other; are time points of which
    some are unfinished; or have steps between slices that no one grid keeps true.
    """
    parts = [
        part
        for like in _alike(planes)
        for station in _by_station(like)
        for even in _by_tag(station)
        for part in _by_step(even)
    ]
    return sorted(parts, key=lambda part: min((p.order[-1], p.file.name, p.frame) for p in part))


def _alike(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Group images of one size, kind, study, orientation and spacing."""
    exact: dict[tuple[Hashable, Hashable], list[Plane]] = defaultdict(list)
    for plane in planes:
        file, pixels = plane.file, plane.file.pixels
        sizes = None if pixels is None else (pixels.rows, pixels.columns, pixels.samples)
        alone = file.path if _stands_alone(plane) else ""
        place = plane.orientation, plane.spacing
        exact[(sizes, file.sop_class, file.study, alone), place].append(plane)
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


def _by_tag(planes: list[Plane]) -> list[list[Plane]]:
    """Part images by a tag, where places do not all have the same frames."""
    if not _stacked(planes):
        return [planes]
    places = by_place(planes)
    most = max(map(len, places))
    equal = all(len(place) == most for place in places)
    if equal and not mixed_by([sorted(place, key=in_order) for place in places]):
        return [planes]
    for name, groups in _groups(planes):
        # one that says which frame an image is of may tell more of them than any place has
        fitting = len(groups) == most or (name in STEADY and most < len(groups) <= 2 * most)
        if fitting and all(len(set(map(len, by_place(group)))) == 1 for group in groups):
            return groups
    return [planes]


def _groups(planes: Sequence[Plane]) -> Iterator[tuple[str, list[list[Plane]]]]:
    """Images by the value of each tag, with the name of the tag."""
    for name, value in _TELLING.items():
        groups: dict[Hashable, list[Plane]] = defaultdict(list)
        for plane in planes:
            groups[value(plane)].append(plane)
        yield name, list(groups.values())


def _stacked(planes: Sequence[Plane]) -> bool:
    return len(planes) > 1 and all(plane.placed for plane in planes)


def _order_value(place: int) -> Callable[[Plane], Hashable]:
    return lambda plane: plane.order[place]


_TELLING: dict[str, Callable[[Plane], Hashable]] = {
    "ImageType": lambda plane: plane.image_type,
    **{name: _order_value(place) for place, name in enumerate(ORDER[:-1])},
}
"""Tags that may tell parts of a series apart."""


def _by_step(planes: list[Plane]) -> list[list[Plane]]:
    """Part a stack whose steps differ so much that one grid would misplace its slices.

    The parts are told by a tag, as two scans of one series; else they are runs of equal steps;
    else what lies far apart.
    """
    if not _stacked(planes) or not _misplaces(planes):
        return [planes]
    places = by_place(planes)
    enough = len(places) // _RUN_SLICES
    for _name, groups in _groups(planes):
        if 1 < len(groups) <= enough and not any(map(_misplaces, groups)):
            return groups
    positions = positions_of(places)
    runs = _cut(places, _ends_of_runs(np.diff(positions, axis=0)))
    if len(runs) <= enough:
        return runs
    steps = np.diff(positions @ normal_of(planes[0]))
    jumps = np.flatnonzero(steps > _JUMP_STEPS * np.median(steps[steps < steps.max()])) + 1
    pieces = _cut(places, jumps.tolist())
    return [part for piece in pieces for part in _by_step(piece)] if len(pieces) > 1 else [planes]


def _misplaces(planes: Sequence[Plane]) -> bool:
    """Whether the nearest grid has slices that are far from their places."""
    places = by_place(planes)
    if len(places) < 3:
        return False
    positions, normal = positions_of(places), normal_of(planes[0])
    smallest = float(np.diff(positions @ normal).min())
    return lattice_of(positions, normal).worst > _MISPLACED_STEPS * smallest


def _ends_of_runs(steps: FloatArray) -> list[int]:
    """Places where a run of equal steps, shape (n, 3), begins anew."""
    ends, at = [], 0
    while at < len(steps):
        apart = np.linalg.norm(steps[at:] - steps[at], axis=1)
        same = apart <= _SAME_STEP * np.linalg.norm(steps[at])
        length = len(same) if same.all() else int(np.argmin(same))
        at += length + 1
        ends.append(at)
    return [end for end in ends if end <= len(steps)]


def _cut(places: Sequence[Sequence[Plane]], at: Sequence[int]) -> list[list[Plane]]:
    """Images of the places between some indices."""
    bounds = [0, *at, len(places)]
    return [
        [plane for place in places[start:stop] for plane in place]
        for start, stop in pairwise(bounds)
    ]
