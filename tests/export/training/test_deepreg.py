from __future__ import annotations

import csv
import os
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np
import pytest
import yaml

from napari_medload.export import ExportError, save
from napari_medload.export.saving import preview, target_of
from napari_medload.export.selection import selection_of
from napari_medload.export.training.deepreg import DeepRegFolder
from napari_medload.formats import Source
from napari_medload.loaders import get_data_loader, open_dataset
from tests.export.training.segmented import AFFINE, write_sample
from tests.phantoms import snapshot, write_nifti

REAL = Path(os.path.abspath("../shared/data"))
real = pytest.mark.skipif(not REAL.is_dir(), reason="no real data beside the repository")
SHAPE = (6, 5, 4)


def write_pairs(root, count=3, values=(0, 1)):
    for number in range(count):
        for place, name in enumerate(
            ("moving_images", "fixed_images", "moving_labels", "fixed_labels")
        ):
            array = np.full(SHAPE, 10 * number + place, np.float32)
            array[0] = 99
            if "label" in name:
                array = np.zeros(SHAPE, np.uint8)
                for at, value in enumerate(values):
                    array[at + 1] = value
            write_nifti(root / name / f"case{number}.nii.gz", array, AFFINE)
    return root


def config(path):
    return yaml.safe_load(path.read_text())


def files(loader, role="moving_image"):
    found = getattr(loader, f"loader_{role}")
    return [str(found.get_source(n).path) for n in range(found.get_num_images())]


def test_a_configuration_points_at_the_datasets_own_directories(tmp_path):
    for split in ("train", "val"):
        write_pairs(tmp_path / "data" / split)
    dataset = open_dataset(tmp_path / "data")
    before = snapshot(tmp_path / "data")
    save(dataset, tmp_path / "a.yaml", "deepreg", image_shape="8,8,8")
    assert snapshot(tmp_path / "data") == before
    section = config(tmp_path / "a.yaml")["dataset"]
    assert section == {
        "dir": {
            "train": str(tmp_path / "data" / "train"),
            "valid": str(tmp_path / "data" / "val"),
            "test": "",
        },
        "format": "nifti",
        "type": "paired",
        "labeled": True,
        "moving_image_shape": [6, 5, 4],
        "fixed_image_shape": [6, 5, 4],
    }
    with (tmp_path / "a_samples.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sample_id"] for row in rows] == [s.id for s in dataset]
    again = open_dataset(tmp_path / "a.yaml")
    assert [dict(s.sources) for s in again] == [dict(s.sources) for s in dataset]


def test_a_part_of_a_directory_needs_the_folder_format(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "data"))
    with pytest.raises(ExportError, match=r"holds 3 samples, of which 2 are.*deepreg-folder"):
        save(dataset[:2], tmp_path / "a.yaml", "deepreg")
    assert not (tmp_path / "a.yaml").exists()
    save(dataset[:2], tmp_path / "part", "deepreg-folder")
    loader = get_data_loader(config(tmp_path / "part.yaml"), "train")
    assert loader.num_samples == 2
    loader.close()
    elsewhere = [write_sample(tmp_path / "else", "a", (0, 1))]
    with pytest.raises(ExportError, match=r"do not lie in directories.*deepreg-folder"):
        save(elsewhere, tmp_path / "a.yaml", "deepreg")


@pytest.mark.parametrize("how", ["symlink", "hardlink", "copy"])
def test_a_folder_loads_in_the_order_of_the_list_with_the_same_voxels(tmp_path, how):
    dataset = open_dataset(write_pairs(tmp_path / "my dätä", 12))
    chosen = [dataset[n] for n in (10, 2, 1, 7)]
    before = snapshot(tmp_path / "my dätä")
    save(chosen, tmp_path / "out", "deepreg-folder", how=how)
    assert snapshot(tmp_path / "my dätä") == before
    loader = get_data_loader(config(tmp_path / "out.yaml"), "train")
    assert loader.num_samples == 4
    for role in ("moving_image", "fixed_image", "moving_label", "fixed_label"):
        found = getattr(loader, f"loader_{role}")
        for place, sample in enumerate(chosen):
            truth = nib.load(sample.sources[role].path).get_fdata()
            np.testing.assert_array_equal(found.get_data(place), truth)
    placed = [Path(file) for file in files(loader)]
    for file, sample in zip(placed, chosen, strict=True):
        source = sample.sources["moving_image"].path
        assert file.is_symlink() == (how == "symlink")
        assert file.samefile(source) == (how != "copy")
    loader.close()


