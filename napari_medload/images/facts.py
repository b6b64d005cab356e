"""The facts of a file, as the command line and the geometry panel state them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.geometry.agreement import corner_displacement_mm
from napari_medload.geometry.grid import Grid
from napari_medload.geometry.orientation import letters
from napari_medload.images.statistics import count_values, statistics
from napari_medload.images.volume import read_volume
from napari_medload.labels.naming import LABEL_WORDS

if TYPE_CHECKING:
    from napari_medload.formats import Header

_LABEL_WORDS = (*LABEL_WORDS, "parcellation", "atlas")
_FEW_VALUES = 64


def header_facts(header: Header) -> dict[str, Any]:
    """Facts known without pixels.

    Returns
    -------
    dict
        ``path, shape, dtype, spacing, orientation, origin, affine, bounds, oblique_degrees,
        sform_code, qform_code``; with ``key`` for a dataset inside a file, and ``notes`` where
        there is something to know of how it is read. Lengths in mm, RAS+.
        Geometry is None where the file states none; where a NIfTI file sets no form, it is what
        nibabel takes, and a note says so.
    """
    grid, forms = header.grid, header.forms
    placed = grid.oriented or (grid.known and forms is not None)
    facts: dict[str, Any] = {"path": str(header.source.path)}
    if header.source.key is not None:
        facts["key"] = header.source.key
    facts |= {
        "shape": list(header.shape),
        "dtype": str(header.dtype),
        "spacing": list(grid.spacing) if grid.known else None,
        "orientation": letters(grid.affine) if placed else None,
        "origin": list(grid.origin) if placed else None,
        "affine": grid.affine.tolist() if placed else None,
        "bounds": grid.bounds.tolist() if placed else None,
        "oblique_degrees": grid.oblique_degrees if placed else None,
        "sform_code": None if forms is None else forms.sform_code,
        "qform_code": None if forms is None else forms.qform_code,
    }
    if header.notes:
        facts["notes"] = list(header.notes)
    return facts


def form_disagreement_mm(header: Header) -> float | None:
    """How far the qform puts a corner from where the sform does, in mm; None without both."""
    forms = header.forms
    if forms is None or forms.sform is None or forms.qform is None:
        return None
    shape = header.grid.shape
    return corner_displacement_mm(Grid(shape, forms.sform), Grid(shape, forms.qform))


def voxel_facts(header: Header) -> dict[str, Any]:
    """Facts that need every voxel.

    Returns
    -------
    dict
        ``min, max, mean`` of the finite values (None where there are none), ``nonfinite``, and
        for labels ``counts``: voxels of each value.

    Raises
    ------
    OSError
        If the voxels cannot be read.
    """
    volume = read_volume(header)
    found = statistics(volume)
    facts: dict[str, Any] = {
        "min": found.minimum,
        "max": found.maximum,
        "mean": found.mean,
        "nonfinite": found.nonfinite,
    }
    if found.nonfinite == 0:
        counts = count_values(volume.values())
        if counts is not None and (is_label_file(header) or _few(counts)):
            facts["counts"] = {str(value): count for value, count in counts.items()}
    return facts


def is_label_file(header: Header) -> bool:
    """Whether a file holds labels, by its NIfTI intent or the names of file and folder."""
    path = header.source.path
    names = f"{path.parent.name}/{path.name}".lower()
    return header.is_label or any(word in names for word in _LABEL_WORDS)


def _few(counts: dict[int, int]) -> bool:
    """Whether values look like labels: a background and a handful of other whole numbers."""
    return 0 in counts and len(counts) <= _FEW_VALUES
