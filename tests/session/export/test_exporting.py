"""Exporting from a session, against the files that it leaves, read by csv and json."""

from __future__ import annotations

import csv
import json
import os
import shlex
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_medload import export
from napari_medload.export import exporter_named
from napari_medload.loaders import open_dataset
from napari_medload.loaders.options import LoaderOptions
from napari_medload.review.files import Disk
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.session.conftest import Walker

PAIRS = 6
ACCEPTED, REJECTED = (1, 3, 4), (0,)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: Any) -> Path:
    return write_pairs(tmp_path_factory.mktemp("höme of data") / "pairs", PAIRS, labels=True)


@pytest.fixture
def judged(walker: Walker, tmp_path: Path) -> Iterator[Walker]:
    """Six pairs: three accepted, one rejected, two not reviewed; none of it is in `pairs`."""
    folder = write_pairs(tmp_path / "my data" / "pairs", PAIRS, labels=True)
    walker.open(folder)
    walker.session.reviewing.set_auto_advance(False)
    for decision, samples in (("accept", ACCEPTED), ("reject", REJECTED)):
        for sample in samples:
            walker.select(sample)
            assert walker.session.reviewing.judge(decision)
    yield walker


def looked(walker: Walker) -> Any:
    """Wait until it is known what would come of the wish."""
    exporting = walker.session.exporting
    walker.wait(lambda: exporting.outlook is not None and exporting.outlook.known)
    return exporting.outlook


def saved(walker: Walker) -> Any:
    exporting = walker.session.exporting
    exporting.save()
    walker.wait(lambda: exporting.exported is not None)
    return exporting.exported


def ids(walker: Walker, samples: Any) -> list[str]:
    return [walker.session.dataset[sample].id for sample in samples]


def listed(path: Path) -> list[str]:
    """Ids in a MONAI datalist, whatever its lists are called."""
    content = json.loads(path.read_text(encoding="utf-8"))
    lists = [part for part in content.values() if isinstance(part, list)]
    return [item["sample_id"] for part in lists for item in part if isinstance(item, dict)]


def test_accepted_samples_are_saved_in_the_order_of_the_dataset(
    judged: Walker, tmp_path: Path
) -> None:
    exporting = judged.session.exporting
    judged.session.sort("id", descending=True)
    exporting.begin()
    exporting.choose(format="monai", path=str(tmp_path / "my list.json"))
    outlook = looked(judged)
    assert outlook.text == "3 of 6 samples"
    assert not outlook.refusal
    exported = saved(judged)
    assert "3 samples, read back" in exported.text
    assert exported.path == tmp_path / "my list.json"
    assert listed(exported.path) == ids(judged, ACCEPTED)


@pytest.mark.parametrize(
    ("verdict", "samples"),
    [("accept", ACCEPTED), ("reject", REJECTED), ("none", (2, 5)), ("", range(PAIRS))],
)
def test_verdict_chooses_the_samples(
    judged: Walker, tmp_path: Path, verdict: str, samples: Any
) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", verdict=verdict, path=str(tmp_path / "list.json"))
    assert looked(judged).count == len(samples)
    assert listed(saved(judged).path) == ids(judged, samples)


def test_what_was_said_stands_in_the_list(judged: Walker, tmp_path: Path) -> None:
    judged.select(1)
    judged.session.reviewing.set_note("=SUM(1)\nsecond line")
    judged.session.exporting.begin()
    judged.session.exporting.choose(format="json", path=str(tmp_path / "list.json"))
    rows = json.loads(saved(judged).path.read_text(encoding="utf-8"))
    text = json.dumps(rows)
    assert json.dumps("=SUM(1)\nsecond line")[1:-1] in text
    verdict = judged.session.reviewing.review.own[ids(judged, [1])[0]]
    assert verdict.time in text
    assert all(digest in text for _role, digest in verdict.content)


