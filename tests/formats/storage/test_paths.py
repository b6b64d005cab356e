"""Paths written another way that still lead to the same file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_medload.formats.storage.paths import placed, plain, seen_from


@pytest.fixture
def linked(tmp_path):
    """``ln`` leads to ``far/deep``, and each folder holds a ``here.txt`` that says its name."""
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "ln").symlink_to("far/deep")
    for folder in ("", "far", "far/deep"):
        (tmp_path / folder / "here.txt").write_text(folder)
    return tmp_path


@pytest.mark.parametrize(
    "way",
    ["here.txt", "ln/here.txt", "ln/../here.txt", "far/../here.txt", "./far/./deep/../here.txt"],
)
def test_it_leads_to_the_same_file(linked, way):
    short = plain(f"{linked}/{way}")
    assert Path(short).read_text() == Path(f"{linked}/{way}").read_text()
    assert ".." not in short and "/./" not in short


def test_links_stay_where_they_do_no_harm(linked):
    assert plain(linked / "ln" / "here.txt") == str(linked / "ln" / "here.txt")


def test_what_is_not_there_and_loops(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    assert plain("a/../b/c.nii") == str(tmp_path / "b" / "c.nii")
    assert plain("loop/../c.nii") == str(tmp_path / "c.nii")
    assert plain("a\0/../c.nii") == str(tmp_path / "c.nii")


def test_below_a_folder_and_elsewhere(tmp_path):
    assert placed(tmp_path / "a" / "b.nii", tmp_path) == "a/b.nii"
    assert placed(tmp_path / "a" / "..b.nii", tmp_path / "a") == "..b.nii"
    assert placed("/elsewhere/b.nii", tmp_path) == "/elsewhere/b.nii"
    assert placed("/elsewhere/b.nii", None) == "/elsewhere/b.nii"


def test_the_way_between_folders_is_right_through_links(linked):
    way = seen_from(linked / "ln", linked)
    assert way == "../.."
    assert os.path.samefile(linked / "ln" / way, linked)
    assert os.path.samefile(linked / "far" / "deep" / way, linked)


def test_other_drives_of_windows(monkeypatch, tmp_path):
    def no_way(_path, _start):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", no_way)  # which no other system has
    assert placed("/d/b.nii", tmp_path) == "/d/b.nii"
    assert seen_from(tmp_path, tmp_path / "x") == os.path.realpath(tmp_path / "x")
