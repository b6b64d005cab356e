from __future__ import annotations

import os
import shutil

import h5py
import numpy as np
import pytest

from napari_medload.loaders import (
    DatasetError,
    H5FileLoader,
    SeveralDatasetsError,
    open_dataset,
)
from napari_medload.loaders.deepreg.folders import Grouped, Paired, Unpaired
from napari_medload.loaders.members import role_place
from napari_medload.loaders.pairing import concerns_labels
from tests.loaders.test_contract import (
    AFFINE,
    HOSTILE,
    PAIRED,
    SHAPE,
    SINGLE,
    image,
    make_pipe,
    write_files,
    write_folder,
)
from tests.phantoms import affine_of, noise, write_h5, write_nifti


def ids(dataset):
    return [sample.id for sample in dataset]


@pytest.mark.parametrize("build", ["nothing", "text", "half a pair", "labels alone"])
def test_a_wrong_folder_says_what_was_found_and_what_was_looked_for(tmp_path, build):
    if build == "text":
        (tmp_path / "notes.txt").write_text("hello")
    elif build == "half a pair":
        write_folder(tmp_path, ("fixed_images",), ("a",))
    elif build == "labels alone":
        write_folder(tmp_path, ("labels",), ("a",))
    with pytest.raises(DatasetError) as caught:
        open_dataset(tmp_path)
    message = str(caught.value)
    assert str(tmp_path) in message
    for word in ("moving_images", "fixed_images", "images", "paired", "grouped"):
        assert word in message
    found = {
        "nothing": "an empty folder",
        "text": "notes.txt",
        "half a pair": "fixed_images",
        "labels alone": "labels",
    }[build]
    assert f"found {found}" in message
    if build == "half a pair":
        assert "Add moving_images" in message


def test_a_path_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DatasetError, match="nowhere"):
        open_dataset(tmp_path / "nowhere")


def test_a_file_that_is_no_volume_says_what_could_be_opened(tmp_path):
    (tmp_path / "scan.docx").write_text("x")
    with pytest.raises(DatasetError, match=r"scan\.docx.*\.csv.*NIfTI"):
        open_dataset(tmp_path / "scan.docx")


def test_roles_without_volumes_are_an_error(tmp_path):
    for role in PAIRED[:2]:
        (tmp_path / role).mkdir()
    with pytest.raises(DatasetError, match=r"fixed_images and moving_images hold no volume"):
        open_dataset(tmp_path)


def test_a_broken_h5_file_is_an_error_that_names_it(tmp_path):
    write_files(tmp_path, PAIRED, ("a",))
    (tmp_path / "moving_images.h5").write_bytes(b"no")
    (sample,) = open_dataset(tmp_path)  # the other side can be looked at all the same
    assert any("moving_images.h5" in problem for problem in sample.problems)
    assert sample.fixed_image is not None and sample.moving_image is None
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "images.h5").write_bytes(b"no")
    with pytest.raises(DatasetError, match=r"images\.h5"):
        open_dataset(lone)


def test_several_datasets_offer_a_choice(tmp_path):
    write_folder(tmp_path / "knee", SINGLE, ("a",))
    write_folder(tmp_path / "study" / "brain", PAIRED, ("a",))
    (tmp_path / "zbroken").mkdir()
    (tmp_path / "zbroken" / "images.h5").write_bytes(b"no")
    with pytest.raises(SeveralDatasetsError) as caught:
        open_dataset(tmp_path)
    choices = caught.value.choices
    assert choices == (tmp_path / "knee", tmp_path / "study" / "brain", tmp_path / "zbroken")
    assert "knee" in str(caught.value)
    assert open_dataset(choices[1]).layout == "paired"


def test_a_dataset_alone_below_is_opened(tmp_path):
    for split in ("train", "test"):
        write_folder(tmp_path / "download" / "data" / split, SINGLE, ("a",))
    assert ids(open_dataset(tmp_path)) == ["train/a", "test/a"]
    assert ids(open_dataset(tmp_path, split="test")) == ["test/a"]
    with pytest.raises(DatasetError, match=r"no split 'valid'; found train, test"):
        open_dataset(tmp_path, split="valid")


def test_splits_stand_in_their_usual_order(tmp_path):
    for split in ("test", "Valid", "train"):
        write_folder(tmp_path / split, PAIRED[:2], ("a",))
    dataset = open_dataset(tmp_path)
    assert dataset.splits == ("train", "Valid", "test")
    assert [sample.split for sample in dataset] == ["train", "Valid", "test"]
    assert ids(dataset) == ["train/a", "Valid/a", "test/a"]


