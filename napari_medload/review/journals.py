"""All journals of a review folder, read on from where they were left."""

from __future__ import annotations

import os
import unicodedata
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from napari_medload.loaders.walking import answers
from napari_medload.review.journal import Journal
from napari_medload.review.lines import LineError, decode

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.review.files import Files
    from napari_medload.review.lines import Entry

SUFFIX = ".jsonl"
_TOLD_AT_MOST = 5
"""Lines of one journal that are told one by one."""

_READABLE = 40
_ORDER = itemgetter(0)
"""What entries are sorted by; twice as fast as by its name."""


def journal_name(reviewer: str) -> str:
    """Name of a reviewer's file: what can be read of the name, and what tells it apart.

    Names that differ in case, or only in letters that no file system takes, get files of their
    own; none is a name that a system keeps for itself, such as CON.
    """
    plain = unicodedata.normalize("NFKD", reviewer)
    kept = "".join(c.lower() if c.isascii() and c.isalnum() else "-" for c in plain if _base(c))
    words = "-".join(word for word in kept.split("-") if word)[:_READABLE].rstrip("-")
    told = blake2b(reviewer.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{words or 'reviewer'}-{told}{SUFFIX}"


def _base(letter: str) -> bool:
    return not unicodedata.combining(letter)


class News(NamedTuple):
    """Lines that count.

    Parameters
    ----------
    entries : list of Entry
    anew : bool
        Whether these are all, in place of what was known before.
    """

    entries: list[Entry]
    anew: bool = False


class Journals:
    """The journals in a folder, as far as they are about one dataset.

    Parameters
    ----------
    folder : Path
        It need not be there.
    own : Path
        The one that is written.
    dataset : str

    Attributes
    ----------
    entries : dict of str to Entry
        Lines that count, by their ids.
    missing : list of str
        Lines of the own journal that were read, and that another program has taken away since.
    """

    def __init__(self, folder: Path, own: Path, dataset: str) -> None:
        self._folder, self._dataset = folder, dataset
        self.own = Journal(own)
        self.entries: dict[str, Entry] = {}
        self.missing: list[str] = []
        self._journals: dict[Path, Journal] = {own: self.own}
        self._texts: list[str] = []
        self._read: dict[Path, list[Entry]] = {}
        self._told: dict[Path, list[str]] = {}
        self._cuts: dict[Path, str] = {}
        self._folder_trouble = ""

    @property
    def troubles(self) -> tuple[str, ...]:
        """What could not be read, with its file and line."""
        found = [self._folder_trouble] if self._folder_trouble else []
        for path in sorted(self._told.keys() | self._cuts.keys()):
            told = self._told.get(path, [])
            found += told[:_TOLD_AT_MOST]
            if len(told) > _TOLD_AT_MOST:
                found.append(f"{path}: and {len(told) - _TOLD_AT_MOST} lines more; all are kept")
            if path in self._cuts:
                found.append(self._cuts[path])
        if self.missing:
            found.append(
                f"{self.own.path}: {len(self.missing)} lines that were in it are gone; another "
                "program has deleted, cut or replaced it. They are known here, and are written "
                "again with the next verdict."
            )
        return tuple(found)

    def look(self) -> News:
        """Read what was added to any journal."""
        for path in self._listed():
            if path not in self._journals:
                self._journals[path] = Journal(path)
        return self._taken_in([self._look_at(journal) for journal in self._journals.values()])

    def look_at_own(self) -> News:
        """Do the same with the own journal alone.

        Raises
        ------
        OSError
            If it is there and cannot be read.
        """
        return self._taken_in([self._take(self.own)])

    def append(self, files: Files, descriptor: int, entry: Entry) -> None:
        """Append a line to the own journal, behind those that others have taken from it.

        Raises
        ------
        OSError
            If that is not on disk.
        """
        path, before = self.own.path, [self.own.cut] if self.own.cut else []
        first = self.own.count + 1
        lines = [*self.missing, entry.text]
        self.own.append(files, descriptor, "\n".join(lines) + "\n")
        if len(lines) > 1 or before:
            known, told = self._decoded(path, [*before, *self.missing], first)
            self._read.setdefault(path, []).extend(known)
            self._told.setdefault(path, []).extend(told)
            self._cuts.pop(path, None)
            self.missing = []
        self._texts += [*before, *lines]
        self._read.setdefault(path, []).append(entry)
        self.entries[entry.id] = entry

    def _listed(self) -> list[Path]:
        self._folder_trouble = ""
        try:
            with os.scandir(self._folder) as found:
                names = [
                    entry.name
                    for entry in found
                    if entry.name.endswith(SUFFIX)
                    and entry.name[0] != "."
                    and answers(entry.is_file)
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            self._folder_trouble = (
                f"{self._folder}: cannot be listed ({error.strerror}); expected a review folder. "
                "Check its permissions, or choose another one."
            )
            return []
        return [self._folder / name for name in sorted(names)]

    def _look_at(self, journal: Journal) -> tuple[list[Entry], bool]:
        try:
            return self._take(journal)
        except OSError as error:
            self._told[journal.path] = [
                f"{journal.path}: cannot be read ({error.strerror}); expected a journal. Its "
                "verdicts are not shown. Check its permissions."
            ]
            return [], False

    def _take(self, journal: Journal) -> tuple[list[Entry], bool]:
        """Read on in one journal; whether it is another one than before comes second."""
        path = journal.path
        found = journal.look()
        if found.anew:
            self._read.pop(path, None)
            self._told.pop(path, None)
        if not journal.known:
            self._cuts.pop(path, None)
        if path == self.own.path:
            self._remember(found.lines, found.anew)
        entries, told = self._decoded(path, found.lines, found.first)
        self._read.setdefault(path, []).extend(entries)
        self._told.setdefault(path, []).extend(told)
        if journal.known and (found.lines or found.anew or journal.cut):
            entries += self._cut(journal)
        return entries, found.anew

    def _remember(self, lines: list[str], anew: bool) -> None:
        if anew:
            here = set(lines)
            known = [*self._texts, *self.missing]
            self.missing = [text for text in known if text not in here]
            self._texts = []
        elif self.missing:
            here = set(lines)
            self.missing = [text for text in self.missing if text not in here]
        self._texts += lines

    def _decoded(self, path: Path, lines: list[str], first: int) -> tuple[list[Entry], list[str]]:
        entries, told, dataset = [], [], self._dataset
        for number, text in enumerate(lines, first):
            try:
                entry = decode(text, dataset)
            except LineError as error:
                if text.strip():
                    told.append(f"{path}:{number}: {error}. It is kept and does not count.")
            else:
                if entry is not None:
                    entries.append(entry)
        return entries, told

    def _cut(self, journal: Journal) -> list[Entry]:
        """Entry in a last line without an end; what is less than an entry is told."""
        self._cuts.pop(journal.path, None)
        if not journal.cut.strip():
            return []
        try:
            entry = decode(journal.cut, self._dataset)
        except LineError:
            self._cuts[journal.path] = (
                f"{journal.path}:{journal.count + 1}: the last line is cut off after "
                f"{len(journal.cut)} bytes; it was not shown as saved. It is kept and does not "
                "count; the next verdict begins on a line of its own."
            )
            return []
        return [] if entry is None else [entry]

    def _taken_in(self, looks: list[tuple[list[Entry], bool]]) -> News:
        if any(anew for _, anew in looks):
            self._begin_again()
            return News(list(self.entries.values()), anew=True)
        known = self.entries
        new = {e.id: e for entries, _ in looks for e in entries if e.id not in known}
        known.update(new)
        return News(sorted(new.values(), key=_ORDER))

    def _begin_again(self) -> None:
        """Count anew what stands in all journals, and what has gone from the own one."""
        lost, _ = self._decoded(self.own.path, self.missing, 1)
        cuts = [self._cut(journal) for journal in self._journals.values()]
        self.entries = {e.id: e for es in (*self._read.values(), lost, *cuts) for e in es}
        elsewhere = {entry.text for entries in self._read.values() for entry in entries}
        self.missing = [text for text in self.missing if text not in elsewhere]
