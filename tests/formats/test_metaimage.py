from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Content, UnreadableFileError, read_array, read_header, save
from napari_medload.formats.itk_border import from_itk
from napari_medload.geometry import Grid
from tests.phantoms import affine_of, noise

SHAPE = (4, 5, 6)
DATA = noise(SHAPE, "<i2")
RAW = DATA.tobytes(order="F")
OBLIQUE = "0 0.6 0.8 1 0 0 0 -0.8 0.6"


def write(path, data=RAW, **fields):
    """Write a header of given fields; None leaves one out."""
    usual = {
        "ObjectType": "Image",
        "NDims": "3",
        "DimSize": "4 5 6",
        "TransformMatrix": OBLIQUE,
        "Offset": "10 20 30",
        "ElementSpacing": "1 2 3",
        "ElementType": "MET_SHORT",
    }
    last = fields.pop("ElementDataFile", "LOCAL")
    lines = [f"{name} = {value}" for name, value in (usual | fields).items() if value is not None]
    path.write_bytes("\n".join((*lines, f"ElementDataFile = {last}", "")).encode() + data)
    return path


def array_of(path):
    return read_array(read_header(path))


NO_PLACE = {"TransformMatrix": None, "Offset": None, "ElementSpacing": None}


def test_T10_the_matrix_lists_the_direction_of_one_axis_after_another(tmp_path):
    grid = read_header(write(tmp_path / "a.mha")).grid
    lps = np.array([(0, 0.6, 0.8), (2, 0, 0), (0, -2.4, 1.8), (10, 20, 30)]).T
    np.testing.assert_allclose(grid.affine[:3], np.diag((-1, -1, 1)) @ lps)
    image = sitk.ReadImage(tmp_path / "a.mha")
    np.testing.assert_allclose(grid.affine, from_itk(image)[1], atol=1e-12)
    place = np.array(image.TransformIndexToPhysicalPoint((3, 1, 4)))
    np.testing.assert_allclose(grid.affine @ (3, 1, 4, 1), (*(place * (-1, -1, 1)), 1))
    assert grid.oriented


@pytest.mark.parametrize("matrix", ["TransformMatrix", "Rotation", "Orientation"])
@pytest.mark.parametrize("offset", ["Offset", "Position", "Origin"])
@pytest.mark.parametrize("spacing", ["ElementSpacing", "ElementSize"])
def test_every_name_of_a_field_means_what_itk_takes_it_for(tmp_path, matrix, offset, spacing):
    fields = {matrix: OBLIQUE, offset: "10 20 30", spacing: "1 2 3"}
    path = write(tmp_path / "a.mha", **(NO_PLACE | fields))
    itk = from_itk(sitk.ReadImage(path))[1]
    np.testing.assert_allclose(read_header(path).grid.affine, itk, atol=1e-12)
    np.testing.assert_allclose(read_header(path).grid.spacing, (1, 2, 3))


@pytest.mark.parametrize("matrix", ["1 0 0 0.5 1 0 0 0.3 1", "2 0 0 0 1 0 0 0 1"])
@pytest.mark.parametrize("spacing", ["1 2 3", "-1 2 3"])
def test_T21_any_matrix_is_kept_and_placed_as_itk_places_it(tmp_path, matrix, spacing):
    path = write(tmp_path / "a.mha", TransformMatrix=matrix, ElementSpacing=spacing)
    itk = from_itk(sitk.ReadImage(path))[1]
    np.testing.assert_allclose(read_header(path).grid.affine, itk, atol=1e-12)


@pytest.mark.parametrize(
    ("fields", "known", "oriented"),
    [
        (NO_PLACE, False, False),
        (NO_PLACE | {"ElementSpacing": "1 2 3"}, True, False),
        (NO_PLACE | {"Offset": "1 2 3"}, True, True),
        (NO_PLACE | {"AnatomicalOrientation": "RAI"}, False, False),
    ],
    ids=["nothing", "spacing", "offset", "letters"],
)
def test_what_a_header_does_not_say_is_not_known(tmp_path, fields, known, oriented):
    path = write(tmp_path / "a.mha", **fields)
    grid = read_header(path).grid
    assert (grid.known, grid.oriented) == (known, oriented)
    if known:
        itk = from_itk(sitk.ReadImage(path))[1]
        np.testing.assert_allclose(grid.affine, itk, atol=1e-12)


