"""The geometry panel as a value: facts of fixed beside moving beside labels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.checks.sentences import length_text
from napari_medload.geometry.agreement import (
    centre_offset_mm,
    corner_displacement_mm,
    corner_displacement_voxels,
)
from napari_medload.images.facts import form_disagreement_mm, header_facts
from napari_medload.loaders.sample import image_of, is_label_role, side_of
from napari_medload.session.table.facts import (
    SampleFacts,
    orientation_text,
    shape_text,
    spacing_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.formats import Header
    from napari_medload.loaders.dataset import Alignment

_SHOWN_MM = 0.05
_SHOWN_VOXELS = 0.5
_SAME_VOXELS = 0.05
_ROUNDING_MM = 1e-5


@dataclass(frozen=True)
class Cell:
    """One fact: its text, what hovering shows, and whether it disagrees with something."""

    text: str
    tip: str = ""
    marked: bool = False


@dataclass(frozen=True)
class GeometryTable:
    """Columns are roles, rows are facts; lengths are in mm, points R, A, S."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]

    def as_text(self) -> str:
        """Return tab-separated text, with a mark after what disagrees."""
        lines = ["\t".join(("", *self.columns))]
        for name, cells in self.rows:
            lines.append(
                "\t".join(
                    (
                        name,
                        *(c.text.replace("\n", "; ") + (" !" if c.marked else "") for c in cells),
                    )
                )
            )
        return "\n".join(lines)


def facts_as_json(facts: SampleFacts) -> str:
    """Return the facts of all roles as JSON, as the command line prints them."""
    return json.dumps({role: header_facts(h) for role, h in facts.headers.items()}, indent=2)


def geometry_table(facts: SampleFacts, alignment: Alignment) -> GeometryTable:
    """Lay out the facts of a sample.

    Marked are: a label that does not lie on its image's grid, forms of one header that disagree,
    and, where the dataset promises the same grid, a moving image that lies elsewhere.
    """
    order = _columns(list(facts.headers))
    headers = [facts.headers[role] for role in order]
    rows: list[tuple[str, tuple[Cell, ...]]] = []

    def add(name: str, cell: Callable[[Header], Cell]) -> None:
        rows.append((name, tuple(cell(header) for header in headers)))

    wrong_shape = {r for r in order if _shape_differs(r, facts)}
    rows.append(
        (
            "shape",
            tuple(
                Cell(shape_text(facts.headers[r]), _shape_tip(r, facts), r in wrong_shape)
                for r in order
            ),
        )
    )
    add("dtype", lambda h: Cell(str(h.dtype), _scaling_tip(h)))
    add("spacing", lambda h: Cell(spacing_text(h)))
    add("orient.", _orientation)
    add("origin", lambda h: _point(h.grid.oriented, h.grid.origin))
    add("extent", lambda h: _point(h.grid.known, h.grid.extent))
    add("centre", lambda h: _point(h.grid.oriented, h.grid.centre.tolist()))
    rows.append(("distance", tuple(_distance(role, facts, alignment) for role in order)))
    add("affine", _affine)
    add("s/q form", _forms)
    add(
        "file",
        lambda h: Cell(
            h.source.path.name + (f" {h.source.key}" if h.source.key else ""), str(h.source)
        ),
    )
    return GeometryTable(tuple(role.replace("_", " ") for role in order), tuple(rows))


def _columns(roles: Sequence[str]) -> list[str]:
    usual = ("fixed_image", "moving_image", "fixed_label", "moving_label", "image", "label")
    return [r for r in usual if r in roles] + [r for r in roles if r not in usual]


def _shape_differs(role: str, facts: SampleFacts) -> bool:
    partner = image_of(role, facts.headers) if is_label_role(role) else None
    if partner is None:
        return False
    return facts.headers[role].grid.shape != facts.headers[partner].grid.shape


def _shape_tip(role: str, facts: SampleFacts) -> str:
    if not _shape_differs(role, facts):
        return ""
    partner = image_of(role, facts.headers) or ""
    return f"its image has {shape_text(facts.headers[partner])}"


