"""Label tables: from a label's value to its name, abbreviation and colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from napari_medload.labels.palette import Colour, colour_of


@dataclass(frozen=True)
class Label:
    """One structure.

    Parameters
    ----------
    value : int
        Number in the label image; for one-hot labels the channel plus one.
    name : str
        Name for people.
    colour : tuple of three floats
        Red, green, blue from 0 to 1.
    abbreviation : str, optional
        Short name, empty where none is known.
    """

    value: int
    name: str
    colour: Colour
    abbreviation: str = ""


class LabelTable(Mapping[int, Label]):
    """Immutable mapping from values to labels.

    Values that the table does not list still have a label: their number for a name, and a
    colour of the palette. Value 0 is background and never drawn.

    Parameters
    ----------
    labels : iterable of Label
        Later entries replace earlier ones of the same value.
    source : str, optional
        The file the table was read from, for display.
    members : mapping of int to tuple of int, optional
        Which values share the voxels of a value that stands for several.
    """

    def __init__(
        self,
        labels: Iterable[Label] = (),
        source: str = "",
        members: Mapping[int, tuple[int, ...]] | None = None,
    ) -> None:
        self._labels = {label.value: label for label in labels}
        self._members = dict(members or {})
        self.source = source

    @property
    def members(self) -> Mapping[int, tuple[int, ...]]:
        """Which values share the voxels of a value that stands for several."""
        return MappingProxyType(self._members)

    def __getitem__(self, value: int) -> Label:
        return self._labels[value]

    def __iter__(self) -> Iterator[int]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def label(self, value: int) -> Label:
        """Return the label of a value, listed or not."""
        known = self._labels.get(value)
        if known is not None:
            return known
        return Label(value, "background" if value == 0 else str(value), colour_of(value))

    def alone(self, value: int) -> LabelTable:
        """Table of one label, under every value that stands for it alone or among others."""
        codes = [value, *(code for code, members in self.members.items() if value in members)]
        return LabelTable.coded({code: self.label(value) for code in codes}, self.source)

    @classmethod
    def coded(cls, labels: Mapping[int, Label], source: str = "") -> LabelTable:
        """Table of codes that stand for other values: each code's label states the true one."""
        table = cls((), source)
        table._labels = dict(labels)
        return table

    @classmethod
    def from_names(cls, names: Mapping[int, str], source: str = "") -> LabelTable:
        """Table from names alone, coloured from the palette in order of value."""
        labels = []
        for value, name in sorted(names.items()):
            labels.append(Label(value, name, colour_of(value)))
        return cls(labels, source)
