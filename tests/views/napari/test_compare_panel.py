"""The view options; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_medload.session.options import COMPARE_MODES, PLANES
from napari_medload.views.napari.compare_panel import ComparePanel
from tests.loaders.medsegpy.phantoms import write_scan
from tests.phantoms import affine_of, noise, write_h5, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.napari.conftest import Driver


@pytest.fixture
def panel(driver: Driver) -> ComparePanel:
    widget = ComparePanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(340, 160)
    widget.show()
    return widget


def press(driver: Driver, group, choice: str) -> None:
    (button,) = (b for b in group.buttons() if b.property("choice") == choice)
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def checked(group) -> list[str]:
    return [b.property("choice") for b in group.buttons() if b.isChecked()]


def test_every_switch_changes_the_scene(driver: Driver, panel: ComparePanel, pairs: Path):
    driver.open(pairs)
    for mode in reversed(COMPARE_MODES):
        press(driver, panel.modes, mode)
        assert driver.session.scene.options.mode == mode and checked(panel.modes) == [mode]
        assert panel.opacity.isVisible() is (mode == "overlay")
    for plane in reversed(PLANES):
        press(driver, panel.planes, plane)
        assert driver.session.options.plane == plane and checked(panel.planes) == [plane]
    panel.opacity.setValue(30)
    assert driver.session.scene.layers[1].opacity == pytest.approx(0.3)
    panel.labels.setCurrentText("off")
    assert not any(layer.visible for layer in driver.session.scene.layers[2:])
    panel.convention.setCurrentText("neurological")
    assert not driver.session.options.radiological
    panel.grid.setCurrentText("moving")
    driver.settle()
    assert driver.session.scene.layers[0].note == "resampled"


def test_the_panel_follows_keys_and_other_views(driver: Driver, panel: ComparePanel, pairs: Path):
    driver.open(pairs)
    driver.session.next_mode()
    assert checked(panel.modes) == ["two-colour"]
    driver.session.set_options(plane="sagittal", radiological=False, labels="outlines", opacity=0.7)
    assert checked(panel.planes) == ["sagittal"]
    shown = (panel.convention.currentText(), panel.labels.currentText(), panel.opacity.value())
    assert shown == ("neurological", "outlines", 70)


def test_what_makes_no_sense_for_a_sample_is_off(
    driver: Driver, panel: ComparePanel, tmp_path: Path
):
    write_h5(tmp_path / "set" / "images.h5", a=noise((5, 6, 7)))
    driver.open(tmp_path / "set")
    assert not any(button.isEnabled() for button in panel.modes.buttons())
    assert not panel.grid.isEnabled()  # there is no world to choose
    assert not panel.labels.isEnabled() and not panel.opacity.isEnabled()
    assert all(button.isEnabled() for button in panel.planes.buttons())


def test_a_frame_slider_for_series_only(driver: Driver, panel: ComparePanel, tmp_path: Path):
    shape = (6, 5, 4)
    affine = affine_of("RAS", shape)
    series = noise((*shape, 5), "i2")
    write_nifti(tmp_path / "set" / "a.nii", series, affine)
    write_nifti(tmp_path / "set" / "b.nii", noise(shape), affine)
    driver.open(tmp_path / "set")
    assert panel.frame.isVisible() and panel.frame_label.text() == "1 of 5"
    panel.frame.setValue(3)
    driver.settle()
    assert panel.frame_label.text() == "4 of 5"
    assert (driver.session.scene.layers[0].data[:] == series[..., 3].T).all()
    driver.select(1)
    assert not panel.frame.isVisible()
    driver.select(0)
    assert panel.frame.isVisible() and panel.frame.value() == 3


def test_an_augmentation_is_compared_with_its_origin(
    driver: Driver, panel: ComparePanel, tmp_path: Path, pairs: Path
):
    write_scan(tmp_path / "scans", "0000001_V00-Aug00", seed=1)
    write_scan(tmp_path / "scans", "0000001_V00-Aug01", seed=2)
    driver.open(tmp_path / "scans")
    texts = {b.property("choice"): b for b in panel.modes.buttons()}
    assert not any(button.isEnabled() for button in texts.values())  # it is an origin itself
    driver.select(1)
    assert all(button.isEnabled() for button in texts.values())
    assert [texts[mode].text() for mode in ("fixed", "moving")] == ["image", "origin"]
    for mode, shown in (("fixed", ["image", "label"]), ("moving", ["origin image"])):
        press(driver, panel.modes, mode)
        assert [layer.name for layer in driver.session.scene.layers if layer.visible] == shown
    driver.open(pairs)
    assert [texts[mode].text() for mode in ("fixed", "moving")] == ["fixed", "moving"]


def test_only_what_belongs_to_the_mode_is_shown(driver: Driver, panel: ComparePanel, pairs: Path):
    driver.open(pairs)
    controls, session = panel.controls, driver.session
    owners = {
        "overlay": controls.opacity,
        "two-colour": controls.colours,
        "checkerboard": controls.checker,
        "curtain": controls.curtain,
        "flicker": controls.interval,
        "difference": controls.white,
    }
    for mode in COMPARE_MODES:
        press(driver, panel.modes, mode)
        shown = [owner for owner, widget in owners.items() if widget.isVisible()]
        assert shown == [mode] if mode in owners else (not shown and controls.said.isVisible())
    heights = set()
    for mode in COMPARE_MODES:  # the panel must not jump while G is pressed
        press(driver, panel.modes, mode)
        heights.add(panel.sizeHint().height())
    assert len(heights) == 1
    session.set_options(mode="two-colour")
    controls.colours.setCurrentText("blue + orange")
    assert session.options.colours == "blue + orange"
    session.set_options(mode="checkerboard")
    assert controls.checker.suffix() == " mm"
    controls.checker.setValue(35)
    assert session.options.checker_mm == 35
    session.set_options(curtain=0.123)
    assert controls.curtain.value() == 123 and session.options.curtain == 0.123


def test_fields_of_a_checkerboard_follow_the_field_of_view_until_a_size_is_set(
    driver: Driver, panel: ComparePanel, tmp_path: Path
):
    """Eight fields or so over 40 mm are 5 mm each, over 160 mm 20 mm."""
    for name, spacing in (("a", 1.0), ("b", 4.0)):
        affine = affine_of("RAS", (40, 40, 40), (spacing,) * 3)
        for side in ("fixed", "moving"):
            write_nifti(
                tmp_path / "set" / f"{side}_images" / f"{name}.nii.gz", noise((40,) * 3), affine
            )
    driver.open(tmp_path / "set")
    checker = panel.controls.checker
    press(driver, panel.modes, "checkerboard")
    assert (checker.value(), checker.text()) == (5.0, "5 mm")
    assert driver.session.options.checker_mm is None  # to show a size is not to set it
    driver.select(1)
    assert (checker.value(), checker.text()) == (20.0, "20 mm")
    checker.setValue(7.5)
    driver.settle()
    driver.select(0)
    assert (checker.text(), driver.session.scene.checker) == ("7.5 mm", 7.5)


def test_what_is_rare_is_folded_away_and_named_where_it_is_unusual(
    driver: Driver, panel: ComparePanel, pairs: Path
):
    driver.open(pairs)
    assert not panel.more.isExpanded() and not panel.lens.isVisible()
    panel.more.expand(animate=False)
    assert panel.lens.isVisible() and panel.grid.isVisible()
    driver.qtbot.mouseClick(panel.by_index, Qt.MouseButton.LeftButton)
    driver.settle()
    assert driver.session.options.aligned == "index"
    panel.lens.setCurrentIndex(panel.lens.findData("itk"))
    driver.settle()
    assert driver.session.options.lens == "itk"
    panel.grid.setCurrentText("world")
    driver.settle()
    panel.more.collapse(animate=False)
    for words in ("grid of world", "headers ignored", "ITK"):
        assert words in panel.more.text()
    driver.session.set_options(aligned="world", lens="", grid="fixed")
    driver.settle()
    assert "ignored" not in panel.more.text() and not panel.by_index.isChecked()


def test_modes_that_cannot_be_drawn_are_off(driver: Driver, panel: ComparePanel, tmp_path: Path):
    for side in ("fixed", "moving"):
        write_nifti(tmp_path / "set" / f"{side}_images" / "a.nii.gz", noise((6, 5, 4)))
    driver.open(tmp_path / "set")
    off = [b.property("choice") for b in panel.modes.buttons() if not b.isEnabled()]
    assert off == ["outlines"]
    said = "no outlines: this sample has no labels"
    assert panel.why.isVisible() and panel.why.text() == said
    (outlines,) = (b for b in panel.modes.buttons() if not b.isEnabled())
    assert said in outlines.toolTip()
    driver.session.set_options(volume=True)
    driver.settle()
    off = {b.property("choice"): b.toolTip() for b in panel.modes.buttons() if not b.isEnabled()}
    assert "checkerboard" in off and all("3D" in tip for tip in off.values())
    assert "3D" in panel.why.text() and "3D" in panel.three.toolTip()
    driver.session.set_options(mode="curtain")
    driver.settle()
    said = panel.controls.said.text()
    assert "3D" in said and said.endswith("drawn as overlay")
    assert not panel.controls.curtain.isVisible() and not panel.why.isVisible()


def test_what_is_off_says_why(driver: Driver, panel: ComparePanel, tmp_path: Path, pairs: Path):
    write_h5(tmp_path / "set" / "images.h5", a=noise((5, 6, 7)))
    driver.open(tmp_path / "set")
    said = "nothing to compare: this sample has one image"
    assert panel.controls.said.isVisible() and panel.controls.said.text() == said
    assert not panel.why.isVisible()  # it is said once
    assert all(said in button.toolTip() for button in panel.modes.buttons())
    for widget, words in (
        (panel.grid, "no directions"),
        (panel.labels, "no labels"),
        (panel.by_index, said),
        (panel.next_mode, said),
    ):
        assert not widget.isEnabled() and words in widget.toolTip()
    driver.open(pairs)
    assert panel.opacity.isVisible() and not panel.why.isVisible()
    widgets = (*panel.modes.buttons(), panel.grid, panel.labels, panel.by_index, panel.next_mode)
    assert all(widget.isEnabled() and "Off" not in widget.toolTip() for widget in widgets)


def test_a_difference_has_a_scale(driver: Driver, panel: ComparePanel, pairs: Path):
    driver.open(pairs)
    press(driver, panel.modes, "difference")
    assert panel.controls.white.isVisible()
    low, high = driver.session.scene.layers[0].limits
    value = float(panel.controls.white.text().split(" or more")[0])
    white = driver.session.scene.comparison.limits[1]
    assert value == pytest.approx(white * (high - low), rel=0.01)
    assert "clipped" in panel.controls.white.parent().toolTip()


def test_the_panel_fits_a_narrow_dock(driver: Driver, panel: ComparePanel, pairs: Path):
    driver.open(pairs)
    panel.more.expand(animate=False)
    for mode in COMPARE_MODES:
        driver.session.set_options(mode=mode)
        assert panel.minimumSizeHint().width() <= 340, mode
