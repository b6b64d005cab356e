"""What stands against any export: the samples as a whole, their files, and the target."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

import pytest

from napari_medload import export
from napari_medload.export import Entry, ExportError, Selection
from napari_medload.export.general import general_remarks
from napari_medload.export.saving import target_of
from napari_medload.export.tables.delimited import Csv
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample, open_dataset


class Trained(Csv):
    """A format that a program trains from."""

    needs_files: ClassVar[bool] = True


def chosen(*samples: Sample, how=()) -> Selection:
    return Selection(Dataset(Path("/d"), "list", samples), tuple(map(Entry, samples)), how)


def image(sample_id: str, *paths) -> Sample:
    roles = ("image", "label", "mask")
    return Sample(sample_id, {role: Source(p) for role, p in zip(roles, paths, strict=False)})


def told(selection, tmp_path, exporter=None, base=None, name="l.csv"):
    exporter = exporter or Csv()
    target = target_of(exporter, tmp_path / name, base, {})
    return list(general_remarks(exporter, selection, target))


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.nii.gz"
    path.touch()
    return path


def test_nothing_is_said_of_what_is_well(tmp_path, good):
    assert told(chosen(image("a", good), image("b", good, good)), tmp_path) == []


def test_zero_samples_say_how_they_were_chosen(tmp_path):
    (remark,) = told(chosen(how=("verdict accept", "split test")), tmp_path)
    assert remark.gravity == "error"
    assert "no sample is left to export (verdict accept, split test)" in remark.sentence


def test_two_samples_with_one_id_are_named_once(tmp_path, good):
    names = ("a", "b", "a", "c", "b", "a")
    (remark,) = told(chosen(*(image(name, good) for name in names)), tmp_path)
    assert (remark.gravity, remark.samples) == ("error", ("a", "b"))


@pytest.mark.parametrize(("exporter", "gravity"), [(Csv(), "warning"), (Trained(), "error")])
def test_files_that_are_not_there_or_out_of_reach(tmp_path, good, exporter, gravity):
    loop, pipe, broken = tmp_path / "loop.nii", tmp_path / "pipe.nii", tmp_path / "broken.nii"
    loop.symlink_to(loop.name)
    os.mkfifo(pipe)
    broken.symlink_to("nowhere")
    linked = tmp_path / "linked.nii"
    linked.symlink_to(good)
    selection = chosen(
        image("good", good, linked),
        image("gone", good, tmp_path / "no" / "x.nii"),
        image("loop", loop),
        image("pipe", pipe),
        image("broken", broken),
        image("below", good / "x.nii"),
        image("folder", tmp_path),
        image("none"),
    )
    found = {
        remark.sentence.split(" (")[0]: remark for remark in told(selection, tmp_path, exporter)
    }
    absent, beyond = found["files are not there"], found["files can't be reached"]
    assert absent.samples == ("gone", "broken", "below")
    assert str(tmp_path / "no" / "x.nii") in absent.sentence
    assert beyond.samples == ("loop", "pipe")
    assert "symbolic links" in beyond.sentence
    assert found.pop("samples have no file; expected at least one each. Leave them out, or add "
                     "their files").samples == ("none",)  # fmt: skip
    assert {remark.gravity for remark in found.values()} == {gravity}
    assert len(found) == 2


def test_the_list_is_saved_with_a_warning_that_names_the_samples(tmp_path, good):
    saved = export.save(chosen(image("a", good), image("b", "/no/x.nii")), tmp_path / "l.csv")
    assert "warning: files are not there (first: /no/x.nii)" in str(saved)
    assert str(saved).rstrip().endswith("(b)")


def test_a_slice_that_is_not_there(tmp_path):
    (tmp_path / "1.h5").touch()
    stack = Source(tmp_path / "1.h5", slices=("1.h5", None, "3.h5"))
    (remark,) = told(chosen(Sample("a", {"image": stack})), tmp_path)
    assert "3.h5" in remark.sentence


def test_files_outside_the_base_are_named_by_their_samples(tmp_path, good):
    inside = tmp_path / "data" / "x.nii"
    inside.parent.mkdir()
    inside.touch()
    selection = chosen(image("in", inside), image("out", inside, good))
    (remark,) = told(selection, tmp_path, base=inside.parent)
    assert (remark.gravity, remark.samples) == ("warning", ("out",))
    assert str(good) in remark.sentence
    assert told(selection, tmp_path, base=tmp_path) == []


def test_names_with_line_breaks_are_told(tmp_path):
    path = tmp_path / "a\nb.nii"
    path.touch()
    (remark,) = told(chosen(image("a", path)), tmp_path)
    assert remark.gravity == "warning"
    assert "line breaks" in remark.sentence
    assert "\n" not in remark.sentence


def test_names_that_are_no_text_are_an_error(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.nii")
    Path(path).touch()
    with pytest.raises(ExportError, match=r"no text in UTF-8.*\\udcff"):
        export.save(chosen(image("a", path)), tmp_path / "l.csv")


def test_a_file_is_asked_for_once_at_most(tmp_path, monkeypatch):
    (tmp_path / "there.nii").touch()
    (tmp_path / "link.nii").symlink_to("there.nii")
    paths = [tmp_path / name for name in ("there.nii", "link.nii", "gone.nii")]
    asked, real = [], os.stat
    monkeypatch.setattr(
        os, "stat", lambda path, **how: asked.append(str(path)) or real(path, **how)
    )
    told(chosen(*(image(f"s{n}", *paths) for n in range(50))), tmp_path)
    about = [path for path in asked if path in set(map(str, paths))]
    assert sorted(about) == sorted(set(about))
    assert str(paths[0]) not in about


# --- the target ------------------------------------------------------------------------------


def test_a_folder_in_place_of_the_list(tmp_path, good):
    (tmp_path / "lists.csv").mkdir()
    with pytest.raises(ExportError, match=r"lists\.csv is a folder; expected the name of a file"):
        export.save(chosen(image("a", good)), tmp_path / "lists.csv", "csv")
    assert os.listdir(tmp_path / "lists.csv") == []


def test_a_suffix_that_does_not_fit_names_the_remedy(tmp_path, good):
    with pytest.raises(ExportError, match=r"files named \.json; found the name 'x\.csv'.*x\.json"):
        export.save(chosen(image("a", good)), tmp_path / "x.csv", "json")


def test_a_missing_folder_is_named(tmp_path, good):
    with pytest.raises(ExportError, match=f"there is no folder {tmp_path / 'no'}; make it"):
        export.save(chosen(image("a", good)), tmp_path / "no" / "x.csv")
    with pytest.raises(ExportError, match=f"there is no folder {tmp_path / 'no'} that paths could"):
        export.save(chosen(image("a", good)), tmp_path / "x.csv", relative_to=tmp_path / "no")
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.parametrize("given", [None, 3, "pairs", [None], ["a.nii"]])
def test_what_is_no_sample_is_told(tmp_path, given):
    with pytest.raises(ExportError, match=r"cannot export .*; expected a dataset, or samples of"):
        export.save(given, tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("itksnap", {"overlay_opacity": 7.0}),
        ("mrml", {"moving_opacity": -0.1}),
        ("deepreg", {"intra_group_prob": float("nan")}),
    ],
)
def test_a_number_out_of_range_is_told(tmp_path, good, name, options):
    path = tmp_path / f"x{export.exporter_named(name).suffixes[0]}"
    (option,) = options
    with pytest.raises(ExportError, match=rf"{option} is .*; expected 0 to 1"):
        export.save([image("a", good)], path, name, **options)


def test_rows_with_one_id_are_named_when_exported(tmp_path, good):
    (tmp_path / "two.csv").write_text(f"sample_id,image\na,{good}\na,{good}\nb,{good}\n")
    saved = export.save(open_dataset(tmp_path / "two.csv"), tmp_path / "l.csv")
    (warning,) = saved.warnings
    assert "had an id that another has too" in warning.sentence
    assert warning.samples == ("a#2",)


def test_a_list_whose_columns_nobody_knows_is_told(tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.nii.gz").touch()
    path = tmp_path / "own.csv"
    path.write_text("CT_Datei;Kontur\n0.nii.gz;1.nii.gz\n", encoding="utf-8")
    saved = export.save(open_dataset(path), tmp_path / "out.csv")
    (warning,) = saved.warnings
    assert "found CT_Datei, Kontur" in str(warning) and "--column fixed_image=NAME" in str(warning)
    known = open_dataset(path, columns={"image": "CT_Datei"})
    assert export.save(known, tmp_path / "known.csv").warnings == ()
