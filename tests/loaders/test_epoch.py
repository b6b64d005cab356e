"""Epochs listed before they are trained, against the plan and against the loaders themselves."""

from __future__ import annotations

import logging
import random
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.loaders import (
    Dataset,
    DatasetError,
    H5FileLoader,
    NiftiFileLoader,
    Sample,
    open_dataset,
    plan,
)
from napari_medload.loaders import epoch as epoch_module
from napari_medload.loaders.epoch import EPOCH_LAYOUT, preview_epoch
from napari_medload.loaders.options import LoaderOptions
from tests.loaders.deepreg import folders as loaders
from tests.loaders.deepreg.folders import PAIRED, SHAPE, SINGLE, h5, nifti
from tests.phantoms import write_h5, write_nifti

if TYPE_CHECKING:
    from napari_medload.loaders.epoch import Epoch

UNLABELLED = LoaderOptions(labeled=False)
LOADERS = {"nifti": NiftiFileLoader, "h5": H5FileLoader}


def names(count: int) -> list[str]:
    return [f"case{number:02}" for number in range(count)]


def in_groups(*sizes: int, form: str = "nifti") -> list[str]:
    name = "g{}/{}" if form == "nifti" else "group-g{}-{}"
    return [name.format(group, i) for group, size in enumerate(sizes) for i in range(size)]


def write(folder: Path, roles, found, form: str = "nifti", channels: int = 0) -> Path:
    (nifti if form == "nifti" else h5)(folder, roles, found, channels=channels)
    return folder


def preview(folder: Path, options: LoaderOptions = UNLABELLED, **how):
    return preview_epoch(open_dataset(folder), options, **how)


def drawn(epoch: Epoch) -> list[str]:
    """What a row says is drawn, without its number."""
    return [sample.id.split(" · ", 1)[1] for sample in epoch.dataset]


def sources(epoch: Epoch) -> list[tuple[Source, Source]]:
    return [(row.sources["moving_image"], row.sources["fixed_image"]) for row in epoch.dataset]


# --- rows are what the plan says -------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_d20_rows_of_paired_data(tmp_path, seed):
    ids = names(5)
    epoch = preview(write(tmp_path, PAIRED[:2], ids), replace(UNLABELLED, seed=seed))
    order = plan.paired_order(5, seed)
    assert drawn(epoch) == [ids[i] for i in order]
    assert [row.id for row in epoch.dataset] == [f"{n} · {ids[i]}" for n, i in enumerate(order, 1)]
    for row, i in zip(epoch.dataset, order, strict=True):
        assert set(row.sources) == {"moving_image", "fixed_image"}
        for role, source in row.sources.items():
            assert source == Source(tmp_path / f"{role}s" / f"{ids[i]}.nii.gz")
    assert (epoch.pairs, epoch.expected, epoch.formula) == (5, 5, "N = 5")
    assert not (epoch.skipped or epoch.unused or epoch.refusals or epoch.notes)


def test_d21_rows_of_unpaired_data_are_the_published_pairs(tmp_path):
    ids = names(14)
    epoch = preview(write(tmp_path, SINGLE[:1], ids))
    published = [(1, 10), (9, 5), (11, 2), (3, 7), (8, 4), (0, 12), (6, 13)]
    assert drawn(epoch) == [f"{ids[moving]} → {ids[fixed]}" for moving, fixed in published]
    assert (epoch.pairs, epoch.expected, epoch.formula) == (7, 7, "⌊N/2⌋ = ⌊14/2⌋ = 7")
    assert not epoch.unused


def test_d21_an_odd_image_is_never_drawn_and_named(tmp_path):
    ids = names(5)
    epoch = preview(write(tmp_path, SINGLE[:1], ids))
    assert epoch.pairs == 2
    assert epoch.unused == (ids[plan.paired_order(5, 0)[-1]],)


@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"intra_group_prob": 1.0}, ["g0/0 → g0/3", "g1/1 → g1/2"]),
        ({"intra_group_prob": 0.0}, ["g0/0 → g1/1", "g1/1 → g0/2"]),
        ({"intra_group_prob": 0.5, "seed": 1}, ["g1/1 → g0/0", "g0/1 → g0/3"]),
    ],
)
def test_d22_rows_of_groups_are_the_published_pairs(tmp_path, form, options, expected):
    folder = write(tmp_path, SINGLE[:1], in_groups(4, 3, form=form), form)
    epoch = preview(folder, replace(UNLABELLED, **options))
    assert drawn(epoch) == expected
    assert (epoch.pairs, epoch.expected, epoch.formula) == (2, 2, "one a group = 2")
    ends = [[end.split("/")[0] for end in row.split(" → ")] for row in expected]
    groups = [one if one == other else f"{one} → {other}" for one, other in ends]
    assert [row.group for row in epoch.dataset] == groups


