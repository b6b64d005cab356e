"""The forms of a list say the same; what is damaged in one is a row with its reason."""

from __future__ import annotations

import csv
import io
import json
import pickle
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.loaders import DatasetError, json_file, open_dataset
from napari_medload.loaders.lists import iter_rows
from napari_medload.loaders.lists.schema import (
    MISSING,
    cell_of,
    guarded,
    hash_cell,
    hashes_of,
    joined,
    parted,
    unguarded,
)

ROWS = (
    {
        "sample_id": "train/a",
        "subject_id": "sub-01",
        "group": "g",
        "split": "train",
        "fixed_image": "f 1.nii.gz",
        "moving_image": "dir/ü.h5#key",
        "verdict": "reject",
        "reasons": ["flipped", "a|b"],
        "note": "first line\nsecond, line",
        "content_hash": {"fixed_image": "0a", "moving_image": "bytes:1b"},
        "Age": "41",
    },
    {"sample_id": "=b", "split": "val", "fixed_image": "f2.nii.gz", "moving_image": "m2.nii.gz"},
)
COLUMNS = tuple(ROWS[0])


def cells(row, missing=MISSING):
    return {name: guarded(cell_of(row.get(name))) or missing for name in COLUMNS}


def write(path, rows=ROWS):
    """Write rows as the suffix says, with libraries that are not ours."""
    if path.suffix in (".csv", ".tsv"):
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(cells(row) for row in rows)
    elif path.suffix == ".json":
        path.write_text(json.dumps({"samples": rows}), encoding="utf-8")
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    else:
        pandas = pytest.importorskip("pandas")
        pytest.importorskip("pyarrow")
        pandas.DataFrame(list(rows), columns=COLUMNS).to_parquet(path)
    return path


every_form = pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])


@every_form
def test_every_form_says_the_same(tmp_path, suffix):
    one, two = dataset = open_dataset(write(tmp_path / f"list{suffix}"))
    assert dataset.layout == "list"
    assert (one.id, one.group, one.split, one.problems) == ("train/a", "g", "train", ())
    assert (two.id, two.group, two.split, two.problems) == ("=b", "", "val", ())
    assert one.sources["fixed_image"].file == str(tmp_path / "f 1.nii.gz")
    assert one.sources["moving_image"].file == str(tmp_path / "dir/ü.h5")
    assert one.sources["moving_image"].key == "key"
    assert dict(one.settings) == {
        "subject_id": "sub-01",
        "verdict": "reject",
        "reasons": joined(["flipped", "a|b"]),
        "note": "first line\nsecond, line",
        "content_hash": "fixed_image:0a|moving_image:bytes:1b",
        "Age": "41",
    }
    assert two.settings is None
    assert parted(one.settings["reasons"]) == ("flipped", "a|b")
    assert hashes_of(one.settings["content_hash"])[1] == ("moving_image", "bytes:1b")


@every_form
def test_rows_are_gone_through_one_by_one(tmp_path, suffix):
    rows = list(iter_rows(write(tmp_path / f"list{suffix}")))
    assert [row["sample_id"] for row in rows] == ["train/a", "=b"]
    assert rows[0]["note"] == ROWS[0]["note"]


