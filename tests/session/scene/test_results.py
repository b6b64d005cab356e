"""Registration results in the session: before, after, and landmarks."""

from __future__ import annotations

from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Source
from napari_medload.formats.landmarks import read_landmarks
from napari_medload.formats.transforms import read_transform
from napari_medload.labels import LabelTable
from napari_medload.loaders import Sample
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.before_after import BEFORE
from napari_medload.session.scene.layer import value_at
from napari_medload.session.scene.readout import read_out
from napari_medload.session.scene.resident import read_resident
from napari_medload.session.scene.resolving import build_scene
from napari_medload.session.scene.results import Result, landmark_rows, moved_text, result_of
from tests.phantoms import affine_of, blob, rotation, voxel_at, write_h5, write_nifti
from tests.session.datasets import resident

SHAPE = (30, 32, 28)
FIXED = affine_of("LAS", SHAPE, (2.0, 2.0, 2.0), centre=(3, -4, 5))
MOVE = np.eye(4)
MOVE[:3, :3], MOVE[:3, 3] = rotation(8, -6, 15), (6, -9, 4)  # fixed to moving place, RAS
MOVING = MOVE @ affine_of("PIR", SHAPE, (2.0, 1.8, 2.2), centre=(3, -4, 5))
PLACES = np.array([(3.3, -4.2, 5.4), (15.3, 6.4, 12.7), (-8.2, -14.3, -3.6)])
FLIP = np.array((-1.0, -1.0, 1.0))


def moved(points):
    return points @ MOVE[:3, :3].T + MOVE[:3, 3]


