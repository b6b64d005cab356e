"""Workspaces of ITK-SNAP for one sample; unverified until opened there.

A workspace is a registry: folders and entries with keys and values. The keys are those of
workspaces that ITK-SNAP has saved (``Testing/TestData/*.itksnap`` of its source), and how they are
read is in ``Logic/WorkspaceAPI`` and ``Common/Registry``: paths are absolute, and images that were
moved together with the workspace are found from ``SaveLocation``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from napari_medload.export.contract import WITHIN_0_1
from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.export.scenes.one_sample import (
    colours_255,
    expect_tree,
    headers_of,
    one_sample,
    read_xml,
    several_frames,
    unopened,
    write_xml,
)
from napari_medload.export.writing.proving import proving
from napari_medload.loaders.sample import WARPED_ROLES, is_image_role, is_label_role, side_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Header
    from napari_medload.labels import LabelTable
    from napari_medload.loaders import Sample

_PROGRAM = "ITK-SNAP"
_VERSION = "20151215"
"""Of the workspaces that these are like."""

_SUFFIXES = (".nii", ".nii.gz", ".hdr", ".img", ".img.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
_MAIN, _OVERLAY, _SEGMENTATION = "MainRole", "OverlayRole", "SegmentationRole"
_MAIN_CHOICES = ("fixed_image", "image", "moving_image")
_TABLE = ("ProjectMetaData", "IRIS", "LabelTable")
_MOST_LABELS = 65535  # of its label type, unsigned short


@dataclass(frozen=True)
class ItkSnapOptions:
    """How a workspace is set up.

    Parameters
    ----------
    overlay_opacity : float
        Of the images over the main one, 0 to 1.
    """

    overlay_opacity: float = field(default=0.5, metadata=WITHIN_0_1)


class _Layer(NamedTuple):
    """An image of the workspace."""

    role: str
    kind: str
    name: str
    path: str


class ItkSnap:
    """A workspace of ITK-SNAP: one sample, with names and colours of its labels.

    The fixed image is the main one, the moving image and further ones lie over it, the label of
    the fixed image is the segmentation. Unverified until opened there.
    """

    name: ClassVar[str] = "itksnap"
    title: ClassVar[str] = "ITK-SNAP workspace (unverified until opened there)"
    suffixes: ClassVar[tuple[str, ...]] = (".itksnap",)
    options: ClassVar[type] = ItkSnapOptions
    consumer: ClassVar[str] = ""
    looks_inside: ClassVar[bool] = True

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say what ITK-SNAP can't open, or would show in another place."""
        if len(selection) != 1:
            yield from one_sample(selection, _PROGRAM)
            return
        sample = selection[0].sample
        layers = _layers(sample)
        if not layers:
            yield Remark("error", "the sample has no image to show", (sample.id,))
            return
        refused = tuple(unopened(selection, _PROGRAM, _SUFFIXES, [layer.role for layer in layers]))
        yield from refused
        yield from _not_shown(selection, layers, target)
        if any(remark.gravity == "error" for remark in refused):
            return
        headers, why = headers_of(selection, [layer.role for layer in layers])
        if why:
            yield Remark("error", why, (sample.id,))
            return
        yield from several_frames(selection, headers, _PROGRAM)
        yield from _misplaced(sample, layers, headers)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the workspace."""
        write_xml(aside, _tree(selection, target))

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Parse it, and compare paths, names, roles and labels, and then all else."""
        with proving(aside):
            root = read_xml(aside)
            said = dict(_entries(root))
            meant = {"SaveLocation": str(target.path.parent)}
            for number, layer in enumerate(_layers(selection[0].sample)):
                place = f"Layers.Layer[{number:03d}]"
                meant[f"{place}.AbsolutePath"] = layer.path
                meant[f"{place}.Role"] = layer.kind
                meant[f"{place}.LayerMetaData.CustomNickName"] = layer.name
            table = _table(selection)
            for number, value in enumerate(_values(table)):
                place = f"Layers.Layer[000].{'.'.join(_TABLE)}.Element[{number}]"
                meant |= {f"{place}.{key}": text for key, text in _label(table, value).items()}
            for key, text in meant.items():
                if said.get(key) != text:
                    raise ExportError(
                        f"{aside}: {key} was read back as {said.get(key)!r}; expected {text!r}."
                    )
            expect_tree(aside, _tree(selection, target), root)


# --- what is shown -----------------------------------------------------------------------


def _tree(selection: Selection, target: Target) -> Element:
    """Make the workspace."""
    root = Element("registry")
    _enter(root, "SaveLocation", str(target.path.parent))
    _enter(root, "Version", _VERSION)
    folder = _folder(root, "Layers")
    for number, layer in enumerate(_layers(selection[0].sample)):
        each = _folder(folder, f"Layer[{number:03d}]")
        _enter(each, "AbsolutePath", layer.path)
        _enter(each, "Role", layer.kind)
        look = _folder(each, "LayerMetaData")
        _enter(look, "CustomNickName", layer.name)
        if layer.kind == _OVERLAY:
            _enter(look, "Alpha", f"{target.options.overlay_opacity:g}")
            _enter(look, "Sticky", "1")  # drawn over the main image, not in a tile of its own
        if layer.kind == _MAIN:
            _write_table(_folder(each, *_TABLE), _table(selection))
    return root


