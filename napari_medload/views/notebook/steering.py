"""Traits that follow a session, and lead it where a script sets them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from napari_medload.session.options import COMPARE_MODES
from napari_medload.session.scene.windows import common_window, windowed_roles
from napari_medload.views.notebook.numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.session import Session


class Steered(anywidget.AnyWidget):
    """A widget whose traits say what a session shows; none of them is kept in a notebook.

    Attributes
    ----------
    selection : str or None
        Id of the sample that is shown.
    verdicts : dict of str to str
        Own verdicts that are on disk, by sample id: accept, reject or unsure.
    position_mm : tuple of three floats, or None
        Place that is looked at, RAS+ mm; in voxels where a file states no geometry.
    view : str
        How moving and fixed are compared, such as ``"checkerboard"``.
    window : tuple of two floats, or None
        Values drawn black and white, for all images; None for the own contrast of each.
    opacity : float
        Of the moving image over the fixed one, 0 to 1.
    """

    selection = traitlets.Unicode(None, allow_none=True)
    verdicts = traitlets.Dict(read_only=True)
    position_mm = Numbers(3)
    view = traitlets.Enum(COMPARE_MODES, "overlay")
    window = Numbers(2)
    opacity = traitlets.Float(0.3, min=0.0, max=1.0)

    session: Session
    _closed = False
    _following = False  # whether traits follow the session at present, and do not lead it

    def steer(self, session: Session) -> None:
        """Follow a session, and lead it."""
        session.selection_changed.connect(lambda _sample: self._follow())
        session.options_changed.connect(lambda _options: self._follow())
        session.position_changed.connect(lambda _position: self._follow())
        session.scene_changed.connect(lambda _scene: self._on_scene())
        session.dataset_changed.connect(lambda _dataset: self._follow())
        session.reviewing.marked.connect(self._follow_verdicts)
        session.reviewing.changed.connect(self._follow_verdicts)
        self.observe(self._lead, ["selection", "position_mm", "view", "window", "opacity"])
        self._on_scene()  # it may be there already
        self._follow_verdicts()

    def settle(self) -> None:
        """Wait until the selected sample is drawn."""
        raise NotImplementedError

    def go(self, sample_id: str) -> None:
        """Show a sample."""
        raise NotImplementedError

    @property
    def live(self) -> Session:
        """The session, as long as the browser is open.

        Raises
        ------
        RuntimeError
            If it was closed.
        """
        if self._closed:
            raise RuntimeError("this browser was closed; browse the dataset again")
        return self.session

    @contextmanager
    def _traits_follow(self) -> Iterator[None]:
        before, self._following = self._following, True
        try:
            yield
        finally:
            self._following = before

    def _follow(self) -> None:
        """Set the traits to what the session says."""
        session, options = self.session, self.session.options
        with self._traits_follow():
            selected, dataset = session.selected, session.dataset
            known = selected is not None and dataset is not None
            self.selection = dataset[selected].id if known else None  # type: ignore[index]
            self.set_trait("position_mm", session.position)
            self.view, self.opacity = options.mode, options.opacity
            layers = () if session.scene is None else session.scene.layers
            window = common_window(options.windows, windowed_roles(layers))
            self.set_trait("window", window)

    def _follow_verdicts(self) -> None:
        """Set the verdicts to those that are on disk."""
        review = self.session.reviewing.review
        own = {} if review is None else review.own
        said = {name: v.decision for name, v in own.items() if v.decision is not None}
        if said != self.verdicts:
            self.set_trait("verdicts", said)

    def _on_scene(self) -> None:
        self.session.look_inside()
        self._follow()

    def _lead(self, change: Any) -> None:
        """Turn a trait that a script has set into an intent."""
        if self._following or self._closed:
            return
        try:
            self._intend(change["name"], change["new"])
        finally:  # what was refused is not shown as if it were so
            self._follow()

    def _intend(self, name: str, value: Any) -> None:
        session = self.live
        if name == "selection" and value is not None:
            self.go(value)
        elif name == "position_mm" and value is not None:
            self._go_to(value)
        elif name == "view":
            session.set_options(mode=value)
        elif name == "opacity":
            session.set_options(opacity=value)
        elif name == "window":
            if value is None:
                session.reset_window()
            else:
                self.settle()  # before, it is not known which images there are
                session.set_window(None, *value)

    def _go_to(self, position: tuple[float, float, float]) -> None:
        self.settle()
        scene = self.session.scene
        if scene is not None and scene.display is not None and not scene.display.contains(position):
            low, high = scene.display.grid.bounds.round(1).tolist()
            raise ValueError(
                f"{position} lies outside of what is drawn, which goes from {low} to {high}"
            )
        self.session.go_to(position)
