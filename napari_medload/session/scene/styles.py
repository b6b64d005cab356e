"""How each role is drawn: what the compare modes lay over each other, colours, outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_medload.loaders.sample import image_of, is_label_role, side_of
from napari_medload.session.options import BARE_MODES, COMPOSED_MODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.session.options import ColourPair, CompareMode, ViewOptions
    from napari_medload.session.scene.layer import Side

Part: TypeAlias = Literal["", "fixed", "moving"]

COMPARED = (("fixed_image", "moving_image"), ("image", "origin_image"))
"""Pairs of roles that are compared where a sample has both, the lower one first."""

COLOURS: dict[ColourPair, tuple[str, str]] = {
    "green + magenta": ("green", "magenta"),
    "blue + orange": ("#007fff", "#ff8000"),
}
"""Colours of fixed and moving, as names or hexadecimal.

Each pair adds up to white, so that what is equally bright in both is grey, and only what differs
is coloured. Blue and orange differ along the axis from blue to yellow, which people without the
red or the green cones see as everybody does; for the few without the blue ones there is green
with magenta.
"""

_ALONE: dict[CompareMode, Part] = {"fixed": "fixed", "moving": "moving", "outlines": "fixed"}
"""Modes that show one of the two images, and which."""


def compared_roles(roles: Iterable[str]) -> tuple[str, str] | None:
    """Tell which two images of a sample are to be compared, the lower one first.

    Fixed and moving are; so are an augmentation and the image that it was made from.
    """
    found = set(roles)
    return next((pair for pair in COMPARED if found.issuperset(pair)), None)


def part_of(role: str, compared: tuple[str, str] | None) -> Part:
    """Tell to which of the compared images a role belongs: "fixed", "moving", or neither."""
    if compared is None:
        return ""
    image = image_of(role, dict.fromkeys(compared)) if is_label_role(role) else role
    return "fixed" if image == compared[0] else "moving" if image == compared[1] else ""


def half_of(part: Part, mode: CompareMode) -> Side:
    """Tell in which half of the canvas a part is drawn; empty for both."""
    if mode != "side by side" or not part:
        return ""
    return "left" if part == "fixed" else "right"


def style_of(
    role: str,
    as_labels: bool,
    options: ViewOptions,
    compared: tuple[str, str] | None,
    mode: CompareMode,
) -> dict[str, Any]:
    """How a role is drawn: colours, opacity, and whether at all.

    Parameters
    ----------
    mode : str
        How the compared images are drawn in truth; see `Scene.mode`.
    """
    part = part_of(role, compared)
    if as_labels:
        return _label_style(role, part, options, mode)
    if is_label_role(role):  # fractions: they glow over the image, and must not hide it
        shown = _label_style(role, part, options, mode)["visible"]
        return {"colormap": "inferno", "blending": "additive", "visible": shown}
    if compared is None:  # a further image would hide the others; one click shows it
        return {} if role in ("fixed_image", "moving_image", "image") else {"visible": False}
    return _image_style(part if role in compared else "", options, mode)


def _image_style(part: Part, options: ViewOptions, mode: CompareMode) -> dict[str, Any]:
    """How a compared image is drawn; further ones are hidden."""
    if not part or (mode in COMPOSED_MODES and not (mode == "edges" and part == "fixed")):
        return {"visible": False}
    if mode == "two-colour":
        colour = COLOURS[options.colours][part == "moving"]
        return {"colormap": colour, "blending": "additive"}
    alone = _alone(mode, options)
    if alone:
        return {"visible": part == alone}
    return {"opacity": options.opacity if part == "moving" and mode == "overlay" else 1.0}


def _alone(mode: CompareMode, options: ViewOptions) -> Part:
    """Which of both images a mode shows without the other; empty where it shows both."""
    if mode == "flicker":
        return "moving" if options.flicker else "fixed"
    return _ALONE.get(mode, "")


def _label_style(role: str, part: Part, options: ViewOptions, mode: CompareMode) -> dict[str, Any]:
    """How labels are drawn; those of the moving image are paler, and outlines but for 3D.

    Where the mode is that of outlines, all are, whatever else is chosen. Those of the moving
    image are dashes, which are drawn as they are.
    """
    moving = side_of(role) == "moving"
    if mode == "outlines" and part:
        return {"outline": part == "fixed", "pale": moving, "opacity": 1.0, "visible": True}
    style = options.labels
    if style == "auto":
        style = "off" if mode in BARE_MODES and part else "outlines"
    outlined = (moving or style == "outlines") and not options.volume
    shown = mode == "outlines" or not part or _alone(mode, options) in ("", part)
    return {
        "outline": outlined,
        "pale": moving,
        "opacity": 1.0 if outlined else options.label_opacity,
        "visible": shown and style != "off",
    }
