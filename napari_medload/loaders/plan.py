"""Which images an epoch draws, and in which order: decided from counts and a seed alone.

The orders are those of DeepReg 0.1.2 (Apache-2.0), which shuffles with a fresh
``random.Random(seed)`` in each epoch: the same calls in the same order give the same epoch.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.loaders.options import INTRA_GROUP_OPTIONS, IntraGroupOption

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GroupedPair: TypeAlias = tuple[int, int, int, int]
"""Moving group, moving image in it, fixed group, fixed image in it."""


class PlanError(ValueError):
    """Options that no epoch can be planned with."""


def paired_order(count: int, seed: int | None) -> list[int]:
    """Pairs in the order of an epoch."""
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311
    return order


def unpaired_order(count: int, seed: int | None) -> list[tuple[int, int]]:
    """Consecutive images of a shuffled list as (moving, fixed); an odd one is left over."""
    order = paired_order(count, seed)
    return [(order[2 * i], order[2 * i + 1]) for i in range(count // 2)]


def intra_pairs(sizes: Sequence[int], option: IntraGroupOption) -> list[GroupedPair]:
    """All pairs within groups, before shuffling.

    Parameters
    ----------
    sizes : sequence of int
        Number of images of each group.

    Raises
    ------
    PlanError
        If the option is unknown.
    """
    check_intra_group_option(option)
    pairs: list[GroupedPair] = []
    for group, size in enumerate(sizes):
        for later in range(size):
            for earlier in range(later):
                if option != "backward":
                    pairs.append((group, earlier, group, later))
                if option != "forward":
                    pairs.append((group, later, group, earlier))
    return pairs


def inter_pairs(sizes: Sequence[int]) -> list[GroupedPair]:
    """All ordered pairs of images of different groups, before shuffling."""
    return [
        (one, first, other, second)
        for one, one_size in enumerate(sizes)
        for other, other_size in enumerate(sizes)
        if one != other
        for first in range(one_size)
        for second in range(other_size)
    ]


def intra_count(sizes: Sequence[int], option: IntraGroupOption) -> int:
    """Count `intra_pairs`: Σ n(n−1), half of it unless unconstrained."""
    every = sum(size * (size - 1) for size in sizes)
    return every if option == "unconstrained" else every // 2


def inter_count(sizes: Sequence[int]) -> int:
    """Count `inter_pairs`: S(S−1) − Σ n(n−1), with S images in all."""
    total = sum(sizes)
    return total * (total - 1) - sum(size * (size - 1) for size in sizes)


def shuffled_pairs(pairs: Sequence[GroupedPair], seed: int | None) -> list[GroupedPair]:
    """Put enumerated pairs into the order of an epoch."""
    order = list(pairs)
    random.Random(seed).shuffle(order)  # noqa: S311
    return order


def sampled_pairs(
    sizes: Sequence[int], probability: float, option: IntraGroupOption, seed: int | None
) -> Iterator[GroupedPair]:
    """One pair a group, in the order of an epoch.

    A group of fewer than two images is skipped where its draw falls within the group.

    Raises
    ------
    PlanError
        If the option is unknown and a pair within a group is drawn.
    """
    draw = random.Random(seed)  # noqa: S311
    groups = list(range(len(sizes)))
    draw.shuffle(groups)
    for group in groups:
        if draw.random() <= probability:
            if sizes[group] < 2:
                continue
            first, second = draw.sample(list(range(sizes[group])), 2)
            check_intra_group_option(option)
            if option != "unconstrained":
                first, second = sorted((first, second), reverse=option == "backward")
            yield group, first, group, second
        else:
            other = draw.choice([index for index in range(len(sizes)) if index != group])
            first = draw.choice(range(sizes[group]))
            second = draw.choice(range(sizes[other]))
            yield group, first, other, second


def check_grouping(groups: int, probability: float, sample_image_in_group: bool) -> None:
    """Check that options of grouped data can be drawn with.

    Raises
    ------
    PlanError
        If the probability is none, pairs between groups are asked of one group, or all pairs
        are asked with a probability between 0 and 1.
    """
    if not 0 <= probability <= 1:
        raise PlanError(
            f"intra_group_prob is {probability}; expected a probability from 0 (pairs between "
            "groups) to 1 (pairs within groups)."
        )
    if probability < 1 and groups < 2:
        raise PlanError(
            f"{groups} group found, and we need at least two groups for pairs between groups. "
            "Set intra_group_prob to 1, or add a group."
        )
    if not sample_image_in_group and probability not in (0, 1):
        raise PlanError(
            "Mixing intra and inter groups is not supported where all pairs are enumerated; "
            f"intra_group_prob is {probability}. Set it to 0 or 1, or sample_image_in_group to "
            "true."
        )


def check_intra_group_option(option: str) -> None:
    """Raise `PlanError` unless the option is known."""
    if option not in INTRA_GROUP_OPTIONS:
        raise PlanError(
            f"Unknown intra_group_option, got {option}; expected one of "
            f"{', '.join(INTRA_GROUP_OPTIONS)}."
        )


def label_channels(
    channels: int, sample_label: str | None, draw: random.Random | None = None
) -> list[int]:
    """Label channels that a pair is drawn with.

    Parameters
    ----------
    channels : int
        Number of channels of the labels.
    sample_label : str
        ``"all"`` or ``"sample"``.
    draw : random.Random, optional
        Where ``"sample"`` draws from; the interpreter's own generator as in DeepReg.

    Raises
    ------
    PlanError
        For another policy.
    """
    if sample_label == "all":
        return list(range(channels))
    if sample_label == "sample":
        return [(draw or random).randrange(channels)]
    raise PlanError(
        f"Unknown label sampling policy {sample_label}: labels with {channels} channels need "
        "'sample' or 'all'."
    )