def test_only_rows_that_the_table_shows(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", shown=True, path=str(tmp_path / "list.json"))
    judged.session.find("case03")  # the outlook follows the table
    assert looked(judged).count == 1
    exported = saved(judged)
    assert listed(exported.path) == ids(judged, [3])
    assert exported.command == ""  # the words of a search can't be said in a command


def test_no_sample_is_said_and_nothing_is_written(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", verdict="unsure", path=str(tmp_path / "list.json"))
    assert looked(judged).count == 0
    assert "no sample is left to export" in exporting.outlook.refusal
    exported = saved(judged)
    assert exported.path is None
    assert "no sample is left" in exported.text
    assert not (tmp_path / "list.json").exists()


def test_suggested_file_lies_beside_the_dataset_and_follows_the_choice(judged: Walker) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    exporting.choose(format="csv")
    assert exporting.wish.path == str(root.parent / "pairs_accepted.csv")
    exporting.choose(verdict="")
    assert exporting.wish.path == str(root.parent / "pairs.csv")
    exporting.choose(format="monai")
    assert exporting.wish.path == str(root.parent / "pairs_monai.json")


def test_path_of_the_person_stays_but_for_its_suffix(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="csv")
    exporting.choose(path=str(tmp_path / "mine.csv"))
    exporting.choose(verdict="reject")
    assert exporting.wish.path == str(tmp_path / "mine.csv")
    exporting.choose(format="monai")
    assert exporting.wish.path == str(tmp_path / "mine.json")


def test_place_is_told_before_anything_is_written(judged: Walker, tmp_path: Path) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    exporting.choose(format="monai", path=str(tmp_path / "no such folder" / "list.json"))
    assert "there is no folder" in looked(judged).refusal
    exporting.choose(path="")
    assert "no file is named" in looked(judged).refusal
    exporting.choose(path=str(root / "list.json"))
    assert any("in the folder of the dataset" in str(remark) for remark in looked(judged).remarks)
    assert not exporting.outlook.refusal
    exporting.choose(path="bare.json")
    assert any(str(Path.cwd() / "bare.json") in str(remark) for remark in looked(judged).remarks)
    (tmp_path / "old.json").write_text("{}")
    exporting.choose(path=str(tmp_path / "old.json"))
    assert any("nothing in it tells that it was exp" in str(r) for r in looked(judged).remarks)
    assert exporting.outlook.replaces
    (tmp_path / "old.json").unlink()
    exporting.choose(path=str(tmp_path / "other.json"))
    assert saved(judged).path is not None
    exporting.choose(path=str(tmp_path / "old.json"))
    exporting.choose(path=str(tmp_path / "other.json"))
    assert any("an earlier export; it is replaced" in str(r) for r in looked(judged).remarks)


def test_error_of_the_disk_is_told_and_the_old_list_stays(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    gone = tmp_path / "gone"
    gone.mkdir()
    exporting.choose(format="monai", path=str(gone / "list.json"))
    looked(judged)
    gone.rmdir()
    exported = saved(judged)
    assert exported.path is None
    assert str(gone) in exported.text
    assert judged.troubles == []  # it is told where it was asked for


def test_saving_can_be_cancelled(judged: Walker, tmp_path: Path) -> None:
    exporting, told = judged.session.exporting, []
    judged.session.progress_changed.connect(told.append)
    path = tmp_path / "list.json"
    path.write_text("as it was")
    exporting.begin()
    exporting.choose(format="monai", path=str(path))
    looked(judged)
    begun, go_on = threading.Event(), threading.Event()
    exporting._run.submit(lambda: (begun.set(), go_on.wait(60)))  # the disk is slow
    begun.wait(60)
    exporting.save()
    assert exporting.saving
    assert any("exporting" in progress.what for progress in told)
    judged.session.cancel()
    assert exporting.saving == "stopping"
    go_on.set()
    judged.wait(lambda: exporting.exported is not None)
    assert exporting.exported.text == "cancelled: nothing was written"
    assert path.read_text() == "as it was"
    assert [entry.name for entry in tmp_path.glob(".*")] == []
    assert not exporting.saving


def test_saving_twice_saves_once(judged: Walker, tmp_path: Path) -> None:
    exporting, told = judged.session.exporting, []
    exporting.begin()
    exporting.choose(format="monai", path=str(tmp_path / "list.json"))
    exporting.changed.connect(lambda: told.append(exporting.exported))
    exporting.save()
    exporting.save()
    judged.wait(lambda: exporting.exported is not None)
    looked(judged)
    assert len({id(done) for done in told if done is not None}) == 1


def test_latest_wish_is_the_one_that_is_told(judged: Walker) -> None:
    exporting, counts = judged.session.exporting, []
    exporting.begin()
    exporting.changed.connect(
        lambda: counts.append(exporting.outlook.count) if exporting.outlook.known else None
    )
    for verdict in ("", "reject", "none", "", "reject"):
        exporting.choose(verdict=verdict)
    looked(judged)
    assert counts == [len(REJECTED)]


def test_verdict_given_meanwhile_is_counted(judged: Walker) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    assert looked(judged).count == 3
    judged.select(5)
    judged.session.reviewing.judge("accept")
    assert looked(judged).count == 4


class FullDisk(Disk):
    """A disk on which nothing can be written any more."""

    def append(self, *_arguments: Any, **_more: Any) -> Any:
        raise OSError(28, "No space left on device")


def test_epoch_is_exported_in_the_order_that_training_draws(judged: Walker, tmp_path: Path) -> None:
    session, exporting = judged.session, judged.session.exporting
    exporting.begin()
    options = LoaderOptions(seed=7, labeled=False)
    session.preview_epoch(options)
    judged.wait(lambda: session.epoch is not None and judged.idle)
    session.sort("id")
    assert list(exporting.verdicts) == [""]
    exporting.choose(format="monai", path=str(tmp_path / "epoch.json"))
    exported = saved(judged)
    assert listed(exported.path) == [sample.id for sample in session.dataset]
    assert session.dataset.options == options
    assert exported.command == ""


def test_paths_relative_to_where_the_list_is_saved(judged: Walker, tmp_path: Path) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    exporting.choose(format="json", path=str(tmp_path / "list.json"))
    exporting.choose_relative(True)
    assert exporting.wish.relative_to == str(tmp_path)  # where the list is saved
    text = saved(judged).path.read_text(encoding="utf-8")
    assert str(root / "fixed_images") not in text
    assert "my data/pairs/fixed_images/case01.nii.gz" in text


def test_options_of_a_format_are_kept_until_another_is_chosen(judged: Walker) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", options={"list_key": "validation"})
    exporting.choose(options={"list_key": "held out"})
    assert exporting.options["list_key"] == "held out"
    exporting.choose(format="csv")
    exporting.choose(format="monai")
    assert exporting.options["list_key"] == exporter_named("monai").options().list_key


def test_command_exports_the_same(judged: Walker, tmp_path: Path) -> None:
    cli = pytest.importorskip("napari_medload.app.cli")
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", path=str(tmp_path / "my list.json"))
    exported = saved(judged)
    first = exported.path.read_bytes()
    exported.path.unlink()
    words = shlex.split(exported.command)
    assert words[0] == "napari-medload"
    assert cli.main(words[1:]) == 0
    assert listed(exported.path) == ids(judged, ACCEPTED)
    assert len(exported.path.read_bytes()) > len(first) // 2


def test_saved_list_opens_again(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="csv", path=str(tmp_path / "list.csv"))
    found = open_dataset(saved(judged).path)
    before = [judged.session.dataset[sample] for sample in ACCEPTED]
    assert [sample.sources for sample in found] == [sample.sources for sample in before]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def reopened(judged: Walker, tmp_path: Path) -> Walker:
    """The list of all six, opened again: what was said stands in it, and in no journal of its."""
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="csv", verdict="", path=str(tmp_path / "lists" / "all.csv"))
    (tmp_path / "lists").mkdir()
    judged.open(saved(judged).path)
    judged.session.reviewing.set_auto_advance(False)
    return judged


@pytest.mark.parametrize("verdict", ["accept", "reject", "none", ""])
def test_form_and_command_count_alike_in_a_list_that_was_opened_again(
    reopened: Walker, tmp_path: Path, verdict: str
) -> None:
    reopened.select(3)
    assert reopened.session.reviewing.judge("reject")  # goes before what the list states
    exporting = reopened.session.exporting
    exporting.choose(format="csv", verdict=verdict, path=str(tmp_path / "again.csv"))
    outlook = looked(reopened)
    rows = rows_of(saved(reopened).path)
    other = export.reviewed(open_dataset(reopened.session.dataset.root), verdict=verdict or None)
    said = [(e.sample.id, "n/a" if e.verdict is None else e.verdict.decision) for e in other]
    assert outlook.count == len(said) == len(rows) > 0
    assert [(row["sample_id"], row["verdict"]) for row in rows] == said
    if verdict == "accept":
        assert [note for note in outlook.notes if note.startswith("2 with the verdict that the")]


def test_command_writes_the_same_list_byte_by_byte(judged: Walker, tmp_path: Path) -> None:
    cli = pytest.importorskip("napari_medload.app.cli")
    judged.wait(lambda: all(f is not None and f.checked for f in judged.session.rows.facts))
    exporting = judged.session.exporting
    exporting.begin()
    for verdict in ("accept", ""):
        exporting.choose(format="csv", verdict=verdict, path=str(tmp_path / "list.csv"))
        exported = saved(judged)
        files = [exported.path, exported.path.with_suffix(".json")]
        before = [file.read_bytes() for file in files]
        for file in files:
            file.unlink()
        assert cli.main(shlex.split(exported.command)[1:]) == 0
        assert [file.read_bytes() for file in files] == before


def test_no_command_is_offered_that_would_say_something_else(
    judged: Walker, tmp_path: Path
) -> None:
    session, exporting = judged.session, judged.session.exporting
    exporting.begin()
    exporting.choose(format="csv", path=str(tmp_path / "list.csv"))
    session.set_alignment("none")  # no command can say it
    assert saved(judged).command == ""


def test_many_changes_while_it_looks_do_not_keep_it_from_answering(judged: Walker) -> None:
    exporting, counts = judged.session.exporting, []
    exporting.begin()
    looked(judged)
    exporting.changed.connect(
        lambda: counts.append(exporting.outlook.count) if exporting.outlook.known else None
    )
    for _ in range(30):
        exporting.look_again()
    judged.select(5)
    judged.session.reviewing.judge("accept")
    judged.wait(lambda: exporting.outlook.known and exporting.outlook.count == 4)
    assert len(counts) < 10


def test_suggested_file_is_never_one_that_is_there(judged: Walker) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    for name in ("pairs_accepted.csv", "pairs_accepted_2.csv"):
        assert exporting.wish.path == str(root.parent / name)
        (root.parent / name).write_text("precious")
        exporting.choose(verdict="")
        exporting.choose(verdict="accept")
    exporting.choose(format="parquet")
    exporting.choose(format="json")
    (root.parent / "pairs_accepted_3.json").write_text("{}")  # would be the dictionary of the table
    exporting.choose(format="csv")
    assert exporting.wish.path == str(root.parent / "pairs_accepted_4.csv")


def test_suggested_file_is_not_the_list_that_was_opened(reopened: Walker) -> None:
    exporting, root = reopened.session.exporting, reopened.session.dataset.root
    assert exporting.wish.path == str(root.parent / "all_accepted.csv")  # two are stated so
    exporting.choose(verdict="")
    assert exporting.wish.path == str(root.parent / "all_2.csv")
    exporting.choose(path=str(root))
    assert any(
        "these samples were opened from; it is replaced" in str(r) for r in looked(reopened).remarks
    )


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("learn2reg", "pairs_dataset.json"),
        ("regions", "pairs.regions.jsonl"),
        ("nnunet", "Dataset001_pairs"),
        ("itksnap", "pairs.itksnap"),
    ],
)
def test_suggested_names_are_those_that_programs_expect(
    judged: Walker, name: str, file: str
) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    exporting.choose(format=name, verdict="")
    assert exporting.wish.path == str(root.parent / file)


