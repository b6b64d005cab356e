from dataclasses import replace

import numpy as np
import pytest
import yaml

from napari_medload.loaders import (
    DatasetError,
    GroupedDataLoader,
    H5FileLoader,
    NiftiFileLoader,
    PairedDataLoader,
    UnpairedDataLoader,
    get_data_loader,
    open_dataset,
)
from napari_medload.loaders.backends import backend_for, backend_named
from napari_medload.loaders.deepreg import DeepRegConfig, config_file
from napari_medload.loaders.epoch import preview_epoch
from napari_medload.loaders.options import LoaderOptions
from tests.loaders import test_contract as contract
from tests.loaders.deepreg.folders import PAIRED, SINGLE, h5, nifti, voxels

KINDS = {"paired": PairedDataLoader, "unpaired": UnpairedDataLoader, "grouped": GroupedDataLoader}
FILES = {"nifti": NiftiFileLoader, "h5": H5FileLoader}
SHAPES = {
    "paired": {"moving_image_shape": [4, 5, 6], "fixed_image_shape": [3, 3, 3]},
    "unpaired": {"image_shape": [3, 4, 5]},
    "grouped": {
        "image_shape": [3, 4, 5],
        "intra_group_prob": 0.5,
        "intra_group_option": "backward",
        "sample_image_in_group": True,
    },
}


def write(root, kind, form):
    """A folder of data of one type and format."""
    roles = PAIRED if kind == "paired" else SINGLE
    names = ["a", "b"]
    if kind == "grouped":
        parts = [("g1", "a"), ("g1", "b"), ("g2", "a")]
        names = ["/".join(p) if form == "nifti" else f"group-{p[0]}-{p[1]}" for p in parts]
    return (nifti if form == "nifti" else h5)(root, roles, names)


def old(kind, form, **folders):
    """Section of DeepReg 0.1.2."""
    return {"dir": folders, "format": form, "type": kind, "labeled": True, **SHAPES[kind]}


def new(kind, form, **folders):
    """Section of DeepReg 1.0."""
    sets = {
        split: {"dir": folder, "format": form, "labeled": True} for split, folder in folders.items()
    }
    return {**sets, "type": kind, **SHAPES[kind]}


both_layouts = pytest.mark.parametrize("layout", [old, new])


@both_layouts
@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize("kind", ["paired", "unpaired", "grouped"])
def test_d29_type_format_and_defaults(tmp_path, layout, kind, form):
    folder = write(tmp_path, kind, form)
    section = layout(kind, form, train=folder, valid=[folder], test=folder)
    for split, expected in (
        ("train", (None, "sample")),
        ("valid", (0, "all")),
        ("test", (0, "all")),
    ):
        loader = get_data_loader(data_config=section, split=split)
        assert type(loader) is KINDS[kind]
        assert type(loader.loader_moving_image) is FILES[form]
        assert (loader.seed, loader.sample_label) == expected
        assert loader.labeled is True
        assert loader.moving_image_shape == tuple(SHAPES[kind].get("image_shape", (4, 5, 6)))
        assert len(list(loader)) > 0
        loader.close()
    if kind == "grouped":
        assert (loader.intra_group_prob, loader.intra_group_option) == (0.5, "backward")
        assert loader.sample_image_in_group is True


def test_d29_the_whole_configuration_and_seeds_of_its_own(tmp_path):
    section = old("unpaired", "nifti", train=write(tmp_path, "unpaired", "nifti"))
    section |= {"seed": 5, "sample_label": "all", "label_seed": 8}
    loader = get_data_loader({"dataset": section, "train": {"method": "ddf"}}, "train")
    assert (loader.seed, loader.sample_label, loader.label_seed) == (5, "all", 8)


@both_layouts
@pytest.mark.parametrize("folder", ["", None, []])
def test_d29_a_split_without_a_folder_has_no_loader(layout, folder):
    assert get_data_loader(layout("paired", "nifti", train=folder), "train") is None
    assert get_data_loader(layout("paired", "nifti", train="x"), "valid") is None
    assert get_data_loader({"type": "paired", "dir": {"train": "x"}}, "test") is None


def test_d29_home_and_several_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "one", "unpaired", "nifti")
    write(tmp_path / "two", "unpaired", "nifti")
    loader = get_data_loader(new("unpaired", "nifti", test=["~/one", "~/two"]), "test")
    assert loader.num_images == 4


