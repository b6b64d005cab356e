"""DICOM in datasets: one sample a series, one member a folder, and never one a slice."""

from __future__ import annotations

import shutil

import h5py
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from napari_medload.formats import read_header
from napari_medload.images import ScalarImage
from napari_medload.loaders import DatasetError, open_dataset
from tests.formats.dicom_phantoms import instance, save, uid, write_enhanced, write_series
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (7, 5, 4)
AFFINE = affine_of("LPS", SHAPE, (1, 1, 3))


def series(folder, name="series", shape=SHAPE, **options):
    return write_series(folder, noise(shape, seed=len(name)), AFFINE, series=name, **options)


def ids(dataset):
    return [sample.id for sample in dataset]


@pytest.mark.parametrize("suffix", [".dcm", ".IMA", "", ".17"])
def test_a_folder_of_slices_is_one_sample(tmp_path, suffix):
    (sample,) = open_dataset(series(tmp_path / "knee", suffix=suffix))
    assert (sample.id, sample.problems) == ("knee", ())
    assert sample.image.spatial_shape == SHAPE
    np.testing.assert_array_equal(sample.image.data[0], noise(SHAPE, seed=6))


def test_series_in_one_folder_are_samples_named_by_number_and_description(tmp_path):
    series(tmp_path, "T1 axial", SeriesNumber=3)
    series(tmp_path, "T2", (7, 5, 6), SeriesNumber=4, SeriesDescription="T2/PD")
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["3 T1 axial", "4 T2-PD"]
    assert [sample.image.spatial_shape[2] for sample in dataset] == [4, 6]
    assert not any(sample.problems for sample in dataset)


def test_series_of_one_title_have_ids_of_their_own(tmp_path):
    for name in ("a", "b"):
        series(tmp_path, name, SeriesDescription="scout", SeriesNumber=1)
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["1 scout", "1 scout (2)"]
    assert not any(sample.problems for sample in dataset)


def test_folders_of_patients_are_samples(tmp_path):
    series(tmp_path / "anna")
    series(tmp_path / "bert" / "ct", suffix="")
    series(tmp_path / "carl" / "2024" / "mr", "T1", SeriesNumber=1)
    series(tmp_path / "carl" / "2024" / "mr", "T2", SeriesNumber=2)
    (tmp_path / "anna" / "report.pdf").write_bytes(b"%PDF")
    (tmp_path / "empty").mkdir()
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["anna", "bert/ct", "carl/2024/mr/1 T1", "carl/2024/mr/2 T2"]
    for sample in dataset:
        assert sample.image.spatial_shape == SHAPE


@pytest.mark.parametrize("opened", ["", "DICOMDIR"])
def test_a_cd_is_its_series(tmp_path, opened):
    study = tmp_path / "DICOM" / "PA000000" / "ST000000"
    for name in ("SE000000", "SE000001"):
        series(study / name, suffix="")
    shutil.copy(get_testdata_file("DICOMDIR"), tmp_path / "DICOMDIR")
    dataset = open_dataset(tmp_path / opened)
    below = "DICOM/PA000000/ST000000/"
    assert ids(dataset) == [f"{below}SE000000", f"{below}SE000001"]
    assert not any(sample.problems for sample in dataset)


def test_a_table_of_contents_alone_says_what_it_is(tmp_path):
    shutil.copy(get_testdata_file("DICOMDIR"), tmp_path / "DICOMDIR")
    with pytest.raises(DatasetError, match="table of contents"):
        open_dataset(tmp_path / "DICOMDIR")


def test_links_that_lead_round_in_circles_add_nothing(tmp_path):
    series(tmp_path / "anna", suffix="")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "anna" / "up").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    assert ids(open_dataset(tmp_path)) == ["anna"]


def test_series_are_sorted_by_their_numbers(tmp_path):
    for number in (10, 2, 1):
        series(tmp_path, f"n{number}", SeriesNumber=number, SeriesDescription="a  b\tc ")
    assert ids(open_dataset(tmp_path)) == ["1 a b c", "2 a b c", "10 a b c"]


def test_a_folder_without_an_image_is_a_row_with_the_reason(tmp_path):
    series(tmp_path / "anna")
    report = instance(noise((5, 7), np.uint8), Modality="RTSTRUCT", Rows=None, PixelData=None)
    del report.BitsAllocated
    save(report, tmp_path / "bert" / "contours.dcm")
    anna, bert = open_dataset(tmp_path)
    assert anna.problems == () and bert.roles == ()
    assert "RTSTRUCT" in bert.problems[0] and "contour" in bert.problems[0]


def test_volumes_beside_series_are_samples_too(tmp_path):
    series(tmp_path / "anna")
    write_nifti(tmp_path / "bert.nii.gz", noise(SHAPE), AFFINE)
    assert ids(open_dataset(tmp_path)) == ["bert", "anna"]


def test_a_single_slice_without_a_suffix_is_a_volume(tmp_path):
    series(tmp_path, suffix="")
    (sample,) = open_dataset(tmp_path / "series-0002")
    assert sample.id == "series-0002"
    assert sample.image.spatial_shape == (7, 5, 1)


