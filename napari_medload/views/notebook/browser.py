"""The browser in a notebook: a widget that shows a session, and traits to steer it by."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from IPython.display import display

from napari_medload import export
from napari_medload.session.picture.sheet import contact_sheet, picture
from napari_medload.views.notebook import panel
from napari_medload.views.notebook.commands import CONFIRMED, CommandError, Commands
from napari_medload.views.notebook.page import module, styles
from napari_medload.views.notebook.steering import Steered
from napari_medload.views.notebook.telling import Teller
from napari_medload.views.notebook.volumes_3d import SIDE, in_3d

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from PIL.Image import Image as Picture

    from napari_medload.review import Decision
    from napari_medload.session import Session
    from napari_medload.views.notebook.loop_mailbox import LoopMailbox
    from napari_medload.views.notebook.volumes_3d import Volumes3D

_LOOK_SECONDS = 2.0
_WAIT_SECONDS = 120.0
_FIRST = 12
_log = logging.getLogger(__name__)


class PairBrowser(Steered):
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
    """

    _esm: ClassVar[str] = module()
    _css: ClassVar[str] = styles()

    def __init__(
        self, session: Session, mailbox: LoopMailbox, *, whole: bool = False, stored: bool = False
    ) -> None:
        super().__init__()
        self.session = session
        self._mailbox, self._stored = mailbox, stored
        self._teller = Teller(session, mailbox, self._send_message, whole)
        self._commands = Commands(session)
        self._volumes_3d: Volumes3D | None = None
        self.on_msg(self._on_message)
        self.steer(session)
        self._look_again()

    # --- what a script does ------------------------------------------------------------------

    def accept(self, note: str = "", reasons: str | Iterable[str] = ()) -> bool:
        """Accept the sample that is shown, and go on; return whether that is on disk.

        Parameters
        ----------
        note : str
            In place of what was noted before, if it is not empty.
        reasons : str or iterable of str
            One or more of `napari_medload.review.REASONS`.

        Raises
        ------
        ValueError
            If there is no such reason.
        """
        return self._judge("accept", note, reasons)

    def reject(self, note: str = "", reasons: str | Iterable[str] = ()) -> bool:
        """Reject the sample that is shown, and go on; see `accept`."""
        return self._judge("reject", note, reasons)

    def unsure(self, note: str = "", reasons: str | Iterable[str] = ()) -> bool:
        """Say that one cannot tell, and go on; see `accept`."""
        return self._judge("unsure", note, reasons)

    def undo(self) -> bool:
        """Take back the latest verdict, reason or note, and show its sample.

        Returns
        -------
        bool
            Whether there was something to take back.
        """
        return self.live.reviewing.undo()

    def redo(self) -> bool:
        """Do again what was taken back; return whether there was something."""
        return self.live.reviewing.redo()

    def next(self) -> None:
        """Show the next row of the table."""
        self.live.step(1)

    def previous(self) -> None:
        """Show the previous row of the table."""
        self.live.step(-1)

    def go(self, sample_id: str) -> None:
        """Show a sample.

        Raises
        ------
        KeyError
            If there is none of this id.
        """
        dataset = self.live.dataset
        if dataset is not None:
            self.session.select(dataset.index_of(sample_id))

    def settle(self, timeout: float = _WAIT_SECONDS) -> None:
        """Wait until the selected sample is drawn.

        Raises
        ------
        TimeoutError
            If it is not in time (seconds).
        """
        session = self.live
        self._mailbox.run_until(lambda: session.scene is not None and not session.loading, timeout)

    def export(
        self,
        path: str | Path,
        format: str | None = None,
        verdict: str = "accept",
        **options: Any,
    ) -> export.Saved:
        """Save a list of the samples; see `napari_medload.export.save`.

        Parameters
        ----------
        path : path
        format : str, optional
            Such as ``"monai"``; where it is left out, the suffix decides.
        verdict : str
            accept, reject, unsure, none (not reviewed), or empty for all; as the reviewer of this
            browser has said.
        **options
            Of the format, and of `napari_medload.export.save`.

        Raises
        ------
        ExportError
            If nothing could be saved.
        """
        chosen = self.live.exporting.selection(verdict)
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
        dataset, rows = self.live.dataset, self.session.rows
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
        self.settle()
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
        self._teller.stop()
        self.session.close()  # which saves what still can be
        self._teller.close(panel.end(self.session))
        self._mailbox.close()
        self.layout.close()
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
        with self._teller.answering(asked.get("n")):
            if asked.get("cmd") in CONFIRMED:
                self._teller.confirm()
            try:
                told = None if self._teller.take(asked) else self._commands.act(asked)
                if told is not None:
                    self._teller.say(**told)
            except (CommandError, TypeError, ValueError) as error:
                self._teller.trouble(str(error), asked.get("n"))
            except Exception as error:  # a page must not take silence, or what was, for an answer
                _log.exception("a command failed")
                why = f"{asked.get('cmd')} failed: {error or type(error).__name__}"
                self._teller.trouble(why, asked.get("n"))

    def _send_message(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(content, buffers)

    def _judge(self, decision: Decision, note: str, reasons: str | Iterable[str]) -> bool:
        self.settle()
        given = (reasons,) if isinstance(reasons, str) else tuple(reasons)
        return self.session.reviewing.judge(decision, note or None, given or None)

    def _look_again(self) -> None:
        """Take in now and then what others have written into the journals, where it is seen."""
        if not self._closed:
            if self._teller.has_page:
                self.session.reviewing.refresh()
            self._mailbox.later(_LOOK_SECONDS, self._look_again)
