"""The samples that a wish means, with what is known of them at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from napari_medload.export import Entry, Remark, Selection
from napari_medload.export.choice.choosing import entry_of, is_wanted, with_known_files
from napari_medload.export.choice.hashing import Hashes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from napari_medload.export.choice.verdicts import Said
    from napari_medload.loaders import Dataset
    from napari_medload.session.export.wish import Wish
    from napari_medload.session.table.facts import SampleFacts


@dataclass(frozen=True)
class Chosen:
    """What is known of the samples at a moment, taken in the session's thread for another.

    A sample counts by the reviewer's verdict, where there is none by the one that stands in the
    list that it was opened from, as in `export.reviewed`.

    Parameters
    ----------
    dataset : Dataset
    wish : Wish
    said : Said
        Verdicts as they are on disk.
    shown : array of ints
        Positions of the samples that the table shows.
    facts : list of SampleFacts or None
        Of all samples.
    stale : array of bools
        Whose files have changed since they were judged.
    whose : tuple of str
        Whose verdicts count, in words.
    remarks : tuple of Remark
        What a person must know of the verdicts, whichever are chosen.
    hashes : Hashes
        Those that were made in earlier looks.
    """

    dataset: Dataset
    wish: Wish
    said: Said
    shown: npt.NDArray[np.intp]
    facts: list[SampleFacts | None]
    stale: npt.NDArray[np.bool_]
    whose: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    hashes: Hashes = field(default_factory=Hashes, repr=False, compare=False)

    def positions(self, go_on: Callable[[], None]) -> npt.NDArray[np.intp]:
        """Find the samples, in the order of the dataset; of an epoch, in which training draws.

        Parameters
        ----------
        go_on : callable
            Asked now and then; raises `Cancelled` to stop.
        """
        wish, samples = self.wish, self.dataset.samples
        wanted = np.ones(len(samples), bool)
        if wish.shown:
            wanted[:] = False
            wanted[self.shown] = True
        if wish.verdict or wish.split:
            verdicts = (wish.verdict,) if wish.verdict else ()
            for position in np.flatnonzero(wanted).tolist():
                go_on()
                sample = samples[position]
                wanted[position] = wish.split in ("", sample.split) and is_wanted(
                    self.said.decision(sample), verdicts
                )
        return np.flatnonzero(wanted)

    def selection(
        self,
        positions: npt.NDArray[np.intp],
        go_on: Callable[[], None],
        progress: Callable[[int, int, str], object],
    ) -> Selection:
        """List the samples at some positions with what was said of them, in the splits wished for.

        Parameters
        ----------
        go_on : callable
            Asked at each sample, whenever the list is read; raises `Cancelled` to stop.
        progress : callable
            Told how many contents are hashed, of how many, and what is done; it may raise too.

        Raises
        ------
        ExportError
            If they cannot be divided so.
        """
        stale = tuple(self.dataset[at].id for at in positions[self.stale[positions]].tolist())
        remarks = self.remarks
        if stale:
            sentence = "the files have changed since they were judged; look at these again."
            remarks = (*remarks, Remark("warning", sentence, stale))
        entries = _Entries(self, positions, go_on)
        chosen = Selection(self.dataset, entries, (*self.wish.chosen, *self.whose), remarks)
        if self.wish.hashed:
            chosen, told = with_known_files(chosen, "none", True, progress, hashes=self.hashes)
            chosen = replace(chosen, remarks=(*remarks, *told))
        return chosen if self.wish.division is None else self.wish.division.of(chosen)

    def notes(self, positions: npt.NDArray[np.intp], go_on: Callable[[], None]) -> Iterator[str]:
        """Say quietly where the verdicts come from, and whether findings are still being made."""
        stated = 0
        for position in positions.tolist():
            go_on()
            sample = self.dataset[position]
            stated += sample.id not in self.said.lines and self.said.decision(sample) is not None
        if stated:
            yield f"{stated:,} with the verdict that the opened list states"
        waiting = sum(not (facts and facts.checked) for facts in self._facts_at(positions))
        if waiting:
            yield f"findings so far: {waiting:,} still to be checked"

    def depth(self, positions: npt.NDArray[np.intp]) -> str:
        """Name what all samples were checked by, one of `DEPTHS`; empty where they differ."""
        depths = {
            "none" if facts is None else "voxels" if facts.checked else "headers"
            for facts in self._facts_at(positions)
        }
        return depths.pop() if len(depths) == 1 else ""

    def _facts_at(self, positions: npt.NDArray[np.intp]) -> Iterator[SampleFacts | None]:
        return map(self.facts.__getitem__, positions.tolist())


class _Entries(Sequence[Entry]):
    """Entries that are made when they are first read, until a person wants the list no more."""

    def __init__(
        self, chosen: Chosen, positions: npt.NDArray[np.intp], go_on: Callable[[], None]
    ) -> None:
        self._chosen, self._positions, self._go_on = chosen, positions, go_on
        self._made: dict[int, Entry] = {}  # formats go through them again and again

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Entry]:
        return map(self._at, self._positions.tolist())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(index, slice):
            return _Entries(self._chosen, self._positions[index], self._go_on)
        return self._at(int(self._positions[index]))

    def _at(self, position: int) -> Entry:
        self._go_on()
        entry = self._made.get(position)
        if entry is None:
            chosen = self._chosen
            facts = chosen.facts[position]
            findings = None if facts is None else facts.findings
            entry = entry_of(chosen.dataset[position], chosen.said, findings)
            self._made[position] = entry
        return entry
