"""What can go wrong when a verdict is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class JournalError(OSError):
    """A verdict that is not on disk, and does not count."""

    @classmethod
    def about(cls, path: Path, found: str, expected: str, remedy: str) -> JournalError:
        """Say which file, what was found, what was expected, and what to do."""
        return cls(f"{path}: {found}; expected {expected}. {remedy}")

    @classmethod
    def from_os(cls, path: Path, error: OSError) -> JournalError:
        """Say what the system says of a journal that could not be written."""
        why = error.strerror or str(error) or type(error).__name__
        made = cls.about(path, why, "to append a line and to see it on disk", _REMEDY)
        made.errno = error.errno
        return made


_REMEDY = (
    "Nothing was saved. Free some space, or choose a review folder that you may write into, and "
    "judge again."
)
