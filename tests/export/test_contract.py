"""What every format promises. Each adds what suits it to `tests/export/examples.py`."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING

import pytest

from napari_medload import export
from napari_medload.export import ExportError, Selection, exporter_named
from napari_medload.export.registry import EXPORTERS
from napari_medload.export.saving import target_of
from tests.export.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

every_format = pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda each: each.name)
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.format)


opened_examples = pytest.mark.parametrize(
    "example",
    [example for example in EXAMPLES if example.opened is not None and example.holds_paths],
    ids=lambda each: each.format,
)


@pytest.fixture
def study(tmp_path):
    """Folder that holds files and lists."""
    return tmp_path / "study"


@pytest.fixture
def place(study):
    """Folder that lists are saved in."""
    folder = study / "lists of Zoë"
    folder.mkdir(parents=True)
    return folder


def save(example, selection, path, **how):
    return export.save(selection, path, example.format, ask=False, **{**example.options, **how})


def home(example, study, place) -> Path:
    """Folder that its files lie below, and relative paths start from."""
    return {"above": study, "beside": place, "inside": place / example.name}[example.relative_to]


def build(example, study, place) -> Selection:
    return example.build(home(example, study, place))


def files_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too, with what they hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told(example, path: Path) -> dict[str, dict[str, str]]:
    """Where the files of each sample lie, as a saved list tells."""
    return {
        sample: {role: os.path.normpath(name) for role, name in roles.items()}
        for sample, roles in example.opened(path).items()
    }


def holds(file: Path, name: bytes) -> bool:
    """Whether a file is a list that names another."""
    return file.suffix == ".parquet" or (not file.is_symlink() and name in file.read_bytes())


def renamed(content: bytes, name: bytes) -> bytes:
    """Let a list name another file, of which its bytes tell."""
    if name in content:
        return content.replace(name, name[::-1], 1)
    return content[:-40] + bytes(reversed(content[-40:]))


def cut_short(content: bytes, _name: bytes) -> bytes:
    return content[: len(content) // 2]


def everything_in(folder: Path) -> list[str]:
    """Names of all files and folders below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def where(selection: Selection) -> dict[str, dict[str, str]]:
    return {
        entry.sample.id: {role: str(source) for role, source in entry.sample.sources.items()}
        for entry in selection
    }


# --- what they say of themselves -----------------------------------------------------------


def test_names_are_met_once():
    names = [exporter.name for exporter in EXPORTERS]
    assert len({*names}) == len(names)
    assert len({exporter.title for exporter in EXPORTERS}) == len(names)


def test_every_format_has_an_example():
    assert {example.format for example in EXAMPLES} == {exporter.name for exporter in EXPORTERS}


@every_format
def test_what_it_says_of_itself(exporter):
    assert re.fullmatch(r"[a-z][a-z0-9-]*", exporter.name)
    assert exporter.title.strip() == exporter.title != ""
    assert isinstance(exporter.suffixes, tuple)
    assert all(suffix.startswith(".") and suffix.islower() for suffix in exporter.suffixes)
    assert exporter.consumer == "" or exporter.consumer.isidentifier()
    assert exporter_named(exporter.name.upper()) is exporter


@every_format
def test_its_options_have_defaults_and_stay(exporter):
    options = exporter.options
    assert is_dataclass(options)
    assert options.__dataclass_params__.frozen
    assert all(
        field.default is not MISSING or field.default_factory is not MISSING
        for field in fields(options)
    )
    assert options() == options()


# --- what it refuses -----------------------------------------------------------------------


