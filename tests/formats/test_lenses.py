from __future__ import annotations

import gc
import gzip

import h5py
import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Source, UnreadableFileError, read_array, read_header
from napari_medload.formats.lenses import LENSES, look, look_through_all
from napari_medload.geometry.agreement import corner_displacement_mm
from tests.formats.examples import AFFINE, EXAMPLES, SHAPE
from tests.phantoms import affine_of, noise, write_h5, write_nifti

SFORM = affine_of("LPS", SHAPE, (1, 2, 3), centre=(1, 2, 3), tilt=(10, 0, 0))
QFORM = affine_of("LPS", SHAPE, (1, 2, 3), centre=(4, 5, 6), tilt=(0, 0, 20))


def values(source):
    header = read_header(source)
    return header.scaling.apply(read_array(header))


@pytest.mark.filterwarnings("ignore")  # the libraries' own
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_every_lens_answers_for_every_file(tmp_path, example):
    path = example.write(tmp_path)
    for seen in look_through_all(path):
        assert bool(seen.reason) == (seen.grid is None) == (seen.read is None)
        if seen.read is not None and "rgb" not in example.name:
            array = seen.read()
            assert (*array.shape, 1)[:3] == seen.grid.shape


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr", "a.mgz"])
def test_where_programs_agree_no_lens_shows_a_displacement(tmp_path, name):
    array = noise(SHAPE)
    if name == "a.mgz":
        nib.save(nib.MGHImage(array, AFFINE), tmp_path / name)
    else:
        write_nifti(tmp_path / name, array, AFFINE)
    truth = read_header(tmp_path / name).grid
    for lens in ("nibabel", "itk"):
        seen = look(tmp_path / name, lens)
        if seen.reason:
            assert (lens, name) == ("itk", "a.mgz")
            continue
        assert corner_displacement_mm(seen.grid, truth) < 1e-4
        np.testing.assert_array_equal(seen.read(), array)


def test_T22_nibabel_takes_the_sform_and_itk_the_qform(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, qform=QFORM, sform_code=2)
    header = read_header(path)
    by_nibabel, by_itk = look(path, "nibabel"), look(path, "itk")
    assert corner_displacement_mm(by_nibabel.grid, header.grid) < 1e-4
    assert corner_displacement_mm(by_itk.grid, header.with_form("qform").grid) < 1e-4
    assert corner_displacement_mm(by_itk.grid, header.grid) > 3
    assert any("qform" in note for note in by_itk.notes)


def test_T22_itk_takes_directions_of_a_scanners_sform_and_the_spacing_of_the_qform(tmp_path):
    wider = affine_of("LPS", SHAPE, (2, 2, 3))
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), SFORM, qform=wider, sform_code=1)
    seen = look(path, "itk").grid
    assert seen.spacing == pytest.approx((2, 2, 3))
    directions = SFORM[:3, :3] / np.linalg.norm(SFORM[:3, :3], axis=0)
    np.testing.assert_allclose(seen.affine[:3, :3] / seen.spacing, directions, atol=1e-6)
    assert read_header(path).grid.spacing == pytest.approx((1, 2, 3))


def test_T21_itk_refuses_shear_and_nibabel_keeps_it(tmp_path):
    sheared = affine_of("RAS", SHAPE, (1, 2, 3), shear=0.3)
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), sheared, qform_code=0)
    np.testing.assert_allclose(look(path, "nibabel").grid.affine, sheared, atol=1e-5)
    assert "orthonormal" in look(path, "itk").reason


def test_T23_itk_makes_zeros_of_nans_and_says_so(tmp_path):
    array = noise(SHAPE, np.float32)
    array[1, 2, 3] = np.nan
    path = write_nifti(tmp_path / "a.nii", array, AFFINE)
    assert np.isnan(values(path)[1, 2, 3])
    assert np.isnan(look(path, "nibabel").read()[1, 2, 3])
    seen = look(path, "itk")
    assert seen.read()[1, 2, 3] == 0
    assert any("no number" in note for note in seen.notes)


def test_deepreg_drops_the_affine_the_type_and_a_last_axis_of_one(tmp_path):
    array = noise((*SHAPE, 1))
    path = write_nifti(tmp_path / "a.nii.gz", array, AFFINE)
    seen = look(path, "deepreg")
    assert not seen.grid.known
    assert seen.read().dtype == np.float32
    np.testing.assert_array_equal(seen.read(), array[..., 0])
    assert any("affine" in note for note in seen.notes)
    assert any("last axis" in note for note in seen.notes)


def test_deepreg_reads_a_dataset_by_its_key(tmp_path):
    path = write_h5(tmp_path / "a.h5", case=noise(SHAPE))
    with h5py.File(path) as file:
        np.testing.assert_array_equal(look(Source(path, "case"), "deepreg").read(), file["case"])
    assert look(path, "deepreg").reason
    assert look(write_nifti(tmp_path / "a.hdr", noise(SHAPE)), "deepreg").reason


