from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.review import DECISIONS, cohen, disagreements, fleiss, pairwise

A, R, U = DECISIONS


def raters(table):
    """Two raters from a contingency table: {(of one, of the other): times}."""
    said = [pair for pair, times in table.items() for _ in range(times)]
    one = {str(number): a for number, (a, _) in enumerate(said)}
    other = {str(number): b for number, (_, b) in enumerate(said)}
    return one, other


def test_a_published_example_of_cohen():
    # 50 grant proposals, yes-yes 20, yes-no 5, no-yes 10, no-no 15: p_o 0.7, p_e 0.5
    found = cohen(*raters({(A, A): 20, (A, R): 5, (R, A): 10, (R, R): 15}))
    assert (found.samples, found.same) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert found.percent == pytest.approx(70)
    assert str(found) == "35 of 50 alike (70 %), κ 0.40"


def test_a_published_example_of_fleiss():
    # 10 subjects, 14 raters, 5 categories; here by three raters, worked out by hand:
    # rows (3,0,0) (2,1,0) (1,1,1) (0,3,0); P_i = 1, 1/3, 0, 1; P = 7/12
    # p = 6/12, 5/12, 1/12; P_e = 62/144; kappa = (84 - 62) / (144 - 62)
    table = {"1": (A, A, A), "2": (A, A, R), "3": (A, R, U), "4": (R, R, R)}
    found = fleiss({n: {s: row[n] for s, row in table.items()} for n in range(3)})
    assert found.kappa == pytest.approx(22 / 82)
    assert (found.samples, found.same) == (4, 2)


def test_only_what_both_have_judged_counts():
    found = cohen({"a": A, "b": R, "c": A}, {"a": A, "b": A, "d": R, "c": A})
    assert (found.samples, found.same) == (3, 2)
    assert found.kappa == pytest.approx(0)  # one of them says the same throughout


def test_undefined_says_so():
    none = cohen({"a": A}, {"b": A})
    assert (none.samples, none.kappa, none.percent) == (0, None, None)
    assert "no sample" in str(none)
    same = cohen({"a": A, "b": A}, {"a": A, "b": A})
    assert same.kappa is None
    assert "accept" in same.reason
    assert same.percent == 100
    assert "κ undefined" in str(same)
    assert fleiss({1: {"a": A}, 2: {"a": A}, 3: {"a": A}}).kappa is None
    assert fleiss({1: {"a": A}}).samples == 0


def test_full_agreement_and_its_contrary():
    one = {"a": A, "b": R}
    assert cohen(one, one).kappa == 1
    assert cohen(one, {"a": R, "b": A}).kappa == -1


@given(st.lists(st.tuples(st.sampled_from(DECISIONS), st.sampled_from(DECISIONS)), min_size=1))
def test_by_the_formula(said):
    one = {str(n): a for n, (a, _) in enumerate(said)}
    other = {str(n): b for n, (_, b) in enumerate(said)}
    observed = sum(a == b for a, b in said) / len(said)
    chance = (
        sum(sum(a == each for a, _ in said) * sum(b == each for _, b in said) for each in DECISIONS)
        / len(said) ** 2
    )
    found = cohen(one, other)
    if found.kappa is None:
        assert chance == 1
    else:
        assert found.kappa == pytest.approx((observed - chance) / (1 - chance))
    assert found == cohen(other, one) or found.reason


def test_several_raters():
    ratings = {"Anna": {"a": A, "b": R}, "Bob": {"a": A, "b": A}, "Çem": {"b": R, "c": U}}
    table = pairwise(ratings)
    assert list(table) == [("Anna", "Bob"), ("Anna", "Çem"), ("Bob", "Çem")]
    assert table["Anna", "Bob"] == cohen(ratings["Anna"], ratings["Bob"])
    assert disagreements(ratings) == {"b"}
    assert disagreements({}) == frozenset()
