"""The walk through the table: order and choice of its rows, where to go next, and who leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_medload.checks import Severity
from napari_medload.session.table.columns import SHAPES
from napari_medload.session.table.filtering import ERRORS
from napari_medload.session.table.rows import Rows

if TYPE_CHECKING:
    from napari_medload.session.table.rows import Queue


@dataclass(frozen=True)
class Worst:
    """What waits at the top of the queue while a person looks at something else.

    Parameters
    ----------
    sample : int
        The first of the queue.
    sample_id : str
    count : int
        Samples that are not reviewed and as bad as that.
    what : str
        How bad: "errors" or "warnings".
    some_judged : bool
        Whether others are reviewed already.
    """

    sample: int
    sample_id: str
    count: int
    what: str
    some_judged: bool = False

    @property
    def text(self) -> str:
        """Write it, such as "✗ 3 samples with errors, first case_007"."""
        shape = SHAPES[Severity.ERROR if self.what == ERRORS else Severity.WARNING]
        open_ = "open " if self.some_judged else ""
        many = f"{self.count:,} {open_}sample{'s' if self.count != 1 else ''} with {self.what}"
        return f"{shape} {many}{', first' if self.count > 1 else ':'} {self.sample_id}"


class Walk:
    """A person's way through the rows of a table; see `Session`, which shows the samples.

    A dataset opens at its first sample, or after the one that was judged last. Once all of it is
    checked, the worst one that is not reviewed is shown by itself, unless a person has begun to
    work by then: they are told which it is instead.

    Attributes
    ----------
    rows : Rows
        The table.
    worst : Worst or None
        What a person is told to look at; None where there is nothing to tell.
    """

    rows_changed = Signal()  # order, search or all facts
    worst_changed = Signal(object)  # Worst or None

    def __init__(self) -> None:
        self.rows = Rows(())
        self.worst: Worst | None = None
        self._walked = False  # whether the person has gone from the first sample to another
        self._touched = False  # whether the person has done anything at all

    @property
    def selected(self) -> int | None:
        """Position in the dataset of the sample that a person looks at, or waits for."""
        raise NotImplementedError

    def select(self, sample: int) -> None:
        """Show a sample that a person wants to see, by its position in the dataset."""
        raise NotImplementedError

    def _turn_to(self, sample: int) -> None:
        """Show a sample, whoever leads there."""
        raise NotImplementedError

    # --- who leads -----------------------------------------------------------------------

    @property
    def led(self) -> bool:
        """Whether the worst sample is shown by itself once it is known."""
        return not self._touched

    def touch(self) -> None:
        """Take in that a person works: nothing is shown any more that they have not asked for."""
        self._touched = True

    def _begin_walk(self, rows: Rows, led: bool) -> None:
        self.rows = rows
        self._walked, self._touched = False, not led
        self._tell(None)

    def _order_known(self, checked: bool) -> None:
        """Put the worst first, unless that would move the table under a person's hands.

        Parameters
        ----------
        checked : bool
            Whether no check is left to be done, so that the order stays.
        """
        if self._walked:
            self.rows_changed.emit()
        else:
            self.sort_again()
        if checked:
            self._lead()

    def _lead(self) -> None:
        """Show the worst sample, or say which it is to a person who is at work."""
        led = self.led
        self._touched = True  # once is enough
        queue = self.rows.queue()
        if queue is None or queue.first == self.selected:
            self._tell(None)
        elif led:
            self._turn_to(queue.first)
        else:
            self._tell(self._worst_of(queue))

    def _worst_of(self, queue: Queue) -> Worst:
        rows = self.rows
        name, judged = rows.text(queue.first, "id"), bool(rows.marks.judged)
        return Worst(queue.first, name, queue.count, queue.what, judged)

    def show_worst(self) -> None:
        """Sort by what is known now, and show the worst sample that is not reviewed."""
        self.sort_again()
        queue = self.rows.queue()
        self._tell(None)
        if queue is not None:
            self.select(queue.first)

    def leave_worst(self) -> None:
        """Tell no more which sample is the worst."""
        self._tell(None)

    def _arrived_at(self, sample: int) -> None:
        if self.worst is not None and self.worst.sample == sample:
            self._tell(None)

    def _tell(self, worst: Worst | None) -> None:
        if worst != self.worst:
            self.worst = worst
            self.worst_changed.emit(worst)

    # --- going ---------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) row of the table; stay at its ends."""
        self.touch()
        if not len(self.rows):
            return
        row = None if self.selected is None else self.rows.row_of(self.selected)
        wanted = 0 if row is None else row + by
        if 0 <= wanted < len(self.rows):
            self.select(self.rows.sample_at(wanted))

    def go_to_first(self) -> None:
        """Show the first row of what was chosen; stay where there is none."""
        stays = self.selected if self.rows.holds_on else None
        first = next((sample for sample in self.rows.order.tolist() if sample != stays), None)
        if first is not None:
            self.select(first)

    def advance(self) -> bool:
        """Go to the next sample that is not reviewed, in the table's order; stay if none is."""
        wanted = self.rows.next_open(self.selected)
        if wanted is not None:
            self.select(wanted)
        return wanted is not None

    # --- the table -----------------------------------------------------------------------

    def sort(self, key: str, descending: bool = False) -> None:
        """Order the table."""
        self.touch()
        self.rows.sort(key, descending)
        self.rows_changed.emit()

    def sort_again(self) -> None:
        """Order and filter the table by what is known now; worst first unless it was sorted."""
        self.rows.sort_again()
        self.rows_changed.emit()

    def find(self, search: str) -> None:
        """Search the table."""
        self.choose_by(search=search)

    def choose(self, split: str | None = None, group: str | None = None) -> None:
        """Show only the rows of a split, or of a group; of all without either."""
        self.choose_by(split=split, group=group)

    def choose_by(self, **changes: Any) -> None:
        """Change which rows are shown, by fields of `Filter`."""
        self.touch()
        self.rows.choose_by(**changes)
        self.rows_changed.emit()
