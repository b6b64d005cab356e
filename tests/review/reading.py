"""Reading journals without the code that writes them: with json alone, as another tool would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path, whole: bool = True) -> list[dict[str, Any]]:
    """All lines of a journal, each of which must be whole.

    Without locks a program that sees half of another's line begins a new one: an empty line stays.
    """
    data = path.read_bytes()
    assert data.endswith(b"\n")
    lines = data.split(b"\n")[:-1]
    return [json.loads(line) for line in lines if whole or line]


def standing(path: Path) -> dict[str, str | None]:
    """Decisions by the rule of the documentation: the last line of each sample says it."""
    verdicts = [row for row in rows(path) if row["kind"] == "verdict"]
    last = {row["sample_id"]: row["verdict"] for row in verdicts}
    return {sample: decision for sample, decision in last.items() if decision is not None}
