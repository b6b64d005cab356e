"""Planes in few numbers: what comes back is what was sent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_medload.session.picture.encode import encode_image, encode_labels

PLANES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)
EXACT = ("?", "u1", "i1", "<i2", ">i2", "<u2", ">u2")
SENT = ("|u1", "<i2", "<u2")


def decoded(encoded):
    assert encoded.data.flags.c_contiguous
    assert encoded.data.dtype.str in SENT
    return encoded.data.astype(np.float64) * encoded.slope + encoded.intercept


@given(st.sampled_from(EXACT).flatmap(lambda kind: hnp.arrays(kind, PLANES)))
def test_small_numbers_are_sent_as_they_are(plane):
    encoded = encode_image(plane.T, (0.0, 1.0))
    assert (encoded.slope, encoded.intercept) == (1.0, 0.0)
    assert np.array_equal(decoded(encoded), plane.T.astype(np.float64))


@given(
    st.sampled_from(("<i4", ">i4", "<u4", "<i8", "<u8")),
    st.integers(-(2**31), 2**32 - 1),
    hnp.arrays(np.uint16, PLANES),
)
def test_wide_numbers_of_a_small_range_are_exact(kind, start, offsets):
    info = np.iinfo(np.dtype(kind))
    start = min(max(start, info.min), info.max - 65535)
    plane = np.array([[start + int(v) for v in row] for row in offsets], kind)
    encoded = encode_image(plane, (0.0, 1.0))
    wanted = [[float(int(v)) for v in row] for row in plane]
    assert np.array_equal(decoded(encoded), wanted)
    assert encoded.slope == 1.0


NUMBERS = {
    "f2": st.floats(-60000, 60000, width=16),
    "f4": st.floats(-1e6, 1e6, width=32),
    "f8": st.floats(-1e6, 1e6),
    "i4": st.integers(-(2**31), 2**31 - 1),
    "i8": st.integers(-(2**50), 2**50),
}


@given(
    st.sampled_from(sorted(NUMBERS)).flatmap(
        lambda kind: hnp.arrays(kind, PLANES, elements=NUMBERS[kind])
    ),
)
def test_other_numbers_come_back_within_half_a_step(plane):
    # a contrast about as wide as the values, as that of an image is
    values = plane.astype(np.float64)
    limits = float(values.min()), float(max(values.max(), values.min() + 1e-3))
    encoded = encode_image(plane, limits)
    assert encoded.slope <= max(1.0, (limits[1] - limits[0]) / 4096)
    rounding = 1e-6 * np.abs(values).max() if plane.dtype == np.float32 else 1e-9
    assert np.abs(decoded(encoded) - values).max() <= encoded.slope * 0.51 + rounding


@given(
    hnp.arrays("f4", PLANES, elements=st.floats(width=32)),
    st.tuples(st.floats(-1e4, 1e4), st.floats(1e-2, 1e4)),
)
def test_no_number_breaks_it_and_the_picture_stays_true(plane, contrast):
    low, wide = contrast
    encoded = encode_image(plane, (low, low + wide))
    back = decoded(encoded)
    assert np.isfinite(back).all()
    # as bright as it should be, to a 256th part
    sure = np.isfinite(plane)
    seen, wanted = (
        np.clip((values[sure].astype(np.float64) - low) / wide, 0, 1) for values in (back, plane)
    )
    assert np.abs(seen - wanted).max(initial=0) <= 1 / 512 + 1e-6 * abs(low) / wide


@pytest.mark.parametrize("kind", ("f2", "f4", "f8"))
def test_what_is_no_number_is_black_in_any_window_and_infinity_is_brightest(kind):
    plane = np.array([[np.nan, -np.inf, np.inf], [3.0, 5.0, 11.0]], kind)
    back = decoded(encode_image(plane, (2.0, 10.0)))
    assert back[0, 2] == pytest.approx(11, abs=0.01)
    assert back[1] == pytest.approx([3, 5, 11], abs=0.01)
    assert back[0, :2].max() <= 2 - 6 * 8  # windows down to there are drawn with these steps
    only_bright = decoded(encode_image(np.array([[np.inf, 3.0, 5.0]], kind), (2.0, 10.0)))
    assert only_bright == pytest.approx(np.array([[5, 3, 5]]), abs=0.01)


@pytest.mark.parametrize("value", (np.nan, np.inf, -np.inf))
def test_a_plane_without_any_number_is_dark_or_bright(value):
    back = decoded(encode_image(np.full((2, 3), value), (2.0, 8.0)))
    assert (back >= 8 if value > 0 else back <= 2).all()


def test_one_stray_value_does_not_spoil_the_steps():
    plane = np.linspace(0, 100, 12).reshape(3, 4)
    plane[0, 0] = 1e30
    back = decoded(encode_image(plane, (0.0, 100.0)))
    assert np.abs(back - plane)[plane <= 100].max() < 0.02
    assert back[0, 0] > 100


def test_a_flat_plane_keeps_its_value():
    assert decoded(encode_image(np.full((3, 3), 7.25), (0.0, 1.0))) == pytest.approx(7.25)
    assert decoded(encode_image(np.full((3, 3), 7.25), (5.0, 5.0))) == pytest.approx(7.25)


def test_empty_planes_are_empty():
    for kind in ("f4", "i8", "u1"):
        assert encode_image(np.zeros((0, 4), kind), (0.0, 1.0)).data.shape == (0, 4)
    assert encode_labels(np.zeros((0, 4), "u1"), (1,)).data.shape == (0, 4)


def test_a_volume_is_stored_like_its_planes():
    volume = np.arange(24, dtype="<i2").reshape(2, 3, 4)
    assert np.array_equal(encode_image(volume[:, ::-1], (0, 9)).data, volume[:, ::-1])
    numbers = encode_labels(volume, (5, 7)).data
    assert numbers.shape == volume.shape
    assert numbers[0, 1, 1] == 1


@given(
    st.sampled_from(("?", "u1", "i1", "<i2", "<u2", ">i4", "<i8", "<u8")).flatmap(
        lambda kind: st.tuples(
            hnp.arrays(kind, PLANES), st.lists(hnp.from_dtype(np.dtype(kind)), max_size=5)
        )
    ),
    st.sets(st.integers(-300, 70000), max_size=6),
    st.randoms(),
)
def test_labels_become_their_numbers_in_the_table(drawn, others, random):
    plane, own = drawn
    values = {int(value) for value in own} | {int(value) for value in plane.flat[:3]} | others
    values = [value for value in values if value and abs(value) < 2**62]
    random.shuffle(values)
    encoded = encode_labels(plane, tuple(values))
    assert (encoded.slope, encoded.intercept) == (1.0, 0.0)
    numbers = {value: number for number, value in enumerate(values, 1)}
    wanted = [[numbers.get(int(value), 0) for value in row] for row in plane]
    assert encoded.data.tolist() == wanted
    assert encoded.data.dtype == np.uint8


def test_many_labels_take_two_bytes():
    plane = np.arange(400, dtype=np.uint16).reshape(20, 20)
    encoded = encode_labels(plane, tuple(range(1, 400)))
    assert encoded.data.dtype.str == "<u2"
    assert np.array_equal(encoded.data, plane)
