"""The browser in a notebook: a widget that shows a session, and traits to steer it by."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets
from IPython.display import display

from napari_medload import export
from napari_medload.session.options import COMPARE_MODES
from napari_medload.session.picture.sheet import contact_sheet, picture
from napari_medload.views.notebook.commands import CONFIRMED, CommandError, Commands
from napari_medload.views.notebook.numbers import Numbers
from napari_medload.views.notebook.page import module, styles
from napari_medload.views.notebook.telling import Telling
from napari_medload.views.notebook.volumes_3d import SIDE, in_3d

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from PIL.Image import Image as Picture

    from napari_medload.review import Decision
    from napari_medload.session import Session
    from napari_medload.views.notebook.loop_mailbox import LoopMailbox
    from napari_medload.views.notebook.volumes_3d import Volumes3D

_LOOK_SECONDS = 2.0
_WAIT_SECONDS = 120.0
_FIRST = 12


class PairBrowser(anywidget.AnyWidget):
    """A dataset browser for notebooks; made by `napari_medload.browse`.

    It shows the same session as the dock in napari, and keeps no pixels and no names of patients
    in the saved notebook. All of it can be used without a display.

    Parameters
    ----------
    session : Session
        With a dataset.
    mailbox : LoopMailbox
        Of the session.
    whole : bool
        Whether small volumes are sent to the page as a whole, which scrolls without the kernel.
    stored : bool
        Whether a picture of what is shown is stored in the notebook with the widget.

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

    _esm: ClassVar[str] = module()
    _css: ClassVar[str] = styles()

    selection = traitlets.Unicode(None, allow_none=True)
    verdicts = traitlets.Dict(read_only=True)
    position_mm = Numbers(3)
    view = traitlets.Enum(COMPARE_MODES, "overlay")
    window = Numbers(2)
    opacity = traitlets.Float(0.3, min=0.0, max=1.0)

    def __init__(
        self, session: Session, mailbox: LoopMailbox, *, whole: bool = False, stored: bool = False
    ) -> None:
        super().__init__()
        self.session = session
        self._mailbox, self._stored = mailbox, stored
        self._following = False  # whether traits follow the session at present, and not lead it
        self._telling = Telling(session, mailbox, self._send_message, whole)
        self._commands = Commands(session)
        self._volumes_3d: Volumes3D | None = None
        self._closed = False
        self.on_msg(self._on_message)
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
        self._look_again()

    # --- what a script does ------------------------------------------------------------------

    def accept(self, note: str = "", reasons: Iterable[str] = ()) -> bool:
        """Accept the sample that is shown, and go on; return whether that is on disk."""
        return self._judge("accept", note, reasons)

    def reject(self, note: str = "", reasons: Iterable[str] = ()) -> bool:
        """Reject the sample that is shown, and go on; return whether that is on disk."""
        return self._judge("reject", note, reasons)

    def unsure(self, note: str = "", reasons: Iterable[str] = ()) -> bool:
        """Say that one cannot tell, and go on; return whether that is on disk."""
        return self._judge("unsure", note, reasons)

    def undo(self) -> None:
        """Take back the latest verdict, reason or note, and show its sample."""
        self.session.reviewing.undo()

    def redo(self) -> None:
        """Do again what was taken back."""
        self.session.reviewing.redo()

    def next(self) -> None:
        """Show the next row of the table."""
        self.session.step(1)

    def previous(self) -> None:
        """Show the previous row of the table."""
        self.session.step(-1)

    def go(self, sample_id: str) -> None:
        """Show a sample.

        Raises
        ------
        KeyError
            If there is none of this id.
        """
        dataset = self.session.dataset
        if dataset is not None:
            self.session.select(dataset.index_of(sample_id))

    def settle(self, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until the selected sample is drawn.

        Raises
        ------
        TimeoutError
            If it is not in time (seconds).
        """
        session = self.session
        self._mailbox.run_until(lambda: session.scene is not None and not session.loading, timeout)

    def export(
        self,
        path: str | Path,
        format: str | None = None,
        verdict: str | tuple[str, ...] = "accept",
        **options: Any,
    ) -> export.Saved:
        """Save a list of the samples; see `napari_medload.export.save`.

        Parameters
        ----------
        path : path
        format : str, optional
            Such as ``"monai"``; where it is left out, the suffix decides.
        verdict : str, or several
            accept, reject, unsure, none (not reviewed), or empty for all.
        **options
            Of the format, and of `napari_medload.export.save`.

        Raises
        ------
        ExportError
            If nothing could be saved.
        """
        dataset, reviewing = self.session.dataset, self.session.reviewing
        if dataset is None:
            raise export.ExportError("no dataset is open")
        own = {} if reviewing.review is None else reviewing.review.own
        whose: dict[str, Any] = {}
        if own:  # else there is no such reviewer yet, and nothing of theirs to choose
            whose = {"reviewer": reviewing.reviewer, "round": reviewing.round}
        if reviewing.folder is not None and reviewing.folder.is_dir():
            whose["review_folder"] = reviewing.folder
        chosen = export.reviewed(dataset, verdict=verdict or None, **whose)
        return export.save(chosen, path, format, **options)

    def picture(self, width: int = 1000) -> Picture:
        """Draw what is shown, as an image: three planes through `position_mm`.

        Parameters
        ----------
        width : int
            In pixels.
        """
        self.settle()
        assert self.session.scene is not None  # noqa: S101
        return picture(self.session.scene, self.session.position, width)

    def contact_sheet(
        self, samples: Iterable[str] | None = None, columns: int = 3, width: int = 480
    ) -> Picture:
        """Draw many samples beside each other, each in its middle, by the present options.

        Parameters
        ----------
        samples : iterable of str, optional
            Their ids; the first dozen rows of the table where it is left out.
        columns : int
            Samples in a row.
        width : int
            Of each, in pixels.

        Raises
        ------
        KeyError
            If a sample is not there.
        """
        dataset, rows = self.session.dataset, self.session.rows
        assert dataset is not None  # noqa: S101
        wanted = rows.order[:_FIRST].tolist() if samples is None else map(dataset.index_of, samples)
        tiles = [picture(self.session.scene_of(at), None, width) for at in wanted]
        return contact_sheet(tiles, columns)

    def open_3d(self, side: int = SIDE) -> Volumes3D:
        """Show the present sample in 3D, by NiiVue; what was opened so before is closed.

        Parameters
        ----------
        side : int
            Voxels along the longest side, at most: images are thinned to that.

        Raises
        ------
        ModuleNotFoundError
            If the extra `niivue` is not installed.
        ValueError
            If nothing of the sample is drawn, or `side` is less than 2.
        """
        self._mailbox.run_until(lambda: not self.session.loading, _WAIT_SECONDS)
        self._close_3d()
        self._volumes_3d = in_3d(self.session, side)
        return self._volumes_3d

    def _close_3d(self) -> None:
        shown, self._volumes_3d = self._volumes_3d, None
        if shown is not None:
            shown.close()

    def close(self) -> None:
        """End all work, free the memory, and tell the page; verdicts are on disk already."""
        if self._closed:
            return
        self._closed = True
        self._close_3d()
        self._telling.close()
        self.session.close()
        self._mailbox.close()
        super().close()

    # --- how it is displayed -----------------------------------------------------------------

    def _repr_png_(self) -> bytes | None:
        """Return what is shown as a picture, for where widgets do not run."""
        if self._closed:
            return None
        file = BytesIO()
        self.picture().save(file, "PNG")
        return file.getvalue()

    def _ipython_display_(self, **_options: Any) -> None:
        """Display the widget; its picture is stored with it only where that was asked for.

        A notebook keeps what it displays, and pictures of patients do not belong there unasked.
        """
        bundle = self._repr_mimebundle_()
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data = dict(data or {})
        if self._stored:
            data["image/png"] = self._repr_png_()
        display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]

    def __repr__(self) -> str:
        dataset = self.session.dataset
        name, count = ("", 0) if dataset is None else (dataset.name, len(dataset))
        return f"PairBrowser({name!r}, {count:,} samples, {len(self.verdicts):,} judged)"

    # --- between page and session --------------------------------------------------------------

    def _on_message(self, _widget: object, content: Any, _buffers: object) -> None:
        """Take what a page asks, in the session's thread."""
        if self._mailbox.is_here:
            self._take(content)
        else:  # newer kernels take messages in a thread of their own
            self._mailbox.post(lambda: self._take(content))

    def _take(self, asked: Mapping[str, Any]) -> None:
        if self._closed or not isinstance(asked, dict):
            return
        with self._telling.answering(asked.get("n")):
            if asked.get("cmd") in CONFIRMED:
                self._telling.confirm()
            try:
                if not self._telling.take(asked):
                    self._commands.act(asked)
            except (CommandError, TypeError, ValueError) as error:
                self._telling.trouble(str(error))

    def _send_message(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(content, buffers)

    def _judge(self, decision: Decision, note: str, reasons: Iterable[str]) -> bool:
        self.settle()
        reviewing = self.session.reviewing
        if note:
            reviewing.write_note(note)
        given = tuple(reasons)
        if given:
            reviewing.set_reasons(given)
        return reviewing.judge(decision)

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
            windows = {(low, high) for _role, low, high in options.windows}
            self.set_trait("window", windows.pop() if len(windows) == 1 else None)

    def _follow_verdicts(self) -> None:
        """Set the verdicts to those that are on disk."""
        review = self.session.reviewing.review
        own = {} if review is None else review.own
        said = {name: v.decision for name, v in own.items() if v.decision is not None}
        if said != self.verdicts:
            self.set_trait("verdicts", said)

    def _on_scene(self) -> None:
        """Look at the middle of a scene that does not lie where the person was."""
        session, scene = self.session, self.session.scene
        if scene is not None and scene.display is not None:
            at = session.position
            if at is None or not scene.display.contains(at):
                session.go_to(scene.display.middle)
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
        session = self.session
        if name == "selection" and value is not None:
            self.go(value)
        elif name == "position_mm" and value is not None:
            session.go_to(value)
        elif name == "view":
            session.set_options(mode=value)
        elif name == "opacity":
            session.set_options(opacity=value)
        elif name == "window":
            if value is None:
                session.reset_window()
            else:
                session.set_window(None, *value)

    def _look_again(self) -> None:
        """Take in now and then what others have written into the journals."""
        if not self._closed:
            self.session.reviewing.refresh()
            self._mailbox.later(_LOOK_SECONDS, self._look_again)
