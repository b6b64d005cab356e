"""Pair lists, split as VoxelMorph splits them."""

from __future__ import annotations

import pytest

from napari_medload import export
from napari_medload.export import ExportError
from napari_medload.formats import Source
from napari_medload.loaders import Sample, open_dataset
from tests.phantoms import noise, write_nifti

ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")


def sample(folder, name, roles=ROLES, suffix=".nii.gz", split=""):
    sources = {
        role: Source(write_nifti(folder / role / f"{name}{suffix}", noise((3, 4, 5))))
        for role in roles
    }
    return Sample(name, sources, split=split)


def save(samples, path, **how):
    return export.save(samples, path, "voxelmorph", ask=False, **how)


def told(saved):
    return {remark.sentence.split(";")[0]: remark.samples for remark in saved.warnings}


@pytest.mark.parametrize("what", ["images", "labels"])
def test_moving_stands_before_fixed_with_a_tab_between(tmp_path, what):
    samples = [sample(tmp_path, name) for name in ("b", "a")]
    save(samples, tmp_path / "pairs.txt", what=what)
    lines = [line.split() for line in (tmp_path / "pairs.txt").read_text().splitlines()]
    kind = what[:-1]
    assert lines == [
        [str(tmp_path / f"{side}_{kind}" / f"{name}.nii.gz") for side in ("moving", "fixed")]
        for name in ("b", "a")
    ]
    assert "\t" in (tmp_path / "pairs.txt").read_text()


def test_it_is_opened_again(tmp_path):
    folder = tmp_path / "with space"
    samples = [sample(folder, name, ROLES[:2]) for name in ("#b", "ä c")]
    for base in (None, tmp_path):
        saved = save(samples, tmp_path / "pairs.txt", relative_to=base, overwrite=True)
        assert told(saved)[
            "a path of these samples holds spaces, where VoxelMorph splits its lines"
        ]
        back = open_dataset(tmp_path / "pairs.txt")
        assert [dict(s.sources) for s in back] == [dict(s.sources) for s in samples]


def test_a_relative_path_is_no_comment(tmp_path):
    samples = [sample(tmp_path / "#1", "a", ROLES[:2])]
    save(samples, tmp_path / "pairs.txt", relative_to=tmp_path)
    assert (tmp_path / "pairs.txt").read_text().startswith("./#1/")
    assert len(open_dataset(tmp_path / "pairs.txt")) == 1


def test_labels_and_splits_that_are_left_out_are_named(tmp_path):
    samples = [sample(tmp_path, "a", split="train"), sample(tmp_path, "b", ROLES[:2], split="test")]
    found = told(save(samples, tmp_path / "pairs.txt"))
    assert found["a list of images has no place for fixed_label, moving_label"] == ("a",)
    assert any("train, test" in sentence for sentence in found)


def test_single_images_are_one_path_a_line(tmp_path):
    samples = [sample(tmp_path, name, ("image",)) for name in ("a", "b")]
    save(samples, tmp_path / "list.txt")
    lines = (tmp_path / "list.txt").read_text().splitlines()
    assert lines == [str(tmp_path / "image" / f"{name}.nii.gz") for name in ("a", "b")]
    assert [s.roles for s in open_dataset(tmp_path / "list.txt")] == [("image",)] * 2


@pytest.mark.parametrize("sign", ["\t", "\n", "\r", "\x0b", "\u2028"])
def test_a_path_that_no_line_can_hold_is_an_error(tmp_path, sign):
    samples = [sample(tmp_path, "good"), sample(tmp_path, f"b{sign}ad")]
    with pytest.raises(ExportError, match=r"no line of a pair list can hold it") as caught:
        save(samples, tmp_path / "pairs.txt")
    assert "good" not in str(caught.value)
    assert not (tmp_path / "pairs.txt").exists()


@pytest.mark.parametrize("suffix", [".NII.GZ", ".img"])
def test_a_format_that_voxelmorph_does_not_read_is_an_error(tmp_path, suffix):
    for role in ROLES[:2]:
        write_nifti(tmp_path / role / "a.nii.gz", noise((3, 4, 5))).rename(
            tmp_path / role / f"a{suffix}"
        )
    odd = Sample("odd", {role: Source(tmp_path / role / f"a{suffix}") for role in ROLES[:2]})
    with pytest.raises(ExportError, match=r"doesn't read the format.*\(odd\)"):
        save([odd], tmp_path / "pairs.txt")


def test_keys_singles_among_pairs_and_halves_are_errors(tmp_path):
    (tmp_path / "x.h5").touch()
    keyed = Sample("keyed", {role: Source(tmp_path / "x.h5", role) for role in ROLES[:2]})
    with pytest.raises(ExportError, match=r"file#key.*\(keyed\)"):
        save([keyed], tmp_path / "pairs.txt")
    single = sample(tmp_path, "single", ("image",))
    with pytest.raises(ExportError, match=r"among pairs.*\(single\)"):
        save([sample(tmp_path, "a"), single], tmp_path / "pairs.txt")
    half = sample(tmp_path, "half", ("fixed_image",))
    with pytest.raises(ExportError, match=r"neither moving_image and fixed_image.*\(half\)"):
        save([half], tmp_path / "pairs.txt")
