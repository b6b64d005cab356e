"""Labels in their tab, and what is wrong with a sample in full; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_medload.labels import find_label_table
from napari_medload.views.napari.details_panel import DetailsPanel
from napari_medload.views.napari.problem_line import ProblemLine
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Browser, Driver


@pytest.fixture
def details(driver: Driver) -> DetailsPanel:
    widget = DetailsPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 300)
    widget.show()
    return widget


@pytest.fixture
def line(driver: Driver) -> ProblemLine:
    widget = ProblemLine(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 100)
    return widget


def texts(details: DetailsPanel) -> list[list[str]]:
    table = details.labels_tab.table
    return [
        [table.item(row, column).text() for column in (0, 1, 3)] for row in range(table.rowCount())
    ]


def test_labels_are_listed_in_the_colours_they_are_drawn_in(
    driver: Driver, details: DetailsPanel, pairs: Path
):
    driver.open(pairs)
    details.setCurrentWidget(details.labels_tab)
    assert texts(details) == [
        ["1", "liver", "fixed, moving (pale)"],
        ["2", "spleen", "fixed, moving (pale)"],
    ]
    known = find_label_table(pairs / "fixed_labels", pairs)
    for row, value in enumerate((1, 2)):
        icon = details.labels_tab.table.item(row, 0).icon()
        colour = icon.pixmap(12, 12).toImage().pixelColor(6, 6)
        assert colour.getRgbF()[:3] == pytest.approx(known[value].colour, abs=0.01)


def test_the_legend_follows_the_sample_while_it_is_seen(
    driver: Driver, details: DetailsPanel, tmp_path: Path
):
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    for side in ("fixed", "moving"):
        (folder / f"{side}_labels" / "case01.nii.gz").unlink()
    driver.open(folder)
    details.setCurrentWidget(details.labels_tab)
    assert len(texts(details)) == 2
    driver.select(1)
    assert texts(details) == []
    details.setCurrentWidget(details.geometry_tab)
    driver.select(0)
    details.setCurrentWidget(details.labels_tab)
    assert len(texts(details)) == 2


def test_the_reason_for_a_problem_is_read_in_full(
    driver: Driver, line: ProblemLine, tmp_path: Path
):
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    (folder / "fixed_labels" / "case01.nii.gz").unlink()
    driver.open(folder)
    assert not line.isVisible()
    driver.select(1)
    assert line.isVisible()
    assert line.text() == "✗ " + "\n✗ ".join(driver.session.rows.problems(1))
    assert "no fixed label named 'case01'" in line.text()
    driver.select(0)
    assert not line.isVisible()


@pytest.mark.canvas
def test_what_the_findings_tab_says_is_not_said_twice(browser: Browser, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 2, labels=True)
    (folder / "fixed_labels" / "case01.nii.gz").unlink()
    browser.open(folder)
    browser.select(1)
    dock = browser.dock
    assert "no fixed label named" in dock.problems.text()
    dock.details.setCurrentWidget(dock.details._findings_page)
    assert "no fixed label named" in dock.details.findings_tab.findings.text()
    assert "no fixed label named" not in dock.problems.text()
    dock.details.cornerWidget().setChecked(True)  # folded away
    assert "no fixed label named" in dock.problems.text()
    dock.details.cornerWidget().setChecked(False)
    assert not dock.problems.isVisible()
    dock.details.setCurrentWidget(dock.details.geometry_tab)
    assert "no fixed label named" in dock.problems.text()


def test_many_reasons_are_scrolled_and_take_a_few_lines(
    driver: Driver, line: ProblemLine, tmp_path: Path
):
    line.show()
    line.setText("! one")
    one = line.height()
    line.setText("\n".join(f"! {n} {'/'.join(['folder'] * 30)}" for n in range(30)))
    assert one < line.height() <= 6 * one
    assert line.verticalScrollBar().maximum() > 0
    assert line.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    assert line.minimumSizeHint().width() <= 350
