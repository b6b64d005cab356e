"""Volumes prepared for drawing: what is labels, with which codes and contrast."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.geometry import Grid
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.session.scene.resident import Resident
from tests.loaders.medsegpy.phantoms import put
from tests.phantoms import affine_of, noise, smooth
from tests.session.datasets import resident, volume

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (9, 8, 7)


def test_fractional_labels_are_drawn_as_an_image(tmp_path):
    array = np.zeros(SHAPE, np.float32)
    array[2:5] = 0.37
    found = resident(tmp_path / "a.nii", array, is_label=True)
    assert not found.drawn_as_labels
    assert found.volume.values().max() == pytest.approx(0.37)
    low, high = found.limits
    assert low <= 0 and high == pytest.approx(0.37)


def test_labels_that_are_not_finite_are_drawn_as_an_image(tmp_path):
    array = np.zeros(SHAPE, np.float32)
    array[0, 0, 0] = np.nan
    assert not resident(tmp_path / "a.nii", array, is_label=True).drawn_as_labels


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int16])
def test_whole_numbers_become_small_integers(tmp_path, dtype):
    array = np.zeros(SHAPE, dtype)
    array[1], array[2], array[3] = 3, 200, 7
    found = resident(tmp_path / "a.nii", array, is_label=True)
    assert found.drawn_as_labels
    assert found.volume.array.dtype == np.uint8
    assert found.values == (3, 7, 200)
    np.testing.assert_array_equal(found.volume.array[..., 0], array)


def test_scaled_labels_are_read_by_their_values(tmp_path):
    array = np.zeros(SHAPE, np.int16)
    array[1] = 2
    path = tmp_path / "a.nii"
    found = resident(path, array, is_label=True, slope=2.0, intercept=1.0)
    assert found.values == (1, 5)


def test_negative_labels_stay_themselves(tmp_path):
    array = np.zeros(SHAPE, np.int16)
    array[1], array[2] = -1, 300
    found = resident(tmp_path / "a.nii", array, is_label=True)
    assert found.values == (-1, 300)
    np.testing.assert_array_equal(found.volume.array[..., 0], array)


def test_one_hot_channels_that_overlap_lose_nothing(tmp_path):
    """Every voxel of every channel is found again, from the codes and their names alone."""
    channels = np.random.default_rng(3).integers(0, 2, (*SHAPE, 4)).astype(np.uint8)
    table = LabelTable.from_names({1: "liver", 2: "spleen", 3: "left kidney", 4: "right kidney"})
    found = resident(tmp_path / "a.nii", channels, is_label=True, table=table)
    codes = found.volume.array[..., 0]
    assert found.frames == 1
    for channel in range(4):
        name = table.label(channel + 1).name
        own = [code for code in found.values if name in found.table.label(code).name.split(" + ")]
        np.testing.assert_array_equal(np.isin(codes, own), channels[..., channel] == 1)
    pairs = {" + ".join(pair) for pair in combinations((table[v].name for v in table), 2)}
    assert pairs <= {label.name for label in found.table.values()}


def test_a_series_of_images_is_no_one_hot_label(tmp_path):
    found = resident(tmp_path / "a.nii", noise((*SHAPE, 3), np.int16), is_label=False)
    assert found.frames == 3 and not found.drawn_as_labels


def test_contrast_is_of_percentiles(tmp_path):
    array = np.random.default_rng(0).normal(100, 10, (40, 40, 30)).astype(np.float32)
    array[0, 0, 0] = 1e6  # one hot voxel must not darken the rest
    low, high = resident(tmp_path / "a.nii", array).limits
    assert low == pytest.approx(np.percentile(array, 1), abs=1.5)
    assert high == pytest.approx(np.percentile(array, 99.5), abs=2.5)


def test_contrast_of_a_constant_image_is_not_empty(tmp_path):
    low, high = resident(tmp_path / "a.nii", np.full(SHAPE, 7, np.int16)).limits
    assert low < 7 < high


def test_frames_are_drawn_one_by_one(tmp_path):
    array = noise((*SHAPE, 3), np.int16)
    found = resident(tmp_path / "a.nii", array, affine_of("RAS", SHAPE))
    for frame in (0, 2, 9):  # an image with fewer frames stays at its last
        drawn = np.asarray(found.display(found.grid, frame))
        np.testing.assert_array_equal(drawn, array[..., min(frame, 2)].T)


def test_the_same_grid_gets_the_same_array(tmp_path):
    found = resident(tmp_path / "a.nii", smooth(SHAPE), affine_of("RAS", SHAPE))
    grid = found.grid
    twin = Grid(grid.shape, grid.affine.copy())
    assert found.display(grid, 0) is found.display(twin, 0)


def test_copies_made_to_reslice_are_counted(tmp_path):
    stored = volume(tmp_path / "a.nii.gz", smooth(SHAPE), affine_of("RAS", SHAPE))
    found = Resident(stored, False, LabelTable())
    before = found.nbytes
    assert before == stored.array.nbytes
    tilted = Grid(SHAPE, affine_of("RAS", SHAPE, tilt=(0, 0, 9)))
    found.display(tilted, 0)
    assert found.nbytes >= before + stored.array.nbytes


def stack_of(folder: Path, planes: dict[int, np.ndarray], suffix: str = ".im") -> Resident:
    """Slices by number from 1; those between that are not given are absent."""
    names = []
    for number in range(1, max(planes) + 1):
        if number in planes:
            put(folder / f"{number:03d}{suffix}", planes[number][:, :, np.newaxis])
        names.append(f"{number:03d}{suffix}" if number in planes else None)
    source = Source(folder / f"{min(planes):03d}{suffix}", slices=tuple(names))
    return Resident(read_volume(source), suffix == ".seg", LabelTable())


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float32])
def test_absent_slices_count_in_no_statistics_and_are_black(tmp_path, dtype):
    """Values far from 0 on one side: zeros in their place would be grey, and shift the limits."""
    rng = np.random.default_rng(0)
    low = 1000 if dtype == np.uint16 else -1000
    planes = {n: rng.normal(low, 100, (40, 40)).astype(dtype) for n in range(1, 21)}
    whole = stack_of(tmp_path / "whole", planes)
    for number in range(6, 15):
        del planes[number]
    found = stack_of(tmp_path / "gaps", planes)
    assert whole.absent == () and found.absent == tuple(range(5, 14))
    assert found.limits == pytest.approx(whole.limits, abs=60)
    drawn = found.volume.array[:, :, list(found.absent)]
    assert drawn.max() <= found.limits[0] and drawn.min() >= found.limits[0] - 1
    for number, plane in planes.items():
        np.testing.assert_array_equal(found.volume.array[:, :, number - 1, 0], plane)


def test_absent_slices_hold_no_labels(tmp_path):
    plane = np.ones((6, 7, 2), np.uint8)
    found = stack_of(tmp_path, {1: plane, 4: plane}, ".seg")
    assert found.absent == (1, 2) and found.drawn_as_labels
    assert not found.volume.array[:, :, 1:3].any()
    assert found.volume.array[:, :, [0, 3]].all()
