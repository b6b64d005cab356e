from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.loaders import Sample, open_dataset
from napari_medload.session.background.scan import CHUNK, scan, scan_sample
from tests.phantoms import affine_of, snapshot, write_h5, write_nifti
from tests.session.datasets import cut_short, write_pairs


@pytest.fixture
def pool():
    with ThreadPoolExecutor(1) as executor:
        yield executor


def all_facts(samples, pool, alignment="world"):
    found = []
    scan(samples, alignment, pool, lambda start, facts: found.append((start, facts)), lambda: True)
    pool.shutdown(wait=True)
    return [f for _, facts in sorted(found, key=lambda chunk: chunk[0]) for f in facts]


def test_every_sample_gets_facts_and_nothing_is_written(tmp_path, pool):
    folder = write_pairs(tmp_path / "pairs", 5)
    before = snapshot(folder)
    facts = all_facts(open_dataset(folder).samples, pool)
    assert [f.orientation for f in facts] == ["LAS | PIR"] * 5
    assert snapshot(folder) == before


def test_what_cannot_be_read_is_a_problem_that_names_the_file(tmp_path, pool):
    folder = write_pairs(tmp_path / "pairs", 4)
    (folder / "fixed_images" / "case01.nii.gz").write_bytes(b"no volume at all")
    cut_short(folder / "moving_images" / "case02.nii.gz", kept=0.005)
    dataset = open_dataset(folder)
    (folder / "moving_images" / "case03.nii.gz").unlink()
    facts = all_facts(dataset.samples, pool)
    assert facts[0].problems == ()
    for sample, part in ((1, "fixed_images/case01"), (2, "moving_images/case02"), (3, "case03")):
        assert part in facts[sample].problems[0], sample
        assert len(facts[sample].headers) == 1  # the partner is known all the same


def test_known_problems_stay_beside_those_of_the_headers(tmp_path):
    path = write_nifti(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8))
    sample = Sample(
        "a", {"image": Source(path), "label": Source(tmp_path / "b.nii")}, "", "", ("x",)
    )
    problems = scan_sample(sample, "none").problems
    assert "b.nii" in problems[0] and problems[1] == "x"  # errors first


def test_a_key_that_does_not_fit_is_a_problem(tmp_path):
    path = write_h5(tmp_path / "a.h5", scan=np.zeros((3, 4, 5)))
    sample = Sample("a", {"image": Source(path, "scna")})
    (problem,) = scan_sample(sample, "none").problems
    assert "scna" in problem and "scan" in problem and "a.h5" in problem


def test_a_cancelled_scan_ends_before_its_next_chunk(tmp_path, pool):
    path = write_nifti(tmp_path / "a.nii", np.zeros((3, 4, 5), np.uint8))
    samples = [Sample(str(i), {"image": Source(path)}) for i in range(3 * CHUNK)]
    starts = []
    scan(samples, "none", pool, lambda start, _f: starts.append(start), lambda: not starts).result()
    assert starts == [0]


def test_promises_decide_what_is_a_problem(tmp_path, pool):
    fixed = affine_of("RAS", (8, 8, 8))
    far = affine_of("RAS", (8, 8, 8), centre=(90, 0, 0))
    for role, affine in (("fixed", fixed), ("moving", far)):
        write_nifti(tmp_path / f"{role}_images" / "a.nii", np.zeros((8, 8, 8), np.uint8), affine)
    (sample,) = open_dataset(tmp_path).samples
    wrong = {a: scan_sample(sample, a).problems for a in ("same grid", "world", "none")}
    assert wrong["none"] == ()
    (told,) = wrong["world"]
    assert told == "fixed and moving image do not overlap; their centres lie 90.0 mm apart"
    assert wrong["same grid"] == (told,)
