"""Members of several roles brought together by name, tolerantly.

A mismatch never stops the others: it becomes a sample with its reason.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from napari_medload.loaders.members import Members, group_of, source_at
from napari_medload.loaders.sample import Sample, is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.formats import Source


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
        Sorted by name, by group first where there are groups. Roles whose files differ only in
        case, or in how accents are encoded, are joined, with a problem; a role that is missing is
        a problem too.
    """
    samples = _all_alike(roles, split, grouped)
    if samples is None:
        samples = _joined(roles, split, grouped)
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
    if len(set(first.names)) < len(first):
        return None
    places = {role: (members.place, members.keyed) for role, members in roles.items()}
    keyed = first.keyed
    return [
        Sample(_sample_id(name, split, group), FilesOfOneName(places, file), group, split)
        for name, file in zip(first.names, first.files, strict=True)
        for group in (group_of(name, keyed)[0] if grouped else "",)
    ]


def _joined(roles: Mapping[str, Members], split: str, grouped: bool) -> list[Sample]:
    """Join members of which some lack a partner, or are spelt in two ways."""
    by_name: dict[str, dict[str, Source]] = {}
    problems: dict[str, list[str]] = {}
    spelt: dict[str, str] = {}
    groups: dict[str, str] = {}
    for role, members in roles.items():
        # a name that is met exactly goes before one that differs in case
        for member in sorted(members, key=lambda member: member.name not in by_name):
            name = _spelling(member.name, role, by_name, spelt)
            found = by_name.setdefault(name, {})
            wrong = problems.setdefault(name, [])
            if name != member.name:
                wrong.append(
                    f"{member.source.path.name}: differs from '{name}' in case or in how letters "
                    "are encoded"
                )
            if role in found:
                wrong.append(
                    f"{role}: two files of one name, {found[role].path.name} and "
                    f"{member.source.path.name}; the first is shown"
                )
                continue
            found[role] = member.source
            groups[name] = group_of(member.name, member.keyed)[0] if grouped else ""
    samples = []
    for name in sorted(by_name):
        wrong = problems[name] + [
            missing(role, name) for role in roles if role not in by_name[name]
        ]
        sample_id = _sample_id(name, split, groups[name])
        samples.append(Sample(sample_id, by_name[name], groups[name], split, tuple(wrong)))
    return samples


def _spelling(
    name: str, role: str, by_name: Mapping[str, Mapping[str, Source]], spelt: dict[str, str]
) -> str:
    """Name under which a member is filed: another spelling of it that lacks this role."""
    if name in by_name:
        return name
    known = spelt.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
    return name if role in by_name.get(known, {}) else known


def _sample_id(name: str, split: str, group: str) -> str:
    """Readable id: split, group and name; ``group-G-I`` in an HDF5 file is the group's G/I."""
    if group and "/" not in name:
        name = "/".join(name.removeprefix("group-").split("-"))
    return f"{split}/{name}" if split else name


def missing(role: str, name: str) -> str:
    """Say that a sample lacks a role."""
    kind = "label" if is_label_role(role) else "image"
    return f"no {role.replace('_', ' ')} named '{name}': the {kind} is missing"


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
            sample = Sample(
                name, sample.sources, sample.group, sample.split, (*sample.problems, note)
            )
        result.append(sample)
    return tuple(result)
