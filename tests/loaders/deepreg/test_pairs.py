import logging
import random
from itertools import islice

import nibabel as nib
import numpy as np
import pytest

from napari_medload.loaders import H5FileLoader, normalize_array
from tests.loaders.deepreg.folders import (
    PAIRED,
    SHAPE,
    SINGLE,
    grouped,
    h5,
    nifti,
    paired,
    unpaired,
    voxels,
)


def order(loader):
    return [tuple(indices) for _, _, indices in loader.sample_index_generator()]


def numbers(count):
    return [f"{number:02}" for number in range(count)]


def in_groups(*sizes):
    return [f"g{group}/{image}" for group, size in enumerate(sizes) for image in range(size)]


@pytest.fixture
def hollow(tmp_path):
    """Folder of images by name that nobody reads."""

    def make(*names, role="images", root="data"):
        for name in names:
            path = tmp_path / root / role / f"{name}.nii.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return str(tmp_path / root)

    return make


# --- what is drawn from labels ---------------------------------------------------------------


def test_d17_all_label_channels(tmp_path):
    folder = nifti(tmp_path, PAIRED, "ab", channels=3)
    samples = list(paired([folder], labeled=True))
    first, second = paired([folder]).sample_index_generator()
    expected = [[pair[0], channel] for pair in (first, second) for channel in range(3)]
    assert [sample["indices"].tolist() for sample in samples] == expected
    for sample in samples:
        index, channel = sample["indices"].astype(int)
        assert sample["indices"].dtype == np.float32
        assert set(sample) == {*(role[:-1] for role in PAIRED), "indices"}
        for role in PAIRED:
            stored = voxels(role, "ab"[index], 3).astype(np.float32)
            wanted = stored[..., channel] if "label" in role else normalize_array(stored)
            np.testing.assert_array_equal(sample[role[:-1]], wanted)
            assert sample[role[:-1]].dtype == np.float32


def test_d17_a_single_channel(tmp_path):
    for channels in (0, 1):
        folder = nifti(tmp_path / str(channels), PAIRED, "a", channels=channels)
        (sample,) = paired([folder], labeled=True)
        assert sample["indices"].tolist() == [0, 0]
        assert sample["moving_label"].shape == SHAPE


@pytest.fixture
def eight(tmp_path):
    return nifti(tmp_path, SINGLE, numbers(8), channels=4)


def drawn(loader):
    return [sample["indices"].astype(int).tolist() for sample in loader]


def test_d18_one_channel_from_the_global_generator(eight):
    random.seed(5)
    found = drawn(unpaired([eight], labeled=True, sample_label="sample"))
    random.seed(5)
    expected = [random.randrange(4) for _ in range(4)]
    assert [indices[-1] for indices in found] == expected


def test_d18_a_seed_of_its_own_leaves_the_pairs_and_the_global_generator_alone(eight):
    before = random.getstate()
    loader = unpaired([eight], labeled=True, sample_label="sample", label_seed=7)
    first, again = drawn(loader), drawn(loader)
    assert random.getstate() == before
    assert first == again
    own = random.Random(7)
    assert [indices[-1] for indices in first] == [own.randrange(4) for _ in range(4)]
    assert [tuple(indices[:2]) for indices in first] == order(unpaired([eight]))
    for sample in loader:
        moving, _, channel = sample["indices"].astype(int)
        label = voxels("labels", f"{moving:02}", 4)[..., channel]
        np.testing.assert_array_equal(sample["moving_label"], label)


def test_d18_draws_do_not_depend_on_the_number_of_threads(eight):
    found = [
        drawn(unpaired([eight], True, "sample", label_seed=1, workers=workers))
        for workers in (0, 1, 5, None)
    ]
    assert all(samples == found[0] for samples in found)


def test_d18_several_channels_need_a_policy(eight):
    with pytest.raises(ValueError, match="Unknown label sampling policy None"):
        list(unpaired([eight], labeled=True, sample_label=None))