def test_lengths_in_centimetres_become_millimetres_and_it_says_so(tmp_path):
    header = read_header(write(tmp_path / "a.mha", DistanceUnits="cm"))
    np.testing.assert_allclose(header.grid.spacing, (10, 20, 30))
    np.testing.assert_allclose(header.grid.origin, (-100, -200, 300))
    assert "cm" in header.notes[0]


@pytest.mark.parametrize("unit", ["mm", "?"])
def test_millimetres_need_no_note(tmp_path, unit):
    header = read_header(write(tmp_path / "a.mha", DistanceUnits=unit))
    np.testing.assert_allclose(header.grid.spacing, (1, 2, 3))
    assert not header.notes


def test_a_slope_is_not_applied_as_in_itk_and_it_says_so(tmp_path):
    path = write(tmp_path / "a.mha", ElementToIntensityFunctionSlope="2")
    header = read_header(path)
    values = header.scaling.apply(read_array(header))
    np.testing.assert_array_equal(values, from_itk(sitk.ReadImage(path))[0])
    assert "slope" in header.notes[0]


_TYPES = {
    "CHAR": "i1", "UCHAR": "u1", "SHORT": "i2", "USHORT": "u2", "INT": "i4", "UINT": "u4",
    "LONG": "i4", "ULONG": "u4", "LONG_LONG": "i8", "ULONG_LONG": "u8", "FLOAT": "f4",
    "DOUBLE": "f8", "SHORT_ARRAY": "i2",
}  # fmt: skip


@pytest.mark.parametrize("name", _TYPES)
@pytest.mark.parametrize("big", ["True", "False"])
@pytest.mark.parametrize("packed", ["True", "False"])
def test_every_type_is_what_itk_reads(tmp_path, name, big, packed):
    array = noise(SHAPE, (">" if big == "True" else "<") + _TYPES[name])
    data = array.tobytes(order="F")
    data = zlib.compress(data) if packed == "True" else data
    path = write(
        tmp_path / "a.mha",
        data,
        ElementType=f"MET_{name}",
        BinaryDataByteOrderMSB=big,
        CompressedData=packed,
        CompressedDataSize=str(len(data)),
    )
    found = array_of(path)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype
    if not (packed == "True" and big == "True"):
        np.testing.assert_array_equal(found, from_itk(sitk.ReadImage(path))[0])
    box = (slice(1, 3), slice(2, 5), slice(0, 2))
    np.testing.assert_array_equal(read_array(read_header(path), box), array[box])


@pytest.mark.parametrize("key", ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])
def test_both_names_of_the_byte_order(tmp_path, key):
    path = write(tmp_path / "a.mha", noise(SHAPE, ">i2").tobytes(order="F"), **{key: "True"})
    np.testing.assert_array_equal(array_of(path), DATA)


def test_numbers_written_out_are_read(tmp_path):
    text = " ".join(map(str, DATA.ravel(order="F").tolist())).encode() + b" \n"
    path = write(tmp_path / "a.mha", text, BinaryData="False")
    np.testing.assert_array_equal(array_of(path), DATA)
    np.testing.assert_array_equal(from_itk(sitk.ReadImage(path))[0], DATA)


@pytest.mark.parametrize("axes", [3, 4])
def test_channels_go_behind_and_time_becomes_frames(tmp_path, axes):
    shape = (3, *SHAPE, 2)[: axes + 1]
    stored = noise(shape, "<f4")
    eye = " ".join(map(str, np.eye(axes).ravel()))
    path = write(
        tmp_path / "a.mha",
        stored.tobytes(order="F"),
        NDims=str(axes),
        DimSize=" ".join(map(str, shape[1:])),
        TransformMatrix=eye,
        Offset="10 20 30 5"[: 8 if axes == 3 else 10],
        ElementSpacing="1 2 3 1.5"[: 5 if axes == 3 else 9],
        ElementType="MET_FLOAT",
        ElementNumberOfChannels="3",
    )
    header = read_header(path)
    found = read_array(header)
    expected = np.moveaxis(stored, 0, axes)
    assert header.grid.spacing == (1, 2, 3)
    assert header.grid.origin == (-10, -20, 30)
    assert header.grid.shape == SHAPE
    np.testing.assert_array_equal(found, expected)


