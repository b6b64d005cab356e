from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from napari_medload.review import pace, progress


def times(*minutes):
    """Times, latest first, so many minutes after nine."""
    start = datetime(2025, 3, 1, 9, tzinfo=UTC)
    return [(start + timedelta(minutes=m)).isoformat() for m in sorted(minutes, reverse=True)]


def test_verdicts_per_hour():
    assert pace(times(0, 1, 2, 3)) == pytest.approx(60)
    assert pace(times(0, 0.5, 1, 1.5, 2)) == pytest.approx(120)


def test_pauses_are_no_work():
    assert pace(times(0, 1, 2, 60, 61, 62)) == pytest.approx(60)


def test_the_latest_work_counts():
    slow, fast = range(0, 100, 4), [100 + n / 4 for n in range(100)]
    assert pace(times(*slow, *fast)) == pytest.approx(240, rel=0.01)


def test_too_few_to_tell():
    assert pace([]) is None
    assert pace(times(0, 1)) is None
    assert pace(times(0, 10, 20, 30)) is None
    assert pace(times(1, 1, 1)) is None  # no time has passed


def test_odd_times_are_left_out():
    assert pace(["soon", *times(0, 1, 2, 3), "2025-01-01", ""]) == pytest.approx(60)


def test_progress_is_of_the_samples_that_are_there():
    decisions = {"a": "accept", "b": "reject", "c": "unsure", "gone": "reject"}
    found = progress(decisions, ["a", "b", "c", "d"])
    assert (found.judged, found.total) == (3, 4)
    assert (found.accepted, found.rejected, found.unsure) == (1, 1, 1)
    assert not found.finished
    assert str(found) == "3 of 4 · 1 rejected"
    assert progress(decisions, ["a"]).finished
    assert not progress({}, []).finished
