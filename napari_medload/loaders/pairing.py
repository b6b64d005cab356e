"""Members of several roles brought together by name, tolerantly.

A mismatch never stops the others: it becomes a sample with its reason.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from napari_medload.loaders.members import Member, group_of
from napari_medload.loaders.sample import Sample, is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.formats import Source


def join_by_name(
    roles: Mapping[str, list[Member]], split: str = "", grouped: bool = False
) -> list[Sample]:
    """Make a sample of all members with one name.

    Parameters
    ----------
    roles : mapping of role to members
    split : str
        Stands first in each id, where there is one.
    grouped : bool
        Whether names carry groups.

    Returns
    -------
    list of Sample
        Sorted by name. Roles whose files differ only in case, or in how accents are encoded, are
        joined, with a problem; a role that is missing is a problem too.
    """
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
            groups[name] = group_of(member)[0] if grouped else ""
    return [
        _sample(name, by_name[name], problems[name], roles, split, groups[name])
        for name in sorted(by_name)
    ]


def _spelling(
    name: str, role: str, by_name: Mapping[str, Mapping[str, Source]], spelt: dict[str, str]
) -> str:
    """Name under which a member is filed: another spelling of it that lacks this role."""
    if name in by_name:
        return name
    known = spelt.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
    return name if role in by_name.get(known, {}) else known


def _sample(
    name: str,
    found: dict[str, Source],
    problems: list[str],
    roles: Iterable[str],
    split: str,
    group: str,
) -> Sample:
    for role in roles:
        if role not in found:
            problems.append(missing(role, name))
    is_key = group and "/" not in name  # group-G-I in an HDF5 file, where folders are G/I
    sample_id = "/".join(name.removeprefix("group-").split("-")) if is_key else name
    return Sample(
        f"{split}/{sample_id}" if split else sample_id, found, group, split, tuple(problems)
    )


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
