"""The programs that lists are for, each asked to load one in a process of its own.

Each format that has a consumer has a module here of the format's name, with ``-`` as ``_``; it is
run as ``python -m napari_medload.export.consumers.NAME PATH BASE`` and ends with

    if __name__ == "__main__":
        answer(load, "package", "package.module_that_load_imports")

It says on the standard output, one JSON object a line: ``package`` and ``version`` once it is
imported, then ``count`` or ``error``; or ``broken`` where it can't be imported.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def answer(load: Callable[[Path, Path | None], int], package: str, *modules: str) -> None:
    """Load a list as its consumer does, and say how that went.

    Parameters
    ----------
    load : callable
        Given the file or folder that was written, and the folder that its paths are relative to
        (None where they are absolute); returns how many items the consumer finds in it, or raises
        what the consumer raises. It imports what it needs itself.
    package : str
        Of the consumer.
    *modules : str
        What `load` imports. What these raise on import is a broken installation, not a broken list.
    """
    with open(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)  # whatever the consumer prints, also from C and from its own processes

        def say(**what: object) -> None:
            print(json.dumps(what), file=channel, flush=True)

        path, base = Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None
        try:
            for name in (package, *modules):
                importlib.import_module(name)
        except Exception as error:
            say(broken=_in_words(error))
            return
        say(package=package, version=_version(package))
        try:
            say(count=load(path, base))
        except ImportError as error:
            say(broken=_in_words(error))
        except Exception as error:
            say(error=_in_words(error))


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a folder on the path, not installed
        return ""