def test_names_that_sort_stay_as_they_are(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "data"))
    save(dataset, tmp_path / "out", "deepreg-folder")
    found = sorted(p.name for p in (tmp_path / "out/train/fixed_labels").iterdir())
    assert found == ["case0.nii.gz", "case1.nii.gz", "case2.nii.gz"]


def test_two_groups_are_kept_apart_and_in_order(tmp_path):
    samples = [
        write_sample(tmp_path / "data", f"{group}/{name}", (0, 1), group=group)
        for group, name in (("b-2", "x"), ("b-2", "a"), ("a", "=1"), ("a", "2"))
    ]
    save(samples, tmp_path / "out", "deepreg-folder")
    loader = get_data_loader(config(tmp_path / "out.yaml"), "train")
    found = loader.loader_moving_image
    assert found.get_num_images_per_group() == [2, 2]
    for index, sample in zip([(0, 0), (0, 1), (1, 0), (1, 1)], samples, strict=True):
        truth = nib.load(sample.sources["image"].path).get_fdata()
        np.testing.assert_array_equal(found.get_data(index), truth)
    loader.close()


def test_hdf5_groups_get_keys_without_hyphens_that_sort(tmp_path):
    path = tmp_path / "data" / "images.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        for number in range(11):
            file[f"scan-{number}"] = np.full(SHAPE, number, np.float32)
    plain = write_sample(tmp_path, "plain")
    samples = [
        replace(
            plain,
            id=f"g-1/scan-{n}",
            group="g-1",
            sources={"image": Source(path, f"scan-{n}")},
        )
        for n in range(11)
    ]
    save(samples, tmp_path / "out", "deepreg-folder")
    with h5py.File(tmp_path / "out/train/images.h5") as file:
        keys = sorted(file)
        values = [int(file[key][0, 0, 0]) for key in keys]
    assert values == list(range(11))
    assert all(key.count("-") == 2 and key.startswith("group-") for key in keys)
    loader = get_data_loader(config(tmp_path / "out.yaml"), "train")
    assert loader.loader_moving_image.get_num_images_per_group() == [11]
    loader.close()


def test_labels_of_several_structures_are_refused_or_written_as_channels(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "data", 2, (1, 3)))
    for name, form in (("a.yaml", "deepreg"), ("a", "deepreg-folder")):
        with pytest.raises(ExportError, match=r"several structures.*one hot.*case0.*case1"):
            save(dataset, tmp_path / name, form)
    with pytest.raises(ExportError, match="how is symlink; expected how: copy"):
        save(dataset, tmp_path / "a", "deepreg-folder", one_hot=True)
    save(dataset, tmp_path / "hot", "deepreg-folder", one_hot=True, how="copy")
    written = nib.load(tmp_path / "hot/train/moving_labels/case1.nii.gz")
    stored = nib.load(dataset[1].sources["moving_label"].path)
    truth = np.stack([stored.get_fdata() == value for value in (1, 3)], -1)
    np.testing.assert_array_equal(written.get_fdata(), truth)
    np.testing.assert_allclose(written.affine, stored.affine, atol=1e-5)
    loader = get_data_loader(config(tmp_path / "hot.yaml"), "valid")
    assert loader is None
    loader = get_data_loader(config(tmp_path / "hot.yaml"), "train")
    assert loader.loader_moving_label.get_data(1).shape == (*SHAPE, 2)
    loader.close()
    save(dataset, tmp_path / "b.yaml", "deepreg", labeled=False)
    assert config(tmp_path / "b.yaml")["dataset"]["labeled"] is False


