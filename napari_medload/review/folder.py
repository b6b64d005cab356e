"""Where a review lies: beside its dataset, where its reviewer chose, or among the user's data."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import platformdirs

from napari_medload.loaders.identity import dataset_id
from napari_medload.loaders.splits import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.loaders import Dataset

_APP = "napari-medload"
_PROBE = b"\0" * 4096
_ODD = re.compile(r"[^\w.-]+")

Kind: TypeAlias = Literal["chosen", "beside the dataset", "user data"]


class ReviewFolderError(ValueError):
    """A folder that a review must not lie in."""


@dataclass(frozen=True)
class Place:
    """Where the review of a dataset lies.

    Parameters
    ----------
    folder : Path
        It need not be there; the first verdict makes it.
    kind : str
        Why it lies there.
    trouble : str
        What a reviewer must know before the first verdict; empty where all is well.
    """

    folder: Path
    kind: Kind
    trouble: str = ""


class ChosenFolders:
    """Review folders that a person chose, by dataset, remembered between sessions.

    Parameters
    ----------
    file : Path, optional
        Where they are kept: the user's configuration folder. A file that cannot be read or
        written is no reason to stop.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or platformdirs.user_config_path(_APP) / "review-folders.json"

    def of(self, dataset: Dataset) -> Path | None:
        """Return the folder that was chosen for a dataset, also where it has moved since.

        Another dataset of the same name, which is still where it was, is not meant.
        """
        known = self._read().get(dataset_id(dataset), {})
        found = known.get(str(dataset.root))
        if found is None:
            moved = [folder for root, folder in known.items() if not os.path.exists(root)]
            found = moved[-1] if moved else None
        return None if found is None else Path(found)

    def choose(self, dataset: Dataset, folder: Path | None) -> None:
        """Remember a folder for a dataset, or none any more.

        Raises
        ------
        ReviewFolderError
            If it lies in the dataset.
        """
        known = self._read()
        here = known.setdefault(dataset_id(dataset), {})
        for root in [root for root in here if not os.path.exists(root)]:
            del here[root]
        here.pop(str(dataset.root), None)
        if folder is not None:
            refuse_inside(dataset, folder)
            here[str(dataset.root)] = str(folder.expanduser().absolute())
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".part")
            unfinished.write_text(json.dumps(known, indent=1), encoding="utf-8")
            os.replace(unfinished, self._file)
        except OSError:
            return

    def _read(self) -> dict[str, dict[str, str]]:
        """Folders by dataset and by where that lay."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {
            key: {root: path for root, path in places.items() if isinstance(path, str)}
            for key, places in found.items()
            if isinstance(places, dict)
        }


class GivenFolder(ChosenFolders):
    """The folder that a script names for one dataset; it is remembered nowhere.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder: Path | None = folder

    def of(self, dataset: Dataset) -> Path | None:
        """Return the folder, whatever was chosen for the dataset elsewhere."""
        return self._folder

    def choose(self, dataset: Dataset, folder: Path | None) -> None:
        """Take another folder, as long as this lives.

        Raises
        ------
        ReviewFolderError
            If it lies in the dataset.
        """
        if folder is not None:
            refuse_inside(dataset, folder)
        self._folder = folder


def place_of(
    dataset: Dataset, chosen: ChosenFolders | None = None, user_data: Path | None = None
) -> Place:
    """Find where the review of a dataset lies, and whether it can be written.

    Parameters
    ----------
    dataset : Dataset
    chosen : ChosenFolders, optional
        What a person chose goes first.
    user_data : Path, optional
        Where reviews lie that can lie nowhere else: a folder of the user.
    """
    wish = (chosen or ChosenFolders()).of(dataset)
    if wish is not None:
        return Place(wish, "chosen", why_not_writable(wish))
    sibling = beside(dataset)
    own = among_user_data(dataset, user_data)
    if sibling is None:
        return Place(own, "user data", why_not_writable(own) or " ".join(_namesakes(own)))
    reason = why_not_writable(sibling)
    if not reason and not _begun(own):
        return Place(sibling, "beside the dataset")
    if not reason and _begun(sibling):
        return Place(sibling, "beside the dataset", _elsewhere(own, sibling))
    worse = why_not_writable(own)
    if worse:
        return Place(own, "user data", worse)
    told = [f"{reason} Verdicts go to {own}."] if reason else []
    return Place(own, "user data", " ".join([*told, *_namesakes(own)]))


