from __future__ import annotations

import struct

import h5py
import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import UnreadableFileError
from napari_medload.formats.transforms import holds_transform, read_transform
from napari_medload.geometry import Grid
from tests.phantoms import affine_of, rotation, write_h5, write_nifti

FLIP = np.array((-1.0, -1.0, 1.0))
POINTS = np.array([(0, 0, 0), (10, -20, 30), (-7.5, 3.25, -12), (4, 4, 4)], dtype=float)


def by_itk(transform, points):
    """Where SimpleITK takes RAS points."""
    return np.array([transform.TransformPoint((p * FLIP).tolist()) for p in points]) * FLIP


def an_affine():
    matrix = rotation(10, -5, 20) @ np.diag((1.1, 0.9, 1.0))
    return sitk.AffineTransform(matrix.ravel().tolist(), (3.0, -4.0, 5.0), (1.0, 2.0, 3.0))


def a_rigid():
    rigid = sitk.Euler3DTransform((1.0, 2.0, 3.0), 0.1, -0.2, 0.3, (4.0, 5.0, 6.0))
    return rigid


def a_bspline():
    spline = sitk.BSplineTransformInitializer(sitk.Image(40, 40, 40, sitk.sitkFloat32), (3, 3, 3))
    numbers = np.random.default_rng(0).normal(0, 2, spline.GetNumberOfParameters())
    spline.SetParameters(numbers.tolist())
    return spline


def a_field(size=(12, 13, 14), origin=(-20.0, -25.0, -20.0), spacing=(4.0, 4.0, 4.0), seed=0):
    """Smooth displacements of a few mm, in LPS."""
    i, j, k = np.indices(size[::-1])[::-1]
    vectors = np.stack((2 + np.sin(i / 3), np.cos(j / 4) - 1, 0.2 * k + seed), axis=-1)
    image = sitk.GetImageFromArray(vectors, isVector=True)
    image.SetOrigin(origin)
    image.SetSpacing(spacing)
    return image


def as_transform(image):
    return sitk.DisplacementFieldTransform(sitk.Cast(image, sitk.sitkVectorFloat64))


# --- files of ITK ------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["txt", "tfm", "h5", "mat"])
@pytest.mark.parametrize("make", [an_affine, a_rigid, a_bspline])
def test_points_go_where_simpleitk_takes_them(tmp_path, make, suffix):
    truth = make()
    path = tmp_path / f"a.{suffix}"
    sitk.WriteTransform(truth, str(path))
    found = read_transform(path)
    np.testing.assert_allclose(found.apply(POINTS), by_itk(truth, POINTS), atol=1e-6)
    assert not np.allclose(found.apply(POINTS), POINTS, atol=0.5)


@pytest.mark.parametrize("suffix", ["txt", "h5"])
def test_the_last_part_of_a_composite_is_applied_first(tmp_path, suffix):
    composite = sitk.CompositeTransform([an_affine(), a_rigid(), a_bspline()])
    sitk.WriteTransform(composite, str(tmp_path / f"a.{suffix}"))
    found = read_transform(tmp_path / f"a.{suffix}")
    truth = by_itk(an_affine(), by_itk(a_rigid(), by_itk(a_bspline(), POINTS)))
    np.testing.assert_allclose(found.apply(POINTS), truth, atol=1e-6)
    assert found.matrix is None
    assert found.kind == "B-spline + rigid + affine"
    assert found.parameters == 12 + 6 + a_bspline().GetNumberOfParameters()


def test_a_linear_composite_is_one_matrix_in_ras(tmp_path):
    sitk.WriteTransform(sitk.CompositeTransform([an_affine(), a_rigid()]), str(tmp_path / "a.tfm"))
    found = read_transform(tmp_path / "a.tfm")
    moved = POINTS @ found.matrix[:3, :3].T + found.matrix[:3, 3]
    np.testing.assert_allclose(moved, by_itk(an_affine(), by_itk(a_rigid(), POINTS)), atol=1e-9)
    assert found.description == "a.tfm (rigid + affine, 18 parameters)"


def test_a_translation_in_lps_is_turned_into_ras(tmp_path):
    sitk.WriteTransform(sitk.TranslationTransform(3, (1.0, 2.0, 3.0)), str(tmp_path / "a.txt"))
    found = read_transform(tmp_path / "a.txt")
    np.testing.assert_allclose(found.apply([(10, 10, 10)]), [(9, 8, 13)])
    assert found.largest_displacement(Grid((4, 5, 6), np.eye(4))) == pytest.approx(np.sqrt(14))


