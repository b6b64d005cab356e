"""Leakage: what stands in two splits, and lets a network be tested on what it has seen."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

from napari_medload.export.choice.verdicts import stated_content
from napari_medload.export.choice.where import Columns
from napari_medload.export.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from napari_medload.export.selection import Entry, Selection
    from napari_medload.formats import Source

Met: TypeAlias = "Callable[[Entry], Iterable[Hashable]]"
"""What an entry holds that must not be met in another split."""

_EXAMPLES = 3


def leaks(selection: Selection) -> tuple[Remark, ...]:
    """Say what stands in two splits: a subject, a file, or the same content in another file.

    Content is compared over all roles, as far as hashes are known. What several samples of one
    split share is no leak.

    Returns
    -------
    tuple of Remark
        A warning for each kind of leak, with all samples that are concerned.
    """
    if len(selection.splits) < 2:
        return ()
    subject = Columns(selection).reader("subject_id")
    subjects, files, hashes = _in_two_splits(selection, subject, _files, _hashes)

    def elsewhere(entry: Entry) -> list[Hashable]:
        """Contents of files that are not themselves in two splits, which is said already."""
        sources = entry.sample.sources
        return [
            found
            for role, found in _content(entry)
            if found in hashes and not (role in sources and _file(sources[role]) in files)
        ]

    contents = _in_two_splits(selection, elsewhere)[0] if hashes else set()
    kinds = (("subject", subject, subjects), ("file", _files, files))
    told = (*kinds, ("content", elsewhere, contents))
    return tuple(_remark(selection, what, met, shared) for what, met, shared in told if shared)


def _file(source: Source) -> tuple[Any, ...]:
    return (*source.parts, source.key, source.slices)


def _files(entry: Entry) -> Iterable[Hashable]:
    return map(_file, entry.sample.sources.values())


def _content(entry: Entry) -> tuple[tuple[str, str], ...]:
    return entry.content or stated_content(entry.sample)


def _hashes(entry: Entry) -> list[Hashable]:
    return [found for _, found in _content(entry) if found]


def _in_two_splits(selection: Selection, *met: Met) -> list[set[Hashable]]:
    """Find what is met in two splits, of several kinds; one pass over the selection."""
    held: dict[str, list[set[Hashable]]] = {}
    for entry in selection:
        if name := entry.sample.split:
            if name not in held:
                held[name] = [set() for _ in met]
            for some, what in zip(held[name], met, strict=True):
                some.update(what(entry))
    shared = []
    for sets in zip(*held.values(), strict=True):
        seen: set[Hashable] = set()
        twice: set[Hashable] = set()
        for some in sets:
            twice |= seen & some
            seen |= some
        shared.append(twice)
    return shared


def _remark(selection: Selection, what: str, met: Met, shared: set[Hashable]) -> Remark:
    """Say where it is met."""
    splits: dict[Hashable, dict[str, None]] = defaultdict(dict)
    samples = []
    for entry in selection:
        if entry.sample.split and (here := shared.intersection(met(entry))):
            samples.append(entry.sample.id)
            for found in here:
                splits[found][entry.sample.split] = None
    pairs = dict.fromkeys(" and ".join(names) for names in map(tuple, splits.values()))
    return Remark("warning", _sentence(what, list(splits), list(pairs)), tuple(samples))


def _sentence(what: str, found: list[Hashable], pairs: list[str]) -> str:
    count = f"{len(found):,} {what}{'s' if len(found) > 1 else ''}"
    count = count.replace("contents", "contents, by their hashes,")
    stand = "stand" if len(found) > 1 else "stands"
    shown = sorted(map(_name, found))[:_EXAMPLES]
    more = ", …" if len(found) > _EXAMPLES else ""
    where = "; ".join(pairs[:_EXAMPLES]) + ("; …" if len(pairs) > _EXAMPLES else "")
    return (
        f"leak: {count} {stand} in two splits ({where}): {', '.join(shown)}{more}; expected each "
        "in one split. Make the splits by subject, or leave one of them out"
    )


def _name(found: Hashable) -> str:
    if isinstance(found, tuple):  # of a file
        folder, name, key, _ = found
        path = os.path.join(folder, name)
        return f"{path}#{key}" if key else path
    return str(found)
