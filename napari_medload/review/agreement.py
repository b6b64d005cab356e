"""How far reviewers agree beyond chance: Cohen's κ of two, Fleiss' κ of several.

Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement
20 (1960), 37–46. Fleiss, "Measuring nominal scale agreement among many raters", Psychological
Bulletin 76 (1971), 378–382.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.review.verdict import Decision

Rater = TypeVar("Rater")


@dataclass(frozen=True)
class Agreement:
    """How far two or more raters agree.

    Parameters
    ----------
    samples : int
        Judged by all of them.
    same : int
        Judged alike by all of them.
    kappa : float or None
        1 for full agreement, 0 for what chance would bring; None where it is undefined.
    reason : str
        Why it is undefined.
    """

    samples: int
    same: int
    kappa: float | None
    reason: str = ""

    @property
    def percent(self) -> float | None:
        """Share of samples judged alike, in percent; None without samples."""
        return 100 * self.same / self.samples if self.samples else None

    def __str__(self) -> str:
        if not self.samples:
            return self.reason
        told = f"{self.same} of {self.samples} alike ({self.percent:.0f} %)"
        return f"{told}, " + (
            f"κ undefined: {self.reason}" if self.kappa is None else f"κ {self.kappa:.2f}"
        )


_NO_SAMPLES = "no sample was judged by all of them"


def cohen(one: Mapping[str, Decision], other: Mapping[str, Decision]) -> Agreement:
    """Compare two raters over the samples that both have judged.

    Parameters
    ----------
    one, other : mapping of sample id to decision

    Returns
    -------
    Agreement
        κ = (p_o - p_e) / (1 - p_e), with p_o the share judged alike, and p_e the share that would
        be if both drew lots with their own frequencies. It is undefined where p_e is 1: where both
        have given one and the same decision throughout.
    """
    pairs = Counter((one[sample], other[sample]) for sample in one.keys() & other.keys())
    count = pairs.total()
    if not count:
        return Agreement(0, 0, None, _NO_SAMPLES)
    same = sum(times for (a, b), times in pairs.items() if a == b)
    first: Counter[Decision] = Counter()
    second: Counter[Decision] = Counter()
    for (a, b), times in pairs.items():
        first[a] += times
        second[b] += times
    chance = Fraction(sum(first[each] * second[each] for each in first), count**2)
    return _agreement(count, same, Fraction(same, count), chance, tuple(first))


def fleiss(ratings: Mapping[Rater, Mapping[str, Decision]]) -> Agreement:
    """Compare several raters over the samples that all have judged.

    Parameters
    ----------
    ratings : mapping of rater to mapping of sample id to decision
        Of two raters or more.

    Returns
    -------
    Agreement
        By Fleiss' κ, where chance is drawn with the frequencies of all raters together; of two
        raters it is not quite Cohen's.
    """
    raters = list(ratings.values())
    both = set.intersection(*(set(each) for each in raters)) if len(raters) > 1 else set()
    if not both:
        return Agreement(0, 0, None, _NO_SAMPLES)
    rows = [Counter(each[sample] for each in raters) for sample in both]
    count, many = len(rows), len(raters)
    alike = sum(times * (times - 1) for row in rows for times in row.values())
    total = sum(rows, Counter())
    chance = sum(
        (Fraction(times, count * many) ** 2 for times in total.values()), start=Fraction(0)
    )
    same = sum(len(row) == 1 for row in rows)
    observed = Fraction(alike, count * many * (many - 1))
    return _agreement(count, same, observed, chance, tuple(total))


def pairwise(
    ratings: Mapping[Rater, Mapping[str, Decision]],
) -> dict[tuple[Rater, Rater], Agreement]:
    """Compare each rater with each other one, by Cohen's κ, in their order."""
    return {(a, b): cohen(ratings[a], ratings[b]) for a, b in combinations(ratings, 2)}


def disagreements(ratings: Mapping[Rater, Mapping[str, Decision]]) -> frozenset[str]:
    """Ids of the samples that two raters or more have judged differently."""
    said: dict[str, Decision] = {}
    found = set()
    for rated in ratings.values():
        for sample, decision in rated.items():
            if said.setdefault(sample, decision) != decision:
                found.add(sample)
    return frozenset(found)


def _agreement(
    count: int, same: int, observed: Fraction, chance: Fraction, used: tuple[Decision, ...]
) -> Agreement:
    if chance == 1:
        return Agreement(count, same, None, f"all were judged '{used[0]}', by everyone")
    return Agreement(count, same, float((observed - chance) / (1 - chance)))
