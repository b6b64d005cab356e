"""Facts, findings, labels and epoch: what is read now and then, one tab at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QTabWidget, QWidget

from napari_medload.loaders.sample import is_label_role
from napari_medload.views.napari.epoch_panel import EpochPanel
from napari_medload.views.napari.findings_panel import FindingsPanel
from napari_medload.views.napari.geometry_panel import GeometryPanel
from napari_medload.views.napari.labels_panel import LabelsPanel

if TYPE_CHECKING:
    from napari_medload.loaders import Dataset
    from napari_medload.session import Session
    from napari_medload.views.napari.plan_panel import PlanPanel


class DetailsPanel(QTabWidget):
    """Tabs for geometry, findings and labels of the sample, and for the epoch of the dataset.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.geometry_tab = GeometryPanel(session, self)
        self.findings_tab = FindingsPanel(session, self)
        self.labels_tab = LabelsPanel(session, self)
        self.epoch_tab = EpochPanel(session, self)
        self._epoch_page = _Scrolling(self.epoch_tab)
        self._findings_page = _Scrolling(self.findings_tab)
        for name, page, tip in (
            ("Geometry", self.geometry_tab, "Where the images of this sample lie"),
            ("Findings", self._findings_page, "What the checks say of this sample, and why"),
            ("Labels", self.labels_tab, "Names and colours of the labels of this sample"),
            ("Epoch", self._epoch_page, "What training would draw, row by row"),
        ):
            self.setTabToolTip(self.addTab(page, name), tip)
        self.setDocumentMode(True)
        # as high as the tab needs, lower where a small screen has no room
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        session.dataset_changed.connect(self._on_dataset)
        # after the pages have taken it in: tabs keep to themselves that a page is higher now
        session.scene_changed.connect(lambda _scene: self.updateGeometry())
        self.findings_tab.grown.connect(self._findings_page.updateGeometry)
        self.findings_tab.grown.connect(self.updateGeometry)
        self._session = session

    def add_regions(self, panel: PlanPanel) -> None:
        """Add the tab of patches and tiles, for a browser beside a canvas."""
        page = _Scrolling(panel)
        self.setTabToolTip(self.addTab(page, "Regions"), "Patches and tiles of the image")
        panel.grown.connect(page.updateGeometry)
        panel.grown.connect(self.updateGeometry)

    def try_hypotheses(self) -> None:
        """Try what would explain the selected sample, or look at it; bring that to the front."""
        self.setCurrentWidget(self._findings_page)
        self.findings_tab.hypotheses.go_on()

    @property
    def short(self) -> int:
        """Height in pixels that the pages would like beyond what always stays visible."""
        wanted = min(self.sizeHint().height(), self.maximumHeight())
        return max(0, wanted - self.minimumHeight()) if self.isVisibleTo(self.parentWidget()) else 0

    @property
    def ranks(self) -> bool:
        """Whether hypotheses on the selected sample are in front."""
        return self.tells_findings() and self._session.hypothesising.tried is not None

    def tells_findings(self) -> bool:
        """Whether the findings are in front, and not folded away."""
        unfolded = self.maximumHeight() > self.tabBar().sizeHint().height()
        return unfolded and self.currentWidget() is self._findings_page

    def show_epoch(self) -> None:
        """Bring the epoch to the front."""
        self.setCurrentWidget(self._epoch_page)

    def _on_dataset(self, dataset: Dataset) -> None:
        whole = self._session.whole or dataset
        first = whole.samples[:8]
        labelled = any(is_label_role(role) for sample in first for role in sample.sources)
        self.setTabVisible(self.indexOf(self.labels_tab), labelled)
        epoch = self.indexOf(self._epoch_page)
        self.setTabVisible(epoch, self.epoch_tab.plans(whole))
        self.setTabText(epoch, "Epoch !" if whole.refusals else "Epoch")
        self.updateGeometry()


class _Scrolling(QScrollArea):
    """A page that wants its whole height, and is scrolled where a small screen has less."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def sizeHint(self) -> QSize:
        """Return what the page wants."""
        return self.widget().sizeHint()
