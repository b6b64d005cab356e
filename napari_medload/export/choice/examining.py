"""What is asked of the files of samples before they are exported: findings, and hashes.

Samples are examined side by side, and those with large volumes one after another.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

from napari_medload.checks import Finding, Severity
from napari_medload.checks.battery import check_headers, check_voxels, led_to_labels
from napari_medload.checks.described import Described
from napari_medload.checks.files import unreadable_findings
from napari_medload.checks.finding import worst_first
from napari_medload.checks.measures import no_pause
from napari_medload.checks.room import NEVER_TOO_LARGE, too_large, voxel_bytes
from napari_medload.export.choice.hashing import Hashes, hash_in_role
from napari_medload.formats import read_header
from napari_medload.formats.storage.regular import expect_file
from napari_medload.images import read_volume
from napari_medload.loaders.sample import is_image_role, is_label_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from napari_medload.checks.measures import Breathe
    from napari_medload.export.selection import Entry, Selection
    from napari_medload.formats import Header, Source
    from napari_medload.images import Volume
    from napari_medload.loaders import Dataset, Sample

Depth: TypeAlias = Literal["none", "headers", "voxels"]
DEPTHS: tuple[Depth, ...] = ("none", "headers", "voxels")

_THREADS = max(2, min(4, os.cpu_count() or 2))
_AHEAD = 64
_ASKED_EVERY_S = 0.2
_ONE_LARGE = Lock()
"""Held while a sample with large volumes is in memory: several at once might not fit."""


class _StoppedError(Exception):
    """Nobody waits for it any more."""


def examined(
    chosen: Selection,
    depth: Depth,
    content: bool,
    told: Callable[[int], object],
    executor: Executor | None = None,
    hashes: Hashes | None = None,
) -> list[Entry]:
    """Check the samples of a selection, and hash the contents that are not known.

    Parameters
    ----------
    content : bool
        Whether contents are hashed.
    told : callable
        Told how many are done; whatever it raises ends the work.
    executor : Executor, optional
        Threads, processes or a cluster; some threads where it is left out.
    hashes : Hashes, optional
        Those that were made before, and need not be made again by these threads.
    """
    around = replace(chosen.dataset, samples=())  # a process needs no others to examine one
    if executor is not None:
        each = (executor.submit(_examine, around, e, depth, content) for e in chosen)
        return _in_turn(each, told)
    stop, hashing = Event(), hashes or Hashes()

    def breathe() -> None:
        if stop.is_set():
            raise _StoppedError

    with ThreadPoolExecutor(_THREADS, "medload-examine") as pool:
        each = (pool.submit(_examine, around, e, depth, content, breathe, hashing) for e in chosen)
        try:
            return _in_turn(each, told)
        finally:
            stop.set()


def _in_turn(each: Iterator[Future[Entry]], told: Callable[[int], object]) -> list[Entry]:
    """Gather what is submitted, some ahead; nothing more is begun once something is raised."""
    pending: deque[Future[Entry]] = deque()
    done: list[Entry] = []
    try:
        for future in each:
            pending.append(future)
            if len(pending) >= _AHEAD:
                _gather(pending.popleft(), done, told)
        while pending:
            _gather(pending.popleft(), done, told)
    finally:
        for future in pending:
            future.cancel()
    return done


def _gather(future: Future[Entry], done: list[Entry], told: Callable[[int], object]) -> None:
    while not future.done():
        wait([future], _ASKED_EVERY_S)  # without end, Windows would not see Ctrl-C
        told(len(done))
    done.append(future.result())
    told(len(done))


def _examine(
    dataset: Dataset,
    entry: Entry,
    depth: Depth,
    content: bool,
    breathe: Breathe = no_pause,
    hashing: Callable[[str, Source], str] = hash_in_role,
) -> Entry:
    breathe()
    found, hashes = entry.findings, entry.content
    if depth != "none":
        found = findings_of(dataset, entry.sample, depth, breathe)
    if content and not hashes:
        hashes = content_of(entry.sample, breathe, hashing)
    return replace(entry, findings=found, content=hashes)


def findings_of(
    dataset: Dataset, sample: Sample, depth: Depth, breathe: Breathe = no_pause
) -> tuple[Finding, ...]:
    """Ask the checks of one sample; what cannot be read is a finding, and no error.

    Parameters
    ----------
    depth : str
        ``"headers"``, or ``"voxels"`` for both. Voxels that would fill the memory are a finding.
    breathe : callable
        Called between small parts of the work; it may raise to end it.

    Returns
    -------
    tuple of Finding
        Worst first.
    """
    headers: dict[str, Header] = {}
    reasons = _lacking(sample)
    for role, source in sample.image_sources.items():
        try:
            headers[role] = read_header(source)
        except Exception as error:  # whatever a broken file provokes, the others go on
            reasons[role] = str(error) or type(error).__name__
    try:
        found = check_headers(Described(sample, headers, reasons, dataset.alignment))
        if depth != "voxels":
            return found
        told = {finding.sentence for finding in found}
        late = _by_voxels(dataset, sample, frozenset(headers), breathe)
        return worst_first((*found, *(f for f in late if f.sentence not in told)))
    except _StoppedError:
        raise
    except Exception as error:  # one sample that no check was made for stops no other
        why = str(error) or type(error).__name__
        return (Finding("checks", Severity.WARNING, f"it could not be checked: {why}"),)


def content_of(
    sample: Sample,
    breathe: Breathe = no_pause,
    hashing: Callable[[str, Source], str] = hash_in_role,
) -> tuple[tuple[str, str], ...]:
    """Hash what each role holds; roles that cannot be read, or have no room, are left out."""
    found = []
    for role, source in sample.sources.items():
        breathe()
        needed = voxel_bytes([source]) if is_image_role(role) else 0
        with _room(needed), suppress(OSError):
            if too_large(needed) is None:
                found.append((role, hashing(role, source)))
    return tuple(found)


def _room(needed: int) -> AbstractContextManager[object]:
    return nullcontext() if needed < NEVER_TOO_LARGE else _ONE_LARGE


def _lacking(sample: Sample) -> dict[str, str]:
    """Say by role which transforms and landmarks are no files; nothing is opened."""
    reasons = {}
    for role, source in sample.sources.items():
        if not is_image_role(role):
            try:
                expect_file(source.file)
            except OSError as error:
                reasons[role] = str(error)
    return reasons


def _by_voxels(
    dataset: Dataset, sample: Sample, readable: frozenset[str], breathe: Breathe
) -> tuple[Finding, ...]:
    """Read the volumes whose headers could be read, if there is room for them, and check them."""
    needed = voxel_bytes(sample.image_sources.values())
    with _room(needed):
        large = too_large(needed)
        if large is not None:
            return (large,)
        volumes: dict[str, Volume] = {}
        reasons: dict[str, str] = {}
        for role, source in sample.image_sources.items():
            breathe()
            try:
                if role in readable:
                    volumes[role] = read_volume(source)
            except Exception as error:  # whatever a broken file provokes, the others go on
                reasons[role] = str(error) or type(error).__name__
        found = _of_voxels(dataset, sample, volumes, breathe)
        return (*unreadable_findings(reasons), *found)


def _of_voxels(
    dataset: Dataset, sample: Sample, volumes: dict[str, Volume], breathe: Breathe
) -> tuple[Finding, ...]:
    categories = {
        role: dataset.categories_of(sample, sample.sources[role])
        for role in filter(is_label_role, volumes)
    }
    found = check_voxels(sample, volumes, categories, dataset.alignment, breathe)
    led = led_to_labels(sample, volumes, dataset.alignment, breathe)
    told = {finding.sentence for finding in led}
    return (*(f for f in found if f.sentence not in told), *led)
