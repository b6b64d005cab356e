"""The empty state, and trouble; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_medload.views.napari.welcome_panel import TroublePanel, WelcomePanel
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver


@pytest.fixture
def panel(driver: Driver) -> TroublePanel:
    widget = TroublePanel(driver.session)
    driver.qtbot.addWidget(widget)
    return widget


def said(panel: TroublePanel) -> str:
    return panel.message.text().replace("\u200b", "")


def press(driver: Driver, button) -> None:
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_wrong_folder_is_told_until_it_is_dismissed(
    driver: Driver, panel: TroublePanel, tmp_path: Path
):
    (tmp_path / "notes").mkdir()
    driver.session.open(tmp_path / "notes")
    driver.wait_for_trouble()
    assert panel.isVisible()
    for words in (str(tmp_path / "notes"), "an empty folder", "fixed_images", "CSV or JSON list"):
        assert words in said(panel), words
    press(driver, panel.dismiss)
    assert not panel.isVisible()


def test_a_long_path_does_not_widen_the_dock(driver: Driver, panel: TroublePanel, tmp_path: Path):
    driver.session.open(tmp_path.joinpath(*["folder"] * 30))
    driver.wait_for_trouble()
    assert panel.minimumSizeHint().width() <= 350


def test_one_of_several_datasets_is_chosen(driver: Driver, panel: TroublePanel, tmp_path: Path):
    for name in ("first", "second"):
        write_pairs(tmp_path / "study" / name, 1)
    driver.session.open(tmp_path / "study")
    driver.wait_for_trouble()
    assert [button.text().split("/")[-1] for button in panel.choices] == ["first", "second"]
    press(driver, panel.choices[1])
    driver.wait_open()
    assert driver.session.dataset.name == "second"
    assert not panel.isVisible()


def test_real_folder_of_several_datasets(driver: Driver, panel: TroublePanel, shared_data: Path):
    driver.session.open(shared_data / "deepreg_nifti")
    driver.wait_for_trouble()
    texts = [button.text() for button in panel.choices]
    assert len(set(texts)) == len(texts) == 3
    (paired,) = (button for button in panel.choices if button.text().split("/")[-1] == "paired")
    press(driver, paired)
    driver.wait_open()
    assert driver.session.dataset.layout == "paired" and len(driver.session.scene.layers) == 4


def test_the_choices_of_an_earlier_trouble_go(driver: Driver, panel: TroublePanel, tmp_path: Path):
    for name in ("first", "second"):
        write_pairs(tmp_path / "study" / name, 1)
    driver.session.open(tmp_path / "study")
    driver.wait(lambda: len(panel.choices) == 2)
    driver.session.open(tmp_path / "nowhere")
    driver.wait(lambda: "nowhere" in said(panel))
    assert panel.choices == []


def test_the_empty_state_offers_a_folder_and_the_demo(driver: Driver):
    welcome = WelcomePanel(driver.session)
    driver.qtbot.addWidget(welcome)
    with driver.qtbot.waitSignal(welcome.folder_wanted, timeout=1000):
        press(driver, welcome.open_folder)
    assert welcome.demo.isEnabled()
