"""Our own lists: CSV, TSV, JSON, JSON Lines, Parquet."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_medload import export, open_dataset
from napari_medload.checks import Finding, Severity
from napari_medload.export import Entry, ExportError, Selection, exporter_named
from napari_medload.export.contract import Target
from napari_medload.export.saving import target_of
from napari_medload.export.tables.delimited import Csv
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample
from napari_medload.loaders.lists.schema import IDENTITY, JUDGED, MISSING, parted, unguarded
from napari_medload.review import Verdict
from tests.session.datasets import ROLES, write_pairs

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet")
every_format = pytest.mark.parametrize("name", FORMATS)


def save(chosen, path, format=None, **how):
    """Save in the format of the suffix: several formats have that of JSON."""
    return export.save(chosen, path, format or path.suffix[1:], **how)


def selection_of(*entries: Entry, root: Path = Path("/data")) -> Selection:
    return Selection(Dataset(root, "paired", tuple(e.sample for e in entries), "world"), entries)


def pair(sample_id: str, folder: str = "/data", **stated) -> Sample:
    sources = {
        role: Source(f"{folder}/{role}s/{len(sample_id)}.nii.gz")
        for role in ("moving_image", "fixed_image")
    }
    return Sample(sample_id, sources, settings=stated or None)


def cells_of(path: Path) -> list[dict[str, str | None]]:
    """Rows of a list by libraries that know nothing of ours; lists as they are, none as None."""
    if path.suffix in (".csv", ".tsv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))
        return [{k: None if v == MISSING else unguarded(v) for k, v in r.items()} for r in rows]
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))["samples"]
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]
    frame = pd.read_parquet(path).astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


# --- what stands in them ---------------------------------------------------------------------


@pytest.fixture
def reviewed(tmp_path):
    """Two pairs with labels; the first judged and checked, the second not."""
    dataset = open_dataset(write_pairs(tmp_path / "brain data", 2, labels=True))
    verdict = Verdict("x", "reject", ("shifted", "a|b"), 'é\n\t, "so"', reviewer="Zoë", time="T")
    finding = Finding("label grid", Severity.ERROR, "label lies 3 mm off, expected 0 | so")
    first = Entry(dataset[0], verdict, (finding,), (("fixed_image", "0a"), ("moving_image", "1b")))
    return Selection(dataset, (first, Entry(dataset[1])))


@every_format
def test_the_cells_by_an_independent_reader(reviewed, tmp_path, name):
    path = tmp_path / f"list.{name}"
    save(reviewed, path)
    first, second = cells_of(path)
    assert list(first) == [*IDENTITY, *ROLES, *JUDGED]
    data = tmp_path / "brain data"
    assert first["sample_id"] == "case00"
    assert first["fixed_image"] == str(data / "fixed_images" / "case00.nii.gz")
    assert first["moving_label"] == str(data / "moving_labels" / "case00.nii.gz")
    assert first["verdict"] == "reject"
    assert first["note"] == 'é\n\t, "so"'
    assert (first["reviewer"], first["time"]) == ("Zoë", "T")
    reasons, findings, hashes = (first[key] for key in ("reasons", "findings", "content_hash"))
    if name in ("json", "jsonl"):
        assert hashes == {"fixed_image": "0a", "moving_image": "1b"}
    else:
        assert hashes == "fixed_image:0a|moving_image:1b"
        reasons, findings = parted(reasons), parted(findings)
    assert list(reasons) == ["shifted", "a|b"]
    assert list(findings) == ["error label grid: label lies 3 mm off, expected 0 | so"]
    assert [key for key, cell in second.items() if cell is not None] == ["sample_id", *ROLES]


def test_pandas_reads_tables(reviewed, tmp_path):
    for name, sep in (("csv", ","), ("tsv", "\t")):
        save(reviewed, tmp_path / f"list.{name}", dictionary=False)
        frame = pd.read_csv(tmp_path / f"list.{name}", sep=sep)
        assert list(frame.sample_id) == ["case00", "case01"]
        assert frame.note[0] == 'é\n\t, "so"'
        assert frame.verdict.isna().tolist() == [False, True]
    (tmp_path / "lines").mkdir()
    save(reviewed, tmp_path / "lines" / "list.jsonl")  # which holds samples alone, told or not
    (tmp_path / "lines" / "list.jsonl").rename(tmp_path / "list.jsonl")
    frame = pd.read_json(tmp_path / "list.jsonl", lines=True)
    assert list(frame.sample_id) == ["case00", "case01"]
    assert frame.reasons[0] == ["shifted", "a|b"]
    save(reviewed, tmp_path / "list.json")
    with open(tmp_path / "list.json", encoding="utf-8") as file:
        frame = pd.DataFrame(json.load(file)["samples"])
    assert list(frame.sample_id) == ["case00", "case01"]
    content = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))
    assert list(pd.DataFrame(content["samples"]).sample_id) == ["case00", "case01"]


def test_the_dictionary_tells_each_column_and_where_the_list_comes_from(reviewed, tmp_path):
    (tmp_path / "lists").mkdir()
    save(reviewed, tmp_path / "lists" / "list.csv", relative_to=tmp_path / "brain data")
    told = json.loads((tmp_path / "lists" / "list.json").read_text(encoding="utf-8"))
    with (tmp_path / "lists" / "list.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    source = told.pop("napari_medload")
    assert list(told) == header
    assert all(described["Description"] for described in told.values())
    assert source["dataset"] == "brain data (paired)"
    assert source["base"] == "../brain data"
    save(reviewed, tmp_path / "lists" / "lines.jsonl", relative_to=tmp_path / "brain data")
    beside = (tmp_path / "lists" / "lines.json").read_text(encoding="utf-8")
    assert json.loads(beside) == {**told, "napari_medload": source}
    path = tmp_path / "lists" / "other.json"
    save(reviewed, path, relative_to=tmp_path / "brain data")
    head = json.loads(path.read_text(encoding="utf-8"))["napari_medload"]
    assert head.pop("dictionary") == told
    assert head == source


def test_roles_stand_in_their_usual_order_and_further_ones_behind(tmp_path):
    roles = ("image_0001", "label", "mask", "image", "warped_image", "transform")
    sample = Sample("a", {role: Source(f"/d/{role}.nii.gz") for role in roles})
    save([sample], tmp_path / "list.csv")
    header = (tmp_path / "list.csv").read_text().partition("\n")[0].split(",")
    assert header[4:10] == ["image", "label", "image_0001", "mask", "warped_image", "transform"]
    assert (tuple(header[:4]), tuple(header[10:])) == (IDENTITY, JUDGED)


# --- round trips -------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NOTE = TEXT | st.sampled_from(("=1+1", "'=", "-x", "@a", "\t", "a\r\nb", '"', "n/a ", "a,b;c\td"))


@every_format
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(NOTE, st.lists(NOTE.filter(bool), max_size=3)), min_size=1, max_size=4))
def test_whatever_a_reviewer_writes_is_read_back(name, said):
    entries = [
        Entry(pair(f"a{n}"), Verdict("", "accept", tuple(reasons), note))
        for n, (note, reasons) in enumerate(said)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list.{name}"
        save(selection_of(*entries), path)
        rows = cells_of(path)
    for row, (note, reasons) in zip(rows, said, strict=True):
        assert (row["note"] or "") == ("" if note == MISSING else note)
        found = row["reasons"] or ()
        assert list(parted(found) if isinstance(found, str) else found) == reasons


@every_format
@pytest.mark.parametrize(
    "sample_id", ["=1+1", "+a", "-b", "@c", "'=d", "e,f;g", 'h "i"', "Zoë/1", "x\ny"]
)
def test_hard_ids_are_opened_again(tmp_path, name, sample_id):
    save(selection_of(Entry(pair(sample_id))), tmp_path / f"list.{name}")
    (sample,) = open_dataset(tmp_path / f"list.{name}")
    assert sample.id == sample_id


@every_format
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize(
    "place",
    ["=a/b.nii.gz", "-b.nii.gz", "@ ü/+.nii.gz", "~/x.nii.gz", "a\nb.nii.gz", "a,b.nii", " c.nii"],
)
def test_hard_paths_are_opened_again_and_no_formulas(tmp_path, name, relative, place):
    path, list_path = tmp_path / place, tmp_path / f"list.{name}"
    path.parent.mkdir(exist_ok=True)
    path.touch()
    sample = Sample("a", {"image": Source(path)})
    save([sample], list_path, relative_to=tmp_path if relative else None)
    (row,) = cells_of(list_path)
    assert row["image"][0] in "./" or row["image"][0].isalpha()
    (found,) = open_dataset(list_path)
    assert os.path.normpath(found.sources["image"].file) == str(path)


@every_format
def test_keys_series_and_further_roles_are_opened_again(tmp_path, name):
    sources = {
        "fixed_image": Source("/d/images.h5", "group-1-2"),
        "moving_image": Source("/d/series", "1.2.840.113619.2.1"),
        "mask": Source("/d/mask.nii.gz"),
        "warped_image": Source("/d/warped.nii.gz"),
        "transform": Source("/d/x.tfm"),
        "fixed_landmarks": Source("/d/x.fcsv"),
    }
    save([Sample("a", sources, "g", "train")], tmp_path / f"list.{name}")
    (found,) = open_dataset(tmp_path / f"list.{name}")
    assert dict(found.sources) == sources
    assert (found.id, found.group, found.split) == ("a", "g", "train")


@every_format
def test_samples_that_lack_a_role(tmp_path, name):
    whole, half = pair("a"), Sample("b", {"fixed_image": Source("/data/x.nii.gz")})
    save(selection_of(Entry(whole), Entry(half)), tmp_path / f"list.{name}")
    found = open_dataset(tmp_path / f"list.{name}")
    assert [sorted(sample.sources) for sample in found] == [
        ["fixed_image", "moving_image"],
        ["fixed_image"],
    ]


@every_format
def test_an_opened_list_keeps_its_own_columns_and_verdicts(tmp_path, name):
    """From a table that people made to a list of ours, and to another, without a loss."""
    text = "id,fixed,moving,Age,scanner,verdict,reasons,note\n"
    text += 'a,a.nii,b.nii,34,"GE, 3 T",reject,shifted|other,so\nb,a.nii,c.nii,,Siemens,,,\n'
    (tmp_path / "people.csv").write_text(text)
    save(open_dataset(tmp_path / "people.csv"), tmp_path / f"first.{name}")
    save(open_dataset(tmp_path / f"first.{name}"), tmp_path / "second.csv")
    first, second = cells_of(tmp_path / "second.csv")
    told = {key.lower(): cell for key, cell in first.items()}
    assert (told["age"], told["scanner"], told["verdict"]) == ("34", "GE, 3 T", "reject")
    assert (told["reasons"], told["note"]) == ("shifted|other", "so")
    assert {key.lower(): cell for key, cell in second.items()}["scanner"] == "Siemens"
    assert second["verdict"] is None


def test_a_new_verdict_goes_before_that_of_the_list(tmp_path):
    (tmp_path / "l.csv").write_text("id,fixed,moving,verdict,note\na,a.nii,b.nii,reject,old\n")
    dataset = open_dataset(tmp_path / "l.csv")
    entries = (Entry(dataset[0], Verdict("a", "accept")),)
    save(Selection(dataset, entries), tmp_path / "new.csv")
    (row,) = cells_of(tmp_path / "new.csv")
    assert (row["verdict"], row["note"]) == ("accept", None)


# --- the dictionary's place --------------------------------------------------------------------


def test_no_list_is_overwritten_by_a_dictionary(tmp_path):
    chosen = selection_of(Entry(pair("a")))
    save(chosen, tmp_path / "list.json")
    before = (tmp_path / "list.json").read_bytes()
    with pytest.raises(ExportError, match=r"list\.json is there already and is no data dictionary"):
        save(chosen, tmp_path / "list.csv")
    save(chosen, tmp_path / "list.csv", dictionary=False)
    assert (tmp_path / "list.json").read_bytes() == before


def test_no_dictionary_is_overwritten_by_a_list(tmp_path):
    chosen = selection_of(Entry(pair("a")))
    save(chosen, tmp_path / "list.csv")
    with pytest.raises(ExportError, match="is the data dictionary of the list beside it"):
        save(chosen, tmp_path / "list.json", "json")
    assert len(open_dataset(tmp_path / "list.csv")) == 1


def test_a_dictionary_of_another_list_is_told(tmp_path):
    chosen = selection_of(Entry(pair("a")))
    save(chosen, tmp_path / "list.csv")
    saved = save(chosen, tmp_path / "list.csv", dictionary=False)
    assert "describes another list" in str(saved)
    with pytest.raises(ExportError, match=r"list\.json is there already and describes another"):
        save(chosen, tmp_path / "list.tsv")


def test_a_base_that_only_the_dictionary_tells_is_told(tmp_path):
    chosen = selection_of(Entry(pair("a")))
    saved = save(chosen, tmp_path / "l.csv", relative_to="/", dictionary=False)
    assert "only the dictionary says so" in str(saved)
    assert "says so" not in str(save(chosen, tmp_path / "l.csv", relative_to="/"))


def test_names_that_lead_elsewhere_are_told(tmp_path):
    samples = [
        Sample("hash", {"image": Source("/d/a.h5#1.h5", "x")}),
        Sample("odd", {"image": Source("/d/a.hdf", "x")}),
        Sample("slices", {"image": Source("/d/1.h5", slices=("1.h5", "2.h5"))}),
        Sample("good", {"image": Source("/d/a.h5", "x"), "label": Source("/d/a#b.nii.gz")}),
    ]
    warnings = save(samples, tmp_path / "list.csv").warnings
    told = {warning.sentence[:30]: warning.samples for warning in warnings}
    assert told["files whose names hold a #, or"] == ("hash", "odd")
    assert told["volumes of one file a slice ar"] == ("slices",)


# --- proof -------------------------------------------------------------------------------------


def spoilt(exporter, change):
    """The same format on a disk that changes what is written."""

    class Spoilt(type(exporter)):
        def write(self, selection, target, aside):
            super().write(selection, target, aside)
            change(aside)

    return Spoilt()


def cut(share):
    def change(path):
        os.truncate(path, int(path.stat().st_size * share))

    return change


def exported(exporter, chosen, tmp_path):
    path = tmp_path / f"list{exporter.suffixes[0]}"
    target = target_of(exporter, path, None, {})
    exporter.write(chosen, target, path)
    exporter.prove(chosen, target, path)


@every_format
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_list_that_lost_its_end_is_not_saved(tmp_path, name, share):
    chosen = selection_of(*(Entry(pair("a" * (1 + n))) for n in range(30)))
    exported(exporter_named(name), chosen, tmp_path)
    with pytest.raises(ExportError, match=r"list.*Nothing has been saved"):
        exported(spoilt(exporter_named(name), cut(share)), chosen, tmp_path)


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "jsonl"])
def test_what_differs_is_named(tmp_path, name):
    def change(path):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("second note", "second vote"), encoding="utf-8")

    entries = [
        Entry(pair("a" * (1 + n)), Verdict("", "accept", note=f"{word} note"))
        for n, word in enumerate(("first", "second", "third"))
    ]
    with pytest.raises(
        ExportError, match=r"sample 'aa' .*'second vote' as its note.*'second note'"
    ):
        exported(spoilt(exporter_named(name), change), selection_of(*entries), tmp_path)


@pytest.mark.parametrize("name", ["csv", "tsv", "jsonl"])
def test_a_row_too_many_is_found(tmp_path, name):
    def change(path):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join((*lines, lines[-1])), encoding="utf-8")

    with pytest.raises(ExportError, match="more rows"):
        exported(spoilt(exporter_named(name), change), selection_of(Entry(pair("a"))), tmp_path)


def test_a_damaged_dictionary_is_found(tmp_path):
    def change(path):
        cut(0.9)(path.with_suffix(".json"))

    with pytest.raises(ExportError, match="read back"):
        exported(spoilt(Csv(), change), selection_of(Entry(pair("a"))), tmp_path)


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "jsonl"])
@pytest.mark.parametrize("number", [0, 999, 1000, 2345])
def test_a_row_that_changed_among_many_is_named(tmp_path, name, number):
    """Rows are compared some at a time: the first, the last of a part, the first of the next."""

    def change(path):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f"/data/{number:05}.nii", f"/data/{number:05}.mgz"))

    samples = [Sample(f"s{n:05}", {"image": Source(f"/data/{n:05}.nii")}) for n in range(2_500)]
    with pytest.raises(ExportError, match=rf"sample 's{number:05}' .*\.mgz' as its image"):
        exported(spoilt(exporter_named(name), change), selection_of(*map(Entry, samples)), tmp_path)


@pytest.mark.parametrize("sign", ['"', ",", "\n"])
def test_a_table_with_a_sign_too_many_is_not_saved(tmp_path, sign):
    def change(path):
        text = path.read_text(encoding="utf-8")
        place = text.index("s01500") + 3
        path.write_text(text[:place] + sign + text[place:], encoding="utf-8")

    samples = [Sample(f"s{n:05}", {"image": Source(f"/data/{n:05}.nii")}) for n in range(2_500)]
    with pytest.raises(ExportError, match=r"s01500|read back"):
        exported(spoilt(Csv(), change), selection_of(*map(Entry, samples)), tmp_path)


def test_a_table_is_proved_by_who_did_not_write_it(tmp_path):
    chosen = selection_of(*(Entry(pair("a" * (1 + n))) for n in range(3)))
    save(chosen, path := tmp_path / "list.csv")
    target = target_of(Csv(), path, None, {})
    Csv().prove(chosen, target, path)
    path.write_text(path.read_text().replace("\naa,", "\nab,"))
    with pytest.raises(ExportError, match=r"sample 'aa' .*'ab' as its sample_id"):
        Csv().prove(chosen, target, path)


# --- many --------------------------------------------------------------------------------------


@every_format
def test_many_samples_in_parts(tmp_path, name):
    """More than are made at once, the last part not full."""
    entries = [
        Entry(Sample(f"s{n:05}", {"image": Source(f"/d/{n // 1000}/{n}.nii.gz")}))
        for n in range(5_003)
    ]
    save(selection_of(*entries), tmp_path / f"list.{name}")
    rows = cells_of(tmp_path / f"list.{name}")
    assert [row["sample_id"] for row in rows] == [entry.sample.id for entry in entries]
    assert rows[-1]["image"] == "/d/5/5002.nii.gz"


def test_a_table_is_that_of_the_csv_module(tmp_path):
    cells = ["a", "b,c", 'd"e', "f\ng", "h\ri", "", " j ", "'k", "=l", "\t"]
    entries = [Entry(pair(f"x{n}"), Verdict("", "accept", note=n_)) for n, n_ in enumerate(cells)]
    for name, delimiter in (("csv", ","), ("tsv", "\t")):
        path = tmp_path / f"list.{name}"
        save(selection_of(*entries), path, dictionary=False)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter=delimiter))
        with (tmp_path / "peer").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
        ends = (tmp_path / "peer").read_bytes().replace(b"\r\n", b"\n")
        assert path.read_bytes() == ends


def test_notes_with_half_characters_are_spelt_out(tmp_path):
    entry = Entry(pair("a"), Verdict("", "accept", note="x\ud800"))
    for name in FORMATS:
        save(selection_of(entry), tmp_path / f"l{name}.{name}")
        assert cells_of(tmp_path / f"l{name}.{name}")[0]["note"] == "x\\ud800"


@every_format
def test_reasons_and_facts_that_no_list_can_hold_are_spelt_out(tmp_path, name):
    said = Verdict("", "accept", ("x\0y", "\udc80|\\"))
    save(selection_of(Entry(pair("a", own="\udc80\0"), said)), tmp_path / f"l.{name}")
    again = open_dataset(tmp_path / f"l.{name}")
    assert again[0].settings["own"] == "\\udc80\\0"
    assert export.reviewed(again)[0].verdict.reasons == ("x\\0y", "\\udc80|\\")


@every_format
def test_roles_and_own_columns_are_opened_again_whatever_they_look_like(tmp_path, name):
    sources = {"image": Source("/d/a.nii"), "mask": Source("/d/IM0001"), "images": Source("/d/b")}
    own = {"scan": "s.nii.gz", "label": "2.5", "transform": "none yet", "moving": "no"}
    save([Sample("a", sources, settings=own)], tmp_path / f"l.{name}")
    (found,) = open_dataset(tmp_path / f"l.{name}")
    assert dict(found.sources) == sources and dict(found.settings) == own


def test_a_target_of_another_format_names_the_remedy(tmp_path):
    with pytest.raises(ExportError, match=r"JSON list is kept in files named \.json.*x\.json"):
        save(selection_of(Entry(pair("a"))), tmp_path / "x.csv", "json")
    assert Target(tmp_path / "x").base is None


@pytest.mark.parametrize("name", ["csv", "tsv", "json", "jsonl", "parquet", "monai", "torchio"])
def test_checked_and_clean_is_not_the_same_as_not_checked(tmp_path, name):
    """Findings that are empty, missing or there are so again, however often it is opened."""
    pairs = open_dataset(write_pairs(tmp_path / "data", 3))
    bad = Finding("flip suspect", Severity.WARNING, "flip suspect: left and right")
    findings = [(), None, (bad,)]
    chosen = [Entry(s, findings=f) for s, f in zip(pairs, findings, strict=True)]
    path = tmp_path / f"first.{name if name in SUFFIXES else 'json'}"
    saved = export.save(chosen, path, name, ask=False)
    assert saved.warnings == ()
    export.save(open_dataset(path), tmp_path / "again.csv")
    with (tmp_path / "again.csv").open(newline="", encoding="utf-8") as file:
        found = [row["findings"] for row in csv.DictReader(file)]
    assert found == ["", "n/a", "warning flip suspect: left and right"]


SUFFIXES = ("csv", "tsv", "json", "jsonl", "parquet")


@every_format
def test_a_note_longer_than_readers_of_tables_take(tmp_path, name):
    said = Verdict("b", "accept", note="long, " * 30_000, reviewer="r")
    chosen = selection_of(Entry(pair("a")), Entry(pair("b"), said))
    path = tmp_path / f"list.{name}"
    if name in ("csv", "tsv"):
        with pytest.raises(ExportError, match=r"'b' has 180,000 characters as its note.*JSON"):
            save(chosen, path)
        assert not any(tmp_path.iterdir())
    else:
        save(chosen, path)
        assert export.reviewed(open_dataset(path))[1].verdict.note == said.note


@every_format
def test_a_file_that_is_named_by_a_way_back_out_of_a_link(tmp_path, name):
    """``ln/../scan.nii`` lies beside the folder that the link leads to, not beside the link."""
    (tmp_path / "far" / "deep").mkdir(parents=True)
    (tmp_path / "ln").symlink_to("far/deep")
    for folder in (tmp_path, tmp_path / "far"):
        (folder / "scan.nii").write_text(folder.name)
    sample = Sample("a", {"image": Source(f"{tmp_path}/ln/../scan.nii")})
    path = tmp_path / f"list.{name}"
    for how in ({}, {"relative_to": tmp_path}):
        save(selection_of(Entry(sample), root=tmp_path), path, **how)
        (read,) = open_dataset(path)
        assert Path(read.sources["image"].file).read_text() == "far"


@pytest.mark.parametrize("saved_in", ["real/lists", "ln/lists"])
@pytest.mark.parametrize("opened_in", ["real/lists", "ln/lists"])
@every_format
def test_relative_paths_hold_through_links(tmp_path, name, saved_in, opened_in):
    (tmp_path / "far" / "real" / "lists").mkdir(parents=True)
    (tmp_path / "far" / "real" / "scan.nii").touch()
    (tmp_path / "real").symlink_to("far/real")
    (tmp_path / "ln").symlink_to(tmp_path / "real")
    scan = tmp_path / "real" / "scan.nii"
    chosen = selection_of(Entry(Sample("a", {"image": Source(scan)})), root=tmp_path)
    save(chosen, tmp_path / saved_in / f"list.{name}", relative_to=tmp_path / "real")
    (read,) = open_dataset(tmp_path / opened_in / f"list.{name}")
    assert os.path.samefile(read.sources["image"].file, scan)


def test_a_place_that_is_named_with_dots_is_the_folder_of_the_list(tmp_path, monkeypatch):
    for folder in ("data", "here"):
        (tmp_path / folder).mkdir()
    (tmp_path / "data" / "scan.nii").touch()
    monkeypatch.chdir(tmp_path / "here")
    sample = Sample("a", {"image": Source(tmp_path / "data" / "scan.nii")})
    chosen = selection_of(Entry(sample), root=tmp_path / "data")
    saved = export.save(
        chosen, "../list.csv", relative_to=tmp_path, dictionary=False, overwrite=True
    )
    assert saved.warnings == () and saved.path == tmp_path / "list.csv"
