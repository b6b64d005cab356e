"""What a page is told of a scene; its pixels come in frames."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.sample import is_label_role
from napari_medload.session.picture.colours import colormap_table, label_entries
from napari_medload.session.scene.readout import difference_white
from napari_medload.session.scene.styles import part_of, style_of

if TYPE_CHECKING:
    from napari_medload.session.picture.cut import PlaneView, ScreenAxis
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene


def scene_fields(
    scene: Scene, views: tuple[PlaneView, ...], drawn: tuple[bool, ...], generation: int
) -> dict[str, Any]:
    """Describe a scene.

    Parameters
    ----------
    scene : Scene
    views : tuple of PlaneView
        Empty where nothing can be drawn.
    drawn : tuple of bool
        Of each layer, whether its pixels are sent.
    generation : int
        Of the pixels; frames of another one are not of this scene.
    """
    options = scene.options
    return {
        "generation": generation,
        "sample": scene.sample_id,
        "planes": [_plane(view) for view in views],
        "layers": [_layer(scene, *each) for each in zip(scene.layers, drawn, strict=True)],
        "mode": scene.mode,
        "modes": list(scene.modes),
        "options": {
            "plane": options.plane,
            "curtain": options.curtain,
            "radiological": options.radiological,
        },
        "halved": scene.halved,
        "known": scene.known,
        "oriented": scene.oriented,
        "unit": "mm" if scene.known else "voxels",
        "frames": scene.frames,
        "notes": [*scene.notes, *_white(scene)],
        "problems": [[role.replace("_", " "), why] for role, why in scene.problems.items()],
        "as_if": None if scene.as_if is None else scene.as_if.mark,
        "landmarks": _landmarks(scene),
    }


def shown_layers(scene: Scene) -> tuple[bool, ...]:
    """Tell of each layer whether a page draws it; in flicker mode, whether it ever does."""
    if scene.mode != "flicker" or scene.compared is None:
        return tuple(layer.visible for layer in scene.layers)
    halves = [replace(scene.options, flicker=moving) for moving in (False, True)]
    return tuple(
        layer.visible
        or any(
            style_of(layer.role, layer.kind == "labels", half, scene.compared, scene.mode).get(
                "visible", True
            )
            for half in halves
        )
        for layer in scene.layers
    )


def _plane(view: PlaneView) -> dict[str, Any]:
    return {
        "name": view.name,
        "across": _axis(view.across),
        "down": _axis(view.down),
        "through": _axis(view.through),
        "letters": list(view.letters),
    }


def _axis(axis: ScreenAxis) -> dict[str, Any]:
    return {"axis": axis.axis, "size": axis.size, "start": axis.start, "step": axis.step}


def _layer(scene: Scene, layer: Layer, drawn: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "role": layer.role,
        "name": layer.name,
        "kind": layer.kind,
        "part": part_of(layer.role, scene.compared),
        "limits": [float(limit) for limit in layer.limits],
        "own_limits": [float(limit) for limit in layer.own_limits],
        "colormap": layer.colormap,
        "blending": layer.blending,
        "opacity": layer.opacity,
        "visible": drawn,
        "outline": layer.outline,
        "pale": layer.pale,
        "side": layer.side,
        "wire": drawn,
        "composed": layer.composed,
        # of labels that are fractions, and of what is composed, a window would say nothing
        "windowed": layer.kind == "image" and not layer.composed and not is_label_role(layer.role),
    }
    if layer.kind == "labels":
        told["labels"] = [
            {
                "index": entry.index,
                "value": entry.value,
                "name": entry.name,
                "colour": list(entry.rgb),
                "hidden": entry.hidden,
            }
            for entry in label_entries(layer)
        ]
    elif layer.colormap not in ("gray", "green", "magenta") and not layer.colormap.startswith("#"):
        told["colours"] = colormap_table(layer.colormap).tolist()
    return told


def _white(scene: Scene) -> list[str]:
    """Say what is white in a difference."""
    white = difference_white(scene)
    return [f"white is {white}"] if white else []


def _landmarks(scene: Scene) -> dict[str, Any] | None:
    """Return the points of both sides on the canvas, and what is said of them."""
    marks = scene.landmarks
    if marks is None:
        return None
    return {
        "texts": list(marks.texts),
        "fixed": [_point(point) for point in marks.fixed.tolist()],
        "moving": [_point(point) for point in marks.moving.tolist()],
        "size": float(marks.size),
    }


def _point(point: list[float]) -> list[float] | None:
    """Return a canvas point; None where it is nowhere, which JSON has no number for."""
    return point if all(isfinite(at) for at in point) else None