def test_the_largest_displacement_of_a_rotation_is_at_a_corner(tmp_path):
    sitk.WriteTransform(sitk.Euler3DTransform((0, 0, 0), 0, 0, 0.1), str(tmp_path / "a.txt"))
    grid = Grid((31, 41, 5), affine_of("LPS", (31, 41, 5)))
    truth = 2 * np.sin(0.05) * np.hypot(15, 20)  # chord at 25 mm from the axis
    found = read_transform(tmp_path / "a.txt").largest_displacement(grid)
    assert found == pytest.approx(truth, rel=1e-9)


# --- displacement fields -----------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["nii.gz", "nii", "mha", "nrrd"])
def test_a_field_that_simpleitk_wrote_moves_as_there(tmp_path, suffix):
    image = a_field()
    sitk.WriteImage(image, str(tmp_path / f"warp.{suffix}"))
    found = read_transform(tmp_path / f"warp.{suffix}")
    np.testing.assert_allclose(found.apply(POINTS), by_itk(as_transform(image), POINTS), atol=1e-5)
    assert found.kind == "displacement field"
    assert found.nbytes == 12 * 13 * 14 * 3 * 8


@pytest.mark.parametrize(
    ("intent", "moved"),
    [(1007, (-1.0, -2.0, 3.0)), (1006, (1.0, 2.0, 3.0))],
    ids=["VECTOR counts in LPS", "DISPVECT counts in RAS"],
)
def test_the_intent_of_nifti_says_in_which_directions_vectors_count(tmp_path, intent, moved):
    vectors = np.broadcast_to(np.array((1, 2, 3), np.float32), (9, 9, 9, 1, 3))
    affine = affine_of("LPS", (9, 9, 9), (10, 10, 10))
    image = nib.Nifti1Image(vectors, affine)
    image.header.set_intent(intent)
    nib.save(image, tmp_path / "warp.nii.gz")
    found = read_transform(tmp_path / "warp.nii.gz").apply(POINTS) - POINTS
    np.testing.assert_allclose(found, np.tile(moved, (4, 1)), atol=1e-6)
    seen = as_transform(sitk.ReadImage(str(tmp_path / "warp.nii.gz")))
    np.testing.assert_allclose(found, by_itk(seen, POINTS) - POINTS, atol=1e-6)


@pytest.mark.parametrize("code", ["RAS", "LPS", "PIR", "SAL"])
def test_a_tilted_field_lies_where_its_affine_says(tmp_path, code):
    shape = (9, 10, 11)
    affine = affine_of(code, shape, (5, 6, 7), (3, -2, 4), tilt=(12, -8, 5))
    i, j, k = np.indices(shape).astype(np.float32)
    vectors = np.stack((i, 2 * j, k - i), axis=-1)[..., np.newaxis, :]
    image = nib.Nifti1Image(vectors, affine)
    image.header.set_intent(1007)
    nib.save(image, tmp_path / "warp.nii")
    index = np.array((3.0, 4.5, 5.25))  # the field is linear, so its value between voxels is known
    place = affine[:3, :3] @ index + affine[:3, 3]
    x, y, z = index
    truth = place + np.array((x, 2 * y, z - x)) * FLIP
    np.testing.assert_allclose(read_transform(tmp_path / "warp.nii").apply([place])[0], truth,
                               atol=1e-4)  # fmt: skip


def test_nothing_is_displaced_outside_a_field(tmp_path):
    sitk.WriteImage(a_field(), str(tmp_path / "warp.nii.gz"))
    far = np.array([(500.0, 0, 0), (0, 0, -400)])
    np.testing.assert_array_equal(read_transform(tmp_path / "warp.nii.gz").apply(far), far)


# --- the way back ------------------------------------------------------------------------


@pytest.mark.parametrize("make", [an_affine, a_bspline, lambda: as_transform(a_field())])
def test_points_are_found_again_where_they_came_from(tmp_path, make):
    sitk.WriteTransform(make(), str(tmp_path / "a.h5"))
    transform = read_transform(tmp_path / "a.h5")
    inner = POINTS / 4 + FLIP * 8
    np.testing.assert_allclose(transform.find(transform.apply(inner)), inner, atol=1e-3)


def test_a_point_that_nothing_is_mapped_to_is_not_found(tmp_path):
    vectors = np.zeros((9, 9, 9, 3))
    vectors[..., 0] = 30 - np.arange(-16, 20, 4)[np.newaxis, np.newaxis]  # all of x goes to 30
    image = sitk.GetImageFromArray(vectors, isVector=True)
    image.SetOrigin((-16, -16, -16))
    image.SetSpacing((4, 4, 4))
    sitk.WriteImage(image, str(tmp_path / "warp.nii.gz"))
    transform = read_transform(tmp_path / "warp.nii.gz")
    assert np.isnan(transform.find([(5.0, 0, 0)])).all()


# --- bad input ---------------------------------------------------------------------------

