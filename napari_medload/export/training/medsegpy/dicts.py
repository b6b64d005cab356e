"""Dataset dicts of MedSegPy: one for each slice of a sample, or one for its volume."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from napari_medload.export.files.file_names import own_name
from napari_medload.formats import read_header
from napari_medload.formats.hdf5.slices import IMAGE_SUFFIX, KEY
from napari_medload.loaders.medsegpy.dicts import SEG_KEY, VOLUME_KEY
from napari_medload.loaders.medsegpy.names import ScanName
from napari_medload.loaders.members import H5_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_medload.formats import Source
    from napari_medload.loaders import Sample


def is_readable(sample: Sample) -> bool:
    """Whether MedSegPy reads the image of a sample, and the label where there is one."""
    image, label = sample.sources.get("image"), sample.sources.get("label")
    if image is None:
        return False
    if image.slices:
        return image.file.endswith(IMAGE_SUFFIX) and (
            label is None or len(label.slices) == len(image.slices)
        )
    return _is_h5(image) and _files(image, label) is not None


def dicts_of(sample: Sample, place: Callable[[str], str]) -> Iterator[dict[str, Any]]:
    """Make the dicts of a sample that can be read.

    Parameters
    ----------
    sample : Sample
    place : callable
        Writes a path.
    """
    image, label = sample.sources["image"], sample.sources.get("label")
    own: dict[str, Any] = {"scan_id": scan_id_of(sample)}
    named = ScanName.parse(_named_by(image))
    if named is not None:
        own |= {"subject_id": named.subject, "time_point": named.time_point}
    if not image.slices:
        yield {**_volume(image, label, place), **own}
        return
    first = 1 if image.placement is None else 1 + image.placement.first[2]
    count = sum(name is not None for name in image.slices)
    for number, name in enumerate(image.slices):
        if name is not None:
            mask = None if label is None else label.slices[number]
            yield {
                "file_name": place(_beside(image, name)),
                **({} if mask is None else {"sem_seg_file": place(_beside(label or image, mask))}),
                **own,
                "slice_id": first + number,
                "scan_num_slices": count,
            }


def scan_id_of(sample: Sample) -> str:
    """Id of a scan, unlike that of its augmentations: ``0123456_V01-Aug04``."""
    return own_name(sample)


def _beside(source: Source, name: str) -> str:
    return os.path.join(os.path.dirname(source.file), name)


def _named_by(image: Source) -> str:
    """Name that tells subject and visit: of the group in a file, or else of the file."""
    group, _, _key = (image.key or "").rpartition("/")
    return group or image.file


def _volume(image: Source, label: Source | None, place: Callable[[str], str]) -> dict[str, Any]:
    name, mask, inside = _files(image, label) or ("", "", "")
    paths = {"file_name": name, "sem_seg_file": mask, "singlefile_path": inside}
    placed = inside and ("file_name", "sem_seg_file")  # these are groups in the file then
    told = {k: v if k in placed else place(v) for k, v in paths.items() if v}
    try:
        size = read_header(image).shape[:3]
    except (OSError, ValueError):  # reading it will say why
        return told
    return {**told, "image_size": [int(n) for n in size]}


def _files(image: Source, label: Source | None) -> tuple[str, str, str] | None:
    """Name a volume: its file, that of the masks, and the file around both if they are groups.

    None where MedSegPy has no name for its keys.
    """
    group, _, key = (image.key or "").rpartition("/")
    if group:
        other, _, masks = ("", "", SEG_KEY) if label is None else (label.key or "").rpartition("/")
        fits = key == VOLUME_KEY and masks == SEG_KEY and "/" not in group + other
        together = label is None or label.file == image.file
        return (group, other, image.file) if fits and together else None
    if label is None:
        return (image.file, "", "") if key in (VOLUME_KEY, KEY) else None
    if label.file == image.file:
        return (image.file, image.file, "") if (key, label.key) == (VOLUME_KEY, SEG_KEY) else None
    apart = key in (VOLUME_KEY, KEY) and label.key == KEY and _is_h5(label)
    return (image.file, label.file, "") if apart else None


def _is_h5(source: Source) -> bool:
    return source.file.lower().endswith(H5_SUFFIXES)
