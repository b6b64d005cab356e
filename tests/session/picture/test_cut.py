"""Planes as they lie on a screen, against what nibabel, SimpleITK and napari say."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from napari.components import ViewerModel

from napari_medload.session.options import PLANES
from napari_medload.session.picture.cut import cut, index_at, plane_views
from napari_medload.views.napari.canvas import NEUROLOGICAL, RADIOLOGICAL
from napari_medload.views.napari.directions import directions
from napari_medload.views.napari.layers import MM
from napari_medload.views.napari.plane_view import ORDERS
from tests.phantoms import ORIENTATIONS, affine_of, blob, fiducial, noise, write_nifti
from tests.session.datasets import resident, scene_of

# of each plane, on a RAS+ array: axes down and across the screen, and through
AXES = {"axial": (1, 0, 2), "coronal": (2, 0, 1), "sagittal": (2, 1, 0)}


@st.composite
def grids(draw):
    orientation = draw(st.sampled_from(ORIENTATIONS))
    shape = tuple(draw(st.integers(3, 9)) for _ in range(3))
    spacing = tuple(draw(st.sampled_from((0.45, 1.0, 1.7, 5.0))) for _ in range(3))
    centre = tuple(draw(st.floats(-80, 80)) for _ in range(3))
    voxel = tuple(draw(st.integers(0, size - 1)) for size in shape)
    return affine_of(orientation, shape, spacing, centre), shape, voxel


@settings(max_examples=120, deadline=None)
@given(grids(), st.booleans())
def test_a_voxel_is_where_nibabel_puts_it_on_the_screen(grid, radiological):
    affine, shape, voxel = grid
    world = tuple((affine @ (*voxel, 1))[:3])
    array, place = fiducial(affine, shape, world)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.nii"
        scene = scene_of({"image": resident(path, array, affine)}, radiological=radiological)
        ras = nib.as_closest_canonical(nib.load(path)).get_fdata()
        itk = sitk.ReadImage(str(path))
    stored = itk.TransformPhysicalPointToIndex((-place[0], -place[1], place[2]))
    assert stored == voxel
    (lit,) = np.argwhere(ras)
    (layer,) = scene.layers
    canvas = scene.display.to_canvas(place)
    for view in plane_views(scene):
        down, across, through = AXES[view.name]
        index = index_at(view, canvas)
        assert index == lit[through]
        plane = cut(layer, view, index)
        size = ras.shape
        row = size[down] - 1 - lit[down]
        column = size[across] - 1 - lit[across] if radiological else lit[across]
        assert np.argwhere(plane).tolist() == [[row, column]]
        # and so do mm lead there
        assert view.down.pixel_at(canvas[view.down.axis]) == pytest.approx(row, abs=1e-3)
        assert view.across.pixel_at(canvas[view.across.axis]) == pytest.approx(column, abs=1e-3)


@pytest.mark.parametrize("radiological", (True, False))
def test_an_oblique_image_is_drawn_where_its_header_puts_it(tmp_path, radiological):
    shape, world = (40, 36, 30), (6.0, -4.0, 5.0)
    fixed = affine_of("LPS", shape, centre=(1, 2, 3))
    moving = affine_of("PIR", shape, (1.1, 0.9, 1.3), centre=(2, 0, 4), tilt=(12, -8, 20))
    residents = {
        "fixed_image": resident(tmp_path / "f.nii", noise(shape), fixed),
        "moving_image": resident(tmp_path / "m.nii", blob(moving, shape, world, 3.0), moving),
    }
    scene = scene_of(residents, radiological=radiological)
    layer = next(one for one in scene.layers if one.role == "moving_image")
    canvas = scene.display.to_canvas(world)
    for view in plane_views(scene):
        plane = cut(layer, view, index_at(view, canvas)).astype(float)
        weights = np.where(plane > 300, plane, 0)
        rows, columns = np.indices(plane.shape)
        found = [(weights * at).sum() / weights.sum() for at in (rows, columns)]
        wanted = [axis.pixel_at(canvas[axis.axis]) for axis in (view.down, view.across)]
        assert found == pytest.approx(wanted, abs=0.3)


@pytest.mark.parametrize(("plane", "radiological"), tuple(product(PLANES, (True, False))))
def test_letters_are_those_of_the_napari_view(tmp_path, plane, radiological):
    array = noise((4, 5, 6))
    affine = affine_of("LAS", array.shape)
    scene = scene_of(
        {"image": resident(tmp_path / "a.nii", array, affine)}, radiological=radiological
    )
    viewer = ViewerModel()
    viewer.add_image(np.zeros((6, 5, 4)), axis_labels=MM[1], units=MM[0])
    viewer.dims.order = ORDERS[plane]
    viewer.scene.camera.orientation = RADIOLOGICAL if radiological else NEUROLOGICAL
    (view,) = (one for one in plane_views(scene) if one.name == plane)
    assert view.letters == directions(viewer)
    assert (view.through.axis, view.down.axis, view.across.axis) == ORDERS[plane]


def test_directions_that_nobody_states_are_not_named_nor_turned(tmp_path):
    array = noise((4, 5, 6))
    path = write_nifti(tmp_path / "a.nii", array, np.eye(4), sform_code=0, qform_code=0)
    assert path.is_file()
    known = {
        wish: scene_of(
            {"image": resident(tmp_path / "b.nii", array, sform_code=0, qform_code=0)},
            radiological=wish,
        )
        for wish in (True, False)
    }
    assert not known[True].oriented
    one, other = (plane_views(scene) for scene in known.values())
    assert one == other
    assert {view.letters for view in one} == {("", "", "", "")}


def test_slices_beyond_the_grid_are_its_outermost(tmp_path):
    array = noise((4, 5, 6))
    scene = scene_of({"image": resident(tmp_path / "a.nii", array, np.eye(4))})
    for view in plane_views(scene):
        assert index_at(view, (-900.0, -900.0, -900.0)) == 0
        assert index_at(view, (900.0, 900.0, 900.0)) == view.through.size - 1


def test_there_are_no_planes_of_nothing_nor_in_3d(tmp_path):
    image = resident(tmp_path / "a.nii", noise((4, 5, 6)), np.eye(4))
    assert plane_views(scene_of({})) == ()
    assert plane_views(scene_of({"image": image}, volume=True)) == ()