def test_napari_alone_reads_nii_by_its_index_and_no_compressed_one(tmp_path):
    array = noise((5, 6, 7))
    seen = look(write_nifti(tmp_path / "a.nii", array, AFFINE), "napari")
    assert not seen.grid.known
    np.testing.assert_array_equal(seen.read(), array)
    assert look(write_nifti(tmp_path / "a.nii.gz", array, AFFINE), "napari").reason


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["a.nii.gz", "a.hdr", "a.img.gz", "a.mgz", "a.mgh", "a.h5"])
def test_what_the_lens_of_napari_refuses_imageio_refuses(tmp_path, name):
    imageio = pytest.importorskip("imageio.v3")
    path = tmp_path / name
    if name == "a.h5":
        write_h5(path, data=noise(SHAPE))
    elif ".mg" in name:
        nib.save(nib.MGHImage(noise(SHAPE), AFFINE), path)
    else:
        write_nifti(path, noise(SHAPE), AFFINE)
    with pytest.raises((OSError, ValueError, ImportError)):
        imageio.imread(path)
    gc.collect()  # it leaves the file open
    assert "imageio" in look(path, "napari").reason


def test_napari_stacks_the_files_of_a_folder_by_their_names(tmp_path):
    slices = noise((8, 6, 3), np.uint8)
    for k, name in enumerate(("a1.png", "a2.png", "a10.png")):
        sitk.WriteImage(
            sitk.GetImageFromArray(np.ascontiguousarray(slices[..., k].T)), str(tmp_path / name)
        )
    np.testing.assert_array_equal(look(tmp_path, "napari").read(), slices)


def test_a_broken_file_is_an_answer_and_a_missing_one_an_error(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"not an image at all" * 100)
    assert all(seen.reason for seen in look_through_all(tmp_path / "a.nii"))
    with pytest.raises(FileNotFoundError, match=r"gone\.nii"):
        look(tmp_path / "gone.nii", "nibabel")
    with pytest.raises(ValueError, match="expected one of nibabel, itk, deepreg, napari"):
        look(tmp_path / "a.nii", "glasses")
    assert tuple(LENSES) == ("nibabel", "itk", "deepreg", "napari")


@pytest.mark.parametrize("lens", [None, "nibabel"])
@pytest.mark.parametrize(
    ("named", "other"),
    [("a.nii", "a.nii.gz"), ("a.nii.gz", "a.nii"), ("a.nii", "a.hdr"), ("a.hdr", "a.nii")],
)
def test_a_file_beside_one_of_the_same_stem_is_read_as_named(tmp_path, named, other, lens):
    wanted, unwanted = noise(SHAPE, seed=1), noise(SHAPE, seed=2)
    write_nifti(tmp_path / other, unwanted, AFFINE)
    path = write_nifti(tmp_path / named, wanted, AFFINE)
    found = values(path) if lens is None else look(path, lens).read()
    np.testing.assert_array_equal(found, wanted)


def test_itk_reads_an_uncompressed_file_in_place_of_the_one_that_is_named(tmp_path):
    wanted, unwanted = noise(SHAPE, seed=1), noise(SHAPE, seed=2)
    path = write_nifti(tmp_path / "a.nii.gz", wanted, AFFINE)
    assert not any("in place of" in note for note in look(path, "itk").notes)
    write_nifti(tmp_path / "a.nii", unwanted, AFFINE)
    seen = look(path, "itk")
    np.testing.assert_array_equal(seen.read(), unwanted)
    assert "a.nii, which lies beside it, in place of this file" in seen.notes[-1]
    np.testing.assert_array_equal(values(path), wanted)


@pytest.mark.parametrize("named", ["a.img", "a.hdr", "a.img.gz", "a.hdr.gz"])
def test_a_pair_beside_a_compressed_pair_is_read_as_named(tmp_path, named):
    plain, compressed = noise(SHAPE, seed=1), noise(SHAPE, seed=2)
    write_nifti(tmp_path / "z" / "a.hdr", compressed, AFFINE)
    write_nifti(tmp_path / "a.hdr", plain, AFFINE)
    for suffix in (".hdr", ".img"):
        raw = (tmp_path / "z" / f"a{suffix}").read_bytes()
        (tmp_path / f"a{suffix}.gz").write_bytes(gzip.compress(raw))
    wanted = compressed if named.endswith("gz") else plain
    np.testing.assert_array_equal(values(tmp_path / named), wanted)


def test_a_header_whose_data_lie_compressed_beside_it(tmp_path):
    array = noise(SHAPE)
    write_nifti(tmp_path / "a.hdr", array, AFFINE)
    raw = (tmp_path / "a.img").read_bytes()
    (tmp_path / "a.img").unlink()
    with pytest.raises(UnreadableFileError, match=r"a\.img"):
        read_header(tmp_path / "a.hdr")
    (tmp_path / "a.img.gz").write_bytes(gzip.compress(raw))
    np.testing.assert_array_equal(values(tmp_path / "a.hdr"), array)