def test_rows_of_json_lines_are_read_in_constant_memory(tmp_path):
    line = json.dumps(ROWS[0]) + "\n"
    peaks = []
    for count in (1_000, 10_000):
        path = tmp_path / f"{count}.jsonl"
        path.write_text(line * count)
        tracemalloc.start()
        assert sum(1 for _ in iter_rows(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


def test_a_sample_goes_to_another_process_without_the_list(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id,image,age\n" + "".join(f"s{i},{i}.nii,{i}\n" for i in range(2000)))
    sample = open_dataset(path)[7]
    packed = pickle.dumps(sample)
    assert len(packed) < 2000
    assert pickle.loads(packed) == sample
    assert pickle.loads(packed).settings == {"age": "7"}


# --- what is damaged -------------------------------------------------------------------------


@pytest.mark.parametrize("cut", ['{"fixed": "f.nii', "5", "\x80\x81"])
def test_a_damaged_last_line_is_a_row_with_its_reason(tmp_path, cut):
    path = tmp_path / "list.jsonl"
    path.write_bytes(b'{"image": "a.nii"}\n\n' + cut.encode("latin-1"))
    good, bad = open_dataset(path)
    assert (good.id, good.problems) == ("a", ())
    assert len(bad.problems) == 1
    assert bad.problems[0].startswith("line 3 is ")
    with pytest.raises(DatasetError, match=r"list\.jsonl: line 3 is"):
        list(iter_rows(path))


def test_lines_of_which_none_is_an_object_are_no_list(tmp_path):
    (tmp_path / "x.jsonl").write_text("a,b\nc,d\n")
    with pytest.raises(DatasetError, match=r"x\.jsonl: no line is a JSON object"):
        open_dataset(tmp_path / "x.jsonl")


def test_rows_of_another_length_are_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,image,note\na,a.nii,x\nb,b.nii\nc,c.nii,x,y\nd,d.nii,x,,\n\ne,e.nii,\n")
    dataset = open_dataset(path)
    assert [sample.id for sample in dataset] == ["a", "b", "c", "d", "e"]
    assert [len(sample.problems) for sample in dataset] == [0, 1, 1, 0, 0]
    assert "row 2 has 2 cells; expected 3" in dataset[1].problems[0]
    assert "row 3 has 4 cells" in dataset[2].problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fixed,moving,FIXED\na.nii,b.nii,c.nii\n", "two columns are named 'fixed'"),
        ("fixed,fixed_image\na.nii,b.nii\n", "'fixed' and 'fixed_image' both are fixed image"),
        ("a.nii.gz,b.nii.gz\nc.nii.gz,d.nii.gz\n", "first row holds the path a.nii.gz"),
        ("sub-01,Good,None\nsub-02,Bad,dark\n", "VisualQC"),
        ("ct_path,mr_path\nx,y\n", "--column fixed_image=COLUMN"),
    ],
)
def test_a_header_that_cannot_be_meant_is_told(tmp_path, text, said):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(DatasetError, match=said):
        open_dataset(tmp_path / "x.csv")


def test_a_byte_order_mark_and_semicolons(tmp_path):
    (tmp_path / "x.csv").write_text("\ufeffid;image\na;a.nii\n", encoding="utf-8")
    assert open_dataset(tmp_path / "x.csv")[0].id == "a"


def test_links_that_lead_to_themselves_are_a_problem_of_their_row(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "x.csv").write_text("id,image,mask\na,loop/x.nii,loop/y\nb,loop,loop/../z.nii\n")
    dataset = open_dataset(tmp_path / "x.csv")
    for sample in dataset:
        with pytest.raises(OSError):
            sample.load()


def test_json_lines_may_be_larger_than_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(json_file, "SIZE_AT_MOST", 100)
    text = '{"image": "a.nii"}\n' * 10
    (tmp_path / "x.jsonl").write_text(text)
    (tmp_path / "x.csv").write_text("image\n" + "a.nii\n" * 100)
    assert len(open_dataset(tmp_path / "x.jsonl")) == 10
    with pytest.raises(DatasetError, match="at most"):
        open_dataset(tmp_path / "x.csv")


def test_parquet_names_its_extra(tmp_path, monkeypatch):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DatasetError, match=r'pip install "napari-medload\[parquet\]"'):
        open_dataset(tmp_path / "x.parquet")


def test_damaged_parquet_is_told(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DatasetError, match=r"x\.parquet: cannot be read"):
        open_dataset(tmp_path / "x.parquet")


# --- cells -----------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=("Cs",)))


@given(st.lists(texts))
def test_texts_that_are_joined_come_apart_again(parts):
    assert parted(joined(parts)) == (tuple(parts) if parts != [""] else ())


@given(st.lists(st.tuples(st.from_regex("[a-z_0-9]+", fullmatch=True), st.just("bytes:0a"))))
def test_hashes_come_back(pairs):
    assert hashes_of(hash_cell(pairs)) == tuple(pairs)


@given(texts)
def test_guards_come_off_and_no_formula_is_left(text):
    cell = guarded(text)
    assert unguarded(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(texts)
def test_a_note_comes_back_through_a_table(text):
    if text.strip() in ("", MISSING):
        return
    file = io.StringIO(newline="")
    csv.writer(file).writerow([guarded(text)])
    file.seek(0)
    assert unguarded(next(csv.reader(file))[0]) == text
