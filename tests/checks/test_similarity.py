"""Mutual information and Dice against their formulas, worked out another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from napari_medload.checks.similarity import (
    entropy,
    joint_histogram,
    label_dice,
    levels,
    mutual_information,
    normalised_mutual_information,
    value_range,
)


def joint(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return joint_histogram(levels(a, value_range(a)), levels(b, value_range(b)))


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(3).gamma(2.0, 50.0, 40_000)


def test_an_image_tells_all_of_itself(picture: np.ndarray):
    same = joint(picture, picture)
    assert normalised_mutual_information(same) == pytest.approx(2)
    assert mutual_information(same) == pytest.approx(entropy(same.sum(axis=0)))


def test_the_contrast_does_not_matter(picture: np.ndarray):
    codes = levels(picture, value_range(picture))
    shuffled = np.random.default_rng(0).permutation(32).astype(np.uint8)
    found = normalised_mutual_information(joint_histogram(codes, shuffled[codes]))
    assert found == pytest.approx(2)


def test_what_is_independent_tells_nothing(picture: np.ndarray):
    other = np.random.default_rng(4).permutation(picture)
    found = joint(picture, other)
    assert normalised_mutual_information(found) == pytest.approx(1, abs=0.01)
    assert 0 <= mutual_information(found) < 0.05


def test_mutual_information_of_correlated_normal_values():
    """For normal values of correlation r it is -log2(1 - r²) / 2 bits."""
    rng, r = np.random.default_rng(5), 0.8
    a, noise = rng.standard_normal((2, 2_000_000))
    b = r * a + math.sqrt(1 - r * r) * noise
    limits = (-4.0, 4.0)
    found = mutual_information(joint_histogram(levels(a, limits), levels(b, limits)))
    assert found == pytest.approx(-0.5 * math.log2(1 - r * r), rel=0.03)


def test_a_table_worked_out_by_hand():
    counts = np.array([[4.0, 0.0], [2.0, 2.0]])
    rows, columns, cells = (1 / 2, 1 / 2), (3 / 4, 1 / 4), (1 / 2, 1 / 4, 1 / 4)
    h_rows, h_columns, h_cells = (
        -sum(p * math.log2(p) for p in ps) for ps in (rows, columns, cells)
    )
    assert mutual_information(counts) == pytest.approx(h_rows + h_columns - h_cells)
    assert normalised_mutual_information(counts) == pytest.approx((h_rows + h_columns) / h_cells)


def test_constant_and_empty_images_tell_nothing():
    flat, ramp = np.zeros(500), np.arange(500.0)
    assert mutual_information(joint(flat, ramp)) == 0
    assert normalised_mutual_information(joint(flat, ramp)) == pytest.approx(1)
    assert normalised_mutual_information(joint(flat, flat)) == 1
    assert normalised_mutual_information(np.zeros((32, 32))) == 1


def test_levels_go_from_end_to_end_and_hold_outliers():
    values = np.array([-1e9, 0.0, 0.5, 31.5, 32.0, 1e30])
    assert levels(values, (0.0, 32.0)).tolist() == [0, 0, 0, 31, 31, 31]


def test_the_range_leaves_outliers_and_what_is_not_finite_out():
    values = np.append(np.linspace(0, 100, 10_001), [1e9, np.nan, -np.inf])
    low, high = value_range(values)
    assert (low, high) == pytest.approx((0.5, 99.5), abs=0.1)
    assert value_range(np.array([np.nan])) == (0, 0)
    mostly_air = np.append(np.zeros(10_000), 7.0)
    assert value_range(mostly_air) == (0, 7)


def test_dice_is_the_mean_over_labels():
    a = np.array([0, 1, 1, 1, 2, 2, 0, 0], np.uint8)
    b = np.array([0, 1, 1, 0, 2, 0, 2, 0], np.uint8)
    one, two = 2 * 2 / (3 + 2), 2 * 1 / (2 + 2)
    found = label_dice(joint_histogram(a, b, (3, 3)))
    assert found == pytest.approx((one + two) / 2)
    assert label_dice(joint_histogram(a * 0, b * 0, (3, 3))) is None
