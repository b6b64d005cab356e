"""Images as H.265 videos, plane by plane, encoded by PyAV."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.storage.atomic import written_whole
from napari_medload.images.pictures.extras import optional
from napari_medload.images.pictures.painting import clamped, finite_range, stretched, to_true_aspect
from napari_medload.images.pictures.planes import View, view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import Grid

_CODEC = "libx265"
_DIRECTIONS = {"L": (0, False), "R": (0, True), "P": (1, False), "A": (1, True),
               "I": (2, False), "S": (2, True)}  # fmt: skip
"""World axis that the planes follow, and whether towards its positive end."""

_NARROWEST = 64
"""x265 4.2 breaks its own memory, and the process, on pictures narrower than 50 pixels."""

_FEWEST = 4
"""Frames that x265 4.2 reorders before it knows how late the first one is shown, and some more.

Of one or two frames it gives out times from memory that nobody has written, which fails at random.
"""


def write_video(
    voxels: Array,
    grid: Grid,
    path: Path,
    *,
    frame_rate: float | None,
    seconds: float | None,
    direction: str,
    verbosity: str,
) -> None:
    """Write the planes of an image in true proportions, as radiologists look at them.

    Parameters
    ----------
    voxels : array, shape (1, W, H, D)
    path : path
        Ending in ``.mp4``.
    frame_rate, seconds : float, optional
        One of the two: planes a second, or how long the video lasts.
    direction : str
        Where the planes move to: I, S, A, P, R or L.
    verbosity : str
        Of the encoder.

    Raises
    ------
    ValueError
        For both or neither of rate and length, one that is not positive, an unknown direction, or
        several channels.
    NotImplementedError
        If the path ends otherwise.
    ImportError
        If PyAV is missing.

    Warns
    -----
    RuntimeWarning
        If values are changed: stretched to 0 to 255 because some lie outside, or decimals cut off.
    """
    view, forward = _view(grid, direction)
    if len(voxels) != 1:
        raise ValueError(
            f"a video shows one channel, found {len(voxels)}; make an image of one of them"
        )
    if path.suffix.lower() != ".mp4":
        raise NotImplementedError(f"{path}: a video is written as .mp4; change the name")
    rate = _rate(frame_rate, seconds, grid.shape[view.axis])
    av = optional("av", "av", "video", "writing a video")
    planes = view.draw(voxels)[..., 0]
    planes = planes if view.onward == forward else planes[::-1]
    painted = _painter(planes)
    with written_whole(path) as aside:
        _encode(
            av,
            (to_true_aspect(painted(plane), view.mm, nearest=False) for plane in planes),
            aside,
            rate,
            {"x265-params": _codec_parameters(verbosity, len(planes)), "crf": "18"},
        )


def _view(grid: Grid, direction: str) -> tuple[View, bool]:
    if not isinstance(direction, str) or direction.upper() not in _DIRECTIONS:
        raise ValueError(f"a direction is one of {', '.join(_DIRECTIONS)}, found {direction!r}")
    world, forward = _DIRECTIONS[direction.upper()]
    return view_of(grid, world), forward


def _rate(frame_rate: float | None, seconds: float | None, frames: int) -> Fraction:
    if (frame_rate is None) == (seconds is None):
        found = "neither" if seconds is None else "both (set frame_rate=None to give seconds)"
        raise ValueError(f"a video needs either frame_rate or seconds, found {found}")
    given = frame_rate if seconds is None else seconds
    if given is None or not 0 < given < float("inf"):
        raise ValueError(f"frame_rate and seconds are numbers above 0, found {given}")
    exact = Fraction(given).limit_denominator(1000)
    return exact if seconds is None else Fraction(frames) / exact


def _painter(planes: Array) -> Callable[[Array], Array]:
    """Choose how planes become bytes, all in the same way; it warns where values change."""
    low, high = finite_range(planes)
    if low < 0 or high > 255:
        warnings.warn(
            f"a video holds values from 0 to 255; those from {low:g} to {high:g} are stretched to "
            "that range",
            RuntimeWarning,
            stacklevel=4,
        )
        return lambda plane: stretched(plane, low, high)
    if planes.dtype.kind == "f" and any((plane != np.trunc(plane)).any() for plane in planes):
        warnings.warn(
            "a video holds whole numbers; decimals are cut off", RuntimeWarning, stacklevel=4
        )
    return clamped


def _codec_parameters(verbosity: str, frames: int) -> str:
    parameters = f"log-level={verbosity}"
    return parameters if frames > _FEWEST else f"{parameters}:bframes=0"


def _encode(
    av: Any, pictures: Iterable[Array], path: Path, rate: Fraction, options: dict[str, str]
) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(_CODEC, rate=rate, options=options)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.codec_tag = "hvc1"  # without it, Apple's players show nothing
        for number, picture in enumerate(pictures):
            picture = _fitting(picture)
            if number == 0:
                stream.height, stream.width = picture.shape
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _fitting(picture: Array) -> Array:
    """Picture that the codec takes: enlarged by a whole number, edges repeated to even sides."""
    factor = -(-_NARROWEST // min(picture.shape))
    large = picture.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.ascontiguousarray(np.pad(large, [(0, size % 2) for size in large.shape], mode="edge"))
