"""What nnU-Net would refuse, or leave out."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from napari_medload.export.choice.splitting import units_of
from napari_medload.export.files.file_names import name_remarks
from napari_medload.export.files.label_values import LabelValues, values_in
from napari_medload.export.remark import Remark
from napari_medload.export.training.nnunet.cases import (
    cases_of,
    channels_of,
    is_test,
    is_validation,
    names_of,
    segmented,
    trained,
)
from napari_medload.export.training.nnunet.headers import ENDINGS, ending_of, faults_of
from napari_medload.export.training.nnunet.labels import gap_in, labels_of
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.export.training.nnunet.cases import Case

_THREADS = 4
_TOLD_EVERY = 20
_SHOWN = 20


def remarks_of(selection: Selection, target: Target, folds_file: str) -> Iterator[Remark]:
    """Say all that is wrong; voxels are read of the cases with which nothing else is."""
    cases = list(cases_of(selection, target.options.role))
    yield from _of_places(cases, target)
    yield from _left_out(selection)
    yield from _roles_left_out(selection, cases)
    yield from _of_splits(selection)
    yield from _of_folds(selection, cases, target, folds_file)
    yield from _of_channels(selection, target)
    yield from _of_names(selection)
    yield from _of_files(cases)
    cases = [case for case in cases if not (case.lacks or None in _endings(case))]
    faults, wrong = _of_headers(cases, target)
    yield from faults
    yield from _of_labels(selection, [case for case in cases if case.name not in wrong], target)


def _ids(cases: Iterable[Case]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case.sample.id for case in cases))


def _of_places(cases: Sequence[Case], target: Target) -> Iterator[Remark]:
    if target.base is not None and target.base != target.path:
        yield Remark(
            "error",
            f"paths would be relative to {target.base}, but nnU-Net looks for them from the folder "
            f"of its dataset; expected relative_to {target.path}, or absolute paths. Choose one",
        )
    odd = [
        case
        for case in cases
        if any(os.path.expandvars(s.file) != s.file for s in (*case.held.values(), case.label) if s)
    ]
    if odd:
        yield Remark(
            "error",
            "paths hold a $ and the name of a variable, which nnU-Net would replace; expected "
            "paths without. Rename the folders or files",
            _ids(odd),
        )


def _left_out(selection: Selection) -> Iterator[Remark]:
    test = tuple(entry.sample.id for entry in selection if is_test(entry.sample))
    if test:
        all_of_them = len(test) == len(selection)
        yield Remark(
            "error" if all_of_them else "warning",
            "nnU-Net lists no test cases; expected those of train and val. "
            + ("Choose other splits" if all_of_them else "The samples of test are left out"),
            test,
        )


def _roles_left_out(selection: Selection, cases: Sequence[Case]) -> Iterator[Remark]:
    """Name the roles that are in no case, such as the moving side where the fixed is segmented."""
    held = {role for case in cases for role in case.images}
    held |= {f"{image}label" for image in {role.partition("image")[0] for role in held}}
    if out := [role for role in selection.roles if role not in held]:
        yield Remark(
            "warning",
            f"nnU-Net gets no {', '.join(out)} of these samples; it segments images one by one. "
            "Choose another role, such as both, where that is meant",
            tuple(e.sample.id for e in selection if any(role in e.sample.sources for role in out)),
        )


def _of_splits(selection: Selection) -> Iterator[Remark]:
    known = ("train", "val", "test")
    other = tuple(
        e.sample.id
        for e in selection
        if e.sample.split and same_split(e.sample.split, known) is None
    )
    if other:
        yield Remark(
            "warning",
            "samples are of other splits than train, val and test; nnU-Net trains with them. Leave "
            "them out where it should not",
            other,
        )


def _of_folds(
    selection: Selection, cases: Sequence[Case], target: Target, folds_file: str
) -> Iterator[Remark]:
    count = target.options.folds
    if count:
        units = units_of(trained(selection), parts=count)
        yield from units.remarks
        if not 2 <= count <= len(units.strata):
            yield Remark(
                "error",
                f"{count} folds were asked for, of {len(units.strata)} subjects; expected from 2 "
                "to as many as there are subjects, or 0 for the splits as they are. Change folds",
            )
    validating = [case for case in cases if is_validation(case.sample)]
    if not count and cases and len(validating) == len(cases):
        yield Remark(
            "error",
            "all samples validate; expected some to train with. Choose the split train too, or "
            "ask for folds",
        )
    if not (count or validating) and (target.path / folds_file).exists():
        yield Remark(
            "error",
            f"{target.path / folds_file} is there, with folds of another list, and these samples "
            "have no validation; expected folds of these cases. Ask for folds, such as 5, or "
            "remove the file",
        )


def _of_channels(selection: Selection, target: Target) -> Iterator[Remark]:
    given = [name for name in target.options.channel_names.split(",") if name.strip()]
    images = segmented(selection, target.options.role)
    count = len(channels_of(selection, images))
    if given and len(given) != count:
        yield Remark(
            "error",
            f"{len(given)} channels are named, but {', '.join(images)} has {count}; expected a "
            "name for each, or none. Correct channel_names",
        )


def _of_names(selection: Selection) -> Iterator[Remark]:
    listed = trained(selection)
    yield from name_remarks(listed, names_of(listed), apart=False)


def _endings(case: Case) -> set[str | None]:
    return {ending_of(s) for s in (*case.held.values(), case.label) if s is not None}


def _of_files(cases: Sequence[Case]) -> Iterator[Remark]:
    """Say what can be known without opening a file."""
    if lacking := [case for case in cases if case.lacks]:
        wanted = (*lacking[0].images, "label")
        yield Remark(
            "error",
            f"samples lack an image or label; expected {', '.join(wanted)} of each. Leave them "
            "out, or choose another role",
            _ids(lacking),
        )
    by_ending: dict[str, list[Case]] = defaultdict(list)
    unread = []
    for case in cases:
        endings = _endings(case)
        if None in endings:
            unread.append(case)
        for ending in endings - {None}:
            by_ending[str(ending)].append(case)
    if unread:
        yield Remark(
            "error",
            f"files are of a kind that nnU-Net does not read; expected one of "
            f"{', '.join(ENDINGS)}. Convert them to .nii.gz",
            _ids(unread),
        )
    if len(by_ending) > 1:
        usual, *others = sorted(by_ending, key=lambda ending: -len(by_ending[ending]))
        yield Remark(
            "error",
            f"files end with {', '.join((usual, *others))}; expected one file_ending for all. "
            f"Convert these to {usual}",
            _ids(case for ending in others for case in by_ending[ending]),
        )


def _of_headers(cases: Sequence[Case], target: Target) -> tuple[list[Remark], set[str]]:
    """Say what headers tell, and name the cases with a fault."""
    found: dict[str, list[Case]] = defaultdict(list)
    places: dict[str, str] = {}
    for case, fault, where in faults_of(cases, target):
        found[fault].append(case)
        places.setdefault(fault, where)
    remarks = [
        Remark("error", f"{fault}; such as: {places[fault]}", _ids(those))
        for fault, those in found.items()
    ]
    return remarks, {case.name for those in found.values() for case in those}


def _of_labels(selection: Selection, cases: Sequence[Case], target: Target) -> Iterator[Remark]:
    """Say what the voxels of the labels tell."""
    if not cases:
        return
    values: dict[str, LabelValues] = {}
    unread: list[Case] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for place, (case, found) in enumerate(zip(cases, pool.map(_values, cases), strict=True)):
            if place % _TOLD_EVERY == 0:
                target.tell(f"reading labels: {place:,} of {len(cases):,}")
            if found is None:
                unread.append(case)
            else:
                values[case.name] = found
    if unread:
        yield Remark("error", "labels cannot be read; mend or leave out the samples", _ids(unread))
    soft = [case for case in cases if case.name in values and not values[case.name].whole]
    if soft:
        yield Remark(
            "error",
            "labels hold fractions, or thousands of values; expected whole numbers, one a "
            "structure: nnU-Net knows no soft labels. Round them, or threshold them",
            _ids(soft),
        )
    if not (unread or soft):
        yield from _of_gaps(selection, cases, values)


def _values(case: Case) -> LabelValues | None:
    try:
        return None if case.label is None else values_in(case.label)
    except (OSError, ValueError):
        return None


def _of_gaps(
    selection: Selection, cases: Sequence[Case], values: dict[str, LabelValues]
) -> Iterator[Remark]:
    labels = labels_of(selection, cases)
    missing = gap_in(labels)
    if missing is None:
        if len(labels) == 1:
            yield Remark(
                "warning", "labels hold 0 alone; expected a structure to segment in some of them"
            )
        return
    beyond = [
        case
        for case in cases
        if any(value < 0 or value > missing >= 0 for value in values[case.name].whole)
    ]
    yield Remark(
        "error",
        f"labels have the values {_listed(labels.values())}; expected 0 and all numbers from 1 "
        "without a gap. Number the labels anew (0 is background), or name the missing values in "
        "a label table",
        _ids(beyond),
    )


def _listed(values: Iterable[int]) -> str:
    found = sorted(values)
    more = f" … {found[-1]}" if len(found) > _SHOWN else ""
    return ", ".join(map(str, found[:_SHOWN])) + more
