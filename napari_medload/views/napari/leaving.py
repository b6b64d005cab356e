"""Leaving the browser: no verdict that is not on disk is lost or forgotten without a word.

napari's ✕ on a dock takes the widget out of the window and leaves it without a parent: it would
live on unseen, and its keys with it. The closed eye only hides the dock.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import weakref
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info, show_warning
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QThread, QTimer
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QDockWidget, QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from qtpy.QtWidgets import QWidget

    from napari_medload.session.review.reviewing import Reviewing

_Button = QMessageBox.StandardButton
_UNSEEN = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs")
_AGAIN = "They are tried again as long as napari runs. The Plugins menu shows the browser again."
_LOG = logging.getLogger(__name__)


def closing_at_exit(viewer: Viewer) -> Callable[[], None]:
    """Close a viewer that is still open when Python ends, as after a script.

    PyQt deletes what is left then in no order, walks over what it has deleted, and crashes.

    Returns
    -------
    callable
        Takes this back, for a viewer that somebody closes.
    """
    held = weakref.ref(viewer)

    def close() -> None:
        open_still = held()
        if open_still is not None:
            with contextlib.suppress(RuntimeError):  # its window is gone
                open_still.close()

    atexit.register(close)
    return lambda: atexit.unregister(close)


class Leaving(QObject):
    """Watches a dock and the window that it is in, until they are closed.

    Parameters
    ----------
    reviewing : Reviewing
    dock : QWidget
    viewer : napari.viewer.Viewer
        It is not held.
    """

    def __init__(self, reviewing: Reviewing, dock: QWidget, viewer: Viewer) -> None:
        super().__init__(dock)
        self._reviewing, self._dock, self._viewer = reviewing, dock, weakref.ref(viewer)
        self._window: weakref.ref[QWidget] | None = None
        self._title = ""  # of the frame in the window
        self._told = ""
        dock.installEventFilter(self)
        reviewing.changed.connect(self._tell_unseen)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the dock from window to window; keep a window open where a person wants that."""
        if event is None:
            return False
        kind = event.type()
        if watched is self._dock:
            if kind == QEvent.Type.Show:
                self._watch()
            elif kind == QEvent.Type.Hide:
                QTimer.singleShot(0, self._tell_hidden)
            elif kind == QEvent.Type.ParentChange and self._is_out():
                QTimer.singleShot(0, self._removed)  # napari is not done with it yet
        elif kind == QEvent.Type.Close and watched is self._watched():
            asks = self._can_ask(event.spontaneous())
            if not self._settled(asks):
                if asks:
                    event.ignore()
                    return True
                _LOG.error("%s The window is closed all the same", self._reviewing.warning)
        return False

    def _watch(self) -> None:
        frame, window, self._told = self._dock.parentWidget(), self._dock.window(), ""
        if isinstance(frame, QDockWidget):
            self._title = frame.windowTitle()
            if frame.parentWidget() is not None:  # a frame that floats is a window by itself
                window = frame.parentWidget().window()
        if window is not None and window is not self._watched():
            self._window = weakref.ref(window)  # what holds it holds all of napari
            window.installEventFilter(self)

    def _is_out(self) -> bool:
        """Whether the dock was in a window, and has been taken out of it."""
        return bool(self._title) and self._dock.parent() is None

    def _watched(self) -> QWidget | None:
        window = None if self._window is None else self._window()
        return window if window is not None and isalive(window) else None

    # --- the dock is not seen --------------------------------------------------------------

    def _tell_hidden(self) -> None:
        """Say in the window what the hidden dock says of verdicts that are not saved."""
        if isalive(self._dock) and self._is_unseen() and self._reviewing.waiting:
            self._warn()

    def _tell_unseen(self) -> None:
        """Say in the window what became of a key that was pressed while the dock is hidden."""
        message = self._reviewing.message
        if not isalive(self._dock) or message == self._told:
            return
        self._told = message
        if message and self._is_unseen():
            if self._reviewing.waiting:
                self._warn()
            else:
                show_info(message)

    def _is_unseen(self) -> bool:
        """Whether a window is seen, and the dock in it is not."""
        window = self._watched()
        shown = window is not None and window.isVisible() and bool(self._title)
        return shown and self._dock.parent() is not None and not self._dock.isVisible()

    def _warn(self) -> None:
        show_warning(f"{self._reviewing.warning}\n{_AGAIN}")

    # --- the dock or the window is closed --------------------------------------------------

    def _removed(self) -> None:
        """End the review of a dock that was taken out of its window, or bring it back."""
        if not isalive(self._dock) or self._dock.parent() is not None:
            return  # it was docked elsewhere
        viewer = self._viewer()
        if self._settled(self._can_ask()) or viewer is None:
            self._dock.deleteLater()  # its keys and its memory go with it
        else:
            viewer.window.add_dock_widget(self._dock, name=self._title, area="right")

    def _settled(self, asks: bool) -> bool:
        """Try to save what is not saved; whether nothing is left that would be lost.

        Parameters
        ----------
        asks : bool
            Whether a person is asked what to do while that fails.
        """
        reviewing = self._reviewing
        reviewing.commit()
        while reviewing.waiting and not reviewing.retry():
            answer = self._ask() if asks else _Button.Cancel
            if answer == _Button.Discard:
                reviewing.give_up_unsaved()
            elif answer != _Button.Retry:
                return False
        return True

    def _can_ask(self, spontaneous: bool = False) -> bool:
        """Whether somebody is there to answer: else a question would stand there for ever.

        Parameters
        ----------
        spontaneous : bool
            Whether the window system closes, and not a program. Where Qt's event loop does not run
            it is a script that closes.
        """
        window = self._watched()
        if window is None or not window.isVisible():
            return False
        runs = spontaneous or QThread.currentThread().loopLevel() > 0
        return runs and QGuiApplication.platformName() not in _UNSEEN

    def _ask(self) -> int:
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            "Verdicts are not saved",
            f"{self._reviewing.warning}\n\nThey are lost if the browser is closed now.",
            _Button.Retry | _Button.Discard | _Button.Cancel,
            self._watched(),
        )
        for button, text in (
            (_Button.Retry, "Try to save again"),
            (_Button.Discard, "Give them up and close"),
            (_Button.Cancel, "Keep the browser open"),
        ):
            box.button(button).setText(text)
        box.setDefaultButton(_Button.Retry)
        return int(box.exec())
