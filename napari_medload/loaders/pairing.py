"""Members of several roles brought together by name, tolerantly.

A mismatch never stops the others: it becomes a sample with its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.loaders.members import Member, Members, group_of, lies_in_group, source_at
from napari_medload.loaders.sample import Sample, is_label_role, is_result_role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats import Source

_ABOUT = re.compile(r"(?:no )?([\w ]+?)(?: named '|: )")
"""How a problem of one role begins."""


class FilesOfOneName(Mapping[str, "Source"]):
    """Sources of a sample whose files have one name in the folders of all roles.

    They are made when asked for, because a dataset holds 100,000 of them.

    Parameters
    ----------
    places : dict of role to (folder or HDF5 file, whether it is the latter)
        Shared by all samples of a dataset.
    file : str
        Path below the folders, or key in the HDF5 files.
    """

    __slots__ = ("_file", "_places")

    def __init__(self, places: dict[str, tuple[str, bool]], file: str) -> None:
        self._places = places
        self._file = file

    def __getitem__(self, role: str) -> Source:
        place, keyed = self._places[role]
        return source_at(place, self._file, keyed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(dict(self))


def join_by_name(
    roles: Mapping[str, Members], split: str = "", grouped: bool = False
) -> list[Sample]:
    """Make a sample of all members with one name.

    Parameters
    ----------
    roles : mapping of role to Members
        At least one.
    split : str
        Stands first in each id, where there is one.
    grouped : bool
        Whether names carry groups.

    Returns
    -------
    list of Sample
        Sorted by name, by group first where there are groups. Whatever DeepReg's loaders would
        refuse is a problem: a role that is missing, or that holds two files of one name; files
        that are joined although they differ in case, or in how accents are encoded; a key without
        its group. What cannot be read is a sample without that role, with the reason. Each such
        problem begins with the role that it concerns, and `concerns_labels` tells which.
    """
    samples = _all_alike(roles, split, grouped)
    if samples is None:
        samples = _Rows(roles, grouped).samples(split)
    if grouped:
        samples.sort(key=lambda sample: sample.group)
    return samples


def _all_alike(roles: Mapping[str, Members], split: str, grouped: bool) -> list[Sample] | None:
    """Join roles that have the same files, each name once; None where they do not."""
    if not roles:
        return []
    first, *others = roles.values()
    if any((other.names, other.files) != (first.names, first.files) for other in others):
        return None
    if len(set(first.names)) < len(first) or any(members.troubles for members in roles.values()):
        return None
    if grouped and first.keyed and not all(map(lies_in_group, first.names)):
        return None
    places = {role: (members.place, members.keyed) for role, members in roles.items()}
    keyed = first.keyed
    return [
        Sample(_sample_id(name, split, group), FilesOfOneName(places, file), group, split)
        for name, file in zip(first.names, first.files, strict=True)
        for group in (group_of(name, keyed)[0] if grouped else "",)
    ]


class _Rows:
    """Samples of which some lack a partner, are spelt in two ways, or cannot be read.

    Parameters
    ----------
    roles : mapping of role to Members
    grouped : bool
    """

    def __init__(self, roles: Mapping[str, Members], grouped: bool) -> None:
        self._grouped = grouped
        self._roles = tuple(roles)
        self._sources: dict[str, dict[str, Source]] = {}
        self._problems: dict[str, list[str]] = {}
        self._groups: dict[str, str] = {}
        self._spelt: dict[str, str] = {}
        self._unread: set[tuple[str, str]] = set()
        for role, members in roles.items():
            # a name that is met exactly goes before one that differs in case
            for member in sorted(members, key=lambda member: member.name not in self._sources):
                self._add(role, member)
        for role, members in roles.items():
            for name, reason in members.troubles:
                self._add_trouble(role, name, reason, members.keyed)

    def samples(self, split: str) -> list[Sample]:
        """One sample a name, sorted."""
        return [
            Sample(
                _sample_id(name, split, self._groups[name]),
                self._sources[name],
                self._groups[name],
                split,
                (*self._problems[name], *self._lacking(name)),
            )
            for name in sorted(self._sources)
        ]

    def _add(self, role: str, member: Member) -> None:
        name = self._filed_under(member.name, role)
        found = self._row(name, member.name, member.keyed)
        file = member.file if member.keyed else member.source.path.name
        if name != member.name:
            self._note(
                name, role, f"{file} differs from '{name}' in case or in how letters are encoded"
            )
        if self._grouped and member.keyed and not lies_in_group(member.name):
            self._note(name, role, f"the key '{file}' is not of the form group-X-Y")
        if role in found:
            first = found[role].path.name
            self._note(name, role, f"two files of one name, {first} and {file}; the first is shown")
        else:
            found[role] = member.source

    def _add_trouble(self, role: str, name: str, reason: str, keyed: bool) -> None:
        filed = self._filed_under(name, role)
        self._row(filed, name, keyed)
        self._note(filed, role, reason)
        self._unread.add((filed, role))

    def _row(self, name: str, own_name: str, keyed: bool) -> dict[str, Source]:
        """Return the sources filed under a name, which may be another spelling of its own."""
        self._problems.setdefault(name, [])
        self._groups[name] = group_of(own_name, keyed)[0] if self._grouped else ""
        return self._sources.setdefault(name, {})

    def _note(self, name: str, role: str, problem: str) -> None:
        self._problems[name].append(about(role, problem))

    def _filed_under(self, name: str, role: str) -> str:
        """Name under which a member is filed: another spelling of it that lacks this role."""
        if name in self._sources:
            return name
        known = self._spelt.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        return name if role in self._sources.get(known, {}) else known

    def _lacking(self, name: str) -> list[str]:
        """Roles that are missing and not only unread; nothing is expected beside a folder."""
        if name.endswith("/"):
            return []
        return [
            missing(role, name)
            for role in self._roles
            if role not in self._sources[name]
            and (name, role) not in self._unread
            and not is_result_role(role)
        ]


def _sample_id(name: str, split: str, group: str) -> str:
    """Readable id: split, group and name; ``group-G-I`` in an HDF5 file is the group's G/I."""
    if name.endswith("/"):  # a folder that cannot be listed
        group, name = "", name.rstrip("/")
    if group and "/" not in name:
        name = "/".join(name.removeprefix("group-").split("-"))
    return f"{split}/{name}" if split else name


