"""Where a list comes from: the loader configuration that produced its order, kept with the list.

Beside a table ``list.csv``, and beside JSON Lines, it stands in ``list.json``, a data dictionary as
BIDS has them, under `KEY`; in a JSON list, and in the first line of JSON Lines that have one, under
the same key; in Parquet in the metadata of the schema. A dictionary that is another's, or damaged,
describes nothing and is no reason not to open a list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from napari_medload.formats.storage.paths import plain
from napari_medload.loaders.dataset import ALIGNMENTS, UNDECLARED, Alignment
from napari_medload.loaders.identity import dataset_id
from napari_medload.loaders.json_file import check_size
from napari_medload.loaders.lists.schema import description_of
from napari_medload.loaders.options import INTRA_GROUP_OPTIONS, SAMPLE_LABELS, LoaderOptions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from napari_medload.loaders.dataset import Dataset

KEY = "napari_medload"
"""Under which a description stands, whatever the form of the list."""

DESCRIBED_BESIDE = (".csv", ".tsv", ".jsonl", ".ndjson")
"""Suffixes of the lists that have their description in a file beside them."""


@dataclass(frozen=True)
class ListDescription:
    """Where a list comes from.

    Parameters
    ----------
    version : str
        Of this package, when it was written.
    dataset : str
        Id of the dataset; see `loaders.identity`.
    root : str
        Folder or file that the dataset was opened from.
    layout : str
        Name of the backend that read it.
    alignment : str
        What pairs promise; empty where that was only guessed, and is to be guessed again.
    patterns : mapping of role to pattern
        With which the files were found.
    columns : mapping of role to column
        That were chosen by hand.
    split : str
        The only split of the list; empty where it has none or several.
    options : LoaderOptions, optional
        Of the training configuration.
    split_options : mapping of split to LoaderOptions
    chosen : tuple of str
        How the samples were chosen, in words.
    base : str
        Folder that paths are relative to, itself absolute or relative to that of the list; empty
        where it is that of the list.
    roles, stated : tuple of str
        Columns that hold files whatever they are called, and those that hold none whatever stands
        in them. Further columns, which somebody has added, are taken by their names.
    """

    version: str = ""
    dataset: str = ""
    root: str = ""
    layout: str = ""
    alignment: Alignment = UNDECLARED
    patterns: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    options: LoaderOptions | None = None
    split_options: Mapping[str, LoaderOptions] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    base: str = ""
    roles: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Write it as an object; what is empty is left out."""
        content = asdict(self)
        content |= {name: list(content[name]) for name in ("chosen", "roles", "stated")}
        return {name: value for name, value in content.items() if value or name == "version"}

    @classmethod
    def from_json(cls, content: object) -> ListDescription | None:
        """Read what `to_json` wrote; None where it is something else.

        Whatever in it cannot be understood counts as left out.
        """
        if not isinstance(content, Mapping):
            return None
        words = ("version", "dataset", "root", "layout", "split", "base")
        alignment = content.get("alignment")
        by_split = content.get("split_options")
        found = {
            key: each
            for key, value in (by_split.items() if isinstance(by_split, Mapping) else ())
            if (each := _options(value)) is not None
        }
        return cls(
            alignment=alignment if alignment in ALIGNMENTS else UNDECLARED,
            patterns=_texts(content.get("patterns")),
            columns=_texts(content.get("columns")),
            options=_options(content.get("options")),
            split_options=found,
            chosen=tuple(_text_list(content.get("chosen"))),
            roles=tuple(_text_list(content.get("roles"))),
            stated=tuple(_text_list(content.get("stated"))),
            **{word: text for word in words if isinstance(text := content.get(word), str)},
        )

    def folder(self, path: Path) -> Path:
        """Folder that the paths of the list at a path are relative to."""
        return type(path)(plain(path.parent / self.base)) if self.base else path.parent

    def applied(self, dataset: Dataset) -> Dataset:
        """Give a list that was read its promise and its options back."""
        changed = replace(dataset, options=self.options, split_options=dict(self.split_options))
        if self.alignment in ALIGNMENTS and any("moving_image" in s.sources for s in dataset):
            changed = changed.aligned(self.alignment)
        return changed


