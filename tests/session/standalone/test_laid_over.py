"""What is drawn over a file is written on the file's own grid, judged by nibabel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import save
from napari_medload.geometry.affine import apply
from napari_medload.session.standalone.content import DrawnLayer
from napari_medload.session.standalone.files import FileLayer, file_layers
from napari_medload.session.standalone.laid_over import content_over
from tests.phantoms import ORIENTATIONS, affine_of, noise, write_h5, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

SHAPE, SPACING = (14, 12, 10), (1.0, 1.5, 2.0)
WORLD = (2.0, -3.0, 4.0)
TILT = (7.0, -5.0, 11.0)


def scan(path: Path, affine: np.ndarray, shape: tuple[int, ...] = SHAPE) -> FileLayer:
    (layer,) = file_layers(write_nifti(path, noise(shape), affine))
    assert layer.kind == "image"
    return layer


def canvas_of(file: FileLayer, axes: int = 3) -> np.ndarray:
    """Place of what is made on the canvas of a file."""
    matrix = np.eye(axes + 1)
    matrix[-4:-1, -4:-1] = np.diag(file.display.scale)
    matrix[-4:-1, -1] = file.display.translate
    return matrix


def over(file: FileLayer, frames: tuple[int, ...] = ()) -> DrawnLayer:
    """Empty labels on the canvas of a file."""
    k, j, i = file.display.grid.shape[::-1]
    data = np.zeros((*frames, k, j, i), np.int32)
    return DrawnLayer(data, canvas_of(file, data.ndim), is_label=True)


def spot(layer: DrawnLayer, world: Any = WORLD) -> tuple[tuple[int, ...], np.ndarray]:
    """Voxel of a layer nearest to a place, and the place of its centre, R A S."""
    matrix = layer.to_canvas[-4:]
    step, start = np.diag(matrix[:3, -4:-1]), matrix[:3, -1]
    index = np.rint((np.array(world[::-1]) - start) / step).astype(int)
    return tuple(index.tolist()), (index * step + start)[::-1]


def written(layer: DrawnLayer, path: Path, *files: FileLayer) -> tuple[Any, str]:
    content, note = content_over(layer, files)
    assert content.is_label is layer.is_label
    save(path, content)
    return nib.load(path), note


def places(image: Any, value: int) -> np.ndarray:
    return apply(image.affine, np.argwhere(np.asarray(image.dataobj) == value)[:, :3])


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_labels_painted_over_an_image_lie_on_its_grid(tmp_path: Path, stored: str):
    affine = affine_of(stored, SHAPE, SPACING)
    file = scan(tmp_path / "scan.nii", affine)
    layer = over(file)
    index, truth = spot(layer)
    layer.data[index] = 7
    found, note = written(layer, tmp_path / "out.nii", file)
    assert note == "saved on the grid of scan"
    assert found.shape == SHAPE and found.get_data_dtype() == np.int32
    assert int(found.header["intent_code"]) == 1002
    np.testing.assert_allclose(found.affine, nib.load(tmp_path / "scan.nii").affine, atol=1e-6)
    np.testing.assert_allclose(places(found, 7), [truth], atol=1e-4)


@pytest.mark.parametrize("stored", ["RAS", "PSR", "LIP"])
def test_labels_painted_over_a_tilted_image_lie_on_its_grid(tmp_path: Path, stored: str):
    affine = affine_of(stored, SHAPE, SPACING, centre=WORLD, tilt=TILT)
    file = scan(tmp_path / "scan.nii", affine)
    layer = over(file)
    grid = np.moveaxis(np.indices(layer.data.shape), 0, -1) * file.display.scale
    away = np.linalg.norm((grid + file.display.translate)[..., ::-1] - WORLD, axis=-1)
    layer.data[away < 4.0] = 2
    found, note = written(layer, tmp_path / "out.nii", file)
    assert "saved on the grid of scan" in note and "nearest stored voxels" in note
    assert found.shape == SHAPE
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    stored_away = np.linalg.norm(
        apply(affine, np.moveaxis(np.indices(SHAPE), 0, -1)) - WORLD, axis=-1
    )
    values, reach = np.asarray(found.dataobj), np.linalg.norm(SPACING) / 2
    assert (values[stored_away < 4.0 - 3**0.5 / 2] == 2).all()
    assert not values[stored_away > 4.0 + reach].any()  # and none of the image's own values
    assert "left out" not in note
    layer.data[0, 0, 0] = 3  # a corner of the canvas, where the file has no voxels
    found, note = written(layer, tmp_path / "out.nii", file)
    assert "1 painted voxels of the canvas that lie beyond it are left out" in note
    np.testing.assert_array_equal(np.asarray(found.dataobj), values)


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), TILT])
def test_over_a_series_labels_have_frames_only_where_these_differ(tmp_path: Path, tilt: Any):
    affine = affine_of("PIR", SHAPE, SPACING, tilt=tilt)
    file = scan(tmp_path / "scan.nii", affine, (*SHAPE, 3))
    limit = np.linalg.norm(SPACING) / 2 if any(tilt) else 1e-4
    layer = over(file, (3,))
    index, truth = spot(layer)
    layer.data[:, *index] = 5
    found, note = written(layer, tmp_path / "equal.nii", file)
    assert "grid of scan" in note and "all 3 frames" in note
    assert found.shape == SHAPE
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    assert np.linalg.norm(places(found, 5) - truth, axis=1).max() <= limit
    layer.data[1, *index] = 6
    content, note = content_over(layer, [file])
    assert "with 3 frames" in note
    assert content.array.shape == (*SHAPE, 3)
    np.testing.assert_allclose(content.grid.affine, affine, atol=1e-5)
    for frame, value in enumerate((5, 6, 5)):
        values = content.array[..., frame]
        assert set(np.unique(values)) == {0, value}
        here = apply(affine, np.argwhere(values))
        assert np.linalg.norm(here - truth, axis=1).max() <= limit
    single = over(file)  # labels without time over a series
    single.data[index] = 5
    found, _ = written(single, tmp_path / "single.nii", file)
    assert found.shape == SHAPE and len(places(found, 5)) >= 1


def test_the_image_is_chosen_on_whose_canvas_the_labels_lie(tmp_path: Path):
    first = scan(tmp_path / "first.nii", affine_of("PSR", SHAPE, SPACING))
    second = scan(tmp_path / "second.nii", affine_of("LIP", SHAPE, (2.0, 2.0, 2.0), WORLD))
    for file in (first, second):
        layer = over(file)
        index, truth = spot(layer)
        layer.data[index] = 1
        found, note = written(layer, tmp_path / "out.nii", first, second)
        assert note == f"saved on the grid of {file.name}"
        assert found.shape == SHAPE
        np.testing.assert_allclose(found.affine, file.volume.grid.affine, atol=1e-5)
        np.testing.assert_allclose(places(found, 1), [truth], atol=1e-4)


def test_files_that_look_alike_and_are_stored_differently_are_not_guessed(tmp_path: Path):
    first = scan(tmp_path / "first.nii", affine_of("LAS", SHAPE, SPACING))
    second = scan(tmp_path / "second.nii", affine_of("RAS", SHAPE, SPACING))
    layer = over(first)
    index, truth = spot(layer)
    layer.data[index] = 1
    found, note = written(layer, tmp_path / "out.nii", first, second)
    assert "grid of the canvas" in note and "(first, second)" in note
    np.testing.assert_allclose(places(found, 1), [truth], atol=1e-4)


def test_a_file_without_geometry_is_not_one_grid_with_a_file_in_millimetres(tmp_path: Path):
    (bare,) = file_layers(write_h5(tmp_path / "bare.h5", image=noise(SHAPE)))
    placed = scan(tmp_path / "placed.nii", bare.volume.grid.affine)
    content, note = content_over(over(bare), [bare, placed])
    assert "grid of the canvas" in note and "placed" in note
    assert content.array.shape == bare.display.grid.shape


def test_axes_that_are_swapped_on_the_canvas_are_not_taken_for_the_files(tmp_path: Path):
    cube = (8, 8, 8)
    file = scan(tmp_path / "scan.nii", affine_of("RAS", cube), cube)
    layer = over(file)
    matrix = layer.to_canvas[:, [1, 0, 2, 3]]
    layer.data[1, 2, 3] = 4
    found, note = written(DrawnLayer(layer.data, matrix, True), tmp_path / "out.nii", file)
    assert "grid of no file" in note
    np.testing.assert_allclose(places(found, 4), [apply(matrix, (1, 2, 3))[::-1]], atol=1e-4)


def test_an_image_and_its_own_labels_are_one_grid(tmp_path: Path):
    """Headers round; the new labels are those of the image, also where its labels come first."""
    affine = affine_of("PSR", SHAPE, SPACING)
    image = scan(tmp_path / "scan.nii", affine)
    rounded = affine.copy()
    rounded[:3, 3] += 1e-5
    path = write_nifti(tmp_path / "labels" / "old.nii", np.zeros(SHAPE, np.uint8), rounded)
    (labels,) = file_layers(path)
    assert labels.kind == "labels"
    found, note = written(over(image), tmp_path / "out.nii", labels, image)
    assert note == "saved on the grid of scan"
    np.testing.assert_array_equal(found.affine, nib.load(tmp_path / "scan.nii").affine)


def larger(file: FileLayer) -> DrawnLayer:
    """Labels on the voxels of a file's canvas that reach beyond it on all sides."""
    matrix = canvas_of(file)
    matrix[:3, 3] -= np.multiply(file.display.scale, (2, 3, 4))
    shape = np.add(file.display.grid.shape[::-1], (5, 5, 5))
    return DrawnLayer(np.zeros(shape, np.uint8), matrix, is_label=True)


