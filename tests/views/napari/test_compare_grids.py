"""Compare modes as painted on every grid, of a tilted pair, against the world both lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from napari_medload.session.options import PLANES
from tests.phantoms import affine_of, write_nifti
from tests.session.scene.compare.pairs import (
    FIXED,
    FIXED_SHAPE,
    FIXED_SLOPES,
    MOVING_SLOPES,
    places,
    ramp,
)
from tests.views.napari.looking import (
    ACROSS,
    AXES,
    SHAPE,
    Image,
    bare,
    colours,
    write_pair,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

SEEN = 0.03
MOVING_SHAPE = (26, 24, 22)
MOVING = affine_of("PIR", MOVING_SHAPE, (1.5, 1.4, 1.6), centre=(3.0, -4.0, 7.0), tilt=(4, 7, 10))
CENTRE = np.array((3.2, -4.1, 7.3))
CUBE = (-2.5, 0.0, 2.5)


def write_ramps(folder: Path) -> None:
    """Write two linear functions of the world; interpolation gives them without error."""
    for side, affine, shape, slopes in (
        ("fixed", FIXED, FIXED_SHAPE, FIXED_SLOPES),
        ("moving", MOVING, MOVING_SHAPE, MOVING_SLOPES),
    ):
        array = ramp(slopes, places(affine, shape)).astype(np.float32)
        write_nifti(folder / f"{side}_images" / "a.nii.gz", array, affine)


def turned(grid: str) -> np.ndarray:
    """Directions of the canvas axes R, A, S on a grid, as columns, in the world."""
    if grid != "moving":
        return np.eye(3)
    near = nib.as_closest_canonical(nib.Nifti1Image(np.zeros(MOVING_SHAPE, np.uint8), MOVING))
    return near.affine[:3, :3] / np.linalg.norm(near.affine[:3, :3], axis=0)


def middle_of(grid: str) -> np.ndarray:
    """World place in the middle of a tilted grid; the others are not turned."""
    last = np.array(MOVING_SHAPE) - 1
    return nib.affines.apply_affine(MOVING, last / 2) if grid == "moving" else np.zeros(3)


@pytest.mark.parametrize("radiological", [True, False])
@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_a_tilted_pair_is_compared_where_it_lies(
    browser: Browser, tmp_path: Path, grid: str, radiological: bool
):
    """Some places around the middle of both, in all planes.

    A canvas agrees with the world in the middle of its grid, and is turned about that.
    """
    write_ramps(tmp_path / "set")
    browser.open(tmp_path / "set")
    browser.dock.canvas.flicker.playing = False
    browser.session.set_options(grid=grid, radiological=radiological, curtain=0.5)
    browser.settle()
    limits = [
        browser.viewer.layers[f"{side} image"].contrast_limits for side in ("fixed", "moving")
    ]
    axes, middle = turned(grid), middle_of(grid)
    for plane in PLANES:
        browser.session.set_options(plane=plane)
        browser.settle()
        browser.place(CENTRE)
        layer = browser.viewer.layers["fixed image"]
        step, first = layer.scale[::-1], layer.translate[::-1]
        index = np.rint((middle + axes.T @ (CENTRE - middle) - first) / step)
        around = np.array([(i, j, 0) for i in CUBE for j in CUBE])
        index = index + np.insert(around[:, :2].round(), ACROSS[plane], 0, axis=1)
        canvas = first + step * index  # voxel centres, along R, A, S of the canvas
        world = middle + (canvas - middle) @ axes.T
        f, m = (
            np.clip((ramp(slopes, world) - low) / (high - low), 0, 1)
            for slopes, (low, high) in zip((FIXED_SLOPES, MOVING_SLOPES), limits, strict=True)
        )
        of_fixed = np.floor(canvas / 7 + 1e-6).sum(axis=1) % 2 == 0
        across = AXES[plane][0]
        width = layer.data.shape[::-1][across] * step[across]
        part = (canvas[:, across] - first[across] + step[across] / 2) / width
        left = part > 0.5 if radiological else part < 0.5
        for mode, expected in (
            ("overlay", 0.6 * f + 0.4 * m),
            ("fixed", f),
            ("moving", m),
            ("flicker", f),
            ("two-colour", np.stack((m, f, m), axis=-1)),
            ("checkerboard", np.where(of_fixed, f, m)),
            ("curtain", np.where(left, f, m)),
        ):
            browser.session.set_options(mode=mode, opacity=0.4, checker_mm=7.0, flicker=False)
            browser.settle()
            bare(browser)
            browser.dock.canvas.lines.hide("curtain")
            seen = colours(browser, plane, canvas)
            sure = np.abs(part - 0.5) > 1e-6
            wanted = expected if expected.ndim == 2 else expected[:, None]
            assert np.abs(seen - wanted)[sure].max() < SEEN, (plane, mode)


def test_outlines_of_both_labels_stand_on_their_borders(browser: Browser, tmp_path: Path):
    """Fixed ones whole, moving ones dashed; inside and outside of them is the fixed image."""
    flat = np.full(SHAPE, 100, np.int16)
    flat[0, 0, 0], flat[-1, -1, -1] = 0, 200
    write_pair(tmp_path / "set", flat, flat)
    boxes = []
    for side, low, high in (
        ("fixed", (4, 4, 3), (14, 12, 11)),
        ("moving", (9, 6, 5), (19, 15, 13)),
    ):
        box = np.zeros(SHAPE, np.uint8)
        box[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = 1
        boxes.append(box)
        folder = tmp_path / side
        write_pair(folder, box, box)
        (tmp_path / "set" / f"{side}_labels").mkdir()
        kept = folder / f"{side}_images" / "a.nii.gz"
        kept.rename(tmp_path / "set" / f"{side}_labels" / "a.nii.gz")
    browser.open(tmp_path / "set")
    image = Image(tmp_path / "set" / "fixed_images" / "a.nii.gz")
    browser.session.set_options(mode="outlines", labels="off")
    browser.settle()
    for plane, at in (("axial", 7), ("coronal", 9), ("sagittal", 11)):
        browser.session.set_options(plane=plane)
        browser.settle()
        index = [n // 2 for n in SHAPE]
        index[ACROSS[plane]] = at
        browser.place(image.ras(index))
        bare(browser)
        voxels = image.cut(plane, at)
        seen = colours(browser, plane, np.array([image.ras(voxel) for voxel in voxels]))
        coloured = np.zeros(SHAPE, bool)
        coloured[tuple(np.array(voxels).T)] = np.ptp(seen, axis=1) > 0.05
        drawn = coloured.take(at, axis=ACROSS[plane])
        fixed, moving = (_border(box.take(at, axis=ACROSS[plane])) for box in boxes)
        only = moving & ~fixed
        assert drawn[fixed].all(), plane
        assert 0.25 < drawn[only].mean() < 0.75, plane
        assert not drawn[~fixed & ~_grown(moving)].any(), plane


def _border(flat: np.ndarray) -> np.ndarray:
    """Voxels of a box with a neighbour outside of it."""
    padded = np.pad(flat > 0, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return (flat > 0) & ~inner


def _grown(flat: np.ndarray) -> np.ndarray:
    """Voxels of a border, and those beside it."""
    padded = np.pad(flat, 1)
    sides = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return flat | sides
