"""From a folder by keys to a list for training, as a person would; the list is read by json."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from magicgui.widgets import CheckBox
from qtpy.QtCore import Qt, QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPushButton,
)

from napari_medload.session.recent import RecentDatasets
from napari_medload.views.napari.dock import BrowserDock
from napari_medload.views.napari.export_form import ExportForm
from napari_medload.views.napari.menu import export_samples
from tests.session.datasets import write_pairs
from tests.views.napari.conftest import Browser

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = 4


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "my data" / "pairs", PAIRS, labels=True)


@pytest.fixture
def form(driver: Any, folder: Path) -> ExportForm:
    """The form over four open pairs of which the second was accepted."""
    driver.open(folder)
    driver.session.reviewing.set_auto_advance(False)
    driver.select(1)
    assert driver.session.reviewing.judge("accept")
    form = ExportForm(driver.session)
    driver.qtbot.addWidget(form)
    form.show()
    looked(driver, form)
    return form


def looked(driver: Any, form: ExportForm) -> None:
    """Wait until the form says what would come of it."""
    driver.wait(lambda: form.count.text() != "" and not form.count.text().endswith("…"))


def path_of(form: ExportForm, path: Path) -> None:
    """Type where to save."""
    form.fields.path.line_edit.value = str(path)


def wait_for_outcome(driver: Any, form: ExportForm) -> str:
    driver.wait(lambda: form.outcome.text() != "" and not form.outcome.text().endswith("…"))
    return str(form.outcome.text())


@pytest.mark.canvas
def test_from_keys_to_a_list_for_monai(
    make_napari_viewer: Any, qtbot: Any, folder: Path, tmp_path: Path
) -> None:
    viewer = make_napari_viewer(show=True)
    dock = BrowserDock(viewer, recent=RecentDatasets(tmp_path / "state" / "recent.json"))
    viewer.window.add_dock_widget(dock, name="Dataset browser")
    viewer.window.resize(1366, 768)
    viewer.window._qt_window.activateWindow()
    browser = Browser(viewer, dock, qtbot)
    browser.open(folder)
    session = dock.session
    dock.samples.table.setFocus()
    for done, key in enumerate((Qt.Key.Key_J, Qt.Key.Key_K, Qt.Key.Key_J, Qt.Key.Key_U), 1):
        browser.wait(lambda: not session.loading and session.reviewing.is_painted())
        qtbot.keyClick(dock.samples.table, key)
        browser.wait(lambda n=done: session.rows.marks.judged == n)
    browser.wait(lambda: dock.verdict.finished.isVisible())
    assert "4 of 4 reviewed" in dock.verdict.finished.text.text()
    accepted = [
        s.id for s in session.dataset if session.reviewing.review.own[s.id].decision == "accept"
    ]
    assert len(accepted) == 2
    qtbot.mouseClick(dock.verdict.finished.export, Qt.MouseButton.LeftButton)
    form = dock.export
    browser.wait(form.isVisible)
    assert not form.isModal()
    form.fields.format.value = "monai"
    path_of(form, tmp_path / "train list.json")
    looked(browser, form)
    assert form.count.text() == "2 of 4 samples"
    assert accepted[0] in form.preview.toPlainText()
    qtbot.mouseClick(form.save, Qt.MouseButton.LeftButton)
    told = wait_for_outcome(browser, form)
    assert "2 samples, read back" in told
    content = json.loads((tmp_path / "train list.json").read_text(encoding="utf-8"))
    items = [item for part in content.values() if isinstance(part, list) for item in part]
    assert [item["sample_id"] for item in items] == accepted
    # verdict keys are silent in the form, also where no text field has the focus
    before = session.rows.marks.judged, session.selected
    qtbot.keyClick(form.save, Qt.Key.Key_K)
    assert (session.rows.marks.judged, session.selected) == before
    qtbot.keyClick(form, Qt.Key.Key_Escape)
    assert not form.isVisible()
    session.close()


def test_count_preview_and_file_name_follow_the_choice(driver: Any, form: ExportForm) -> None:
    assert form.count.text() == "1 of 4 samples"
    assert "case01" in form.preview.toPlainText()
    assert "case02" not in form.preview.toPlainText()
    form.fields.verdict.value = ""
    looked(driver, form)
    assert form.count.text() == "4 of 4 samples"
    assert "case02" in form.preview.toPlainText()
    assert form.fields.path.line_edit.value.endswith("pairs.csv")


def test_no_sample_is_said_and_save_is_off(driver: Any, form: ExportForm) -> None:
    form.fields.verdict.value = "unsure"
    looked(driver, form)
    assert form.count.text() == "0 of 4 samples"
    assert "✗ error: no sample is left" in form.remarks.text()
    assert form.remarks.isVisible()
    assert not form.save.isEnabled()
    assert "no sample is left" in form.save.toolTip()
    form.fields.verdict.value = ""
    looked(driver, form)
    assert form.save.isEnabled()


def test_saved_csv_is_what_the_form_said(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    path_of(form, tmp_path / "list.csv")
    looked(driver, form)
    form.save.click()
    form.save.click()
    wait_for_outcome(driver, form)
    with open(tmp_path / "list.csv", newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["sample_id"], row["verdict"]) for row in rows] == [("case01", "accept")]
    assert form.open_folder.isVisible()
    assert form.copy.isVisible()
    form.copy.click()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().startswith("napari-medload export")
    assert str(tmp_path / "list.csv") in clipboard.text()


def test_folder_of_the_list_is_opened(
    driver: Any, form: ExportForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    path_of(form, tmp_path / "list.csv")
    looked(driver, form)
    form.save.click()
    wait_for_outcome(driver, form)
    form.open_folder.click()
    assert [url.toLocalFile() for url in opened] == [str(tmp_path)]


def test_failure_is_told_in_the_form(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    path_of(form, tmp_path / "no such folder" / "list.csv")
    looked(driver, form)
    assert "there is no folder" in form.remarks.text()
    assert not form.save.isEnabled()
    (tmp_path / "short").mkdir()
    path_of(form, tmp_path / "short" / "list.csv")
    looked(driver, form)
    (tmp_path / "short").rmdir()
    form.save.click()
    assert wait_for_outcome(driver, form).startswith("✗")
    assert not form.open_folder.isVisible()
    assert form.save.isEnabled()
    assert [
        w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isModal()
    ] == []


def test_options_of_a_format_are_fields(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    form.fields.format.value = "monai"
    looked(driver, form)
    assert [field.name for field in form.options] == ["list_key"]
    assert form.options["list_key"].tooltip
    form.options["list_key"].value = "held_out"
    path_of(form, tmp_path / "list.json")
    looked(driver, form)
    form.save.click()
    wait_for_outcome(driver, form)
    content = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))
    assert len(content["held_out"]) == 1


def test_every_format_shows_its_options(driver: Any, form: ExportForm) -> None:
    for exporter in driver.session.exporting.formats:
        form.fields.format.value = exporter.name
        looked(driver, form)
        usual = driver.session.exporting.options
        assert [field.name for field in form.options] == list(usual)
        shown = {field.name for field in form.options if field.visible}
        assert not shown & {"image_shape", "intra_group_prob", "sample_image_in_group"}  # of groups
        assert driver.session.exporting.wish.options == ()  # nothing is changed by showing it


def test_paths_relative_to_where_the_list_is_saved(
    driver: Any, form: ExportForm, folder: Path, tmp_path: Path
) -> None:
    assert not form.fields.base.visible
    form.fields.paths.value = "relative to a folder"
    assert form.fields.base.line_edit.value == str(folder.parent)  # where the list is saved
    path_of(form, tmp_path / "list.csv")
    assert form.fields.base.line_edit.value == str(tmp_path)
    looked(driver, form)
    assert str(folder) not in form.preview.toPlainText()
    form.fields.paths.value = "absolute"
    looked(driver, form)
    assert str(folder) in form.preview.toPlainText()


def test_typing_a_path_keeps_the_cursor(driver: Any, form: ExportForm) -> None:
    line = form.fields.path.line_edit.native
    line.setText("/tmp/list.csv")
    line.setCursorPosition(5)
    driver.qtbot.keyClicks(line, "my")
    looked(driver, form)
    assert line.text() == "/tmp/mylist.csv"
    assert line.cursorPosition() == 7


def test_form_fits_a_small_screen(form: ExportForm) -> None:
    form.fields.paths.value = "relative to a folder"
    form.fields.format.value = "monai"
    form.fields.verdict.value = "unsure"
    assert form.minimumSizeHint().height() <= 700
    assert form.minimumSizeHint().width() <= 600
    form.resize(1, 1)  # as narrow as it gets, nothing is cut off
    QApplication.processEvents()
    page = form.choosing.widget()
    assert page.width() >= page.minimumSizeHint().width()
    assert page.width() <= form.choosing.viewport().width()


def test_form_without_a_dataset_says_so(driver: Any) -> None:
    form = ExportForm(driver.session)
    driver.qtbot.addWidget(form)
    form.show()
    assert "no dataset is open" in form.count.text()
    assert not form.save.isEnabled()


def test_form_turns_to_the_next_dataset(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    driver.open(write_pairs(tmp_path / "others", 2))
    looked(driver, form)
    assert form.count.text() == "2 of 2 samples"
    assert form.fields.path.line_edit.value == str(tmp_path / "others.csv")


@pytest.mark.canvas
def test_menu_and_verdict_panel_open_the_form(browser: Browser, folder: Path) -> None:
    browser.open(folder)
    dock = browser.dock
    dock.verdict.export.click()
    browser.wait(dock.export.isVisible)
    dock.export.close()
    dock.verdict.menu.export.trigger()
    browser.wait(dock.export.isVisible)
    dock.export.close()
    export_samples(browser.viewer)
    shown = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, ExportForm) and w.isVisible()
    ]
    assert len(shown) == 1
    shown[0].close()


@pytest.mark.canvas
def test_narrow_dock_holds_the_buttons(browser: Browser, folder: Path) -> None:
    browser.open(folder)
    dock = browser.dock
    browser.viewer.window._qt_window.resizeDocks(
        [dock.parentWidget()], [360], Qt.Orientation.Horizontal
    )
    browser.wait(lambda: dock.width() <= 370)
    export, more = dock.verdict.export, dock.verdict.more
    for part in (export, more):
        assert part.isVisible()
        assert part.mapTo(dock, part.rect().topRight()).x() <= dock.width()


def test_saved_list_is_browsed_at_once(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    path_of(form, tmp_path / "lists" / "list.csv")
    looked(driver, form)
    assert not form.open_list.isVisible()
    form.save.click()
    wait_for_outcome(driver, form)
    form.open_list.click()
    driver.wait(lambda: driver.session.dataset.root == tmp_path / "lists" / "list.csv")
    form.fields.verdict.value = "accept"
    driver.wait(lambda: "verdict that the opened list states" in form.remarks.text())
    looked(driver, form)
    assert form.count.text() == "1 of 1 sample"


def test_all_fields_begin_at_one_place_and_are_seen_whole(driver: Any, form: ExportForm) -> None:
    form.fields.format.value = "monai"
    looked(driver, form)
    fields = (form.fields.format, form.fields.path, form.options["list_key"])
    starts = {field.native.mapTo(form, field.native.rect().topLeft()).x() for field in fields}
    assert len(starts) == 1
    bar = form.choosing.verticalScrollBar()
    driver.wait(lambda: bar.maximum() == 0)


def test_splits_unfold_and_are_reported(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    form.fields.verdict.value = ""
    assert not form.division.by.visible
    form.division.make.value = True
    form.division.by.value = "sample"
    form.division.shares["val"].value = 0
    form.division.shares["train"].value = 85
    path_of(form, tmp_path / "list.csv")
    looked(driver, form)
    assert form.splits.text().startswith("train 3, test 1  ·  no leak found")
    form.save.click()
    wait_for_outcome(driver, form)
    with open(tmp_path / "list.csv", newline="", encoding="utf-8-sig") as lines:
        assert sorted(row["split"] for row in csv.DictReader(lines)) == ["test", *["train"] * 3]


def test_table_is_previewed_as_a_table(driver: Any, form: ExportForm) -> None:
    looked(driver, form)
    table = form.preview.table
    header = [table.horizontalHeaderItem(i).text() for i in range(table.columnCount())]
    assert table.isVisible()
    assert table.item(0, header.index("sample_id")).text() == "case01"
    assert table.item(0, header.index("verdict")).text() == "accept"
    form.fields.format.value = "monai"
    looked(driver, form)
    assert form.preview.text.isVisible()


def test_button_says_that_a_file_is_replaced(driver: Any, form: ExportForm, tmp_path: Path) -> None:
    assert form.save.text() == "Save"
    (tmp_path / "mine.csv").write_text("precious")
    path_of(form, tmp_path / "mine.csv")
    looked(driver, form)
    assert form.save.text() == "Replace"
    assert "nothing in it tells that it was exported here" in form.remarks.text()


def test_options_say_what_they_are_for(driver: Any, form: ExportForm) -> None:
    form.fields.format.value = "deepreg-folder"
    field = form.options["moving_image_shape"]
    assert field.native.placeholderText().startswith("To which images are resized")
    assert not form.options["intra_group_prob"].visible  # these are pairs


ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
FIELDS = (QLineEdit, QComboBox, QAbstractSpinBox)


def nothing_begins(form: ExportForm) -> bool:
    exporting = form._exporting
    return not exporting.saving and exporting.exported is None


def test_enter_in_a_field_or_on_a_button_saves_nothing(
    driver: Any, form: ExportForm, tmp_path: Path
) -> None:
    form.fields.paths.value = "relative to a folder"
    form.division.make.value = True
    form.fields.verdict.value = ""
    form.division.by.value = "sample"
    form.fields.format.value = "regions"
    path_of(form, tmp_path / "list.regions.jsonl")
    looked(driver, form)
    assert form.save.isEnabled()
    parts = [part for kind in FIELDS for part in form.findChildren(kind) if part.isVisible()]
    assert len(parts) > 10
    for part in (*parts, form.save, form):
        for key in ENTER:
            driver.qtbot.keyClick(part, key)
            assert nothing_begins(form)
    assert form.isVisible()
    looked(driver, form)
    assert not any(button.isDefault() for button in form.findChildren(QPushButton))
    driver.qtbot.keyClick(form.save, Qt.Key.Key_Space)
    assert "read back" in wait_for_outcome(driver, form)


@pytest.mark.parametrize(
    ("key", "held"),
    [
        (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
        (Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier),
    ],
)
def test_key_saves_what_the_button_says(
    driver: Any, form: ExportForm, tmp_path: Path, key: Any, held: Any
) -> None:
    thesis = tmp_path / "thesis.csv"
    thesis.write_text("chapter,page\n")
    form.activateWindow()
    driver.wait(form.isActiveWindow)
    line = form.fields.path.line_edit.native
    line.setFocus()
    line.setText(str(thesis))
    driver.qtbot.keyClick(line, Qt.Key.Key_Return)
    driver.qtbot.keyClick(line, key, held)  # nobody has read yet what would be lost
    assert nothing_begins(form)
    assert thesis.read_text() == "chapter,page\n"
    looked(driver, form)
    assert form.save.text() == "Replace"
    assert "Ctrl+Enter" in form.save.toolTip()
    driver.qtbot.keyClick(line, key, held)
    assert "read back" in wait_for_outcome(driver, form)
    assert "chapter" not in thesis.read_text()


def test_contents_are_hashed_where_that_is_ticked(
    driver: Any, form: ExportForm, tmp_path: Path
) -> None:
    form.fields.verdict.value = ""
    form.division.make.value = True
    form.division.by.value = "sample"
    looked(driver, form)
    assert form.splits.text().endswith("contents not all compared: tick 'hash contents'")
    assert form.splits._elidedText() == form.splits.text()  # the remedy is seen
    form.fields.hashed.value = True
    looked(driver, form)
    assert "not all compared" not in form.splits.text()
    assert "compared by content: 4 of 4 samples have hashes" in form.splits.toolTip()
    path_of(form, tmp_path / "list.csv")
    looked(driver, form)
    form.save.click()
    wait_for_outcome(driver, form)
    with open(tmp_path / "list.csv", newline="", encoding="utf-8-sig") as lines:
        assert all(len(row["content_hash"]) >= 32 for row in csv.DictReader(lines))


def test_preview_keeps_six_rows_and_fields_are_seen_whole(
    driver: Any, form: ExportForm, tmp_path: Path
) -> None:
    driver.open(write_pairs(tmp_path / "eight", 8))
    form.fields.verdict.value = ""
    form.division.make.value = True
    form.fields.paths.value = "relative to a folder"
    looked(driver, form)
    assert "no subject is known" in form.remarks.text()
    table = form.preview.table
    bar = form.choosing.verticalScrollBar()
    driver.wait(lambda: bar.maximum() == 0)
    rows = table.viewport().height() / table.verticalHeader().defaultSectionSize()
    assert table.isVisible() and rows >= 6


def test_options_have_plain_labels_at_one_place(driver: Any, form: ExportForm) -> None:
    for name in ("deepreg-folder", "voxelmorph", "nnunet", "regions"):
        form.fields.format.value = name
        looked(driver, form)
        fields = [f for f in (*form.fields, *form.options) if f.visible]
        assert not {f.label for f in fields} & {"how", "what", "role", "count", "dictionary"}
        boxes = [f.native for f in fields if not isinstance(f, CheckBox)]
        assert len({box.mapTo(form, box.rect().topLeft()).x() for box in boxes}) == 1
    form.fields.format.value = "deepreg-folder"
    assert form.options["how"].label == "files: links or copies"


def test_nnunet_dataset_that_is_there_is_told_as_replaced(
    driver: Any, form: ExportForm, tmp_path: Path
) -> None:
    form.fields.format.value = "nnunet"
    path_of(form, tmp_path / "Dataset001_mine")
    looked(driver, form)
    assert form.save.text() == "Save"
    form.save.click()
    wait_for_outcome(driver, form)
    looked(driver, form)
    assert form.save.text() == "Replace"