def missing(role: str, name: str) -> str:
    """Say that a sample lacks a role."""
    kind = "label" if is_label_role(role) else "image"
    return f"no {role.replace('_', ' ')} named '{name}': the {kind} is missing"


def about(role: str, problem: str) -> str:
    """Say which role of a sample a problem is about."""
    return f"{role.replace('_', ' ')}: {problem}"


def concerns_labels(problem: str) -> bool:
    """Whether a problem, as `missing` and `about` word it, is about labels alone."""
    begins = _ABOUT.match(problem)
    return begins is not None and is_label_role(begins[1])


def was_renamed(sample: Sample) -> bool:
    """Whether a sample has got a number, because another has its id."""
    return any(_MET_AGAIN.fullmatch(problem) for problem in sample.problems)


_MET_AGAIN = re.compile(r"the id '.*' is met [0-9]+ times in this list", re.DOTALL)


def unique_ids(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Give samples that share an id numbers, so that each id is met once."""
    seen: dict[str, int] = {}
    result = []
    for sample in samples:
        count = seen[sample.id] = seen.get(sample.id, 0) + 1
        if count > 1:
            name = next(
                n
                for k in range(count, count + len(seen) + 1)
                if (n := f"{sample.id}#{k}") not in seen
            )
            seen[name] = 1
            note = f"the id '{sample.id}' is met {count} times in this list"
            sample = replace(sample, id=name, problems=(*sample.problems, note))
        result.append(sample)
    return tuple(result)
