"""Scenes of 3D Slicer for one sample; unverified until opened there.

Nodes, attributes and references are those of scenes that Slicer 5.6 has saved, and of its source:
``Libs/MRML/Core`` (vtkMRMLStorageNode, vtkMRMLSliceCompositeNode, vtkMRMLColorTableStorageNode) and
``Modules/Loadable/Markups``. What none of these shows, and so is taken on trust: that a general
``Transform`` node takes any transform from its file, as a map from fixed to moving points like
ITK's; that label maps without names are shown with the table ``vtkMRMLColorTableNodeLabels``; and
that markups are shown with the display node given here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from napari_medload.export.contract import WITHIN_0_1
from napari_medload.export.errors import ExportError
from napari_medload.export.files.file_remarks import said_of
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
from napari_medload.formats.displacements import FIELD_SUFFIXES
from napari_medload.formats.transforms import TRANSFORM_SUFFIXES
from napari_medload.labels import LabelTable, read_label_table
from napari_medload.loaders.sample import (
    LANDMARK_ROLES,
    TRANSFORM_ROLES,
    is_image_role,
    is_label_role,
    side_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.loaders import Sample

_PROGRAM = "3D Slicer"
_VERSION = "Slicer 5.6.1 32438"
"""Of the program whose scenes these are like: it tells Slicer how to read what older ones wrote."""

_SUFFIXES = (
    *(".nii", ".nii.gz", ".hdr", ".img", ".nrrd", ".nhdr", ".mha", ".mhd", ".mgh", ".mgz"),
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"),
)
_MARKUPS = {".mrk.json": "MarkupsJsonStorage", ".fcsv": "MarkupsFiducialStorage"}
_LARGEST_LABEL = 32768  # MaximumColorID of vtkMRMLColorTableStorageNode
_VIEWS = ("Red", "Green", "Yellow")
_GREY, _UNNAMED = "vtkMRMLColorTableNodeGrey", "vtkMRMLColorTableNodeLabels"
_ESCAPED = {"%": "%25", " ": "%20", "'": "%27", ">": "%3E", "<": "%3C", '"': "%22"}
"""How vtkMRMLNode::URLEncodeString writes a path, first to last; it is read last to first."""


@dataclass(frozen=True)
class MrmlOptions:
    """How a scene is set up.

    Parameters
    ----------
    apply_transform : bool
        Whether what is on the moving side is seen through the sample's transform.
    moving_opacity : float
        Of the moving image over the fixed one, 0 to 1.
    """

    apply_transform: bool = True
    moving_opacity: float = field(default=0.5, metadata=WITHIN_0_1)


class _Part(NamedTuple):
    """A file of the scene."""

    tag: str
    kind: str  # class of its node, without vtkMRML and Node
    storage: str  # tag of the node that names the file
    role: str
    name: str
    path: str


class Mrml:
    """A scene of 3D Slicer (MRML): one sample, with a colour table beside where labels have names.

    The fixed image is the background of the three slice views, the moving one the foreground, the
    label of the fixed one the label layer. Unverified until opened there.
    """

    name: ClassVar[str] = "mrml"
    title: ClassVar[str] = "3D Slicer scene (unverified until opened there)"
    suffixes: ClassVar[tuple[str, ...]] = (".mrml",)
    beside: ClassVar[tuple[str, ...]] = ("{}.ctbl",)
    options: ClassVar[type] = MrmlOptions
    consumer: ClassVar[str] = ""
    looks_inside: ClassVar[bool] = True

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say what 3D Slicer can't open."""
        if len(selection) != 1:
            yield from one_sample(selection, _PROGRAM)
            return
        if target.base is not None and target.base != target.path.parent:
            yield Remark(
                "error",
                f"{_PROGRAM} looks for relative paths from the folder of the scene, "
                f"{target.path.parent}; found paths relative to {target.base}. Make them relative "
                "to the folder of the scene, or absolute",
            )
        sample = selection[0].sample
        parts, left_out = _parts(sample, target)
        roles = [part.role for part in parts]
        images = [role for role in roles if is_image_role(role)]
        if not images:
            yield Remark("error", "the sample has no image to show", (sample.id,))
        refused = tuple(unopened(selection, _PROGRAM, _SUFFIXES, roles))
        yield from refused
        if left_out:
            yield Remark(
                "warning",
                f"{_PROGRAM} takes landmarks from {', '.join(_MARKUPS)} alone; left out "
                f"are {' and '.join(left_out)}",
                (sample.id,),
            )
        if any(remark.gravity == "error" for remark in refused):
            return
        headers, why = headers_of(selection, images)
        if why:
            yield Remark("error", why, (sample.id,))
        yield from several_frames(selection, headers, _PROGRAM)
        large = [v for table in _tables(selection, parts) for v in table if v > _LARGEST_LABEL]
        if large:
            yield from said_of(
                "warning",
                f"colour tables of {_PROGRAM} end at {_LARGEST_LABEL}; without name and colour are "
                f"the labels from {min(large)} on",
                [sample.id],
            )

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the scene, and its colour tables beside it."""
        parts, _ = _parts(selection[0].sample, target)
        for number, table in enumerate(_tables(selection, parts)):
            file = aside.with_name(_table_name(aside, number))
            file.write_text(_colour_table(table), encoding="utf-8")
        write_xml(aside, _tree(selection, target, parts))

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Parse it, and compare names, files, all else in it, and the colour tables."""
        parts, _ = _parts(selection[0].sample, target)
        with proving(aside):
            root = read_xml(aside)
            meant = sorted((part.tag, part.name, part.path) for part in parts)
            if (found := sorted(_stored(root))) != meant:
                raise ExportError(f"{aside}: was read back with {found}; expected {meant}.")
            expect_tree(aside, _tree(selection, target, parts), root)
            for number, table in enumerate(_tables(selection, parts)):
                file = aside.with_name(_table_name(aside, number))
                same = _as_listed(read_label_table(file)) == _as_listed(_listed(table))
                if not same or file.read_text(encoding="utf-8") != _colour_table(table):
                    raise ExportError(f"{file}: the labels were not read back as they were meant.")


