from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from napari_medload.formats import Source
from napari_medload.loaders import Dataset, DatasetError, Sample, backends, open_dataset
from napari_medload.loaders.backends import BACKENDS, backend_for, layout_names, load_backends
from tests.loaders import test_contract as contract
from tests.phantoms import affine_of, noise, write_nifti

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = Path(__file__).with_name("example_backend.py")
SHAPE = (3, 4, 5)
BROKEN = """
import napari_medload_that_is_nowhere
"""
RAISING = """
class Raising:
    name, expects = "raising", "nothing"
    def recognises(self, path):
        raise RuntimeError("no idea")
    def open(self, path, split=None):
        raise RuntimeError("never asked")
"""


def distribution(place, name, modules, entries):
    """Install a package as pip would, without pip: its modules, and its metadata beside them."""
    info = place / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "\n".join(f"{key} = {value}" for key, value in entries.items())
    (info / "entry_points.txt").write_text(f"[napari_medload.loaders]\n{lines}\n")
    for module, text in modules.items():
        (place / f"{module}.py").write_text(text)


@pytest.fixture
def example(tmp_path):
    """A folder to put on the path of Python, with the example installed in it."""
    place = tmp_path / "site"
    distribution(
        place,
        "side_by_side",
        {"example_backend": EXAMPLE.read_text()},
        {"side-by-side": "example_backend:SideBySide"},
    )
    return place


def pairs(folder):
    for name in ("a", "b"):
        for side, seed in (("fixed", 1), ("moving", 2)):
            array = noise(SHAPE, seed=seed)
            write_nifti(folder / f"{name}_{side}.nii.gz", array, affine_of("RAS", SHAPE))
    return folder


def run(place, *arguments):
    """Run a fresh Python, where the packages in a folder are installed."""
    paths = os.pathsep.join((str(place), str(REPOSITORY)))
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


OPEN = """
import logging, sys
logging.basicConfig(level=logging.WARNING)
from napari_medload.loaders import open_dataset
from napari_medload.loaders.backends import every_backend, layout_names
dataset = open_dataset(sys.argv[1])
print(dataset.layout, [s.id for s in dataset], [s.roles for s in dataset], sep="|")
print(every_backend()[0].name, layout_names()[0], layout_names().count("list"), sep="|")
print(open_dataset(sys.argv[1], layout=dataset.layout) == dataset)
"""


def test_an_installed_backend_is_found_asked_first_and_opens(tmp_path, example):
    folder = pairs(tmp_path / "data")
    (folder / "imagesTr").mkdir()  # one of our own would take it too
    done = run(example, "-c", OPEN, str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    roles = ("fixed_image", "moving_image")
    assert done.stdout.splitlines() == [
        f"side by side|['a', 'b']|{[roles, roles]}",
        "side by side|side by side|1",
        "True",
    ]


def test_the_example_passes_the_contract(example):
    contract = str(REPOSITORY / "tests/loaders/test_contract.py")
    done = run(
        example, "-m", "pytest", contract, "-q", "-k", "third-party", "-p", "no:cacheprovider"
    )
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) >= 8


def test_broken_backends_are_logged_and_stop_nothing(tmp_path):
    site, folder = tmp_path / "site", tmp_path / "data"
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "a.nii.gz", noise(SHAPE))
    distribution(
        site,
        "broken",
        {"broken_one": BROKEN, "raising_one": RAISING},
        {
            "gone": "no_such_module:X",
            "import": "broken_one:X",
            "lacking": "pathlib:Path",
            "raising": "raising_one:Raising",
        },
    )
    done = run(site, "-c", OPEN, str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("paired|['a']|")
    assert done.stdout.splitlines()[1] == "raising|raising|1"
    for said in ("no_such_module:X", "broken_one:X", "pathlib:Path", "raising failed on"):
        assert said in done.stderr


def test_a_backend_may_be_a_class_or_an_instance(caplog):
    entries = [
        EntryPoint("x", "napari_medload.loaders.layouts.nnunet:NnUnet", backends.ENTRY_POINT),
        EntryPoint("y", "tests.loaders.test_backends:OURS", backends.ENTRY_POINT),
        EntryPoint("z", "tests.loaders.test_backends:EXAMPLE", backends.ENTRY_POINT),
    ]
    assert [backend.name for backend in load_backends(entries)] == ["nnunet", BACKENDS[0].name]
    assert "EXAMPLE cannot be loaded: it has no expects, recognises" in caplog.text


OURS = BACKENDS[0]


def test_the_guide_shows_the_example():
    guide = (REPOSITORY / "CONTRIBUTING.md").read_text()
    section = guide.partition("## Add a loader backend from your own package")[2]
    shown = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert shown
    assert shown[1] == EXAMPLE.read_text()
    assert len(shown[1].splitlines()) <= 20
    lines = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert lines
    assert lines[1].splitlines()[0] == f'[project.entry-points."{backends.ENTRY_POINT}"]'


def test_ours_are_asked_before_more_general_ones(tmp_path):
    place = {backend.name: number for number, backend in enumerate(BACKENDS)}
    assert place["learn2reg"] < place["nnunet"] < place["paired"]
    assert place["voxelmorph"] < place["monai"] < place["list"] < place["volume"]
    assert {"nnunet", "learn2reg", "monai", "voxelmorph"} <= set(layout_names())
    assert backend_for(tmp_path) is None


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.name)
def test_nothing_is_recognised_where_nothing_is(tmp_path, backend):
    (tmp_path / "notes.txt").write_text("1 liver\n")
    (tmp_path / "bytes.json").write_bytes(b"\xff")
    (tmp_path / "dataset.json").write_text("{}")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "gone", tmp_path / "gone.json"):
        assert not backend.recognises(path)
    if backend.name != "list":
        assert not backend.recognises(tmp_path / "bytes.json")
        assert not backend.recognises(tmp_path / "dataset.json")


