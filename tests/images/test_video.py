from __future__ import annotations

import sys

import numpy as np
import pytest

from napari_medload.images import ScalarImage
from tests.phantoms import affine_of

av = pytest.importorskip("av")

SHAPE = (40, 50, 60)
QUIET = np.zeros((1, *SHAPE), np.uint8)


def marked(code, spacing=(1.0, 1.0, 1.0)):
    """Image whose right, anterior and superior eighth is bright."""
    shape = tuple(SHAPE["RLAPIS".index(letter) // 2] for letter in code)
    affine = affine_of(code, shape, spacing)
    places = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    bright = (places > 0).all(axis=-1)
    return ScalarImage(tensor=np.where(bright, 255, 0).astype(np.uint8)[None], affine=affine)


def frames_of(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(stream)]
        return frames, stream


@pytest.mark.parametrize(
    ("direction", "count", "first_is_bright", "corner"),
    [
        ("I", 60, True, (0, 0)),
        ("S", 60, False, (0, 0)),
        ("A", 50, False, (0, 0)),
        ("p", 50, True, (0, 0)),
        ("R", 40, False, (0, 0)),
        ("L", 40, True, (0, 0)),
    ],
)
@pytest.mark.parametrize("code", ["RAS", "LPI", "SLP"])
def test_T26_planes_move_where_they_are_told(
    tmp_path, code, direction, count, first_is_bright, corner
):
    path = tmp_path / "a.mp4"
    marked(code).to_video(path, direction=direction)
    frames, stream = frames_of(path)
    assert len(frames) == count
    assert stream.codec_context.name == "hevc"
    assert stream.average_rate == 15
    bright = frames[3 if first_is_bright else -4]
    dark = frames[-4 if first_is_bright else 3]
    height, width = bright.shape
    quarter = np.zeros(bright.shape, bool)
    quarter[: height // 2 - 4, : width // 2 - 4] = True  # right or anterior, and upwards
    assert bright[quarter].min() > 200
    assert bright[height // 2 + 4 :].max() < 50
    assert bright[:, width // 2 + 4 :].max() < 50
    assert dark.max() < 50


def test_T26_its_length_in_seconds(tmp_path):
    path = tmp_path / "a.mp4"
    ScalarImage(tensor=QUIET).to_video(path, frame_rate=None, seconds=3)
    frames, stream = frames_of(path)
    assert len(frames) == 60
    assert float(stream.average_rate) == pytest.approx(20)


@pytest.mark.parametrize(
    "arguments",
    [
        {"seconds": 3},
        {"frame_rate": None},
        {"frame_rate": 0},
        {"frame_rate": None, "seconds": -1},
        {"direction": "X"},
        {"direction": "IS"},
        {"direction": 1},
    ],
    ids=str,
)
def test_T26_arguments_that_make_no_sense(tmp_path, arguments):
    with pytest.raises(ValueError, match=r"frame_rate|direction"):
        ScalarImage(tensor=QUIET).to_video(tmp_path / "a.mp4", **arguments)
    assert not list(tmp_path.iterdir())


def test_T26_one_channel_and_mp4_alone(tmp_path):
    with pytest.raises(ValueError, match="one channel"):
        ScalarImage(tensor=np.zeros((2, *SHAPE), np.uint8)).to_video(tmp_path / "a.mp4")
    with pytest.raises(NotImplementedError, match="mp4"):
        ScalarImage(tensor=QUIET).to_video(tmp_path / "a.avi")


def test_T26_values_outside_of_bytes_are_stretched_with_a_warning(tmp_path):
    values = np.zeros((1, *SHAPE), np.float32)
    values[0, :20], values[0, 20:] = -1000, 1000
    with pytest.warns(RuntimeWarning, match="stretched"):
        ScalarImage(tensor=values).to_video(tmp_path / "a.mp4")
    frame = frames_of(tmp_path / "a.mp4")[0][10]
    assert frame[:, :34].min() > 250  # the patient's right
    assert frame[:, 46:].max() < 5


@pytest.mark.parametrize("planes", [1, 2, 3, 4, 5])
def test_T26_a_few_planes_are_a_video_every_time(tmp_path, planes):
    image = ScalarImage(tensor=np.zeros((1, 32, 32, planes), np.uint8))
    for _ in range(12):  # one in three failed
        image.to_video(tmp_path / "a.mp4")
        with av.open(str(tmp_path / "a.mp4")) as video:
            assert sum(1 for _ in video.decode(video=0)) == planes


def test_T26_decimals_are_cut_off_with_a_warning(tmp_path):
    with pytest.warns(RuntimeWarning, match="decimals"):
        ScalarImage(tensor=np.full((1, 32, 32, 2), 0.5)).to_video(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("shape", "spacing", "size"),
    [
        ((70, 80, 3), (1, 2, 1), (70, 160)),
        ((71, 81, 3), (1, 1, 1), (72, 82)),
        ((40, 64, 3), (1, 1, 1), (80, 128)),
        ((5, 7, 3), (1, 1, 1), (66, 92)),
    ],
)
def test_T26_proportions_are_true_and_sides_even(tmp_path, shape, spacing, size):
    image = ScalarImage(
        tensor=np.zeros((1, *shape), np.uint8), affine=affine_of("LPS", shape, spacing)
    )
    image.to_video(tmp_path / "a.mp4")
    frames, _stream = frames_of(tmp_path / "a.mp4")
    assert (frames[0].shape[1], frames[0].shape[0]) == size
    assert len(frames) == 3


def test_T26_without_the_encoder_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"napari-medload\[video\]"):
        ScalarImage(tensor=QUIET).to_video(tmp_path / "a.mp4")