def test_a_split_of_a_dataset_without_splits_is_an_error(tmp_path):
    write_folder(tmp_path, PAIRED[:2], ("a",))
    with pytest.raises(DatasetError, match="no split 'train'; found none"):
        open_dataset(tmp_path, split="train")


def test_D02_groups_below_groups(tmp_path):
    write_folder(tmp_path, SINGLE, ("g1/sub/a", "g1/b", "group-2/x-y", "group-2/x/y"))
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "grouped"
    assert {s.id: s.group for s in dataset} == {
        "g1/sub/a": "g1/sub",
        "g1/b": "g1",
        "group-2/x-y": "group-2",
        "group-2/x/y": "group-2/x",
    }


def test_one_image_beside_the_groups_makes_it_unpaired(tmp_path):
    write_folder(tmp_path, SINGLE, ("g1/a", "b"))
    assert open_dataset(tmp_path).layout == "unpaired"
    assert open_dataset(tmp_path, layout="grouped").layout == "grouped"


def test_the_groups_of_an_h5_file(tmp_path):
    write_files(tmp_path, SINGLE, ("group-1-1", "group-10-1", "group-2-x"))
    dataset = open_dataset(tmp_path)
    assert [(s.id, s.group) for s in dataset] == [("1/1", "1"), ("10/1", "10"), ("2/x", "2")]


def test_a_layout_that_does_not_fit_says_so(tmp_path):
    write_folder(tmp_path, SINGLE, ("a",))
    with pytest.raises(DatasetError, match=r"cannot be read as paired.*fixed_images"):
        open_dataset(tmp_path, layout="paired")


def test_D03_names_are_joined_without_their_suffix(tmp_path):
    write_folder(tmp_path, PAIRED[:1], ("a",), ".nii")
    write_folder(tmp_path, PAIRED[1:2], ("a",), ".nii.gz")
    (sample,) = open_dataset(tmp_path)
    assert sample.id == "a"
    assert sample.problems == ()


def test_two_files_of_one_name_are_a_problem_not_two_samples(tmp_path):
    write_folder(tmp_path, PAIRED[:2], ("a", "b"))
    write_nifti(tmp_path / "fixed_images" / "a.nii", noise(SHAPE), AFFINE)
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["a", "b"]
    (problem,) = dataset[0].problems
    assert "a.nii " in problem
    assert "a.nii.gz" in problem
    assert dataset[1].problems == ()


def test_names_that_differ_in_case_are_joined_and_marked(tmp_path):
    write_folder(tmp_path, PAIRED[:1], ("Case1", "case2"))
    write_folder(tmp_path, PAIRED[1:2], ("case1", "case2"))
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["Case1", "case2"]
    assert "case1.nii.gz" in dataset[0].problems[0]
    assert dataset[0].moving_image.path.name == "case1.nii.gz"
    assert dataset[1].problems == ()


@pytest.mark.parametrize("both", [0, 1])
def test_an_exact_name_goes_before_one_that_differs_in_case(tmp_path, both):
    write_folder(tmp_path, (PAIRED[both],), ("A", "a"))
    write_folder(tmp_path, (PAIRED[1 - both],), ("a",))
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["A", "a"]
    assert dataset[1].problems == ()
    assert dataset[1].fixed_image.path.name == dataset[1].moving_image.path.name == "a.nii.gz"
    assert len(dataset[0].roles) == 1
    assert "missing" in dataset[0].problems[0]


def test_accents_that_are_encoded_differently_are_joined_and_marked(tmp_path):
    write_folder(tmp_path, PAIRED[:1], ("M\u00fcller",))
    write_folder(tmp_path, PAIRED[1:2], ("Mu\u0308ller",))
    (sample,) = open_dataset(tmp_path)
    assert set(sample.roles) == {"fixed_image", "moving_image"}
    assert "encoded" in sample.problems[0]


def test_links_are_followed_but_not_in_circles(tmp_path):
    store = write_folder(tmp_path / "store", ("",), ("b",))
    write_folder(tmp_path / "data", PAIRED[:2], ("a",))
    for role in PAIRED[:2]:
        (tmp_path / "data" / role / "more").symlink_to(store)
        (tmp_path / "data" / role / "again").symlink_to(tmp_path / "data" / role)
        (tmp_path / "data" / role / "gone.nii.gz").symlink_to(tmp_path / "nowhere.nii.gz")
    dataset = open_dataset(tmp_path / "data")
    assert ids(dataset) == ["a", "gone", "more/b"]
    assert dataset[1].roles == ()
    for problem in dataset[1].problems:
        assert "gone.nii.gz: a link to" in problem
    assert [bool(sample.problems) for sample in dataset] == [False, True, False]


