"""Datasets of nnU-Net, version 1 and 2, and of the Medical Segmentation Decathlon.

``imagesTr`` and ``imagesTs`` hold the images, ``labelsTr`` and ``labelsTs`` their labels;
``dataset.json`` says what channels and labels are called. nnU-Net has one file a channel,
``CASE_0000.nii.gz``, and the label ``CASE.nii.gz``; the Decathlon has one file a case. Version 2
may list its training files in ``dataset.json`` under ``dataset`` instead, wherever they lie.

Training cases are of the split ``train``, or ``val`` where the first fold of a
``splits_final.json`` beside ``dataset.json`` has them; test cases are ``test``. What is wrong with
the dataset as a whole, such as another number of cases than it states, is a problem of its first
sample, where a person begins to look, and is logged.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.formats import Source, suffix_of
from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.layouts.channels import (
    by_channel,
    channel_faults,
    channel_names,
    channel_roles,
    is_channelled,
    role_of,
)
from napari_medload.loaders.layouts.described import (
    description_or_none,
    read_description,
    stated_labels,
)
from napari_medload.loaders.layouts.folds import in_first_fold, in_split, with_problems
from napari_medload.loaders.lists import path_fault, printable
from napari_medload.loaders.lists.schema import MISSING, NONE_FOUND
from napari_medload.loaders.members import Members, list_members
from napari_medload.loaders.pairing import join_by_name, missing, unique_ids
from napari_medload.loaders.quoting import quoted
from napari_medload.loaders.sample import Sample, is_label_role
from napari_medload.loaders.walking import Trouble, walk

if TYPE_CHECKING:
    from pathlib import Path

_JSON = "dataset.json"
_VERSION_2 = ("channel_names", "file_ending", "dataset")
_NO_FACTS = ("images", "label", "sample_id", "group", "split")
_LOG = logging.getLogger(__name__)


class NnUnet:
    """A folder with ``imagesTr``, or a ``dataset.json`` that lists files."""

    name: ClassVar[str] = "nnunet"
    expects: ClassVar[str] = "imagesTr with labelsTr and dataset.json (nnU-Net, Decathlon)"

    def recognises(self, path: Path) -> bool:
        """Whether a folder holds ``imagesTr``, or a ``dataset.json`` is one of nnU-Net 2."""
        if path.is_dir():
            return (path / "imagesTr").is_dir() or _lists_cases(description_or_none(path / _JSON))
        content = description_or_none(path) if path.name == _JSON else None
        return content is not None and any(key in content for key in _VERSION_2)

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the folder, or that of the ``dataset.json``.

        Raises
        ------
        DatasetError
            If it holds no image.
        """
        folder = path if path.is_dir() else path.parent
        content, notes = _description(folder)
        notes += (f"{_JSON}: {fault}" for fault in channel_faults(content))
        channelled = _has_channels(folder, content)
        if _lists_cases(content):
            listed, roles = content["dataset"].items(), channel_roles(content)
            training = [
                _listed_case(folder, printable(case), files, roles) for case, files in listed
            ]
        else:
            training = _cases(folder, "Tr", content, channelled, notes)
        stated, found = content.get("numTraining"), sum(map(_has_image, training))
        counted = isinstance(stated, int) and not isinstance(stated, bool)
        if stated is not None and not (counted and stated == found):
            notes.append(
                f"{_JSON} states numTraining {quoted(stated)}, but {found} training cases are here"
            )
        test = _cases(folder, "Ts", content, channelled, notes)
        trained = in_first_fold(training, folder, notes)
        if _lists_cases(content):
            trained = _as_stated(trained, content["dataset"])
        samples = [*trained, *(in_split(case, "test") for case in test)]
        if not samples:
            raise DatasetError(_nothing_in(folder, content))
        if notes:
            _LOG.warning("%s: %s", folder, "; ".join(notes))
            samples[0] = with_problems(samples[0], *notes)
        categories = stated_labels(content, folder / _JSON)
        dataset = Dataset(
            folder,
            self.name,
            unique_ids(samples),
            "none",
            categories=categories,
            channel_names=channel_names(content),
        )
        return dataset if split is None else dataset.only(split)


