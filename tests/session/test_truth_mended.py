"""What is drawn and said in the awkward cases: mixed geometry, huge labels, scaled air."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable, read_label_table
from napari_medload.loaders import Sample, open_dataset
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.readout import read_out
from napari_medload.session.scene.resident import Resident
from napari_medload.session.scene.resolving import build_scene
from tests.phantoms import ORIENTATIONS, affine_of, write_h5, write_nifti

SHAPE = (6, 7, 8)


def resident_of(path, is_label=False, table=None):
    return Resident(read_volume(Source(path)), is_label, table or LabelTable())


def scene_of(residents, **options):
    sample = Sample("s", {role: r.header.source for role, r in residents.items()})
    return build_scene(sample, residents, ViewOptions(**options), {})


@pytest.mark.parametrize("stored", ORIENTATIONS)
def test_a_file_without_geometry_is_numbered_like_its_image(tmp_path, stored):
    array = np.zeros(SHAPE, np.uint8)
    array[1, 2, 3] = 1
    affine = affine_of(stored, SHAPE, (1.0, 2.0, 3.0))
    image = resident_of(write_nifti(tmp_path / "a.nii", array, affine))
    label = resident_of(write_h5(tmp_path / "a.h5", a=array), is_label=True)
    scene = scene_of({"fixed_image": image, "fixed_label": label})
    drawn = [np.argwhere(np.asarray(layer.data)).tolist() for layer in scene.layers]
    assert len(drawn[0]) == 1 and drawn[0] == drawn[1]


def test_huge_label_values_are_drawn_as_small_codes_and_named_truly(tmp_path):
    array = np.zeros(SHAPE, np.int32)
    array[1, 1, 1], array[2, 2, 2] = 7, 100_000
    path = write_nifti(tmp_path / "l.nii.gz", array, np.eye(4))
    names = LabelTable.from_names({100_000: "left kidney"})
    scene = scene_of({"label": resident_of(path, True, names)})
    (layer,) = scene.layers
    assert layer.data.dtype.itemsize <= 2 and max(layer.values) <= 65535
    assert "label 100000: left kidney" in read_out(scene, (2.0, 2.0, 2.0))
    assert "label 7" in read_out(scene, (1.0, 1.0, 1.0))


def test_labels_of_every_frame_are_coloured(tmp_path):
    array = np.zeros((*SHAPE, 2), np.uint8)
    array[0, 0, 0, 0], array[0, 0, 0, 1] = 2, 3
    assert resident_of(write_nifti(tmp_path / "l.nii", array), True).values == (2, 3)


def test_places_without_voxels_are_black_and_not_the_value_zero(tmp_path):
    air = np.full(SHAPE, -1000, np.int16)
    air[2:4, 2:4, 2:4] = 50
    fixed = resident_of(write_nifti(tmp_path / "f.nii", air, affine_of("RAS", SHAPE)))
    tilted = affine_of("RAS", SHAPE, tilt=(0.0, 0.0, 30.0))
    moving = resident_of(write_nifti(tmp_path / "m.nii", air, tilted))
    scene = scene_of({"fixed_image": fixed, "moving_image": moving})
    corner = np.asarray(scene.layers[1].data)[:, 0, 0]
    assert (corner <= scene.layers[1].limits[0]).all()


def test_slices_are_counted_without_rounding(tmp_path):
    rng = np.random.default_rng(0)
    array = np.zeros((24, 31, 120), np.uint8)
    for number in range(40):
        spacing = tuple(rng.uniform(0.3, 3.0, 3))
        affine = affine_of("LPS", array.shape, spacing, tuple(rng.uniform(-99, 99, 3)))
        image = resident_of(write_nifti(tmp_path / f"{number}.nii", array, affine))
        display = scene_of({"image": image}).display
        for start, step, size in zip(
            display.translate, display.scale, display.grid.shape[::-1], strict=True
        ):
            assert (start + (size - 1) * step - start) / step == size - 1
        last = display.to_canvas(display.grid.affine[:3] @ (*(np.array(array.shape) - 1), 1))
        assert np.allclose(display.to_index(last), np.array(display.grid.shape) - 1, atol=1e-3)


def test_names_of_several_words_and_a_column_of_codes(tmp_path):
    path = tmp_path / "label_names.txt"
    path.write_text('1 left kidney\n2: "right lung"\n3 lobe 4\n')
    assert [label.name for label in read_label_table(path).values()] == [
        "left kidney",
        "right lung",
        "lobe 4",
    ]
    path.write_text("1 Precentral_L 2001\n2 Precentral_R 2002\n")
    assert read_label_table(path)[1].name == "Precentral_L"


def test_a_table_beside_the_dataset_names_nothing_in_it(tmp_path):
    write_nifti(tmp_path / "study" / "images" / "a.nii", np.zeros(SHAPE, np.uint8))
    write_nifti(tmp_path / "study" / "labels" / "a.nii", np.zeros(SHAPE, np.uint8))
    (tmp_path / "labels.txt").write_text("1 of my notes\n")
    dataset = open_dataset(tmp_path / "study")
    assert not dataset.label_table(dataset[0].sources["label"])