def test_T17_an_image_in_two_dimensions_has_depth_one(tmp_path):
    path = write(
        tmp_path / "a.mha", noise((4, 5)).tobytes(order="F"), NDims="2", DimSize="4 5",
        TransformMatrix="0 1 -1 0", Offset="10 20", ElementSpacing="2 3",
    )  # fmt: skip
    header = read_header(path)
    assert header.shape == (4, 5)
    assert header.grid.shape == (4, 5, 1)
    itk, affine = from_itk(sitk.ReadImage(path))
    np.testing.assert_array_equal(read_array(header), itk[..., 0])
    np.testing.assert_allclose(header.grid.affine, affine)
    assert not header.grid.oriented


@pytest.mark.parametrize("before", ["8", "-1"])
def test_bytes_before_the_numbers_are_skipped(tmp_path, before):
    (tmp_path / "a.raw").write_bytes(b"junkjunk" + RAW)
    path = write(tmp_path / "a.mhd", b"", HeaderSize=before, ElementDataFile="a.raw")
    np.testing.assert_array_equal(array_of(path), DATA)
    np.testing.assert_array_equal(from_itk(sitk.ReadImage(path))[0], DATA)


@pytest.mark.parametrize("how", ["LIST", "LIST 2D", "s%02d.raw 0 10 2"])
def test_slices_in_files_of_their_own(tmp_path, how):
    names = [f"s{2 * k:02d}.raw" for k in range(6)]
    for k, name in enumerate(names):
        (tmp_path / name).write_bytes(DATA[:, :, k].tobytes(order="F"))
    lines = "\n".join(names).encode() + b"\n" if how.startswith("LIST") else b""
    path = write(tmp_path / "a.mhd", lines, ElementDataFile=how)
    header = read_header(path)
    np.testing.assert_array_equal(read_array(header), DATA)
    np.testing.assert_array_equal(from_itk(sitk.ReadImage(path))[0], DATA)
    (tmp_path / names[5]).write_bytes(b"")
    box = (slice(1, 4), slice(0, 5), slice(1, 3))
    np.testing.assert_array_equal(read_array(header, box), DATA[box])
    with pytest.raises(UnreadableFileError, match=r"s10\.raw"):
        read_array(header)


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.raw", "C:/a.raw", ""])
def test_a_data_file_outside_the_folder_is_never_opened(tmp_path, name):
    with pytest.raises(UnreadableFileError, match=r"a\.mhd.*expected the name of a file in the"):
        read_header(write(tmp_path / "a.mhd", b"", ElementDataFile=name))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"NDims": None}, "NDims"),
        ({"NDims": "1"}, "NDims"),
        ({"NDims": "5"}, "NDims"),
        ({"ObjectType": "Tube"}, "ObjectType"),
        ({"DimSize": None}, "DimSize"),
        ({"DimSize": "4 5"}, "DimSize"),
        ({"DimSize": "4 5 0"}, "DimSize"),
        ({"DimSize": "4 5 -6"}, "DimSize"),
        ({"ElementType": None}, "ElementType"),
        ({"ElementType": "MET_OTHER"}, "ElementType"),
        ({"ElementNumberOfChannels": "0"}, "channels"),
        ({"ElementNumberOfChannels": "x"}, "ElementNumberOfChannels"),
        ({"ElementSpacing": "1 0 3"}, "ElementSpacing"),
        ({"ElementSpacing": "1 nan 3"}, "ElementSpacing"),
        ({"ElementSpacing": "1 2"}, "ElementSpacing"),
        ({"TransformMatrix": "1 0 0 0 0 0 0 0 1"}, "TransformMatrix"),
        ({"TransformMatrix": "1 0 0 0 1 0 0 0"}, "TransformMatrix"),
        ({"TransformMatrix": "1 0 0 0 1 0 0 0 inf"}, "TransformMatrix"),
        ({"Offset": "1 2 x"}, "Offset"),
        ({"CompressedData": "maybe"}, "CompressedData"),
        ({"BinaryData": "maybe"}, "BinaryData"),
        ({"HeaderSize": "-2"}, "HeaderSize"),
        ({"HeaderSize": "-1", "CompressedData": "True"}, "HeaderSize"),
        ({"ElementDataFile": "LIST"}, "0 data files"),
        ({"ElementDataFile": "a%d.raw 1 5 1"}, "5 data files"),
        ({"ElementDataFile": "a%d.raw 1 5 x"}, "x"),
    ],
    ids=str,
)
def test_a_header_that_lies_is_an_error_that_names_file_and_field(tmp_path, fields, message):
    with pytest.raises(UnreadableFileError, match=rf"a\.mha.*{message}.*expected"):
        read_header(write(tmp_path / "a.mha", b"", **fields))