@pytest.mark.parametrize("labeled", [False, None])
def test_d19_unlabeled_pairs_have_the_channel_minus_1(tmp_path, labeled):
    folder = nifti(tmp_path, PAIRED[:2], "ab")
    samples = list(paired([folder], labeled=labeled))
    assert [sample["indices"].tolist() for sample in samples] == [[0, -1], [1, -1]]
    assert set(samples[0]) == {"moving_image", "fixed_image", "indices"}


# --- order -----------------------------------------------------------------------------------


def two_roles(hollow, count):
    for role in PAIRED[:2]:
        folder = hollow(*numbers(count), role=role)
    return [folder]


@pytest.mark.parametrize(("seed", "expected"), [(0, [2, 1, 0, 4, 3]), (1, [2, 3, 4, 0, 1])])
def test_d20_paired_order(hollow, seed, expected):
    loader = paired(two_roles(hollow, 5), seed=seed)
    assert list(loader.sample_index_generator()) == [(n, n, [n]) for n in expected]
    assert order(loader) == [(n,) for n in expected]  # each epoch anew
    assert len(loader) == loader.num_samples == loader.num_images == 5
    assert loader.num_indices == 2


def test_d20_25_pairs(hollow):
    found = order(paired(two_roles(hollow, 25)))
    assert found[:6] == [(14,), (0,), (23,), (18,), (6,), (5,)]
    assert sorted(found) == [(n,) for n in range(25)]


def test_d20_without_a_seed_epochs_differ(hollow):
    loader = paired(two_roles(hollow, 25), seed=None)
    assert order(loader) != order(loader)


def test_d20_real_pairs(shared_data):
    folder = str(shared_data / "deepreg_nifti/paired/train")
    loader = paired([folder], seed=1)
    for sample in islice(loader, 2):
        index = int(sample["indices"][0])
        name = loader.loader_moving_image.get_data_ids()[index][-1]
        for role in PAIRED[:2]:
            stored = nib.load(f"{folder}/{role}/{name}.nii.gz").get_fdata(dtype=np.float32)
            np.testing.assert_array_equal(sample[role[:-1]], normalize_array(stored))


def test_d21_unpaired_order(hollow):
    loader = unpaired([hollow(*numbers(14))])
    expected = [(1, 10), (9, 5), (11, 2), (3, 7), (8, 4), (0, 12), (6, 13)]
    assert order(loader) == order(loader) == expected
    moving, fixed, indices = next(iter(loader.sample_index_generator()))
    assert (moving, fixed, indices) == (1, 10, [1, 10])
    assert len(loader) == loader._num_samples == 7
    assert loader.num_images == 14
    assert loader.num_indices == 3


def test_d21_an_odd_image_is_left_over(hollow):
    loader = unpaired([hollow(*numbers(5))])
    assert len(loader) == len(order(loader)) == 2


def test_d21_a_pair_is_what_its_indices_say(tmp_path):
    names = numbers(4)
    folder = nifti(tmp_path, SINGLE, names)
    for sample in unpaired([folder], labeled=True):
        moving, fixed, channel = sample["indices"].astype(int)
        assert channel == 0
        for side, index in (("moving", moving), ("fixed", fixed)):
            stored = nib.load(tmp_path / "images" / f"{names[index]}.nii.gz").get_fdata()
            expected = (stored - stored.min()) / (stored.max() - stored.min())
            np.testing.assert_allclose(sample[f"{side}_image"], expected, atol=1e-6)
            label = nib.load(tmp_path / "labels" / f"{names[index]}.nii.gz").get_fdata()
            np.testing.assert_array_equal(sample[f"{side}_label"], label)


