"""Conditions on columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_medload.checks import Finding, Severity
from napari_medload.export import Entry, ExportError
from napari_medload.export.choice.choosing import fitting
from napari_medload.export.choice.where import Condition
from napari_medload.export.selection import selection_of
from napari_medload.formats import Source
from napari_medload.loaders import Sample
from napari_medload.review import Verdict


def entries():
    def sample(name, **stated):
        source = Source(Path("/d") / f"{name}.nii.gz")
        return Sample(name, {"image": source}, "", "train", settings=stated or None)

    flipped = Verdict("a", "reject", ("flipped", "label wrong"), "Left is right", reviewer="Anna")
    return [
        Entry(sample("a", age="61", site="Bern"), flipped),
        Entry(sample("b", age=7, site="bern"), Verdict("b", "accept", time="2025-03-01T09:00:00Z")),
        Entry(
            sample("c", age="n/a"),
            None,
            (Finding("label grid", Severity.ERROR, "it lies 3 mm off"),),
        ),
        Entry(sample("=d"), None, (), (("image", "ff00"),)),
    ]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("verdict=accept", "b"),
        ("verdict = accept", "b"),
        ("verdict!=accept", "a c =d"),
        ("verdict=n/a", "c =d"),
        ("verdict!=n/a", "a b"),
        ("reasons=flipped", "a"),
        ("reasons=label wrong", "a"),
        ("reasons!=flipped", "b c =d"),
        ("reasons~LABEL", "a"),
        ("note~left", "a"),
        ("note=left", ""),
        ("time>=2025-03", "b"),
        ("age>7", "a"),  # a number is larger, not its letters
        ("age>=7", "a b"),
        ("age<60", "b"),
        ("age=7", "b"),
        ("age=n/a", "c =d"),
        ("site~bern", "a b"),
        ("site=Bern", "a"),
        ("findings~label grid", "c"),
        ("findings=n/a", "a b =d"),
        ("content_hash=image:ff00", "=d"),
        ("sample_id==d", "=d"),
        ("sample_id~=d", "=d"),
        ("split=train", "a b c =d"),
        ("group=n/a", "a b c =d"),
        ("image~/d/a.nii", "a"),
        ("fixed_image=n/a", "a b c =d"),
    ],
)
def test_a_condition_keeps_what_fits(condition, names):
    kept = fitting(selection_of(entries()), [Condition.parsed(condition)])
    assert " ".join(entry.sample.id for entry in kept) == names


def test_all_must_hold():
    conditions = [Condition.parsed(text) for text in ("age>1", "site~bern", "verdict=reject")]
    assert [e.sample.id for e in fitting(selection_of(entries()), conditions)] == ["a"]


@pytest.mark.parametrize("text", ["verdict", "", "=accept", "  !=x"])
def test_what_is_no_condition_is_told(text):
    with pytest.raises(ExportError, match="no condition; expected COLUMN=VALUE"):
        Condition.parsed(text)


def test_a_column_that_is_not_there_is_told_with_a_near_one():
    with pytest.raises(ExportError, match=r"no column 'reason'.*Did you mean 'reasons'"):
        fitting(selection_of(entries()), [Condition.parsed("reason=flipped")])
    with pytest.raises(ExportError, match=r"no column 'ages'.*Did you mean 'age'"):
        fitting(selection_of(entries()), [Condition.parsed("ages=3")])


@pytest.mark.parametrize("condition", ["age>60", "time>=2025"])
def test_what_is_no_number_is_named_where_numbers_are_compared(condition):
    """As decimal commas are, and times where a year alone is asked for."""
    source = Source(Path("/d/a.nii"))
    stated = ({"age": "61,5", "time": "2025-03-01"}, {"age": "62", "time": "2026"}, {})
    samples = [
        Sample(name, {"image": source}, settings=each)
        for name, each in zip("abc", stated, strict=True)
    ]
    kept = fitting(selection_of(samples), [Condition.parsed(condition)])
    assert [entry.sample.id for entry in kept] == ["b"]
    (remark,) = kept.remarks
    assert remark.samples == ("a",) and f"'{condition}' compares numbers" in remark.sentence
    assert fitting(selection_of(samples), [Condition.parsed("age~6")]).remarks == ()
