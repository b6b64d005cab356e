"""Getting samples ready to be drawn, in the background and within the memory budget."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.formats import Header, Source, read_header
from napari_medload.labels import Categories
from napari_medload.loaders.sample import image_of, is_image_role, is_label_role, side_of
from napari_medload.session.background.cache import Cache, SupersededError, forget_frames
from napari_medload.session.background.checking import step_back
from napari_medload.session.options import PLANES
from napari_medload.session.scene.as_if import asked_of
from napari_medload.session.scene.resident import Resident, read_resident
from napari_medload.session.scene.resolving import build_scene
from napari_medload.session.scene.results import Part, Result, read_part, result_of
from napari_medload.session.scene.seen_as import SeenAs, see_as

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from napari_medload.images import Volume
    from napari_medload.loaders import Dataset, Sample
    from napari_medload.session.options import AsIf, Lens, ViewOptions
    from napari_medload.session.scene.scene import Scene

Key: TypeAlias = "tuple[Source, bool, Categories | str | None]"
"""A file, whether it is read as labels, and what its sample calls these; the role of no image."""

_READERS = max(2, min(4, os.cpu_count() or 2))


@dataclass(frozen=True)
class Prepared:
    """A sample in memory, resliced for some options.

    Parameters
    ----------
    sample : Sample
    residents : mapping of role to Resident
    headers : mapping of role to Header
        Of the residents, and of files whose voxels could not be read.
    problems : mapping of role to str
        Why other roles are not there.
    options : ViewOptions
        With which it was prepared.
    result : Result
        What a registration has left beside the images.
    seen : mapping of role to SeenAs
        What the program of `options.lens` makes of them.
    partner : mapping of role to Resident
        Moving side of the sample that `options.as_if` takes it of, as far as it could be read.
    """

    sample: Sample
    residents: Mapping[str, Resident]
    headers: Mapping[str, Header]
    problems: Mapping[str, str]
    options: ViewOptions
    result: Result = field(default_factory=Result)
    seen: Mapping[str, SeenAs] = field(default_factory=dict)
    partner: Mapping[str, Resident] = field(default_factory=dict)
    _scenes: dict[ViewOptions, Scene] = field(default_factory=dict, repr=False, compare=False)

    def suits(self, options: ViewOptions) -> bool:
        """Whether a scene with these options needs no further reslicing."""
        supposed = (asked_of(self.sample, each) for each in (self.options, options))
        return _resliced_by(self.options) == _resliced_by(options) and len(set(supposed)) == 1

    def scene(self, options: ViewOptions) -> Scene:
        """Resolve into a scene; quick where the options suit, at once for the latest options."""
        scene = self._scenes.get(options)
        if scene is None:
            before = next(iter(self._scenes.values()), None)
            scene = build_scene(
                self.sample,
                self.residents,
                options,
                self.problems,
                self.result,
                self.seen,
                before,
                self.partner,
            )
            self._scenes.clear()
            self._scenes[options] = scene
        return scene

    @property
    def nbytes(self) -> int:
        """Memory of all volumes and their copies."""
        moved = self.result.transform.nbytes if self.result.transform is not None else 0
        shown = [*self.residents.values(), *(s.resident for s in self.seen.values() if s.resident)]
        shown += self.partner.values()
        return moved + sum({id(r): r.nbytes for r in shown}.values())


class Preparer:
    """Reads and reslices samples in threads; neighbours wait behind what a person looks at.

    Parameters
    ----------
    budget : int
        Bytes of volumes to keep.
    """

    def __init__(self, budget: int) -> None:
        self._readers = ThreadPoolExecutor(_READERS, "medload-read")
        self._front = ThreadPoolExecutor(2, "medload-show")
        self._opening = ThreadPoolExecutor(2, "medload-open")
        self._behind = ThreadPoolExecutor(1, "medload-prefetch")
        self.scanner = ThreadPoolExecutor(1, "medload-scan")
        self.checker = ThreadPoolExecutor(1, "medload-check", step_back)
        self.cache: Cache[Key, Resident | Part] = Cache(budget, self._readers)

    def prepare(
        self,
        dataset: Dataset,
        sample: Sample,
        options: ViewOptions,
        wanted: Callable[[], bool],
        ahead: bool = False,
    ) -> Future[Prepared]:
        """Prepare a sample in the background.

        Parameters
        ----------
        wanted : callable
            Asked between steps, in a thread; where it answers no, the future holds
            `SupersededError`.
        ahead : bool
            Whether this is a neighbour, to be prepared after what is looked at.
        """
        pool = self._behind if ahead else self._front
        future = pool.submit(self._prepare, dataset, sample, options, wanted)
        future.add_done_callback(forget_frames)
        return future

    def held(self, sample: Sample, role: str) -> Volume | None:
        """Return what a file holds where it is in memory, as it is stored; labels are recoded."""
        found = self.cache.held(_key(role, sample))
        if not isinstance(found, Resident) or found.drawn_as_labels or found.absent:
            return None
        return found.volume

    def run(self, work: Callable[[], None]) -> Future[None]:
        """Open a dataset, apart from what is shown."""
        return self._opening.submit(work)

    def trim(self, keep: Collection[Key], free: int) -> None:
        """Bring the memory back within the budget, with some bytes to spare."""
        self.cache.trim(keep, free)

    def close(self) -> None:
        """Drop what waits, let what runs end by itself, and free the memory."""
        behind = (self.scanner, self.checker, self._opening)
        for pool in (*behind, self._front, self._behind, self._readers):
            pool.shutdown(wait=False, cancel_futures=True)
        self.cache.clear()

    def _prepare(
        self, dataset: Dataset, sample: Sample, options: ViewOptions, wanted: Callable[[], bool]
    ) -> Prepared:
        if not wanted():
            raise SupersededError
        reads = {role: self._read(dataset, role, sample, wanted) for role in sample.sources}
        residents: dict[str, Resident] = {}
        parts: dict[str, Part] = {}
        problems: dict[str, str] = {}
        for role, read in reads.items():
            found = self._found(read, partial(self._read, dataset, role, sample, wanted), wanted)
            if isinstance(found, Resident):
                residents[role] = found
            elif not isinstance(found, BaseException):
                parts[role] = found
            else:
                problems[role] = str(found) or type(found).__name__
        headers = {role: resident.header for role, resident in residents.items()}
        headers |= _headers_of(sample, problems)
        result = result_of(parts, residents)
        seen = self._see(dataset, sample, residents, options.lens, wanted)
        partner = self._partner(dataset, asked_of(sample, options), wanted)
        prepared = Prepared(sample, residents, headers, problems, options, result, seen, partner)
        comparison = prepared.scene(options).comparison  # reslicing happens here, in this thread
        if comparison is not None:  # and what its first plane takes to measure
            axis = PLANES.index(options.plane)
            comparison.data.plane(axis, comparison.data.shape[axis] // 2)
        return prepared

    def _read(
        self, dataset: Dataset, role: str, sample: Sample, wanted: Callable[[], bool]
    ) -> Future[Resident | Part]:
        source, is_label = sample.sources[role], is_label_role(role)

        def read() -> Resident | Part:
            if not is_image_role(role):
                return read_part(role, source)
            one_hot = is_label and not _is_series(role, sample)
            known = dataset.categories_of(sample, source) if is_label else Categories()
            return read_resident(source, is_label, known.table, one_hot, known.collation)

        return self.cache.read(_key(role, sample), read, wanted)

    def _see(
        self,
        dataset: Dataset,
        sample: Sample,
        residents: Mapping[str, Resident],
        lens: Lens,
        wanted: Callable[[], bool],
    ) -> dict[str, SeenAs]:
        """Read the images again as another program does, and keep what differs."""
        seen: dict[str, SeenAs] = {}
        for role, resident in residents.items() if lens else ():
            if not wanted():
                raise SupersededError
            make = partial(_labelled, dataset, sample, role)
            seen[role] = see_as(lens, resident, make)
        return seen

    def _partner(
        self, dataset: Dataset, as_if: AsIf | None, wanted: Callable[[], bool]
    ) -> dict[str, Resident]:
        """Read the moving side of another sample; what of it can't be read is left out."""
        if as_if is None or not as_if.partner:
            return {}
        try:
            other = dataset[dataset.index_of(as_if.partner)]
        except KeyError:
            return {}
        found = {}
        for role in other.sources:
            if side_of(role) == "moving" and is_image_role(role):
                again = partial(self._read, dataset, role, other, wanted)
                resident = self._found(again(), again, wanted)
                if isinstance(resident, Resident):
                    found[role] = resident
        return found

    def _found(
        self,
        read: Future[Resident | Part],
        again: Callable[[], Future[Resident | Part]],
        wanted: Callable[[], bool],
    ) -> Resident | Part | BaseException:
        """Wait for a read; one that another had asked for and given up is begun again.

        What went wrong is returned and not raised: the error belongs to a read that others wait
        for as well, and would keep the frames of all of them, with their volumes.
        """
        while True:
            error = read.exception()
            if error is None:
                return read.result()
            if not isinstance(error, SupersededError):
                return error
            if not wanted():
                raise SupersededError
            read = again()


