"""Flicker: both images in turns, in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.session import Session

SLOWEST_MS, DEFAULT_MS, FASTEST_MS = 2000, 500, 350
"""How long an image is shown before the other. Three flashes a second and more can harm people with
photosensitive epilepsy (WCAG 2.2, criterion 2.3.1), so not even single changes come that fast."""


class Flicker(QObject):
    """Turns from one image to the other while the mode is on and somebody can see it.

    Parameters
    ----------
    session : Session
    seen : callable
        Whether the canvas is on the screen.
    """

    changed = Signal()

    def __init__(self, session: Session, seen: Callable[[], bool]) -> None:
        super().__init__()
        self._session, self._seen = session, seen
        self._playing = True
        self._timer = QTimer(self)
        self._timer.setInterval(DEFAULT_MS)
        self._timer.timeout.connect(self._turn)

    @property
    def interval(self) -> int:
        """Milliseconds that each image is shown for."""
        return int(self._timer.interval())

    @interval.setter
    def interval(self, interval: int) -> None:
        self._timer.setInterval(min(SLOWEST_MS, max(FASTEST_MS, interval)))
        self.changed.emit()

    @property
    def playing(self) -> bool:
        """Whether a person wants the images to take turns."""
        return self._playing

    @playing.setter
    def playing(self, playing: bool) -> None:
        self._playing = playing
        self.follow()
        self.changed.emit()

    @property
    def running(self) -> bool:
        """Whether the images take turns at present."""
        return bool(self._timer.isActive())

    def follow(self) -> None:
        """Start or stop as the scene and the options ask for."""
        scene = self._session.scene
        on = (
            self._playing
            and self._session.options.mode == "flicker"
            and scene is not None
            and scene.compared is not None
            and scene.mode == "flicker"
        )
        if on and not self._timer.isActive():
            self._timer.start()
        elif not on:
            self._timer.stop()

    def turn(self) -> None:
        """Show the other image, once."""
        self._session.set_options(flicker=not self._session.options.flicker)

    def close(self) -> None:
        """Stop for good."""
        self._playing = False
        if isalive(self._timer):  # not so where the program ends with napari open
            self._timer.stop()

    def _turn(self) -> None:
        if not self._session.loading and self._seen():
            self.turn()
