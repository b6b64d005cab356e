"""The faults that are planted in the demo: each on the moving side of one sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.demo.grids import left_right_axis
from napari_medload.geometry import FloatArray, Grid
from napari_medload.geometry.affine import from_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_medload.formats.contract import Array

SHIFT_MM = (0.0, 30.0, 0.0)
CROPPED_VOXELS = 2
KEPT_OF_TRUNCATED = 0.6


@dataclass(frozen=True, eq=False)
class Scan:
    """An image and its label as they will be written.

    Parameters
    ----------
    image, label : array, shape (i, j, k)
    image_affine, label_affine : array, shape (4, 4)
        Voxel indices to RAS+ mm.
    kept : float
        Part of the image's compressed bytes that reach the disk.
    """

    image: Array
    label: Array
    image_affine: FloatArray
    label_affine: FloatArray
    kept: float = 1.0


@dataclass(frozen=True)
class Fault:
    """What is wrong with a sample.

    Parameters
    ----------
    sentence : str
        For the reader of the dataset.
    spoil : callable
        Turns a good moving scan into the broken one.
    stranger : bool
        Whether the moving scan is of somebody else.
    """

    sentence: str
    spoil: Callable[[Scan], Scan]
    stranger: bool = False


def _flip(scan: Scan) -> Scan:
    """Reverse the voxels along left-right and leave the header as it was."""
    axis = left_right_axis(Grid((1, 1, 1), scan.image_affine))
    return replace(scan, image=np.flip(scan.image, axis), label=np.flip(scan.label, axis))


def _shift(scan: Scan) -> Scan:
    def shifted(affine: FloatArray) -> FloatArray:
        return from_parts(affine[:3, :3], affine[:3, 3] + SHIFT_MM)

    return replace(
        scan, image_affine=shifted(scan.image_affine), label_affine=shifted(scan.label_affine)
    )


def _crop_label(scan: Scan) -> Scan:
    """Drop the first voxels along the first axis and leave the affine as it was."""
    return replace(scan, label=scan.label[CROPPED_VOXELS:])


def _empty_label(scan: Scan) -> Scan:
    return replace(scan, label=np.zeros_like(scan.label))


def _truncate(scan: Scan) -> Scan:
    return replace(scan, kept=KEPT_OF_TRUNCATED)


def _keep(scan: Scan) -> Scan:
    return scan


PLANTED: Mapping[str, Fault] = MappingProxyType(
    {
        "subject_04": Fault(
            "The voxels of the moving image and of its label are flipped left-right, under an "
            "unchanged header: the lesion lies on the other side than in the fixed image.",
            _flip,
        ),
        "subject_06": Fault(
            "The headers of the moving image and of its label are shifted by 30 mm towards the "
            "front: neither lies where the fixed image is.",
            _shift,
        ),
        "subject_07": Fault(
            "The moving label is on the wrong grid: it lacks the first two voxels along its first "
            "axis and lies two voxels away from where its image is.",
            _crop_label,
        ),
        "subject_09": Fault("The moving label is empty: every voxel is background.", _empty_label),
        "subject_10": Fault(
            "The moving image and its label show a swapped partner: they are of another subject "
            "than the fixed image, with a lesion on the other side.",
            _keep,
            stranger=True,
        ),
        "subject_12": Fault(
            "The file of the moving image is truncated: it ends after 60 percent of its bytes, "
            "so its header can be read and its voxels can't.",
            _truncate,
        ),
    }
)

FAULTS: Mapping[str, str] = MappingProxyType(
    {sample: fault.sentence for sample, fault in PLANTED.items()}
)
"""Sample id to its planted fault, in a sentence. Samples that are not listed are good."""