def test_stated_verdicts_stand_in_the_table_and_count_for_nobody(reopened: Walker) -> None:
    rows, reviewing = reopened.session.rows, reopened.session.reviewing
    assert [rows.text(i, "verdict") for i in range(3)] == ["✗ stated", "✓ stated", "–"]
    assert rows.marks.judged == 0
    reopened.select(1)
    assert reviewing.judge("reject")
    assert rows.text(1, "verdict").startswith("✗ reject")
    assert rows.marks.judged == 1


def test_splits_are_made_as_in_python(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="csv", verdict="", path=str(tmp_path / "list.csv"))
    exporting.choose(division={"by": "sample", "seed": 4})
    exporting.choose(division={"percent": (("train", 50), ("val", 0), ("test", 50))})
    outlook = looked(judged)
    assert "no leak found" in outlook.splits
    exported = saved(judged)
    chosen = export.reviewed(judged.session.dataset)
    meant = export.split(chosen, {"train": 0.5, "test": 0.5}, by="sample", seed=4)
    rows = rows_of(exported.path)
    assert [row["split"] for row in rows] == [entry.sample.split for entry in meant]
    trained = sum(row["split"] == "train" for row in rows)
    assert f"train {trained}, test {len(rows) - trained}" in outlook.splits
    exporting.choose(division={"percent": (("train", 50), ("val", 0), ("test", 40))})
    assert "add up to 0.9" in looked(judged).refusal
    exporting.choose(division=None)
    assert not looked(judged).refusal


