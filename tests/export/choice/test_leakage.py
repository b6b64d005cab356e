"""Leaks: what stands in two splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from napari_medload.export import Entry, ExportError, leaks, reviewed, split
from napari_medload.export.choice.leakage import compared
from napari_medload.export.selection import selection_of
from napari_medload.formats import Source
from napari_medload.loaders import Sample


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
