"""Categories of a registered dataset on the overlay."""

from __future__ import annotations

import numpy as np
import pytest

from napari_medload.labels import LabelTable
from napari_medload.loaders import DatasetCatalog, MetadataCatalog
from napari_medload.loaders.medsegpy import slice_dicts
from napari_medload.session.scene.resident import Resident
from tests.loaders.medsegpy.phantoms import SHAPE, put
from tests.session.datasets import volume

NAMES = {1: "dog", 2: "pet"}
PET = (0.0, 0.2, 1.0)


@pytest.fixture
def masks():
    """Dog in channel 0, human in 1, cat in 2; dog and cat share a voxel."""
    found = np.zeros((*SHAPE, 3), np.uint8)
    found[0, 0, :, 0] = found[1, 1, :, 1] = found[2, 2, :, 2] = 1
    found[3, 3, :, 0] = found[3, 3, :, 2] = 1
    return found


@pytest.fixture
def registered(tmp_path, masks):
    for k in range(SHAPE[2]):
        at = slice(k, k + 1)
        put(tmp_path / f"0000001_V00-Aug00_{k + 1:03d}.im", np.full((*SHAPE[:2], 1), k, np.int16))
        put(tmp_path / f"0000001_V00-Aug00_{k + 1:03d}.seg", masks[:, :, at])
    DatasetCatalog.register("pets", lambda: slice_dicts(tmp_path))
    MetadataCatalog.get("pets").set(
        spacing=(1, 1, 2),
        category_ids=[1, (0, 2)],
        categories=["human", "pet"],
        category_colors=[(255, 0, 0), (0, 51, 255)],
    )
    yield "pets"
    DatasetCatalog.clear()
    MetadataCatalog.clear()


def test_m06_collate_on_the_overlay_of_a_registered_dataset(walker, registered, masks):
    walker.open(registered)
    scene = walker.session.scene
    (labels,) = [layer for layer in scene.layers if layer.kind == "labels"]
    assert labels.values == (1, 2)
    assert [labels.table.label(value).name for value in labels.values] == ["human", "pet"]
    assert labels.table.label(2).colour == PET
    assert scene.display.grid.spacing == (1, 1, 2) and not scene.display.grid.oriented
    codes = np.asarray(labels.data)
    assert np.count_nonzero(codes == 1) == np.count_nonzero(masks[..., 1])
    assert np.count_nonzero(codes == 2) == np.count_nonzero(masks[..., 0] | masks[..., 2])


def resident(path, masks, collation):
    table = LabelTable.from_names(NAMES)
    return Resident(volume(path / "a.nii", masks), True, table, True, collation)


def test_collated_channels_that_overlap_are_both_named(tmp_path, masks):
    found = resident(tmp_path, masks, ((0,), (0, 2)))
    codes = found.volume.array[..., 0]
    named = {value: found.table.label(value).name for value in found.values}
    both = next(value for value, name in named.items() if name == "dog + pet")
    np.testing.assert_array_equal(codes == both, masks[..., 0] == 1)
    np.testing.assert_array_equal(codes != 0, (masks[..., 0] | masks[..., 2]) == 1)


def test_one_category_of_several_channels_is_one_value(tmp_path, masks):
    found = resident(tmp_path, masks, ((0, 2),))
    assert found.values == (1,)
    np.testing.assert_array_equal(found.volume.array[..., 0], masks[..., 0] | masks[..., 2])


def test_a_scan_of_one_slice_is_collated_too(tmp_path, masks):
    found = resident(tmp_path, masks[:, :, :1], ((0, 2), (1,)))
    assert found.volume.array.shape == (*SHAPE[:2], 1, 1)
    assert found.values == (1, 2)


@pytest.mark.parametrize("collation", [((0,), (1, 7)), ((7,), (0,))])
def test_a_category_that_names_a_missing_channel_is_left_out_and_the_others_named(
    tmp_path, masks, collation
):
    found = resident(tmp_path, masks, collation)
    place = collation.index((0,))
    assert [found.table.label(value).name for value in found.values] == [NAMES[place + 1]]
    np.testing.assert_array_equal(found.volume.array[..., 0] != 0, masks[..., 0] == 1)
    assert f"{NAMES[2 - place]} (channel 7)" in found.remark
    assert "channels 0 to 2" in found.remark


@pytest.mark.parametrize(("collation", "names"), [(((0,), (1,)), ["dog"]), (((1,), (0,)), ["pet"])])
def test_a_mask_of_one_channel_has_the_name_of_its_category(tmp_path, masks, collation, names):
    found = resident(tmp_path, masks[..., :1], collation)
    assert [found.table.label(value).name for value in found.values] == names


@pytest.mark.parametrize("collation", [None, ((0,), (1,), (2,))])
def test_without_anything_to_join_nothing_changes(tmp_path, masks, collation):
    found, plain = resident(tmp_path, masks, collation), resident(tmp_path, masks, None)
    np.testing.assert_array_equal(found.volume.array, plain.volume.array)
    assert found.values == plain.values and found.remark == ""


def test_a_label_of_whole_numbers_is_not_collated(tmp_path):
    array = np.zeros(SHAPE, np.uint8)
    array[0], array[1] = 1, 5
    found = resident(tmp_path, array, ((0,), (0, 2)))
    assert found.values == (1, 5) and found.remark == ""


def test_a_dog_among_pets_keeps_the_colour_of_a_dog(tmp_path, masks):
    found = resident(tmp_path, masks, ((0,), (0, 2)))
    both = next(v for v in found.values if found.table.label(v).name == "dog + pet")
    assert found.table.label(both).colour == found.table.label(1).colour


def test_m12_a_scan_with_categories_of_its_own_is_drawn_with_them(walker, registered, tmp_path):
    """Both scans are the same files: what differs is what the dicts say."""
    entries = slice_dicts(tmp_path)
    own = {"scan_category_ids": [0], "scan_categories": ["hound"]}
    twin = [entry | {"scan_id": "twin"} | own for entry in entries]
    DatasetCatalog.register("pets", lambda: [*entries, *twin], overwrite=True)
    walker.open(registered)
    drawn = []
    for position in (0, 1, 0):
        walker.session.select(position)
        (labels,) = [x for x in walker.settle().layers if x.kind == "labels"]
        drawn.append([labels.table.label(value).name for value in labels.values])
    assert drawn == [["human", "pet"], ["hound"], ["human", "pet"]]
