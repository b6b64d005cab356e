"""The sample that a person looks at, and its neighbours: prepared in threads, shown in order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from napari_medload.session.background.cache import SupersededError
from napari_medload.session.background.preparing import Prepared, Preparer, keys_of
from napari_medload.session.options import ViewOptions
from napari_medload.session.table.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from napari_medload.loaders import Dataset, Sample
    from napari_medload.session.background.mailbox import Mailbox
    from napari_medload.session.scene.scene import Scene


class Showing:
    """Gets the selected sample ready, hands it over, and reads ahead.

    Parameters
    ----------
    mailbox : Mailbox
        How results reach the session's thread.
    preparer : Preparer
        Reads and reslices.
    take : callable
        Takes the position of a sample and what is drawn of it, when it is to be shown.
    loading : callable
        Told whether a person waits.
    failed : callable
        Told why a sample cannot be drawn at all.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        preparer: Preparer,
        take: Callable[[int, Prepared], None],
        loading: Callable[[bool], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._mailbox, self.preparer = mailbox, preparer
        self._take, self._loading, self._failed = take, loading, failed
        self._dataset: Dataset | None = None
        self._rows = Rows(())
        self._options = ViewOptions()
        self._ready: dict[int, Prepared] = {}
        self._token = 0
        self.selected: int | None = None
        self.shown: Prepared | None = None

    def begin(self, dataset: Dataset | None, rows: Rows) -> None:
        """Forget what was shown, and walk through another dataset."""
        self._token += 1
        self._dataset, self._rows = dataset, rows
        self.selected = self.shown = None
        self._ready.clear()
        self.preparer.cache.clear()

    def realign(self, dataset: Dataset) -> None:
        """Go on with the same samples under another promise."""
        self._dataset = dataset

    def show(self, sample: int, options: ViewOptions) -> None:
        """Show a sample: at once if it is ready, else as soon as it is."""
        self._token += 1
        self.selected, self._options = sample, options
        ready = self._ready.get(sample)
        if ready is not None and ready.suits(options):
            self._arrived(sample, ready)
            return
        self._loading(True)
        self._prepare(sample, partial(self._arrived, sample))

    def ready(self, options: ViewOptions) -> frozenset[int]:
        """Tell which samples are shown at once when they are selected."""
        return frozenset(i for i, p in self._ready.items() if p.suits(options))

    def prepared(self, sample: int) -> Prepared | None:
        """Return what is ready of a sample, for whatever options."""
        return self._ready.get(sample)

    def scene_of(self, sample: Sample, options: ViewOptions) -> Scene:
        """Wait for a sample that is not to be shown, and keep nothing of it beyond the budget."""
        assert self._dataset is not None  # noqa: S101
        whole = replace(options, as_if=None)
        prepared = self.preparer.prepare(self._dataset, sample, whole, lambda: True).result()
        self._trim()
        return prepared.scene(whole)

    def close(self) -> None:
        """End all work and free the memory."""
        self._token += 1
        self._ready.clear()
        self.shown = None
        self.preparer.close()

    def _prepare(self, sample: int, then: Callable[[Prepared], None], ahead: bool = False) -> None:
        """Prepare a sample and hand it over, unless the person has gone on by then."""
        token, dataset = self._token, self._dataset
        assert dataset is not None  # noqa: S101

        def wanted() -> bool:
            return token == self._token

        def arrive(future: Future[Prepared]) -> None:
            if future.cancelled() or isinstance(future.exception(), SupersededError):
                return
            error = future.exception()
            if error is None:
                self._mailbox.post(lambda: then(future.result()) if wanted() else None)
            else:
                self._mailbox.post(lambda: self._give_up(error) if wanted() else None)

        self.preparer.prepare(
            dataset, dataset[sample], self._options, wanted, ahead
        ).add_done_callback(arrive)

    def _give_up(self, error: BaseException) -> None:
        self._loading(False)
        self._failed(error)

    def _arrived(self, sample: int, prepared: Prepared) -> None:
        self.shown = self._ready[sample] = prepared
        self._take(sample, prepared)
        self._prefetch()

    def _prefetch(self) -> None:
        """Get the neighbours ready, as many as the budget allows, the next one first."""
        assert self.selected is not None and self.shown is not None  # noqa: S101
        row = self._rows.row_of(self.selected)
        rows = () if row is None else (row + 1, row - 1)
        neighbours = [self._rows.sample_at(r) for r in rows if 0 <= r < len(self._rows)]
        if self._rows.marks.judged:  # a verdict leads to the next open sample, wherever that is
            wanted = self._rows.next_open(self.selected)
            ahead = [] if wanted is None else [wanted]
            neighbours = list(dict.fromkeys((*ahead, *neighbours)))
        room = int(self.preparer.cache.budget // max(1, self.shown.nbytes)) - 1
        neighbours = neighbours[: max(0, room)]
        for stale in self._ready.keys() - {self.selected, *neighbours}:
            del self._ready[stale]
        ready = self.ready(self._options)
        missing = [sample for sample in neighbours if sample not in ready]
        self._trim(self.shown.nbytes * len(missing))
        for sample in missing:
            self._prepare(sample, partial(self._keep, sample), ahead=True)

    def _keep(self, sample: int, prepared: Prepared) -> None:
        self._ready[sample] = prepared
        self._trim()

    def _trim(self, free: int = 0) -> None:
        kept = [key for p in self._ready.values() for key in keys_of(p.sample)]
        self.preparer.trim(kept, free)
