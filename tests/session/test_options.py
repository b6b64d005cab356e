"""What a person has chosen to see, as a value."""

from __future__ import annotations

import pytest

from napari_medload.session.options import (
    COMPARE_MODES,
    COMPOSED_MODES,
    ViewOptions,
    drawable_modes,
)


def cycle(mode, modes, count):
    for _ in range(count):
        mode = ViewOptions(mode=mode).next_mode(modes)
        yield mode


def test_one_key_goes_through_all_modes_and_comes_back():
    assert list(cycle("overlay", COMPARE_MODES, 11)) == [*COMPARE_MODES[1:], "overlay"]


def test_what_cannot_be_drawn_is_passed_over():
    modes = drawable_modes(labelled=False, volume=False)
    assert "outlines" not in modes and set(modes) | {"outlines"} == set(COMPARE_MODES)
    assert set(cycle("overlay", modes, len(modes))) == set(modes)
    flat = {*COMPOSED_MODES, "outlines", "side by side"}
    assert set(drawable_modes(labelled=True, volume=True)) == set(COMPARE_MODES) - flat


def test_from_a_mode_that_cannot_be_drawn_the_next_one_that_can_is_reached():
    assert ViewOptions(mode="outlines").next_mode(("overlay", "side by side")) == "side by side"
    assert ViewOptions(mode="outlines").next_mode(("overlay",)) == "overlay"
    assert ViewOptions(mode="curtain").next_mode(()) == "curtain"


@pytest.mark.parametrize(
    "wrong", [{"curtain": -0.1}, {"curtain": 1.01}, {"checker_mm": 0.0}, {"checker_mm": -5.0}]
)
def test_what_cannot_be_drawn_at_all_is_refused(wrong):
    with pytest.raises(ValueError, match="found"):
        ViewOptions(**wrong)