def test_an_unknown_layout_is_an_error_that_names_the_known(tmp_path):
    with pytest.raises(ValueError, match=r"no layout is named 'nnunett'.*Did you mean 'nnunet'\?"):
        open_dataset(tmp_path, layout="nnunett")


# --- what a backend of another package may do wrong ------------------------------------------


class Theirs:
    """A backend that returns what it is told to."""

    name, expects = "theirs", "anything"

    def __init__(self, make):
        self.make = make

    def recognises(self, path):
        return True

    def open(self, path, split=None):
        return self.make(path)


@pytest.fixture
def opened_by(tmp_path, monkeypatch):
    """Open a folder with a backend that returns what a function makes of the path."""
    folder = pairs(tmp_path / "data")
    far = affine_of("RAS", SHAPE).copy()
    far[:3, 3] += 1000
    write_nifti(folder / "far.nii.gz", noise(SHAPE), far)

    def opened(make, **how):
        monkeypatch.setattr(backends, "installed_backends", lambda: (Theirs(make),))
        return open_dataset(folder, **how)

    return opened


@pytest.mark.parametrize("returned", [None, [1], "x", ()])
def test_a_backend_that_returns_no_dataset_is_named(opened_by, returned):
    with pytest.raises(DatasetError, match=r"'theirs' failed .*expected a Dataset.*another layout"):
        opened_by(lambda _: returned)


def test_a_dataset_of_anything_else_than_samples_is_refused(opened_by):
    with pytest.raises(DatasetError, match=r"'theirs' failed .*holds int, expected Samples"):
        opened_by(lambda path: Dataset(path, "theirs", (1, 2)))


def test_ids_that_are_met_twice_are_told_apart(opened_by):
    dataset = opened_by(lambda path: Dataset(path, "theirs", (Sample("a", {}), Sample("a", {}))))
    assert [sample.id for sample in dataset] == ["a", "a#2"]
    assert dataset[1].problems


class Raising(dict):
    def __contains__(self, key):
        raise ZeroDivisionError("no")


def test_sources_that_raise_are_named_too(opened_by):
    sample = Sample("a", Raising())
    with pytest.raises(DatasetError, match=r"'theirs' failed \(ZeroDivisionError: no\)"):
        opened_by(lambda path: Dataset(path, "theirs", (sample,)))


def far_apart(path):
    sources = {"fixed_image": Source(path / "a_fixed.nii.gz")}
    return (Sample("a", sources | {"moving_image": Source(path / "far.nii.gz")}, split="test"),)


@pytest.mark.parametrize("declared", ["same grid", "world", "none"])
def test_a_promise_that_a_backend_makes_is_kept(opened_by, declared):
    for how in ({}, {"split": "test"}):
        dataset = opened_by(lambda p: Dataset(p, "theirs", far_apart(p), alignment=declared), **how)
        assert dataset.alignment == declared


def test_a_promise_that_a_backend_leaves_out_is_guessed(opened_by):
    assert opened_by(lambda p: Dataset(p, "theirs", far_apart(p))).alignment == "none"


# --- one split, asked of each backend itself -------------------------------------------------


@pytest.mark.parametrize(
    "built",
    [b for b in contract.BACKENDS if b.name not in ("patterns", "loose", "registered")],
    ids=lambda b: b.name,
)
def test_a_backend_opens_one_split_itself(tmp_path, built):
    arguments = built.build(tmp_path)
    path = arguments["path"]
    backend = backend_for(path)
    whole = backend.open(path)
    for split in whole.splits:
        part = backend.open(path, split)
        expected = [sample.id for sample in whole if sample.split == split]
        assert [sample.id for sample in part] == expected
    absent = next(name for name in ("test", "valid", "nothing") if name not in whole.splits)
    with pytest.raises(DatasetError, match=f"split '{absent}'"):
        backend.open(path, absent)
