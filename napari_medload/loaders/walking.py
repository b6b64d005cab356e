"""The files below a folder, and what lies there that cannot be one of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from napari_medload.formats import UnreadableFileError
from napari_medload.formats.storage.regular import expect_file

if TYPE_CHECKING:
    from collections.abc import Callable


class Trouble(NamedTuple):
    """Something that cannot be read, and why.

    Parameters
    ----------
    name : str
        Path below the folder that was searched; that of a folder ends with a slash.
    reason : str
        Names the file, what was found, what was expected, and the remedy.
    """

    name: str
    reason: str


def walk(
    folder: str, wanted: Callable[[str], bool], deep: bool = True
) -> tuple[list[str], list[Trouble]]:
    """Find all visible files below a folder.

    Links are followed, but for those to a folder that they lie in, or were reached through.

    Parameters
    ----------
    folder : str
    wanted : callable
        Whether somebody expects a file under a path, so that anything else there is a trouble.
    deep : bool
        Whether the folders below are searched too.

    Returns
    -------
    list of str
        Paths relative to the folder, in no order.
    list of Trouble
        What is wanted and no file: a pipe, a link that leads to itself, a folder of such a name.
        Folders below that cannot be listed, too.

    Raises
    ------
    OSError
        If the folder itself cannot be listed.
    """
    files: list[str] = []
    troubles: list[Trouble] = []
    prefixes = [""]
    while prefixes:
        prefix = prefixes.pop()
        place = os.path.join(folder, prefix)
        try:
            found, others = _listed(place)
        except OSError as error:
            if not prefix:
                raise
            troubles.append(Trouble(prefix, _unlisted(place, error)))
            continue
        files += [prefix + entry.name for entry in found]
        for entry in others:
            name = prefix + entry.name
            is_folder = answers(entry.is_dir)
            if is_folder and deep and not leads_back(entry, folder):
                prefixes.append(f"{name}/")
            if wanted(name) or not is_folder:
                try:
                    expect_file(entry.path)
                except FileNotFoundError:  # a link to nothing: opening it will say so
                    files.append(name)
                except UnreadableFileError as error:
                    if wanted(name):
                        troubles.append(Trouble(name, str(error)))
    return files, troubles


def _listed(place: str) -> tuple[list[os.DirEntry[str]], list[os.DirEntry[str]]]:
    """Visible files in a folder, and all else that is visible there."""
    with os.scandir(place) as entries:
        visible = [entry for entry in entries if entry.name[0] != "."]
    try:
        files = [entry for entry in visible if entry.is_file()]
    except OSError:  # a link that leads to itself
        files = [entry for entry in visible if answers(entry.is_file)]
    if len(files) == len(visible):
        return files, []
    names = {entry.name for entry in files}
    return files, [entry for entry in visible if entry.name not in names]


def answers(question: Callable[[], bool]) -> bool:
    """Answer of an entry of a folder; no where it cannot be told."""
    try:
        return question()
    except OSError:
        return False


def leads_back(entry: os.DirEntry[str], root: str) -> bool:
    """Whether a folder is a link to one above it, where a walk would never end.

    Above it are those that it lies in, and those that it was reached through by other links.
    """
    if not entry.is_symlink():
        return False
    above = os.path.dirname(entry.path)
    there, here = os.path.realpath(entry.path), os.path.realpath(above)
    if os.path.join(here, "").startswith(os.path.join(there, "")):
        return True
    while len(above) > len(root):
        if os.path.samefile(above, there):
            return True
        above = os.path.dirname(above)
    return os.path.samefile(root, there)


def _unlisted(folder: str, error: OSError) -> str:
    return (
        f"{folder}: cannot be listed ({error.strerror}); expected a folder. Check its permissions, "
        "or move it up where it lies too deep."
    )