def describing(
    dataset: Dataset, *, chosen: Iterable[str] = (), split: str = "", base: str = ""
) -> ListDescription:
    """Describe where a list of some samples of a dataset comes from.

    Parameters
    ----------
    dataset : Dataset
    chosen : iterable of str
        How they were chosen, in words.
    split : str
        The only split of the list, where there is one only.
    base : str
        Folder that paths are relative to, where it is not that of the list.
    """
    return ListDescription(
        version=_own_version(),
        dataset=dataset_id(dataset),
        root=str(dataset.root),
        layout=dataset.layout,
        alignment=dataset.alignment if dataset.promised else UNDECLARED,
        patterns=dict(dataset.patterns or {}),
        columns=dict(dataset.columns or {}),
        split=split,
        options=dataset.options,
        split_options=dict(dataset.split_options),
        chosen=tuple(chosen),
        base=base,
    )


def dictionary(
    columns: Iterable[str], description: ListDescription, stated: Iterable[str] = ()
) -> dict[str, Any]:
    """Make the data dictionary of a table: what each column holds, and where the list comes from.

    Parameters
    ----------
    columns : iterable of str
        Columns of the schema and roles, in order.
    description : ListDescription
    stated : iterable of str
        Further columns, which the dataset itself states of its samples.
    """
    told = {name: {"Description": description_of(name)} for name in columns}
    told |= {name: {"Description": f"{name}, as the dataset states it"} for name in stated}
    return {**told, KEY: description.to_json()}


def dictionary_path(path: Path) -> Path:
    """Where the dictionary of a list lies: ``list.json`` for ``list.csv`` or ``list.jsonl``."""
    return path.with_suffix(".json")


def description_beside(path: Path) -> ListDescription | None:
    """Read the description in the dictionary beside a list; None where there is none of ours."""
    beside = dictionary_path(path)
    try:
        check_size(beside, beside.stat().st_size)
        content = json.loads(beside.read_text(encoding="utf-8-sig")) if beside.is_file() else None
    except (OSError, ValueError, RecursionError):  # another's, or damaged
        return None
    if not isinstance(content, Mapping) or not is_dictionary(content):  # another list
        return None
    return ListDescription.from_json(content.get(KEY))


def is_dictionary(content: object) -> bool:
    """Whether the content of a JSON file is a data dictionary, and no list of samples."""
    if not isinstance(content, Mapping) or not content:
        return False
    told = [value for key, value in content.items() if key != KEY]
    if not told:
        return isinstance(content[KEY], Mapping)
    about = ("Description", "LongName", "Levels", "Units", "TermURL")
    return all(isinstance(value, Mapping) and any(key in value for key in about) for value in told)


def dictionary_fault(path: Path, content: object) -> str:
    """Say that a file describes a list, and which; empty where it does not."""
    if not is_dictionary(content):
        return ""
    lists = [path.with_suffix(suffix) for suffix in DESCRIBED_BESIDE]
    there = next((each.name for each in lists if each.is_file()), "")
    remedy = f"Open {there} beside it." if there else "Open the list that it describes."
    return (
        f"{path}: a data dictionary, which says what the columns of a list hold; expected a list "
        f"of samples. {remedy}"
    )


def _options(content: object) -> LoaderOptions | None:
    """Read loader options; None where some of them could not be."""
    if not isinstance(content, Mapping):
        return None
    names = [each.name for each in fields(LoaderOptions)]
    known = {name: content[name] for name in names if name in content}
    known["directories"] = tuple(_text_list(known.get("directories", ())))
    seeds = (known.get("seed", 0), known.get("label_seed"))
    prob = known.get("intra_group_prob", 1.0)
    sound = (
        isinstance(known.get("labeled", True), bool)
        and isinstance(known.get("sample_image_in_group", True), bool)
        and known.get("sample_label", "all") in SAMPLE_LABELS
        and known.get("intra_group_option", "forward") in INTRA_GROUP_OPTIONS
        and isinstance(prob, int | float)
        and not isinstance(prob, bool)
        and 0 <= prob <= 1
        and all(seed is None or type(seed) is int for seed in seeds)
    )
    return LoaderOptions(**known) if sound else None


def _texts(content: object) -> dict[str, str]:
    if not isinstance(content, Mapping):
        return {}
    return {
        key: value
        for key, value in content.items()
        if isinstance(key, str) and isinstance(value, str)
    }


def _text_list(content: object) -> list[str]:
    found = content if isinstance(content, list | tuple) else []
    return [each for each in found if isinstance(each, str)]


def _own_version() -> str:
    try:
        return version("napari-medload")
    except PackageNotFoundError:  # run from its folder
        return ""
