from __future__ import annotations

import json
import tracemalloc

import nibabel as nib
import numpy as np
import pytest

from napari_medload import export
from napari_medload.export import Entry, ExportError, Selection
from napari_medload.export.regions import Regions
from napari_medload.export.saving import preview, target_of
from napari_medload.formats import Source
from napari_medload.loaders import Sample, open_dataset
from napari_medload.regions import cut_regions, read_regions, stitch_each, tile_plan
from napari_medload.review import Verdict
from tests.phantoms import huge_nifti, noise, write_h5, write_nifti
from tests.session.datasets import SHAPE, write_pairs


@pytest.fixture
def dataset(tmp_path):
    return open_dataset(write_pairs(tmp_path / "brains & co", 3, labels=True))


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_tiles_of_all_samples_are_listed_and_stitched(tmp_path, dataset):
    path = tmp_path / "a.regions.jsonl"
    saved = export.save(dataset, path, size=(5, 6, 7), overlap=(2, 2, 2), relative_to=dataset.root)
    assert saved.format == "regions" and saved.count == 3 and not saved.warnings
    first, *lines = lines_of(path)
    assert first["plan"]["kind"] == "tile" and first["base"] == "brains & co"
    plan = tile_plan(dataset[0].sources["fixed_image"], (5, 6, 7), 2)
    assert len(lines) == 3 * len(plan)
    assert lines[0]["source"] == "fixed_images/case00.nii.gz"
    assert [line["data_idx"] for line in lines] == sorted(3 * len(plan) // 3 * [0, 1, 2])
    images = stitch_each(cut_regions(path), restore=True)
    for number, sample in enumerate(dataset):
        stored = np.asarray(nib.load(sample.sources["fixed_image"].path).dataobj)
        np.testing.assert_array_equal(images[number], stored)


def test_a_line_says_whose_region_it_is(tmp_path, dataset):
    sample = Sample("=a/b", dataset[0].sources, group="g", split="train")
    judged = Entry(sample, Verdict("=a/b", "reject"))
    export.save([judged], tmp_path / "a.jsonl", "regions", role="moving_label", kind="regular")
    (region,) = read_regions(tmp_path / "a.jsonl")
    assert region.source == sample.sources["moving_label"]
    facts = ("sample_id", "group", "split", "verdict", "role", "kind", "axes")
    said = tuple(region.facts[name] for name in facts)
    assert said == ("=a/b", "g", "train", "reject", "moving_label", "patch", "XYZ")
    assert region.facts["spatial_shape"] == list(SHAPE[::-1])


def test_random_patches_of_an_image_depend_on_nothing_else_in_the_list(tmp_path, dataset):
    def patches(chosen, **options):
        export.save(
            chosen, tmp_path / "a.jsonl", "regions", kind="patch", size=(3, 3, 3), **options
        )
        found: dict[str, list] = {}
        for region in read_regions(tmp_path / "a.jsonl"):
            found.setdefault(region.facts["sample_id"], []).append(region.spec["coords"])
        return found

    whole, one = patches(dataset, count=6), patches([dataset[2]], count=6)
    assert one == {dataset[2].id: whole[dataset[2].id]}
    assert len({tuple(places) for places in whole.values()}) == 3
    assert all(len(places) == 6 for places in whole.values())
    assert patches([dataset[2]], count=6, seed=1) != one


def test_what_cannot_be_cut_is_said_before(tmp_path, dataset):
    path = tmp_path / "a.jsonl"
    (tmp_path / "a.tfm").touch()
    bare = Sample("no image", {"transform": Source(tmp_path / "a.tfm")})
    (tmp_path / "half.nii").write_bytes(b"half of a header")
    half = Sample("half", {"image": Source(tmp_path / "half.nii")})
    saved = export.save([dataset[0], bare], path, "regions")
    assert [w.samples for w in saved.warnings] == [("no image",)]
    before = path.read_bytes()
    for chosen, options, reason in (
        ([bare], {}, "no image in the role.*no image"),
        ([dataset[0], half], {}, r"no regions can be planned: .*half.nii.*\(half\)"),
        (dataset, {"overlap": (9, 9, 64)}, "overlap 64 of tiles of 64"),
        (dataset, {"size": (5, 5)}, "2"),
        (dataset, {"kind": "pixel"}, "expected tile, patch or regular"),
        (dataset, {"role": "mask"}, "no image in the role mask"),
    ):
        with pytest.raises(ExportError, match=reason):
            export.save(chosen, path, "regions", **options)
    assert path.read_bytes() == before


def test_an_image_without_geometry_has_no_box(tmp_path):
    file = write_h5(tmp_path / "a.h5", group__1__2=noise((9, 8, 7)))
    sample = Sample("a", {"image": Source(file, "group-1-2")})
    saved = export.save([sample], tmp_path / "a.jsonl", "regions", size=(4, 4, 4))
    assert [w.samples for w in saved.warnings] == [("a",)]
    regions = list(read_regions(tmp_path / "a.jsonl"))
    assert regions[0].source == Source(file, "group-1-2")
    assert {region.facts["box_mm"] for region in regions} == {None}


def test_voxels_are_not_read(tmp_path):
    file = huge_nifti(tmp_path / "huge.nii", (20000, 20000, 20000))  # 8 TB, were it real
    export.save([Sample("a", {"image": Source(file)})], tmp_path / "a.jsonl", "regions",
                kind="patch", count=20)  # fmt: skip
    assert len(lines_of(tmp_path / "a.jsonl")) == 21


def test_a_spoiled_list_is_not_saved(tmp_path, dataset):
    chosen = export.selection.selection_of(dataset)
    target = target_of(Regions(), tmp_path / "a.jsonl", tmp_path, {"size": (4, 4, 4)})
    Regions().write(chosen, target, target.path)
    Regions().prove(chosen, target, target.path)
    text = target.path.read_text()
    cut_short = text[: text.rindex('{"sample_id')]
    for spoiled in (
        text.replace('"coords": [4,', '"coords": [5,'),
        text.replace("case02.nii", "case01.nii"),
        text.replace('"verdict": null', '"verdict": "accept"'),
        cut_short,
        text + text.splitlines()[-1] + "\n",
    ):
        assert spoiled != text
        target.path.write_text(spoiled)
        with pytest.raises(ExportError):
            Regions().prove(chosen, target, target.path)


def test_many_regions_take_no_memory(tmp_path):
    file = write_nifti(tmp_path / "a.nii", np.zeros((64, 64, 64), "u1"))
    sample = Sample("a", {"image": Source(file)})
    tracemalloc.start()
    try:
        export.save([sample], tmp_path / "a.jsonl", "regions", kind="patch", count=2000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "a.jsonl").stat().st_size > 800_000 and peak < 300_000


def test_the_first_lines_are_shown_before(tmp_path, dataset):
    chosen = Selection(dataset, tuple(map(Entry, dataset)))
    many = {"kind": "patch", "size": (2, 2, 2), "count": 10**12}
    target = target_of(Regions(), tmp_path / "a.jsonl", None, many)
    shown = preview(chosen, Regions(), target, 10)
    assert shown[0] == "# a.jsonl" and len(shown) == 10
    assert all("case00" in line for line in shown[2:])
    assert not (tmp_path / "a.jsonl").exists()
