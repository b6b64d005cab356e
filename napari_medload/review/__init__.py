"""People's verdicts: append-only journals, one per reviewer, in a review folder."""

from napari_medload.review.verdict import DECISIONS, REASONS, Decision, Verdict

__all__ = ["DECISIONS", "REASONS", "Decision", "Verdict"]
