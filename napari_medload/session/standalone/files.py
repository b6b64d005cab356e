"""A file shown alone: each array in it as one layer, where it lies in the world.

A file that is not tilted is shown along its own voxels; one that is tilted or sheared is resliced
onto a grid of the world. On either, the canvas counts in world millimetres, so that files which
are opened one after the other lie over each other as they do in the patient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_medload.formats import (
    Scaling,
    UnreadableFileError,
    read_header,
    sources,
    suffix_of,
)
from napari_medload.geometry.lattice import AxisView, axis_view, index_map
from napari_medload.images import Volume, read_volume
from napari_medload.images.facts import is_label_file
from napari_medload.images.reslice import Reslicer, viewed
from napari_medload.images.statistics import contrast_limits, count_values, whole_numbers
from napari_medload.labels import LabelTable, label_table_of
from napari_medload.loaders.sample import is_label_role
from napari_medload.session.scene.display_grid import DisplayGrid, choose_grid
from napari_medload.session.standalone.lazy_arrays import FrameStack, Paintable

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats import Header
    from napari_medload.formats.contract import Array
    from napari_medload.images.display_array import DisplayArray

MOST_ARRAYS = 8
"""Arrays of one file that are shown together; a file of more is a dataset."""

_VALUES_AT_MOST = 4096
_MEASURED_FRAMES = 3
_COLOURS = (3, 4)

_LABEL_FOLDER = re.compile(r"(?:\w*_)?(?:labels?|segs?|segmentations?|masks?)(?:T[rs])?", re.I)
_MEASURED_SLICES = 16
_FEW_VALUES = 64
_SAME_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class FileLayer:
    """One array of a file, ready to be drawn.

    Parameters
    ----------
    name : str
    kind : str
        ``"image"`` or ``"labels"``.
    volume : Volume
        As stored; for labels in whole numbers.
    display : DisplayGrid
        Where it is drawn; scale, first voxel and, for grids that are known, world coordinates.
    view : AxisView or None
        How voxels of the display are stored voxels; None where they are resliced.
    data : array or array-like
        Axes (k, j, i), with time before and colours behind.
    colours : bool
        Whether frames are red, green, blue (and opacity).
    limits : tuple of two floats
        Values drawn black and white.
    values, table
        Label values that occur, and what they are called.
    notes : tuple of str
        What a person should know of how it is drawn.
    """

    name: str
    kind: Literal["image", "labels"]
    volume: Volume
    display: DisplayGrid
    view: AxisView | None
    data: Any
    colours: bool = False
    limits: tuple[float, float] = (0.0, 1.0)
    values: tuple[int, ...] = ()
    table: LabelTable = field(default_factory=LabelTable)
    notes: tuple[str, ...] = ()

    def __deepcopy__(self, _memo: Any) -> FileLayer:
        """Return the file's layer itself: napari copies it with a layer, and it never changes."""
        return self

    @property
    def header(self) -> Header:
        """What the file said."""
        return self.volume.header

    @property
    def in_time(self) -> bool:
        """Whether the first axis of the data is that of frames."""
        return self.volume.frames > 1 and not self.colours


def file_layers(path: Path | str) -> list[FileLayer]:
    """Read all arrays of a file, or all series in a folder of DICOM files, as layers.

    Parameters
    ----------
    path : path

    Raises
    ------
    UnreadableFileError
        If one cannot be read, or there is none.
    OSError
        If the file cannot be opened.
    """
    found = sources(path)
    if not found:
        raise UnreadableFileError.about(
            path, "no array", "at least one", "Look at it with the tool that wrote it."
        )
    return [file_layer(read_header(source)) for source in found]


def file_layer(header: Header, as_labels: bool | None = None) -> FileLayer:
    """Read one array as a layer.

    Parameters
    ----------
    header : Header
    as_labels : bool, optional
        Whether the values are labels, where names and values are not to decide.

    Raises
    ------
    UnreadableFileError
        If its voxels cannot be read, or its affine has no place for them.
    """
    if header.grid.is_singular:
        raise UnreadableFileError.about(
            header.source,
            "a singular affine",
            "three independent axes",
            "Write its header again.",
        )
    volume = read_volume(header)
    colours = _is_coloured(header)
    whole = None if colours else _labels_in(volume, as_labels)
    if whole is not None:
        volume = Volume(whole, volume.grid, Scaling(), header)
    display = display_of(volume)
    view = axis_view(index_map(display.grid, volume.grid), display.grid.shape)
    limits = (0.0, 1.0) if whole is not None else _limits(volume)
    layer = FileLayer(
        name=_name(header),
        kind="image" if whole is None else "labels",
        volume=volume,
        display=display,
        view=view,
        data=_drawn(volume, display, view, colours, limits if whole is None else None),
        colours=colours,
        limits=limits,
        notes=_notes(header, display, view),
    )
    return layer if whole is None else _named(layer, whole)


