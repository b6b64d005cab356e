"""Files opened by napari itself, with this plugin as reader: what is drawn is where it is."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from npe2 import PluginManifest
from qtpy.QtWidgets import QApplication

import napari_medload
from napari_medload.formats.door import FORMATS
from napari_medload.formats.saving import WRITERS
from napari_medload.session.standalone.files import MOST_ARRAYS
from napari_medload.views.napari.canvas import ORDERS
from napari_medload.views.napari.directions import directions
from napari_medload.views.napari.reader import get_reader
from tests.phantoms import affine_of, fiducial, noise, write_h5, write_nifti
from tests.session.datasets import write_pairs
from tests.views.napari.test_canvas_truth import AXES, found_pixel

if TYPE_CHECKING:
    import napari

PLUGIN = "napari-medload"
MANIFEST = Path(napari_medload.__file__).parent / "napari.yaml"

SHAPE, SPACING = (22, 18, 16), (1.5, 2.0, 2.5)
WORLD = (6.0, -5.0, 7.5)
TILT = (8.0, -6.0, 12.0)


@pytest.fixture
def viewer(make_napari_viewer: Any) -> napari.Viewer:
    made = make_napari_viewer(show=True)
    made.window.resize(1000, 800)
    return made


def pixels(viewer: napari.Viewer) -> np.ndarray:
    """Pixels of the canvas, without the letters of direction."""
    for name, overlay in viewer.canvas.overlays.items():
        overlay.opacity = 0 if name.startswith("medload") else 1
    QApplication.processEvents()
    return np.asarray(viewer.screenshot(canvas_only=True, flash=False))


def place(viewer: napari.Viewer, plane: str, ras: Any) -> None:
    viewer.dims.order = ORDERS[plane]
    viewer.dims.point = tuple(ras)[::-1]


def error_mm(viewer: napari.Viewer, plane: str, ras: Any) -> float:
    """How far from a world place the brightest spot is drawn, the patient's right on the left."""
    place(viewer, plane, ras)
    found = found_pixel(pixels(viewer))
    if found is None:
        return np.inf
    camera, (across, up) = viewer.scene.camera, AXES[plane]
    height, width = viewer.canvas.size
    centre_up, centre_across = camera.center[-2:]
    column = width / 2 - (ras[across] - centre_across) * camera.zoom
    row = height / 2 - (ras[up] - centre_up) * camera.zoom
    return float(np.abs(found - (row, column)).max() / camera.zoom)


def contributions() -> Any:
    return PluginManifest.from_file(MANIFEST).contributions


def test_the_manifest_is_in_step_with_the_formats():
    (reader,) = contributions().readers
    assert set(reader.filename_patterns) == {f"*{s}" for form in FORMATS for s in form.suffixes}
    assert reader.accepts_directories
    written = {suffix for writer in WRITERS for suffix in writer.written}
    assert len(contributions().writers) == 2
    for writer in contributions().writers:
        assert set(writer.filename_extensions) == written
        assert writer.filename_extensions[0] == ".nii.gz"  # what a name without one is given


def test_what_is_not_ours_is_declined_and_never_raises(tmp_path: Path):
    (tmp_path / "note.txt").write_text("nothing")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"")
    write_pairs(tmp_path / "pairs", 1)
    offered = {
        "note.txt": False,
        "nowhere/at/all": False,
        "pictures": False,
        "pairs": True,
        "broken\0name": False,
        "missing.nii.gz": True,  # the reader says why it cannot be read
    }
    for name, wanted in offered.items():
        assert (get_reader(f"{tmp_path}/{name}") is not None) is wanted, name
    assert get_reader([f"{tmp_path}/a.nii", f"{tmp_path}/b.nii"]) is None


@pytest.mark.canvas
@pytest.mark.parametrize(
    ("stored", "tilt"), [("PIR", (0.0, 0.0, 0.0)), ("LPI", (0.0, 0.0, 0.0)), ("LSA", TILT)]
)
def test_a_file_is_drawn_where_it_lies(viewer, tmp_path: Path, stored: str, tilt: Any):
    affine = affine_of(stored, SHAPE, SPACING, centre=(3.0, 2.0, 1.0), tilt=tilt)
    array, truth = fiducial(affine, SHAPE, WORLD)
    path = write_nifti(tmp_path / "scan.nii.gz", array, affine)
    (layer,) = viewer.open(str(path), plugin=PLUGIN)
    for plane in AXES:
        assert error_mm(viewer, plane, truth) <= max(SPACING) / 2, plane
    assert {str(unit) for unit in layer.units} == {"millimeter"}
    assert layer.axis_labels == ("S", "A", "R")
    assert layer.metadata["path"] == str(path)
    np.testing.assert_allclose(layer.metadata["affine"], affine, atol=1e-5)
    assert layer.metadata["header"]["shape"] == list(SHAPE)


