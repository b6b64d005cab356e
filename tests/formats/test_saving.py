from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_medload.formats import Content, read_array, read_header, save
from napari_medload.formats.pictures import Raster
from napari_medload.formats.saving import WRITERS
from napari_medload.formats.storage.atomic import written_whole
from napari_medload.geometry import Grid
from tests.formats.examples import AFFINE, SHAPE
from tests.phantoms import affine_of, noise

PICTURES = Raster.written
SUFFIXES = tuple(suffix for writer in WRITERS for suffix in writer.written)
VOLUMES = tuple(suffix for suffix in SUFFIXES if suffix not in PICTURES)
DTYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64", ">i2", ">f4",
)  # fmt: skip
SHEARED = affine_of("LAS", SHAPE, (1, 2, 3), centre=(10, -20, 30), tilt=(10, 5, 0), shear=0.3)
WIDENED = {"bool": "uint8", "float16": "float32"}
MGH_WIDENED = {"int8": "int16", "uint16": "int32", "uint32": "uint8", "uint64": "uint8"}
MGH_WIDENED |= {"int64": "int16", "float64": "float32"}
"""What MGH writes for values between -100 and 120."""

every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
every_volume = pytest.mark.parametrize("suffix", VOLUMES)


def content_for(suffix, seed=0, **options):
    """Something that every format of a suffix takes."""
    if suffix in PICTURES:
        return Content(noise((40, 30, 1), np.uint8, seed), Grid.unknown((40, 30, 1)), **options)
    return Content(noise((20, 30, 40), np.int16, seed), Grid((20, 30, 40), AFFINE), **options)


def stored(path):
    header = read_header(path)
    return header, read_array(header)


def partners(path):
    """The file and what belongs to it."""
    other = {".hdr": ".img", ".img": ".hdr", ".mhd": ".raw", ".nhdr": ".raw"}.get(path.suffix)
    names = {path.name}
    return names if other is None else names | {path.with_suffix(other).name}


def left_in(folder):
    return {file.name for file in folder.iterdir()}


@every_volume
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_T20_values_type_and_affine_survive(tmp_path, suffix, dtype, channels):
    array = noise(SHAPE if channels is None else (*SHAPE, channels), dtype)
    if suffix in (".mgh", ".mgz") and dtype == "float64":
        array = array.astype(np.float32).astype(np.float64)  # else it is refused
    path = tmp_path / f"a{suffix}"
    save(path, Content(array, Grid(SHAPE, AFFINE)))
    header, found = stored(path)
    np.testing.assert_array_equal(found.reshape(array.shape, order="F"), array)
    widened = WIDENED | (MGH_WIDENED if suffix in (".mgh", ".mgz") else {})
    native = str(array.dtype.newbyteorder("="))
    assert found.dtype.newbyteorder("=") == widened.get(native, native)
    assert header.grid.known and header.grid.oriented
    np.testing.assert_allclose(header.grid.affine, AFFINE, atol=1e-5)
    assert left_in(tmp_path) <= partners(path) | {"a.img", "a.hdr", "a.raw", "a.zraw", "a.raw.gz"}


@every_volume
def test_T21_shear_survives(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    save(path, Content(noise(SHAPE), Grid(SHAPE, SHEARED)))
    np.testing.assert_allclose(read_header(path).grid.affine, SHEARED, atol=1e-5)


@every_volume
def test_T23_values_that_are_no_numbers_survive(tmp_path, suffix):
    array = noise(SHAPE, np.float32)
    array[0, 1, 2], array[1, 1, 1] = np.nan, -np.inf
    save(tmp_path / f"a{suffix}", Content(array, Grid(SHAPE, AFFINE)))
    np.testing.assert_array_equal(stored(tmp_path / f"a{suffix}")[1], array)


@every_volume
def test_T24_a_singular_affine_is_a_clear_error(tmp_path, suffix):
    flat = AFFINE.copy()
    flat[:3, 1] = 0
    with pytest.raises(ValueError, match=rf"a\{suffix}: the affine is singular.*expected"):
        save(tmp_path / f"a{suffix}", Content(noise(SHAPE), Grid(SHAPE, flat)))
    assert not left_in(tmp_path)


@pytest.mark.parametrize("factor", [1e39, 1e-50])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".hdr", ".mgh", ".mgz"])
def test_an_affine_that_float32_cannot_hold_is_refused(tmp_path, suffix, factor):
    grid = Grid(SHAPE, np.diag((factor, factor, factor, 1)))
    with pytest.raises(ValueError, match=rf"a\{suffix}: the affine .* cannot hold every number"):
        save(tmp_path / f"a{suffix}", Content(noise(SHAPE), grid))
    assert not left_in(tmp_path)