@pytest.mark.parametrize(
    ("probability", "option", "count", "formula"),
    [
        (1.0, "forward", 9, "Σ n(n−1)/2 = 9"),
        (1.0, "backward", 9, "Σ n(n−1)/2 = 9"),
        (1.0, "unconstrained", 18, "Σ n(n−1) = 18"),
        (0.0, "forward", 24, "S(S−1) − Σ n(n−1) = 24, S = 7 images"),
    ],
)
def test_d23_all_pairs(tmp_path, probability, option, count, formula):
    folder = write(tmp_path, SINGLE[:1], in_groups(4, 3))
    options = replace(
        UNLABELLED,
        sample_image_in_group=False,
        intra_group_prob=probability,
        intra_group_option=option,
    )
    epoch = preview(folder, options)
    assert (epoch.pairs, epoch.expected, epoch.formula) == (count, count, formula)
    assert len(set(drawn(epoch))) == count
    if (probability, option) == (1.0, "forward"):
        assert drawn(epoch)[:2] == ["g1/0 → g1/2", "g0/2 → g0/3"]


def test_d26_groups_of_one_image_are_named_as_skipped_and_never_drawn(tmp_path):
    folder = write(tmp_path, SINGLE[:1], in_groups(2, 1, 3))
    epoch = preview(folder)
    assert epoch.skipped == ("g1",)
    assert (epoch.pairs, epoch.expected) == (2, 3)
    assert "g1/0" in epoch.unused and len(epoch.unused) == 6 - 4
    assert not preview(folder, replace(UNLABELLED, intra_group_prob=0.0)).skipped


# --- rows are what the loaders draw ----------------------------------------------------------


def as_drawn(loader) -> list[tuple[Source, Source]]:
    """Pairs of an epoch of a loader."""
    where = loader.loader_moving_image.get_source, loader.loader_fixed_image.get_source
    try:
        return [(where[0](m), where[1](f)) for m, f, _ in loader.sample_index_generator()]
    finally:
        loader.close()


@pytest.mark.parametrize("seed", [0, 1, 12])
@pytest.mark.parametrize("form", ["nifti", "h5"])
def test_d20_paired_rows_are_what_the_loader_draws(tmp_path, form, seed):
    """Numbers without leading zeros: "10" stands before "2" in both."""
    folder = write(tmp_path, PAIRED[:2], [f"n{i}" for i in range(12)], form)
    loader = loaders.paired([str(folder)], seed=seed, files=LOADERS[form])
    assert sources(preview(folder, replace(UNLABELLED, seed=seed))) == as_drawn(loader)


@pytest.mark.parametrize("seed", [0, 1, 12])
@pytest.mark.parametrize("form", ["nifti", "h5"])
def test_d21_unpaired_rows_are_what_the_loader_draws(tmp_path, form, seed):
    folder = write(tmp_path, SINGLE[:1], [f"n{i}" for i in range(13)], form)
    loader = loaders.unpaired([str(folder)], seed=seed, files=LOADERS[form])
    assert sources(preview(folder, replace(UNLABELLED, seed=seed))) == as_drawn(loader)


@pytest.mark.parametrize("seed", [0, 1, 12])
@pytest.mark.parametrize(
    ("probability", "option", "sampled"),
    [
        (1.0, "forward", True),
        (0.5, "backward", True),
        (0.0, "unconstrained", True),
        (1.0, "unconstrained", False),
        (0.0, "forward", False),
    ],
)
@pytest.mark.parametrize("form", ["nifti", "h5"])
def test_d22_grouped_rows_are_what_the_loader_draws(
    tmp_path, form, probability, option, sampled, seed
):
    folder = write(tmp_path, SINGLE[:1], in_groups(2, 4, 1, 3, *[1] * 8, form=form), form)
    options = LoaderOptions(False, "all", probability, option, sampled, seed)
    loader = loaders.GroupedDataLoader(
        LOADERS[form], [str(folder)], False, "all", probability, option, sampled, seed, SHAPE
    )
    assert sources(preview(folder, options)) == as_drawn(loader)


