"""Slices are called by the numbers in their files' names, and missing ones are said to be."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import Placement, Source, read_header
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.session.scene.readout import read_out, slice_text
from napari_medload.session.scene.resident import Resident
from tests.formats.dicom_phantoms import write_series
from tests.loaders.medsegpy.phantoms import SHAPE, scan_image, write_scan
from tests.phantoms import affine_of, noise, write_h5
from tests.session.datasets import resident, scene_of


def slab(walker, folder, *numbers: int):
    """Scene of a scan of which only some slices are there, numbers as in the files' names."""
    write_scan(folder, numbers=numbers, masks=False)
    walker.open(folder)
    return walker.session.scene


def at(scene, k: int, j: float = 0, i: float = 0) -> np.ndarray:
    """Canvas point of slice k of what is drawn."""
    return np.array(scene.display.translate) + np.array(scene.display.scale) * (k, j, i)


def test_the_number_is_that_of_the_file(tmp_path, walker):
    scene = slab(walker, tmp_path, 11, 12, 13, 14, 15)
    assert [slice_text(scene, at(scene, k)) for k in range(5)] == [
        f"slice {number}" for number in (11, 12, 13, 14, 15)
    ]
    assert slice_text(scene, at(scene, -1)) == slice_text(scene, at(scene, 5)) == ""


def test_a_missing_slice_is_no_picture_of_zeros(tmp_path, walker):
    scene = slab(walker, tmp_path, 1, 2, 4, 5, 7)
    said = [slice_text(scene, at(scene, k)) for k in range(7)]
    missing = [f"slice {n} is missing" if n in (3, 6) else f"slice {n}" for n in range(1, 8)]
    assert said == missing
    (layer,) = scene.layers
    drawn = np.asarray(layer.data)
    assert drawn[2].max() == drawn[5].max() <= layer.limits[0]  # black, whatever zero means
    assert "image –" in read_out(scene, at(scene, 2))
    value = scan_image()[-1, -1, 2]  # fourth file, third array; the last voxel is drawn first
    assert f"image {value}" in read_out(scene, at(scene, 3))


def test_across_the_slices_no_number_is_named(tmp_path, walker):
    scene = slab(walker, tmp_path, 3, 4, 5, 6, 7)
    walker.session.set_options(plane="coronal")
    scene = walker.settle()
    assert slice_text(scene, at(scene, 1)) == ""
    walker.session.set_options(plane="axial")
    scene = walker.settle()
    assert slice_text(scene, at(scene, 1)) == "slice 4"


def test_the_plane_of_slices_that_lie_otherwise_in_the_patient(tmp_path):
    """Sagittal slices: the last stored axis runs to the left."""
    placement = Placement("SPL", (1.0, 1.0, 3.0), (0, 0, 9), oriented=True)
    source = Source(write_h5(tmp_path / "a.h5", a=noise(SHAPE)), "a", placement=placement)
    image = Resident(read_volume(source), False, LabelTable())
    for plane, named in (("sagittal", True), ("axial", False), ("coronal", False)):
        scene = scene_of({"image": image}, plane=plane)
        grid = scene.display.grid
        first = np.array([0, 0, 0, 1])  # first slice as stored
        ras = (read_header(source).grid.affine @ first)[:3]
        assert scene.display.contains(ras) and grid.oriented
        text = slice_text(scene, scene.display.to_canvas(ras))
        assert text == ("slice 10" if named else "")


def test_a_missing_slice_of_a_dicom_series_has_the_number_that_its_note_tells(tmp_path, walker):
    array, there = noise((7, 6, 5)), [0, 1, 2, 4, 6]
    write_series(tmp_path, array, affine_of("LPS", (7, 6, 7), (1, 1, 3)), slices=there)
    walker.open(tmp_path)
    scene = walker.session.scene
    said = [slice_text(scene, at(scene, k)) for k in range(7)]
    assert said == [f"slice {k}" if k in there else f"slice {k} is missing" for k in range(7)]
    (note,) = read_header(tmp_path).notes
    assert note.startswith("Slices 3, 5 (counted from 0) are missing")
    assert "image –" in read_out(scene, at(scene, 3))
    assert f"image {array[-1, -1, 3]}" in read_out(scene, at(scene, 4))


def test_volumes_have_no_slice_numbers(tmp_path):
    image = resident(tmp_path / "a.nii", noise(SHAPE), affine_of("RAS", SHAPE))
    scene = scene_of({"image": image})
    assert slice_text(scene, at(scene, 1)) == ""


@pytest.mark.parametrize("distance", [1000.0, 2.0])
def test_a_moving_image_outside_the_grid_is_said_to_be(tmp_path, distance):
    fixed = resident(tmp_path / "f.nii", noise(SHAPE), affine_of("RAS", SHAPE))
    affine = affine_of("RAS", SHAPE, centre=(distance, 0, 0))
    moving = resident(tmp_path / "m.nii", noise(SHAPE), affine)
    scene = scene_of({"fixed_image": fixed, "moving_image": moving})
    assert any("outside this grid" in note for note in scene.notes) is (distance == 1000.0)
