"""The YAML file of a configuration, and the list of its samples as ``NAME_samples.csv`` beside it.

DeepReg takes relative folders from the working directory, and passes over sections that it does not
know: one of ours says from where they lead, so that the file opens again wherever one is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from napari_medload.export.contract import Target
from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.export.tables.delimited import Csv
from napari_medload.formats.storage.paths import seen_from
from napari_medload.loaders.deepreg.config_file import BASE
from napari_medload.loaders.lists.described import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from napari_medload.export.selection import Selection


def write_config(
    selection: Selection, target: Target, section: Mapping[str, Any], aside: Path
) -> None:
    """Write a configuration with this section ``dataset``, and the list of its samples."""
    text = yaml.safe_dump(_content(section, target), sort_keys=False, allow_unicode=True)
    aside.write_text(text, encoding="utf-8")
    beside, place = _samples(target, aside)
    Csv().write(selection, beside, place)


def prove_config(
    selection: Selection, target: Target, section: Mapping[str, Any], aside: Path
) -> None:
    """Read both back and compare.

    Raises
    ------
    ExportError
        If they are not the same.
    """
    try:
        found = yaml.safe_load(aside.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ExportError(f"{target.path}: what was written is no YAML: {error}") from error
    if found != _content(section, target):
        raise ExportError(f"{target.path}: the configuration was not read back as it was meant")
    beside, place = _samples(target, aside)
    Csv().prove(selection, beside, place)


def relative_remarks(target: Target) -> Iterator[Remark]:
    """Say from where DeepReg finds relative folders."""
    if target.base is not None:
        yield Remark(
            "warning",
            "DeepReg takes relative folders from the working directory; start training in "
            f"{target.base}",
        )


def _content(section: Mapping[str, Any], target: Target) -> dict[str, Any]:
    content: dict[str, Any] = {"dataset": section}
    if target.base is not None:
        content[KEY] = {BASE: seen_from(target.path.parent, target.base)}
    return content


def _samples(target: Target, aside: Path) -> tuple[Target, Path]:
    name = f"{aside.stem}_samples.csv"
    beside = Target(target.path.with_name(name), target.base, Csv.options(), tell=target.tell)
    return beside, aside.with_name(name)
