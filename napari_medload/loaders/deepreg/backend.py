"""A DeepReg configuration opened as a dataset: `DeepRegConfig`.

Unlike training it is tolerant: a sample that lacks an image becomes a row with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import yaml

from napari_medload.loaders.dataset import Dataset
from napari_medload.loaders.deepreg.config import CONFIG_SPLITS, split_settings
from napari_medload.loaders.deepreg.directories import in_drawing_order, samples_of
from napari_medload.loaders.deepreg.folders import DEEPREG_LAYOUTS
from napari_medload.loaders.errors import DatasetError, LoaderError
from napari_medload.loaders.options import INTRA_GROUP_OPTIONS, SAMPLE_LABELS, LoaderOptions
from napari_medload.loaders.pairing import unique_ids
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.loaders.deepreg.folders import RoleFolders

SUFFIXES = (".yaml", ".yml")
_SIZE_AT_MOST = 1 << 20
_SECTION = re.compile(rb"^dataset\s*:", re.MULTILINE)


class DeepRegConfig:
    """A YAML file with a ``dataset`` section."""

    name: ClassVar[str] = "deepreg-config"
    expects: ClassVar[str] = "a DeepReg configuration (.yaml)"

    def recognises(self, path: Path) -> bool:
        """Whether a YAML file has a dataset section, be the rest of it broken."""
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            return False
        if path.stat().st_size > _SIZE_AT_MOST:
            return False
        text = path.read_bytes()
        try:
            config = yaml.safe_load(text)
        except yaml.YAMLError:  # opening it will say where it is broken
            return bool(_SECTION.search(text))
        return isinstance(config, Mapping) and isinstance(config.get("dataset"), Mapping)

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
            If it cannot be read, a folder is missing, or no folder holds an image.
        """
        section = _section(path)
        layout = DEEPREG_LAYOUTS.get(str(section.get("type")))
        if layout is None:
            raise _wrong(path, "type", section.get("type"), ", ".join(DEEPREG_LAYOUTS))
        sets = {name: _settings(path, section, name) for name in CONFIG_SPLITS}
        sets = {name: settings for name, settings in sets.items() if settings["dir"]}
        if split is not None:
            sets = _only(path, sets, split)
        places = {
            name: in_drawing_order(
                layout, {folder: _place(path, folder, name) for folder in settings["dir"]}
            )
            for name, settings in sets.items()
        }
        samples = [
            sample
            for name, folders in places.items()
            for sample in samples_of(layout, folders, name, bool(sets[name].get("labeled", True)))
        ]
        if not samples:
            raise DatasetError(_nothing_in(path, layout, places))
        first = "train" if split is None else next(iter(sets))
        options = _options(
            path, sets.get(first) or _settings(path, section, first), places.get(first, [])
        )
        return Dataset(path, layout.name, unique_ids(samples), layout.alignment, options=options)


def _section(path: Path) -> Mapping[str, Any]:
    """Section ``dataset`` of a file."""
    try:
        config = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        reason = getattr(error, "problem", None) or str(error)
        raise DatasetError(
            f"{path}{_lines(error)}: cannot be read as YAML ({reason}); expected a DeepReg "
            "configuration. Correct it there."
        ) from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    section = config.get("dataset") if isinstance(config, Mapping) else None
    if not isinstance(section, Mapping):
        raise DatasetError(
            f"{path}: no section 'dataset'; expected a DeepReg configuration, which names its "
            "data there. Add the section, or open the folder of the data."
        )
    return section


def _lines(error: yaml.YAMLError) -> str:
    """Where a file is broken: from where something begins to where it cannot go on."""
    marks = [getattr(error, name, None) for name in ("context_mark", "problem_mark")]
    lines = dict.fromkeys(str(mark.line + 1) for mark in marks if mark)
    return f", line {' to '.join(lines)}" if lines else ""


def _settings(path: Path, section: Mapping[str, Any], split: str) -> dict[str, Any]:
    try:
        return split_settings(section, split)
    except LoaderError as error:
        raise DatasetError(f"{path}: {error}") from error


def _only(path: Path, sets: Mapping[str, dict[str, Any]], split: str) -> dict[str, dict[str, Any]]:
    name = same_split(split, tuple(sets))
    if name is None:
        raise DatasetError(
            f"{path}: no folder for split '{split}'; found {', '.join(sets) or 'none'}. Name one "
            "in the section 'dataset', or open another split."
        )
    return {name: sets[name]}


def _place(path: Path, folder: str, split: str) -> Path:
    """Folder of a set: as DeepReg finds it from where it runs, else beside the configuration."""
    places = [Path.cwd() / folder, path.parent / folder]
    for place in places:
        if place.is_dir():
            return place
    tried = " and ".join(dict.fromkeys(map(str, places)))
    raise DatasetError(
        f"{path}: the folder '{folder}' of {split} does not exist; looked for {tried}. Correct "
        "dir, or start in the folder that it is relative to."
    )


def _nothing_in(path: Path, layout: RoleFolders, places: Mapping[str, Sequence[Path]]) -> str:
    folders = [str(folder) for found in places.values() for folder in found]
    if not folders:
        return (
            f"{path}: train, valid and test name no folder; expected one at least. Fill in dir in "
            "the section 'dataset'."
        )
    return (
        f"{path}: {', '.join(folders)} hold no volume; expected {layout.expects} as folders of "
        "NIfTI files or as h5 files. Check type, and that the download is complete."
    )


def _options(path: Path, settings: Mapping[str, Any], folders: Sequence[Path]) -> LoaderOptions:
    """Options of a split; what the file leaves out is as in `LoaderOptions`."""
    given: dict[str, Any] = {}
    for name, (fits, expected) in _FITTING.items():
        if name in settings:
            if not fits(settings[name]):
                raise _wrong(path, name, settings[name], expected)
            given[name] = settings[name]
    return LoaderOptions(directories=tuple(map(str, folders)), **given)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FITTING: dict[str, tuple[Callable[[Any], bool], str]] = {
    "labeled": (lambda value: isinstance(value, bool), "true or false"),
    "sample_label": (lambda value: value in SAMPLE_LABELS, ", ".join(SAMPLE_LABELS)),
    "intra_group_prob": (
        lambda value: (_is_int(value) or isinstance(value, float)) and 0 <= value <= 1,
        "a probability from 0 to 1",
    ),
    "intra_group_option": (
        lambda value: value in INTRA_GROUP_OPTIONS,
        ", ".join(INTRA_GROUP_OPTIONS),
    ),
    "sample_image_in_group": (lambda value: isinstance(value, bool), "true or false"),
    "seed": (lambda value: value is None or _is_int(value), "a whole number, or null"),
    "label_seed": (lambda value: value is None or _is_int(value), "a whole number, or null"),
}


def _wrong(path: Path, name: str, found: object, expected: str) -> DatasetError:
    return DatasetError(
        f"{path}: {name} in the section 'dataset' is {found!r}; expected {expected}. Correct it."
    )
