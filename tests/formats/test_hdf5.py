from __future__ import annotations

import os

import h5py
import numpy as np
import pytest

from napari_medload.formats import Source, UnreadableFileError, read_array, read_header, sources
from napari_medload.formats.hdf5.format import keys_and_reasons, open_h5
from napari_medload.loaders.medsegpy.dicts import holds_scans, singlefile_dicts
from tests.phantoms import noise, write_h5


@pytest.fixture
def several(tmp_path):
    path = write_h5(
        tmp_path / "several.h5",
        **{"case10": noise((3, 4, 5)), "case2": noise((2, 3, 4)), "deep/er": noise((1, 2, 3))},
    )
    with h5py.File(path, "a") as file:
        file["text"] = "hello"
        file["scalar"] = 3.5
        file["spacing"] = [1.0, 2.0, 3.0]
        file["empty"] = h5py.Empty("f4")
        file["no_rows"] = np.zeros((0, 3))
        file["words"] = np.array([[b"a", b"b"]])
        file["complex"] = np.ones((2, 2), complex)
        file["soft"] = h5py.SoftLink("/case2")
        file["dangling"] = h5py.SoftLink("/gone")
        file["round"] = h5py.SoftLink("/round")
        file["far"] = h5py.SoftLink("/outside")
        file["folder"] = h5py.ExternalLink("other.h5", "/")
        file["outside"] = h5py.ExternalLink("other.h5", "/data")
    return path


def test_arrays_of_numbers_are_listed_in_the_order_of_their_names(several):
    assert [source.key for source in sources(several)] == ["case10", "case2", "deep/er", "soft"]


def test_all_keys_are_listed_with_why_some_are_refused(several):
    top = dict(keys_and_reasons(several))
    with h5py.File(several) as file:
        assert list(top) == sorted(file.keys())
    assert [key for key, reason in top.items() if not reason] == ["case10", "case2", "soft"]
    for key, reason in top.items():
        if reason:
            with pytest.raises(UnreadableFileError) as caught:
                read_header(Source(several, key))
            assert reason == str(caught.value)
    deep = dict(keys_and_reasons(several, deep=True))
    assert "deep" not in deep
    assert not deep["deep/er"]
    assert deep.keys() - {"deep/er"} == top.keys() - {"deep"}


def test_groups_that_hold_each_other_are_listed_once(tmp_path):
    with h5py.File(tmp_path / "round.h5", "w") as file:
        file["a/x"] = noise((2, 3, 4))
        file["a/root"] = file["/"]
        file["a/b/a"] = file["a"]
        file["again"] = file["a"]
    assert [key.rpartition("/")[2] for key, _ in keys_and_reasons(file_of(tmp_path), True)] == ["x"]


def file_of(folder):
    (path,) = folder.iterdir()
    return path


def test_each_array_is_read_by_its_key(several):
    with h5py.File(several) as file:
        for source in sources(several):
            header = read_header(source)
            assert header.shape == file[source.key].shape
            np.testing.assert_array_equal(read_array(header), file[source.key])


@pytest.mark.parametrize(
    "key",
    ["absent", "case2/below", "deep", "text", "scalar", "spacing", "empty", "words", "complex",
     "dangling", "round", "far", "folder/data", "outside", "/", ".", "no_rows"],
)  # fmt: skip
def test_a_key_that_is_no_array_is_an_error_that_names_file_and_key(several, key):
    with pytest.raises(UnreadableFileError) as caught:
        read_header(Source(several, key))
    assert "several.h5" in str(caught.value)
    assert f"'{key}'" in str(caught.value)
    assert "case10" in str(caught.value)


def test_without_a_key_there_must_be_one_array(several, tmp_path):
    with pytest.raises(UnreadableFileError, match=r"several\.h5.*3 datasets.*case10"):
        read_header(several)
    one = write_h5(tmp_path / "one.h5", volume=noise((2, 3, 4)))
    header = read_header(one)
    assert header.source.key == "volume"
    assert str(header.source).endswith("one.h5[volume]")
    none = write_h5(tmp_path / "none.h5")
    with pytest.raises(UnreadableFileError, match="0 datasets"):
        read_header(none)


def test_many_keys_are_not_all_listed(tmp_path):
    path = write_h5(tmp_path / "a.h5", **{f"k{i:03}": noise((1, 2)) for i in range(50)})
    with pytest.raises(UnreadableFileError, match="and 42 more"):
        read_header(Source(path, "x"))


