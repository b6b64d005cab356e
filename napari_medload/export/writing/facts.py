"""What is stated of samples, as texts: for the formats that carry it beside the paths.

The names are those of our own lists (`loaders.lists.schema`). All values are texts, as in the cells
of a table, and all samples of a list have the same names: the loaders of training programs put the
values of several samples side by side, and stop at None and at lists of different lengths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from napari_medload.export.writing.rows import Columns, as_cells, in_parts
from napari_medload.formats.storage.paths import seen_from
from napari_medload.loaders.lists.described import KEY, ListDescription, describing
from napari_medload.loaders.lists.schema import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection


@dataclass(frozen=True)
class Facts:
    """Facts of the samples of a list, in its order.

    Parameters
    ----------
    columns : dict of str to list of str
        Value of each sample, by the name of the fact; `MISSING` where it has none.
    """

    columns: dict[str, list[str]]

    @classmethod
    def of(cls, selection: Selection, target: Target) -> Facts:
        """Gather the ids, and the facts that at least one sample has; once for a target."""
        return target.once(cls._gathered, selection)

    @classmethod
    def _gathered(cls, selection: Selection, target: Target) -> Facts:
        columns = replace(Columns.of(selection, target), roles=())
        found: dict[str, list[str]] = {name: [] for name in columns.names}
        for _, values in in_parts(selection, columns, target):
            for name, cells in zip(columns.names, as_cells(columns, values, MISSING), strict=True):
                found[name] += cells
        told = {
            name: cells
            for name, cells in found.items()
            if name == "sample_id" or cells.count(MISSING) < len(cells)
        }
        return cls(told)

    def rows(self) -> Iterator[dict[str, str]]:
        """Facts of one sample after the other."""
        for cells in zip(*self.columns.values(), strict=True):
            yield dict(zip(self.columns, cells, strict=True))


def described(selection: Selection, target: Target) -> ListDescription:
    """Say where a list comes from, and what its paths are relative to."""
    folder = target.path.parent
    base = "" if target.base in (None, folder) else seen_from(folder, target.base)
    splits = Columns.of(selection, target).splits
    split = splits[0] if len(splits) == 1 else ""
    return describing(selection.dataset, chosen=selection.chosen, split=split, base=base)


def origin(selection: Selection, target: Target) -> dict[str, Any]:
    """Write the same as it stands at the head of a list."""
    return {KEY: described(selection, target).to_json()}