def test_splits_are_made_by_the_command_too(judged: Walker, tmp_path: Path) -> None:
    cli = pytest.importorskip("napari_medload.app.cli")
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="csv", verdict="", path=str(tmp_path / "list.csv"))
    exporting.choose(division={"by": "sample", "seed": 2})
    judged.wait(lambda: all(f is not None and f.checked for f in judged.session.rows.facts))
    exported = saved(judged)
    before = exported.path.read_bytes()
    for file in (exported.path, exported.path.with_suffix(".json")):
        file.unlink()
    assert cli.main(shlex.split(exported.command)[1:]) == 0
    assert exported.path.read_bytes() == before


def test_numbers_in_the_preview_are_those_of_the_list(judged: Walker, tmp_path: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", verdict="", path=str(tmp_path / "list.json"))
    lines = looked(judged).lines
    written = saved(judged).path.read_text(encoding="utf-8").splitlines()
    assert list(lines[1:]) == written[: len(lines) - 1]


def test_folder_that_paths_are_relative_to_goes_where_the_list_goes(
    judged: Walker, tmp_path: Path
) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    exporting.choose_relative(True)
    assert exporting.wish.relative_to == str(root.parent)
    exporting.choose(path=str(tmp_path / "list.csv"))
    assert exporting.wish.relative_to == str(tmp_path)
    exporting.choose(relative_to=str(root))
    exporting.choose(path=str(root.parent / "list.csv"))
    assert exporting.wish.relative_to == str(root)


def rows_in(path: Path) -> int:
    return len(list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())))


