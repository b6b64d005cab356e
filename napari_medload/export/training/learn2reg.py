"""``NAME_dataset.json`` of the Learn2Reg challenges.

Pairs stand in ``training_paired_images``, ``registration_val`` and, of test, in
``test_paired_images`` and ``registration_test``; every image of a pair stands once more, with what
is provided of it, in ``training`` or ``test``. The fields are those of the challenge's own files.
They have no place for ids, groups, verdicts or further roles.

The challenge's evaluation cuts subject and time out of ``NAME_XXXX_YYYY.nii.gz`` by position, and
finds labels and masks by putting ``labels`` or ``masks`` in place of ``images`` in a path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.files.file_remarks import dropped, said_of, unread
from napari_medload.export.remark import Remark
from napari_medload.export.training.learn2reg_lists import Entries, ending, kind_of, known_split
from napari_medload.export.writing.facts import origin
from napari_medload.export.writing.json_lists import read_object, write_object
from napari_medload.export.writing.proving import expect_json, expect_same
from napari_medload.formats import read_header
from napari_medload.formats.contract import shape_text, spatial_shape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection

_USUAL_NAME = re.compile(r"images[^/]*/[^/]+_\d{4}_\d{4}\.nii\.gz$")


@dataclass(frozen=True)
class Learn2RegOptions:
    """Options of a Learn2Reg list.

    Parameters
    ----------
    task : str
        Name of the task; where it is empty, that of the file without ``_dataset.json``.
    release, description, licence, reference : str
        As they are to stand in the file.
    fixed_modality, moving_modality : str
        Such as ``"CT"``.
    training_pairs, validation_pairs, test_pairs : str
        Keys of the lists of pairs; PSMAReg 2026 has ``validation_paired``.
    fixed_key, moving_key : str
        Keys of a pair; PSMAReg 2026 has ``"Baseline CT"`` and ``"Follow-up CT"``.
    """

    task: str = ""
    release: str = "1.0"
    description: str = ""
    licence: str = ""
    reference: str = ""
    fixed_modality: str = ""
    moving_modality: str = ""
    training_pairs: str = "training_paired_images"
    validation_pairs: str = "registration_val"
    test_pairs: str = "test_paired_images"
    fixed_key: str = "fixed"
    moving_key: str = "moving"


class Learn2Reg:
    """A ``NAME_dataset.json`` of Learn2Reg."""

    name: ClassVar[str] = "learn2reg"
    title: ClassVar[str] = "Learn2Reg dataset"
    usual_name: ClassVar[str] = "{name}_dataset.json"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    options: ClassVar[type] = Learn2RegOptions
    consumer: ClassVar[str] = "monai"

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say what the fields have no place for, and what the evaluation would not find."""
        entries = Entries.of(selection, target)
        yield from said_of(
            "error",
            "these samples have neither fixed_image and moving_image nor image; leave them out, or "
            "map the columns of the list: --column fixed_image=COLUMN in a terminal",
            entries.unfit,
        )
        yield from said_of(
            "error",
            "these samples name a label or mask for an image that has another one in this list, "
            "and a Learn2Reg list has one of an image; export them into a list of their own",
            entries.contradicted,
        )
        yield from said_of(
            "error",
            "these samples are single images among pairs, and only those of training have a place "
            "beside pairs; export them into a list of their own",
            entries.misplaced,
        )
        yield from said_of(
            "warning",
            "these samples are of other splits than train, val and test, and are listed as "
            "training; leave them out where they should not be",
            (e.sample.id for e in selection if e.sample.split and not known_split(e.sample.split)),
        )
        yield from unread(selection, "Learn2Reg", (".nii.gz",), keys="error", formats="warning")
        yield from dropped(selection, "Learn2Reg list", lambda role: kind_of(role) is not None)
        yield from _unusual(selection, entries, target)
        yield from _shapes(selection, target)

    def items(self, selection: Selection, target: Target) -> int:
        """Count what stands in all lists, which is what MONAI finds."""
        return sum(map(len, Entries.of(selection, target).lists.values()))

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list."""
        write_object(aside, _content(selection, target).items())

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read it back, and compare all its fields."""
        found, entries = read_object(aside), Entries.of(selection, target)
        content = _content(selection, target)
        expect_json(target.path, list(content), list(found))
        for key, meant in content.items():
            if isinstance(meant, list):
                expect_same(target.path, entries.ids[key], meant, found[key])
            else:
                expect_json(target.path, meant, found[key])