@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize("kind", ["unpaired", "grouped"])
def test_d29_rows_of_several_folders_are_what_the_loader_draws(tmp_path, kind, form):
    """Groups of one name in two folders are two groups; folders are not named in their order."""
    ids = names(4) if kind == "unpaired" else in_groups(2, 3, form=form)
    given = [str(write(tmp_path / name, SINGLE[:1], ids, form)) for name in ("y/b", "z/a")][::-1]
    settings = f"{{train: [{', '.join(given)}]}}"
    (tmp_path / "config.yaml").write_text(
        f"dataset:\n  type: {kind}\n  format: {form}\n  labeled: false\n  seed: 3\n"
        f"  intra_group_prob: 1\n  sample_image_in_group: false\n  dir: {settings}\n"
    )
    dataset = open_dataset(tmp_path / "config.yaml")
    if kind == "unpaired":
        loader = loaders.unpaired(given, seed=3, files=LOADERS[form])
    else:
        how = (False, "all", 1, "forward", False, 3, SHAPE)
        loader = loaders.GroupedDataLoader(LOADERS[form], given, *how)
    assert sources(preview_epoch(dataset, dataset.options)) == as_drawn(loader)


# --- labels ----------------------------------------------------------------------------------


@pytest.fixture
def one_hot(tmp_path):
    """Four images with labels of three channels, two of which have a name."""
    folder = write(tmp_path, SINGLE, names(4), channels=3)
    (folder / "label_names.txt").write_text("1 liver\n2 spleen\n")
    return folder


def test_d17_all_channels_are_rows_with_number_and_name(one_hot):
    epoch = preview(one_hot, LoaderOptions(sample_label="all"))
    assert epoch.pairs == epoch.expected == 2
    assert [row.label_channel for row in epoch.dataset] == [0, 1, 2] * 2
    ends = [" · ".join(row.id.split(" · ")[2:]) for row in epoch.dataset]
    assert ends == ["label 0 liver", "label 1 spleen", "label 2"] * 2
    assert [row.id.split(" · ")[0] for row in epoch.dataset] == list("111222")
    assert len({row.id for row in epoch.dataset}) == 6
    for row in epoch.dataset:
        assert set(row.sources) == {role[:-1] for role in PAIRED}


@pytest.mark.parametrize("policy", ["all", "sample"])
def test_d17_labels_of_one_channel_are_one_row_without_a_channel(tmp_path, policy):
    for channels in (0, 1):
        folder = write(tmp_path / str(channels), PAIRED, names(2), channels=channels)
        epoch = preview(folder, LoaderOptions(sample_label=policy))
        assert [row.label_channel for row in epoch.dataset] == [None, None]
        assert drawn(epoch) == [names(2)[i] for i in plan.paired_order(2, 0)]
        assert [draw.label for draw in epoch.draws] == ["0", "0"]
        loader = loaders.paired([str(folder)], labeled=True, sample_label=policy)
        assert [int(sample["indices"][-1]) for sample in loader] == [0, 0]
        # names are of the values in that channel, of which there may be many
        (folder / "label_names.txt").write_text("1 liver\n2 spleen\n")
        named = preview(folder, LoaderOptions(sample_label=policy))
        assert [draw.label for draw in named.draws] == ["0", "0"]
        assert drawn(named) == drawn(epoch)
        assert {draw.label for draw in preview(folder).draws} == {""}


def test_d18_without_a_seed_of_its_own_no_channel_is_promised(one_hot):
    before = random.getstate()
    epoch = preview(one_hot, LoaderOptions(sample_label="sample"))
    assert random.getstate() == before
    assert len(epoch.dataset) == epoch.pairs == 2
    assert all(row.id.endswith(" · label any of 3") for row in epoch.dataset)
    assert {draw.label for draw in epoch.draws} == {"any of 3"}
    assert all(row.label_channel is None for row in epoch.dataset)
    assert any("label channel without a seed" in note for note in epoch.notes)


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_d18_with_a_seed_of_its_own_channels_are_those_of_the_loader(tmp_path, seed):
    folder = write(tmp_path, SINGLE, names(20), channels=4)
    options = LoaderOptions(sample_label="sample", label_seed=seed)
    epoch, again = preview(folder, options), preview(folder, options)
    assert [row.id for row in epoch.dataset] == [row.id for row in again.dataset]
    loader = loaders.unpaired([str(folder)], True, "sample", label_seed=seed)
    channels = [int(sample["indices"][-1]) for sample in loader]
    assert [row.label_channel for row in epoch.dataset] == channels
    assert not epoch.notes
    unlabelled = preview(folder, replace(options, labeled=False))
    assert sources(epoch) == sources(unlabelled)  # labels consume no draw of the pairs


