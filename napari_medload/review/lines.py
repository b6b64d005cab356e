"""Lines of a journal: what is written, and what is understood when it is read.

A line is one JSON object in ASCII. Whatever else stands in a journal stays there and is told.
Its names are those of sample lists (`loaders.lists.schema`). The first versions wrote ``sample``,
``decision`` and ``content`` for ``sample_id``, ``verdict`` and ``content_hash``; their lines are
read for ever.
"""

from __future__ import annotations

import json
import math
from sys import intern
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from napari_medload.review.verdict import DECISIONS, Decision, Hypothesis, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""Version of the lines. A line of a later one may mean something else, and does not count."""

Act: TypeAlias = Literal["judge", "undo", "redo"]
_ACTS: dict[str, Act] = {"judge": "judge", "undo": "undo", "redo": "redo"}
_DECISIONS: dict[str, Decision] = {decision: decision for decision in DECISIONS}
"""Words by themselves: 100,000 lines share one object for each."""

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().raw_decode
_new = tuple.__new__


class LineError(ValueError):
    """A line that says nothing to this version: what was found, and what was expected."""


class Entry(NamedTuple):
    """A line that counts, as far as it is needed to know what stands.

    Parameters
    ----------
    order : str
        Time that puts it among others: that of the line, or later where a clock was set back.
    id : str
        The same in each copy of the line.
    sample : str
    act : str or None
        None for a hypothesis.
    decision : str or None
        That stands after it.
    of : str
        Id of the act that is undone or redone.
    reviewer : str
    round : int
    text : str
        The line.
    """

    order: str
    id: str
    sample: str
    act: Act | None
    decision: Decision | None
    of: str
    reviewer: str
    round: int
    text: str


def encode(fields: Mapping[str, Any]) -> str:
    """Write a line, without its end.

    ASCII with escapes: neither another program's default encoding nor a name that is no valid
    Unicode can break it.
    """
    return _encode(fields)


def decode(text: str, dataset: str) -> Entry | None:
    """Read a line; None where it is about another dataset.

    Raises
    ------
    LineError
        If it is damaged, of another program, or of a later version.
    """
    try:
        fields, end = _decode(text)
    except (ValueError, RecursionError):
        raise LineError("no whole JSON object; it is damaged or was cut off") from None
    if end != len(text) and text[end:].strip():
        raise LineError("something after the end of a JSON object")
    if type(fields) is not dict:
        raise LineError("no JSON object; another program wrote it")
    get = fields.get
    if (about := get("dataset")) != dataset and type(about) is str:
        return None
    act: Any = get("act", "judge") if get("kind") == "verdict" else None
    sample, decision = get("sample_id"), get("verdict")
    if sample is None:
        sample = get("sample")
    if decision is None:
        decision = get("decision")
    reviewer, made = get("reviewer"), get("time", "")
    number, of, key = get("round", 1), get("of", ""), get("id", text)
    order = get("order", made)
    # types are compared before anything is looked up: whatever JSON knows may stand there
    if (
        get("format", FORMAT) == FORMAT
        and type(sample) is type(reviewer) is type(made) is type(order) is str
        and type(of) is type(key) is str
        and type(number) is int
        and (decision is None or (type(decision) is str and decision in _DECISIONS))
        and (type(act) is str and act in _ACTS if act else get("kind") == "hypothesis")
    ):
        act = _ACTS[act] if act else None
        decision = _DECISIONS[decision] if decision else None
        values = (order, key, sample, act, decision, of, intern(reviewer), number, text)
        return _new(Entry, values)  # what Entry(...) does, in a third of the time
    raise LineError(_oddity(fields))


def _oddity(fields: Mapping[str, Any]) -> str:
    """Say why a JSON object is no line of this version."""
    kind, act, version = fields.get("kind"), fields.get("act"), fields.get("format", FORMAT)
    decision = fields.get("verdict", fields.get("decision"))
    if kind not in ("verdict", "hypothesis"):
        return f"a line of the kind {kind!r}, expected 'verdict' or 'hypothesis'"
    if version != FORMAT:
        return f"a line of format {version!r}, expected {FORMAT}; to see it, update this program"
    if decision is not None and decision not in DECISIONS:
        return f"the verdict {decision!r}, expected one of {', '.join(DECISIONS)} or null"
    if kind == "verdict" and "act" in fields and act not in tuple(_ACTS):
        return f"the act {act!r}, expected one of {', '.join(_ACTS)}"
    return "no sample_id or reviewer, or a value of another type than expected"


def fields_of(verdict: Verdict) -> dict[str, Any]:
    """Fields of a line that say what stands."""
    return {
        "sample_id": verdict.sample,
        "verdict": verdict.decision,
        "reasons": list(verdict.reasons),
        "note": verdict.note,
        "content_hash": dict(verdict.content),
        "stamps": {role: [size, modified] for role, size, modified in verdict.stamps},
    }


def verdict_of(entry: Entry) -> Verdict:
    """Read the whole of a verdict; what is not of its type is left out."""
    fields = json.loads(entry.text)
    return Verdict(
        sample=entry.sample,
        decision=entry.decision,
        reasons=tuple(r for r in _list(fields.get("reasons")) if isinstance(r, str)),
        note=_text(fields.get("note")),
        content=tuple(
            (role, found)
            for role, found in _dict(fields.get("content_hash", fields.get("content"))).items()
            if isinstance(found, str)
        ),
        stamps=tuple(
            (role, int(stamp[0]), int(stamp[1]))
            for role, stamp in _dict(fields.get("stamps")).items()
            if _is_stamp(stamp)
        ),
        reviewer=entry.reviewer,
        round=entry.round,
        time=_text(fields.get("time")),
        dataset=_text(fields.get("dataset")),
        tool=_text(fields.get("tool")),
    )


def hypothesis_of(entry: Entry) -> Hypothesis:
    """Read a recorded hypothesis."""
    fields = json.loads(entry.text)
    figures = _dict(fields.get("figures"))
    return Hypothesis(
        sample=entry.sample,
        hypothesis=_text(fields.get("hypothesis")),
        figures={k: float(v) for k, v in figures.items() if isinstance(v, int | float)},
        reviewer=entry.reviewer,
        round=entry.round,
        time=_text(fields.get("time")),
    )


def finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Figures as JSON knows them: none that is infinite or no number."""
    return {k: float(v) if math.isfinite(v) else None for k, v in figures.items()}


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _dict(found: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _is_stamp(found: Any) -> bool:
    return isinstance(found, list) and list(map(type, found)) == [int, int]
