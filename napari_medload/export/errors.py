"""What can go wrong when a list is exported."""

from __future__ import annotations


class ExportError(ValueError):
    """A list that cannot be written in a format, or that was not read back as it was meant.

    Nothing has been written, and what was there before is there still.
    """
