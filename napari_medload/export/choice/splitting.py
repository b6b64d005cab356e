"""Splits and folds, made reproducibly.

What decides is a hash of the seed and the name of a unit: neither the order of the samples, nor the
machine, nor the version of Python counts. Splits are counted in units, and no unit is divided.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING

from napari_medload.export.choice.leakage import MADE, shared_by
from napari_medload.export.choice.where import Columns
from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.export.selection import expect_selection
from napari_medload.loaders.lists.schema import MISSING, joined

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from napari_medload.export.selection import Selection

_NEAR_ENOUGH = Fraction(1, 10**6)


@dataclass(frozen=True)
class Units:
    """What stays together when a selection is divided.

    Parameters
    ----------
    of : tuple of str
        Unit of each entry, in the order of the selection.
    strata : mapping of str to str
        Stratum of each unit; one for all where nothing stratifies.
    remarks : tuple of Remark
        What was taken in place of what was asked for.
    """

    of: tuple[str, ...]
    strata: Mapping[str, str]
    remarks: tuple[Remark, ...] = ()


def split(
    selection: Selection,
    shares: Mapping[str, float],
    by: str = "subject",
    seed: int = 0,
    stratify: str | None = None,
) -> Selection:
    """Divide a selection into splits, in place of those that it has.

    Parameters
    ----------
    selection : Selection
    shares : mapping of str to float
        Share of the units of each split, such as ``{"train": .7, "val": .15, "test": .15}``, or in
        percent.
    by : str
        What stays together: ``"subject"``, ``"group"``, ``"sample"``, or a column. A sample without
        subject goes with its group, and one without group by itself. What shares a file or the same
        content (where hashes are known) stays together besides; an atlas does not count.
    seed : int
        The same seed makes the same splits, anywhere.
    stratify : str, optional
        Column whose values are shared out alike.

    Returns
    -------
    Selection
        The same entries in the same order. No split is empty.

    Raises
    ------
    ExportError
        If the shares do not add up to 1 or 100, or there are fewer units than splits.
    """
    expect_selection(selection)
    wanted = _exact(shares)
    units = units_of(selection, by, stratify, len(wanted))
    place = _divided(units, list(wanted.values()), seed, by)
    names = list(wanted)
    entries = tuple(
        replace(entry, sample=replace(entry.sample, split=names[place[unit]]))
        for entry, unit in zip(selection, units.of, strict=True)
    )
    told = ", ".join(f"{name}={float(share):g}" for name, share in wanted.items())
    how = f"{MADE}{told} by {by}, seed {seed}"
    chosen = f"{how}, stratified by {stratify}" if stratify else how
    return replace(
        selection,
        entries=entries,
        chosen=(*selection.chosen, chosen),
        remarks=(*selection.remarks, *units.remarks),
    )


def folds(
    selection: Selection,
    count: int,
    by: str = "subject",
    seed: int = 0,
    stratify: str | None = None,
) -> tuple[tuple[str, ...], ...]:
    """Divide a selection into folds of nearly equal size, for cross-validation.

    Returns
    -------
    tuple of tuples of str
        Ids of the samples that each fold validates with, in the order of the selection; it trains
        with all others. Each sample is in one of them.

    Raises
    ------
    ExportError
        If there are fewer units than folds, or fewer than two folds are asked for.
    """
    if count < 2:
        raise ExportError(f"{count} folds; expected 2 or more. Usual are 5.")
    expect_selection(selection)
    units = units_of(selection, by, stratify, count)
    place = _divided(units, [Fraction(1, count)] * count, seed, by)
    found: list[list[str]] = [[] for _ in range(count)]
    for entry, unit in zip(selection, units.of, strict=True):
        found[place[unit]].append(entry.sample.id)
    return tuple(map(tuple, found))


def units_of(
    selection: Selection, by: str = "subject", stratify: str | None = None, parts: int = 2
) -> Units:
    """Say what stays together: subjects, groups, samples, or what has one value in a column.

    Units that share a file, or the same content, are one unit, unless fewer than the parts to
    divide them into would be left, as where pairs join each image with every other.

    Raises
    ------
    ExportError
        If there is no such column.
    """
    columns = Columns(selection)
    found, less = [], defaultdict(list)
    wanted = {"subject": "subject_id", "sample": "sample_id"}.get(by, by)
    chain = (wanted, "group", "sample_id") if by == "subject" else (wanted, "sample_id")
    readers = [(name, columns.reader(name)) for name in dict.fromkeys(chain)]
    layers = columns.reader(stratify) if stratify else None
    for entry in selection:
        name, got = next((name, got) for name, read in readers if (got := read(entry)))
        if name != wanted:
            less[name].append(entry.sample.id)
        found.append(unicodedata.normalize("NFC", f"{name}/{joined(got)}"))
    units, together = _together(selection, found, parts)
    strata: dict[str, set[str]] = defaultdict(set)
    for entry, unit in zip(selection, units, strict=True):
        strata[unit].add("" if layers is None else joined(layers(entry)) or MISSING)
    named = {
        "group": "the samples of one group stay together",
        "sample_id": "each counts by itself",
    }
    remarks = tuple(
        Remark(
            "warning",
            f"no {by} is known; {named[name]}. State a column '{wanted}', or divide by another one",
            tuple(ids),
        )
        for name, ids in less.items()
    )
    strata_of = {unit: joined(sorted(some)) for unit, some in strata.items()}
    return Units(units, strata_of, (*remarks, *together))


def _together(
    selection: Selection, found: list[str], parts: int
) -> tuple[tuple[str, ...], tuple[Remark, ...]]:
    """Join the units that share a file or the same content; the least of their names is kept."""
    held = shared_by(selection)
    first: dict[Hashable, str] = {}
    joint: dict[str, str] = {}

    def named(unit: str) -> str:
        while (other := joint.get(unit, unit)) != unit:
            joint[unit] = joint.get(other, other)  # shorter the next time
            unit = other
        return unit

    for entry, unit in zip(selection, found, strict=True):
        for thing in held(entry):
            one, other = sorted((named(first.setdefault(thing, unit)), named(unit)))
            joint[other] = one
    units = tuple(map(named, found))
    distinct = set(units)
    if not joint or len(distinct) == len(set(found)):
        return units, ()
    if len(distinct) < parts <= len(set(found)):
        sentence = (
            "nearly all samples share files or contents with others, such as pairs of the same "
            f"images, and could not be divided into {parts} parts; they are divided in spite of it"
        )
        return tuple(found), (Remark("warning", sentence),)
    moved = {unit for unit, kept in zip(found, units, strict=True) if unit != kept}
    moved |= {named(unit) for unit in moved}
    names = tuple(e.sample.id for e, unit in zip(selection, found, strict=True) if unit in moved)
    sentence = "these share a file or the same content with others, and stay in one part with them"
    return units, (Remark("warning", sentence, names),)


def _exact(shares: Mapping[str, float]) -> dict[str, Fraction]:
    """Shares, or percents, as exact decimals that add up to 1.

    Raises
    ------
    ExportError
        If they do not.
    """
    told = ", ".join(f"{name}={share}" for name, share in shares.items())
    if not shares or not all(math.isfinite(share) and share > 0 for share in shares.values()):
        raise ExportError(
            f"the shares {told or 'of no split'}; expected numbers above 0 such as "
            "train=.7, val=.15, test=.15."
        )
    if "" in shares:
        raise ExportError(f"the shares {told}; expected a name for each split.")
    exact = {name: Fraction(str(share)) for name, share in shares.items()}
    total = sum(exact.values(), Fraction(0))
    if abs(total - 1) > _NEAR_ENOUGH and abs(total - 100) > _NEAR_ENOUGH:  # or in percent
        raise ExportError(
            f"the shares {told} add up to {float(total):g}; expected 1, or 100 in "
            "percent. Change one of them."
        )
    return {name: share / total for name, share in exact.items()}


def _divided(units: Units, shares: Sequence[Fraction], seed: int, by: str) -> dict[str, int]:
    """Place of each unit among the shares."""
    if len(units.strata) < len(shares):
        few, samples = len(units.strata), len(units.of)
        if samples < len(shares) or few == samples:
            found, remedy = f"{samples} samples", "Choose more samples, or make fewer splits."
        else:
            kind = f"{by}s" if by in ("subject", "group") else f"values of '{by}'"
            found = f"{samples} samples of {few} {kind}"
            remedy = "Divide by 'sample', or make fewer splits."
        raise ExportError(f"{found} for {len(shares)} splits; expected one each at least. {remedy}")
    layers: dict[str, list[str]] = defaultdict(list)
    for unit in sorted(units.strata, key=lambda unit: _lot(seed, unit)):
        layers[units.strata[unit]].append(unit)
    place: dict[str, int] = {}
    owed = [Fraction(0)] * len(shares)
    for _, members in sorted(layers.items()):
        quotas = [len(members) * share + due for share, due in zip(shares, owed, strict=True)]
        counts = _apportioned(quotas, len(members))
        owed = [quota - count for quota, count in zip(quotas, counts, strict=True)]
        which = [number for number, count in enumerate(counts) for _ in range(count)]
        place.update(zip(members, which, strict=True))
    return _none_empty(place, len(shares))


def _apportioned(quotas: Sequence[Fraction], count: int) -> list[int]:
    """Share out whole units by the largest remainder.

    Quotas add up to the count. One may lie below 0, where another stratum has given too much.
    """
    counts = [max(0, math.floor(quota) - len(quotas)) for quota in quotas]
    for _ in range(count - sum(counts)):
        lack = [quota - given for quota, given in zip(quotas, counts, strict=True)]
        counts[lack.index(max(lack))] += 1
    return counts


def _none_empty(place: dict[str, int], count: int) -> dict[str, int]:
    """Give a unit of the largest split to each that has none."""
    members: list[list[str]] = [[] for _ in range(count)]
    for unit, number in place.items():
        members[number].append(unit)
    for number, found in enumerate(members):
        if not found:
            largest = max(members, key=len)
            found.append(largest.pop())
            place[found[0]] = number
    return place


def _lot(seed: int, unit: str) -> tuple[bytes, str]:
    text = f"{seed}\n{unit}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), unit
