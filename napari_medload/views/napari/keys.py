"""The keys of the browser: one table, alive with the focus on the dock and on the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QShortcut, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer


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


def bind_keys(viewer: Viewer, dock: QWidget, actions: dict[str, Callable[[], None]]) -> None:
    """Bind each action's key on the canvas and on the dock.

    On the dock the key reaches the shortcut only where no text field takes it, because a text
    field accepts letters before shortcuts are asked.
    """
    for name, action in actions.items():
        key = KEYS[name].key
        viewer.bind_key(key, _ignoring_viewer(action), overwrite=True)
        shortcut = QShortcut(QKeySequence(key), dock)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(action)


def release_keys(viewer: Viewer) -> None:
    """Give the keys back to the viewer."""
    for key in KEYS.values():
        viewer.bind_key(key.key, None)


def _ignoring_viewer(action: Callable[[], None]) -> Callable[[Viewer], None]:
    def act(_viewer: Viewer) -> None:
        action()

    return act
