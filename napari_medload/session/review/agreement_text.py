"""How far reviewers agree, in words and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.review.agreement import disagreements, fleiss, pairwise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.review import Decision

    Rater = tuple[str, int]

_NAMED = 20
_HIDDEN = "Other verdicts are hidden until you have reviewed all samples."
_ALONE = (
    "Only one reviewer has judged samples of this dataset. Copy the journals of others "
    "(*.jsonl) into the review folder to compare them, or begin a second pass."
)


def agreement_text(ratings: Mapping[Rater, Mapping[str, Decision]], hidden: bool = False) -> str:
    """Write how far reviewers agree.

    Parameters
    ----------
    ratings : mapping of (reviewer, round) to mapping of sample id to decision
    hidden : bool
        Whether what others have said must not be told yet.
    """
    if hidden:
        return _HIDDEN
    raters = {_name(who, ratings): said for who, said in ratings.items() if said}
    if len(raters) < 2:
        return _ALONE
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
    return "\n".join(lines)


def _name(who: Rater, ratings: Mapping[Rater, Mapping[str, Decision]]) -> str:
    """Name of a reviewer, with the round where there are several."""
    reviewer, turn = who
    rounds = {other_turn for name, other_turn in ratings if name == reviewer}
    return f"{reviewer}, pass {turn}" if len(rounds) > 1 or turn > 1 else reviewer
