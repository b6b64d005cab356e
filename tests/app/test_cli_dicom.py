"""What the command line says of DICOM folders."""

from __future__ import annotations

import json

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
