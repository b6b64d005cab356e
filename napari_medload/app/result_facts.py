"""Facts of what a registration leaves: transforms, displacement fields and landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.formats.displacements import FIELD_SUFFIXES
from napari_medload.formats.landmarks import LANDMARK_SUFFIXES, read_landmarks
from napari_medload.formats.transforms import TRANSFORM_SUFFIXES, holds_transform, read_transform

if TYPE_CHECKING:
    from pathlib import Path

_HDF5 = (".h5", ".hdf5")
_DIRECTION = "from points of the fixed image to points of the moving image"


def result_facts(path: Path) -> dict[str, Any] | None:
    """Facts of a file of a transform or of landmarks, in RAS mm; None where it is no such file.

    Displacement fields are volumes, and have the facts of these.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    name = path.name.lower()
    if name.endswith(_HDF5) and not holds_transform(path):
        return None
    if name.endswith(TRANSFORM_SUFFIXES) and not name.endswith(FIELD_SUFFIXES):
        transform = read_transform(path)
        facts = {"transform": transform.kind, "parameters": transform.parameters}
        if transform.matrix is not None:
            facts["matrix"] = transform.matrix.tolist()
        return {**facts, "maps": _DIRECTION, "space": "RAS mm"}
    if not name.endswith(LANDMARK_SUFFIXES):
        return None
    landmarks = read_landmarks(path)
    facts = {"landmarks": list(landmarks.names), "points": landmarks.points.tolist()}
    return {**facts, "space": "RAS mm", **({"notes": [landmarks.note]} if landmarks.note else {})}