@both_layouts
def test_d29_a_missing_folder(tmp_path, layout):
    (tmp_path / "file").touch()
    for name in ("file", "missing"):
        section = layout("paired", "nifti", train=str(tmp_path / name))
        with pytest.raises(ValueError, match="is not a directory or does not exist") as raised:
            get_data_loader(section, split="train")
        assert str(tmp_path / name) in str(raised.value)


def test_d29_what_is_wrong_is_told(tmp_path):
    folder = write(tmp_path, "grouped", "nifti")
    section = old("grouped", "nifti", train=folder)
    with pytest.raises(ValueError) as raised:
        get_data_loader(section, split="example")
    assert "split must be one of ['train', 'valid', 'test']" in str(raised.value)
    for change, expected in (
        ({"type": "triple"}, "type is 'triple'; expected one of paired, unpaired, grouped"),
        ({"format": "dicom"}, "format is 'dicom'; expected one of nifti, h5"),
        ({"dir": {"train": 5}}, "dir of train is 5"),
    ):
        with pytest.raises(ValueError, match=expected):
            get_data_loader({**section, **change}, "train")
    del section["intra_group_prob"]
    with pytest.raises(ValueError, match="lacks intra_group_prob, which grouped data need"):
        get_data_loader(section, "train")


# --- configurations in the browser -----------------------------------------------------------


def save(path, section, **further):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"dataset": section, **further}))
    return path


@both_layouts
@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize("kind", ["paired", "unpaired", "grouped"])
def test_d29_a_configuration_is_opened(tmp_path, layout, kind, form):
    folder = write(tmp_path / "data", kind, form)
    path = save(tmp_path / "c.yaml", layout(kind, form, train=folder, valid="", test=folder))
    assert isinstance(backend_for(path), DeepRegConfig)
    dataset = open_dataset(path)
    assert dataset.layout == kind
    names = ["g1/a", "g1/b", "g2/a"] if kind == "grouped" else ["a", "b"]
    assert [s.id for s in dataset] == [f"{split}/{n}" for split in ("train", "test") for n in names]
    assert dataset.splits == ("train", "test")
    roles = PAIRED if kind == "paired" else SINGLE
    for sample in dataset:
        assert set(sample.roles) == {role[:-1] for role in roles}
        assert sample.problems == ()
        assert sample.group == (sample.id.split("/")[1] if kind == "grouped" else "")
    assert dataset == open_dataset(path, layout="deepreg-config")


def config_of(form):
    def build(root):
        write(root / "data", "paired", form)
        return {"path": save(root / "c.yaml", old("paired", form, train="data", test=None))}

    ids, roles = ("train/a", "train/b"), contract.PAIR_ROLES
    return contract.Backend(f"config-{form}", build, ids, roles, "paired")


@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize(
    "promise",
    [
        contract.test_samples_have_unique_ids_roles_and_no_problems,
        contract.test_every_usual_role_is_an_image_or_none,
        contract.test_opening_reads_no_voxel,
        contract.test_nothing_is_written_into_the_dataset,
        contract.test_a_file_that_vanishes_is_an_error_that_names_it,
        contract.test_samples_are_the_same_each_time,
        contract.test_hidden_files_are_passed_over,
    ],
    ids=lambda promise: promise.__name__,
)
def test_d29_it_keeps_the_promises_of_a_backend(tmp_path, promise, form):
    if promise is contract.test_opening_reads_no_voxel and form == "h5":
        return  # that test truncates NIfTI files
    promise(tmp_path, config_of(form))


def test_d29_options_are_those_of_the_split(tmp_path):
    folder = write(tmp_path, "grouped", "nifti")
    section = old("grouped", "nifti", train=folder, test=folder) | {"label_seed": 3}
    path = save(tmp_path / "c.yml", section)
    common = {
        "intra_group_prob": 0.5,
        "intra_group_option": "backward",
        "label_seed": 3,
        "directories": (folder,),
    }
    expected = LoaderOptions(seed=None, sample_label="sample", **common)
    assert open_dataset(path).options == open_dataset(path, split="train").options == expected
    test = LoaderOptions(seed=0, sample_label="all", **common)
    assert open_dataset(path, split="test").options == test
    save(path, {**section, "seed": 9, "sample_image_in_group": False})
    assert open_dataset(path).options.seed == 9
    assert open_dataset(path).options.sample_image_in_group is False


