"""The table, used with mouse and keys; without a viewer."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_medload.checks import Finding, Severity
from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample
from napari_medload.session.table.facts import SampleFacts
from napari_medload.session.table.rows import COLUMNS
from napari_medload.views.napari.sample_table import SampleTable
from tests.phantoms import noise, write_nifti
from tests.session.datasets import names, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver

KEYS = [column.key for column in COLUMNS]


@pytest.fixture
def table(driver: Driver) -> SampleTable:
    widget = SampleTable(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 400)
    widget.show()
    return widget


def column(table: SampleTable, key: str = "id") -> list[str]:
    """Texts of a column, as a person sees them."""
    model = table.table.model()
    return [model.index(row, KEYS.index(key)).data() for row in range(model.rowCount())]


def click_header(driver: Driver, table: SampleTable, key: str) -> None:
    header = table.table.horizontalHeader()
    place = header.sectionViewportPosition(KEYS.index(key)) + 5
    where = header.viewport().rect().center()
    where.setX(place)
    driver.qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)


def click_row(driver: Driver, table: SampleTable, row: int) -> None:
    view = table.table
    place = view.visualRect(view.model().index(row, KEYS.index("id"))).center()
    driver.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def selected(table: SampleTable) -> list[str]:
    rows = table.table.selectionModel().selectedRows()
    return [index.siblingAtColumn(KEYS.index("id")).data() for index in rows]


def test_a_person_sorts_searches_and_selects(driver: Driver, table: SampleTable, pairs: Path):
    driver.open(pairs)
    assert column(table) == names(8)
    assert column(table, "orientation") == ["LAS | PIR"] * 8
    assert selected(table) == ["case00"]

    click_header(driver, table, "id")
    click_header(driver, table, "id")
    assert column(table) == names(8)[::-1]
    assert selected(table) == ["case00"]  # sorting selects nothing else

    click_row(driver, table, 2)
    driver.settle()
    assert driver.session.scene.sample_id == "case05" == selected(table)[0]

    driver.qtbot.keyClick(table.table, Qt.Key.Key_Down)
    driver.settle()
    assert driver.session.scene.sample_id == "case04"

    driver.qtbot.keyClicks(table.search, "0 case 3")
    driver.wait(lambda: column(table) == ["case03"])
    assert driver.session.selected == 4 and not selected(table)
    table.search.clear()
    driver.wait(lambda: len(column(table)) == 8)
    assert selected(table) == ["case04"]

    driver.session.select(6)
    assert selected(table) == ["case06"]


def test_another_dataset_is_neither_searched_nor_sorted(
    driver: Driver, table: SampleTable, pairs: Path, tmp_path: Path
):
    driver.open(pairs)
    click_header(driver, table, "id")
    click_header(driver, table, "id")
    table.search.setText("case07")
    driver.wait(lambda: column(table) == ["case07"])
    driver.open(write_pairs(tmp_path / "other", 3))
    assert table.search.text() == ""
    header = table.table.horizontalHeader()
    assert KEYS[header.sortIndicatorSection()] == "finding"  # worst first, and all are well
    assert column(table) == names(3)


def test_problems_stand_in_the_row_and_their_whole_sentence_in_its_tip(
    driver: Driver, table: SampleTable, tmp_path: Path
):
    folder = write_pairs(tmp_path / "pairs", 3)
    (folder / "moving_images" / "case01.nii.gz").write_bytes(b"broken")
    driver.open(folder)
    assert column(table) == ["case01", "case00", "case02"]  # worst first
    found = column(table, "finding")
    assert found[0].startswith("✗") and not {"✗", "!"} & {text[0] for text in found[1:]}
    tip = table.table.model().index(0, KEYS.index("finding")).data(Qt.ItemDataRole.ToolTipRole)
    assert "case01.nii.gz" in tip


def test_it_fits_360_pixels_and_shows_more_where_there_is_room(
    driver: Driver, table: SampleTable, pairs: Path
):
    driver.open(pairs)
    shown = {}
    for width in (360, 900):
        table.resize(width, 400)
        driver.wait(lambda width=width: table.width() == width)
        view = table.table
        assert not view.horizontalScrollBar().isVisible()
        seen = [k for i, k in enumerate(KEYS) if not view.isColumnHidden(i)]
        assert sum(view.columnWidth(KEYS.index(k)) for k in seen) <= view.viewport().width()
        shown[width] = set(seen)
    assert {"id", "finding", "verdict"} <= shown[360] < shown[900]
    view.resize(360, 400)
    rows_seen = view.viewport().height() // view.rowHeight(0)
    table.resize(360, table.minimumSizeHint().height())
    assert rows_seen > 4 <= view.viewport().height() // view.rowHeight(0)
    assert not {"group", "split"} & shown[900]  # of which the dataset has none


def test_verdicts_and_findings_are_filtered_and_sorted_in_on_demand(
    driver: Driver, table: SampleTable, pairs: Path
):
    driver.open(pairs)
    line, session = table.filters, driver.session
    for sample, decision in ((1, "accept"), (2, "reject"), (5, "reject")):
        session.rows.marks.judge(sample, decision)
    session.reviewing.marked.emit()
    assert column(table, "verdict")[:4] == ["–", "✓ accept", "✗ reject", "–"]
    line.verdict.setCurrentIndex(line.verdict.findData("reject"))
    line.verdict.activated.emit(line.verdict.currentIndex())
    assert column(table) == ["case00", "case02", "case05"]  # case00 is looked at
    line.verdict.setCurrentIndex(0)
    line.verdict.activated.emit(0)
    assert not line.again.isVisible() and line.finding.findData("mirrored") == -1

    found = SampleFacts({}, (Finding("mirrored", Severity.ERROR, "left is right"),))
    session.rows.add_facts(6, [found])
    session.facts_found.emit(6, 1)
    assert column(table) == names(8) and line.again.isVisible()  # nothing moves by itself
    driver.qtbot.mouseClick(line.again, Qt.MouseButton.LeftButton)
    assert column(table)[0] == "case06" and column(table, "finding")[0] == "✗ left is right"
    assert not line.again.isVisible()
    line.finding.setCurrentIndex(line.finding.findData("mirrored"))
    line.finding.activated.emit(line.finding.currentIndex())
    assert line.finding.currentText() == "mirrored (1)"
    assert column(table) == ["case06", "case00"]


def test_100_000_rows_stay_instant(driver: Driver, table: SampleTable, tmp_path: Path):
    """Header click and search field, against Python's own sort of the same ids."""
    count = 100_000
    path = write_nifti(tmp_path / "a.nii", noise((4, 4, 4)))
    ids = [f"s{number:06d}" for number in range(count)]
    random.Random(0).shuffle(ids)
    samples = tuple(Sample(name, {"image": Source(path)}) for name in ids)
    driver.session.show(Dataset(tmp_path, "list", samples, "none"))
    driver.settle()
    driver.session.cancel()

    start = time.perf_counter()
    expected = sorted(range(count), key=ids.__getitem__)
    theirs = time.perf_counter() - start
    start = time.perf_counter()
    click_header(driver, table, "id")
    table.table.viewport().repaint()
    assert time.perf_counter() - start <= 5 * theirs
    first = table.table.model().index(0, KEYS.index("id")).data()
    assert first == ids[expected[0]]

    start = time.perf_counter()
    driver.session.find("s00777")
    table.table.viewport().repaint()
    assert time.perf_counter() - start <= 5 * theirs
    assert sorted(column(table)) == [f"s00777{i}" for i in range(10)]


def test_ids_are_read_whole_where_there_is_room(driver: Driver, table: SampleTable, tmp_path: Path):
    """A tick needs no room; what is wrong is read below the table."""
    path = write_nifti(tmp_path / "a.nii", noise((4, 4, 4)))
    name = "train/group1/case000001"
    driver.session.show(Dataset(tmp_path, "list", (Sample(name, {"image": Source(path)}),), "none"))
    driver.wait_open()
    table.resize(470, 400)
    view = table.table
    needed = view.fontMetrics().horizontalAdvance(name)
    assert view.columnWidth(KEYS.index("id")) >= needed
    assert not view.isColumnHidden(KEYS.index("finding"))