def _labels_in(volume: Volume, as_labels: bool | None) -> Array | None:
    """Values as whole numbers where they are labels, else None.

    Names are a hint that values must bear out: a scan may lie in a folder that is called after
    the segmentation it is made for, and be called after a mask that was laid over it.
    """
    header = volume.header
    hinted = header.is_label or is_label_file(header) or _under_labels(header)
    if not (hinted if as_labels is None else as_labels):
        return None
    whole = whole_numbers(volume.values())
    sure = as_labels is not None or header.is_label
    return whole if whole is None or sure or _look_like_labels(whole) else None


def _under_labels(header: Header) -> bool:
    """Whether a group's folder lies in one of labels, or the array's key is that of labels."""
    source = header.source
    above = source.path.absolute().parent.parent.name
    return _LABEL_FOLDER.fullmatch(above) is not None or is_label_role((source.key or "").lower())


def _look_like_labels(whole: Array) -> bool:
    """Whether whole numbers are few, or lie in patches of one value as no scan's do."""
    thin = whole[:, :, :: max(1, whole.shape[2] // _MEASURED_SLICES)]
    first, second = thin[1:], thin[:-1]
    inside = (first != 0) | (second != 0)
    if len(np.unique(thin)) <= _FEW_VALUES or not inside.any():
        return True
    same = np.count_nonzero((first == second) & inside) / np.count_nonzero(inside)
    return bool(same >= _SAME_SHARE and thin.min() >= 0)


def display_of(volume: Volume) -> DisplayGrid:
    """Grid of the volume itself where it is not tilted, else a grid of the world around it."""
    grid = volume.grid  # shear tilts an axis as well
    return choose_grid("world" if grid.is_oblique else "fixed", {"image": grid})


def _is_coloured(header: Header) -> bool:
    """Whether the last axis holds colours: of voxels that are stored so, or of a picture."""
    shape = header.shape
    if header.dtype != np.uint8 or shape[-1] not in _COLOURS or header.frames != shape[-1]:
        return False
    return header.interleaved or (header.forms is None and shape[2] == 1)


def _name(header: Header) -> str:
    """Name of a DICOM series, or of the file and the array in it."""
    title = getattr(header, "title", "")
    if title:
        return str(title)
    path = header.source.path
    stem = path.name[: -len(suffix_of(path) or "") or None]
    return stem if header.source.key is None else f"{stem} {header.source.key}"


def _drawn(
    volume: Volume,
    display: DisplayGrid,
    view: AxisView | None,
    colours: bool,
    limits: tuple[float, float] | None,
) -> Any:
    """Voxels along the display: the stored array itself where it can be, else read on demand.

    Parameters
    ----------
    limits : tuple of two floats, or None
        Values drawn black, as is what lies outside, and white; None for labels.
    """
    labels = limits is None
    array, plain = volume.array, volume.scaling.is_identity
    plain = plain and array.dtype.isnative and array.dtype.kind in "iuf" and array.dtype != "f2"
    if view is not None and (plain or labels):
        shown = viewed(array if volume.frames > 1 else array[..., 0], view, display.grid.shape)
        shown = _turned(shown, colours)
        return np.array(shown, order="C") if labels else shown  # labels are painted into
    outside = 0.0 if limits is None else limits[0]

    def frame(number: int) -> DisplayArray:
        stored = array[..., number]
        return Reslicer(stored, volume.grid, volume.scaling, labels, outside).on(display.grid)

    if volume.frames == 1:
        made: DisplayArray | FrameStack = frame(0)
    else:
        made = FrameStack(frame, volume.frames, last=colours)
    return Paintable(made)


def _turned(shown: Array, colours: bool) -> Array:
    """Axes (i, j, k[, frames]) as napari wants them."""
    if shown.ndim == 3:
        return shown.T
    return shown.transpose((2, 1, 0, 3) if colours else (3, 2, 1, 0))


def _limits(volume: Volume) -> tuple[float, float]:
    """Contrast of a few frames: all those of a long series need not be read for it."""
    step = max(1, volume.frames // _MEASURED_FRAMES)
    return contrast_limits(volume.with_array(volume.array[..., step // 2 :: step]))


def _named(layer: FileLayer, whole: Array) -> FileLayer:
    """Return a label layer with the names and colours of its values."""
    values = tuple(value for value in count_values(whole) or () if value)
    if len(values) > _VALUES_AT_MOST:
        note = f"More than {_VALUES_AT_MOST:,} label values, drawn without names."
        return replace(layer, notes=(*layer.notes, note))
    return replace(layer, values=values, table=label_table_of(layer.header.source.path))


def _notes(header: Header, display: DisplayGrid, view: AxisView | None) -> tuple[str, ...]:
    """Say what a person should know of how a file is drawn."""
    grid = header.grid
    notes = list(header.notes)
    if not grid.known:
        notes.append("No geometry in the file, drawn by index.")
    elif not grid.oriented:
        notes.append("No directions in the file, drawn as stored.")
    if view is None:
        notes.append(f"Oblique by {grid.oblique_degrees:.1f}°, resliced.")
    if display.note:
        notes.append(f"{display.note.capitalize()}.")
    return tuple(notes)
