"""The notebooks: they run, end with what they promise, and leave nothing behind."""

from __future__ import annotations

import ast
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.notebooks.conftest import NOTEBOOKS, PATHS
from tests.notebooks.running import Place, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = [
    "01_browse_and_judge_pairs",
    "02_deepreg_groups_and_the_epoch_preview",
    "03_medsegpy_slices_catalogs_collation",
    "04_images_geometry_regions",
    "05_from_review_to_training_list",
    "06_write_your_own_loader_backend",
]
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
OUR_CODE = ("_esm", "_css")
every = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of all files of a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in files
    }


def code_of(path: Path) -> list[str]:
    """Sources of the code cells."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


# --- run ---------------------------------------------------------------------------------


def test_it_runs_and_tells_its_reader_no_warning(finished):
    cells = [cell for cell in finished.notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    said = [output for output in finished.outputs if output.output_type == "stream"]
    assert [output.text for output in said if output.name == "stderr"] == []


def test_it_ends_with_what_was_reached(finished):
    *_, last = (cell for cell in finished.notebook.cells if cell.cell_type == "code")
    pictured = any("image/png" in output.get("data", ()) for output in last.outputs)
    carded = any("<img" in output.get("data", {}).get("text/html", "") for output in last.outputs)
    assert pictured or carded or "assert" in last.source


def test_it_leaves_nothing_behind(finished):
    """Recent datasets, in the user's state, are what any browser notes."""
    place = finished.place
    assert place.left("work", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME") == []
    assert place.left("XDG_STATE_HOME") in (
        [],
        ["XDG_STATE_HOME/napari-medload", "XDG_STATE_HOME/napari-medload/recent.json"],
    )


def test_the_demo_stays_as_it_was(finished, demo, cache):
    """Compared with the one that it was copied from, times apart."""
    copied = cache / "napari-medload" / "demo"
    assert sorted(path.name for path in copied.parent.iterdir()) == ["demo"]
    sizes = [{name: size for name, (size, _) in snapshot(at).items()} for at in (demo, copied)]
    assert sizes[0] == sizes[1]


# --- as it is in git ---------------------------------------------------------------------


def test_the_six_are_here_and_in_the_table():
    assert [path.stem for path in PATHS] == NAMES
    table = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\w+)\.ipynb\)", table) == NAMES


@every
def test_what_git_holds_has_no_outputs(path):
    """And is written as Jupyter writes it, so that saving it there changes nothing else."""
    text = path.read_text(encoding="utf-8")
    assert text == nbformat.writes(nbformat.read(path, as_version=4)) + "\n"
    notebook = json.loads(text)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert "widgets" not in notebook["metadata"]
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    nbformat.validate(nbformat.read(path, as_version=4))


@every
def test_the_first_cell_says_what_the_reader_will_have(path):
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "**At the end** you" in first.source


@every
def test_links_lead_somewhere(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+)", cell.source):
                assert (NOTEBOOKS / target).exists(), target


@every
def test_only_public_names_are_used(path):
    tree = ast.parse("\n".join(code_of(path)))
    for module, names in imported(tree):
        assert set(names) <= set(import_module(module).__all__), module
    attributes = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    assert [name for name in attributes if name.startswith("_")] == []


def imported(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Modules of ours, and the names that are taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("napari_medload") for alias in node.names)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("napari_medload"):
            yield node.module or "", [alias.name for alias in node.names]


# --- what a saved notebook holds ---------------------------------------------------------


def test_no_pixels_and_no_names_are_saved_with_the_widget(cache, tmp_path):
    """Saved as JupyterLab may save it, with the state of the widgets."""
    done = run(PATHS[0], Place(tmp_path, cache), store_widget_state=True)
    states = done.notebook.metadata.widgets[STATE]["state"]
    browsers = [model for model in states.values() if "_esm" in model["state"]]
    assert len(browsers) == 1
    for model in states.values():
        assert not model.get("buffers")
        kept = {key: value for key, value in model["state"].items() if key not in OUR_CODE}
        text = json.dumps(kept)
        assert len(text) < 2000
        assert "subject" not in text and "Robin" not in text
    shown = [output.data for output in done.outputs if WIDGET in output.get("data", ())]
    assert shown
    for data in shown:
        assert not [kind for kind in data if kind.startswith("image/")]
        assert "subject" not in json.dumps(data)
