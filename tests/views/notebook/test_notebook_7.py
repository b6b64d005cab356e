"""The browser in a real Notebook 7, which hears the keys before the page does."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from tests.session.datasets import write_pairs
from tests.views.notebook.lab import Lab, pages_of, write_notebook
from tests.views.notebook.widget import Browser, acts_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_click_wakes_the_keys_and_keeps_those_of_the_notebook_away(
    chromium: Any, tmp_path: Path
) -> None:
    """Where a person clicks on a plane, `d d` deletes no cell, and `j` accepts."""
    if find_spec("notebook") is None:
        if os.environ.get("CI"):
            pytest.fail("notebook is missing, so the browser would go untested in it")
        pytest.skip("notebook is missing")
    folder, review = write_pairs(tmp_path / "pairs", 2), tmp_path / "review"
    code = f"""
from napari_medload import browse
browser = browse({str(folder)!r}, review_folder={str(review)!r})
browser"""
    book = write_notebook(tmp_path / "pairs.ipynb", [code, "'another cell'"])
    with (
        Lab(tmp_path / "server", application="notebook") as server,
        pages_of(server, chromium) as open_notebook,
    ):
        notebook = open_notebook(book)
        notebook.errors.clear()  # Notebook 7 throws one while it starts, with any notebook
        notebook.run("cell-0")
        browser = Browser(notebook)
        browser.wait_for_sample("case00")
        cells = [cell["id"] for cell in notebook.cells()]
        for part in (".lm-axial .lm-stage", "[role=tab]", ".lm-state", "[data-lm-keyname=mode]"):
            browser.root.locator(part).first.click()
            browser.press("b", "x", "d", "d")
            assert [cell["id"] for cell in notebook.cells()] == cells, part
        browser.root.locator(".lm-axial .lm-stage").click()
        assert browser.judge("j") == "case01"
        assert [(act["sample_id"], act["verdict"]) for act in acts_of(review)] == [
            ("case00", "accept")
        ]
