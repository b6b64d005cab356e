"""Walks over hostile folders: circles, depths, pipes, and what may not be read."""

from __future__ import annotations

import os

import pytest

from napari_medload.loaders import walking
from napari_medload.loaders.walking import walk

DEEP = 1200


def any_name(_name):
    return True


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_visible_files_are_found_below(tmp_path):
    for name in ("a", "x/b", "x/y/c", ".hidden", ".h/d", "x/.e"):
        touch(tmp_path / name)
    files, troubles = walk(str(tmp_path), lambda name: name.endswith("a"))
    assert sorted(files) == ["a", "x/b", "x/y/c"]
    assert troubles == []
    assert walk(str(tmp_path), any_name, deep=False)[0] == ["a"]


def test_a_link_to_itself_is_one_trouble(tmp_path):
    touch(tmp_path / "g" / "a")
    (tmp_path / "g" / "loop").symlink_to("loop")
    (tmp_path / "g" / "gone").symlink_to("nobody")
    (tmp_path / "g" / "good").symlink_to("a")
    files, troubles = walk(str(tmp_path), lambda name: not name.endswith("g"))
    assert sorted(files) == ["g/a", "g/good"]
    assert sorted(trouble.name for trouble in troubles) == ["g/gone", "g/loop"]
    for trouble in troubles:
        assert str(tmp_path / trouble.name) in trouble.reason
        assert "link" in trouble.reason
    assert walk(str(tmp_path), lambda _: False)[1] == []


def test_folders_that_link_to_each_other_are_walked_once_each(tmp_path):
    for name, other in ("ab", "ba"):
        touch(tmp_path / name / f"in_{name}")
        (tmp_path / name / "to").symlink_to(f"../{other}")
    files, troubles = walk(str(tmp_path), lambda _: False)
    assert sorted(files) == ["a/in_a", "a/to/in_b", "b/in_b", "b/to/in_a"]
    assert troubles == []


def test_a_link_upwards_is_not_followed(tmp_path):
    root = tmp_path / "data" / "images"
    touch(root / "a")
    (root / "above").symlink_to(tmp_path)
    (root / "again").symlink_to(root)
    elsewhere = touch(tmp_path / "elsewhere" / "b").parent
    (root / "more").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(root)  # not above itself, but it was reached from there
    assert sorted(walk(str(root), lambda _: False)[0]) == ["a", "more/b"]


@pytest.fixture
def within(tmp_path):
    """Folder with as many folders in each other as asked, which nothing else could remove."""
    depths = []

    def make(depth):
        before = os.getcwd()
        os.chdir(tmp_path)
        for _ in range(depth):
            os.mkdir("d")
            os.chdir("d")
        open("bottom", "w").close()
        os.chdir(before)
        depths.append(depth)
        return tmp_path

    yield make
    before = os.getcwd()
    os.chdir(tmp_path)
    for _ in range(*depths):
        os.chdir("d")
    os.remove("bottom")
    for _ in range(*depths):
        os.chdir("..")
        os.rmdir("d")
    os.chdir(before)


def test_folders_in_folders_are_walked_to_the_bottom(within):
    files, troubles = walk(str(within(DEEP)), any_name)
    assert files == ["d/" * DEEP + "bottom"]
    assert all("a folder" in trouble.reason for trouble in troubles)


def test_folders_too_deep_for_the_system_are_a_trouble(within):
    folder = within(2 * DEEP)
    touch(folder / "a")
    files, ((name, reason),) = walk(str(folder), _no)
    assert files == ["a"]
    assert name.endswith("d/")
    assert "move it up" in reason


def test_a_folder_that_cannot_be_listed_is_one_trouble(tmp_path, monkeypatch):
    touch(tmp_path / "open" / "a")
    touch(tmp_path / "closed" / "b")

    def refuse(path, real=os.scandir):
        if "closed" in os.fspath(path):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(walking.os, "scandir", refuse)
    files, ((name, reason),) = walk(str(tmp_path), any_name)[0], walk(str(tmp_path), _no)[1]
    assert files == ["open/a"]
    assert name == "closed/"
    assert str(tmp_path / "closed") in reason
    assert "Permission denied" in reason
    with pytest.raises(PermissionError):  # there is nothing else to show
        walk(str(tmp_path / "closed"), any_name)


def _no(_name):
    return False


def test_what_is_no_file_is_a_trouble_where_it_is_named_like_one(tmp_path):
    os.mkfifo(tmp_path / "pipe.x")
    os.mkfifo(tmp_path / "other")
    touch(tmp_path / "folder.x" / "inside.x")
    files, troubles = walk(str(tmp_path), lambda name: name.endswith(".x"))
    assert files == ["folder.x/inside.x"]
    found = {trouble.name: trouble.reason for trouble in troubles}
    assert found.keys() == {"pipe.x", "folder.x"}
    assert "a named pipe" in found["pipe.x"]
    assert "a folder" in found["folder.x"]