def test_d29_labels_of_unlabeled_sets_are_there_and_not_drawn(tmp_path):
    folder = write(tmp_path, "paired", "nifti")
    (tmp_path / "moving_labels" / "b.nii.gz").unlink()
    section = new("paired", "nifti", train=folder)
    section["train"]["labeled"] = False
    dataset = open_dataset(save(tmp_path / "c.yaml", section))
    assert set(dataset[0].roles) == {role[:-1] for role in PAIRED}
    assert dataset.options.labeled is False
    epoch = preview_epoch(dataset, dataset.options)
    assert len(epoch.dataset) == 2 and not epoch.refusals
    assert all(set(row.roles) == {"moving_image", "fixed_image"} for row in epoch.dataset)
    (refusal,) = preview_epoch(dataset, replace(dataset.options, labeled=True)).refusals
    assert refusal.startswith("1 without moving label (b).")


def test_d29_folders_are_in_the_order_of_the_loader_and_named_where_there_are_several(tmp_path):
    folders = [write(tmp_path / name, "unpaired", "nifti") for name in ("z/one", "a/two")]
    write(tmp_path / "b" / "two", "unpaired", "nifti")
    path = save(tmp_path / "c.yaml", old("unpaired", "nifti", train=folders, test=folders[0]))
    assert [sample.id for sample in open_dataset(path)] == [
        "train/two/a",
        "train/two/b",
        "train/one/a",
        "train/one/b",
        "test/a",
        "test/b",
    ]
    same = [str(tmp_path / "b" / "two"), folders[1]]
    save(path, old("unpaired", "nifti", train=same))
    ids = [sample.id for sample in open_dataset(path)]
    assert ids == ["train/a/two/a", "train/a/two/b", "train/b/two/a", "train/b/two/b"]
    sample = open_dataset(path)[3]
    np.testing.assert_array_equal(sample.image.data[0], voxels("images", "b"))


def test_d29_relative_folders(tmp_path, monkeypatch):
    write(tmp_path / "here" / "data", "unpaired", "nifti")
    path = save(tmp_path / "there" / "c.yaml", old("unpaired", "nifti", train="data"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError) as raised:
        open_dataset(path)
    for place in (tmp_path / "data", tmp_path / "there" / "data"):
        assert str(place) in str(raised.value)
    monkeypatch.chdir(tmp_path / "here")
    assert len(open_dataset(path)) == 2
    nifti(tmp_path / "there" / "data", SINGLE, ["only"])
    assert len(open_dataset(path)) == 2  # as DeepReg finds it from where it runs
    monkeypatch.chdir(tmp_path)
    assert [sample.id for sample in open_dataset(path)] == ["train/only"]


def test_d29_a_missing_partner_is_a_row_with_its_reason(tmp_path):
    folder = write(tmp_path, "paired", "nifti")
    (tmp_path / "fixed_labels" / "b.nii.gz").unlink()
    samples = open_dataset(save(tmp_path / "c.yaml", old("paired", "nifti", train=folder)))
    assert [bool(sample.problems) for sample in samples] == [False, True]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dataset:\n  dir: [\n  type: paired\n", "line 2 to 4"),
        ("dataset:\n\tdir: x\n", "line 2"),
    ],
)
def test_d29_broken_yaml_is_told_with_its_line(tmp_path, text, expected):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(DatasetError, match=expected) as raised:
        open_dataset(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({"type": "triple"}, "the section 'dataset' type is 'triple'; expected one of paired"),
        ({"type": "paired"}, "lacks dir, which names the folders"),
        ({"type": "paired", "dir": {"train": ""}}, "train, valid and test name no folder"),
        ({"type": "paired", "dir": {"train": 3}}, "dir of train is 3"),
        (
            {"type": "grouped", "dir": {"train": "."}},
            "holds no folder 'images' and no file images.h5",
        ),
    ],
)
def test_d29_other_errors_name_the_file(tmp_path, monkeypatch, section, expected):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    path = save(tmp_path / "c.yaml", section)
    with pytest.raises(DatasetError, match=expected) as raised:
        open_dataset(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        {"intra_group_prob": 2},
        {"intra_group_prob": "half"},
        {"intra_group_option": "sideways", "intra_group_prob": 1},
        {"intra_group_option": ["forward"], "intra_group_prob": 1},
        {"seed": 0.5},
        {"sample_label": {}},
        {"labeled": "yes"},
        {"format": "nifty"},
        {"image_shape": [64, 64]},
        {"image_shape": 64},
        {"label_seed": "x"},
        {"intra_group_prob": 0.5, "sample_image_in_group": False},
    ],
)
def test_d29_what_training_refuses_is_told_and_the_rows_stay(tmp_path, change):
    folder = write(tmp_path, "grouped", "nifti")
    section = old("grouped", "nifti", train=folder) | change
    dataset = open_dataset(save(tmp_path / "c.yaml", section))
    assert [sample.id for sample in dataset] == ["train/g1/a", "train/g1/b", "train/g2/a"]
    assert len(dataset.refusals) == 1
    assert next(iter(change)) in dataset.refusals[0]
    with pytest.raises((ValueError, TypeError)):  # indeed
        list(get_data_loader(section, "train"))
    try:
        assert dataset.refusals[0] in preview_epoch(dataset, dataset.options).refusals
    except DatasetError:  # no epoch can be planned with the options at all
        assert "sample_image_in_group" in change