# --- what is shown -----------------------------------------------------------------------


def _tree(selection: Selection, target: Target, parts: Sequence[_Part]) -> Element:
    """Make the scene."""
    tables = _tables(selection, parts)
    scene = _Scene(target.options)
    names = [_table_name(target.path, number) for number in range(len(tables))]
    colours = [scene.add_colours(target.path.with_name(name)) for name in names]
    transforms = [scene.add(part) for part in parts if part.kind == "Transform"]
    moved = transforms[0] if transforms and target.options.apply_transform else ""
    ids: dict[str, str] = {}
    for part in parts:
        if part.kind == "Transform":
            continue
        colour = _UNNAMED if part.kind == "LabelMapVolume" else _GREY
        own = _table_of(selection, part)
        if own in tables:
            colour = colours[tables.index(own)]
        # a warped image lies on the fixed one already
        through = moved if side_of(part.role) == "moving" else ""
        ids[part.role] = scene.add(part, colour, through)
    scene.show(ids)
    return scene.root


def _parts(sample: Sample, target: Target) -> tuple[list[_Part], list[str]]:
    """Files of the scene, and roles of those that can't be in it."""
    parts, left_out = [], []
    for role, source in sample.sources.items():
        name, path = f"{sample.id} {role.replace('_', ' ')}", target.place(source.path)
        file = source.file.lower()
        if role in TRANSFORM_ROLES:
            fits = file.endswith((*TRANSFORM_SUFFIXES, *FIELD_SUFFIXES))
            kind, storage = ("Transform", "TransformStorage") if fits else ("", "")
        elif role in LANDMARK_ROLES:
            storage = next((tag for end, tag in _MARKUPS.items() if file.endswith(end)), "")
            kind = "MarkupsFiducial" if storage else ""
        else:
            kind = "LabelMapVolume" if is_label_role(role) else "ScalarVolume"
            storage = "VolumeArchetypeStorage"
        if kind:
            tag = "Volume" if kind == "ScalarVolume" else kind
            parts.append(_Part(tag, kind, storage, role, name, path))
        else:
            left_out.append(role)
    return parts, left_out


def _table_of(selection: Selection, part: _Part) -> LabelTable:
    """Names and colours of a label image; empty where there are none."""
    if part.kind != "LabelMapVolume":
        return LabelTable()
    sample = selection[0].sample
    return selection.dataset.categories_of(sample, sample.sources[part.role]).table


def _tables(selection: Selection, parts: Iterable[_Part]) -> list[LabelTable]:
    """Tables of all label images, each once."""
    tables: list[LabelTable] = []
    for part in parts:
        table = _table_of(selection, part)
        if table and table not in tables:
            tables.append(table)
    return tables


# --- colours -----------------------------------------------------------------------------


def _table_name(scene: Path, number: int) -> str:
    return f"{scene.stem}.ctbl" if not number else f"{scene.stem}-{number + 1}.ctbl"


def _listed(table: LabelTable) -> dict[int, str]:
    """Names by value, as a colour table can hold them: one word each."""
    return {
        value: "_".join(table[value].name.replace("'", "_").split()) or str(value)
        for value in sorted(table)
        if 0 < value <= _LARGEST_LABEL
    }


