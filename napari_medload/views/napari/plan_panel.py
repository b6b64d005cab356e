"""Patches and tiles: the form, the list of regions, and the facts of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_medload.session.regions import (
    KINDS,
    PATCHES_AT_MOST,
    REGIONS_SUFFIX,
    PlanOptions,
)
from napari_medload.views.napari.keys import KEYS
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from napari_medload.session.regions import Regions
    from napari_medload.views.napari.plan_boxes import PlanBoxes

_AXES = ("Z", "Y", "X")
_COLUMNS = ("#", "start Z, Y, X", "centre R, A, S", "pad")
_ROWS_SEEN = 5
_FACTS_LINES = 12
_SAVED_LINES = 2
_SEEDS = 2**31 - 1
_LONGEST = 100_000.0
_FIELD_WIDTH = 44
_TITLE_SLACK = 12
_NARROW = {0: 52, 1: 94, 3: 40}


class PlanForm(QWidget):
    """How an image is cut: fields for `PlanOptions`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = QComboBox(self)
        self.kind.addItems(KINDS)
        self.unit = QComboBox(self)
        self.unit.addItems(("voxels", "mm"))
        self.unit.setToolTip("Unit of sizes and overlaps; mm are rounded to whole voxels")
        self.size = [_length(self, 1.0) for _axis in _AXES]
        self.overlap = [_length(self, 0.0) for _axis in _AXES]
        self.count = QSpinBox(self)
        self.count.setRange(1, PATCHES_AT_MOST)
        self.count.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.seed = QSpinBox(self)
        self.seed.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.seed.setRange(0, _SEEDS)
        self.seed.setToolTip("The same seed draws the same patches")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        grid.addWidget(self.kind, 0, 0, 1, 2)
        grid.addWidget(self.unit, 0, 2, 1, 2)
        for row, (name, boxes) in enumerate((("size", self.size), ("overlap", self.overlap)), 1):
            grid.addWidget(_title(f"{name} ZYX", self), row, 0)
            for column, (axis, box) in enumerate(zip(_AXES, boxes, strict=True), 1):
                box.setToolTip(f"{name} along {axis}: {'kji'['ZYX'.index(axis)]} as stored")
                grid.addWidget(box, row, column)
        grid.addWidget(_title("count, seed", self), 3, 0)
        grid.addWidget(self.count, 3, 1)
        grid.addWidget(self.seed, 3, 2, 1, 2)
        for box in (self.kind, self.unit, self.count, self.seed, *self.size, *self.overlap):
            # napari's style would make three fields wider than a narrow dock
            box.setStyleSheet(f"min-width: {_FIELD_WIDTH}px")
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.kind.currentTextChanged.connect(lambda _kind: self._show_fields())
        self.unit.currentTextChanged.connect(lambda _unit: self._show_fields())
        self._show_fields()

    def options(self) -> PlanOptions:
        """Return what the fields say."""
        z, y, x = (box.value() for box in self.size)
        a, b, c = (box.value() for box in self.overlap)
        return PlanOptions(
            kind=KINDS[self.kind.currentIndex()],
            size=(z, y, x),
            overlap=(a, b, c),
            in_mm=self.unit.currentText() == "mm",
            count=self.count.value(),
            seed=self.seed.value(),
        )

    def show_options(self, options: PlanOptions) -> None:
        """Fill the fields."""
        self.kind.setCurrentText(options.kind)
        self.unit.setCurrentText("mm" if options.in_mm else "voxels")
        for boxes, values in ((self.size, options.size), (self.overlap, options.overlap)):
            for box, value in zip(boxes, values, strict=True):
                box.setValue(value)
        self.count.setValue(options.count)
        self.seed.setValue(options.seed)

    def _show_fields(self) -> None:
        """Grey what the kind has no use for; voxels have no decimals."""
        for box in (*self.size, *self.overlap):
            box.setDecimals(int(self.unit.currentText() == "mm"))
        tiles = self.kind.currentText() == KINDS[0]
        for box in self.overlap:
            box.setEnabled(tiles)
        self.count.setEnabled(not tiles)
        self.seed.setEnabled(not tiles)


