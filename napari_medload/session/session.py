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
from napari_medload.loaders.epoch import Epoch, preview_epoch
from napari_medload.session.cache import default_budget
from napari_medload.session.mailbox import Mailbox, QueueMailbox
from napari_medload.session.messages import Progress, Trouble
from napari_medload.session.opening import Opening, Tell
from napari_medload.session.options import ViewOptions
from napari_medload.session.preparing import Prepared, Preparer
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.rows import Rows
from napari_medload.session.scan import facts_of
from napari_medload.session.scanning import Scanning
from napari_medload.session.showing import Showing

if TYPE_CHECKING:
    from napari_medload.loaders.dataset import Alignment
    from napari_medload.loaders.options import LoaderOptions
    from napari_medload.session.facts import SampleFacts
    from napari_medload.session.scene import Scene


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

    def __init__(
        self,
        mailbox: Mailbox | None = None,
        budget: int | None = None,
        recent: RecentDatasets | None = None,
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
        self.progress: Progress | None = None
        self.loading = False
        preparer = Preparer(default_budget() if budget is None else budget)
        self._showing = Showing(
            self.mailbox, preparer, self._show, self._set_loading, self._cannot_draw
        )
        self._scanning = Scanning(
            self.mailbox,
            preparer.scanner,
            self._set_progress,
            self.facts_found.emit,
            self.rows_changed.emit,
        )
        self._opening = Opening(self.mailbox, preparer.run, self._set_progress, self.trouble.emit)

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
            lambda _tell: open_dataset(path, **how),
            lambda dataset: self._opened(dataset, select),
        )

    def preview_directories(self, layout: str | None, options: LoaderOptions) -> None:
        """Open the directories of some options as one dataset, and list an epoch over it."""

        def show(dataset: Dataset) -> None:
            self._opened(dataset, None)
            self.preview_epoch(dataset.options or options)

        self._opening.fetch(
            "opening directories",
            lambda _tell: open_directories(options.directories, layout, options),
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
        self._set_progress(None)
        self._opened(dataset, select)

    def preview_epoch(self, options: LoaderOptions, split: str | None = None) -> None:
        """List in the background what an epoch over the dataset would draw, and show it."""
        whole = self.whole
        if whole is None:
            return

        def make(tell: Tell) -> Epoch:
            return preview_epoch(whole, options, split, lambda: tell(0, 0, ""))

        def show(epoch: Epoch) -> None:
            if epoch.dataset:
                self._enter(epoch.dataset, epoch, None)
            else:
                reasons = epoch.refusals or (f"{epoch.formula} pairs",)
                self.trouble.emit(Trouble(f"the epoch would be empty: {'; '.join(reasons)}"))

        self._opening.fetch("planning the epoch", make, show)

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
            self._scanning.begin(self.dataset)

    def cancel(self) -> None:
        """Stop what goes on in the background, but for the sample that is being loaded."""
        self._opening.give_up()
        self._scanning.stop()
        self._set_progress(None)

    def close(self) -> None:
        """End all work and free the memory. The session cannot be used after it."""
        self._scanning.stop()
        self._opening.give_up()
        self.scene = None
        self._showing.close()

    # --- walking -------------------------------------------------------------------------

    def select(self, sample: int) -> None:
        """Show a sample, by its position in the dataset."""
        if self.dataset is None or not 0 <= sample < len(self.dataset):
            raise IndexError(f"no sample {sample} in a dataset of {self.rows.total}")
        self._showing.selected = sample
        self.selection_changed.emit(sample)
        self._showing.show(sample, self.options)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) row of the table; stay at its ends."""
        if not len(self.rows):
            return
        row = None if self.selected is None else self.rows.row_of(self.selected)
        wanted = 0 if row is None else row + by
        if 0 <= wanted < len(self.rows):
            self.select(self.rows.sample_at(wanted))

    def sort(self, key: str, descending: bool = False) -> None:
        """Order the table."""
        self.rows.sort(key, descending)
        self.rows_changed.emit()

    def find(self, search: str) -> None:
        """Search the table."""
        self.rows.find(search)
        self.rows_changed.emit()

    def choose(self, split: str | None = None, group: str | None = None) -> None:
        """Show only the rows of a split, or of a group; of all without either."""
        self.rows.choose(split, group)
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

    def next_mode(self) -> None:
        """Go to the next compare mode."""
        self.set_options(mode=self.options.next_mode())

    @property
    def selected(self) -> int | None:
        """Position in the dataset of the sample that a person looks at, or waits for."""
        return self._showing.selected

    @property
    def facts(self) -> SampleFacts | None:
        """Header facts of the sample that is shown."""
        shown = self._showing.shown
        if shown is None or self.dataset is None:
            return None
        return facts_of(shown.sample, shown.headers, shown.problems, self.dataset.alignment)

    @property
    def ready(self) -> frozenset[int]:
        """Samples that are shown at once when they are selected."""
        return self._showing.ready(self.options)

    @property
    def memory(self) -> int:
        """Bytes of volumes held at present."""
        return self._showing.preparer.cache.nbytes

    # --- inside --------------------------------------------------------------------------

    def _set_progress(self, progress: Progress | None) -> None:
        self.progress = progress
        self.progress_changed.emit(progress)

    def _opened(self, dataset: Dataset, select: str | None) -> None:
        self.whole = dataset
        if dataset.findable:
            self.recent.add(dataset.root)
        self._enter(dataset, None, select)

    def _enter(self, dataset: Dataset, epoch: Epoch | None, select: str | None) -> None:
        """Begin the walk through a dataset, or through an epoch over the one that is open."""
        self.dataset, self.epoch, self.position, self.scene = dataset, epoch, None, None
        self.rows = Rows(dataset.samples, epoch.draws if epoch is not None else ())
        self._showing.begin(dataset, self.rows)
        self._scanning.forget(self.rows)
        self.dataset_changed.emit(dataset)
        self.rows_changed.emit()
        first = 0
        if select is not None:
            try:
                first = dataset.index_of(select)
            except KeyError as error:
                self.trouble.emit(Trouble(str(error.args[0])))
        if len(dataset):
            self.select(first)
        self._scanning.begin(dataset)

    def _cannot_draw(self, error: BaseException) -> None:
        self.trouble.emit(Trouble(f"the sample cannot be drawn: {error}"))

    def _set_loading(self, loading: bool) -> None:
        if loading != self.loading:
            self.loading = loading
            self.loading_changed.emit(loading)

    def _show(self, sample: int, prepared: Prepared) -> None:
        self.scene = prepared.scene(self.options)
        self._scanning.learn(sample, self.facts, prepared.problems)
        self._set_loading(False)
        self.scene_changed.emit(self.scene)
