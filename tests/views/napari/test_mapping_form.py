"""A list with odd columns, opened by choosing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt

from napari_medload.views.napari.dataset_panel import DatasetPanel
from napari_medload.views.napari.mapping_form import MappingForm
from napari_medload.views.napari.welcome_panel import TroublePanel
from tests.session.test_mapping import odd_list

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["odd_list"]


def test_columns_are_chosen_and_the_list_opens(
    driver: Any,
    odd_list: Path,
) -> None:
    trouble, form = TroublePanel(driver.session), MappingForm(driver.session)
    for widget in (trouble, form):
        driver.qtbot.addWidget(widget)
    driver.session.open(odd_list)
    driver.wait_for_trouble()
    driver.wait(trouble.map_columns.isVisible)
    trouble.map_columns.click()
    driver.wait(form.isVisible)
    assert not form.isModal()
    assert form.boxes["split"].value == "fold"  # a guess
    assert form.boxes["fixed_image"].value == "reference scan"
    for role in ("fixed_image", "moving_image"):
        form.boxes[role].value = "–"
    assert "no column is chosen for an image" in form.text.text()
    assert not form.open.isEnabled()
    assert form.rows.rowCount() == 2
    assert form.rows.item(0, 0).text() == "case00"
    assert form.rows.item(0, 1).toolTip() == form.rows.item(0, 1).text()  # paths are long
    assert form.rows.textElideMode() == Qt.TextElideMode.ElideMiddle  # and differ at their ends
    assert not form.rows.wordWrap()
    for role in ("fixed_image", "moving_image"):
        form.boxes[role].value = "source scan"
    assert "chosen twice" in form.text.text()
    assert not form.open.isEnabled()
    form.boxes["fixed_image"].value = "reference scan"
    assert form.open.isEnabled()
    form.boxes["sample_id"].value = "nr"
    form.open.click()
    driver.wait_open()
    assert [sample.id for sample in driver.session.dataset] == ["case00", "case01"]
    assert not form.isVisible()
    assert not trouble.isVisible()


def test_no_button_where_there_is_nothing_to_map(driver: Any, tmp_path: Path) -> None:
    trouble = TroublePanel(driver.session)
    driver.qtbot.addWidget(trouble)
    driver.session.open(tmp_path / "nothing there")
    driver.wait_for_trouble()
    assert not trouble.map_columns.isVisible()


def test_a_list_whose_paths_have_odd_names_says_so_and_is_mapped(
    driver: Any, pairs: Path, tmp_path: Path
) -> None:
    panel, form = DatasetPanel(driver.session), MappingForm(driver.session)
    offer = TroublePanel(driver.session)
    for widget in (panel, form, offer):
        driver.qtbot.addWidget(widget)
    panel.resize(360, 80)
    panel.show()
    files = [pairs / f"{role}_images" / "case00.nii.gz" for role in ("fixed", "moving")]
    path = tmp_path / "odd.csv"
    path.write_text(f"Patient Nr;MRT (T1);CT-Scan\nP1;{files[0]};{files[1]}\n")
    driver.session.open(path)
    driver.wait(lambda: driver.session.dataset is not None and driver.idle)
    assert panel.summary.text().startswith("! map columns")
    assert panel.summary._elidedText().startswith("! map columns")
    assert "No column of odd.csv is known" in offer.message.text()
    assert offer.map_columns.isVisible()
    assert offer.map_columns.text() == "Map columns of odd.csv…"
    assert not panel.map_columns.isVisible()  # one offer at a time
    offer.map_columns.click()
    driver.wait(form.isVisible)
    starts = {
        box.native.mapTo(form, box.native.rect().topLeft()).x() for box in form.boxes.values()
    }
    assert len(starts) == 1
    form.open.click()
    driver.wait(lambda: "fixed_image" in driver.session.dataset[0].sources)
    assert "map columns" not in panel.summary.text()
    assert not offer.isVisible()
    panel.edit.setChecked(True)
    assert panel.map_columns.isVisible()  # what was chosen can be changed
    driver.open(pairs)
    assert not panel.map_columns.isVisible()


def test_one_offer_at_a_time_and_it_names_its_list(
    driver: Any, odd_list: Path, pairs: Path, tmp_path: Path
) -> None:
    panel, offer = DatasetPanel(driver.session), TroublePanel(driver.session)
    for widget in (panel, offer):
        driver.qtbot.addWidget(widget)
    panel.show()
    files = [pairs / f"{role}_images" / "case00.nii.gz" for role in ("fixed", "moving")]
    good = tmp_path / "good.csv"
    good.write_text(f"fixed_image,moving_image\n{files[0]},{files[1]}\n")
    driver.open(good)
    panel.edit.setChecked(True)
    assert panel.map_columns.isVisible()
    driver.session.open(odd_list)
    driver.wait_for_trouble()
    driver.wait(offer.map_columns.isVisible)
    assert odd_list.name in offer.map_columns.text()
    assert not panel.map_columns.isVisible()
    offer.dismiss.click()
    panel.edit.setChecked(False)
    panel.edit.setChecked(True)
    assert panel.map_columns.isVisible()  # that of the list that is open still
