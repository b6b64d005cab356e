"""Path patterns: ``sub-{id}/t1.nii.gz`` finds the fixed image of every id."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from napari_medload.formats.dicom import SUFFIXES
from napari_medload.loaders.dataset import UNDECLARED, Dataset
from napari_medload.loaders.dicom_folders import series_folders
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.members import Members
from napari_medload.loaders.pairing import join_by_name, unique_ids
from napari_medload.loaders.sample import is_image_role, suffix_in_role
from napari_medload.loaders.walking import Trouble, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PLACEHOLDER = re.compile(r"\{([^\W\d]\w*)\}|(\*\*/)|(\*)|(\?)")


def open_patterns(root: Path, patterns: Mapping[str, str]) -> Dataset:
    """Open a dataset from one pattern a role.

    Parameters
    ----------
    root : Path
        Folder that the patterns are relative to.
    patterns : mapping of role to pattern
        ``{id}`` stands for one part of a path or a piece of it; other names in braces may
        stand beside it and become part of the id. ``*`` matches within a part, ``**/`` any
        number of folders. A folder of DICOM files fits as a file does; where several of its
        files fit under one name, they are its slices.

    Raises
    ------
    DatasetError
        If a pattern has no ``{id}``, or no file fits any of them.
    """
    compiled = {role: _compile(pattern) for role, pattern in patterns.items()}
    found: dict[str, list[tuple[str, str]]] = {role: [] for role in patterns}
    unread: dict[str, list[Trouble]] = {role: [] for role in patterns}
    files, troubles = walk(
        str(root), lambda name: any(suffix_in_role(role, name) for role in patterns)
    )
    for below in files:
        for role, name in _names(below, compiled):
            if suffix_in_role(role, below) is not None:  # a sidecar fits 't1.*' too
                found[role].append((name, below))
    for below in series_folders(str(root), files):
        for role, name in _names(below, compiled):
            if is_image_role(role):
                found[role].append((name, below))
    for below, reason in troubles:
        for role, name in _names(below, compiled):
            unread[role].append(Trouble(name, reason))
        if below.endswith("/"):  # nobody knows which roles the folder holds
            unread[next(iter(patterns))].append(Trouble(below, reason))
    if not any(found.values()):
        shown = ", ".join(f"{role}: {pattern}" for role, pattern in patterns.items())
        raise DatasetError(
            f"{root}: no volume fits the patterns ({shown}). Patterns are relative to this folder; "
            "'{id}' stands for what tells samples apart."
        )
    members = {
        role: Members.sorted(str(root), _slices_joined(named), troubles=unread[role])
        for role, named in found.items()
    }
    samples = unique_ids(join_by_name(members))
    alignment = UNDECLARED if "moving_image" in patterns else "none"
    return Dataset(root, "list", samples, alignment, dict(patterns))


def _slices_joined(named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take the folder in place of several DICOM files in it that are found under one name."""
    slices = [
        (name, file.rpartition("/")[0]) for name, file in named if file.lower().endswith(SUFFIXES)
    ]
    several = {each for each, count in Counter(slices).items() if count > 1}
    if not several:
        return named
    files = (each for each in named if (each[0], each[1].rpartition("/")[0]) not in several)
    return [*files, *several]


def _names(file: str, compiled: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, str]]:
    """Roles whose pattern a file fits, with the name that it has there."""
    parts = list(dict.fromkeys(name for form in compiled.values() for name in form.groupindex))
    for role, expression in compiled.items():
        if match := expression.fullmatch(file):
            named = match.groupdict()
            yield role, "_".join(named[part] for part in parts if part in named)


def _compile(pattern: str) -> re.Pattern[str]:
    if "{id}" not in pattern:
        raise DatasetError(
            f"the pattern '{pattern}' has no '{{id}}'; expected one such as 'sub-{{id}}/t1.nii.gz'."
        )
    pattern = pattern.removeprefix("./")
    expression, at, seen = "", 0, set()
    for match in _PLACEHOLDER.finditer(pattern):
        expression += re.escape(pattern[at : match.start()])
        at = match.end()
        name, folders, star, _ = match.groups()
        if name:
            expression += f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+?)"
            seen.add(name)
        else:
            expression += "(?:[^/]+/)*" if folders else "[^/]*" if star else "[^/]"
    return re.compile(expression + re.escape(pattern[at:]))