class RegionTable(QAbstractTableModel):
    """The regions of a plan; each row is worked out when it is seen."""

    def __init__(self, regions: Regions) -> None:
        super().__init__()
        self._regions = regions
        self._plan: Any = None

    def refresh(self) -> None:
        """Take another plan."""
        if self._plan is not self._regions.plan:
            self.beginResetModel()
            self._plan = self._regions.plan
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Count the regions."""
        return 0 if self._plan is None else len(self._plan)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Count the columns."""
        return len(_COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Say what stands in a cell."""
        if role != Qt.ItemDataRole.DisplayRole or self._plan is None:
            return None
        number = index.row()
        if index.column() == 0:
            return f"{number + 1:,}"
        if index.column() == 1:
            return ", ".join(map(str, self._plan[number]["coords"]))
        if index.column() == 2:
            grid = self._plan.grid_of(number)
            if not grid.oriented:
                return "unknown"
            return ", ".join(f"{place:.1f}" for place in grid.centre.tolist())
        padding = self._plan.padding(number)
        return f"{padding:.0%}" if padding else "–"

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Name a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section]
        return None


class PlanPanel(QWidget):
    """Cut the image on the canvas, and walk through its regions.

    Parameters
    ----------
    regions : Regions
    boxes : PlanBoxes, optional
        What draws them.
    """

    grown = Signal()  # it needs another height; a page that scrolls does not tell by itself

    def __init__(
        self, regions: Regions, boxes: PlanBoxes | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._regions, self._boxes = regions, boxes
        self.image = QComboBox(self)
        self.image.setToolTip("Image that is cut")
        self.form = PlanForm(self)
        self.show_plan = QPushButton("Show regions", self)
        self.clear = QPushButton("Clear", self)
        self.drawn = QCheckBox("outlines", self)
        self.drawn.setChecked(True)
        self.previous = QPushButton(f"◀ {KEYS['previous region'].key}", self)
        self.next = QPushButton(f"{KEYS['next region'].key} ▶", self)
        for button, name in ((self.previous, "previous region"), (self.next, "next region")):
            button.setToolTip(f"{KEYS[name].tip} (key {KEYS[name].key})")
        self.place = QLabel("", self)
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.place.setWordWrap(True)  # of many regions it is longer than a dock is wide
        self.place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.model = RegionTable(regions)
        self.table = _table(self, self.model)
        self.facts = TextBox(_FACTS_LINES, self)
        self.save = QPushButton("Export…", self)
        self.save.setToolTip(
            "Save the regions of this image as a list; those of all samples: Export…, with the "
            "format Patches or tiles"
        )
        self.saved = TextBox(_SAVED_LINES, self)
        self._lay_out()
        self._connect()
        self._offered: tuple[str, ...] = ()
        self._usual_for: Any = None
        self._filled: PlanOptions | None = None
        self.refresh()

    def _lay_out(self) -> None:
        asking, walking = QHBoxLayout(), QHBoxLayout()
        for part in (self.show_plan, self.clear, self.save, self.drawn):
            asking.addWidget(part)
        walking.addWidget(self.previous)
        walking.addWidget(self.place, 1)
        walking.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.image)
        column.addLayout(asking)  # what is done most stands where a small screen shows it too
        column.addWidget(self.saved)
        column.addWidget(self.form)
        column.addLayout(walking)
        column.addWidget(self.table)
        column.addWidget(self.facts)
        column.addStretch(1)

    def _connect(self) -> None:
        regions = self._regions
        self.show_plan.clicked.connect(lambda _on: regions.ask(self.form.options()))
        self.clear.clicked.connect(lambda _on: regions.clear())
        self.image.activated.connect(lambda _row: regions.choose(self.image.currentText()))
        self.drawn.toggled.connect(self._on_drawn)
        self.previous.clicked.connect(lambda _on: regions.step(-1))
        self.next.clicked.connect(lambda _on: regions.step(1))
        self.save.clicked.connect(lambda _on: self._ask_where_to_save())
        self.table.selectionModel().currentRowChanged.connect(
            lambda now, _before: regions.go_to(now.row())
        )
        regions.changed.connect(self.refresh)
        if self._boxes is not None:
            self._boxes.sliced.connect(self._on_sliced)

    def _ask_where_to_save(self) -> None:
        suggested = self._regions.suggested_path
        if suggested is None:
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export these regions", str(suggested), f"Lists of regions (*{REGIONS_SUFFIX})"
        )
        if chosen:
            self._regions.save(Path(chosen))

    def _on_drawn(self, drawn: bool) -> None:
        if self._boxes is not None:
            self._boxes.shown = drawn

    def refresh(self) -> None:
        """Show the plan, the current region, and its facts."""
        regions = self._regions
        self._offer()
        self.model.refresh()
        count = self.model.rowCount()
        planned = count > 0
        for part in (self.table, self.previous, self.next, self.place, self.clear):
            part.setVisible(planned)
        self.save.setVisible(regions.suggested_path is not None)
        self.saved.setText(regions.saved)
        self.previous.setEnabled(regions.number > 0)
        self.next.setEnabled(regions.number < count - 1)
        if planned and self.table.currentIndex().row() != regions.number:
            self.table.selectRow(regions.number)
        self._on_sliced()
        text = "\n".join(f"{name}: {fact}" for name, fact in regions.facts.items())
        self.facts.setText(f"! {regions.problem}" if regions.problem else text)
        self.updateGeometry()
        self.grown.emit()

    def _on_sliced(self) -> None:
        """Say where the person is, and what of the plan the slice shows."""
        count, boxes = self.model.rowCount(), self._boxes
        text = f"{self._regions.number + 1:,} of {count:,}" if count else ""
        if boxes is not None and boxes.met:
            few = f", {boxes.drawn:,} drawn" if boxes.drawn < boxes.met else ""
            text += f"  ·  {boxes.met:,} in this slice{few}"
        self.place.setText(text)

    def _offer(self) -> None:
        """List the images, and fill in sizes that fit the first one."""
        regions = self._regions
        if regions.choices != self._offered:
            self._offered = regions.choices
            self.image.clear()
            self.image.addItems(regions.choices)
        self.image.setVisible(len(regions.choices) > 1)
        self.show_plan.setEnabled(regions.image is not None)
        if regions.image is not None:
            self.image.setCurrentText(regions.image.name)
            if regions.options is None and self._usual_for != regions.image.grid.shape:
                self._usual_for = regions.image.grid.shape
                self.form.show_options(regions.usual_options())
        if regions.options is not None and regions.options is not self._filled:
            self._filled = regions.options
            self.form.show_options(regions.options)


def _title(text: str, parent: QWidget) -> QLabel:
    """Name of a row, which is never cut off."""
    label = QLabel(text, parent)
    label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance(text) + _TITLE_SLACK)
    return label


def _length(parent: QWidget, least: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox(parent)
    box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)  # three stand side by side
    box.setRange(least, _LONGEST)
    return box


def _table(parent: QWidget, model: RegionTable) -> QTableView:
    table = QTableView(parent)
    table.setModel(model)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    line = table.fontMetrics().height() + 4
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setMinimumSectionSize(1)
    table.verticalHeader().setDefaultSectionSize(line)
    header = table.horizontalHeader()
    for column in range(len(_COLUMNS)):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
    for column, width in _NARROW.items():  # what is short leaves room for the places
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(column, width)
    table.setFixedHeight(line * (_ROWS_SEEN + 2))
    return table