@pytest.mark.parametrize(
    ("prob", "seed", "expected"),
    [
        (1, 0, [(0, 0, 0, 3), (1, 1, 1, 2)]),
        (0, 0, [(0, 0, 1, 1), (1, 1, 0, 2)]),
        (0.5, 1, [(1, 1, 0, 0), (0, 1, 0, 3)]),
    ],
)
def test_d22_grouped_sampled(hollow, prob, seed, expected):
    loader = grouped([hollow(*in_groups(4, 3))], prob=prob, seed=seed)
    assert order(loader) == order(loader) == expected
    assert list(loader.sample_index_generator()) == [
        (pair[:2], pair[2:], list(pair)) for pair in expected
    ]
    assert loader.sample_indices is None
    assert len(loader) == loader._num_samples == loader.num_groups == 2
    assert loader.num_images_per_group == [4, 3]
    assert loader.num_indices == 5


@pytest.mark.parametrize(
    ("option", "prob", "count"),
    [("forward", 1, 9), ("backward", 1, 9), ("unconstrained", 1, 18), ("forward", 0, 24)],
)
def test_d23_grouped_exhaustive(hollow, option, prob, count):
    loader = grouped([hollow(*in_groups(4, 3))], prob, option, sampled=False)
    found = order(loader)
    assert len(loader) == len(found) == len(set(found)) == count
    assert sorted(found) == sorted(loader.sample_indices)
    if prob == 0:
        assert all(pair[0] != pair[2] for pair in found)
        assert sorted(loader.get_inter_sample_indices()) == sorted(found)
    else:
        assert all(pair[0] == pair[2] for pair in found)
        later = {"forward": 3, "backward": 1}.get(option)
        assert later is None or all(pair[later] > pair[4 - later] for pair in found)
        assert sorted(loader.get_intra_sample_indices()) == sorted(found)


def test_d23_the_exhaustive_order(hollow):
    loader = grouped([hollow(*in_groups(4, 3))], sampled=False)
    assert order(loader)[:2] == [(1, 0, 1, 2), (0, 2, 0, 3)]
    folder = [hollow(*in_groups(2, 4, 3), root="three")]
    assert len(grouped(folder, sampled=False)) == 10
    assert len(grouped(folder, prob=0, sampled=False)) == 52


def test_d23_pairs_of_real_groups(shared_data):
    folder = str(shared_data / "deepreg_nifti/grouped/train")
    loader = grouped([folder], labeled=True, prob=0)
    first = next(iter(loader))
    moving, one, fixed, other, channel = first["indices"].astype(int)
    assert channel == 0
    stored = loader.loader_fixed_image.get_data((fixed, other))
    np.testing.assert_array_equal(first["fixed_image"], normalize_array(stored))
    labels = loader.loader_moving_label.get_data((moving, one))
    np.testing.assert_array_equal(
        first["moving_label"], labels.reshape(*labels.shape[:3], -1)[..., 0]
    )


def test_d24_all_pairs_are_not_mixed(hollow):
    with pytest.raises(ValueError, match="Mixing intra and inter groups is not supported"):
        grouped([hollow(*in_groups(2, 2))], prob=0.5, sampled=False)


@pytest.mark.parametrize("prob", [-0.1, 1.1, 2])
def test_d24_no_probability(hollow, prob):
    with pytest.raises(ValueError, match="intra_group_prob"):
        grouped([hollow(*in_groups(2, 2))], prob=prob)


def test_d24_an_unknown_option_is_an_error_where_it_is_used(hollow):
    folder = [hollow(*in_groups(2, 2))]
    with pytest.raises(ValueError, match="Unknown intra_group_option"):
        grouped(folder, option="wrong", sampled=False)
    loader = grouped(folder, option="wrong")
    with pytest.raises(ValueError, match="Unknown intra_group_option"):
        next(loader.sample_index_generator())
    assert len(order(grouped(folder, prob=0, option="wrong"))) == 2