def test_labels_are_left_out_where_none_are_wanted(one_hot):
    epoch = preview(one_hot, LoaderOptions(labeled=False, sample_label="sample"))
    assert all(set(row.sources) == {"moving_image", "fixed_image"} for row in epoch.dataset)
    assert not epoch.notes


def test_a_label_that_cannot_be_read_keeps_its_row(tmp_path):
    folder = write(tmp_path, PAIRED, names(2), channels=2)
    (folder / "moving_labels" / "case00.nii.gz").write_bytes(b"broken")
    epoch = preview(folder, LoaderOptions())
    assert epoch.refusals == ("1 labels cannot be read (case00.nii.gz). Restore the files.",)
    assert [draw.label for draw in epoch.draws if draw.moving == "case00"] == ["?"]
    assert [row.label_channel for row in epoch.dataset if "case00" in row.id] == [None]
    assert [row.label_channel for row in epoch.dataset if "case01" in row.id] == [0, 1]


# --- what training would refuse --------------------------------------------------------------


@pytest.mark.parametrize("role", ["moving_labels", "fixed_labels"])
def test_d27_missing_labels_are_named_and_leave_no_row(tmp_path, role):
    folder = write(tmp_path, PAIRED, names(3))
    (folder / role / "case01.nii.gz").unlink()
    epoch = preview(folder, LoaderOptions())
    (refusal,) = epoch.refusals
    assert refusal.startswith(f"1 without {role[:-1].replace('_', ' ')} (case01).")
    assert "Set labeled to false" in refusal
    assert sorted(drawn(epoch)) == ["case00", "case02"]
    assert epoch.expected == 2
    with pytest.raises(ValueError, match="case01"):  # indeed
        loaders.paired([str(folder)], labeled=True)
    assert not preview(folder).refusals


def test_d27_a_missing_partner_is_named_and_leaves_no_row(tmp_path):
    folder = write(tmp_path, PAIRED[:2], names(3))
    (folder / "fixed_images" / "case02.nii.gz").unlink()
    epoch = preview(folder)
    (refusal,) = epoch.refusals
    assert refusal.startswith("1 without fixed image (case02). Add what is missing")
    assert sorted(drawn(epoch)) == ["case00", "case01"]


def test_d27_few_of_many_names_are_told(tmp_path):
    folder = write(tmp_path, SINGLE[:1], names(9))
    write(folder, SINGLE[1:], names(2))
    (refusal,) = preview(folder, LoaderOptions()).refusals
    assert refusal.startswith("7 without label (case02, case03, case04, case05, case06 …).")


def test_d21_a_single_image_is_an_epoch_of_nothing_as_in_the_loader(tmp_path):
    folder = write(tmp_path, SINGLE[:1], "a")
    epoch = preview(folder)
    assert not epoch.refusals
    assert epoch.notes == ("a single image is no pair: DeepReg yields nothing",)
    assert len(epoch.dataset) == epoch.pairs == 0 and epoch.unused == ("a",)
    loader = loaders.unpaired([str(folder)])
    assert (loader.num_samples, list(loader)) == (0, [])


def test_d16_different_numbers_of_labels_are_named_and_leave_no_row(tmp_path):
    folder = write(tmp_path, PAIRED, names(3), channels=2)
    array = np.zeros((*SHAPE, 3), np.uint8)
    write_nifti(folder / "moving_labels" / "case01.nii.gz", array)
    epoch = preview(folder, LoaderOptions())
    assert epoch.refusals == (
        "1 with different numbers of labels, moving and fixed (case01: 3 and 2). Write the same "
        "labels into both.",
    )
    assert {draw.moving for draw in epoch.draws} == {"case00", "case02"}
    with pytest.raises(ValueError, match="different numbers of labels"):  # indeed
        list(loaders.paired([str(folder)], labeled=True))
    assert not preview(folder).refusals


