"""One review, now in napari and now in a notebook, against the lines of its journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt

from tests.session.datasets import write_pairs
from tests.views.napari.conftest import Browser, window_of
from tests.views.notebook.kernel_end import PageEnd, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.canvas

IDS = ["case00", "case01", "case02", "case03", "case04"]
WORDS = {"accept": "✓ accept", "reject": "✗ reject", "unsure": "? unsure"}


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "few", len(IDS), labels=True)


@pytest.fixture
def open_dock(
    make_napari_viewer: Any, qtbot: Any, tmp_path: Path, dataset: Path
) -> Iterator[Callable[[], Browser]]:
    """Opens the dataset in a window of napari, as Anna does, and sorts its table by id."""
    made: list[Browser] = []

    def open_() -> Browser:
        viewer = make_napari_viewer(show=True)
        made.append(window_of("Anna", viewer, qtbot, tmp_path / "state"))
        made[-1].open(dataset)
        made[-1].session.sort("id")
        return made[-1]

    yield open_
    for browser in made:
        browser.session.close()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, dataset: Path) -> Iterator[Callable[..., PageEnd]]:
    """Opens the dataset in a notebook, as Anna does, and sorts its table by id."""
    made: list[PageEnd] = []

    def open_(folder: Any = None) -> PageEnd:
        made.append(PageEnd(monkeypatch, dataset, folder, reviewer="Anna"))
        made[-1].hello()
        made[-1].send("sort", key="id", descending=False)
        return made[-1]

    yield open_
    for end in made:
        end.browser.close()


def press(browser: Browser, keys: str) -> None:
    """Press keys in the table, each once what is selected is on the screen."""
    table = browser.dock.samples.table
    table.setFocus()
    for key in keys:
        browser.settle()
        browser.wait(browser.session.reviewing.is_painted)
        browser.qtbot.keyClick(table, key)
    browser.settle()


def shown(browser: Browser) -> str:
    browser.settle()
    return str(browser.session.scene.sample_id)


def say(end: PageEnd, decision: str, sample: str) -> dict[str, Any]:
    """Judge as the page does, and return the verdict section of the answer."""
    end.browser.settle()
    return section(end.send("judge", decision=decision, sample=sample), "verdict")


def table_of_dock(browser: Browser) -> dict[str, str]:
    """Verdicts as the table in napari writes them, by sample."""
    model = browser.dock.samples.model
    return {
        model.index(row, 4).data(): model.index(row, 6).data() for row in range(model.rowCount())
    }


def table_of_page(end: PageEnd) -> dict[str, str]:
    """Verdicts as the table of the page writes them, by sample."""
    rows = section(end.send("rows", first=0, count=100), "list")["rows"]
    return {row["id"]: row["verdict"] for row in rows}


def table(**decisions: str) -> dict[str, str]:
    return {sample: WORDS.get(decisions.get(sample, ""), "–") for sample in IDS}


def lines(folder: Path) -> list[tuple[str, str, str | None]]:
    """Act, sample and what stands after it, line by line, of the one journal."""
    (journal,) = folder.glob("*.jsonl")
    told = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert {line["reviewer"] for line in told} == {"Anna"}
    return [(line["act"], line["sample_id"], line["verdict"]) for line in told]


@pytest.mark.parametrize("chosen", ["", "in napari", "in the notebook"])
def test_each_goes_on_where_the_other_stopped(
    open_dock: Callable[[], Browser],
    open_page: Callable[..., PageEnd],
    tmp_path: Path,
    chosen: str,
) -> None:
    folder = tmp_path / "verdicts" if chosen else tmp_path / "few_review"
    given = folder if chosen == "in the notebook" else None  # napari remembers what it was told
    if given:
        end = open_page(given)
        for decision, sample in (("accept", "case00"), ("reject", "case01")):
            say(end, decision, sample)
        end.browser.close()
    window = open_dock()
    if chosen:
        window.session.reviewing.set_folder(folder)
        window.wait(lambda: window.session.reviewing.folder == folder)
    if not given:
        press(window, "JK")
    assert table_of_dock(window) == table(case00="accept", case01="reject")
    assert lines(folder) == [("judge", "case00", "accept"), ("judge", "case01", "reject")]
    window.session.close()

    end = open_page(given)
    assert end.browser.selection == "case02"
    assert end.browser.verdicts == {"case00": "accept", "case01": "reject"}
    assert table_of_page(end) == table(case00="accept", case01="reject")
    told = say(end, "unsure", "case02")
    assert told["saved"] and not told["unsaved"] and told["progress"].startswith("3 of 5")
    assert end.browser.accept(note="well done")
    assert end.browser.selection == "case04"
    assert section(end.send("undo"), "verdict")["sample"] == "case03"
    end.browser.close()

    window = open_dock()
    assert shown(window) == "case03"
    assert table_of_dock(window) == table(case00="accept", case01="reject", case02="unsure")
    assert window.dock.walk.place.text().startswith("3 of 5")
    press(window, "W")  # what was undone in the notebook
    assert window.dock.verdict.decisions["accept"].isChecked()
    assert window.dock.verdict.note.text() == "well done"
    window.session.select(4)
    press(window, "K")
    assert window.dock.walk.place.text().startswith("5 of 5")
    window.session.close()

    end = open_page(given)
    all_said = dict(zip(IDS, ("accept", "reject", "unsure", "accept", "reject"), strict=True))
    assert table_of_page(end) == table(**all_said)
    assert end.browser.verdicts == all_said
    assert section(end.hello(), "verdict")["finished"]
    assert lines(folder) == [
        ("judge", "case00", "accept"),
        ("judge", "case01", "reject"),
        ("judge", "case02", "unsure"),
        ("judge", "case03", "accept"),
        ("undo", "case03", None),
        ("redo", "case03", "accept"),
        ("judge", "case04", "reject"),
    ]


def test_both_are_open_and_each_sees_the_other(
    open_dock: Callable[[], Browser], open_page: Callable[..., PageEnd], tmp_path: Path
) -> None:
    window, end = open_dock(), open_page()
    assert shown(window) == end.browser.selection == "case00"
    press(window, "J")
    end.session.reviewing.refresh()
    # and the page is told without asking
    end.wait(lambda: end.parts("panel", "list")[-1]["rows"][0]["verdict"] == WORDS["accept"])
    assert end.browser.verdicts == {"case00": "accept"}

    end.send("select", sample=1)
    assert say(end, "reject", "case01")["saved"]
    # napari looks by itself, and goes on past what was judged elsewhere
    window.wait(lambda: table_of_dock(window) == table(case00="accept", case01="reject"))
    assert shown(window) == "case01"
    assert window.dock.verdict.decisions["reject"].isChecked()
    assert window.dock.walk.place.text().startswith("2 of 5")
    press(window, "HJ")  # the first again, and on from there
    assert shown(window) == "case02"

    press(window, "U")
    end.send("undo")  # of the latest act, in whichever window that was
    assert end.browser.selection == "case02"
    window.wait(lambda: table_of_dock(window)["case02"] == "–")
    press(window, "Q")  # and one more, in the other
    end.session.reviewing.refresh()
    assert table_of_page(end) == table_of_dock(window) == table(case00="accept", case01="reject")
    end.browser.redo()
    window.session.reviewing.refresh()
    assert table_of_page(end) == table_of_dock(window)
    assert [act for act, _sample, _stands in lines(tmp_path / "few_review")] == [
        "judge",
        "judge",
        "judge",
        "judge",
        "undo",
        "undo",
        "redo",
    ]


def test_reasons_and_a_note_are_seen_in_the_other(
    open_dock: Callable[[], Browser], open_page: Callable[..., PageEnd]
) -> None:
    window, end = open_dock(), open_page()
    end.send("reason", reason="shifted", sample="case00")
    end.send("note", text="30 mm “off” <b>", sample="case00", done=True)
    say(end, "reject", "case00")
    window.session.reviewing.refresh()
    assert shown(window) == "case00"
    assert window.dock.verdict.note.text() == "30 mm “off” <b>"
    assert window.dock.verdict.reasons["shifted"].isChecked()
    shift = window.dock.verdict.reasons["shifted"]
    window.qtbot.mouseClick(shift, Qt.MouseButton.LeftButton)  # taken away in napari
    end.send("select", sample=0)
    end.browser.settle()
    end.session.reviewing.refresh()
    told = section(end.hello(), "verdict")
    assert (told["decision"], told["reasons"], told["note"]) == ("reject", [], "30 mm “off” <b>")


def test_a_folder_filled_elsewhere_is_gone_on_with(
    open_dock: Callable[[], Browser],
    open_page: Callable[..., PageEnd],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On another computer nothing is remembered of the folder that was chosen."""
    folder = tmp_path / "shared verdicts"
    window = open_dock()
    window.session.reviewing.set_folder(folder)
    window.wait(lambda: window.session.reviewing.folder == folder)
    press(window, "JK")
    window.session.close()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "another home"))
    end = open_page(folder)
    assert end.browser.verdicts == {"case00": "accept", "case01": "reject"}
    assert end.browser.selection == "case02"