HEAD = "#Insight Transform File V1.0\n"
SHIFT = "#Transform 0\nTransform: TranslationTransform_double_3_3\nParameters: 1 2 3\n\
FixedParameters:\n"
AFFINE = (
    "#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: {} 0 0 0 1 0 0 0 1 0 0 0\n\
FixedParameters: 0 0 0\n"
)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.txt", "hello\n1 2 3\n", "no transform that ITK reads"),
        ("a.tfm", "", "an empty file"),
        ("a.txt", HEAD + SHIFT.replace("3_3", "2_2").replace("1 2 3", "1 2"), "in 2 dimensions"),
        ("a.txt", HEAD + AFFINE.format("0"), "a singular affine transform"),
        ("a.txt", HEAD + AFFINE.format("nan"), "NaN or infinite"),
        ("a.txt", HEAD + AFFINE.format(""), "11 parameters and 3 fixed ones of the type Affine"),
        ("a.txt", HEAD + AFFINE.format("one"), "parameters that are no numbers"),
        ("a.txt", HEAD + AFFINE.format("1").replace("Affine", "Curved"), "which is not read"),
        ("a.txt", HEAD + AFFINE.format("1").replace("Affine", "Euler3D"),
         "12 parameters and 3 fixed ones of the type Euler3D"),
        ("a.txt", HEAD + "Transform: CompositeTransform_double_3_3\n", "composite .*without parts"),
        ("a.TFM", HEAD + AFFINE.format("1"), "ends in '.TFM'.*Rename it to '.tfm'"),
        ("a.txt", HEAD + SHIFT + SHIFT.replace("Transform 0", "Transform 1"),
         "2 transforms one after the other"),
        ("a.txt", '(Transform "EulerTransform")\n(NumberOfParameters 6)\n', "elastix"),
        ("a.mat", "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", "as FSL writes them"),
        ("a.mat", "1\0\0", "no MATLAB file"),
        ("a.h5", "no HDF5", "no HDF5 file"),
        ("a.xyz", "", "a name that ends in '.xyz'"),
        ("a.nii.gz", "no NIfTI", "gzip"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_transform_is_told(tmp_path, name, content, found):
    (tmp_path / name).write_text(content)
    with pytest.raises(UnreadableFileError, match=found) as error:
        read_transform(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)
    assert "expected" in str(error.value)
    assert "0x" not in str(error.value)  # no places in ITK's memory


STORED = "Transform: {}\nParameters: {}\nFixedParameters: {}\n"
TOO_FEW = {  # each of these makes ITK read or write beyond its memory
    "Euler3DTransform_double_3_3": ((1.0, 0, 0), (0.0, 0, 0)),
    "ScaleVersor3DTransform_double_3_3": ((0.0, 0, 0, 1), (4.0, 5, 6)),
    "Similarity3DTransform_double_3_3": ((0.0, 0, 0, 1), (4.0, 5, 6)),
    "BSplineTransform_double_3_3": (
        (1.0, 2, 3),
        (1e5, 1e5, 1e5, 0, 0, 0, 1, 1, 1, *np.eye(3).flat),
    ),
    "DisplacementFieldTransform_double_3_3": ((1.0,), (2.0, 2, 2)),
}


@pytest.mark.parametrize("suffix", ["tfm", "h5", "mat"])
@pytest.mark.parametrize("kind", TOO_FEW)
def test_too_few_numbers_for_a_type_never_reach_itk(tmp_path, kind, suffix):
    numbers, fixed = (np.array(some) for some in TOO_FEW[kind])
    path = tmp_path / f"a.{suffix}"
    if suffix == "tfm":
        texts = (" ".join(f"{number:g}" for number in some) for some in (numbers, fixed))
        path.write_text(HEAD + STORED.format(kind, *texts))
    elif suffix == "h5":
        with h5py.File(path, "w") as file:
            stored = file.create_group("TransformGroup/0")
            stored["TransformType"] = [kind.encode()]
            stored["TransformParameters"], stored["TransformFixedParameters"] = numbers, fixed
    else:
        names = (f"{name}\0".encode() for name in (kind, "fixed"))
        path.write_bytes(b"".join(
            struct.pack("<5i", 0, len(some), 1, 0, len(name)) + name + some.tobytes()
            for name, some in zip(names, (numbers, fixed), strict=True)
        ))  # fmt: skip
    with pytest.raises(UnreadableFileError, match=r"fixed ones of the type|whose lattice") as error:
        read_transform(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("size", ["float", "double"])
def test_a_matrix_as_c3d_and_itk_snap_write_it_is_an_affine(tmp_path, size):
    truth = an_affine()
    sitk.WriteTransform(truth, str(tmp_path / "a.tfm"))
    text = (tmp_path / "a.tfm").read_text()
    kind = f"MatrixOffsetTransformBase_{size}_3_3"
    (tmp_path / "a.tfm").write_text(text.replace("AffineTransform_double_3_3", kind))
    found = read_transform(tmp_path / "a.tfm")
    assert found.description == "a.tfm (affine, 12 parameters)"
    np.testing.assert_allclose(found.apply(POINTS), by_itk(truth, POINTS), atol=1e-5)


def test_a_kind_without_a_class_is_named_as_what_it_is(tmp_path):
    for kind, numbers, fixed, named in (
        ("QuaternionRigidTransform", "0 0 0 1 5 6 7", "0 0 0", "rigid"),
        ("ScaleLogarithmicTransform", "1 2 3", "0 0 0", "scale"),
        ("IdentityTransform", "", "", "identity"),
    ):
        (tmp_path / "a.txt").write_text(HEAD + STORED.format(f"{kind}_double_3_3", numbers, fixed))
        assert read_transform(tmp_path / "a.txt").kind == named


def test_hdf5_files_of_images_are_told_apart(tmp_path):
    images = write_h5(tmp_path / "images.h5", case1=np.zeros((4, 5, 6)))
    sitk.WriteTransform(an_affine(), str(tmp_path / "a.h5"))
    assert holds_transform(tmp_path / "a.h5")
    assert not holds_transform(images)
    assert not holds_transform(tmp_path / "missing.h5")
    with pytest.raises(UnreadableFileError, match="an HDF5 file of case1; expected a Transform"):
        read_transform(images)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_transform(tmp_path / "a.tfm")


@pytest.mark.parametrize(
    ("shape", "intent", "found"),
    [
        ((4, 5, 6), 0, "shape 4×5×6;"),
        ((4, 5, 6, 3), 0, "vectors along the fourth axis"),
        ((4, 5, 6, 1, 2), 1007, "shape 4×5×6×1×2"),
        ((4, 5, 6, 1, 3), 0, "intent code 0"),
        ((4, 5, 6, 1, 3), 1008, "intent code 1008"),
    ],
)
def test_volumes_that_are_no_fields_are_told(tmp_path, shape, intent, found):
    image = nib.Nifti1Image(np.ones(shape, np.float32), np.eye(4))
    image.header["intent_code"] = intent
    nib.save(image, tmp_path / "warp.nii")
    with pytest.raises(UnreadableFileError, match=found):
        read_transform(tmp_path / "warp.nii")


@pytest.mark.parametrize("name", ["a.tfm", "a.h5", "a.mat", "a.nii.gz", "a.mha"])
def test_damaged_files_are_told_each_by_its_name(tmp_path, name):
    """Bytes turned at random: either it can be read, or the reason names the file."""
    path = tmp_path / name
    if name in ("a.nii.gz", "a.mha"):
        sitk.WriteImage(a_field(size=(5, 6, 7)), str(path))
    else:
        sitk.WriteTransform(an_affine(), str(path))
    whole, chance = path.read_bytes(), np.random.default_rng(5)
    for _ in range(60):
        damaged = bytearray(whole[: chance.integers(len(whole) // 2, len(whole) + 1)])
        for place in chance.integers(0, len(damaged), 4):
            damaged[place] = chance.integers(256)
        path.write_bytes(damaged)
        try:
            read_transform(path)
        except OSError as error:
            assert str(path) in str(error)


def test_a_field_of_positions_and_one_with_nans_are_told(tmp_path):
    vectors = np.ones((4, 5, 6, 1, 3), np.float32)
    image = nib.Nifti1Image(vectors, np.eye(4))
    image.header.set_intent(1007, name="NREG_TRANS")
    nib.save(image, tmp_path / "nifty.nii")
    with pytest.raises(UnreadableFileError, match="numbers are positions"):
        read_transform(tmp_path / "nifty.nii")
    vectors[1, 2, 3] = np.nan
    nan = nib.Nifti1Image(vectors, np.eye(4))
    nan.header.set_intent(1007)
    nib.save(nan, tmp_path / "nan.nii")
    with pytest.raises(UnreadableFileError, match="3 of 360 numbers are NaN"):
        read_transform(tmp_path / "nan.nii")


def test_an_image_is_no_field_of_another_format(tmp_path):
    sitk.WriteImage(sitk.Image(4, 5, 6, sitk.sitkInt16), str(tmp_path / "ct.mha"))
    with pytest.raises(UnreadableFileError, match=r"with 1 number\(s\) a voxel"):
        read_transform(tmp_path / "ct.mha")
    write_nifti(tmp_path / "ct.nii.gz", np.zeros((4, 5, 6), np.int16))
    with pytest.raises(UnreadableFileError, match="a displacement field"):
        read_transform(tmp_path / "ct.nii.gz")