def test_d16_labels_of_two_images_of_a_pair_are_compared(tmp_path):
    folder = write(tmp_path, SINGLE, names(4), channels=2)
    write_nifti(folder / "labels" / "case01.nii.gz", np.zeros((*SHAPE, 3), np.uint8))
    (refusal,) = preview(folder, LoaderOptions()).refusals
    assert refusal.startswith("1 with different numbers of labels") and "case01" in refusal


@pytest.mark.parametrize("role", ["images", "labels"])
def test_d06_two_files_of_one_name_are_a_refusal(tmp_path, role):
    folder = write(tmp_path, SINGLE, names(4))
    write_nifti(folder / role / "case01.nii", np.zeros(SHAPE, np.uint8))
    (refusal,) = preview(folder, LoaderOptions()).refusals
    assert refusal.startswith("case01: ") and "two files of one name" in refusal
    assert bool(preview(folder).refusals) is (role == "images")
    for labeled in (True, False):
        if labeled or role == "images":
            with pytest.raises(ValueError, match="have one name"):  # indeed
                loaders.unpaired([str(folder)], labeled=labeled)


@pytest.mark.parametrize("role", ["fixed_images", "fixed_labels"])
def test_d27_names_that_differ_in_case_are_a_refusal(tmp_path, role):
    folder = write(tmp_path, PAIRED, names(3))
    (folder / role / "case01.nii.gz").rename(folder / role / "Case01.nii.gz")
    refusals = preview(folder, LoaderOptions()).refusals
    assert refusals and all("differs from" in said and "Case01" in said for said in refusals)
    assert bool(preview(folder).refusals) is (role == "fixed_images")
    with pytest.raises(ValueError, match="not identical"):  # indeed
        loaders.paired([str(folder)], labeled=True)


def test_d27_every_kind_of_refusal_and_every_missing_role_is_told(tmp_path):
    folder = write(tmp_path, PAIRED, names(5))
    for role in ("fixed_images", "moving_labels", "fixed_labels"):
        (folder / role / "case02.nii.gz").unlink()
    (folder / "moving_labels" / "case03.nii.gz").unlink()
    write_nifti(folder / "fixed_images" / "case04.nii", np.zeros(SHAPE, np.uint8))
    refusals = preview(folder, LoaderOptions()).refusals
    beginnings = [refusal.split(".")[0] for refusal in refusals]
    assert beginnings[:3] == [
        "1 without fixed image (case02)",
        "2 without moving label (case02, case03)",
        "1 without fixed label (case02)",
    ]
    assert "case04: fixed image: two files of one name" in refusals[3]


def test_d27_a_label_without_an_image_stops_labelled_training_only(tmp_path):
    folder = write(tmp_path, SINGLE, names(4))
    write(folder, SINGLE[1:], ["extra"])
    (refusal,) = preview(folder, LoaderOptions()).refusals
    assert refusal.startswith("1 without image (extra). Add what is missing, or take away")
    epoch, loader = preview(folder), loaders.unpaired([str(folder)])
    assert not epoch.refusals and not epoch.notes
    assert sources(epoch) == as_drawn(loader)


def test_d04_files_that_deepreg_never_lists_are_left_out_of_the_shuffle(tmp_path):
    folder = write(tmp_path, SINGLE[:1], names(6))
    first = (folder / "images" / "case00.nii.gz").read_bytes()
    (folder / "images" / "A.NII.GZ").write_bytes(first)
    write_nifti(folder / "images" / "case02b.hdr", np.zeros(SHAPE, np.uint8))
    dataset = open_dataset(folder)
    assert len(dataset) == 8
    for seed in (0, 1, 2):
        epoch = preview(folder, replace(UNLABELLED, seed=seed))
        assert sources(epoch) == as_drawn(loaders.unpaired([str(folder)], seed=seed))
    assert not epoch.refusals and epoch.formula.endswith("⌊6/2⌋ = 3")
    assert "2 left out, which DeepReg does not load (A.NII.GZ, case02b.hdr)" in epoch.notes[0]


def test_d03_a_partner_that_deepreg_never_lists_is_a_refusal(tmp_path):
    folder = write(tmp_path, PAIRED[:2], names(3))
    path = folder / "fixed_images" / "case01.nii.gz"
    path.rename(path.with_name("case01.NII.GZ"))
    epoch = preview(folder)
    assert epoch.refusals[0].startswith("1 without fixed image (case01).")
    assert "case01.NII.GZ" in epoch.notes[0]
    with pytest.raises(ValueError, match="not identical"):  # indeed
        loaders.paired([str(folder)])


