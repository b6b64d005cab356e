"""Where images of one direction lie along their normal, and which of one place comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.dicom.planes import ORDER, Plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.geometry import FloatArray

_ROUNDING_MM = 1e-3
_ROUNDING_PIXELS = 0.25
_SAME_PLACE_PIXELS = 0.02
"""Two slices that are nearer than this along the normal lie at one place, or nearer than what
positions may be rounded to: a thousandth of a mm, but for the tiny pixels of a microscope."""

_SAME_VALUE = 0.01
STEADY = ("TemporalPositionIdentifier", "EchoTime", "DiffusionBValue")
"""Tags that are the same for all slices of a frame."""


def normal_of(plane: Plane) -> FloatArray:
    """Direction from slice to slice, shape (3,): to the right of columns and rows, LPS."""
    orientation = plane.orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    normal = np.cross(orientation[:3], orientation[3:])
    return np.asarray(normal / np.linalg.norm(normal))


def by_place(planes: Sequence[Plane]) -> list[list[Plane]]:
    """Images of each place, in ascending order along the normal; all must be placed."""
    pixel = min(planes[0].spacing or (0.0,))
    within = max(min(_ROUNDING_MM, _ROUNDING_PIXELS * pixel), _SAME_PLACE_PIXELS * pixel)
    along = np.array([plane.position for plane in planes]) @ normal_of(planes[0])
    places: list[list[Plane]] = []
    last = -np.inf
    for index in np.argsort(along, kind="stable"):
        if along[index] - last > within:
            places.append([])
            last = along[index]
        places[-1].append(planes[index])
    return places


def positions_of(places: Sequence[Sequence[Plane]]) -> FloatArray:
    """Position of each place, shape (n, 3), LPS mm."""
    return np.array([place[0].position for place in places])


def in_order(plane: Plane) -> tuple[object, ...]:
    """Key by which images of one place are sorted.

    The type of an image goes before its number, so that magnitude and phase are never mixed.
    """
    return (*plane.order[:-1], plane.image_type, plane.order[-1], plane.file.name, plane.frame)


def mixed_by(places: Sequence[Sequence[Plane]]) -> str:
    """Tag that differs between the slices of one frame; empty where none does.

    Parameters
    ----------
    places : sequence of sequences of Plane
        As many images at each place, in order.
    """
    for frame in zip(*places, strict=True):
        for name in STEADY:
            found = [plane.order[ORDER.index(name)] for plane in frame]
            if max(found) - min(found) > _SAME_VALUE * max(map(abs, found)):
                return name
    return ""
