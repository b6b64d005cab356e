"""A review: what one person says of a dataset, beside what all others have said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.review.verdict import Verdict


class Review:
    """Verdicts of one reviewer on one dataset, on disk before they count.

    Parameters
    ----------
    folder : Path
        Review folder; all journals in it are read, one is written.
    dataset : str
        Id of the dataset.
    reviewer : str
    round : int
        A further pass begins with nothing judged, whatever the first said.

    Attributes
    ----------
    troubles : tuple of str
        What could not be read in the journals, each with its file and line.
    """

    def __init__(self, folder: Path, dataset: str, reviewer: str, round: int = 1) -> None:
        self.folder, self.dataset, self.reviewer, self.round = folder, dataset, reviewer, round
        self.troubles: tuple[str, ...] = ()

    @property
    def own(self) -> Mapping[str, Verdict]:
        """Standing verdicts of this reviewer in this round, by sample id; none taken back."""
        raise NotImplementedError

    @property
    def others(self) -> Mapping[str, tuple[Verdict, ...]]:
        """Standing verdicts of other reviewers and rounds, by sample id."""
        raise NotImplementedError

    @property
    def last(self) -> str | None:
        """Sample of the latest own verdict, where a review is taken up again."""
        raise NotImplementedError

    def save(self, verdict: Verdict) -> Verdict:
        """Write a verdict and wait until it is on disk.

        Reviewer, round, time, dataset and tool are filled in. Only after this returns may it be
        shown as saved.

        Raises
        ------
        JournalError
            (OSError) If it could not be written whole: nothing counts as saved.
        """
        raise NotImplementedError

    def record(self, sample: str, hypothesis: str, figures: Mapping[str, float]) -> None:
        """Write down what a hypothesis has found of a sample. It is no verdict."""
        raise NotImplementedError

    def undo(self) -> Verdict | None:
        """Take back the latest own act, on disk; return the verdict that stands now.

        A verdict with decision None where none stands, and None where nothing is left to undo.
        """
        raise NotImplementedError

    def redo(self) -> Verdict | None:
        """Do again what was undone last, on disk; None where nothing was."""
        raise NotImplementedError

    def refresh(self) -> frozenset[str]:
        """Read what other windows and copied files have added; return the samples concerned."""
        raise NotImplementedError