def write_transform(path):
    """Write the move as ITK has it, in LPS, from fixed to moving."""
    lps = np.diag((*FLIP, 1)) @ MOVE @ np.diag((*FLIP, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    transform = sitk.AffineTransform(lps[:3, :3].ravel().tolist(), lps[:3, 3].tolist())
    sitk.WriteTransform(transform, str(path))
    return path


def write_points(path, points, space="RAS"):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"p{n},{x},{y},{z}" for n, (x, y, z) in enumerate(points)]
    path.write_text("\n".join([f"label,{','.join(space.lower())}", *rows]) + "\n")
    return path


def image_with_blobs(affine, places):
    return sum(blob(affine, SHAPE, tuple(place), 4.0) for place in places).astype(np.float32)


@pytest.fixture
def residents(tmp_path):
    """A fixed image with bright places, and a moving one where each has moved."""
    fixed, moving = image_with_blobs(FIXED, PLACES), image_with_blobs(MOVING, moved(PLACES))
    return {
        "fixed_image": resident(tmp_path / "f.nii", fixed, FIXED),
        "moving_image": resident(tmp_path / "m.nii", moving, MOVING),
        "fixed_label": resident(tmp_path / "fl.nii", (fixed > 500).astype(np.uint8), FIXED,
                                is_label=True),
        "moving_label": resident(tmp_path / "ml.nii", (moving > 500).astype(np.uint8), MOVING,
                                 is_label=True),
    }  # fmt: skip


@pytest.fixture
def parts(tmp_path):
    return {
        "transform": read_transform(write_transform(tmp_path / "a.tfm")),
        "fixed_landmarks": read_landmarks(write_points(tmp_path / "f.csv", PLACES)),
        "moving_landmarks": read_landmarks(
            write_points(tmp_path / "m.csv", moved(PLACES) * FLIP, "LPS")
        ),
    }


def scene(residents, result, **options):
    sources = {role: found.header.source for role, found in residents.items()}
    return build_scene(Sample("a", sources), residents, ViewOptions(**options), {}, result)


def layers(found):
    return {layer.role: layer for layer in found.layers if layer.role != "comparison"}


def correlation(found):
    one, other = (np.asarray(layers(found)[f"{s}_image"].data) for s in ("fixed", "moving"))
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def dice(found):
    one, other = (np.asarray(layers(found)[f"{s}_label"].data) > 0 for s in ("fixed", "moving"))
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def test_after_brings_the_moving_image_and_its_labels_onto_the_fixed_one(residents, parts):
    result = result_of(parts, residents)
    before, after = scene(residents, result), scene(residents, result, after=True)
    assert correlation(before) < 0.5 < 0.95 < correlation(after)
    assert dice(before) < 0.5 < 0.85 < dice(after)
    note = "after: through a.tfm (affine, 12 parameters)"
    assert layers(after)["moving_image"].note == note
    assert layers(after)["moving_label"].note == note
    assert note not in layers(before)["moving_image"].note
    assert layers(before)["fixed_image"].data is layers(after)["fixed_image"].data


@pytest.mark.parametrize("mode", ["checkerboard", "curtain", "difference", "edges", "two-colour"])
def test_compare_modes_show_what_is_shown_after(residents, parts, mode):
    result = result_of(parts, residents)
    before, after = (scene(residents, result, mode=mode, after=on) for on in (False, True))
    pictures = [
        np.asarray(next(layer for layer in found.layers if layer.role in ("comparison",
        "moving_image") and layer.visible).data[SHAPE[2] // 2])
        for found in (before, after)
    ]  # fmt: skip
    assert not np.array_equal(*pictures)
    if mode == "difference":
        assert pictures[1].mean() < 0.5 * pictures[0].mean()


def test_values_are_read_where_they_are_drawn(residents, parts):
    found = scene(residents, result_of(parts, residents), after=True)
    array = np.asarray(nib.load(residents["moving_image"].header.source.path).dataobj)
    for place in PLACES:
        canvas = found.display.to_canvas(place)
        truth = array[voxel_at(MOVING, tuple(moved(place)))]
        assert value_at(layers(found)["moving_image"], found.display, canvas) == truth > 500


def test_a_missing_slice_is_told_where_the_transform_draws_it(residents, parts):
    """Slice k of the moving image, which no file holds, lies elsewhere after than before."""
    places = {False: moved(PLACES)[1], True: PLACES[1]}
    gone = voxel_at(MOVING, tuple(moved(PLACES)[1]))[2]
    for after, place in places.items():
        found = scene(residents, result_of(parts, residents), after=after)
        lacking = tuple(
            replace(layer, absent=(gone,)) if layer.role == "moving_image" else layer
            for layer in found.layers
        )
        found = replace(found, layers=lacking)
        assert "moving image –" in read_out(found, found.display.to_canvas(place))
        other = places[not after]
        assert "moving image –" not in read_out(found, found.display.to_canvas(other))


def test_both_sides_of_the_switch_share_one_copy_and_stay(residents, parts):
    result = result_of(parts, residents)
    first = scene(residents, result)
    second = scene(residents, result, after=True)
    moving = residents["moving_image"]
    assert moving.nbytes == 2 * moving.volume.nbytes
    again = layers(scene(residents, result))["moving_image"].data
    assert again is layers(first)["moving_image"].data
    assert (
        layers(second)["moving_image"].reslicer.copy is layers(first)["moving_image"].reslicer.copy
    )


def test_a_warped_image_stands_in_where_there_is_no_transform(tmp_path, residents):
    warped = np.full(SHAPE, 7, np.float32)
    residents["warped_image"] = resident(tmp_path / "w.nii", warped, FIXED)
    result = result_of({}, residents)
    before, after = (layers(scene(residents, result, after=on)) for on in (False, True))
    assert set(before) == {"fixed_image", "moving_image", "fixed_label", "moving_label"}
    assert set(after) == {"fixed_image", "moving_image", "fixed_label"}  # the old label would lie
    assert (np.asarray(after["moving_image"].data) == 7).all()
    assert after["moving_image"].note == "after: warped image w.nii"
    residents["warped_label"] = resident(
        tmp_path / "wl.nii", np.ones(SHAPE, np.uint8), FIXED, is_label=True
    )
    labelled = layers(scene(residents, result_of({}, residents), after=True))
    assert (np.asarray(labelled["moving_label"].data) == 1).all()


def test_without_a_moving_image_the_warped_one_is_compared(tmp_path, residents, parts):
    residents["warped_image"] = resident(tmp_path / "w.nii", np.ones(SHAPE, np.float32), FIXED)
    del residents["moving_image"], residents["moving_label"]
    assert not result_of({}, residents).can_switch
    for given in ({}, parts):
        for after in (False, True):
            found = scene(residents, result_of(given, residents), after=after)
            assert found.compared == ("fixed_image", "moving_image")
            assert layers(found)["moving_image"].note == "warped image w.nii"
            assert layers(found)["moving_image"].reslicer.transform is None


@pytest.mark.parametrize("options", [{"aligned": "index"}, {"after": False}])
def test_what_ignores_headers_knows_no_after(residents, parts, options):
    result = result_of(parts, residents)
    found = layers(scene(residents, result, **{"after": True, **options}))
    assert found["moving_image"].reslicer.transform is None


@pytest.mark.parametrize(
    ("options", "why"),
    [({"aligned": "index"}, "headers are ignored"), ({"lens": "itk"}, "as other programs see"),
     ({}, ""), ({"after": False, "aligned": "index"}, "")],
)  # fmt: skip
def test_where_there_is_no_after_a_remark_says_why(residents, parts, options, why):
    found = scene(residents, result_of(parts, residents), **{"after": True, **options})
    said = [remark for remark in found.remarks if remark.startswith(BEFORE)]
    assert bool(said) == bool(why)
    assert why in "".join(said)


@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
@pytest.mark.parametrize("side", ["fixed", "moving"])
def test_without_geometry_nothing_is_moved_nor_said_to_be(tmp_path, residents, parts, side, grid):
    source = Source(write_h5(tmp_path / "g.h5", a=np.ones(SHAPE, np.float32)), "a")
    residents[f"{side}_image"] = read_resident(source, False, LabelTable())
    result = result_of(parts, residents)
    after = scene(residents, result, after=True, grid=grid)
    assert all(layer.reslicer.transform is None for layer in after.layers)
    assert not [note for note in after.notes if "after" in note]
    assert any("not every image has a geometry" in remark for remark in after.remarks)
    before, marks = scene(residents, result, grid=grid).landmarks, after.landmarks
    if marks is not None:
        np.testing.assert_array_equal(marks.moving, before.moving)


def test_in_3d_the_moving_volume_is_moved_too(residents, parts):
    result = result_of(parts, residents)
    before, after = (scene(residents, result, volume=True, after=on) for on in (False, True))
    assert correlation(before) < 0.5 < 0.95 < correlation(after)


# --- landmarks ---------------------------------------------------------------------------


def test_distances_before_and_after(parts):
    result = Result(parts["transform"], parts["fixed_landmarks"], parts["moving_landmarks"])
    truth = np.linalg.norm(moved(PLACES) - PLACES, axis=1)
    np.testing.assert_allclose(result.before.each, truth)
    np.testing.assert_allclose(result.after.each, 0, atol=1e-9)
    assert landmark_rows(result) == [
        ("3 landmarks", "mean", "median", "largest"),
        ("before", *(f"{f:.2f} mm" for f in (truth.mean(), np.median(truth), truth.max()))),
        ("after", "0.00 mm", "0.00 mm", "0.00 mm"),
    ]


def test_the_error_is_taken_in_the_space_of_the_moving_image(tmp_path, parts):
    """A transform that doubles lengths doubles the error of a landmark that is 1 mm off."""
    sitk.WriteTransform(sitk.ScaleTransform(3, (2.0, 2.0, 2.0)), str(tmp_path / "s.tfm"))
    off = read_landmarks(write_points(tmp_path / "off.csv", 2 * (PLACES + np.array((1.0, 0, 0)))))
    result = Result(read_transform(tmp_path / "s.tfm"), parts["fixed_landmarks"], off)
    np.testing.assert_allclose(result.after.each, 2.0)


def test_a_transform_that_runs_the_other_way_is_asked_after(tmp_path, parts):
    backwards = sitk.ReadTransform(str(parts["transform"].path)).GetInverse()
    sitk.WriteTransform(backwards, str(tmp_path / "back.tfm"))
    fixed, moving = parts["fixed_landmarks"], parts["moving_landmarks"]
    assert Result(parts["transform"], fixed, moving).notes == ()
    (note,) = Result(read_transform(tmp_path / "back.tfm"), fixed, moving).notes
    assert note.startswith("landmarks would lie 0.00 mm apart the other way round: does the")
    sitk.WriteTransform(sitk.TranslationTransform(3, (50.0, 0, 0)), str(tmp_path / "far.tfm"))
    assert Result(read_transform(tmp_path / "far.tfm"), fixed, moving).notes == ()  # merely bad


@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_landmarks_are_drawn_on_their_voxels(residents, parts, grid):
    result = result_of(parts, residents)
    before, after = (scene(residents, result, grid=grid, after=on) for on in (False, True))
    for found, places in ((before, moved(PLACES)), (after, PLACES)):
        marks, to_ras = found.landmarks, found.display.to_ras
        np.testing.assert_allclose([to_ras(point) for point in marks.fixed], PLACES, atol=1e-6)
        np.testing.assert_allclose([to_ras(point) for point in marks.moving], places, atol=1e-3)
        for role, points in (("fixed_image", marks.fixed), ("moving_image", marks.moving)):
            values = [value_at(layers(found)[role], found.display, point) for point in points]
            assert min(values) > 800  # the middle of a blob
    assert before.landmarks.texts == tuple(f"{mm:.1f} mm" for mm in result.before.each)
    assert after.landmarks.texts == ("0.0 mm",) * 3


def test_landmarks_lie_on_their_voxels_when_headers_are_ignored(residents, parts):
    found = scene(residents, result_of(parts, residents), aligned="index")
    marks = found.landmarks
    for role, points in (("fixed_image", marks.fixed), ("moving_image", marks.moving)):
        values = [value_at(layers(found)[role], found.display, point) for point in points]
        assert min(values) > 800
    assert marks.distances == ()


def test_without_a_transform_moving_landmarks_have_no_place_after(tmp_path, residents, parts):
    del parts["transform"]
    residents["warped_image"] = resident(tmp_path / "w.nii", np.ones(SHAPE, np.float32), FIXED)
    result = result_of(parts, residents)
    after = scene(residents, result, after=True).landmarks
    assert np.isnan(after.moving).all()
    assert after.distances == ()
    assert result.after is None
    assert len(landmark_rows(result)) == 2


def test_landmarks_of_one_side_are_drawn_with_their_names(residents, parts):
    result = result_of({"fixed_landmarks": parts["fixed_landmarks"]}, residents)
    marks = scene(residents, result).landmarks
    assert marks.texts == ("p0", "p1", "p2")
    assert len(marks.fixed) == 3
    assert len(marks.moving) == 0
    assert landmark_rows(result) == []


def test_landmarks_have_no_place_without_geometry_or_through_a_lens(residents, parts):
    result = result_of(parts, residents)
    assert scene(residents, result, lens="itk").landmarks is None
    assert scene(residents, Result()).landmarks is None


def test_the_farthest_move_is_told(residents, parts):
    result = result_of(parts, residents)
    found = scene(residents, result)
    corners = np.array(np.meshgrid(*([0, n - 1] for n in SHAPE), indexing="ij")).reshape(3, -1).T
    places = corners @ FIXED[:3, :3].T + FIXED[:3, 3]
    truth = np.linalg.norm(moved(places) - places, axis=1).max()
    assert moved_text(result, found.display) == (
        f"through a.tfm (affine, 12 parameters), moves by up to {truth:.1f} mm"
    )


# --- a whole session ---------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Two pairs: one with a transform and landmarks, one whose transform cannot be read."""
    root = tmp_path / "data"
    for name in ("a", "b"):
        write_nifti(root / "fixed_images" / f"{name}.nii", image_with_blobs(FIXED, PLACES), FIXED)
        write_nifti(
            root / "moving_images" / f"{name}.nii", image_with_blobs(MOVING, moved(PLACES)), MOVING
        )
    write_transform(root / "transforms" / "a.tfm")
    (root / "transforms" / "b.tfm").write_text("garbage")
    write_points(root / "fixed_landmarks" / "a.csv", PLACES)
    write_points(root / "moving_landmarks" / "a.csv", moved(PLACES), "RAS")
    return root


def test_a_session_switches_between_before_and_after(walker, folder):
    walker.open(folder)
    session = walker.session
    assert session.scene.sample_id == "a"
    assert session.result.can_switch
    assert correlation(session.scene) < 0.5
    session.set_options(after=True)
    after = walker.settle()
    assert correlation(after) > 0.95
    assert after.landmarks.texts == ("0.0 mm",) * 3
    session.set_options(after=False)
    assert correlation(walker.settle()) < 0.5


def test_a_transform_that_cannot_be_read_is_told_and_the_pair_is_shown(walker, folder):
    walker.open(folder)
    found = walker.select(1)
    assert "no transform that ITK reads" in found.problems["transform"]
    assert set(layers(found)) == {"fixed_image", "moving_image"}
    assert not walker.session.result
    assert any("b.tfm" in problem for problem in walker.session.rows.facts[1].problems)


def test_results_are_no_images_of_the_table(walker, folder):
    walker.open(folder)
    facts = walker.session.rows.facts[0]
    assert not [problem for problem in facts.problems if "transform" in problem]
    assert facts.shape == "30×32×28"


def test_the_same_file_may_be_a_transform_and_an_image(walker, tmp_path):
    """A displacement field that is listed twice is drawn as an image and applied as a transform."""
    write_nifti(tmp_path / "f.nii", image_with_blobs(FIXED, PLACES), FIXED)
    write_nifti(tmp_path / "m.nii", image_with_blobs(MOVING, moved(PLACES)), MOVING)
    vectors = nib.Nifti1Image(np.zeros((*SHAPE, 1, 3), np.float32), FIXED)
    vectors.header.set_intent(1007)
    nib.save(vectors, tmp_path / "warp.nii")
    (tmp_path / "list.csv").write_text(
        "id,fixed,moving,transform,field\na,f.nii,m.nii,warp.nii,warp.nii\n"
    )
    walker.open(tmp_path / "list.csv")
    assert walker.session.result.transform.kind == "displacement field"
    assert "field" in layers(walker.session.scene)


def test_a_transform_that_is_not_there_is_told_before_anybody_looks(walker, folder):
    (folder / "list.csv").write_text(
        "id,fixed,moving,transform\n"
        "a,fixed_images/a.nii,moving_images/a.nii,transforms/a.tfm\n"
        "b,fixed_images/b.nii,moving_images/b.nii,transforms/gone.tfm\n"
    )
    walker.open(folder / "list.csv")
    facts = walker.session.rows.facts
    assert not any("transform" in problem for problem in facts[0].problems)
    (problem,) = (problem for problem in facts[1].problems if "transform" in problem)
    assert problem.endswith("gone.tfm: no such file; it was moved, renamed or deleted")
