"""What would explain a pair that does not fit: other places, other labels, other partners.

Each hypothesis is tried on coarse copies and ranked by what the images then share (mutual
information) and by the Dice coefficients of the labels. The best few are tried again on finer
copies. Nothing is changed, and nothing is said to explain a pair that fits about as well as it is.
Nor is a hypothesis where one of another kind fits alike, or whose images share no more than is
reached by chance: by turning and mirroring one of them at will.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from napari_medload.checks.coarse import coarse_pair
from napari_medload.checks.matching import Match, label_fit, match
from napari_medload.checks.placing import as_stored, world_move
from napari_medload.checks.trials import Trial, moves, trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from napari_medload.checks.coarse import CoarsePair
    from napari_medload.geometry import FloatArray
    from napari_medload.images import Volume
    from napari_medload.loaders import Sample

    Kind: TypeAlias = tuple[int, ...] | str
    Partner: TypeAlias = tuple[str, Callable[[], Mapping[str, Volume]]]
    Matrix: TypeAlias = tuple[tuple[float, ...], ...]

Stage: TypeAlias = Literal["coarse", "partners", "fine"]

AS_IT_IS = "as it is"
_COARSE, _FINE = 32, 96
_REFINED = 5
_SIMPLER_BY = 0.008
_CLEAR_NMI, _CLEAR_SHARE, _CLEAR_DICE = 0.03, 1.2, 0.1
_CLEAR_FIT, _CLEAR_FIT_SHARE = 0.01, 1.3
_LEAST_OVERLAP = 0.2
_APART_NMI, _APART_SHARE, _APART_DICE = 0.015, 1.1, 0.1
_LEAST_ORIENTATIONS, _CHANCE_SPREADS, _SPREAD_OF_MAD = 5, 3.0, 1.4826
_NAMED = 3
_NO_DICE, _MUCH_LOST = 0.05, 0.5


@dataclass(frozen=True)
class Ranked:
    """A hypothesis and how well the pair fits under it.

    Parameters
    ----------
    name : str
        For people, such as "left-right flip".
    match : Match
        How moving fits fixed.
    label_fit : float or None
        How well each label fits its own image: normalised mutual information, 1 to 2. None where
        there are not two labels, and where a hypothesis leaves them as they are.
    explains : bool
        Whether it fits beyond doubt better than as it is, and alone does so.
    effort : int
        How much has to be wrong for it: of two that fit alike, the simpler one comes first.
    partner : str
        Id of the sample whose moving image this is; empty for the own one.
    rivals : tuple of str
        Hypotheses of other kinds that fit alike, where it would explain the pair but for them.
    by_chance : bool
        Whether it would explain the pair, but the images share no more than by chance.
    move : tuple of four tuples of four floats, optional
        Where moving and its label lie under it: an affine from the world to the world, RAS+ mm.
        None where they stay.
    swaps_labels : bool
        Whether moving and fixed label change sides under it.
    proved : bool
        Whether the headers alone prove it.
    """

    name: str
    match: Match
    label_fit: float | None = None
    explains: bool = False
    effort: int = 0
    partner: str = ""
    rivals: tuple[str, ...] = ()
    by_chance: bool = False
    move: Matrix | None = None
    swaps_labels: bool = False
    proved: bool = False

    @property
    def merit(self) -> float:
        """Larger for what comes first."""
        return self.match.merit - _SIMPLER_BY * self.effort


@dataclass(frozen=True)
class Ranking:
    """Hypotheses, the best first.

    Parameters
    ----------
    stage : "coarse", "partners" or "fine"
        On which copies they were tried, and whether other partners were.
    entries : tuple of Ranked
        Without the pair as it is.
    as_it_is : Ranked
    done, total : int
        Trials so far, and altogether.
    """

    stage: Stage
    entries: tuple[Ranked, ...]
    as_it_is: Ranked
    done: int
    total: int

    @property
    def best(self) -> Ranked | None:
        """The best hypothesis that explains the pair, or None."""
        return next((entry for entry in self.entries if entry.explains), None)

    @property
    def sentence(self) -> str:
        """What was found, for people."""
        best, own = self.best, self.as_it_is
        if best is not None:
            return f"{best.name} explains this: {change_text(own, best)}"
        alike = next((entry for entry in self.entries if entry.rivals), None)
        if alike is not None:
            names = (alike.name, *alike.rivals)
            told = "; ".join(names[:_NAMED]) + ("; …" if len(names) > _NAMED else "")
            return f"several fit alike ({told}): nothing is singled out"
        chance = next((entry for entry in self.entries if entry.by_chance), None)
        if chance is not None:
            return (
                f"nothing is sure to explain it: under {chance.name} the images share no more "
                f"than by chance ({change_text(own, chance)})"
            )
        return f"nothing fits clearly better than as it is: {figures_text(own)}"

    @property
    def figures(self) -> dict[str, float]:
        """Numbers behind the sentence: mutual information in bits, and Dice."""
        shown = {"as it is": self.as_it_is} | ({} if self.best is None else {"best": self.best})
        found = {}
        for name, entry in shown.items():
            found[f"MI bits {name}"] = entry.match.mi
            found[f"NMI {name}"] = entry.match.nmi
            if entry.match.dice is not None:
                found[f"label Dice {name}"] = entry.match.dice
        return found


def figures_text(entry: Ranked) -> str:
    """Write the figures of one hypothesis."""
    dice = entry.match.dice
    return f"MI {entry.match.mi:.2f} bits" + ("" if dice is None else f", label Dice {dice:.2f}")


def change_text(own: Ranked, other: Ranked) -> str:
    """Write how figures change."""
    if own.label_fit is not None and other.label_fit is not None:
        fits = f"{own.label_fit:.3f} → {other.label_fit:.3f}"
        why = "each label lies on the grid of the other image; " if other.proved else ""
        return f"{why}NMI of labels with their images {fits}"
    text = f"MI {own.match.mi:.2f} → {other.match.mi:.2f} bits"
    if own.match.dice is not None and other.match.dice is not None:
        text += f", label Dice {own.match.dice:.2f} → {other.match.dice:.2f}"
    return text


def rank_hypotheses(
    sample: Sample,
    volumes: Mapping[str, Volume],
    partners: Sequence[Partner] = (),
    wanted: Callable[[], bool] = lambda: True,
) -> Iterator[Ranking]:
    """Try what might be wrong with a pair.

    Parameters
    ----------
    sample : Sample
    volumes : mapping of role to Volume
        Of the pair, as far as they could be read; both images must be there.
    partners : sequence of (sample id, callable)
        Neighbouring samples, whose volumes a call reads.
    wanted : callable
        Asked between trials; where it answers no, the iteration ends.

    Yields
    ------
    Ranking
        First on coarse copies, then with each partner, then after each trial on finer ones.
        Nothing, where an image is missing or has no place.
    """
    pair = coarse_pair(sample, volumes, _COARSE)
    if pair is None:
        return
    tried = _Tried(pair, wanted)
    known = list(trials(pair, volumes))
    tried.total = len(known) + 1 + len(partners) + _REFINED
    for trial in known:
        if not wanted():
            return
        tried.add(trial)
    yield tried.ranking("coarse")
    for trial in moves(pair, wanted):
        tried.keep(tried.attempt(trial), trial)
    tried.done += 1
    if not wanted():
        return
    yield tried.ranking("coarse")
    for name, read in partners:
        if not wanted():
            return
        other = _partner(sample, volumes, read, _COARSE)
        if other is not None:
            place = as_stored(pair.fixed, other.moving)
            found = match(pair.fixed, other.moving, place)
            tried.keep(Ranked(f"moving of {name}", found, None, False, 2, name), None)
            tried.compare_partners()
        tried.done += 1
        yield tried.ranking("partners")
    yield from _refined(sample, volumes, dict(partners), tried)


class _Tried:
    """What was tried so far on copies of one size."""

    def __init__(self, pair: CoarsePair, wanted: Callable[[], bool]) -> None:
        self.pair, self.wanted = pair, wanted
        self.done = self.total = 0
        self.own = Ranked(AS_IT_IS, pair.own, label_fit(pair.fixed, pair.moving))
        self.entries: list[tuple[Ranked, Trial | None]] = []
        self.strangers: frozenset[str] = frozenset()
        self.by_chance: frozenset[str] = frozenset()
        self.refining = False

    def add(self, trial: Trial) -> None:
        """Try one more."""
        self.done += 1
        self.keep(self.attempt(trial), trial)

    def attempt(self, trial: Trial) -> Ranked:
        """Match the pair under a hypothesis."""
        fixed, moving, own = self.pair.fixed, self.pair.moving, self.own
        if trial.place is None:
            fit = label_fit(fixed, moving, swapped=True)
            labels = Ranked(trial.name, own.match, fit, trial.proved, trial.effort)
            return replace(labels, swaps_labels=True, proved=trial.proved)
        place = trial.place(fixed, moving)
        rows = world_move(fixed, moving, place).tolist()
        move = tuple(tuple(row) for row in rows)
        found = match(fixed, moving, place)
        return Ranked(trial.name, found, None, False, trial.effort, move=move)

    def keep(self, entry: Ranked, trial: Trial | None) -> None:
        """Take in a result."""
        if entry.match.overlap >= _LEAST_OVERLAP * self.own.match.overlap:
            explains = entry.explains or _explains(self.own, entry)
            self.entries.append((replace(entry, explains=explains), trial))

    def ranked(self) -> list[tuple[Ranked, Trial | None]]:
        """Return the results, the best first."""

        def order(entry: tuple[Ranked, Trial | None]) -> tuple[bool, bool, bool, float]:
            found = entry[0]
            # where labels change sides, the images match as well as ever, which says nothing
            doubtful = bool(found.rivals) or found.by_chance
            same = found.match is self.own.match
            return not found.explains, not doubtful, same, -found.merit

        return sorted(self._singled(), key=order)

    def _singled(self) -> list[tuple[Ranked, Trial | None]]:
        """Return the results; those explain that stand out from other kinds and from chance."""
        kinds = [self._kind(*entry) for entry in self.entries]
        found = []
        for (entry, trial), kind in zip(self.entries, kinds, strict=True):
            explains = entry.explains and entry.partner not in self.strangers
            rivals: tuple[str, ...] = ()
            by_chance = False
            if explains and kind is not None:
                rivals = self._rivals(entry, kind, kinds)
                by_chance = entry.name in self.by_chance or self._is_chance(entry, kind, kinds)
            explains = explains and not rivals and not by_chance
            told = replace(entry, explains=explains, rivals=rivals, by_chance=by_chance)
            found.append((told, trial))
        return found

    def _kind(self, entry: Ranked, trial: Trial | None) -> Kind | None:
        """How moving is turned in the world, or whose it is; None where it is left alone."""
        if trial is None:
            return entry.partner
        if trial.place is None:
            return None
        fixed, moving = self.pair.fixed, self.pair.moving
        linear = trial.place(fixed, moving)[:3, :3]
        turned = moving.image.grid.affine[:3, :3] @ linear
        return _orientation(turned @ np.linalg.pinv(fixed.image.grid.affine[:3, :3]))

    def chances(self, entries: Sequence[tuple[Ranked, Trial | None]]) -> frozenset[str]:
        """Names of those whose images share no more than by chance."""
        kinds = [self._kind(*entry) for entry in self.entries]
        found = [(entry, self._kind(entry, trial)) for entry, trial in entries]
        return frozenset(
            entry.name
            for entry, kind in found
            if kind is not None and self._is_chance(entry, kind, kinds)
        )

    def _rivals(self, entry: Ranked, kind: Kind, kinds: Sequence[Kind | None]) -> tuple[str, ...]:
        """Names of what fits alike and is of another kind, the best first."""
        others = [
            other
            for (other, _), its in zip(self.entries, kinds, strict=True)
            if its not in (None, kind) and other.partner not in self.strangers
            if not _stands_out(entry, other)
        ]
        return tuple(other.name for other in sorted(others, key=lambda other: -other.merit))

    def _is_chance(self, entry: Ranked, kind: Kind, kinds: Sequence[Kind | None]) -> bool:
        """Whether images share no more than they do however one of them is turned."""
        turned = {
            its: other.match.nmi
            for (other, _), its in zip(self.entries, kinds, strict=True)
            if isinstance(its, tuple) and its != kind
        }
        if len(turned) < _LEAST_ORIENTATIONS or self.refining:
            return False
        middle = median(turned.values())
        spread = _SPREAD_OF_MAD * median(abs(nmi - middle) for nmi in turned.values())
        return entry.match.nmi <= middle + _CHANCE_SPREADS * spread

    def compare_partners(self) -> None:
        """Find which partners are strangers: those that fit no better than another one does.

        Beside a pair that is out of place any stranger in the same world looks good.
        """
        found = {entry.partner: entry.match.nmi for entry, _ in self.entries if entry.partner}
        ranks = sorted(found.values(), reverse=True)
        if len(ranks) > 1 and _clearly(ranks[0], ranks[1]):
            self.strangers = frozenset(name for name, nmi in found.items() if nmi < ranks[0])
        else:
            self.strangers = frozenset(found)

    def ranking(self, stage: Stage) -> Ranking:
        """Return the results for people."""
        entries = tuple(entry for entry, _trial in self.ranked())
        return Ranking(stage, entries, self.own, self.done, self.total)


def _clearly(nmi: float, rival: float) -> bool:
    """Whether one match is better than another beyond doubt."""
    return nmi - rival > _CLEAR_NMI and nmi - 1 > _CLEAR_SHARE * (rival - 1)


def _stands_out(entry: Ranked, rival: Ranked) -> bool:
    """Whether a hypothesis fits clearly better than another one."""
    gain = entry.match.nmi - rival.match.nmi
    if gain > _APART_NMI and entry.match.nmi - 1 > _APART_SHARE * (rival.match.nmi - 1):
        return True
    if entry.match.dice is None or rival.match.dice is None:
        return False
    return gain > -_APART_NMI and entry.match.dice - rival.match.dice > _APART_DICE


def _orientation(linear: FloatArray) -> tuple[int, ...]:
    """Nearest way along which world axes three steps go: 1 to 3, less than 0 where backwards."""
    axes = np.abs(linear).argmax(axis=0)
    return tuple(int((axis + 1) * np.sign(linear[axis, step])) for step, axis in enumerate(axes))


def _explains(own: Ranked, other: Ranked) -> bool:
    """Whether images fit better beyond doubt and labels agree, or labels alone do."""
    mine, theirs = own.match, other.match
    if other.label_fit is not None and own.label_fit is not None:
        gain = other.label_fit - own.label_fit
        return gain > _CLEAR_FIT and other.label_fit - 1 > _CLEAR_FIT_SHARE * (own.label_fit - 1)
    gain = theirs.nmi - mine.nmi
    dice = None if mine.dice is None or theirs.dice is None else theirs.dice - mine.dice
    if dice is not None and dice < -_CLEAR_DICE / 2:
        return False
    lost = theirs.overlap < _MUCH_LOST * mine.overlap
    if lost and theirs.dice is not None and theirs.dice < _NO_DICE:
        return False  # less to compare looks more alike, and the labels never meet
    if _clearly(theirs.nmi, mine.nmi):
        return True
    return dice is not None and dice > 2 * _CLEAR_DICE and gain > 0


def _partner(
    sample: Sample,
    volumes: Mapping[str, Volume],
    read: Callable[[], Mapping[str, Volume]],
    at_most: int,
) -> CoarsePair | None:
    """Pair of this fixed image with another moving one; None where that can't be read."""
    try:
        other = read()
    except Exception:  # whatever a neighbour's broken file provokes, the others are tried
        return None
    return coarse_pair(sample, _with_moving(volumes, other), at_most)


