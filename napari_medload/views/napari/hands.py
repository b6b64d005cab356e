"""The first key, click or scroll after a dataset was opened: from then on a person leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Session

_ACTS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.ShortcutOverride,  # all that is seen of a key that a shortcut takes
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.NativeGesture,
        QEvent.Type.Drop,
    }
)


class Hands(QObject):
    """Tells the session that a person is at work, whatever part of the window they touch.

    It watches the whole application, as docks float and menus are windows of their own, and only
    until the first act.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        session.dataset_changed.connect(lambda _dataset: self._watch())

    def _watch(self) -> None:
        app = QApplication.instance()
        if app is not None and self._session.led:
            app.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        """Take note of the first act, and let all events pass."""
        if event is not None and event.type() in _ACTS:
            app = QApplication.instance()
            if app is not None:
                app.removeEventFilter(self)
            self._session.touch()
        return False
