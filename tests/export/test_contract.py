"""What every format promises. Each adds what suits it to `tests/export/examples.py`."""

from __future__ import annotations

import os
import re
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING

import pytest

from napari_medload import export
from napari_medload.export import ExportError, Selection, exporter_named
from napari_medload.export.registry import EXPORTERS
from tests.export.examples import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

every_format = pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda each: each.name)
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.format)


@pytest.fixture
def place(tmp_path):
    """Folder that lists are saved in."""
    folder = tmp_path / "lists of Zoë"
    folder.mkdir()
    return folder


def save(example, selection, path, **how):
    return export.save(selection, path, example.format, ask=False, **{**example.options, **how})


def files_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too, with what they hold."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


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
def test_no_sample_is_an_error_and_no_file(example, tmp_path, place):
    selection = example.build(tmp_path)
    with pytest.raises(ExportError, match=r"no sample is left to export.*verdict reject"):
        save(example, Selection(selection.dataset, (), ("verdict reject",)), place / example.name)
    assert files_in(place) == {}
    assert os.listdir(place) == []


@every_example
def test_an_unknown_option_is_an_error(example, tmp_path, place):
    with pytest.raises(ExportError, match="no option 'colour'"):
        save(example, example.build(tmp_path), place / example.name, colour="red")
    assert os.listdir(place) == []


@every_example
def test_an_old_list_survives_an_export_that_fails(example, tmp_path, place):
    selection = example.build(tmp_path)
    save(example, selection, place / example.name)
    before = files_in(place)
    first = selection[0]
    with pytest.raises(ExportError, match=re.escape(first.sample.id)):
        save(example, Selection(selection.dataset, (first, first)), place / example.name)
    assert files_in(place) == before


@every_example
def test_nothing_is_left_behind_where_it_is_cancelled(example, tmp_path, place):
    class Cancelled(Exception):
        pass

    def cancel(what):
        if what == "putting it in its place":
            raise Cancelled

    with pytest.raises(Cancelled):
        save(example, example.build(tmp_path), place / example.name, tell=cancel)
    assert os.listdir(place) == []


# --- what is written -----------------------------------------------------------------------


@every_example
@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
def test_it_is_opened_again(example, tmp_path, place, relative):
    selection = example.build(tmp_path)
    path = place / example.name
    saved = save(example, selection, path, relative_to=tmp_path if relative else None)
    assert (saved.path, saved.format, saved.count) == (path, example.format, len(selection))
    assert path.exists()
    if example.opened is None:
        return
    meant = where(selection)
    found = example.opened(path)
    assert list(found) == list(meant)
    for sample, roles in meant.items():
        told = {role: os.path.normpath(name) for role, name in found[sample].items()}
        assert told == roles


@every_example
def test_two_exports_are_byte_identical(example, tmp_path, place):
    selection = example.build(tmp_path)
    save(example, selection, place / example.name)
    first = files_in(place)
    save(example, selection, place / example.name)
    assert files_in(place) == first
    assert first


@every_example
def test_paths_are_absolute_or_relative_as_asked(example, tmp_path, place):
    if not example.is_text:
        pytest.skip("its bytes are compressed; opening it again tells where its paths lead")
    selection = example.build(tmp_path)
    save(example, selection, place / example.name)
    absolute = b"".join(files_in(place).values())
    save(example, selection, place / example.name, relative_to=tmp_path / "data")
    relative = b"".join(files_in(place).values())
    source = next(iter(selection[0].sample.sources.values()))
    within = str(source.path.relative_to(tmp_path / "data")).encode()
    assert str(source.path).encode() in absolute
    assert within in relative
    assert str(source.path).encode() not in relative


@every_example
def test_the_preview_shows_the_first_sample_and_leaves_nothing(example, tmp_path, place):
    selection = example.build(tmp_path)
    exporter = exporter_named(example.format)
    target = export.saving.target_of(exporter, place / example.name, None, example.options)
    lines = export.preview(selection, exporter, target)
    assert lines
    assert os.listdir(place) == []
