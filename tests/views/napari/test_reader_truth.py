"""Real files opened through napari: the values that others found, where they found them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Layer
from scipy.ndimage import map_coordinates

from napari_medload.views.napari.canvas import ORDERS
from napari_medload.views.napari.reader import get_reader

if TYPE_CHECKING:
    from pathlib import Path

TILTED = ("formats/nifti/example4d_oblique.nii.gz", "formats/nifti/example_nifti2.nii.gz")
UPRIGHT = (
    "abdomen_unpaired/images/ct.nii.gz",
    "abdomen_unpaired/labels/mr.nii.gz",
    "brain_paired/fixed_images/brain.nii.gz",
    "brain_paired/fixed_labels/brain.nii.gz",
    "deepreg_nifti/grouped/train/labels/group1/case000000.nii.gz",
    "formats/dicom/ct_liver",
    "formats/dicom/ct_liver/02.dcm",
    "formats/dicom/ct_liver_label.nrrd",
    "formats/mha/images/lung.mha",
    "formats/mha/labels/lung.mha",
    "formats/nifti/anatomical_bigendian.nii",
    "formats/nifti/functional_4d_scaled.nii",
    "formats/nifti/someones_anatomy.nii.gz",
    "formats/nrrd/images/brain1.nrrd",
    "formats/nrrd/labels/brain1.nrrd",
    "spine_paired/moving_images/cervical.nii.gz",
    "spine_paired/moving_labels/cervical.nii.gz",
)


def opened(viewer: ViewerModel, path: Path) -> Any:
    """Open a file as napari does with what a reader hands it, without a window."""
    read = get_reader(str(path))
    assert read is not None
    (data,) = read(str(path))
    return viewer.add_layer(Layer.create(*data))


def probes(shared_data: Path, name: str) -> list[dict[str, Any]]:
    """Voxels that another library found: index, value, and place in R, A, S mm."""
    facts = json.loads((shared_data / "facts.json").read_text())
    if name in facts["dicom_folders"]:
        found = facts["dicom_folders"][name]["series"][0]
    else:
        entry = facts["files"][name]
        found = next(v for v in entry.values() if isinstance(v, dict) and "stats" in v)
    return list(found["stats"]["probes"])


def value_at(viewer: ViewerModel, layer: Any, ras: Any, frame: int) -> list[float]:
    """What napari says lies at a world place, in each of the three planes."""
    frames = layer.ndim - 3
    world = (*[frame] * frames, *ras[::-1])
    found = []
    for order in ORDERS.values():
        viewer.dims.order = (*range(frames), *(axis + frames for axis in order))
        viewer.dims.point = world
        found.append(float(layer.get_value(world, world=True)))
    return found


@pytest.mark.parametrize("name", UPRIGHT)
def test_a_real_file_shows_its_values_where_they_lie(shared_data: Path, name: str):
    viewer = ViewerModel()
    layer = opened(viewer, shared_data / name)
    assert (type(layer).__name__ == "Labels") == ("label" in name)
    found = probes(shared_data, name)
    assert found
    for probe in found:
        frame = (*probe["ijk"], 0)[3]
        values = value_at(viewer, layer, probe["ras_mm"], frame)
        assert values == pytest.approx([probe["value"]] * 3, rel=1e-4), probe


@pytest.mark.parametrize("name", TILTED)
def test_a_real_tilted_file_shows_what_lies_between_its_voxels(shared_data: Path, name: str):
    viewer = ViewerModel()
    layer = opened(viewer, shared_data / name)
    image = nib.load(shared_data / name)
    stored = image.get_fdata()[..., 1]
    for probe in probes(shared_data, name):
        index = np.rint(layer.world_to_data((1, *probe["ras_mm"][::-1])))
        ras = np.array(layer.data_to_world(index))[:0:-1]
        voxel = nib.affines.apply_affine(np.linalg.inv(image.affine), ras)
        if not ((voxel >= 0) & (voxel <= np.array(stored.shape) - 1)).all():
            continue  # half a voxel outside, where nothing is interpolated
        expected = map_coordinates(stored, voxel[:, np.newaxis], order=1)[0]
        assert value_at(viewer, layer, ras, frame=1) == pytest.approx([expected] * 3, abs=1.5)
