"""What one reviewer has said in one round, with all that can be undone and redone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from napari_medload.review.lines import verdict_of

if TYPE_CHECKING:
    from napari_medload.review.lines import Entry
    from napari_medload.review.verdict import Decision, Verdict


class History(Mapping[str, "Verdict"]):
    """Acts in order. As a mapping: the standing verdicts by sample id, none taken back.

    The latest line about a sample says what stands, whatever its act. Which act is undone next is
    told by the ids that lines of undo and redo name, so that it is the same after a restart.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all acts."""
        self.order = ""
        self._stands: dict[str, Entry] = {}
        self._done: dict[str, Entry] = {}
        self._undone: dict[str, Entry] = {}
        self._before: dict[str, Entry] = {}  # what stood before an act, where something did
        self._verdicts: dict[str, Verdict] = {}

    def apply(self, entry: Entry) -> None:
        """Take in the next act."""
        order, key, sample, act, _, of, _, _, _ = entry
        if act == "judge":
            self._done[key] = entry
            if sample in self._stands:
                self._before[key] = self._stands[sample]
            if self._undone:
                self._undone.clear()
        elif act == "undo":
            _move(of, self._done, self._undone)
        else:
            _move(of, self._undone, self._done)
        self._stands[sample] = entry
        self.order = order

    def verdict(self, entry: Entry) -> Verdict:
        """Return what a line says; made when first asked for: a journal holds 100,000 of them."""
        found = self._verdicts.get(entry.id)
        if found is None:
            found = self._verdicts[entry.id] = verdict_of(entry)
        return found

    def keep(self, entry: Entry, verdict: Verdict) -> Verdict:
        """Remember what a line says, where that is known."""
        self._verdicts[entry.id] = verdict
        return verdict

    def to_undo(self) -> Entry | None:
        """Return the latest act; None where there is none."""
        return next(reversed(self._done.values()), None)

    def to_redo(self) -> Entry | None:
        """Return the act that was undone last; None where none was."""
        return next(reversed(self._undone.values()), None)

    def before(self, act: Entry) -> Entry | None:
        """Return what stood before an act; None where nothing did."""
        return self._before.get(act.id)

    @property
    def last(self) -> str | None:
        """Sample of the latest act that is not undone."""
        found = self.to_undo()
        return None if found is None else found.sample

    @property
    def decisions(self) -> dict[str, Decision]:
        """Standing decisions by sample id."""
        found = ((sample, entry.decision) for sample, entry in self._stands.items())
        return {sample: decision for sample, decision in found if decision is not None}

    @property
    def standing(self) -> dict[str, Entry]:
        """Lines that say what stands, by sample id, without those that take a verdict back."""
        return {s: entry for s, entry in self._stands.items() if entry.decision is not None}

    def latest_first(self) -> Iterator[Entry]:
        """Acts that are not undone, from the latest on."""
        return reversed(self._done.values())

    def __getitem__(self, sample: str) -> Verdict:
        entry = self._stands[sample]
        if entry.decision is None:
            raise KeyError(sample)
        return self.verdict(entry)

    def __contains__(self, sample: object) -> bool:
        entry = self._stands.get(sample)  # type: ignore[call-overload]
        return entry is not None and entry.decision is not None

    def __iter__(self) -> Iterator[str]:
        return (sample for sample, entry in self._stands.items() if entry.decision is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _move(key: str, here: dict[str, Entry], there: dict[str, Entry]) -> None:
    entry = here.pop(key, None)
    if entry is not None:
        there[key] = entry
