from __future__ import annotations

import base64
import io
import re
import tracemalloc
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image as Pillow

from napari_medload.images import LabelMap, ScalarImage
from napari_medload.labels import Label, LabelTable
from tests.phantoms import affine_of, huge_nifti, noise, write_h5, write_nifti

SHAPE = (10, 20, 30)


def html_of(image):
    html = image._repr_html_()
    Checker().check(html)
    return html


class Checker(HTMLParser):
    """Every tag that is opened is closed."""

    def check(self, html):
        self.open = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def picture_of(image):
    found = re.search(r'base64,([^"]+)"', html_of(image))
    return np.asarray(Pillow.open(io.BytesIO(base64.b64decode(found[1]))))


def test_T29_a_card_has_the_facts_and_a_picture(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine_of("LPS", SHAPE, (1, 2, 3)))
    image = ScalarImage(path)
    html = html_of(image)
    for text in ("ScalarImage", "(1, 10, 20, 30)", "(1.00, 2.00, 3.00)", "LPS+", "int16",
                 "11.7 KiB (not loaded)", str(path)):  # fmt: skip
        assert text in html
    assert not image.is_loaded
    assert picture_of(image).shape[2] == 3


def test_T29_texts_are_escaped(tmp_path):
    folder = tmp_path / "<script>&'\""
    path = write_nifti(folder / "<b>a.nii", noise(SHAPE))
    broken = write_nifti(folder / "<i>b.nii", noise(SHAPE))
    broken.write_bytes(b"nothing")
    for image in (ScalarImage(path), ScalarImage(broken)):
        html = html_of(image)
        assert not re.search("<script|<b>|<i>", html)
        assert "&lt;script&gt;&amp;" in html


@pytest.mark.parametrize("code", ["RAS", "LPI", "SAL"])
def test_T29_planes_lie_as_radiologists_look_at_them(code):
    shape = tuple(SHAPE["RLAPIS".index(letter) // 2] for letter in code)
    affine = affine_of(code, shape)
    places = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    bright = (places > 0).all(axis=-1).astype(np.float32)  # right, anterior and superior
    picture = picture_of(ScalarImage(tensor=bright[None], affine=affine))
    columns = picture.shape[1]
    # three planes of one scale, 30 mm to 200 pixels, with letters around and gaps between
    widths = [round(mm * 200 / 30) for mm in (20, 10, 10)]
    assert columns == sum(widths) + 6 * 14 + 2 * 18
    left = 0
    for width, height in zip(widths, (200, 200, round(20 * 200 / 30)), strict=True):
        top = (picture.shape[0] - height) // 2
        plane = picture[top : top + height, left + 14 : left + 14 + width, 0]
        quarter = plane[: height // 2 - 8, : width // 2 - 8]
        assert quarter.min() == 255
        assert plane[height // 2 + 8 :].max() == plane[:, width // 2 + 8 :].max() == 0
        left += width + 2 * 14 + 18


def test_T29_thick_planes_are_blocks_that_hide_nothing_of_thin_voxels():
    voxels = np.zeros((1, 4, 1000, 3), np.float32)
    voxels[:, :, ::2] = 1  # stripes, five to a pixel
    image = ScalarImage(tensor=voxels, affine=np.diag((1, 1, 100, 1)))
    sagittal = picture_of(image)[95:130, 14:214, 0]
    assert (sagittal == sagittal[0]).all()
    assert sagittal.min() >= 100
    assert sagittal.max() <= 155


def test_T29_labels_have_their_colours():
    labels = np.ones((1, *SHAPE), np.uint8)
    table = LabelTable([Label(1, "liver", (1.0, 0.0, 0.0))])
    picture = picture_of(LabelMap(tensor=labels, table=table))
    assert picture[picture.shape[0] // 2, 80].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["rgb", "flat", "constant", "nan", "singular", "one voxel"])
def test_T29_every_image_has_a_picture(kind):
    image = {
        "rgb": ScalarImage(tensor=noise((3, *SHAPE), np.uint8)),
        "flat": ScalarImage(tensor=noise((4, 7, 5, 1), np.uint8)),
        "constant": ScalarImage(tensor=np.ones((1, *SHAPE))),
        "nan": ScalarImage(tensor=np.full((1, *SHAPE), np.nan)),
        "singular": ScalarImage(tensor=noise((1, *SHAPE)), affine=np.diag((1.0, 0, 1, 1))),
        "one voxel": LabelMap(tensor=noise((1, 1, 1, 1))),
    }[kind]
    assert picture_of(image).size


def test_T29_what_no_file_states_is_told(tmp_path):
    image = ScalarImage(write_h5(tmp_path / "a.h5", a=noise(SHAPE)), key="a")
    assert html_of(image).count("not stated") == 2
    assert picture_of(image).size


def test_T29_a_tilt_is_told():
    affine = affine_of("RAS", SHAPE, tilt=(0, 0, 12))
    assert "12.0°" in html_of(ScalarImage(tensor=noise((1, *SHAPE)), affine=affine))


def test_T29_an_unreadable_file_has_a_card_with_the_reason(tmp_path):
    missing = ScalarImage(tmp_path / "missing.nii", verify_path=False)
    assert "FileNotFoundError" in html_of(missing)
    cut = write_nifti(tmp_path / "a.nii", noise(SHAPE), affine_of("LPS", SHAPE))
    cut.write_bytes(cut.read_bytes()[:1000])
    html = html_of(ScalarImage(cut))
    assert "LPS+" in html
    assert "bytes" in html
    assert "<img" not in html

    def reader(_path):
        raise KeyError("broken")

    assert "KeyError" in html_of(ScalarImage(cut, reader=reader))


@pytest.mark.parametrize("kind", ["hdf5", "nifti", "part", "several"])
def test_T29_a_large_file_is_drawn_from_three_planes(tmp_path, kind):
    array = np.zeros((400, 400, 250), np.uint16)  # 80 MB
    array[200:, 200:, 125:] = 1000
    if kind == "hdf5":
        image = ScalarImage(write_h5(tmp_path / "a.h5", a=array), key="a")
    else:
        path = write_nifti(tmp_path / "a.nii", array)
        image = ScalarImage([path] if kind == "several" else path)
    image = image[1:] if kind == "part" else image
    tracemalloc.start()
    picture = picture_of(image)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2e7
    assert picture.max() == 255


def test_T29_a_file_of_which_a_plane_takes_long_waits_until_it_is_loaded(tmp_path):
    path = huge_nifti(tmp_path / "a.nii", (2000, 2000, 2000))
    html = html_of(ScalarImage(path))
    assert "<img" not in html
    assert "once the image is loaded" in html
    assert "<img" in html_of(ScalarImage(path)[:, :, 700:720])


def test_T29_a_large_compressed_file_waits_until_it_is_loaded(tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", np.zeros((400, 400, 250), np.int16))
    image = ScalarImage(path)
    html = html_of(image)
    assert "<img" not in html
    assert "once the image is loaded" in html
    image.load()
    assert "<img" in html_of(image)
