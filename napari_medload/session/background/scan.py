"""Reading the headers of a whole dataset in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.checks.described import Described
from napari_medload.formats import Header, read_header
from napari_medload.session.scene.results import lacking
from napari_medload.session.table.facts import SampleFacts, sample_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor, Future

    from napari_medload.loaders import Sample
    from napari_medload.loaders.dataset import Alignment

CHUNK = 32


def scan_sample(sample: Sample, alignment: Alignment) -> SampleFacts:
    """Read the headers of a sample; what cannot be read is a finding, no error."""
    headers: dict[str, Header] = {}
    reasons = lacking(sample)
    for role, source in sample.image_sources.items():
        try:
            headers[role] = read_header(source)
        except Exception as error:  # whatever a broken file provokes, the others go on
            reasons[role] = str(error) or type(error).__name__
    return facts_of(sample, headers, reasons, alignment)


def facts_of(
    sample: Sample,
    headers: Mapping[str, Header],
    reasons: Mapping[str, str],
    alignment: Alignment,
) -> SampleFacts:
    """Facts of a sample whose headers are read, with the reasons why others could not be."""
    return sample_facts(Described(sample, headers, reasons, alignment))


def scan(
    samples: Sequence[Sample],
    alignment: Alignment,
    executor: Executor,
    found: Callable[[int, list[SampleFacts]], None],
    wanted: Callable[[], bool],
) -> Future[None]:
    """Scan a dataset, chunk after chunk, in one task of an executor.

    Parameters
    ----------
    found : callable
        Takes the position of the first sample of a chunk and the facts, in the executor.
    wanted : callable
        Asked before each chunk; the scan ends where it answers no.
    """

    def run() -> None:
        for start, chunk in _chunks(samples):
            if not wanted():
                return
            found(start, [scan_sample(sample, alignment) for sample in chunk])

    return executor.submit(run)


def _chunks(samples: Sequence[Sample]) -> Iterator[tuple[int, Sequence[Sample]]]:
    for start in range(0, len(samples), CHUNK):
        yield start, samples[start : start + CHUNK]
