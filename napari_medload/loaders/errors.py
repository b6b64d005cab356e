"""What can go wrong when a dataset is opened or a loader is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class DatasetError(ValueError):
    """A path that cannot be opened as a dataset."""


class SeveralDatasetsError(DatasetError):
    """A folder that holds several datasets; ``choices`` are their folders."""

    def __init__(self, folder: Path, choices: Sequence[Path]) -> None:
        self.choices = tuple(choices)
        names = ", ".join(str(choice.relative_to(folder)) for choice in choices)
        super().__init__(
            f"{folder}: holds {len(choices)} datasets ({names}); expected one. Open one of them."
        )


class NoColumnsError(DatasetError):
    """A list of which no column is recognised as one of paths; ``path`` is that list.

    Its columns can be chosen by hand.
    """

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(message)


class LoaderError(ValueError, AssertionError):
    """A loader that is asked for what it cannot give.

    Both a ValueError, as the house has them, and an AssertionError, as DeepReg and MedSegPy raise;
    unlike an assertion it is raised under ``python -O`` too.
    """