def test_time_that_runs_through_space_is_an_error(tmp_path):
    path = write(
        tmp_path / "a.mha", NDims="4", DimSize="4 5 6 1", Offset=None, ElementSpacing=None,
        TransformMatrix="1 0 0 0 0 1 0 0 0 0 1 0.5 0 0 0 1",
    )  # fmt: skip
    with pytest.raises(UnreadableFileError, match="mixes space with time"):
        read_header(path)


@pytest.mark.parametrize("fields", [{}, {"CompressedData": "True"}, {"BinaryData": "False"}])
def test_a_header_that_claims_terabytes_allocates_nothing(tmp_path, fields):
    path = write(tmp_path / "a.mha", b"1 2 3", DimSize="100000 100000 100000", **fields)
    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match=r"a\.mha"):
        array_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_compressed_stream_with_a_flipped_bit_is_an_error(tmp_path):
    packed = zlib.compress(RAW)
    for place in (0, 30, len(packed) // 2, -1):
        broken = bytearray(packed)
        broken[place] ^= 4
        path = write(tmp_path / "a.mha", bytes(broken), CompressedData="True")
        with pytest.raises(UnreadableFileError, match=r"a\.mha"):
            array_of(path)


def test_the_first_slices_of_a_compressed_volume_need_no_others(tmp_path):
    array = noise((64, 64, 60), "<i2")
    packed = zlib.compress(array.tobytes(order="F"))
    path = write(
        tmp_path / "a.mha", packed[: len(packed) // 2], DimSize="64 64 60", CompressedData="True"
    )
    box = (slice(0, 64), slice(10, 20), slice(3, 9))
    np.testing.assert_array_equal(read_array(read_header(path), box), array[box])
    with pytest.raises(UnreadableFileError, match="ends after"):
        array_of(path)


@pytest.mark.parametrize("tail", [b"x", b"\0x"])
def test_something_behind_the_last_voxel_is_an_error(tmp_path, tail):
    with pytest.raises(UnreadableFileError, match="bytes after the last voxel"):
        array_of(write(tmp_path / "a.mha", RAW + tail))
    np.testing.assert_array_equal(array_of(write(tmp_path / "a.mha", RAW + b"\0" * 9)), DATA)


def test_T23_nan_stays_nan(tmp_path):
    array = noise(SHAPE, "<f4")
    array[1, 2, 3] = np.nan
    path = write(tmp_path / "a.mha", array.tobytes(order="F"), ElementType="MET_FLOAT")
    np.testing.assert_array_equal(array_of(path), array)


def test_raw_numbers_are_mapped_from_disk(tmp_path):
    found = array_of(write(tmp_path / "a.mha"))
    assert isinstance(found, np.memmap)


def test_T20_a_detached_file_is_replaced_with_its_header(tmp_path):
    affine = affine_of("LPS", SHAPE, (1, 2, 3))
    for seed in (0, 1):
        save(tmp_path / "a.mhd", Content(noise(SHAPE, seed=seed), Grid(SHAPE, affine)))
    np.testing.assert_array_equal(array_of(tmp_path / "a.mhd"), noise(SHAPE, seed=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mhd", "a.raw"]