def test_d29_a_healthy_configuration_has_no_refusals(tmp_path):
    for kind in SHAPES:
        folder = write(tmp_path / kind, kind, "nifti")
        for layout in (old, new):
            path = save(tmp_path / "c.yaml", layout(kind, "nifti", train=folder, test=folder))
            assert open_dataset(path).refusals == ()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("intra_grp_prob", "intra_group_prob"), ("labeld", "labeled"), ("image_shpe", "image_shape")],
)
def test_d29_a_key_that_is_lacking_is_told_with_what_was_nearly_it(tmp_path, wrong, right):
    folder = write(tmp_path, "grouped", "nifti")
    section = old("grouped", "nifti", train=folder)
    section[wrong] = False if right == "labeled" else section[right]
    del section[right]
    (refusal,) = open_dataset(save(tmp_path / "c.yaml", section)).refusals
    assert f"lacks {right}" in refusal
    assert f"Did you mean '{right}' by '{wrong}'?" in refusal
    with pytest.raises(ValueError) as raised:
        get_data_loader(section, "train")
    assert str(raised.value) == refusal


def test_d29_a_key_that_nobody_reads_is_told(tmp_path):
    folder = write(tmp_path, "paired", "nifti")
    section = old("paired", "nifti", train=folder, vald=folder) | {"sample_lable": "all", "mine": 3}
    said = open_dataset(save(tmp_path / "c.yaml", section)).refusals
    assert said == (
        "nothing reads 'sample_lable'; did you mean 'sample_label'?",
        "nothing reads 'vald'; did you mean 'valid'?",
    )


def test_d29_refusals_of_one_split_name_it_and_are_told_in_its_epoch_only(tmp_path):
    folder = write(tmp_path, "paired", "nifti")
    section = new("paired", "nifti", train=folder, test=folder)
    section["test"]["format"] = "nifty"
    dataset = open_dataset(save(tmp_path / "c.yaml", section))
    (refusal,) = dataset.refusals
    assert refusal.startswith("test: format is 'nifty'; expected one of nifti, h5. Did you mean")
    assert not preview_epoch(dataset, dataset.options_for("train"), "train").refusals
    assert preview_epoch(dataset, dataset.options_for("test"), "test").refusals == (refusal,)


# --- format, missing splits, options of each -------------------------------------------------


@pytest.mark.parametrize("form", ["nifti", "h5"])
def test_d29_the_format_chooses_where_both_lie(tmp_path, form):
    nifti(tmp_path / "d", SINGLE, ["n1", "n2"])
    h5(tmp_path / "d", SINGLE, ["h1", "h2", "h3"])
    section = old("unpaired", form, train=str(tmp_path / "d"))
    dataset = open_dataset(save(tmp_path / "c.yaml", section))
    loader = get_data_loader(section, "train")
    expected = [data_id[-1] for data_id in loader.loader_moving_image.get_data_ids()]
    assert [sample.id for sample in dataset] == [f"train/{name}" for name in expected]
    assert expected == (["n1", "n2"] if form == "nifti" else ["h1", "h2", "h3"])
    loader.close()