@every_suffix
@pytest.mark.parametrize("shape", [(), (4,), (0, 5, 6), (4, 5, 6, 0), (4, 5, 6, 2, 3), (5, 5, 6)])
def test_an_array_that_is_no_image_on_its_grid_is_refused(tmp_path, suffix, shape):
    with pytest.raises(ValueError, match=rf"a\{suffix}: an array of shape .*one image a file"):
        save(tmp_path / f"a{suffix}", Content(np.zeros(shape, np.uint8), Grid(SHAPE, AFFINE)))
    assert not left_in(tmp_path)


@pytest.mark.parametrize("suffix", [".mgh", ".mgz", ".nrrd", ".mha", ".mhd"])
def test_an_unknown_geometry_stays_unknown(tmp_path, suffix):
    save(tmp_path / f"a{suffix}", Content(noise(SHAPE), Grid.unknown(SHAPE)))
    assert not read_header(tmp_path / f"a{suffix}").grid.known


def test_a_name_may_have_the_greatest_length(tmp_path):
    for name in ("x" * 248 + ".nii.gz", "ä" * 120 + ".nii.gz"):
        save(tmp_path / name, content_for(".nii.gz"))
        assert name in left_in(tmp_path)


@every_volume
def test_one_voxel_and_one_slice_survive(tmp_path, suffix):
    for shape in ((1, 1, 1), (4, 5, 1), (1, 5, 1)):
        path = tmp_path / f"a{suffix}"
        save(path, Content(noise(shape), Grid(shape, AFFINE)))
        header, found = stored(path)
        np.testing.assert_array_equal(found.reshape(shape, order="F"), noise(shape))
        np.testing.assert_allclose(header.grid.affine, AFFINE, atol=1e-5)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".hdr", ".img"])
def test_nifti_says_that_values_are_labels(tmp_path, suffix):
    for is_label in (True, False):
        save(tmp_path / f"a{suffix}", content_for(suffix, is_label=is_label))
        assert read_header(tmp_path / f"a{suffix}").is_label == is_label


def test_an_axis_too_long_for_nifti_1_is_written_as_nifti_2(tmp_path):
    array = noise((40_000, 2, 1), np.uint8)
    save(tmp_path / "a.nii", Content(array, Grid(array.shape, AFFINE)))
    np.testing.assert_array_equal(stored(tmp_path / "a.nii")[1], array)


@every_suffix
def test_a_file_is_replaced_and_nothing_is_left_beside(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    for seed in (1, 2):
        save(path, content_for(suffix, seed))
        last, files = stored(path)[1].copy(), left_in(tmp_path)
        assert path.name in files
        assert not any(name.endswith(".part") for name in files)
    save(tmp_path / f"b{suffix}", content_for(suffix, 2))
    np.testing.assert_array_equal(last, stored(tmp_path / f"b{suffix}")[1])


@every_suffix
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_mode_of_a_file_is_that_of_the_umask(tmp_path, suffix, mask, mode):
    before = os.umask(mask)
    try:
        save(tmp_path / f"a{suffix}", content_for(suffix))
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {mode}


@every_suffix
def test_values_that_a_format_has_not_leave_no_file_and_keep_the_old_one(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    good = content_for(suffix)
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}.*expected"):
        save(path, Content(good.array.astype(np.complex64), good.grid))
    assert not left_in(tmp_path)
    save(path, good)
    kept = {file: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=rf"a\{suffix}.*expected"):
        save(path, Content(good.array.astype(np.complex64), good.grid))
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == kept


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from napari_medload.formats import Content, save
from napari_medload.geometry import Grid
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
rng = np.random.default_rng(0)
for name in sys.argv[2:]:
    is_picture = name.endswith(tuple(sys.argv[1].split()))
    shape = (400, 300, 1) if is_picture else (50, 40, 30)
    array = rng.integers(0, 255, shape).astype(np.uint8)
    grid = Grid.unknown(shape) if is_picture else Grid(shape, np.eye(4))
    try:
        save(name, Content(array, grid))
    except OSError as error:
        print("OSError", name)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are POSIX's")
def test_a_full_disk_leaves_no_half_file_and_keeps_the_old_one(tmp_path):
    kept, paths = {}, [str(tmp_path / f"old{suffix}") for suffix in SUFFIXES]
    for path, suffix in zip(paths, SUFFIXES, strict=True):
        save(path, content_for(suffix))
    kept = {file: file.read_bytes() for file in tmp_path.iterdir()}
    news = [str(tmp_path / f"new{suffix}") for suffix in SUFFIXES]
    arguments = [sys.executable, "-c", FULL_DISK, " ".join(PICTURES), *paths, *news]
    run = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)
    assert run.stdout.splitlines() == [f"OSError {path}" for path in (*paths, *news)]
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == kept


def test_an_interrupt_leaves_no_half_file_and_keeps_the_old_one(tmp_path):
    path = tmp_path / "a.nii"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), written_whole(path) as aside:
        aside.write_bytes(b"half")
        raise KeyboardInterrupt
    assert left_in(tmp_path) == {"a.nii"}
    assert path.read_bytes() == b"old"


