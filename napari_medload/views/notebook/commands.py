"""What a page asks for: intents by name, each a call of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from napari_medload.review import DECISIONS
from napari_medload.session.options import (
    COLOUR_PAIRS,
    COMPARE_MODES,
    GRID_CHOICES,
    LABEL_STYLES,
    LENSES,
    PLANES,
    AlignedBy,
)
from napari_medload.views.notebook.panel import findings_of, findings_told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_medload.session import Session
    from napari_medload.session.options import Plane
    from napari_medload.session.scene.display_grid import DisplayGrid

_CHOICES: dict[str, tuple[object, ...]] = {
    "mode": COMPARE_MODES,
    "grid": GRID_CHOICES,
    "labels": LABEL_STYLES,
    "colours": COLOUR_PAIRS,
    "plane": PLANES,
    "aligned": get_args(AlignedBy),
    "lens": LENSES,
    "radiological": (True, False),
    "after": (True, False),
}
_PARTS = ("opacity", "label_opacity", "curtain")
"""Options from 0 to 1."""


CONFIRMED = frozenset(("judge", "reason", "note", "undo", "redo", "retry", "give_up"))
"""Commands after which a person is told how the verdict stands, whatever has become of it."""


_LOOKS = frozenset(("export_look", "export_end"))
"""Commands by which nobody leads."""


class CommandError(ValueError):
    """A page asked for what cannot be done; the message is for a person."""


class Commands:
    """Turns what a page sends into intents.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._by_name: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "step": self._step,
            "slice": self._slice,
            "go": self._go,
            "touch": lambda _asked: session.touch(),
            "select": lambda asked: session.select(int(asked["sample"])),
            "next": lambda _asked: session.step(1),
            "previous": lambda _asked: session.step(-1),
            "search": lambda asked: session.find(str(asked["text"])),
            "filter": self._filter,
            "sort": self._sort,
            "sort_again": lambda _asked: session.sort_again(),
            "judge": self._judge,
            "reason": self._reason,
            "note": self._note,
            "undo": lambda _asked: session.reviewing.undo(),
            "redo": lambda _asked: session.reviewing.redo(),
            "retry": lambda _asked: session.reviewing.retry(),
            "give_up": lambda _asked: session.reviewing.give_up_unsaved(),
            "option": self._option,
            "mode": lambda _asked: session.next_mode(),
            "window": self._window,
            "reset_window": lambda asked: session.reset_window(asked.get("role")),
            "preset": lambda asked: session.set_preset(str(asked["name"])),
            "label": lambda asked: session.toggle_label(int(asked["value"])),
            "labels": lambda _asked: session.switch_labels(),
            "labels_all": lambda _asked: session.show_labels(),
            "finding": self._finding,
            "back": lambda _asked: session.leading.go_back(),
            "export": self._export,
            "export_look": self._look_at_export,
            "export_end": lambda _asked: session.exporting.end(),
            "cancel": lambda _asked: session.cancel(),
        }

    def act(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Do what is asked.

        Returns
        -------
        dict or None
            What the page is told of it, beside all that has changed.

        Raises
        ------
        CommandError
            If it cannot be done.
        """
        name = asked.get("cmd")
        if name not in self._by_name:
            raise CommandError(f"the page asked for {name!r}, which the kernel does not know")
        if name not in _LOOKS:  # nothing is shown any more that this person has not asked for
            self._session.touch()
        try:
            told = self._by_name[name](asked)
        except CommandError:
            raise
        except (KeyError, IndexError, TypeError, ValueError) as error:
            reason = error.args[0] if isinstance(error, KeyError) and error.args else error
            raise CommandError(f"{name}: {reason}") from error
        return told if isinstance(told, dict) else None

    # --- where -----------------------------------------------------------------------------

    def _step(self, asked: Mapping[str, Any]) -> None:
        self._session.step_slice(_plane(asked), int(asked["by"]))

    def _slice(self, asked: Mapping[str, Any]) -> None:
        self._session.go_to_slice(_plane(asked), int(asked["index"]))

    def _go(self, asked: Mapping[str, Any]) -> None:
        display = self._display
        if display is None:
            return
        place = display.to_ras([float(at) for at in asked["canvas"]])
        if display.contains(place):
            self._session.go_to(place)

    @property
    def _display(self) -> DisplayGrid | None:
        scene = self._session.scene
        return None if scene is None else scene.display

    # --- which -----------------------------------------------------------------------------

    def _filter(self, asked: Mapping[str, Any]) -> None:
        names = ("verdict", "finding")
        self._session.choose_by(**{name: str(asked[name]) for name in names if name in asked})

    def _sort(self, asked: Mapping[str, Any]) -> None:
        self._session.sort(str(asked["key"]), bool(asked.get("descending")))

    def _finding(self, asked: Mapping[str, Any]) -> None:
        """Go to what was read; meanwhile there may be other findings, or another sample."""
        told = [line["text"] for line in findings_told(self._session)]
        if asked.get("text") not in told:
            raise CommandError("this finding is gone, or of another sample by now: look again")
        self._session.go_to_finding(findings_of(self._session)[told.index(asked["text"])])

    # --- what is said ----------------------------------------------------------------------

    def _judge(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Judge, with the note as it stands in the field; tell what has become of it."""
        if asked["decision"] not in DECISIONS:
            raise CommandError(f"no verdict {asked['decision']!r}")
        self._meant(asked)
        note, reviewing = asked.get("note"), self._session.reviewing
        saved = reviewing.judge(asked["decision"], None if note is None else str(note))
        told = {"sample": asked["sample"], "decision": asked["decision"], "saved": saved}
        return {"type": "judged", **told, "message": reviewing.message}

    def _reason(self, asked: Mapping[str, Any]) -> None:
        self._meant(asked)
        scene = self._session.scene
        if scene is None or scene.sample_id != asked["sample"]:
            raise CommandError(f"no reason was given: {asked['sample']} is not drawn yet")
        self._session.reviewing.toggle_reason(str(asked["reason"]))

    def _note(self, asked: Mapping[str, Any]) -> None:
        """Take a note while it is typed, and at its end; also on a sample that was left since."""
        reviewing, sample = self._session.reviewing, str(asked["sample"])
        if asked.get("done") or sample != reviewing.selected:
            reviewing.keep_note(sample, str(asked["text"]))
        else:
            reviewing.write_note(str(asked["text"]))

    def _meant(self, asked: Mapping[str, Any]) -> None:
        """Make sure that what is said is of the sample that the person saw when they said it."""
        here = self._session.reviewing.selected
        if asked.get("sample") != here:
            raise CommandError(
                f"nothing was said of {asked.get('sample')}: {here} is shown by now, look again"
            )

    # --- how -------------------------------------------------------------------------------

    def _option(self, asked: Mapping[str, Any]) -> None:
        changes = {name: asked[name] for name in asked if name not in ("cmd", "n")}
        for name, value in changes.items():
            if name in _CHOICES:
                known = value in _CHOICES[name]
            elif name in _PARTS:
                known = 0 <= float(value) <= 1
            elif name == "checker_mm":
                known = value is None or float(value) > 0
            else:
                known = name == "frame" and int(value) >= 0
            if not known:
                raise CommandError(f"{name} cannot be {value!r}")
        self._session.set_options(**changes)

    def _window(self, asked: Mapping[str, Any]) -> None:
        self._session.set_window(asked.get("role"), float(asked["low"]), float(asked["high"]))

    # --- lists -----------------------------------------------------------------------------

    def _look_at_export(self, asked: Mapping[str, Any]) -> None:
        exporting = self._session.exporting
        exporting.begin()
        # a format first: it has a path of its own, until a person names one
        for name, value in _wanted(asked).items():
            exporting.choose(**{name: value})

    def _export(self, asked: Mapping[str, Any]) -> None:
        """Save what was looked at; only who has seen that a file is there may replace it."""
        wish, wanted = self._session.exporting.wish, _wanted(asked)
        if wish is None or any(getattr(wish, name) != value for name, value in wanted.items()):
            self._look_at_export(asked)
        self._session.exporting.save()


def _wanted(asked: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(asked[name]) for name in ("format", "verdict", "path") if name in asked}


def _plane(asked: Mapping[str, Any]) -> Plane:
    if asked["plane"] not in PLANES:
        raise CommandError(f"no plane {asked['plane']!r}")
    plane: Plane = asked["plane"]
    return plane
