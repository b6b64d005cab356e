"""A look at a hypothesis as it is painted, against the arrays that nibabel reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.session.options import PLANES
from napari_medload.views.napari.as_if_mark import MARK_COLOUR
from tests.phantoms import noise
from tests.views.napari.looking import SHAPE, Image, write_pair
from tests.views.napari.test_compare_modes import SEEN, limits_of, look

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas


@pytest.fixture
def flipped(tmp_path: Path) -> tuple[Image, Image]:
    """Write a pair whose moving image is the negative of fixed, flipped left-right."""
    values = noise(SHAPE, np.int16, 3)
    write_pair(tmp_path / "set", values, (values.max() - values)[::-1])
    return tuple(
        Image(tmp_path / "set" / f"{side}_images" / "a.nii.gz") for side in ("fixed", "moving")
    )


def wait_as_if(browser: Browser, name: str) -> None:
    def drawn() -> str:
        as_if = browser.session.scene.as_if
        return "" if as_if is None else as_if.name

    browser.wait(lambda: drawn() == name)
    browser.settle()


def amber(browser: Browser) -> int:
    """Pixels of the canvas that have the colour of the mark."""
    ground = [int(MARK_COLOUR[k : k + 2], 16) for k in (1, 3, 5)]
    picture = browser.canvas()[..., :3].astype(int)
    return int((np.abs(picture - ground).max(axis=-1) < 8).sum())


def test_every_voxel_is_painted_where_the_hypothesis_puts_it(
    browser: Browser, tmp_path: Path, flipped: tuple[Image, Image]
):
    fixed, moving = flipped
    browser.open(tmp_path / "set")
    f_limits, m_limits = limits_of(browser)
    f, m = fixed.grey(f_limits), moving.grey(m_limits)
    browser.dock.details.try_hypotheses()
    hypothesising = browser.session.hypothesising
    browser.wait(lambda: hypothesising.tried is not None and not hypothesising.tried.running)
    _, _, before = look(browser, "axial", fixed, mode="moving")
    assert amber(browser) == 0

    browser.dock.details.try_hypotheses()  # what the key does once all is tried
    wait_as_if(browser, "left-right flip")
    browser.dock.details.try_hypotheses()
    wait_as_if(browser, "")
    browser.dock.details.try_hypotheses()
    wait_as_if(browser, "left-right flip")
    assert amber(browser) > 500
    for plane in PLANES:
        voxels, _, seen = look(browser, plane, fixed, mode="moving")
        assert np.abs(seen - m[::-1][voxels][:, None]).max() < SEEN, plane
        voxels, _, seen = look(browser, plane, fixed, mode="two-colour")
        both = np.stack((m[::-1], f, m[::-1]), axis=-1)
        assert np.abs(seen - both[voxels]).max() < SEEN, plane
    voxels, places, seen = look(browser, "axial", fixed, mode="checkerboard", checker_mm=7.0)
    of_fixed = np.floor(places / 7.0 + 1e-6).sum(axis=1) % 2 == 0
    expected = np.where(of_fixed, f[voxels], m[::-1][voxels])
    assert np.abs(seen - expected[:, None]).max() < SEEN

    browser.dock.details.try_hypotheses()
    wait_as_if(browser, "")
    _, _, after = look(browser, "axial", fixed, mode="moving")
    assert np.array_equal(after, before)
    assert amber(browser) == 0