@pytest.mark.parametrize("tilt", [(0.0, 0.0, 0.0), TILT])
def test_labels_that_cover_more_are_cut_where_nothing_is_lost(tmp_path: Path, tilt: Any):
    """As napari makes them where several images are selected."""
    affine = affine_of("PSR", SHAPE, SPACING, tilt=tilt)
    file = scan(tmp_path / "scan.nii", affine)
    other = scan(tmp_path / "other.nii", affine_of("LIP", SHAPE, (2.3, 2.3, 2.3), WORLD))
    layer = larger(file)
    index, truth = spot(layer)
    layer.data[index] = 9
    found, note = written(layer, tmp_path / "out.nii", other, file)
    assert note.startswith("saved on the grid of scan")
    assert found.shape == SHAPE
    np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    limit = np.linalg.norm(SPACING) / 2 if any(tilt) else 1e-4
    assert np.linalg.norm(places(found, 9) - truth, axis=1).max() <= limit
    layer.data[0, 0, 0] = 8  # beyond the file
    found, note = written(layer, tmp_path / "out.nii", other, file)
    assert "grid of no file" in note and "this image alone is selected" in note
    assert found.shape == layer.data.shape[::-1]
    np.testing.assert_allclose(places(found, 9), [truth], atol=1e-4)
    assert len(places(found, 8)) == 1


