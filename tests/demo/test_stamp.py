"""What the builder does to folders; samples are stand-ins, for speed."""

import json
from concurrent.futures import CancelledError

import numpy as np
import pytest

from napari_medload.demo import ForeignFolderError, build, build_demo
from napari_medload.demo.faults import Scan
from napari_medload.demo.stamp import STAMP


@pytest.fixture(autouse=True)
def made(monkeypatch):
    """Ids of the samples made, in the order of their making."""
    made = []

    def make_sample(recipe, template, seed):
        made.append(recipe.id)
        image = np.full((4, 4, 4), seed, dtype=np.uint8)
        return (Scan(image, image, np.eye(4), np.eye(4)),) * 2

    monkeypatch.setattr(build, "make_sample", make_sample)
    monkeypatch.setattr(build, "read_template", lambda: None)
    return made


def _content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_foreign_folder_is_refused_and_untouched(tmp_path):
    (tmp_path / "fixed_images").mkdir()
    (tmp_path / "fixed_images" / "subject_01.nii.gz").write_bytes(b"years of work")
    (tmp_path / "notes.txt").write_text("mine")
    before = _content(tmp_path)
    with pytest.raises(ForeignFolderError, match=r"fixed_images, notes\.txt.*Choose") as caught:
        build_demo(tmp_path, seed=1)
    assert str(tmp_path) in str(caught.value)
    assert _content(tmp_path) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seed": 1, "files": {}, "maker": "me"}'])
def test_somebody_elses_file_of_the_stamps_name_is_no_stamp(tmp_path, text):
    (tmp_path / STAMP).write_text(text)
    with pytest.raises(ForeignFolderError):
        build_demo(tmp_path, seed=1)
    assert (tmp_path / STAMP).read_text() == text


def test_a_file_is_no_folder(tmp_path):
    place = tmp_path / "demo"
    place.write_text("mine")
    with pytest.raises(ForeignFolderError, match="a file"):
        build_demo(place, seed=1)
    assert place.read_text() == "mine"


def test_empty_folder_and_hidden_files_are_no_obstacle(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert build_demo(tmp_path, seed=1) == tmp_path
    assert (tmp_path / ".DS_Store").read_bytes() == b"x"


def test_same_seed_reuses(tmp_path, made):
    build_demo(tmp_path, seed=1)
    count = len(made)
    build_demo(tmp_path, seed=1)
    assert len(made) == count == len(build.RECIPES)


def test_another_seed_rebuilds_only_what_is_the_demos(tmp_path, made):
    build_demo(tmp_path, seed=1)
    mine = tmp_path / "fixed_images" / "mine.nii.gz"
    mine.write_bytes(b"mine")
    before = _content(tmp_path)
    build_demo(tmp_path, seed=2)
    after = _content(tmp_path)
    assert set(after) == set(before)
    assert after[mine] == b"mine"
    changed = {path.name for path in after if after[path] != before[path]}
    assert changed >= {STAMP, "README.md", "subject_01.nii.gz"}
    assert len(made) == 2 * len(build.RECIPES)


def test_older_recipes_are_built_again(tmp_path, made, monkeypatch):
    build_demo(tmp_path, seed=1)
    monkeypatch.setattr("napari_medload.demo.stamp.RECIPE_VERSION", 999)
    build_demo(tmp_path, seed=1)
    assert len(made) == 2 * len(build.RECIPES)


@pytest.mark.parametrize("harm", [lambda p: p.unlink(), lambda p: p.write_bytes(b"cut")])
def test_lost_or_changed_file_is_built_again(tmp_path, harm):
    build_demo(tmp_path, seed=1)
    victim = tmp_path / "moving_labels" / "subject_02.nii.gz"
    whole = victim.read_bytes()
    harm(victim)
    build_demo(tmp_path, seed=1)
    assert victim.read_bytes() == whole


def test_cancelled_build_is_known_as_unfinished_and_built_again(tmp_path, made):
    with pytest.raises(CancelledError, match="after 2 of"):
        build_demo(tmp_path, seed=1, progress=lambda done, total, what: done < 2)
    assert 2 <= len(made)
    assert not (tmp_path / "README.md").exists()
    build_demo(tmp_path, seed=1)
    assert (tmp_path / "README.md").is_file()
    assert json.loads((tmp_path / STAMP).read_text())["files"]


def test_none_from_progress_goes_on(tmp_path):
    told = []
    build_demo(tmp_path, seed=1, progress=lambda *news: told.append(news))
    assert len(told) == len(build.RECIPES)


def test_failure_in_a_sample_reaches_the_caller(tmp_path, monkeypatch):
    def fail(recipe, template, seed):
        raise OSError("disk full")

    monkeypatch.setattr(build, "make_sample", fail)
    with pytest.raises(OSError, match="disk full"):
        build_demo(tmp_path, seed=1)


def test_nothing_unfinished_is_left_behind(tmp_path):
    build_demo(tmp_path, seed=1)
    assert not list(tmp_path.rglob("*.part"))


def test_negative_seed_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="0 or larger, found -1"):
        build_demo(tmp_path, seed=-1)
