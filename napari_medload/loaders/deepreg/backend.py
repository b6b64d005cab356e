"""A DeepReg configuration opened as a dataset: `DeepRegConfig`.

Unlike training it is tolerant: a sample that lacks an image, and a split that lacks its folder,
become rows with their reasons, and what training would refuse is told with the dataset.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.deepreg.config import choice, split_settings
from napari_medload.loaders.deepreg.config_file import names_section, read_base, read_section
from napari_medload.loaders.deepreg.config_keys import misspelt_keys
from napari_medload.loaders.deepreg.config_refusals import why_refused
from napari_medload.loaders.deepreg.directories import (
    check_once,
    in_drawing_order,
    samples_below,
    told_apart,
)
from napari_medload.loaders.deepreg.folders import DEEPREG_LAYOUTS
from napari_medload.loaders.errors import DatasetError, LoaderError
from napari_medload.loaders.options import (
    CONFIG_SPLITS,
    INTRA_GROUP_OPTIONS,
    SAMPLE_LABELS,
    LoaderOptions,
)
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.quoting import quoted
from napari_medload.loaders.sample import Sample
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari_medload.loaders.deepreg.folders import RoleFolders
    from napari_medload.loaders.members import Form

_FORMS: dict[str, Form] = {"nifti": "nifti", "h5": "h5"}


class DeepRegConfig:
    """A YAML file with a ``dataset`` section."""

    name: ClassVar[str] = "deepreg-config"
    expects: ClassVar[str] = "a DeepReg configuration (.yaml)"

    def recognises(self, path: Path) -> bool:
        """Whether a YAML file has a dataset section, be the rest of it broken."""
        return names_section(path)

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the folders that it names; sets without a folder are passed over.

        Parameters
        ----------
        path : Path
        split : str, optional
            Only this of train, valid and test.

        Raises
        ------
        DatasetError
            If it cannot be read, or none of its folders holds an image.
        """
        section = read_section(path)
        try:
            layout = DEEPREG_LAYOUTS[choice(section, "type", DEEPREG_LAYOUTS)]
        except LoaderError as error:
            raise DatasetError(f"{path}: in the section 'dataset' {error}") from error
        all_parts = (_part_of(path, section, name, layout) for name in CONFIG_SPLITS)
        parts = [part for part in all_parts if part is not None]
        if split is not None:
            parts = _only(path, parts, split)
        samples = [sample for part in parts for sample in part.samples]
        if not any(sample.sources for sample in samples):
            raise DatasetError(_nothing_in(path, parts))
        options = {part.name: part.options for part in parts}
        return Dataset(
            path,
            layout.name,
            unique_ids(samples),
            layout.alignment,
            options=next(iter(options.values())),
            split_options=options,
            refusals=(*misspelt_keys(section, layout.name), *_refusals(parts)),
        )


@dataclass
class _Part:
    """One split: its samples, and rows that say what is wrong with its folders."""

    name: str
    options: LoaderOptions = field(default_factory=LoaderOptions)
    samples: list[Sample] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def lacks(self, what: str, reason: str) -> None:
        """Add a row in place of samples that cannot be listed."""
        self.samples.append(Sample(f"{self.name}/{what}", {}, split=self.name, problems=(reason,)))


def _part_of(
    path: Path, section: Mapping[str, Any], name: str, layout: RoleFolders
) -> _Part | None:
    """One split of a configuration; None where it names no folder."""
    part = _Part(name)
    try:
        settings = split_settings(section, name)
    except LoaderError as error:
        part.lacks("dir", str(error))
        return part
    if not settings["dir"]:
        return None
    stated = settings.get("format")
    form = _FORMS.get(stated) if isinstance(stated, str) else None
    folders = in_drawing_order(layout, _places(path, settings["dir"], part), form)
    part.options = _options(settings, folders)
    part.refusals = why_refused(settings, layout.name)
    for folder, own in zip(folders, told_apart(folders), strict=True):
        try:
            part.samples += samples_below(layout, folder, own, name, form)
        except DatasetError as error:  # the other folders can be looked at all the same
            part.lacks(folder.name, str(error))
    return part


def _places(path: Path, folders: Sequence[str], part: _Part) -> dict[str, Path]:
    """Folders of a set that are there; for each of the others the split gets a row."""
    found: dict[str, Path] = {}
    for folder in folders:
        # as it states, else as DeepReg finds it from where it runs, else beside the configuration
        stated = read_base(path)
        bases = (*([stated] if stated else []), Path.cwd(), path.parent)
        tried = list(dict.fromkeys(base / folder for base in bases))
        place = next((place for place in tried if _is_folder(place)), None)
        if place is None:
            part.lacks(
                Path(folder).name,
                f"the folder {quoted(folder)} of {part.name} does not exist; looked for "
                f"{' and '.join(map(str, tried))}. Correct dir, or start in the folder that it is "
                "relative to.",
            )
            continue
        try:
            check_once([*map(str, found.values()), str(place)])
        except DatasetError as error:
            part.lacks(Path(folder).name, str(error))
        else:
            found[folder] = place
    return found


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except (OSError, ValueError):  # a name that no folder can have
        return False


def _only(path: Path, parts: list[_Part], split: str) -> list[_Part]:
    names = tuple(part.name for part in parts)
    name = same_split(split, names)
    if name is None:
        raise DatasetError(
            f"{path}: no folder for split '{split}'; found {', '.join(names) or 'none'}. Name one "
            "in the section 'dataset', or open another split."
        )
    return [part for part in parts if part.name == name]


def _nothing_in(path: Path, parts: Sequence[_Part]) -> str:
    reasons = [problem for part in parts for sample in part.samples for problem in sample.problems]
    if not reasons:
        return (
            f"{path}: train, valid and test name no folder; expected one at least. Fill in dir in "
            "the section 'dataset'."
        )
    return f"{path}: {'; '.join(dict.fromkeys(reasons))}"


def _refusals(parts: Sequence[_Part]) -> list[str]:
    """Refusals of all splits; one that not all share begins with the name of its split."""
    found: dict[str, list[str]] = {}
    for part in parts:
        for reason in part.refusals:
            found.setdefault(reason, []).append(part.name)
    return [
        said
        for reason, names in found.items()
        for said in (
            [reason] if len(names) == len(parts) else [f"{name}: {reason}" for name in names]
        )
    ]


def _options(settings: Mapping[str, Any], folders: Sequence[Path]) -> LoaderOptions:
    """Options of a split; what the file leaves out or has wrong is as in `LoaderOptions`."""
    given = {
        name: settings[name]
        for name, fits in _FITTING.items()
        if name in settings and fits(settings[name])
    }
    return LoaderOptions(directories=tuple(map(str, folders)), **given)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FITTING: dict[str, Callable[[Any], bool]] = {
    "labeled": lambda value: isinstance(value, bool),
    "sample_label": lambda value: isinstance(value, str) and value in SAMPLE_LABELS,
    "intra_group_prob": lambda value: (
        (_is_int(value) or isinstance(value, float)) and 0 <= value <= 1
    ),
    "intra_group_option": lambda value: isinstance(value, str) and value in INTRA_GROUP_OPTIONS,
    "sample_image_in_group": lambda value: isinstance(value, bool),
    "seed": lambda value: value is None or _is_int(value),
    "label_seed": lambda value: value is None or _is_int(value),
}
