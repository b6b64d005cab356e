"""The sample that is shown, in 3D: thinned onto one coarse grid and handed to NiiVue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import ipywidgets
import nibabel as nib
import numpy as np

from napari_medload.geometry import Grid
from napari_medload.session.options import drawable_modes
from napari_medload.session.picture.colours import colormap_rgb, label_entries
from napari_medload.session.picture.encode import Encoded, encode_image, encode_labels
from napari_medload.session.scene.styles import style_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipyniivue import NiiVue

    from napari_medload.session import Session
    from napari_medload.session.options import CompareMode
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene

SIDE = 128
"""Voxels along the longest side, where nobody asks for more."""

_HEIGHT = 480
_CODES_KEPT = 4095  # a table of colours has a place for each number up to the highest one
_NIFTI_LABEL = 1002
_NIFTI_DATA_AT = 352
_SCANNER, _ALIGNED = 1, 2


@dataclass(frozen=True, eq=False)
class Volume3D:
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
        As of `Layer.colormap`; empty for labels.
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


class Volumes3D(ipywidgets.VBox):
    """What is shown of a sample in 3D, below a line that says how coarsely.

    NiiVue keeps its volumes in the state of its widgets, so a notebook that is saved with its
    widgets' state would keep them too. `close` takes them away.

    Parameters
    ----------
    volumes : tuple of Volume3D
        Bottom first.
    caption : str
        What a person should know of them.
    height : int
        In pixels.
    **options
        Of `ipyniivue.NiiVue`.

    Attributes
    ----------
    niivue : ipyniivue.NiiVue
    """

    def __init__(
        self, volumes: tuple[Volume3D, ...], caption: str, height: int = _HEIGHT, **options: Any
    ) -> None:
        niivue = _niivue(volumes, height, options)
        super().__init__([ipywidgets.Label(caption), niivue])
        self.niivue = niivue
        self._colour(volumes)

    @property
    def caption(self) -> str:
        """What stands above the picture."""
        return str(self.children[0].value)

    def look_at(self, place: tuple[float, float, float]) -> None:
        """Put the crosshair at a place, each coordinate 0 to 1 along the grid's (R, A, S)."""
        self.niivue.scene.crosshair_pos = list(place)

    def close(self) -> None:
        """Take all widgets away, in the page and in the kernel, with what they hold."""
        for widget in (*self.niivue.volumes, *self.children):
            for part in ("style", "layout"):  # widgets of their own, which outlive theirs
                if widget.has_trait(part):
                    getattr(widget, part).close()
            widget.close()
        self.layout.close()
        super().close()

    def _colour(self, volumes: tuple[Volume3D, ...]) -> None:
        """Add the colours that NiiVue does not know, once there is a canvas that can take them."""
        own = [(n, v.colormap) for n, v in enumerate(volumes) if v.colormap.startswith(_OWN)]

        def add() -> None:
            for n, name in own:
                self.niivue.add_colormap(name, _ramp(name.removeprefix(_OWN)))
                self.niivue.set_colormap(self.niivue.volumes[n].id, name)

        if own:
            self.niivue.on_canvas_attached(add)


def in_3d(session: Session, side: int = SIDE, height: int = _HEIGHT) -> Volumes3D:
    """Show the sample that is drawn in 3D.

    Parameters
    ----------
    session : Session
    side : int
        Voxels along the longest side, at most.
    height : int
        Of the picture, in pixels.

    Raises
    ------
    ModuleNotFoundError
        If ipyniivue is not installed.
    ValueError
        If no sample is drawn, or `side` is less than 2.
    """
    scene = _drawn(session)
    grid = coarse_grid(_grid_of(scene), side)
    volumes = volumes_of(scene, grid)
    shown = Volumes3D(
        volumes,
        caption_of(scene, grid),
        height,
        is_slice_mm=True,  # else NiiVue draws along the voxels, however they are tilted
        is_radiological_convention=scene.options.radiological,
        is_orientation_text_visible=scene.oriented,
        is_additive_blend=any(volume.colormap.startswith(_OWN) for volume in volumes),
    )
    if session.position is not None and scene.display is not None:
        display = scene.display
        index = np.array(display.to_index(display.to_canvas(session.position)))
        i, j, k = ((index + 0.5) / np.array(display.grid.shape)).clip(0, 1).tolist()
        shown.look_at((i, j, k))
    return shown


def _drawn(session: Session) -> Scene:
    """Return the scene of the sample that is selected.

    Raises
    ------
    ValueError
        If there is none, or nothing in it.
    """
    scene, dataset, selected = session.scene, session.dataset, session.selected
    if dataset is None or selected is None:
        raise ValueError("no sample is shown, so there is nothing to open in 3D")
    name = dataset[selected].id
    if scene is None or scene.sample_id != name or session.loading:
        raise ValueError(f"{name} is not drawn yet, so it cannot be opened in 3D")
    if scene.display is None:
        why = "; ".join(f"{role}: {reason}" for role, reason in scene.problems.items())
        raise ValueError(f"{name} cannot be opened in 3D, nothing of it is drawn: {why}")
    return scene


