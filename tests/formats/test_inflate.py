from __future__ import annotations

import gzip
import os
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_medload.formats import UnreadableFileError
from napari_medload.formats.storage import inflate
from napari_medload.formats.storage.inflate import inflate as inflate_whole
from napari_medload.formats.storage.inflate import inflate_start

relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)

contents = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda part, times: part * times, st.binary(max_size=20), st.integers(0, 400)),
)
members = st.lists(
    st.tuples(contents, st.sampled_from([0, 1, 6, 9]), st.sampled_from([0, 1, 7, 700])),
    min_size=1,
    max_size=4,
)
pieces = st.sampled_from([1, 2, 3, 7, 8, 9, 18, 64, 1000, 1 << 18])


def stream_of(parts):
    """Gzip members, each followed by zero bytes, and what they hold."""
    raw = b"".join(gzip.compress(part, level) + b"\0" * pad for part, level, pad in parts)
    return raw, b"".join(part for part, _, _ in parts)


@relaxed
@given(parts=members, piece=pieces, wanted=st.integers(1, 800))
def test_any_stream_inflates_to_what_gzip_finds(tmp_path, monkeypatch, parts, piece, wanted):
    raw, whole = stream_of(parts)
    assert gzip.decompress(raw) == whole
    path = tmp_path / "a.gz"
    path.write_bytes(raw)
    monkeypatch.setattr(inflate, "_PIECE", piece)
    monkeypatch.setattr(inflate, "_PART", 3 * piece + 1)
    monkeypatch.setattr(inflate, "_START_PIECE", piece)
    if whole:
        assert inflate_whole(path, len(whole)).tobytes() == whole
    assert inflate_start(path, wanted) == whole[:wanted]


@pytest.mark.parametrize("piece", range(1, 90))
def test_every_boundary_between_pieces(tmp_path, monkeypatch, piece):
    raw, whole = stream_of([(b"abc" * 9, 6, 0), (b"", 6, 2), (b"defg", 0, 5)])
    (tmp_path / "a.gz").write_bytes(raw)
    monkeypatch.setattr(inflate, "_PIECE", piece)
    monkeypatch.setattr(inflate, "_PART", 3 * piece + 1)
    monkeypatch.setattr(inflate, "_START_PIECE", piece)
    assert inflate_whole(tmp_path / "a.gz", len(whole)).tobytes() == whole
    assert inflate_start(tmp_path / "a.gz", 30) == whole[:30]


def test_every_truncation_of_two_members_is_an_error(tmp_path):
    first, second = gzip.compress(b"some voxels" * 5), gzip.compress(b"more voxels")
    raw, path = first + b"\0" * 3 + second, tmp_path / "a.gz"
    for cut in range(len(raw)):
        path.write_bytes(raw[:cut])
        with pytest.raises(UnreadableFileError, match=r"a\.gz"):
            inflate_whole(path, 66)
    path.write_bytes(raw)
    assert len(inflate_whole(path, 66)) == 66


@relaxed
@given(parts=members, place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), piece=pieces)
def test_a_flipped_bit_is_an_error_or_changes_no_byte(
    tmp_path, monkeypatch, parts, place, bit, piece
):
    raw, whole = stream_of(parts)
    broken = bytearray(raw)
    broken[int(place * len(raw))] ^= 1 << bit
    path = tmp_path / "a.gz"
    path.write_bytes(broken)
    monkeypatch.setattr(inflate, "_PIECE", piece)
    try:
        found = inflate_whole(path, len(whole)).tobytes()
    except UnreadableFileError as error:
        assert "a.gz" in str(error)
    else:
        assert found == whole
    try:
        assert len(inflate_start(path, len(whole))) <= len(whole)
    except UnreadableFileError as error:
        assert "a.gz" in str(error)


@pytest.mark.parametrize("place", range(-8, 0))
def test_a_checksum_or_length_that_does_not_fit_is_an_error(tmp_path, place):
    raw = bytearray(gzip.compress(b"voxels" * 100))
    raw[place] ^= 1
    (tmp_path / "a.gz").write_bytes(raw)
    with pytest.raises(UnreadableFileError, match="damaged"):
        inflate_whole(tmp_path / "a.gz", 600)


def test_a_stream_longer_than_asked_for_is_an_error_unless_it_is_zeros(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"voxels" + b"\0" * 5000))
    assert inflate_whole(path, 6).tobytes() == b"voxels"
    path.write_bytes(gzip.compress(b"voxels" + b"\0" * 5000 + b"x"))
    with pytest.raises(UnreadableFileError, match="follow the last voxel"):
        inflate_whole(path, 6)


@pytest.mark.parametrize("tail", [b"x", b"\0\0garbage", b"\x1f\x8b\x08", b"\x1f"])
def test_something_else_after_the_last_member_is_an_error(tmp_path, tail):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"voxels") + tail)
    with pytest.raises(UnreadableFileError, match=r"a\.gz"):
        inflate_whole(tmp_path / "a.gz", 6)


def test_noise_is_never_taken_for_a_stream(tmp_path):
    path = tmp_path / "a.gz"
    for size in (1, 10, 18, 100, 5000):
        path.write_bytes(b"\x1f\x8b\x08" + os.urandom(size))
        with pytest.raises(UnreadableFileError, match=r"a\.gz"):
            inflate_whole(path, 100)


def test_a_header_that_claims_terabytes_allocates_nothing(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"voxels"))
    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match="more than gzip can hold"):
        inflate_whole(path, 1 << 42)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("filler", [b"\0", b"x"])
def test_a_bomb_is_left_after_a_megabyte_or_so(tmp_path, filler):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"voxels" + filler * (64 << 20), 9))
    tracemalloc.start()
    with pytest.raises(UnreadableFileError, match="follow the last voxel"):
        inflate_whole(path, 6)
    assert inflate_start(path, 6) == b"voxels"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_the_start_takes_no_more_of_the_file_than_it_needs(tmp_path):
    path = tmp_path / "a.gz"
    raw = gzip.compress(b"header" * 100 + os.urandom(100_000))
    path.write_bytes(raw[:2000] + b"\0" * len(raw))
    assert inflate_start(path, 600) == b"header" * 100
    path.write_bytes(b"not a gzip stream")
    with pytest.raises(UnreadableFileError, match=r"a\.gz"):
        inflate_start(path, 10)


def test_a_long_name_before_the_data_is_passed_over(tmp_path):
    path = tmp_path / "a.gz"
    raw = bytearray(gzip.compress(b"voxels"))
    raw[3] |= 8
    path.write_bytes(bytes(raw[:10]) + b"n" * 5000 + b"\0" + bytes(raw[10:]))
    assert gzip.decompress(path.read_bytes()) == b"voxels"
    assert inflate_start(path, 100) == b"voxels"
    assert inflate_whole(path, 6).tobytes() == b"voxels"
