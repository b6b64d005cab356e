"""Background results, delivered to Qt's main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Callable


class QtMailbox(QObject):
    """Runs calls posted from any thread in the thread that made this object, in order."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Take a call from any thread."""
        if self._open:
            self._posted.emit(call)

    def close(self) -> None:
        """Drop what is still to come."""
        self._open = False

    def _run(self, call: Callable[[], None]) -> None:
        if self._open:
            call()
