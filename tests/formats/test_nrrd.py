from __future__ import annotations

import bz2
import gzip
import tracemalloc

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.formats import Content, UnreadableFileError, read_array, read_header, save
from napari_medload.formats.itk_border import from_itk
from napari_medload.geometry import Grid
from tests.phantoms import ORIENTATIONS, affine_of, noise

SHAPE = (4, 5, 6)
DATA = noise(SHAPE, "<i2")
RAW = DATA.tobytes(order="F")
SHEARED = affine_of("LAS", SHAPE, (1, 2, 3), centre=(1, 2, 3), tilt=(5, 10, 15), shear=0.3)


def write(path, data=RAW, magic="NRRD0004", **fields):
    """Write a header of given fields, whose spaces are ``_``; None leaves one out."""
    usual = {
        "type": "short",
        "dimension": "3",
        "sizes": "4 5 6",
        "space": "LPS",
        "space_dimension": None,
        "space_directions": "(1,0,0) (0,2,0) (0,0,3)",
        "space_origin": "(10,20,30)",
        "endian": "little",
        "encoding": "raw",
    }
    lines = [
        f"{name.replace('_', ' ')}: {value}"
        for name, value in (usual | fields).items()
        if value is not None
    ]
    path.write_bytes("\n".join((magic, *lines, "", "")).encode() + data)
    return path


def array_of(path):
    return read_array(read_header(path))


NO_SPACE = {"space": None, "space_directions": None, "space_origin": None}


@pytest.mark.parametrize(
    ("space", "signs"),
    [
        ("LPS", (-1, -1, 1)),
        ("left-posterior-superior", (-1, -1, 1)),
        ("Right-Anterior-Superior", (1, 1, 1)),
        ("RAS", (1, 1, 1)),
        ("left-anterior-superior", (-1, 1, 1)),
        ("LAS", (-1, 1, 1)),
    ],
)
def test_T10_every_anatomical_space_is_placed_as_itk_places_it(tmp_path, space, signs):
    ways = "(0,0.6,0.8) (2,0,0) (0,-2.4,1.8)"
    path = write(tmp_path / "a.nrrd", space=space, space_directions=ways)
    grid = read_header(path).grid
    columns = np.array([(0, 0.6, 0.8), (2, 0, 0), (0, -2.4, 1.8), (10, 20, 30)]).T
    np.testing.assert_allclose(grid.affine[:3], np.diag(signs) @ columns)
    np.testing.assert_allclose(grid.affine, from_itk(sitk.ReadImage(path))[1], atol=1e-12)
    assert grid.known
    assert grid.oriented


@pytest.mark.parametrize("space", [None, "scanner-xyz", "3D-left-handed", "3D-right-handed"])
def test_a_space_without_anatomy_names_no_direction_and_lies_where_itk_has_it(tmp_path, space):
    dims = {"space_dimension": "3"} if space is None else {}
    header = read_header(write(tmp_path / "a.nrrd", space=space, **dims))
    assert header.grid.known
    assert not header.grid.oriented
    assert header.grid.orientation == "???"
    assert "left" in " ".join(header.notes)
    itk = from_itk(sitk.ReadImage(tmp_path / "a.nrrd"))[1]
    np.testing.assert_allclose(header.grid.affine, itk, atol=1e-12)


def test_spacings_alone_give_lengths_without_directions(tmp_path):
    grid = read_header(write(tmp_path / "a.nrrd", **NO_SPACE, spacings="1 2 3")).grid
    assert grid.spacing == (1, 2, 3)
    assert grid.known
    assert not grid.oriented


@pytest.mark.parametrize("spacings", [None, "nan nan nan", "1 2 nan"])
def test_without_spacings_nothing_is_known(tmp_path, spacings):
    path = write(tmp_path / "a.nrrd", **NO_SPACE, spacings=spacings, kinds="domain domain domain")
    assert not read_header(path).grid.known


@pytest.mark.parametrize(
    ("unit", "factor"), [("mm", 1), ("um", 1e-3), ("µm", 1e-3), ("cm", 10), ("m", 1000)]
)
def test_lengths_in_other_units_become_millimetres(tmp_path, unit, factor):
    units = " ".join([f'"{unit}"'] * 3)
    header = read_header(write(tmp_path / "a.nrrd", space_units=units))
    np.testing.assert_allclose(header.grid.spacing, np.multiply((1, 2, 3), factor))
    np.testing.assert_allclose(header.grid.origin, np.multiply((-10, -20, 30), factor))
    assert bool(header.notes) == (factor != 1)
    header = read_header(write(tmp_path / "b.nrrd", **NO_SPACE, spacings="1 2 3", units=units))
    np.testing.assert_allclose(header.grid.spacing, np.multiply((1, 2, 3), factor))