def _colour_table(table: LabelTable) -> str:
    lines = ["# Color table: value name R G B A", "0 background 0 0 0 0"]
    for value, name in _listed(table).items():
        red, green, blue = colours_255(table, value)
        lines.append(f"{value} {name} {red} {green} {blue} 255")
    return "\n".join(lines) + "\n"


def _as_listed(table: LabelTable | dict[int, str]) -> dict[int, str]:
    if isinstance(table, dict):
        return table
    return {value: label.name for value, label in table.items() if value}


# --- nodes -------------------------------------------------------------------------------


class _Scene:
    """Nodes of a scene, which refer to each other by ids."""

    def __init__(self, options: MrmlOptions) -> None:
        self.root = Element("MRML", version=_VERSION, userTags="")
        self._options = options
        self._counts: dict[str, int] = {}

    def add(self, part: _Part, colour: str = "", through: str = "") -> str:
        """Add a file with the nodes that it needs, and return the id of its node."""
        file = {"fileName": _url(part.path)}
        if part.storage == "VolumeArchetypeStorage":
            file |= {"centerImage": "0", "UseOrientationFromFile": "1"}
        references = {"storage": self._node(part.storage, file)}
        look = {"visibility": "true", "colorNodeID": colour}
        if part.kind == "MarkupsFiducial":
            references["display"] = self._node("MarkupsFiducialDisplay", {"visibility": "true"})
        elif part.kind == "LabelMapVolume":
            references["display"] = self._node("LabelMapVolumeDisplay", look)
        elif part.kind == "ScalarVolume":
            # window and level are left to Slicer, which finds them from the voxels
            look |= {"interpolate": "1", "autoWindowLevel": "1"}
            references["display"] = self._node("VolumeDisplay", look, "ScalarVolumeDisplay")
        if through:
            references["transform"] = through
        return self._node(part.tag, {}, part.kind, name=part.name, references=references)

    def add_colours(self, file: Path) -> str:
        """Add a colour table that lies beside the scene."""
        storage = self._node("ColorTableStorage", {"fileName": _url(file.name)})
        references = {"storage": storage}
        return self._node("ColorTable", {"type": "14"}, name=file.stem, references=references)

    def show(self, ids: dict[str, str]) -> None:
        """Put images into the slice views."""
        usual = ("fixed_image", "image", *(role for role in ids if _is_shown_image(role)))
        back = next((role for role in usual if role in ids), "")
        front = next((r for r in ("moving_image", "warped_image") if r in ids and r != back), "")
        labels = ("fixed_label", "label") if side_of(back) != "moving" else ("moving_label",)
        label = next((role for role in labels if role in ids), "")
        layers = {"backgroundVolume": back, "foregroundVolume": front, "labelVolume": label}
        references = {layer: ids[role] for layer, role in layers.items() if role}
        opacity = self._options.moving_opacity if front else 0
        for view in _VIEWS:
            drawn = {
                "singletonTag": view,
                "layoutName": view,
                "foregroundOpacity": f"{opacity:g}",
                "labelOpacity": "0.5",
                "linkedControl": "1",
            }
            self._node("SliceComposite", drawn, own=view, references=references)

    def _node(
        self,
        tag: str,
        attributes: dict[str, str],
        kind: str = "",
        *,
        own: str = "",
        name: str = "",
        references: dict[str, str] | None = None,
    ) -> str:
        kind = kind or tag
        self._counts[kind] = self._counts.get(kind, 0) + 1
        node = f"vtkMRML{kind}Node{own or self._counts[kind]}"
        told = {"id": node, "name": name or tag}
        if references:
            told["references"] = "".join(f"{role}:{to};" for role, to in references.items())
        SubElement(self.root, tag, {**told, **attributes})
        return node


def _is_shown_image(role: str) -> bool:
    return is_image_role(role) and not is_label_role(role)


def _url(path: str) -> str:
    for sign, code in _ESCAPED.items():
        path = path.replace(sign, code)
    return path


def _from_url(text: str) -> str:
    for sign, code in reversed(_ESCAPED.items()):
        text = text.replace(code, sign)
    return text


def _stored(root: Element) -> Iterator[tuple[str, str, str]]:
    """Tag, name and file of all nodes that have one, but for colour tables."""
    nodes = {node.get("id", ""): node for node in root}
    for node in root:
        said = dict(part.split(":", 1) for part in node.get("references", "").split(";") if part)
        if missing := [to for to in said.values() if to not in nodes]:
            raise ExportError(f"the scene has no node {missing[0]}, which {node.get('id')} needs")
        if "storage" in said and node.tag != "ColorTable":
            file = nodes[said["storage"]].get("fileName", "")
            yield node.tag, node.get("name", ""), _from_url(file)