def _grid_of(scene: Scene) -> Grid:
    assert scene.display is not None  # noqa: S101
    return scene.display.grid


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
    thinned = np.diag((*step, 1.0))
    thinned[:3, 3] = (step - 1) / 2  # the outer faces stay where they are
    return Grid((i, j, k), grid.affine @ thinned, grid.known, grid.oriented)


def volumes_of(scene: Scene, grid: Grid) -> tuple[Volume3D, ...]:
    """Draw what is visible in a scene on a grid, bottom first.

    Raises
    ------
    ValueError
        If nothing is visible.
    """
    options = replace(scene.options, volume=True)
    stored = [layer for layer in scene.layers if not layer.composed]
    mode = _mode(scene)
    volumes = []
    for layer in stored:
        style = style_of(layer.role, layer.kind == "labels", options, scene.compared, mode)
        styled = replace(layer, **{"opacity": 1.0, "visible": True, "colormap": "gray", **style})
        if styled.visible:
            volumes.append(_volume(styled, grid))
    if not volumes:
        raise ValueError("nothing is visible, so there is nothing to open in 3D")
    return tuple(volumes)


def _mode(scene: Scene) -> CompareMode:
    """Compare mode, or overlay where that one is of planes."""
    labelled = any(layer.kind == "labels" and not layer.composed for layer in scene.layers)
    return scene.mode if scene.mode in drawable_modes(labelled, volume=True) else "overlay"


def caption_of(scene: Scene, grid: Grid) -> str:
    """Say how coarse the picture is, and what else a person should know of it."""
    full = _grid_of(scene)
    size = " × ".join(map(str, grid.shape))
    told = [f"{size} voxels"]
    if grid.shape != full.shape:
        of = " × ".join(map(str, full.shape))
        told = [f"{size} voxels instead of {of}: small things may be missing"]
    if not grid.known:
        told.append("no geometry in the files: laid out by index, and its mm are voxels")
    if scene.compared is not None and _mode(scene) != scene.mode:
        told.append(f"no {scene.mode} in 3D: drawn as overlay")
    if scene.as_if is not None:
        told.append(scene.as_if.mark)
    told += [f"{role.replace('_', ' ')} cannot be read" for role in scene.problems]
    return " · ".join((*told, *scene.notes))


def _volume(layer: Layer, grid: Grid) -> Volume3D:
    values = np.asarray(layer.reslicer.on(grid)[:])
    if layer.kind == "labels":
        encoded, labels = _labels(layer, values)
        nifti = nifti_bytes(encoded, grid, intent=_NIFTI_LABEL)
        return Volume3D(layer.role, nifti, layer.opacity, labels=labels)
    nifti = nifti_bytes(encode_image(values, layer.own_limits), grid)
    known = layer.colormap in _NIIVUE_COLORMAPS
    colormap = layer.colormap if known else _OWN + layer.colormap
    return Volume3D(layer.role, nifti, layer.opacity, colormap, layer.limits)


def _labels(layer: Layer, values: Any) -> tuple[Encoded, dict[str, list[Any]]]:
    """Store labels by their codes, or by their numbers where codes are too high for a table."""
    entries = label_entries(layer)
    codes = [entry.code for entry in entries]
    kept = bool(codes) and min(codes) > 0 and max(codes) <= _CODES_KEPT
    encoded = Encoded(values.astype("<u2")) if kept else encode_labels(values, layer.values)
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


# --- NiiVue --------------------------------------------------------------------------------

_OWN = "medload-"
"""How the names of colormaps begin that NiiVue is given."""

_NIIVUE_COLORMAPS = ("gray", "inferno")


def _ramp(colormap: str) -> dict[str, list[int]]:
    """From black to a colour, and from nothing to half of it, as NiiVue's own ramps are."""
    red, green, blue = colormap_rgb(colormap) or (255, 255, 255)
    return {"R": [0, red], "G": [0, green], "B": [0, blue], "A": [0, 128], "I": [0, 255]}


def _niivue(volumes: tuple[Volume3D, ...], height: int, options: dict[str, Any]) -> NiiVue:
    """Make the widget.

    Raises
    ------
    ModuleNotFoundError
        If ipyniivue is not installed.
    """
    try:
        from ipyniivue import NiiVue
    except ModuleNotFoundError as error:
        if error.name != "ipyniivue":
            raise
        raise ModuleNotFoundError(
            "open_3d needs ipyniivue, which is not installed. "
            'Install it by: pip install "napari-medload[niivue]"',
            name=error.name,
        ) from error
    widget = NiiVue(height=height, **options)
    widget.load_volumes([_as_niivue(volume) for volume in volumes])
    return widget


def _as_niivue(volume: Volume3D) -> Any:
    from ipyniivue import Volume

    given: dict[str, Any] = {"name": f"{volume.role}.nii", "opacity": volume.opacity}
    if volume.limits is not None:
        given["cal_min"], given["cal_max"] = volume.limits
        given["colormap"] = volume.colormap if not volume.colormap.startswith(_OWN) else "gray"
    made = Volume(data=volume.nifti, colorbar_visible=False, **given)
    if volume.labels is not None:
        made.set_colormap_label(dict(volume.labels))
    return made