@pytest.mark.canvas
def test_files_opened_one_after_the_other_meet(viewer, tmp_path: Path):
    """An oblique file and a permuted one, each with a bright voxel at the same world place."""
    one = affine_of("LSA", SHAPE, SPACING, tilt=TILT)
    array, truth = fiducial(one, SHAPE, WORLD)
    write_nifti(tmp_path / "one.nii.gz", array, one)
    other = affine_of("PIR", SHAPE, (1.0, 1.0, 2.0))
    array, there = fiducial(other, SHAPE, WORLD)
    other[:3, 3] += truth - there
    write_nifti(tmp_path / "other.nii", array, other)
    viewer.open([str(tmp_path / "one.nii.gz"), str(tmp_path / "other.nii")], plugin=PLUGIN)
    for plane in AXES:
        for shown in viewer.layers:
            for layer in viewer.layers:
                layer.visible = layer is shown
            assert error_mm(viewer, plane, truth) <= max(SPACING) / 2, (plane, shown.name)
    assert all(a.units == b.units for a, b in pairwise(viewer.layers))
    assert viewer.dims.units is not None


@pytest.mark.canvas
def test_directions_are_named_without_the_browser_where_they_are_known(viewer, tmp_path: Path):
    from PIL import Image

    def bright() -> int:
        QApplication.processEvents()
        shot = np.asarray(viewer.screenshot(canvas_only=True, flash=False)).astype(int)
        return int(((shot[..., 0] > 200) & (shot[..., 2] < 150)).sum())  # yellow

    array = np.zeros(SHAPE, np.int16)
    viewer.open(str(write_nifti(tmp_path / "a.nii", array, affine_of("PIR", SHAPE))), plugin=PLUGIN)
    assert directions(viewer) == ("R", "L", "A", "P")
    assert bright() > 50
    viewer.scene.camera.orientation = ("towards", "up", "right")
    assert directions(viewer) == ("L", "R", "A", "P")
    viewer.layers.clear()
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(tmp_path / "a.png")
    viewer.open(str(tmp_path / "a.png"), plugin=PLUGIN)
    assert directions(viewer) is None and bright() == 0


def test_only_an_empty_viewer_is_turned(viewer, tmp_path: Path):
    path = write_nifti(tmp_path / "a.nii", noise(SHAPE), affine_of("RAS", SHAPE))
    mine = ("towards", "up", "right")
    viewer.add_image(np.zeros((3, 3, 3)))
    viewer.scene.camera.orientation = mine
    viewer.open(str(path), plugin=PLUGIN)
    assert tuple(viewer.scene.camera.orientation) == mine
    viewer.layers.clear()
    viewer.open(str(path), plugin=PLUGIN)
    assert tuple(viewer.scene.camera.orientation) == ("away", "up", "left")


def test_kinds_of_files_become_kinds_of_layers(viewer, tmp_path: Path):
    affine = affine_of("LPS", SHAPE, SPACING)
    labels = np.zeros(SHAPE, np.float32)
    labels[3:6] = 2
    write_nifti(tmp_path / "case_seg.nii.gz", labels, affine)
    (tmp_path / "label_names.txt").write_text("1 liver\n2 spleen\n")
    (layer,) = viewer.open(str(tmp_path / "case_seg.nii.gz"), plugin=PLUGIN)
    assert type(layer).__name__ == "Labels" and layer.data.dtype.kind in "iu"
    assert dict(zip(layer.features["index"], layer.features["name"], strict=True))[2] == "spleen"
    place_of_label = np.argwhere(np.asarray(layer.data) == 2)[0]
    assert "spleen" in layer.get_status(layer.data_to_world(place_of_label), world=True)["value"]
    drawn = [tuple(layer.get_color(value)) for value in range(1, 6)]
    assert len(set(drawn)) == 5  # also what is yet to be painted has its colour

    series = write_nifti(tmp_path / "bold.nii", noise((*SHAPE, 4)), affine)
    (layer,) = viewer.open(str(series), plugin=PLUGIN)
    assert layer.data.shape == (4, *SHAPE[::-1])
    assert tuple(layer.scale[1:]) == SPACING[::-1]

    viewer.layers.clear()
    write_h5(tmp_path / "two.h5", a=noise((5, 6, 7)), b=noise((5, 6, 7)))
    found = viewer.open(str(tmp_path / "two.h5"), plugin=PLUGIN)
    assert [layer.name for layer in found] == ["two a", "two b"]
    assert {str(unit) for layer in found for unit in layer.units} == {"pixel"}
    assert all(tuple(layer.scale) == (1, 1, 1) for layer in found)


