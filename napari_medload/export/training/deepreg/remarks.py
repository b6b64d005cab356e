"""What DeepReg would refuse, whichever folders it is given."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from napari_medload.export.errors import ExportError
from napari_medload.export.files.label_values import LabelValues, values_in
from napari_medload.export.remark import Remark
from napari_medload.export.training.deepreg.kind import (
    form_of,
    is_labeled,
    kind_of,
    roles_of,
    section_of,
    split_of,
)
from napari_medload.formats import read_header
from napari_medload.loaders.deepreg.config_refusals import why_refused
from napari_medload.loaders.options import CONFIG_SPLITS
from napari_medload.loaders.sample import is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source

_THREADS = 4
_TOLD_EVERY = 20


def remarks_of(selection: Selection, target: Target, one_hot: bool = False) -> Iterator[Remark]:
    """Say what is wrong, the cheapest first.

    Parameters
    ----------
    selection : Selection
    target : Target
    one_hot : bool
        Whether integer labels are written as one channel a label.
    """
    cheap = [*_of_files(selection, target)]
    yield from cheap
    if any(remark.gravity == "error" for remark in cheap):
        return
    yield from _of_section(selection, target)
    axes = [*_of_axes(selection, target)]
    yield from axes
    if not axes and is_labeled(selection, target.options.labeled):
        yield from _of_labels(selection, target, one_hot)


def _of_files(selection: Selection, target: Target) -> Iterator[Remark]:
    kind = kind_of(selection)
    wanted = ("moving_image", "fixed_image") if kind == "paired" else ("image",)
    lacking = tuple(e.sample.id for e in selection if not {*wanted} <= {*e.sample.sources})
    if lacking:
        yield Remark("error", f"samples lack an image; expected {' and '.join(wanted)}", lacking)
        return
    odd = tuple(e.sample.id for e in selection if split_of(e.sample) is None)
    if odd:
        yield Remark(
            "error",
            f"samples are of other splits; DeepReg knows {', '.join(CONFIG_SPLITS)}. Rename the "
            "splits, or leave them out",
            odd,
        )
    roles = roles_of(selection, target.options.labeled)
    by_form: dict[str | None, list[str]] = defaultdict(list)
    for entry in selection:
        for form in {form_of(entry.sample.sources[role]) for role in roles}:
            by_form[form].append(entry.sample.id)
    if unread := by_form.pop(None, None):
        yield Remark(
            "error",
            "files are of a kind that DeepReg does not read; expected .nii, .nii.gz, or datasets "
            "in .h5. Convert them to .nii.gz",
            tuple(unread),
        )
    if len(by_form) > 1:
        rarer = min(by_form.values(), key=len)
        yield Remark(
            "error",
            "some files are NIfTI and some HDF5; expected one format for all. Convert these",
            tuple(rarer),
        )
    yield from _of_missing_labels(selection, target)


def _of_missing_labels(selection: Selection, target: Target) -> Iterator[Remark]:
    """Labels of some samples alone are no use to DeepReg."""
    labeled = target.options.labeled
    if not labeled or is_labeled(selection, labeled):
        return
    with_labels = tuple(e.sample.id for e in selection if any(map(is_label_role, e.sample.sources)))
    if with_labels:
        yield Remark(
            "warning",
            "not all samples have all labels, so that no labels are used: DeepReg loads all or "
            "none. These have some",
            with_labels,
        )


def _of_section(selection: Selection, target: Target) -> Iterator[Remark]:
    """Let the classes that load the data check the values."""
    try:
        section = section_of(selection, target.options, {})
    except (ExportError, OSError) as error:
        yield Remark("error", str(error))
        return
    reasons = why_refused({**section, "seed": 0, "sample_label": "all"}, section["type"])
    yield from (Remark("error", reason) for reason in reasons)


def _of_axes(selection: Selection, target: Target) -> Iterator[Remark]:
    """Say where training would stop at the shape of an array."""
    roles = roles_of(selection, target.options.labeled)
    jobs = [(e.sample.id, role, e.sample.sources[role]) for e in selection for role in roles]
    unread: dict[str, str] = {}
    found: dict[str, dict[str, None]] = {"image": {}, "label": {}, "channels": {}}
    channels: dict[str, int] = {}
    paired = kind_of(selection) == "paired"
    with ThreadPoolExecutor(_THREADS) as pool:
        shapes = pool.map(_shape, (source for *_, source in jobs))
        for (name, role, _source), shape in zip(jobs, shapes, strict=True):
            if isinstance(shape, str):
                unread.setdefault(name, shape)
                continue
            kind = "label" if is_label_role(role) else "image"
            if len(shape) != 3 and not (kind == "label" and len(shape) == 4):
                found[kind][name] = None
            elif kind == "label":
                count = shape[3] if len(shape) == 4 else 1
                if channels.setdefault(name if paired else "", count) != count:
                    found["channels"][name] = None
    if unread:
        first = next(iter(unread.values()))
        yield Remark("error", f"headers cannot be read, such as: {first}", tuple(unread))
    for kind, names in found.items():
        if names:
            yield Remark("error", _AXES[kind], tuple(names))


_AXES = {
    "image": "images are not 3D, which DeepReg refuses; expected one volume a file. Write them so",
    "label": "labels are neither 3D nor 4D, with a channel a structure; expected one or the other. "
    "Write them so, or switch labeled off",
    "channels": "labels have another number of channels than those that they are compared with; "
    "expected one number. Write the same structures into both, or switch labeled off",
}


def _shape(source: Source) -> tuple[int, ...] | str:
    """Shape as DeepReg takes it, without a fourth axis of one; or why it can't be told."""
    try:
        shape = read_header(source).shape
    except (OSError, ValueError) as error:
        return str(error)
    return shape[:3] if shape[3:] == (1,) else shape


