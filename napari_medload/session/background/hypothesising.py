"""What would explain the pair that a person looks at: tried in the background, when asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_medload.checks.hypotheses import rank_hypotheses
from napari_medload.images import read_volume
from napari_medload.loaders.sample import is_label_role, side_of
from napari_medload.session.options import AsIf

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_medload.checks.hypotheses import Partner, Ranked, Ranking
    from napari_medload.images import Volume
    from napari_medload.loaders import Dataset, Sample
    from napari_medload.session.background.mailbox import Mailbox
    from napari_medload.session.table.rows import Rows

    Held = Callable[[Sample, str], Volume | None]

_EITHER_SIDE = 2
_PAIR = ("fixed_image", "moving_image")
_ROLES = (*_PAIR, "fixed_label", "moving_label")


@dataclass(frozen=True)
class Tried:
    """What has come of the hypotheses on one sample.

    Parameters
    ----------
    sample_id : str
    ranking : Ranking or None
        None until the first one is there.
    running : bool
        Whether better figures are still to come.
    trouble : str
        Why nothing could be tried; empty where it could.
    """

    sample_id: str
    ranking: Ranking | None = None
    running: bool = False
    trouble: str = ""


class Hypothesising:
    """Tries hypotheses on one sample at a time; going on to another sample ends it.

    Parameters
    ----------
    mailbox : Mailbox
        How results reach the session's thread.
    run : callable
        Runs work in another thread.
    held : callable
        Gives the volume of a role where it is in memory already, else None.
    """

    changed = Signal()

    def __init__(
        self, mailbox: Mailbox, run: Callable[[Callable[[], None]], object], held: Held
    ) -> None:
        self._mailbox, self._start, self._held = mailbox, run, held
        self._dataset: Dataset | None = None
        self._rows: Rows | None = None
        self._sample: int | None = None
        self._tried: dict[int, Tried] = {}
        self._token = 0

    @property
    def tried(self) -> Tried | None:
        """What has come of it for the selected sample; None where nobody has asked."""
        return None if self._sample is None else self._tried.get(self._sample)

    @property
    def possible(self) -> bool:
        """Whether the selected sample is a pair of images."""
        if self._dataset is None or self._sample is None:
            return False
        return all(role in self._dataset[self._sample].sources for role in _PAIR)

    def as_if(self, entry: Ranked) -> AsIf | None:
        """Turn a hypothesis on the selected sample into what that can be drawn as.

        None for the pair as it is, and where nothing was tried on this sample.
        """
        tried = self.tried
        changes = entry.move is not None or entry.swaps_labels or entry.partner
        if tried is None or not changes:
            return None
        return AsIf(tried.sample_id, entry.name, entry.move, entry.swaps_labels, entry.partner)

    def begin(self, dataset: Dataset, rows: Rows) -> None:
        """Forget everything, for the samples of another dataset."""
        self._token += 1
        self._dataset, self._rows, self._sample = dataset, rows, None
        self._tried.clear()
        self.changed.emit()

    def look_at(self, sample: int) -> None:
        """Turn to another sample; what was going on for the last one ends."""
        if sample != self._sample:
            self.cancel()
            self._sample = sample
            self.changed.emit()

    def try_all(self) -> None:
        """Try what would explain the selected sample; nothing happens while that goes on."""
        sample, dataset = self._sample, self._dataset
        if sample is None or dataset is None or not self.possible:
            return
        known = self._tried.get(sample)
        if known is not None and known.running:
            return
        self._token += 1
        token, pair = self._token, dataset[sample]
        self._take(token, sample, Tried(pair.id, running=True))
        neighbours = self._neighbours(sample)

        def tell(tried: Tried) -> None:
            self._mailbox.post(lambda: self._take(token, sample, tried))

        def wanted() -> bool:
            return token == self._token

        self._start(lambda: self._run(pair, neighbours, tell, wanted))

    def cancel(self) -> None:
        """End what goes on; the figures so far stay."""
        self._token += 1
        if self._sample is None:
            return
        known = self._tried.get(self._sample)
        if known is not None and known.running:
            if known.ranking is None:
                del self._tried[self._sample]
            else:
                self._tried[self._sample] = replace(known, running=False)
            self.changed.emit()

    def _take(self, token: int, sample: int, tried: Tried) -> None:
        if token == self._token:
            self._tried[sample] = tried
            self.changed.emit()

    def _neighbours(self, sample: int) -> list[Sample]:
        """Pairs before and after a sample in the table, the nearest first."""
        rows, dataset = self._rows, self._dataset
        row = None if rows is None else rows.row_of(sample)
        if rows is None or dataset is None or row is None:
            return []
        near = [row + sign * step for step in range(1, _EITHER_SIDE + 1) for sign in (1, -1)]
        found = [dataset[rows.sample_at(r)] for r in near if 0 <= r < len(rows)]
        own = dataset[sample].sources.get("moving_image")
        return [other for other in found if other.sources.get("moving_image") not in (None, own)]

    def _run(
        self,
        sample: Sample,
        neighbours: list[Sample],
        tell: Callable[[Tried], None],
        wanted: Callable[[], bool],
    ) -> None:
        """Try, in the executor, and tell whatever comes of it."""
        last = Tried(sample.id)
        try:
            volumes = self._volumes(sample, _ROLES, wanted)
            partners = self._partners(neighbours, wanted)
            for ranking in rank_hypotheses(sample, volumes, partners, wanted):
                last = Tried(sample.id, ranking, running=True)
                tell(last)
            if last.ranking is None:
                last = replace(last, trouble="nothing can be tried: an image has no place")
        except Exception as error:  # whatever a broken file provokes, a person is told
            last = replace(last, trouble=f"nothing can be tried: {error}")
        tell(replace(last, running=False))

    def _partners(self, neighbours: list[Sample], wanted: Callable[[], bool]) -> list[Partner]:
        def reader(sample: Sample) -> Callable[[], Mapping[str, Volume]]:
            moving = [role for role in _ROLES if side_of(role) == "moving"]
            return lambda: self._volumes(sample, moving, wanted)

        return [(sample.id, reader(sample)) for sample in neighbours]

    def _volumes(
        self, sample: Sample, roles: tuple[str, ...] | list[str], wanted: Callable[[], bool]
    ) -> dict[str, Volume]:
        """Volumes of some roles; labels as stored. A label that can't be read is left out.

        Raises
        ------
        OSError
            If an image can't be read.
        """
        found: dict[str, Volume] = {}
        for role in filter(sample.sources.__contains__, roles):
            if not wanted():
                break
            # a label in memory has been turned into codes for drawing
            held = None if is_label_role(role) else self._held(sample, role)
            try:
                found[role] = held or read_volume(sample.sources[role])
            except OSError:
                if not is_label_role(role):
                    raise
        return found
