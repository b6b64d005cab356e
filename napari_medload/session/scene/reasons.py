"""Why images can't be compared, or not in some mode: one sentence where buttons are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.loaders.sample import is_label_role
from napari_medload.session.scene.readout import short_name
from napari_medload.session.scene.styles import COMPARED

if TYPE_CHECKING:
    from napari_medload.session.options import CompareMode
    from napari_medload.session.scene.scene import Scene


def why_not_compared(scene: Scene) -> str:
    """Say why nothing can be compared; empty where two images are."""
    if scene.compared is not None:
        return ""
    images = [layer.role for layer in scene.layers if not is_label_role(layer.role)]
    roles = {*images, *scene.problems}
    for pair in COMPARED:
        missing = [role for role in pair if role in scene.problems]
        if missing and roles.issuperset(pair):
            named = " and ".join(short_name(role) for role in missing)
            return f"nothing to compare: the {named} image cannot be shown"
    if len(images) == 1:
        return "nothing to compare: this sample has one image"
    if not images:
        return "nothing to compare: no image of this sample is shown"
    return "nothing to compare: this sample has no fixed and moving image"


def why_off(scene: Scene, mode: CompareMode) -> str:
    """Say why a compare mode can't be drawn; empty where it can."""
    if mode in scene.modes:
        return ""
    if scene.compared is None:
        return why_not_compared(scene)
    if scene.options.volume:
        return "it compares slices, so not in 3D"
    if any(is_label_role(role) for role in scene.problems):
        return "no outlines: the labels cannot be shown"
    return "no outlines: this sample has no labels"


def why_some_off(scene: Scene) -> str:
    """Say in one line why compare modes are off, and what is drawn for want of one."""
    if scene.compared is None:
        return why_not_compared(scene)
    said = why_off(scene, "outlines")
    if scene.options.volume:
        said = "no mode that compares slices in 3D"
    return said if scene.mode == scene.options.mode else f"{said}: drawn as {scene.mode}"
