"""The sample as other programs read it, against those programs themselves."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Source, read_header
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.loaders import Sample
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.resident import Resident
from napari_medload.session.scene.resolving import build_scene
from napari_medload.session.scene.seen_as import displacements, see_as
from tests.phantoms import affine_of, fiducial, noise, write_nifti
from tests.session.datasets import by_role, cut_short, write_pairs

if TYPE_CHECKING:
    from napari_medload.session.scene.scene import Scene

SHAPE = (14, 12, 10)
SPACING = (1.0, 2.0, 3.0)
SFORM = affine_of("LPS", SHAPE, SPACING)
MOVING = affine_of("LPS", SHAPE, SPACING, centre=(7, 0, 0))
SPOT = (3.0, -4.0, 5.0)


def shifted(affine: np.ndarray, *by: float) -> np.ndarray:
    moved = affine.copy()
    moved[:3, 3] += by
    return moved


def source_of(folder, role: str, array: np.ndarray, affine: np.ndarray, **how: Any) -> Source:
    return Source(write_nifti(folder / f"{role}.nii.gz", array, affine, **how))


def seen_scene(sources: dict[str, Source], lens: str, **options: Any) -> Scene:
    """Scene of some files as a program reads them."""
    residents = {
        role: Resident(read_volume(source), "label" in role, LabelTable())
        for role, source in sources.items()
    }
    seen = {
        role: see_as(lens, found, lambda volume: Resident(volume, False, LabelTable()))
        for role, found in residents.items()
    }
    chosen = ViewOptions(lens=lens, **options)
    return build_scene(Sample("a", sources), residents, chosen, {}, seen=seen)


def brightest(scene: Scene, role: str) -> tuple[float, float, float]:
    """World place of the brightest voxel that is drawn."""
    layer = by_role(scene)[role]
    data = np.asarray(layer.data)
    index = np.unravel_index(int(data.argmax()), data.shape)
    canvas = np.array(layer.translate) + np.array(layer.scale) * np.array(index)
    return scene.display.to_ras(canvas)


def corners(affine: np.ndarray) -> np.ndarray:
    ends = np.array(list(product(*((-0.5, size - 0.5) for size in SHAPE))))
    return nib.affines.apply_affine(affine, ends)


def test_where_itk_takes_the_other_form_the_image_is_drawn_where_itk_puts_it(tmp_path):
    """An aligned sform beside a scanner's qform: nibabel and ITK are 5 mm apart."""
    array, truth = fiducial(SFORM, SHAPE, SPOT)
    qform = shifted(SFORM, 0, 3, 4)
    source = source_of(tmp_path, "fixed_image", array, SFORM, qform=qform, sform_code=2)
    image = sitk.ReadImage(str(source.path))
    voxel = [int(n) for n in np.unravel_index(int(array.argmax()), array.shape)]
    x, y, z = image.TransformIndexToPhysicalPoint(voxel)

    scene = seen_scene({"fixed_image": source}, "itk")
    assert brightest(scene, "fixed_image") == pytest.approx((-x, -y, z), abs=1e-3)
    assert np.linalg.norm(np.array([-x, -y, z]) - truth) == pytest.approx(5, abs=1e-3)
    assert by_role(scene)["fixed_image"].note == "as ITK reads it: 5.0 mm away (largest corner)"

    same = seen_scene({"fixed_image": source}, "nibabel")
    assert brightest(same, "fixed_image") == pytest.approx(truth, abs=1e-3)
    assert by_role(same)["fixed_image"].note == "as nibabel reads it: in its true place"


def test_how_a_pair_lies_to_each_other_is_said_too(tmp_path):
    """If ITK moves both alike, they still fit; if it moves one, they do not."""
    array, _ = fiducial(SFORM, SHAPE, SPOT)
    how = {"sform_code": 2}
    moving = source_of(
        tmp_path, "moving_image", array, MOVING, qform=shifted(MOVING, 0, 3, 4), **how
    )
    alike = source_of(tmp_path, "fixed_image", array, SFORM, qform=shifted(SFORM, 0, 3, 4), **how)
    scene = seen_scene({"fixed_image": alike, "moving_image": moving}, "itk")
    assert "as ITK reads it: fixed and moving lie to each other as they should" in scene.notes
    straight = source_of(tmp_path / "b", "fixed_image", array, SFORM)
    scene = seen_scene({"fixed_image": straight, "moving_image": moving}, "itk")
    wanted = "as ITK reads it: fixed and moving end up 5.0 mm apart from where they lie"
    assert any(note.startswith(wanted) for note in scene.notes)


