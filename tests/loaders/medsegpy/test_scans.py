"""Folders of slices and of volumes, opened as samples."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from napari_medload.formats import read_array, read_header
from napari_medload.loaders import DatasetError, Metadata, open_dataset
from napari_medload.loaders.medsegpy.scans import samples_of
from napari_medload.session.background.scan import scan_sample
from tests.loaders.medsegpy.phantoms import (
    CHANNELS,
    SHAPE,
    put,
    scan_image,
    scan_masks,
    write_scan,
    write_volume,
)
from tests.phantoms import write_h5


def voxels(sample, role):
    return read_array(read_header(sample.sources[role]))


def test_m02_slices_become_a_volume(tmp_path):
    write_scan(tmp_path, seed=3)
    dataset = open_dataset(tmp_path)
    (sample,) = dataset
    assert (dataset.layout, sample.id, sample.problems) == ("medsegpy-2d", "0000001_V00", ())
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image(3))
    np.testing.assert_array_equal(voxels(sample, "label"), scan_masks(3))
    assert sample.image.shape == (1, *SHAPE)
    assert sample.label.shape == (CHANNELS, *SHAPE)


def test_m02_the_real_slices(shared_data):
    facts = json.loads((shared_data / "facts.json").read_text())["files"]
    folder = shared_data / "medsegpy" / "2d" / "train"
    sample = open_dataset(folder)[0]
    assert sample.problems == ()
    for role, suffix in (("image", "im"), ("label", "seg")):
        found = voxels(sample, role)
        for number in (1, 17, 30):
            name = f"0000001_V00-Aug00_{number:03d}.{suffix}"
            with h5py.File(folder / name) as file:
                np.testing.assert_array_equal(found[:, :, number - 1], file["data"][:, :, 0])
            fact = facts[f"medsegpy/2d/train/{name}"]["h5"]["data"]
            plane = found[:, :, number - 1]
            assert fact["shape"] == [*plane.shape[:2], 1, *plane.shape[2:]]
            assert (plane.min(), plane.max()) == (fact["min"], fact["max"])
            assert plane.mean() == pytest.approx(fact["mean"], abs=1e-4)


def test_m03_volumes_of_two_keys(tmp_path):
    write_volume(tmp_path, "0000001_V00", 1)
    write_volume(tmp_path, "0000002_V00", 2)
    (tmp_path / "README.txt").write_text("stray")
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "medsegpy-3d"
    assert [s.id for s in dataset] == ["0000001_V00", "0000002_V00"]
    for seed, sample in enumerate(dataset, start=1):
        np.testing.assert_array_equal(voxels(sample, "image"), scan_image(seed))
        np.testing.assert_array_equal(voxels(sample, "label"), scan_masks(seed))
        assert sample.problems == ()


def test_m03_image_and_mask_in_two_files_have_the_key_data(tmp_path):
    paths = [
        put(tmp_path / f"{name}.h5", array)
        for name, array in (("im", scan_image()), ("seg", scan_masks()))
    ]
    entry = {"file_name": str(paths[0]), "sem_seg_file": str(paths[1]), "scan_id": "a"}
    (sample,) = samples_of([entry])
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image())
    np.testing.assert_array_equal(voxels(sample, "label"), scan_masks())


def test_m03_one_file_of_many_scans(tmp_path):
    with h5py.File(tmp_path / "train.h5", "w") as file:
        for seed in (1, 2):
            file[f"000000{seed}_V00/volume"] = scan_image(seed)
            file[f"000000{seed}_V00/seg"] = scan_masks(seed)
    dataset = open_dataset(tmp_path / "train.h5")
    assert [s.id for s in dataset] == ["0000001_V00", "0000002_V00"]
    np.testing.assert_array_equal(voxels(dataset[1], "image"), scan_image(2))
    np.testing.assert_array_equal(voxels(dataset[1], "label"), scan_masks(2))


def test_m03_the_real_volumes_hold_what_the_slices_hold(shared_data):
    slices = open_dataset(shared_data / "medsegpy" / "2d", split="train")
    volumes = open_dataset(shared_data / "medsegpy" / "3d", split="train")
    for role in ("image", "label"):
        whole = voxels(volumes[0], role)
        with h5py.File(volumes[0].sources[role].path) as file:
            key = {"image": "volume", "label": "seg"}[role]
            np.testing.assert_array_equal(whole, file[key][()])
        np.testing.assert_array_equal(voxels(slices[0], role), whole)


def test_m05_an_augmentation_is_a_sample_of_its_own(tmp_path):
    write_scan(tmp_path, "0000001_V00-Aug00", 1)
    write_scan(tmp_path, "0000001_V00-Aug04", 2)
    write_scan(tmp_path, "0000002_V00-Aug00", 3)
    dataset = open_dataset(tmp_path)
    assert [s.id for s in dataset] == ["0000001_V00", "0000001_V00-Aug04", "0000002_V00"]
    assert [s.group for s in dataset] == ["0000001_V00", "0000001_V00", "0000002_V00"]
    assert not any(s.problems for s in dataset)
    for seed, sample in enumerate(dataset, start=1):
        np.testing.assert_array_equal(voxels(sample, "image"), scan_image(seed))
    np.testing.assert_array_equal(voxels(dataset[1], "origin_image"), scan_image(1))
    assert "origin_image" not in dataset[0].sources


@pytest.mark.parametrize("splits", [("train", "val", "test"), ("train", "valid")])
def test_m04_splits_stand_above(tmp_path, splits):
    for seed, split in enumerate(splits):
        write_scan(tmp_path / split, seed=seed)
    dataset = open_dataset(tmp_path)
    assert dataset.splits == splits
    assert [s.id for s in dataset] == [f"{split}/0000001_V00" for split in splits]
    np.testing.assert_array_equal(voxels(dataset[1], "image"), scan_image(1))
    assert len(open_dataset(tmp_path, split="validation" if "valid" in splits else "test")) == 1


def test_gaps_and_partial_masks_are_said(tmp_path):
    write_scan(tmp_path, numbers=(3, 4, 7, 8, 9))
    (tmp_path / "0000001_V00-Aug00_004.seg").unlink()
    (sample,) = open_dataset(tmp_path)
    text = "\n".join(sample.problems)
    assert "slices 5–6 missing" in text
    assert "slice 4 without a mask" in text
    assert "first slice is 3" in text
    image, label = voxels(sample, "image"), voxels(sample, "label")
    assert image.shape == (*SHAPE[:2], 7) and label.shape == (*SHAPE[:2], 7, CHANNELS)
    np.testing.assert_array_equal(image[:, :, [0, 1, 4, 5, 6]], scan_image())
    assert not image[:, :, 2:4].any() and not label[:, :, 1].any()
    np.testing.assert_array_equal(label[:, :, 4], scan_masks()[:, :, 2])


def test_two_files_of_one_slice_are_said(tmp_path):
    write_scan(tmp_path)
    put(tmp_path / "1_V0-Aug0_2.im", scan_image(9)[:, :, :1])
    (sample,) = open_dataset(tmp_path)
    (problem,) = sample.problems
    assert "slice 2" in problem and "1_V0-Aug0_2.im" in problem
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image())


def test_a_slice_far_away_is_said_and_makes_no_huge_volume(tmp_path):
    write_scan(tmp_path)
    put(tmp_path / "0000001_V00-Aug00_99999999.im", scan_image()[:, :, :1])
    (sample,) = open_dataset(tmp_path)
    assert any("99,99" in problem for problem in sample.problems)
    assert voxels(sample, "image").shape == (*SHAPE[:2], SHAPE[2] + 1)


def test_masks_without_channels_or_of_another_size_are_said(tmp_path):
    for number in (1, 2):
        put(tmp_path / f"0000001_V00-Aug00_{number:03d}.im", scan_image()[:, :, :1])
        put(tmp_path / f"0000001_V00-Aug00_{number:03d}.seg", scan_masks()[1:, :, :1, 0])
    (sample,) = open_dataset(tmp_path)
    problems = scan_sample(sample, "none").problems
    assert any("without an axis of channels" in problem for problem in problems)
    assert any("5×7×2, its image has 6×7×2" in problem for problem in problems)


def test_a_scan_without_masks_is_said_where_others_have_some(tmp_path):
    write_scan(tmp_path)
    write_scan(tmp_path, "0000002_V00-Aug00", masks=False)
    first, second = open_dataset(tmp_path)
    assert first.problems == ()
    assert "label" in second.problems[0]
    assert second.roles == ("image",)


def entries_of(folder, **more):
    return [
        {
            "file_name": str(folder / f"0000001_V00-Aug00_{n:03d}.im"),
            "scan_id": "0000001_V00",
            "slice_id": n,
            "scan_num_slices": 5,
            **more,
        }
        for n in range(1, 6)
    ]


def test_m12_spacing_and_orientation_place_the_scan(tmp_path):
    write_scan(tmp_path)
    metadata = Metadata("a", spacing=(0.5, 0.25, 3.0))
    grid = samples_of(entries_of(tmp_path), metadata)[0].image.grid
    assert grid.known and not grid.oriented and grid.spacing == (0.5, 0.25, 3.0)
    np.testing.assert_allclose(
        grid.affine[:3, :3], [[0, -0.25, 0], [-0.5, 0, 0], [0, 0, 3]]
    )  # rows to posterior, columns to left, slices up
    grid = samples_of(entries_of(tmp_path), metadata.set(orientation="SPL"))[0].image.grid
    assert grid.oriented and grid.orientation == "SPL"
    grid = samples_of(entries_of(tmp_path))[0].image.grid
    assert not grid.known


def test_m12_what_a_scan_says_goes_before_the_metadata(tmp_path):
    write_scan(tmp_path)
    metadata = Metadata("a", spacing=(1, 1, 1), orientation="PLS", anything="all")
    own = {"scan_spacing": (2, 3, 4), "scan_orientation": "ALS", "scan_anything": "own"}
    entries = entries_of(tmp_path)
    entries[0] |= own
    sample = samples_of(entries, metadata)[0]
    assert sample.image.grid.spacing == (2, 3, 4)
    assert sample.image.grid.orientation == "ALS"
    assert sample.settings["anything"] == "own"
    entries[0] |= dict.fromkeys(own)  # None states nothing
    sample = samples_of(entries, metadata)[0]
    assert sample.settings == metadata.as_dict()
    assert samples_of(entries)[0].settings is None


def test_m12_the_first_slice_speaks_in_whatever_order_they_come(tmp_path):
    write_scan(tmp_path)
    entries = entries_of(tmp_path)
    entries[0]["scan_spacing"] = np.array([2.0, 3.0, 4.0])
    entries[4]["scan_spacing"] = (9, 9, 9)
    assert samples_of(entries[::-1])[0].image.grid.spacing == (2, 3, 4)


@pytest.mark.parametrize("spacing", [(0.7, 0.7), (1, 1, 0), (1, float("nan"), 1), "wide", 3])
def test_m12_a_spacing_that_says_too_little_is_said(tmp_path, spacing):
    write_scan(tmp_path)
    (sample,) = samples_of(entries_of(tmp_path), Metadata("a", spacing=spacing))
    assert "spacing" in sample.problems[0] and "dH, dW, dD" in sample.problems[0]
    assert not sample.image.grid.known


def test_m12_a_later_start_is_a_later_place(tmp_path):
    write_scan(tmp_path, numbers=range(11, 16))
    entries = [
        e | {"file_name": e["file_name"].replace("_00", "_01"), "slice_id": n}
        for e, n in zip(entries_of(tmp_path), range(11, 16), strict=True)
    ]
    grid = samples_of(entries, Metadata("a", spacing=(1, 1, 2.5)))[0].image.grid
    assert grid.origin == (0, 0, 25)


def test_an_orientation_that_is_none_is_said(tmp_path):
    write_scan(tmp_path)
    (sample,) = samples_of(entries_of(tmp_path), Metadata("a", orientation="XYZ"))
    assert "orientation" in sample.problems[0]


def test_a_wrong_number_of_slices_is_said(tmp_path):
    write_scan(tmp_path)
    (sample,) = samples_of([e | {"scan_num_slices": 160} for e in entries_of(tmp_path)])
    assert "160" in sample.problems[0] and "5 slices" in sample.problems[0]


@pytest.mark.parametrize("kept", [(), (3,)])
def test_listed_masks_that_do_not_exist_are_said(tmp_path, kept):
    write_scan(tmp_path)
    for number in {*range(1, 6)} - {*kept}:
        (tmp_path / f"0000001_V00-Aug00_{number:03d}.seg").unlink()
    entries = [
        e | {"sem_seg_file": e["file_name"].replace(".im", ".seg")} for e in entries_of(tmp_path)
    ]
    (sample,) = samples_of(entries)
    assert sample.roles == (("image", "label") if kept else ("image",))
    (problem,) = sample.problems
    named = tmp_path / "0000001_V00-Aug00_001.seg"
    assert f"{5 - len(kept)} files, such as {named}, which do not exist" in problem
    assert ("slices 1–2, 4–5" if kept else "slices 1–5") in problem


def test_a_listed_mask_of_a_volume_that_does_not_exist_is_said(tmp_path):
    write_volume(tmp_path)
    image, mask = tmp_path / "0000001_V00.h5", tmp_path / "gone.h5"
    (sample,) = samples_of([{"file_name": str(image), "sem_seg_file": mask, "scan_id": "a"}])
    assert sample.roles == ("image",)
    assert f"{mask}, which does not exist" in sample.problems[0]


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_mask_that_is_not_stated_is_no_problem(tmp_path, nothing):
    write_scan(tmp_path)
    (sample,) = samples_of([e | {"sem_seg_file": nothing} for e in entries_of(tmp_path)])
    assert sample.roles == ("image",) and sample.problems == ()


def test_m13_a_file_of_categories_names_and_joins(tmp_path):
    tmp_path = tmp_path / "data"
    for split in ("train", "val", "test"):
        write_scan(tmp_path / split)
    content = {
        "categories": [
            {"id": 0, "name": "dog", "color": [255, 0, 51], "abbrev": "d"},
            {"id": [0, 2], "name": "pet"},
        ]
    }
    (tmp_path / "categories.json").write_text(json.dumps(content))
    dataset = open_dataset(tmp_path)
    assert dataset.categories.collation == ((0,), (0, 2))
    assert [(v.value, v.name, v.abbreviation) for v in dataset.categories.table.values()] == [
        (1, "dog", "d"),
        (2, "pet", ""),
    ]
    assert dataset.categories.table[1].colour == (1.0, 0.0, 0.2)
    assert dataset.splits == ("train", "val", "test")
    content["categories"][1]["id"] = [0, 9]
    (tmp_path / "categories.json").write_text(json.dumps(content))
    sample = open_dataset(tmp_path)[0]
    assert "channel 9" in scan_sample(sample, "none").problems[0]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"categories": [{"id": "x"}]}', "[" * 5000])
def test_a_broken_file_of_categories_is_passed_over(tmp_path, content):
    write_scan(tmp_path / "d")
    (tmp_path / "d" / "categories.json").write_text(content)
    dataset = open_dataset(tmp_path / "d")
    assert not dataset.categories.table and dataset.categories.collation == ()


def test_a_broken_slice_stops_no_other_scan(tmp_path):
    write_scan(tmp_path)
    write_scan(tmp_path, "0000002_V00-Aug00")
    (tmp_path / "0000001_V00-Aug00_001.im").write_bytes(b"broken")
    first, second = open_dataset(tmp_path)
    with pytest.raises(OSError, match=r"Aug00_001\.im"):
        first.load()
    assert len(second.load()) == 2


@pytest.mark.parametrize("layout", ["medsegpy-2d", "medsegpy-3d"])
def test_a_folder_of_something_else_is_an_error_that_names_the_layout(tmp_path, layout):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DatasetError, match=layout):
        open_dataset(tmp_path, layout=layout)
    with pytest.raises(DatasetError, match=layout):
        open_dataset(tmp_path / "a.txt", layout=layout)


def test_masks_without_an_image_are_said(tmp_path):
    for name in ("0000001_V00-Aug00", "0000002_V00-Aug00", "0000003_V01-Aug02"):
        write_scan(tmp_path / "train", name)
    (tmp_path / "train" / "0000002_V00-Aug00_003.im").unlink()
    for image in (tmp_path / "train").glob("0000003*.im"):
        image.unlink()
    dataset = open_dataset(tmp_path)
    said = {sample.id: "; ".join(sample.problems) for sample in dataset}
    assert list(said) == ["train/0000001_V00", "train/0000002_V00", "train/0000003_V01-Aug02"]
    assert not said["train/0000001_V00"]
    assert "masks without an image, not shown: slice 3" in said["train/0000002_V00"]
    assert "masks alone, slices 1–5" in said["train/0000003_V01-Aug02"]
    assert dataset[2].sources == {} and dataset[2].split == "train"


def test_several_files_of_one_slice_are_counted(tmp_path):
    write_scan(tmp_path)
    for name in ("1_V0-Aug0_1", "1_V00-Aug00_01", "01_V0-Aug0_1"):
        put(tmp_path / f"{name}.im", scan_image(9)[:, :, :1])
    (sample,) = open_dataset(tmp_path)
    (problem,) = sample.problems
    assert problem.startswith("slice 1 has four files, 0000001_V00-Aug00_001.im, ")
    assert "the first one is shown" in problem


@pytest.mark.parametrize("layout", [None, "medsegpy-3d"])
def test_m03_one_volume_with_its_masks_is_one_labelled_sample(tmp_path, layout):
    write_volume(tmp_path)
    dataset = open_dataset(tmp_path / "0000001_V00.h5", layout=layout)
    (sample,) = dataset
    assert (dataset.layout, sample.id) == ("medsegpy-3d", "0000001_V00")
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image())
    np.testing.assert_array_equal(voxels(sample, "label"), scan_masks())


@pytest.mark.parametrize(
    ("stem", "depth"), [("0000001_V00-Aug00_003", 1), ("anything", 1), ("anything", 5)]
)
def test_m02_one_image_file_opens_with_the_masks_beside_it(tmp_path, stem, depth):
    put(tmp_path / f"{stem}.im", scan_image()[:, :, :depth])
    put(tmp_path / f"{stem}.seg", scan_masks()[:, :, :depth])
    (sample,) = open_dataset(tmp_path / f"{stem}.im")
    assert sample.problems == () and sample.roles == ("image", "label")
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image()[:, :, :depth])
    np.testing.assert_array_equal(voxels(sample, "label"), scan_masks()[:, :, :depth])


def test_m03_files_that_hold_no_volume_are_rows_with_their_reason(tmp_path):
    write_volume(tmp_path, "0000001_V00")
    write_h5(tmp_path / "0000002_V00.h5", volume=scan_image()[..., np.newaxis], seg=scan_masks())
    write_h5(tmp_path / "0000003_V00.h5", seg=scan_masks())
    write_h5(tmp_path / "0000004_V00.h5", volume=scan_image()[..., 0])
    (tmp_path / "0000005_V00.h5").write_text("no HDF5")
    write_h5(tmp_path / "statistics.h5", mean=scan_image())
    rows = {sample.id: sample for sample in open_dataset(tmp_path)}
    assert sorted(rows) == [f"000000{n}_V00" for n in range(1, 6)]
    assert rows["0000002_V00"].problems == ()
    assert rows["0000002_V00"].image.shape == (1, *SHAPE)
    np.testing.assert_array_equal(rows["0000002_V00"].image.data[0], scan_image())
    assert "'seg' alone; expected 'volume' beside it" in rows["0000003_V00"].problems[0]
    assert "the shape 6×7; expected H×W×D" in rows["0000004_V00"].problems[0]
    unread = scan_sample(rows["0000005_V00"], "none").problems
    assert any("0000005_V00.h5" in problem and "no HDF5 file" in problem for problem in unread)


@pytest.mark.parametrize("suffixes", [(".im", ".seg"), (".h5", ".seg"), (".im", ".h5")])
def test_m03_a_listed_pair_of_volumes_has_the_key_data_whatever_its_suffix(tmp_path, suffixes):
    image = put(tmp_path / f"x{suffixes[0]}", scan_image())
    mask = put(tmp_path / f"y{suffixes[1]}", scan_masks())
    (sample,) = samples_of([{"file_name": image, "sem_seg_file": mask, "scan_id": "x"}])
    assert sample.problems == ()
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image())
    np.testing.assert_array_equal(voxels(sample, "label"), scan_masks())


def test_m03_a_file_named_twice_in_two_ways_is_one_file(tmp_path, monkeypatch):
    write_volume(tmp_path)
    monkeypatch.chdir(tmp_path)
    image, mask = tmp_path / "0000001_V00.h5", "./0000001_V00.h5"
    (sample,) = samples_of([{"file_name": image, "sem_seg_file": mask, "scan_id": "a"}])
    np.testing.assert_array_equal(voxels(sample, "label"), scan_masks())


def test_m02_slices_are_told_from_volumes_by_number_name_or_axes(tmp_path):
    for number in (1, 2):
        put(tmp_path / f"s{number}.im", scan_image()[:, :, number : number + 1])
    entries = [{"file_name": str(tmp_path / f"s{n}.im"), "scan_id": "a"} for n in (1, 2)]
    (by_axes,) = samples_of(entries)
    assert by_axes.image.shape == (1, *SHAPE[:2], 2)
    (by_number,) = samples_of([e | {"slice_id": n} for n, e in enumerate(entries, start=1)])
    assert by_number.sources == by_axes.sources


def test_m02_slices_with_and_without_a_last_axis_are_one_scan(tmp_path):
    write_scan(tmp_path, masks=False)
    put(tmp_path / "0000001_V00-Aug00_001.im", scan_image()[:, :, 0])
    put(tmp_path / "0000001_V00-Aug00_004.im", scan_image()[:, :, 3])
    (sample,) = open_dataset(tmp_path)
    np.testing.assert_array_equal(voxels(sample, "image"), scan_image())


def test_slices_that_are_missing_are_named_by_the_header(tmp_path):
    write_scan(tmp_path, numbers=(1, 2, 5, 6, 7))
    (tmp_path / "0000001_V00-Aug00_002.seg").unlink()
    (sample,) = open_dataset(tmp_path)
    assert read_header(sample.sources["image"]).absent == (2, 3)
    assert read_header(sample.sources["label"]).absent == (1, 2, 3)


def test_opening_slices_opens_no_file(tmp_path, monkeypatch):
    """However many samples: what headers say is found where all headers are read."""

    def refuse(*_args, **_more):
        raise AssertionError("a file was opened")

    write_scan(tmp_path)
    monkeypatch.setattr(h5py, "File", refuse)
    (sample,) = open_dataset(tmp_path)
    assert sample.problems == () and sample.roles == ("image", "label")


NAMES = {"categories": [{"id": 0, "name": "dog"}, {"id": 1, "name": "human"}]}


@pytest.mark.parametrize(
    ("above", "opened", "content", "found"),
    [
        (0, "data", NAMES, True),
        (0, "data/train", NAMES, True),
        (1, "data", NAMES, False),
        (1, "data", NAMES | {"scans": {"0000001_V00": {}}}, True),
        (1, "data/train", NAMES | {"scans": {"0000001_V00": {}}}, True),
        (1, "data", NAMES | {"scans": {"0000002_V00": {}}}, False),
        (0, "data", NAMES | {"annotations": [], "images": []}, False),
    ],
)
def test_m13_a_file_of_categories_counts_only_for_its_own_data(
    tmp_path, above, opened, content, found
):
    write_scan(tmp_path / "data" / "train")
    place = (tmp_path / "data", tmp_path)[above]
    (place / "categories.json").write_text(json.dumps(content))
    dataset = open_dataset(tmp_path / opened)
    assert [label.name for label in dataset.categories.table.values()] == (
        ["dog", "human"] if found else []
    )


def test_m13_each_split_has_the_categories_of_its_own_file(tmp_path):
    for split, name in (("train", "dog"), ("val", "cat"), ("test", None)):
        write_scan(tmp_path / split)
        content = {"categories": [{"id": 0, "name": name}]}
        if name:
            (tmp_path / split / "categories.json").write_text(json.dumps(content))
    dataset = open_dataset(tmp_path)
    names = [
        dataset.categories_of(sample, sample.sources["label"]).table.label(1).name
        for sample in dataset
    ]
    assert names == ["dog", "cat", "1"]


def test_m13_the_real_scans_have_the_names_of_their_categories(shared_data):
    for opened in ("2d", "2d/train", "3d"):
        dataset = open_dataset(shared_data / "medsegpy" / opened)
        assert dataset.categories.table[1].name == "spleen"
