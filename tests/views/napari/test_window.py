"""A window that saves a picture of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_medload.views.napari.window import _Outcome
from tests.session.datasets import cut_short, write_pair, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser


@pytest.mark.canvas
def test_a_picture_is_taken_when_all_voxels_are_checked(browser: Browser, tmp_path: Path):
    """Checking so many pairs takes longer than a window takes to settle."""
    folder, picture = tmp_path / "pairs", tmp_path / "window.png"
    for number in range(40):
        write_pair(folder, f"case{number}", labels=True)
    outcome = _Outcome(browser.viewer, browser.dock, picture)
    browser.session.open(folder)
    browser.wait(picture.exists)
    facts = browser.session.rows.facts
    assert len(facts) == 40
    assert all(f is not None and f.checked and f.pairing is not None for f in facts)
    assert outcome.code == 0


@pytest.mark.canvas
def test_the_picture_shows_the_worst_sample(browser: Browser, tmp_path: Path):
    folder, picture = write_pairs(tmp_path / "pairs", 6), tmp_path / "window.png"
    cut_short(folder / "moving_images" / "case04.nii.gz")
    drawn: list[str] = []
    browser.at_work = False
    browser.session.scene_changed.connect(lambda scene: drawn.append(scene.sample_id))
    _Outcome(browser.viewer, browser.dock, picture)
    browser.session.open(folder)
    browser.wait(picture.exists)
    assert drawn == ["case00", "case04"]
