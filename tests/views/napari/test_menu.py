"""Entries of napari's menus and command palette, run as napari runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from napari._app_model import get_app_model
from napari._app_model.constants import MenuId
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