def test_a_unit_that_is_no_length_is_told(tmp_path):
    header = read_header(write(tmp_path / "a.nrrd", space_units='"mm" "mm" "parsec"'))
    assert header.grid.spacing == (1, 2, 3)
    assert "parsec" in header.notes[0]


def test_a_missing_origin_is_told(tmp_path):
    header = read_header(write(tmp_path / "a.nrrd", space_origin=None))
    assert header.grid.origin == (0, 0, 0)
    assert "origin" in header.notes[0]


def test_T21_shear_of_a_file_is_kept(tmp_path):
    path = write(tmp_path / "a.nrrd", space="RAS", space_directions="(1,0,0) (0.5,2,0) (0,0.3,3)")
    expected = [(1, 0.5, 0, 10), (0, 2, 0.3, 20), (0, 0, 3, 30)]
    np.testing.assert_array_equal(read_header(path).grid.affine[:3], expected)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("kind", ["vector", "list", "RGB-color", "time"])
def test_axes_beside_space_go_behind_it_wherever_they_stand(tmp_path, place, kind):
    stored = noise((*SHAPE, 3))
    sizes, ways = ["4", "5", "6"], ["(1,0,0)", "(0,2,0)", "(0,0,3)"]
    sizes.insert(place, "3")
    ways.insert(place, "none")
    kinds = ["domain"] * 3
    kinds.insert(place, kind)
    path = write(
        tmp_path / "a.nrrd",
        np.moveaxis(stored, 3, place).tobytes(order="F"),
        dimension="4",
        sizes=" ".join(sizes),
        space_directions=" ".join(ways),
        kinds=" ".join(kinds),
    )
    header = read_header(path)
    assert header.shape == (*SHAPE, 3)
    assert header.grid.spacing == (1, 2, 3)
    np.testing.assert_array_equal(read_array(header), stored)
    box = (slice(1, 3), slice(0, 2), slice(2, 4))
    np.testing.assert_array_equal(read_array(header, box), stored[box])


@pytest.mark.parametrize(
    "fields",
    [
        {"kinds": "vector domain domain domain"},
        {"kinds": "3-color space space space", "spacings": "nan 1 2 3"},
        {"spacings": "NaN 1 2 3"},
    ],
    ids=str,
)
def test_axes_of_space_are_known_without_directions(tmp_path, fields):
    stored = noise((3, *SHAPE))
    fields = NO_SPACE | {"dimension": "4", "sizes": "3 4 5 6"} | fields
    path = write(tmp_path / "a.nrrd", stored.tobytes(order="F"), **fields)
    np.testing.assert_array_equal(array_of(path), np.moveaxis(stored, 0, -1))


@pytest.mark.parametrize("kinds", [None, "domain domain domain time"])
def test_time_of_a_space_with_time_becomes_frames(tmp_path, kinds):
    stored = noise((*SHAPE, 2))
    path = write(
        tmp_path / "a.nrrd",
        stored.tobytes(order="F"),
        dimension="4",
        sizes="4 5 6 2",
        space="left-posterior-superior-time",
        space_directions="(1,0,0,0) (0,2,0,0) (0,0,3,0) (0,0,0,1.5)",
        space_origin="(10,20,30,0)",
        kinds=kinds,
    )
    header = read_header(path)
    np.testing.assert_array_equal(read_array(header), stored)
    assert header.grid.orientation == "LPS"
    assert header.grid.spacing == (1, 2, 3)
    assert header.grid.origin == (-10, -20, 30)


def test_T17_a_plane_in_space_keeps_its_place(tmp_path):
    path = write(
        tmp_path / "a.nrrd",
        noise((4, 5)).tobytes(order="F"),
        dimension="2",
        sizes="4 5",
        space="RAS",
        space_directions="(0,2,0) (0,0,3)",
    )
    header = read_header(path)
    assert header.shape == (4, 5)
    assert header.grid.shape == (4, 5, 1)
    assert header.grid.orientation == "ASR"
    assert header.grid.origin == (10, 20, 30)


