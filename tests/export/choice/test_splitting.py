"""Splits and folds: whole units, exact counts, the same anywhere."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medload.export import Entry, ExportError, folds, leaks, split
from napari_medload.export.selection import selection_of
from napari_medload.formats import Source
from napari_medload.loaders import Sample

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}


def sample(name, group="", **stated):
    sources = {"image": Source(Path("/data") / f"{name}.nii.gz")}
    return Sample(str(name), sources, group, settings=stated or None)


def of_subjects(*counts, **more):
    """Samples of as many subjects, with as many samples each."""
    return [
        sample(f"s{subject}-{number}", subject_id=f"s{subject}", **more)
        for subject, count in enumerate(counts)
        for number in range(count)
    ]


def splits_of(selection):
    return {entry.sample.id: entry.sample.split for entry in selection}


def subjects_in(selection):
    found = {}
    for entry in selection:
        found.setdefault(entry.sample.split, set()).add(entry.sample.settings["subject_id"])
    return found


def test_counts_are_those_of_the_shares():
    found = splits_of(split(selection_of(of_subjects(*[1] * 100)), SHARES))
    assert Counter(found.values()) == {"train": 70, "val": 15, "test": 15}


def test_the_largest_remainder_gets_what_is_left():
    shares = {"a": 0.46, "b": 0.34, "c": 0.2}  # of 5: 2.3, 1.7, 1.0
    found = splits_of(split(selection_of(of_subjects(*[1] * 5)), shares))
    assert Counter(found.values()) == {"a": 2, "b": 2, "c": 1}


def test_what_was_divided_once_is_divided_so_for_ever():
    """Written down: neither another version nor another machine may make other splits."""
    found = splits_of(split(selection_of([sample(n) for n in range(8)]), SHARES, "sample", 3))
    tested, validated = "7", "1"
    assert [name for name, where in found.items() if where == "test"] == [tested]
    assert [name for name, where in found.items() if where == "val"] == [validated]


def test_another_process_with_other_hashes_of_python_makes_the_same():
    code = (
        "from tests.export.choice.test_splitting import *\n"
        "print(sorted(splits_of(split(selection_of(of_subjects(3, 2, 5, 1, 4)), SHARES)).items()))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1 and "train" in runs.pop()


counts_of_subjects = st.lists(st.integers(1, 4), min_size=3, max_size=30)


@settings(deadline=None)
@given(counts_of_subjects, st.integers(-(2**40), 2**40), st.randoms(use_true_random=False))
def test_subjects_stay_whole_no_split_is_empty_and_order_does_not_count(counts, seed, lots):
    samples = of_subjects(*counts)
    found = split(selection_of(samples), SHARES, seed=seed)
    assert [entry.sample.id for entry in found] == [each.id for each in samples]
    subjects = subjects_in(found)
    assert set(subjects) == set(SHARES)
    assert sum(map(len, subjects.values())) == len(counts)  # each in one only
    for name, share in SHARES.items():
        wanted = len(counts) * share
        assert abs(len(subjects[name]) - wanted) < 1 or len(counts) < 7  # then none may be empty
    shuffled = list(samples)
    lots.shuffle(shuffled)
    assert splits_of(split(selection_of(shuffled), SHARES, seed=seed)) == splits_of(found)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("mfx"), min_size=3, max_size=80),
    st.integers(0, 100),
)
def test_each_stratum_is_shared_out_alike(sexes, seed):
    samples = [sample(f"s{n}", subject_id=f"s{n}", sex=sex) for n, sex in enumerate(sexes)]
    found = split(selection_of(samples), SHARES, seed=seed, stratify="sex")
    counts = Counter((e.sample.settings["sex"], e.sample.split) for e in found)
    for sex, total in Counter(sexes).items():
        for name, share in SHARES.items():
            assert abs(counts[sex, name] - total * share) <= 2
    assert {entry.sample.split for entry in found} == set(SHARES)


def test_many_small_strata_do_not_starve_a_split():
    samples = [sample(f"s{n}", subject_id=f"s{n}", site=f"site{n // 2}") for n in range(100)]
    found = split(selection_of(samples), SHARES, stratify="site")
    assert Counter(e.sample.split for e in found) == {"train": 70, "val": 15, "test": 15}


def test_another_seed_makes_other_splits():
    samples = selection_of(of_subjects(*[1] * 50))
    assert splits_of(split(samples, SHARES, seed=1)) != splits_of(split(samples, SHARES, seed=2))


def test_without_subjects_groups_stay_whole_and_that_is_said():
    samples = [sample(f"a{n}", f"g{n % 5}") for n in range(20)] + [sample("alone")]
    found = split(selection_of(samples), SHARES)
    groups = {(e.sample.group, e.sample.split) for e in found if e.sample.group}
    assert len(groups) == 5
    of_group, alone = found.remarks
    assert "no subject is known" in of_group.sentence and "group" in of_group.sentence
    assert len(of_group.samples) == 20 and alone.samples == ("alone",)


def test_subjects_are_known_from_names_as_bids_has_them():
    samples = [sample(f"sub-{n % 4:02d}_run-{n}") for n in range(12)]
    found = split(selection_of(samples), SHARES)
    assert len({(e.sample.id[:6], e.sample.split) for e in found}) == 4 and not found.remarks


def test_any_column_may_stay_whole():
    samples = [sample(f"s{n}", site=f"site{n % 4}") for n in range(40)]
    found = split(selection_of(samples), SHARES, by="site")
    assert len({(e.sample.settings["site"], e.sample.split) for e in found}) == 4


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"train": 0.7, "val": 0.2}, "add up to 0.9; expected 1"),
        ({"train": 1.2, "val": -0.2}, "numbers above 0"),
        ({"train": float("nan"), "val": 1}, "numbers above 0"),
        ({}, "of no split"),
        ({"": 1.0}, "a name for each"),
    ],
)
def test_shares_that_are_none_are_told(shares, says):
    with pytest.raises(ExportError, match=says):
        split(selection_of(of_subjects(1, 1, 1)), shares)


def test_shares_may_be_percents():
    chosen = selection_of(of_subjects(*[1] * 10))
    of_percents = split(chosen, {"train": 70, "val": 20, "test": 10}, seed=3)
    of_shares = split(chosen, {"train": 0.7, "val": 0.2, "test": 0.1}, seed=3)
    assert [e.sample.split for e in of_percents] == [e.sample.split for e in of_shares]


def test_fewer_subjects_than_splits_is_told():
    with pytest.raises(ExportError, match=r"10 samples of 2 subjects for 3 splits.*'sample'"):
        split(selection_of(of_subjects(5, 5)), SHARES)
    with pytest.raises(ExportError, match=r"2 samples for 3 splits.*Choose more samples"):
        split(selection_of(of_subjects(1, 1)), SHARES)
    with pytest.raises(ExportError, match=r"no column 'sit'.*Did you mean 'site'"):
        split(selection_of([sample("a", site="x")]), SHARES, by="sit")


@settings(deadline=None)
@given(st.lists(st.integers(1, 3), min_size=5, max_size=25), st.integers(0, 50))
def test_folds_hold_each_sample_once_and_no_subject_twice(counts, seed):
    samples = of_subjects(*counts)
    found = folds(selection_of(samples), 5, seed=seed)
    assert sorted(name for fold in found for name in fold) == sorted(s.id for s in samples)
    subjects = [{name.split("-")[0] for name in fold} for fold in found]
    assert sum(map(len, subjects)) == len(counts)
    assert max(map(len, subjects)) - min(map(len, subjects)) <= 1


def test_folds_that_cannot_be_made_are_told():
    with pytest.raises(ExportError, match="2 or more"):
        folds(selection_of(of_subjects(1, 1)), 1)
    with pytest.raises(ExportError, match="2 samples for 5"):
        folds(selection_of(of_subjects(1, 1)), 5)


def of_content(*hashes):
    """Return samples of one subject each, with the content that is given."""
    return selection_of(
        Entry(sample(f"s{n}", subject_id=f"s{n}"), None, None, (("image", found),))
        for n, found in enumerate(hashes)
    )


@given(st.integers(0, 200))
def test_equal_contents_stay_in_one_split(seed):
    """Two chains of equal contents among ten subjects."""
    chosen = of_content(*"aabcdeafgc")
    found = splits_of(split(chosen, SHARES, seed=seed))
    assert found["s0"] == found["s1"] == found["s6"] and found["s3"] == found["s9"]
    assert leaks(split(chosen, SHARES, seed=seed)) == ()
    for part in folds(chosen, 3, seed=seed):
        assert len({"s0", "s1", "s6"} & set(part)) in (0, 3)


def test_what_is_kept_together_is_named():
    (remark,) = split(of_content(*"aabcd"), SHARES).remarks
    assert remark.samples == ("s0", "s1") and "the same content" in remark.sentence


def test_an_atlas_keeps_nothing_together():
    samples = [
        Sample(str(n), {"fixed_image": Source("/d/atlas"), "moving_image": Source(f"/d/{n}")})
        for n in range(8)
    ]
    found = split(selection_of(samples), {"a": 0.5, "b": 0.5}, by="sample")
    assert Counter(splits_of(found).values()) == {"a": 4, "b": 4}
    assert found.remarks == ()


def test_pairs_that_join_every_image_are_divided_all_the_same():
    pairs = [
        Sample(f"{a}{b}", {"fixed_image": Source(f"/d/{a}"), "moving_image": Source(f"/d/{b}")})
        for a in "abc"
        for b in "abc"
        if a != b
    ]
    found = split(selection_of(pairs), {"a": 0.5, "b": 0.5}, by="sample")
    assert Counter(splits_of(found).values()) == {"a": 3, "b": 3}
    assert any("in spite of it" in remark.sentence for remark in found.remarks)