def test_folders_that_link_to_each_other_are_opened(tmp_path):
    write_folder(tmp_path, ("images",), ("a/x", "b/y"))
    (tmp_path / "images" / "a" / "to").symlink_to("../b")
    (tmp_path / "images" / "b" / "to").symlink_to("../a")
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["a/x", "a/to/y", "b/y", "b/to/x"]
    assert not any(sample.problems for sample in dataset)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_folder_of_volumes_with_a_bad_entry_is_opened(tmp_path, kind):
    write_folder(tmp_path, ("",), ("a", "b"))
    HOSTILE[kind](tmp_path / "a.nii.gz")
    one, other = open_dataset(tmp_path)
    assert "a.nii.gz" in one.problems[0]
    assert one.roles == other.problems == ()
    other.load()


def test_nothing_but_bad_entries_is_an_error_with_the_reason(tmp_path):
    write_folder(tmp_path, ("images",), ("a",))
    make_pipe(tmp_path / "images" / "a.nii.gz")
    with pytest.raises(DatasetError, match=r"a\.nii\.gz: a named pipe"):
        open_dataset(tmp_path)


def test_a_pipe_alone_is_an_error_at_once(tmp_path):
    make_pipe(tmp_path / "a.nii.gz")
    with pytest.raises(DatasetError, match=r"a\.nii\.gz"):
        open_dataset(tmp_path / "a.nii.gz")


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_bad_entry_that_fits_a_pattern_is_a_row(tmp_path, kind):
    write_folder(tmp_path, ("sub-a", "sub-b"), ("t1",))
    HOSTILE[kind](tmp_path / "sub-b" / "t1.nii.gz")
    dataset = open_dataset(tmp_path, patterns={"fixed_image": "sub-{id}/t1.nii.gz"})
    assert {s.id: s.roles for s in dataset} == {"a": ("fixed_image",), "b": ()}
    assert "t1.nii.gz" in dataset[1].problems[0]


# --- splits ------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [SINGLE, PAIRED])
def test_a_broken_split_is_a_row_and_the_others_are_usable(tmp_path, roles):
    write_folder(tmp_path / "train", roles, ("a", "b"))
    (tmp_path / "test").mkdir()
    for role in roles:
        (tmp_path / "test" / f"{role}.h5").write_bytes(b"garbage")
    dataset = open_dataset(tmp_path)
    assert ids(dataset) == ["train/a", "train/b", "test"]
    assert (dataset[2].split, dataset[2].roles) == ("test", ())
    assert f"{roles[0]}.h5" in dataset[2].problems[0]
    assert not concerns_labels(dataset[2].problems[0])
    assert [bool(sample.problems) for sample in dataset] == [False, False, True]
    assert ids(open_dataset(tmp_path, split="train")) == ["train/a", "train/b"]
    with pytest.raises(DatasetError, match=rf"{roles[0]}\.h5"):
        open_dataset(tmp_path, split="test")
    shutil.rmtree(tmp_path / "train")
    with pytest.raises(DatasetError, match=rf"{roles[0]}\.h5"):
        open_dataset(tmp_path)


# --- folders and files of one role beside each other ------------------------------------


@pytest.mark.parametrize("layout", [Paired(), Unpaired(), Grouped()], ids=lambda x: x.name)
def test_the_form_decides_between_a_folder_and_a_file(tmp_path, layout):
    roles = tuple(layout.roles.values())
    write_folder(tmp_path, roles, ("g/in_folder",))
    write_files(tmp_path, roles, ("group-g-file",))
    grouped = layout.name == "grouped"
    folder, file = "g/in_folder", "g/file" if grouped else "group-g-file"
    for form, expected in ((None, folder), ("nifti", folder), ("h5", file)):
        assert ids(layout.samples_in(tmp_path, form=form)) == [expected]
        assert layout._holds(tmp_path, form)
    for role in roles:
        shutil.rmtree(tmp_path / role)
        assert role_place(tmp_path, role, "nifti") is None
        assert role_place(tmp_path, role, "h5") == role_place(tmp_path, role)
    assert not layout._holds(tmp_path, "nifti")
    assert layout.samples_in(tmp_path, form="nifti") == []


# --- keys of HDF5 files ------------------------------------------------------------------