@pytest.mark.parametrize("value", [-1.0, 1.5, np.nan])
def test_labels_outside_0_to_1_are_refused_and_soft_ones_taken(tmp_path, value):
    soft = write_sample(tmp_path / "data", "soft", (0.25, 1), dtype=np.float32)
    save([soft], tmp_path / "ok", "deepreg-folder")
    bad = write_sample(tmp_path / "data", "bad", (0.5, value), dtype=np.float32)
    with pytest.raises(ExportError, match=r"outside 0 to 1.*\(bad\)"):
        save([soft, bad], tmp_path / "out", "deepreg-folder", how="copy", one_hot=True)


def test_it_never_writes_into_the_dataset(tmp_path):
    root = write_pairs(tmp_path / "data")
    dataset = open_dataset(root)
    (tmp_path / "link").symlink_to(root)
    before = snapshot(root)
    for place in (root / "out", root / "fixed_images" / "out", tmp_path / "link" / "out"):
        with pytest.raises(ExportError, match=r"holds the files themselves.*outside"):
            save(dataset, place, "deepreg-folder")
    assert snapshot(root) == before


def test_a_filled_folder_is_never_replaced(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "data"))
    save(dataset, tmp_path / "out", "deepreg-folder")
    before = snapshot(tmp_path / "out")
    for overwrite in (False, True):
        with pytest.raises(ExportError, match="holds train; expected an empty folder"):
            save(dataset[:1], tmp_path / "out", "deepreg-folder", overwrite=overwrite)
    assert snapshot(tmp_path / "out") == before


def test_what_deepreg_cannot_load_is_refused_by_name(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "data"))
    first = dataset[0]
    sources = {k: v for k, v in first.sources.items() if k != "fixed_image"}
    with pytest.raises(ExportError, match=r"lack an image.*\(lacking\)"):
        save(
            [first, replace(first, id="lacking", sources=sources)], tmp_path / "o", "deepreg-folder"
        )
    with pytest.raises(ExportError, match=r"other splits.*\(odd\)"):
        save([first, replace(first, id="odd", split="x")], tmp_path / "o", "deepreg-folder")
    with pytest.raises(ExportError, match=r"image_shape is '8,8'; expected three"):
        save(dataset, tmp_path / "o", "deepreg-folder", moving_image_shape="8,8")
    some = {k: v for k, v in first.sources.items() if "label" not in k}
    saved = save(
        [dataset[1], replace(first, id="bare", sources=some)], tmp_path / "o", "deepreg-folder"
    )
    assert "no labels are used" in str(saved)
    assert config(tmp_path / "o.yaml")["dataset"]["labeled"] is False


@real
@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize("kind", ["paired", "unpaired", "grouped"])
def test_real_datasets_train_on_the_same_pairs_in_the_same_order(tmp_path, form, kind):
    dataset = open_dataset(REAL / f"deepreg_{form}" / kind)
    save(dataset, tmp_path / "own.yaml", "deepreg")
    save(dataset, tmp_path / "made", "deepreg-folder")
    for split in ("train", "test"):
        loaders = [
            get_data_loader(
                {**config(tmp_path / name)["dataset"], "seed": 1, "sample_label": "all"}, split
            )
            for name in ("own.yaml", "made.yaml")
        ]
        streams = [iter(loader.get_dataset()) for loader in loaders]
        pairs = list(islice(zip(*streams, strict=True), 2))
        assert bool(pairs) == (loaders[0].num_samples > 0)
        for one, other in pairs:
            assert one.keys() == other.keys()
            for key, value in one.items():
                np.testing.assert_array_equal(value, other[key])
        for loader in loaders:
            loader.close()


@pytest.mark.parametrize(("shape", "fits"), [((6, 5), 0), ((6, 5, 4, 2), 0), ((6, 5, 4, 1), 1)])
def test_images_that_are_not_3d_stop_the_export_and_not_the_training(tmp_path, shape, fits):
    first, second = open_dataset(write_pairs(tmp_path / "data", 2))
    odd = Source(write_nifti(tmp_path / "more" / "odd.nii.gz", np.ones(shape, np.float32), AFFINE))
    second = replace(second, sources={**second.sources, "fixed_image": odd})
    if fits:
        save([first, second], tmp_path / "o", "deepreg-folder")
        return
    with pytest.raises(ExportError, match=r"images are not 3D.*\(case1\)"):
        save([first, second], tmp_path / "o", "deepreg-folder")


