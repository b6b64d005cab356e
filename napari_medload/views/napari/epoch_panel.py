"""The training loader's options, and the epoch that they yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSpinBox, LineEdit
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_medload.loaders.epoch import PLANNED_LAYOUTS
from napari_medload.loaders.options import INTRA_GROUP_OPTIONS, SAMPLE_LABELS, LoaderOptions

if TYPE_CHECKING:
    from napari_medload.loaders import Dataset, Sample
    from napari_medload.loaders.epoch import Epoch
    from napari_medload.session import Session

_GROUPED_ONLY = ("sample_image_in_group", "intra_group_option")
_TIPS = {
    "labeled": "Load labels with the images",
    "sample_label": "all: a row for each label channel; sample: one channel at random",
    "intra_group_prob": "intra_group_prob, 1: pairs within groups, 0: between groups",
    "intra_group_option": "forward: the earlier image of a group is moving",
    "sample_image_in_group": "sample_image_in_group: one pair a group; else all pairs",
    "seed": "Empty: each epoch is another",
    "label_seed": "Seed of the label channel alone; DeepReg has none",
    "directories": "Folders to draw from, separated by ';'",
}
_LABELS = {"sample_image_in_group": "one pair a group", "intra_group_prob": "within groups"}
_SEEDS = ("seed", "label_seed")
_NAMES_SHOWN = 6
_FIELD_WIDTH = 60


class LoaderForm(Container):
    """Options of a training loader; every field bears the name it has in a configuration."""

    def __init__(self) -> None:
        rows = (
            (CheckBox(name="labeled"), ComboBox(name="sample_label", choices=SAMPLE_LABELS)),
            (
                CheckBox(name="sample_image_in_group"),
                FloatSpinBox(name="intra_group_prob", min=0.0, max=1.0, step=0.1),
            ),
            (ComboBox(name="intra_group_option", choices=INTRA_GROUP_OPTIONS),),
            (LineEdit(name="seed"), LineEdit(name="label_seed")),
            (LineEdit(name="directories"),),
        )
        self.fields = {field.name: field for row in rows for field in row}
        for name, field in self.fields.items():
            field.tooltip, label = _TIPS[name], _LABELS.get(name, name)
            if isinstance(field, CheckBox):
                field.text = label
            else:
                field.label = label
        self._rows = [Container(widgets=row, layout="horizontal", labels=True) for row in rows]
        for line in self._rows:
            line.margins = (0, 0, 0, 0)
        for box in (field.native for field in self.fields.values()):
            box.setMinimumWidth(_FIELD_WIDTH)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        super().__init__(widgets=self._rows, labels=False)
        self.margins = (0, 0, 0, 0)

    def show_options(self, options: LoaderOptions, layout: str) -> None:
        """Fill the fields, and show those that a layout has."""
        for name, field in self.fields.items():
            value = getattr(options, name)
            if name == "directories":
                value = "; ".join(value)
            elif name in _SEEDS:
                value = "" if value is None else str(value)
            field.value = value
        for line in self._rows:
            line.visible = layout == "grouped" or line[0].name not in _GROUPED_ONLY

    def options(self) -> LoaderOptions:
        """Return what the fields say.

        Raises
        ------
        ValueError
            If a seed is no whole number.
        """
        values = {name: field.value for name, field in self.fields.items()}
        for name in _SEEDS:
            text = values[name].strip()
            try:
                values[name] = int(text) if text else None
            except ValueError as error:
                raise ValueError(
                    f"{name} is '{text}'; expected a whole number, or nothing"
                ) from error
        folders = (part.strip() for part in values["directories"].split(";"))
        values["directories"] = tuple(filter(None, folders))
        return LoaderOptions(**values)


class EpochPanel(QWidget):
    """The form, a button that lists an epoch, and what is to be known of it.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.form = LoaderForm()
        self.preview = QPushButton("Preview epoch", self)
        self.preview.setToolTip("List what training would draw with these options, in its order")
        self.back = QPushButton("Back to the samples", self)
        self.summary = QLabel("", self)
        self.summary.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.preview)
        buttons.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.form.native)
        column.addLayout(buttons)
        column.addWidget(self.summary)
        self.preview.clicked.connect(lambda _on: self.ask())
        self.back.clicked.connect(lambda _on: session.leave_epoch())
        session.dataset_changed.connect(self._on_dataset)
        self._shown_for: tuple[Sample, ...] = ()
        self._show_epoch(None)

    def ask(self) -> None:
        """Ask for the epoch of the options in the form."""
        try:
            options = self.form.options()
        except ValueError as error:
            self.summary.setText(str(error))
            return
        whole = self._session.whole
        if whole is None:
            return
        if options.directories == (whole.options or _usual(whole)).directories:
            self._session.preview_epoch(options)
        else:  # others are to be drawn from, and looked at first
            self._session.open_directories(whole.layout, options)

    def set_form_visible(self, shown: bool) -> None:
        """Unfold the form; while an epoch is shown, its summary and the way back stay."""
        self._unfolded = shown
        self._show_epoch(self._session.epoch)

    _unfolded = False

    def _on_dataset(self, dataset: Dataset) -> None:
        whole = self._session.whole
        if whole is not None and whole.samples is not self._shown_for:
            self._shown_for = whole.samples
            self.form.show_options(whole.options or _usual(whole), whole.layout)
        self._show_epoch(self._session.epoch)

    def _show_epoch(self, epoch: Epoch | None) -> None:
        whole = self._session.whole
        planned = whole is not None and whole.layout in PLANNED_LAYOUTS
        self.form.native.setVisible(planned and self._unfolded)
        self.preview.setVisible(planned and self._unfolded)
        self.back.setVisible(epoch is not None)
        self.summary.setVisible(epoch is not None or self._unfolded)
        self.summary.setText("" if epoch is None else summary(epoch))
        self.setVisible(planned and (self._unfolded or epoch is not None))


def summary(epoch: Epoch) -> str:
    """Say what is to be known of an epoch as a whole, in a few lines."""
    rows = len(epoch.dataset)
    drawn = f"{epoch.pairs:,} pairs" if epoch.pairs != 1 else "1 pair"
    if rows != epoch.pairs:
        drawn += f" in {rows:,} rows"
    lines = [f"{drawn} · formula: {epoch.formula}"]
    if epoch.refusals:
        lines.append("! training would stop: " + "; ".join(epoch.refusals))
    if epoch.skipped:
        lines.append("groups skipped: " + _some(epoch.skipped))
    if epoch.unused:
        lines.append(f"{len(epoch.unused):,} images never drawn: " + _some(epoch.unused))
    return "\n".join((*lines, *epoch.notes))


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _usual(dataset: Dataset) -> LoaderOptions:
    """Options for a folder, which states none: labelled where it has labels."""
    labeled = any("label" in role for sample in dataset.samples[:8] for role in sample.sources)
    return LoaderOptions(labeled=labeled)
