"""What a person looks at: the scene, how it is drawn, and where in the patient."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_medload.session.background.scan import facts_of
from napari_medload.session.options import COMPARE_MODES, PLANES, AsIf, ViewOptions
from napari_medload.session.scene.windows import (
    preset,
    windowed_roles,
    with_window,
    without_window,
)

if TYPE_CHECKING:
    from napari_medload.loaders.dataset import Alignment
    from napari_medload.session.background.preparing import Prepared
    from napari_medload.session.options import LabelStyle, Plane
    from napari_medload.session.scene.scene import Scene
    from napari_medload.session.table.facts import SampleFacts

    Place = tuple[float, float, float]


class Looking:
    """The scene that is drawn; see `Session`, which gets it ready.

    Attributes
    ----------
    scene : Scene or None
    options : ViewOptions
        How samples are drawn.
    position : (float, float, float) or None
        Place that is looked at, RAS+ mm; in indices where a scene has no place in a patient.
    """

    scene_changed = Signal(object)  # Scene
    options_changed = Signal(object)  # ViewOptions
    position_changed = Signal(object)  # RAS+ mm

    def __init__(self) -> None:
        self.scene: Scene | None = None
        self.options = ViewOptions()
        self.position: Place | None = None
        self._labels_were: LabelStyle = "auto"
        self._places: dict[str, Place | None] = {}  # by frame
        self._read: tuple[Prepared, Alignment, SampleFacts] | None = None

    def _redraw(self) -> None:
        """Draw what is shown by other options."""
        raise NotImplementedError

    def set_options(self, **changes: Any) -> None:
        """Change how samples are drawn, by fields of `ViewOptions`."""
        options = replace(self.options, **changes)
        if options != self.options:
            self._take_options(options)
            self._redraw()

    def look_as_if(self, as_if: AsIf | None) -> None:
        """Draw the selected sample as if something were true of it; as the files say, for None.

        Going on to another sample ends it.
        """
        self.set_options(as_if=as_if)

    def next_mode(self) -> None:
        """Go to the next compare mode that can be drawn of what is shown."""
        drawable = COMPARE_MODES if self.scene is None else self.scene.modes
        self.set_options(mode=self.options.next_mode(drawable))

    def set_window(self, role: str | None, low: float, high: float) -> None:
        """Choose which values of an image are drawn black and white.

        Parameters
        ----------
        role : str or None
            Of which image, also of samples still to come; of all images, for None.
        low, high : float
            In values of the image.

        Raises
        ------
        ValueError
            If there is nothing between them.
        """
        self.set_options(windows=with_window(self.options, self._images(role), low, high))

    def reset_window(self, role: str | None = None) -> None:
        """Draw an image by its own contrast again; all images, for None."""
        self.set_options(windows=without_window(self.options, role))

    def set_preset(self, name: str) -> None:
        """Draw all images by one of the `PRESETS` of CT.

        Raises
        ------
        ValueError
            If there is none of this name.
        """
        self.set_window(None, *preset(name))

    def toggle_label(self, value: int) -> None:
        """Hide a label, or draw it again; by its true value, as the legend lists it."""
        self.set_options(hidden_labels=self.options.hidden_labels ^ {value})

    def show_labels(self) -> None:
        """Draw all labels again."""
        self.set_options(hidden_labels=frozenset())

    def switch_labels(self) -> None:
        """Draw no labels, or draw them again as they were drawn before."""
        if self.options.labels != "off":
            self._labels_were = self.options.labels
            self.set_options(labels="off")
        else:
            self.set_options(labels=self._labels_were)

    def _images(self, role: str | None) -> tuple[str, ...]:
        """Return a role alone; for None, of all images that are shown."""
        if role is not None or self.scene is None:
            return () if role is None else (role,)
        return windowed_roles(self.scene.layers)

    def go_to(self, position: Place) -> None:
        """Look at a place in the patient, in RAS+ mm; all views follow."""
        if position != self.position:
            self.position = position
            self.position_changed.emit(position)

    def step_slice(self, plane: Plane, by: int) -> None:
        """Go some slices on, across a plane; no further than its first and last one."""
        scene = self.scene
        if scene is not None and scene.display is not None and self.position is not None:
            axis = PLANES.index(plane)
            index = scene.display.to_index(scene.display.to_canvas(self.position))
            self.go_to_slice(plane, round(index[2 - axis]) + by)

    def go_to_slice(self, plane: Plane, index: int) -> None:
        """Go to a slice of a plane, counted on the display grid; stay within the other planes."""
        scene = self.scene
        if scene is None or scene.display is None or self.position is None:
            return
        display, axis = scene.display, PLANES.index(plane)
        canvas = list(display.to_canvas(self.position))
        within = min(max(index, 0), display.grid.shape[2 - axis] - 1)
        canvas[axis] = display.translate[axis] + within * display.scale[axis]
        self.go_to(display.to_ras(canvas))

    def look_inside(self) -> None:
        """Go to the middle, where nobody has looked yet or the place lies beyond the grid."""
        display = None if self.scene is None else self.scene.display
        if display is not None and (self.position is None or not display.contains(self.position)):
            self.go_to(display.middle)

    def _take_options(self, options: ViewOptions) -> None:
        self.options = options
        self.options_changed.emit(options)

    def _forget_scene(self) -> None:
        """Look at nothing; in another dataset, values and labels mean something else."""
        self.scene = self.position = self._read = None
        self._places.clear()
        options = replace(self.options, windows=(), hidden_labels=frozenset())
        if options != self.options:
            self._take_options(options)

    def _take_scene(self, scene: Scene) -> None:
        """Look at another scene, from the same place.

        While arrays are shown that have no place in the patient, the place is kept.
        """
        before, after = (_frame(one) for one in (self.scene, scene))
        if before != after:
            self._places[before] = self.position
            self.position = self._places.get(after)
        self.scene = scene

    def _facts_as_read(self, shown: Prepared, alignment: Alignment) -> SampleFacts:
        """Facts of the shown sample, as it was read."""
        if self._read is None or self._read[0] is not shown or self._read[1] != alignment:
            facts = facts_of(shown.sample, shown.headers, shown.problems, alignment)
            self._read = shown, alignment, facts  # asked for at every change of options
        return self._read[2]


def _frame(scene: Scene | None) -> str:
    """In what a scene's positions count: in the patient, or in the voxels that a lens sees."""
    return "" if scene is None or scene.known else f"voxels {scene.options.lens}"