def place_to_read(dataset: Dataset, chosen: ChosenFolders | None = None) -> Path | None:
    """Find where the journals of a dataset lie, as `place_of` would; nothing is tried or written.

    Returns
    -------
    Path or None
        None where nobody has judged it yet.
    """
    wish = (chosen or ChosenFolders()).of(dataset)
    if wish is not None:
        return wish
    sibling, own = beside(dataset), among_user_data(dataset)
    begun = [folder for folder in (sibling, own) if folder is not None and _begun(folder)]
    if len(begun) > 1 and not os.access(begun[0], os.W_OK):
        return own  # the browser went on there
    return begun[0] if begun else None


def home_of(dataset: Dataset) -> Path:
    """Folder that a dataset fills: its root, or that of its list or file.

    A split that was opened alone belongs to the folder above it.
    """
    root = dataset.root
    home = root if root.is_dir() else root.parent
    return home.parent if home.name.lower() in SPLITS else home


def beside(dataset: Dataset) -> Path | None:
    """Return the sibling ``<name>_review``; None for what fills a whole disk.

    It lies beside the folder of the dataset, and beside a list only where none of the files that it
    names lie in the folder of the list, or below it.
    """
    root = dataset.root
    if root.is_file() and not _holds(root.parent, dataset.folders):
        return root.parent / f"{root.stem}_review"
    home = home_of(dataset)
    if home == home.parent:
        return None
    return home.parent / f"{home.name}_review"


def among_user_data(dataset: Dataset, user_data: Path | None = None) -> Path:
    """Return the folder of the user for the review of a dataset at its place.

    Datasets of one name meet there from many places; each has a folder of its own.
    """
    name = _ODD.sub("_", dataset_id(dataset)).strip("_.") or "dataset"
    told = blake2b(os.fsencode(os.path.realpath(dataset.root)), digest_size=4).hexdigest()
    return (user_data or platformdirs.user_data_path(_APP)) / "reviews" / f"{name}-{told}"


def refuse_inside(dataset: Dataset, folder: Path) -> None:
    """Check that a folder does not lie in a dataset, also not by a link.

    Raises
    ------
    ReviewFolderError
        If it does.
    """
    wanted = Path(os.path.realpath(folder.expanduser()))
    # a list may lie in a folder of all sorts; the folders of its files are the dataset
    inside = dataset.folders if dataset.root.is_file() else (str(home_of(dataset)),)
    for place in inside:
        if wanted.is_relative_to(os.path.realpath(place)):
            raise ReviewFolderError(
                f"{folder}: lies in the dataset, in {place}; expected a folder outside it, so that "
                "the dataset stays as it is. Choose another one, such as "
                f"{beside(dataset) or among_user_data(dataset)}."
            )


def why_not_writable(folder: Path, journal: Path | None = None) -> str:
    """Try whether a verdict could be written; empty where it could. Nothing is left behind.

    Parameters
    ----------
    folder : Path
        It need not be there: then the nearest one above it is tried.
    journal : Path, optional
        A file in it that is to be appended to, where it is there.
    """
    there = folder
    try:
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir():
            raise NotADirectoryError(20, f"{there} is no folder")
        with tempfile.TemporaryFile(dir=there, prefix=".review-", buffering=0) as probe:
            if probe.write(_PROBE) != len(_PROBE):
                raise OSError(28, "no space left")
            os.fsync(probe.fileno())
        if journal is not None and journal.exists():
            with open(journal, "rb+"):
                pass
    except OSError as error:
        return (
            f"{folder}: no verdict can be saved there ({error.strerror or error}); expected a "
            "folder that can be written. Choose another review folder, or free some space."
        )
    return ""


def make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; return those that were not there, the upper first.

    Raises
    ------
    OSError
        If one cannot be made.
    """
    if os.path.isdir(folder):
        return []
    above = make_folder(folder.parent) if folder.parent != folder else []
    folder.mkdir(exist_ok=True)
    return [*above, folder]


def _begun(folder: Path) -> bool:
    try:
        return any(folder.glob("*.jsonl"))
    except OSError:
        return False


def _namesakes(own: Path) -> list[str]:
    """Say where the journals may be of a dataset that has moved."""
    if _begun(own):
        return []
    name = own.name.rpartition("-")[0]
    others = sorted(place for place in own.parent.glob("*-*") if _begun(place))
    return [
        f"There are journals of a dataset of this name in {place}; if it is this one, which has "
        f"moved, copy them to {own}."
        for place in others
        if place.name.rpartition("-")[0] == name
    ]


def _elsewhere(own: Path, sibling: Path) -> str:
    return (
        f"{own}: holds journals of this dataset too, from when {sibling} could not be written. "
        f"They are not shown; copy them to {sibling}."
    )


def _holds(folder: Path, below: Iterable[str]) -> bool:
    top = os.path.join(folder, "")
    return any(os.path.join(place, "").startswith(top) for place in below)
