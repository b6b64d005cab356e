"""Previous and next, progress and cancel; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt

from napari_medload.session import Progress
from napari_medload.views.napari.walk_panel import ProgressLine, WalkPanel
from tests.phantoms import noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver


def press(driver: Driver, button) -> None:
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_buttons_walk_and_say_where_the_person_is(driver: Driver, pairs: Path):
    panel = WalkPanel(driver.session)
    driver.qtbot.addWidget(panel)
    panel.show()
    assert not panel.next.isEnabled() and not panel.previous.isEnabled()
    driver.open(pairs)
    assert panel.place.text() == "row 1 of 8"
    assert panel.next.isEnabled() and not panel.previous.isEnabled()
    press(driver, panel.next)
    press(driver, panel.next)
    driver.settle()
    assert panel.place.text() == "row 3 of 8" and driver.session.scene.sample_id == "case02"
    press(driver, panel.previous)
    driver.settle()
    assert driver.session.scene.sample_id == "case01"
    driver.select(7)
    assert not panel.next.isEnabled()
    driver.session.find("case03")
    assert panel.place.text() == "row – of 1" and panel.next.isEnabled()
    driver.session.find("nothing")
    assert not panel.next.isEnabled() and not panel.previous.isEnabled()


def test_progress_says_what_it_does_and_can_be_cancelled(driver: Driver, tmp_path: Path):
    write_nifti(tmp_path / "a.nii", noise((4, 4, 4)))
    rows = "\n".join(f"s{i},a.nii" for i in range(4000))
    (tmp_path / "list.csv").write_text(f"id,image\n{rows}\n")
    line = ProgressLine(driver.session)
    driver.qtbot.addWidget(line)
    assert not line.isVisible()
    driver.session.open(tmp_path / "list.csv")
    driver.wait(lambda: line.bar.maximum() == 4000 and line.bar.value() > 0)
    assert line.isVisible() and "reading headers" in line.label.text()
    assert "4,000" in line.label.text()
    press(driver, line.cancel)
    assert not line.isVisible()
    assert 0 < driver.session.rows.scanned < 4000


def test_work_of_unknown_length_says_so(driver: Driver):
    line = ProgressLine(driver.session)
    driver.qtbot.addWidget(line)
    driver.session.progress_changed.emit(Progress("opening brains", 0, 0))
    assert line.bar.maximum() == 0 and line.label.text() == "opening brains…"
    driver.session.progress_changed.emit(None)
    assert not line.isVisible()