def test_d07_two_formats_are_a_refusal(tmp_path):
    write(tmp_path, PAIRED[:1], names(3))
    write(tmp_path, PAIRED[1:2], names(3), "h5")
    assert "two formats" in preview(tmp_path).refusals[0]
    (tmp_path / "x").mkdir()
    h5(tmp_path / "x", SINGLE[:1], names(3))
    (tmp_path / "x" / "images.h5").rename(tmp_path / "x" / "images.hdf5")
    epoch = preview(tmp_path / "x")
    assert "no images that DeepReg loads" in epoch.refusals[0] and not len(epoch.dataset)


def test_d07_what_is_no_image_in_an_h5_file_is_a_refusal(tmp_path):
    write_h5(tmp_path / "images.h5", a=np.ones(SHAPE), b=np.ones(SHAPE), **{"g/c": np.ones(SHAPE)})
    refusals = preview(tmp_path).refusals
    assert len(refusals) == 1 and refusals[0].startswith("g: image")
    loader = loaders.unpaired([str(tmp_path)], files=H5FileLoader)
    assert loader.num_images == 3  # the group too
    with pytest.raises((OSError, ValueError)):  # at which it stops
        [loader.loader_moving_image.get_data(i) for i in range(3)]
    loader.close()


# --- many pairs -----------------------------------------------------------------------------


def many(groups: int, each: int) -> Dataset:
    samples = tuple(
        Sample(f"{g}/{i}", {"image": Source(f"/x/images/{g}/{i}.nii.gz")}, str(g))
        for g in range(groups)
        for i in range(each)
    )
    return Dataset(Path("/x"), "grouped", samples, "none")


BETWEEN = replace(UNLABELLED, intra_group_prob=0.0, sample_image_in_group=False)


def test_d23_only_the_rows_that_are_shown_are_made(monkeypatch):
    monkeypatch.setattr(epoch_module, "ROWS_AT_MOST", 50)
    dataset = many(40, 25)
    tracemalloc.start()
    epoch = preview_epoch(dataset, BETWEEN)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert epoch.pairs == epoch.expected == 975_000
    assert len(epoch.dataset) == 50 and epoch.notes == ("the first 50 rows",)
    assert peak < 975_000 * 12  # four bytes a pair, not a tuple
    order = list(range(975_000))
    random.Random(0).shuffle(order)
    pairs = plan.PairsBetween([25] * 40)
    expected = [pairs[k] for k in order[:50]]
    assert [(d.moving, d.fixed) for d in epoch.draws] == [
        (f"{a}/{i}", f"{b}/{j}") for a, i, b, j in expected
    ]


def test_d23_planning_is_given_up_where_nobody_waits():
    asked = []
    epoch = preview_epoch(many(40, 25), BETWEEN, wanted=lambda: asked.append(1))
    assert len(asked) <= 2
    assert len(epoch.dataset) == 0


def test_d23_more_pairs_than_can_be_shuffled_are_refused_with_their_number():
    with pytest.raises(DatasetError, match=r"= 15,600,000.*10,000,000 at most.*sample_image_in"):
        preview_epoch(many(40, 100), BETWEEN)
    sampled = replace(BETWEEN, sample_image_in_group=True)
    assert preview_epoch(many(40, 100), sampled).pairs == 40


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_d26_never_drawn_and_skipped_of_all_pairs(tmp_path, probability):
    folder = write(tmp_path, SINGLE[:1], in_groups(2, 1, 3))
    options = replace(UNLABELLED, intra_group_prob=probability, sample_image_in_group=False)
    epoch = preview(folder, options)
    ends = {end for draw in epoch.draws for end in (draw.moving, draw.fixed)}
    assert set(epoch.unused) == set(in_groups(2, 1, 3)) - ends
    assert epoch.skipped == (("g1",) if probability else ())


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((3,), {"intra_group_prob": 0.0}, "at least two groups"),
        ((3, 2), {"intra_group_prob": 0.5, "sample_image_in_group": False}, "Mixing"),
        ((3, 2), {"intra_group_prob": 1.5}, "intra_group_prob is 1.5"),
        ((3, 2), {"intra_group_option": "sideways"}, "sideways"),
    ],
)
def test_d24_options_that_cannot_be_planned_name_the_dataset(tmp_path, sizes, options, message):
    folder = write(tmp_path / "mine", SINGLE[:1], in_groups(*sizes))
    with pytest.raises(DatasetError, match=f"mine: .*{message}"):
        preview(folder, replace(UNLABELLED, **options))


