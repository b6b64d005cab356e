"""How each role is drawn: what the compare modes lay over each other, colours, outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.loaders.sample import image_of, is_label_role, side_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.session.options import ViewOptions

_COMPARED = (("fixed_image", "moving_image"), ("image", "origin_image"))


def compared_roles(roles: Iterable[str]) -> tuple[str, str] | None:
    """Tell which two images of a sample are to be compared, the lower one first.

    Fixed and moving are; so are an augmentation and the image that it was made from.
    """
    found = set(roles)
    return next((pair for pair in _COMPARED if found.issuperset(pair)), None)


def style_of(
    role: str, as_labels: bool, options: ViewOptions, compared: tuple[str, str] | None
) -> dict[str, Any]:
    """How a role is drawn: colours, opacity, and whether at all."""
    part = _part(role, compared)
    if as_labels:
        return _label_style(role, part, options)
    if is_label_role(role):  # fractions: they glow over the image, and must not hide it
        shown = _label_style(role, part, options)["visible"]
        return {"colormap": "inferno", "blending": "additive", "visible": shown}
    if compared is None:  # a further image would hide the others; one click shows it
        return {} if role in ("fixed_image", "moving_image", "image") else {"visible": False}
    return _image_style(part if role in compared else "", options)


def _part(role: str, compared: tuple[str, str] | None) -> str:
    """Tell to which of the compared images a role belongs: "fixed", "moving", or neither."""
    if compared is None:
        return ""
    image = image_of(role, dict.fromkeys(compared)) if is_label_role(role) else role
    return "fixed" if image == compared[0] else "moving" if image == compared[1] else ""


def _image_style(part: str, options: ViewOptions) -> dict[str, Any]:
    """How a compared image is drawn. Green with magenta is told apart with any colour vision."""
    if options.mode == "two-colour":
        colour = {"fixed": "green", "moving": "magenta"}.get(part, "gray")
        return {"colormap": colour, "blending": "additive", "visible": bool(part)}
    if options.mode in ("fixed", "moving"):
        return {"visible": part == options.mode}
    return {"opacity": options.opacity if part == "moving" else 1.0, "visible": bool(part)}


def _label_style(role: str, part: str, options: ViewOptions) -> dict[str, Any]:
    """How labels are drawn; those of the moving image are paler, and outlines but for 3D."""
    outlined = (side_of(role) == "moving" or options.labels == "outlines") and not options.volume
    shown = options.mode not in ("fixed", "moving") or part in (options.mode, "")
    return {
        "outline": outlined,
        "pale": side_of(role) == "moving",
        "opacity": 1.0 if outlined else options.label_opacity,
        "visible": shown and options.labels != "off",
    }
