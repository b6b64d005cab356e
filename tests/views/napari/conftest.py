"""A real viewer on a real display, with the browser docked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_medload.session.recent import RecentDatasets
from napari_medload.views.napari.dock import BrowserDock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari

TIMEOUT_MS = 60_000


class Browser:
    """Drives a dock as a person would, and waits as a person would."""

    def __init__(self, viewer: napari.Viewer, dock: BrowserDock, qtbot: Any) -> None:
        self.viewer, self.dock, self.qtbot = viewer, dock, qtbot
        self.session = dock.session

    def open(self, path: Any, **how: Any) -> None:
        """Open a dataset and wait until its first sample is drawn and its headers are read."""
        self.session.open(path, **how)
        self.wait(
            lambda: (
                self.session.dataset is not None
                and self.session.scene is not None
                and self.session.rows.scanned == self.session.rows.total
                and self.session.progress is None
            )
        )

    def select(self, sample: int) -> None:
        """Select a sample and wait until it is drawn."""
        self.session.select(sample)
        self.settle()

    def settle(self) -> None:
        """Wait until what is selected is drawn."""
        self.wait(lambda: not self.session.loading)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Run the event loop until a condition holds."""
        self.qtbot.waitUntil(condition, timeout=TIMEOUT_MS)

    def canvas(self) -> np.ndarray:
        """Pixels of the canvas, (rows, columns, RGBA)."""
        QApplication.processEvents()
        return np.asarray(self.viewer.screenshot(canvas_only=True, flash=False))

    def place(self, ras: Any) -> None:
        """Move the slices to a world point."""
        display = self.session.scene.display
        self.viewer.dims.point = display.to_canvas(ras)


@pytest.fixture
def browser(make_napari_viewer: Any, qtbot: Any, tmp_path: Any) -> Iterator[Browser]:
    """Browser in a shown viewer; the canvas is drawn for real."""
    viewer = make_napari_viewer(show=True)
    dock = BrowserDock(viewer, recent=RecentDatasets(tmp_path / "state" / "recent.json"))
    viewer.window.add_dock_widget(dock, name="Dataset browser")
    viewer.window.resize(1300, 850)
    yield Browser(viewer, dock, qtbot)
    dock.session.close()