def test_both_labels_of_a_pair_have_as_many_channels(tmp_path):
    first, second = open_dataset(write_pairs(tmp_path / "data", 2))
    two = Source(
        write_nifti(tmp_path / "more" / "two.nii.gz", np.ones((*SHAPE, 2), np.uint8), AFFINE)
    )
    one = replace(second, sources={**second.sources, "fixed_label": two})
    out = tmp_path / "out"
    with pytest.raises(ExportError, match=r"another number of channels.*\(case1\)"):
        save([first, one], out, "deepreg-folder")
    both = replace(one, sources={**one.sources, "moving_label": two})
    save([first, both], out, "deepreg-folder")
    section = {**config(tmp_path / "out.yaml")["dataset"], "seed": 0, "sample_label": "all"}
    with closing(get_data_loader(section, "train")) as loader:
        drawn = [int(item["indices"][0]) for item in loader.get_dataset()]
    assert drawn == [0, 1, 1]  # once for each channel


def test_what_was_changed_on_the_way_is_found_out(tmp_path, monkeypatch):
    dataset = open_dataset(write_pairs(tmp_path / "data"))
    write = DeepRegFolder.write

    def swapped(self, selection, target, aside):
        write(self, selection, target, aside)
        folder = aside / "train" / "fixed_images"
        (folder / "case0.nii.gz").rename(folder / "x")
        (folder / "case1.nii.gz").rename(folder / "case0.nii.gz")
        (folder / "x").rename(folder / "case1.nii.gz")

    def lacking(self, selection, target, aside):
        write(self, selection, target, aside)
        (aside / "train" / "fixed_labels" / "case2.nii.gz").unlink()

    def resized(self, selection, target, aside):
        write(self, selection, target, aside)
        file = aside.with_name("out.yaml")
        file.write_text(file.read_text().replace("- 6", "- 7"))

    said = {swapped: "fixed_image of case0", lacking: "could not load", resized: "configuration"}
    for tampered, message in said.items():
        monkeypatch.setattr(DeepRegFolder, "write", tampered)
        with pytest.raises(ExportError, match=message):
            save(dataset, tmp_path / "out", "deepreg-folder")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["data"]


def test_relative_folders_and_the_list_of_samples(tmp_path):
    dataset = open_dataset(write_pairs(tmp_path / "data"))
    saved = save(dataset[:2], tmp_path / "out", "deepreg-folder", relative_to=tmp_path)
    assert f"start training in {tmp_path}" in str(saved)
    assert config(tmp_path / "out.yaml")["dataset"]["dir"]["train"] == "out/train"
    listed = open_dataset(tmp_path / "out_samples.csv")
    assert [(s.id, dict(s.sources)) for s in listed] == [
        (s.id, dict(s.sources)) for s in dataset[:2]
    ]


def test_a_preview_names_the_files_that_the_folder_would_hold(tmp_path):
    selection = selection_of(open_dataset(write_pairs(tmp_path / "data", 2)))
    target = target_of(DeepRegFolder(), tmp_path / "out", None, {"how": "copy"})
    told = preview(selection, DeepRegFolder(), target)
    save(selection, tmp_path / "out", "deepreg-folder", how="copy")
    held = sorted(p.relative_to(tmp_path / "out").as_posix() for p in tmp_path.rglob("out/**/*.gz"))
    assert sorted(line.partition("  ")[0] for line in told[1:]) == held


def test_a_preview_reads_no_image(tmp_path):
    selection = selection_of(open_dataset(write_pairs(tmp_path / "data", 2)))
    for file in (tmp_path / "data").rglob("*.gz"):
        file.unlink()
    target = target_of(DeepRegFolder(), tmp_path / "out", None, {"how": "copy", "one_hot": True})
    assert len(preview(selection, DeepRegFolder(), target)) == 1 + 8