class Held:
    """A disk so slow that saving goes on until it is let go."""

    def __init__(self, walker: Walker) -> None:
        self._begun, self._let_go = threading.Event(), threading.Event()
        walker.session.exporting._run.submit(lambda: (self._begun.set(), self._let_go.wait(60)))
        self._begun.wait(60)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_error: object) -> None:
        self._let_go.set()


def test_file_of_others_is_not_replaced_before_a_person_was_told(
    judged: Walker, tmp_path: Path
) -> None:
    exporting, thesis = judged.session.exporting, tmp_path / "thesis.csv"
    thesis.write_text("chapter,page\n")
    exporting.begin()
    looked(judged)
    exporting.choose(path=str(thesis))
    exported = saved(judged)  # at once, as by Enter in the field
    assert exported.path is None
    assert f"{thesis} is there already" in exported.text
    assert thesis.read_text() == "chapter,page\n"
    assert looked(judged).replaces
    assert any("nothing in it tells" in str(remark) for remark in exporting.outlook.remarks)
    assert saved(judged).path == thesis  # now it was said


def test_dataset_opened_while_a_list_is_saved_is_looked_at_afterwards(
    judged: Walker, pairs: Path, tmp_path: Path
) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(path=str(tmp_path / "list.csv"))
    looked(judged)
    with Held(judged):
        exporting.save()
        judged.open(pairs)
        facts = judged.session.rows.facts
        judged.wait(lambda: all(found and found.checked for found in facts))
    judged.wait(lambda: exporting.exported is not None)
    assert exporting.exported.path == tmp_path / "list.csv"
    assert looked(judged).text == f"{PAIRS} of {PAIRS} samples"  # nothing is judged in these
    assert rows_in(tmp_path / "list.csv") == len(ACCEPTED)


