"""How far reviewers agree, in words and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from napari_medload.review.agreement import disagreements, fleiss, pairwise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.review import Decision

Rater: TypeAlias = tuple[str, int]
"""Reviewer and round."""

Hidden: TypeAlias = Literal["", "all", "open samples"]
"""What may not be told of others yet: nothing, all, or samples without an own verdict."""

_NAMED = 20
_HIDDEN = "Other verdicts are hidden until you have reviewed all samples."
_OF_YOURS = (
    "Only samples that you have judged are counted; what others say of the rest is shown after "
    "your verdict."
)
_ALONE = (
    "No two reviewers have judged samples that can be compared. Copy the journals of others "
    "(*.jsonl) into the review folder to compare them, or begin a second pass."
)


def agreement_text(ratings: Mapping[Rater, Mapping[str, Decision]], hidden: Hidden = "") -> str:
    """Write how far reviewers agree.

    Parameters
    ----------
    ratings : mapping of (reviewer, round) to mapping of sample id to decision
        As far as they may be told.
    hidden : str
        What is left out of them.
    """
    if hidden == "all":
        return _HIDDEN
    told = f"{_OF_YOURS}\n\n" if hidden else ""
    raters = {_name(who, ratings): said for who, said in ratings.items() if said}
    if len(raters) < 2:
        return told + _ALONE
    lines = [f"{one} and {other}: {found}" for (one, other), found in pairwise(raters).items()]
    if len(raters) > 2:
        lines.append(f"all {len(raters)}, by Fleiss: {fleiss(raters)}")
    lines.append("")
    apart = sorted(disagreements(raters))
    lines.append(f"judged differently: {len(apart):,}" + (":" if apart else ""))
    for sample in apart[:_NAMED]:
        said = "; ".join(f"{who}: {r[sample]}" for who, r in raters.items() if sample in r)
        lines.append(f"  {sample}   {said}")
    if len(apart) > _NAMED:
        lines.append(f"  and {len(apart) - _NAMED:,} more; filter the table by disagreement")
    return told + "\n".join(lines)


def _name(who: Rater, ratings: Mapping[Rater, Mapping[str, Decision]]) -> str:
    """Name of a reviewer, with the round where there are several."""
    reviewer, turn = who
    rounds = {other_turn for name, other_turn in ratings if name == reviewer}
    return f"{reviewer}, pass {turn}" if len(rounds) > 1 or turn > 1 else reviewer
