"""The pairing check on bodies: suspect where there is a fault, and never where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.checks import Finding, Severity, worst_first
from napari_medload.checks.battery import CHECKS
from napari_medload.checks.coarse import coarse_pair
from napari_medload.checks.pairing import judge
from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.loaders import Sample, open_dataset
from napari_medload.session.table.columns import finding_rank
from napari_medload.session.table.facts import SampleFacts
from tests.checks.bodies import Body, changed, coarse, grid, moved, pair_of, volume

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.checks.coarse import CoarsePair
    from napari_medload.checks.pairing import Judgement
    from napari_medload.images import Volume

SIX = range(11, 17)


@pytest.fixture(scope="module")
def others() -> list[CoarsePair]:
    return [coarse(pair_of(Body(seed)), f"other{seed}") for seed in SIX]


def kinds(found: Judgement) -> list[str]:
    return [finding.check for finding in found.findings]


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "images alone"])
def test_good_pairs_are_good(others: list[CoarsePair], labels: bool):
    for seed in range(4):
        found = judge(coarse(pair_of(Body(seed), labels=labels)), others, "world")
        assert (found.answer, found.findings) == ("good", ())
        assert "NMI" in found.sentence


def test_a_good_pair_is_judged_with_broken_ones_around_it(others: list[CoarsePair]):
    flipped = coarse(changed(pair_of(Body(20)), "moving", array=lambda a: a[:, :, ::-1]))
    wrong = coarse(pair_of(Body(21), Body(22)))
    found = judge(coarse(pair_of(Body(0))), [*others[:4], flipped, wrong], "world")
    assert (found.answer, found.findings) == ("good", ())


@pytest.mark.parametrize(
    ("axis", "name"),
    [(0, "anterior-posterior"), (1, "superior-inferior"), (2, "left-right")],
)
def test_a_flip_is_found_and_named_by_the_world(others: list[CoarsePair], axis: int, name: str):
    """The moving image is stored PIR, so its axes run along A, S and R."""
    flipped = changed(pair_of(Body(0), tilt=0), "moving", array=lambda a: np.flip(a, axis))
    found = judge(coarse(flipped), others, "world")
    assert (found.answer, kinds(found)) == ("suspect", ["flip suspect"])
    assert f"fits better flipped {name}" in found.findings[0].sentence
    assert found.findings[0].severity is Severity.ERROR  # images and labels agree


def test_a_flip_without_labels_is_no_more_than_a_warning(others: list[CoarsePair]):
    volumes = pair_of(Body(0), labels=False, tilt=0)
    flipped = changed(volumes, "moving", array=lambda a: np.flip(a, 2))
    (finding,) = judge(coarse(flipped), others, "world").findings
    assert (finding.check, finding.severity) == ("flip suspect", Severity.WARNING)


def test_an_image_flipped_apart_from_its_label_is_not_called_flipped(others: list[CoarsePair]):
    """Labels say that the pair lies right: one of the two is wrong, and which can't be told."""
    flipped = changed(pair_of(Body(0), tilt=0), "moving_image", array=lambda a: np.flip(a, 2))
    assert "flip suspect" not in kinds(judge(coarse(flipped), others, "world"))


def test_a_shift_is_measured(others: list[CoarsePair]):
    shifted = changed(pair_of(Body(0)), "moving", affine=lambda a: moved(a, (0.0, 30.0, -12.0)))
    found = judge(coarse(shifted), others, "world")
    assert kinds(found) == ["shifted"]
    (finding,) = found.findings
    assert finding.figure == pytest.approx(np.hypot(30, 12), abs=2.5)
    assert finding.unit == "mm"
    assert "mm anterior, 1" in finding.sentence
    assert "mm inferior of where it fits" in finding.sentence


def turned_away() -> tuple[dict[str, Volume], np.ndarray]:
    """Return a pair that is turned and shifted, and where a registration takes fixed points."""
    away = moved(np.eye(4), (40.0, -25.0, 10.0), 35.0)
    return changed(pair_of(Body(0)), "moving", affine=lambda a: away @ a), away


def test_a_pair_is_judged_through_the_transform_of_its_registration(others: list[CoarsePair]):
    volumes, away = turned_away()
    assert judge(coarse(volumes), others, "world").answer != "good"
    sample = Sample("a", {"transform": Source("a.tfm")})
    pair = coarse_pair(sample, volumes, through=away)
    assert pair is not None
    found = judge(pair, others, "world")
    assert (found.answer, found.findings) == ("good", ())


def test_what_a_registration_has_left_is_a_finding(others: list[CoarsePair]):
    volumes, away = turned_away()
    sample = Sample("a", {"transform": Source("a.tfm")})
    pair = coarse_pair(sample, volumes, through=away @ moved(np.eye(4), (0.0, 20.0, 0.0)))
    assert pair is not None
    (finding,) = judge(pair, others, "world").findings
    assert (finding.check, finding.severity) == ("shifted", Severity.ERROR)
    assert finding.figure == pytest.approx(20, abs=2.5)
    # fixed points are taken 20 mm too far forward, so moving is drawn too far back
    assert "20 mm posterior of where it fits" in finding.sentence
    assert finding.sentence.endswith("through its transform")


@pytest.mark.parametrize("role", ["transform", "warped_image"])
def test_a_registration_that_is_not_followed_makes_no_pair_suspect(
    others: list[CoarsePair], role: str
):
    shifted = changed(pair_of(Body(0)), "moving", affine=lambda a: moved(a, (0.0, 30.0, 0.0)))
    pair = coarse_pair(Sample("a", {role: Source("a.nii.gz")}), shifted)
    assert pair is not None
    found = judge(pair, others, "world")
    assert found.answer == "can't tell"
    assert [(f.check, f.severity) for f in found.findings] == [("shifted", Severity.NOTE)]
    assert found.findings[0].sentence.endswith("before its registration")
    assert judge(replace(pair, registered=False), others, "world").answer == "suspect"


