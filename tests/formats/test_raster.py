from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import SimpleITK as sitk
import tifffile
from PIL import Image

from napari_medload.formats import Content, UnreadableFileError, read_array, read_header, save
from napari_medload.geometry import Grid
from tests.formats.examples import PICTURES, RASTER
from tests.phantoms import noise

if TYPE_CHECKING:
    from pathlib import Path

ROWS, COLUMNS = 5, 8
SUFFIXES = tuple(PICTURES)


def rows_of(array):
    """Rows, columns and channels of an image of one slice."""
    assert array.shape[2] == 1
    return np.moveaxis(array[:, :, 0], 0, 1)


def read(path):
    header = read_header(path)
    array = read_array(header)
    assert (array.shape, array.dtype) == (header.shape, header.dtype)
    return rows_of(array), header


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    path: Path, numbers: np.ndarray, depth: int, colour: int, *chunks: bytes, size: Any = None
) -> Path:
    """Write a PNG from its parts, as the standard has them."""
    lines = []
    for row in numbers:
        bits = np.unpackbits(row.astype(">u2").view(np.uint8).reshape(-1, 2), axis=1)
        lines.append(b"\0" + np.packbits(bits[:, 16 - depth :]).tobytes())
    columns, rows = size or (numbers.shape[1], numbers.shape[0])
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"".join(lines)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + start + b"".join(chunks) + data + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("example", RASTER, ids=lambda e: e.name)
def test_T17_columns_are_i_rows_are_j_and_the_geometry_is_unknown(tmp_path, example):
    path = example.write(tmp_path)
    header = read_header(path)
    size = sitk.ReadImage(str(path)).GetSize()
    assert header.grid.shape == (*size, 1)[:3]
    assert not header.grid.known
    assert header.grid.orientation == "???"
    np.testing.assert_array_equal(header.grid.affine, np.diag((-1, -1, 1, 1)))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_corner_is_where_it_is_drawn(tmp_path, suffix):
    rows = np.zeros((16, 24), np.uint8)
    rows[:8, 16:] = 255  # upper right
    Image.fromarray(rows).save(tmp_path / f"a{suffix}")
    array = read_array(read_header(tmp_path / f"a{suffix}"))
    assert array[23, 0, 0] > 250
    assert array[0, 15, 0] < 5


def test_a_header_needs_no_pixels(tmp_path):
    whole = read_header(png(tmp_path / "a.png", noise((ROWS, COLUMNS), np.uint8), 8, 0))
    raw = (tmp_path / "a.png").read_bytes()
    place = raw.index(b"IDAT")
    (tmp_path / "a.png").write_bytes(raw[: place + 4] + b"\xff" * 8)
    assert read_header(tmp_path / "a.png") == whole


@pytest.mark.parametrize("colours", [None, 3])
def test_a_palette_gives_its_colours_and_a_note(tmp_path, colours):
    table = noise((16, 3), np.uint8)
    numbers = noise((ROWS, COLUMNS), np.uint8) % 16
    opacity = [] if colours is None else [chunk(b"tRNS", bytes(range(100, 116)))]
    plain = png(tmp_path / "a.png", numbers, 4, 3, chunk(b"PLTE", table.tobytes("C")), *opacity)
    found, header = read(plain)
    np.testing.assert_array_equal(found[..., :3], table[numbers])
    assert found.shape[2] == (3 if colours is None else 4)
    assert "palette" in header.notes[0]