@every_example
def test_whatever_is_written_wrongly_is_found(example, study, place):
    """One sign is changed in the files of a list, here and there: none is saved so."""
    selection = build(example, study, place)
    exporter = exporter_named(example.format)
    target = target_of(exporter, place / example.name, None, dict(example.options))
    aside = study / "aside" / example.name
    aside.parent.mkdir()
    exporter.write(selection, target, aside)
    exporter.prove(selection, target, aside)
    files = [p for p in aside.parent.rglob("*") if p.is_file() and not p.is_symlink()]
    assert files
    for file in files:
        whole = file.read_bytes()
        if b"\0" in whole:  # parts of a binary file say nothing
            continue
        begin = whole.index(b"\n") if whole.startswith(b"<?xml") else 0
        signs = [i for i in range(begin, len(whole)) if whole[i : i + 1].isalnum()]
        for i in signs[:: len(signs) // 60 + 1]:
            other = b"1" if whole[i : i + 1] != b"1" else b"2"
            file.write_bytes(whole[:i] + other + whole[i + 1 :])
            with pytest.raises((ExportError, OSError, ValueError)):
                exporter.prove(selection, target, aside)
        file.write_bytes(whole)


@every_example
def test_no_sample_is_an_error_and_no_file(example, study, place):
    selection = build(example, study, place)
    before = everything_in(place)
    with pytest.raises(ExportError, match=r"no sample is left to export.*verdict reject"):
        save(example, Selection(selection.dataset, (), ("verdict reject",)), place / example.name)
    assert everything_in(place) == before


@every_example
def test_an_unknown_option_is_an_error(example, study, place):
    selection = build(example, study, place)
    before = everything_in(place)
    with pytest.raises(ExportError, match="no option 'colour'"):
        save(example, selection, place / example.name, colour="red")
    assert everything_in(place) == before


@every_example
def test_an_old_list_survives_an_export_that_fails(example, study, place):
    selection = build(example, study, place)
    save(example, selection, place / example.name)
    before = files_in(place)
    first = selection[0]
    with pytest.raises(ExportError, match=re.escape(first.sample.id)):
        save(example, Selection(selection.dataset, (first, first)), place / example.name)
    assert files_in(place) == before


@every_example
def test_nothing_is_left_behind_where_it_is_cancelled(example, study, place):
    class Cancelled(Exception):
        pass

    def cancel(what):
        if what == "putting it in its place":
            raise Cancelled

    selection = build(example, study, place)
    before = everything_in(place)
    with pytest.raises(Cancelled):
        save(example, selection, place / example.name, tell=cancel)
    assert everything_in(place) == before


# --- what is written -----------------------------------------------------------------------


@every_example
@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
def test_it_is_opened_again(example, study, place, relative):
    selection = build(example, study, place)
    path, base = place / example.name, home(example, study, place)
    saved = save(example, selection, path, relative_to=base if relative else None)
    assert (saved.path, saved.format, saved.count) == (path, example.format, len(selection))
    assert path.exists()
    if example.opened is not None:
        assert told(example, path) == where(selection)


@opened_examples
def test_absolute_paths_lead_to_the_files_wherever_the_list_goes(example, study, place):
    selection = example.build(study)
    save(example, selection, place / example.name)
    moved = place.rename(study / "elsewhere")
    assert told(example, moved / example.name) == where(selection)


@opened_examples
def test_relative_paths_follow_when_list_and_files_are_moved(example, study, place):
    selection, base = build(example, study, place), home(example, study, place)
    save(example, selection, place / example.name, relative_to=base)
    moved = base.rename(base.with_name("moved"))
    path = moved / os.path.relpath(place / example.name, base)
    meant = {
        sample: {role: str(moved / os.path.relpath(file, base)) for role, file in roles.items()}
        for sample, roles in where(selection).items()
    }
    assert told(example, path) == meant


@every_example
@pytest.mark.parametrize("tamper", [renamed, cut_short], ids=lambda each: each.__name__)
def test_what_is_not_read_back_as_it_was_meant_is_not_saved(
    example, study, place, tamper, monkeypatch
):
    selection = build(example, study, place)
    name = next(iter(selection[0].sample.sources.values())).path.name.encode()
    before = everything_in(place)
    exporter = exporter_named(example.format)
    write = type(exporter).write

    def tampered(self, selection, target, aside):
        write(self, selection, target, aside)
        file = next(f for f in sorted(aside.parent.rglob("*")) if f.is_file() and holds(f, name))
        file.write_bytes(tamper(file.read_bytes(), name))

    monkeypatch.setattr(type(exporter), "write", tampered)
    with pytest.raises(ExportError):
        save(example, selection, place / example.name)
    assert everything_in(place) == before


@every_example
def test_two_exports_are_byte_identical(example, study, place):
    selection = build(example, study, place)
    save(example, selection, place / example.name)
    first = files_in(place)
    if not example.is_replaced:
        shutil.rmtree(place)
        place.mkdir()
    save(example, selection, place / example.name, overwrite=not example.is_known)
    assert files_in(place) == first
    assert first


@every_example
def test_the_preview_shows_the_first_sample_and_leaves_nothing(example, study, place):
    selection = build(example, study, place)
    exporter = exporter_named(example.format)
    before = everything_in(place)
    target = export.saving.target_of(exporter, place / example.name, None, example.options)
    lines = export.preview(selection, exporter, target)
    assert lines
    assert everything_in(place) == before
