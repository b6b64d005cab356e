"""Arrays whose spacing is known but not their directions, and arrays of which neither is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from napari_medload.formats import Placement, Source, read_header
from napari_medload.images import read_volume
from napari_medload.labels import LabelTable
from napari_medload.loaders import DatasetCatalog, MetadataCatalog
from napari_medload.loaders.medsegpy import slice_dicts
from napari_medload.session.scene.readout import read_out
from napari_medload.session.scene.resident import Resident
from napari_medload.session.table.geometry_table import facts_as_json, geometry_table
from tests.loaders.medsegpy.phantoms import put, scan_image, write_scan
from tests.phantoms import affine_of, noise, write_h5
from tests.session.datasets import facts_from, resident, scene_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPE = (6, 7, 5)
SPACING = (0.5, 0.75, 3.0)
LENGTHS, NOTHING = Placement("PLS", SPACING), Placement("PLS")
TRUE = Placement("PLS", SPACING, oriented=True)


def placed(path, array, placement, is_label: bool = False) -> Resident:
    source = Source(write_h5(path, a=array), "a", placement=placement)
    return Resident(read_volume(source), is_label, LabelTable())


def canvas_of(display, index) -> np.ndarray:
    """Canvas point (S, A, R) of an index (k, j, i) of what is drawn."""
    return np.array(display.translate) + np.array(display.scale) * index


def stored_index(text: str) -> tuple[int, ...]:
    """Voxel that the status bar names."""
    return tuple(int(part) for part in text.removeprefix("voxel ").split(" (")[0].split(","))


@pytest.mark.parametrize(
    ("placement", "known", "oriented", "note"),
    [
        (LENGTHS, True, False, "directions unknown, drawn as stored"),
        (NOTHING, False, False, "no geometry in the file, drawn by index"),
        (TRUE, True, True, None),
    ],
)
def test_a_scene_says_what_it_knows(tmp_path, placement, known, oriented, note):
    scene = scene_of({"image": placed(tmp_path / "a.h5", noise(SHAPE), placement)})
    assert (scene.known, scene.oriented) == (known, oriented)
    said = " ".join(scene.notes)
    assert (note in said) if note else not scene.notes
    step = SPACING if known else (1, 1, 1)
    assert scene.display.scale == pytest.approx((step[2], step[0], step[1]))


@pytest.mark.parametrize("placement", [LENGTHS, NOTHING])
@pytest.mark.parametrize("grid", ["fixed", "moving", "world"])
def test_row_0_is_on_top_and_column_0_at_the_left(tmp_path, placement, grid):
    """On the canvas A runs up and R to the left, so the drawn array is turned round twice."""
    array = noise(SHAPE)
    scene = scene_of({"image": placed(tmp_path / "a.h5", array, placement)}, grid=grid)
    (layer,) = scene.layers
    np.testing.assert_array_equal(layer.data, array[::-1, ::-1].transpose(2, 0, 1))


@pytest.mark.parametrize("letters", ["PLS", "RAS", "SAL"])
@pytest.mark.parametrize(("spacing", "why"), [(SPACING, "directions"), (None, "no geometry")])
def test_the_voxel_that_is_named_has_the_value_that_is_named(tmp_path, letters, spacing, why):
    array = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    scene = scene_of({"image": placed(tmp_path / "a.h5", array, Placement(letters, spacing))})
    (layer,) = scene.layers
    drawn, seen = np.asarray(layer.data), set()
    for index in np.ndindex(drawn.shape):
        text = read_out(scene, canvas_of(scene.display, index))
        voxel = stored_index(text)
        seen.add(voxel)
        assert text.split("image ")[1] == str(array[voxel]) == str(drawn[index])
        assert why in text and " mm" not in text
    assert seen == set(np.ndindex(SHAPE))


def test_part_of_a_scan_is_named_by_its_own_indices(tmp_path):
    array = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)
    later = placed(tmp_path / "a.h5", array, Placement("PLS", SPACING, (0, 0, 4)))
    scene = scene_of({"image": later})
    text = read_out(scene, canvas_of(scene.display, (0, 0, 0)))
    assert text.split("image ")[1] == str(array[stored_index(text)])


def test_a_label_lies_over_its_image(tmp_path):
    array = np.zeros(SHAPE, np.uint8)
    array[1:3, 2:4, 3] = 1
    for placement in (LENGTHS, NOTHING):
        scene = scene_of(
            {
                "image": placed(tmp_path / "i.h5", array.astype(np.int16) * 9, placement),
                "label": placed(tmp_path / "l.h5", array, placement, is_label=True),
            }
        )
        image, label = scene.layers
        np.testing.assert_array_equal(np.asarray(image.data) == 9, np.asarray(label.data) == 1)


@pytest.mark.parametrize("grid", ["fixed", "moving"])
def test_where_one_side_has_no_geometry_the_voxel_named_is_still_the_one_drawn(tmp_path, grid):
    """Whichever side is drawn on: the named voxel is that of the lowest image."""
    fixed_array, moving_array = (
        np.arange(210, dtype=np.int32).reshape(SHAPE) + n for n in (0, 999)
    )
    fixed = resident(tmp_path / "f.nii", fixed_array, affine_of("LPS", SHAPE, SPACING))
    moving = placed(tmp_path / "m.h5", moving_array, None)
    scene = scene_of({"fixed_image": fixed, "moving_image": moving}, grid=grid)
    text = read_out(scene, canvas_of(scene.display, (1, 2, 3)))
    voxel = SHAPE[0] - 1 - 3, SHAPE[1] - 1 - 2, 1  # LPS is drawn along RAS
    if grid == "moving":
        voxel = stored_index(text)
        assert voxel == (3, 2, 1)
    assert scene.oriented is (grid == "fixed")
    assert f"fixed image {fixed_array[voxel]:g}" in text
    assert f"moving image {moving_array[voxel]:g}" in text


@pytest.fixture
def catalogs() -> Iterator[None]:
    """Catalogs that are empty before and after a test."""
    for catalog in (DatasetCatalog, MetadataCatalog):
        catalog.clear()
    yield
    for catalog in (DatasetCatalog, MetadataCatalog):
        catalog.clear()


@pytest.mark.parametrize("spacing", [SPACING, None])
def test_slices_that_begin_later_line_up_with_the_scan_they_were_made_from(
    tmp_path, walker, catalogs, spacing
):
    """An augmentation of slices 3 to 4 of a scan of five lies over these, not over the first."""
    write_scan(tmp_path, "0000001_V00-Aug00", seed=1, masks=False)
    for number in (3, 4):
        slab = np.full((6, 7, 1), 10.0 * number, np.float32)
        put(tmp_path / f"0000001_V00-Aug01_{number:03d}.im", slab)
    DatasetCatalog.register("scans", lambda: slice_dicts(tmp_path))
    MetadataCatalog.get("scans").set(scan_root=str(tmp_path))
    if spacing:
        MetadataCatalog.get("scans").set(spacing=spacing)
    walker.open("scans")
    scene = walker.select(1)
    assert scene.sample_id == "0000001_V00-Aug01"
    assert scene.known is bool(spacing) and not scene.oriented
    layers = {layer.role: layer for layer in scene.layers}
    assert np.asarray(layers["image"].data)[:, 0, 0].tolist() == [30, 40]
    origin = scan_image(1)[::-1, ::-1].transpose(2, 0, 1)
    np.testing.assert_array_equal(layers["origin_image"].data, origin[2:4])
    text = read_out(scene, canvas_of(scene.display, (1, 0, 0)))
    row, column, number = stored_index(text)
    assert (row, column, number) == (5, 6, 1) and f"image {40}" in text
    assert f"origin image {scan_image(1)[row, column, 3]}" in text
    whole = walker.select(0)
    assert whole.layers[0].data.shape == (5, 6, 7)
    steps = np.array(whole.display.translate), np.array(scene.display.translate)
    assert (steps[1] - steps[0]).tolist() == pytest.approx([2 * (spacing or (1, 1, 1))[2], 0, 0])


def test_the_table_says_that_directions_are_unknown(tmp_path):
    path = write_h5(tmp_path / "a.h5", a=np.zeros(SHAPE))
    for placement, spacing, extent in (
        (LENGTHS, "0.5×0.75×3", "3, 5.2, 15"),
        (NOTHING, "unknown", "unknown"),
    ):
        header = read_header(Source(path, "a", placement=placement))
        facts = facts_from({"fixed_image": header, "moving_image": header}, "world")
        assert (facts.spacing, facts.orientation) == (spacing, "unknown")
        assert (facts.offset_mm, facts.overlap, facts.oblique_degrees) == (None, None, None)
        assert facts.problems == ()
        table = geometry_table(facts, "world")
        cells = {name: found[0].text for name, found in table.rows}
        assert cells["extent"] == extent
        for row in ("orient.", "origin", "centre", "affine"):
            assert cells[row] == "unknown", row
        told = json.loads(facts_as_json(facts))["fixed_image"]
        assert told["orientation"] is None and told["affine"] is None


def test_a_pair_without_directions_states_no_distance(tmp_path):
    """Two arrays of one spacing, from two scanners perhaps: nobody knows how they lie."""
    headers = {}
    for side, first in (("fixed", (0, 0, 0)), ("moving", (0, 0, 40))):
        path = write_h5(tmp_path / f"{side}.h5", a=np.zeros(SHAPE))
        placement = Placement("PLS", SPACING, first)
        headers[f"{side}_image"] = read_header(Source(path, "a", placement=placement))
    for alignment in ("world", "same grid"):
        facts = facts_from(headers, alignment)
        assert facts.problems == () and facts.offset_mm is None
        distance = dict(geometry_table(facts, alignment).rows)["distance"][1]
        assert distance.text == "–" and not distance.marked
