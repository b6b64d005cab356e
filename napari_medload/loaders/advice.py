"""What to say, and to propose, where a path is no dataset."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from napari_medload.loaders.backends import backend_for, every_backend
from napari_medload.loaders.deepreg.folders import PAIRED, SINGLE, roles_found
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.json_file import read_json
from napari_medload.loaders.lists import LIST_SUFFIXES
from napari_medload.loaders.lists.described import dictionary_fault
from napari_medload.loaders.medsegpy.catalog import DatasetCatalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_SHOWN = 6
_FIXES = 3
_LOOKED_AT = 50
_FOLDERS = (*PAIRED.values(), *SINGLE.values(), "imagesTr", "labelsTr", "imagesTs", "labelsTs")


def near_word(word: str, among: Iterable[str]) -> str:
    """Ask after the word that was nearly written; empty where none is near."""
    near = get_close_matches(word, list(among), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def not_there(path: Path, name: str) -> str:
    """Say that nothing lies at a path, and that no dataset is registered under that name."""
    registered = DatasetCatalog.list()
    message = f"{path}: no such file or folder. Check the spelling and the disk."
    if not registered:
        return message
    known = ", ".join(registered)
    return (
        f"{message} No dataset is registered as '{name}' either; registered are: {known}."
        f"{near_word(name, registered)}"
    )


def no_file_of_ours(path: Path) -> str:
    """Say that a file is of no kind that is read."""
    if path.suffix.lower() == ".json" and (told := _dictionary(path)):
        return told
    return (
        f"{path}: neither a folder, a list ({', '.join(LIST_SUFFIXES)}) nor a volume. "
        "Convert it to NIfTI, or open the folder that holds it."
    )


def _dictionary(path: Path) -> str:
    """Say that a file is the dictionary of a table; empty where it is none."""
    try:
        return dictionary_fault(path, read_json(path))
    except DatasetError:
        return ""


def no_dataset(folder: Path) -> str:
    """Say what was found in a folder, the nearest ways to mend it, and what was looked for."""
    names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    fixes = " ".join([*_near_fixes(folder, names), *_usual_fixes(roles_found(folder))][:_FIXES])
    expected = ", ".join(dict.fromkeys(backend.expects for backend in every_backend()))
    return (
        f"{folder}: not a dataset; found {shown or 'an empty folder'}. {fixes} Expected one of: "
        f"{expected}; roles as folders of NIfTI files or as h5 files, with or without train, valid "
        "and test above them."
    )


def _near_fixes(folder: Path, names: Sequence[str]) -> list[str]:
    """Propose what lies there: a name that is nearly right, or a file to open."""
    fixes = []
    wanted = [name for name in _FOLDERS if name not in names]
    slips = []
    for name in names:
        stem = name.removesuffix(".h5")
        near = [] if stem in _FOLDERS else get_close_matches(stem, wanted, n=1, cutoff=0.8)
        if near:
            slips.append(f"'{near[0] + name[len(stem) :]}' by '{name}'")
    if slips:
        fixes.append(f"Did you mean {', '.join(slips[:4])}? Rename it.")
    files = [folder / name for name in names[:_LOOKED_AT] if (folder / name).is_file()]
    lists = [file.name for file in files if backend_for(file) is not None]
    if lists:
        fixes.append(f"Open {' or '.join(lists[:3])} in it.")
    return fixes


def _usual_fixes(roles: Sequence[str]) -> list[str]:
    paired = [name for name in ("fixed_images", "moving_images") if name not in roles]
    if any(role in PAIRED.values() for role in roles):
        return [f"Add {' and '.join(paired)}, or open it as a list of pairs (CSV or JSON)."]
    if roles:
        return ["Add images, or open it as a list (CSV or JSON)."]
    return [
        "Open the folder above or below.",
        "Give a CSV or JSON list, or name patterns: --moving 'sub-{id}/t2.nii.gz' --fixed "
        "'sub-{id}/t1.nii.gz'.",
    ]
