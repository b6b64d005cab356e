"""Whether the files of samples are there, looked up folder by folder.

Listing a folder costs as much as asking for a handful of its files, and lists of 100,000 samples
know few folders. What is odd about a file is looked at one by one: links, names with line breaks.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from napari_medload.export.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.export.contract import Target
    from napari_medload.export.remark import Gravity
    from napari_medload.formats import Source
    from napari_medload.loaders import Sample

_NAMES_KEPT = 1_000_000
_NONE: frozenset[str] = frozenset()


class Looking:
    """What was seen of the files of samples.

    Parameters
    ----------
    target : Target
        Files outside its base are seen too.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._plain: dict[str, frozenset[str]] = {}
        self._room = _NAMES_KEPT
        self._faults: dict[str, str] = {}
        self._outside: dict[str, bool] = {}
        self._seen: dict[str, dict[str, str]] = {}

    def at(self, sample: Sample) -> None:
        """Look at the files of a sample."""
        sources, known, based = sample.sources, self._plain, self._target.base is not None
        if not sources:
            self._say("no file", sample, "")
        for source in sources.values():
            folder, name = source.parts
            plain = known[folder] if folder in known else self._listed(folder)
            if name not in plain:
                self._look_closely(sample, source)
            if source.slices:
                self._look_at_slices(sample, source, plain)
            if based and self._lies_outside(folder):
                self._say("outside", sample, source.file)

    def remarks(self, gravity: Gravity) -> Iterator[Remark]:
        """Say what was seen; of the gravity given where a file can't be opened."""
        for kind, (sentence, always) in _SENTENCES.items():
            if seen := self._seen.get(kind):
                first = next(iter(seen.values()))
                said = sentence.format(first=first, base=self._target.base)
                yield Remark(always or gravity, said, tuple(seen))

    def _say(self, kind: str, sample: Sample, what: str) -> None:
        self._seen.setdefault(kind, {}).setdefault(sample.id, what)

    def _listed(self, folder: str) -> frozenset[str]:
        """Names in a folder that are surely those of files, and that are ordinary.

        Where very many are known already, none: then each file is asked for.
        """
        found = _names_in(folder) if self._room > 0 and folder.isprintable() else _NONE
        self._room -= len(found)
        if self._room > 0:
            self._plain[folder] = found
        return found

    def _look_closely(self, sample: Sample, source: Source) -> None:
        path = source.file
        if not _is_text(path):
            self._say("no text", sample, _shown(path))
        elif "\n" in path or "\r" in path:
            self._say("broken", sample, repr(path))
        fault = self._fault(path)
        if fault:
            kind, _, why = fault.partition(" ")
            self._say(kind, sample, f"{_shown(path)}{why}")

    def _look_at_slices(self, sample: Sample, source: Source, plain: frozenset[str]) -> None:
        folder = source.parts[0]
        for name in source.slices:
            if name is not None and name not in plain:
                path = os.path.join(folder, name)
                if fault := self._fault(path):
                    kind, _, why = fault.partition(" ")
                    self._say(kind, sample, f"{_shown(path)}{why}")

    def _fault(self, path: str) -> str:
        """Why a file can't be opened; each is asked for once, as far as they can be remembered."""
        if path not in self._faults:
            if len(self._faults) >= _NAMES_KEPT:
                self._faults.clear()
            self._faults[path] = _fault_of(path)
        return self._faults[path]

    def _lies_outside(self, folder: str) -> bool:
        if folder not in self._outside:
            place = self._target.place(os.path.join(folder, "x"))
            self._outside[folder] = os.path.isabs(place)
        return self._outside[folder]


_SENTENCES: dict[str, tuple[str, Gravity | None]] = {
    "no text": (
        "names of files are no text in UTF-8, which lists are written in (first: {first}). Rename "
        "the files",
        "error",
    ),
    "no file": (
        "samples have no file; expected at least one each. Leave them out, or add their files",
        None,
    ),
    "absent": (
        "files are not there (first: {first}); expected all. Connect the disk that they lie on, "
        "or leave these samples out",
        None,
    ),
    "beyond": (
        "files can't be reached (first: {first}); expected files that can be opened. Mend the "
        "links or the permissions, or leave these samples out",
        None,
    ),
    "outside": (
        "files lie outside {base} and are named by absolute paths (first: {first}): they won't "
        "be found when the folder is moved. Choose a folder above all files",
        "warning",
    ),
    "broken": (
        "names of files hold line breaks (first: {first}), which many programs stumble over. "
        "Rename the files",
        "warning",
    ),
}
"""What is said of each kind, and how grave it is where that does not depend on the format."""


def _names_in(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder or os.curdir) as entries:
            names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    except (OSError, ValueError):  # each file will be asked for, and say why
        return _NONE
    if "".join(names).isprintable():
        return frozenset(names)
    return frozenset(name for name in names if name.isprintable())


def _fault_of(path: str) -> str:
    """Say why a file can't be opened, its kind first; empty where it is there."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    except (OSError, ValueError) as error:
        return f"beyond : {getattr(error, 'strerror', None) or error}"
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "beyond : neither file nor folder"


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
