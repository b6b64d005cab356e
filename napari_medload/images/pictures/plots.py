"""Plots of planes and of values, by matplotlib."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.geometry import Grid
from napari_medload.images.pictures.extras import optional
from napari_medload.images.pictures.painting import coloured, percentile_range, stretched
from napari_medload.images.pictures.planes import View, middle, views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from napari_medload.formats.contract import Array
    from napari_medload.labels import LabelTable

_UNSEEN_FROM = 50
"""Times the second highest bar, from where on it is a hair on the axis."""

_BINS_AT_MOST = 1000


def plot_planes(
    voxels: Array,
    grid: Grid,
    table: LabelTable | None,
    *,
    radiological: bool = True,
    channel: int | None = None,
    axes: Sequence[Any] | None = None,
    cmap: str | Mapping[int, Any] | None = None,
    output_path: Path | str | None = None,
    show: bool = True,
    xlabels: bool = True,
    percentiles: tuple[float, float] = (0, 100),
    figsize: tuple[float, float] | None = None,
    title: str | None = None,
    reorient: bool = True,
    indices: Sequence[int] | None = None,
    rgb: bool = True,
    savefig_kwargs: Mapping[str, Any] | None = None,
    **imshow_kwargs: Any,
) -> Figure:
    """Draw three planes in true proportions, with the directions at their edges.

    Ticks are voxel indices as stored. A tilted grid is drawn along its own axes, and the title
    says by how much it is tilted.

    Parameters
    ----------
    voxels : array, shape (C, W, H, D)
    table : LabelTable, optional
        Names and colours, for labels.
    radiological : bool
        Whether the patient's right is at the left.
    channel : int, optional
        Channel to draw; the first one of an image, the last one of labels.
    axes : three matplotlib axes, optional
        To draw into.
    cmap : str or dict, optional
        Colour map; for labels also a colour for each value, by name or as 0 to 255.
    output_path : path, optional
        Where to save the figure.
    show : bool
        Whether to show it.
    xlabels : bool
        Whether to name the directions below the planes.
    percentiles : tuple of two floats
        Of the drawn values, that become black and white.
    reorient : bool
        Whether planes are sagittal, coronal and axial; else they lie across the stored axes.
    indices : three ints, optional
        Planes to draw, counted towards right, anterior and superior; along the stored axes
        without `reorient`.
    rgb : bool
        Whether three channels are red, green and blue.
    **imshow_kwargs
        For `matplotlib.axes.Axes.imshow`.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    optional("matplotlib", "matplotlib", "plot", "plotting")
    grid = grid if reorient else _as_stored(grid)
    chosen = views(grid, radiological)
    channels = _channels(voxels, table, channel, rgb)
    places = _places(grid, chosen, indices)
    pictures = [_plane(channels, view, place) for view, place in zip(chosen, places, strict=True)]
    figure: Figure
    figure, drawn_into = _axes(axes, len(chosen), figsize, show)
    painted, options = _painted(pictures, table, cmap, percentiles, imshow_kwargs)
    for axis, view, place, picture in zip(drawn_into, chosen, places, painted, strict=False):
        options_here = {"aspect": view.mm[0] / view.mm[1], "extent": _extent(grid, view), **options}
        axis.imshow(picture, **options_here)
        _name(axis, view, place, xlabels)
    _finish(figure, _title(title, grid), output_path, savefig_kwargs, show)
    return figure


