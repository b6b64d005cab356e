"""Files: missing, unreadable, misnamed, or hidden behind another."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from napari_medload.checks.check import Check, Observed
from napari_medload.checks.finding import Severity
from napari_medload.checks.pointing import place_in
from napari_medload.checks.sentences import role_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.checks.described import Described
    from napari_medload.checks.finding import Finding, Place

_MISSING = re.compile(r"is missing$|\bnames no |\bcan be no path$|none of its files was found$")
_MISNAMED = re.compile(r"differs from '.*' in case or in how letters are encoded$")
_GAPS = "missing and shown blank"
_PLAIN, _PACKED = ".nii", ".nii.gz"


def unreadable(reasons: Mapping[str, str]) -> Iterator[Observed]:
    """Files whose header, or whose voxels, cannot be read."""
    for role, why in reasons.items():
        yield Observed(f"{role_text(role)}: {why}", (role,))


_UNREADABLE = Check("unreadable", "headers", Severity.ERROR, 99, unreadable)


def unreadable_findings(reasons: Mapping[str, str]) -> tuple[Finding, ...]:
    """Say why files, by their roles, cannot be read, as `unreadable` does."""
    return tuple(_UNREADABLE.findings(reasons))


def missing(case: Described) -> Iterator[Observed]:
    """Files that are expected by their name, or without which nothing is left to look at."""
    for problem in case.sample.problems:
        if _MISSING.search(problem) or not case.sample.sources:
            yield Observed(problem)


def misnamed(case: Described) -> Iterator[Observed]:
    """Files whose name is another where case and encoding count, as they do on other disks."""
    for problem in case.sample.problems:
        if case.sample.sources and _MISNAMED.search(problem):
            yield Observed(problem)


def refused(case: Described) -> Iterator[Observed]:
    """All else that was wrong when it was listed: an error where a role is lost by it."""
    for problem in case.sample.problems:
        if not case.sample.sources or _MISSING.search(problem) or _MISNAMED.search(problem):
            continue
        begins = problem.partition(":")[0].replace(" ", "_")
        lost = begins.endswith(("image", "label")) and begins not in case.sample.sources
        place = _first_gap(case) if problem.endswith(_GAPS) else None
        yield Observed(problem, severity=Severity.ERROR if lost else None, place=place)


def _first_gap(case: Described) -> Place | None:
    """Tell where the first slice lies that no file holds."""
    for role, header in case.headers.items():
        if header.absent:
            i, j, _slices = ((size - 1) / 2 for size in header.grid.shape)
            return place_in(role, header.grid, (i, j, min(header.absent)))
    return None


def shadowed(case: Described) -> Iterator[Observed]:
    """Files ``a.nii.gz`` beside an ``a.nii``.

    Whoever reads them with ITK gets the latter under the name of the former (SimpleITK 2.5.7).
    """
    for role, source in case.sample.image_sources.items():
        if source.key is None and not source.slices and source.file.endswith(_PACKED):
            plain = source.file[: -len(_PACKED)] + _PLAIN
            if os.path.exists(plain):
                packed = os.path.basename(source.file)
                yield Observed(
                    f"{role_text(role)}: {packed} lies beside {os.path.basename(plain)}, which "
                    "ITK reads in its place; expected one of them",
                    (role,),
                )


FILE_CHECKS: tuple[Check[Described], ...] = (
    Check("unreadable", "headers", Severity.ERROR, 99, lambda case: unreadable(case.reasons)),
    Check("missing file", "headers", Severity.ERROR, 98, missing),
    Check("file name", "headers", Severity.ERROR, 40, misnamed),
    Check("listing", "headers", Severity.WARNING, 70, refused),
    Check("shadowed file", "headers", Severity.WARNING, 60, shadowed),
)
