"""The session: what is open, selected and shown. The only place with state.

Intents come in as method calls, in one thread. Work runs in other threads and its results come
back through the mailbox. Views connect to the signals and draw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_medload.demo import build_demo, default_folder
from napari_medload.loaders import Dataset, open_dataset
from napari_medload.loaders.deepreg.directories import open_directories
from napari_medload.session.background.cache import default_budget
from napari_medload.session.background.checking import Checking
from napari_medload.session.background.epoch_planning import nothing_drawn, planned
from napari_medload.session.background.hypothesising import Hypothesising
from napari_medload.session.background.mailbox import Mailbox, QueueMailbox
from napari_medload.session.background.messages import Telling, Trouble
from napari_medload.session.background.opening import Opening
from napari_medload.session.background.preparing import Prepared, Preparer
from napari_medload.session.background.scanning import Scanning
from napari_medload.session.export.exporting import Exporting
from napari_medload.session.leading import Leading
from napari_medload.session.looking import Looking
from napari_medload.session.mapping import ColumnMapping
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.review.reviewer import RememberedReviewer
from napari_medload.session.review.reviewing import EPOCH, Reviewing
from napari_medload.session.scene.results import Result
from napari_medload.session.showing import Showing
from napari_medload.session.table.rows import Rows
from napari_medload.session.walk import Walk

if TYPE_CHECKING:
    from napari_medload.checks import Finding
    from napari_medload.loaders.dataset import Alignment
    from napari_medload.loaders.epoch import Epoch
    from napari_medload.loaders.options import LoaderOptions
    from napari_medload.session.background.messages import Progress
    from napari_medload.session.review.taking_up import TakenUp
    from napari_medload.session.scene.scene import Scene
    from napari_medload.session.table.facts import SampleFacts


@dataclass(frozen=True)
class _Table:
    """A dataset that is about to be walked through; of an epoch there are no verdicts."""

    dataset: Dataset
    rows: Rows
    verdicts: TakenUp | None = None


class Session(Walk, Looking):
    """A person's walk through a dataset.

    Parameters
    ----------
    mailbox : Mailbox, optional
        How results reach the thread that calls this object's methods.
    budget : int, optional
        Bytes of volumes to keep; a quarter of the free memory, at most 4 GiB.
    recent : RecentDatasets, optional
        Where opened datasets are remembered.
    reviewer : RememberedReviewer, optional
        Who reviews.
    """

    dataset_changed = Signal(object)  # Dataset
    trouble = Signal(object)  # Trouble
    facts_found = Signal(int, int)  # first sample and number of samples
    selection_changed = Signal(object)  # int or None
    loading_changed = Signal(bool)
    progress_changed = Signal(object)  # Progress or None

    def __init__(
        self,
        mailbox: Mailbox | None = None,
        budget: int | None = None,
        recent: RecentDatasets | None = None,
        reviewer: RememberedReviewer | None = None,
    ) -> None:
        Walk.__init__(self)
        Looking.__init__(self)
        self.mailbox = mailbox or QueueMailbox()
        self.recent = recent or RecentDatasets()
        self.dataset: Dataset | None = None
        self.whole: Dataset | None = None  # what is open, also while an epoch over it is shown
        self.epoch: Epoch | None = None
        self._telling = Telling(self.progress_changed.emit)
        self.loading = False
        self.leading = Leading(self)
        preparer = Preparer(default_budget() if budget is None else budget)
        self._showing = Showing(
            self.mailbox, preparer, self._show, self._set_loading, self._cannot_draw
        )
        self._checking = Checking(
            self.mailbox, preparer.checker, preparer.held, lambda: preparer.cache.reading
        )
        self._scanning = Scanning(
            self.mailbox,
            preparer.scanner,
            self._telling.behind,
            self.facts_found.emit,
            self._order_known,
            self._checking,
        )
        self.hypothesising = Hypothesising(self.mailbox, preparer.run, preparer.held)
        self._opening = Opening(self.mailbox, preparer.run, self._telling.asked, self.trouble.emit)
        self.fetch = self._opening.fetch
        self.reviewing = Reviewing(
            self.mailbox.post,
            reviewer or RememberedReviewer(),
            self._opening.fetch,
            self.advance,
            self.select,
        )
        self.mapping = ColumnMapping(
            self._opening.fetch, lambda path, columns: self.open(path, columns=columns)
        )
        self.exporting = Exporting(self, self.mailbox, self._telling.asked)
        self.rows_changed.connect(self.exporting.look_again)
        self.reviewing.marked.connect(self.exporting.look_again)

    # --- datasets ------------------------------------------------------------------------

    def open(self, path: str | Path, select: str | None = None, **how: Any) -> None:
        """Open a dataset in the background; see `loaders.open_dataset`.

        Parameters
        ----------
        path : path
        select : str, optional
            Id of the sample to show first.
        **how
            ``layout``, ``split``, ``patterns``, ``columns``.
        """
        self._opening.fetch(
            f"opening {Path(path).name}",
            lambda _tell: self._table_of(open_dataset(path, **how)),
            lambda table: self._opened(table, select),
        )

    def preview_directories(self, layout: str | None, options: LoaderOptions) -> None:
        """Open the directories of some options as one dataset, and list an epoch over it."""

        def show(table: _Table) -> None:
            self._opened(table, None)
            self.preview_epoch(table.dataset.options or options)

        self._opening.fetch(
            "opening directories",
            lambda _tell: self._table_of(open_directories(options.directories, layout, options)),
            show,
        )

    def open_demo(self, folder: Path | None = None) -> None:
        """Build the demo dataset, unless it is there, and open it."""
        place = folder or default_folder()
        self._opening.fetch(
            "building the demo", lambda tell: build_demo(place, progress=tell), self.open
        )

    def show(self, dataset: Dataset, select: str | None = None) -> None:
        """Show a dataset that is open already."""
        self._opening.give_up()
        self._telling.asked(None)
        self._opened(self._table_of(dataset), select)

    def preview_epoch(self, options: LoaderOptions, split: str | None = None) -> None:
        """List in the background what an epoch over the dataset would draw, and show it."""
        if self.whole is not None:
            self._opening.fetch(
                "planning the epoch", planned(self.whole, options, split), self._show_epoch
            )

    def leave_epoch(self) -> None:
        """Go back from an epoch to the dataset that it draws from."""
        if self.epoch is not None and self.whole is not None:
            self.show(self.whole)

    def set_alignment(self, alignment: Alignment) -> None:
        """Change what the dataset promises between moving and fixed."""
        if self.dataset is not None and alignment != self.dataset.alignment:
            self.touch()
            self.dataset = self.dataset.aligned(alignment)
            if self.whole is not None:  # the promise outlives an epoch
                self.whole = self.whole.aligned(alignment)
            self._showing.realign(self.dataset)
            self.rows.forget_facts()
            self.rows_changed.emit()
            self._scanning.begin(self.dataset, voxels=self.epoch is None)

    def cancel(self) -> None:
        """Stop what goes on in the background, but for the sample that is being loaded."""
        self._opening.give_up()
        self._scanning.stop()
        self.hypothesising.cancel()
        self.exporting.cancel()
        self._telling.asked(None)
        self._telling.behind(None)

    def close(self) -> None:
        """End all work and free the memory. The session cannot be used after it."""
        self._scanning.stop()
        self._opening.give_up()
        self.hypothesising.cancel()
        self.exporting.close()
        self.reviewing.end()
        self._forget_scene()
        self._showing.close()

    # --- walking -------------------------------------------------------------------------

    def select(self, sample: int) -> None:
        """Show a sample, by its position in the dataset."""
        if self.dataset is None or not 0 <= sample < len(self.dataset):
            raise IndexError(f"no sample {sample} in a dataset of {self.rows.total}")
        self._walked = True
        self.touch()
        self._turn_to(sample)

    def go_to_finding(self, finding: Finding) -> None:
        """Look at the place of a finding of the selected sample, with what shows it."""
        self.leading.go(finding)

    @property
    def progress(self) -> Progress | None:
        """How far that is which goes on; None where nothing does."""
        return self._telling.told

    @property
    def selected(self) -> int | None:
        """Position in the dataset of the sample that a person looks at, or waits for."""
        return self._showing.selected

    @property
    def facts(self) -> SampleFacts | None:
        """Header facts of the sample that is shown."""
        facts, shown = self._read_of_shown(), self._showing.shown
        if facts is None or shown is None or self.dataset is None or self.selected is None:
            return facts
        if self.dataset[self.selected].id != shown.sample.id:  # another one is still awaited
            return facts
        return self._scanning.merged(self.selected, facts)

    @property
    def result(self) -> Result:
        """What a registration has left of the sample that is shown."""
        shown = self._showing.shown
        return Result() if shown is None else shown.result

    @property
    def ready(self) -> frozenset[int]:
        """Samples that are shown at once when they are selected."""
        return self._showing.ready(self.options)

    @property
    def memory(self) -> int:
        """Bytes of volumes held at present."""
        return self._showing.preparer.cache.nbytes

    def scene_of(self, sample: int) -> Scene:
        """Resolve any sample by the present options, and wait for it; for pictures of many.

        Parameters
        ----------
        sample : int
            Position in the dataset.

        Raises
        ------
        IndexError
            If there is none.
        """
        if self.dataset is None or not 0 <= sample < len(self.dataset):
            raise IndexError(f"no sample {sample} in a dataset of {self.rows.total}")
        return self._showing.scene_of(self.dataset[sample], self.options)

    # --- inside --------------------------------------------------------------------------

    def _table_of(self, dataset: Dataset) -> _Table:
        """Make the table of a dataset, with its verdicts; of a large one that takes a while."""
        _ = dataset.splits  # gathered here, for views that ask
        return _Table(dataset, Rows(dataset.samples), self.reviewing.read(dataset))

    def _opened(self, table: _Table, select: str | None) -> None:
        self.whole = table.dataset
        if table.dataset.findable:
            self.recent.add(table.dataset.root)
        self._enter(table, None, select)

    def _show_epoch(self, epoch: Epoch) -> None:
        if epoch.dataset:
            rows = Rows(epoch.dataset.samples, epoch.draws)
            self._enter(_Table(epoch.dataset, rows), epoch, None)
        else:
            self.trouble.emit(nothing_drawn(epoch))

    def _enter(self, table: _Table, epoch: Epoch | None, select: str | None) -> None:
        """Begin the walk through a dataset, or through an epoch over the one that is open."""
        dataset, verdicts = table.dataset, table.verdicts
        self.dataset, self.epoch = dataset, epoch
        self._forget_scene()
        self._begin_walk(table.rows, led=select is None)
        if verdicts is None:
            self.reviewing.close(EPOCH)
        else:
            self.reviewing.take_up(dataset, verdicts, self.rows)
        self._showing.begin(dataset, self.rows)
        self._scanning.forget(self.rows)
        self._telling.behind(None)
        self.hypothesising.begin(dataset, self.rows)
        self.exporting.take_up()
        self.dataset_changed.emit(dataset)
        self.rows_changed.emit()
        if len(dataset):
            self._turn_to(self._first_of(table, select))
        self._scanning.begin(dataset, voxels=epoch is None)

    def _first_of(self, table: _Table, select: str | None) -> int:
        """Sample to begin with: the one that is asked for, or where the reviewer stopped."""
        if select is not None:
            try:
                return table.dataset.index_of(select)
            except KeyError as error:
                self.trouble.emit(Trouble(str(error.args[0])))
        return 0 if table.verdicts is None else table.verdicts.resume

    def _turn_to(self, sample: int) -> None:
        assert self.dataset is not None  # noqa: S101
        if sample != self.selected:
            options = self.leading.leave(self.options)
            if options != self.options:
                self._take_options(options)
        if sample != self.selected and self.options.as_if is not None:
            self._take_options(replace(self.options, as_if=None))
        self.reviewing.look_at(self.dataset[sample].id)
        self._showing.selected = self.rows.held = sample
        if self.rows.filter.follows_work:  # what was judged leaves the table now, and not before
            self.rows.let_go()
            self.rows_changed.emit()
        self._checking.prefer(self.rows.near(sample))
        self.hypothesising.look_at(sample)
        self._arrived_at(sample)
        self.selection_changed.emit(sample)
        self._showing.show(sample, self.options)

    def _read_of_shown(self) -> SampleFacts | None:
        """Facts of the shown sample, as it was read."""
        shown = self._showing.shown
        if shown is None or self.dataset is None:
            return None
        return self._facts_as_read(shown, self.dataset.alignment)

    def _redraw(self) -> None:
        self.touch()
        if self.selected is not None:
            self._showing.show(self.selected, self.options)

    def _cannot_draw(self, error: BaseException) -> None:
        self.trouble.emit(Trouble(f"the sample cannot be drawn: {error}"))

    def _set_loading(self, loading: bool) -> None:
        if loading != self.loading:
            self.loading = loading
            self._checking.hold(loading)
            self.loading_changed.emit(loading)

    def _show(self, sample: int, prepared: Prepared) -> None:
        scene = prepared.scene(self.options)
        self._take_scene(scene)
        self._scanning.learn(sample, self._read_of_shown(), prepared.problems)
        self._set_loading(False)
        self.reviewing.see(prepared)
        self.scene_changed.emit(scene)
        if self.leading.wanted:
            self.leading.arrive()
