"""Entries of napari's menus and command palette, run as napari runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from napari._app_model import get_app_model
from napari._app_model.constants import MenuId
from napari.errors import MultipleReaderError
from napari.layers import _layer_actions
from napari.settings import get_settings
from PIL import Image
from qtpy.QtWidgets import QFileDialog

from napari_medload.session import session
from napari_medload.views.napari import menu
from napari_medload.views.napari.writer import NotWritableError
from tests.phantoms import affine_of, noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

PLACES = {
    "napari-medload.open_folder": MenuId.FILE_IO_UTILITIES,
    "napari-medload.open_demo": MenuId.FILE_IO_UTILITIES,
    "napari-medload.prefer": MenuId.FILE_IO_UTILITIES,
    "napari-medload.save": MenuId.LAYERS_DATA,
    "napari-medload.facts": MenuId.LAYERS_METADATA,
    "napari-medload.regions": MenuId.LAYERS_VISUALIZE,
}


def run(command: str) -> Any:
    return get_app_model().commands.execute_command(command).result()


def test_every_entry_is_in_a_menu_of_napari_and_known_to_the_palette(make_napari_viewer: Any):
    make_napari_viewer()
    app = get_app_model()
    for command, place in PLACES.items():
        assert command in app.commands
        entries = [getattr(item, "command", None) for item in app.menus.get_menu(place)]
        assert command in [entry.id for entry in entries if entry is not None], command


def test_medical_images_open_without_a_question_once_a_person_says_so(
    make_napari_viewer: Any, tmp_path: Path
):
    """napari's own reader claims the same suffixes, and pictures should stay with it."""
    viewer = make_napari_viewer()
    volume = write_nifti(tmp_path / "a.nii.gz", noise((6, 7, 8)), affine_of("PIR", (6, 7, 8)))
    picture, other = tmp_path / "a.png", tmp_path / "b.tif"
    for path in (picture, other):
        Image.fromarray(np.zeros((4, 5), np.uint8)).save(path)
    for path in (volume, picture):
        with pytest.raises(MultipleReaderError):
            viewer.open(str(path), plugin=None)
    plugins = get_settings().plugins
    plugins.extension2reader = {"*.tif": "napari-medload", "*.mha": "napari"}
    run("napari-medload.prefer")
    readers = [
        viewer.open(str(path), plugin=None)[0].source.reader_plugin
        for path in (volume, picture, other)
    ]
    assert readers == ["napari-medload", "napari", "napari-medload"]
    assert plugins.extension2reader["*.mha"] == "napari"
    assert plugins.extension2reader["*.dcm"] == "napari-medload"


def test_facts_of_a_layer_are_those_of_its_file(make_napari_viewer: Any, tmp_path: Path):
    viewer = make_napari_viewer()
    affine = affine_of("PIR", (6, 7, 8), (1.0, 1.5, 2.0), tilt=(0.0, 0.0, 10.0))
    path = write_nifti(tmp_path / "a.nii.gz", noise((6, 7, 8)), affine)
    viewer.open(str(path), plugin="napari-medload")
    run("napari-medload.facts")
    text = viewer.window.dock_widgets[menu.FACTS].text.text()
    for fact in (str(path), "6×7×8", "1, 1.5, 2 mm", "PIR, oblique by 10.0°", "int16"):
        assert fact in text
    layer = viewer.add_image(np.zeros((3, 4, 5)), scale=(3, 2, 1))
    viewer.layers.selection.active = layer
    run("napari-medload.facts")
    text = viewer.window.dock_widgets[menu.FACTS].text.text()
    assert "5×4×3" in text and "1, 2, 3 mm" in text and "RAS" in text
    viewer.layers.selection.active = viewer.add_points(np.zeros((1, 3)))
    with pytest.raises(TypeError, match="points"):
        menu.show_facts(viewer)
    viewer.layers.selection.active = None
    with pytest.raises(ValueError, match="no layer is selected"):
        menu.show_facts(viewer)


