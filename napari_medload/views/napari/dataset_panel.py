"""The dataset: what is open, how it was read, and how to open another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_medload.loaders import DatasetCatalog
from napari_medload.loaders.dataset import ALIGNMENTS
from napari_medload.loaders.epoch import PLANNED_LAYOUTS
from napari_medload.loaders.lists.guessing import needs_mapping

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.loaders import Dataset
    from napari_medload.session import Session, Trouble

_LAYOUT_TITLES = {
    "medsegpy-2d": "MedSegPy 2D",
    "medsegpy-3d": "MedSegPy 3D",
    "nnunet": "nnU-Net",
    "learn2reg": "Learn2Reg",
    "monai": "MONAI datalist",
    "voxelmorph": "VoxelMorph pairs",
}
_CHOICE_WIDTH = 80  # else Qt asks for more than a narrow dock has
_ALIGNMENT_TIP = (
    "What fixed and moving promise: the same grid, the same place in the patient (world), or "
    "nothing. Distances between them are faults only where alignment is promised"
)


class DatasetPanel(QWidget):
    """Name, layout and alignment of the dataset, with recent ones and an open button.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.name = QToolButton(self)
        self.name.setText("no dataset ")
        self.name.setToolTip("Recent datasets")
        self.name.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.recent = QMenu(self)
        self.recent.aboutToShow.connect(self.list_recent)
        self.name.setMenu(self.recent)
        self.open_folder = QPushButton("Open folder…", self)
        self.open_file = QPushButton("Open file…", self)
        self.summary = QElidingLabel("", self)
        self.edit = QToolButton(self)
        self.edit.setText("options ▸")
        self.edit.setToolTip("How the dataset is read: layout, split, alignment")
        self.edit.setCheckable(True)
        self.layout_choice, self.alignment_choice, self.split_choice = (
            QComboBox(self),
            QComboBox(self),
            QComboBox(self),
        )
        self.alignment_choice.addItems(ALIGNMENTS)
        self.alignment_choice.setToolTip(_ALIGNMENT_TIP)
        self.form = QWidget(self)
        self.map_columns = QPushButton("Map columns…", self.form)
        self.map_columns.setToolTip("Choose by hand which column of the list holds what")
        self._known: tuple[str, Path | str] = ("", "")  # what the splits on offer are those of
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.name, 1)
        top.addWidget(self.open_folder)
        top.addWidget(self.open_file)
        below.addWidget(self.summary, 1)
        below.addWidget(self.edit)
        form = QGridLayout(self.form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(3)
        for name, choice, row, column in (
            ("layout", self.layout_choice, 0, 0),
            ("split", self.split_choice, 0, 2),
            ("aligned", self.alignment_choice, 1, 0),
        ):
            choice.setMinimumWidth(_CHOICE_WIDTH)
            form.addWidget(QLabel(name, self.form), row, column)
            form.addWidget(choice, row, column + 1)
            form.setColumnStretch(column + 1, 1)
        form.addWidget(self.map_columns, 1, 2, 1, 2)
        self.form.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(3)
        for part in (top, below):
            whole.addLayout(part)
        whole.addWidget(self.form)

    def _connect(self) -> None:
        self.open_folder.clicked.connect(lambda _on: self.ask_for_folder())
        self.open_file.clicked.connect(lambda _on: self.ask_for_file())
        self.edit.toggled.connect(self.form.setVisible)
        self.edit.toggled.connect(lambda _on: self._offer_mapping())
        self.edit.toggled.connect(lambda on: self.edit.setText(f"options {'▾' if on else '▸'}"))
        self.alignment_choice.textActivated.connect(self._session.set_alignment)
        self.layout_choice.textActivated.connect(self._reopen)
        self.split_choice.textActivated.connect(self._reopen)
        self.map_columns.clicked.connect(lambda _on: self._map_columns())
        self._session.dataset_changed.connect(self._on_dataset)
        self._session.rows_changed.connect(self._summarise)
        self._session.reviewing.marked.connect(self._summarise)
        self._session.trouble.connect(self._on_trouble)

    def ask_for_folder(self) -> None:
        """Let the person choose a folder."""
        chosen = QFileDialog.getExistingDirectory(self, "Open a dataset folder")
        if chosen:
            self._session.open(chosen)

    def ask_for_file(self) -> None:
        """Let the person choose a list, a configuration or a volume."""
        chosen, _ = QFileDialog.getOpenFileName(
            self,
            "Open a list, a configuration or a volume",
            "",
            "Lists, configurations and volumes (*.csv *.tsv *.json *.jsonl *.parquet *.yaml "
            "*.yml *.txt *.nii *.nii.gz *.hdr *.img *.h5 *.hdf5 *.im *.seg);;All files (*)",
        )
        if chosen:
            self._session.open(chosen)

    def list_recent(self) -> None:
        """Fill the menu of recent and of registered datasets."""
        self.recent.clear()
        for path in self._session.recent.paths():
            self.recent.addAction(str(path), lambda p=path: self._session.open(p))
        self.recent.addSeparator()
        for name in DatasetCatalog.list():
            self.recent.addAction(f"{name} (registered)", lambda n=name: self._session.open(n))
        self.recent.addAction("Demo dataset", self._session.open_demo)

    def _reopen(self, _choice: str) -> None:
        dataset = self._session.whole
        if dataset is None:
            return
        split = self.split_choice.currentText()
        layout = self.layout_choice.currentText()
        self._session.open(
            dataset.address,
            split=None if split == "all" else split,
            layout=layout if self.layout_choice.isEnabled() else None,
            patterns=dataset.patterns,
            columns=dataset.columns,
        )

    def _map_columns(self) -> None:
        dataset = self._session.whole
        if dataset is not None:
            self._session.mapping.begin(dataset.root, dataset.columns)

    def _on_dataset(self, dataset: Dataset) -> None:
        self.name.setText(f"{dataset.name}   ")
        self.name.setToolTip(f"{dataset.root}\nClick for recent datasets")
        dataset = self._session.whole or dataset
        # a list or a configuration says itself how it is read
        own = dataset.layout not in PLANNED_LAYOUTS or not dataset.root.is_dir()
        self.layout_choice.clear()
        self.layout_choice.addItems((dataset.layout,) if own else PLANNED_LAYOUTS)
        self.layout_choice.setEnabled(not own)
        if self.split_choice.count() == 0 or not self._same_splits(dataset):
            self.split_choice.clear()
            self.split_choice.addItems(("all", *dataset.splits))
        self.split_choice.setEnabled(self.split_choice.count() > 1)
        self._known = (dataset.layout, dataset.address)
        self._offer_mapping()
        if needs_mapping(dataset):  # which is offered at the top then
            self.map_columns.hide()
        self._show_choices()
        self._summarise()

    def _on_trouble(self, trouble: Trouble) -> None:
        self._show_choices()
        if trouble.unmapped is not None:  # one offer at a time: that list's, at the top
            self.map_columns.hide()

    def _offer_mapping(self) -> None:
        dataset = self._session.whole
        self.map_columns.setVisible(dataset is not None and dataset.layout == "list")

    def _show_choices(self) -> None:
        """Show how the dataset is read, also after another way was tried in vain."""
        dataset = self._session.whole
        if dataset is None:
            return
        self.layout_choice.setCurrentText(dataset.layout)
        whole = {self.split_choice.itemText(i) for i in range(1, self.split_choice.count())}
        read = dataset.splits[0] if len(dataset.splits) == 1 and len(whole) > 1 else "all"
        self.split_choice.setCurrentText(read)

    def _same_splits(self, dataset: Dataset) -> bool:
        """Whether the splits on offer are those of this dataset, of which one may be open."""
        offered = {self.split_choice.itemText(i) for i in range(self.split_choice.count())}
        return self._known == (dataset.layout, dataset.address) and set(dataset.splits) <= offered

    def _summarise(self) -> None:
        dataset = self._session.dataset
        if dataset is None:
            return
        layout = _LAYOUT_TITLES.get(dataset.layout, dataset.layout.capitalize())
        parts = [layout, self._count()]
        if len(self._session.rows) < self._session.rows.total:
            parts.reverse()  # in a narrow dock the end is cut off
        if any("moving_image" in sample.sources for sample in dataset.samples[:8]):
            parts.append(f"aligned: {dataset.alignment}")
        if needs_mapping(dataset):
            parts.insert(0, "! map columns: none is fixed, moving or image")
        if self._session.whole is not None and self._session.whole.refusals:
            parts.append("! training would stop, see Epoch")
        self.summary.setText(" · ".join(parts))
        self.summary.setToolTip("\n".join(parts))
        self.alignment_choice.setCurrentText(dataset.alignment)

    def _count(self) -> str:
        """Say how many samples there are, and how many of them a filter has left."""
        rows = self._session.rows
        what = "row" if self._session.epoch is not None else "sample"
        what += "s" if rows.total != 1 else ""
        if len(rows) == rows.total:
            return f"{rows.total:,} {what}"
        shown = f"{rows.matching:,} of {rows.total:,} {what} shown"
        return f"{shown}, +1 not matching" if rows.holds_on else shown
