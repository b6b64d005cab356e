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
from napari_medload.loaders.sample import image_of, is_label_role
from napari_medload.session.cache import Cache, SupersededError, forget_frames
from napari_medload.session.resident import Resident, read_resident
from napari_medload.session.scene import Scene, build_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from napari_medload.loaders import Dataset, Sample
    from napari_medload.session.options import ViewOptions

Key: TypeAlias = "tuple[Source, bool, Categories | None]"
"""A file, whether it is read as labels, and what its sample calls these."""

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
    """

    sample: Sample
    residents: Mapping[str, Resident]
    headers: Mapping[str, Header]
    problems: Mapping[str, str]
    options: ViewOptions
    _scenes: dict[ViewOptions, Scene] = field(default_factory=dict, repr=False, compare=False)

    def suits(self, options: ViewOptions) -> bool:
        """Whether a scene with these options needs no further reslicing."""
        mine, theirs = self.options, options
        return (mine.grid, mine.frame, mine.volume) == (theirs.grid, theirs.frame, theirs.volume)

    def scene(self, options: ViewOptions) -> Scene:
        """Resolve into a scene; quick where the options suit, at once for the latest options."""
        scene = self._scenes.get(options)
        if scene is None:
            scene = build_scene(self.sample, self.residents, options, self.problems)
            self._scenes.clear()
            self._scenes[options] = scene
        return scene

    @property
    def nbytes(self) -> int:
        """Memory of all volumes and their copies."""
        return sum({id(r): r.nbytes for r in self.residents.values()}.values())


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
        self.cache: Cache[Key, Resident] = Cache(budget, self._readers)

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

    def run(self, work: Callable[[], None]) -> Future[None]:
        """Open a dataset, apart from what is shown."""
        return self._opening.submit(work)

    def trim(self, keep: Collection[Key], free: int) -> None:
        """Bring the memory back within the budget, with some bytes to spare."""
        self.cache.trim(keep, free)

    def close(self) -> None:
        """Drop what waits, let what runs end by itself, and free the memory."""
        for pool in (self.scanner, self._opening, self._front, self._behind, self._readers):
            pool.shutdown(wait=False, cancel_futures=True)
        self.cache.clear()

    def _prepare(
        self, dataset: Dataset, sample: Sample, options: ViewOptions, wanted: Callable[[], bool]
    ) -> Prepared:
        if not wanted():
            raise SupersededError
        reads = {role: self._read(dataset, role, sample, wanted) for role in sample.sources}
        residents: dict[str, Resident] = {}
        problems: dict[str, str] = {}
        for role, read in reads.items():
            found = self._found(read, partial(self._read, dataset, role, sample, wanted), wanted)
            if isinstance(found, Resident):
                residents[role] = found
            else:
                problems[role] = str(found) or type(found).__name__
        headers = {role: resident.header for role, resident in residents.items()}
        headers |= _headers_of(sample, problems)
        prepared = Prepared(sample, residents, headers, problems, options)
        prepared.scene(options)  # reslicing happens here, off the person's thread
        return prepared

    def _read(
        self, dataset: Dataset, role: str, sample: Sample, wanted: Callable[[], bool]
    ) -> Future[Resident]:
        source, is_label = sample.sources[role], is_label_role(role)

        def read() -> Resident:
            one_hot = is_label and not _is_series(role, sample)
            known = dataset.categories_of(sample, source) if is_label else Categories()
            return read_resident(source, is_label, known.table, one_hot, known.collation)

        return self.cache.read(_key(role, sample), read, wanted)

    def _found(
        self,
        read: Future[Resident],
        again: Callable[[], Future[Resident]],
        wanted: Callable[[], bool],
    ) -> Resident | BaseException:
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


def keys_of(sample: Sample) -> list[Key]:
    """Keys under which the volumes of a sample are kept."""
    return [_key(role, sample) for role in sample.sources]


def _key(role: str, sample: Sample) -> Key:
    is_label = is_label_role(role)
    return sample.sources[role], is_label, sample.categories if is_label else None


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
    for role in roles:
        with suppress(Exception):  # why it cannot be read is known already
            headers[role] = read_header(sample.sources[role])
    return headers