def test_verdict_given_while_a_list_is_saved_is_counted_afterwards(
    judged: Walker, tmp_path: Path
) -> None:
    exporting = judged.session.exporting
    judged.select(5)
    exporting.begin()
    exporting.choose(path=str(tmp_path / "list.csv"))
    assert looked(judged).count == len(ACCEPTED)
    with Held(judged):
        exporting.save()
        assert judged.session.reviewing.judge("accept")
    judged.wait(lambda: exporting.exported is not None)
    assert rows_in(tmp_path / "list.csv") == len(ACCEPTED)
    assert looked(judged).count == len(ACCEPTED) + 1
    assert exporting.outlook.replaces
    judged.session.reviewing.undo()
    assert looked(judged).count == len(ACCEPTED)


def test_earlier_dataset_of_nnunet_is_told_as_replaced(judged: Walker, tmp_path: Path) -> None:
    exporting, folder = judged.session.exporting, tmp_path / "Dataset001_mine"
    exporting.begin()
    exporting.choose(format="nnunet", path=str(folder))
    assert not looked(judged).replaces
    assert saved(judged).path == folder, exporting.exported.text
    assert looked(judged).replaces
    assert any(
        "Dataset001_mine/dataset.json is there already, an earlier export" in str(remark)
        for remark in exporting.outlook.remarks
    )


@pytest.fixture
def doubled(walker: Walker, tmp_path: Path) -> Walker:
    """A list of pairs that nobody has judged; the first holds the same as the last."""
    folder = write_pairs(tmp_path / "pairs", 4)
    rows = ["sample_id,split,fixed_image,moving_image"]
    for number, split in enumerate(("train", "train", "train", "test")):
        name = f"case{number:02}.nii.gz"
        files = [folder / f"{role}_images" / name for role in ("fixed", "moving")]
        if number == 3:
            for file in files:
                shutil.copy(file.with_name("case00.nii.gz"), file)
        rows.append(f"case{number},{split},{files[0]},{files[1]}")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows))
    walker.open(path)
    return walker


def leaks_in(outlook: Any) -> list[str]:
    return [str(remark) for remark in outlook.remarks if str(remark).startswith("leak: ")]


def test_equal_contents_in_two_splits_are_found_once_they_are_hashed(
    doubled: Walker, tmp_path: Path
) -> None:
    cli = pytest.importorskip("napari_medload.app.cli")
    exporting = doubled.session.exporting
    exporting.begin()
    exporting.choose(format="csv", verdict="", path=str(tmp_path / "again.csv"))
    before = looked(doubled)
    assert leaks_in(before) == []
    assert before.splits.endswith("contents not all compared: tick 'hash contents'")
    assert not any("--hash" in line or "content=" in line for line in before.report)
    exporting.choose(hashed=True)
    outlook = looked(doubled)
    (leak,) = leaks_in(outlook)
    assert "content" in leak and "case0" in leak and "case3" in leak
    assert "not all compared" not in outlook.splits
    doubled.wait(lambda: all(f is not None and f.checked for f in doubled.session.rows.facts))
    exported = saved(doubled)
    rows = rows_of(exported.path)
    assert rows[0]["content_hash"] == rows[3]["content_hash"] != rows[1]["content_hash"]
    assert "n/a" not in {row["content_hash"] for row in rows}
    assert "--hash" in shlex.split(exported.command)
    content = exported.path.read_bytes()
    exported.path.unlink()
    exported.path.with_suffix(".json").unlink()
    assert cli.main(shlex.split(exported.command)[1:]) == 0
    assert exported.path.read_bytes() == content
    exporting.choose(division={"by": "sample", "percent": (("train", 75), ("test", 25))})
    assert leaks_in(looked(doubled)) == []  # what is alike stays together
    rows = rows_of(saved(doubled).path)
    assert rows[0]["split"] == rows[3]["split"]


