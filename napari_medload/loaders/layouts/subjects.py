"""Lists of TorchIO subjects, as `napari_medload.export` writes them.

``{"subjects": [{"sample_id": …, "images": {"fixed_image": {"type": "ScalarImage", "path": …}}}]}``:
images by role, transforms and landmarks as paths under their role, and what else is stated of a
sample. Paths are relative to the folder of the file, or to the one that its description names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.layouts.described import description_or_none, read_description
from napari_medload.loaders.lists import alignment_of, samples_of_rows
from napari_medload.loaders.lists.described import KEY, ListDescription
from napari_medload.loaders.lists.schema import MISSING

if TYPE_CHECKING:
    from pathlib import Path

SUBJECTS = "subjects"
FACTS = "facts"
"""Key of an object in a subject with the facts whose names TorchIO has for itself."""


class TorchIOSubjects:
    """A JSON file of TorchIO subjects."""

    name: ClassVar[str] = "torchio"
    expects: ClassVar[str] = "a list of TorchIO subjects (JSON)"

    def recognises(self, path: Path) -> bool:
        """Whether a JSON object holds subjects with images."""
        if not path.is_file() or path.suffix.lower() != ".json":
            return False
        content = description_or_none(path)
        return content is not None and any(map(_is_subject, _subjects(content)))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the list.

        Raises
        ------
        DatasetError
            If the file is no JSON object, or holds no subject with images.
        """
        content = read_description(path)
        subjects = _subjects(content)
        if not any(map(_is_subject, subjects)):
            raise DatasetError(
                f"{path}: no TorchIO subjects; found {', '.join(map(str, content)) or 'nothing'}. "
                'Expected "subjects": [{"images": {"fixed_image": {"type": "ScalarImage", "path": '
                '"a.nii.gz"}}}]. Export one, or open a CSV list.'
            )
        described = ListDescription.from_json(content.get(KEY)) or ListDescription()
        samples = samples_of_rows(described.folder(path), [*map(_row, subjects)])
        dataset = described.applied(Dataset(path, self.name, samples, alignment_of(samples)))
        return dataset if split is None else dataset.only(split)


def _subjects(content: Mapping[str, Any]) -> list[Any]:
    found = content.get(SUBJECTS)
    return found if isinstance(found, list) else []


def _is_subject(entry: Any) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("images"), Mapping)


def _row(entry: Any) -> dict[str, Any]:
    """Cells of a subject; of an entry that is none, an empty row."""
    if not _is_subject(entry):
        return {}
    images = {
        str(role): image["path"]
        for role, image in entry["images"].items()
        if isinstance(image, Mapping) and isinstance(image.get("path"), str)
    }
    facts = entry.get(FACTS)
    others = {key: entry[key] for key in entry if key not in ("images", FACTS)}
    row = {**others, **(facts if isinstance(facts, Mapping) else {}), **images}
    return {key: value for key, value in row.items() if value != MISSING}
