"""What is wrong with the selected sample, and what is good to know of it, in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Session

_LINES = 2  # all findings stand in a tab of their own


class ProblemLine(TextBox):
    """A few lines below the table; hidden where there is nothing to say.

    Parameters
    ----------
    session : Session
    elsewhere : callable
        Whether all findings are in sight already; they are not said twice.
    """

    def __init__(
        self,
        session: Session,
        parent: QWidget | None = None,
        elsewhere: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(_LINES, parent)
        self._session, self._elsewhere = session, elsewhere
        self.hide()
        for signal in (session.selection_changed, session.rows_changed, session.facts_found):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Show the problems of the selected sample, and then the notes on it."""
        selected, rows = self._session.selected, self._session.rows
        told = selected is None or self._elsewhere()
        lines = [] if selected is None or told else list(rows.said(selected))
        lines += [] if selected is None else rows.notes(selected)
        self.setText("\n".join(lines))
        self.setVisible(bool(lines))
