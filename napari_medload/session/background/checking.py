"""Checking the voxels of all samples in the background, behind everything that a person waits for.

One sample is in memory at a time, besides coarse copies of a few that are compared with each other.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.checks import Finding, Severity
from napari_medload.checks.battery import check_voxels, led_to_labels
from napari_medload.checks.coarse import coarse_pair
from napari_medload.checks.files import unreadable_findings
from napari_medload.checks.measures import no_pause
from napari_medload.checks.pairing import judge
from napari_medload.checks.room import too_large, voxel_bytes
from napari_medload.formats.displacements import FIELD_SUFFIXES
from napari_medload.formats.transforms import read_transform
from napari_medload.images import read_volume
from napari_medload.loaders.sample import is_label_role
from napari_medload.session.background.cache import SupersededError
from napari_medload.session.background.ending import Ending
from napari_medload.session.background.messages import Progress
from napari_medload.session.scene.resident import in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from napari_medload.checks.coarse import CoarsePair
    from napari_medload.checks.measures import Breathe
    from napari_medload.checks.pairing import Judgement
    from napari_medload.geometry import FloatArray
    from napari_medload.images import Volume
    from napari_medload.loaders import Dataset, Sample
    from napari_medload.session.background.mailbox import Mailbox

CHECKING = "checking voxels"
"""What `Progress` calls this work."""

_NICENESS = 15
_ASKED_EVERY_S = 0.05
_TOLD_EVERY_S = 0.1
_MOMENT_S = 0.4
_EITHER_SIDE = 3

Held: TypeAlias = "Callable[[Sample, str], Volume | None]"
"""Volume of a role, where it is in memory already."""


@dataclass(frozen=True)
class Checked:
    """What has been found of one sample.

    Parameters
    ----------
    sample : int
    findings : tuple of Finding
    pairing : Judgement, optional
        Told later than the findings: it takes other samples to judge a pair.
    """

    sample: int
    findings: tuple[Finding, ...]
    pairing: Judgement | None = None


class Checking:
    """Reads the voxels of samples one after another, and asks the checks.

    Parameters
    ----------
    mailbox : Mailbox
        How results reach the session's thread.
    executor : Executor
        Of a single thread.
    held : callable
        Gives volumes that need not be read again. What is read here is kept nowhere.
    busy : callable
        Whether something is being read for a person; asked in the executor.
    """

    def __init__(
        self, mailbox: Mailbox, executor: Executor, held: Held, busy: Callable[[], bool]
    ) -> None:
        self._mailbox, self._executor = mailbox, executor
        self._held, self._busy = held, busy
        self._free = threading.Event()
        self._free.set()
        self._preferred: tuple[int, ...] = ()
        self._turned = -math.inf
        self._token = 0

    def stop(self) -> None:
        """End the checks; what was found stays."""
        self._token += 1
        self._free.set()

    def hold(self, waiting: bool) -> None:
        """Pause while a person waits for a sample."""
        if waiting:
            self._free.clear()
        else:
            self._free.set()

    def prefer(self, samples: Sequence[int]) -> None:
        """Check these samples next, in their order, unless they are checked.

        They are those around a sample that a person turns to, so nothing goes on for a moment: who
        steps quickly is not held up by a processor at work.
        """
        self._preferred = tuple(samples)
        self._turned = time.monotonic()

    def begin(
        self,
        dataset: Dataset,
        found: Callable[[Checked], None],
        progress: Callable[[Progress | None], None],
    ) -> None:
        """Check a dataset.

        Parameters
        ----------
        found : callable
            Takes what is found, in the session's thread.
        progress : callable
            Told how far it is, in the session's thread; None at its end.
        """
        self._token += 1
        token, total = self._token, len(dataset)
        progress(Progress(CHECKING, 0, total))

        ending = Ending(self._executor)

        def wanted() -> bool:
            while token == self._token and not ending.near:
                if self._free.wait(_ASKED_EVERY_S):
                    moment = time.monotonic() - self._turned < _MOMENT_S
                    if not (moment or self._busy()):
                        return True
                    time.sleep(_ASKED_EVERY_S)
            return False

        def take(batch: Sequence[Checked], done: int) -> None:
            if token == self._token:
                for checked in batch:
                    found(checked)
                progress(Progress(CHECKING, done, total) if done < total else None)

        def tell(batch: Sequence[Checked], done: int) -> None:
            self._mailbox.post(lambda: take(batch, done))

        def breathe() -> None:
            if not wanted():
                raise SupersededError

        self._executor.submit(self._run, dataset, breathe, tell)

    def _run(
        self,
        dataset: Dataset,
        breathe: Breathe,
        tell: Callable[[Sequence[Checked], int], None],
    ) -> None:
        window = Window(dataset)
        batch: list[Checked] = []
        last = time.monotonic()
        with suppress(SupersededError):
            breathe()
            for done, sample in enumerate(self._order(len(dataset)), start=1):
                batch += self._check(dataset, sample, window, breathe)
                if time.monotonic() - last >= _TOLD_EVERY_S and done < len(dataset):
                    tell(batch, done)
                    batch, last = [], time.monotonic()
            batch += window.close(breathe)
            tell(batch, len(dataset))

    def _order(self, total: int) -> Iterator[int]:
        """All samples: those preferred at each moment, then the first that is left."""
        left = bytearray(b"\1") * total
        first = 0
        while True:
            while first < total and not left[first]:
                first += 1
            if first == total:
                return
            wish = next((s for s in self._preferred if s < total and left[s]), first)
            left[wish] = 0
            yield wish

    def _check(
        self, dataset: Dataset, number: int, window: Window, breathe: Breathe
    ) -> list[Checked]:
        """Check a sample, and judge those whose turn has come.

        Raises
        ------
        SupersededError
            If the checks are stopped meanwhile.
        """
        sample = dataset[number]
        large = too_large(voxel_bytes(sample.image_sources.values()))
        if large is not None:
            return [Checked(number, (large,))]
        volumes: dict[str, Volume] = {}
        reasons: dict[str, str] = {}
        for role in sample.image_sources:
            breathe()
            try:
                volumes[role] = self._read(sample, role)
            except Exception as error:  # whatever a broken file provokes, the others go on
                reasons[role] = str(error) or type(error).__name__
        unread = unreadable_findings(reasons)
        try:
            result = [Checked(number, (*unread, *_ask(dataset, sample, volumes, breathe)))]
            breathe()
            pair = coarse_pair(sample, volumes, through=_transform_of(sample))
            volumes.clear()
            return result if pair is None else result + window.add(number, pair, breathe)
        except SupersededError:
            raise
        except Exception as error:  # one sample that no check was made for stops no other
            return [Checked(number, (*unread, _failed(error)))]

    def _read(self, sample: Sample, role: str) -> Volume:
        held = None if is_label_role(role) else self._held(sample, role)
        return held or in_memory(read_volume(sample.sources[role]))


def _transform_of(sample: Sample) -> FloatArray | None:
    """Matrix of the transform of a registration, RAS mm; None where there is no linear one."""
    source = sample.sources.get("transform")
    if source is None or source.file.lower().endswith(FIELD_SUFFIXES):
        return None
    with suppress(OSError, ValueError):  # that it can't be read has been found with the headers
        return read_transform(source.path).matrix
    return None


def _ask(
    dataset: Dataset, sample: Sample, volumes: Mapping[str, Volume], breathe: Breathe
) -> tuple[Finding, ...]:
    categories = {
        role: dataset.categories_of(sample, sample.sources[role])
        for role in filter(is_label_role, volumes)
    }
    found = check_voxels(sample, volumes, categories, dataset.alignment, breathe)
    return (*found, *led_to_labels(sample, volumes, dataset.alignment, breathe))


def _failed(error: Exception) -> Finding:
    return Finding(
        "checks",
        Severity.WARNING,
        f"its voxels could not be checked: {error or type(error).__name__}",
    )


@dataclass
class Window:
    """Coarse copies of the last few pairs, and which of them are judged.

    Parameters
    ----------
    dataset : Dataset
    """

    dataset: Dataset
    _pairs: deque[tuple[int, CoarsePair]] = field(default_factory=deque)
    _waiting: int = 0

    def add(self, sample: int, pair: CoarsePair, breathe: Breathe = no_pause) -> list[Checked]:
        """Take a pair in; judge the one that stands in the middle then, by those around it."""
        self._pairs.append((sample, pair))
        self._waiting += 1
        if len(self._pairs) > 2 * _EITHER_SIDE + 1:
            self._pairs.popleft()
        return [self._judge(breathe)] if self._waiting > _EITHER_SIDE else []

    def close(self, breathe: Breathe = no_pause) -> list[Checked]:
        """Judge those that still wait for others."""
        return [self._judge(breathe) for _ in range(self._waiting)]

    def _judge(self, breathe: Breathe) -> Checked:
        """Judge the pair that waits longest."""
        breathe()
        place = len(self._pairs) - self._waiting
        self._waiting -= 1
        number, pair = self._pairs[place]
        others = [other for i, (_, other) in enumerate(self._pairs) if i != place]
        try:
            judgement = judge(pair, others, self.dataset.alignment)
        except Exception as error:  # see `Checking._check`
            return Checked(number, (_failed(error),))
        return Checked(number, judgement.findings, judgement)


def step_back() -> None:
    """Let the calling thread have what others leave of the processors, where that can be said."""
    if sys.platform == "linux":  # elsewhere a niceness is of a whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