def write_odd_keys(path):
    write_h5(path, b=image("images", "b"), a=image("images", "a"))
    write_h5(path.with_name("outside.h5"), x=image("images", "a"))
    with h5py.File(path, "a") as file:
        file["soft"] = h5py.SoftLink("/group/nested")
        file["group/nested"] = image("images", "b")
        file["far"] = h5py.ExternalLink("outside.h5", "/x")
        file["gone"] = h5py.SoftLink("/nowhere")
        file["line"] = np.arange(5.0)
        file["text"] = np.array([[b"a", b"b"]])


def test_the_keys_of_a_role_are_those_of_deepreg_and_refused_ones_are_rows(tmp_path):
    write_odd_keys(tmp_path / "images.h5")
    (tmp_path / "outside.h5").rename(tmp_path / "elsewhere.h5")
    dataset = open_dataset(tmp_path)
    loader = H5FileLoader([str(tmp_path)], "images", grouped=False)
    try:
        assert ids(dataset) == [key for _folder, key in loader.get_data_ids()]
        for index, sample in enumerate(dataset):
            if sample.problems:
                with pytest.raises(OSError) as caught:
                    loader.get_data(index)
                assert sample.problems == (f"image: {caught.value}",)
                assert sample.roles == ()
            else:
                expected = loader.get_data(index)
                np.testing.assert_array_equal(sample.image.data[0], expected)
    finally:
        loader.close()
    assert [s.id for s in dataset if not s.problems] == ["a", "b", "soft"]


def test_the_keys_of_a_file_alone_are_rows_and_those_in_groups_too(tmp_path):
    write_odd_keys(tmp_path / "any.h5")
    dataset = open_dataset(tmp_path / "any.h5")
    read = {sample.id: bool(sample.sources) for sample in dataset}
    assert read == {
        **dict.fromkeys(("a", "b", "group/nested", "soft"), True),
        **dict.fromkeys(("far", "gone", "line", "text"), False),
    }
    for sample in dataset:
        assert bool(sample.problems) is not bool(sample.sources)
        assert all(f"'{sample.id}'" in problem for problem in sample.problems)
        sample.load()


def test_a_file_of_refused_keys_alone_is_an_error_with_a_reason(tmp_path):
    write_h5(tmp_path / "any.h5", line=np.arange(5.0))
    with pytest.raises(DatasetError, match=r"holds no array of numbers.*'line'"):
        open_dataset(tmp_path / "any.h5")
    write_h5(tmp_path / "none.h5")
    with pytest.raises(DatasetError, match=r"none\.h5: holds no array of numbers"):
        open_dataset(tmp_path / "none.h5")


