"""The browser's dock in a viewer: the one that is there, or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from napari_medload.views.napari.dock import BrowserDock

PLUGIN, WIDGET = "napari-medload", "Dataset browser"


def browser_in(viewer: Any) -> BrowserDock:
    """Show the browser's dock in a viewer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer or None

    Raises
    ------
    RuntimeError
        If there is no window to dock in.
    """
    window = getattr(viewer, "window", None)
    if window is None:
        raise RuntimeError(
            "a dataset is shown in the browser's dock, and there is no napari window to dock in. "
            "Open napari first, or run: napari-medload open"
        )
    frame, dock = window.add_plugin_dock_widget(PLUGIN, WIDGET, tabify=True)
    frame.show()  # a dock that was closed is only hidden
    frame.raise_()
    return cast("BrowserDock", dock)
