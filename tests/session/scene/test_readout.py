"""The status bar: where in the patient, and what lies there, as stored."""

from __future__ import annotations

import re

import numpy as np
import pytest

from napari_medload.labels import LabelTable
from napari_medload.session.options import PLANES
from napari_medload.session.scene.readout import difference_white, position_text, read_out
from tests.phantoms import affine_of, blob, voxel_at, write_h5
from tests.session.datasets import resident, scene_of

SHAPE = (10, 9, 8)
PLACE = (3.0, -2.0, 1.5)


def spoken(scene, ras) -> str:
    return read_out(scene, scene.display.to_canvas(ras))


@pytest.mark.parametrize("tilt", [(0, 0, 0), (5, 10, 20)])
def test_world_position_in_ras_mm(tmp_path, tilt):
    affine = affine_of("PIL", SHAPE, (1, 2, 2.5), tilt=tilt)
    scene = scene_of({"fixed_image": resident(tmp_path / "a.nii", np.ones(SHAPE), affine)})
    text = spoken(scene, (1.26, -3.0, 2.0))
    assert text.startswith("R 1.3  A -3.0  S 2.0 mm")


def test_value_of_the_nearest_stored_voxel_after_scaling(tmp_path):
    array = np.random.default_rng(0).integers(-500, 500, SHAPE).astype(np.int16)
    affine = affine_of("LAS", SHAPE, (1, 2, 1.5))
    other = affine_of("SPR", SHAPE, (1.5, 1, 2), tilt=(0, 0, 15))
    scene = scene_of(
        {
            "fixed_image": resident(tmp_path / "f.nii", array, affine, slope=0.5, intercept=-10),
            "moving_image": resident(tmp_path / "m.nii", array, other),
        }
    )
    text = spoken(scene, PLACE)
    fixed = array[voxel_at(affine, PLACE)] * 0.5 - 10
    moving = array[voxel_at(other, PLACE)]
    assert f"fixed image {fixed:g}" in text
    assert f"moving image {moving:g}" in text  # stored, although the canvas shows a blend


def test_labels_are_named_and_background_has_its_number(tmp_path):
    array = np.zeros(SHAPE, np.uint8)
    affine = affine_of("RAS", SHAPE)
    array[voxel_at(affine, (1.0, 1.0, 1.0))] = 2
    array[voxel_at(affine, (-1.0, 1.0, 1.0))] = 9
    label = resident(
        tmp_path / "l.nii",
        array,
        affine,
        is_label=True,
        table=LabelTable.from_names({2: "left ventricle"}),
    )
    scene = scene_of({"label": label})
    assert spoken(scene, (1.0, 1.0, 1.0)).endswith("label 2: left ventricle")
    assert spoken(scene, (-1.0, 1.0, 1.0)).endswith("label 9")
    assert spoken(scene, (0.0, 0.0, 3.0)).endswith("label 0")


def test_voxels_of_several_one_hot_channels_name_all(tmp_path):
    channels = np.zeros((*SHAPE, 2), np.uint8)
    affine = affine_of("RAS", SHAPE)
    channels[(*voxel_at(affine, PLACE), slice(None))] = 1
    table = LabelTable.from_names({1: "tumour", 2: "lung"})
    label = resident(tmp_path / "l.nii", channels, affine, is_label=True, table=table)
    assert "tumour + lung" in spoken(scene_of({"label": label}), PLACE)


def test_outside_an_image_there_is_no_value(tmp_path):
    near = resident(tmp_path / "f.nii", np.ones(SHAPE), affine_of("RAS", SHAPE))
    far = resident(tmp_path / "m.nii", np.ones(SHAPE), affine_of("RAS", SHAPE, centre=(50.0, 0, 0)))
    scene = scene_of({"fixed_image": near, "moving_image": far}, grid="world")
    text = spoken(scene, (0.0, 0.0, 0.0))
    assert re.search(r"fixed image 1\b", text) and "moving image –" in text


def test_without_geometry_indices_are_shown_and_never_mm(tmp_path):
    from napari_medload.formats import Source
    from napari_medload.images import read_volume
    from napari_medload.session.scene.resident import Resident

    array = np.random.default_rng(0).random((4, 5, 6)).astype(np.float32)
    path = write_h5(tmp_path / "a.h5", a=array)
    found = Resident(read_volume(Source(path, "a")), False, LabelTable())
    text = read_out(scene_of({"image": found}), (5, 3, 2))
    assert "voxel 2, 3, 5" in text and "mm" not in text
    assert f"image {array[2, 3, 5]:g}" in text


def test_zero_has_no_sign():
    assert position_text((-0.01, -0.0, 0.04)) == "R 0.0  A 0.0  S 0.0 mm"


LESION = 200.0
INSIDE = (14, 14, 13)


def lesioned(folder, **options):
    """A head in air, twice as bright in moving; but for a lesion, brighter still by 200 of fixed.

    Moving lacks the first two columns of fixed.
    """
    shape = (30, 28, 26)
    affine = affine_of("RAS", shape)
    fixed = blob(affine, shape, (0, 0, 0), 6) + blob(affine, shape, (3, 2, -1), 2)
    moving = fixed * 2 + 10
    moving[13:16, 13:16, 12:15] += 2 * LESION
    beside = affine.copy()
    beside[:3, 3] = (affine @ (2, 0, 0, 1))[:3]
    residents = {
        "fixed_image": resident(folder / "f.nii", fixed.astype("f4"), affine),
        "moving_image": resident(folder / "m.nii", moving[2:].astype("f4"), beside),
    }
    return scene_of(residents, mode="difference", **options), affine


@pytest.mark.parametrize("plane", PLANES)
def test_a_difference_is_read_where_it_is_drawn(tmp_path, plane):
    scene, affine = lesioned(tmp_path, plane=plane)

    def said(*index) -> tuple[float, float]:
        text = spoken(scene, (affine @ (*index, 1))[:3])
        found = re.search(r"difference ([\d.e-]+) \((\d+) %\)", text)
        assert found, text
        return float(found[1]), float(found[2])

    low, high = scene.layers[0].limits
    value, percent = said(*INSIDE)
    assert value == pytest.approx(LESION, rel=0.1)
    assert percent == pytest.approx(100 * value / (high - low), abs=1)
    assert said(20, 14, 13)[0] < 0.1 * LESION
    assert "difference –" in spoken(scene, (affine @ (1, 5, 4, 1))[:3])  # moving has nothing there
    assert "difference –" in spoken(scene, (500.0, 0.0, 0.0))


def test_white_is_the_value_from_which_a_difference_is_drawn_white(tmp_path):
    scene, _affine = lesioned(tmp_path)
    low, high = scene.layers[0].limits
    white = difference_white(scene)
    said = re.fullmatch(r"([\d.]+) or more \((\d+) % of fixed's contrast\)", white)
    assert said, white
    assert int(said[2]) / 100 == pytest.approx(scene.comparison.limits[1])
    assert float(said[1]) == pytest.approx(scene.comparison.limits[1] * (high - low), rel=0.005)
    other, _affine = lesioned(tmp_path, volume=True)  # drawn as overlay
    assert difference_white(other) == "" and "difference" not in spoken(other, PLACE)
