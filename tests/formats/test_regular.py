"""What is no regular file is refused before it is opened."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from napari_medload.formats import (
    UnreadableFileError,
    format_of,
    read_array,
    read_header,
    sources,
)
from napari_medload.formats.storage.regular import expect_file
from tests.phantoms import noise, write_nifti

NAMES = ("a.nii", "a.nii.gz", "a.hdr", "a.h5", "a.im", "a.seg")
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture
def no_waiting():
    """Fail where a pipe is waited for."""

    def stop(*_):
        raise AssertionError("a pipe was opened, and waited for")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@needs_pipes
@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_refused_by_every_format(tmp_path, name):
    os.mkfifo(tmp_path / name)
    for read in (sources, read_header):
        with pytest.raises(UnreadableFileError, match="a named pipe; expected a file") as caught:
            read(tmp_path / name)
        assert name in str(caught.value)
    assert format_of(tmp_path / name)


@needs_pipes
@pytest.mark.usefixtures("no_waiting")
def test_pixels_that_are_a_pipe_are_refused(tmp_path):
    path = write_nifti(tmp_path / "a.hdr", noise((3, 4, 5)))
    header = read_header(path)
    (tmp_path / "a.img").unlink()
    os.mkfifo(tmp_path / "a.img")
    with pytest.raises(UnreadableFileError, match=r"a\.img: a named pipe"):
        read_array(header)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_such_a_name_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(UnreadableFileError, match="a folder; expected a file"):
        read_header(tmp_path / name)


@pytest.mark.parametrize("name", NAMES)
def test_links_are_followed_to_a_file_and_no_further(tmp_path, name):
    (tmp_path / name).symlink_to(name)
    with pytest.raises(UnreadableFileError, match="Replace the link by the file"):
        read_header(tmp_path / name)
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    expect_file(tmp_path / "link")
    with pytest.raises(FileNotFoundError):
        expect_file(tmp_path / "nobody")
    with pytest.raises(UnreadableFileError, match="permissions"):
        expect_file(tmp_path / "real" / "below")


def test_sockets_and_devices_are_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="a device"):
        expect_file(os.devnull)
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(os.path.relpath(tmp_path / "s"))  # such a path has 100 letters at most
            with pytest.raises(UnreadableFileError, match="a socket"):
                expect_file(tmp_path / "s")
