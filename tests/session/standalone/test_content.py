"""What is written of a layer: the same values at the same places, judged by nibabel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import save
from napari_medload.geometry.affine import apply, inverse
from napari_medload.session.standalone.content import DrawnLayer, content_of, ras_affine
from napari_medload.session.standalone.files import FileLayer, file_layers
from tests.phantoms import ORIENTATIONS, affine_of, fiducial, noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

SHAPE, SPACING = (14, 12, 10), (1.0, 1.5, 2.0)
WORLD = (2.0, -3.0, 4.0)
TILT = (7.0, -5.0, 11.0)


def on_canvas(layer: FileLayer) -> DrawnLayer:
    """Return a file as it lies on the canvas."""
    axes = 3 + layer.in_time
    matrix = np.eye(axes + 1)
    matrix[-4:-1, -4:-1] = np.diag(layer.display.scale)
    matrix[-4:-1, -1] = layer.display.translate
    known = layer.display.grid.known
    return DrawnLayer(layer.data, matrix, layer.kind == "labels", layer.colours, known, layer)


def written(layer: DrawnLayer, path: Path) -> nib.Nifti1Image:
    content, _note = content_of(layer)
    save(path, content)
    return nib.load(path)


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_an_untouched_file_is_written_as_it_was(tmp_path: Path, stored: str):
    affine = affine_of(stored, SHAPE, SPACING)
    path = write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine)
    (layer,) = file_layers(path)
    found = written(on_canvas(layer), tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(np.asarray(found.dataobj), np.asarray(nib.load(path).dataobj))
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), TILT])
@pytest.mark.parametrize("frames", [(), (3,)])
def test_an_untouched_tilted_or_scaled_file_keeps_grid_and_values(tmp_path: Path, tilt, frames):
    affine = affine_of("PIR", SHAPE, SPACING, tilt=tilt)
    path = write_nifti(tmp_path / "a.nii", noise((*SHAPE, *frames)), affine, slope=0.5)
    (layer,) = file_layers(path)
    found = written(on_canvas(layer), tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(np.squeeze(found.get_fdata()), nib.load(path).get_fdata())
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_a_painted_voxel_is_found_where_it_was_painted(tmp_path: Path, stored: str):
    affine = affine_of(stored, SHAPE, SPACING)
    path = write_nifti(tmp_path / "labels" / "a.nii.gz", np.zeros(SHAPE, np.uint8), affine)
    (layer,) = file_layers(path)
    _, truth = fiducial(affine, SHAPE, WORLD)
    index = np.rint((truth[::-1] - layer.display.translate) / layer.display.scale).astype(int)
    layer.data[tuple(index)] = 4
    found = written(on_canvas(layer), tmp_path / "b.nii.gz")
    voxels = np.argwhere(np.asarray(found.dataobj) == 4)
    assert len(voxels) == 1
    assert apply(found.affine, voxels[0]) == pytest.approx(truth, abs=1e-4)
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)  # labels stay on their grid


def test_painting_on_a_tilted_file_stays_on_its_grid(tmp_path: Path):
    """A ball painted on the canvas, with a hole rubbed into labels that were there."""
    affine = affine_of("LSP", SHAPE, SPACING, centre=WORLD, tilt=TILT)
    array = np.zeros(SHAPE, np.uint8)
    array[:3] = 1
    (layer,) = file_layers(write_nifti(tmp_path / "labels" / "a.nii.gz", array, affine))
    shown = layer.data
    places = np.moveaxis(np.indices(shown.shape), 0, -1) * layer.display.scale
    places = (places + layer.display.translate)[..., ::-1]
    inside = np.linalg.norm(places - WORLD, axis=-1) < 4.0
    shown[np.nonzero(inside)] = 2
    layer_now = on_canvas(layer)
    assert "nearest stored voxels" in content_of(layer_now)[1]
    found = written(layer_now, tmp_path / "b.nii.gz")
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    stored = np.asarray(found.dataobj)
    np.testing.assert_array_equal(stored[:3], array[:3])
    centres = apply(affine, np.moveaxis(np.indices(SHAPE), 0, -1))
    away = np.linalg.norm(centres - WORLD, axis=-1)
    reach = np.linalg.norm(SPACING) / 2
    assert (stored[away < 4.0 - 1e-6] == 2).mean() > 0.97  # no holes
    assert not (stored[away > 4.0 + reach] == 2).any()
    # one stroke, thinner than the file's own voxels, is not lost
    (fresh,) = file_layers(write_nifti(tmp_path / "labels" / "c.nii.gz", array * 0, affine))
    index = np.rint((np.array(WORLD[::-1]) - fresh.display.translate) / fresh.display.scale)
    fresh.data[tuple(index.astype(int))] = 9
    stored = np.asarray(written(on_canvas(fresh), tmp_path / "d.nii.gz").dataobj)
    assert set(np.unique(stored)) == {0, 9}
    here = apply(affine, np.argwhere(stored == 9).mean(axis=0))
    # at most half a voxel of the canvas and half one of the file
    assert np.linalg.norm(here - WORLD) <= (3**0.5 + np.linalg.norm(SPACING)) / 2


def test_what_is_painted_on_a_tilted_file_has_no_holes(tmp_path: Path):
    """Voxels as fine as those of the canvas: not each is the nearest one of a painted one."""
    shape, radius = (24, 24, 24), 8.0
    affine = affine_of("RAS", shape, tilt=(15.0, 20.0, 25.0))
    path = write_nifti(tmp_path / "labels" / "a.nii.gz", np.zeros(shape, np.uint8), affine)
    (layer,) = file_layers(path)
    places = np.moveaxis(np.indices(layer.data.shape), 0, -1) * layer.display.scale
    away = np.linalg.norm(places + layer.display.translate, axis=-1)
    layer.data[np.nonzero(away < radius)] = 1
    stored = np.asarray(written(on_canvas(layer), tmp_path / "b.nii.gz").dataobj)
    centres = apply(affine, np.moveaxis(np.indices(shape), 0, -1))
    assert (stored[np.linalg.norm(centres, axis=-1) < radius - 3**0.5 / 2] == 1).all()


def test_a_layer_that_was_moved_is_written_where_it_is_now(tmp_path: Path):
    affine = affine_of("LPS", SHAPE, SPACING)
    array, truth = fiducial(affine, SHAPE, WORLD)
    (layer,) = file_layers(write_nifti(tmp_path / "a.nii.gz", array, affine))
    drawn = on_canvas(layer)
    moved = drawn.to_canvas.copy()
    moved[:3, 3] += (5.0, -2.0, 1.0)  # S, A, R
    found = written(replace(drawn, to_canvas=moved), tmp_path / "b.nii.gz")
    voxel = np.argwhere(np.asarray(found.dataobj))[0]
    assert apply(found.affine, voxel) == pytest.approx(truth + np.array((1.0, -2.0, 5.0)), abs=1e-4)


def test_any_affine_of_the_canvas_is_kept_with_rotation_and_shear(tmp_path: Path):
    rng = np.random.default_rng(3)
    matrix = np.eye(4)
    matrix[:3, :3] = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    matrix[:3, 3] = rng.normal(size=3) * 20
    data = rng.normal(size=(5, 6, 7)).astype(np.float32)
    found = written(DrawnLayer(data, matrix), tmp_path / "b.nii.gz")
    for index in ((0, 0, 0), (4, 2, 1), (1, 5, 6)):
        canvas = apply(matrix, index)
        voxel = np.rint(apply(inverse(found.affine), canvas[::-1])).astype(int)
        assert apply(found.affine, voxel) == pytest.approx(canvas[::-1], abs=1e-4)
        assert found.dataobj[tuple(voxel)] == data[index]


def test_a_plane_and_a_series_and_colours_have_their_axes(tmp_path: Path):
    plane = noise((6, 7), np.uint8)
    matrix = np.diag((2.0, 3.0, 1.0))
    found = written(DrawnLayer(plane, matrix), tmp_path / "plane.nii")
    assert found.shape == (7, 6, 1)
    assert found.header.get_zooms() == pytest.approx((3.0, 2.0, 1.0))
    series = noise((3, 4, 5, 6))
    content, _ = content_of(DrawnLayer(series, np.diag((1.0, 2.0, 3.0, 4.0, 1.0))))
    np.testing.assert_array_equal(content.array, series.transpose(3, 2, 1, 0))
    assert content.grid.spacing == (4.0, 3.0, 2.0)
    colours = noise((4, 5, 6, 3), np.uint8)
    content, _ = content_of(DrawnLayer(colours, np.eye(4), colours=True))
    np.testing.assert_array_equal(content.array, colours.transpose(2, 1, 0, 3))


def test_what_no_file_can_say_is_refused():
    with pytest.raises(ValueError, match="5 axes"):
        content_of(DrawnLayer(np.zeros((2,) * 5), np.eye(6)))
    turned = np.eye(5)
    turned[0, 2] = 0.5
    with pytest.raises(ValueError, match="first axis and space"):
        ras_affine(DrawnLayer(np.zeros((2,) * 4), turned))


def test_values_are_never_rounded(tmp_path: Path):
    for array in (
        np.array([[[0.1, 1e-7, 3.5e6]]]),
        np.array([[[2**40 + 1, -5, 0]]]),
        np.array([[[0.5, 65504.0, -2.0]]], np.float16),
    ):
        found = written(DrawnLayer(array, np.eye(4)), tmp_path / "a.nii.gz")
        np.testing.assert_array_equal(np.asarray(found.dataobj).T, array)


def test_a_tilted_image_that_became_labels_stays_on_its_grid(tmp_path: Path):
    """Those of whole numbers; what was rounded from fractions is written as it is seen."""
    affine = affine_of("LSP", SHAPE, SPACING, tilt=TILT)
    for name, slope, on_its_grid in (("whole", 1.0, True), ("scaled", 0.25, False)):
        path = write_nifti(tmp_path / f"{name}.nii", noise(SHAPE), affine, slope=slope)
        (layer,) = file_layers(path)
        data = layer.data if on_its_grid else layer.data.astype(np.int64)
        data[5, 6, 7] = 3
        drawn = replace(on_canvas(layer), data=data, is_label=True)
        content, note = content_of(drawn)
        assert note and content.is_label
        assert (content.grid == layer.volume.grid) is on_its_grid
        place = np.array((7, 6, 5))
        there = apply(content.grid.affine, np.argwhere(np.asarray(content.array) == 3)[..., :3])
        canvas = apply(layer.display.grid.affine, place)
        near = np.linalg.norm(there - canvas, axis=-1).min()
        assert near <= (np.linalg.norm(SPACING) / 2 if on_its_grid else 1e-3)
