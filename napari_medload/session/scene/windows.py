"""Windows of contrast: which values of an image are drawn black and white."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from napari_medload.loaders.sample import is_label_role
from napari_medload.session.scene.layer import COMPARISON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.session.options import ViewOptions, Windows
    from napari_medload.session.scene.layer import Layer

Limits: TypeAlias = tuple[float, float]


def limits_at(level: float, width: float) -> Limits:
    """Return the values drawn black and white of a window given as radiologists give it.

    Parameters
    ----------
    level : float
        Value in the middle.
    width : float
        From black to white.
    """
    return level - width / 2, level + width / 2


PRESETS: dict[str, Limits] = {
    "brain": limits_at(40, 80),
    "subdural": limits_at(75, 250),
    "stroke": limits_at(40, 40),
    "soft tissue": limits_at(50, 400),
    "mediastinum": limits_at(50, 350),
    "liver": limits_at(30, 150),
    "lung": limits_at(-600, 1500),
    "bone": limits_at(400, 1800),
}
"""Usual windows of CT by name: values drawn black and white, in HU.

Levels and widths are those that Radiopaedia lists (Murphy and others, Windowing (CT),
https://doi.org/10.53347/rID-52108); where it names a range, as for subdural blood, one in it.
"""


def common_window(windows: Windows, roles: Iterable[str]) -> Limits | None:
    """Return the window that all images of some roles are drawn by; None where there is none."""
    chosen = {role: (low, high) for role, low, high in windows}
    found = {chosen.get(role) for role in roles}
    return found.pop() if len(found) == 1 else None


def preset_of(windows: Windows, roles: Iterable[str]) -> str:
    """Name the window of CT that all images of some roles are drawn by; empty where none is."""
    common = common_window(windows, roles)
    return next((name for name, usual in PRESETS.items() if common == usual), "")


def preset(name: str) -> Limits:
    """Return a window of CT by its name.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if name not in PRESETS:
        raise ValueError(f"no window is called {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]


def chosen(options: ViewOptions, role: str, own: Limits) -> Limits:
    """Return the values of a role that are drawn black and white.

    Parameters
    ----------
    own : tuple of two floats
        The image's own contrast, where a person chose no other.
    """
    return next(((low, high) for each, low, high in options.windows if each == role), own)


def with_window(options: ViewOptions, roles: Iterable[str], low: float, high: float) -> Windows:
    """Return all windows of some options, with that of some roles set.

    Raises
    ------
    ValueError
        If one of the roles is no image of its own.
    """
    windows = {role: (role, at, to) for role, at, to in options.windows}
    for role in roles:
        if role == COMPARISON:
            raise ValueError(f"a {COMPARISON} has the windows of both images, and none of its own")
        windows[role] = role, float(low), float(high)
    return tuple(windows[role] for role in sorted(windows))


def without_window(options: ViewOptions, role: str | None = None) -> Windows:
    """Return all windows of some options without that of a role; none at all, for None."""
    return tuple(each for each in options.windows if role not in (None, each[0]))


def windowed_roles(layers: Iterable[Layer]) -> tuple[str, ...]:
    """List the roles that a window for all images is for; fractions of labels are no image."""
    return tuple(
        layer.role
        for layer in layers
        if layer.kind == "image" and not layer.composed and not is_label_role(layer.role)
    )
