"""Which images an epoch draws, and in which order: decided from counts and a seed alone.

The orders are those of DeepReg 0.1.2 (Apache-2.0), which shuffles with a fresh
``random.Random(seed)`` in each epoch: the same calls in the same order give the same epoch.
"""

from __future__ import annotations

import random
from abc import abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import isqrt
from numbers import Real
from typing import TYPE_CHECKING, TypeAlias, overload

from napari_medload.loaders.options import INTRA_GROUP_OPTIONS, IntraGroupOption
from napari_medload.loaders.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GroupedPair: TypeAlias = tuple[int, int, int, int]
"""Moving group, moving image in it, fixed group, fixed image in it."""

_FOUR_BYTES = (1 << 32) - 1
_ASKED_EVERY = (1 << 17) - 1


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


def shuffled_indices(
    count: int, seed: int | None, wanted: Callable[[], bool] = lambda: True
) -> Sequence[int]:
    """Order that `shuffled_pairs` puts as many pairs into, as indices of four bytes each.

    Parameters
    ----------
    count : int
    seed : int or None
    wanted : callable
        Asked now and then; where it answers no, an empty order is returned.
    """
    order = array("L" if count > _FOUR_BYTES else "I", range(count))
    below = random.Random(seed).randrange  # noqa: S311
    for last in range(count - 1, 0, -1):  # as in random.shuffle, which nobody can interrupt
        if not last & _ASKED_EVERY and not wanted():
            return ()
        other = below(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


class _Pairs(Sequence[GroupedPair]):
    """Pairs that are worked out when they are asked for, in `_at`."""

    @overload
    def __getitem__(self, index: int) -> GroupedPair: ...
    @overload
    def __getitem__(self, index: slice) -> list[GroupedPair]: ...
    def __getitem__(self, index: int | slice) -> GroupedPair | list[GroupedPair]:
        every = range(len(self))
        if isinstance(index, slice):
            return [self._at(i) for i in every[index]]
        return self._at(every[index])

    @abstractmethod
    def _at(self, index: int) -> GroupedPair: ...


class PairsWithin(_Pairs):
    """The pairs of `intra_pairs`, each worked out when it is asked for.

    Parameters
    ----------
    sizes : sequence of int
    option : str
        As for `intra_pairs`.

    Raises
    ------
    PlanError
        If the option is unknown.
    """

    def __init__(self, sizes: Sequence[int], option: IntraGroupOption) -> None:
        check_intra_group_option(option)
        self._option = option
        self._orders = 2 if option == "unconstrained" else 1
        self._ends = list(accumulate(size * (size - 1) // 2 * self._orders for size in sizes))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _at(self, index: int) -> GroupedPair:
        group = bisect_right(self._ends, index)
        in_group = index - (self._ends[group - 1] if group else 0)
        triangle, second_order = divmod(in_group, self._orders)
        later = (1 + isqrt(1 + 8 * triangle)) // 2  # the largest whose pairs begin at or before
        earlier = triangle - later * (later - 1) // 2
        if second_order or self._option == "backward":
            return group, later, group, earlier
        return group, earlier, group, later


class PairsBetween(_Pairs):
    """The pairs of `inter_pairs`, each worked out when it is asked for.

    Parameters
    ----------
    sizes : sequence of int
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._starts = list(accumulate(sizes, initial=0))  # of the images of each group
        total = self._starts[-1]
        self._ends = list(accumulate(size * (total - size) for size in sizes))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _at(self, index: int) -> GroupedPair:
        one = bisect_right(self._ends, index)
        size = self._sizes[one]
        in_group = index - (self._ends[one - 1] if one else 0)
        # a group's pairs stand in blocks, one for each other group, with `size` pairs an image
        image = in_group // size
        if image >= self._starts[one]:
            image += size
        other = bisect_right(self._starts, image) - 1
        before = self._starts[other] - (size if other > one else 0)
        first, second = divmod(in_group - before * size, self._sizes[other])
        return one, first, other, second


class Reordered(_Pairs):
    """Pairs in another order.

    Parameters
    ----------
    pairs : sequence of pairs
    order : sequence of int
        Index of each.
    """

    def __init__(self, pairs: Sequence[GroupedPair], order: Sequence[int]) -> None:
        self._pairs, self._order = pairs, order

    def __len__(self) -> int:
        return len(self._order)

    def _at(self, index: int) -> GroupedPair:
        return self._pairs[self._order[index]]


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
    number = isinstance(probability, Real) and not isinstance(probability, bool)
    if not number or not 0 <= probability <= 1:
        raise PlanError(
            f"intra_group_prob is {quoted(probability)}; expected a probability from "
            "0 (pairs between groups) to 1 (pairs within groups)."
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
            f"Unknown intra_group_option, got {_shown(option)}; expected one of "
            f"{', '.join(INTRA_GROUP_OPTIONS)}."
        )


def _shown(option: object) -> str:
    return option if isinstance(option, str) else quoted(option)


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
