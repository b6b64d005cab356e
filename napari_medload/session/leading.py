"""From a finding to the voxel that it is about, and back to what the person had."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from psygnal import Signal

from napari_medload.session.scene.pointing import changes_for, drawn_at, on_canvas
from napari_medload.session.scene.readout import position_text

if TYPE_CHECKING:
    from napari_medload.checks import Finding
    from napari_medload.session.options import ViewOptions
    from napari_medload.session.scene.pointing import Position
    from napari_medload.session.scene.scene import Scene
    from napari_medload.session.table.facts import SampleFacts


class Looks(Protocol):
    """What is asked of a session."""

    @property
    def scene(self) -> Scene | None: ...  # noqa: D102
    @property
    def position(self) -> Position | None: ...  # noqa: D102
    @property
    def facts(self) -> SampleFacts | None: ...  # noqa: D102

    options: ViewOptions
    loading: bool

    def set_options(self, **changes: Any) -> None: ...  # noqa: D102
    def go_to(self, position: Position) -> None: ...  # noqa: D102


class Leading:
    """Leads to the places of findings, of one sample at a time.

    Options that have to change for that are a loan: they go back with `go_back`, and when the
    person goes on to another sample.

    Parameters
    ----------
    looks : Looks
        The session.
    """

    changed = Signal()

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._wanted: Finding | None = None
        self._due = False  # whether what is wanted has not changed the options yet
        self._returning: Position | None = None
        self._from: Position | None = None
        self._lent: dict[str, tuple[Any, Any]] = {}  # option → before, and since
        self.away = False
        self.remark = ""

    @property
    def wanted(self) -> bool:
        """Whether a place waits for the scene that shows it."""
        return self._wanted is not None or self._returning is not None

    def changes(self, finding: Finding) -> dict[str, Any]:
        """Tell which options would change to show a finding."""
        scene = self._looks.scene
        return {} if scene is None else changes_for(scene, finding, self._drawn(scene, finding))

    def go(self, finding: Finding) -> None:
        """Go to the place of a finding, with what shows it."""
        if finding.place is None or (self._looks.scene is None and not self._looks.loading):
            return
        if not self.away:
            self.away, self._from = True, self._looks.position
        self._wanted, self._returning, self._due = finding, None, True
        self._arrive_unless_loading()

    def go_back(self) -> None:
        """Go back to where the person was before the first finding, with the options of then."""
        if not self.away:
            return
        self._wanted, self._returning = None, self._from
        options = self._restored(self._looks.options)
        back = {name: getattr(options, name) for name in self._lent}
        self._lent.clear()
        self.away, self.remark = False, ""
        self._looks.set_options(**back)
        self._arrive_unless_loading()

    def leave(self, options: ViewOptions) -> ViewOptions:
        """Forget the sample; return the options with what was lent put back."""
        restored = self._restored(options)
        self._lent.clear()
        self._wanted = self._returning = self._from = None
        self.away, self.remark = False, ""
        self.changed.emit()
        return restored

    def arrive(self) -> None:
        """Go to the place that was waited for, now that the scene that shows it is there."""
        if self._wanted is not None and self._due:
            # only now, as a sample that is still awaited may not show what the last one did
            self._due = False
            self._borrow(self.changes(self._wanted))
            if self._looks.loading or self._wanted is None:
                return  # not there yet, or drawn at once and arrived already
        wanted, self._wanted = self._wanted, None
        back, self._returning = self._returning, None
        scene = self._looks.scene
        if back is not None:
            self._looks.go_to(back)
        elif wanted is not None and scene is not None:
            position = self._drawn(scene, wanted)
            self.remark = _remark(scene, wanted, position)
            if position is not None and on_canvas(scene, position):
                self._looks.go_to(position)
        self.changed.emit()

    def _arrive_unless_loading(self) -> None:
        if not self._looks.loading:
            self.arrive()

    def _drawn(self, scene: Scene, finding: Finding) -> Position | None:
        place, facts = finding.place, self._looks.facts
        if place is None:
            return None
        header = None if facts is None else facts.headers.get(place.role)
        return drawn_at(scene, place, None if header is None else header.grid.shape)

    def _borrow(self, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            now = getattr(self._looks.options, name)
            before, since = self._lent.get(name, (now, now))
            # what the person has set since the loan is theirs, and what they get back
            self._lent[name] = before if now == since else now, value
        self._looks.set_options(**changes)

    def _restored(self, options: ViewOptions) -> ViewOptions:
        """Put back what was lent, but for what the person has changed since."""
        kept = {
            name: before
            for name, (before, since) in self._lent.items()
            if getattr(options, name) == since
        }
        return replace(options, **kept)


def _remark(scene: Scene, finding: Finding, position: Position | None) -> str:
    """Say what a person must know of the place that they see, or why they do not see it."""
    place = finding.place
    if place is None:
        return ""
    name = place.role.replace("_", " ")
    if position is None:
        return f"? the {name} is not drawn here as its file counts voxels, so it leads nowhere"
    if not on_canvas(scene, position):
        return f"? the {name} lies outside of what is drawn"
    if scene.options.volume:
        return "i 3D has no slices: the place shows in 2D"
    if not scene.oriented:
        i, j, k = (f"{round(at)}" for at in place.index)
        return f"i voxel {i}, {j}, {k} of the {name}: the canvas has no mm here"
    if place.mm is None or max(abs(a - b) for a, b in zip(place.mm, position, strict=True)) > 1e-3:
        said = "" if place.mm is None else f", its header puts it at {position_text(place.mm)}"
        return f"i drawn at {position_text(position)}{said}"
    return ""
