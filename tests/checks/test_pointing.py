"""Where findings lead: against voxels known from how the files were made, placed by nibabel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medload.checks.battery import check_headers, led_to_labels
from napari_medload.checks.described import Described
from napari_medload.checks.measures import measure_labels
from napari_medload.checks.pointing import border_voxel, first_voxel, label_voxel
from napari_medload.formats import Source, read_header
from napari_medload.geometry import Grid
from napari_medload.images import read_volume
from napari_medload.loaders import Sample
from napari_medload.session.table.facts import SampleFacts
from tests.checks.bodies import volume
from tests.checks.phantoms import SHAPE, SPACING, ball, body, of, organs, shifted
from tests.checks.test_voxels import TABLE
from tests.phantoms import affine_of, write_h5, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.checks import Place
    from tests.checks.phantoms import Files

OBLIQUE = affine_of("PIR", SHAPE, SPACING, centre=(4.0, -7.0, 2.0), tilt=(12, -9, 21))
LAS = affine_of("LAS", SHAPE, SPACING)
LPS = affine_of("LPS", SHAPE, SPACING)


def ras(path: Path, index: object) -> np.ndarray:
    """World place of a voxel, as nibabel reads the header."""
    return nib.affines.apply_affine(nib.load(path).affine, index)


def leads_to(place: Place | None, path: Path, index: object, role: str, atol: float = 1e-9) -> None:
    assert place is not None and place.role == role
    assert np.allclose(place.index, index, atol=atol)
    assert np.allclose(place.mm, ras(path, index), atol=max(atol, 1e-6))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_not_finite(files: Files, value: float):
    image = body(OBLIQUE).astype(np.float32)
    image[21, 7, 13], image[3, 30, 14] = value, np.nan
    path = files.write("moving_image", image, OBLIQUE)
    found = of(files.voxels(), "finite values")
    leads_to(found.place, path, (21, 7, 13), "moving_image")


def test_the_frame_of_a_voxel_is_told(files: Files):
    series = np.stack([body(OBLIQUE, seed) for seed in range(3)], axis=-1).astype(np.float32)
    series[5, 6, 7, 2] = np.nan
    path = files.write("image", series, OBLIQUE)
    place = of(files.voxels("none"), "finite values").place
    leads_to(place, path, (5, 6, 7), "image")
    assert place.frame == 2


def test_fractions_and_strange_values_of_labels(files: Files):
    label = organs(OBLIQUE).astype(np.float32)
    label[4, 5, 6] = 1.4
    label[30, 20:23, 10] = 9
    path = files.write("label", label, OBLIQUE)
    found = files.voxels("none", TABLE)
    leads_to(of(found, "label values").place, path, (4, 5, 6), "label")
    leads_to(of(found, "undeclared label").place, path, (30, 21, 10), "label")


def test_a_bent_label_is_met_where_it_is_and_not_in_its_middle(files: Files):
    label = np.zeros(SHAPE, np.uint8)
    label[10:31, 8, 15] = label[10:31, 28, 15] = label[10, 8:29, 15] = 9  # a U
    path = files.write("label", label, OBLIQUE)
    place = of(files.voxels("none", TABLE), "undeclared label").place
    assert label[tuple(int(at) for at in place.index)] == 9
    assert np.allclose(place.mm, ras(path, place.index))


def test_a_label_that_one_side_lacks(files: Files):
    files.good()
    label = organs(LAS)
    label[20, 18, 20] = 7
    path = files.write("fixed_label", label, LAS)
    found = of(files.voxels("world"), "label sets")
    leads_to(found.place, path, (20, 18, 20), "fixed_label")


def test_where_a_label_reaches_the_border(files: Files):
    label = organs(OBLIQUE)
    label[11:14, 10:13, 27:] = 1
    path = files.write("label", label, OBLIQUE)
    place = of(files.voxels("none"), "label border").place
    assert place.index[2] == SHAPE[2] - 1 and label[tuple(int(at) for at in place.index)] == 1
    assert np.allclose(place.mm, ras(path, place.index))


def test_a_label_on_the_background_of_its_image(files: Files):
    files.write("image", body(LAS), LAS)
    path = files.write("label", organs(LAS), shifted(LAS, 0, 50, 0))
    place = of(files.voxels("none"), "label outside").place
    assert organs(LAS)[tuple(int(at) for at in place.index)]
    assert np.allclose(place.mm, ras(path, place.index))
    x, y, z = place.mm
    assert (x / 30) ** 2 + (y / 26) ** 2 + (z / 34) ** 2 > 0.9  # the body, as it was made


def test_a_label_on_the_background_is_met_at_its_time_point(files: Files):
    """The label lies where it should at two time points, and in the air at the third."""
    series = np.stack([3 * organs(LAS)] * 3, axis=-1)
    series[..., 1:] = 0
    series[1:9, 1:9, 1:9, 2] = 3
    files.write("image", body(LAS), LAS)
    path = files.write("label", series, LAS)
    place = of(files.voxels("none"), "label outside").place
    assert place.frame == 2 and max(place.index) < 9
    assert np.allclose(place.mm, ras(path, place.index))


def test_labels_apart_lead_to_the_middle_of_the_moving_ones(files: Files):
    files.good()
    affine = shifted(affine_of("LPS", SHAPE, SPACING, tilt=(0, 0, 14)), 3, 25, -4)
    files.write("moving_image", body(affine_of("LPS", SHAPE, SPACING, tilt=(0, 0, 14))), affine)
    label = organs(affine_of("LPS", SHAPE, SPACING, tilt=(0, 0, 14)))
    path = files.write("moving_label", label, affine)
    middle = np.argwhere(label).mean(axis=0)
    leads_to(of(files.voxels(), "labels apart").place, path, middle, "moving_label", 1e-5)


def test_a_displaced_label_leads_to_where_the_moving_label_has_it(files: Files):
    files.good()
    for role, affine, x in (("fixed_label", LAS, -18), ("moving_label", LPS, 18)):
        label = ball(affine, (0, 0, -12), 14).astype(np.uint8)
        label[ball(affine, (x, 0, 12), 5)] = 2
        path = files.write(role, label, affine)
    middle = np.argwhere(label == 2).mean(axis=0)
    place = of(files.voxels("world", TABLE), "label displaced").place
    leads_to(place, path, middle, "moving_label", 1e-5)
    assert np.allclose(place.mm, (18, 0, 12), atol=1.5)


def test_bodies_apart_lead_to_the_moving_one(files: Files):
    files.good(labels=False)
    path = files.write("moving_image", body(LPS, 1), shifted(LPS, 2, 0, -25))
    place = of(files.voxels(), "bodies apart").place
    assert place.role == "moving_image" and np.allclose(place.mm, ras(path, place.index))
    assert np.allclose(place.mm, (2, 0, -25), atol=1.5)


def test_grids_that_lie_elsewhere_lead_to_their_middle(files: Files):
    middle = (np.array(SHAPE) - 1) / 2
    files.write("image", np.zeros(SHAPE, np.uint8), LAS)
    path = files.write("label", np.zeros(SHAPE, np.uint8), shifted(LAS, 0, 9, 0))
    leads_to(of(files.headers("none"), "label grid").place, path, middle, "label")
    smaller = np.zeros((30, 36, 30), np.uint8)
    path = files.write("label", smaller, LAS)
    place = of(files.headers("none"), "label shape").place
    leads_to(place, path, (np.array(smaller.shape) - 1) / 2, "label")


def test_labels_that_lie_elsewhere_lead_to_themselves_once_their_voxels_are_read(files: Files):
    files.write("image", body(LAS), LAS)
    label = ball(LAS, (-20, 8, 15), 7).astype(np.uint8)
    path = files.write("label", label, shifted(LAS, 0, 9, 0))
    sample = files.sample()
    volumes = {role: read_volume(source) for role, source in sample.sources.items()}
    (again,) = led_to_labels(sample, volumes, "none")
    (known,) = files.headers("none")
    assert (again.check, again.sentence) == (known.check, known.sentence)
    leads_to(again.place, path, np.argwhere(label).mean(axis=0), "label", 1e-5)
    facts = SampleFacts({}, (known,)).adding((again,))
    assert facts.findings == (again,)


def test_images_that_do_not_meet_lead_to_the_moving_one(files: Files):
    files.write("fixed_image", np.zeros(SHAPE, np.uint8), LAS)
    path = files.write("moving_image", np.zeros(SHAPE, np.uint8), shifted(OBLIQUE, 0, 0, 400))
    place = of(files.headers(), "overlap").place
    leads_to(place, path, (np.array(SHAPE) - 1) / 2, "moving_image")


def test_what_is_about_no_place_leads_nowhere(files: Files):
    files.write("fixed_image", np.full(SHAPE, 7, np.uint8), LAS)
    files.write("moving_image", np.full(SHAPE, 7, np.uint8), LPS)
    found = (*files.voxels(), *files.headers())
    assert {f.check for f in found} >= {"constant image", "identical images", "pair handedness"}
    assert not any(f.place for f in found)


def test_a_file_without_geometry_has_a_voxel_and_no_mm(tmp_path: Path):
    array = np.zeros(SHAPE, np.float32)
    array[3, 4, 5] = np.nan
    stored = read_volume(Source(write_h5(tmp_path / "a.h5", a=array), "a"))
    place = first_voxel("image", stored, np.isnan)
    assert place is not None and place.index == (3, 4, 5) and place.mm is None


@st.composite
def affines(draw: st.DrawFn) -> np.ndarray:
    """Affines turned, stretched, mirrored and shifted at will."""
    turns = draw(st.tuples(*[st.floats(-180, 180)] * 3))
    spacing = draw(st.tuples(*[st.floats(0.3, 6)] * 3))
    code = draw(st.sampled_from(["RAS", "LAS", "LPS", "PIR", "AIL", "SRA"]))
    centre = draw(st.tuples(*[st.floats(-300, 300)] * 3))
    return affine_of(code, (9, 8, 7), spacing, centre, turns)


@settings(max_examples=60, deadline=None)
@given(affines(), st.data())
def test_on_any_affine_a_voxel_is_placed_as_nibabel_places_it(affine: np.ndarray, data):
    shape = (9, 8, 7)
    inner = data.draw(st.tuples(*[st.integers(1, size - 2) for size in shape]))
    edge = (0, *data.draw(st.tuples(st.integers(0, 7), st.integers(0, 6))))
    array = np.zeros(shape, np.int16, order=data.draw(st.sampled_from("CF")))
    array[inner], array[edge] = 3, 5
    made = volume(array, Grid(shape, affine))
    measure = measure_labels(made, channels=False)
    for place, index in (
        (first_voxel("label", made, lambda values: values == 3), inner),
        (label_voxel("label", made, measure, 3), inner),
        (border_voxel("label", made, measure, 5), edge),
    ):
        assert place is not None and place.index == index
        assert np.allclose(place.mm, nib.affines.apply_affine(affine, index), atol=1e-6)


def test_a_missing_slice_leads_to_its_middle(tmp_path: Path):
    path = write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.uint8), OBLIQUE)
    header = replace(read_header(Source(path)), absent=(12, 13))
    sample = Sample(
        "a", {"image": Source(path)}, problems=("slices 13, 14 missing and shown blank",)
    )
    found = check_headers(Described(sample, {"image": header}, {}, "none"))
    i, j, _k = (np.array(SHAPE) - 1) / 2
    leads_to(of(found, "listing").place, path, (i, j, 12), "image")
