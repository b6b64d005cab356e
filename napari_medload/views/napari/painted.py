"""Whether the sample that was handed to the canvas has been painted on the screen."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Scene, Session


class Painted(QObject):
    """Watches a canvas, so that nothing is judged which nobody can have seen.

    Keys that are pressed quickly wait in a queue while a sample is drawn, and are delivered before
    it is painted.

    Parameters
    ----------
    canvas : QWidget
    session : Session
    """

    def __init__(self, canvas: QWidget, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._held = weakref.ref(canvas)  # what holds it holds napari's whole window
        self._sample: str | None = None
        self._painted = True
        session.scene_changed.connect(self._on_scene)
        canvas.installEventFilter(self)

    def __call__(self) -> bool:
        """Return whether what was drawn last is on the screen; true where no canvas is seen."""
        canvas = self._canvas()
        return self._painted or canvas is None or not canvas.isVisible()

    def _canvas(self) -> QWidget | None:
        canvas = self._held()
        return canvas if canvas is not None and isalive(canvas) else None

    def _on_scene(self, scene: Scene) -> None:
        canvas = self._canvas()
        if scene.sample_id != self._sample and canvas is not None:
            self._sample, self._painted = scene.sample_id, False
            canvas.update()  # also where no layer has changed

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Take note of each painting."""
        if event is not None and event.type() == QEvent.Type.Paint:
            self._painted = True
        return bool(super().eventFilter(watched, event))
