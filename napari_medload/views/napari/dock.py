"""The dock: all panels on one session, beside the canvas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QSize
from qtpy.QtWidgets import QDockWidget, QVBoxLayout, QWidget

from napari_medload.session import Session
from napari_medload.session.regions import Regions
from napari_medload.views.napari.canvas import CanvasView
from napari_medload.views.napari.canvas_lines import canvas_in
from napari_medload.views.napari.compare_panel import ComparePanel
from napari_medload.views.napari.dataset_panel import DatasetPanel
from napari_medload.views.napari.details_panel import DetailsPanel
from napari_medload.views.napari.export_form import ExportForm
from napari_medload.views.napari.folding import Folding, fold_tabs
from napari_medload.views.napari.group_tree import GroupTree
from napari_medload.views.napari.hands import Hands
from napari_medload.views.napari.key_choice import ChosenKeys
from napari_medload.views.napari.keys import BoundKeys
from napari_medload.views.napari.leaving import Leaving, closing_at_exit
from napari_medload.views.napari.mapping_form import MappingForm
from napari_medload.views.napari.painted import Painted
from napari_medload.views.napari.plan_boxes import PlanBoxes
from napari_medload.views.napari.plan_panel import PlanPanel
from napari_medload.views.napari.problem_line import ProblemLine
from napari_medload.views.napari.qt_mailbox import QtMailbox
from napari_medload.views.napari.result_panel import ResultPanel
from napari_medload.views.napari.sample_table import SampleTable
from napari_medload.views.napari.verdict_panel import VerdictPanel
from napari_medload.views.napari.walk_panel import ProgressLine
from napari_medload.views.napari.welcome_panel import TroublePanel, WelcomePanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer
    from qtpy.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent

    from napari_medload.session.recent import RecentDatasets
    from napari_medload.session.review.reviewer import RememberedReviewer

_MIN_WIDTH, _WIDTH = 350, 470
_COMPARE_AT_LEAST = 84  # the buttons of the modes
_DETAILS_AT_LEAST = 66  # a heading and some lines
_FRAME_AT_LEAST = 50  # as napari has it
_LOWEST = 680  # what a screen of 768 lines leaves to the dock


class BrowserDock(QWidget):
    """The dataset browser, for napari's Plugins menu.

    Parameters
    ----------
    napari_viewer : napari.viewer.Viewer
        Given by napari.
    recent : RecentDatasets, optional
        Where opened datasets are remembered.
    budget : int, optional
        Bytes of volumes to keep in memory; see `Session`.
    reviewer : RememberedReviewer, optional
        Who reviews.
    """

    def __init__(
        self,
        napari_viewer: Viewer,
        recent: RecentDatasets | None = None,
        budget: int | None = None,
        reviewer: RememberedReviewer | None = None,
    ) -> None:
        super().__init__()
        self._asked = 0  # the height at least, when the window was last told
        # napari hands plugins a proxy that is slower by far; only public names are used below
        viewer: Viewer = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._mailbox = QtMailbox()
        self.session = Session(self._mailbox, budget, recent, reviewer)
        self.hands = Hands(self.session, self)
        self.canvas = CanvasView(viewer, self.session)
        self.regions = Regions()
        self.boxes = PlanBoxes(viewer, self.regions)
        self.regions.follow(self.session)  # after the canvas, which sets the slice
        self.dataset = DatasetPanel(self.session, self)
        self.trouble = TroublePanel(self.session, self)
        self.welcome = WelcomePanel(self.session, self)
        self.groups = GroupTree(self.session, self)
        self.samples = SampleTable(self.session, self)
        self.details = DetailsPanel(self.session, self)
        self.problems = ProblemLine(self.session, self, self.details.tells_findings)
        self.details.currentChanged.connect(self.problems.refresh)
        self.details.currentChanged.connect(lambda _index: self._share())
        self.plan = PlanPanel(self.regions, self.boxes, self.details)
        self.details.add_regions(self.plan)
        self.compare = ComparePanel(self.session, self, self.canvas.flicker)
        self.comparing = Folding(
            "compare", "How moving and fixed are compared", self.compare, _COMPARE_AT_LEAST, self
        )
        fold = fold_tabs(self.details, "Fold the details away, or unfold them", _DETAILS_AT_LEAST)
        fold.toggled.connect(self.problems.refresh)
        self.result = ResultPanel(self.session, self)
        self.verdict = VerdictPanel(self.session, self)
        self.walk = self.verdict.walk
        self.progress = ProgressLine(self.session, self)
        self.welcome.folder_wanted.connect(self.dataset.ask_for_folder)
        self.welcome.file_wanted.connect(self.dataset.ask_for_file)
        self.welcome.recent.setMenu(self.dataset.recent)
        self.session.dataset_changed.connect(lambda _dataset: self._show_browser(True))
        self.setAcceptDrops(True)
        self.setMinimumWidth(_MIN_WIDTH)
        self._lay_out()
        self._show_browser(False)
        self.verdict.left.connect(self.samples.table.setFocus)
        self.export = ExportForm(self.session, self)
        self.mapping = MappingForm(self.session, self)
        self.verdict.export_wanted.connect(self.show_export)
        chosen = ChosenKeys()
        judge = self.session.reviewing.judge
        canvas = canvas_in(viewer)
        if canvas is not None:
            self.session.reviewing.is_painted = Painted(canvas.native, self.session, self)
        self.leaving = Leaving(self.session.reviewing, self, viewer)
        keys = BoundKeys(
            viewer,
            self,
            {
                "accept": lambda: judge("accept"),
                "reject": lambda: judge("reject"),
                "unsure": lambda: judge("unsure"),
                "undo": self.session.reviewing.undo,
                "redo": self.session.reviewing.redo,
                "next": lambda: self.session.step(1),
                "previous": lambda: self.session.step(-1),
                "mode": self.session.next_mode,
                "hypotheses": self.details.try_hypotheses,
                "previous region": lambda: self.regions.step(-1),
                "next region": lambda: self.regions.step(1),
            },
        )
        closer = _closer(keys, chosen, self.session, self._mailbox, self.canvas, self.boxes)
        self.destroyed.connect(closer)
        stay_open = closing_at_exit(viewer)
        self.destroyed.connect(lambda _dock: stay_open())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Share the room anew."""
        super().resizeEvent(event)
        self._share()

    def event(self, event: QEvent | None) -> bool:
        """Share the room anew when a part wants more or less of it."""
        done = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._share()
        return done

    def _share(self) -> None:
        """Share what the table leaves between the compare controls and the details.

        Each has half of it, and what the other does not need; hypotheses in front have all.
        """
        column = self.layout()
        if column is not None:
            room = self.height() - column.minimumSize().height()
            free = max(0, room + self.comparing.grown)
            yielded = min(self.details.short, free if self.details.ranks else free // 2)
            self.comparing.grow(room - yielded)
            least = self.minimumSizeHint().height()
            if least != self._asked:  # else the window keeps to what was asked for before
                self._asked = least
                frame = self.parentWidget()
                if isinstance(frame, QDockWidget):  # it never lowers what it asks by itself
                    frame.setMinimumHeight(_FRAME_AT_LEAST)
                self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        """Return the least that is needed, whatever parts hold at present.

        No more than a small screen has: parts yield before the window is forced beyond it.
        """
        least = super().minimumSizeHint()
        return QSize(least.width(), min(least.height() - self.comparing.grown, _LOWEST))

    def sizeHint(self) -> QSize:
        """Return the width at which fixed, moving and both labels stand side by side."""
        return QSize(_WIDTH, 700)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(5)
        column.addWidget(self.dataset)
        column.addWidget(self.trouble)
        column.addWidget(self.welcome, 1)
        column.addWidget(self.groups)
        column.addWidget(self.samples, 1)
        column.addWidget(self.problems)
        column.addWidget(self.details)
        column.addWidget(self.progress)
        column.addWidget(self.comparing)
        column.addWidget(self.result)
        column.addWidget(self.verdict)

    def show_export(self) -> None:
        """Show the form that exports a sample list, beside the browser."""
        self.export.show()
        self.export.raise_()
        self.export.activateWindow()

    def _show_browser(self, shown: bool) -> None:
        self.welcome.setVisible(not shown)
        self.dataset.setVisible(shown)
        for part in (self.samples, self.details, self.comparing, self.verdict):
            part.setVisible(shown)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take folders and files."""
        if event is not None and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        if event is None:
            return
        paths = [url.toLocalFile() for url in event.mimeData().urls()]
        if paths and paths[0]:
            event.acceptProposedAction()
            self.session.open(Path(paths[0]))


def _closer(
    keys: BoundKeys,
    chosen: ChosenKeys,
    session: Session,
    mailbox: QtMailbox,
    canvas: CanvasView,
    boxes: PlanBoxes,
) -> Callable[[], None]:
    """Clean up when Qt destroys the dock; it must not hold the dock itself."""

    def close() -> None:
        mailbox.close()
        chosen.close()
        keys.release()
        boxes.close()
        canvas.close()
        session.close()

    return close
