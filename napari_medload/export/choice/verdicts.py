"""What people have said of the samples of a dataset: read from their journals, nothing written."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from napari_medload.export.choice.where import parts_of
from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.loaders.advice import near_word
from napari_medload.loaders.identity import dataset_id
from napari_medload.review import DECISIONS, Review, Verdict, disagreements
from napari_medload.review.folder import place_to_read
from napari_medload.review.lines import verdict_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.loaders import Dataset, Sample
    from napari_medload.review import Decision
    from napari_medload.review.lines import Entry as Line

_NOBODY = "nobody"
"""As whom journals are read: nothing is ever written under it."""


@dataclass(frozen=True)
class Said:
    """What stands of each sample.

    Parameters
    ----------
    lines : mapping of sample id to line of a journal
        The one that counts.
    disputed : frozenset of str
        Samples on which reviewers disagree, where several were read.
    remarks : tuple of Remark
        What was met in the journals.
    """

    lines: Mapping[str, Line] = field(default_factory=dict)
    disputed: frozenset[str] = frozenset()
    remarks: tuple[Remark, ...] = ()

    def decision(self, sample: Sample) -> Decision | None:
        """Say what stands of a sample: by a journal, else by the list that it was opened from."""
        line = self.lines.get(sample.id)
        return stated_decision(sample) if line is None else line.decision

    def verdict(self, sample: Sample) -> Verdict | None:
        """Return the whole of it; None where nobody has judged the sample."""
        line = self.lines.get(sample.id)
        return stated_verdict(sample) if line is None else verdict_of(line)


def said_of(
    dataset: Dataset,
    folder: Path | None = None,
    reviewer: str | None = None,
    round: int | None = None,
) -> Said:
    """Read the journals of a dataset.

    Parameters
    ----------
    folder : Path, optional
        Review folder; else where the browser keeps it.
    reviewer : str, optional
        Whose verdicts count; else those of all, the latest of each sample.
    round : int, optional
        Which pass; else the latest of each reviewer.

    Raises
    ------
    ExportError
        If there is no such folder, reviewer or round.
    """
    if folder is not None and not folder.is_dir():
        raise ExportError(f"{folder}: no such folder; expected one that holds journals (.jsonl).")
    place = folder or place_to_read(dataset)
    passes: Mapping[tuple[str, int], Mapping[str, Line]] = {}
    troubles: tuple[str, ...] = ()
    if place is not None:
        review = Review(place, dataset_id(dataset), _NOBODY)
        passes, troubles = review.standing, review.troubles
    where = f"{place or 'the review folder'}"
    rounds = _rounds_of(passes, reviewer, round, where)
    remarks = [Remark("warning", trouble) for trouble in troubles]
    read: dict[str, Mapping[str, Line]] = {}
    for name, turns in rounds.items():
        turn = round or max(turns, key=lambda turn: max(e.order for e in turns[turn].values()))
        read[name] = turns[turn]
        if round is None:
            remarks += _shorter_than_before(name, turn, turns)
    return Said(_latest(read), _disputed(read), tuple(remarks))


def stated_verdict(sample: Sample) -> Verdict | None:
    """Read the verdict that stands in the list that a sample was opened from."""
    decision = stated_decision(sample)
    if decision is None or sample.settings is None:
        return None
    stated = sample.settings

    def text(name: str) -> str:
        return next(iter(parts_of(stated.get(name))), "")

    return Verdict(
        sample.id,
        decision,
        parts_of(stated.get("reasons"), several=True),
        text("note"),
        stated_content(sample),
        reviewer=text("reviewer"),
        time=text("time"),
    )


def stated_content(sample: Sample) -> tuple[tuple[str, str], ...]:
    """Read the hashes that stand in the list that a sample was opened from."""
    value = sample.settings.get("content_hash") if sample.settings else None
    pairs = (part.partition(":") for part in parts_of(value, several=True))
    return tuple((role, found) for role, _, found in pairs if found)


def stated_decision(sample: Sample) -> Decision | None:
    """Read the decision that stands in the list that a sample was opened from."""
    found = sample.settings.get("verdict") if sample.settings else None
    return cast("Decision", found) if found in DECISIONS else None


def _rounds_of(
    passes: Mapping[tuple[str, int], Mapping[str, Line]],
    reviewer: str | None,
    round: int | None,
    where: str,
) -> Mapping[str, Mapping[int, Mapping[str, Line]]]:
    """Lines by reviewer and round, as far as these are asked for."""
    found: dict[str, dict[int, Mapping[str, Line]]] = defaultdict(dict)
    for (name, turn), lines in passes.items():
        found[name][turn] = lines
    if reviewer is not None:
        wanted = unicodedata.normalize("NFC", reviewer).strip()
        if wanted not in found:
            raise ExportError(
                f"{where}: no verdict of '{reviewer}'; found those of "
                f"{', '.join(found) or 'nobody'}.{near_word(wanted, found)}"
            )
        found = defaultdict(dict, {wanted: found[wanted]})
    if round is not None:
        turns = sorted({turn for each in found.values() for turn in each})
        found = defaultdict(dict, {n: each for n, each in found.items() if round in each})
        if not found:
            raise ExportError(
                f"{where}: no verdict in round {round}; found rounds "
                f"{', '.join(map(str, turns)) or 'of nobody'}. Choose one of these."
            )
    return found


def _shorter_than_before(
    name: str, turn: int, turns: Mapping[int, Mapping[str, Line]]
) -> list[Remark]:
    """Warn of a second pass that is not finished: what the first one said does not count."""
    fuller = max(turns, key=lambda each: len(turns[each]))
    if len(turns[fuller]) <= len(turns[turn]):
        return []
    return [
        Remark(
            "warning",
            f"{name} has judged {len(turns[turn]):,} samples in round {turn}, which counts, and "
            f"{len(turns[fuller]):,} in round {fuller}; choose that one where it is meant",
        )
    ]


def _latest(read: Mapping[str, Mapping[str, Line]]) -> Mapping[str, Line]:
    found: dict[str, Line] = {}
    for lines in read.values():
        if not found:
            found.update(lines)
            continue
        for sample, line in lines.items():
            known = found.get(sample)
            if known is None or known.order < line.order:
                found[sample] = line
    return found


def _disputed(read: Mapping[str, Mapping[str, Line]]) -> frozenset[str]:
    if len(read) < 2:
        return frozenset()
    said = {
        name: {s: line.decision for s, line in lines.items() if line.decision is not None}
        for name, lines in read.items()
    }
    return disagreements(said)