@pytest.mark.parametrize(
    ("shape", "compression"),
    [
        ((1 << 20, 1 << 20, 1 << 10), None),
        ((1 << 20, 1 << 20, 1 << 10), "gzip"),
        ((1024, 1024, 300), "gzip"),
    ],
)
def test_a_dataset_larger_than_its_file_could_hold_is_refused(tmp_path, shape, compression):
    path = tmp_path / "huge.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", shape, "u1", chunks=(1, 16, 16), compression=compression)
        data[0, 0, 0] = 1
    with pytest.raises(UnreadableFileError, match=r"huge\.h5: 'data' promises .* could hold"):
        read_header(path)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_a_mask_that_was_never_written_is_empty_and_no_error(tmp_path, compression):
    path = tmp_path / "mask.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", (384, 384, 160), "u1", compression=compression)
    assert not read_array(read_header(path)).any()


def test_what_compresses_best_is_read(tmp_path):
    path = tmp_path / "flat.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=np.zeros((700, 700, 700), "u1"), compression="gzip",
                            compression_opts=9)  # fmt: skip
    assert read_header(path).shape == (700, 700, 700)


def test_a_link_inside_the_file_is_followed(several):
    with h5py.File(several) as file:
        np.testing.assert_array_equal(read_array(read_header(Source(several, "soft"))),
                                      file["case2"])  # fmt: skip


def test_nothing_outside_is_opened_to_refuse_a_link(several, tmp_path):
    (tmp_path / "other.h5").write_bytes(b"must not be opened as HDF5")
    for key in ("outside", "far", "folder/data"):
        with pytest.raises(UnreadableFileError, match=r"outside this file.*case10"):
            read_header(Source(several, key))


def test_numbers_kept_in_other_files_are_refused(tmp_path):
    np.zeros((2, 3, 4), "f4").tofile(tmp_path / "raw.bin")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        raw = [(str(tmp_path / "raw.bin"), 0, 96)]
        file.create_dataset("raw", (2, 3, 4), "f4", external=raw)
        layout = h5py.VirtualLayout((2, 3, 4), "f4")
        layout[:] = h5py.VirtualSource("b.h5", "data", (2, 3, 4))
        file.create_virtual_dataset("virtual", layout)
    for key in ("raw", "virtual"):
        with pytest.raises(UnreadableFileError, match=rf"'{key}' keeps its numbers in other"):
            read_header(Source(tmp_path / "a.h5", key))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("round", "leads back to itself.*Remove the link"),
        ("outside", "outside this file.*Copy its numbers into this file"),
        ("far", "outside this file.*Copy its numbers into this file"),
        ("text", "no numbers.*Name the key of an image"),
        ("absent", "no dataset named.*Check the key"),
    ],
)
def test_the_remedy_fits_what_was_found(several, key, said):
    with pytest.raises(UnreadableFileError, match=said) as caught:
        read_header(Source(several, key))
    assert "itself" not in str(caught.value) or "outside" not in str(caught.value).split("(")[0]


@pytest.mark.parametrize("suffix", [".h5", ".im"])
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.symlink_to("gone.h5"), r"a link to gone\.h5, which is not there"),
        (lambda path: os.mkfifo(path), "a named pipe"),
    ],
    ids=["folder", "dangling link", "pipe"],
)
def test_what_is_no_file_is_said(tmp_path, suffix, make, found):
    path = tmp_path / f"a{suffix}"
    make(path)
    for read in (read_header, sources, open_h5):
        with pytest.raises(UnreadableFileError, match=rf"a{suffix}: {found}"):
            read(path)


def test_names_that_are_not_utf_8_are_passed_over(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(b"scan\xff", data=noise((2, 3, 4)))
        file["case"] = noise((2, 3, 4))
        file.create_group(b"g\xfe")["volume"] = noise((2, 3, 4))
    assert [source.key for source in sources(path)] == ["case"]
    assert read_header(path).source.key == "case"
    for key in ("scan\udcff", "scan\\xff", "gone"):
        with pytest.raises(UnreadableFileError, match=r"a\.h5.*it has case\)"):
            read_header(Source(path, key))
    assert singlefile_dicts(path) == [] and not holds_scans(path)
