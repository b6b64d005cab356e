"""A review by keyboard on the demo dataset, against the lines of the journal read by `json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from napari.utils.notifications import notification_manager
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Slot
from qtpy.QtGui import QCloseEvent, QDesktopServices, QKeyEvent
from qtpy.QtWidgets import QApplication, QMessageBox

from napari_medload.loaders import open_dataset
from napari_medload.loaders.identity import dataset_id
from napari_medload.review import Review, Verdict
from napari_medload.review.files import Disk
from napari_medload.views.napari.dock import BrowserDock
from tests.review.recording import Noting
from tests.session.datasets import write_pairs
from tests.views.napari.conftest import Browser, window_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.canvas

SUBJECTS = 13


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture
def make_browser(
    make_napari_viewer: Any, qtbot: Any, tmp_path: Path
) -> Iterator[Callable[[], Browser]]:
    """Windows of a reviewer named Anna, each as if the program had just been started."""
    made: list[Browser] = []

    def make() -> Browser:
        viewer = make_napari_viewer(show=True)
        viewer.window.resize(1300, 850)
        made.append(window_of("Anna", viewer, qtbot, tmp_path / "state"))
        return made[-1]

    yield make
    for browser in made:
        browser.session.close()


@pytest.fixture
def dataset(demo: Path, tmp_path: Path) -> Path:
    """The demo under a name of its own, so that its review lies where nobody else's does."""
    (tmp_path / "demo").symlink_to(demo, target_is_directory=True)
    return tmp_path / "demo"


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Three small pairs."""
    return write_pairs(tmp_path / "few", 3)


def lines(dataset: Path) -> list[dict[str, Any]]:
    """All lines of the one journal, in the order in which they were written."""
    (journal,) = (dataset.parent / f"{dataset.name}_review").glob("*.jsonl")
    return [json.loads(line) for line in journal.read_text("utf-8").splitlines()]


def standing(dataset: Path) -> dict[str, str]:
    latest = {line["sample_id"]: line["verdict"] for line in lines(dataset)}
    return {sample: decision for sample, decision in latest.items() if decision}


def open_in(browser: Browser, dataset: Path) -> None:
    """Open a dataset and wait until its headers are read; voxels are checked meanwhile."""
    session = browser.session
    session.open(dataset)
    browser.wait(lambda: session.scene is not None and session.rows.scanned == SUBJECTS)


def press(browser: Browser, keys: str, where: Any = None) -> None:
    """Press keys one after the other, each once what is selected is on the screen."""
    where = browser.dock.samples.table if where is None else where
    where.setFocus()
    for key in keys:
        browser.settle()
        browser.wait(browser.session.reviewing.is_painted)
        browser.qtbot.keyClick(where, key)
    browser.settle()


def canvas_of(browser: Browser) -> Any:
    return browser.viewer.window._qt_viewer.canvas.native


def shown(browser: Browser) -> str:
    browser.settle()
    return str(browser.session.scene.sample_id)


def rows(browser: Browser) -> list[str]:
    table = browser.session.rows
    return [table.text(table.sample_at(row), "id") for row in range(len(table))]


def test_a_whole_review_by_keyboard(make_browser: Callable[[], Browser], dataset: Path):
    browser = make_browser()
    open_in(browser, dataset)
    dock, session, qtbot = browser.dock, browser.session, browser.qtbot
    session.sort("id")
    session.select(0)
    ids = rows(browser)
    assert len(ids) == SUBJECTS and shown(browser) == ids[0]

    press(browser, "J")  # accept; the next is shown by itself
    assert standing(dataset) == {ids[0]: "accept"} and shown(browser) == ids[1]
    assert dock.walk.place.text() == "1 of 13 reviewed"

    # a reason and a note, then reject: keys are silent while the note is typed
    qtbot.mouseClick(dock.verdict.reasons["shifted"], Qt.MouseButton.LeftButton)
    dock.verdict.note.setFocus()
    qtbot.keyClicks(dock.verdict.note, "just kidding: 30 mm, WQNH8 90u")
    assert len(lines(dataset)) == 1 and shown(browser) == ids[1]
    qtbot.keyClick(dock.verdict.note, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is dock.samples.table
    press(browser, "K")
    last = lines(dataset)[-1]
    assert (last["sample_id"], last["verdict"], last["reasons"]) == (ids[1], "reject", ["shifted"])
    assert last["note"] == "just kidding: 30 mm, WQNH8 90u" and last["reviewer"] == "Anna"
    assert shown(browser) == ids[2] and dock.verdict.note.text() == ""
    assert dock.verdict.state.text() == f"saved: {ids[1]}, reject"

    press(browser, "U", canvas_of(browser))  # with the focus on the canvas
    assert standing(dataset)[ids[2]] == "unsure" and shown(browser) == ids[3]

    press(browser, "QQ", canvas_of(browser))  # back, and it is not reviewed any more
    assert shown(browser) == ids[1] and standing(dataset) == {ids[0]: "accept"}
    assert not any(button.isChecked() for button in dock.verdict.decisions.values())
    press(browser, "W")
    assert standing(dataset) == {ids[0]: "accept", ids[1]: "reject"}
    assert dock.verdict.decisions["reject"].isChecked()
    assert "●" in dock.verdict.decisions["reject"].text()
    assert dock.verdict.note.text() == "just kidding: 30 mm, WQNH8 90u"
    assert dock.verdict.reasons["shifted"].isChecked()

    press(browser, "HJ")  # back by hand: a verdict is changed, and what is judged is skipped
    assert standing(dataset)[ids[0]] == "accept" and shown(browser) == ids[2]

    # the window is lost without being closed; another goes on where it stopped
    del dock, session
    again = make_browser()
    open_in(again, dataset)
    assert shown(again) == ids[2] and again.dock.walk.place.text().startswith("2 of 13")
    table = again.dock.samples.model
    verdicts = {table.index(row, 4).data(): table.index(row, 6).data() for row in range(SUBJECTS)}
    assert (verdicts[ids[0]], verdicts[ids[1]], verdicts[ids[2]]) == ("✓ accept", "✗ reject", "–")

    again.session.sort("id")
    choose(again.dock.samples.filters.verdict, "unreviewed")
    assert rows(again) == ids[2:]
    press(again, "J")
    assert shown(again) == ids[3] and rows(again) == ids[3:]
    choose(again.dock.samples.filters.verdict, "reject")
    assert set(rows(again)) == {ids[1], ids[3]}  # who is looked at stays
    choose(again.dock.samples.filters.verdict, "")

    press(again, "J" * (SUBJECTS - 3))
    assert len(standing(dataset)) == SUBJECTS
    assert again.dock.walk.place.text().startswith("13 of 13 reviewed · 1 rejected")
    assert {line["act"] for line in lines(dataset)} == {"judge", "undo", "redo"}


def choose(box: Any, data: str) -> None:
    """Choose an entry as a person would."""
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_on_disk_then_shown_as_saved_then_the_next_sample(
    make_browser: Callable[[], Browser], dataset: Path
):
    browser = make_browser()
    acts: list[str] = []
    browser.session.reviewing.files = Noting(acts)
    open_in(browser, dataset)
    browser.wait(lambda: len(browser.session.ready) > 1)
    state, first = browser.dock.verdict.state, shown(browser)
    browser.session.reviewing.changed.connect(lambda: acts.append(state.text()))
    browser.session.scene_changed.connect(lambda scene: acts.append(f"drawn {scene.sample_id}"))
    acts.clear()
    press(browser, "J")
    assert acts[:3] == ["write", "fsync", f"saved: {first}, accept"]
    drawn = [act for act in acts if act.startswith("drawn")]
    assert drawn and drawn[0] != f"drawn {first}"


class Full(Disk):
    room = False

    def write(self, descriptor: int, data: bytes) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        return super().write(descriptor, data)


def test_what_is_not_saved_is_said_loudly_and_tried_again(
    make_browser: Callable[[], Browser], dataset: Path
):
    browser = make_browser()
    browser.session.reviewing.files = disk = Full()
    open_in(browser, dataset)
    panel, first = browser.dock.verdict, shown(browser)
    assert not panel.retry.isVisible()
    press(browser, "K")
    assert shown(browser) == first and "NOT SAVED" in panel.trouble.text()
    assert "No space left" in panel.trouble.text() and panel.trouble.isVisible()
    assert not panel.decisions["reject"].isChecked()
    disk.room = True
    browser.qtbot.mouseClick(panel.retry, Qt.MouseButton.LeftButton)
    assert panel.trouble.text() == "" and panel.decisions["reject"].isChecked()
    assert standing(dataset) == {first: "reject"}


def test_an_epoch_has_its_verdicts_off_and_says_why(
    make_browser: Callable[[], Browser], dataset: Path
):
    from napari_medload.loaders.epoch import usual_options

    browser = make_browser()
    open_in(browser, dataset)
    browser.session.preview_epoch(usual_options(browser.session.whole))
    browser.wait(lambda: browser.session.epoch is not None and browser.session.scene is not None)
    panel = browser.dock.verdict
    assert not any(button.isEnabled() for button in panel.decisions.values())
    assert "preview" in panel.trouble.text()
    press(browser, "J")
    assert not (dataset.parent / "demo_review").exists()


def test_a_sample_that_was_never_on_the_screen_is_not_judged(
    make_browser: Callable[[], Browser], few: Path
):
    """Keys of a quick hand are delivered one after the other, with no painting between them."""
    browser = make_browser()
    browser.open(few)
    session, canvas = browser.session, canvas_of(browser)
    session.sort("id")
    session.select(0)
    browser.settle()
    browser.wait(lambda: len(session.ready) > 1 and session.reviewing.is_painted())
    ids = rows(browser)
    for _ in range(3):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            none = Qt.KeyboardModifier.NoModifier
            QApplication.sendEvent(canvas, QKeyEvent(kind, Qt.Key.Key_J, none, "j"))
    assert session.scene.sample_id == ids[1]  # it was ready, and is drawn
    assert standing(few) == {ids[0]: "accept"}
    assert "not drawn yet" in browser.dock.verdict.state.text()
    press(browser, "K", canvas)
    assert standing(few) == {ids[0]: "accept", ids[1]: "reject"}


def test_a_note_is_kept_that_is_left_by_a_key_on_the_canvas(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.open(few)
    note = browser.dock.verdict.note
    note.setFocus()
    browser.qtbot.keyClicks(note, "tilted")  # and no Enter
    press(browser, "J", canvas_of(browser))
    assert lines(few)[-1]["note"] == "tilted"


def answer(browser: Browser, button: QMessageBox.StandardButton) -> list[str]:
    """Press a button of the next question, and return what it asks."""
    asked: list[str] = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            asked.append(box.text())
            browser.qtbot.mouseClick(box.button(button), Qt.MouseButton.LeftButton)
        else:
            QTimer.singleShot(20, look)

    QTimer.singleShot(0, look)
    return asked


def test_a_window_is_not_closed_on_a_verdict_that_is_not_saved(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.session.reviewing.files = disk = Full()
    browser.open(few)
    first, window = shown(browser), browser.viewer.window._qt_window
    press(browser, "K")
    asked = answer(browser, QMessageBox.StandardButton.Cancel)
    closed: list[bool] = []
    QTimer.singleShot(0, lambda: closed.append(window.close()))
    browser.wait(lambda: bool(closed))
    assert closed == [False] and window.isVisible()
    assert f"NOT SAVED: {first} (reject)" in asked[0]
    disk.room = True
    # it is tried again, and nothing need be asked; napari's own closing is not for tests
    closing = QCloseEvent()
    assert not browser.dock.leaving.eventFilter(window, closing)
    assert standing(few) == {first: "reject"}


def test_a_window_is_not_closed_either_while_its_dock_floats(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.session.reviewing.files = Full()
    browser.open(few)
    first, window = shown(browser), browser.viewer.window._qt_window
    frame_of(browser).setFloating(True)
    browser.wait(browser.dock.isVisible)
    browser.wait(browser.session.reviewing.is_painted)
    browser.dock.verdict.decisions["reject"].click()
    assert list(browser.session.reviewing.unsaved) == [first]
    asked = answer(browser, QMessageBox.StandardButton.Cancel)
    closed: list[bool] = []
    QTimer.singleShot(0, lambda: closed.append(window.close()))
    browser.wait(lambda: bool(closed))
    assert closed == [False] and f"NOT SAVED: {first} (reject)" in asked[0]
    browser.session.reviewing.give_up_unsaved()


def test_a_window_does_not_grow_when_something_is_not_saved(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.session.reviewing.files = Full()
    browser.open(few)
    dock, window = browser.dock, browser.viewer.window._qt_window
    dock.setFixedWidth(360)
    window.resize(1366, 768)
    browser.wait(lambda: dock.width() == 360 and window.height() == 768)
    press(browser, "K")
    assert dock.verdict.give_up.isVisible()
    for _ in range(5):
        QApplication.processEvents()
    assert window.height() == 768
    table = dock.samples.table
    assert table.viewport().height() >= 4 * table.verticalHeader().defaultSectionSize()
    browser.qtbot.mouseClick(dock.verdict.give_up, Qt.MouseButton.LeftButton)
    assert not browser.session.reviewing.unsaved  # else closing the window would ask


def frame_of(browser: Browser) -> Any:
    """What napari has put around the dock, with its ✕ and its closed eye."""
    return browser.dock.parentWidget()


def test_a_dock_that_is_closed_judges_no_more(make_browser: Callable[[], Browser], few: Path):
    browser = make_browser()
    browser.open(few)
    canvas, dock = canvas_of(browser), browser.dock
    dock.verdict.note.setFocus()
    press(browser, "J", canvas)
    browser.qtbot.mouseClick(frame_of(browser).title.close_button, Qt.MouseButton.LeftButton)
    browser.wait(lambda: not isalive(dock))
    browser.qtbot.keyClick(canvas, "K")
    assert len(lines(few)) == 1
    again = make_browser_in(browser)
    again.open(few)
    press(again, "K", canvas)
    assert list(standing(few).values()) == ["accept", "reject"]


def make_browser_in(browser: Browser) -> Browser:
    """Another dock in the same window, as the Plugins menu makes it."""
    dock = BrowserDock(browser.viewer, browser.session.recent)
    browser.viewer.window.add_dock_widget(dock, name="Dataset browser")
    dock.session.reviewing.set_reviewer("Anna")
    return Browser(browser.viewer, dock, browser.qtbot)


def test_a_dock_that_is_closed_on_a_verdict_that_is_not_saved_asks_and_comes_back(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.session.reviewing.files = disk = Full()
    browser.open(few)
    first, dock = shown(browser), browser.dock
    press(browser, "K")
    asked = answer(browser, QMessageBox.StandardButton.Cancel)
    browser.qtbot.mouseClick(frame_of(browser).title.close_button, Qt.MouseButton.LeftButton)
    browser.wait(lambda: bool(asked) and dock.isVisible())
    assert f"NOT SAVED: {first} (reject)" in asked[0]
    assert frame_of(browser).windowTitle() == "Dataset browser"
    assert list(browser.session.reviewing.unsaved) == [first]
    disk.room = True
    browser.qtbot.mouseClick(frame_of(browser).title.close_button, Qt.MouseButton.LeftButton)
    browser.wait(lambda: not isalive(dock))  # it is saved, and nothing need be asked
    assert standing(few) == {first: "reject"} and len(asked) == 1


def test_what_a_hidden_dock_cannot_save_is_told_in_the_window(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.session.reviewing.files = disk = Full()
    browser.open(few)
    first = shown(browser)
    browser.qtbot.mouseClick(frame_of(browser).title.hide_button, Qt.MouseButton.LeftButton)
    browser.wait(lambda: not browser.dock.isVisible())
    before = len(notification_manager.records)
    browser.wait(browser.session.reviewing.is_painted)
    browser.qtbot.keyClick(canvas_of(browser), "K")
    told = [str(record.message) for record in notification_manager.records[before:]]
    assert any(f"NOT SAVED: {first} (reject)" in text for text in told)
    disk.room = True
    browser.wait(lambda: not browser.session.reviewing.waiting)  # tried again by itself
    told = [str(record.message) for record in notification_manager.records[before:]]
    assert told[-1] == f"saved now: {first}" and standing(few) == {first: "reject"}


def test_a_script_that_closes_is_not_held_up_by_a_question(
    make_browser: Callable[[], Browser], few: Path, caplog: pytest.LogCaptureFixture
):
    browser = make_browser()
    browser.session.reviewing.files = Full()
    browser.open(few)
    first, window = shown(browser), browser.viewer.window._qt_window
    press(browser, "K")
    # no event loop runs here, as in a script; a question would stand for ever
    assert not browser.dock.leaving.eventFilter(window, QCloseEvent())
    assert f"NOT SAVED: {first} (reject)" in caplog.text
    browser.session.reviewing.give_up_unsaved()


class Opened(QObject):
    """Stands for the file manager of the system."""

    def __init__(self) -> None:
        super().__init__()
        self.folders: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.folders.append(url.toLocalFile())


def test_a_finished_review_says_so_and_what_may_come_next(
    make_browser: Callable[[], Browser], few: Path
):
    browser = make_browser()
    browser.open(few)
    dock, session, box = browser.dock, browser.session, browser.dock.verdict.finished
    session.sort("id")
    session.select(0)
    ids = rows(browser)
    press(browser, "J")
    assert not box.isVisible()
    dock.samples.filters.search.setText(ids[0])
    browser.wait(box.isVisible)
    assert box.text.text() == "✓ The one shown is reviewed, 2 others are not"
    click = browser.qtbot.mouseClick
    click(box.others, Qt.MouseButton.LeftButton)
    assert rows(browser) == ids[1:] and dock.samples.filters.search.text() == ""
    press(browser, "KU")
    assert box.text.text().startswith("✓ 3 of 3 reviewed: 1 accepted, 1 rejected, 1 unsure")
    assert box.isVisible() and not box.others.isVisible()
    session.choose_by(verdict="", search=ids[0])
    assert rows(browser) == ids[:1] and box.isVisible()
    click(box.rejected, Qt.MouseButton.LeftButton)  # all that it counts, whatever was searched
    assert rows(browser) == [ids[1]] and shown(browser) == ids[1]
    opened = Opened()
    QDesktopServices.setUrlHandler("file", opened.open)
    try:
        click(box.folder, Qt.MouseButton.LeftButton)
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert opened.folders == [str(few.parent / "few_review")]
    click(box.second, Qt.MouseButton.LeftButton)
    browser.wait(lambda: session.reviewing.round == 2)
    assert not box.isVisible() and rows(browser) == ids
    assert dock.verdict.more.text().startswith("as Anna · pass 2 · blinded")


def test_what_others_say_of_a_sample_is_seen_after_the_own_verdict(
    make_browser: Callable[[], Browser], few: Path
):
    opened = open_dataset(few)
    for name, decision in (("ben", "reject"), ("carl", "accept")):
        review = Review(few.parent / "few_review", dataset_id(opened), name)
        review.save(Verdict(opened.samples[0].id, decision, ("flipped",) * (name == "ben")))
    browser = make_browser()
    browser.open(few)
    browser.session.select(0)
    browser.settle()
    heard = browser.dock.verdict.heard
    assert heard.text() == "2 others have judged this; shown after your verdict"
    table = browser.dock.samples.model
    texts = [table.index(row, column).data() for row in range(3) for column in range(8)]
    assert "– · 2 others" in texts and not any("reject" in str(text) for text in texts)
    browser.session.reviewing.set_auto_advance(False)
    press(browser, "J")
    assert heard.text() == "ben: ✗ reject (flipped) · carl: ✓ accept"
    browser.session.select(1)
    assert not heard.isVisible()