@pytest.mark.parametrize(("form", "lies"), [("nifti", "h5"), ("h5", "nifti")])
def test_d29_a_format_that_is_not_there_is_told(tmp_path, form, lies):
    folder = write(tmp_path / "d", "unpaired", lies)
    there = write(tmp_path / "t", "unpaired", form)
    section = old("unpaired", form, train=there, test=folder)
    path = save(tmp_path / "c.yaml", section)
    *_, row = open_dataset(path)
    assert (row.split, row.roles) == ("test", ())
    assert f"which format {form} needs" in row.problems[0]
    assert f"set format to {lies}" in row.problems[0]
    with pytest.raises(DatasetError, match=f"which format {form} needs"):
        open_dataset(path, split="test")
    with pytest.raises(ValueError):
        get_data_loader(section, "test")


def test_d29_moving_images_in_the_other_format_are_told(tmp_path):
    nifti(tmp_path / "d", PAIRED[1:2], ["a"])
    h5(tmp_path / "d", PAIRED[:1], ["a"])
    (sample,) = open_dataset(save(tmp_path / "c.yaml", old("paired", "nifti", train="d")))
    assert sample.roles == ("fixed_image",)
    assert "moving image: " in sample.problems[-1] and "moving_images.h5" in sample.problems[-1]


@both_layouts
@pytest.mark.parametrize("wrong", ["missing", "empty", "corrupt", "twice", "number"])
def test_d29_one_split_that_is_wrong_leaves_the_others(tmp_path, layout, wrong):
    good = write(tmp_path / "good", "unpaired", "h5")
    bad = tmp_path / "bad"
    (tmp_path / "bad").mkdir()
    value = str(bad)
    if wrong == "missing":
        value = str(tmp_path / "gone")
    elif wrong == "corrupt":
        (bad / "images.h5").write_bytes(b"no")
    elif wrong == "twice":
        value = [good, good + "/"]
    elif wrong == "number":
        value = 3
    path = save(tmp_path / "c.yaml", layout("unpaired", "h5", train=good, test=value))
    dataset = open_dataset(path)
    assert [s.id for s in dataset][:2] == ["train/a", "train/b"]
    assert dataset.splits == ("train", "test")
    assert not any(s.problems for s in dataset if s.split == "train")
    rows = [s for s in dataset if s.split == "test" and s.problems]
    assert len(rows) == 1 and rows[0].roles == ()
    said = {
        "missing": "does not exist",
        "empty": "no file images.h5",
        "corrupt": "images.h5",
        "twice": "one folder",
        "number": "dir of test is 3",
    }
    assert said[wrong] in rows[0].problems[0]
    assert preview_epoch(dataset, dataset.options_for("test"), "test").refusals
    assert not preview_epoch(dataset, LoaderOptions(), "train").refusals
    if wrong != "twice":
        with pytest.raises(DatasetError):
            open_dataset(path, split="test")
    with pytest.raises((ValueError, OSError)):  # as training does
        get_data_loader(layout("unpaired", "h5", train=good, test=value), "test")


@pytest.mark.parametrize("split", ["valid", "test"])
def test_d29_the_first_split_that_has_folders_gives_the_options(tmp_path, split):
    folder = write(tmp_path, "paired", "nifti")
    section = old("paired", "nifti", **{split: folder})
    dataset = open_dataset(save(tmp_path / "c.yaml", section))
    loader = get_data_loader(section, split)
    assert (dataset.options.seed, dataset.options.sample_label) == (0, "all")
    assert (loader.seed, loader.sample_label) == (0, "all")


@both_layouts
def test_d29_each_split_has_the_options_of_its_loader(tmp_path, layout):
    folders = {s: write(tmp_path / s, "grouped", "nifti") for s in ("train", "valid", "test")}
    section = layout("grouped", "nifti", **folders)
    if layout is new:
        section["valid"]["labeled"] = False
    dataset = open_dataset(save(tmp_path / "c.yaml", section))
    assert dataset.options == dataset.options_for("train") == dataset.options_for()
    for split, folder in folders.items():
        options, loader = dataset.options_for(split), get_data_loader(section, split)
        for name in ("labeled", "sample_label", "seed", "intra_group_prob"):
            assert getattr(options, name) == getattr(loader, name)
        assert options.directories == (folder,)


# --- YAML that is made to hurt ----------------------------------------------------------------


def _bomb(text):
    lines, last = [f"a: &a {text[0]}"], "a"
    for name in "bcdefgh":
        lines.append(f"{name}: &{name} " + text[1].format(", ".join([f"*{last}"] * 10)))
        last = name
    return "\n".join(lines) + "\n"


