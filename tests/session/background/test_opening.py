"""Getting things in the background, with threads that a test holds back and lets go."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from napari_medload.loaders import SeveralDatasetsError
from napari_medload.session import QueueMailbox
from napari_medload.session.background.messages import Progress
from napari_medload.session.background.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Wishes:
    """An `Opening`, and what it told."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.mailbox = QueueMailbox()
        self.progress: list[Progress | None] = []
        self.troubles: list[Any] = []
        self.made: list[Any] = []
        self.opening = Opening(
            self.mailbox, pool.submit, self.progress.append, self.troubles.append
        )

    def fetch(self, what: str, make: Callable[..., Any]) -> None:
        self.opening.fetch(what, make, self.made.append)

    def settle(self) -> None:
        """Let everything that has been wished for so far end, and take in what it told."""
        self.mailbox.run_until(lambda: bool(self.made or self.troubles))
        self.all_told()

    def all_told(self) -> None:
        """Run what was posted before this."""
        told: list[bool] = []
        self.mailbox.post(lambda: told.append(True))
        self.mailbox.run_until(lambda: bool(told))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def wishes(pool: ThreadPoolExecutor) -> Wishes:
    return Wishes(pool)


def held(gate: threading.Event, result: Any) -> Callable[..., Any]:
    def make(_tell: Any) -> Any:
        assert gate.wait(60)
        if isinstance(result, Exception):
            raise result
        return result

    return make


def test_what_was_made_is_handed_over_after_its_progress_has_ended(wishes):
    order = []
    wishes.opening.fetch(
        "opening a", lambda _tell: 7, lambda made: order.append((made, wishes.progress[-1]))
    )
    assert wishes.progress == [Progress("opening a", 0, 0)] and not order
    wishes.mailbox.run_until(lambda: bool(order))
    assert order == [(7, None)]
    assert not wishes.troubles


@pytest.mark.parametrize("ending", ["first", ValueError("first is gone")])
def test_the_latest_wish_wins_even_where_the_first_ends_last(wishes, pool, ending):
    gate = threading.Event()
    wishes.fetch("first", held(gate, ending))
    wishes.fetch("second", lambda _tell: "second")
    wishes.settle()
    assert wishes.made == ["second"]
    gate.set()
    pool.shutdown(wait=True)
    wishes.all_told()
    assert wishes.made == ["second"] and not wishes.troubles
    assert wishes.progress[-1] is None


def test_a_first_wish_that_has_come_in_is_dropped_too(wishes, pool):
    """Its result waits in the mailbox when the second is wished."""
    wishes.fetch("first", lambda _tell: "first")
    gate = threading.Event()
    gate.set()
    pool.submit(gate.wait).result()
    wishes.fetch("second", lambda _tell: "second")
    wishes.settle()
    assert wishes.made == ["second"]


def test_a_failure_is_trouble_and_no_progress_is_left(wishes):
    def make(tell: Any) -> None:
        tell(1, 3, "reading")
        raise OSError("a.nii: cut short")

    wishes.fetch("opening a", make)
    wishes.mailbox.run_until(lambda: bool(wishes.troubles))
    assert wishes.troubles[0].message == "a.nii: cut short"
    assert wishes.troubles[0].choices == ()
    assert wishes.progress[-2:] == [Progress("opening a: reading", 1, 3), None]
    wishes.fetch("again", lambda _tell: "again")
    wishes.mailbox.run_until(lambda: bool(wishes.made))
    assert wishes.made == ["again"]


def test_an_error_without_words_is_named_by_its_kind(wishes):
    def make(_tell: Any) -> None:
        raise RecursionError

    wishes.fetch("opening a", make)
    wishes.mailbox.run_until(lambda: bool(wishes.troubles))
    assert wishes.troubles[0].message == "RecursionError"


def test_several_datasets_are_choices(wishes):
    folder = Path("/study")
    choices = (folder / "one", folder / "two")
    gate = threading.Event()
    gate.set()
    wishes.fetch("opening", held(gate, SeveralDatasetsError(folder, choices)))
    wishes.mailbox.run_until(lambda: bool(wishes.troubles))
    assert wishes.troubles[0].choices == choices
    assert "one, two" in wishes.troubles[0].message


@pytest.mark.parametrize("ending", ["made", ValueError("gone")])
def test_giving_up_drops_what_is_being_got_and_tells_it_to_end(wishes, pool, ending):
    begun, gate, answers = threading.Event(), threading.Event(), []

    def make(tell: Any) -> Any:
        answers.append(tell(0, 2, "begun"))
        begun.set()
        result = held(gate, None)(tell)
        answers.append(tell(1, 2, "going on"))
        if isinstance(ending, Exception):
            raise ending
        return result

    wishes.fetch("opening", make)
    assert begun.wait(60)
    wishes.opening.give_up()
    gate.set()
    pool.shutdown(wait=True)
    wishes.all_told()
    assert answers == [True, False]
    assert not wishes.made and not wishes.troubles
    assert wishes.progress == [Progress("opening", 0, 0)]  # what comes late is not told


def test_what_is_wished_after_giving_up_is_wanted(wishes):
    wishes.opening.give_up()
    wishes.fetch("opening", lambda tell: tell(0, 0, ""))
    wishes.mailbox.run_until(lambda: bool(wishes.made))
    assert wishes.made == [True]