_TYPES = {
    "signed char": "i1", "uchar": "u1", "unsigned char": "u1", "short": "i2", "ushort": "u2",
    "unsigned short int": "u2", "int": "i4", "uint32_t": "u4", "long long": "i8",
    "unsigned long long int": "u8", "float": "f4", "double": "f8",
}  # fmt: skip


@pytest.mark.parametrize("name", _TYPES)
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_every_type_in_every_encoding(tmp_path, name, endian, encoding):
    order = "<" if endian == "little" else ">"
    array = noise(SHAPE, order + _TYPES[name])
    pack = {"raw": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "ascii": written_out}
    data = pack[encoding](array.tobytes(order="F")) if encoding != "ascii" else written_out(array)
    path = write(tmp_path / "a.nrrd", data, type=name, endian=endian, encoding=encoding)
    header = read_header(path)
    found = read_array(header)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == header.dtype
    assert header.dtype == (array.dtype if encoding != "ascii" else np.dtype(_TYPES[name]))
    box = (slice(1, 3), slice(2, 5), slice(0, 2))
    np.testing.assert_array_equal(read_array(header, box), array[box])


def written_out(array):
    lines = "\n".join(repr(number) for number in array.ravel(order="F").tolist())
    return lines.encode() + b"\n"


def test_hex_is_refused_with_its_name(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"a\.nrrd.*encoding: hex.*expected raw"):
        read_header(write(tmp_path / "a.nrrd", b"00" * 240, encoding="hex"))


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_lines_and_bytes_before_the_numbers_are_skipped(tmp_path, encoding):
    data = b"12345" + RAW
    data = b"one\ntwo\n" + (gzip.compress(data) if encoding == "gzip" else data)
    path = write(tmp_path / "a.nrrd", data, encoding=encoding, line_skip="2", byte_skip="5")
    np.testing.assert_array_equal(array_of(path), DATA)


def test_numbers_at_the_end_of_a_file_of_unknown_start(tmp_path):
    (tmp_path / "a.dat").write_bytes(b"what some scanner writes" + RAW)
    path = write(tmp_path / "a.nhdr", b"", byte_skip="-1", data_file="a.dat")
    np.testing.assert_array_equal(array_of(path), DATA)
    (tmp_path / "a.dat").write_bytes(RAW[1:])
    with pytest.raises(UnreadableFileError, match=r"a\.dat"):
        array_of(path)


@pytest.mark.parametrize("how", ["LIST", "LIST 2", "part%02d.raw 0 10 2", "part%02d.raw 0 10 2 2"])
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_slices_in_files_of_their_own(tmp_path, how, encoding):
    names = [f"part{2 * k:02d}.raw" for k in range(6)]
    for k, name in enumerate(names):
        plane = DATA[:, :, k].tobytes(order="F")
        (tmp_path / name).write_bytes(gzip.compress(plane) if encoding == "gzip" else plane)
    path = write(tmp_path / "a.nhdr", b"", encoding=encoding, data_file=how)
    if how.startswith("LIST"):
        path.write_text(path.read_text().rstrip("\n") + "\n" + "\n".join(names) + "\n")
    header = read_header(path)
    np.testing.assert_array_equal(read_array(header), DATA)
    (tmp_path / names[5]).unlink()
    box = (slice(1, 4), slice(0, 5), slice(1, 3))
    np.testing.assert_array_equal(read_array(header, box), DATA[box])
    with pytest.raises(OSError, match="part10"):
        read_array(header)


def test_parts_that_do_not_make_up_the_array_are_an_error(tmp_path):
    path = write(tmp_path / "a.nhdr", b"", data_file="part%02d.raw 0 4 1")
    with pytest.raises(UnreadableFileError, match=r"a\.nhdr.*5 data files of 2 axes"):
        read_header(path)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../other/a.raw", "sub/../../a.raw", "C:\\data\\a.raw", "\\\\host\\a"]
)
def test_a_data_file_outside_the_folder_is_never_opened(tmp_path, name):
    folder = tmp_path / "one"
    for place in (folder, tmp_path / "other"):
        place.mkdir()
        (place / "a.raw").write_bytes(RAW)
    path = write(folder / "a.nhdr", b"", data_file=name)
    with pytest.raises(UnreadableFileError, match=r"a\.nhdr.*expected the name of a file in the"):
        read_header(path)


