"""What outlives napari windows that were closed with the browser in them; run as a program.

The fixtures of the tests hold viewers, so these have a process of their own. Prints one JSON
object: for each window that was asked for, what was left of it. A window is named by a compare
mode, with a sign behind it for three planes or a curtain in hand, or "bare" for napari alone.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import ref

import napari
import numpy as np
from qtpy.compat import isalive
from qtpy.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_medload.session.recent import RecentDatasets
from napari_medload.views.napari.canvas_lines import canvas_in
from napari_medload.views.napari.dock import BrowserDock

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.session import Session

BARE, PLANES, IN_HAND = "bare", " + planes", " in hand"
PATIENCE = 3000
"""Times that twenty milliseconds are waited for anything."""


def wait(condition: Callable[[], bool]) -> None:
    """Run the event loop until a condition holds."""
    for _ in range(PATIENCE):
        if condition():
            return
        QTest.qWait(20)
    sys.exit("waited in vain")


def flush() -> None:
    """Let go of what Qt deletes later, and of what Python finds in circles."""
    for _ in range(5):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        gc.collect()


def touching(session: Session) -> Callable[[object], None]:
    """Show the sample of a dataset as soon as it is open, without holding the session."""
    held = ref(session)

    def touch(_dataset: object) -> None:
        found = held()
        if found is not None:
            found.touch()

    return touch


def browse(viewer: napari.Viewer, folder: Path, name: str) -> dict[str, Any]:
    """Look at a dataset as the name of a window says; return our own objects, weakly."""
    recent = RecentDatasets(Path(tempfile.mkdtemp()) / "recent.json")
    dock = BrowserDock(viewer, recent=recent)
    viewer.window.add_dock_widget(dock, name="Dataset browser")
    session = dock.session
    session.dataset_changed.connect(touching(session))
    session.open(folder)
    wait(lambda: session.scene is not None and session.rows.scanned == session.rows.total)
    mode = name.removesuffix(PLANES).removesuffix(IN_HAND)
    session.set_options(mode=mode, planes=name.endswith(PLANES))
    wait(lambda: not session.loading)
    assert mode != "flicker" or dock.canvas.flicker.running
    assert dock.canvas.planes.on is name.endswith(PLANES)
    if name.endswith(IN_HAND):
        take_in_hand(viewer)
    parts = {"dock": dock, "session": session, "canvas": dock.canvas}
    return {part: ref(held) for part, held in parts.items()}


def take_in_hand(viewer: napari.Viewer) -> None:
    """Press the button over the curtain, in the middle of the canvas, and move a little."""
    canvas = canvas_in(viewer).native
    spot = QPoint(canvas.width() // 2, canvas.height() // 2)
    QTest.mouseMove(canvas, spot)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=spot)
    QTest.mouseMove(canvas, spot + QPoint(30, 0))
    QTest.qWait(50)
    assert not viewer.scene.camera.mouse_pan


def close_one(folder: Path, name: str) -> dict[str, Any]:
    """Open a window and close it; return what was in it, weakly."""
    viewer = napari.Viewer(show=True, show_welcome_screen=False)
    held: dict[str, Any] = {
        "viewer": ref(viewer),
        "window": ref(viewer.window),
        "qt window": ref(viewer.window._qt_window),
    }
    if name == BARE:
        viewer.add_image(np.zeros((10, 12, 14), np.float32))
        viewer.add_labels(np.zeros((10, 12, 14), np.uint8))
    else:
        held |= browse(viewer, folder, name)
    held |= {f"layer {at}": ref(layer) for at, layer in enumerate(viewer.layers)}
    viewer.close()
    return held


def left_of(folder: Path, name: str) -> dict[str, list[str]]:
    """Open a window, close it, and tell what is still there."""
    held = close_one(folder, name)
    ours = [thread for thread in threading.enumerate() if "medload" in thread.name]
    for thread in ours:
        thread.join(10)
    flush()
    timers = [
        str(timer.parent())
        for timer in gc.get_objects()
        if isinstance(timer, QTimer) and isalive(timer) and timer.isActive()
    ]
    return {
        "held": [what for what, found in held.items() if found() is not None],
        "timers": timers,
        "threads": [thread.name for thread in ours if thread.is_alive()],
        "widgets": [str(widget) for widget in QApplication.allWidgets()],
    }


if __name__ == "__main__":
    print(json.dumps({name: left_of(Path(sys.argv[1]), name) for name in sys.argv[2:]}))
