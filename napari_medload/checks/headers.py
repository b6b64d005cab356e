"""Headers: where each image says that it lies, and whether its label says the same."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.checks.check import Check, Observed
from napari_medload.checks.finding import Severity
from napari_medload.checks.pointing import middle_of
from napari_medload.checks.registered import told_of
from napari_medload.checks.sentences import length_text, role_text, voxels_text
from napari_medload.formats.contract import shape_text
from napari_medload.geometry.affine import voxel_spacing
from napari_medload.geometry.agreement import corner_displacement_mm, corner_displacement_voxels
from napari_medload.geometry.grid import Grid
from napari_medload.images.facts import form_disagreement_mm
from napari_medload.loaders.sample import is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.checks.described import Described
    from napari_medload.formats import Header
    from napari_medload.labels import Categories

VOXELS_TOLERATED = 0.5
"""Displacement of a corner, along a voxel axis, that is rounding or a convention."""

_FAR_VOXELS, _FAR_MM = 5.0, 10.0
_FORMS_TOLERATED_MM = 0.1
_SHEAR_TOLERATED = 2e-4
"""Cosine; SimpleITK 2.5.7 reads a NIfTI file sheared by 1e-4, and none by 3e-4."""


def label_shape(case: Described) -> Iterator[Observed]:
    """Labels with other sizes than their image."""
    for label, image, lies, wanted in case.differing():
        if lies.shape == wanted.shape:
            continue
        said = (
            f"{role_text(label)}: shape {shape_text(lies.shape)}, its image has "
            f"{shape_text(wanted.shape)}"
        )
        if not (lies.oriented and wanted.oriented):
            yield Observed(said, (label, image))
            continue
        apart = float(np.linalg.norm(lies.corners - wanted.corners, axis=1).max())
        said += f"; their corners lie up to {length_text(apart)} apart"
        yield Observed(said, (label, image), apart, "mm", place=middle_of(label, lies))


def label_grid(case: Described) -> Iterator[Observed]:
    """Labels of their image's sizes that lie elsewhere."""
    for label, image, lies, wanted in case.differing():
        voxels = corner_displacement_voxels(wanted, lies)
        if voxels is not None and voxels > VOXELS_TOLERATED:
            distance = corner_displacement_mm(wanted, lies) or 0.0
            yield Observed(
                f"{role_text(label)}: lies {length_text(distance)} ({voxels:.1f} voxels) from its "
                "image",
                (label, image),
                distance,
                "mm",
                far_or_not(distance, voxels),
                middle_of(label, lies),
            )


def far_or_not(mm: float, voxels: float) -> Severity:
    """Take what lies a centimetre and some voxels off for an error; less may be a convention."""
    far = mm >= _FAR_MM and voxels >= _FAR_VOXELS
    return Severity.ERROR if far else Severity.WARNING


def label_handedness(case: Described) -> Iterator[Observed]:
    """Labels that are stored mirrored against their image."""
    for label, image, lies, wanted in case.differing():
        if lies.known and wanted.known and _is_mirrored(lies, wanted):
            yield Observed(
                f"{role_text(label)}: stored as {lies.orientation}, its image as "
                f"{wanted.orientation}: one mirrors the other",
                (label, image),
            )


def forms(case: Described) -> Iterator[Observed]:
    """Files whose sform and qform lead to different places."""
    for role, header in case.headers.items():
        distance = form_disagreement_mm(header)
        if distance is None or distance <= _FORMS_TOLERATED_MM:
            continue
        voxels = _forms_voxels(header)
        worse = voxels is None or voxels > VOXELS_TOLERATED
        yield Observed(
            f"{role_text(role)}: sform and qform disagree by {length_text(distance)}"
            + ("" if voxels is None else f" ({voxels_text(voxels)})"),
            (role,),
            distance,
            "mm",
            Severity.WARNING if worse else Severity.NOTE,
        )


def _forms_voxels(header: Header) -> float | None:
    found = header.forms
    if found is None or found.sform is None or found.qform is None:
        return None
    shape = header.grid.shape
    return corner_displacement_voxels(Grid(shape, found.sform), Grid(shape, found.qform))


def no_forms(case: Described) -> Iterator[Observed]:
    """NIfTI files that state no directions."""
    roles = tuple(
        role
        for role, header in case.headers.items()
        if header.source.placement is None
        and header.forms is not None
        and not (header.forms.sform_code or header.forms.qform_code)
    )
    if roles:
        yield Observed(
            f"{role_text(*roles)}: neither sform nor qform is set, so directions are unknown", roles
        )


def other_units(case: Described) -> Iterator[Observed]:
    """NIfTI files whose lengths are not in mm."""
    roles = tuple(
        role
        for role, header in case.headers.items()
        if any("xyzt_units" in note for note in header.notes)
    )
    if roles:
        yield Observed(
            f"{role_text(*roles)}: lengths are not in mm (xyzt_units); programs that pass over the "
            "unit see another size",
            roles,
        )


def singular(case: Described) -> Iterator[Observed]:
    """Affines that flatten space."""
    for grid, roles in case.grids.items():
        if grid.known and grid.is_singular:
            yield Observed(
                f"{role_text(*roles)}: the affine is singular (an axis has no length or two "
                "coincide), so nothing can be drawn where it lies",
                roles,
            )


