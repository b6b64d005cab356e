"""A napari window with the browser docked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.session import Scene, Trouble
    from napari_medload.views.napari.dock import BrowserDock

_PLUGIN, _WIDGET = "napari-medload", "Dataset browser"
_SETTLE_MS = 400
_CHECKED_WITHIN_MS = 60_000
_WINDOW = (1440, 900)


def browse(
    path: str | Path, sample: str | None = None, screenshot: Path | None = None, **how: Any
) -> int:
    """Open napari on a dataset and wait until the window is closed.

    Parameters
    ----------
    path : path
    sample : str, optional
        Id of the sample to show first.
    screenshot : Path, optional
        Save a picture of the whole window once all samples are checked and the worst one is drawn,
        or of what is there after a minute, and leave.
    **how
        Passed to `open_dataset`.

    Returns
    -------
    int
        Exit code; 1 where a screenshot was asked for and nothing could be opened.
    """
    viewer = napari.Viewer(title="napari-medload")
    _dock_widget, dock = viewer.window.add_plugin_dock_widget(_PLUGIN, _WIDGET)
    room = QApplication.primaryScreen().availableSize()
    viewer.window.resize(min(_WINDOW[0], room.width()), min(_WINDOW[1], room.height()))
    outcome = _Outcome(viewer, dock, screenshot)
    dock.session.open(path, sample, **how)
    napari.run()
    return outcome.code


class _Outcome:
    """Saves the picture that was asked for, and knows how it ended."""

    def __init__(self, viewer: napari.Viewer, dock: BrowserDock, screenshot: Path | None) -> None:
        self.code = 0
        self._viewer, self._screenshot = viewer, screenshot
        if screenshot is not None:
            dock.session.scene_changed.connect(self._on_scene)
            dock.session.trouble.connect(self._on_trouble)
            dock.session.progress_changed.connect(lambda _progress: self._save_when_idle())
            self._session = dock.session
            self._waits = True

    def _on_scene(self, _scene: Scene) -> None:
        if self._waits:
            self._waits = False
            QTimer.singleShot(_CHECKED_WITHIN_MS, self._save)
        self._save_when_idle()

    @property
    def _idle(self) -> bool:
        waits = self._session.loading or self._session.progress is not None
        if self._session.scene is None or waits:
            return False
        return all(facts is not None and facts.checked for facts in self._session.rows.facts)

    def _save_when_idle(self) -> None:
        if self._idle:
            QTimer.singleShot(_SETTLE_MS, self._save)

    def _on_trouble(self, trouble: Trouble) -> None:
        print(trouble.message, file=sys.stderr)
        self.code = 1
        QTimer.singleShot(0, self._leave)

    def _save(self) -> None:
        screenshot, self._screenshot = self._screenshot, None
        if screenshot is None:
            return
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        self._viewer.window.screenshot(str(screenshot), flash=False, canvas_only=False)
        print(screenshot.absolute())
        QTimer.singleShot(0, self._leave)

    def _leave(self) -> None:
        self._viewer.close()
        QApplication.quit()