def _with_moving(volumes: Mapping[str, Volume], other: Mapping[str, Volume]) -> dict[str, Volume]:
    """Roles of the fixed side of one sample, and of the moving side of another."""
    fixed = {role: volume for role, volume in volumes.items() if role.startswith("fixed")}
    return fixed | {role: volume for role, volume in other.items() if role.startswith("moving")}


def _refined(
    sample: Sample,
    volumes: Mapping[str, Volume],
    partners: Mapping[str, Callable[[], Mapping[str, Volume]]],
    coarse: _Tried,
) -> Iterator[Ranking]:
    """Try the best few again on finer copies."""
    wanted, best = coarse.wanted, coarse.ranked()[:_REFINED]
    if not wanted():
        return
    pair = coarse_pair(sample, volumes, _FINE)
    if pair is None:
        return
    fine = _Tried(pair, wanted)
    fine.strangers, fine.refining = coarse.strangers, True
    fine.by_chance = coarse.chances(best)
    fine.done, fine.total = coarse.done, coarse.done + len(best)
    for entry, trial in best:
        if not wanted():
            return
        if trial is not None:
            fine.add(trial)
        else:
            fine.done += 1
            other = _partner(sample, volumes, partners[entry.partner], _FINE)
            if other is not None:
                fine.keep(replace(entry, match=other.own, explains=False), None)
        yield fine.ranking("fine")