@pytest.mark.parametrize("place", ["", "images"])
def test_a_file_whose_frames_lie_in_two_directions(tmp_path, place):
    """An enhanced localizer: a file of several volumes, named by what they are in the browser."""
    path = tmp_path / place / "scout.dcm"
    path.parent.mkdir(exist_ok=True)
    write_enhanced(path, noise(SHAPE), AFFINE, [(k, 0) for k in range(4)])
    file = dcmread(path)
    turned = Dataset()
    turned.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]
    for group in file.PerFrameFunctionalGroupsSequence[3:]:
        group.PlaneOrientationSequence = [turned]
    file.save_as(path)
    assert ids(open_dataset(path)) == ["1 enhanced part 1", "1 enhanced part 2"]
    if place:
        (sample,) = open_dataset(tmp_path)
        assert (sample.id, sample.problems) == ("scout", ())


def test_a_text_without_a_suffix_is_no_volume(tmp_path):
    (tmp_path / "README").write_text("hello " * 100)
    with pytest.raises(DatasetError, match="neither a folder, a list"):
        open_dataset(tmp_path / "README")
    with pytest.raises(DatasetError, match="not a dataset"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("suffix", [".dcm", ""])
def test_a_folder_of_slices_is_a_member_of_a_role(tmp_path, suffix):
    for role in ("moving_images", "fixed_images"):
        for case in ("case1", "case2"):
            series(tmp_path / role / case, suffix=suffix)
    write_nifti(tmp_path / "moving_images" / "case3.nii.gz", noise(SHAPE), AFFINE)
    series(tmp_path / "fixed_images" / "case3", suffix=suffix)
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "paired" and ids(dataset) == ["case1", "case2", "case3"]
    for sample in dataset:
        assert sample.problems == ()
        assert sample.fixed_image.spatial_shape == sample.moving_image.spatial_shape == SHAPE


def test_series_in_groups(tmp_path):
    for place in ("anna/ct", "anna/mr", "bert/ct"):
        series(tmp_path / "images" / place)
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "grouped"
    assert [(sample.id, sample.group) for sample in dataset] == [
        ("anna/ct", "anna"), ("anna/mr", "anna"), ("bert/ct", "bert")
    ]  # fmt: skip


def test_slices_directly_in_the_folders_of_roles_are_one_pair(tmp_path):
    for role in ("moving_images", "fixed_images"):
        series(tmp_path / "knee" / role)
    (sample,) = open_dataset(tmp_path / "knee")
    assert sample.id == "knee" and sample.problems == ()
    assert sample.fixed_image.spatial_shape == SHAPE


def test_several_series_in_the_folder_of_a_role_are_not_paired_by_chance(tmp_path):
    for role in ("moving_images", "fixed_images"):
        series(tmp_path / role / "case1")
        for name in ("anna", "bert"):
            series(tmp_path / role, name, SeriesInstanceUID=uid(role + name))
    case, mixed = open_dataset(tmp_path)
    assert (case.id, case.problems) == ("case1", ())
    assert mixed.roles == ()
    assert "1 anna, 1 bert" in mixed.problems[0] and "folder for each" in mixed.problems[0]


def test_files_that_are_series_of_their_own_are_members(tmp_path):
    for name in ("anna", "bert"):
        file = instance(noise((5, 7)), name, Modality="CR", SOPClassUID="1.2.840.10008.5.1.4.1.1.1")
        save(file, tmp_path / "images" / f"{name}.dcm")
    assert ids(open_dataset(tmp_path)) == ["anna", "bert"]


def test_a_list_names_folders_and_series_in_them(tmp_path):
    series(tmp_path / "scans", "pre")
    series(tmp_path / "scans", "post", (7, 5, 6))
    series(tmp_path / "other")
    (tmp_path / "pairs.csv").write_text(
        f"id,fixed,moving\na,scans#{uid('pre')},scans#{uid('post')}\nb,other,other\n"
    )
    a, b = open_dataset(tmp_path / "pairs.csv")
    assert a.fixed_image.spatial_shape[2] == 4 and a.moving_image.spatial_shape[2] == 6
    assert b.fixed_image.spatial_shape == SHAPE


def test_a_folder_in_any_column_of_a_list_is_a_series_where_it_holds_one(tmp_path):
    series(tmp_path / "scans" / "ct")
    series(tmp_path / "scans" / "pet", suffix="")
    (tmp_path / "list.csv").write_text("image,pet,site\nscans/ct,scans/pet,north/south\n")
    (sample,) = open_dataset(tmp_path / "list.csv")
    assert sample.roles == ("image", "pet")
    assert read_header(sample.sources["pet"]).shape == SHAPE


def test_a_list_names_series_whose_uids_are_made_of_a_uuid(tmp_path):
    number = "2.25.105336949740931673789449853882121837518"
    series(tmp_path / "scans", "pre")
    series(tmp_path / "scans", "post", (7, 5, 6), SeriesInstanceUID=number)
    (tmp_path / "list.csv").write_text(f"image\nscans#{number}\n")
    (sample,) = open_dataset(tmp_path / "list.csv")
    assert sample.image.spatial_shape == (7, 5, 6)


def test_a_pattern_for_the_slices_finds_the_series(tmp_path):
    for name in ("1", "2"):
        series(tmp_path / f"sub-{name}" / "ct")
        series(tmp_path / f"sub-{name}", "scout", (7, 5, 1))
    patterns = {"image": "sub-{id}/ct/*.dcm", "scout": "sub-{id}/*.dcm"}
    dataset = open_dataset(tmp_path, patterns=patterns)
    assert ids(dataset) == ["1", "2"]
    for sample in dataset:
        assert sample.problems == ()
        assert read_header(sample.sources["image"]).shape == SHAPE
        assert read_header(sample.sources["scout"]).shape == (7, 5, 1)


def test_a_pattern_finds_folders_of_slices(tmp_path):
    for name in ("1", "2"):
        series(tmp_path / f"sub-{name}" / "ct")
        write_nifti(tmp_path / f"sub-{name}" / "seg.nii.gz", noise(SHAPE), AFFINE)
    dataset = open_dataset(tmp_path, patterns={"image": "sub-{id}/ct", "label": "sub-{id}/seg.*"})
    assert ids(dataset) == ["1", "2"]
    assert all(read_header(sample.sources["image"]).shape == SHAPE for sample in dataset)
    assert all(set(sample.roles) == {"image", "label"} for sample in dataset)


def picture(path):
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(path)


@pytest.mark.parametrize("role", ["", "images"])
def test_a_picture_beside_volumes_is_no_sample(tmp_path, role):
    write_nifti(tmp_path / role / "a.nii.gz", noise(SHAPE), AFFINE)
    picture(tmp_path / role / "README.png")
    assert ids(open_dataset(tmp_path)) == ["a"]


@pytest.mark.parametrize("role", ["", "images"])
def test_a_picture_beside_series_is_no_sample(tmp_path, role):
    series(tmp_path / role / "a")
    picture(tmp_path / role / "thumbnail.jpg")
    assert ids(open_dataset(tmp_path)) == ["a"]


@pytest.mark.parametrize("role", ["", "images"])
def test_pictures_alone_are_samples(tmp_path, role):
    for name in ("a.png", "b.tif"):
        picture(tmp_path / role / name)
    assert ids(open_dataset(tmp_path)) == ["a", "b"]


def test_a_picture_beside_what_is_opened_by_itself_is_no_dataset(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["v"] = noise(SHAPE)
    picture(tmp_path / "logo.png")
    with pytest.raises(DatasetError, match=r"a\.h5"):
        open_dataset(tmp_path)


def test_files_of_one_name_and_several_suffixes_are_volumes_each(tmp_path):
    for number, suffix in enumerate((".nii", ".nii.gz", ".mha")):
        save_volume(noise(SHAPE, seed=number), AFFINE, tmp_path / f"a{suffix}")
    save_volume(noise(SHAPE), AFFINE, tmp_path / "b.nii")
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["a.mha", "a.nii", "a.nii.gz", "b"]
    assert not any(sample.problems for sample in dataset)
    for place, number in enumerate((2, 0, 1)):
        np.testing.assert_array_equal(dataset[place].image.data[0], noise(SHAPE, seed=number))


def save_volume(array, affine, path):
    ScalarImage(tensor=array[None], affine=affine).save(path)


def test_pictures_that_a_list_names_are_samples(tmp_path):
    write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), AFFINE)
    picture(tmp_path / "b.png")
    (tmp_path / "list.csv").write_text("image\na.nii.gz\nb.png\n")
    assert ids(open_dataset(tmp_path / "list.csv")) == ["a", "b"]


def test_T09_a_scalar_image_of_a_folder_and_of_one_file(tmp_path):
    affine = np.diag((2.0, 2.0, 2.0, 1.0))
    affine[:3, 3] = (-82.1807, -122.163, -24.707)
    array = noise((88, 128, 17))
    image = ScalarImage(write_series(tmp_path / "series", array, affine))
    assert image.shape == (1, 88, 128, 17)
    assert image.spacing == pytest.approx((2, 2, 2))
    assert image.orientation == ("R", "A", "S")
    assert image.origin == pytest.approx((-82.1807, -122.163, -24.707))
    np.testing.assert_array_equal(image.data[0], array)
    assert ScalarImage(tmp_path / "series" / "series-0003.dcm").shape == (1, 88, 128, 1)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="empty"):
        ScalarImage(tmp_path / "empty").load()


def test_a_series_that_vanishes_is_told_with_its_folder(tmp_path):
    dataset = open_dataset(series(tmp_path / "knee"))
    shutil.rmtree(tmp_path / "knee")
    with pytest.raises(FileNotFoundError, match="knee"):
        dataset[0].image.load()
