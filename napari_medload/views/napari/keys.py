"""The keys of the browser: one table, alive with the focus on the dock and on the canvas."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from napari.utils.key_bindings import coerce_keybinding
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QPushButton, QShortcut, QWidget

from napari_medload.session.keys import USUAL_KEYS, Key

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

_LISTENING = "medload_listening"


class KeyTable(Mapping[str, Key]):
    """Keys by name, as they are bound at present.

    Parameters
    ----------
    keys : Key
        As they are bound unless a person chooses otherwise.
    """

    changed = Signal()

    def __init__(self, *keys: Key) -> None:
        self.usual = {key.name: key for key in keys}
        self._bound = dict(self.usual)

    def __getitem__(self, name: str) -> Key:
        return self._bound[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bound)

    def __len__(self) -> int:
        return len(self._bound)

    def rebind(self, chosen: Mapping[str, str]) -> None:
        """Bind names to other keys; those left out go back to their usual ones."""
        usual = self.usual.items()
        bound = {name: replace(key, key=chosen.get(name, key.key)) for name, key in usual}
        if bound != self._bound:
            self._bound = bound
            self.changed.emit()


KEYS = KeyTable(*USUAL_KEYS)


class KeyButton(QPushButton):
    """A button that bears the key it can be pressed by.

    Parameters
    ----------
    name : str
        Of the key, in `KEYS`.
    text : str
        With ``{}`` where the key is printed.
    """

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._text = name, text
        self._print()
        KEYS.changed.connect(self._print)

    def write(self, text: str) -> None:
        """Write another text, with ``{}`` where the key is printed."""
        self._text = text
        self._print()

    def _print(self) -> None:
        if isalive(self):
            key = KEYS[self._name]
            self.setText(self._text.format(key.key))
            self.setToolTip(f"{key.tip} (key {key.key})")


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
        self, viewer: Viewer, dock: QWidget, actions: dict[str, Callable[[], object]]
    ) -> None:
        self._viewer, self._dock, self._actions = viewer, weakref.ref(dock), actions
        self._keys: dict[str, str] = {}
        self._shortcuts: dict[str, QShortcut] = {}
        for name, action in actions.items():
            # on the dock the key reaches the shortcut only where no text field takes it,
            # because a text field accepts letters before shortcuts are asked
            shortcut = QShortcut(QKeySequence(KEYS[name].key), dock)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.setAutoRepeat(KEYS[name].repeats)
            shortcut.activated.connect(action)
            self._shortcuts[name] = shortcut
        self.come_first()
        KEYS.changed.connect(self._rebind)

    def come_first(self) -> None:
        """Take the keys before other docks that are seen as well."""
        self._keys = {name: KEYS[name].key for name in self._actions}
        for name in self._actions:
            listening = self._listening(name)
            if self in listening:
                listening.remove(self)
            listening.insert(0, self)

    def release(self) -> None:
        """Give the keys back: to the other docks, or where there are none, to the viewer."""
        KEYS.changed.disconnect(self._rebind, missing_ok=True)
        self._leave()

    def act(self, name: str) -> None:
        """Do what the key of a name is for."""
        self._actions[name]()

    @property
    def seen(self) -> bool:
        """Whether the dock is on the screen, and not behind the tab of another."""
        dock = self._dock()
        return dock is not None and isalive(dock) and not dock.visibleRegion().isEmpty()

    def _leave(self) -> None:
        for name in self._actions:
            listening = self._listening(name)
            if self in listening:
                listening.remove(self)
            if not listening:
                self._viewer.bind_key(self._keys[name], None)

    def _rebind(self) -> None:
        """Let go of the keys as they were, and take them as they are now."""
        self._leave()
        for name, shortcut in self._shortcuts.items():
            if isalive(shortcut):
                shortcut.setKey(QKeySequence(KEYS[name].key))
        self.come_first()

    def _listening(self, name: str) -> list[BoundKeys]:
        """All that listen to a key on the canvas; the list is kept by what napari calls."""
        key = self._keys[name]
        bound = self._viewer.keymap.get(coerce_keybinding(key))
        found: list[BoundKeys] | None = getattr(bound, _LISTENING, None)
        if found is not None:
            return found
        listening: list[BoundKeys] = []

        def act(_viewer: Viewer) -> None:
            if listening:
                next((one for one in listening if one.seen), listening[0]).take(key)

        setattr(act, _LISTENING, listening)
        self._viewer.bind_key(key, act, overwrite=True)
        return listening

    def take(self, key: str) -> None:
        """Do what a key is bound to."""
        for name, bound in self._keys.items():
            if bound == key:
                self.act(name)
                return
