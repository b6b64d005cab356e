"""How a dataset is read: the options that the commands ``open`` and ``export`` share."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_medload.app.typed_options import OptionError, as_columns
from napari_medload.loaders.advice import near_word
from napari_medload.loaders.backends import backend_named, layout_names

if TYPE_CHECKING:
    import argparse

_ROLES = ("moving", "fixed", "moving_label", "fixed_label", "image", "label")


class ReadingError(ValueError):
    """An option that says how to read, and cannot be followed.

    Parameters
    ----------
    message : str
    code : int
        Exit code: 2 where the command was not understood, 1 where a file of it cannot be run.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


def add_reading(parser: Any) -> None:
    """Add the options to a parser, or to a group of one."""
    parser.add_argument(
        "--register",
        metavar="FILE",
        help="run this Python file or module first: it registers datasets",
    )
    parser.add_argument(
        "--layout",
        metavar="NAME",
        help=f"instead of recognising it: {', '.join(layout_names())}",
    )
    for role in _ROLES:
        parser.add_argument(
            f"--{role.replace('_', '-')}", metavar="PATTERN", help=f"{role} files, with {{id}}"
        )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=COLUMN",
        help="take this column of a list for a role, or for split, group, sample_id; repeatable",
    )


def reading_of(options: argparse.Namespace) -> dict[str, Any]:
    """Register what is asked for, and return what `open_dataset` takes besides path and split.

    Raises
    ------
    ReadingError
        If there is no such layout, a column is not understood, or a file cannot be run.
    """
    try:
        columns = as_columns(options.column)
        if options.layout is not None:
            backend_named(options.layout)
    except (OptionError, KeyError) as error:
        raise ReadingError(str(error.args[0])) from error
    patterns = {
        role if "_" in role or role in ("image", "label") else f"{role}_image": pattern
        for role in _ROLES
        if (pattern := getattr(options, role))
    }
    if options.register:
        _register(options.register)
    how: dict[str, Any] = {"layout": options.layout, "patterns": patterns or None}
    return how | ({"columns": columns} if columns else {})


def _register(name: str) -> None:
    if name.endswith(".py") and not Path(name).is_file():
        raise ReadingError(_no_such_file(Path(name)), code=1)
    try:
        _run(name)
    except Exception as error:  # another's code
        raise ReadingError(f"{name}: {type(error).__name__}: {error}", code=1) from error


def _no_such_file(register: Path) -> str:
    there = [path.name for path in register.parent.glob("*.py")] if register.parent.is_dir() else []
    return (
        f"{register}: no such file; expected a Python file, or the name of a module, that "
        f"registers datasets.{near_word(register.name, there) or ' Check the spelling.'}"
    )


def _run(register: str) -> None:
    """Run a file or a module of the user's that registers datasets."""
    if not register.endswith(".py"):
        sys.path.insert(0, os.getcwd())
        importlib.import_module(register)
        return
    spec = importlib.util.spec_from_file_location(Path(register).stem, register)
    if spec is None or spec.loader is None:
        raise ImportError(f"{register} cannot be run as Python")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