def _layers(sample: Sample) -> list[_Layer]:
    """Images of the workspace, the main one first."""
    images = [role for role in sample.sources if is_image_role(role) and not is_label_role(role)]
    main = next((role for role in (*_MAIN_CHOICES, *images) if role in images), "")
    if not main:
        return []
    wanted = "moving_label" if side_of(main) == "moving" else "fixed_label"
    labels = [role for role in (wanted, "label") if role in sample.sources][:1]
    kinds = {main: _MAIN} | {role: _OVERLAY for role in images if role != main}
    kinds |= dict.fromkeys(labels, _SEGMENTATION)
    layers = []
    for role, kind in kinds.items():
        path = os.path.abspath(sample.sources[role].file)
        layers.append(_Layer(role, kind, f"{sample.id} {role.replace('_', ' ')}", path))
    return layers


def _not_shown(selection: Selection, layers: list[_Layer], target: Target) -> Iterator[Remark]:
    """Warn of what a workspace can't hold."""
    sample = selection[0].sample
    shown = [layer.role for layer in layers]
    if left_out := [role for role in sample.sources if role not in shown]:
        yield Remark(
            "warning",
            f"a workspace of {_PROGRAM} holds images and the label of the main one; left out are "
            f"{', '.join(left_out)}",
            (sample.id,),
        )
    if target.base is not None:
        yield Remark(
            "warning",
            f"{_PROGRAM} wants absolute paths, and they are written so. It finds images that are "
            "moved together with the workspace by itself",
        )
    if selection.dataset.alignment == "none" and any(
        layer.kind == _OVERLAY and layer.role not in WARPED_ROLES for layer in layers
    ):
        yield Remark(
            "warning",
            f"{_PROGRAM} draws all images in the space of the main one, and this dataset promises "
            "no alignment; the images over it may lie anywhere",
            (sample.id,),
        )


def _misplaced(
    sample: Sample, layers: list[_Layer], headers: dict[str, Header]
) -> Iterator[Remark]:
    """Compare the grids of the layers with that of the main image."""
    main = headers[layers[0].role].grid
    for layer in layers[1:]:
        grid = headers[layer.role].grid
        if layer.kind == _SEGMENTATION and grid.shape != main.shape:
            yield Remark(
                "error",
                f"{layer.role} has {grid.shape} voxels; expected {main.shape}, those of "
                f"{layers[0].role}, as {_PROGRAM} wants of a segmentation. Resample the label",
                (sample.id,),
            )
        elif layer.kind == _OVERLAY and not (grid.known and main.known):
            yield Remark(
                "warning",
                f"{layers[0].role} or {layer.role} states no geometry; {_PROGRAM} takes its voxels "
                "for mm, and may lay one beside the other",
                (sample.id,),
            )


# --- labels ------------------------------------------------------------------------------


def _table(selection: Selection) -> LabelTable | None:
    """Names and colours of the segmentation."""
    sample = selection[0].sample
    role = next((x.role for x in _layers(sample) if x.kind == _SEGMENTATION), None)
    if role is None:
        return None
    return selection.dataset.categories_of(sample, sample.sources[role]).table


def _values(table: LabelTable | None) -> list[int]:
    """Values with a name; ITK-SNAP has its own label for 0, and numbers of 16 bits."""
    return [value for value in sorted(table or ()) if 0 < value <= _MOST_LABELS]


def _label(table: LabelTable | None, value: int) -> dict[str, str]:
    if table is None:
        return {}
    red, green, blue = colours_255(table, value)
    return {
        "Alpha": "255",
        "Color": f"{red} {green} {blue}",
        "Flags": "1 1",
        "Index": str(value),
        "Label": table[value].name,
    }


def _write_table(folder: Element, table: LabelTable | None) -> None:
    values = _values(table)
    if not values:  # then it keeps its usual labels
        return
    _enter(folder, "NumberOfElements", str(len(values)))
    for number, value in enumerate(values):
        each = _folder(folder, f"Element[{number}]")
        for key, text in _label(table, value).items():
            _enter(each, key, text)


# --- the registry ------------------------------------------------------------------------


def _enter(folder: Element, key: str, value: str) -> None:
    SubElement(folder, "entry", key=key, value=value)


def _folder(inside: Element, *keys: str) -> Element:
    for key in keys:
        inside = SubElement(inside, "folder", key=key)
    return inside


def _entries(folder: Element, place: str = "") -> Iterator[tuple[str, str]]:
    """All entries by their whole key, joined with dots as ITK-SNAP does."""
    for each in folder:
        key = f"{place}{each.get('key')}"
        if each.tag == "folder":
            yield from _entries(each, f"{key}.")
        else:
            yield key, each.get("value", "")