def test_a_folder_of_volumes_is_not_searched_below(tmp_path):
    write_folder(tmp_path, ("",), ("b", "a"))
    write_nifti(tmp_path / "raw" / "c.nii", noise(SHAPE))
    (tmp_path / "c.json").write_text("{}")
    assert ids(open_dataset(tmp_path)) == ["a", "b"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_an_error_that_names_it(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        with pytest.raises(DatasetError, match="closed"):
            open_dataset(closed)
    finally:
        closed.chmod(0o700)
        shutil.rmtree(closed)


# --- what is promised --------------------------------------------------------------------


def pair(folder, moving, **options):
    array = noise(SHAPE)
    write_nifti(folder / "fixed_images" / "a.nii", array, affine_of("RAS", SHAPE))
    shape = options.pop("shape", SHAPE)
    write_nifti(folder / "moving_images" / "a.nii", noise(shape), moving, **options)
    return open_dataset(folder)


def test_alignment_is_recognised(tmp_path):
    same = affine_of("RAS", SHAPE)
    nearly = affine_of("RAS", SHAPE, centre=(0.3, 0, 0))
    tilted = affine_of("RAS", SHAPE, tilt=(0, 0, 30))
    apart = affine_of("RAS", SHAPE, centre=(500, 0, 0))
    assert pair(tmp_path / "1", same).alignment == "same grid"
    assert pair(tmp_path / "2", nearly).alignment == "same grid"
    assert pair(tmp_path / "3", tilted).alignment == "world"
    assert pair(tmp_path / "4", affine_of("RAS", (8, 8, 8)), shape=(8, 8, 8)).alignment == "world"
    assert pair(tmp_path / "5", apart).alignment == "none"


def test_without_geometry_or_pairs_nothing_is_promised(tmp_path):
    assert open_dataset(write_files(tmp_path / "h5", PAIRED, ("a",))).alignment == "none"
    assert open_dataset(write_folder(tmp_path / "single", SINGLE, ("a",))).alignment == "none"


def test_the_promise_can_be_changed(tmp_path):
    dataset = open_dataset(write_folder(tmp_path, PAIRED, ("a",)))
    assert dataset.aligned("none").alignment == "none"
    assert dataset.aligned("none").samples == dataset.samples


def test_label_names_lie_beside_the_labels_or_above(tmp_path):
    write_folder(tmp_path / "set" / "train", SINGLE, ("a",))
    (tmp_path / "set" / "label_names.txt").write_text("1 liver\n2 spleen\n")
    for root in (tmp_path / "set", tmp_path / "set" / "train"):
        dataset = open_dataset(root)
        table = dataset.label_table(dataset[0].sources["label"])
        assert table.label(2).name == "spleen"
    plain = open_dataset(write_folder(tmp_path / "x" / "plain", SINGLE, ("a",)))
    assert plain.label_table(plain[0].sources["label"]).label(2).name == "2"


def test_samples_are_found_by_an_end_of_their_id(tmp_path):
    for split in ("train", "test"):
        write_folder(tmp_path / split, SINGLE, ("g/a", "g/b"))
    dataset = open_dataset(tmp_path)
    assert dataset.index_of("train/g/b") == 1
    assert dataset.index_of("test/g/a") == 2
    with pytest.raises(KeyError, match="2 samples"):
        dataset.index_of("a")
    with pytest.raises(KeyError, match="no sample"):
        dataset.index_of("nobody")


# --- real data ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "layout", "count", "roles"),
    [
        ("brain_paired", "paired", 1, 4),
        ("spine_paired", "paired", 1, 4),
        ("abdomen_unpaired", "unpaired", 2, 2),
        ("deepreg_nifti/paired", "paired", 8, 4),
        ("deepreg_nifti/unpaired", "unpaired", 8, 2),
        ("deepreg_nifti/grouped", "grouped", 9, 2),
        ("deepreg_h5/paired", "paired", 3, 4),
        ("deepreg_h5/unpaired", "unpaired", 3, 2),
        ("deepreg_h5/grouped", "grouped", 6, 2),
    ],
)
def test_real_datasets_open(shared_data, folder, layout, count, roles):
    dataset = open_dataset(shared_data / folder)
    assert dataset.layout == layout
    assert len(dataset) == count
    for sample in dataset:
        assert sample.problems == ()
        assert len(sample.roles) == roles
        for role in sample.roles:
            assert min(sample.image_for(role).shape) > 0
    loaded = dataset[0].load()
    assert all(np.isfinite(image.data).all() for image in loaded.values())


def test_real_pairs_lie_in_one_world(shared_data):
    assert open_dataset(shared_data / "brain_paired").alignment == "world"
    assert open_dataset(shared_data / "spine_paired").alignment == "world"
    assert open_dataset(shared_data / "deepreg_h5" / "paired").alignment == "none"


def test_a_folder_of_real_datasets_offers_them(shared_data):
    with pytest.raises(SeveralDatasetsError) as caught:
        open_dataset(shared_data)
    names = {choice.name for choice in caught.value.choices}
    assert {"brain_paired", "spine_paired", "abdomen_unpaired"} <= names


def test_D13_voxels_of_the_deepreg_files_have_the_published_statistics(shared_data):
    for folder, role, sample_id, shape, mean, std in (
        (
            "deepreg_nifti/paired",
            "fixed_image",
            "test/case000025",
            (44, 59, 41),
            68.359276,
            65.84009,
        ),
        ("deepreg_nifti/unpaired", "image", "test/case000025", (64, 64, 60), 60.073948, 47.27648),
    ):
        dataset = open_dataset(shared_data / folder)
        image = dataset[dataset.index_of(sample_id)].image_for(role)
        assert image.spatial_shape == shape
        assert image.data.mean(dtype=np.float64) == pytest.approx(mean, abs=1e-4)
        assert image.data.std(dtype=np.float64) == pytest.approx(std, abs=1e-4)


def test_a_key_of_an_h5_file_that_was_removed_is_an_error_that_names_both(tmp_path):
    path = write_h5(tmp_path / "images.h5", a=noise(SHAPE), b=noise(SHAPE))
    dataset = open_dataset(tmp_path)
    with h5py.File(path, "a") as file:
        del file["a"]
    with pytest.raises(OSError, match=r"images\.h5.*'a'"):
        dataset[0].load()