@every_suffix
def test_a_missing_folder_is_an_error_that_names_it(tmp_path, suffix):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*absent"):
        save(tmp_path / "absent" / f"a{suffix}", content_for(suffix))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
@every_suffix
def test_a_folder_that_is_not_ones_own_is_an_error(tmp_path, suffix):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            save(tmp_path / f"a{suffix}", content_for(suffix))
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("suffix", [".mhd", ".hdr", ".img"])
def test_what_belongs_to_a_new_file_replaces_no_file_of_another(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    (other,) = partners(path) - {path.name}
    (tmp_path / other).write_bytes(b"of another header")
    with pytest.raises(FileExistsError, match=rf"{re.escape(other)}: .*another name"):
        save(path, content_for(suffix))
    assert left_in(tmp_path) == {other}
    assert (tmp_path / other).read_bytes() == b"of another header"


@pytest.mark.parametrize("name", ["a.h5", "a.txt", "a", "a.nii.bz2"])
def test_a_path_that_no_format_writes_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"no format that can be written.*\.nii"):
        save(tmp_path / name, content_for(".nii"))


def test_a_suffix_may_be_written_in_capitals(tmp_path):
    for suffix in SUFFIXES:
        path = tmp_path / f"A{suffix.upper()}"
        save(path, content_for(suffix))
        assert stored(path)[1].size


def test_a_mapped_array_stays_valid_when_its_file_is_replaced(tmp_path):
    path = Path(tmp_path / "a.nii")
    save(path, content_for(".nii", 1))
    old = stored(path)[1]
    save(path, content_for(".nii", 2))
    np.testing.assert_array_equal(old, content_for(".nii", 1).array)


def write_folder(aside):
    (aside / "sub").mkdir(parents=True)
    (aside / "sub" / "a.txt").write_text("new")
    (aside / "list.txt").write_text("new")


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_is_moved_whole_to_a_new_or_empty_place(tmp_path, is_there):
    path = tmp_path / "a list"
    if is_there:
        path.mkdir()
    with written_whole(path) as aside:
        write_folder(aside)
        aside.with_name("a list.yaml").write_text("beside")
        assert not is_there or left_in(path) == set()
    assert left_in(tmp_path) == {"a list", "a list.yaml"}
    assert left_in(path) == {"sub", "list.txt"}
    assert (path / "sub" / "a.txt").read_text() == "new"


def test_a_folder_with_something_in_it_is_never_replaced(tmp_path):
    path = tmp_path / "a.nii"
    path.mkdir()
    (path / "mine.txt").write_text("old")
    with pytest.raises(FileExistsError, match=r"not empty.*another name"), written_whole(path):
        pytest.fail("it is refused before anything is written")
    with pytest.raises(FileExistsError, match="not empty"):
        save(path, content_for(".nii"))
    assert left_in(tmp_path) == {"a.nii"}
    assert (path / "mine.txt").read_text() == "old"


def test_a_folder_that_is_filled_meanwhile_is_kept(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(FileExistsError, match="not empty"), written_whole(path) as aside:
        write_folder(aside)
        path.mkdir()
        (path / "mine.txt").write_text("old")
    assert left_in(path) == {"mine.txt"}
    assert left_in(tmp_path) == {"a"}


def test_named_files_of_a_folder_are_replaced_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.mkdir()
    (path / "mine.txt").write_text("old")
    (path / "list.txt").write_text("old")
    with written_whole(path, ("list.txt",)) as aside:
        aside.mkdir()
        (aside / "list.txt").write_text("new")
    assert {file.name: file.read_text() for file in path.iterdir()} == {
        "mine.txt": "old",
        "list.txt": "new",
    }
    with (
        pytest.raises(FileExistsError, match=r"mine.txt.*list.txt alone"),
        written_whole(path, ("list.txt",)) as aside,
    ):
        aside.mkdir()
        (aside / "mine.txt").write_text("new")
    assert (path / "mine.txt").read_text() == "old"
    assert left_in(tmp_path) == {"a"}


def test_links_in_a_folder_are_moved_as_links(tmp_path):
    kept = tmp_path / "source.bin"
    kept.write_bytes(b"source")
    kept.chmod(0o400)
    with written_whole(tmp_path / "a") as aside:
        aside.mkdir()
        os.symlink(kept, aside / "soft")
        os.symlink(aside.name, aside / "loop")
        os.link(kept, aside / "hard")
    assert os.readlink(tmp_path / "a" / "soft") == str(kept)
    assert (tmp_path / "a" / "loop").is_symlink()
    assert (tmp_path / "a" / "hard").samefile(kept)
    assert kept.read_bytes() == b"source"


def test_an_interrupt_leaves_no_half_folder(tmp_path):
    with pytest.raises(KeyboardInterrupt), written_whole(tmp_path / "a") as aside:
        write_folder(aside)
        raise KeyboardInterrupt
    assert left_in(tmp_path) == set()
