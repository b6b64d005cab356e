"""Hypotheses in the findings tab, without a viewer: tried, cancelled, recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QFontMetrics

from tests.checks.bodies import Body, pair_of
from tests.phantoms import write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.views.napari.details_panel import DetailsPanel
    from napari_medload.views.napari.hypotheses_panel import HypothesesPanel
    from tests.views.napari.conftest import Driver


@pytest.fixture
def panel(details: DetailsPanel) -> HypothesesPanel:
    details.setCurrentWidget(details._findings_page)
    return details.findings_tab.hypotheses


def wait_tried(driver: Driver) -> None:
    hypothesising = driver.session.hypothesising
    driver.wait(lambda: hypothesising.tried is not None and not hypothesising.tried.running)


def cells(panel: HypothesesPanel, row: int) -> list[str]:
    return [panel.table.item(row, column).text() for column in range(3)]


def test_a_flip_is_explained_by_a_click(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    assert not panel.table.isVisible()
    assert not panel.record.isVisible()
    assert panel.attempt.text() == "Try hypotheses  8"
    driver.qtbot.mouseClick(panel.attempt, Qt.MouseButton.LeftButton)
    assert panel.bar.isVisible()
    assert panel.cancel.isVisible()
    assert not panel.attempt.isEnabled()
    wait_tried(driver)
    assert panel.sentence.text().startswith("left-right flip explains this: MI ")
    assert cells(panel, 0)[0] == "as it is"
    assert cells(panel, 1)[0] == "✓ left-right flip"
    assert float(cells(panel, 1)[1]) > 1.4 * float(cells(panel, 0)[1])
    assert not panel.bar.isVisible()
    assert panel.attempt.isEnabled()


def test_going_on_clears_the_ranking(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    driver.select(0)
    assert not panel.table.isVisible()
    assert not panel.sentence.isVisible()
    driver.select(1)
    assert panel.table.isVisible()
    assert panel.sentence.text().startswith("left-right flip")


def test_cancel_ends_it_at_once(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    panel.cancel.click()
    assert panel.attempt.isEnabled()
    assert not panel.cancel.isVisible()
    assert not panel.table.isVisible()


def test_recording_writes_the_sentence_and_its_figures(
    driver: Driver, panel: HypothesesPanel, bodies: Path
):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    panel.record.click()
    assert panel.record.text() == "✓ Recorded"
    assert not panel.record.isEnabled()
    (line,) = [entry for entry in journal_lines(bodies) if panel.sentence.text() in str(entry)]
    tried = driver.session.hypothesising.tried
    assert tried is not None
    assert tried.ranking is not None
    best, own = tried.ranking.best, tried.ranking.as_it_is
    assert best is not None
    figures = next(value for value in line.values() if isinstance(value, dict))
    assert figures["MI bits as it is"] == pytest.approx(own.match.mi)
    assert figures["MI bits best"] == pytest.approx(best.match.mi)


def test_what_was_recorded_is_told_of_its_own_sample_alone(
    driver: Driver, panel: HypothesesPanel, bodies: Path
):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    panel.record.click()
    assert driver.session.reviewing.message.startswith("recorded: left-right flip")
    driver.select(0)
    assert driver.session.reviewing.message == ""
    assert panel.record.text() == "Record"


def journal_lines(dataset: Path) -> list[dict[str, Any]]:
    journals = [*dataset.parent.glob("bodies_review/**/*.jsonl")]
    assert journals
    texts = [line for journal in journals for line in journal.read_text("utf-8").splitlines()]
    return [json.loads(text) for text in texts if text]


def test_single_images_have_no_hypotheses(driver: Driver, panel: HypothesesPanel, tmp_path: Path):
    for number in range(2):
        found = pair_of(Body(number))["fixed_image"]
        path = tmp_path / "single" / "images" / f"case{number}.nii.gz"
        write_nifti(path, found.array[..., 0], found.grid.affine)
    driver.open(tmp_path / "single")
    assert "fixed_image" not in driver.session.dataset[0].sources
    assert not panel.attempt.isEnabled()
    assert "pairs" in panel.attempt.toolTip()


def test_the_key_brings_the_tab_to_the_front(driver: Driver, details: DetailsPanel, bodies: Path):
    driver.open(bodies, select="case1")
    details.setCurrentWidget(details.geometry_tab)
    details.try_hypotheses()
    assert details.findings_tab.isVisible()
    wait_tried(driver)
    assert details.findings_tab.hypotheses.sentence.text().startswith("left-right flip")


def test_a_look_at_the_best_and_back_by_the_button(
    driver: Driver, panel: HypothesesPanel, bodies: Path
):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    assert panel.attempt.text() == "Look at it  8"
    assert not panel.mark.isVisible()
    panel.attempt.click()
    driver.wait(panel.mark.isVisible)
    assert panel.mark.text() == "as if: left-right flip – not the file"
    assert panel.attempt.text() == "Back to the file  8"
    assert cells(panel, 1)[0] == "▶ ✓ left-right flip"
    assert driver.session.scene.as_if.name == "left-right flip"
    panel.attempt.click()
    driver.wait(lambda: driver.session.scene.as_if is None)
    assert not panel.mark.isVisible()
    assert cells(panel, 1)[0] == "✓ left-right flip"
    assert not driver.session.reviewing.marks.judged


def click(panel: HypothesesPanel, driver: Driver, row: int) -> None:
    at = panel.table.visualItemRect(panel.table.item(row, 0)).center()
    driver.qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_any_row_looks_at_it(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    for row in (2, 1):
        name = cells(panel, row)[0].removeprefix("✓ ")
        click(panel, driver, row)
        driver.wait(lambda name=name: panel.mark.text() == f"as if: {name} – not the file")
        assert driver.session.scene.as_if.name == name
    click(panel, driver, 0)  # as it is
    driver.wait(lambda: driver.session.scene.as_if is None)


def test_why_it_cannot_be_drawn_is_told(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    driver.session.set_options(aligned="index")
    panel.attempt.click()
    wait_tried(driver)
    panel.attempt.click()
    driver.wait(panel.mark.isVisible)
    assert panel.mark.text().startswith("not drawn as if left-right flip: headers are ignored")
    assert panel.attempt.text().startswith("Back")
    driver.session.set_options(aligned="world")
    driver.wait(lambda: driver.session.scene.as_if is not None)
    assert panel.mark.text().startswith("as if: ")


def test_going_on_ends_the_look(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    panel.attempt.click()
    driver.wait(panel.mark.isVisible)
    driver.select(0)
    assert not panel.mark.isVisible()
    assert panel.attempt.text() == "Try hypotheses  8"
    driver.select(1)
    assert not panel.mark.isVisible()
    assert panel.attempt.text() == "Look at it  8"


def test_no_name_is_cut_in_a_narrow_dock(driver: Driver, panel: HypothesesPanel, bodies: Path):
    driver.open(bodies, select="case1")
    panel.attempt.click()
    wait_tried(driver)
    table = panel.table
    for row in range(table.rowCount()):
        for column in range(table.columnCount()):
            item, there = table.item(row, column), table.visualItemRect(table.item(row, column))
            metrics = QFontMetrics(item.font())
            words = Qt.TextFlag.TextWordWrap
            needed = metrics.boundingRect(0, 0, there.width() - 6, 999, words, item.text())
            assert needed.height() <= there.height(), item.text()
            assert needed.width() <= there.width(), item.text()
    assert table.verticalHeader().length() <= table.viewport().height() + 1
