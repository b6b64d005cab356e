"""Pictures that stand by themselves: what can be read off them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from napari_medload.session.picture.cut import plane_views
from napari_medload.session.picture.lettering import AMBER
from napari_medload.session.picture.sheet import arranged, contact_sheet, message, picture
from tests.phantoms import affine_of, fiducial, noise, write_nifti
from tests.session.datasets import cut_short, resident, scene_of, write_pairs

SHAPE, SPACING = (30, 40, 12), (2.0, 1.0, 4.0)
WORLD = (12.0, -9.0, 6.0)


def pixels(image):
    return np.asarray(image).astype(int)


def coloured(image, colour):
    """Rows and columns of the pixels of a colour, for `numpy.argwhere`."""
    return (pixels(image) == colour).all(axis=2)


@pytest.fixture
def flat(tmp_path):
    """A grey image of 60 × 40 × 48 mm with one bright voxel, and that voxel's place."""
    affine = affine_of("LPS", SHAPE, SPACING, centre=(3.0, 4.0, 5.0))
    array, place = fiducial(affine, SHAPE, WORLD)
    array += 400
    array[0, 0, 0] = 0
    return resident(tmp_path / "a.nii", array, affine), tuple(place.tolist())


def boxes(scene, size=960):
    return arranged(plane_views(scene), size, max(6, size // 80))


def offset(image, scene, size=960):
    """Row at which the planes begin: the first with the grey of the image in each."""
    grey = (pixels(image) == pixels(image)[..., :1]).all(axis=2) & (pixels(image)[..., 0] > 90)
    (top,) = {box.top for box in boxes(scene, size)[:1]}
    first = boxes(scene, size)[0]
    filled = grey[:, first.left : first.left + first.wide].mean(axis=1) > 0.5
    return int(np.argmax(filled)) - top


@pytest.mark.parametrize("radiological", (True, False))
def test_the_crosshair_meets_at_the_place(flat, radiological):
    image, place = flat
    window = (("image", 0.0, 1000.0),)
    scene = scene_of({"image": image}, radiological=radiological, windows=window)
    drawn = picture(scene, place)
    down = offset(drawn, scene)
    lit = pixels(drawn).min(axis=2) == 255
    for box in boxes(scene):
        plane = (
            slice(down + box.top, down + box.top + box.high),
            slice(box.left, box.left + box.wide),
        )
        rows, columns = np.nonzero(lit[plane])
        view = box.view
        inside = rows < box.high - 30 if view.name == "axial" else rows >= 0  # not the scale bar
        found = columns[inside].mean() + 0.5, rows[inside].mean() + 0.5
        # the place in mm from the edges that the letters name
        low, high = np.array(scene.display.grid.bounds)
        ras = {"S": 2, "I": 2, "A": 1, "P": 1, "R": 0, "L": 0}
        wanted = []
        for letter, extent in ((view.letters[0], box.wide), (view.letters[2], box.high)):
            axis = ras[letter]
            part = (place[axis] - low[axis]) / (high[axis] - low[axis])
            wanted.append((1 - part if letter in "RAS" else part) * extent)
        assert found == pytest.approx(wanted, abs=1.0)
        # lines lead there and leave it free
        yellow = np.ptp(pixels(drawn)[plane], axis=2) > 40
        row, column = round(wanted[1] - 0.5), round(wanted[0] - 0.5)
        assert yellow[:, max(0, column - 1) : column + 2].any(axis=1).mean() > 0.5
        assert not yellow[row - 4 : row + 5, column - 4 : column + 5].any()


def test_planes_are_true_to_millimetres(flat):
    image, _place = flat
    scene = scene_of({"image": image})
    axial, coronal, sagittal = boxes(scene)
    scale = axial.wide / 60
    wanted = ((axial, 60, 40), (coronal, 60, 48), (sagittal, 40, 48))
    for box, wide, high in wanted:
        assert box.wide == pytest.approx(wide * scale, abs=1)
        assert box.high == pytest.approx(high * scale, abs=1)


def test_planes_lie_apart_and_within_the_picture(tmp_path):
    for number, shape in enumerate(((30, 40, 12), (90, 80, 4), (5, 5, 90), (64, 64, 1), (1, 1, 1))):
        array = noise(shape)
        scene = scene_of({"image": resident(tmp_path / f"{number}.nii", array, np.eye(4))})
        for size in (200, 960):
            drawn = picture(scene, size=size)
            assert drawn.width == size
            covered = np.zeros((3 * size, size), int)
            for box in boxes(scene, size):
                covered[box.top : box.top + box.high, box.left : box.left + box.wide] += 1
                assert box.left >= 0 and box.left + box.wide <= size
                assert box.top + box.high <= drawn.height
            assert covered.max() == 1


def test_flat_planes_stand_under_each_other(tmp_path):
    scene = scene_of({"image": resident(tmp_path / "a.nii", noise((90, 80, 4)), np.eye(4))})
    axial, coronal, sagittal = boxes(scene)
    assert coronal.top + coronal.high < sagittal.top
    assert axial.wide > 400


def written(drawn, box, side):
    """How much is written at the middle of the left or right edge of a plane."""
    first = box.left if side == "left" else box.left + box.wide - 22
    middle = drawn.height - pixels(drawn)[::-1].any(axis=(1, 2)).argmax()
    part = pixels(drawn)[:middle, first : first + 22]
    yellow = np.clip(part[..., 0] - part[..., 2], 0, None)
    across = yellow.max(axis=1).argmax()
    near = yellow[max(0, across - 10) : across + 10]
    return near[(near > 0).sum(axis=1) < 22].sum()  # not the line of the crosshair


def test_letters_change_sides_with_the_convention(tmp_path):
    image = resident(tmp_path / "a.nii", np.zeros((60, 60, 60), np.int16), np.eye(4))
    found = {}
    for radiological in (True, False):
        scene = scene_of({"image": image}, radiological=radiological)
        drawn, box = picture(scene), boxes(scene)[1]
        found[radiological] = [written(drawn, box, side) for side in ("left", "right")]
    assert found[True] == pytest.approx(found[False][::-1], rel=0.06)
    assert found[True][0] > 1.2 * found[True][1]  # an R has more ink than an L
    bare = resident(
        tmp_path / "b.nii", np.zeros((60, 60, 60), np.int16), sform_code=0, qform_code=0
    )
    scene = scene_of({"image": bare})
    assert written(picture(scene), boxes(scene)[1], "left") == 0


def test_both_halves_are_drawn_under_each_other(tmp_path):
    affine = np.eye(4)
    bright, dark = np.full((20, 20, 20), 90, np.int16), np.zeros((20, 20, 20), np.int16)
    bright[0], dark[0] = 0, 90
    pair = {
        "fixed_image": resident(tmp_path / "f.nii", bright, affine),
        "moving_image": resident(tmp_path / "m.nii", dark, affine),
    }
    one = picture(scene_of(pair, mode="fixed"))
    both = picture(scene_of(pair, mode="side by side"))
    high = boxes(scene_of(pair))[0].high
    assert both.height >= one.height + high
    light = pixels(both).min(axis=2).mean(axis=1)
    rows = np.nonzero(light > 100)[0]
    assert 0.9 * high < len(rows) < 1.1 * high  # the moving image is nearly black


def test_a_sample_that_cannot_be_read_is_a_tile_with_its_reason(tmp_path, walker):
    folder = write_pairs(tmp_path / "data", 2)
    for kind in ("fixed_images", "moving_images"):
        cut_short(folder / kind / "case00.nii.gz")
    walker.open(folder)
    scene = walker.select(0)
    assert scene.display is None
    drawn = picture(scene, size=400)
    assert drawn.width == 400
    amber = coloured(drawn, AMBER)
    assert amber.any()
    assert not amber[:, -4:].any()
    lines = np.diff(amber.any(axis=1).astype(int)) == 1
    assert lines.sum() > 3  # two paths and reasons, in full
    whole = picture(walker.select(1), size=400)
    assert not coloured(whole, AMBER).any()
    assert contact_sheet([drawn, whole], 2).width == 801


def test_a_role_that_is_missing_is_said_beside_the_picture(tmp_path, walker):
    folder = write_pairs(tmp_path / "data", 2)
    cut_short(folder / "moving_images" / "case00.nii.gz")
    walker.open(folder)
    assert coloured(picture(walker.select(0)), AMBER).any()


def test_long_reasons_and_names_are_broken_and_not_cut():
    short = message("a", ["why"], 300)
    long = message("case " + "x" * 200, ["/data/" + "folder/" * 80 + "a.nii: is cut off"], 300)
    assert long.size[0] == short.size[0] == 300
    assert long.height > short.height
    assert not pixels(long)[:, -3:].any()


def test_a_sheet_holds_all_its_pictures_in_order():
    colours = [(40 * n, 255 - 40 * n, 60) for n in range(5)]
    tiles = [Image.new("RGB", (30, 20 + n), colour) for n, colour in enumerate(colours)]
    sheet = contact_sheet(tiles, columns=2)
    assert sheet.size == (61, 21 + 23 + 24 + 2)
    places = ((0, 0), (31, 0), (0, 22), (31, 22), (0, 46))
    for tile, place in zip(tiles, places, strict=True):
        cropped = sheet.crop((*place, place[0] + 30, place[1] + tile.height))
        assert np.array_equal(pixels(cropped), pixels(tile))
    assert sheet.getpixel((45, 60)) == (0, 0, 0)
    assert contact_sheet(tiles[:1], columns=4).size == (30, 20)


@pytest.mark.parametrize(("count", "columns"), ((0, 3), (2, 0)))
def test_a_sheet_of_nothing_is_an_error(count, columns):
    with pytest.raises(ValueError, match=f"found {count} and {columns}"):
        contact_sheet([Image.new("RGB", (4, 4))] * count, columns)


def test_a_scene_without_geometry_is_drawn_in_voxels(tmp_path):
    path = write_nifti(tmp_path / "a.nii", noise((30, 20, 10)), sform_code=0, qform_code=0)
    assert path.is_file()
    image = resident(tmp_path / "b.nii", noise((30, 20, 10)), sform_code=0, qform_code=0)
    scene = scene_of({"image": image})
    axial, *_others = boxes(scene)
    assert axial.wide / axial.high == pytest.approx(30 / 20, rel=0.01)
    assert picture(scene).width == 960
