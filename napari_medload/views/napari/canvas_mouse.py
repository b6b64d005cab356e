"""Following the mouse on a canvas, and the axes that the screen shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari.components import ViewerModel


class CanvasMouse:
    """Has a canvas call what follows the mouse, until it is let go of.

    Parameters
    ----------
    viewer : napari.components.ViewerModel
    on_drag : callable
        Generator that napari runs from the press of a button to its release.
    on_move : callable
        Called when the mouse moves without a button.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        on_drag: Callable[[Any, Any], Iterator[None]],
        on_move: Callable[[Any, Any], None],
    ) -> None:
        self._held: tuple[tuple[Any, Any], ...] = (
            (viewer.mouse_drag_callbacks, on_drag),
            (viewer.mouse_move_callbacks, on_move),
        )
        for callbacks, mine in self._held:
            callbacks.append(mine)

    def close(self) -> None:
        """Let go of the mouse."""
        for callbacks, mine in self._held:
            if mine in callbacks:
                callbacks.remove(mine)


def screen_axes(viewer: ViewerModel) -> tuple[int, int]:
    """Canvas axes (0 S, 1 A, 2 R) that run up and across the screen."""
    dims = viewer.dims
    up, across = (axis - (dims.ndim - 3) for axis in dims.order[-2:])
    return up, across
