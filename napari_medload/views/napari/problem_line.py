"""What is wrong with the selected sample, in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.session import Session

_LINES = 4


class ProblemLine(TextBox):
    """A few lines below the table; hidden where nothing is wrong.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(_LINES, parent)
        self._session = session
        self.hide()
        for signal in (session.selection_changed, session.rows_changed, session.facts_found):
            signal.connect(self.refresh)

    def refresh(self) -> None:
        """Show the problems of the selected sample."""
        selected = self._session.selected
        problems = () if selected is None else self._session.rows.problems(selected)
        self.setText("\n".join(f"! {problem}" for problem in problems))
        self.setVisible(bool(problems))
