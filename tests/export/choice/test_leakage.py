"""Leaks: what stands in two splits."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from napari_medload.export import Entry, ExportError, leaks, reviewed, split
from napari_medload.export.choice.leakage import compared
from napari_medload.export.selection import selection_of
from napari_medload.formats import Source
from napari_medload.loaders import Sample

HALVES = {"train": 0.5, "test": 0.5}


def entry(name, split, fixed, moving, content=(), **stated):
    sources = {
        "fixed_image": Source(Path("/d") / f"{fixed}.nii"),
        "moving_image": Source(Path("/d") / f"{moving}.nii"),
    }
    return Entry(Sample(name, sources, "", split, settings=stated or None), None, None, content)


def told(*entries):
    return leaks(selection_of(entries))


def test_a_subject_in_two_splits():
    a = entry("a", "train", "1", "2", subject_id="anna")
    b = entry("b", "test", "3", "4", subject_id="anna")
    c = entry("c", "test", "5", "6", subject_id="carl")
    (found,) = told(a, b, c)
    assert found.gravity == "warning" and found.samples == ("a", "b")
    assert "1 subject stands in two splits (train and test): anna" in found.sentence


def test_a_file_in_two_splits_in_any_role():
    (found,) = told(entry("a", "train", "1", "2"), entry("b", "val", "3", "1"))
    assert found.samples == ("a", "b")
    assert "1 file stands in two splits (train and val): /d/1.nii" in found.sentence


def test_pairs_that_share_an_image_in_one_split_are_no_leak():
    assert (
        told(
            entry("a", "train", "atlas", "2", (("fixed_image", "ff"),)),
            entry("b", "train", "atlas", "3", (("fixed_image", "ff"),)),
            entry("c", "test", "4", "5", (("fixed_image", "ee"),)),
        )
        == ()
    )


def test_the_same_content_in_another_file_and_role():
    a = entry("a", "train", "1", "2", (("fixed_image", "ff"), ("moving_image", "ab")))
    b = entry("b", "test", "3", "4", (("fixed_image", "cd"), ("moving_image", "ff")))
    (found,) = told(a, b)
    assert "1 content" in found.sentence and found.samples == ("a", "b")


def test_a_shared_file_is_not_told_again_as_shared_content():
    both = (("fixed_image", "ff"),)
    (found,) = told(entry("a", "train", "1", "2", both), entry("b", "test", "1", "3", both))
    assert "file" in found.sentence


def test_hashes_of_a_list_that_was_exported_count_too():
    a = entry("a", "train", "1", "2", content_hash="fixed_image:ff|moving_image:aa")
    b = entry("b", "test", "3", "4", content_hash="fixed_image:bb|moving_image:ff")
    (found,) = told(a, b)
    assert found.samples == ("a", "b")


def test_keys_in_one_file_are_different_arrays():
    a = entry("a", "train", "1", "2")
    one, other = (
        replace(a, sample=Sample(key, {"image": Source(Path("/d/x.h5"), key)}, "", split))
        for key, split in (("k1", "train"), ("k2", "test"))
    )
    assert told(one, other) == ()


def test_samples_without_split_are_in_none():
    assert told(entry("a", "", "1", "2"), entry("b", "train", "1", "3")) == ()


def test_many_leaks_are_counted():
    entries = [entry(f"{s}{n}", s, f"f{n}", f"{s}{n}m") for s in ("a", "b", "c") for n in range(9)]
    (found,) = told(*entries)
    assert "9 files stand in two splits (a and b and c)" in found.sentence
    assert len(found.samples) == 27 and str(found).endswith("and 22 more)")


def test_an_atlas_that_all_pairs_share_is_no_leak():
    """Nor are its content, its copies beside each moving image, and the subject it is named by."""
    atlas = (("fixed_image", "aa"),)
    assert (
        told(
            entry("a", "train", "sub-atlas", "1", atlas),
            entry("b", "train", "sub-atlas", "2", atlas),
            entry("c", "test", "sub-atlas", "3", atlas),
        )
        == ()
    )
    copies = [entry(f"{n}", s, f"c{n}", f"m{n}", atlas) for n, s in enumerate(["a", "a", "b"])]
    assert told(*copies) == ()


def test_beside_an_atlas_other_leaks_are_told():
    a, b, c = (
        entry("a", "train", "atlas", "1"),
        entry("b", "train", "atlas", "2"),
        entry("c", "test", "atlas", "2"),
    )
    (found,) = told(a, b, c)
    assert found.samples == ("b", "c") and "/d/2.nii" in found.sentence
    (found,) = told(a, b, entry("d", "test", "other", "4"), entry("e", "test", "atlas", "5"))
    assert "/d/atlas.nii" in found.sentence  # which is none where not all share it


def test_one_image_in_all_samples_is_a_leak():
    source = {"image": Source(Path("/d/1.nii"))}
    (found,) = told(*(Entry(Sample(f"{n}", source, "", s)) for n, s in enumerate("aab")))
    assert len(found.samples) == 3


def test_pairs_across_subjects_leak_by_either_subject():
    one = entry("sub-01–sub-02", "train", "1", "2")
    assert told(one, entry("sub-03–sub-04", "test", "3", "4")) == ()
    (found,) = told(one, entry("sub-03–sub-02", "test", "3", "5"))
    assert "1 subject stands" in found.sentence and "sub-02" in found.sentence
    again = entry("sub-01–sub-02", "train", "1", "2", subject_id="sub-01")  # of a list
    assert told(again, entry("sub-03–sub-02", "test", "3", "5", subject_id="sub-03"))


def test_the_remedy_is_one_that_helps():
    both = (("fixed_image", "ff"),)
    apart = selection_of([entry("a", "train", "1", "2", both), entry("b", "test", "3", "4", both)])
    (found,) = leaks(apart)
    assert "Make the splits anew" in found.sentence and "by subject" not in found.sentence
    (found,) = leaks(replace(apart, chosen=("splits train=0.5, test=0.5 by subject, seed 0",)))
    assert "Leave one of them out" in found.sentence and "Make" not in found.sentence


def test_what_could_not_be_compared_is_said():
    apart = [entry("a", "train", "1", "2"), entry("b", "test", "3", "4")]
    said = "\n".join(compared(selection_of(apart)))
    assert "nothing to compare by subject: no sample states one" in said
    assert "nothing to compare by content" in said
    named = entry("c", "test", "5", "6", (("fixed_image", "ff"),), subject_id="anna")
    said = "\n".join(compared(selection_of([*apart, named])))
    assert "compared by subject: 1 of 3 samples" in said
    assert "compared by content: 1 of 3 samples" in said


@pytest.mark.parametrize("given", ["demo", None, 3])
def test_what_is_no_selection_is_refused_in_words(given):
    for call in (leaks, lambda found: split(found, {"a": 0.5, "b": 0.5})):
        with pytest.raises(ExportError, match=r"expected a selection.*reviewed\(open_dataset"):
            call(given)
    with pytest.raises(ExportError, match=r"expected a dataset.*open_dataset"):
        reviewed(given)


def image(name, split, path, **stated):
    return Entry(Sample(name, {"image": Source(path)}, "", split, settings=stated or None))


def test_one_file_under_two_names_is_a_leak(tmp_path):
    """As in folders of links, such as those of our own export for DeepReg."""
    for folder in ("pool", "train", "test"):
        (tmp_path / folder).mkdir()
    for name in ("scan.nii", "other.nii"):
        (tmp_path / "pool" / name).touch()
    (tmp_path / "train" / "0.nii").symlink_to(tmp_path / "pool" / "scan.nii")
    (tmp_path / "test" / "7.nii").symlink_to("../pool/scan.nii")
    (tmp_path / "all").symlink_to("pool")
    linked = [
        image("a", "train", tmp_path / "train" / "0.nii"),
        image("b", "test", tmp_path / "test" / "7.nii"),
    ]
    (found,) = told(*linked)
    assert found.samples == ("a", "b")
    assert f"1 file stands in two splits (train and test): {tmp_path}/pool/scan.nii" in str(found)

    (found,) = told(linked[0], image("c", "val", tmp_path / "all" / "scan.nii"))
    assert found.samples == ("a", "c")
    assert told(linked[0], image("d", "val", tmp_path / "all" / "other.nii")) == ()

    parted = split(selection_of([*linked, image("d", "", tmp_path / "pool" / "other.nii")]), HALVES)
    assert parted[0].sample.split == parted[1].sample.split != parted[2].sample.split


def test_links_that_lead_nowhere_are_told_apart_by_their_names(tmp_path):
    for name in ("loop.nii", "round.nii"):
        (tmp_path / name).symlink_to(name)
    assert (
        told(image("a", "x", tmp_path / "loop.nii"), image("b", "y", tmp_path / "round.nii")) == ()
    )
    assert told(image("a", "x", tmp_path / "loop.nii"), image("b", "y", tmp_path / "loop.nii"))


def test_an_atlas_that_is_linked_for_each_pair_is_no_leak(tmp_path):
    (tmp_path / "atlas.nii").touch()
    pairs = []
    for number, name in enumerate(("train", "train", "test")):
        (tmp_path / f"{number}.nii").symlink_to("atlas.nii")
        files = {
            "fixed_image": tmp_path / f"{number}.nii",
            "moving_image": Path(f"/d/{number}.nii"),
        }
        pairs.append(Entry(Sample(str(number), {r: Source(p) for r, p in files.items()}, "", name)))
    assert told(*pairs) == ()


def test_a_subject_written_with_composed_and_with_plain_letters_is_one():
    """As names are that come from macOS and from elsewhere."""
    names = [unicodedata.normalize(form, "Zoë") for form in ("NFC", "NFD")]
    (found,) = told(*(image(n, n, f"/d/{i}.nii", subject_id=n) for i, n in enumerate(names)))
    assert "1 subject stands in two splits" in found.sentence

    scans = [image(str(i), "", f"/d/{i}.nii", subject_id=names[i % 2]) for i in range(4)]
    parted = split(selection_of([*scans, image("x", "", "/d/x.nii", subject_id="Jo")]), HALVES)
    assert len({entry.sample.split for entry in parted[:4]}) == 1