@pytest.mark.parametrize("suffix", [".bmp", ".tif"])
def test_a_palette_of_other_formats_too(tmp_path, suffix):
    table = noise((16, 3), np.uint8)
    numbers = np.ascontiguousarray(noise((ROWS, COLUMNS), np.uint8) % 16)
    picture = Image.fromarray(numbers)
    picture.putpalette(table.tobytes("C") + bytes(768 - 48))
    picture.save(tmp_path / f"a{suffix}")
    found, header = read(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(found, table[numbers])
    assert "palette" in header.notes[0]


@pytest.mark.parametrize(("depth", "factor"), [(2, 85), (4, 17)])
def test_few_bits_are_spread_over_a_byte_as_everywhere_and_told(tmp_path, depth, factor):
    numbers = noise((ROWS, COLUMNS), np.uint8) % 2**depth
    found, header = read(png(tmp_path / "a.png", numbers, depth, 0))
    np.testing.assert_array_equal(found, numbers * factor)
    np.testing.assert_array_equal(
        found, sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.png")))
    )
    assert f"{depth} bits" in header.notes[0]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_one_bit_is_a_mask(tmp_path, suffix):
    mask = noise((ROWS, COLUMNS), bool)
    Image.fromarray(np.ascontiguousarray(mask)).save(tmp_path / f"a{suffix}")
    found, _header = read(tmp_path / f"a{suffix}")
    assert found.dtype == bool
    np.testing.assert_array_equal(found, mask)


def test_grey_with_an_opacity_has_two_channels(tmp_path):
    rows = noise((ROWS, COLUMNS, 2), np.uint8)
    found, _header = read(
        png(tmp_path / "a.png", rows.reshape(ROWS, -1), 8, 4, size=(COLUMNS, ROWS))
    )
    np.testing.assert_array_equal(found, rows)


def test_grey_with_an_opacity_of_16_bits_is_refused(tmp_path):
    rows = noise((ROWS, COLUMNS * 2), np.uint16)
    with pytest.raises(UnreadableFileError, match=r"a\.png.*opacity"):
        read_header(png(tmp_path / "a.png", rows, 16, 4, size=(COLUMNS, ROWS)))


def test_a_picture_that_should_be_turned_is_read_as_stored_and_told(tmp_path):
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(np.full((16, 24), 9, np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    found, header = read(tmp_path / "a.jpg")
    assert found.shape == (16, 24)
    assert "EXIF orientation 6" in header.notes[0]


def test_inks_become_colours_and_are_told(tmp_path):
    Image.fromarray(np.full((16, 24, 4), 0, np.uint8), "CMYK").save(tmp_path / "a.jpg")
    found, header = read(tmp_path / "a.jpg")
    assert found.shape == (16, 24, 3)
    assert found.min() > 250  # no ink is white
    assert "CMYK" in header.notes[0]


@pytest.mark.parametrize("kind", ["i1", "u2", "i4", "u4", "f2", "f4", "f8", "i8", ">u2", ">f4"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}], ids=str)
def test_types_of_tiff(tmp_path, kind, options):
    rows = noise((40, 24), kind)
    order = np.dtype(kind).byteorder
    tifffile.imwrite(tmp_path / "a.tif", rows, byteorder=">" if order == ">" else "<", **options)
    found, _header = read(tmp_path / "a.tif")
    assert found.dtype.newbyteorder("=") == np.dtype(kind).newbyteorder("=")
    np.testing.assert_array_equal(found, rows)


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "group4", "packbits"])
def test_compressed_tiff(tmp_path, compression):
    rows = np.zeros((32, 48), bool if compression == "group4" else np.uint8)
    rows[8:, 16:] = 1
    picture = Image.fromarray(rows)
    for photometric in (0, 1):
        picture.save(tmp_path / "a.tif", compression=compression, tiffinfo={262: photometric})
        found, header = read(tmp_path / "a.tif")
        with Image.open(tmp_path / "a.tif") as same:
            shown = np.array(same)
        inverted = photometric == 0 and shown.dtype.kind in "bu"
        assert bool(header.notes) == (photometric == 0)
        np.testing.assert_array_equal(found, ~shown if inverted else shown)


def test_equal_pages_are_slices_and_a_box_of_them_is_mapped(tmp_path):
    pages = noise((6, ROWS, COLUMNS))
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    header = read_header(tmp_path / "a.tif")
    assert header.shape == (COLUMNS, ROWS, 6)
    array = read_array(header)
    assert isinstance(array, np.memmap)
    np.testing.assert_array_equal(array, pages.T)


def test_named_axes_of_a_tiff_are_slices_and_frames(tmp_path):
    stack = noise((2, 3, 4, ROWS, COLUMNS), np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", np.ascontiguousarray(stack), imagej=True, metadata={"axes": "TZCYX"}
    )
    array = read_array(read_header(tmp_path / "a.tif"))
    np.testing.assert_array_equal(array, stack.transpose(4, 3, 1, 0, 2))


