"""Categories: what the labels of a dataset are called, and which channels they join."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from napari_medload.labels.table import LabelTable

if TYPE_CHECKING:
    from napari_medload.labels.collation import Collation


@dataclass(frozen=True)
class Categories:
    """Names of labels and the channels behind them.

    Parameters
    ----------
    table : LabelTable
        Names and colours; empty where none are known. With a collation, category c stands under
        value c + 1.
    collation : tuple of tuples of int, optional
        The labels are one-hot masks: which channels each category joins, or an empty tuple where
        every channel is a category of its own. None for labels that are numbers, or where nothing
        is known of them.
    """

    table: LabelTable = field(default_factory=LabelTable, hash=False)
    collation: Collation | None = None

    def absent(self, channels: int) -> dict[str, tuple[int, ...]]:
        """Categories that name channels which masks do not have, by their names.

        Parameters
        ----------
        channels : int
            How many the masks have.
        """
        return {
            self.table.label(number + 1).name: missing
            for number, joined in enumerate(self.collation or ())
            if (missing := tuple(c for c in joined if not -channels <= c < channels))
        }
