"""A session without a toolkit, driven as a person would drive it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from napari_medload.session import QueueMailbox, Scene, Session, Trouble
from napari_medload.session.background.checking import CHECKING
from napari_medload.session.recent import RecentDatasets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUDGET = 200 << 20


class Walker:
    """Walks a session, and keeps what it was told."""

    def __init__(self, session: Session, mailbox: QueueMailbox) -> None:
        self.session, self.mailbox = session, mailbox
        self.scenes: list[Scene] = []
        self.troubles: list[Trouble] = []
        session.scene_changed.connect(self.scenes.append)
        session.trouble.connect(self.troubles.append)
        # a person is at work: no sample is shown that was not asked for
        session.dataset_changed.connect(lambda _dataset: session.touch())

    def wait(self, condition: Callable[[], bool]) -> None:
        self.mailbox.run_until(condition)

    def open(self, path: Any, **how: Any) -> None:
        """Open a dataset; wait for its first scene and all its headers."""
        self.session.open(path, **how)
        self.wait(lambda: self.session.scene is not None and self.scanned)

    @property
    def scanned(self) -> bool:
        session = self.session
        return self.idle and session.rows.scanned == session.rows.total > 0

    @property
    def idle(self) -> bool:
        """Whether nothing goes on that was asked for; checks go on by themselves."""
        progress = self.session.progress
        return progress is None or progress.what == CHECKING

    def select(self, sample: int) -> Scene:
        """Select a sample and wait for its scene."""
        self.session.select(sample)
        return self.settle()

    def settle(self) -> Scene:
        self.wait(lambda: not self.session.loading)
        assert self.session.scene is not None
        return self.session.scene

    def shown(self) -> list[str]:
        """Ids of the scenes so far."""
        return [scene.sample_id for scene in self.scenes]

    def wait_for_neighbours(self) -> None:
        """Wait until the rows before and after the selected one need no more reading."""
        session = self.session
        row = session.rows.row_of(session.selected)
        rows = [r for r in (row - 1, row + 1) if 0 <= r < len(session.rows)]
        wanted = {session.rows.sample_at(r) for r in rows}
        self.wait(lambda: wanted <= session.ready)


@pytest.fixture
def make_walker(tmp_path: Path) -> Iterator[Callable[..., Walker]]:
    made: list[Session] = []

    def make(budget: int = BUDGET) -> Walker:
        mailbox = QueueMailbox()
        recent = RecentDatasets(tmp_path / "state" / "recent.json")
        made.append(Session(mailbox, budget, recent))
        return Walker(made[-1], mailbox)

    yield make
    for session in made:
        session.close()


@pytest.fixture
def walker(make_walker: Callable[..., Walker]) -> Walker:
    return make_walker()
