"""Telling a page what has changed: each thing once, joined into one message."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.session.scene.readout import read_out
from napari_medload.views.notebook import panel
from napari_medload.views.notebook.cuts import encoded
from napari_medload.views.notebook.frames import Frames, tell_volume
from napari_medload.views.notebook.parcel import Parcel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from napari_medload.session import Session
    from napari_medload.views.notebook.loop_mailbox import LoopMailbox

_SECTIONS: dict[str, Callable[[Session], dict[str, Any]]] = {
    "dataset": panel.dataset,
    "sample": panel.sample,
    "labels": panel.labels,
    "verdict": panel.verdict,
    "options": panel.options,
    "progress": panel.progress,
    "export": panel.export,
}
_PICTURE = ("scene", "position")
_ALL = frozenset((*_SECTIONS, *_PICTURE, "list", "loading", "keys"))
_UNHURRIED = frozenset(("list", "progress", "dataset", "export"))
"""What changes often in the background, where nobody waits for it."""

_KEPT = frozenset(("labels", "sample"))
"""What is long, and told again only where it is another one: not at each step of a drag."""

_PACE = 0.2
"""Seconds between two messages of what is unhurried."""

_FIRST_ROWS = 60
_log = logging.getLogger(__name__)


class Teller:
    """Follows a session, and tells a page what has changed.

    Nothing is said before a page has asked for the first time: a script has none.

    Parameters
    ----------
    session : Session
    mailbox : LoopMailbox
    send : callable
        Sends content and buffers to all pages.
    whole : bool
        Whether small volumes are sent whole.
    """

    def __init__(
        self,
        session: Session,
        mailbox: LoopMailbox,
        send: Callable[[dict[str, Any], list[bytes]], None],
        whole: bool,
    ) -> None:
        self._session, self._mailbox, self._send = session, mailbox, send
        self._frames = Frames(whole)
        self._changed: set[str] = set()
        self._answering = False
        self._extra: list[dict[str, Any]] = []
        self._page = False
        self._soon = self._later = False  # whether a message is on its way already
        self._told: dict[str, dict[str, Any]] = {}  # sections as they were told last
        self._told_at = 0.0
        self._rows = (0, _FIRST_ROWS)
        self._version = 0  # of the table
        self._volumes = ThreadPoolExecutor(1, "medload-volumes")
        self._connect()

    def _connect(self) -> None:
        session = self._session
        watched = {
            session.dataset_changed: ("dataset", "list", "sample", "labels", "verdict", "export"),
            session.selection_changed: ("sample", "list", "verdict"),
            session.scene_changed: ("scene", "position", "labels", "options", "sample"),
            session.options_changed: ("options", "scene", "labels"),
            session.position_changed: ("position",),
            session.loading_changed: ("loading",),
            session.progress_changed: ("progress",),
            session.rows_changed: ("list", "dataset"),
            session.facts_found: ("list", "sample"),
            session.leading.changed: ("sample",),
            session.reviewing.changed: ("verdict",),
            session.reviewing.marked: ("list", "verdict"),
            session.exporting.changed: ("export",),
        }
        for signal in (session.rows_changed, session.facts_found, session.reviewing.marked):
            signal.connect(self._count_version)
        for signal, sections in watched.items():
            signal.connect(lambda *_news, told=sections: self._mark(*told))
        session.trouble.connect(lambda trouble: self.trouble(trouble.message))
        session.dataset_changed.connect(lambda _dataset: self._frames.leave())

    def _count_version(self, *_news: object) -> None:
        """Take note that rows may read otherwise, also those that no page has asked for lately."""
        self._version += 1

    # --- what a page asks of this, and not of the session ------------------------------------

    def take(self, asked: Mapping[str, Any]) -> bool:
        """Answer what is no intent; return whether it was that."""
        name = asked.get("cmd")
        if name == "hello":
            self._page = True
            self._frames.forget()
            self._told.clear()
            self._rows = (0, _FIRST_ROWS)
            self._mark(*_ALL)
        elif name == "rows":
            self._rows = int(asked.get("first", 0)), int(asked.get("count", _FIRST_ROWS))
            self._mark("list")
        elif name == "hover":
            self.say(type="hover", readout=self._read_out(asked.get("canvas")), n=asked.get("n"))
        elif name == "lacks":
            self._frames.lack(int(asked["layer"]), int(asked["generation"]))
            self._mark("position")
        elif name == "clear_trouble":
            self.say(type="panel", section="trouble", message="")
        else:
            return False
        return True

    def _read_out(self, canvas: Any) -> str:
        scene = self._session.scene
        if scene is None or not isinstance(canvas, list) or len(canvas) != 3:
            return ""
        return read_out(scene, [float(at) for at in canvas])

    @property
    def has_page(self) -> bool:
        """Whether a page has asked for anything yet."""
        return self._page

    @contextmanager
    def answering(self, n: int | None) -> Iterator[None]:
        """Answer a command: by one message with all that it has changed, or by an empty one."""
        self._answering = True
        earlier = self._changed & _UNHURRIED  # no reason to make this answer a long one
        self._changed -= earlier
        try:
            yield
        finally:
            self._answering = False
            self._tell(set(self._changed), n)
            if earlier:
                self._mark(*earlier)

    def confirm(self) -> None:
        """Say how the verdict stands, whether that has changed or not."""
        self._changed.add("verdict")

    def trouble(self, message: str, refused: int | None = None) -> None:
        """Say why something did not happen.

        Parameters
        ----------
        refused : int, optional
            Number of the command that was refused; background work has troubles of its own.
        """
        self.say(type="panel", section="trouble", message=message, refused=refused)

    def stop(self) -> None:
        """Cut and encode nothing any more."""
        self._frames.close()
        self._volumes.shutdown(wait=False, cancel_futures=True)

    def close(self, reason: str) -> None:
        """Say that nothing more will come, and why."""
        if self._page:
            parcel = Parcel()
            parcel.add("closed", reason=reason)
            self._send(*parcel.packed())
        self._page = False

    # --- inside --------------------------------------------------------------------------------

    def _mark(self, *sections: str) -> None:
        self._changed.update(sections)
        self._ask_to_tell()

    def say(self, **part: Any) -> None:
        """Say something once."""
        self._extra.append(part)
        self._ask_to_tell()

    def _ask_to_tell(self) -> None:
        """Tell soon: once for all that changes meanwhile, and later what nobody waits for."""
        if not self._page or self._answering:
            return
        hurried = self._extra or self._changed - _UNHURRIED
        left = 0.0 if hurried else self._told_at + _PACE - time.monotonic()
        # who waits for a picture does not wait for a message about progress to be due
        if left > 0 and self._mailbox.has_loop:
            if not self._later:
                self._later = True
                self._mailbox.later(left, self._tell_later)
        elif not self._soon:
            self._soon = True
            self._mailbox.post(self._tell_soon)

    def _tell_later(self) -> None:
        self._later = False
        self._tell_due()

    def _tell_soon(self) -> None:
        self._soon = False
        self._tell_due()

    def _tell_due(self) -> None:
        due = set(self._changed)
        if time.monotonic() < self._told_at + _PACE:
            due -= _UNHURRIED
        self._tell(due, None)
        if self._changed:
            self._ask_to_tell()

    def _tell(self, sections: set[str], ack: int | None) -> None:
        """Send one message with what has changed."""
        if not self._page:
            self._changed.clear()
            self._extra.clear()
            return
        due = set(sections)
        self._changed -= due
        if due & _UNHURRIED:
            self._told_at = time.monotonic()
        parcel = Parcel()
        try:
            self._pack(parcel, due)
        except Exception as error:  # a page that gets no answer would wait for it for good
            _log.exception("what has changed could not be told")
            parcel = Parcel()
            self.trouble(f"this cannot be shown: {error or type(error).__name__}")
        parcel.parts += self._extra
        self._extra.clear()
        if parcel or ack is not None:
            self._send(*parcel.packed(ack))
        self._frames.get_ready()
        self._send_whole()

    def _pack(self, parcel: Parcel, due: set[str]) -> None:
        """Write the sections that are due; the picture first, which people wait for."""
        session = self._session
        if "scene" in due and session.scene is not None:
            self._frames.take(session.scene)
            self._frames.tell_scene(parcel)
            due.add("position")
        if "position" in due:
            self._frames.tell_position(parcel, session.position)
        for name, tell in _SECTIONS.items():
            if name in due:
                told = tell(session)
                if name not in _KEPT or self._told.get(name) != told:
                    parcel.add("panel", section=name, **told)
                self._told[name] = told
        if "list" in due:
            told = panel.rows(session, *self._rows)
            parcel.add("panel", section="list", version=self._version, **told)
        if "loading" in due:
            parcel.add("panel", section="loading", loading=session.loading)
        if "keys" in due:
            parcel.add("panel", section="keys", **panel.keys())

    def _send_whole(self) -> None:
        """Begin to send the volumes that the page should have, encoded in a thread."""
        frames, wanted = self._frames, self._frames.ask_whole()
        generation, scene = frames.generation, frames.scene
        if scene is None:
            return

        def work(n: int) -> None:
            if generation != frames.generation:
                return
            layer, parcel = scene.layers[n], Parcel()
            try:  # packed here: of a large volume that takes longer than a blink
                laid = encoded(layer, np.asarray(layer.data[:]))
                tell_volume(parcel, n, generation, laid)
                message = parcel.packed()
            except Exception as error:  # the page has planes of it, as before
                _log.exception("a volume could not be sent")
                told = f"{layer.name} is not sent as a whole: {error or type(error).__name__}"
                self._mailbox.post(lambda: self.trouble(told))
            else:
                self._mailbox.post(lambda: self._send_volume(n, generation, message))

        for n in wanted:
            self._volumes.submit(work, n)

    def _send_volume(self, n: int, generation: int, message: Any) -> None:
        if self._page and generation == self._frames.generation:
            self._frames.hold(n)
            self._send(*message)
