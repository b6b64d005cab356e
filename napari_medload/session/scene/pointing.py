"""Where a scene draws the voxel that a finding leads to, and what has to change to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.geometry.affine import apply, inverse, is_singular
from napari_medload.loaders.sample import is_label_role, side_of
from napari_medload.session.scene.legend import true_values

if TYPE_CHECKING:
    from napari_medload.checks import Finding, Place
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene

Position = tuple[float, float, float]


def drawn_at(
    scene: Scene, place: Place, shape: tuple[int, int, int] | None = None
) -> Position | None:
    """Tell where a scene draws a voxel of a file.

    It is asked of what is drawn of the file: by index, as another program reads it, or before and
    after a registration, a voxel is not drawn where its header says.

    Parameters
    ----------
    scene : Scene
    place : Place
    shape : tuple of three ints, optional
        Of the file, where it is known. A program that reads another shape numbers its voxels
        otherwise.

    Returns
    -------
    tuple of three floats, or None
        A position of the session, RAS+ mm where the canvas counts in mm; None where the voxel is
        not drawn.
    """
    display = scene.display
    layer = _layer(scene, place.role)
    if display is None or layer is None or (shape and layer.reslicer.grid.shape != shape):
        return None
    mapping = layer.reslicer.mapping(display.grid)
    if mapping is None or is_singular(mapping):
        return None
    x, y, z = apply(display.grid.affine @ inverse(mapping), place.index).tolist()
    return x, y, z


def on_canvas(scene: Scene, position: Position) -> bool:
    """Whether a position lies on the grid that a scene is drawn on."""
    return scene.display is not None and scene.display.contains(position)


def changes_for(scene: Scene, finding: Finding, position: Position | None) -> dict[str, Any]:
    """Tell which options have to change for a finding to be seen; the fewest that do.

    Parameters
    ----------
    position : tuple of three floats, or None
        Where the scene draws it at present.

    Returns
    -------
    dict
        Fields of `ViewOptions`.
    """
    place, options = finding.place, scene.options
    if place is None:
        return {}
    changes: dict[str, Any] = {}
    if options.as_if is not None:
        changes["as_if"] = None
    if options.after and side_of(place.role) == "moving":
        changes["after"] = False
    layer = _layer(scene, place.role)
    frames = 1 if layer is None else layer.frames  # channels of labels are drawn as one
    if place.frame < frames and place.frame != min(options.frame, frames - 1):
        changes["frame"] = place.frame
    if changes.keys() & {"as_if", "after"}:
        position = _by_its_header(scene, place)
    if position is not None and not on_canvas(scene, position):
        changes["grid"] = "world" if scene.oriented else side_of(place.role) or options.grid
    return changes | _showing(scene, finding, place)


def _by_its_header(scene: Scene, place: Place) -> Position | None:
    """Tell where a voxel is drawn once its file is where its header says; None where on the grid.

    The grid of its own image, and that of the world, go there with it.
    """
    grid = scene.options.grid
    return None if grid in ("world", side_of(place.role)) or not scene.oriented else place.mm


def _showing(scene: Scene, finding: Finding, place: Place) -> dict[str, Any]:
    """Tell what brings the layers forth that a finding is about, where they are hidden."""
    changes: dict[str, Any] = {}
    sides = {side_of(role) for role in finding.roles} - {""}
    if scene.compared is not None and scene.mode in ("fixed", "moving") and sides - {scene.mode}:
        changes["mode"] = "overlay" if len(sides) > 1 else sides.pop()
    elif scene.mode == "outlines" and place.role == "moving_image":
        changes["mode"] = "overlay"
    layer = _layer(scene, place.role)
    if is_label_role(place.role) and layer is not None and not layer.visible:
        if scene.options.labels not in ("outlines", "fill + outline"):
            changes["labels"] = "outlines"
    if layer is not None and layer.hidden:
        hidden = scene.options.hidden_labels
        shown = hidden - true_values(_code_at(layer, place), layer.table)
        if shown != hidden:
            changes["hidden_labels"] = shown
    return changes


def _code_at(layer: Layer, place: Place) -> int:
    """Return the code of a label in a voxel of its file; 0 where there is none."""
    array = layer.reslicer.array
    index = tuple(round(at) for at in place.index)
    inside = all(0 <= at < size for at, size in zip(index, array.shape, strict=True))
    return int(array[index]) if inside else 0


_TOLD = {
    "hidden_labels": "the hidden label",
    "labels": "outlines of the labels",
    "grid": "the {} grid",
    "frame": "frame {}",
    "as_if": "the files as they are",
    "after": "before its registration",
    "mode": "mode {}",
}


def changes_text(changes: dict[str, Any]) -> str:
    """Write which options change: ``"mode overlay, outlines of the labels"``."""
    counted = {key: value + 1 if key == "frame" else value for key, value in changes.items()}
    return ", ".join(_TOLD[key].format(value) for key, value in counted.items())


def _layer(scene: Scene, role: str) -> Layer | None:
    return next((layer for layer in scene.layers if layer.role == role), None)