def _resliced_by(options: ViewOptions) -> tuple[object, ...]:
    """Return what decides how files are read and resliced."""
    where = options.grid, options.aligned, options.after
    return (*where, options.frame, options.volume, options.lens)


def _labelled(dataset: Dataset, sample: Sample, role: str, volume: Volume) -> Resident:
    """Prepare a volume for a role, with the labels that its dataset knows."""
    is_label = is_label_role(role)
    one_hot = is_label and not _is_series(role, sample)
    source = sample.sources[role]
    known = dataset.categories_of(sample, source) if is_label else Categories()
    return Resident(volume, is_label, known.table, one_hot, known.collation)


def keys_of(sample: Sample) -> list[Key]:
    """Keys under which the volumes of a sample are kept."""
    return [_key(role, sample) for role in sample.sources]


def _key(role: str, sample: Sample) -> Key:
    is_label = is_label_role(role)
    told = sample.categories if is_label else None if is_image_role(role) else role
    return sample.sources[role], is_label, told


def _is_series(role: str, sample: Sample) -> bool:
    """Whether a label has as many frames as its own image: time points, not channels."""
    own = image_of(role, sample.sources)
    if own is None:
        return False
    image, label = (read_header(sample.sources[r]) for r in (own, role))
    return image.frames == label.frames > 1


def _headers_of(sample: Sample, roles: Iterable[str]) -> dict[str, Header]:
    """Headers of files whose voxels could not be read, as far as these can."""
    headers = {}
    for role in filter(is_image_role, roles):
        with suppress(Exception):  # why it cannot be read is known already
            headers[role] = read_header(sample.sources[role])
    return headers
