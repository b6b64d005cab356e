from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from PIL import Image as Pillow

from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import affine_of, noise

SHAPE = (10, 20, 30)


def flat(channels, dtype=np.uint8):
    return ScalarImage(tensor=noise((channels, 7, 5, 1), dtype))


def frames_of(path):
    with Pillow.open(path) as gif:
        found = []
        for number in range(gif.n_frames):
            gif.seek(number)
            found.append((np.asarray(gif.convert("RGB")), gif.info["duration"]))
        return found, gif.info


# --- T18 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "mode"), [(1, "RGB"), (3, "RGB"), (4, "RGBA")])
def test_T18_modes(channels, mode):
    image = flat(channels)
    picture = image.as_pil()
    assert (picture.mode, picture.size) == (mode, (7, 5))
    for x, y in ((0, 0), (6, 4), (3, 1)):
        expected = image.data[:, x, y, 0].tolist() * (3 if channels == 1 else 1)
        assert list(picture.getpixel((x, y))) == expected


@pytest.mark.parametrize("channels", [2, 5])
def test_T18_other_numbers_of_channels(channels):
    with pytest.raises(NotImplementedError, match=str(channels)):
        flat(channels).as_pil()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_T18_values_are_clamped_and_cut(dtype):
    values = np.array([-5, 3.7, 300, np.nan, np.inf], dtype).reshape(1, 5, 1, 1)
    assert np.asarray(ScalarImage(tensor=values).as_pil())[0, :, 0].tolist() == [0, 3, 255, 0, 255]


@pytest.mark.parametrize("dtype", ["int16", "int64", "uint16", "int8"])
def test_T18_whole_numbers_are_clamped(dtype):
    values = np.array([-5, 3, 100] if dtype != "uint16" else [0, 3, 300]).astype(dtype)
    expected = values.clip(0, 255).tolist()
    picture = ScalarImage(tensor=values.reshape(1, 3, 1, 1)).as_pil()
    assert np.asarray(picture)[0, :, 0].tolist() == expected


def test_T18_without_transposing_the_width_runs_down():
    image = flat(3)
    np.testing.assert_array_equal(
        np.asarray(image.as_pil(transpose=False)), np.moveaxis(image.data[..., 0], 0, 2)
    )


def test_T18_a_volume_is_no_picture():
    with pytest.raises(RuntimeError, match="2D"):
        ScalarImage(tensor=noise((1, 3, 4, 5))).as_pil()


# --- T25 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "count", "ms"), [(0, 10, 100), (1, 20, 50), (2, 30, 30)])
def test_T25_one_frame_a_plane(tmp_path, axis, count, ms):
    path = tmp_path / "a.gif"
    ScalarImage(tensor=noise((1, *SHAPE), np.float32)).to_gif(axis, 1, path)
    frames, info = frames_of(path)
    assert [duration for _frame, duration in frames] == [ms] * count
    assert info["loop"] == 0


def test_T25_too_short_frames_are_lengthened_with_a_warning(tmp_path):
    path = tmp_path / "a.gif"
    with pytest.warns(RuntimeWarning, match=r"0\.3 s"):
        ScalarImage(tensor=noise((1, *SHAPE))).to_gif(2, 0.1, path)
    assert {duration for _frame, duration in frames_of(path)[0]} == {10}


def test_T25_planes_lie_as_radiologists_look_at_them(tmp_path):
    axial = np.zeros((1, 4, 5, 6), np.uint8)
    axial[0, :, :, :] = np.arange(6) * 20
    axial[0, 3, 4, :] = 255  # right, anterior
    ScalarImage(tensor=axial).to_gif(2, 1, tmp_path / "a.gif")
    frames, _info = frames_of(tmp_path / "a.gif")
    assert frames[0][0].shape == (5, 4, 3)
    assert [int(frame[0, 0, 0]) for frame, _duration in frames] == [255] * 6
    assert [int(frame[4, 3, 0]) for frame, _duration in frames] == [0, 20, 40, 60, 80, 100]


def test_T25_reversed(tmp_path):
    image = ScalarImage(tensor=noise((1, 4, 5, 6)))
    image.to_gif(2, 1, tmp_path / "a.gif")
    image.to_gif(2, 1, tmp_path / "b.gif", reverse=True, loop=3, optimize=False)
    forward, _info = frames_of(tmp_path / "a.gif")
    backward, info = frames_of(tmp_path / "b.gif")
    assert info["loop"] == 3
    for (a, _), (b, _) in zip(forward, backward[::-1], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("rescale", "expected"), [(True, [0, 51, 255]), (False, [0, 100, 255])])
def test_T25_values_are_rescaled_or_clamped(tmp_path, rescale, expected):
    values = np.array([0, 100, 500], np.float32).reshape(1, 3, 1, 1).repeat(2, axis=3)
    values[0, :, 0, 1] = 0, 100, 499  # Pillow joins frames that are equal
    ScalarImage(tensor=values).to_gif(2, 1, tmp_path / "a.gif", rescale=rescale)
    first = frames_of(tmp_path / "a.gif")[0][0][0]
    assert first[0, ::-1, 0].tolist() == expected


def test_T25_an_anisotropic_image_has_true_proportions(tmp_path):
    affine = affine_of("LPS", (10, 20, 30), (1, 1, 3))
    ScalarImage(tensor=noise((1, *SHAPE)), affine=affine).to_gif(0, 1, tmp_path / "a.gif")
    with Pillow.open(tmp_path / "a.gif") as gif:
        assert gif.size == (20, 90)


def test_T25_colours_and_labels(tmp_path):
    ScalarImage(tensor=noise((3, 4, 5, 6), np.uint8)).to_gif(0, 1, tmp_path / "a.gif")
    LabelMap(tensor=noise((1, 4, 5, 6), np.uint8)).to_gif(0, 1, tmp_path / "b.gif")
    assert len(frames_of(tmp_path / "a.gif")[0]) == len(frames_of(tmp_path / "b.gif")[0]) == 4
    with pytest.raises(NotImplementedError, match="2"):
        ScalarImage(tensor=noise((2, 4, 5, 6))).to_gif(0, 1, tmp_path / "c.gif")


@pytest.mark.parametrize(("axis", "duration"), [(3, 1), (-1, 1), (0, 0), (0, -1), (0, np.nan)])
def test_T25_what_cannot_be(tmp_path, axis, duration):
    with pytest.raises(ValueError, match=r"axis|duration"):
        ScalarImage(tensor=noise((1, 4, 5, 6))).to_gif(axis, duration, tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())


def test_T25_planes_are_painted_one_at_a_time(tmp_path):
    image = ScalarImage(tensor=np.zeros((1, 100, 100, 100), np.float32))
    image.data[..., 50:] = np.nan
    image.data[..., 20] = 100
    tracemalloc.start()
    image.to_gif(2, 5, tmp_path / "a.gif")
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 0.5 * image.memory


@pytest.mark.parametrize("value", [7.0, np.nan])
def test_T25_a_constant_image(tmp_path, value):
    ScalarImage(tensor=np.full((1, 4, 5, 6), value)).to_gif(0, 1, tmp_path / "a.gif")
    assert frames_of(tmp_path / "a.gif")[0][0][0].max() == 0
