"""Arrays without directions on the canvas: drawn as they are stored, and nothing else is claimed.

Where a block must appear follows from the conventions alone: row 0 of the array on top, column 0
at the left, as a picture of it would show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.formats import Placement, Source
from napari_medload.loaders import Dataset, Sample
from tests.loaders.medsegpy.phantoms import write_scan
from tests.phantoms import affine_of, noise, write_h5, write_nifti
from tests.views.napari.test_canvas import shown_letters, status_at, written
from tests.views.napari.test_canvas_truth import found_pixel, hide_letters
from tests.views.napari.test_overlays import RADIOLOGICAL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser

pytestmark = pytest.mark.canvas

SHAPE = (24, 16, 10)
SPACING = (1.5, 2.0, 4.0)
LENGTHS, NOTHING = Placement("PLS", SPACING), Placement("PLS")
BLOCK = (slice(0, 4), slice(0, 3))  # first rows, first columns

unoriented = pytest.mark.parametrize("placement", [LENGTHS, NOTHING], ids=["lengths", "nothing"])


def show(browser: Browser, folder: Path, array: np.ndarray, *placements: Placement | None) -> None:
    """Browse one array, once for each placement."""
    path = write_h5(folder / "a.h5", a=array)
    samples = tuple(
        Sample(f"s{n}", {"image": Source(path, "a", placement=placement)})
        for n, placement in enumerate(placements)
    )
    browser.session.show(Dataset(folder, "list", samples, "none"))
    browser.wait_open()
    browser.settle()


def with_block() -> np.ndarray:
    array = np.zeros(SHAPE, np.int16)
    array[BLOCK] = 1000
    return array


def picture_of_block(browser: Browser) -> np.ndarray:
    """Middle of the block on the screen, in pixels from the middle of the canvas."""
    hide_letters(browser)
    found = found_pixel(browser.canvas())
    assert found is not None
    return found - np.array(browser.viewer.canvas.size) / 2


@unoriented
def test_row_0_is_on_top_and_column_0_at_the_left_whatever_is_chosen(
    browser: Browser, tmp_path: Path, placement: Placement
):
    show(browser, tmp_path, with_block(), placement)
    zoom = browser.viewer.scene.camera.zoom
    step = placement.spacing or (1.0, 1.0, 1.0)
    expected = [  # from the middle of the array to the middle of the block
        (1.5 - (SHAPE[0] - 1) / 2) * step[0] * zoom,
        (1.0 - (SHAPE[1] - 1) / 2) * step[1] * zoom,
    ]
    for radiological in (True, False, True):
        browser.session.set_options(radiological=radiological)
        browser.settle()
        assert picture_of_block(browser) == pytest.approx(expected, abs=3), radiological


@unoriented
def test_it_is_not_turned_either_where_neurological_was_chosen_before(
    browser: Browser, tmp_path: Path, placement: Placement, pairs: Path
):
    """The choice holds for patients, and comes back with them."""
    browser.open(pairs)
    browser.session.set_options(radiological=False)
    left, right, top, bottom = RADIOLOGICAL["axial"]
    show(browser, tmp_path, with_block(), placement)
    down, across = picture_of_block(browser)
    assert down < 0 and across < 0
    browser.open(pairs)
    assert shown_letters(browser) == (right, left, top, bottom)
    assert tuple(browser.viewer.scene.camera.orientation) == ("towards", "up", "right")


@unoriented
def test_no_direction_is_named_in_any_plane(
    browser: Browser, tmp_path: Path, placement: Placement, pairs: Path
):
    browser.open(pairs)
    assert shown_letters(browser) is not None
    show(browser, tmp_path, noise(SHAPE), placement)
    for plane in ("axial", "coronal", "sagittal"):
        for radiological in (True, False):
            browser.session.set_options(plane=plane, radiological=radiological)
            browser.settle()
            assert shown_letters(browser) is None, (plane, radiological)
    assert all(tuple(layer.axis_labels) == ("k", "j", "i") for layer in browser.viewer.layers)


@pytest.mark.parametrize(
    ("placement", "unit", "note"),
    [
        (LENGTHS, "millimeter", "directions unknown"),
        (NOTHING, "pixel", "no geometry in the file"),
    ],
    ids=["lengths", "nothing"],
)
def test_the_scale_bar_counts_what_is_known(
    browser: Browser, tmp_path: Path, placement: Placement, unit: str, note: str
):
    show(browser, tmp_path, noise(SHAPE), placement)
    viewer = browser.viewer
    assert {str(u) for layer in viewer.layers for u in layer.units} == {unit}
    assert viewer.canvas.overlays.scale_bar.visible
    rows, columns, slices = placement.spacing or (1, 1, 1)
    assert [r.step for r in viewer.dims.range] == pytest.approx([slices, rows, columns])
    assert note in written(browser)


@unoriented
def test_the_status_bar_names_the_stored_voxel_and_its_value(
    browser: Browser, tmp_path: Path, placement: Placement
):
    array = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    show(browser, tmp_path, array, placement)
    affine = placement.grid(SHAPE).affine
    for voxel in ((0, 0, 0), (23, 15, 9), (4, 11, 7), (20, 2, 1)):
        status = status_at(browser, (affine @ (*voxel, 1))[:3])
        assert status.startswith(f"voxel {voxel[0]}, {voxel[1]}, {voxel[2]} ("), status
        assert status.split("image ")[1] == f"{array[voxel]:g}"
        assert " mm" not in status and not any(f"{letter} " in status for letter in "RAS")


def test_a_walk_over_all_three_kinds_shows_each_as_it_is(browser: Browser, tmp_path: Path):
    """Layers of one viewer must agree in their units; what is drawn must not be of the last."""
    true = Placement("PLS", SPACING, oriented=True)
    show(browser, tmp_path, with_block(), true, LENGTHS, NOTHING, true)
    browser.session.set_options(radiological=False)
    browser.settle()
    seen = []
    for sample in (0, 1, 2, 3, 1):
        browser.select(sample)
        letters = shown_letters(browser)
        (layer,) = browser.viewer.layers
        across = picture_of_block(browser)[1]
        seen.append((str(layer.units[0]), letters is not None, across < 0))
    patient = ("millimeter", True, False)  # its right, where row 0 begins, is on the right
    assert seen == [
        patient,
        ("millimeter", False, True),
        ("pixel", False, True),
        patient,
        ("millimeter", False, True),
    ]


def test_the_geometry_panel_claims_no_directions(browser: Browser, tmp_path: Path):
    show(browser, tmp_path, noise(SHAPE), LENGTHS)
    facts = browser.session.facts
    assert (facts.spacing, facts.orientation) == ("1.5×2×4", "unknown")
    assert browser.session.rows.text(0, "orientation") == "unknown"
    assert browser.session.rows.facts[0].problems == ()


def test_a_pair_of_which_one_side_has_a_geometry_names_the_voxel_that_is_drawn(
    browser: Browser, tmp_path: Path
):
    """On the moving grid, which has none, indices are those of the lowest image as stored."""
    array = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    path = write_nifti(tmp_path / "f.nii", array, affine_of("LPS", SHAPE, SPACING))
    moving = Source(write_h5(tmp_path / "m.h5", a=array + 5), "a")
    sample = Sample("a", {"fixed_image": Source(path), "moving_image": moving})
    browser.session.show(Dataset(tmp_path, "list", (sample,), "none"))
    browser.wait_open()
    browser.session.set_options(grid="moving")
    browser.settle()
    status = status_at(browser, (4, 3, 2))
    assert status.startswith("voxel 4, 3, 2 (no geometry)")
    assert f"fixed image {array[4, 3, 2]:g}" in status
    assert f"moving image {array[4, 3, 2] + 5:g}" in status


def test_an_augmentation_and_its_origin_are_seen_in_two_colours(browser: Browser, tmp_path: Path):
    """Green where only the augmentation is bright, magenta where only its origin is."""
    origin, augmented = np.zeros(SHAPE, np.int16), np.zeros(SHAPE, np.int16)
    origin[:4, :3], augmented[-4:, -3:] = 1000, 1000
    place = Placement("PLS")
    sample = Sample(
        "a-Aug01",
        {
            "image": Source(write_h5(tmp_path / "a.h5", a=augmented), "a", placement=place),
            "origin_image": Source(write_h5(tmp_path / "o.h5", a=origin), "a", placement=place),
        },
    )
    browser.session.show(Dataset(tmp_path, "list", (sample,), "none"))
    browser.wait_open()
    browser.session.set_options(mode="two-colour")
    browser.settle()
    hide_letters(browser)
    picture = browser.canvas()[..., :3].astype(int)
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
    upper_left, lower_right = picture[:rows, :columns], picture[rows:, columns:]
    magenta, green = (np.abs(upper_left - (255, 0, 255)), np.abs(lower_right - (0, 255, 0)))
    assert (magenta.max(axis=2) < 40).mean() > 0.005
    assert (green.max(axis=2) < 40).mean() > 0.005
    assert (np.abs(upper_left - (0, 255, 0)).max(axis=2) < 40).mean() == 0


def test_a_missing_slice_is_named_on_the_canvas(browser: Browser, tmp_path: Path):
    write_scan(tmp_path, numbers=(1, 2, 4, 5, 6), masks=False)
    browser.open(tmp_path)
    scene, viewer = browser.session.scene, browser.viewer
    for k, said in ((1, "slice 2"), (2, "slice 3 is missing"), (3, "slice 4")):
        viewer.dims.set_point(0, scene.display.translate[0] + k * scene.display.scale[0])
        assert written(browser).endswith(f" {said}")
    browser.session.set_options(plane="coronal")
    browser.settle()
    assert "slice" not in written(browser)
