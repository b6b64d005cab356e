"""What is written beside a picture: how it was made, and what could not be drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from napari_medload.session.scene.readout import difference_white, short_name

if TYPE_CHECKING:
    from napari_medload.session.scene.scene import Scene


def mode_text(scene: Scene) -> str:
    """Name how a scene compares its images, and what is to be known to read the picture."""
    if scene.compared is None or scene.display is None:
        return ""
    options, mode = scene.options, scene.mode
    lower, upper = (short_name(role) for role in scene.compared)
    if mode == "difference":
        return f"difference: black 0, white {difference_white(scene)}"
    if mode == "checkerboard":
        unit = "mm" if scene.known else "voxels"
        return f"checkerboard, {scene.checker:g} {unit}"
    if mode == "two-colour":
        one, other = options.colours.split(" + ")
        return f"{lower} {one}, {upper} {other}"
    if mode == "curtain":
        return f"curtain: {lower} | {upper}"
    if mode == "flicker":
        return f"flicker: {upper if options.flicker else lower}"
    return {"fixed": lower, "moving": upper}.get(mode, mode)


def problem_lines(scene: Scene) -> list[str]:
    """Say why roles are not drawn; beside a picture in short, else in full."""
    return [
        f"{role.replace('_', ' ')} cannot be shown: {in_short(why) if scene.layers else why}"
        for role, why in scene.problems.items()
    ]


def in_short(why: str) -> str:
    """Leave folder, expectation and remedy out of a reason."""
    found = re.split(r"[;.] ", why)[0].removesuffix(".")
    file, colon, reason = found.partition(": ")
    name, bracket, key = file.partition("[")
    name = name.replace("\\", "/").split("/")[-1]
    return f"{name}{bracket}{key}{colon}{reason}"