def test_another_layout_is_refused_with_those_that_can_be_planned(tmp_path):
    write_nifti(tmp_path / "a.nii", np.zeros(SHAPE, np.uint8))
    (tmp_path / "mine.csv").write_text("id,image\none,a.nii\n")
    with pytest.raises(DatasetError, match=r"mine: read as list; .*paired, unpaired, grouped"):
        preview(tmp_path / "mine.csv")


# --- splits, seeds, and what the epoch is ----------------------------------------------------


def test_d29_the_first_split_is_drawn_where_none_is_named(tmp_path):
    for split, count in (("test", 2), ("train", 4)):
        write(tmp_path / split, PAIRED[:2], names(count))
    dataset = open_dataset(tmp_path)
    assert dataset.splits == ("train", "test")
    for split, count in ((None, 4), ("train", 4), ("test", 2)):
        epoch = preview_epoch(dataset, UNLABELLED, split)
        assert {row.split for row in epoch.dataset} == {split or "train"}
        assert drawn(epoch) == [names(count)[i] for i in plan.paired_order(count, 0)]
        assert epoch.formula == f"N = {count}"
    with pytest.raises(DatasetError, match="valid"):
        preview_epoch(dataset, UNLABELLED, "valid")


def test_d20_without_a_seed_it_is_said_that_another_epoch_differs(tmp_path):
    folder = write(tmp_path, PAIRED[:2], names(30))
    epochs = [preview(folder, replace(UNLABELLED, seed=None)) for _ in range(2)]
    assert drawn(epochs[0]) != drawn(epochs[1])
    assert sorted(drawn(epochs[0])) == sorted(drawn(epochs[1])) == names(30)
    assert "each epoch is another" in epochs[0].notes[0]


def test_an_epoch_is_a_dataset_to_browse(tmp_path):
    folder = write(tmp_path / "mine", PAIRED, names(12))
    (folder / "label_names.txt").write_text("1 liver\n")
    dataset = open_dataset(folder)
    epoch = preview_epoch(dataset, LoaderOptions()).dataset
    assert (epoch.layout, epoch.name) == (EPOCH_LAYOUT, "epoch of mine")
    assert epoch.alignment == dataset.alignment and epoch.root == dataset.root
    assert not epoch.findable  # its folder leads to the samples, not to the epoch
    first = epoch[0]
    assert first.id.startswith("01 · ")  # as wide as the last number, so that ids sort in order
    assert [row.id for row in epoch] == sorted(row.id for row in epoch)
    assert epoch.label_table(first.sources["fixed_label"])[1].name == "liver"
    voxels = read_volume(first.sources["fixed_image"]).array[..., 0]
    np.testing.assert_array_equal(first.fixed_image.data[0], voxels)


def test_listing_ends_where_nobody_wants_it_any_more(tmp_path):
    dataset = open_dataset(write(tmp_path, PAIRED[:2], names(6)))
    answers = iter((True, True, False, False, False, False))
    assert len(preview_epoch(dataset, UNLABELLED, wanted=lambda: next(answers)).dataset) == 2


@pytest.mark.parametrize("form", ["deepreg_nifti", "deepreg_h5"])
@pytest.mark.parametrize("kind", ["paired", "unpaired", "grouped"])
def test_d20_rows_of_real_data_are_what_the_loaders_draw(shared_data, form, kind, caplog):
    caplog.set_level(logging.ERROR)
    folder = shared_data / form / kind / "train"
    files = H5FileLoader if form == "deepreg_h5" else NiftiFileLoader
    if kind == "grouped":
        how = (True, "all", 0.5, "unconstrained", True, 2, SHAPE)
        loader = loaders.GroupedDataLoader(files, [str(folder)], *how)
    else:
        loader = getattr(loaders, kind)([str(folder)], True, seed=2, files=files)
    options = LoaderOptions(True, "all", 0.5, "unconstrained", True, 2)
    epoch = preview(folder, options)
    numbers = [row.id.split(" · ")[0] for row in epoch.dataset]
    by_pair = dict(zip(numbers, sources(epoch), strict=True))  # a pair has a row for each channel
    assert list(by_pair.values()) == as_drawn(loader)
    assert not epoch.refusals