def _scaling_tip(header: Header) -> str:
    scaling = header.scaling
    if scaling.is_identity:
        return ""
    return f"value = stored × {scaling.slope:g} + {scaling.intercept:g}"


def _orientation(header: Header) -> Cell:
    grid = header.grid
    if not grid.known:
        return Cell("unknown", "the file states no geometry; drawn by index")
    if not grid.oriented:
        return Cell("unknown", "a spacing is stated, but no directions; drawn as stored")
    text, tip = orientation_text(header), "direction of increasing i, j, k"
    if grid.is_oblique:
        text += f" {grid.oblique_degrees:.1f}°"
        tip += "; largest angle between a voxel axis and a world axis"
    return Cell(text, tip)


def _affine(header: Header) -> Cell:
    if not header.grid.oriented:
        return Cell("unknown")
    rows = header.grid.affine[:3].tolist()
    matrix = "\n".join("  ".join(f"{value:9.3f}" for value in row) for row in rows)
    text = "\n".join(" ".join(f"{value:.3g}" for value in row) for row in rows)
    return Cell(text, f"voxel indices to RAS mm:\n{matrix}")


def _point(known: bool, point: Sequence[float]) -> Cell:
    if not known:
        return Cell("unknown")
    exact = ", ".join(f"{v:g}" for v in point)
    return Cell(", ".join(_short(v) for v in point), exact)


def _short(value: float) -> str:
    if abs(value) < _ROUNDING_MM:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.3g}"


def _distance(role: str, facts: SampleFacts, alignment: Alignment) -> Cell:
    """How far a role lies from what it belongs to."""
    header = facts.headers[role]
    if is_label_role(role):
        partner = image_of(role, facts.headers)
        if partner is None:
            return Cell("–")
        return _grid_distance(facts.headers[partner], header, marks=True)
    if side_of(role) != "moving" or "fixed_image" not in facts.headers:
        return Cell("–")
    fixed = facts.headers["fixed_image"]
    if facts.offset_mm is None:
        return Cell("–", "a geometry is unknown")
    if alignment == "same grid":
        return _grid_distance(fixed, header, marks=True)
    offset = centre_offset_mm(fixed.grid, header.grid)
    if offset is None:
        return Cell("–", "a geometry is unknown")
    length = float((offset**2).sum() ** 0.5)
    tip = "between the centres of fixed and moving, R A S: " + ", ".join(f"{v:.1f}" for v in offset)
    overlap = "" if facts.overlap is None else f"; fields of view overlap {facts.overlap:.0%}"
    return Cell(
        f"Δ {length_text(length)}", tip + overlap, alignment == "world" and facts.overlap == 0
    )


def _grid_distance(image: Header, other: Header, marks: bool) -> Cell:
    distance = corner_displacement_mm(image.grid, other.grid)
    if distance is None:
        offset = centre_offset_mm(image.grid, other.grid)
        if offset is None:
            return Cell("–", "a geometry is unknown")
        length = float((offset**2).sum() ** 0.5)
        return Cell(f"centre {length_text(length)}", "the shapes differ", marks)
    voxels = corner_displacement_voxels(image.grid, other.grid)
    beyond = voxels is not None and voxels > _SHOWN_VOXELS
    same = distance == 0 or (voxels is not None and voxels < _SAME_VOXELS)
    text = "same grid" if same else length_text(distance)
    tip = "" if voxels is None else f"largest displacement of a corner: {voxels:.2g} voxels"
    return Cell(text, tip, marks and beyond)


def _forms(header: Header) -> Cell:
    forms = header.forms
    if forms is None:
        return Cell("–", "only NIfTI has forms")
    codes = f"{forms.sform_code}, {forms.qform_code}"
    distance = form_disagreement_mm(header)
    if distance is not None and distance > _SHOWN_MM:
        return Cell(
            f"{codes}  {length_text(distance)}",
            "sform and qform disagree; the sform is used; tools built on ITK may use the other",
            marked=True,
        )
    used = "sform" if forms.sform_code else "qform" if forms.qform_code else "neither"
    return Cell(codes, f"codes of sform and qform; used: {used}")
