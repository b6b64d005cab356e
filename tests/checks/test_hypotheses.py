"""Each planted fault comes first among the hypotheses, by a margin, and is named."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_medload.checks.hypotheses import Ranked, Ranking, rank_hypotheses
from napari_medload.checks.matching import Match
from napari_medload.checks.trials import trials
from napari_medload.geometry import Grid
from napari_medload.loaders import Sample
from tests.checks.bodies import Body, changed, coarse, grid, moved, pair_of, volume

if TYPE_CHECKING:
    from napari_medload.images import Volume

BODY = Body(0)


def ranked(volumes: Any, partners: Any = (), **how: Any) -> list[Ranking]:
    return list(rank_hypotheses(Sample("a", {}), volumes, partners, **how))


def check_first(found: list[Ranking], name: str) -> None:
    """The name stands first on the coarse copies and on the fine ones, far before as it is."""
    for ranking in (found[0], found[-1]):
        best = ranking.best
        assert best is not None, ranking
        assert best.name == name
        assert best is ranking.entries[0]
        own = ranking.as_it_is.match
        assert best.match.mi > 1.3 * own.mi
        assert (
            f"{name} explains this: MI {own.mi:.2f} → {best.match.mi:.2f} bits" in ranking.sentence
        )


@pytest.mark.parametrize("labels", [True, False], ids=["labels", "images alone"])
def test_a_good_pair_needs_no_explanation(labels: bool):
    for ranking in ranked(pair_of(BODY, labels=labels)):
        assert ranking.best is None
        assert ranking.sentence.startswith("nothing fits clearly better than as it is")


@pytest.mark.parametrize(
    ("axes", "name"),
    [
        ((0,), "anterior-posterior flip"),
        ((1,), "superior-inferior flip"),
        ((2,), "left-right flip"),
        ((0, 2), "left-right and anterior-posterior flip"),
    ],
)
def test_flips(axes: tuple[int, ...], name: str):
    flipped = changed(pair_of(BODY), "moving", array=lambda a: np.flip(a, axes))
    check_first(ranked(flipped), name)


def test_a_flip_of_the_fixed_image_off_the_middle():
    """About another middle than that of the moving image, so that only fixed explains it."""
    body, here = BODY, grid("LAS", centre=(15.0, 0.0, 0.0))
    volumes = pair_of(body) | {
        "fixed_image": volume(body.t1(here)[::-1], here),
        "fixed_label": volume(body.label(here)[::-1], here),
    }
    check_first(ranked(volumes), "left-right flip of fixed")


@pytest.mark.parametrize(
    ("order", "name"),
    [
        ((2, 1, 0), "a swap of axes i and k"),
        ((1, 0, 2), "a swap of axes i and j"),
        ((1, 2, 0), "the axis order k, i, j"),
    ],
)
def test_axis_swaps(order: tuple[int, int, int], name: str):
    """Axes were reordered when the array was written; the header stayed."""
    swapped = changed(pair_of(BODY), "moving", array=lambda a: a.transpose((*order, 3)))
    check_first(ranked(swapped), name)


def test_every_way_to_number_axes_is_tried():
    """Of the 48 signed orders of three axes all but the one as stored, each once."""
    here = grid("RAS", shape=(24, 24, 24))
    volumes = {
        "fixed_image": volume(BODY.t1(here), here),
        "moving_image": volume(BODY.t2(here), here),
    }
    pair = coarse(volumes)
    tried = {}
    for trial in trials(pair, volumes):
        if "of fixed" in trial.name or trial.place is None:
            continue
        linear = trial.place(pair.fixed, pair.moving)[:3, :3]
        if np.allclose(np.abs(linear).sum(axis=0), 1) and not np.allclose(linear, np.eye(3)):
            tried[tuple(np.rint(linear).astype(int).ravel().tolist())] = trial.name
    signed = [
        np.diag(signs)[list(order)]
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    ]
    wanted = {tuple(one.ravel().tolist()) for one in signed} - {tuple(np.eye(3, dtype=int).ravel())}
    assert set(tried) == wanted
    assert len(set(tried.values())) == 47


def test_the_header_of_the_partner():
    """Both arrays were on one grid; moving was written with a header that was made up."""
    here = grid("LAS")
    volumes = {
        "fixed_image": volume(BODY.t1(here), here),
        "moving_image": volume(BODY.t2(here), Grid(here.shape, np.diag((1.0, 1.0, 1.0, 1.0)))),
    }
    check_first(ranked(volumes), "the header of the partner")


def test_a_shift_and_a_turn():
    shifted = changed(pair_of(BODY), "moving", affine=lambda a: moved(a, (0.0, 30.0, 0.0), 6.0))
    found = ranked(shifted)[-1]
    assert found.best is not None
    assert found.best.name.startswith("a shift of ")
    assert "mm anterior" in found.best.name
    assert "turned by 6°" in found.best.name or "turned by 5°" in found.best.name


def test_the_other_form_of_a_header(tmp_path: Any):
    from napari_medload.formats import Source
    from napari_medload.images import read_volume
    from tests.phantoms import write_nifti

    volumes = pair_of(BODY, labels=False)
    moving = volumes["moving_image"]
    affine = moving.grid.affine
    path = write_nifti(
        tmp_path / "a.nii", moving.array[..., 0], moved(affine, (25.0, 0.0, 0.0)), qform=affine
    )
    found = ranked(volumes | {"moving_image": read_volume(Source(path))})
    names = [entry.name for entry in found[-1].entries if entry.explains]
    assert "the qform of moving" in names[:2]


def test_labels_that_have_changed_sides():
    """Each label lies on the grid of the other image, as far as its header says."""
    volumes = pair_of(BODY)
    volumes["fixed_label"], volumes["moving_label"] = (
        volumes["moving_label"],
        volumes["fixed_label"],
    )
    best = ranked(volumes)[0].best
    assert best is not None
    assert best.name == "a swap of the labels of moving and fixed"


def test_labels_of_unregistered_images_that_have_changed_sides():
    """Without a common world only what a label covers tells whose it is."""
    other, here, there = Body(5), grid("RAS"), grid("RAS")
    volumes = {
        "fixed_image": volume(BODY.t1(here), here),
        "moving_image": volume(other.t2(there), there),
        "fixed_label": volume(other.label(there), there),
        "moving_label": volume(BODY.label(here), here),
    }
    found = ranked(volumes)[0]
    assert found.best is not None
    assert found.best.name == "a swap of the labels of moving and fixed"
    assert "labels with their images" in found.sentence


def test_a_neighbour_is_the_partner():
    stranger, right = pair_of(BODY, Body(1)), pair_of(Body(2), BODY)
    found = ranked(stranger, [("case_07", lambda: pair_of(Body(3))), ("case_09", lambda: right)])
    assert found[0].best is None
    check_first(found[-1:], "moving of case_09")


def test_strangers_explain_no_pair_that_is_out_of_place():
    """Any body in the middle of the world fits better than the right one, far away and turned."""
    away = changed(pair_of(BODY), "moving", affine=lambda a: moved(a, (70.0, 60.0, 0.0), 40.0))
    partners = [(str(seed), lambda seed=seed: pair_of(Body(seed))) for seed in (3, 4, 5)]
    last = ranked(away, partners)[-1]
    assert max(e.match.nmi for e in last.entries if e.partner) > last.as_it_is.match.nmi + 0.05
    assert not [entry.name for entry in last.entries if entry.partner and entry.explains]


@pytest.mark.parametrize("error", [OSError("truncated"), MemoryError(), IndexError("odd file")])
def test_a_neighbour_that_cannot_be_read_is_passed_over(error: Exception):
    def broken() -> dict[str, Volume]:
        raise error

    found = ranked(pair_of(BODY), [("case_07", broken)])
    assert found[-1].stage == "fine"
    assert not [entry for entry in found[-1].entries if entry.partner]


def test_a_neighbour_that_vanishes_before_it_is_looked_at_closely_ends_nothing():
    right = iter([pair_of(Body(2), BODY)])  # there once, and gone at the second look

    def gone() -> dict[str, Volume]:
        for volumes in right:
            return volumes
        raise FileNotFoundError("case_09")

    found = ranked(pair_of(BODY, Body(1)), [("case_09", gone)])
    assert found[-1].done == found[-1].total
    assert not [entry for entry in found[-1].entries if entry.partner]


def test_progress_goes_from_the_first_ranking_to_the_last():
    found = ranked(pair_of(BODY), [("b", lambda: pair_of(Body(3)))])
    assert [ranking.stage for ranking in found] == ["coarse", "coarse", "partners", *["fine"] * 5]
    done = [ranking.done for ranking in found]
    assert done == sorted(set(done))
    assert found[-1].done == found[-1].total


def test_it_can_be_ended_at_any_step():
    """However late it is ended, no ranking comes after it, and no neighbour is read."""

    def forbidden() -> dict[str, Volume]:
        raise AssertionError("read after the end")

    for allowed in (0, 1, 20, 40):
        asked = iter(range(allowed))
        found = ranked(
            pair_of(BODY),
            [("b", forbidden)],
            wanted=lambda asked=asked: next(asked, None) is not None,
        )
        assert found == []


def test_nothing_is_changed():
    volumes = pair_of(BODY)
    before = {role: found.array.copy() for role, found in volumes.items()}
    for found in volumes.values():
        found.array.flags.writeable = False
    ranked(volumes)
    for role, array in before.items():
        assert np.array_equal(volumes[role].array, array)


def test_nothing_without_both_images():
    volumes = pair_of(BODY)
    del volumes["fixed_image"]
    assert ranked(volumes) == []


def blobs(seed: int) -> dict[str, Volume]:
    """Noise in which one ball is labelled, off the middle of each image: nothing is shared."""
    rng = np.random.default_rng(seed)
    here = grid("RAS", shape=(48, 48, 48))
    index = np.moveaxis(np.indices(here.shape), 0, -1)
    made = {}
    for side, centre in (("fixed", (16.0, 16.0, 23.0)), ("moving", (31.0, 31.0, 23.0))):
        noise = rng.normal(500, 100, here.shape).astype(np.int16)
        ball = np.linalg.norm(index - np.array(centre), axis=-1) < 12
        made[f"{side}_image"] = volume(noise, here)
        made[f"{side}_label"] = volume(ball.astype(np.uint8), here)
    return made


@pytest.mark.parametrize("seed", range(3))
def test_labels_alike_from_many_sides_single_nothing_out(seed: int):
    """A ball falls onto a ball under many an orientation, and noise on noise says nothing."""
    found = ranked(blobs(seed))
    for ranking in found:
        assert ranking.best is None, ranking.sentence
        assert ranking.sentence.startswith(("several fit alike (", "nothing "))
    assert max(entry.match.dice or 0 for entry in found[0].entries) > 0.9


def test_what_fits_alike_is_named():
    flip = Ranked("a flip", Match(0.3, 1.03, 0.8, 1.0), rivals=("a swap", "a turn", "a shift"))
    told = Ranking("fine", (flip,), Ranked("as it is", Match(0.2, 1.02, 0.5, 1.0)), 1, 1)
    assert told.sentence == "several fit alike (a flip; a swap; a turn; …): nothing is singled out"
    assert "MI bits best" not in told.figures
