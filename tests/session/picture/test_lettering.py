"""Text in pictures: lines that fit, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from napari_medload.session.picture.lettering import set_in, width_of, wrapped, write

TEXT = st.text(st.characters(codec="latin-1"), max_size=80)


@given(TEXT, st.integers(40, 400), st.sampled_from((11, 14)))
def test_lines_fit_and_lose_nothing(text, room, size):
    lines = wrapped(text, room, size)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width_of(line, size) <= room or len(line) == 1 for line in lines)


@given(TEXT, st.integers(60, 300), st.integers(1, 3))
def test_what_is_cut_ends_in_dots(text, room, most):
    whole, lines = wrapped(text, room, 12), wrapped(text, room, 12, most)
    assert len(lines) <= most
    assert (lines == whole) == (len(whole) <= most)
    if len(whole) > most:
        assert lines[-1].endswith("…")
        assert width_of(lines[-1], 12) <= room


@pytest.mark.parametrize(
    ("text", "read"),
    (
        ("3 × 4 mm²", "3 x 4 mm2"),
        ("as if: flipped – not the file", "as if: flipped - not the file"),
        ("line\nbreak\x07", "line break "),
    ),
)
def test_what_the_font_lacks_is_spelt(text, read):
    assert set_in(text, 12)[0] == read


def test_every_letter_of_a_name_is_drawn_somehow():
    names = ("Größe Ærø 日本 Ω", "fixed image", "<img src=x onerror=alert(1)>")
    for name in names:
        shown, font = set_in(name, 14)
        box = bytes(font.getmask("\uffff"))
        assert shown
        assert all(bytes(font.getmask(letter)) != box for letter in shown if letter != " ")


def test_text_is_drawn_in_its_colour_from_its_place():
    picture = Image.new("RGB", (120, 40))
    write(ImageDraw.Draw(picture), (10, 8), "HHH", 16, (255, 176, 76))
    left, top, right, bottom = picture.getbbox()
    assert left in (10, 11, 12)
    assert 8 <= top < bottom <= 8 + 20
    assert right <= 10 + width_of("HHH", 16) + 1
    assert (255, 176, 76) in {colour for _count, colour in picture.getcolors()}