def _of_labels(selection: Selection, target: Target, one_hot: bool) -> Iterator[Remark]:
    roles = [role for role in roles_of(selection, True) if is_label_role(role)]
    jobs = [(e.sample.id, e.sample.sources[role]) for e in selection for role in roles]
    unread: dict[str, None] = {}
    classes: dict[str, None] = {}
    beyond: dict[str, None] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(_values, (source for _id, source in jobs))
        for place, ((sample_id, _source), values) in enumerate(zip(jobs, found, strict=True)):
            if place % _TOLD_EVERY == 0:
                target.tell(f"reading labels: {place:,} of {len(jobs):,}")
            if values is None:
                unread[sample_id] = None
            elif not (values.lowest >= 0 and values.highest <= 1):  # NaN is neither
                whole = bool(values.whole) and values.lowest >= 0
                (classes if whole else beyond)[sample_id] = None
    if unread:
        yield Remark("error", "labels cannot be read; mend or leave them out", tuple(unread))
    if beyond:
        yield Remark(
            "error",
            "labels have fractions, negative or other values outside 0 to 1, which DeepReg "
            "refuses; expected values from 0 to 1. Scale them, or switch labeled off",
            tuple(beyond),
        )
    several = tuple(name for name, source in jobs if name in classes and _frames(source) != 1)
    if one_hot and several:
        yield Remark(
            "error",
            "labels have several channels, and numbers above 1 in them; expected one or the other. "
            "Write masks of 0 and 1",
            tuple(dict.fromkeys(several)),
        )
    if classes and not one_hot:
        here = hasattr(target.options, "one_hot")
        chosen = "Choose" if here else "Export a DeepReg folder (deepreg-folder) with"
        yield Remark(
            "error",
            "labels have the numbers of several structures; DeepReg expects values from 0 to 1, "
            f"one channel a structure. {chosen} how: copy and one hot, which writes them so, or "
            "switch labeled off",
            tuple(classes),
        )


def _values(source: Source) -> LabelValues | None:
    try:
        return values_in(source)
    except (OSError, ValueError):
        return None


def _frames(source: Source) -> int:
    return read_header(source).frames
