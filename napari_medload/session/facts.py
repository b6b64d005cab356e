"""What the headers of a sample say, and where they disagree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.contract import shape_text as sizes_text
from napari_medload.geometry.agreement import (
    centre_offset_mm,
    corner_displacement_mm,
    corner_displacement_voxels,
    overlap_fraction,
)
from napari_medload.images.facts import form_disagreement_mm
from napari_medload.loaders.sample import image_of, is_label_role, side_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_medload.checks import Finding
    from napari_medload.formats import Header
    from napari_medload.labels import Categories
    from napari_medload.loaders.dataset import Alignment

_VOXELS_TOLERATED = 0.5
_FORMS_TOLERATED_MM = 0.1


@dataclass(frozen=True)
class SampleFacts:
    """One sample, from its headers alone.

    Parameters
    ----------
    headers : mapping of role to Header
        Of the files that could be read; empty in the facts of a table's row.
    problems : tuple of str
        What is wrong, worst first.
    offset_mm, overlap, oblique_degrees : float or None
        Between the fields of view of fixed and moving: distance of their centres, part of the
        smaller one inside the other; largest obliquity of any image. None where undefined.
    shape, spacing, orientation : str
        Of the images: fixed, then moving where it differs.
    notes : tuple of str
        What is not wrong, but good to know of how the files are read.
    findings : tuple of Finding
        What the checks say, worst first.
    """

    headers: Mapping[str, Header]
    problems: tuple[str, ...] = ()
    offset_mm: float | None = None
    overlap: float | None = None
    oblique_degrees: float | None = None
    shape: str = ""
    spacing: str = ""
    orientation: str = ""
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def without_headers(self) -> SampleFacts:
        """Return what a table keeps of each of 100,000 samples."""
        return replace(self, headers={})


def length_text(mm: float) -> str:
    """Write a distance in mm, however small it is."""
    return f"{mm:.1f} mm" if mm >= 1 else f"{mm:.2g} mm"


def shape_text(header: Header) -> str:
    """Return sizes, such as "182×218×182"."""
    return sizes_text(header.shape)


def spacing_text(header: Header) -> str:
    """Return spacing in mm, such as "1×1×2.5", or "unknown"."""
    grid = header.grid
    return "×".join(f"{step:.3g}" for step in grid.spacing) if grid.known else "unknown"


def orientation_text(header: Header) -> str:
    """Return orientation letters, or "unknown"."""
    return header.grid.orientation if header.grid.oriented else "unknown"


def _joined(text: Callable[[Header], str], headers: Mapping[str, Header]) -> str:
    """Texts of the images, each said once."""
    images = [role for role in headers if not is_label_role(role)]
    images.sort(key=lambda role: ("fixed", "", "moving").index(side_of(role)))
    return " | ".join(dict.fromkeys(text(headers[role]) for role in images))


def sample_facts(
    headers: Mapping[str, Header], unreadable: tuple[str, ...], alignment: Alignment
) -> SampleFacts:
    """Draw conclusions from the headers of a sample.

    Parameters
    ----------
    unreadable : tuple of str
        Messages of files that could not be read, and of roles that are missing.
    alignment : str
        What the dataset promises between fixed and moving.
    """
    problems = [*unreadable]
    for role in headers:
        problems += [wrong for wrong in (_off_its_image(role, headers),) if wrong]
        problems += [wrong for wrong in (_forms_disagree(role, headers[role]),) if wrong]
    tilts = [h.grid.oblique_degrees for h in headers.values() if h.grid.oriented]
    offset = overlap = None
    fixed, moving = headers.get("fixed_image"), headers.get("moving_image")
    if fixed is not None and moving is not None and _placed(fixed, moving):
        offset = centre_offset_mm(fixed.grid, moving.grid)
        overlap = overlap_fraction(fixed.grid, moving.grid)
        problems += _broken_promise(fixed, moving, overlap, alignment)
    return SampleFacts(
        headers=headers,
        shape=_joined(shape_text, headers),
        spacing=_joined(spacing_text, headers),
        orientation=_joined(orientation_text, headers),
        problems=tuple(problems),
        notes=_notes(headers),
        offset_mm=None if offset is None else float(np.linalg.norm(offset)),
        overlap=overlap,
        oblique_degrees=max(tilts, default=None),
    )


def _notes(headers: Mapping[str, Header]) -> tuple[str, ...]:
    """Gather the notes of all headers, each said once with the roles that it holds for."""
    roles: dict[str, list[str]] = {}
    for role, header in headers.items():
        for note in header.notes:
            roles.setdefault(note, []).append(role.replace("_", " "))
    return tuple(f"{', '.join(named)}: {note}" for note, named in roles.items())


def _placed(*headers: Header) -> bool:
    """Whether distances between images mean anything: not where only spacings are known."""
    return all(header.grid.oriented or not header.grid.known for header in headers)


def _off_its_image(role: str, headers: Mapping[str, Header]) -> str | None:
    """How a label's grid differs from that of its own image, or None where it does not."""
    partner = image_of(role, headers) if is_label_role(role) else None
    if partner is None:
        return None
    label, image = headers[role].grid, headers[partner].grid
    name = role.replace("_", " ")
    if label.shape != image.shape:
        found, wanted = (sizes_text(grid.shape) for grid in (label, image))
        return f"{name}: shape {found}, its image has {wanted}"
    voxels = corner_displacement_voxels(image, label)
    if voxels is None or voxels <= _VOXELS_TOLERATED:
        return None
    distance = corner_displacement_mm(image, label) or 0.0
    return f"{name}: lies {length_text(distance)} ({voxels:.1f} voxels) from its image"


def mask_problems(headers: Mapping[str, Header], categories: Categories | None) -> list[str]:
    """How labels that are promised to be one-hot masks do not fit their categories."""
    if categories is None or categories.collation is None:
        return []
    problems = []
    for role in filter(is_label_role, headers):
        shape, name = headers[role].shape, role.replace("_", " ")
        if len(shape) < 4:
            problems.append(
                f"{name}: {sizes_text(shape)} without an axis of channels; expected H×W×D×C, one "
                "channel a category"
            )
        else:
            problems += [f"{name}: {wrong}" for wrong in _wrong_channels(shape[3], categories)]
    return problems


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


def _forms_disagree(role: str, header: Header) -> str | None:
    distance = form_disagreement_mm(header)
    if distance is None or distance <= _FORMS_TOLERATED_MM:
        return None
    return f"{role.replace('_', ' ')}: sform and qform disagree by {length_text(distance)}"


def _broken_promise(
    fixed: Header, moving: Header, overlap: float | None, alignment: Alignment
) -> list[str]:
    if alignment == "none":
        return []
    if overlap == 0:
        return ["fixed and moving image do not overlap"]
    if alignment == "same grid":
        voxels = corner_displacement_voxels(fixed.grid, moving.grid)
        if fixed.grid.shape != moving.grid.shape:
            return ["fixed and moving image differ in shape; the same grid was promised"]
        if voxels is not None and voxels > _VOXELS_TOLERATED:
            return [f"moving image lies {voxels:.1f} voxels off the promised grid"]
    return []
