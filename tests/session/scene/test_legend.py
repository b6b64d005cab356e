"""Labels of a scene with their names, colours and where they occur."""

from __future__ import annotations

import numpy as np

from napari_medload.labels import Label, LabelTable
from napari_medload.labels.palette import OKABE_ITO
from napari_medload.session.scene.legend import legend_of
from tests.phantoms import affine_of, noise
from tests.session.datasets import resident, scene_of

SHAPE = (6, 5, 4)
AFFINE = affine_of("RAS", SHAPE)
LIVER, SPLEEN, KIDNEY = (
    Label(1, "liver", (1.0, 0.0, 0.0), "LI"),
    Label(2, "spleen", (0.0, 1.0, 0.0)),
    Label(3, "kidney", (0.0, 0.0, 1.0)),
)
TABLE = LabelTable([LIVER, SPLEEN, KIDNEY])


def holding(*values: int) -> np.ndarray:
    array = np.zeros(SHAPE, np.uint8)
    array.ravel()[: len(values)] = values
    return array


def legend(tmp_path, table: LabelTable = TABLE, **arrays: np.ndarray):
    """Label, and names of the images that hold it."""
    residents = {
        role: resident(tmp_path / f"{role}.nii", a, AFFINE, is_label="label" in role, table=table)
        for role, a in arrays.items()
    }
    return [(entry.label, entry.present_in) for entry in legend_of(scene_of(residents))]


def test_every_label_has_its_name_and_where_it_occurs(tmp_path):
    found = legend(tmp_path, fixed_label=holding(1, 3), moving_label=holding(3))
    assert found == [(LIVER, ("fixed",)), (SPLEEN, ()), (KIDNEY, ("fixed", "moving (pale)"))]


def test_a_value_without_a_name_is_listed_by_its_number(tmp_path):
    ((_, _), (_, _), (_, _), (label, where)) = legend(tmp_path, label=holding(7))
    assert (label.value, label.name, where) == (7, "7", ("label",))


def test_images_have_no_legend(tmp_path):
    assert legend(tmp_path, image=noise(SHAPE)) == []


def test_channels_that_share_voxels_are_listed_one_by_one(tmp_path):
    """The code of a combination is no structure of its own."""
    channels = np.zeros((*SHAPE, 3), np.uint8)
    channels[0, 0, 0, :2] = 1  # liver and spleen in one voxel, neither alone
    found = legend(tmp_path, label=channels)
    assert found == [(LIVER, ("label",)), (SPLEEN, ("label",)), (KIDNEY, ())]


def test_of_an_atlas_only_what_occurs_is_listed(tmp_path):
    atlas = LabelTable.from_names({value: f"region {value}" for value in range(1, 200)})
    ((label, where),) = legend(tmp_path, atlas, label=holding(2))
    assert (label.name, label.colour, where) == ("region 2", OKABE_ITO[1], ("label",))


# --- labels that a person has hidden ---------------------------------------------------------


def layers_of(tmp_path, hidden, **arrays):
    residents = {
        role: resident(tmp_path / f"{role}.nii", a, AFFINE, is_label="label" in role, table=TABLE)
        for role, a in arrays.items()
    }
    scene = scene_of(residents, hidden_labels=frozenset(hidden))
    return scene, {layer.role: layer for layer in scene.layers}


def test_a_hidden_label_is_hidden_on_both_sides_and_that_is_said(tmp_path):
    arrays = {"fixed_label": holding(1, 3), "moving_label": holding(3)}
    scene, layers = layers_of(tmp_path, {3, 99}, **arrays)
    assert layers["fixed_label"].hidden == layers["moving_label"].hidden == {3}
    assert layers["fixed_label"].values == (1, 3)
    assert "hidden: kidney" in scene.notes
    scene, layers = layers_of(tmp_path, (), **arrays)
    assert not layers["fixed_label"].hidden and not any("hidden" in note for note in scene.notes)


def test_what_is_not_there_is_not_said_to_be_hidden(tmp_path):
    scene, layers = layers_of(tmp_path, {2}, fixed_label=holding(1, 3))
    assert not layers["fixed_label"].hidden and not any("hidden" in note for note in scene.notes)


def test_many_hidden_labels_are_counted(tmp_path):
    scene, _layers = layers_of(tmp_path, range(1, 8), label=holding(1, 2, 3, 5, 7))
    assert "5 labels are hidden" in scene.notes


def test_shared_voxels_are_hidden_with_the_last_of_their_labels(tmp_path):
    channels = np.zeros((*SHAPE, 3), np.uint8)
    channels[0, 0, 0, :2] = 1  # liver and spleen in one voxel
    channels[1, 1, 1, 0] = 1
    codes = {}
    for hidden in ((1,), (2,), (1, 2)):
        _scene, layers = layers_of(tmp_path, hidden, label=channels)
        codes[hidden] = layers["label"].hidden
    shared = int(np.asarray(layers["label"].data)[0, 0, 0])
    assert codes == {(1,): {1}, (2,): set(), (1, 2): {1, shared}}
