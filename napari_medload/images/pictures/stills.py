"""Images as Pillow's pictures and as animated GIFs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from napari_medload.formats.storage.atomic import written_whole
from napari_medload.images.pictures.painting import clamped, finite_range, stretched, to_true_aspect
from napari_medload.images.pictures.planes import view_across

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid

_SHORTEST_MS = 10
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def as_pil(voxels: Array, transpose: bool = True) -> Pillow.Image:
    """Picture of the one plane of an image.

    Parameters
    ----------
    voxels : array, shape (C, W, H, 1)
        Values below 0 and above 255 are clamped, decimals are cut off.
    transpose : bool
        Whether the width runs to the right; else it runs down.

    Raises
    ------
    NotImplementedError
        If there are not 1, 3 or 4 channels.
    """
    _check_channels(len(voxels), "a picture")
    plane = clamped(voxels[..., 0])
    plane = np.repeat(plane, 3, axis=0) if len(plane) == 1 else plane
    return Pillow.fromarray(
        np.ascontiguousarray(plane.transpose((2, 1, 0) if transpose else (1, 2, 0)))
    )


def write_gif(
    voxels: Array,
    grid: Grid,
    axis: int,
    duration: float,
    path: Path,
    *,
    loop: int,
    rescale: bool,
    optimize: bool,
    reverse: bool,
    nearest: bool,
) -> None:
    """Write the planes across a voxel axis as an animation, in true proportions.

    Parameters
    ----------
    voxels : array, shape (C, W, H, D)
    duration : float
        Of the whole, in seconds.

    Raises
    ------
    ValueError
        If the axis is not 0, 1 or 2, or the duration is not positive.
    NotImplementedError
        If there are not 1, 3 or 4 channels.

    Warns
    -----
    RuntimeWarning
        If a frame would be shown for less than 10 ms, which is the shortest that is possible.
    """
    if axis not in (0, 1, 2):
        raise ValueError(f"an axis is 0, 1 or 2, found {axis!r}")
    if not duration > 0:
        raise ValueError(f"a duration is a number of seconds above 0, found {duration}")
    _check_channels(len(voxels), "an animation")
    view = view_across(grid, axis)
    planes = _squeezed(view.draw(voxels))
    limits = finite_range(voxels) if rescale else None
    frames = (_frame(plane, limits, view.mm, nearest) for plane in planes[:: -1 if reverse else 1])
    with written_whole(path) as aside:
        next(frames).save(
            aside,
            format="GIF",
            save_all=True,
            append_images=frames,
            optimize=optimize,
            duration=_frame_ms(duration, len(planes)),
            loop=loop,
        )


def _frame(
    plane: Array, limits: tuple[float, float] | None, mm: tuple[float, float], nearest: bool
) -> Pillow.Image:
    painted = clamped(plane) if limits is None else stretched(plane, *limits)
    frame = Pillow.fromarray(np.ascontiguousarray(to_true_aspect(painted, mm, nearest)))
    return frame.convert("RGB") if frame.mode == "RGBA" else frame


def _squeezed(pictures: Array) -> Array:
    return pictures[..., 0] if pictures.shape[3] == 1 else pictures


def _frame_ms(duration: float, frames: int) -> float:
    wanted = duration * 1000 / frames
    if wanted >= _SHORTEST_MS:
        return wanted
    warnings.warn(
        f"{frames} frames in {duration} s are {1000 / wanted:.0f} frames a second; a GIF shows at "
        f"most {1000 // _SHORTEST_MS}, so it will last {frames * _SHORTEST_MS / 1000:.1f} s",
        RuntimeWarning,
        stacklevel=4,
    )
    return _SHORTEST_MS


def _check_channels(channels: int, what: str) -> None:
    if channels not in _MODES:
        raise NotImplementedError(
            f"{what} has 1, 3 or 4 channels, found {channels}; make an image of one of them"
        )
