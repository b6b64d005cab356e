"""A sample list in the making: the state of exporting, and the intents that change it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from psygnal import Signal

from napari_medload.export import ExportError, Remark, exporter_named
from napari_medload.export.choice.hashing import Hashes
from napari_medload.export.choice.verdicts import Said
from napari_medload.export.registry import EXPORTERS
from napari_medload.export.selection import selection_of
from napari_medload.loaders.lists.schema import IDENTITY, JUDGED
from napari_medload.session.background.messages import Progress
from napari_medload.session.export.chosen import Chosen
from napari_medload.session.export.command import command_of
from napari_medload.session.export.outlook import Outlook, outlook_of
from napari_medload.session.export.places import (
    base_beside,
    suggested_path,
    with_suffix_of,
)
from napari_medload.session.export.saved import save_chosen
from napari_medload.session.export.wish import VERDICTS, Cancelled, Division, Wish, usual_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from napari_medload.export import Exporter, Selection
    from napari_medload.loaders import Dataset
    from napari_medload.loaders.epoch import Epoch
    from napari_medload.session.background.mailbox import Mailbox
    from napari_medload.session.export.saved import Exported
    from napari_medload.session.review.reviewing import Reviewing
    from napari_medload.session.table.rows import Rows

_STATED = 100  # samples whose columns are offered


class Opened(Protocol):
    """What is asked of a session."""

    @property
    def dataset(self) -> Dataset | None: ...  # noqa: D102
    @property
    def epoch(self) -> Epoch | None: ...  # noqa: D102
    @property
    def rows(self) -> Rows: ...  # noqa: D102
    @property
    def reviewing(self) -> Reviewing: ...  # noqa: D102


class Exporting:
    """A sample list in the making.

    Nothing is looked at before `begin`, and no more after `end`. One look at a time: the latest
    wish wins. A list that is being saved is not disturbed by what a person does meanwhile.

    Parameters
    ----------
    opened : Opened
        The session.
    mailbox : Mailbox
        How results reach the session's thread.
    progress : callable
        Told how far saving is, and None at its end.

    Attributes
    ----------
    wish : Wish or None
        None while no dataset is open.
    outlook : Outlook or None
    saving : str
        What is being done; empty while nothing is saved.
    exported : Exported or None
        What has come of the latest saving of this wish.
    """

    changed = Signal()

    def __init__(
        self, opened: Opened, mailbox: Mailbox, progress: Callable[[Progress | None], None]
    ) -> None:
        self._opened, self._mailbox, self._progress = opened, mailbox, progress
        self._run = ThreadPoolExecutor(1, thread_name_prefix="medload-export")
        self._stop_looking, self._stop_saving = Event(), Event()
        self._suggested = True  # whether nobody has said where to save
        self._follows = False
        self._outdated = False  # whether more has come in since the latest look
        self._promise: tuple[Path, str] | None = None
        self._hashes = Hashes()
        self._format, self._division = "", Division()  # those of before, for the next dataset
        self._token = 0
        self.wish: Wish | None = None
        self.outlook: Outlook | None = None
        self.saving = ""
        self.exported: Exported | None = None

    # --- what can be chosen --------------------------------------------------------------

    @property
    def formats(self) -> tuple[Exporter, ...]:
        """All formats."""
        return EXPORTERS

    @property
    def exporter(self) -> Exporter | None:
        """The format that is chosen."""
        return None if self.wish is None else exporter_named(self.wish.format)

    @property
    def options(self) -> dict[str, Any]:
        """Options of the format, as they are at present."""
        exporter, wish = self.exporter, self.wish
        return (
            {} if exporter is None or wish is None else usual_options(exporter) | dict(wish.options)
        )

    @property
    def idle_options(self) -> tuple[str, ...]:
        """Options that have no use for a dataset such as this one."""
        exporter, dataset = self.exporter, self._opened.dataset
        kind_in = getattr(exporter, "kind_in", None)
        if exporter is None or dataset is None or kind_in is None or not len(dataset):
            return ()
        kind = kind_in(selection_of(dataset.samples[:_STATED]))
        every = fields(exporter.options)
        return tuple(f.name for f in every if kind not in f.metadata.get("kinds", (kind,)))

    @property
    def verdicts(self) -> dict[str, str]:
        """Which verdicts can be chosen, with words; an epoch is not reviewed."""
        return {"": VERDICTS[""]} if self._opened.epoch is not None else VERDICTS

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that can be chosen."""
        dataset = self._opened.dataset
        return () if dataset is None else dataset.splits

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the first samples state, by which splits can be made or stratified."""
        dataset = self._opened.dataset
        first = () if dataset is None else dataset.samples[:_STATED]
        stated = (str(name) for sample in first for name in (sample.settings or {}))
        return tuple(n for n in dict.fromkeys(stated) if n not in (*IDENTITY, *JUDGED))

    @property
    def home(self) -> Path | None:
        """The folder of the dataset, or that of its list."""
        dataset = self._opened.dataset
        if dataset is None:
            return None
        return dataset.root if dataset.root.is_dir() else dataset.root.parent

    @property
    def hashing(self) -> str:
        """How far hashing is; empty where nothing is hashed, or where that is part of saving."""
        outlook = self.outlook
        return "" if outlook is None or outlook.known or self.saving else outlook.doing

    # --- intents -------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin to look: at the wish of before, or a first one for another dataset."""
        self._follows = True
        if self.wish is None:
            self._wish_anew()
        self.look()

    def end(self) -> None:
        """Look no more; what is being saved goes on."""
        self._follows = False
        self._stop_looking.set()
        self._token += 1

    def choose(self, **changes: Any) -> None:
        """Change the wish, by fields of `Wish`.

        Options are changed by ``options={name: value}``, and how splits are made by
        ``division={field: value}``; they are made no more with ``division=None``.
        """
        wish, before = self.wish, self.exporter
        if wish is None or before is None:
            return
        if "path" in changes and changes["path"] != wish.path:
            self._suggested = not changes["path"]
        if "options" in changes:
            usual = usual_options(before)
            given = dict(wish.options) | changes.pop("options")
            changes["options"] = tuple((n, v) for n, v in given.items() if usual.get(n) != v)
        if changes.get("division") is not None:
            self._division = replace(wish.division or self._division, **changes["division"])
            changes["division"] = self._division
        changed = replace(wish, **changes)
        if changed.format != wish.format:
            after = exporter_named(changed.format)
            path = with_suffix_of(changed.path, before, after)
            changed = replace(changed, options=(), path=path)
        if self._suggested and "path" not in changes:
            changed = self._with_path(changed)
        if "relative_to" not in changes:
            changed = self._with_base(changed, wish)
        self._format = changed.format
        if changed != wish:
            self.wish, self.exported = changed, None
            self.look()

    def choose_relative(self, relative: bool) -> None:
        """Name files relative to the folder where the list is saved, or absolutely."""
        wish, exporter = self.wish, self.exporter
        if wish is not None and exporter is not None:
            self.choose(relative_to=base_beside(wish.path, exporter) if relative else None)

    def save(self) -> None:
        """Save the list in the background; nothing happens while one is being saved."""
        wish, dataset = self.wish, self._opened.dataset
        if wish is None or dataset is None or self.saving:
            return
        self._stop_looking.set()
        self._token += 1
        self._stop_saving = stop = Event()
        chosen, command = self._chosen(wish, dataset), self._command()
        outlook = self.outlook  # one may save before it is known what is there
        told = outlook is not None and outlook.known and outlook.wish == wish
        self.exported = None

        def tell(step: str) -> None:
            self._check(stop)
            self._mailbox.post(lambda: self._say(step))

        def work() -> None:
            done = save_chosen(
                chosen, told, lambda at: command(chosen, at), lambda: self._check(stop), tell
            )
            self._mailbox.post(lambda: self._done(done))

        self._say("listing the samples")
        self._run.submit(work)

    def cancel(self) -> None:
        """Save no more: what was there before stays; or hash no more, and wish it no longer."""
        if self.saving and not self._stop_saving.is_set():
            self._stop_saving.set()
            self._say("stopping")
        elif self.hashing:
            self.choose(hashed=False)

    def selection(self, verdict: str = "") -> Selection:
        """Choose samples by what the reviewer has said of them, at once; nothing is written.

        Parameters
        ----------
        verdict : str
            One of `VERDICTS`.

        Raises
        ------
        ExportError
            If no dataset is open, or there is no such verdict.
        """
        dataset = self._opened.dataset
        if dataset is None or verdict not in self.verdicts:
            found = "no dataset is open" if dataset is None else f"no verdict {verdict!r}"
            raise ExportError(f"{found}; expected one of {', '.join(filter(None, VERDICTS))}")
        chosen = self._chosen(Wish(EXPORTERS[0].name, verdict), dataset)
        positions = chosen.positions(lambda: None)
        return chosen.selection(positions, lambda: None, lambda *_told: None)

    # --- from the session ----------------------------------------------------------------

    def take_up(self) -> None:
        """Turn to another dataset."""
        self.wish = self.outlook = self.exported = None
        self._suggested = True
        dataset = self._opened.dataset
        if dataset is not None and (self._promise is None or self._promise[0] != dataset.root):
            self._promise = dataset.root, dataset.alignment
            self._hashes = Hashes()
            self._division = self._division.fitting(self.columns)
        if self._follows:
            self._wish_anew()
            self.look()

    def look_again(self) -> None:
        """Take in that verdicts or rows have changed.

        A look that goes on is finished first: of a large dataset they change more often than all
        of its samples can be gone through.
        """
        if not self._follows:
            return
        if self.saving or not (self.outlook is None or self.outlook.known):
            self._outdated = True
        else:
            self.look()

    def close(self) -> None:
        """End all work."""
        self.changed.disconnect()
        self._stop_looking.set()
        self._stop_saving.set()
        self._run.shutdown(wait=False, cancel_futures=True)

    def look(self) -> None:
        """Look in the background what would come of the wish."""
        wish, dataset = self.wish, self._opened.dataset
        self._stop_looking.set()
        self._token += 1
        if wish is None or dataset is None or self.saving:
            return
        self._outdated = False
        token, self._stop_looking = self._token, Event()
        stop, chosen = self._stop_looking, self._chosen(wish, dataset)
        begun, before = Outlook(wish, len(dataset)), self.outlook
        if before is not None and before.wish.format == wish.format:
            # what was known stays in sight until more is: nothing flickers while a person types
            begun = replace(before, wish=wish, total=len(dataset), doing="", known=False)
        self.outlook = begun
        self.changed.emit()

        def take(found: Outlook) -> None:
            self._mailbox.post(lambda: self._take(token, found))

        def work() -> None:
            with suppress(Cancelled):
                take(outlook_of(chosen, begun, lambda: self._check(stop), take))

        self._run.submit(work)

    # --- inside --------------------------------------------------------------------------

    def _take(self, token: int, outlook: Outlook) -> None:
        if token == self._token:
            self.outlook = outlook
            self.changed.emit()
            if outlook.known and self._outdated:
                self.look()

    def _check(self, stop: Event) -> None:
        if stop.is_set():
            raise Cancelled

    def _say(self, step: str) -> None:
        self.saving = "stopping" if self._stop_saving.is_set() else step
        self._progress(Progress(f"exporting: {self.saving}", 0, 0))
        self.changed.emit()

    def _done(self, exported: Exported) -> None:
        self.saving, self.exported = "", exported
        self._progress(None)
        self.changed.emit()
        known = self.outlook is not None and self.outlook.known and not self._outdated
        if self._follows and (exported.path is not None or not known):
            self.look()  # a file is there now; or saving has kept it from looking

    def _command(self) -> Callable[[Chosen, npt.NDArray[np.intp]], str]:
        """Return what writes the command that exports the same, in another thread.

        No command can say what a person has promised here, or leaves out the verdicts of others.
        """
        dataset, reviewing = self._opened.dataset, self._opened.reviewing
        review, turn = reviewing.review, reviewing.round
        reviewer = review.reviewer if review is not None and review.own.standing else ""
        others = review is not None and not reviewer and bool(review.standing)
        promised = dataset is not None and (dataset.root, dataset.alignment) == self._promise
        if self._opened.epoch is not None or others or not promised:
            return lambda _chosen, _positions: ""
        return lambda chosen, positions: command_of(chosen, chosen.depth(positions), reviewer, turn)

    def _wish_anew(self) -> None:
        """Begin with what is wanted most often: what was accepted, else all."""
        if self._opened.dataset is None or not EXPORTERS:
            return
        marks = self._opened.rows.marks
        accepted = self._opened.epoch is None and marks.counts_as("accept") > 0
        wish = Wish(self._format or EXPORTERS[0].name, "accept" if accepted else "")
        self.wish = self._with_path(wish)

    def _with_path(self, wish: Wish) -> Wish:
        dataset = self._opened.dataset
        if dataset is None:
            return wish
        exporter = exporter_named(wish.format)
        folder = self._opened.reviewing.folder
        words = wish.split, VERDICTS[wish.verdict] if wish.verdict else ""
        return replace(wish, path=str(suggested_path(words, dataset, exporter, folder)))

    def _with_base(self, changed: Wish, before: Wish) -> Wish:
        """Let the folder that was preset go where the list goes; another one stays."""
        if before.relative_to != base_beside(before.path, exporter_named(before.format)):
            return changed
        beside = base_beside(changed.path, exporter_named(changed.format))
        return replace(changed, relative_to=beside)

    def _chosen(self, wish: Wish, dataset: Dataset) -> Chosen:
        """Take down what is known at present; of 100,000 samples that takes a few ms."""
        rows, reviewing = self._opened.rows, self._opened.reviewing
        review = None if self._opened.epoch is not None else reviewing.review
        said, stale = Said(), np.zeros(rows.total, bool)
        whose: tuple[str, ...] = ()
        told: list[Remark] = []
        if review is not None:
            said, stale = Said(review.own.standing), rows.marks.stale.copy()
            whose = (f"reviewer {review.reviewer}", f"round {review.round}") if said.lines else ()
            told += [Remark("warning", trouble) for trouble in review.troubles]
            if unsaved := tuple(reviewing.unsaved):
                sentence = "verdicts that are not saved yet are not exported."
                told.append(Remark("warning", sentence, unsaved))
        facts = list(rows.facts)
        return Chosen(
            dataset, wish, said, rows.order, facts, stale, whose, tuple(told), self._hashes
        )
