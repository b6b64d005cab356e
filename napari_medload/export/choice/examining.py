"""What is asked of the files of samples before they are exported: findings, and hashes."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeAlias

from napari_medload.checks import Finding, Severity
from napari_medload.checks.battery import check_headers, check_voxels, led_to_labels
from napari_medload.checks.described import Described
from napari_medload.checks.files import unreadable_findings
from napari_medload.checks.finding import worst_first
from napari_medload.formats import read_header
from napari_medload.formats.storage.regular import expect_file
from napari_medload.images import read_volume
from napari_medload.loaders.identity import bytes_hash, hash_of_source
from napari_medload.loaders.sample import is_image_role, is_label_role

if TYPE_CHECKING:
    from napari_medload.formats import Header
    from napari_medload.images import Volume
    from napari_medload.loaders import Dataset, Sample

Depth: TypeAlias = Literal["none", "headers", "voxels"]
DEPTHS: tuple[Depth, ...] = ("none", "headers", "voxels")


def findings_of(dataset: Dataset, sample: Sample, depth: Depth) -> tuple[Finding, ...]:
    """Ask the checks of one sample; what cannot be read is a finding, and no error.

    Parameters
    ----------
    depth : str
        ``"headers"``, or ``"voxels"`` for both, by reading each file once.

    Returns
    -------
    tuple of Finding
        Worst first.
    """
    headers: dict[str, Header] = {}
    volumes: dict[str, Volume] = {}
    reasons = _lacking(sample)
    for role, source in sample.image_sources.items():
        try:
            headers[role] = read_header(source)
            if depth == "voxels":
                volumes[role] = read_volume(source)
        except Exception as error:  # whatever a broken file provokes, the others go on
            reasons[role] = str(error) or type(error).__name__
    try:
        found = check_headers(Described(sample, headers, reasons, dataset.alignment))
        if depth != "voxels":
            return found
        told = {finding.sentence for finding in found}
        late = [f for f in unreadable_findings(reasons) if f.sentence not in told]
        return worst_first((*found, *late, *_of_voxels(dataset, sample, volumes)))
    except Exception as error:  # one sample that no check was made for stops no other
        why = str(error) or type(error).__name__
        return (Finding("checks", Severity.WARNING, f"it could not be checked: {why}"),)


def content_of(sample: Sample) -> tuple[tuple[str, str], ...]:
    """Hash what each role holds; roles whose bytes cannot be read are left out."""
    found = []
    for role, source in sample.sources.items():
        with suppress(OSError):
            found.append((role, (hash_of_source if is_image_role(role) else bytes_hash)(source)))
    return tuple(found)


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


def _of_voxels(dataset: Dataset, sample: Sample, volumes: dict[str, Volume]) -> tuple[Finding, ...]:
    categories = {
        role: dataset.categories_of(sample, sample.sources[role])
        for role in filter(is_label_role, volumes)
    }
    found = check_voxels(sample, volumes, categories, dataset.alignment)
    led = led_to_labels(sample, volumes, dataset.alignment)
    told = {finding.sentence for finding in led}
    return (*(f for f in found if f.sentence not in told), *led)
