"""What the command line says of DICOM folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from napari_medload.app.cli import main
from tests.formats.dicom_phantoms import uid, write_series
from tests.phantoms import affine_of, noise

AFFINE = affine_of("LPS", (7, 5, 4), (1, 2, 3), centre=(1, 2, 3))


def test_info_of_a_folder_prints_each_series(capsys, tmp_path):
    for number, (name, depth) in enumerate({"pre": 4, "post": 6}.items()):
        array = noise((7, 5, depth))
        write_series(tmp_path, array, AFFINE, series=name, SeriesNumber=number, RescaleSlope="2")
    assert main(["info", "--json", "--voxels", str(tmp_path)]) == 0
    found = {entry["series"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(found) == {"0 pre", "1 post"}
    assert found["1 post"]["key"] == uid("post")
    assert found["1 post"]["shape"] == [7, 5, 6]
    assert found["1 post"]["spacing"] == pytest.approx([1, 2, 3])
    assert found["1 post"]["max"] == 2 * noise((7, 5, 6)).max()


def test_info_tells_what_a_person_should_know(capsys, tmp_path):
    write_series(tmp_path, noise((7, 5, 4)), AFFINE, slices=(0, 1, 2, 4))
    assert main(["info", str(tmp_path)]) == 0
    assert "Slice 3 (counted from 0) is missing: no file holds it." in capsys.readouterr().out


def test_info_of_a_folder_with_a_broken_series_names_the_file(capsys, tmp_path):
    write_series(tmp_path, noise((7, 5, 4)), AFFINE, PixelSpacing=lambda number: ["0", "1"])
    assert main(["info", "--json", str(tmp_path)]) == 1
    (entry,) = json.loads(capsys.readouterr().out)
    assert "series-000" in entry["error"] and "PixelSpacing" in entry["error"]


def test_info_takes_a_series_as_notes_and_lists_name_it(capsys, tmp_path):
    for name, depth in {"pre": 4, "post": 6}.items():
        write_series(tmp_path, noise((7, 5, depth)), AFFINE, series=name)
    assert main(["info", "--json", f"{tmp_path}#{uid('post')}"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["path"], entry["shape"]) == (str(tmp_path), [7, 5, 6])
    assert main(["info", "--json", f"{tmp_path}#1.2.3.4"]) == 1
    (entry,) = json.loads(capsys.readouterr().out)
    assert "no series 1.2.3.4" in entry["error"] and uid("pre") in entry["error"]


def test_info_of_a_folder_with_pipes_and_folders_beside_the_slices(tmp_path):
    write_series(tmp_path, noise((7, 5, 4)), AFFINE, suffix="")
    os.mkfifo(tmp_path / "a-pipe")  # who opens it waits for ever
    for number in range(12):
        (tmp_path / f"b-{number}").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "napari_medload", "info", "--json", tmp_path],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    (entry,) = json.loads(done.stdout)
    assert entry["shape"] == [7, 5, 4]
    assert "a-pipe" in entry["notes"][0]
