"""Keys that a person has chosen on the plugin's preferences page, and why some are refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels, Layer, Points, Shapes, Surface, Tracks, Vectors
from napari.settings import get_plugin_settings, get_settings
from napari.utils.key_bindings import coerce_keybinding
from napari.viewer import ViewerModel

from napari_medload.views.napari.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

PLUGIN, PAGE = "napari-medload", "keys"
_LETTER_OR_DIGIT = re.compile(r"(SHIFT\+)?[A-Z0-9]")
_LAYERS = (Layer, Image, Labels, Points, Shapes, Surface, Tracks, Vectors)


def choose_keys(wanted: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Sort out which of the keys that a person wants can be bound.

    Parameters
    ----------
    wanted : mapping of name to key
        By the names of `KEYS`; those left out keep their usual key.

    Returns
    -------
    chosen : dict of name to key
        Of all names. Where a wish is refused, the usual key stays.
    refused : dict of name to str
        Why, for a person.
    """
    usual = {name: key.key for name, key in KEYS.usual.items()}
    chosen, refused = dict(usual), {}
    theirs = keys_of_napari()
    for name, wish in wanted.items():
        key = wish.strip().upper().replace("SHIFT+", "Shift+")
        if name not in usual or key == usual[name]:
            continue
        reason = _wrong(wish, key, theirs)
        if reason:
            refused[name] = f"{name}: '{wish}' {reason}; '{usual[name]}' stays"
        else:
            chosen[name] = key
    # a wish that meets another key gives way, until no two are alike
    while double := _double(chosen, usual):
        name, other = double
        refused[name] = f"{name}: '{chosen[name]}' is bound to '{other}'; '{usual[name]}' stays"
        chosen[name] = usual[name]
    return chosen, refused


def _wrong(wish: str, key: str, theirs: Mapping[str, str]) -> str:
    if not _LETTER_OR_DIGIT.fullmatch(key.upper()):
        return "is no letter or digit, alone or with Shift" if wish.strip() else "is no key"
    bound = theirs.get(str(coerce_keybinding(key)))
    return "" if bound is None else f"is napari's own, for '{bound}'"


def _double(chosen: Mapping[str, str], usual: Mapping[str, str]) -> tuple[str, str] | None:
    """Find a wish that meets another key: its name, and that of the other."""
    for name, key in chosen.items():
        if key != usual[name]:
            for other, its in chosen.items():
                if other != name and its == key:
                    return name, other
    return None


def keys_of_napari() -> dict[str, str]:
    """Return the keys that napari binds by itself, on any kind of layer, and what they are for."""
    taken: dict[str, str] = {}
    for action, keys in get_settings().shortcuts.shortcuts.items():
        for key in keys:
            taken.setdefault(str(coerce_keybinding(key)), str(action).partition(":")[2])
    for kind in (ViewerModel, *_LAYERS):
        for key, action in kind.class_keymap.items():
            name = getattr(action, "__name__", "a command of napari")
            taken.setdefault(str(key), name)
    return taken


class ChosenKeys:
    """Follows the preferences page: what is chosen there is bound at once.

    Attributes
    ----------
    refused : dict of name to str
        Wishes that could not be met, and why.
    """

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self._page: Any = None
        try:
            self._page = getattr(get_plugin_settings(PLUGIN), PAGE)
        except (KeyError, AttributeError):  # the plugin is disabled, or run without its manifest
            return
        self._page.events.connect(self.bind)
        self.bind()

    def bind(self, _event: Any = None) -> None:
        """Bind what is chosen, as far as it can be."""
        wanted = {name: getattr(self._page, _field(name), key.key) for name, key in KEYS.items()}
        chosen, self.refused = choose_keys(wanted)
        KEYS.rebind(chosen)

    def close(self) -> None:
        """Follow no more."""
        if self._page is not None:
            self._page.events.disconnect(self.bind)


def _field(name: str) -> str:
    """Name of a key's field in the manifest, where spaces are not allowed."""
    return name.replace(" ", "_")
