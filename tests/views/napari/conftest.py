"""A real viewer on a real display, with the browser docked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_medload.session import Session, Trouble
from napari_medload.session.background.checking import CHECKING
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.review.reviewer import RememberedReviewer
from napari_medload.views.napari.details_panel import DetailsPanel
from napari_medload.views.napari.dock import BrowserDock
from napari_medload.views.napari.qt_mailbox import QtMailbox
from tests.checks.bodies import Body, changed, pair_of
from tests.phantoms import write_nifti
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import napari

TIMEOUT_MS = 60_000


class Driver:
    """Drives a session as a person would, and waits as a person would."""

    def __init__(self, session: Session, qtbot: Any) -> None:
        self.session, self.qtbot = session, qtbot
        self.troubles: list[Trouble] = []
        session.trouble.connect(self.troubles.append)
        self.at_work = True  # no sample is shown that was not asked for
        session.dataset_changed.connect(lambda _dataset: self.at_work and session.touch())

    def open(self, path: Any, **how: Any) -> None:
        """Open a dataset and wait until its first sample is drawn and its headers are read."""
        before = self.session.dataset
        self.session.open(path, **how)
        self.wait_open(lambda: self.session.dataset is not before)

    def wait_open(self, condition: Callable[[], bool] = lambda: True) -> None:
        """Wait until a dataset is shown and all its headers are read."""
        self.wait(
            lambda: (
                condition()
                and self.session.dataset is not None
                and self.session.scene is not None
                and self.session.rows.scanned == self.session.rows.total
                and self.idle
            )
        )

    @property
    def idle(self) -> bool:
        """Whether nothing goes on that a person has asked for; checks go on by themselves."""
        progress = self.session.progress
        return progress is None or progress.what == CHECKING

    def wait_for_trouble(self) -> str:
        """Wait until something did not happen, and say why."""
        self.wait(lambda: bool(self.troubles))
        return self.troubles[-1].message

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


def window_of(reviewer: str, viewer: napari.Viewer, qtbot: Any, state: Path) -> Browser:
    """Open the browser in a window of a reviewer, as if the program had just been started."""
    remembered = RememberedReviewer()
    remembered.change(name=reviewer)
    dock = BrowserDock(viewer, RecentDatasets(state / "recent.json"), reviewer=remembered)
    viewer.window.add_dock_widget(dock, name="Dataset browser")
    browser = Browser(viewer, dock, qtbot)
    window = viewer.window._qt_window
    window.activateWindow()
    browser.wait(window.isActiveWindow)
    return browser


class Browser(Driver):
    """Drives a dock beside a canvas."""

    def __init__(self, viewer: napari.Viewer, dock: BrowserDock, qtbot: Any) -> None:
        super().__init__(dock.session, qtbot)
        self.viewer, self.dock = viewer, dock

    def canvas(self) -> np.ndarray:
        """Pixels of the canvas, (rows, columns, RGBA)."""
        QApplication.processEvents()
        return np.asarray(self.viewer.screenshot(canvas_only=True, flash=False))

    def rest(self) -> None:
        """Wait until all samples are checked and the dock asks for no other height any more."""
        frame, asked = self.dock.parentWidget(), []

        def resting() -> bool:
            facts, busy = self.session.rows.facts, self.session.progress is not None
            asked.append((frame.minimumHeight(), frame.minimumSizeHint().height(), busy))
            done = all(found is not None and found.checked for found in facts) and not busy
            return done and set(asked[-3:]) == {(asked[-1][1], asked[-1][1], False)}

        self.wait(resting)

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


@pytest.fixture
def driver(qtbot: Any, tmp_path: Path) -> Iterator[Driver]:
    """Session in Qt's event loop, for panels that need no viewer."""
    recent = RecentDatasets(tmp_path / "state" / "recent.json")
    session = Session(QtMailbox(), recent=recent)
    yield Driver(session, qtbot)
    session.close()


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: Any) -> Path:
    """Eight good labelled pairs in one world; nobody may write into them."""
    return write_pairs(tmp_path_factory.mktemp("views") / "pairs", 8, labels=True)


@pytest.fixture
def bodies(tmp_path: Path) -> Path:
    """Two pairs of bodies, the second one flipped."""
    folder = tmp_path / "bodies"
    right = [pair_of(Body(seed)) for seed in range(2)]
    right[1] = changed(right[1], "moving", array=lambda a: np.flip(a, 2))
    for number, volumes in enumerate(right):
        for role, found in volumes.items():
            path = folder / f"{role}s" / f"case{number}.nii.gz"
            write_nifti(path, found.array[..., 0], found.grid.affine)
    return folder


@pytest.fixture
def details(driver: Driver) -> DetailsPanel:
    widget = DetailsPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(350, 300)
    widget.show()
    return widget