def sheared(case: Described) -> Iterator[Observed]:
    """Axes that are not at right angles, which ITK cannot hold."""
    for grid, roles in case.grids.items():
        if not grid.oriented or _shear(grid) <= _SHEAR_TOLERATED or grid.is_singular:
            continue
        degrees = float(np.degrees(np.arcsin(min(1.0, _shear(grid)))))
        yield Observed(
            f"{role_text(*roles)}: axes are {degrees:.2g}° off a right angle (shear); programs "
            "built on ITK refuse the file",
            roles,
            degrees,
            "°",
        )


def _shear(grid: Grid) -> float:
    """Largest |cosine| between two voxel axes; as `geometry.affine.shear`, in plain Python."""
    x, y, z = grid.affine[:3, :3].T.tolist()
    lengths = [length or 1.0 for length in voxel_spacing(grid.affine).tolist()]
    largest = 0.0
    for (one, a), (other, b) in combinations(zip((x, y, z), lengths, strict=True), 2):
        cosine = sum(p * q for p, q in zip(one, other, strict=True)) / (a * b)
        largest = max(largest, abs(cosine))
    return largest


def pair_handedness(case: Described) -> Iterator[Observed]:
    """Pairs whose arrays mirror each other: of no harm to those who follow the headers."""
    if case.pair is None or case.alignment == "none":
        return
    fixed, moving = case.pair
    if fixed.oriented and moving.oriented and _is_mirrored(fixed, moving):
        yield Observed(
            f"fixed image stored as {fixed.orientation}, moving image as {moving.orientation}: "
            "programs that drop the affine see one mirrored",
            ("fixed_image", "moving_image"),
        )


def _is_mirrored(a: Grid, b: Grid) -> bool:
    return _determinant(a) * _determinant(b) < 0


def _determinant(grid: Grid) -> float:
    (a, b, c), (d, e, f), (g, h, i) = grid.affine[:3, :3].tolist()
    return float(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


def no_overlap(case: Described) -> Iterator[Observed]:
    """Pairs whose fields of view do not meet, although a common world is promised."""
    if case.alignment != "none" and case.pair is not None and case.overlap == 0:
        apart = case.offset_mm or 0.0
        said, severity = told_of(
            case.sample,
            f"fixed and moving image do not overlap; their centres lie {length_text(apart)} apart",
            None,
        )
        roles, place = ("fixed_image", "moving_image"), middle_of("moving_image", case.pair[1])
        yield Observed(said, roles, apart, "mm", severity, place)


def same_grid(case: Described) -> Iterator[Observed]:
    """Pairs that do not share the grid that is promised."""
    if case.alignment != "same grid" or case.pair is None or case.overlap == 0:
        return
    fixed, moving = case.pair
    roles = ("fixed_image", "moving_image")
    if fixed.shape != moving.shape:
        yield Observed(
            f"moving image: shape {shape_text(moving.shape)}, the fixed image has "
            f"{shape_text(fixed.shape)}; the same grid is promised",
            roles,
            severity=Severity.ERROR,
        )
        return
    voxels = corner_displacement_voxels(fixed, moving)
    if voxels is not None and voxels > VOXELS_TOLERATED:
        distance = corner_displacement_mm(fixed, moving) or 0.0
        yield Observed(
            f"moving image: lies {length_text(distance)} ({voxels:.1f} voxels) off the grid of the "
            "fixed image, which is promised",
            roles,
            distance,
            "mm",
            far_or_not(distance, voxels),
        )


def masks(case: Described) -> Iterator[Observed]:
    """Labels that are promised to be one-hot masks, and do not fit their categories."""
    categories = case.sample.categories
    if categories is None or categories.collation is None:
        return
    for role in filter(is_label_role, case.headers):
        shape = case.headers[role].shape
        if len(shape) < 4:
            yield Observed(
                f"{role_text(role)}: {shape_text(shape)} without an axis of channels; expected "
                "H×W×D×C, one channel a category",
                (role,),
            )
            continue
        for wrong in _wrong_channels(shape[3], categories):
            yield Observed(f"{role_text(role)}: {wrong}", (role,))


def _wrong_channels(count: int, categories: Categories) -> list[str]:
    """Say which channels categories name that masks lack, or that count from the end."""
    named = [channel for joined in categories.collation or () for channel in joined]
    absent = [
        f"{count} channels, but a category names channel {max(channels, key=abs)} ('{name}'), "
        "counted from 0"
        for name, channels in categories.absent(count).items()
    ]
    negative = sorted({channel for channel in named if -count <= channel < 0})
    if negative:
        absent.append(
            f"a category names channel {negative[0]}, which counts from the end; expected 0 to "
            f"{count - 1}"
        )
    return absent


LABEL_PLACE_CHECKS: tuple[Check[Described], ...] = (
    Check("label shape", "headers", Severity.ERROR, 85, label_shape),
    Check("label grid", "headers", Severity.WARNING, 84, label_grid),
)
"""What is told of where labels lie."""

HEADER_CHECKS: tuple[Check[Described], ...] = (
    Check("singular affine", "headers", Severity.ERROR, 90, singular),
    Check("overlap", "headers", Severity.ERROR, 88, no_overlap),
    *LABEL_PLACE_CHECKS,
    Check("same grid", "headers", Severity.WARNING, 80, same_grid),
    Check("label channels", "headers", Severity.ERROR, 75, masks),
    Check("label handedness", "headers", Severity.WARNING, 65, label_handedness),
    Check("sform and qform", "headers", Severity.WARNING, 55, forms),
    Check("shear", "headers", Severity.WARNING, 50, sheared),
    Check("unit of length", "headers", Severity.WARNING, 30, other_units),
    Check("directions", "headers", Severity.WARNING, 20, no_forms),
    Check("pair handedness", "headers", Severity.NOTE, 10, pair_handedness),
)
