"""The tree of splits and groups, clicked as a person clicks it; without a viewer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import Qt

from napari_medload.loaders.options import LoaderOptions
from napari_medload.views.napari.group_tree import GroupTree
from napari_medload.views.napari.sample_table import SampleTable
from tests.phantoms import noise, write_nifti
from tests.session.datasets import write_pairs
from tests.views.napari.test_sample_table import column, selected

if TYPE_CHECKING:
    from pathlib import Path

    from qtpy.QtWidgets import QTreeWidgetItem

    from tests.views.napari.conftest import Driver


@pytest.fixture
def tree(driver: Driver) -> GroupTree:
    widget = GroupTree(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 200)
    return widget


@pytest.fixture
def table(driver: Driver) -> SampleTable:
    widget = SampleTable(driver.session)
    driver.qtbot.addWidget(widget)
    widget.resize(360, 400)
    widget.show()
    return widget


def images(folder: Path, *names: str) -> Path:
    for name in names:
        write_nifti(folder / f"{name}.nii", noise((6, 5, 4)))
    return folder


@pytest.fixture
def splits(tmp_path: Path) -> Path:
    """Two splits of groups, of which g1 is met in both."""
    return images(
        tmp_path / "set",
        *(f"train/images/{name}" for name in ("g1/a", "g1/b", "g2/a")),
        *(f"test/images/{name}" for name in ("g1/c", "g9/a")),
    )


def lines(tree: GroupTree) -> list[tuple[int, str, str]]:
    """Depth, name and count of every line, from top to bottom."""
    found = []

    def walk(item: QTreeWidgetItem, depth: int) -> None:
        found.append((depth, item.text(0), item.text(1)))
        for position in range(item.childCount()):
            walk(item.child(position), depth + 1)

    walk(tree.topLevelItem(0), 0)
    return found


def click(driver: Driver, tree: GroupTree, *names: str) -> None:
    """Click the line that is reached by some names."""
    item = tree.topLevelItem(0)
    for name in names:
        item = next(c for i in range(item.childCount()) if (c := item.child(i)).text(0) == name)
    tree.scrollToItem(item)
    place = tree.visualItemRect(item).center()
    driver.qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_splits_and_groups_stand_with_their_counts(driver: Driver, tree: GroupTree, splits: Path):
    driver.open(splits)
    assert tree.isVisible()
    assert lines(tree) == [
        (0, "all samples", "5"),
        (1, "train", "3"),
        (2, "g1", "2"),
        (2, "g2", "1"),
        (1, "test", "2"),
        (2, "g1", "1"),
        (2, "g9", "1"),
    ]


def test_a_click_shows_a_split_or_a_group_alone_and_all_again(
    driver: Driver, tree: GroupTree, table: SampleTable, splits: Path
):
    driver.open(splits)
    every = column(table)
    assert every == [
        "train/g1/a", "train/g1/b", "train/g2/a", "test/g1/c", "test/g9/a",
    ]  # fmt: skip
    for path, expected in (
        (("test",), ["test/g1/c", "test/g9/a"]),
        (("train", "g1"), ["train/g1/a", "train/g1/b"]),
        (("test", "g1"), ["test/g1/c"]),
        ((), every),
    ):
        click(driver, tree, *path)
        assert column(table) == expected, path
    assert selected(table) == ["train/g1/a"]  # nothing else was selected meanwhile


def test_what_is_chosen_is_searched_and_walked(
    driver: Driver, tree: GroupTree, table: SampleTable, splits: Path
):
    driver.open(splits)
    click(driver, tree, "train")
    driver.qtbot.keyClicks(table.search, "/a")
    driver.wait(lambda: column(table) == ["train/g1/a", "train/g2/a"])
    driver.session.step(1)
    driver.settle()
    assert driver.session.scene.sample_id == "train/g2/a"
    click(driver, tree)
    assert column(table) == ["train/g1/a", "train/g2/a", "test/g9/a"]


def test_groups_of_one_folder_stand_at_once_below_all_samples(
    driver: Driver, tree: GroupTree, tmp_path: Path
):
    driver.open(images(tmp_path / "set", "images/b/1", "images/b/2", "images/a/1"))
    assert lines(tree) == [(0, "all samples", "3"), (1, "a", "1"), (1, "b", "2")]


def test_splits_without_groups_can_be_chosen_too(
    driver: Driver, tree: GroupTree, table: SampleTable, tmp_path: Path
):
    for split, count in (("train", 3), ("test", 1)):
        write_pairs(tmp_path / "set" / split, count)
    driver.open(tmp_path / "set")
    assert lines(tree) == [(0, "all samples", "4"), (1, "train", "3"), (1, "test", "1")]
    click(driver, tree, "test")
    assert column(table) == ["test/case00"]


def test_without_groups_and_splits_there_is_no_tree(
    driver: Driver, tree: GroupTree, table: SampleTable, splits: Path, pairs: Path
):
    driver.open(pairs)
    assert not tree.isVisible()
    driver.open(splits)
    assert tree.isVisible()
    click(driver, tree, "test")
    driver.open(pairs)
    assert not tree.isVisible()
    assert len(column(table)) == 8  # the choice is forgotten


def test_it_takes_few_lines_whatever_there_are(driver: Driver, tree: GroupTree, tmp_path: Path):
    driver.open(images(tmp_path / "few", "images/a/1", "images/a/2", "images/b/1"))
    few = tree.sizeHint().height()
    names = [f"images/g{n:02}/{i}" for n in range(30) for i in (1, 2)]
    driver.open(images(tmp_path / "many", *names))
    assert few < tree.sizeHint().height() <= 2 * few
    assert tree.minimumSizeHint().height() <= few
    assert not tree.horizontalScrollBar().isVisible()


def test_groups_of_one_would_only_repeat_the_table(driver, tree: GroupTree, tmp_path: Path):
    driver.open(images(tmp_path / "set", *(f"images/g{n}/1" for n in range(3))))
    assert not tree.isVisible()
    names = [f"{split}/images/g{n}/1" for split in ("train", "test") for n in range(2)]
    driver.open(images(tmp_path / "splits", *names))
    assert lines(tree) == [(0, "all samples", "4"), (1, "train", "2"), (1, "test", "2")]


def test_an_epoch_has_a_tree_of_its_own_groups(
    driver: Driver, tree: GroupTree, table: SampleTable, tmp_path: Path
):
    driver.open(images(tmp_path / "set", *(f"images/g{g}/{i}" for g in (1, 2) for i in (1, 2))))
    driver.session.preview_epoch(
        LoaderOptions(labeled=False, sample_image_in_group=False, intra_group_prob=0.0)
    )
    driver.wait_open(lambda: driver.session.epoch is not None)
    assert lines(tree) == [(0, "all samples", "8"), (1, "g1 → g2", "4"), (1, "g2 → g1", "4")]
    click(driver, tree, "g2 → g1")
    assert len(column(table)) == 4
    assert all(row.split(" · ")[1].startswith("g2/") for row in column(table))