def _description(folder: Path) -> tuple[Mapping[str, Any], list[str]]:
    """Read ``dataset.json``; the images are there without it too."""
    try:
        return (read_description(folder / _JSON) if (folder / _JSON).exists() else {}), []
    except DatasetError as error:
        return {}, [str(error)]


def _lists_cases(content: Mapping[str, Any] | None) -> bool:
    cases = content.get("dataset") if content else None
    return isinstance(cases, Mapping) and bool(cases)


def _has_channels(folder: Path, content: Mapping[str, Any]) -> bool:
    """Whether there is one file a channel, as in nnU-Net, and not one a case."""
    if any(key in content for key in _VERSION_2):
        return True
    images, labels = (_members(folder / f"{kind}Tr", "", []) for kind in ("images", "labels"))
    cases = {*_stated_names(content, "training").values(), *(labels.names if labels else ())}
    return images is not None and is_channelled(images.names, cases)


def _cases(
    folder: Path, part: str, content: Mapping[str, Any], channelled: bool, notes: list[str]
) -> list[Sample]:
    """Cases in the folders of the training (Tr) or test (Ts) part, named without their split."""
    ending = content.get("file_ending")
    labels = _members(folder / f"labels{part}", ending, notes)
    images = _members(folder / f"images{part}", ending, notes)
    if images is None and labels is None:
        return []
    if part == "Tr" and images and content and labels is None:
        notes.append("there is no folder labelsTr: no training case has a label")
    images = images or Members(str(folder / f"images{part}"), (), ())
    renamed = _stated_names(content, "training" if part == "Tr" else "test")
    if labels is not None:
        labels = _renamed(labels, renamed)
    roles = channel_roles(content)
    members = by_channel(images, roles, channelled)
    if labels is not None:
        members["label"] = labels
    found = [_checked(case, roles, channelled) for case in join_by_name(members)]
    lacking = sorted(set(renamed.values()) - {case.id for case in found})
    return [*found, *(Sample(printable(case), {}, problems=(_NOT_THERE,)) for case in lacking)]


def _renamed(labels: Members, names: Mapping[str, str]) -> Members:
    """Labels under the names of their cases, where a description states them."""
    named = zip(labels.names, labels.files, strict=True)
    return Members.sorted(
        labels.place,
        ((names.get(name, name), file) for name, file in named),
        troubles=(Trouble(names.get(name, name), reason) for name, reason in labels.troubles),
    )


_NOT_THERE = f"{_JSON} lists this case, but none of its files was found"


def _members(folder: Path, ending: Any, notes: list[str]) -> Members | None:
    """Volumes in a folder, those of a stated ending before others; None where it is no folder."""
    if not folder.is_dir():
        return None
    try:
        if not (isinstance(ending, str) and ending):
            return list_members(folder, deep=False)
        if suffix_of(f"x{ending}") is None:
            return _of_ending(folder, ending)
        found = list_members(folder, deep=False)
        if all(file.endswith(ending) for file in found.files):
            return found
        return _preferring(_of_ending(folder, ending), found)
    except OSError as error:
        notes.append(f"{folder.name}: cannot be listed ({error.strerror})")
        return None


def _of_ending(folder: Path, ending: str) -> Members:
    """Files in a folder that end so, of a known format or not."""
    every, bad = walk(str(folder), lambda name: name.endswith(ending), deep=False)
    files = [name for name in every if name.endswith(ending)]
    return Members.sorted(
        str(folder),
        ((file.removesuffix(ending), file) for file in files),
        troubles=(Trouble(name.removesuffix(ending), why) for name, why in bad),
    )


def _preferring(first: Members, others: Members) -> Members:
    """Members, and those of others whose names are not among them."""
    names = {*first.names, *(trouble.name for trouble in first.troubles)}
    pairs = zip(others.names, others.files, strict=True)
    return Members.sorted(
        first.place,
        (*zip(first.names, first.files, strict=True), *(p for p in pairs if p[0] not in names)),
        troubles=(*first.troubles, *(t for t in others.troubles if t.name not in names)),
    )


