"""Whether moving and fixed belong together: the pair against its mirrors and other partners.

Only differences that leave no doubt are called suspect. What a pair of one subject reaches, and
what pairs of different subjects do, is measured on other samples of the same dataset: where these
two can't be told apart (pairs that are only roughly aligned, images with little contrast), a
single pair can't be judged either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from napari_medload.checks.finding import Finding, Severity
from napari_medload.checks.fitting import Fit, can_fit, rigid_fit
from napari_medload.checks.matching import Match, Side, match
from napari_medload.checks.placing import as_stored, direction_text, flip_name, flipped
from napari_medload.checks.registered import BEFORE, THROUGH
from napari_medload.checks.similarity import entropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.checks.coarse import CoarsePair
    from napari_medload.loaders.dataset import Alignment

Answer: TypeAlias = Literal["good", "suspect", "can't tell"]

_ROLES = ("fixed_image", "moving_image")
_LEAST_OVERLAP = 0.1
_LEAST_BITS, _SAME_NMI = 0.5, 1.99
_LEAST_OTHERS = 3
_CLEAR_NMI, _CLEAR_SHARE = 0.04, 1.25
_CLEAR_DICE, _GOOD_DICE = 0.05, 0.5
_AS_STRANGERS, _AS_PARTNERS = 0.25, 0.5
_OUT_OF_PLACE_MM, _TURNED_DEGREES = 5.0, 2.0
_FAR_MM = 10.0


@dataclass(frozen=True)
class Judgement:
    """What the coarse copies of a pair say of it.

    Parameters
    ----------
    answer : "good", "suspect" or "can't tell"
    findings : tuple of Finding
        Why it is suspect; empty otherwise.
    sentence : str
        The answer with its figures, for people.
    asked : bool
        Whether there was something to judge: an alignment that the dataset promises.
    """

    answer: Answer
    findings: tuple[Finding, ...] = ()
    sentence: str = ""
    asked: bool = True


@dataclass(frozen=True)
class Scale:
    """What normalised mutual information means in this dataset.

    Parameters
    ----------
    strangers : float
        Of images of different samples.
    partners : float
        Of images of one sample.
    """

    strangers: float
    partners: float

    def share(self, nmi: float) -> float:
        """Tell how far from strangers (0) to partners (1)."""
        return (nmi - self.strangers) / (self.partners - self.strangers)


def judge(pair: CoarsePair, others: Sequence[CoarsePair], alignment: Alignment) -> Judgement:
    """Judge a pair.

    Parameters
    ----------
    others : sequence of CoarsePair
        Further samples of the dataset, from three on; good ones must be in the majority.
    alignment : str
        What the dataset promises between fixed and moving. Where it promises nothing, nothing
        can be told.
    """
    judged = _judged(pair, others, alignment)
    return _of_registered(judged, pair.through) if pair.registered else judged


def _of_registered(judged: Judgement, through: bool) -> Judgement:
    """Say how its registration counts: where it could not be followed, nothing is suspect."""
    if not judged.findings:
        return judged
    said, severity = (THROUGH, None) if through else (BEFORE, Severity.NOTE)
    told = tuple(
        replace(
            f, sentence=f.sentence + said, severity=f.severity if severity is None else severity
        )
        for f in judged.findings
    )
    if through:
        return replace(judged, findings=told)
    return Judgement("can't tell", told, "its registration can't be followed here")


def _judged(pair: CoarsePair, others: Sequence[CoarsePair], alignment: Alignment) -> Judgement:
    if alignment == "none":
        none = "no alignment of moving and fixed is promised"
        return Judgement("can't tell", sentence=none, asked=False)
    own = pair.own
    if own.overlap < _LEAST_OVERLAP:
        return Judgement("can't tell", sentence=f"they share {own.overlap:.0%} of the fixed image")
    if min(_bits(pair.fixed), _bits(pair.moving)) < _LEAST_BITS:
        return Judgement("can't tell", sentence="too little contrast in one of the images")
    if own.nmi > _SAME_NMI:
        return Judgement("can't tell", sentence=f"NMI {own.nmi:.2f}: both show the same picture")
    strangers = [match(pair.fixed, o.moving, as_stored(pair.fixed, o.moving)) for o in others]
    strangers += [match(o.fixed, pair.moving, as_stored(o.fixed, pair.moving)) for o in others]
    scale = _scale(others, strangers)
    mirrors = _mirrors(pair)
    flip = _flip_finding(pair, mirrors, scale)
    if flip is not None:
        return Judgement("suspect", (flip,), flip.sentence)
    best = max(found.nmi for found in mirrors.values())
    figures = f"NMI {own.nmi:.2f}, mirrored at most {best:.2f}"
    if scale is not None:
        return _by_scale(pair, others, scale, figures)
    if strangers:
        figures += f", other partners at most {max(s.nmi for s in strangers):.2f}"
    rivals = [*mirrors.values(), *strangers]
    if all(_clearly(own.nmi, rival.nmi) for rival in rivals):
        return Judgement("good", sentence=figures)
    if _labels_tell(own, rivals):
        return Judgement("good", sentence=f"{figures}; label Dice {own.dice:.2f} is the highest")
    return Judgement("can't tell", sentence=figures)


def _bits(side: Side) -> float:
    image = side.image
    seen = image.levels[np.isfinite(image.values)]
    return entropy(np.bincount(seen.ravel(), minlength=1).astype(np.float64))


def _clearly(nmi: float, rival: float) -> bool:
    """Whether one match is better than another beyond doubt."""
    return nmi - rival > _CLEAR_NMI and nmi - 1 > _CLEAR_SHARE * (rival - 1)


def _labels_tell(own: Match, rivals: Sequence[Match]) -> bool:
    """Whether labels cover each other as no mirror and no other partner does."""
    dice = own.dice
    if dice is None or dice < _GOOD_DICE:
        return False
    return all(r.dice is not None and dice - r.dice > 2 * _CLEAR_DICE for r in rivals)


def _mirrors(pair: CoarsePair) -> dict[int, Match]:
    """Match with the moving array reversed along each of its axes, about its middle."""
    place, grid = as_stored(pair.fixed, pair.moving), pair.moving.image.grid
    return {
        axis: match(pair.fixed, pair.moving, flipped(grid, (axis,)) @ place) for axis in range(3)
    }


def _scale(others: Sequence[CoarsePair], strangers: Sequence[Match]) -> Scale | None:
    """Measure partners and strangers; None where they can't be told apart, or are too few."""
    if len(others) < _LEAST_OTHERS:
        return None
    apart = sorted(found.nmi for found in strangers if found.overlap >= _LEAST_OVERLAP)
    # two samples that have exchanged their partners are met as two very good strangers
    apart = apart[:-2]
    if not apart:
        return None
    # a few of the others may be broken themselves: they pull down, and the middle one counts
    level = float(np.percentile(apart, 75))
    partners = median(other.own.nmi for other in others)
    if not _clearly(partners, apart[-1]):
        return None
    return Scale(level, partners)


