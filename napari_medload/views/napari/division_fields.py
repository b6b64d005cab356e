"""Fields that say how the samples are divided into splits; folded away until that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, SpinBox

from napari_medload.session.export.wish import UNITS, Division
from napari_medload.views.napari.filling import fill, offer

if TYPE_CHECKING:
    from magicgui.widgets import Widget

    from napari_medload.session.export.exporting import Exporting

_NOT = "–"
_SEEDS = 2**31 - 1
_TIPS = {
    "make": "Divide the samples, in place of the splits that there are; no subject in two of them",
    "by": "What stays in one split; so does what shares a file, or the same content",
    "stratify": "Column whose values are shared out alike",
    "seed": "The same seed makes the same splits, anywhere",
}


class DivisionFields(Container):
    """Whether splits are made, and how; every change is told to the session at once."""

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting
        self.make = CheckBox(name="make", text="make splits", tooltip=_TIPS["make"])
        self.shares = {
            name: SpinBox(name=name, max=100, tooltip=f"Percent of the units in {name}; 0 for none")
            for name, _percent in Division().percent
        }
        shares = _row("shares", ", ".join(self.shares) + " %", *self.shares.values())
        self.by = ComboBox(name="by", label="kept together", tooltip=_TIPS["by"])
        self.stratify = ComboBox(name="stratify", tooltip=_TIPS["stratify"])
        self.seed = SpinBox(name="seed", max=_SEEDS, tooltip=_TIPS["seed"])
        chance = _row("chance", "stratified by, seed", self.stratify, self.seed)
        self._how = (shares, self.by, chance)
        super().__init__(widgets=[self.make, *self._how], labels=True)
        self.margins = (0, 0, 0, 0)
        self._connect(exporting)

    def _connect(self, exporting: Exporting) -> None:
        choose = exporting.choose
        self.make.changed.connect(lambda on: choose(division={} if on else None))
        for share in self.shares.values():
            share.changed.connect(lambda _percent: choose(division={"percent": self._percent()}))
        self.by.changed.connect(lambda by: choose(division={"by": by}))
        self.stratify.changed.connect(lambda name: choose(division={"stratify": name}))
        self.seed.changed.connect(lambda seed: choose(division={"seed": seed}))

    def _percent(self) -> tuple[tuple[str, int], ...]:
        return tuple((name, share.value) for name, share in self.shares.items())

    def refresh(self) -> None:
        """Show what is wished; nothing of that is told back."""
        exporting, wish = self._exporting, self._exporting.wish
        self.enabled = wish is not None and not exporting.saving
        division = None if wish is None else wish.division
        fill(self.make, division is not None)
        for part in self._how:
            part.visible = division is not None
        if division is None:
            return
        for name, percent in division.percent:
            fill(self.shares[name], percent)
        columns = exporting.columns
        offer(self.by, [(name, name) for name in (*UNITS, *columns)], division.by)
        stratified = ("group", *columns)
        offer(self.stratify, [(_NOT, ""), *((n, n) for n in stratified)], division.stratify)
        fill(self.seed, division.seed)


def _row(name: str, label: str, *fields: Widget) -> Container:
    """Put some fields beside each other."""
    row = Container(widgets=fields, layout="horizontal", labels=False, name=name, label=label)
    row.margins = (0, 0, 0, 0)
    return row
