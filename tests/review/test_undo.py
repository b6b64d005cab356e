"""Undo and redo against a simple model, across restarts, other windows and merged copies."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from napari_medload.review import DECISIONS, Review, Verdict
from napari_medload.review.files import Disk
from tests.review.reading import standing


class Hasty(Disk):
    """A disk that is not waited for: what is tested here is what is said, not when."""

    def fsync(self, descriptor):
        pass

    def fsync_folder(self, folder):
        pass


class OneReviewer(RuleBasedStateMachine):
    """Acts in whichever window; the model is a list of states that one walks to and fro."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.windows = [self.opened(), self.opened()]
        self.states = [{}]
        self.now = 0

    def opened(self):
        return Review(self.folder / "review", "brain (paired)", "Anna", files=Hasty())

    @rule(
        window=st.integers(0, 1),
        sample=st.sampled_from("abcd"),
        decision=st.sampled_from((*DECISIONS, None)),
        note=st.text(max_size=3),
    )
    def judge(self, window, sample, decision, note):
        self.windows[window].save(Verdict(sample, decision, note=note))
        after = dict(self.states[self.now])
        after.pop(sample, None)
        if decision is not None:
            after[sample] = (decision, note)
        self.states[self.now + 1 :] = [after]
        self.now += 1

    @rule(window=st.integers(0, 1))
    def undo(self, window):
        found = self.windows[window].undo()
        assert (found is None) == (self.now == 0)
        self.now = max(0, self.now - 1)
        if found is not None:
            said = None if found.decision is None else (found.decision, found.note)
            assert self.states[self.now].get(found.sample) == said

    @rule(window=st.integers(0, 1))
    def redo(self, window):
        found = self.windows[window].redo()
        assert (found is None) == (self.now == len(self.states) - 1)
        self.now = min(len(self.states) - 1, self.now + 1)

    @rule(window=st.integers(0, 1))
    def restart(self, window):
        self.windows[window] = self.opened()

    @rule(window=st.integers(0, 1))
    def record(self, window):
        self.windows[window].record("a", "mirrored", {"MI": 1.0})

    @rule()
    def rename(self):
        """As a program does that synchronises folders; the next line begins a new file."""
        for path in (self.folder / "review").glob("anna-*"):
            path.rename(path.with_name(f"copy {len(list(path.parent.iterdir()))}.jsonl"))

    @invariant()
    def all_windows_agree(self):
        for review in (*self.windows, self.opened()):
            review.refresh()
            said = {s: (v.decision, v.note) for s, v in review.own.items()}
            assert said == self.states[self.now]
            assert set(review.own) == set(review.decisions) == set(said)
            assert len(review.own) == len(said)
            assert review.troubles == ()

    def teardown(self):
        shutil.rmtree(self.folder)


OneReviewer.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_one_reviewer = OneReviewer.TestCase


def test_without_limit_and_after_a_restart(tmp_path):
    review = Review(tmp_path, "brain (paired)", "Anna", files=Hasty())
    for number in range(300):
        review.save(Verdict(f"{number % 7}", DECISIONS[number % 3]))
    for _ in range(150):
        review.undo()
    review = Review(tmp_path, "brain (paired)", "Anna", files=Hasty())
    for _ in range(150):
        assert review.undo() is not None
    assert review.undo() is None
    assert standing(review.path) == {}
    review = Review(tmp_path, "brain (paired)", "Anna", files=Hasty())
    for _ in range(300):
        assert review.redo() is not None
    assert review.redo() is None
    expected = {f"{number % 7}": DECISIONS[number % 3] for number in range(300)}
    assert standing(review.path) == review.decisions == expected
