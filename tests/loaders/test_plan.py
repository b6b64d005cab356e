"""Orders and counts of an epoch, against DeepReg's published numbers and its formulas."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.loaders.options import INTRA_GROUP_OPTIONS
from napari_medload.loaders.plan import (
    PairsBetween,
    PairsWithin,
    PlanError,
    Reordered,
    check_grouping,
    check_intra_group_option,
    inter_count,
    inter_pairs,
    intra_count,
    intra_pairs,
    label_channels,
    paired_order,
    sampled_pairs,
    shuffled_indices,
    shuffled_pairs,
    unpaired_order,
)

GROUPS = [4, 3]
sizes_of_groups = st.lists(st.integers(0, 7), max_size=6)
options = st.sampled_from(INTRA_GROUP_OPTIONS)
seeds = st.one_of(st.none(), st.integers())


@pytest.mark.parametrize(("seed", "expected"), [(0, [2, 1, 0, 4, 3]), (1, [2, 3, 4, 0, 1])])
def test_d20_five_pairs(seed, expected):
    assert paired_order(5, seed) == expected


def test_d20_25_pairs():
    order = paired_order(25, 0)
    assert order[:6] == [14, 0, 23, 18, 6, 5]
    assert sorted(order) == list(range(25))


def test_d20_without_a_seed_epochs_differ():
    assert paired_order(100, None) != paired_order(100, None)


def test_d21_seven_pairs_of_14_images():
    expected = [(1, 10), (9, 5), (11, 2), (3, 7), (8, 4), (0, 12), (6, 13)]
    assert unpaired_order(14, 0) == expected


@given(st.integers(0, 60), seeds)
def test_d21_every_image_is_drawn_once_but_an_odd_one(count, seed):
    drawn = [image for pair in unpaired_order(count, seed) for image in pair]
    assert len(drawn) == len(set(drawn)) == count - count % 2
    assert set(drawn) <= set(range(count))


@pytest.mark.parametrize(
    ("probability", "seed", "expected"),
    [
        (1, 0, [(0, 0, 0, 3), (1, 1, 1, 2)]),
        (0, 0, [(0, 0, 1, 1), (1, 1, 0, 2)]),
        (0.5, 1, [(1, 1, 0, 0), (0, 1, 0, 3)]),
    ],
)
def test_d22_one_pair_a_group(probability, seed, expected):
    assert list(sampled_pairs(GROUPS, probability, "forward", seed)) == expected


@pytest.mark.parametrize("seed", range(5))
def test_d22_the_option_orders_the_images_that_were_drawn(seed):
    forward, backward, either = (
        list(sampled_pairs(GROUPS, 1, option, seed))
        for option in ("forward", "backward", "unconstrained")
    )
    assert backward == [(group, later, group, earlier) for group, earlier, _, later in forward]
    assert all(pair in {*forward, *backward} for pair in either)


@pytest.mark.parametrize(("option", "count"), [("forward", 9), ("backward", 9)])
def test_d23_all_pairs_within_groups(option, count):
    pairs = intra_pairs(GROUPS, option)
    assert len(pairs) == len(set(pairs)) == intra_count(GROUPS, option) == count
    later, earlier = (3, 1) if option == "forward" else (1, 3)
    assert all(pair[0] == pair[2] and pair[later] > pair[earlier] for pair in pairs)


def test_d23_unconstrained_pairs_are_both_orders():
    pairs = intra_pairs(GROUPS, "unconstrained")
    assert len(pairs) == intra_count(GROUPS, "unconstrained") == 18
    assert set(pairs) == {*intra_pairs(GROUPS, "forward"), *intra_pairs(GROUPS, "backward")}


def test_d23_all_pairs_between_groups():
    pairs = inter_pairs(GROUPS)
    assert len(pairs) == len(set(pairs)) == inter_count(GROUPS) == 24
    assert all(moving != fixed for moving, _, fixed, _ in pairs)


def test_d23_the_order_of_all_pairs():
    assert intra_pairs([3], "forward") == [(0, 0, 0, 1), (0, 0, 0, 2), (0, 1, 0, 2)]
    assert intra_pairs([2], "unconstrained") == [(0, 0, 0, 1), (0, 1, 0, 0)]
    assert inter_pairs([1, 2]) == [(0, 0, 1, 0), (0, 0, 1, 1), (1, 0, 0, 0), (1, 1, 0, 0)]
    shuffled = shuffled_pairs(intra_pairs(GROUPS, "forward"), 0)
    assert shuffled[:2] == [(1, 0, 1, 2), (0, 2, 0, 3)]
    assert sorted(shuffled) == sorted(intra_pairs(GROUPS, "forward"))


def test_d23_three_groups():
    sizes = [2, 4, 3]
    assert len(intra_pairs(sizes, "forward")) == intra_count(sizes, "forward") == 10
    assert len(inter_pairs(sizes)) == inter_count(sizes) == 52


@given(sizes_of_groups, options)
def test_d23_pairs_are_worked_out_as_they_are_enumerated(sizes, option):
    for lazy, listed in (
        (PairsWithin(sizes, option), intra_pairs(sizes, option)),
        (PairsBetween(sizes), inter_pairs(sizes)),
    ):
        assert len(lazy) == len(listed)
        assert list(lazy) == listed
        assert lazy[1:3] == listed[1:3]
        if listed:
            assert lazy[-1] == listed[-1]
        with pytest.raises(IndexError):
            lazy[len(listed)]


@given(st.integers(0, 300), seeds)
def test_d23_indices_are_shuffled_as_the_pairs_are(count, seed):
    if seed is None:
        assert sorted(shuffled_indices(count, seed)) == list(range(count))
        return
    expected = list(range(count))
    random.Random(seed).shuffle(expected)
    assert list(shuffled_indices(count, seed)) == expected


@given(sizes_of_groups, options, st.integers())
def test_d23_the_lazy_epoch_is_the_enumerated_one(sizes, option, seed):
    for lazy, listed in (
        (PairsWithin(sizes, option), intra_pairs(sizes, option)),
        (PairsBetween(sizes), inter_pairs(sizes)),
    ):
        epoch = Reordered(lazy, shuffled_indices(len(lazy), seed))
        assert list(epoch) == shuffled_pairs(listed, seed)
        assert epoch[:2] == shuffled_pairs(listed, seed)[:2]


def test_d23_shuffling_many_is_given_up_where_nobody_waits():
    asked = []
    assert not shuffled_indices(300_000, 0, lambda: asked.append(1) or len(asked) < 2)
    assert len(asked) == 2


def test_d23_shuffling_leaves_the_enumeration_as_it_was():
    pairs = intra_pairs(GROUPS, "forward")
    shuffled_pairs(pairs, 0)
    assert pairs == intra_pairs(GROUPS, "forward")


@given(sizes_of_groups, options)
def test_d23_the_formula_counts_the_pairs_within_groups(sizes, option):
    pairs = intra_pairs(sizes, option)
    assert intra_count(sizes, option) == len(pairs) == len(set(pairs))


@given(sizes_of_groups)
def test_d23_the_formula_counts_the_pairs_between_groups(sizes):
    pairs = inter_pairs(sizes)
    assert inter_count(sizes) == len(pairs) == len(set(pairs))
    assert inter_count(sizes) + intra_count(sizes, "unconstrained") == sum(sizes) * (sum(sizes) - 1)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=6), st.floats(0, 1), options, seeds)
def test_d22_each_group_is_drawn_from_once_at_most(sizes, probability, option, seed):
    pairs = list(sampled_pairs(sizes, probability, option, seed))
    assert max(Counter(pair[0] for pair in pairs).values(), default=0) <= 1
    for moving, first, fixed, second in pairs:
        assert 0 <= first < sizes[moving] and 0 <= second < sizes[fixed]
        assert (moving, first) != (fixed, second)
        if moving == fixed:
            assert option == "unconstrained" or (first < second) is (option == "forward")
    undrawn = set(range(len(sizes))) - {pair[0] for pair in pairs}
    assert all(sizes[group] == 1 for group in undrawn)


def test_d26_a_single_image_is_skipped_only_within_its_group():
    assert {pair[0] for pair in sampled_pairs([2, 1, 3], 1, "forward", 0)} == {0, 2}
    assert {pair[0] for pair in sampled_pairs([2, 1, 3], 0, "forward", 0)} == {0, 1, 2}


# --- options that cannot be planned ----------------------------------------------------------


def test_d24_an_unknown_option_is_named_with_those_there_are():
    with pytest.raises(PlanError, match="got sideways; expected one of forward, backward, unc"):
        check_intra_group_option("sideways")
    with pytest.raises(PlanError, match="sideways"):
        intra_pairs(GROUPS, "sideways")


def test_d24_an_unknown_option_is_an_error_only_where_it_is_used():
    assert len(list(sampled_pairs(GROUPS, 0, "sideways", 0))) == 2
    assert list(sampled_pairs([1], 1, "sideways", 0)) == []
    with pytest.raises(PlanError, match="sideways"):
        list(sampled_pairs(GROUPS, 1, "sideways", 0))


@pytest.mark.parametrize("probability", [0.5, 0.01, 0.99])
def test_d24_all_pairs_are_not_mixed(probability):
    with pytest.raises(PlanError, match=f"Mixing.*{probability}"):
        check_grouping(2, probability, sample_image_in_group=False)
    check_grouping(2, probability, sample_image_in_group=True)


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("probability", [0, 1, 0.0, 1.0])
def test_d24_within_or_between_fits_both_ways(probability, sampled):
    check_grouping(2, probability, sampled)


@pytest.mark.parametrize("sampled", [True, False])
@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), float("inf"), None, "1", True])
def test_d24_no_probability(probability, sampled):
    with pytest.raises(PlanError, match=f"intra_group_prob is {probability!r}"):
        check_grouping(2, probability, sampled)


@pytest.mark.parametrize("sampled", [True, False])
def test_d25_pairs_between_groups_need_two(sampled):
    with pytest.raises(PlanError, match="1 group found, and we need at least two groups"):
        check_grouping(1, 0, sampled)
    check_grouping(1, 1, sampled)


def test_d25_one_group_may_not_even_be_mixed():
    with pytest.raises(PlanError, match="at least two groups"):
        check_grouping(1, 0.5, sample_image_in_group=True)


# --- labels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 4])
def test_d17_all_label_channels(channels):
    assert label_channels(channels, "all") == list(range(channels))


def test_d18_one_channel_from_the_global_generator():
    random.seed(3)
    found = [label_channels(5, "sample") for _ in range(20)]
    random.seed(3)
    assert found == [[random.randrange(5)] for _ in range(20)]


def test_d18_a_generator_of_its_own_leaves_the_global_one_alone():
    before = random.getstate()
    own, again = random.Random(7), random.Random(7)
    found = [label_channels(5, "sample", own) for _ in range(20)]
    assert random.getstate() == before
    assert found == [[again.randrange(5)] for _ in range(20)]
    assert {channel for (channel,) in found} == set(range(5))


@pytest.mark.parametrize("policy", [None, "some"])
def test_d18_another_policy_is_refused(policy):
    with pytest.raises(PlanError, match=f"policy {policy}: labels with 3 channels"):
        label_channels(3, policy)
