"""The keys of the browser: one table, alive with the focus on the dock and on the canvas."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari.utils.key_bindings import coerce_keybinding
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QShortcut, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

_LISTENING = "medload_listening"


@dataclass(frozen=True)
class Key:
    """A key and what it does."""

    name: str
    key: str
    tip: str


KEYS = {
    key.name: key
    for key in (
        Key("next", "N", "Next sample in the table"),
        Key("previous", "H", "Previous sample in the table"),
        Key("mode", "G", "Next way to compare moving with fixed"),
        Key("previous region", "9", "Previous patch or tile"),
        Key("next region", "0", "Next patch or tile"),
    )
}


class BoundKeys:
    """Keys of a dock, on the canvas and on the dock itself.

    Several docks may listen to one key of the canvas. The one that a person sees takes it, and
    of several the one that asked last.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    dock : QWidget
        It is not held.
    actions : dict of str to callable
        By the names of `KEYS`.
    """

    def __init__(
        self, viewer: Viewer, dock: QWidget, actions: dict[str, Callable[[], None]]
    ) -> None:
        self._viewer, self._dock, self._actions = viewer, weakref.ref(dock), actions
        self.come_first()
        for name, action in actions.items():
            # on the dock the key reaches the shortcut only where no text field takes it,
            # because a text field accepts letters before shortcuts are asked
            shortcut = QShortcut(QKeySequence(KEYS[name].key), dock)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def come_first(self) -> None:
        """Take the keys before other docks that are seen as well."""
        for name in self._actions:
            listening = self._listening(name)
            if self in listening:
                listening.remove(self)
            listening.insert(0, self)

    def release(self) -> None:
        """Give the keys back: to the other docks, or where there are none, to the viewer."""
        for name in self._actions:
            listening = self._listening(name)
            if self in listening:
                listening.remove(self)
            if not listening:
                self._viewer.bind_key(KEYS[name].key, None)

    def act(self, name: str) -> None:
        """Do what the key of a name is for."""
        self._actions[name]()

    @property
    def seen(self) -> bool:
        """Whether the dock is on the screen, and not behind the tab of another."""
        dock = self._dock()
        return dock is not None and isalive(dock) and not dock.visibleRegion().isEmpty()

    def _listening(self, name: str) -> list[BoundKeys]:
        """All that listen to a key on the canvas; the list is kept by what napari calls."""
        bound = self._viewer.keymap.get(coerce_keybinding(KEYS[name].key))
        found: list[BoundKeys] | None = getattr(bound, _LISTENING, None)
        if found is not None:
            return found
        listening: list[BoundKeys] = []

        def act(_viewer: Viewer) -> None:
            if listening:
                next((one for one in listening if one.seen), listening[0]).act(name)

        setattr(act, _LISTENING, listening)
        self._viewer.bind_key(KEYS[name].key, act, overwrite=True)
        return listening