def plot_histogram(voxels: Array, show: bool = True, **kwargs: Any) -> None:
    """Draw how often values occur, in bins of Freedman and Diaconis (1981).

    Parameters
    ----------
    voxels : array
        Values that are not finite are left out.
    show : bool
        Whether to show the figure.
    **kwargs
        For `matplotlib.pyplot.hist`.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    pyplot = optional("matplotlib.pyplot", "matplotlib", "plot", "plotting")
    values = np.ravel(voxels)
    values = values[np.isfinite(values)]
    kwargs = {"bins": bin_count(values), "range": _range(values), **kwargs}
    counts, _edges, _bars = pyplot.hist(values, **kwargs)
    if _one_hides_all(np.asarray(counts)):
        pyplot.yscale("log")
    pyplot.xlabel("Intensity")
    pyplot.ylabel("Density" if kwargs.get("density") else "Frequency")
    _show(pyplot, show)


def _one_hides_all(counts: Array) -> bool:
    """Whether one bar, as of the background, is so high that no other would be seen."""
    filled = np.sort(counts[counts > 0])
    return filled.size > 1 and bool(filled[-1] > _UNSEEN_FROM * filled[-2])


def bin_count(values: Array) -> int:
    """Bins whose width is 2·IQR/∛n, at least one and at most a thousand.

    Where half of all values are equal, so that the width would be nothing, there are √n.
    """
    if not values.size or values.min() == values.max():
        return 1
    low, high = (float(value) for value in np.percentile(values, (25, 75)))
    width = 2 * (high - low) / values.size ** (1 / 3)
    spread = float(values.max()) - float(values.min())
    wanted = spread / width if 0 < width < np.inf else values.size**0.5
    return int(min(max(1, round(min(wanted, _BINS_AT_MOST))), _BINS_AT_MOST))


def _range(values: Array) -> tuple[np.float64, np.float64]:
    """Find the ends of a histogram, apart from one another, in double precision.

    Given in the type of the values, bins narrower than its precision are an error.
    """
    if not values.size:
        return np.float64(0), np.float64(1)
    low, high = np.float64(values.min()), np.float64(values.max())
    if low < high:
        return low, high
    around = max(0.5, abs(low) * 2.0**-40)
    return np.float64(low - around), np.float64(high + around)


def _as_stored(grid: Grid) -> Grid:
    return Grid(grid.shape, np.diag((*grid.spacing, 1.0)), grid.known, oriented=False)


def _channels(voxels: Array, table: LabelTable | None, channel: int | None, rgb: bool) -> Array:
    if channel is not None:
        return voxels[[channel]]
    if table is not None:
        return voxels[-1:]
    if rgb and len(voxels) == 3:
        return voxels
    if len(voxels) > 1:
        warnings.warn(
            f"the image has {len(voxels)} channels; the first is drawn. Choose another by channel=",
            RuntimeWarning,
            stacklevel=4,
        )
    return voxels[:1]


def _places(grid: Grid, chosen: Sequence[View], indices: Sequence[int] | None) -> list[int]:
    """Find the stored index of each plane."""
    if indices is None:
        return [middle(grid, view) for view in chosen]
    worlds = {"sagittal": 0, "coronal": 1, "axial": 2}
    found = []
    for view in chosen:
        place, size = int(indices[worlds[view.name]]), grid.shape[view.axis]
        if not -size <= place < size:
            raise IndexError(f"{view.name} plane {place} lies outside; there are {size}")
        found.append(place % size if view.onward else size - 1 - place % size)
    return found


def _plane(voxels: Array, view: View, place: int) -> Array:
    cut: list[slice] = [slice(None)] * 4
    cut[1 + view.axis] = slice(place, place + 1)
    plane: Array = view.draw(voxels[tuple(cut)])[0]
    return plane


def _axes(
    axes: Sequence[Any] | None, count: int, figsize: tuple[float, float] | None, show: bool
) -> tuple[Any, Any]:
    if axes is not None:
        return axes[0].figure, axes
    if show:
        figure = optional("matplotlib.pyplot", "matplotlib", "plot", "plotting").figure(
            figsize=figsize or (4 * count, 4)
        )
    else:  # nobody else then needs to close it
        module = optional("matplotlib.figure", "matplotlib", "plot", "plotting")
        figure = module.Figure(figsize=figsize or (4 * count, 4))
    figure.set_layout_engine("constrained")
    return figure, np.ravel(figure.subplots(1, count))


def _painted(
    pictures: Sequence[Array],
    table: LabelTable | None,
    cmap: str | Mapping[int, Any] | None,
    percentiles: tuple[float, float],
    given: dict[str, Any],
) -> tuple[list[Array], dict[str, Any]]:
    """Prepare what `imshow` is given: colours, or values with limits and a colour map."""
    if isinstance(cmap, dict):
        return [_by_dict(picture[..., 0], cmap) for picture in pictures], {
            "interpolation": "none",
            **given,
        }
    if table is not None and cmap is None:
        in_colour = [coloured(picture[..., 0], table) for picture in pictures]
        if all(picture is not None for picture in in_colour):
            return [p for p in in_colour if p is not None], {"interpolation": "none", **given}
    low, high = percentile_range(pictures, *percentiles)
    if pictures[0].shape[2] == 3:
        return [stretched(p, low, high) if p.dtype != np.uint8 else p for p in pictures], given
    smooth = "none" if table is not None else "bilinear"
    options = {"vmin": low, "vmax": high, "cmap": cmap or "gray", "interpolation": smooth, **given}
    return [picture[..., 0] for picture in pictures], options


def _by_dict(labels: Array, colours: Mapping[int, Any]) -> Array:
    to_rgb = optional("matplotlib.colors", "matplotlib", "plot", "plotting").to_rgb
    picture = np.zeros((*labels.shape, 3), np.uint8)
    for value, colour in colours.items():
        rgb = np.array(to_rgb(colour)) * 255 if isinstance(colour, str) else np.array(colour)
        picture[labels == value] = np.rint(rgb).astype(np.uint8)
    return picture


def _extent(grid: Grid, view: View) -> tuple[float, float, float, float]:
    """Find the stored indices at the left, right, bottom and top of a picture."""
    across = (-0.5, grid.shape[view.columns] - 0.5)
    down = (-0.5, grid.shape[view.rows] - 0.5)
    left, right = across[::-1] if view.flip_columns else across
    top, bottom = down[::-1] if view.flip_rows else down
    return left, right, bottom, top


def _name(axis: Any, view: View, place: int, xlabels: bool) -> None:
    left, right, top, bottom = view.ends
    letters = "WHD"
    axis.set_title(f"{view.name.capitalize() if left else 'Plane'}, {letters[view.axis]} = {place}")
    if xlabels:
        axis.set_xlabel(f"{left} ↔ {right}" if left else letters[view.columns])
    axis.set_ylabel(f"{bottom} ↔ {top}" if left else letters[view.rows])


def _title(title: str | None, grid: Grid) -> str | None:
    if not (grid.oriented and grid.is_oblique):
        return title
    tilt = f"tilted by {grid.oblique_degrees:.1f}°: letters name the nearest directions"
    return tilt if title is None else f"{title} ({tilt})"


def _finish(
    figure: Any,
    title: str | None,
    output_path: Path | str | None,
    savefig_kwargs: Mapping[str, Any] | None,
    show: bool,
) -> None:
    if title is not None:
        figure.suptitle(title)
    if output_path is not None:
        figure.savefig(output_path, **(savefig_kwargs or {}))
    if show:
        _show(optional("matplotlib.pyplot", "matplotlib", "plot", "plotting"), show)


def _show(pyplot: Any, show: bool) -> None:
    """Show the figures, where anything can."""
    if show and pyplot.get_backend().lower() != "agg":
        pyplot.show()
