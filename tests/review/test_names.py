from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.review import Verdict
from napari_medload.review.journals import journal_name

NAMES = ["Anna", "anna", "ANNA", "Ánna", "A.nna", "../Anna", "/Anna", "CON", "nul", "..", ".", "漢"]
NAMES += ["a" * 300, "a" * 299, "🦴", "a/b", "a\\b", "a:b", "a\nb", "a\0b", "-", "--", "\udcff"]


def test_each_has_a_file_of_its_own_on_any_system():
    names = [journal_name(name) for name in NAMES]
    assert len({name.casefold() for name in names}) == len(NAMES)


@given(st.text(min_size=1))
def test_any_name_is_a_plain_file_name(name):
    found = journal_name(name)
    assert found.isascii()
    assert found == os.path.basename(found)
    assert set(found) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert found[0] not in ".-"
    assert len(found) < 100
    assert found.endswith(".jsonl")
    assert found.split(".")[0].upper() not in {"CON", "NUL", "PRN", "AUX", "COM1", "LPT1"}


def test_a_name_can_be_read_in_it():
    assert journal_name("Anna Müller").startswith("anna-muller-")


@pytest.mark.parametrize("name", ["Ánna / 漢字", "CON", "🦴", "../x", "a" * 300])
def test_anyone_can_review(review_by, folder, name):
    review_by(name).save(Verdict("a", "accept"))
    assert review_by(name).own["a"].reviewer == name
    assert [path.parent for path in folder.parent.rglob("*.jsonl")] == [folder]


def test_one_name_in_two_encodings_is_one_reviewer(review_by):
    review_by("Ánna").save(Verdict("a", "accept"))
    assert "a" in review_by("A\u0301nna ").own
