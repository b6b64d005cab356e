"""Who leads: the queue shows its worst sample by itself, and never under a person's hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_medload.session import QueueMailbox, Session
from napari_medload.session.recent import RecentDatasets
from napari_medload.session.review.reviewer import RememberedReviewer
from tests.session.datasets import cut_short, names, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WORST, COUNT = "case04", 6


class Alone:
    """A session that nobody touches until a test does."""

    def __init__(self, session: Session, mailbox: QueueMailbox) -> None:
        self.session, self._mailbox = session, mailbox
        self.shown: list[str] = []
        session.scene_changed.connect(lambda scene: self.shown.append(scene.sample_id))

    def open(self, folder: Path, **how: Any) -> None:
        """Open a dataset and wait until its first sample is drawn."""
        self.session.open(folder, **how)
        self._mailbox.run_until(lambda: bool(self.shown))

    def wait(self) -> Session:
        """Wait until all is checked and drawn."""
        session = self.session
        self._mailbox.run_until(
            lambda: (
                session.rows.total > 0
                and all(f is not None and f.checked for f in session.rows.facts)
                and session.progress is None
                and not session.loading
            )
        )
        return session


@pytest.fixture
def make_alone(tmp_path: Path) -> Iterator[Callable[[], Alone]]:
    made: list[Session] = []

    def make() -> Alone:
        mailbox, state = QueueMailbox(), tmp_path / "state"
        reviewer = RememberedReviewer(state / "reviewer.json")
        made.append(Session(mailbox, 100 << 20, RecentDatasets(state / "recent.json"), reviewer))
        return Alone(made[-1], mailbox)

    yield make
    for session in made:
        session.close()


@pytest.fixture
def alone(make_alone: Callable[[], Alone]) -> Alone:
    return make_alone()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good pairs, and two of which a file is cut short: `WORST` and the one after it."""
    folder = write_pairs(tmp_path / "pairs", COUNT)
    for name in names(COUNT)[4:]:
        cut_short(folder / "moving_images" / f"{name}.nii.gz")
    return folder


def test_the_worst_sample_is_shown_by_itself_once_all_are_checked(alone: Alone, folder: Path):
    alone.open(folder)
    session = alone.wait()
    assert alone.shown == ["case00", WORST]  # and nothing between
    assert session.scene.sample_id == WORST == session.rows.text(session.rows.sample_at(0), "id")
    assert session.worst is None
    session.step(1)
    assert alone.wait().scene.sample_id == "case05"


ACTS: dict[str, Callable[[Session], object]] = {
    "any key, click or scroll": lambda session: session.touch(),
    "next": lambda session: session.step(1),
    "another sample": lambda session: session.select(2),
    "next at the end of the table": lambda session: session.step(-1),
    "another mode": lambda session: session.next_mode(),
    "another plane": lambda session: session.set_options(plane="coronal"),
    "words": lambda session: session.find("case"),
    "sorting": lambda session: session.sort("id"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
def test_under_a_persons_hands_it_stays_and_says_which_it_is(
    alone: Alone, folder: Path, act: Callable[[Session], object]
):
    alone.open(folder)
    act(alone.session)
    looked_at = alone.session.selected
    session = alone.wait()
    assert session.selected == looked_at and WORST not in alone.shown
    assert session.worst.text == f"✗ 2 samples with errors, first {WORST}"
    told: list[object] = []
    session.worst_changed.connect(told.append)
    session.show_worst()
    assert alone.wait().scene.sample_id == WORST and told == [None]


@pytest.mark.parametrize("hides", [{"verdict": "accept"}, {"search": "case01"}])
def test_a_filter_hides_the_worst_from_nobody_who_asks_for_it(
    alone: Alone, folder: Path, hides: dict[str, str]
):
    alone.open(folder)
    alone.session.choose_by(**hides)
    session = alone.wait()
    assert session.worst.sample_id == WORST
    session.show_worst()
    assert alone.wait().scene.sample_id == WORST


def test_a_sample_that_was_asked_for_stays(alone: Alone, folder: Path):
    alone.open(folder, select="case02")
    session = alone.wait()
    assert set(alone.shown) == {"case02"} and session.worst.sample_id == WORST


def test_a_resumed_review_goes_on_with_the_worst_that_is_open(alone: Alone, folder: Path):
    alone.open(folder)
    alone.session.reviewing.set_auto_advance(False)
    alone.session.select(5)
    alone.wait()
    assert alone.session.reviewing.judge("reject")
    alone.session.show(alone.session.dataset)  # taken up again: a person resumes
    session = alone.wait()
    assert alone.shown[-2:] == ["case00", WORST] and session.worst is None


def test_going_there_by_hand_ends_the_line_and_so_does_hiding_it(alone: Alone, folder: Path):
    alone.open(folder)
    alone.session.touch()
    session = alone.wait()
    session.select(1)
    assert session.worst is not None
    session.select(4)
    assert session.worst is None
    session.show(session.dataset, "case00")
    assert alone.wait().worst is not None
    session.leave_worst()
    assert session.worst is None


def test_where_all_is_well_the_first_sample_stays(alone: Alone, tmp_path: Path):
    alone.open(write_pairs(tmp_path / "good", 3))
    session = alone.wait()
    assert alone.shown == ["case00"] and session.worst is None


def test_cancelled_checks_lead_nowhere(alone: Alone, folder: Path):
    alone.open(folder)
    alone.session.cancel()
    assert alone.session.progress is None and alone.session.worst is None
    assert alone.shown == ["case00"]
