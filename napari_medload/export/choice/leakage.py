"""Leakage: what stands in two splits, and lets a network be tested on what it has seen.

Files are compared with all links followed, and subjects however their letters are composed.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.export.choice.followed import Followed
from napari_medload.export.choice.verdicts import stated_content
from napari_medload.export.remark import Remark
from napari_medload.export.selection import expect_selection
from napari_medload.loaders.lists.stated import subjects_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from napari_medload.export.selection import Entry, Selection

Met: TypeAlias = "Callable[[Entry], Iterable[Hashable]]"
"""What an entry holds that must not be met in another split."""

MADE = "splits "
"""How the words begin that say how splits were made, in `Selection.chosen`."""

_EXAMPLES = 3


def leaks(selection: Selection) -> tuple[Remark, ...]:
    """Say what stands in two splits: a subject, a file, or the same content in another file.

    Content is compared over all roles, as far as hashes are known. What several samples of one
    split share is no leak, and neither is an atlas: what every pair has as its fixed image, or
    every one as its moving image.

    Returns
    -------
    tuple of Remark
        A warning for each kind of leak, with all samples that are concerned.
    """
    expect_selection(selection)
    if len(selection.splits) < 2:
        return ()
    held = _Held.of(selection)
    subjects, files, hashes = _in_two_splits(selection, held.subjects, held.files, held.hashes)

    def elsewhere(entry: Entry) -> list[Hashable]:
        """Contents of files that are not themselves in two splits, which is said already."""
        return [
            found
            for role, found in held.content(entry)
            if found in hashes and held.file(entry, role) not in files
        ]

    contents = _in_two_splits(selection, elsewhere)[0] if hashes else set()
    kinds = (("subject", held.subjects, subjects), ("file", held.files, files))
    told = (*kinds, ("content", elsewhere, contents))
    return tuple(_remark(selection, what, met, shared) for what, met, shared in told if shared)


def shared_by(selection: Selection) -> Callable[[Entry], list[Hashable]]:
    """Make what tells the files and contents of an entry, without the atlas that all share."""
    if not len(selection):
        return lambda _entry: []
    held = _Held.of(selection)
    return lambda entry: [*held.files(entry), *held.hashes(entry)]


def compared(selection: Selection, remedy: str = "") -> list[str]:
    """Report what stands in two splits, or, where nothing does, by what they were compared.

    Parameters
    ----------
    selection : Selection
    remedy : str
        How hashes are made here, for a person, where some are not known.
    """
    if len(selection.splits) < 2:
        return []
    subjects = sum(bool(subjects_of(entry.sample)) for entry in selection)
    lacking = unhashed(selection)
    hashes = len(selection) - lacking
    of = f"of {len(selection):,} samples"
    found = [str(remark) for remark in leaks(selection)]
    if not found:
        found = ["no leak was found: no file stands in two splits"]
    found.append(
        f"compared by subject: {subjects:,} {of} state one"
        if subjects
        else "nothing to compare by subject: no sample states one"
    )
    more = f"; {remedy}" if remedy and lacking else ""
    found.append(
        f"compared by content: {hashes:,} {of} have hashes"
        + ("; contents without a hash were not compared" if lacking else "")
        + more
        if hashes
        else f"nothing to compare by content: no hashes are known{more}"
    )
    return found


def unhashed(selection: Selection) -> int:
    """Count the samples whose contents can't be compared, because no hash of them is known."""
    return sum(not _content(entry) for entry in selection)


@dataclass(frozen=True)
class _Held:
    """What an entry holds, without the atlas that all of them share.

    Parameters
    ----------
    same_file, same_content : frozenset of str
        Roles of the atlas: those that are one file in all entries, or one content in many files.
    followed : Followed
        Tells files apart.
    """

    same_file: frozenset[str]
    same_content: frozenset[str]
    followed: Followed

    @classmethod
    def of(cls, selection: Selection) -> _Held:
        held = cls(frozenset(), frozenset(), Followed())
        same_file = _atlas(selection, held.file)
        return replace(held, same_file=same_file, same_content=_atlas(selection, _hash_of))

    def subjects(self, entry: Entry) -> Iterable[Hashable]:
        found = subjects_of(entry.sample, self.same_file | self.same_content)
        return [unicodedata.normalize("NFC", subject) for subject in found]

    def file(self, entry: Entry, role: str) -> Hashable | None:
        source = entry.sample.sources.get(role)
        return None if source is None else self.followed(source)

    def files(self, entry: Entry) -> Iterable[Hashable]:
        sources = entry.sample.sources.items()
        return [self.followed(source) for role, source in sources if role not in self.same_file]

    def content(self, entry: Entry) -> list[tuple[str, str]]:
        atlas = self.same_file | self.same_content
        return [(role, found) for role, found in _content(entry) if found and role not in atlas]

    def hashes(self, entry: Entry) -> Iterable[Hashable]:
        return [found for _, found in self.content(entry)]


def _atlas(
    selection: Selection, found_in: Callable[[Entry, str], Hashable | None]
) -> frozenset[str]:
    """Roles of pairs in which all entries hold the same; none where there are but two of them."""
    for side in ("fixed", "moving"):
        image = f"{side}_image"
        first = found_in(selection[0], image)
        if len(selection) < 3 or first is None:
            continue
        if all(found_in(entry, image) == first for entry in selection):
            roles = (image, f"{side}_label", f"{side}_landmarks")
            return frozenset(role for role in roles if _is_one(selection, role, found_in))
    return frozenset()


def _is_one(
    selection: Selection, role: str, found_in: Callable[[Entry, str], Hashable | None]
) -> bool:
    return len({found_in(entry, role) for entry in selection}) == 1


def _hash_of(entry: Entry, role: str) -> Hashable | None:
    return dict(_content(entry)).get(role) or None


def _content(entry: Entry) -> tuple[tuple[str, str], ...]:
    return entry.content or stated_content(entry.sample)


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
    sentence = _sentence(what, list(splits), list(pairs), _remedy(selection, what))
    return Remark("warning", sentence, tuple(samples))


def _remedy(selection: Selection, what: str) -> str:
    """Say what helps: where the splits were made here, it was done already."""
    if any(how.startswith(MADE) for how in selection.chosen):
        return "Leave one of them out"
    if what == "subject":
        return "Make the splits by subject, or leave one of them out"
    return "Make the splits anew, which keeps these together, or leave one of them out"


def _sentence(what: str, found: list[Hashable], pairs: list[str], remedy: str) -> str:
    count = f"{len(found):,} {what}{'s' if len(found) > 1 else ''}"
    count = count.replace("contents", "contents, by their hashes,")
    stand = "stand" if len(found) > 1 else "stands"
    shown = sorted(map(_name, found))[:_EXAMPLES]
    more = ", …" if len(found) > _EXAMPLES else ""
    where = "; ".join(pairs[:_EXAMPLES]) + ("; …" if len(pairs) > _EXAMPLES else "")
    return (
        f"leak: {count} {stand} in two splits ({where}): {', '.join(shown)}{more}; expected each "
        f"in one split. {remedy}"
    )


def _name(found: Hashable) -> str:
    if isinstance(found, tuple):  # of a file
        folder, name, key, _ = found
        path = os.path.join(folder, name)
        return f"{path}#{key}" if key else path
    return str(found)
