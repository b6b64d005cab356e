"""What people type as ``key=value``: options of a format, and columns of a list."""

from __future__ import annotations

import types
from collections.abc import Collection
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from napari_medload.loaders.advice import near_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.export import Exporter

_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


class OptionError(ValueError):
    """An option that a format has not, or that cannot be set so."""


def as_columns(given: Iterable[str]) -> dict[str, str] | None:
    """Read which columns of a list are taken for which roles; None where nothing is said.

    Parameters
    ----------
    given : iterable of str
        Such as ``"fixed_image=ct_path"``.

    Raises
    ------
    OptionError
        If one of them is no such thing, or a role is named twice.
    """
    columns: dict[str, str] = {}
    for text in given:
        role, _, column = text.partition("=")
        if not role.strip() or not column:
            raise OptionError(
                f"--column {text}: expected ROLE=COLUMN, such as fixed_image=ct_path."
            )
        if role.strip() in columns:
            raise OptionError(
                f"--column {text}: {role.strip()} is '{columns[role.strip()]}' already; expected "
                "one column a role. Leave one of them out."
            )
        columns[role.strip()] = column
    return columns or None


def as_option_values(exporter: Exporter, given: Iterable[str]) -> dict[str, Any]:
    """Read options of a format.

    Parameters
    ----------
    given : iterable of str
        Such as ``"folds=5"``; that of a tuple such as ``"roles=fixed_image,moving_image"``.

    Raises
    ------
    OptionError
        If there is no such option, or the value is of another type.
    """
    hints = get_type_hints(exporter.options)
    known = [field.name for field in fields(exporter.options)]
    values: dict[str, Any] = {}
    for text in given:
        written, sign, value = text.partition("=")
        name = written.strip().replace("-", "_")
        if name not in known:
            raise OptionError(
                f"{exporter.title} has no option '{written}'; expected "
                f"{', '.join(known) or 'none'}.{near_word(name, known)}"
            )
        try:
            if not sign:
                raise ValueError
            values[name] = _typed(value.strip(), hints[name])
        except ValueError:
            raise OptionError(
                f"--option {text}: expected {name}= and {_in_words(hints[name])}."
            ) from None
    return values


def option_lines(exporter: Exporter) -> list[str]:
    """Say which options a format has, one a line, each with its usual value."""
    hints = get_type_hints(exporter.options)
    lines = []
    for field in fields(exporter.options):
        usual = field.default if field.default_factory is MISSING else field.default_factory()
        lines.append(f"{field.name}={_written(usual)}: {_in_words(hints[field.name])}")
    return lines


def _typed(text: str, hint: Any) -> Any:
    """Read a text as a type.

    Raises
    ------
    ValueError
        If it is none of it.
    """
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of({str(value): value for value in args}, text)
    if origin in (Union, types.UnionType):
        return _first_that_fits(text, args)
    if hint is bool:
        return _one_of(_WORDS, text.lower())
    if isinstance(origin, type) and issubclass(origin, dict | types.MappingProxyType):
        pairs = [part.split(":", 1) for part in text.split(",")] if text else []
        return {key.strip(): _typed(value.strip(), args[1]) for key, value in pairs}
    if isinstance(origin, type) and issubclass(origin, Collection):
        parts = [part.strip() for part in text.split(",")] if text else []
        return tuple(_typed(part, args[0]) for part in parts)
    if hint in (int, float, str, Path):
        return hint(text)
    return text


def _one_of(known: dict[str, Any], text: str) -> Any:
    if text not in known:
        raise ValueError(text)
    return known[text]


def _first_that_fits(text: str, kinds: Iterable[Any]) -> Any:
    """Read a text as the first of some types that it fits; nothing, or ``none``, as None."""
    kinds = tuple(kinds)
    if type(None) in kinds and text.lower() in ("", "none"):
        return None
    for kind in sorted(kinds, key=lambda kind: kind is str):  # anything is a text
        if kind is not type(None):
            try:
                return _typed(text, kind)
            except ValueError:
                continue
    raise ValueError(text)


def _in_words(hint: Any) -> str:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(str, args))
    if origin in (Union, types.UnionType):
        return " or ".join(_in_words(kind) for kind in args)
    if isinstance(origin, type) and issubclass(origin, dict):
        return "KEY:VALUE, parted by commas"
    if isinstance(origin, type) and issubclass(origin, Collection):
        return f"{_in_words(args[0])}, parted by commas"
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return {**words, Path: "a path", type(None): "none"}.get(hint, "a text")


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(_written, value))
    return "none" if value is None else str(value)
