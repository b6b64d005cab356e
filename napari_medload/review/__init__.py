"""People's verdicts: append-only journals, one per reviewer, in a review folder."""

from napari_medload.review.agreement import Agreement, cohen, disagreements, fleiss, pairwise
from napari_medload.review.errors import JournalError
from napari_medload.review.folder import (
    ChosenFolders,
    GivenFolder,
    Place,
    ReviewFolderError,
    place_of,
)
from napari_medload.review.pace import Progress, pace, progress
from napari_medload.review.review import Review
from napari_medload.review.staleness import is_stale
from napari_medload.review.verdict import (
    DECISIONS,
    REASON_TIPS,
    REASONS,
    Decision,
    Hypothesis,
    Verdict,
)

__all__ = [
    "DECISIONS",
    "REASONS",
    "REASON_TIPS",
    "Agreement",
    "ChosenFolders",
    "Decision",
    "GivenFolder",
    "Hypothesis",
    "JournalError",
    "Place",
    "Progress",
    "Review",
    "ReviewFolderError",
    "Verdict",
    "cohen",
    "disagreements",
    "fleiss",
    "is_stale",
    "pace",
    "pairwise",
    "place_of",
    "progress",
]
