"""Breaking texts into lines that fit; the width of a text is its letters here."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from napari_medload.views.napari.fitted_text import fitted

MANY = 1000


def test_lines_break_at_spaces_and_paths_at_their_slashes():
    text = "moving image: /data/a long set/case_01.nii.gz is cut short"
    assert fitted([text], 20, MANY, len) == [
        "moving image: /data/",
        "a long set/",
        "case_01.nii.gz is",
        "cut short",
    ]


def test_a_number_stays_with_its_unit():
    assert fitted(["fields of 20 mm"], 12, MANY, len) == ["fields of", "20 mm"]
    assert fitted(["white (50 % of fixed)"], 10, MANY, len) == ["white", "(50 % of", "fixed)"]


def test_what_is_left_out_is_marked():
    said = fitted(["one two three", "four"], 8, 2, len)
    assert said == ["one two", "three …"]
    assert fitted(["one two three", "four"], 8, 3, len) == ["one two", "three", "four"]
    assert fitted(["12345678", "next"], 8, 1, len) == ["123456 …"]


@given(st.lists(st.text("ab /_.", max_size=60), max_size=4), st.integers(3, 30), st.integers(1, 9))
def test_nothing_is_wider_or_higher_than_its_room_and_no_letter_is_lost(texts, room, most):
    lines = fitted(texts, room, MANY, len)
    assert all(len(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(texts).split())
    assert len(fitted(texts, room, most, len)) <= most
