from __future__ import annotations

import pytest

from napari_medload.session.recent import RecentDatasets


@pytest.fixture
def recent(tmp_path) -> RecentDatasets:
    return RecentDatasets(tmp_path / "state" / "recent.json")


def folders(tmp_path, count: int):
    made = [tmp_path / f"é {number}" for number in range(count)]
    for folder in made:
        folder.mkdir()
    return made


def test_latest_first_and_each_once(recent, tmp_path):
    a, b, c = folders(tmp_path, 3)
    for path in (a, b, c, a):
        recent.add(path)
    assert recent.paths() == [a, c, b]


def test_they_outlive_the_program(recent, tmp_path):
    (a,) = folders(tmp_path, 1)
    recent.add(a)
    assert RecentDatasets(tmp_path / "state" / "recent.json").paths() == [a]


def test_what_is_gone_is_not_offered(recent, tmp_path):
    a, b = folders(tmp_path, 2)
    recent.add(a)
    recent.add(b)
    a.rmdir()
    assert recent.paths() == [b]


def test_ten_are_kept(recent, tmp_path):
    made = folders(tmp_path, 14)
    for path in made:
        recent.add(path)
    assert recent.paths() == made[:3:-1]


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"3", b"[1, 2]", b"\xff\xfe\x00"])
def test_a_spoilt_file_is_no_reason_to_stop(tmp_path, content):
    file = tmp_path / "recent.json"
    file.write_bytes(content)
    recent = RecentDatasets(file)
    assert recent.paths() == []
    recent.add(tmp_path)
    assert recent.paths() == [tmp_path]


def test_a_place_that_cannot_be_written_is_no_reason_to_stop(tmp_path):
    (tmp_path / "file").write_text("")
    recent = RecentDatasets(tmp_path / "file" / "recent.json")
    recent.add(tmp_path)
    assert recent.paths() == []