@pytest.mark.parametrize("sampled", [True, False])
def test_d25_pairs_between_groups_need_two(hollow, sampled):
    folder = [hollow(*in_groups(3))]
    with pytest.raises(ValueError, match="we need at least two groups"):
        grouped(folder, prob=0, sampled=sampled)
    assert len(order(grouped(folder, sampled=sampled))) == (1 if sampled else 3)


def test_d26_a_group_of_one_image_is_skipped_with_a_warning(hollow, caplog):
    folder = hollow(*in_groups(2, 1, 3))
    with caplog.at_level(logging.WARNING):
        loader = grouped([folder])
    assert folder in caplog.text
    assert "1 of 3 groups have a single image (g1)" in caplog.text
    assert len(caplog.records) == 1
    assert len(loader) == 3
    assert {pair[0] for pair in order(loader)} == {0, 2}
    order(loader)
    assert len(caplog.records) == 1  # and not once more an epoch
    caplog.clear()
    assert len(order(grouped([folder], prob=0))) == 3
    assert not caplog.text


def test_d26_groups_of_one_image_are_named_by_their_folders(hollow, tmp_path, caplog):
    folders = [hollow("a/x", "a/y"), hollow("a/x", "b/c/x", "z", root="more")]
    with caplog.at_level(logging.WARNING):
        grouped(folders)
    for group in ("more/a", "more/b/c", "more/images"):  # the last for what lies in no folder
        assert str(tmp_path / group) in caplog.text
    assert str(tmp_path / "data" / "a") + "," not in caplog.text
    caplog.clear()
    h5(tmp_path, ["images"], ["group-first-1", "group-2-1", "group-2-2"])
    with caplog.at_level(logging.WARNING):
        grouped([str(tmp_path)], files=H5FileLoader).close()
    assert "a single image (first)" in caplog.text


# --- names that do not match -----------------------------------------------------------------


def test_d27_an_id_mismatch_names_roles_folders_and_files(hollow):
    hollow("a", "b", "c", role="moving_images")
    folder = hollow("a", "c", "d", role="fixed_images")
    with pytest.raises(ValueError) as raised:
        paired([folder])
    told = str(raised.value)
    assert "moving images and fixed images in paired loader are not identical" in told
    for text in ("moving_images", "fixed_images"):
        assert f"{folder}/{text}" in told
    assert f"1 only in moving images ({folder}/b)" in told
    assert f"1 only in fixed images ({folder}/d)" in told


def test_d27_few_of_many_names_are_told(hollow):
    hollow("x", role="moving_images")
    folder = hollow("x", *numbers(50), role="fixed_images")
    with pytest.raises(ValueError, match="and 45 more") as raised:
        paired([folder])
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    ("make", "write", "options", "names"),
    [
        (unpaired, nifti, {}, ["a", "b"]),
        (unpaired, h5, {"files": H5FileLoader}, ["a", "b"]),
        (grouped, nifti, {}, ["g/a", "g/b"]),
    ],
)
def test_d27_data_labeled_in_part_are_an_error_with_a_remedy(tmp_path, make, write, options, names):
    write(tmp_path, ["images"], names)
    folder = write(tmp_path, ["labels"], names[:1])
    with pytest.raises(ValueError, match="labeled in part") as raised:
        make([folder], labeled=True, **options)
    assert "1 only in images" in str(raised.value)
    make([folder], **options).close()


def test_d27_labels_of_one_side_only(hollow):
    for role in (*PAIRED[:3], "fixed_labels"):
        folder = hollow("a", *(["b"] if role != "fixed_labels" else []), role=role)
    with pytest.raises(ValueError, match="moving images and fixed labels"):
        paired([folder], labeled=True)


def test_d27_the_check_can_be_made_again(tmp_path):
    loader = paired([nifti(tmp_path, PAIRED, "a")], labeled=True)
    assert loader.validate_data_files() is None
    loader.loader_moving_label.data_path_splits = [("x", "y", "nii")]
    with pytest.raises(ValueError, match="moving labels"):
        loader.validate_data_files()