@pytest.mark.canvas
@pytest.mark.parametrize("value", [200, 60_000, 100_000, -3])
def test_labels_of_any_value_are_drawn(viewer, tmp_path: Path, value: int):
    """Next to a table that lists values which the file's type cannot hold."""
    labels = np.zeros((20, 20, 20), np.int32)
    labels[5:15, 5:15, 5:15] = value
    path = write_nifti(tmp_path / "seg.nii", labels, affine_of("RAS", (20, 20, 20)))
    (tmp_path / "labels.txt").write_text(f"1 liver\n{abs(value)} spleen\n300000 femur\n")
    (layer,) = viewer.open(str(path), plugin=PLUGIN)
    assert (pixels(viewer)[..., :3].max(axis=-1) > 50).sum() > 1000
    layer.save(str(tmp_path / "out.nii"), plugin=PLUGIN)
    np.testing.assert_array_equal(np.asarray(nib.load(tmp_path / "out.nii").dataobj), labels)


@pytest.mark.canvas
def test_a_picture_keeps_its_colours_and_stands_upright(viewer, tmp_path: Path):
    from PIL import Image

    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:10, :15] = (255, 0, 0)  # red in the upper left corner
    Image.fromarray(picture).save(tmp_path / "a.png")
    (layer,) = viewer.open(str(tmp_path / "a.png"), plugin=PLUGIN)
    assert layer.rgb
    shot = pixels(viewer).astype(int)
    red = np.argwhere((shot[..., 0] > 200) & (shot[..., 1] < 50))
    assert len(red) > 100
    assert red[:, 0].mean() < shot.shape[0] / 2 and red[:, 1].mean() < shot.shape[1] / 2


def test_files_of_one_name_are_told_apart(viewer, tmp_path: Path):
    for side in ("fixed", "moving"):
        path = write_nifti(tmp_path / side / "brain.nii", noise(SHAPE), affine_of("RAS", SHAPE))
        viewer.open(str(path), plugin=PLUGIN)
    assert [layer.name for layer in viewer.layers] == ["brain", "moving/brain"]


def test_a_dicom_folder_is_one_volume(viewer, shared_data: Path, tmp_path: Path):
    folder = shared_data / "formats" / "dicom" / "ct_liver"
    (layer,) = viewer.open(str(folder), plugin=PLUGIN)
    assert layer.data.ndim == 3 and len(layer.data) == len(list(folder.iterdir()))
    assert {str(unit) for unit in layer.units} == {"millimeter"}
    bare = tmp_path / "1.2.840.7"  # scanners name folders and files by numbers
    bare.mkdir()
    for number, file in enumerate(sorted(folder.iterdir())):
        (bare / f"1.2.840.7.{number}").write_bytes(file.read_bytes())
    assert get_reader(str(bare)) is not None
    (again,) = viewer.open(str(bare), plugin=PLUGIN)
    np.testing.assert_array_equal(again.data[1], layer.data[1])


def test_a_dataset_opens_in_the_browser_and_adds_no_layer(viewer, qtbot, tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 2)
    assert viewer.open(str(folder), plugin=PLUGIN) == []
    _frame, dock = viewer.window.add_plugin_dock_widget(PLUGIN, "Dataset browser")
    qtbot.waitUntil(lambda: dock.session.scene is not None, timeout=60_000)
    assert dock.session.dataset.root == folder
    many = {f"k{number}": noise((4, 4, 4)) for number in range(MOST_ARRAYS + 1)}
    write_h5(tmp_path / "many.h5", **many)
    assert viewer.open(str(tmp_path / "many.h5"), plugin=PLUGIN) == []
    qtbot.waitUntil(lambda: len(dock.session.dataset) == MOST_ARRAYS + 1, timeout=60_000)
    qtbot.waitUntil(lambda: not dock.session.loading, timeout=60_000)
    dock.session.close()


def test_a_broken_file_says_what_is_wrong(viewer, tmp_path: Path):
    path = tmp_path / "broken.nii.gz"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(OSError, match=r"broken\.nii\.gz.*expected"):
        viewer.open(str(path), plugin=PLUGIN)
    assert not viewer.layers


def test_a_dataset_without_a_window_is_refused_in_words(tmp_path: Path):
    folder = write_pairs(tmp_path / "pairs", 1)
    read = get_reader(str(folder))
    assert read is not None
    with pytest.raises(RuntimeError, match="napari-medload open"):
        read(str(folder))