def test_a_file_that_is_covered_exactly_comes_before_a_part_of_it(tmp_path: Path):
    affine = affine_of("LPS", SHAPE, SPACING)
    whole = scan(tmp_path / "whole.nii", affine)
    inner = affine.copy()
    inner[:3, 3] = apply(affine, (2, 2, 2))
    part = scan(tmp_path / "part.nii", inner, tuple(size - 4 for size in SHAPE))
    layer = over(whole)
    layer.data[spot(layer)[0]] = 1
    found, note = written(layer, tmp_path / "out.nii", part, whole)
    assert note == "saved on the grid of whole" and found.shape == SHAPE


@pytest.mark.parametrize("change", ["half a voxel", "coarser", "cut", "turned"])
def test_labels_on_another_lattice_are_written_where_they_lie(tmp_path: Path, change: str):
    file = scan(tmp_path / "scan.nii", affine_of("PSR", SHAPE, SPACING))
    layer = over(file)
    data, matrix = layer.data, layer.to_canvas.copy()
    if change == "half a voxel":
        matrix[2, 3] += 0.5 * file.display.scale[2]
    elif change == "coarser":
        matrix[0, 0] *= 1.1
    elif change == "cut":
        data = data[1:]
    else:
        matrix[:3, 3] += matrix[:3, 2] * (data.shape[2] - 1)
        matrix[:3, 2] *= -1
    data[3, 4, 5] = 2
    found, note = written(DrawnLayer(data, matrix, True), tmp_path / "out.nii", file)
    assert "grid of no file" in note
    assert found.shape == data.shape[::-1]
    truth = apply(matrix, (3, 4, 5))[::-1]
    np.testing.assert_allclose(places(found, 2), [truth], atol=1e-4)


@pytest.mark.parametrize(("tilt", "on_its_grid"), [((0.0, 0.0, 0.0), True), (TILT, False)])
def test_an_image_made_from_an_image_is_never_interpolated(tmp_path: Path, tilt, on_its_grid):
    affine = affine_of("LSP", SHAPE, SPACING, tilt=tilt)
    file = scan(tmp_path / "scan.nii", affine)
    data = np.asarray(file.data) * np.float32(0.5)
    layer = DrawnLayer(data, canvas_of(file))
    found, note = written(layer, tmp_path / "out.nii", file)
    assert int(found.header["intent_code"]) == 0
    if on_its_grid:
        assert note == "saved on the grid of scan"
        half = np.asarray(nib.load(tmp_path / "scan.nii").dataobj) * np.float32(0.5)
        np.testing.assert_array_equal(np.asarray(found.dataobj), half)
        np.testing.assert_allclose(found.affine, affine, atol=1e-5)
    else:
        assert "grid of the canvas" in note and "tilted" in note
        np.testing.assert_array_equal(np.asarray(found.dataobj).T, data)


def test_over_a_file_without_geometry_none_is_invented(tmp_path: Path):
    (file,) = file_layers(write_h5(tmp_path / "a.h5", image=noise(SHAPE)))
    layer = over(file)
    index = tuple(size // 3 for size in layer.data.shape)
    layer.data[index] = 3
    content, note = content_over(layer, [file])
    assert note == f"saved on the grid of {file.name}"
    assert content.grid == file.volume.grid and not content.grid.known
    marked = np.array(file.data)
    assert file.volume.array[..., 0][content.array == 3].tolist() == [marked[index]]


def test_without_files_nothing_is_said(tmp_path: Path):
    file = scan(tmp_path / "scan.nii", affine_of("PSR", SHAPE, SPACING))
    layer = over(file)
    found, note = written(layer, tmp_path / "out.nii")
    assert not note and found.shape == layer.data.shape[::-1]
