"""Values: what stands in the voxels of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.check import Check, Observed
from napari_medload.checks.finding import Severity
from napari_medload.checks.pointing import first_voxel
from napari_medload.checks.sentences import role_text, voxels_text
from napari_medload.formats.contract import shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.checks.measured import Measured
    from napari_medload.checks.measures import ImageMeasure, LabelMeasure
    from napari_medload.formats.contract import Array
    from napari_medload.images import Volume

_THINNED = 7


def not_finite(case: Measured) -> Iterator[Observed]:
    """Voxels without a number. ITK reads them from NIfTI as 0, so what is built on it is blind."""
    measures: dict[str, ImageMeasure | LabelMeasure] = {**case.images, **case.labels}
    for role, measure in measures.items():
        count = measure.nans + measure.infinite
        if count:
            kinds = ((measure.nans, "NaN"), (measure.infinite, "infinite"))
            found = ", ".join(f"{number:,} {kind}" for number, kind in kinds if number)
            are = "is" if count == 1 else "are"
            yield Observed(
                f"{role_text(role)}: {voxels_text(count)} {are} not finite ({found}); "
                "expected numbers",
                (role,),
                float(count),
                "voxels",
                place=first_voxel(role, case.volumes[role], _not_finite, case.breathe),
            )


def _not_finite(values: Array) -> Array:
    return np.asarray(~np.isfinite(values))


def constant(case: Measured) -> Iterator[Observed]:
    """Images that show nothing."""
    for role, measure in case.images.items():
        if measure.low is not None and measure.low == measure.high:
            yield Observed(f"{role_text(role)}: every voxel is {measure.low:g}", (role,))


def identical(case: Measured) -> Iterator[Observed]:
    """Pairs of an image with itself."""
    fixed, moving = case.volumes.get("fixed_image"), case.volumes.get("moving_image")
    if fixed is not None and moving is not None and _same_values(fixed, moving):
        yield Observed(
            f"fixed and moving image are identical: all {shape_text(fixed.array.shape[:3])} "
            "voxels have the same values",
            ("fixed_image", "moving_image"),
        )


def _same_values(a: Volume, b: Volume) -> bool:
    if a.array.shape != b.array.shape:
        return False
    thin = np.s_[::_THINNED, ::_THINNED, ::_THINNED]
    if not _equal(a.scaling.apply(a.array[thin]), b.scaling.apply(b.array[thin])):
        return False
    if a.header.source == b.header.source:
        return True
    slices = range(a.array.shape[2])
    return all(
        _equal(a.scaling.apply(a.array[:, :, k]), b.scaling.apply(b.array[:, :, k])) for k in slices
    )


def _equal(a: Array, b: Array) -> bool:
    floats = a.dtype.kind == "f" and b.dtype.kind == "f"
    return bool(np.array_equal(a, b, equal_nan=floats))


VALUE_CHECKS: tuple[Check[Measured], ...] = (
    Check("finite values", "voxels", Severity.ERROR, 70, not_finite),
    Check("constant image", "voxels", Severity.WARNING, 82, constant),
    Check("identical images", "voxels", Severity.WARNING, 81, identical),
)
