"""The sample that is shown, in 3D: handed to NiiVue."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np

from napari_medload.views.notebook.thinned import caption_of, coarse_grid, thinned

if TYPE_CHECKING:
    from ipyniivue import NiiVue

    from napari_medload.session import Session
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.scene import Scene
    from napari_medload.views.notebook.thinned import Thinned

SIDE = 128
"""Voxels along the longest side, where nobody asks for more."""

_HEIGHT = 480
_NAMES_AT_MOST = 24
_CROSSHAIR, _CROSSHAIR_VOXELS = (1.0, 0.85, 0.0, 1.0), 0.8


class Volumes3D(ipywidgets.VBox):  # type: ignore[misc]
    """What is shown of a sample in 3D, below a line that says how coarsely.

    NiiVue keeps its volumes in the state of its widgets, so a notebook that is saved with its
    widgets' state would keep them too. `close` takes them away.

    Parameters
    ----------
    niivue : ipyniivue.NiiVue
    caption : str
        What a person should know of it.
    legend : str
        Names of labels behind their colours, as HTML.

    Attributes
    ----------
    niivue : ipyniivue.NiiVue
    caption : str
    """

    def __init__(self, niivue: NiiVue, caption: str, legend: str = "") -> None:
        self.niivue, self.caption = niivue, caption  # first: what fails half-way is closed
        text = "<br>".join(filter(None, (escape(caption), legend)))
        super().__init__([ipywidgets.HTML(text), niivue])

    def look_at(self, place: tuple[float, float, float]) -> None:
        """Put the crosshair at a place, each coordinate 0 to 1 along the grid's (R, A, S)."""
        self.niivue.scene.crosshair_pos = list(place)

    def close(self) -> None:
        """Take all widgets away, in the page and in the kernel, with what they hold."""
        for widget in (*self.niivue.volumes, *self.children):
            for part in ("style", "layout"):  # widgets of their own, which outlive theirs
                if widget.has_trait(part):
                    getattr(widget, part).close()
            widget.close()
        self.layout.close()
        super().close()


def in_3d(session: Session, side: int = SIDE) -> Volumes3D:
    """Show the sample that is drawn in 3D.

    Parameters
    ----------
    session : Session
    side : int
        Voxels along the longest side, at most.

    Raises
    ------
    ModuleNotFoundError
        If ipyniivue is not installed.
    ValueError
        If no sample is drawn, or `side` is less than 2.
    """
    scene, display = _drawn(session)
    grid = coarse_grid(display.grid, side)
    volumes = thinned(scene, grid)
    niivue = _niivue(
        volumes,
        is_slice_mm=True,  # else NiiVue draws along the voxels, however they are tilted
        is_radiological_convention=scene.options.radiological,
        is_orientation_text_visible=scene.oriented,
    )
    shown = Volumes3D(niivue, caption_of(scene, grid), _legend(volumes))
    if session.position is not None:
        index = np.array(display.to_index(display.to_canvas(session.position)))
        i, j, k = ((index + 0.5) / np.array(display.grid.shape)).clip(0, 1).tolist()
        shown.look_at((i, j, k))
    return shown


def _drawn(session: Session) -> tuple[Scene, DisplayGrid]:
    """Return the scene of the sample that is selected, and the grid that it is drawn on.

    Raises
    ------
    ValueError
        If there is none, or nothing in it.
    """
    scene, dataset, selected = session.scene, session.dataset, session.selected
    if dataset is None or selected is None:
        raise ValueError("no sample is shown, so there is nothing to open in 3D")
    name = dataset[selected].id
    if scene is None or scene.sample_id != name or session.loading:
        raise ValueError(f"{name} is not drawn yet, so it cannot be opened in 3D")
    if scene.display is None:
        why = "; ".join(f"{role}: {reason}" for role, reason in scene.problems.items())
        raise ValueError(f"{name} cannot be opened in 3D, nothing of it is drawn: {why}")
    return scene, scene.display


def _legend(volumes: tuple[Thinned, ...]) -> str:
    """Write each label behind its colours, as HTML."""
    colours: dict[str, dict[str, None]] = {}
    for table in filter(None, (volume.labels for volume in volumes)):
        drawn = zip(table["labels"], table["R"], table["G"], table["B"], table["A"], strict=True)
        for name, red, green, blue, alpha in drawn:
            if alpha:
                colours.setdefault(name, {})[f"rgb({red},{green},{blue})"] = None
    listed = [
        "".join(f'<span style="color:{colour}">■</span>' for colour in own) + f" {escape(name)}"
        for name, own in list(colours.items())[:_NAMES_AT_MOST]
    ]
    if len(colours) > _NAMES_AT_MOST:
        listed.append(f"and {len(colours) - _NAMES_AT_MOST} more")
    return " &ensp; ".join(listed)


def _niivue(volumes: tuple[Thinned, ...], **options: Any) -> NiiVue:
    """Make the widget.

    Raises
    ------
    ModuleNotFoundError
        If ipyniivue is not installed.
    """
    try:
        from ipyniivue import MultiplanarType, NiiVue, ShowRender
    except ModuleNotFoundError as error:
        if error.name != "ipyniivue":
            raise
        raise ModuleNotFoundError(
            "open_3d needs ipyniivue, which is not installed. "
            'Install it by: pip install "napari-medload[niivue]"',
            name=error.name,
        ) from error
    widget = NiiVue(
        height=_HEIGHT,
        multiplanar_layout=MultiplanarType.GRID,
        multiplanar_show_render=ShowRender.ALWAYS,
        crosshair_width=_CROSSHAIR_VOXELS,
        crosshair_color=_CROSSHAIR,
        **options,
    )
    widget.load_volumes([_as_niivue(volume) for volume in volumes])
    return widget


def _as_niivue(volume: Thinned) -> Any:
    from ipyniivue import Volume

    given: dict[str, Any] = {"name": f"{volume.role}.nii", "opacity": volume.opacity}
    if volume.limits is not None:
        given["cal_min"], given["cal_max"] = volume.limits
        given["colormap"] = volume.colormap
    made = Volume(data=volume.nifti, colorbar_visible=False, **given)
    if volume.labels is not None:
        made.set_colormap_label(dict(volume.labels))
    return made