def test_a_data_file_below_the_folder_and_with_any_name(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Größe 1.raw").write_bytes(RAW)
    for name in ("sub/Größe 1.raw", "sub\\Größe 1.raw", "./sub/Größe 1.raw"):
        np.testing.assert_array_equal(
            array_of(write(tmp_path / "a.nhdr", b"", data_file=name)), DATA
        )


def test_a_missing_data_file_is_told_from_a_missing_header(tmp_path):
    path = write(tmp_path / "a.nhdr", b"", data_file="gone.raw")
    with pytest.raises(UnreadableFileError, match=r"a\.nhdr: no gone\.raw beside it"):
        read_header(path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sizes": "4 5 0"}, "sizes"),
        ({"sizes": "4 5 -6"}, "sizes"),
        ({"sizes": "4 5"}, "dimension"),
        ({"sizes": "4 5 x"}, "sizes"),
        ({"sizes": None}, "sizes"),
        ({"dimension": "17"}, "dimension"),
        ({"type": "block"}, "type: block"),
        ({"type": None}, "type"),
        ({"endian": None}, "endian"),
        ({"endian": "middle"}, "endian"),
        ({"encoding": "zip"}, "encoding"),
        ({"byte_skip": "-2"}, "byte skip"),
        ({"byte_skip": "-1", "encoding": "gzip"}, "byte skip"),
        ({"line_skip": "-1"}, "line skip"),
        ({"space_directions": "(1,0,0) (0,0,0) (0,0,3)"}, "space directions.*no length"),
        ({"space_directions": "(1,0,0) (0,nan,0) (0,0,3)"}, "not finite"),
        ({"space_directions": "(1,0,0) (0,inf,0) (0,0,3)"}, "not finite"),
        ({"space_directions": "(1,0,0) (0,2,0)"}, "space directions"),
        ({"space_directions": "(1,0,0) (0,2) (0,0,3)"}, "space directions"),
        ({"space_directions": "(1,0,0) 7 (0,0,3)"}, "space directions"),
        ({"space_directions": "none none none"}, "space directions"),
        ({"space_origin": "(10,20)"}, "space origin"),
        ({"space_origin": "(10,20,x)"}, "space origin"),
        ({"kinds": "domain domain"}, "kinds"),
        (NO_SPACE | {"spacings": "1 0 3"}, "spacings"),
        (NO_SPACE | {"spacings": "1 -2 3"}, "spacings"),
        (NO_SPACE | {"spacings": "1 inf 3"}, "spacings"),
        (NO_SPACE | {"kinds": "list list time"}, "kinds"),
        ({"data_file": "a%d%d.raw 1 2 1"}, "pattern"),
        ({"data_file": "a%d.raw 1 2 0"}, "steps of 0"),
        ({"data_file": "a%d.raw 1 999999999999 1"}, "999999999999"),
        ({"data_file": "LIST x"}, "x"),
    ],
    ids=str,
)
def test_a_header_that_lies_is_an_error_that_names_file_and_field(tmp_path, fields, message):
    with pytest.raises(UnreadableFileError, match=rf"a\.nrrd.*{message}.*expected"):
        read_header(write(tmp_path / "a.nrrd", **fields))


def test_two_fields_of_one_name_are_an_error(tmp_path):
    path = write(tmp_path / "a.nrrd", Sizes="4 5 7")
    with pytest.raises(UnreadableFileError, match="two fields 'Sizes'"):
        read_header(path)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_a_header_that_claims_terabytes_allocates_nothing(tmp_path, encoding):
    path = write(tmp_path / "a.nrrd", b"1 2 3", sizes="100000 100000 100000", encoding=encoding)
    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match=r"a\.nrrd"):
        array_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


