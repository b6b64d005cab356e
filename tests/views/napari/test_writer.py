"""Layers saved through napari: the same values at the same millimetres, judged by nibabel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from napari_medload.views.napari import menu
from napari_medload.views.napari.writer import NotWritableError
from tests.phantoms import affine_of, fiducial, noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    import napari

PLUGIN = "napari-medload"
SHAPE, SPACING = (22, 18, 16), (1.5, 2.0, 2.5)
WORLD = (6.0, -5.0, 7.5)


@pytest.fixture
def viewer(make_napari_viewer: Any) -> napari.Viewer:
    return make_napari_viewer()


def places(path: Path, value: int) -> np.ndarray:
    """World places, R A S, of the voxels that have a value."""
    image = nib.load(path)
    return nib.affines.apply_affine(image.affine, np.argwhere(np.asarray(image.dataobj) == value))


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), (8.0, -6.0, 12.0)])
def test_a_stroke_of_the_brush_is_found_where_it_was_made(viewer, tmp_path: Path, tilt: Any):
    affine = affine_of("PIR", SHAPE, SPACING, tilt=tilt)
    path = write_nifti(tmp_path / "labels" / "a.nii.gz", np.zeros(SHAPE, np.uint8), affine)
    (layer,) = viewer.open(str(path), plugin=PLUGIN)
    layer.brush_size = 1
    index = [round(part) for part in layer.world_to_data(WORLD[::-1])]
    painted = np.array(layer.data_to_world(index))[::-1]
    layer.paint(index, 3)
    assert layer.data[tuple(index)] == 3
    assert viewer.layers.save(str(tmp_path / "out.nii.gz"), plugin=PLUGIN)
    found = places(tmp_path / "out.nii.gz", 3)
    assert len(found) >= 1
    limit = 1e-4 if not any(tilt) else np.linalg.norm(SPACING) / 2
    assert np.linalg.norm(found - painted, axis=1).max() <= limit
    saved = nib.load(tmp_path / "out.nii.gz")
    np.testing.assert_allclose(saved.affine, affine, atol=1e-5)
    assert saved.shape == SHAPE and int(saved.header["intent_code"]) == 1002
    layer.undo()
    viewer.layers.save(str(tmp_path / "undone.nii.gz"), plugin=PLUGIN)
    assert not np.asarray(nib.load(tmp_path / "undone.nii.gz").dataobj).any()


def test_a_new_layer_on_the_canvas_of_a_file_lie_over_it(viewer, tmp_path: Path):
    """The button for new labels makes them on the canvas, with its scale and place."""
    affine = affine_of("LSA", SHAPE, SPACING, tilt=(0.0, 10.0, 0.0))
    array, truth = fiducial(affine, SHAPE, WORLD)
    viewer.open(str(write_nifti(tmp_path / "a.nii.gz", array, affine)), plugin=PLUGIN)
    viewer._new_labels()
    (layer,) = (one for one in viewer.layers if type(one).__name__ == "Labels")
    index = tuple(np.rint(layer.world_to_data(truth[::-1])).astype(int))
    layer.data_setitem(tuple(np.array([i]) for i in index), 2)
    viewer.layers.selection = {layer}
    viewer.layers.save(str(tmp_path / "new.nii.gz"), selected=True, plugin=PLUGIN)
    (found,) = places(tmp_path / "new.nii.gz", 2)
    assert np.abs(found - truth).max() <= 0.5 * max(layer.scale)


@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")  # napari warns while it draws
def test_transforms_and_units_of_any_layer_are_kept(viewer, tmp_path: Path):
    data = np.zeros((6, 7, 8), np.uint16)
    data[1, 2, 3] = 500
    layer = viewer.add_image(
        data, scale=(3, 2, 1), translate=(10, 20, 30), rotate=(10, 20, 30), shear=(0.1, 0.0, 0.2),
        affine=np.array([[1, 0, 0, 5], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]]), units="mm",
    )  # fmt: skip
    expected = np.array(layer.data_to_world((1, 2, 3)))[::-1]
    layer.save(str(tmp_path / "a.nii.gz"), plugin=PLUGIN)
    (found,) = places(tmp_path / "a.nii.gz", 500)
    assert found == pytest.approx(expected, abs=1e-4)
    layer.units = "um"
    layer.save(str(tmp_path / "b.nii.gz"), plugin=PLUGIN)
    (found,) = places(tmp_path / "b.nii.gz", 500)
    assert found == pytest.approx(expected / 1000, abs=1e-6)


def test_a_scale_without_units_is_taken_at_its_word(viewer, tmp_path: Path):
    layer = viewer.add_image(noise((4, 5, 6)), scale=(3, 2, 1))
    layer.save(str(tmp_path / "a.nii"), plugin=PLUGIN)
    assert nib.load(tmp_path / "a.nii").header.get_zooms() == (1, 2, 3)


def test_what_a_format_cannot_hold_is_told_and_nothing_is_left(viewer, tmp_path: Path):
    layer = viewer.add_image(np.zeros((2, 2, 3, 4, 5)))
    with pytest.raises(NotWritableError, match="5 axes"):
        layer.save(str(tmp_path / "a.nii.gz"), plugin=PLUGIN)
    assert not list(tmp_path.iterdir())


def test_a_series_comes_back_as_a_series(viewer, tmp_path: Path):
    affine = affine_of("LPS", SHAPE, SPACING)
    array = noise((*SHAPE, 3))
    (layer,) = viewer.open(str(write_nifti(tmp_path / "a.nii.gz", array, affine)), plugin=PLUGIN)
    layer.save(str(tmp_path / "b.nii.gz"), plugin=PLUGIN)
    found = nib.load(tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(np.asarray(found.dataobj), array)
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)


TILT = (8.0, -6.0, 12.0)


def opened(viewer: napari.Viewer, path: Path, affine: np.ndarray, *frames: int) -> Any:
    """Open a new scan, and return its layer."""
    return viewer.open(str(write_nifti(path, noise((*SHAPE, *frames)), affine)), plugin=PLUGIN)[0]


def new_labels(viewer: napari.Viewer) -> Any:
    """Press the button for new labels."""
    before = set(viewer.layers)
    viewer._new_labels()
    (made,) = set(viewer.layers) - before
    return made


def paint(layer: Any, value: int) -> np.ndarray:
    """Paint one voxel of the canvas, in all frames; its place, R A S."""
    index = tuple(np.rint(layer.world_to_data((0,) * (layer.ndim - 3) + WORLD[::-1])).astype(int))
    for frame in range(layer.data.shape[0] if layer.ndim > 3 else 1):
        spot = (frame, *index[1:]) if layer.ndim > 3 else index
        layer.data_setitem(tuple(np.array([part]) for part in spot), value)
    return np.array(layer.data_to_world(index))[-1:-4:-1]


def saved(layer: Any, path: Path) -> tuple[Any, str]:
    """Save as napari does, and return the file and what a person was told."""
    notification_manager.records.clear()
    layer.save(str(path), plugin=PLUGIN)
    told = " ".join(record.message for record in notification_manager.records)
    return nib.load(path), told


@pytest.mark.parametrize(
    ("stored", "tilt", "frames"),
    [
        ("PSR", (0.0, 0.0, 0.0), ()),
        ("LPI", (0.0, 0.0, 0.0), ()),
        ("RAS", TILT, ()),
        ("PSR", TILT, ()),
        ("LAS", (0.0, 0.0, 0.0), (3,)),
        ("PIR", TILT, (3,)),
    ],
    ids=["permuted", "flipped", "oblique", "permuted and oblique", "4D", "4D and oblique"],
)
def test_new_labels_over_an_image_can_be_stacked_with_it(
    viewer, tmp_path: Path, stored: str, tilt: Any, frames: Any
):
    affine = affine_of(stored, SHAPE, SPACING, tilt=tilt)
    opened(viewer, tmp_path / "scan.nii.gz", affine, *frames)
    layer = new_labels(viewer)
    painted = paint(layer, 3)
    truth = nib.load(tmp_path / "scan.nii.gz")
    found, told = saved(layer, tmp_path / "out.nii.gz")
    assert found.shape == truth.shape[:3]
    np.testing.assert_allclose(found.affine, truth.affine, atol=1e-5)
    assert int(found.header["intent_code"]) == 1002
    assert "saved on the grid of scan" in told
    here = places(tmp_path / "out.nii.gz", 3)
    assert len(here) >= 1
    limit = np.linalg.norm(SPACING) / 2 if any(tilt) else 1e-4
    assert np.linalg.norm(here - painted, axis=1).max() <= limit
    # the entry of the menu writes the same
    menu.save_as(layer, str(tmp_path / "menu.nii.gz"))
    again = nib.load(tmp_path / "menu.nii.gz")
    np.testing.assert_array_equal(np.asarray(again.dataobj), np.asarray(found.dataobj))
    np.testing.assert_array_equal(again.affine, found.affine)


def test_new_labels_over_one_of_two_images_go_onto_its_grid(viewer, tmp_path: Path):
    first = affine_of("PSR", SHAPE, SPACING)
    second = affine_of("LIP", SHAPE, (2.0, 2.0, 2.0), centre=(3.0, 2.0, 1.0))
    layers = [
        opened(viewer, tmp_path / "first.nii.gz", first),
        opened(viewer, tmp_path / "second.nii.gz", second),
    ]
    for layer, affine in zip(layers, (first, second), strict=True):
        viewer.layers.selection = {layer}
        made = new_labels(viewer)
        painted = paint(made, 2)
        found, told = saved(made, tmp_path / "out.nii.gz")
        assert f"saved on the grid of {layer.name}" in told
        assert found.shape == SHAPE
        np.testing.assert_allclose(found.affine, affine, atol=1e-5)
        np.testing.assert_allclose(places(tmp_path / "out.nii.gz", 2), [painted], atol=1e-4)
    # made over both: on no file's grid, and where it was painted all the same
    viewer.layers.selection = set(layers)
    made = new_labels(viewer)
    painted = paint(made, 2)
    found, told = saved(made, tmp_path / "out.nii.gz")
    assert "grid of no file" in told
    np.testing.assert_allclose(places(tmp_path / "out.nii.gz", 2), [painted], atol=1e-4)


def test_labels_are_not_put_onto_the_grid_of_a_file_that_was_moved(viewer, tmp_path: Path):
    scan = opened(viewer, tmp_path / "scan.nii.gz", affine_of("PSR", SHAPE, SPACING))
    layer = new_labels(viewer)
    scan.translate = np.array(scan.translate) + 5
    painted = paint(layer, 2)
    _found, told = saved(layer, tmp_path / "out.nii.gz")
    assert "grid of scan" not in told
    np.testing.assert_allclose(places(tmp_path / "out.nii.gz", 2), [painted], atol=1e-4)
