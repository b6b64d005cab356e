"""Images in another program."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from napari_medload.formats import save
from napari_medload.formats.saving import writer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.formats import Content

VARIABLE = "SITK_SHOW_COMMAND"
_FILE = "%f"


def show(content: Content, viewer: Path | str | None = None) -> None:
    """Write an image into a temporary file, and open it in another program.

    The file stays: the program may read it at any time.

    Parameters
    ----------
    content : Content
    viewer : path, optional
        The program. By default the command in the environment variable SITK_SHOW_COMMAND, in
        which ``%f`` stands for the file; else ITK-SNAP or 3D Slicer, where one is found.

    Raises
    ------
    RuntimeError
        If there is no such program.
    """
    command = _command(viewer)
    folder = Path(tempfile.mkdtemp(prefix="medload-show-"))
    path = folder / _name(content)
    save(path, content)
    words = [word.replace(_FILE, str(path)) for word in command]
    words = words if words != command else [*command, str(path)]
    try:
        process = subprocess.Popen(words)  # noqa: S603 - the person names the program
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(
            f"the viewer {command[0]} cannot be started ({error.strerror}); name another one by "
            f"viewer_path= or in {VARIABLE}"
        ) from error
    # whoever is not waited for stays as a zombie
    threading.Thread(target=process.wait, name="medload-viewer", daemon=True).start()


def _name(content: Content) -> str:
    """3D Slicer takes ``.seg.nrrd`` for labels."""
    if not content.is_label:
        return "image.nii.gz"
    try:
        writer_of("labels.seg.nrrd")
    except ValueError:
        return "labels.nii.gz"
    return "labels.seg.nrrd"


def _command(viewer: Path | str | None) -> list[str]:
    if viewer is not None:
        return [str(viewer)]
    named = os.environ.get(VARIABLE, "")
    if named:
        return [named] if Path(named).is_file() else shlex.split(named)
    for candidate in _candidates():
        if candidate.is_file():
            return [str(candidate)]
    raise RuntimeError(
        "no viewer was found; expected ITK-SNAP or 3D Slicer. Name a program by viewer_path= or in "
        f"the environment variable {VARIABLE}"
    )


def _candidates() -> Iterator[Path]:
    for name in ("itksnap", "ITK-SNAP", "Slicer"):
        found = shutil.which(name)
        if found is not None:
            yield Path(found)
    if sys.platform == "darwin":
        for name in ("ITK-SNAP", "Slicer"):
            yield Path(f"/Applications/{name}.app/Contents/MacOS/{name}")
    if sys.platform == "win32":
        programs = Path(os.environ.get("ProgramW6432", "C:/Program Files"))
        yield from sorted(programs.glob("ITK-SNAP*/bin/itk-snap.exe"), reverse=True)
        yield from sorted(programs.glob("Slicer*/Slicer.exe"), reverse=True)