@pytest.mark.parametrize("encoding", ["gzip", "bzip2"])
def test_a_bomb_behind_the_last_voxel_is_left_soon(tmp_path, encoding):
    pack = gzip.compress if encoding == "gzip" else bz2.compress
    path = write(tmp_path / "a.nrrd", pack(RAW + b"x" * (64 << 20)), encoding=encoding)
    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match="follow the last voxel"):
        array_of(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_header_without_end_is_left_soon(tmp_path):
    path = tmp_path / "a.nrrd"
    path.write_bytes(b"NRRD0004\n" + b"x" * (32 << 20))
    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match=r"a\.nrrd"):
        read_header(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("tail", [b"x", b"\0x", b"7 7"])
def test_something_behind_the_last_voxel_is_an_error(tmp_path, encoding, tail):
    pack = {"gzip": gzip.compress, "bzip2": bz2.compress}.get(encoding, bytes)
    data = written_out(DATA) if encoding == "ascii" else pack(RAW)
    with pytest.raises(UnreadableFileError, match=r"a\.nrrd"):
        array_of(write(tmp_path / "a.nrrd", data + tail, encoding=encoding))


@pytest.mark.parametrize(
    ("number", "kind"), [("1.5", "short"), ("70000", "short"), ("-1", "uchar"), ("x", "float")]
)
def test_a_text_that_is_no_such_number_is_an_error(tmp_path, number, kind):
    data = " ".join(["1"] * 119 + [number]).encode()
    with pytest.raises(UnreadableFileError, match=r"a\.nrrd"):
        array_of(write(tmp_path / "a.nrrd", data, type=kind, encoding="text"))


def test_a_file_that_changed_after_its_header_is_an_error(tmp_path):
    header = read_header(write(tmp_path / "a.nrrd"))
    write(tmp_path / "a.nrrd", sizes="5 4 6")
    with pytest.raises(UnreadableFileError, match=r"a\.nrrd.*5×4×6.*4×5×6"):
        read_array(header)


def test_comments_keys_and_line_ends_of_windows(tmp_path):
    path = write(tmp_path / "a.nrrd", **{"#_comment": "x", "key": "=value: 1"})
    raw = path.read_bytes()
    place = raw.index(b"\n\n") + 2
    path.write_bytes(raw[:place].replace(b"\n", b"\r\n") + raw[place:])
    np.testing.assert_array_equal(array_of(path), DATA)


@pytest.mark.parametrize("key", ["Segment0_ID", "Segment3_LabelValue"])
def test_a_segmentation_of_slicer_says_that_it_is_labels(tmp_path, key):
    path = write(tmp_path / "a.seg.nrrd", **{key.replace("_", "_"): "x"})
    assert not read_header(path).is_label
    path.write_bytes(path.read_bytes().replace(key.replace("_", " ").encode() + b": x",
                                               key.encode() + b":=1"))  # fmt: skip
    assert read_header(path).is_label


@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
def test_T23_nan_stays_nan(tmp_path, encoding):
    array = noise(SHAPE, "<f4")
    array[1, 2, 3], array[0, 0, 0] = np.nan, np.inf
    pack = {"raw": bytes, "gzip": gzip.compress}
    data = pack[encoding](array.tobytes(order="F")) if encoding in pack else written_out(array)
    path = write(tmp_path / "a.nrrd", data, type="float", encoding=encoding)
    np.testing.assert_array_equal(array_of(path), array)


# --- writing ---------------------------------------------------------------------------


_EVERY = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
          "float16", "float32", "float64", ">i2", ">f8")  # fmt: skip
SAVED = (".nrrd", ".mha", ".mhd")


@pytest.mark.parametrize("suffix", SAVED)
@pytest.mark.parametrize("dtype", _EVERY)
def test_T20_values_and_types_survive_and_itk_reads_them(tmp_path, suffix, dtype):
    array = noise(SHAPE, dtype)
    path = tmp_path / f"a{suffix}"
    save(path, Content(array, Grid(SHAPE, SHEARED)))
    expected = {"bool": "uint8", "float16": "float32"}.get(dtype, dtype)
    for found in (array_of(path), from_itk(sitk.ReadImage(path))[0]):
        np.testing.assert_array_equal(found, array)
        assert found.dtype.newbyteorder("=") == np.dtype(expected).newbyteorder("=")


@pytest.mark.parametrize("suffix", SAVED)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_T20_every_orientation_survives_and_itk_agrees(tmp_path, suffix, orientation):
    affine = affine_of(orientation, SHAPE, (1, 2, 3), centre=(10, -20, 30), tilt=(5, 10, 15))
    save(tmp_path / f"a{suffix}", Content(noise(SHAPE), Grid(SHAPE, affine)))
    grid = read_header(tmp_path / f"a{suffix}").grid
    np.testing.assert_allclose(grid.affine, affine, rtol=0, atol=1e-14 * 50)
    assert grid.oriented
    itk = from_itk(sitk.ReadImage(tmp_path / f"a{suffix}"))[1]
    np.testing.assert_allclose(itk, affine, rtol=0, atol=1e-9)


