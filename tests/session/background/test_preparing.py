"""Samples that are prepared in the background, and what is left of those that nobody wants."""

from __future__ import annotations

import gc
from concurrent.futures import wait
from typing import TYPE_CHECKING

import pytest

from napari_medload.loaders import open_dataset
from napari_medload.session.background.cache import SupersededError
from napari_medload.session.background.preparing import Preparer
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.resident import Resident
from tests.session.datasets import cut_short, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def preparer() -> Iterator[Preparer]:
    made = Preparer(1 << 30)
    yield made
    made.close()


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What only the garbage collector would free stays: it may leave it alone for minutes."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive() -> int:
    return sum(isinstance(thing, Resident) for thing in gc.get_objects())


def wanted_until(call: int) -> Callable[[], bool]:
    calls = iter(range(1, 1000))
    return lambda: next(calls) < call


@pytest.mark.parametrize("call", range(1, 7))
def test_a_sample_that_is_given_up_leaves_no_volumes(
    preparer: Preparer, no_collector: None, tmp_path: Path, call: int
):
    """Wherever it is given up: before it begins, or between its files."""
    dataset = open_dataset(write_pairs(tmp_path / "pairs", 1, labels=True))
    before = alive()
    future = preparer.prepare(dataset, dataset[0], ViewOptions(), wanted_until(call))
    wait([future])
    given_up = isinstance(future.exception(), SupersededError)
    assert given_up is (call <= 5)  # asked once for the sample, and once for each of four files
    if not given_up:
        assert alive() == before + 4
    del future
    preparer.close()  # waits for nothing, so that reads which had begun may still end
    preparer._readers.shutdown(wait=True)
    preparer.cache.clear()
    assert alive() == before


def test_a_file_that_cannot_be_read_keeps_none_of_the_others(
    preparer: Preparer, no_collector: None, tmp_path: Path
):
    dataset = open_dataset(write_pairs(tmp_path / "pairs", 1))
    cut_short(tmp_path / "pairs" / "moving_images" / "case00.nii.gz")
    before = alive()
    prepared = preparer.prepare(dataset, dataset[0], ViewOptions(), lambda: True).result()
    assert set(prepared.residents) == {"fixed_image"} and "moving_image" in prepared.problems
    failed = preparer.cache._reads  # the failed read is remembered with its reason
    del prepared
    for key in [key for key, read in failed.items() if read.exception() is None]:
        del failed[key]
    assert len(failed) == 1 and alive() == before
