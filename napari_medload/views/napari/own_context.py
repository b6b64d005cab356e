"""A canvas frees what it has drawn with in its own OpenGL context, and in no other.

When a layer is removed, napari (0.9.2) finishes the commands of its canvas at once, in whichever
context happens to be current. With several canvases that may be another one's, whose textures bear
the same numbers: they are deleted in place of the removed layer's, and what is drawn of them from
then on is undefined. napari has no public way to mend this, so what is private of it stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from qtpy.compat import isalive

if TYPE_CHECKING:
    from collections.abc import Callable

_FINISH = "finish"


def keep_to_own_context(canvas: Any) -> None:
    """Let a canvas make its context current before it finishes its commands.

    Parameters
    ----------
    canvas : napari's canvas, as of `QtViewer.canvas`
        Where a version of napari has no such canvas, nothing is changed.
    """
    drawn = getattr(canvas, "_scene_canvas", None)
    context = getattr(drawn, "context", None)
    finish: Callable[[], None] | None = getattr(context, _FINISH, None)
    if drawn is None or finish is None or _FINISH in vars(context):
        return
    held = ref(drawn)  # what the context holds it would keep alive

    def finish_own() -> None:
        own = held()
        if own is not None and isalive(own.native):
            own.set_current()
            finish()

    setattr(context, _FINISH, finish_own)