@pytest.mark.parametrize("suffix", SAVED)
def test_T21_shear_survives_and_itk_agrees(tmp_path, suffix):
    save(tmp_path / f"a{suffix}", Content(noise(SHAPE), Grid(SHAPE, SHEARED)))
    found = read_header(tmp_path / f"a{suffix}").grid.affine
    np.testing.assert_allclose(found, SHEARED, rtol=0, atol=1e-14)
    itk = from_itk(sitk.ReadImage(tmp_path / f"a{suffix}"))[1]
    np.testing.assert_allclose(itk, SHEARED, rtol=0, atol=1e-9)


@pytest.mark.parametrize("suffix", SAVED)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_T20_channels_survive_and_itk_reads_a_vector(tmp_path, suffix, channels):
    array = noise((*SHAPE, channels), np.float32)
    save(tmp_path / f"a{suffix}", Content(array, Grid(SHAPE, SHEARED)))
    itk = sitk.ReadImage(tmp_path / f"a{suffix}")
    assert itk.GetNumberOfComponentsPerPixel() == channels
    for found in (array_of(tmp_path / f"a{suffix}"), from_itk(itk)[0]):
        np.testing.assert_array_equal(found.reshape(array.shape, order="A"), array)


@pytest.mark.parametrize("suffix", SAVED)
def test_T20_a_view_with_any_strides_is_written_as_it_looks(tmp_path, suffix):
    array = noise((7, 8, 9))[::-2, 1:6, ::2][:4].transpose(0, 2, 1)[:, ::-1]
    save(tmp_path / f"a{suffix}", Content(array, Grid(array.shape, SHEARED)))
    np.testing.assert_array_equal(array_of(tmp_path / f"a{suffix}"), array)


@pytest.mark.parametrize("suffix", SAVED)
def test_T17_a_plane_is_written_with_depth_one_and_keeps_its_place(tmp_path, suffix):
    array, grid = noise((4, 5)), Grid((4, 5, 1), SHEARED)
    save(tmp_path / f"a{suffix}", Content(array, grid))
    np.testing.assert_array_equal(array_of(tmp_path / f"a{suffix}")[..., 0], array)
    found = read_header(tmp_path / f"a{suffix}").grid
    np.testing.assert_allclose(found.affine, grid.affine, rtol=0, atol=1e-14)


@pytest.mark.parametrize("suffix", SAVED)
def test_an_unknown_geometry_stays_unknown(tmp_path, suffix):
    save(tmp_path / f"a{suffix}", Content(noise(SHAPE), Grid.unknown(SHAPE)))
    assert not read_header(tmp_path / f"a{suffix}").grid.known
    assert sitk.ReadImage(tmp_path / f"a{suffix}").GetSpacing() == (1, 1, 1)


@pytest.mark.parametrize("suffix", SAVED)
def test_unknown_directions_stay_unknown_with_their_lengths(tmp_path, suffix):
    grid = Grid(SHAPE, np.diag((-1.0, -2.0, 3.0, 1.0)), oriented=False)
    save(tmp_path / f"a{suffix}", Content(noise(SHAPE), grid))
    assert read_header(tmp_path / f"a{suffix}").grid == grid


@pytest.mark.parametrize("suffix", SAVED)
def test_T24_a_singular_affine_is_not_written(tmp_path, suffix):
    with pytest.raises(ValueError, match="singular"):
        save(tmp_path / f"a{suffix}", Content(noise(SHAPE), Grid(SHAPE, np.diag((1, 2, 0, 1)))))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SAVED)
@pytest.mark.parametrize(
    ("array", "message"),
    [(np.zeros(SHAPE, complex), "complex128"), (np.zeros((*SHAPE, 2, 2)), r"\(4, 5, 6, 2, 2\)")],
    ids=["complex", "5d"],
)
def test_what_cannot_be_written_is_an_error_that_leaves_nothing(tmp_path, suffix, array, message):
    with pytest.raises(ValueError, match=message) as caught:
        save(tmp_path / f"a{suffix}", Content(array, Grid(SHAPE, SHEARED)))
    assert str(caught.value).startswith(f"{tmp_path / f'a{suffix}'}: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", SAVED)
def test_T23_nan_stays_nan_in_a_written_file(tmp_path, suffix):
    array = noise(SHAPE, np.float64)
    array[0, 0, 0], array[3, 4, 5] = np.nan, -np.inf
    save(tmp_path / f"a{suffix}", Content(array, Grid(SHAPE, SHEARED)))
    np.testing.assert_array_equal(array_of(tmp_path / f"a{suffix}"), array)
