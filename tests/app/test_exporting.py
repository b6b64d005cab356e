"""``napari-medload export``, as a person types it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from napari_medload import open_dataset
from napari_medload.app.cli import main
from napari_medload.app.typed_options import OptionError, as_option_values, option_lines
from napari_medload.export import format_names
from napari_medload.loaders.identity import dataset_id
from napari_medload.review import Review, Verdict
from tests.session.datasets import write_pairs


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture
def folder(tmp_path):
    """Six pairs in a folder with a space; three accepted, one rejected."""
    folder = write_pairs(tmp_path / "the pairs", 6)
    review = Review(tmp_path / "the pairs_review", dataset_id(open_dataset(folder)), "Anna")
    for number, said in enumerate(["accept", "accept", "accept", "reject"]):
        review.save(Verdict(f"case0{number}", said, ("flipped",) if said == "reject" else ()))
    return folder


@pytest.fixture
def export(folder, capsys):
    """Run the command; exit code, output and errors."""

    def run(*arguments, path=folder):
        code = main(["export", str(path), *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_was_accepted_is_saved_and_told(export, tmp_path):
    out = tmp_path / "lists" / "list.csv"
    out.parent.mkdir()
    code, told, errors = export("--verdict", "accept", "-o", out)
    assert (code, errors) == (0, "")
    assert told.startswith(f"{out}: 3 samples, read back\n")
    assert [row["sample_id"] for row in rows(out)] == ["case00", "case01", "case02"]
    assert {row["reviewer"] for row in rows(out)} == {"Anna"}


def test_the_list_is_browsed_again(export, tmp_path, folder):
    out = tmp_path / "list.csv"
    assert export("--verdict", "reject", "-o", out)[0] == 0
    again = open_dataset(out)
    assert [sample.id for sample in again] == ["case03"]
    assert again[0].sources["fixed_image"].path == folder / "fixed_images" / "case03.nii.gz"


def test_conditions_verdicts_and_samples(export, tmp_path):
    out = tmp_path / "list.csv"
    asked = ["--verdict", "accept", "--verdict", "reject", "--where", "reasons=n/a"]
    assert export(*asked, "--sample", "case01", "--sample", "case03", "-o", out)[0] == 0
    assert [row["sample_id"] for row in rows(out)] == ["case01"]


def test_a_format_with_options_and_relative_paths(export, tmp_path, folder):
    out = tmp_path / "list.json"
    code, told, _ = export(
        "--format", "monai", "--verdict", "accept", "-o", out, "--relative-to", tmp_path,
        "--option", "list-key=cases", "--no-ask",
    )  # fmt: skip
    assert code == 0, told
    cases = json.loads(out.read_text())["cases"]
    assert cases[0]["fixed_image"] == "the pairs/fixed_images/case00.nii.gz"


def test_any_list_is_exported_by_columns_that_are_named(export, tmp_path, folder):
    anybody = tmp_path / "anybody.csv"
    lines = ["ct,mr,fold"]
    lines += [f"{folder}/fixed_images/case0{n}.nii.gz,{folder}/moving_images/case0{n}.nii.gz,{n}"
              for n in range(2)]  # fmt: skip
    anybody.write_text("\n".join(lines) + "\n")
    out = tmp_path / "out.csv"
    named = ["--column", "fixed_image=ct", "--column", "moving_image=mr", "--column", "split=fold"]
    code, told, errors = export(*named, "-o", out, path=anybody)
    assert (code, errors) == (0, ""), told
    assert [row["split"] for row in rows(out)] == ["0", "1"]
    assert rows(out)[1]["fixed_image"] == str(folder / "fixed_images" / "case01.nii.gz")
    code, _, errors = export("--column", "fixed_image=cd", "-o", out, path=anybody)
    assert code == 1 and "no column is named 'cd'; found ct, mr, fold." in errors
    code, _, errors = export(*named, "-o", out)
    assert code == 1 and "expected a list" in errors


def test_splits_are_made_and_reported(export, tmp_path):
    out = tmp_path / "list.csv"
    shares = "train=.5,val=.25,test=.25"
    asked = ["--make-splits", shares, "--by", "sample", "--seed", "4", "--report", "-o", out]
    code, told, _ = export(*asked)
    assert code == 0 and "no leak was found: no file stands in two splits" in told
    assert "nothing to compare by subject" in told and "subjects" not in told
    first = {row["sample_id"]: row["split"] for row in rows(out)}
    assert sorted(first.values()).count("train") == 3 and set(first.values()) == {
        "train",
        "val",
        "test",
    }
    export(*asked)
    assert {row["sample_id"]: row["split"] for row in rows(out)} == first


def test_a_leak_is_told_where_it_is_saved_and_reported_alone(export, tmp_path, folder):
    table = tmp_path / "leaking.csv"
    lines = ["sample_id,subject_id,split,fixed_image,moving_image"]
    for number, split in enumerate(["train", "train", "test"]):
        name = f"case0{number}.nii.gz"
        lines.append(
            f"s{number},anna,{split},{folder}/fixed_images/{name},{folder}/moving_images/{name}"
        )
    table.write_text("\n".join(lines) + "\n")
    code, told, _ = export("-o", tmp_path / "out.csv", path=table)
    assert code == 0
    assert "warning: leak: 1 subject stands in two splits (train and test): anna" in told
    assert "(s0, s1, s2)" in told
    code, told, _ = export("--report", path=table)
    assert code == 0 and told.startswith("train: 2 samples, 1 subject\ntest: 1 sample")
    assert "leak: 1 subject" in told


def test_a_dry_run_shows_and_saves_nothing(export, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    code, told, _ = export("--verdict", "accept", "-o", tmp_path / "list.csv", "--dry-run")
    assert code == 0 and "3 samples as CSV table; nothing is saved" in told
    assert "sample_id,subject_id" in told and "case02" in told
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dry_run_says_that_there_is_no_such_folder(export, tmp_path):
    code, _, errors = export("-o", tmp_path / "nowhere" / "list.csv", "--dry-run")
    assert code == 1 and f"there is no folder {tmp_path / 'nowhere'}; make it" in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--verdict", "unsure"], "no sample is left to export (verdict unsure)"),
        (["--reviewer", "Ana"], "Did you mean 'Anna'"),
        (["--where", "mood=good"], "no column 'mood'"),
        (["--split", "train"], "no split 'train'"),
        (["--make-splits", "a=.5,b=.2"], "add up to 0.7; expected 1"),
        (["--make-splits", "a=.5,b=.5", "--stratify", "mood"], "no column 'mood'"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_saved(export, tmp_path, arguments, says):
    out = tmp_path / "list.csv"
    out.write_text("old")
    code, told, errors = export(*arguments, "-o", out)
    assert (code, told) == (1, "") and says in errors
    assert out.read_text() == "old"


def test_no_dataset_is_told(export, tmp_path):
    code, _, errors = export("-o", tmp_path / "x.csv", path=tmp_path / "nowhere")
    assert code == 1 and "nowhere: no such file or folder" in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "-o is missing"),
        (["-o", "x.csv", "--format", "cvs"], "Did you mean 'csv'"),
        (["-o", "x.json"], "several formats have"),
        (["-o", "x.csv", "--where", "verdict"], "is no condition"),
        (["-o", "x.csv", "--make-splits", "train"], "'train' is no share"),
        (["-o", "x.csv", "--make-splits", "a=1,a=2"], "'a=2' is no share of a split of its own"),
        (["-o", "x.csv", "--make-splits", ""], "'' is no share"),
        (["-o", "x.csv", "--seed", "4"], "--seed says how splits are made, and none are asked"),
        (["-o", "x.csv", "--stratify", "age"], "--stratify says how splits are made"),
        (["-o", "x.csv", "--column", "fixed_image"], "expected ROLE=COLUMN"),
        (["-o", "x.csv", "--column", "split=a", "--column", "split=b"], "split is 'a' already"),
        (["-o", "x.csv", "--option", "dictionary=perhaps"], "expected dictionary= and true or"),
        (["-o", "x.csv", "--option", "dictonary=no"], "Did you mean 'dictionary'"),
    ],
)
def test_a_command_that_is_not_understood_exits_with_2(export, arguments, says):
    code, told, errors = export(*arguments)
    assert (code, told) == (2, "") and says in errors


def test_help_lists_all_formats(capsys):
    with pytest.raises(SystemExit) as left:
        main(["export", "--help"])
    told = capsys.readouterr().out
    assert left.value.code == 0
    assert all(f"  {name} " in told for name in format_names())
    assert "dictionary=true: true or false" in told


def test_as_a_process_of_its_own(folder, tmp_path):
    out = tmp_path / "ä list.csv"
    run = subprocess.run(
        [sys.executable, "-m", "napari_medload", "export", folder, "--verdict=accept", "-o", out],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert f"{out}: 3 samples, read back" in run.stdout.decode()
    assert len(rows(out)) == 3


# --- options by their types ------------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    count: int = 0
    share: float = 0.5
    full: bool = False
    how: Literal["link", "copy"] = "link"
    roles: tuple[str, ...] = ()
    seed: int | None = None
    where: Path = Path("x")
    names: dict[str, str] = field(default_factory=dict)
    title: str = ""


class Sorts:
    name = "sorts"
    title = "All sorts"
    options = Options


def test_options_are_read_by_their_types():
    given = ["count=5", "share=.25", "full=yes", "how=copy", "roles=a, b", "seed=7"]
    given += ["where=/a b", "names=x:1,y:2", "title=a=b"]
    assert Options(**as_option_values(Sorts(), given)) == Options(
        5, 0.25, True, "copy", ("a", "b"), 7, Path("/a b"), {"x": "1", "y": "2"}, "a=b"
    )
    assert as_option_values(Sorts(), ["seed=none"]) == {"seed": None}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("count=many", "a whole number"),
        ("how=move", "one of link, copy"),
        ("full", "true or false"),
        ("seed=x", "a whole number or none"),
        ("names=x", "KEY:VALUE"),
    ],
)
def test_an_option_of_another_type_is_told(given, says):
    with pytest.raises(OptionError, match=says):
        as_option_values(Sorts(), [given])


def test_options_are_listed_with_their_usual_values():
    lines = option_lines(Sorts())
    assert lines[3] == "how=link: one of link, copy"
    assert lines[5] == "seed=none: a whole number or none"


def test_only_what_was_exported_here_is_replaced_unasked(export, tmp_path):
    out = tmp_path / "precious.csv"
    out.write_text("mine")
    code, _, errors = export("-o", out)
    assert code == 1 and "--overwrite" in errors and out.read_text() == "mine"
    code, told, _ = export("-o", out, "--overwrite")
    assert code == 0 and "it is replaced" in told
    code, told, _ = export("-o", out)
    assert code == 0 and "replaced" not in told
    code, _, errors = export("-o", out, path=out)
    assert code == 1 and "were opened from" in errors


def test_empty_columns_have_a_hint(export, tmp_path):
    out = tmp_path / "l.csv"
    hint = "findings and hashes are n/a: --findings headers and --hash make them"
    assert hint in export("-o", out)[1]
    assert hint not in export("-o", out, "--findings", "headers")[1]


def test_a_leak_that_was_reported_is_not_told_twice(export, tmp_path, folder):
    table = tmp_path / "leaking.csv"
    lines = ["sample_id,subject_id,split,fixed_image,moving_image"]
    for number, split in enumerate(["train", "test"]):
        name = f"case0{number}.nii.gz"
        lines.append(f"{number},anna,{split},{folder}/fixed_images/{name},"
                     f"{folder}/moving_images/{name}")  # fmt: skip
    table.write_text("\n".join(lines) + "\n")
    code, told, _ = export("--report", "-o", tmp_path / "l.csv", path=table)
    assert code == 0 and told.count("leak: 1 subject") == 1