def test_a_wrong_partner_is_suspect_and_no_error(others: list[CoarsePair]):
    found = judge(coarse(pair_of(Body(0), Body(1))), others, "world")
    assert (found.answer, kinds(found)) == ("suspect", ["wrong partner suspect"])
    assert found.findings[0].severity is Severity.WARNING
    assert "no better than those of other samples" in found.findings[0].sentence


def test_a_suspect_pair_stands_above_all_that_is_told_of_good_ones(others: list[CoarsePair]):
    """Whatever warnings a good sample carries, and however many, a wrong partner comes first."""
    found = judge(coarse(pair_of(Body(0), Body(1))), others, "world").findings
    good = tuple(
        Finding(check.name, Severity.WARNING, "told", weight=check.weight)
        for check in CHECKS
        if check.severity is Severity.WARNING
        for _ in range(20)
    )
    assert len(good) > 200
    assert finding_rank(SampleFacts({}, found), ()) > finding_rank(
        SampleFacts({}, worst_first(good)), ()
    )


def test_two_that_have_exchanged_their_partners_are_named(others: list[CoarsePair]):
    one, two = Body(0), Body(1)
    pair, other = coarse(pair_of(one, two), "one"), coarse(pair_of(two, one), "two")
    found = judge(pair, [*others, other], "world")
    assert kinds(found) == ["wrong partner suspect"]
    assert "moving image of two fits better" in found.findings[0].sentence


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "images alone"])
def test_roughly_aligned_pairs_are_never_suspect(labels: bool):
    """Where all pairs are a little off, a wrong partner may fit as well as the right one."""
    rough = []
    for seed in range(7):
        rng = np.random.default_rng(seed)
        mm, degrees = tuple(rng.normal(0, 8, 3)), float(rng.normal(0, 8))
        volumes = pair_of(Body(seed), labels=labels)
        off = changed(volumes, "moving", affine=lambda a, m=mm, d=degrees: moved(a, m, d))
        rough.append(coarse(off, str(seed)))
    for pair in rough:
        found = judge(pair, [other for other in rough if other is not pair], "world")
        assert all(finding.check == "shifted" for finding in found.findings), found
        assert all(f.severity < Severity.ERROR or (f.figure or 0) > 10 for f in found.findings)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_wrong_partner_is_not_told_without_others_to_compare(
    others: list[CoarsePair], count: int
):
    found = judge(coarse(pair_of(Body(0), Body(1))), others[:count], "world")
    assert (found.answer, found.findings) == ("can't tell", ())


def test_nothing_is_told_where_nothing_is_promised(others: list[CoarsePair]):
    found = judge(coarse(pair_of(Body(0), Body(1))), others, "none")
    assert (found.answer, found.findings) == ("can't tell", ())


def test_nothing_is_told_without_contrast(others: list[CoarsePair]):
    flat = pair_of(Body(0))
    where = flat["moving_image"].grid
    flat["moving_image"] = volume(np.full(where.shape, 7, np.int16), where)
    found = judge(coarse(flat), others, "world")
    assert (found.answer, found.findings) == ("can't tell", ())
    assert "contrast" in found.sentence


def test_an_image_paired_with_itself_is_not_called_good(others: list[CoarsePair]):
    twice = pair_of(Body(0))
    for kind in ("image", "label"):
        twice[f"moving_{kind}"] = twice[f"fixed_{kind}"]
    found = judge(coarse(twice), others, "world")
    assert (found.answer, found.findings) == ("can't tell", ())
    assert "the same picture" in found.sentence


def test_nothing_is_told_where_they_do_not_meet(others: list[CoarsePair]):
    away = changed(pair_of(Body(0)), "moving", affine=lambda a: moved(a, (500.0, 0.0, 0.0)))
    found = judge(coarse(away), others, "world")
    assert (found.answer, found.findings) == ("can't tell", ())


def test_noise_is_not_judged():
    rng, where = np.random.default_rng(0), grid()
    pairs = [
        coarse(
            {
                "fixed_image": volume(rng.normal(0, 50, where.shape).astype(np.int16), where),
                "moving_image": volume(rng.normal(0, 50, where.shape).astype(np.int16), where),
            }
        )
        for _ in range(6)
    ]
    for pair in pairs:
        found = judge(pair, [other for other in pairs if other is not pair], "same grid")
        assert (found.answer, found.findings) == ("can't tell", ())


@pytest.mark.parametrize(
    ("folder", "answer"), [("brain_paired", "good"), ("spine_paired", "can't tell")]
)
def test_real_pairs_are_not_suspect(shared_data: Path, folder: str, answer: str):
    """Two brains in one space, and the T1 and T2 of one neck; each dataset has a single pair.

    The label of the neck is a straight cord, which its mirror covers as well.
    """
    (sample,) = open_dataset(shared_data / folder)
    volumes = {role: read_volume(source) for role, source in sample.sources.items()}
    found = judge(coarse(volumes), [], "world")
    assert (found.answer, found.findings) == (answer, ())


def test_real_pairs_that_lie_elsewhere_are_not_suspect(shared_data: Path):
    """Lungs breathed in and out, on grids whose headers say nothing of one another."""
    dataset = open_dataset(shared_data / "deepreg_nifti" / "paired" / "train")
    pairs = [
        coarse({role: read_volume(source) for role, source in sample.sources.items()})
        for sample in dataset
    ]
    for pair in pairs:
        found = judge(pair, [other for other in pairs if other is not pair], "world")
        assert found.findings == ()