def test_deepreg_lays_arrays_over_each_other_by_index(tmp_path):
    """It drops both affines: here that hides 7 mm and a flip."""
    array = noise(SHAPE)
    flipped = affine_of("RPS", SHAPE, SPACING, centre=(7, 0, 0))
    sources = {
        "fixed_image": source_of(tmp_path, "fixed_image", array, SFORM),
        "moving_image": source_of(tmp_path, "moving_image", array, flipped),
    }
    scene = seen_scene(sources, "deepreg")
    layers = by_role(scene)
    np.testing.assert_array_equal(layers["fixed_image"].data, layers["moving_image"].data)
    np.testing.assert_array_equal(layers["fixed_image"].data, array.T)
    assert not scene.known
    far = np.linalg.norm(corners(SFORM) - corners(flipped), axis=1).max()
    assert scene.notes == (
        f"as DeepReg reads it: fixed and moving end up {far:.1f} mm apart from where they lie to "
        "each other",
        "as DeepReg reads it: no geometry",
    )


def test_plain_napari_slices_an_array_along_its_first_axis(tmp_path):
    """The array as nibabel hands it over: rows run down the screen, columns to the right."""
    array = noise(SHAPE)
    source = source_of(tmp_path, "fixed_image", array, SFORM)
    scene = seen_scene({"fixed_image": source}, "napari")
    data = np.asarray(by_role(scene)["fixed_image"].data)
    assert data.shape == SHAPE
    for index in (0, 5, 13):
        # our canvas grows upward and to the left, that of plain napari down and to the right
        np.testing.assert_array_equal(data[index][::-1, ::-1], array[index])
    assert scene.notes[-1] == "fixed image: as plain napari reads it: no geometry"


def test_itk_reads_the_file_that_shadows_another(tmp_path):
    """Asked for a.nii.gz it opens a.nii, which lies beside it."""
    asked, other = noise(SHAPE, seed=1), noise(SHAPE, seed=2)
    source = source_of(tmp_path, "fixed_image", asked, SFORM)
    write_nifti(tmp_path / "fixed_image.nii", other, SFORM)
    drawn = sitk.GetArrayFromImage(sitk.ReadImage(str(source.path)))
    if np.array_equal(drawn.T, asked):
        pytest.skip("this ITK opens the file that it is asked for")
    scene = seen_scene({"fixed_image": source}, "itk")
    layer = by_role(scene)["fixed_image"]
    np.testing.assert_array_equal(np.asarray(layer.data).T[::-1, ::-1], other)
    assert layer.note == "as ITK reads it: in its true place, other values"


def test_itk_makes_zeros_of_what_is_no_number(tmp_path):
    array = noise(SHAPE, np.float32) + 500
    array[4:6] = np.nan
    source = source_of(tmp_path, "fixed_image", array, SFORM)
    layer = by_role(seen_scene({"fixed_image": source}, "itk"))["fixed_image"]
    drawn = np.asarray(layer.data).T[::-1, ::-1]
    assert not drawn[4:6].any() and "other values" in layer.note
    np.testing.assert_array_equal(drawn[6:], array[6:])
    layer = by_role(seen_scene({"fixed_image": source}, "nibabel"))["fixed_image"]
    assert np.isnan(np.asarray(layer.data)).any() and "other values" not in layer.note


def test_the_same_values_are_not_held_twice(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, slope=0.5, intercept=3.0)
    truth = Resident(read_volume(Source(path)), False, LabelTable())
    for lens in ("nibabel", "itk", "deepreg"):
        seen = see_as(lens, truth, lambda _volume: pytest.fail("made another one"))
        assert seen.resident is truth


def test_what_a_program_cannot_read_is_a_problem_with_its_reason(tmp_path):
    sheared = affine_of("RAS", SHAPE, shear=0.4)
    sources = {
        "fixed_image": source_of(tmp_path, "fixed_image", noise(SHAPE), SFORM),
        "moving_image": source_of(tmp_path, "moving_image", noise(SHAPE), sheared, qform_code=0),
    }
    scene = seen_scene(sources, "itk")
    assert list(by_role(scene)) == ["fixed_image"]
    problem = scene.problems["moving_image"]
    assert "moving_image.nii.gz" in problem and "ITK cannot read it" in problem
    assert "orthonormal" in problem
    nothing = seen_scene({"moving_image": sources["moving_image"]}, "itk")
    assert nothing.display is None and "orthonormal" in nothing.problems["moving_image"]


def test_compare_modes_go_on_through_a_lens(tmp_path):
    sources = {
        "fixed_image": source_of(tmp_path, "fixed_image", noise(SHAPE, seed=1), SFORM),
        "moving_image": source_of(tmp_path, "moving_image", noise(SHAPE, seed=2), MOVING),
    }
    for lens in ("nibabel", "itk", "deepreg", "napari"):
        for mode in ("checkerboard", "curtain", "difference", "edges"):
            scene = seen_scene(sources, lens, mode=mode)
            assert np.asarray(scene.comparison.data[3]).any(), (lens, mode)