def test_file_is_hashed_once_as_long_as_its_size_and_time_stay(
    doubled: Walker, tmp_path: Path
) -> None:
    exporting = doubled.session.exporting
    file = doubled.session.dataset[3].sources["fixed_image"].path
    doubled.wait(lambda: all(f is not None and f.checked for f in doubled.session.rows.facts))
    exporting.begin()
    exporting.choose(format="csv", verdict="", hashed=True)
    stamp, found = file.stat(), []
    for look, later in enumerate((0, 0, 10**9)):
        if look:
            other = tmp_path / "other"  # moved in at once: what is saved is looked at again
            other.write_bytes(bytes(stamp.st_size))
            os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + later))
            other.replace(file)
        exporting.choose(path=str(tmp_path / f"{look}.csv"))
        looked(doubled)
        found.append(rows_of(saved(doubled).path)[3]["content_hash"])
    assert found[0] == found[1] != found[2]


def test_hashing_can_be_cancelled_and_is_wished_no_longer(doubled: Walker) -> None:
    exporting, told = doubled.session.exporting, []

    def cancel() -> None:
        if exporting.hashing:
            told.append(exporting.hashing)
            exporting.cancel()

    exporting.begin()
    exporting.changed.connect(cancel)
    exporting.choose(verdict="", hashed=True)
    doubled.wait(lambda: bool(told))
    looked(doubled)
    assert told[0].startswith("hashing: ") and told[0].endswith(" of 4")
    assert not exporting.wish.hashed
    assert "not all compared" in exporting.outlook.splits


def test_suggested_name_has_a_number_only_where_something_would_be_lost(judged: Walker) -> None:
    exporting, root = judged.session.exporting, judged.session.dataset.root
    exporting.begin()
    for name in ("pairs_accepted.csv", "pairs_accepted.json", "pairs_accepted.txt"):
        (root.parent / name).write_text("{}")
    exporting.choose(format="mrml")
    assert exporting.wish.path == str(root.parent / "pairs_accepted.mrml")
    (root.parent / "pairs_accepted.ctbl").write_text("colours")
    exporting.choose(format="itksnap")
    exporting.choose(format="mrml")
    assert exporting.wish.path == str(root.parent / "pairs_accepted_2.mrml")


def test_dataset_of_nnunet_gets_a_number_of_its_own(walker: Walker, tmp_path: Path) -> None:
    walker.open(write_pairs(tmp_path / "Dataset010_REAL", 2, labels=True))
    (tmp_path / "Dataset001_other").mkdir()
    exporting = walker.session.exporting
    exporting.begin()
    exporting.choose(format="nnunet", verdict="")
    assert exporting.wish.path == str(tmp_path / "Dataset002_REAL")


def test_format_and_shares_are_kept_for_the_session(judged: Walker, pairs: Path) -> None:
    exporting = judged.session.exporting
    exporting.begin()
    exporting.choose(format="monai", verdict="")
    exporting.choose(division={"by": "group", "seed": 9})
    exporting.choose(division=None)
    exporting.choose(division={})
    assert (exporting.wish.division.by, exporting.wish.division.seed) == ("group", 9)
    judged.open(pairs)
    assert exporting.wish.format == "monai"
    assert exporting.wish.path.endswith(".json")
    assert exporting.wish.division is None
    exporting.choose(division={})
    assert exporting.wish.division.seed == 9