def test_facts_follow_a_layer_that_is_moved_and_go_with_it(make_napari_viewer: Any, tmp_path: Path):
    viewer = make_napari_viewer()
    path = write_nifti(tmp_path / "a.nii.gz", noise((6, 7, 8)), affine_of("PIR", (6, 7, 8)))
    (layer,) = viewer.open(str(path), plugin="napari-medload")
    run("napari-medload.facts")
    panel = viewer.window.dock_widgets[menu.FACTS]
    assert "PIR" in panel.text.text()
    layer.translate = np.add(layer.translate, (0, 0, 25))
    text = panel.text.text()
    assert str(path) in text and "RAS" in text and "Moved" in text
    layer.translate = np.subtract(layer.translate, (0, 0, 25))
    assert "PIR" in panel.text.text() and "Moved" not in panel.text.text()
    viewer.layers.clear()
    assert not panel.text.text() and "removed" in panel.title.text()
    again = viewer.add_image(np.zeros((3, 4, 5)))
    menu.show_facts(viewer)
    assert panel.title.text() == again.name
    layer.translate = (1, 1, 1)  # nobody shows it any more
    assert panel.title.text() == again.name


@pytest.mark.filterwarnings("ignore:projection mode")  # napari's own, on labels
@pytest.mark.parametrize("kind", ["labels", "images"])
@pytest.mark.parametrize("frames", [(), (2,)])
def test_a_tilted_layer_is_duplicated_and_converted(
    make_napari_viewer: Any, tmp_path: Path, kind: str, frames: Any
):
    """As napari's menu of a layer does it; the copy is painted, and saved on the file's grid."""
    viewer = make_napari_viewer()
    affine = affine_of("PIR", (9, 8, 7), (1.0, 1.5, 2.0), tilt=(8.0, -6.0, 12.0))
    stored = np.zeros((9, 8, 7, *frames), np.uint8)
    stored[2:7, 2:6, 2:5] = 4
    path = write_nifti(tmp_path / kind / "a.nii.gz", stored, affine)
    (layer,) = viewer.open(str(path), plugin="napari-medload")
    viewer.layers.selection = {layer}
    _layer_actions._duplicate_layer(viewer.layers)
    assert len(viewer.layers) == 2
    copied = viewer.layers[1]
    if kind == "images":
        viewer.layers.selection = {copied}
        _layer_actions._convert_to_labels(viewer.layers)
        copied = next(one for one in viewer.layers if type(one).__name__ == "Labels")
    spot = tuple(size // 2 for size in copied.data.shape)
    copied.data_setitem(tuple(np.array([index]) for index in spot), 9)
    assert copied.data[spot] == 9 and layer.data[spot] == 4
    copied.save(str(tmp_path / "out.nii.gz"), plugin="napari-medload")
    out = nib.load(tmp_path / "out.nii.gz")
    np.testing.assert_allclose(out.affine, affine, atol=1e-5)
    changed = np.asarray(out.dataobj).reshape(stored.shape) != stored
    assert 1 <= np.count_nonzero(changed) <= 8


def test_saving_asks_where_and_keeps_the_affine(
    make_napari_viewer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    viewer = make_napari_viewer()
    affine = affine_of("LSA", (6, 7, 8), (1.0, 1.5, 2.0))
    viewer.open(
        str(write_nifti(tmp_path / "a.nii.gz", noise((6, 7, 8)), affine)), plugin="napari-medload"
    )
    chosen = str(tmp_path / "out.nii")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (chosen, ""))
    run("napari-medload.save")
    np.testing.assert_allclose(nib.load(chosen).affine, affine, atol=1e-5)
    with pytest.raises(NotWritableError, match="points"):
        menu.save_as(viewer.add_points(np.zeros((1, 3))), chosen)


def test_the_demo_opens_in_the_browser(
    make_napari_viewer: Any, qtbot: Any, demo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(session, "default_folder", lambda: demo)
    viewer = make_napari_viewer()
    run("napari-medload.open_demo")
    _frame, dock = viewer.window.add_plugin_dock_widget("napari-medload", "Dataset browser")
    qtbot.waitUntil(lambda: dock.session.scene is not None, timeout=120_000)
    assert dock.session.dataset.root == demo
    dock.session.close()


def test_opening_a_dataset_asks_for_its_folder(
    make_napari_viewer: Any, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    viewer = make_napari_viewer()
    write_nifti(tmp_path / "set" / "a.nii.gz", noise((6, 7, 8)), np.eye(4))
    monkeypatch.setattr(
        QFileDialog, "getExistingDirectory", lambda *_args, **_kw: str(tmp_path / "set")
    )
    run("napari-medload.open_folder")
    _frame, dock = viewer.window.add_plugin_dock_widget("napari-medload", "Dataset browser")
    qtbot.waitUntil(lambda: dock.session.scene is not None, timeout=60_000)
    assert dock.session.dataset.root == tmp_path / "set"
    dock.session.close()
