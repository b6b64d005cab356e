"""What is on the screen is where it is in the patient.

Bright voxels at known RAS places are looked for in screenshots. Where a place must appear follows
from the conventions alone: patient's right on the left of the screen, anterior and superior up,
and the camera's zoom in pixels a millimetre.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.phantoms import ORIENTATIONS, affine_of, fiducial, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

SPACING = (1.5, 2.0, 2.5)
SHAPE = (22, 18, 16)
WORLD = (6.0, -5.0, 7.5)
TILTS = ((0.0, 0.0, 12.0), (9.0, 0.0, 0.0), (0.0, 15.0, 0.0), (6.0, -8.0, 10.0))

AXES = {"axial": (0, 1), "coronal": (0, 2), "sagittal": (1, 2)}
"""World axis along the screen's horizontal and vertical, for each plane."""


def make_pair(
    folder: Path, fixed: np.ndarray, moving: np.ndarray, name: str = "a", fixed_shape: Any = SHAPE
) -> tuple[Any, Any]:
    """Write a pair whose sides have one bright voxel each, and return where these truly lie."""
    places = []
    for side, affine, shape in (("fixed", fixed, fixed_shape), ("moving", moving, SHAPE)):
        array, truth = fiducial(affine, shape, WORLD)
        write_nifti(folder / f"{side}_images" / f"{name}.nii.gz", array, affine)
        places.append(truth)
    return places[0], places[1]


def expected_pixel(browser: Browser, plane: str, ras: Any) -> np.ndarray:
    """Row and column where a world place must be drawn; untilted display grids only."""
    camera = browser.viewer.scene.camera
    across, up = AXES[plane]
    height, width = browser.viewer.canvas.size
    centre_up, centre_across = camera.center[-2:]
    column = width / 2 - (ras[across] - centre_across) * camera.zoom
    row = height / 2 - (ras[up] - centre_up) * camera.zoom
    return np.array((row, column))


def found_pixel(picture: np.ndarray) -> np.ndarray | None:
    """Centre of what is bright in a picture, weighted by brightness."""
    grey = picture[..., :3].astype(float).max(axis=-1)
    grey[grey < 0.4 * grey.max()] = 0
    if grey.max() < 40:
        return None
    rows, columns = np.nonzero(grey)
    weights = grey[rows, columns]
    return np.array((np.average(rows, weights=weights), np.average(columns, weights=weights)))


def errors_in_all_planes(browser: Browser, ras: Any) -> dict[str, float]:
    """Distance in mm between where the fiducial is drawn and where it truly lies."""
    errors = {}
    for plane in AXES:
        show_only(browser, browser.session.options.mode, plane=plane)
        browser.place(ras)
        found = found_pixel(browser.canvas())
        if found is None:
            errors[plane] = np.inf
        else:
            wrong = np.abs(found - expected_pixel(browser, plane, ras)).max()
            errors[plane] = wrong / browser.viewer.scene.camera.zoom
    return errors


def hide_letters(browser: Browser) -> None:
    """Leave only the images on the canvas."""
    for overlay in browser.viewer.canvas.overlays.values():
        overlay.visible = False


def show_only(browser: Browser, mode: str, **options: Any) -> None:
    browser.session.set_options(mode=mode, **options)
    browser.settle()
    hide_letters(browser)


def test_fiducials_lie_true_in_all_48_orientations(browser: Browser, tmp_path: Path) -> None:
    """One dataset, walked: every sample is stored otherwise, on both sides."""
    folder, truth = tmp_path / "pairs", {}
    for number, stored in enumerate(ORIENTATIONS):
        other = ORIENTATIONS[(number * 5 + 7) % 48]
        fixed = affine_of(stored, SHAPE, SPACING, centre=(3.0, 2.0, 1.0))
        moving = affine_of(other, SHAPE, SPACING, centre=(2.0, -3.0, 4.0))
        truth[stored] = make_pair(folder, fixed, moving, stored)
    browser.open(folder)
    wrong = []
    for number, sample in enumerate(browser.session.dataset):
        browser.select(number)
        for side, place in zip(("fixed", "moving"), truth[sample.id], strict=True):
            show_only(browser, side, grid=side)
            for plane, error in errors_in_all_planes(browser, place).items():
                if error > min(SPACING) / 2:
                    wrong.append(f"{sample.id} {side} {plane}: {error:.2f} mm")
    assert not wrong


@pytest.mark.parametrize("tilt", TILTS)
def test_oblique_images_lie_true_on_untilted_grids(
    browser: Browser, tmp_path: Path, tilt: tuple[float, float, float]
) -> None:
    """Resliced onto the other image's grid, and onto the box of the world."""
    folder, shape = tmp_path / "pairs", (40, 40, 30)
    fixed = affine_of("LAS", shape, (1.0, 1.0, 1.5))
    moving = affine_of("PIR", SHAPE, SPACING, tilt=tilt)
    _, on_moving = make_pair(folder, fixed, moving, fixed_shape=shape)
    browser.open(folder)
    for grid in ("fixed", "world"):
        show_only(browser, "moving", grid=grid)
        errors = errors_in_all_planes(browser, on_moving)
        assert max(errors.values()) <= min(SPACING) / 2, (grid, errors)