def _flip_finding(
    pair: CoarsePair, mirrors: dict[int, Match], scale: Scale | None
) -> Finding | None:
    own = pair.own
    axis, mirror = max(mirrors.items(), key=lambda entry: entry[1].nmi)
    if not _clearly(mirror.nmi, own.nmi):
        return None
    if scale is not None and scale.share(mirror.nmi) < _AS_PARTNERS:
        return None
    labels = _labels_agree(own, mirror)
    if labels is False or (scale is None and labels is None):
        return None
    name = flip_name(pair.moving.image.grid, (axis,))
    return Finding(
        "flip suspect",
        Severity.ERROR if labels and scale is not None else Severity.WARNING,
        f"flip suspect: moving image fits better flipped {name} ({_change(own, mirror)})",
        mirror.nmi - own.nmi,
        "",
        _ROLES,
        90,
    )


def _labels_agree(own: Match, better: Match) -> bool | None:
    """Whether labels say what the images say; None without labels."""
    if own.dice is None or better.dice is None:
        return None
    return better.dice > own.dice + _CLEAR_DICE


def _by_scale(
    pair: CoarsePair, others: Sequence[CoarsePair], scale: Scale, figures: str
) -> Judgement:
    own = pair.own
    share = scale.share(own.nmi)
    figures += f", wrong partners about {scale.strangers:.2f}, pairs about {scale.partners:.2f}"
    if share >= _AS_PARTNERS:
        return Judgement("good", sentence=figures)
    if can_fit(pair.fixed, pair.moving):
        fit = rigid_fit(pair.fixed, pair.moving)
        shifted = _shift_finding(own, fit, scale)
        if shifted is not None:
            return Judgement("suspect", (shifted,), shifted.sentence)
        if scale.share(fit.match.nmi) > _AS_STRANGERS:
            return Judgement("can't tell", sentence=figures)
    if share > _AS_STRANGERS:
        return Judgement("can't tell", sentence=figures)
    wrong = _partner_finding(pair, others, scale)
    return Judgement("suspect", (wrong,), wrong.sentence)


def _shift_finding(own: Match, fit: Fit, scale: Scale) -> Finding | None:
    """Say that moving lies elsewhere, if it fits there as partners do."""
    if scale.share(fit.match.nmi) < _AS_PARTNERS or not _clearly(fit.match.nmi, own.nmi):
        return None
    labels = _labels_agree(own, fit.match)
    turn = float(np.linalg.norm(fit.degrees))
    if labels is False or (fit.distance_mm < _OUT_OF_PLACE_MM and turn < _TURNED_DEGREES):
        return None
    place = [f"lies {direction_text(fit.mm)} of where it fits"] if fit.distance_mm >= 1 else []
    place += [f"is turned by {turn:.0f}°"] if turn >= _TURNED_DEGREES else []
    return Finding(
        "shifted",
        Severity.ERROR if labels and fit.distance_mm > _FAR_MM else Severity.WARNING,
        f"shifted: moving image {' and '.join(place)} ({_change(own, fit.match)})",
        fit.distance_mm,
        "mm",
        _ROLES,
        90,
    )


def _partner_finding(pair: CoarsePair, others: Sequence[CoarsePair], scale: Scale) -> Finding:
    """Say that moving fits no better than those of other samples, or whose it is."""
    own = pair.own
    found = {o.id: match(pair.fixed, o.moving, as_stored(pair.fixed, o.moving)) for o in others}
    name, best = max(found.items(), key=lambda entry: entry[1].nmi)
    sentence = (
        f"wrong partner suspect: moving image fits no better than those of other samples (NMI "
        f"{own.nmi:.2f}, wrong partners about {scale.strangers:.2f}, pairs {scale.partners:.2f})"
    )
    if scale.share(best.nmi) >= _AS_PARTNERS and _clearly(best.nmi, own.nmi):
        sentence = (
            f"wrong partner suspect: the moving image of {name} fits better ({_change(own, best)})"
        )
    return Finding(
        "wrong partner suspect",
        Severity.WARNING,
        sentence,
        scale.partners - own.nmi,
        "",
        _ROLES,
        90,
    )


def _change(own: Match, better: Match) -> str:
    text = f"NMI {own.nmi:.2f} → {better.nmi:.2f}"
    if own.dice is not None and better.dice is not None:
        text += f", label Dice {own.dice:.2f} → {better.dice:.2f}"
    return text
