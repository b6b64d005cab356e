"""Learn2Reg lists: the fields of a real one, and what the challenge's programs do with paths."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from napari_medload import export
from napari_medload.export import ExportError
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample, open_dataset
from tests.phantoms import noise, write_nifti

FIELDS = """
    name release description licence reference pairings provided_data registration_direction
    modality img_shift labels tensorImageSize tensorImageShape numTraining numTest training test
    numPairedTraining training_paired_images numPairedTest test_paired_images numRegistration_val
    registration_val numRegistration_test registration_test
""".split()
"""In the order of ThoraxCBCT_dataset.json."""
LISTS = ("training_paired_images", "registration_val", "test_paired_images", "registration_test")
SHAPE = (3, 4, 5)


def file(root, subject, time, kind="images", end="Tr", shape=SHAPE):
    path = root / f"{kind}{end}" / f"Brain_{subject:04d}_{time:04d}.nii.gz"
    return Source(write_nifti(path, noise(shape)))


def pair(root, subject, split, times=(1, 0), shape=SHAPE):
    end = "Ts" if split == "test" else "Tr"
    sources = {
        f"{side}_{kind}": file(root, subject, time, f"{kind}s", end, shape)
        for side, time in zip(("fixed", "moving"), times, strict=True)
        for kind in ("image", "label", "mask")
    }
    name = "–".join(f"Brain_{subject:04d}_{time:04d}" for time in times)
    return Sample(f"{split}/{name}", sources, split=split)


def save(samples, path, **how):
    saved = export.save(samples, path, "learn2reg", ask=False, **how)
    return saved, json.loads(path.read_text())


@pytest.fixture
def samples(tmp_path):
    return [pair(tmp_path, n, split) for n, split in enumerate(("train", "train", "val", "test"))]


def test_the_fields_are_those_of_a_real_file(tmp_path, samples):
    saved, content = save(samples, tmp_path / "Brain_dataset.json", relative_to=tmp_path)
    assert [key for key in content if key != "napari_medload"] == FIELDS
    assert saved.warnings == ()
    assert content["name"] == "Brain"
    assert content["tensorImageShape"] == {"0": [3, 4, 5]}
    assert content["provided_data"] == {"0": ["image", "label", "mask"]}
    assert content["registration_direction"] == {"fixed": 1, "moving": 0}
    numbers = {key: content[key] for key in FIELDS if key.startswith("num")}
    assert numbers == {
        "numTraining": 6, "numTest": 2, "numPairedTraining": 2, "numPairedTest": 1,
        "numRegistration_val": 1, "numRegistration_test": 1,
    }  # fmt: skip
    assert [len(content[key]) for key in LISTS] == [2, 1, 1, 1]


def test_the_evaluation_takes_its_names_apart(tmp_path, samples):
    _, content = save(samples, tmp_path / "Brain_dataset.json", relative_to=tmp_path)
    for key in LISTS:
        for entry in content[key]:
            fixed, moving = entry["fixed"], entry["moving"]
            assert fixed.startswith("./images")
            assert fixed[-16:-12] == moving[-16:-12]  # subject
            assert (fixed[-11:-7], moving[-11:-7]) == ("0001", "0000")  # time
            for path in (fixed, moving):
                assert (tmp_path / path.replace("images", "labels")).is_file()
                assert (tmp_path / path.replace("images", "masks")).is_file()


@pytest.mark.parametrize("relative", [False, True])
def test_it_is_opened_again(tmp_path, samples, relative):
    path = tmp_path / "Brain_dataset.json"
    save(
        Dataset(tmp_path, "list", tuple(samples), "world"),
        path,
        relative_to=tmp_path if relative else None,
    )
    back = open_dataset(path)
    assert (back.layout, back.alignment) == ("learn2reg", "world")
    assert [(s.id, s.split) for s in back] == [(s.id, s.split) for s in samples]
    for sample, meant in zip(back, samples, strict=True):
        found = {role: source.path.resolve() for role, source in sample.sources.items()}
        assert found == {role: source.path for role, source in meant.sources.items()}


def test_an_image_of_two_pairs_stands_once_in_training(tmp_path):
    first, second = pair(tmp_path, 0, "train"), pair(tmp_path, 0, "train", times=(2, 0))
    _, content = save([first, second], tmp_path / "Brain_dataset.json")
    assert content["numTraining"] == len(content["training"]) == 3
    assert content["numPairedTraining"] == 2


def test_keys_can_be_those_of_another_challenge(tmp_path, samples):
    path = tmp_path / "PSMA_dataset.json"
    keys = {"validation_pairs": "validation_paired", "training_pairs": "training_paired"}
    _, content = save(samples[:3], path, fixed_key="Baseline CT", moving_key="Follow-up CT", **keys)
    assert list(content["validation_paired"][0]) == ["Baseline CT", "Follow-up CT"]
    assert "registration_val" not in content
    back = open_dataset(path)
    assert [s.split for s in back] == ["train", "train", "val"]
    assert [s.fixed_image.path for s in back] == [s.fixed_image.path for s in samples[:3]]


def test_single_images_are_training_and_test(tmp_path):
    singles = [
        Sample("a", {"image": file(tmp_path, 0, 0), "label": file(tmp_path, 0, 0, "labels")}),
        Sample("b", {"image": file(tmp_path, 1, 0)}, split="test"),
    ]
    _, content = save(singles, tmp_path / "Brain_dataset.json")
    assert [list(entry) for entry in content["training"]] == [["image", "label"]]
    assert content["numTest"] == 1
    assert [s.split for s in open_dataset(tmp_path / "Brain_dataset.json")] == ["train", "test"]


def test_names_and_places_that_the_evaluation_would_not_find_are_named(tmp_path, samples):
    odd = Source(write_nifti(tmp_path / "elsewhere" / "x.nii.gz", noise(SHAPE)))
    one = replace(samples[0], id="one", sources={**samples[0].sources, "fixed_image": odd})
    two = replace(samples[1], id="two", sources={**samples[1].sources, "moving_label": odd})
    three = replace(samples[2], id="three", sources={**samples[2].sources, "warped_image": odd})
    saved, _ = save([one, two, three], tmp_path / "list.json")
    told = {remark.sentence: remark.samples for remark in saved.warnings}
    named = {
        word: names
        for sentence, names in told.items()
        for word in ("not named", "would not find", "no place for", "NAME_dataset.json")
        if word in sentence
    }
    assert named == {
        "not named": ("one",), "would not find": ("one", "two"), "no place for": ("three",),
        "NAME_dataset.json": (),
    }  # fmt: skip


def test_another_shape_is_named(tmp_path, samples):
    odd = pair(tmp_path, 9, "train", shape=(4, 4, 5))
    saved, content = save([*samples, odd], tmp_path / "Brain_dataset.json")
    assert content["tensorImageShape"] == {"0": list(SHAPE)}
    (remark,) = saved.warnings
    assert "3×4×5" in remark.sentence
    assert remark.samples == (odd.id,)


def test_what_has_no_place_is_an_error(tmp_path, samples):
    half = Sample("half", {"fixed_image": file(tmp_path, 7, 0)})
    with pytest.raises(ExportError, match=r"neither fixed_image.*\(half\)"):
        save([half], tmp_path / "Brain_dataset.json")
    other = {**samples[0].sources, "fixed_label": file(tmp_path, 8, 0, "labels")}
    with pytest.raises(ExportError, match=r"another one in this list.*\(other\)"):
        save([samples[0], Sample("other", other)], tmp_path / "Brain_dataset.json")
    single = Sample("single", {"image": file(tmp_path, 8, 0)}, split="val")
    with pytest.raises(ExportError, match=r"single images among pairs.*\(single\)"):
        save([samples[0], single], tmp_path / "Brain_dataset.json")
    assert not (tmp_path / "Brain_dataset.json").exists()


def test_an_image_that_cannot_be_read_is_an_error_that_names_it(tmp_path, samples):
    path = samples[0].sources["fixed_image"].path
    path.write_bytes(b"no image")
    with pytest.raises(ExportError, match=path.name):
        save(samples, tmp_path / "Brain_dataset.json")
