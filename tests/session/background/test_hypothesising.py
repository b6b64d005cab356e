"""Hypotheses in the background: told as they come, dropped when the person goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.session.table.findings_text import table_lines
from tests.checks.bodies import Body, changed, pair_of
from tests.phantoms import snapshot, write_nifti
from tests.session.datasets import cut_short

if TYPE_CHECKING:
    from pathlib import Path

    from tests.session.conftest import Walker


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pairs: 1 is flipped, the partner of 2 is with 3; nobody may write into it."""
    folder = tmp_path_factory.mktemp("bodies")
    right = [pair_of(Body(seed)) for seed in range(5)]
    right[1] = changed(right[1], "moving", array=lambda a: np.flip(a, 2))
    right[2], right[3] = pair_of(Body(2), Body(3)), pair_of(Body(3), Body(2))
    for number, volumes in enumerate(right):
        for role, found in volumes.items():
            path = folder / f"{role}s" / f"case{number}.nii.gz"
            write_nifti(path, found.array[..., 0], found.grid.affine)
    return folder


def try_all(walker: Walker) -> str:
    """Try hypotheses on the selected sample and wait for the last of them."""
    hypothesising = walker.session.hypothesising
    hypothesising.try_all()
    walker.wait(lambda: hypothesising.tried is not None and not hypothesising.tried.running)
    tried = hypothesising.tried
    assert tried is not None
    return tried.trouble or (tried.ranking.sentence if tried.ranking is not None else "")


def test_nothing_is_tried_unasked(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    assert walker.session.hypothesising.possible
    assert walker.session.hypothesising.tried is None


def test_a_flip_explains_a_flipped_sample(walker: Walker, bodies: Path):
    before = snapshot(bodies)
    walker.open(bodies, select="case1")
    assert try_all(walker).startswith("left-right flip explains this: MI ")
    tried = walker.session.hypothesising.tried
    assert tried is not None
    assert tried.ranking is not None
    own, best, *others = table_lines(tried.ranking)
    assert own.cells[0] == "as it is"
    assert best.cells[0] == "left-right flip"
    assert (own.explains, best.explains) == (False, True)
    assert float(best.cells[1]) > 1.4 * float(own.cells[1])
    assert len(others) == 3
    assert snapshot(bodies) == before


def test_a_neighbour_in_the_table_is_found_to_be_the_partner(walker: Walker, bodies: Path):
    walker.open(bodies, select="case2")
    assert try_all(walker).startswith("moving of case3 explains this: MI ")


def test_rankings_come_one_by_one(walker: Walker, bodies: Path):
    walker.open(bodies, select="case0")
    hypothesising = walker.session.hypothesising
    stages = []

    def note() -> None:
        tried = hypothesising.tried
        if tried is not None and tried.ranking is not None and tried.running:
            stages.append(tried.ranking.stage)

    hypothesising.changed.connect(note)
    assert try_all(walker).startswith("nothing fits clearly better")
    assert stages[0] == "coarse"
    assert stages.count("partners") == 2
    assert stages[-1] == "fine"


def test_what_was_going_on_is_dropped_when_the_person_goes_on(walker: Walker, bodies: Path):
    walker.open(bodies, select="case0")
    hypothesising = walker.session.hypothesising
    hypothesising.try_all()
    assert hypothesising.tried is not None
    assert hypothesising.tried.running
    walker.select(1)
    assert hypothesising.tried is None
    assert try_all(walker).startswith("left-right flip")  # after all that the first has posted
    walker.select(0)
    assert hypothesising.tried is None


def test_a_result_is_there_on_coming_back_and_not_in_another_dataset(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    sentence = try_all(walker)
    walker.select(0)
    walker.select(1)
    tried = walker.session.hypothesising.tried
    assert tried is not None
    assert tried.ranking is not None
    assert tried.ranking.sentence == sentence
    walker.session.open(bodies)
    walker.wait(lambda: walker.session.selected == 0 and walker.scanned)
    walker.select(1)
    assert walker.session.hypothesising.tried is None


def test_cancelling_keeps_the_figures_so_far(walker: Walker, bodies: Path):
    walker.open(bodies, select="case1")
    hypothesising = walker.session.hypothesising
    hypothesising.try_all()
    walker.wait(lambda: hypothesising.tried is not None and hypothesising.tried.ranking is not None)
    hypothesising.cancel()
    tried = hypothesising.tried
    assert tried is not None
    assert (tried.running, tried.ranking is not None) == (False, True)
    hypothesising.try_all()
    hypothesising.cancel()
    assert hypothesising.tried is None


def test_an_unreadable_image_is_named(walker: Walker, bodies: Path, tmp_path: Path):
    for role in ("fixed", "moving"):
        folder = tmp_path / f"{role}_images"
        folder.mkdir()
        source = bodies / f"{role}_images" / "case0.nii.gz"
        (folder / "case0.nii.gz").write_bytes(source.read_bytes())
    cut_short(tmp_path / "moving_images" / "case0.nii.gz")
    walker.open(tmp_path)
    told = try_all(walker)
    assert told.startswith("nothing can be tried: ")
    assert "moving_images" in told
    assert "truncated" in told
