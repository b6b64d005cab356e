from __future__ import annotations

import json

import pytest

from napari_medload.labels import LabelTableError, find_label_table, read_label_table

ITK_SNAP = """\
################################################
# ITK-SnAP Label Description File
################################################
    0     0    0    0        0  0  0    "Clear Label"
    1   255    0    0        1  1  1    "Left kidney"
    7     0  128   51      0.5  1  1    "Niere (rechts) ä"
"""
SLICER = """\
# Color table file
0 background 0 0 0 0
1 liver 221 130 101 255
13 left_lung 0 51 255 255
"""


def names(table):
    return {value: label.name for value, label in table.items()}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "label_names.txt",
            "1 Precentral_L 2001\n2 Precentral_R 2002\n",
            {1: "Precentral_L", 2: "Precentral_R"},
        ),
        (
            "label_names.txt",
            "\ufeff1,liver\n2;spleen\n3: rib\n4 = Öhr\n\n",
            {1: "liver", 2: "spleen", 3: "rib", 4: "Öhr"},
        ),
        ("labels.txt", ITK_SNAP, {0: "Clear Label", 1: "Left kidney", 7: "Niere (rechts) ä"}),
        ("a.label", ITK_SNAP, {0: "Clear Label", 1: "Left kidney", 7: "Niere (rechts) ä"}),
        ("a.ctbl", SLICER, {0: "background", 1: "liver", 13: "left_lung"}),
        (
            "dataset.json",
            json.dumps({"labels": {"background": 0, "liver": 1, "both": [1, 2]}}),
            {0: "background", 1: "liver"},
        ),
        (
            "dataset.json",
            json.dumps({"labels": {"0": "background", "1": "liver"}}),
            {0: "background", 1: "liver"},
        ),
    ],
)
def test_a_table_gives_each_value_its_name(tmp_path, file, text, expected):
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    table = read_label_table(path)
    assert names(table) == expected
    assert table.source == str(path)


def test_colours_of_itk_snap_and_slicer_are_kept(tmp_path):
    (tmp_path / "a.label").write_text(ITK_SNAP)
    (tmp_path / "a.ctbl").write_text(SLICER)
    assert read_label_table(tmp_path / "a.label")[7].colour == pytest.approx((0, 128 / 255, 0.2))
    assert read_label_table(tmp_path / "a.ctbl")[13].colour == pytest.approx((0, 0.2, 1))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("labels.txt", "nothing to see here\n"),
        ("labels.txt", ""),
        ("dataset.json", "{"),
        ("dataset.json", "[1, 2]"),
        ("dataset.json", '{"labels": ["liver"]}'),
        ("dataset.json", '{"labels": {"²": "liver", "--1": "spleen"}}'),
        ("dataset.json", '{"modality": "CT"}'),
    ],
)
def test_a_file_without_labels_is_an_error_that_names_it(tmp_path, file, text):
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabelTableError, match=file):
        read_label_table(path)


def test_the_nearest_table_is_found_and_wrong_ones_are_passed_over(tmp_path):
    folder = tmp_path / "data" / "labels"
    folder.mkdir(parents=True)
    (tmp_path / "label_names.txt").write_text("1 outside\n")
    assert len(find_label_table(folder, tmp_path / "data")) == 0
    (tmp_path / "data" / "label_names.txt").write_text("1 above\n")
    assert find_label_table(folder, tmp_path / "data").label(1).name == "above"
    (folder / "dataset.json").write_text('{"no": "labels"}')
    assert find_label_table(folder, tmp_path / "data").label(1).name == "above"
    (folder / "tissue.ctbl").write_text(SLICER)
    assert find_label_table(folder, tmp_path / "data").label(1).name == "liver"


def test_a_folder_outside_the_dataset_does_not_search_the_whole_disk(tmp_path):
    (tmp_path / "label_names.txt").write_text("1 stranger\n")
    elsewhere, dataset = tmp_path / "a" / "b", tmp_path / "data"
    elsewhere.mkdir(parents=True)
    dataset.mkdir()
    assert len(find_label_table(elsewhere, dataset)) == 0
    assert len(find_label_table(tmp_path / "absent")) == 0


def test_the_names_of_the_brain_regions(shared_data):
    table = read_label_table(shared_data / "brain_paired" / "label_names.txt")
    assert len(table) == 116
    assert table.label(1).name == "Precentral_L"
