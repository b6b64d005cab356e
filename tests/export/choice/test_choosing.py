"""Choosing what is exported: samples joined with the journals of real reviews."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

from napari_medload.export import ExportError, reviewed, save
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample, open_dataset
from napari_medload.loaders.identity import content_hash, dataset_id, file_stamp, hash_of_source
from napari_medload.review import Review, Verdict
from tests.phantoms import affine_of, noise, snapshot, write_nifti
from tests.session.datasets import SHAPE, cut_short, write_pairs


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture
def folder(tmp_path):
    return write_pairs(tmp_path / "pairs", 5)


@pytest.fixture
def dataset(folder):
    return open_dataset(folder)


@pytest.fixture
def review_by(dataset, folder):
    return lambda name, round=1: Review(
        folder.parent / "pairs_review", dataset_id(dataset), name, round
    )


def verdict_on(dataset, number, decision, *reasons, note="", content=True):
    sample = dataset[number]
    stamps = tuple((role, *file_stamp(source)) for role, source in sample.sources.items())
    hashes = tuple((role, hash_of_source(source)) for role, source in sample.sources.items())
    return Verdict(sample.id, decision, reasons, note, hashes if content else (), stamps)


@pytest.fixture
def judged(dataset, review_by):
    """Accepted, rejected as flipped, unsure, taken back, never judged."""
    anna = review_by("Anna")
    anna.save(verdict_on(dataset, 0, "accept", note="good"))
    anna.save(verdict_on(dataset, 1, "reject", "flipped", "shifted"))
    anna.save(verdict_on(dataset, 2, "unsure"))
    anna.save(verdict_on(dataset, 3, "accept"))
    anna.undo()
    return anna


def ids(selection):
    return [entry.sample.id for entry in selection]


@pytest.mark.parametrize(
    ("verdict", "numbers"),
    [
        (None, "01234"),
        ("accept", "0"),
        ("reject", "1"),
        ("unsure", "2"),
        ("none", "34"),
        ("any", "012"),
        (("accept", "none"), "034"),
    ],
)
def test_verdicts_are_those_that_stand(dataset, judged, verdict, numbers):
    found = reviewed(dataset, verdict=verdict)
    assert ids(found) == [f"case0{n}" for n in numbers] and found.remarks == ()


def test_what_was_said_comes_with_the_samples(dataset, judged):
    first, second = reviewed(dataset, verdict=("accept", "reject"))
    assert (first.verdict.note, first.verdict.reviewer, first.verdict.round) == ("good", "Anna", 1)
    assert second.verdict.reasons == ("flipped", "shifted")
    assert dict(first.content)["fixed_image"] == hash_of_source(dataset[0].sources["fixed_image"])
    assert first.findings is None  # nobody has looked


def test_conditions_on_what_was_said(dataset, judged):
    found = reviewed(dataset, where=["reasons=flipped"])
    assert ids(found) == ["case01"] and found.chosen == ("reasons=flipped",)
    assert ids(reviewed(dataset, where="note~GOOD")) == ["case00"]
    assert ids(reviewed(dataset, samples=["case04", "case01"])) == ["case01", "case04"]


def test_nothing_is_written_or_made(dataset, judged, folder):
    before = snapshot(folder.parent)
    reviewed(dataset, verdict="accept", findings="headers", content=True)
    assert snapshot(folder.parent) == before


def test_a_dataset_that_nobody_judged_makes_no_review_folder(dataset, folder):
    before = sorted(folder.parent.rglob("*"))
    assert len(reviewed(dataset, verdict="none")) == 5
    assert not reviewed(dataset, verdict="any")
    assert sorted(folder.parent.rglob("*")) == before


def test_of_several_reviewers_the_latest_counts_and_disputes_are_told(dataset, review_by, judged):
    review_by("Bob").save(verdict_on(dataset, 0, "reject"))
    review_by("Bob").save(verdict_on(dataset, 1, "reject"))
    found = reviewed(dataset, verdict="reject")
    assert ids(found) == ["case00", "case01"]
    assert [entry.verdict.reviewer for entry in found] == ["Bob", "Bob"]
    (remark,) = found.remarks
    assert remark.gravity == "warning" and "disagree" in remark.sentence
    assert remark.samples == ("case00",)
    anna = reviewed(dataset, verdict="accept", reviewer="Anna")
    assert ids(anna) == ["case00"] and not anna.remarks


def test_remarks_are_said_where_it_is_saved(dataset, review_by, judged, tmp_path):
    review_by("Bob").save(verdict_on(dataset, 0, "reject"))
    saved = save(reviewed(dataset, verdict="any"), tmp_path / "list.csv")
    (told,) = [warning for warning in saved.warnings if "disagree" in warning.sentence]
    assert told.samples == ("case00",)


def test_rounds(dataset, review_by, judged):
    review_by("Anna", 2).save(verdict_on(dataset, 0, "reject"))
    latest = reviewed(dataset, verdict="any")
    assert [(e.sample.id, e.verdict.decision) for e in latest] == [("case00", "reject")]
    (remark,) = latest.remarks
    assert "1 samples in round 2, which counts, and 3 in round 1" in remark.sentence
    first = reviewed(dataset, verdict="any", round=1)
    assert ids(first) == ["case00", "case01", "case02"] and not first.remarks


def test_who_or_what_is_not_there_is_told(dataset, judged, tmp_path):
    for asked, says in [
        ({"reviewer": "Ana"}, r"no verdict of 'Ana'; found those of Anna.*Did you mean 'Anna'"),
        ({"round": 3}, "no verdict in round 3; found rounds 1"),
        ({"verdict": "accepted"}, r"no verdict 'accepted'.*Did you mean 'accept'"),
        ({"split": "train"}, "no split 'train'; found none"),
        ({"samples": ["case99"]}, "no sample is named 'case99'"),
        ({"review_folder": tmp_path / "nowhere"}, "no such folder"),
        ({"where": "findings~grid"}, "no sample was checked"),
        ({"where": "mood=good"}, "no column 'mood'"),
        ({"findings": "all"}, "expected none, headers, voxels"),
    ]:
        with pytest.raises(ExportError, match=says):
            reviewed(dataset, **asked)


def test_a_chosen_review_folder(dataset, judged, folder, tmp_path):
    other = shutil.copytree(folder.parent / "pairs_review", tmp_path / "else where")
    shutil.rmtree(folder.parent / "pairs_review")
    assert len(reviewed(dataset, verdict="any")) == 0
    assert len(reviewed(dataset, verdict="any", review_folder=other)) == 3


def test_a_file_that_changed_since_is_told(dataset, judged):
    path = dataset[0].sources["fixed_image"].path
    write_nifti(path, noise(SHAPE, seed=99), affine_of("LAS", SHAPE, (1, 1, 1)))
    (remark,) = reviewed(dataset, verdict="accept").remarks
    assert "changed since they were judged" in remark.sentence and remark.samples == ("case00",)


def test_a_copy_with_other_times_and_the_same_content_is_not_stale(dataset, judged):
    for source in dataset[0].sources.values():
        os.utime(source.path, (1, 1))
    assert reviewed(dataset, verdict="accept").remarks == ()


def test_damaged_lines_are_told(dataset, judged):
    with judged.path.open("a") as file:
        file.write("not json\n")
    (remark,) = reviewed(dataset, verdict="accept").remarks
    assert judged.path.name in remark.sentence


def test_findings_of_headers_and_of_voxels(folder, tmp_path):
    cut_short(folder / "fixed_images" / "case01.nii.gz", 0.01)
    flat = folder / "fixed_images" / "case02.nii.gz"
    write_nifti(flat, noise(SHAPE)[:] * 0, affine_of("LAS", SHAPE, (1.0, 1.0, 1.5)))
    dataset = open_dataset(folder)
    headers = reviewed(dataset, findings="headers")
    assert [f.check for f in headers[1].findings] == ["unreadable"]
    assert "constant" not in str(headers[2].findings)
    (bad,) = reviewed(dataset, where="findings~unreadable", findings="headers")
    assert bad.sample.id == "case01"
    voxels = reviewed(dataset, findings="voxels")
    assert voxels[2].findings and voxels[2].findings != headers[2].findings
    assert [f.check for f in voxels[1].findings].count("unreadable") == 1


def test_content_is_hashed_where_nobody_has_before(dataset):
    told = []
    first = reviewed(dataset, content=True, progress=lambda *what: told.append(what))[0]
    array = noise(SHAPE, "uint8", 0).astype("int16")
    affine = affine_of("LAS", SHAPE, (1.0, 1.0, 1.5), centre=(1.0, 2.0, 3.0))
    assert dict(first.content)["fixed_image"] == content_hash(array, affine)
    assert told[-1] == (5, 5, "hashing")


def test_a_list_that_was_exported_brings_its_verdicts_along(dataset, judged, tmp_path):
    (tmp_path / "lists").mkdir()
    for kind in ("csv", "tsv", "json", "jsonl"):
        name = f"as_{kind}.{kind}"
        path = tmp_path / "lists" / name
        save(reviewed(dataset), path, kind)
        again = open_dataset(path)
        found = reviewed(again, verdict="reject")
        assert ids(found) == ["case01"], name
        (entry,) = found
        assert entry.verdict.reasons == ("flipped", "shifted")
        assert entry.verdict.reviewer == "Anna" and entry.verdict.time.endswith("Z")
        hashes = {role: hash_of_source(s) for role, s in dataset[1].sources.items()}
        assert dict(entry.content) == hashes


def test_a_journal_goes_before_what_a_list_says(dataset, judged, tmp_path):
    path = tmp_path / "lists" / "all.csv"
    path.parent.mkdir()
    save(reviewed(dataset), path)
    again = open_dataset(path)
    Review(tmp_path / "more", dataset_id(again), "Bob").save(Verdict("case01", "accept"))
    found = reviewed(again, verdict="accept", review_folder=tmp_path / "more")
    assert [(e.sample.id, e.verdict.reviewer) for e in found] == [
        ("case00", "Anna"),
        ("case01", "Bob"),
    ]


def test_many_thousands_of_samples_and_verdicts(tmp_path):
    """Some seconds are asked for 100,000; this holds a tenth of it to reading its journal twice."""
    count = 10_000
    source = Source(write_nifti(tmp_path / "a.nii.gz", noise(SHAPE)))
    samples = tuple(Sample(f"s{n}", {"image": source}) for n in range(count))
    dataset = Dataset(tmp_path, "list", samples, "none")
    review = Review(tmp_path / "review", dataset_id(dataset), "Anna")
    review.save(Verdict("s0", "accept", stamps=(("image", *file_stamp(source)),)))
    line = json.loads(review.path.read_text())
    with review.path.open("a") as file:
        for n in range(1, count):
            file.write(json.dumps(line | {"id": str(n), "sample_id": f"s{n}"}) + "\n")
    begin = time.perf_counter()
    for text in review.path.read_text().splitlines():
        json.loads(text)
    peer = time.perf_counter() - begin
    begin = time.perf_counter()
    found = reviewed(dataset, verdict="accept", review_folder=tmp_path / "review")
    took = time.perf_counter() - begin
    assert len(found) == count and not found.remarks
    assert took < 20 * peer, (took, peer)
