"""Names of slices and scans."""

from __future__ import annotations

import pytest

from napari_medload.loaders.medsegpy import ScanName, SliceName


def test_m01_names_are_written_with_the_usual_widths():
    assert str(SliceName(123456, 1, 0, 1)) == "0123456_V01-Aug00_001"
    assert str(SliceName(123456, 1, 4, 999)) == "0123456_V01-Aug04_999"
    assert str(ScanName(12, 3)) == "0000012_V03"
    assert str(ScanName(12, 3, 4)) == "0000012_V03-Aug04"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("0123456_V01-Aug00_001.im", (123456, 1, 0, 1)),
        ("0123456_V00-Aug04_001.seg", (123456, 0, 4, 1)),
        ("0123456_V00-Aug00_999.im", (123456, 0, 0, 999)),
        ("1_V2-Aug3_4.im", (1, 2, 3, 4)),
        ("12345678901_V123-Aug456_12345.im", (12345678901, 123, 456, 12345)),
        ("/data/7_V7-Aug7_7/0000001_V02-Aug03_004.im", (1, 2, 3, 4)),
        ("9999999_V09-Aug09_009/notes.im", None),
        ("0123456_V01_001.im", None),
        ("", None),
    ],
)
def test_m01_any_width_is_read_from_the_file_name_alone(path, expected):
    assert SliceName.parse(path) == expected


def test_m01_every_written_name_is_read_again():
    for name in (SliceName(1, 0, 0, 1), SliceName(12345678, 100, 100, 1000)):
        assert SliceName.parse(f"folder_V1/{name}.im") == name
    assert SliceName(12345678, 100, 100, 1000).scan.scan_id == "12345678_V100"


def test_m01_names_of_scans():
    assert ScanName.parse("x/9311328_V01.h5") == (9311328, 1, 0)
    assert ScanName.parse("9311328_V01-Aug04.h5") == (9311328, 1, 4)
    assert ScanName.parse("1_V1/scan.h5") is None
