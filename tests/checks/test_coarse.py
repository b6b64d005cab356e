"""Coarse copies lie where their files do, and match as the files would."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.checks.coarse import coarse_pair
from napari_medload.checks.matching import match
from napari_medload.checks.placing import as_stored
from napari_medload.checks.thinning import thin_image, thin_label
from napari_medload.formats import Scaling
from napari_medload.geometry import Grid
from napari_medload.images import Volume
from napari_medload.loaders import Sample
from tests.checks.bodies import Body, changed, coarse, grid, pair_of, volume
from tests.phantoms import affine_of, smooth


def test_blocks_are_means_and_lie_in_their_middle():
    shape = (41, 30, 23)
    where = Grid(shape, affine_of("PIR", shape, (1.0, 1.5, 2.0), tilt=(5, 0, 20)))
    thin = thin_image(volume(smooth(shape, np.float32), where), 20)
    # a linear image has the mean of a block in its middle, and so has a product of two axes
    index = np.moveaxis(np.indices(thin.values.shape), 0, -1)
    i, j, k = np.moveaxis(index @ thin.to_file[:3, :3].T + thin.to_file[:3, 3], -1, 0)
    assert thin.values == pytest.approx(100 + 3 * i - 2 * j + 5 * k + 0.1 * i * j, abs=1e-3)
    assert thin.values.shape == (20, 15, 23)


def test_stored_numbers_become_values():
    where = grid()
    array = np.full((*where.shape, 1), 10, np.int16)
    plain = volume(array, where)
    scaled = Volume(array, where, Scaling(0.5, -3.0), plain.header)
    assert thin_image(scaled, 20).values == pytest.approx(2.0)


def test_what_is_not_finite_is_left_out():
    where = grid()
    array = np.ones(where.shape, np.float32)
    array[:30] = np.nan
    array[31, 5, 5] = np.inf
    pair = coarse({**pair_of(Body(0)), "moving_image": volume(array, where)})
    assert pair.own.overlap == pytest.approx(0.5, abs=0.05)


def test_a_label_is_thinned_to_values_that_it_has():
    where = grid()
    thin = thin_label(volume(Body(0).label(where), where), 24)
    assert thin is not None
    assert thin.labels.tolist() == [1, 2, 3]
    fractions = volume(np.full(where.shape, 0.5, np.float32), where)
    assert thin_label(fractions, 24) is None


def test_one_hot_labels_are_numbered_by_their_channels():
    where = grid()
    plain = Body(0).label(where)
    channels = np.stack([plain == value for value in (1, 2, 3)], axis=-1).astype(np.uint8)
    one_hot, codes = (thin_label(volume(a, where), 24) for a in (channels, plain))
    assert one_hot is not None
    assert codes is not None
    assert np.array_equal(one_hot.values, codes.values)


def test_storage_does_not_change_a_match():
    """Fixed LAS, moving PIR and tilted, or both alike: the world is the same."""
    body, here = Body(1), grid("RAS")
    plain = {
        "fixed_image": volume(body.t1(here), here),
        "moving_image": volume(body.t2(here), here),
        "fixed_label": volume(body.label(here), here),
        "moving_label": volume(body.label(here), here),
    }
    same, stored_otherwise = coarse(plain).own, coarse(pair_of(body)).own
    assert same.dice == 1
    assert stored_otherwise.dice == pytest.approx(1, abs=0.1)
    assert stored_otherwise.nmi == pytest.approx(same.nmi, rel=0.1)
    assert coarse(pair_of(body, Body(2))).own.nmi - 1 < 0.7 * (same.nmi - 1)


def test_a_shift_shows_in_the_overlap():
    shifted = changed(
        pair_of(Body(1), tilt=0),
        "moving",
        affine=lambda a: a + np.outer((1, 0, 0, 0), (0, 0, 0, 90)),
    )
    pair = coarse(shifted)
    assert pair.own.overlap == pytest.approx(0.5, abs=0.07)


def test_files_without_geometry_are_met_by_index():
    body, here = Body(1), grid("RAS")
    bare = Grid.unknown(here.shape)
    volumes = {
        "fixed_image": volume(body.t1(here), bare),
        "moving_image": volume(body.t2(here), here),
    }
    known = {**volumes, "fixed_image": volume(body.t1(here), here)}
    assert coarse(volumes).own == coarse(known).own
    assert coarse(volumes).own.overlap == 1


def test_no_pair_without_both_images_in_place():
    volumes = pair_of(Body(1))
    flat = changed(volumes, "moving_image", affine=lambda a: a @ np.diag((1, 0, 1, 1)))
    assert coarse_pair(Sample("a", {}), flat) is None
    del volumes["moving_image"]
    assert coarse_pair(Sample("a", {}), volumes) is None


def test_a_copy_is_small_however_large_the_file():
    shape = (300, 200, 100)
    where = Grid(shape, affine_of("RAS", shape, (0.6, 0.9, 1.8)))
    big = volume(np.zeros(shape, np.int16), where)
    pair = coarse({"fixed_image": big, "moving_image": big})
    assert max(pair.fixed.image.values.shape) <= 64
    assert pair.nbytes < big.nbytes / 2


def test_matching_sees_only_what_both_cover():
    pair = coarse(pair_of(Body(1)))
    away = as_stored(pair.fixed, pair.moving).copy()
    away[:3, 3] += 1000
    found = match(pair.fixed, pair.moving, away)
    assert (found.nmi, found.dice, found.overlap) == (1.0, None, 0.0)
