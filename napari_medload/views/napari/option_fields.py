"""Fields for the options of an export format, made from its dataclass."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from inspect import cleandoc
from itertools import dropwhile, takewhile
from typing import TYPE_CHECKING, Any, get_type_hints

from magicgui.widgets import Container, LineEdit, SpinBox, create_widget

from napari_medload.views.napari.filling import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from napari_medload.export import Exporter

_MOST = 2**31 - 1


class OptionFields(Container):
    """One field an option; hidden where a format has none.

    Parameters
    ----------
    choose : callable
        Told the name and the new value of an option.
    """

    def __init__(self, choose: Callable[[str, Any], None]) -> None:
        super().__init__(labels=True)
        self.margins = (0, 0, 0, 0)
        self._choose = choose
        self._format = ""

    def show_of(
        self, exporter: Exporter | None, values: Mapping[str, Any], idle: Collection[str] = ()
    ) -> None:
        """Show the options of a format, with these values; without those that have no use."""
        name = "" if exporter is None else exporter.name
        if name != self._format:
            self._format = name
            self._make_anew(exporter, values)
        for option, value in values.items():
            self[option].visible = option not in idle
            fill(self[option], value)

    def _make_anew(self, exporter: Exporter | None, values: Mapping[str, Any]) -> None:
        self.clear()
        for name, value in values.items():
            assert exporter is not None  # noqa: S101
            field = _field(exporter.options, name, value)
            field.changed.connect(partial(self._choose, name))
            self.append(field)


def _field(options: type, name: str, value: Any) -> Any:
    """Make the field of an option; what it is for stands in the dataclass's own words."""
    field = create_widget(
        value=value,
        annotation=get_type_hints(options).get(name, type(value)),
        name=name,
        label=_label(options, name),
        options={"tooltip": _described(options, name)},
    )
    if isinstance(field, SpinBox):
        field.max = _MOST
    if isinstance(field, LineEdit):  # what it is for stands in it until something is typed
        field.native.setPlaceholderText(_described(options, name).partition(";")[0].rstrip("."))
    return field


def _label(options: type, name: str) -> str:
    """Return the plain words that an option states in its metadata, else its name."""
    stated = {each.name: each.metadata.get("label", "") for each in fields(options)}
    return stated[name] or name.replace("_", " ")


def _described(options: type, name: str) -> str:
    """Return what the docstring (numpydoc) says of a parameter."""
    docs = (cleandoc(each.__doc__ or "") for each in options.__mro__[:-1])  # its own, then theirs
    lines = "\n".join(docs).splitlines()
    found = dropwhile(lambda line: name not in line.partition(" : ")[0].split(", "), lines)
    next(found, None)
    return " ".join(
        line.strip() for line in takewhile(lambda line: line.startswith(" "), found)
    ).replace("``", "")
