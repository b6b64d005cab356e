"""Names that promise labels: of roles, folders and files."""

from __future__ import annotations

LABEL_WORDS = ("label", "seg", "mask")


def promises_labels(name: str) -> bool:
    """Whether a name in lower case, of a role or a folder, is one of labels."""
    return any(word in name for word in LABEL_WORDS)
