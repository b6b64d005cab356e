"""What is visible of a sample, thinned onto one coarse grid: NIfTI files in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np

from napari_medload.geometry import Grid
from napari_medload.session.options import drawable_modes
from napari_medload.session.picture.colours import label_entries
from napari_medload.session.picture.encode import Encoded, encode_image, encode_labels
from napari_medload.session.scene.styles import style_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.session.options import CompareMode
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene

_CODES_KEPT = 4095  # a table of colours has a place for each number up to the highest one
_NIFTI_LABEL = 1002
_NIFTI_DATA_AT = 352
_SCANNER, _ALIGNED = 1, 2


@dataclass(frozen=True, eq=False)
class Thinned:
    """One image or label map as NiiVue takes it.

    Parameters
    ----------
    role : str
        Role in the sample.
    nifti : bytes
        A NIfTI-1 file, uncompressed.
    opacity : float
        0 to 1.
    colormap : str
        ``"gray"`` or ``"inferno"``; empty for labels.
    limits : tuple of two floats, optional
        Values drawn black and white; None for labels.
    labels : mapping, optional
        Colours (``R``, ``G``, ``B``, ``A``), voxel values (``I``) and names (``labels``) of labels;
        None for images.
    """

    role: str
    nifti: bytes
    opacity: float
    colormap: str = ""
    limits: tuple[float, float] | None = None
    labels: Mapping[str, list[Any]] | None = None


def coarse_grid(grid: Grid, side: int) -> Grid:
    """Cover the same box with fewer voxels, as near to cubes as the grid allows.

    No axis gets more voxels than it has.

    Parameters
    ----------
    grid : Grid
    side : int
        Voxels along the longest side, at most.

    Raises
    ------
    ValueError
        If `side` is less than 2.
    """
    if side < 2:
        raise ValueError(f"side is the number of voxels along the longest side, found {side}")
    pitch = max(grid.extent) / side
    wanted = [int(np.ceil(length / pitch - 1e-6)) for length in grid.extent]
    i, j, k = (min(had, max(1, size)) for had, size in zip(grid.shape, wanted, strict=True))
    step = np.array(grid.shape) / (i, j, k)
    to_grid = np.diag((*step, 1.0))
    to_grid[:3, 3] = (step - 1) / 2  # the outer faces stay where they are
    return Grid((i, j, k), grid.affine @ to_grid, grid.known, grid.oriented)


def thinned(scene: Scene, grid: Grid) -> tuple[Thinned, ...]:
    """Draw what is visible in a scene on a grid, bottom first.

    Raises
    ------
    ValueError
        If nothing is visible.
    """
    options, mode = replace(scene.options, volume=True), _mode(scene)
    volumes = []
    for layer in (layer for layer in scene.layers if not layer.composed):
        style = style_of(layer.role, layer.kind == "labels", options, scene.compared, mode)
        styled = replace(layer, **{"opacity": 1.0, "visible": True, "colormap": "gray", **style})
        if styled.visible:
            volumes.append(_volume(styled, grid))
    if not volumes:
        raise ValueError("nothing is visible, so there is nothing to open in 3D")
    return tuple(volumes)


def _mode(scene: Scene) -> CompareMode:
    """Compare mode, or overlay where that one is of planes, or adds up what NiiVue cannot."""
    labelled = any(layer.kind == "labels" and not layer.composed for layer in scene.layers)
    drawable = scene.mode in drawable_modes(labelled, volume=True) and scene.mode != "two-colour"
    return scene.mode if drawable else "overlay"


def caption_of(scene: Scene, grid: Grid) -> str:
    """Say how coarse the picture is, and what else a person should know of it."""
    assert scene.display is not None  # noqa: S101
    full = scene.display.grid
    size = " × ".join(map(str, grid.shape))
    told = [f"{size} voxels"]
    if grid.shape != full.shape:
        of = " × ".join(map(str, full.shape))
        told = [f"{size} voxels instead of {of}: small things may be missing"]
    if not grid.known:
        told.append("what NiiVue calls mm are voxels")
    if scene.compared is not None and _mode(scene) != scene.mode:
        told.append(f"no {scene.mode} in 3D: drawn as overlay")
    if scene.as_if is not None:
        told.append(scene.as_if.mark)
    told += [f"{role.replace('_', ' ')} cannot be read" for role in scene.problems]
    return " · ".join((*told, *scene.notes))


def _volume(layer: Layer, grid: Grid) -> Thinned:
    values = np.asarray(layer.reslicer.on(grid)[:])
    if layer.kind == "labels":
        encoded, labels = _labels(layer, values)
        nifti = nifti_bytes(encoded, grid, intent=_NIFTI_LABEL)
        return Thinned(layer.role, nifti, layer.opacity, labels=labels)
    nifti = nifti_bytes(encode_image(values, layer.own_limits), grid)
    return Thinned(layer.role, nifti, layer.opacity, layer.colormap, layer.limits)


def _labels(layer: Layer, values: Any) -> tuple[Encoded, dict[str, list[Any]]]:
    """Store labels by their codes, or by their numbers where codes are too high for a table."""
    entries = label_entries(layer)
    codes = [entry.code for entry in entries]
    kept = bool(codes) and min(codes) > 0 and max(codes) <= _CODES_KEPT
    if kept:
        encoded = Encoded(values.astype("u1" if max(codes) < 256 else "<u2"))
    else:
        encoded = encode_labels(values, layer.values)
    table: dict[str, list[Any]] = {
        "I": [0], "R": [0], "G": [0], "B": [0], "A": [0], "labels": ["background"]
    }  # fmt: skip
    for entry in entries:
        stored = entry.code if kept else entry.index
        red, green, blue = entry.rgb
        table["I"].append(stored)
        table["R"].append(red)
        table["G"].append(green)
        table["B"].append(blue)
        table["A"].append(0 if entry.hidden else 255)
        # the page shows the stored number beside the name
        named = entry.name if stored == entry.value else f"{entry.name} ({entry.value})"
        table["labels"].append(named)
    return encoded, table


def nifti_bytes(encoded: Encoded, grid: Grid, intent: int = 0) -> bytes:
    """Write a NIfTI-1 file in memory.

    Parameters
    ----------
    encoded : Encoded
        Shape (k, j, i).
    grid : Grid
    intent : int
        As NIfTI defines it.
    """
    header = nib.Nifti1Header(endianness="<")
    header.set_data_dtype(encoded.data.dtype)
    header.set_data_shape(grid.shape)
    header.set_sform(grid.affine, _SCANNER if grid.oriented else _ALIGNED)
    header.set_zooms(grid.spacing)
    header.set_xyzt_units("mm" if grid.known else "unknown")
    header.set_slope_inter(encoded.slope, encoded.intercept)
    header["intent_code"] = intent
    header["vox_offset"] = _NIFTI_DATA_AT
    header["magic"] = b"n+1"
    return bytes(header.binaryblock).ljust(_NIFTI_DATA_AT, b"\0") + encoded.data.tobytes()