ALIASES = _bomb(("[lol, lol]", "[{}]"))
MERGES = _bomb(("{x1: 1, x2: 2}", "{{<<: [{}]}}"))


@pytest.mark.timeout(120)  # aliases that were followed would take years
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MERGES + "dataset: {type: paired}\n", "aliases make more than"),
        (ALIASES + "dataset: {type: *h}\n", "aliases make more than"),
        (ALIASES + "dataset: {type: paired, dir: {train: *h}}\n", "aliases make more than"),
        ("a: &a [*a]\ndataset: {type: *a}\n", "within what it names"),
        ("when: 2001-99-99\ndataset: {type: paired}\n", "month must be in"),
        ("dataset:\n  type: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("dataset:\n  type: paired\n" + "#" * 1_100_000, "bytes, 1,048,576 at most"),
        ("dataset:\n  type: !!python/object/apply:os.system [id]\n", "could not determine"),
    ],
)  # fmt: skip
def test_d29_yaml_that_cannot_be_read_is_told_at_once(tmp_path, text, said):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert backend_for(path).name == "deepreg-config"
    with pytest.raises(DatasetError, match=said) as raised:
        open_dataset(path)
    assert str(path) in str(raised.value) and len(str(raised.value)) < 2000


def test_d29_merge_keys_of_usual_size_are_read(tmp_path):
    folder = write(tmp_path, "paired", "nifti")
    (tmp_path / "c.yaml").write_text(
        f"base: &base {{format: nifti, labeled: true}}\ndataset:\n  type: paired\n"
        f"  train: {{<<: *base, dir: {folder}}}\n  moving_image_shape: [4, 4, 4]\n"
        "  fixed_image_shape: [4, 4, 4]\n"
    )
    dataset = open_dataset(tmp_path / "c.yaml")
    assert len(dataset) == 2 and not dataset.refusals


def test_d29_a_file_is_parsed_once(tmp_path, monkeypatch):
    folder = write(tmp_path, "paired", "nifti")
    path = save(tmp_path / "c.yaml", old("paired", "nifti", train=folder))
    calls = []
    read = config_file.yaml.load
    monkeypatch.setattr(config_file.yaml, "load", lambda *a, **k: calls.append(1) or read(*a, **k))
    open_dataset(path)
    assert len(calls) == 1


@pytest.mark.parametrize("content", [["lol" * 100] * 10_000, {"a": [1] * 100_000}])
def test_d29_what_is_quoted_is_short(content):
    for section in (
        {"type": content, "dir": {"train": "."}},
        {"type": "paired", "dir": {"train": content}},
        {"type": "paired", "dir": content if isinstance(content, list) else [content]},
    ):
        with pytest.raises(ValueError) as raised:
            get_data_loader(section, "train")
        assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, "no section 'dataset'; found None"),
        ({}, "no section 'dataset'; found nothing"),
        ({"datset": {"type": "paired"}, "train": {"method": "ddf"}},
         r"found datset, train. Did you mean 'datset' as 'dataset'\?"),
        ({"dataset": None}, "no section 'dataset'; found dataset"),
        ({"type": "paired"}, "lacks dir"),
        ({"type": "paired", "dir": None}, "lacks dir"),
        ({"type": "paired", "dirs": {"train": "."}}, r"Did you mean it by 'dirs'\?"),
    ],
)  # fmt: skip
def test_d29_a_configuration_without_data_is_an_error(config, said):
    for split in ("train", "valid"):
        with pytest.raises(ValueError, match=said):
            get_data_loader(config, split)


def test_d29_an_unknown_split(tmp_path):
    folder = write(tmp_path, "paired", "nifti")
    path = save(tmp_path / "c.yaml", old("paired", "nifti", valid=folder))
    assert len(open_dataset(path, split="valid")) == 2
    with pytest.raises(DatasetError, match="no folder for split 'test'; found valid"):
        open_dataset(path, split="test")


@pytest.mark.parametrize(
    "text", ["a: 1\n", "dataset: 5\n", "- dataset\n", "", "a: [\n", "\x00", "data: {dataset: {}}"]
)
def test_d29_other_yaml_files_are_not_recognised(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert not DeepRegConfig().recognises(path)
    with pytest.raises(DatasetError, match=r"c\.yaml"):
        backend_named("deepreg-config").open(path)
    assert not DeepRegConfig().recognises(tmp_path)
