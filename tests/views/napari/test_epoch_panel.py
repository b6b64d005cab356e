"""The training loader's options and the epoch they yield, used with mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_medload.loaders import DatasetCatalog, open_dataset
from napari_medload.loaders.epoch import preview_epoch
from napari_medload.loaders.medsegpy import slice_dicts
from napari_medload.loaders.options import LoaderOptions
from napari_medload.views.napari.dataset_panel import DatasetPanel
from napari_medload.views.napari.epoch_panel import EpochPanel
from napari_medload.views.napari.sample_table import SampleTable
from tests.loaders.medsegpy.phantoms import write_scan
from tests.phantoms import noise, write_nifti
from tests.session.datasets import cut_short, names, write_pairs
from tests.views.napari.test_dataset_panel import choose
from tests.views.napari.test_sample_table import column, selected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.views.napari.conftest import Browser, Driver

CONFIG = """
dataset:
  type: grouped
  format: nifti
  labeled: false
  sample_label: sample
  intra_group_prob: 0.5
  intra_group_option: backward
  sample_image_in_group: true
  seed: 3
  label_seed: 4
  image_shape: [8, 8, 8]
  dir:
    train: {folder}
"""
GROUPED_ONLY = ("sample_image_in_group", "intra_group_prob", "intra_group_option")


def images(folder: Path, *found: str) -> Path:
    for name in found:
        write_nifti(folder / f"{name}.nii", noise((6, 5, 4)))
    return folder


@pytest.fixture
def grouped(tmp_path: Path) -> Path:
    """Groups of two, two and one image."""
    return images(
        tmp_path / "set", *(f"images/{n}" for n in ("g1/a", "g1/b", "g2/a", "g2/b", "g3/a"))
    )


@pytest.fixture
def config(tmp_path: Path, grouped: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(folder=grouped))
    return path


@pytest.fixture
def panel(driver: Driver) -> EpochPanel:
    widget = EpochPanel(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 300)
    widget.show()
    return widget


@pytest.fixture
def table(driver: Driver) -> SampleTable:
    widget = SampleTable(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 400)
    widget.show()
    return widget


@pytest.fixture
def registered() -> Iterator[None]:
    DatasetCatalog.clear()
    yield
    DatasetCatalog.clear()


def press(driver: Driver, button) -> None:
    assert button.isVisible() and button.isEnabled()
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(driver: Driver, panel: EpochPanel, field: str, text: str) -> None:
    line = panel.form.fields[field].native
    assert line.isVisible()
    line.selectAll()
    driver.qtbot.keyClick(line, Qt.Key.Key_Delete)
    driver.qtbot.keyClicks(line, text)
    assert line.text() == text


def switch(driver: Driver, panel: EpochPanel, field: str) -> None:
    """Click a check box."""
    box = panel.form.fields[field].native
    before = box.isChecked()
    driver.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center())
    if box.isChecked() == before:  # a wide box is clicked at its sign
        place = box.rect().center()
        place.setX(8)
        driver.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=place)
    assert box.isChecked() is not before


def preview(driver: Driver, panel: EpochPanel) -> None:
    before = driver.session.epoch
    press(driver, panel.preview)
    driver.wait_open(lambda: driver.session.epoch is not before)
    driver.settle()


# --- the form --------------------------------------------------------------------------------


def test_fields_show_what_a_configuration_says(driver, panel: EpochPanel, config: Path):
    driver.open(config)
    assert panel.isVisible() and panel.preview.isVisible() and not panel.back.isVisible()
    shown = {name: field.value for name, field in panel.form.fields.items()}
    assert shown == {
        "labeled": False,
        "sample_label": "sample",
        "intra_group_prob": 0.5,
        "intra_group_option": "backward",
        "sample_image_in_group": True,
        "seed": "3",
        "label_seed": "4",
        "directories": str(config.parent / "set"),
    }
    assert panel.form.options() == driver.session.dataset.options
    assert panel.form.fields["seed"].native.text() == "3"


def test_a_folder_says_nothing_and_labels_are_loaded_where_there_are_any(
    driver, panel: EpochPanel, grouped: Path, pairs: Path
):
    driver.open(grouped)
    assert panel.form.options() == LoaderOptions(labeled=False)
    driver.open(pairs)
    assert panel.form.options() == LoaderOptions(labeled=True)


def test_fields_of_groups_are_hidden_for_pairs(driver, panel: EpochPanel, grouped, pairs):
    for folder, seen in ((pairs, False), (grouped, True)):
        driver.open(folder)
        for name, field in panel.form.fields.items():
            assert field.native.isVisible() is (seen or name not in GROUPED_ONLY), name


def test_a_seed_that_is_no_number_is_said_and_nothing_happens(driver, panel, pairs: Path):
    driver.open(pairs)
    shown = driver.session.dataset
    for name in ("seed", "label_seed"):
        type_into(driver, panel, name, "one")
        press(driver, panel.preview)
        assert panel.summary.isVisible()
        assert panel.summary.text() == f"{name} is 'one'; expected a whole number, or nothing"
        assert driver.idle and driver.session.dataset is shown
        type_into(driver, panel, name, " 7 ")
    preview(driver, panel)
    assert "one" not in panel.summary.text()
    assert panel.form.options().seed == panel.form.options().label_seed == 7


# --- the epoch -------------------------------------------------------------------------------


def test_an_epoch_is_listed_in_its_order_and_left_again(
    driver, panel: EpochPanel, table: SampleTable, pairs: Path
):
    driver.open(pairs)
    preview(driver, panel)
    expected = preview_epoch(open_dataset(pairs), LoaderOptions())
    assert column(table) == [row.id for row in expected.dataset]
    assert column(table, "moving") == [row.moving for row in expected.draws] != names(8)
    assert sorted(column(table, "moving")) == names(8)
    assert panel.summary.text() == "8 pairs · formula: N = 8"
    assert selected(table) == column(table)[:1]
    type_into(driver, panel, "seed", "1")
    preview(driver, panel)
    other = preview_epoch(open_dataset(pairs), LoaderOptions(seed=1))
    assert column(table, "moving") == [row.moving for row in other.draws]
    assert panel.form.fields["seed"].value == "1"  # what was typed stays
    press(driver, panel.back)
    driver.wait_open(lambda: driver.session.epoch is None)
    assert column(table) == names(8)
    assert not panel.back.isVisible() and panel.summary.text() == ""
    assert panel.form.fields["seed"].value == "1"


def test_an_alignment_set_by_hand_leaves_what_was_typed(driver, panel, pairs: Path):
    driver.open(pairs)
    type_into(driver, panel, "seed", "11")
    driver.session.set_alignment("none")
    preview(driver, panel)
    assert panel.form.fields["seed"].value == "11"
    assert driver.session.dataset.alignment == "none"


def test_rows_pairs_and_notes_are_told_apart(driver, panel, table, tmp_path: Path):
    folder = tmp_path / "set"
    for side in ("fixed", "moving"):
        for name in "ab":
            write_nifti(folder / f"{side}_images" / f"{name}.nii", noise((6, 5, 4)))
            channels = np.ones((6, 5, 4, 3), np.uint8)
            write_nifti(folder / f"{side}_labels" / f"{name}.nii", channels)
    driver.open(folder)
    preview(driver, panel)
    assert panel.summary.text() == "2 pairs in 6 rows · formula: N = 2"
    assert len(column(table)) == 6 and column(table)[1].endswith("label 1")
    type_into(driver, panel, "seed", "")
    panel.form.fields["sample_label"].native.setFocus()
    driver.qtbot.keyClick(panel.form.fields["sample_label"].native, Qt.Key.Key_Home)
    assert panel.form.fields["sample_label"].value == "sample"
    preview(driver, panel)
    lines = panel.summary.text().splitlines()
    assert lines[0] == "2 pairs · formula: N = 2"
    assert lines[1].startswith("no seed") and "label channel without a seed" in lines[2]


def test_what_is_skipped_and_never_drawn_is_named(driver, panel, grouped: Path):
    driver.open(grouped)
    preview(driver, panel)
    lines = panel.summary.text().splitlines()
    assert lines[0] == "2 pairs · formula: one a group = 3"
    assert lines[1:] == ["groups skipped: g3", "1 image never drawn: g3/a"]


def test_all_pairs_are_listed_by_unticking_a_box(driver, panel, table, grouped: Path):
    driver.open(grouped)
    switch(driver, panel, "sample_image_in_group")
    preview(driver, panel)
    assert panel.summary.text().startswith("2 pairs · formula: Σ n(n−1)/2 = 2\n")
    box = panel.form.fields["intra_group_prob"].native
    box.selectAll()
    driver.qtbot.keyClicks(box, "0")
    driver.qtbot.keyClick(box, Qt.Key.Key_Return)
    preview(driver, panel)
    count = 5 * 4 - (2 + 2 + 0)
    assert panel.summary.text() == (
        f"{count} pairs · formula: S(S−1) − Σ n(n−1) = {count}, S = 5 images"
    )
    assert len(column(table)) == count


def test_options_that_cannot_be_planned_are_trouble(driver, panel, table, grouped: Path):
    driver.open(grouped)
    shown = column(table)
    switch(driver, panel, "sample_image_in_group")
    panel.form.fields["intra_group_prob"].value = 0.5
    press(driver, panel.preview)
    assert "Mixing" in driver.wait_for_trouble()
    assert column(table) == shown and driver.idle
    assert panel.preview.isVisible()


def test_why_training_would_stop_is_named(driver, panel, table, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 3, labels=True)
    (folder / "fixed_labels" / "case01.nii.gz").unlink()
    driver.open(folder)
    preview(driver, panel)
    assert panel.summary.text().splitlines()[1] == (
        "! training would stop: 1 without fixed label (case01). Set labeled to false, or add "
        "what is missing."
    )
    assert len(column(table)) == 2
    switch(driver, panel, "labeled")
    preview(driver, panel)
    assert panel.summary.text() == "3 pairs · formula: N = 3"


def test_a_row_that_has_a_problem_is_marked_beside_its_names(driver, panel, table, tmp_path: Path):
    folder = images(tmp_path / "set", "images/a", "images/b", "images/c", "images/d")
    cut_short(folder / "images" / "c.nii", 0.1)
    driver.open(folder)
    preview(driver, panel)
    marks = dict(zip(column(table, "moving"), column(table, "finding"), strict=True))
    marks |= dict(zip(column(table, "fixed"), column(table, "finding"), strict=True))
    assert marks["c"] == "✗" and sorted(marks.values()) == ["✓", "✓", "✗", "✗"]


@pytest.fixture
def splits(tmp_path: Path) -> Path:
    """Three images to train with, two to test with."""
    found = ("train/images/a", "train/images/b", "train/images/c", "test/images/d", "test/images/e")
    return images(tmp_path / "set", *found)


def test_the_split_that_is_drawn_from_is_named_and_chosen(driver, panel, table, splits: Path):
    driver.open(splits)
    preview(driver, panel)
    assert panel.summary.text().startswith("train · 1 pair · formula: ⌊N/2⌋ = ⌊3/2⌋ = 1")
    assert driver.session.dataset.name == "epoch of set/train"
    assert {*column(table, "moving"), *column(table, "fixed")} <= {"a", "b", "c"}
    panel.form.split.native.setFocus()
    driver.qtbot.keyClick(panel.form.split.native, Qt.Key.Key_Down)
    assert panel.form.split.value == "test"
    preview(driver, panel)
    assert panel.summary.text().startswith("test · 1 pair")
    assert {*column(table, "moving"), *column(table, "fixed")} == {"d", "e"}


def test_the_split_whose_samples_are_shown_is_drawn_from(driver, panel, splits: Path):
    driver.open(splits)
    driver.session.choose("test")
    preview(driver, panel)
    assert driver.session.epoch.split == "test"


def test_one_split_is_no_choice(driver, panel: EpochPanel, pairs: Path, splits: Path):
    for folder, seen in ((splits, True), (pairs, False)):
        driver.open(folder)
        assert panel.form.split.native.isVisible() is seen


def test_other_directories_are_opened_and_previewed_at_once(driver, panel, table, tmp_path: Path):
    for name in "pq":
        images(tmp_path / name, f"images/{name}1", f"images/{name}2")
    driver.open(tmp_path / "p")
    type_into(driver, panel, "directories", f"{tmp_path / 'q'}; {tmp_path / 'p'}")
    preview(driver, panel)
    assert {*column(table, "moving"), *column(table, "fixed")} == {"p/p1", "p/p2", "q/q1", "q/q2"}
    assert panel.summary.text().startswith("2 pairs")


def test_a_summary_is_greyed_where_the_epoch_asked_for_is_another(driver, panel, grouped: Path):
    driver.open(grouped)
    preview(driver, panel)
    assert panel.summary.isEnabled()
    switch(driver, panel, "sample_image_in_group")
    panel.form.fields["intra_group_prob"].value = 0.5
    press(driver, panel.preview)
    driver.wait_for_trouble()
    assert not panel.summary.isEnabled()
    panel.form.fields["intra_group_prob"].value = 1
    preview(driver, panel)
    assert panel.summary.isEnabled()


def test_options_that_are_edited_grey_the_summary_of_others(driver, panel, pairs: Path):
    driver.open(pairs)
    preview(driver, panel)
    assert panel.summary.isEnabled()
    type_into(driver, panel, "seed", "7")
    assert not panel.summary.isEnabled()
    preview(driver, panel)
    assert panel.summary.isEnabled()


def test_what_training_would_refuse_is_told_before_an_epoch_is_asked_for(
    driver, panel, config: Path
):
    driver.open(config)
    assert panel.summary.text() == ""
    config.write_text(config.read_text().replace("labeled", "labeld"))
    driver.open(config)
    said = panel.summary.text()
    assert said.startswith("! training would stop: ") and "Did you mean 'labeled'" in said
    form = DatasetPanel(driver.session)
    driver.qtbot.addWidget(form)
    driver.open(config)
    assert "! training would stop, see Epoch" in form.summary.text()


# --- in the dock -----------------------------------------------------------------------------


@pytest.mark.canvas
def test_a_narrow_dock_shows_every_field_and_the_way_back(browser: Browser, config: Path):
    browser.open(config)
    dock, panel = browser.dock, browser.dock.details.epoch_tab
    assert not panel.isVisible()
    dock.details.show_epoch()
    assert panel.form.native.isVisible() and not dock.details.geometry_tab.isVisible()
    assert dock.minimumSizeHint().width() <= 360
    dock.setFixedWidth(360)
    browser.wait(lambda: dock.width() == 360)
    for field in panel.form.fields.values():
        right = field.native.mapTo(dock, field.native.rect().topRight()).x()
        assert right <= 360, field.name
    preview(browser, panel)
    assert len(column(dock.samples)) >= 1 and dock.samples.isVisible()
    assert dock.dataset.name.text().strip() == "epoch of config"
    press(browser, panel.back)
    browser.wait_open(lambda: browser.session.epoch is None)
    assert dock.dataset.name.text().strip() == "config"


@pytest.mark.canvas
def test_what_cannot_be_planned_has_no_tab(browser: Browser, tmp_path: Path, pairs: Path):
    details = browser.dock.details
    images(tmp_path, "a")
    (tmp_path / "mine.csv").write_text("id,image\none,a.nii\n")
    for path, tabs in (
        (pairs, ["Geometry", "Findings", "Labels", "Epoch", "Regions"]),
        (tmp_path / "mine.csv", ["Geometry", "Findings", "Regions"]),
    ):
        browser.open(path)
        seen = [details.tabText(i) for i in range(details.count()) if details.isTabVisible(i)]
        assert seen == tabs


@pytest.mark.canvas
def test_an_epoch_is_stepped_through_and_drawn(browser: Browser, pairs: Path):
    browser.open(pairs)
    dock = browser.dock
    dock.details.show_epoch()
    preview(browser, dock.details.epoch_tab)
    rows = column(dock.samples)
    for step in (1, 1, 1, -1):
        before = rows.index(browser.session.scene.sample_id)
        press(browser, dock.walk.next if step > 0 else dock.walk.previous)
        browser.settle()
        shown = browser.session.scene.sample_id
        assert rows.index(shown) == before + step and selected(dock.samples) == [shown]
        layer = next(layer for layer in browser.viewer.layers if layer.name == "fixed image")
        assert names(8)[int(np.asarray(layer.data).min()) // 1000] in shown
        assert shown in " ".join(browser.viewer.canvas.overlays.text.text.split())


def test_a_registered_dataset_reopens_by_its_name(driver, registered, tmp_path: Path):
    """Whatever a person chooses, it is asked for under its name and not as a path."""
    write_scan(tmp_path / "scans")
    DatasetCatalog.register("my scans", lambda: slice_dicts(tmp_path / "scans"))
    panel = DatasetPanel(driver.session)
    driver.qtbot.addWidget(panel)
    panel.show()
    driver.open("my scans")
    first = driver.session.dataset
    choose(panel.split_choice, "all")
    driver.wait_open(lambda: driver.session.dataset is not first)
    assert not driver.troubles
    assert (driver.session.dataset.name, driver.session.dataset.layout) == (
        "my scans",
        "registered",
    )
    assert driver.session.recent.paths() == []


@pytest.mark.parametrize("kind", ["config", "slices"])
def test_a_split_is_chosen_of_what_names_its_own_layout(driver, tmp_path: Path, kind):
    """A configuration and slices are read as themselves again, not as a folder of pairs."""
    panel = DatasetPanel(driver.session)
    driver.qtbot.addWidget(panel)
    panel.show()
    if kind == "slices":
        for seed, split in enumerate(("train", "val")):
            write_scan(tmp_path / "set" / split, f"000000{seed}_V00-Aug00", seed)
        path, split, sample = tmp_path / "set", "val", "val/0000001_V00"
    else:
        folders = [images(tmp_path / name, "images/a", "images/b") for name in ("one", "two")]
        path, split, sample = tmp_path / "config.yaml", "test", "test/a"
        path.write_text(
            "dataset:\n  type: unpaired\n  format: nifti\n  labeled: false\n"
            f"  dir: {{train: {folders[0]}, test: {folders[1]}}}\n"
        )
    driver.open(path)
    layout = driver.session.dataset.layout
    choose(panel.split_choice, split)
    driver.wait_open(lambda: driver.troubles or driver.session.dataset.splits == (split,))
    assert not driver.troubles
    assert driver.session.dataset[0].id == sample and driver.session.dataset.layout == layout
    choose(panel.split_choice, "all")
    driver.wait_open(lambda: driver.troubles or len(driver.session.dataset.splits) == 2)


@pytest.mark.canvas
@pytest.mark.parametrize(
    "below",
    [
        *(
            f"deepreg_{form}/{kind}"
            for form in ("nifti", "h5")
            for kind in ("paired", "unpaired", "grouped")
        ),
        "medsegpy/2d",
        "medsegpy/3d",
    ],
)
def test_real_folders_open_and_draw(browser: Browser, shared_data: Path, below: str):
    if not (shared_data / below).is_dir():
        pytest.skip(f"{below} is absent")
    browser.open(shared_data / below)
    browser.settle()
    assert not browser.troubles
    assert not browser.session.scene.problems
    shown = [layer.name for layer in browser.viewer.layers if layer.visible]
    roles = set(browser.session.dataset[0].sources)
    assert {role.replace("_", " ") for role in roles} == set(shown)
    picture = browser.canvas()[..., :3]
    assert (picture.max(axis=2) > 40).mean() > 0.02  # more than letters
    if below.startswith("deepreg"):
        browser.dock.details.show_epoch()
        preview(browser, browser.dock.details.epoch_tab)
        assert len(browser.session.scene.layers) == 4 and not browser.troubles
        assert "pair" in browser.dock.details.epoch_tab.summary.text()
