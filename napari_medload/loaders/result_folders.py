"""Results of a registration beside the folders of a paired dataset.

``transforms``, ``warped_images``, ``warped_labels``, ``fixed_landmarks`` and ``moving_landmarks``
hold files that are named like the images of their pair, each with a suffix of its own. A pair that
has none there is a pair without a result, and nothing is wrong with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.formats import Source
from napari_medload.loaders.sample import suffix_in_role
from napari_medload.loaders.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from napari_medload.loaders.sample import Sample

RESULT_FOLDERS = {
    "transform": "transforms",
    "warped_image": "warped_images",
    "warped_label": "warped_labels",
    "fixed_landmarks": "fixed_landmarks",
    "moving_landmarks": "moving_landmarks",
}


def with_results(
    samples: Iterable[Sample], place: Path, folders: Mapping[str, str]
) -> list[Sample]:
    """Give samples what lies beside their images under the same names.

    Parameters
    ----------
    samples : iterable of Sample
    place : Path
        Folder that holds the folders of all roles.
    folders : mapping of role to str
        Name of the folder of each image role.

    Returns
    -------
    list of Sample
        Where two files fit one name, that of the first suffix by the alphabet is taken, and a
        problem says so.
    """
    found = {
        role: files
        for role, name in RESULT_FOLDERS.items()
        if (place / name).is_dir() and (files := _files(role, place / name))
    }
    return [_joined(sample, place, folders, found) for sample in samples] if found else [*samples]


def _files(role: str, folder: Path) -> dict[str, list[str]]:
    """Files of a role by their names without suffix."""
    named: dict[str, list[str]] = {}
    try:
        files, _troubles = walk(str(folder), lambda name: suffix_in_role(role, name) is not None)
    except OSError:  # the pairs can be looked at all the same
        return {}
    for file in sorted(files):
        suffix = suffix_in_role(role, file)
        if suffix is not None:
            named.setdefault(file[: -len(suffix)], []).append(file)
    return named


def _joined(
    sample: Sample,
    place: Path,
    folders: Mapping[str, str],
    found: Mapping[str, Mapping[str, list[str]]],
) -> Sample:
    name = _name_of(sample, place, folders)
    fitting = {role: files[name] for role, files in found.items() if name in files}
    if not fitting:
        return sample
    sources = {
        role: Source(place / RESULT_FOLDERS[role] / files[0]) for role, files in fitting.items()
    }
    problems = tuple(
        f"{role.replace('_', ' ')}: {len(files)} files of one name, {' and '.join(files[:2])}; the "
        "first is shown"
        for role, files in fitting.items()
        if len(files) > 1
    )
    return replace(
        sample,
        sources={**sample.sources, **sources},
        problems=(*sample.problems, *problems),
    )


def _name_of(sample: Sample, place: Path, folders: Mapping[str, str]) -> str:
    """Name of a pair: that of its files below the folders of their roles, or of their key."""
    for role in ("fixed_image", "moving_image"):
        source = sample.sources.get(role)
        if source is None:
            continue
        if source.key is not None:
            return source.key
        below = source.path.relative_to(place / folders[role]).as_posix()
        return below[: -len(suffix_in_role(role, below) or "") or None]
    return ""