def _listed_case(folder: Path, case: str, entry: Any, roles: dict[int, str]) -> Sample:
    """Case of version 2 whose files are listed: images in the order of channels, and a label."""
    files = entry if isinstance(entry, Mapping) else {}
    images = files.get("images")
    stated = {
        role_of(channel, roles): path
        for channel, path in enumerate(images if isinstance(images, list) else [images])
    } | {"label": files.get("label")}
    paths = {role: path for role, path in stated.items() if isinstance(path, str)}
    faults = {role: fault for role, path in paths.items() if (fault := path_fault(path))}
    sources = {
        role: Source(os.path.join(folder, path))
        for role, path in paths.items()
        if role not in faults
    }
    expected = dict.fromkeys(("image", *roles.values(), "label"))
    wrong = [missing(role, case) for role in expected if role not in paths]
    wrong += (f"{role.replace('_', ' ')} {fault}" for role, fault in faults.items())
    return _named_channels(Sample(case, sources, problems=tuple(wrong)), roles)


def _as_stated(samples: list[Sample], entries: Mapping[str, Any]) -> list[Sample]:
    """Give samples what the entries of their cases state, as our lists do: ids, verdicts, all."""
    found = []
    ids = Counter(_text(entry, "sample_id") for entry in entries.values())
    for sample in samples:
        entry = entries.get(sample.id.removeprefix(f"{sample.split}/"))
        own, group = _text(entry, "sample_id"), _text(entry, "group")
        # both images of a pair may be cases
        name = printable(own) if own and ids[own] == 1 else sample.id
        found.append(replace(sample, id=name, group=printable(group), settings=_facts(entry)))
    return found


def _facts(entry: Any) -> Mapping[str, str] | None:
    """Texts that an entry states besides files and identity; None where there are none."""
    told = entry if isinstance(entry, Mapping) else {}
    facts = {
        key: printable(value)
        for key, value in told.items()
        if key not in _NO_FACTS and isinstance(value, str) and value not in ("", MISSING)
    }
    if told.get("findings") == "":
        facts["findings"] = NONE_FOUND
    return facts or None


def _text(entry: Any, key: str) -> str:
    value = entry.get(key) if isinstance(entry, Mapping) else None
    return value if isinstance(value, str) and value != MISSING else ""


def _stated_names(content: Mapping[str, Any], key: str) -> dict[str, str]:
    """Names of labels to names of their images, as the lists of the Decathlon state them."""
    part = content.get(key)
    names = {}
    for entry in part if isinstance(part, list) else ():
        files = entry if isinstance(entry, Mapping) else {"image": entry}
        image, label = files.get("image"), files.get("label")
        if isinstance(image, str):
            names[_stem(label if isinstance(label, str) else image)] = _stem(image)
    return names


def _stem(path: str) -> str:
    name = os.path.basename(path)
    return name[: -len(suffix_of(name) or "") or None]


def _checked(sample: Sample, roles: dict[int, str], channelled: bool) -> Sample:
    """Say where the files of a case are not those that its channels promise."""
    if not channelled:
        return sample
    wrong = []
    if "image" in sample.sources and sample.sources["image"].path.name.startswith(f"{sample.id}."):
        wrong.append(f"{sample.sources['image'].path.name}: its name ends with no channel (_0000)")
    return _named_channels(with_problems(sample, *wrong), roles)


def _named_channels(sample: Sample, roles: dict[int, str]) -> Sample:
    """Say which images of a case are no channels; a listed one may have any name."""
    known = ("image", "label", *roles.values())
    wrong = (
        f"{role.replace('_', ' ')}: a channel that {_JSON} does not name"
        for role in sample.sources
        if role not in known
    )
    return with_problems(sample, *wrong) if roles else sample


def _has_image(sample: Sample) -> bool:
    return any(not is_label_role(role) for role in sample.sources)


def _nothing_in(folder: Path, content: Mapping[str, Any]) -> str:
    names = sorted(p.name for p in folder.iterdir() if p.name[0] != ".")
    return (
        f"{folder}: holds no image of nnU-Net; found {', '.join(names[:6]) or 'nothing'}. "
        f"Expected imagesTr with files such as CASE_0000{content.get('file_ending', '.nii.gz')}. "
        "Check that the download is complete, or open the folder that holds imagesTr."
    )