def _content(selection: Selection, target: Target) -> dict[str, Any]:
    options = target.options
    entries = Entries.of(selection, target)
    lists, pairs = entries.lists, entries.keys
    fixed, moving = entries.times
    return {
        "name": options.task or target.path.name.removesuffix(ending(target.path.name)),
        "release": options.release,
        "description": options.description or ", ".join(selection.chosen),
        "licence": options.licence,
        "reference": options.reference,
        "pairings": "paired",
        "provided_data": {"0": entries.provided},
        "registration_direction": {"fixed": fixed, "moving": moving},
        "modality": {str(moving): options.moving_modality, str(fixed): options.fixed_modality},
        "img_shift": {"fixed": options.fixed_key, "moving": options.moving_key},
        "labels": _label_names(selection),
        "tensorImageSize": {"0": "3D"},
        "tensorImageShape": {"0": _first_shape(selection)},
        "numTraining": len(lists["training"]),
        "numTest": len(lists["test"]),
        "training": lists["training"],
        "test": lists["test"],
        "numPairedTraining": len(lists[pairs["train"]]),
        pairs["train"]: lists[pairs["train"]],
        "numPairedTest": len(lists[pairs["test"]]),
        pairs["test"]: lists[pairs["test"]],
        "numRegistration_val": len(lists[pairs["val"]]),
        pairs["val"]: lists[pairs["val"]],
        "numRegistration_test": len(lists["registration_test"]),
        "registration_test": lists["registration_test"],
        **({"validation": lists["validation"]} if lists["validation"] else {}),
        **origin(selection, target),
    }


def _label_names(selection: Selection) -> dict[str, str]:
    """Names of the labels of the first sample that has some."""
    for entry in selection:
        for role, source in entry.sample.sources.items():
            if kind_of(role) == "label":
                table = selection.dataset.categories_of(entry.sample, source).table
                return {str(value): label.name for value, label in sorted(table.items())}
    return {}


def _shapes_of(selection: Selection) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Id and shape of the images, by their headers; each file once."""
    seen = set()
    for entry in selection:
        for role, source in entry.sample.sources.items():
            if kind_of(role) == "image" and source not in seen:
                seen.add(source)
                yield entry.sample.id, spatial_shape(read_header(source).shape)


def _first_shape(selection: Selection) -> list[int]:
    return list(next((shape for _id, shape in _shapes_of(selection)), ()))


def _shapes(selection: Selection, target: Target) -> Iterator[Remark]:
    """Name the samples whose images have another shape than the first."""
    target.tell("reading the headers")
    try:
        found = list(_shapes_of(selection))
    except (OSError, ValueError) as error:
        yield Remark("error", f"the shape of an image can't be told: {error}")
        return
    first = found[0][1] if found else ()
    yield from said_of(
        "warning",
        f"an image of these samples has another shape than {shape_text(first)}, which stands as "
        "tensorImageShape for all; Learn2Reg expects one shape",
        (name for name, shape in found if shape != first),
    )


def _unusual(selection: Selection, entries: Entries, target: Target) -> Iterator[Remark]:
    """Say which names the challenge's own programs would not take apart, or not find."""
    if ending(target.path.name) != "_dataset.json":
        yield Remark(
            "warning",
            f"the challenge's files are named NAME_dataset.json, and this one {target.path.name}; "
            "a folder that holds it is not taken for a Learn2Reg dataset",
        )
    if target.base not in (None, target.path.parent):
        yield Remark(
            "warning",
            "the challenge's programs take relative paths from the folder of the list, "
            f"{target.path.parent}, and these are relative to {target.base}; save the list there",
        )
    yield from said_of(
        "warning",
        "an image of these samples is not named imagesTr/NAME_XXXX_YYYY.nii.gz; the challenge's "
        "evaluation cuts subject and time out of such names. Rename the files before you use it",
        (
            entry.sample.id
            for entry in selection
            for role, source in entry.sample.sources.items()
            if kind_of(role) == "image" and not _USUAL_NAME.search(source.file)
        ),
    )
    yield from said_of(
        "warning",
        "a label or mask of these samples does not lie where its image lies, with 'labels' or "
        "'masks' in place of 'images'; the challenge's evaluation would not find it",
        entries.elsewhere,
    )
