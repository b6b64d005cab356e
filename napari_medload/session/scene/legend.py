"""The legend: every label of a scene with its colour, name and where it occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.loaders.sample import is_label_role, side_of

if TYPE_CHECKING:
    from napari_medload.labels import Label
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene


_TABLE_AT_MOST = 64
"""Entries of a table that is listed whole; of an atlas only what occurs."""


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


def _occurring(layer: Layer) -> set[int]:
    """Tell which true values occur in a layer."""
    table = layer.table
    return {
        table.label(member).value
        for code in layer.values
        for member in table.members.get(code, (code,))
    }