@pytest.mark.parametrize("tilt", TILTS)
def test_an_oblique_fixed_image_lies_true_on_the_moving_and_the_world_grid(
    browser: Browser, tmp_path: Path, tilt: tuple[float, float, float]
) -> None:
    folder = tmp_path / "pairs"
    fixed = affine_of("LPI", SHAPE, SPACING, tilt=tilt)
    on_fixed, _ = make_pair(folder, fixed, affine_of("ARS", SHAPE, SPACING))
    browser.open(folder)
    for grid in ("moving", "world"):
        show_only(browser, "fixed", grid=grid)
        errors = errors_in_all_planes(browser, on_fixed)
        # one voxel, sampled on a lattice as coarse as its own
        assert max(errors.values()) <= max(SPACING) / 2, (grid, errors)


def test_both_sides_meet_where_the_patient_is_the_same(browser: Browser, tmp_path: Path) -> None:
    """On an oblique fixed grid the canvas is tilted, yet both fiducials must coincide."""
    fixed = affine_of("LPS", SHAPE, SPACING, tilt=(8.0, 5.0, 11.0))
    moving = affine_of("SAL", SHAPE, SPACING, tilt=(0.0, -7.0, 3.0))
    folder = tmp_path / "pairs"
    on_fixed, _ = make_pair(folder, fixed, moving)
    # the moving grid is shifted so that one of its voxel centres is exactly the fixed fiducial
    array, place = fiducial(moving, SHAPE, WORLD)
    moving = moving.copy()
    moving[:3, 3] += on_fixed - place
    write_nifti(folder / "moving_images" / "a.nii.gz", array, moving)
    browser.open(folder)
    for plane in AXES:
        found = []
        for mode in ("fixed", "moving"):
            show_only(browser, mode, plane=plane)
            browser.place(on_fixed)
            found.append(found_pixel(browser.canvas()))
        apart = np.abs(found[0] - found[1]).max() / browser.viewer.scene.camera.zoom
        assert apart <= min(SPACING) / 2, plane


def test_neurological_view_mirrors_left_and_right_only(browser: Browser, tmp_path: Path) -> None:
    affine = affine_of("RAS", SHAPE, SPACING)
    on_fixed, _ = make_pair(tmp_path / "pairs", affine, affine)
    browser.open(tmp_path / "pairs")
    show_only(browser, "fixed")
    browser.place(on_fixed)
    width = browser.viewer.canvas.size[1]
    radiological = found_pixel(browser.canvas())
    show_only(browser, "fixed", radiological=False)
    neurological = found_pixel(browser.canvas())
    assert radiological is not None and neurological is not None
    assert abs(radiological[0] - neurological[0]) < 2
    assert abs((radiological[1] + neurological[1]) - width) < 4
    assert radiological[1] < width / 2 < neurological[1]  # the fiducial is on the patient's right


def test_label_covers_the_voxel_it_names(browser: Browser, tmp_path: Path) -> None:
    """A label on its own oblique grid is drawn over the bright voxel of its image."""
    folder = tmp_path / "pairs"
    fixed = affine_of("RAS", (40, 40, 30), (1.0, 1.0, 1.5))
    moving = affine_of("ASL", SHAPE, SPACING, tilt=(5.0, 9.0, -6.0))
    _, on_moving = make_pair(folder, fixed, moving, fixed_shape=(40, 40, 30))
    label, _ = fiducial(moving, SHAPE, WORLD, value=1, dtype=np.uint8)
    write_nifti(folder / "moving_labels" / "a.nii.gz", label, moving)
    write_nifti(folder / "fixed_labels" / "a.nii.gz", np.zeros((40, 40, 30), np.uint8), fixed)
    browser.open(folder)
    for plane in AXES:
        browser.session.set_options(plane=plane)
        hide_letters(browser)
        for name in ("fixed image", "moving image"):
            browser.viewer.layers[name].visible = False
        browser.place(on_moving)
        found = found_pixel(browser.canvas())
        assert found is not None, plane
        wrong = np.abs(found - expected_pixel(browser, plane, on_moving)).max()
        assert wrong / browser.viewer.scene.camera.zoom <= max(SPACING) / 2, plane


def test_scale_bar_and_axes_count_millimetres(browser: Browser, tmp_path: Path) -> None:
    affine = affine_of("RAS", SHAPE, SPACING)
    make_pair(tmp_path / "pairs", affine, affine)
    browser.open(tmp_path / "pairs")
    units = {str(unit) for layer in browser.viewer.layers for unit in layer.units}
    assert units == {"millimeter"}
    assert browser.viewer.canvas.overlays.scale_bar.visible
    steps = [r.step for r in browser.viewer.dims.range]
    assert steps == pytest.approx(SPACING[::-1])
    assert all(a.units == b.units for a, b in pairwise(browser.viewer.layers))
