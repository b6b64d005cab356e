"""Configuration files: YAML that is read within bounds, however a file is made.

A few hundred bytes of YAML can stand for a billion values, through aliases and merge keys. What a
file would grow to is counted before anything is made of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.lists.described import KEY
from napari_medload.loaders.quoting import quoted

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_SUFFIXES = (".yaml", ".yml")
BASE = "base"
"""Key, in our own section, of the folder that the others are relative to."""
SIZE_AT_MOST = 1 << 20
VALUES_AT_MOST = 10_000
_SECTION = re.compile(rb"^[\"']?dataset[\"']?\s*:", re.MULTILINE)


def names_section(path: Path) -> bool:
    """Whether a YAML file has a section ``dataset``, be the rest of it broken."""
    if path.suffix.lower() not in CONFIG_SUFFIXES or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(SIZE_AT_MOST)
    if b"dataset" not in head:
        return False
    content, reason, _lines = _parsed(path)
    if reason:  # opening it will say what is wrong
        return bool(_SECTION.search(head))
    return isinstance(content, Mapping) and isinstance(content.get("dataset"), Mapping)


def read_section(path: Path) -> Mapping[str, Any]:
    """Section ``dataset`` of a file.

    Raises
    ------
    DatasetError
        If the file cannot be read, or has no such section.
    """
    content, reason, lines = _parsed(path)
    if reason:
        raise DatasetError(
            f"{path}{lines}: cannot be read as YAML ({reason}); expected a DeepReg configuration. "
            "Correct it there."
        )
    section = content.get("dataset") if isinstance(content, Mapping) else None
    if not isinstance(section, Mapping):
        raise DatasetError(
            f"{path}: no section 'dataset'; expected a DeepReg configuration, which names its "
            f"data there; found {shown_keys(content)}. Add the section, or open the folder of "
            "the data."
        )
    return section


def read_base(path: Path) -> Path | None:
    """Folder that the folders of a configuration are relative to; None where it does not say."""
    content = _parsed(path)[0]
    own = content.get(KEY) if isinstance(content, Mapping) else None
    base = own.get(BASE) if isinstance(own, Mapping) else None
    return path.parent / base if isinstance(base, str) else None


def shown_keys(content: object) -> str:
    """Say in a few words what a configuration holds."""
    if not isinstance(content, Mapping):
        return quoted(content)
    return (
        ", ".join(str(key) if isinstance(key, str) else quoted(key) for key in list(content)[:12])
        or "nothing"
    )


def _parsed(path: Path) -> tuple[Any, str, str]:
    """Content of a file, why it cannot be read or an empty text, and the lines of the fault."""
    try:
        stamp = os.stat(path)
    except (OSError, ValueError) as error:
        return None, str(error), ""
    if stamp.st_size > SIZE_AT_MOST:
        reason = f"{stamp.st_size:,} bytes, {SIZE_AT_MOST:,} at most; is it a configuration?"
        return None, reason, ""
    return _parse(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=4)  # recognising a file and opening it parse it once
def _parse(path: Path, _changed: int, _size: int) -> tuple[Any, str, str]:
    try:
        return yaml.load(path.read_bytes(), Loader=_BoundedLoader), "", ""  # noqa: S506
    except yaml.YAMLError as error:
        return None, getattr(error, "problem", None) or str(error), _lines(error)
    except RecursionError:
        return None, "its brackets are nested too deeply", ""
    except OSError as error:
        return None, str(error.strerror), ""
    except ValueError as error:  # a date or a number that is none
        return None, str(error), ""


def _lines(error: yaml.YAMLError) -> str:
    """Where a file is broken: from where something begins to where it cannot go on."""
    marks = [getattr(error, name, None) for name in ("context_mark", "problem_mark")]
    lines = dict.fromkeys(str(mark.line + 1) for mark in marks if mark)
    return f", line {' to '.join(lines)}" if lines else ""


class _BoundedLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain values only, and not more than a configuration can have."""

    def get_single_node(self) -> Any:
        node = super().get_single_node()
        if node is not None:
            _grown(node, {})
        return node


def _grown(node: Any, known: dict[int, int]) -> int:
    """Count the values that a node grows to, with every alias written out.

    Raises
    ------
    yaml.YAMLError
        If they are too many, or the node holds itself.
    """
    if isinstance(node, yaml.ScalarNode):
        return 1
    count = known.get(id(node))
    if count is not None:
        if not count:
            raise yaml.MarkedYAMLError(
                problem="an alias stands within what it names", problem_mark=node.start_mark
            )
        return count
    known[id(node)] = 0  # being counted
    total = 1
    for part in node.value:
        for inner in part if isinstance(part, tuple) else (part,):
            total += _grown(inner, known)
            if total > VALUES_AT_MOST:
                raise yaml.MarkedYAMLError(
                    problem=f"aliases make more than {VALUES_AT_MOST:,} values of it",
                    problem_mark=node.start_mark,
                )
    known[id(node)] = total
    return total
