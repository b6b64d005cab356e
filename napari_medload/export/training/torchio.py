"""Subjects of TorchIO, in a JSON file.

TorchIO has no list of its own; this one says of each subject what its constructor takes. It is
loaded by `torchio_subjects`, or without this package:

    import json, pathlib, torchio as tio
    rows = json.loads(pathlib.Path("subjects.json").read_text())["subjects"]
    images = [{k: getattr(tio, i["type"])(i["path"]) for k, i in r["images"].items()} for r in rows]
    subjects = [tio.Subject({**row, **found}) for row, found in zip(rows, images)]
    dataset = tio.SubjectsDataset(subjects)  # TorchIO 2: tio.SubjectsLoader(subjects)

`torchio_subjects` takes a relative path from the folder that the list was saved relative to, the
lines above from the working directory.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.export.contract import NoOptions
from napari_medload.export.files.file_remarks import ids_having, lacking, said_of, unread
from napari_medload.export.files.naming import Naming
from napari_medload.export.remark import Remark
from napari_medload.export.writing.facts import Facts, origin
from napari_medload.export.writing.json_lists import read_object, write_object
from napari_medload.export.writing.proving import expect_json, expect_same
from napari_medload.loaders.layouts.subjects import FACTS, SUBJECTS
from napari_medload.loaders.lists.described import KEY, ListDescription
from napari_medload.loaders.sample import is_image_role, is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection

_READ = (
    ".nii", ".nii.gz", ".hdr", ".img", ".img.gz", ".nrrd", ".nhdr", ".mha", ".mhd", ".mgh", ".mgz",
    ".dcm", ".ima", ".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff",
)  # fmt: skip
"""What SimpleITK or nibabel reads, which TorchIO asks in this order; and folders of DICOM files."""
RESERVED = frozenset(
    """
    add_image add_transform applied_transforms apply_inverse_transform check_consistent_affine
    check_consistent_attribute check_consistent_orientation check_consistent_space
    check_consistent_spatial_shape clear clear_history copy fromkeys get get_applied_transforms
    get_composed_history get_first_image get_image get_images get_images_dict get_images_names
    get_inverse_transform get_label_map get_scalar_image history is_2d items keys load plot pop
    popitem remove_image setdefault shape spacing spatial_shape unload update update_attributes
    values images metadata points bboxes bounding_boxes device to clone affine all_images all_points
    """.split()
)
"""Names that a subject of TorchIO 1.2.1 or 2 has for itself: an entry of that name hides them."""


class TorchIO:
    """A JSON file of TorchIO subjects."""

    name: ClassVar[str] = "torchio"
    title: ClassVar[str] = "TorchIO subjects"
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    options: ClassVar[type] = NoOptions
    consumer: ClassVar[str] = "torchio"

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say which files TorchIO can't read, and which names are its own."""
        yield from unread(selection, "TorchIO", _READ, keys="error", formats="error", dicom=True)
        yield from lacking(selection, "TorchIO's loader", "leave the role out, or these samples")
        yield from said_of(
            "error",
            "these samples have no image, and TorchIO makes no subject without one; leave them out",
            (e.sample.id for e in selection if not any(map(is_image_role, e.sample.sources))),
        )
        for role in selection.roles:
            if not _is_free(role):
                yield from said_of(
                    "error",
                    f"these samples have the role '{role}', and a subject of TorchIO has something "
                    "of that name for itself; rename the role",
                    ids_having(selection, (role,)),
                )
        if taken := [name for name in Facts.of(selection, target).columns if not _is_free(name)]:
            yield Remark(
                "warning",
                f"a subject of TorchIO has something named {', '.join(taken)} for itself; these "
                f"columns stand under '{FACTS}' instead",
            )

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the subjects."""
        head = _head(selection, target)
        write_object(aside, [*head.items(), (SUBJECTS, _subjects(selection, target))])

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read them back and compare."""
        content = read_object(aside)
        found = content.pop(SUBJECTS, None) or []
        ids = [entry.sample.id for entry in selection]
        expect_same(target.path, ids, _subjects(selection, target), found)
        expect_json(target.path, _head(selection, target), content)


def _head(selection: Selection, target: Target) -> dict[str, Any]:
    """Make what stands before the subjects."""
    return {"name": selection.dataset.name, **origin(selection, target)}


def _is_free(name: str) -> bool:
    return name not in RESERVED and not name.startswith("_")


def _subjects(selection: Selection, target: Target) -> Iterator[dict[str, Any]]:
    naming = Naming(target)
    for entry, facts in zip(selection, Facts.of(selection, target).rows(), strict=True):
        subject: dict[str, Any] = {name: text for name, text in facts.items() if _is_free(name)}
        if len(subject) < len(facts):
            subject[FACTS] = {name: text for name, text in facts.items() if not _is_free(name)}
        images = subject["images"] = {}
        for role, source in entry.sample.sources.items():
            if is_image_role(role):
                kind = "LabelMap" if is_label_role(role) else "ScalarImage"
                images[role] = {"type": kind, "path": naming(source)}
            else:
                subject[role] = naming(source)
        yield subject


def torchio_subjects(path: str | Path) -> list[Any]:
    """Load the subjects of a list that was saved with ``format="torchio"``.

    Parameters
    ----------
    path : path

    Returns
    -------
    list of torchio.Subject
        For ``torchio.SubjectsDataset``, or, in TorchIO 2, for ``torchio.SubjectsLoader``. The ids,
        verdicts and other facts of a sample are entries of its subject.

    Raises
    ------
    ImportError
        If TorchIO is not installed.
    ValueError
        If the file is no such list.
    OSError
        If it, or a file that it names, is not there.
    """
    file = Path(path).expanduser().absolute()
    content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get(SUBJECTS), list):
        raise ValueError(
            f"{file}: no list of subjects; expected an object with '{SUBJECTS}'. Save one with "
            "napari_medload.export.save(…, format='torchio')."
        )
    described = ListDescription.from_json(content.get(KEY)) or ListDescription()
    return subjects_of(content, described.folder(file))


def subjects_of(content: Mapping[str, Any], folder: Path) -> list[Any]:
    """Make the subjects of a list whose paths are relative to a folder; see `torchio_subjects`."""
    try:
        import torchio
    except ImportError as error:
        raise ImportError(
            "TorchIO is not installed here, which makes the subjects. Install it: "
            "pip install torchio"
        ) from error
    return [_subject(torchio, folder, row) for row in content[SUBJECTS]]


def _subject(torchio: Any, folder: Path, row: dict[str, Any]) -> Any:
    entries = {key: value for key, value in row.items() if key != "images"}
    for role in filter(lambda key: not is_image_role(key), entries):
        entries[role] = str(folder / entries[role])
    images = {
        role: getattr(torchio, image["type"])(folder / image["path"])
        for role, image in row["images"].items()
    }
    return torchio.Subject({**images, **entries})
