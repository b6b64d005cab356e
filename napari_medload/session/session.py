"""The session: what is open, selected and shown. The only place with state.

Intents come in as method calls, in one thread. Work runs in other threads and its results come
back through the mailbox. Views connect to the signals and draw.
"""

from __future__ import annotations

from dataclasses import replace
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
from napari_medload.session.background.scan import facts_of
from napari_medload.session.background.scanning import Scanning
from napari_medload.session.options import COMPARE_MODES, ViewOptions
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.review.reviewer import RememberedReviewer
from napari_medload.session.review.reviewing import EPOCH, Reviewing
from napari_medload.session.scene.results import Result
from napari_medload.session.showing import Showing
from napari_medload.session.table.rows import Rows

if TYPE_CHECKING:
    from napari_medload.loaders.dataset import Alignment
    from napari_medload.loaders.epoch import Epoch
    from napari_medload.loaders.options import LoaderOptions
    from napari_medload.session.background.messages import Progress
    from napari_medload.session.review.taking_up import TakenUp
    from napari_medload.session.scene.scene import Scene
    from napari_medload.session.table.facts import SampleFacts


class Session:
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
    rows_changed = Signal()  # order, search or all facts
    facts_found = Signal(int, int)  # first sample and number of samples
    selection_changed = Signal(object)  # int or None
    scene_changed = Signal(object)  # Scene
    loading_changed = Signal(bool)
    progress_changed = Signal(object)  # Progress or None
    options_changed = Signal(object)  # ViewOptions
    position_changed = Signal(object)  # RAS+ mm

    def __init__(
        self,
        mailbox: Mailbox | None = None,
        budget: int | None = None,
        recent: RecentDatasets | None = None,
        reviewer: RememberedReviewer | None = None,
    ) -> None:
        self.mailbox = mailbox or QueueMailbox()
        self.recent = recent or RecentDatasets()
        self.dataset: Dataset | None = None
        self.whole: Dataset | None = None  # what is open, also while an epoch over it is shown
        self.epoch: Epoch | None = None
        self.rows = Rows(())
        self.scene: Scene | None = None
        self.options = ViewOptions()
        self.position: tuple[float, float, float] | None = None
        self._telling = Telling(self.progress_changed.emit)
        self.loading = False
        self._read: tuple[Prepared, Alignment, SampleFacts] | None = None
        self._places: dict[str, tuple[float, float, float] | None] = {}  # by frame
        self._walked = False  # whether the person has gone from the first sample to another
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
            self._scanned,
            self._checking,
        )
        self.hypothesising = Hypothesising(self.mailbox, preparer.run, preparer.held)
        self._opening = Opening(self.mailbox, preparer.run, self._telling.asked, self.trouble.emit)
        self.reviewing = Reviewing(
            self.mailbox.post,
            reviewer or RememberedReviewer(),
            self._opening.fetch,
            self.advance,
            self.select,
        )

    # --- datasets ------------------------------------------------------------------------

    def open(self, path: str | Path, select: str | None = None, **how: Any) -> None:
        """Open a dataset in the background; see `loaders.open_dataset`.

        Parameters
        ----------
        path : path
        select : str, optional
            Id of the sample to show first.
        **how
            ``layout``, ``split``, ``patterns``.
        """
        self._opening.fetch(
            f"opening {Path(path).name}",
            lambda _tell: self._with_verdicts(open_dataset(path, **how)),
            lambda found: self._opened(*found, select),
        )

    def preview_directories(self, layout: str | None, options: LoaderOptions) -> None:
        """Open the directories of some options as one dataset, and list an epoch over it."""

        def show(found: tuple[Dataset, TakenUp]) -> None:
            self._opened(*found, None)
            self.preview_epoch(found[0].options or options)

        self._opening.fetch(
            "opening directories",
            lambda _tell: self._with_verdicts(
                open_directories(options.directories, layout, options)
            ),
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
        self._opened(*self._with_verdicts(dataset), select)

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
        self._telling.asked(None)
        self._telling.behind(None)

    def close(self) -> None:
        """End all work and free the memory. The session cannot be used after it."""
        self._scanning.stop()
        self._opening.give_up()
        self.hypothesising.cancel()
        self.reviewing.end()
        self.scene = self._read = None
        self._showing.close()

    # --- walking -------------------------------------------------------------------------

    def select(self, sample: int) -> None:
        """Show a sample, by its position in the dataset."""
        if self.dataset is None or not 0 <= sample < len(self.dataset):
            raise IndexError(f"no sample {sample} in a dataset of {self.rows.total}")
        self._walked = True
        self._turn_to(sample)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) row of the table; stay at its ends."""
        if not len(self.rows):
            return
        row = None if self.selected is None else self.rows.row_of(self.selected)
        wanted = 0 if row is None else row + by
        if 0 <= wanted < len(self.rows):
            self.select(self.rows.sample_at(wanted))

    def advance(self) -> bool:
        """Go to the next sample that is not reviewed, in the table's order; stay if none is."""
        wanted = self.rows.next_open(self.selected)
        if wanted is not None:
            self.select(wanted)
        return wanted is not None

    def sort(self, key: str, descending: bool = False) -> None:
        """Order the table."""
        self.rows.sort(key, descending)
        self.rows_changed.emit()

    def sort_again(self) -> None:
        """Order and filter the table by what is known now; worst first unless it was sorted."""
        self.rows.sort_again()
        self.rows_changed.emit()

    def find(self, search: str) -> None:
        """Search the table."""
        self.choose_by(search=search)

    def choose(self, split: str | None = None, group: str | None = None) -> None:
        """Show only the rows of a split, or of a group; of all without either."""
        self.choose_by(split=split, group=group)

    def choose_by(self, **changes: Any) -> None:
        """Change which rows are shown, by fields of `Filter`."""
        self.rows.choose_by(**changes)
        self.rows_changed.emit()

    def set_options(self, **changes: Any) -> None:
        """Change how samples are drawn, by fields of `ViewOptions`."""
        options = replace(self.options, **changes)
        if options == self.options:
            return
        self.options = options
        self.options_changed.emit(options)
        if self.selected is not None:
            self._showing.show(self.selected, options)

    def go_to(self, position: tuple[float, float, float]) -> None:
        """Look at a place in the patient, in RAS+ mm; all views follow."""
        if position != self.position:
            self.position = position
            self.position_changed.emit(position)

    def next_mode(self) -> None:
        """Go to the next compare mode that can be drawn of what is shown."""
        drawable = COMPARE_MODES if self.scene is None else self.scene.modes
        self.set_options(mode=self.options.next_mode(drawable))

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
        facts = self._read_of_shown()
        if facts is None or self.selected is None:
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

    # --- inside --------------------------------------------------------------------------

    def _with_verdicts(self, dataset: Dataset) -> tuple[Dataset, TakenUp]:
        return dataset, self.reviewing.read(dataset)

    def _opened(self, dataset: Dataset, verdicts: TakenUp, select: str | None) -> None:
        self.whole = dataset
        if dataset.findable:
            self.recent.add(dataset.root)
        self._enter(dataset, None, select, verdicts)

    def _show_epoch(self, epoch: Epoch) -> None:
        if epoch.dataset:
            self._enter(epoch.dataset, epoch, None)
        else:
            self.trouble.emit(nothing_drawn(epoch))

    def _enter(
        self,
        dataset: Dataset,
        epoch: Epoch | None,
        select: str | None,
        verdicts: TakenUp | None = None,
    ) -> None:
        """Begin the walk through a dataset, or through an epoch over the one that is open."""
        self.dataset, self.epoch, self.position, self.scene = dataset, epoch, None, None
        self._places.clear()
        self._read = None
        self.rows = Rows(dataset.samples, epoch.draws if epoch is not None else ())
        if verdicts is None:
            self.reviewing.close(EPOCH)
        else:
            self.reviewing.take_up(dataset, verdicts, self.rows)
        self._showing.begin(dataset, self.rows)
        self._scanning.forget(self.rows)
        self._telling.behind(None)
        self.hypothesising.begin(dataset, self.rows)
        self.dataset_changed.emit(dataset)
        self.rows_changed.emit()
        first = 0 if verdicts is None else verdicts.resume
        if select is not None:
            try:
                first = dataset.index_of(select)
            except KeyError as error:
                self.trouble.emit(Trouble(str(error.args[0])))
        self._walked = False
        if len(dataset):
            self._turn_to(first)
        self._scanning.begin(dataset, voxels=epoch is None)

    def _turn_to(self, sample: int) -> None:
        assert self.dataset is not None  # noqa: S101
        self.reviewing.look_at(self.dataset[sample].id)
        self._showing.selected = self.rows.held = sample
        if self.rows.filter.follows_work:  # what was judged leaves the table now, and not before
            self.rows.let_go()
            self.rows_changed.emit()
        self._checking.prefer(self.rows.near(sample))
        self.hypothesising.look_at(sample)
        self.selection_changed.emit(sample)
        self._showing.show(sample, self.options)

    def _scanned(self) -> None:
        """Put the worst first, unless that would move the table under a person's hands."""
        if self._walked:
            self.rows_changed.emit()
        else:
            self.sort_again()

    def _read_of_shown(self) -> SampleFacts | None:
        """Facts of the shown sample, as it was read."""
        shown = self._showing.shown
        if shown is None or self.dataset is None:
            return None
        alignment = self.dataset.alignment
        if self._read is None or self._read[0] is not shown or self._read[1] != alignment:
            facts = facts_of(shown.sample, shown.headers, shown.problems, alignment)
            self._read = shown, alignment, facts  # asked for at every change of options
        return self._read[2]

    def _cannot_draw(self, error: BaseException) -> None:
        self.trouble.emit(Trouble(f"the sample cannot be drawn: {error}"))

    def _set_loading(self, loading: bool) -> None:
        if loading != self.loading:
            self.loading = loading
            self._checking.hold(loading)
            self.loading_changed.emit(loading)

    def _keep_place(self, scene: Scene) -> None:
        """Keep the place in the patient while a lens shows arrays that have no place in it."""
        before, after = (_frame(one) for one in (self.scene, scene))
        if before != after:
            self._places[before] = self.position
            self.position = self._places.get(after)

    def _show(self, sample: int, prepared: Prepared) -> None:
        scene = prepared.scene(self.options)
        self._keep_place(scene)
        self.scene = scene
        self._scanning.learn(sample, self._read_of_shown(), prepared.problems)
        self._set_loading(False)
        self.reviewing.see(prepared)
        self.scene_changed.emit(self.scene)


def _frame(scene: Scene | None) -> str:
    """In what a scene's positions count: in the patient, or in the voxels that a lens sees."""
    return "" if scene is None or scene.known else scene.options.lens
