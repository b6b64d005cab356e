"""The legend: every label of a scene with its colour, name and where it occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.loaders.sample import is_label_role, side_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from napari_medload.labels import Label, LabelTable
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene


_TABLE_AT_MOST = 64
"""Entries of a table that is listed whole; of an atlas only what occurs."""

_NAMED_AT_MOST = 4
"""Hidden labels that are named; more of them are counted."""


@dataclass(frozen=True)
class LegendEntry:
    """One structure.

    Parameters
    ----------
    label : Label
        Value, name, abbreviation and colour.
    present_in : tuple of str
        Names of the label images of this scene that hold it; empty for one that only the table
        knows.
    """

    label: Label
    present_in: tuple[str, ...]


def legend_of(scene: Scene) -> tuple[LegendEntry, ...]:
    """List the labels of a scene by value; of a code for several, each one.

    Parameters
    ----------
    scene : Scene
    """
    known: dict[int, Label] = {}
    present: dict[int, list[str]] = {}
    for layer in scene.layers:
        if not is_label_role(layer.role) or layer.kind != "labels":
            continue
        for label in _listed(layer):
            known.setdefault(label.value, label)
        for value in _occurring(layer):
            named = side_of(layer.role) or layer.name
            present.setdefault(value, []).append(f"{named} (pale)" if layer.pale else named)
    return tuple(
        LegendEntry(known[value], tuple(dict.fromkeys(present.get(value, ()))))
        for value in sorted(known)
    )


def _listed(layer: Layer) -> list[Label]:
    """Labels that the table of a layer knows, and those that occur, with a name or without."""
    table = layer.table
    known = table if len(table) <= _TABLE_AT_MOST else ()
    codes = [code for code in dict.fromkeys((*known, *layer.values)) if code not in table.members]
    return [table.label(code) for code in codes if code != 0]


def hidden_codes(
    codes: Iterable[int], table: LabelTable, hidden: Collection[int]
) -> frozenset[int]:
    """Tell which codes of a label image are not drawn.

    Parameters
    ----------
    codes : iterable of int
        As they are drawn. One that stands for several labels is hidden with the last of them.
    hidden : collection of int
        True values of labels.
    """
    if not hidden:
        return frozenset()
    return frozenset(code for code in codes if true_values(code, table).issubset(hidden))


def hidden_remark(layers: Iterable[Layer], hidden: Collection[int]) -> str:
    """Say which labels are there and not drawn; empty where that is none.

    Without it a person might take a label for missing, in a sample that comes long after the one
    in which it was hidden.
    """
    known: dict[int, str] = {}
    for layer in layers:
        for code in layer.values if hidden else ():
            for member in layer.table.members.get(code, (code,)):
                label = layer.table.label(member)
                if label.value in hidden:
                    known.setdefault(label.value, label.name)
    names = [known[value] for value in sorted(known)]
    if len(names) > _NAMED_AT_MOST:
        return f"{len(names)} labels are hidden"
    return f"hidden: {', '.join(names)}" if names else ""


def true_values(code: int, table: LabelTable) -> frozenset[int]:
    """Return the values of all labels that a code stands for."""
    return frozenset(table.label(member).value for member in table.members.get(code, (code,)))


def _occurring(layer: Layer) -> set[int]:
    """Tell which true values occur in a layer."""
    return {value for code in layer.values for value in true_values(code, layer.table)}