def test_pages_of_other_sizes_are_told(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(noise((ROWS, COLUMNS), np.uint8))
        writer.write(noise((16, 16), np.uint8))
    found, header = read(tmp_path / "a.tif")
    assert found.shape == (ROWS, COLUMNS)
    assert "another picture" in header.notes[0]


@pytest.mark.parametrize(
    ("metadata", "options", "is_said"),
    [
        ({"axes": "ZYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "mm"}, {"ome": True}, True),
        ({"axes": "ZYX"}, {"ome": True}, False),
        ({"axes": "ZYX", "spacing": 2, "unit": "mm"}, {"imagej": True}, True),
        ({"axes": "ZYX"}, {"imagej": True}, False),
    ],
)
def test_a_size_of_pixels_that_is_not_used_is_said(tmp_path, metadata, options, is_said):
    rows = noise((3, ROWS, COLUMNS), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", rows, metadata=metadata, **options)
    header = read_header(tmp_path / "a.tif")
    assert not header.grid.known
    assert ("size of its pixels" in " ".join(header.notes)) == is_said


def test_a_picture_is_what_its_first_bytes_say(tmp_path):
    rows = noise((ROWS, COLUMNS), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", rows)
    (tmp_path / "a.tif").rename(tmp_path / "a.png")
    np.testing.assert_array_equal(read(tmp_path / "a.png")[0], rows)


def test_T23_values_that_are_no_numbers_stay(tmp_path):
    rows = np.array([[np.nan, 1], [np.inf, -2]], np.float32)
    tifffile.imwrite(tmp_path / "a.tif", rows)
    np.testing.assert_array_equal(read(tmp_path / "a.tif")[0], rows)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float64, bool])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_T20_a_saved_picture_is_read_by_others_as_it_was(tmp_path, suffix, kind, channels):
    array = noise((COLUMNS * 2, ROWS * 3, 1, channels), kind)
    array = array[..., 0] if channels == 1 else array
    dtypes = {".png": "bBH", ".tif": "BHfd?", ".tiff": "BHfd?"}.get(suffix, "B") + "?"
    fits = np.dtype(kind).char in dtypes and (channels < 4 or suffix in (".png", ".tif", ".tiff"))
    path, content = tmp_path / f"a{suffix}", Content(array, Grid.unknown(array.shape[:3]))
    if not fits:
        with pytest.raises(ValueError, match=rf"a\{suffix}.*expected.*NIfTI"):
            save(path, content)
        assert not list(tmp_path.iterdir())
        return
    save(path, content)
    truth = rows_of(array)
    if suffix in (".png", ".bmp") or kind == np.float32:
        found = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
        found = found[..., 0] if found.ndim > truth.ndim else found  # ITK makes grey BMP colours
    else:
        found = tifffile.imread(path) if "tif" in suffix else np.asarray(Image.open(path))
    apart = np.abs(found.astype(float) - truth.astype(float))
    assert apart.max() <= (60 if "j" in suffix else 0)
    assert found.dtype == (np.uint8 if kind is bool else kind)
    ours = rows_of(read_array(read_header(path)))
    np.testing.assert_array_equal(ours, found)


@pytest.mark.parametrize("shape", [(4, 5, 2), (4, 5, 1, 2), (4, 5, 1, 5)])
def test_a_shape_that_is_no_picture_is_refused(tmp_path, shape):
    content = Content(noise(shape, np.uint8), Grid.unknown(shape[:3]))
    with pytest.raises(ValueError, match=r"a\.png.*expected \(columns, rows, 1\)"):
        save(tmp_path / "a.png", content)


def test_labels_are_not_blurred_by_jpeg(tmp_path):
    content = Content(np.ones((4, 5, 1), np.uint8), Grid.unknown((4, 5, 1)), is_label=True)
    with pytest.raises(ValueError, match=r"a\.jpg: a label map.*PNG"):
        save(tmp_path / "a.jpg", content)
    save(tmp_path / "a.png", content)
    assert read_array(read_header(tmp_path / "a.png")).min() == 1


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_a_small_png_that_promises_a_huge_picture_is_refused(tmp_path, depth):
    path = png(tmp_path / "a.png", np.zeros((4, 4)), depth, 0, size=(60_000, 40_000))
    with pytest.raises(UnreadableFileError, match=r"a\.png.*60000 columns|exceeds limit"):
        read_array(read_header(path))


def test_a_small_bmp_and_a_small_jpeg_that_promise_huge_pictures_are_refused(tmp_path):
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(tmp_path / "a.bmp")
    raw = bytearray((tmp_path / "a.bmp").read_bytes())
    struct.pack_into("<ii", raw, 18, 9_000, 9_000)
    (tmp_path / "a.bmp").write_bytes(raw)
    Image.fromarray(np.zeros((16, 16), np.uint8)).save(tmp_path / "a.jpg")
    raw = bytearray((tmp_path / "a.jpg").read_bytes())
    struct.pack_into(">HH", raw, raw.index(b"\xff\xc0") + 5, 9_000, 9_000)
    (tmp_path / "a.jpg").write_bytes(raw)
    for name in ("a.bmp", "a.jpg"):
        with pytest.raises(UnreadableFileError, match=rf"{name}.*columns"):
            read_array(read_header(tmp_path / name))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}], ids=str)
def test_a_small_tiff_that_promises_a_huge_picture_is_refused(tmp_path, options):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((64, 64), np.uint8), metadata=None, **options)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as tif:
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tif.pages[0].tags[name].overwrite(60_000)
    with pytest.raises(UnreadableFileError, match=r"a\.tif.*\(ImageWidth, ImageLength\)"):
        read_array(read_header(tmp_path / "a.tif"))


def test_a_tiff_whose_strips_were_never_written_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise((ROWS, COLUMNS)), compression="zlib", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as tif:
        tif.pages[0].tags["StripByteCounts"].overwrite([0])
    with pytest.raises(UnreadableFileError, match=r"a\.tif.*StripByteCounts"):
        read_array(read_header(tmp_path / "a.tif"))