def test_a_file_that_went_away_meanwhile_is_a_problem_and_no_failure(tmp_path):
    source = source_of(tmp_path, "fixed_image", noise(SHAPE), SFORM)
    truth = Resident(read_volume(source), False, LabelTable())
    source.path.unlink()
    seen = see_as("itk", truth, lambda _volume: pytest.fail("made another one"))
    assert seen.resident is None and "no such file" in seen.note


def test_the_table_of_displacements(tmp_path):
    qform = shifted(MOVING, 0, 3, 4)
    sheared = affine_of("RAS", SHAPE, shear=0.4)
    sources = {
        "fixed_image": source_of(tmp_path, "fixed_image", noise(SHAPE), SFORM),
        "moving_image": source_of(
            tmp_path, "moving_image", noise(SHAPE), MOVING, qform=qform, sform_code=2
        ),
        "moving_label": source_of(tmp_path, "moving_label", noise(SHAPE), sheared, qform_code=0),
        "gone": Source(tmp_path / "gone.nii"),
    }
    headers = {role: read_header(source) for role, source in sources.items() if role != "gone"}
    rows = displacements(Sample("a", sources), headers)
    found = {(row.lens, row.role): row for row in rows}
    assert [row.lens for row in rows] == [
        lens for lens in ("nibabel", "itk", "deepreg", "napari") for _ in headers
    ]
    assert found["nibabel", "moving_image"].mm == pytest.approx(0, abs=1e-3)
    assert found["itk", "fixed_image"].mm == pytest.approx(0, abs=1e-3)
    assert found["itk", "moving_image"].mm == pytest.approx(5, abs=1e-3)
    assert found["itk", "moving_image"].text == "5.0 mm away (largest corner)"
    assert found["itk", "moving_label"].mm is None
    assert "orthonormal" in found["itk", "moving_label"].text
    assert found["deepreg", "fixed_image"].text == "no geometry"
    assert found["deepreg", "moving_image"].mm == pytest.approx(7, abs=1e-3)
    assert "7.0 mm off, by index over the fixed image" in found["deepreg", "moving_image"].text


def test_a_file_that_went_away_is_a_row_with_its_reason(tmp_path):
    source = source_of(tmp_path, "image", noise(SHAPE), SFORM)
    headers = {"image": read_header(source)}
    source.path.unlink()
    rows = displacements(Sample("a", {"image": source}), headers)
    assert len(rows) == 4 and all(row.mm is None and "no such file" in row.text for row in rows)


# --- in a session ------------------------------------------------------------------------


def test_a_person_looks_through_a_lens_and_goes_on(walker, tmp_path):
    walker.open(write_pairs(tmp_path / "pairs", 3, labels=True))
    for lens, known in (("itk", True), ("deepreg", False), ("", True)):
        walker.session.set_options(lens=lens)
        scene = walker.settle()
        assert scene.options.lens == lens and scene.known is known and not scene.problems
        assert len(scene.layers) == 4
        labels = {layer.role: layer for layer in scene.layers}["fixed_label"]
        assert labels.kind == "labels" and labels.table.label(1).name == "liver"
    walker.session.set_options(lens="deepreg", mode="curtain")
    walker.settle()
    walker.wait_for_neighbours()
    walker.session.step(1)
    assert walker.session.scene.options.lens == "deepreg"
    assert "as DeepReg reads it: no geometry" in walker.session.scene.notes


def test_a_file_that_is_cut_short_is_a_problem_through_every_lens(walker, tmp_path):
    folder = write_pairs(tmp_path / "pairs", 1)
    cut_short(folder / "moving_images" / "case00.nii.gz")
    walker.open(folder)
    for lens in ("nibabel", "itk", "deepreg", "napari"):
        walker.session.set_options(lens=lens)
        scene = walker.settle()
        assert "case00.nii.gz" in scene.problems["moving_image"]
        assert [layer.role for layer in scene.layers] == ["fixed_image"]


def test_the_place_in_the_patient_outlives_lenses_that_have_none(walker, tmp_path):
    walker.open(write_pairs(tmp_path / "pairs", 2))
    session = walker.session
    session.position = (2.0, 1.0, 3.0)
    for lens, other in (("deepreg", (5.0, 6.0, 7.0)), ("napari", (1.0, 0.0, 2.0))):
        session.set_options(lens=lens)
        walker.settle()
        assert session.position is None  # voxels are no millimetres; the canvas begins anew
        session.position = other
        session.set_options(lens="")
        walker.settle()
        assert session.position == (2.0, 1.0, 3.0)
    session.set_options(lens="itk")  # which has millimetres too
    walker.settle()
    assert session.position == (2.0, 1.0, 3.0)
