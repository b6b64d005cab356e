"""Closing the window while verdicts are not on disk: they are told, and tried again."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.session.review.reviewing import Reviewing

_Button = QMessageBox.StandardButton


class Leaving(QObject):
    """Watches a dock and the window that it is in, until they are closed.

    Parameters
    ----------
    reviewing : Reviewing
    dock : QWidget
    """

    def __init__(self, reviewing: Reviewing, dock: QWidget) -> None:
        super().__init__(dock)
        self._reviewing, self._dock = reviewing, dock
        self._window: weakref.ref[QWidget] | None = None
        dock.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow the dock from window to window; keep a window open where a person wants that."""
        if event is None:
            return False
        if event.type() == QEvent.Type.Show and watched is self._dock:
            self._watch()
        if event.type() == QEvent.Type.Close and watched is self._watched() and self._stays():
            event.ignore()
            return True
        return False

    def _watch(self) -> None:
        window = self._dock.window()
        if window is not None and window is not self._watched():
            self._window = weakref.ref(window)  # what holds it holds all of napari
            window.installEventFilter(self)

    def _watched(self) -> QWidget | None:
        return None if self._window is None else self._window()

    def _stays(self) -> bool:
        """Ask what to do while something is not saved; whether the window stays open."""
        reviewing = self._reviewing
        reviewing.commit()
        while reviewing.waiting and not reviewing.retry():
            answer = QMessageBox.warning(
                self._dock,
                "Verdicts are not saved",
                f"{reviewing.warning}\n\nThey are lost if the window is closed now.",
                _Button.Retry | _Button.Discard | _Button.Cancel,
                _Button.Retry,
            )
            if answer == _Button.Discard:
                reviewing.give_up_unsaved()
            elif answer != _Button.Retry:
                return True
        return False
