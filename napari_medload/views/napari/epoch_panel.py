"""The training loader's options, and the epoch that they yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, FloatSpinBox, LineEdit
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_medload.loaders.epoch import PLANNED_LAYOUTS, usual_options
from napari_medload.loaders.options import INTRA_GROUP_OPTIONS, SAMPLE_LABELS, LoaderOptions
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.loaders import Dataset, Sample
    from napari_medload.loaders.epoch import Epoch
    from napari_medload.session import Session, Trouble

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
    "split": "Split that the epoch draws from",
}
_LABELS = {"sample_image_in_group": "one pair a group", "intra_group_prob": "within groups"}
_SEEDS = ("seed", "label_seed")
_NAMES_SHOWN = 6
_FIELD_WIDTH = 60
_SUMMARY_LINES = 40  # the page itself is scrolled


class LoaderForm(Container):
    """Options of a training loader; every field has the name it bears in a configuration.

    The field of the split is shown where there are several.
    """

    def __init__(self) -> None:
        self.split = ComboBox(name="split", label="draw from split", tooltip=_TIPS["split"])
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
        self._split_row = Container(widgets=(self.split,), layout="horizontal", labels=True)
        for line in (self._split_row, *self._rows):
            line.margins = (0, 0, 0, 0)
        for box in (field.native for field in (self.split, *self.fields.values())):
            box.setMinimumWidth(_FIELD_WIDTH)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        super().__init__(widgets=[self._split_row, *self._rows], labels=False)
        self.margins = (0, 0, 0, 0)
        self.native.layout().setSpacing(2)

    def show_splits(self, splits: Sequence[str]) -> None:
        """Offer the splits of a dataset; the first one is chosen."""
        self.split.choices = splits
        self._split_row.visible = len(splits) > 1

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
        self.form.split.changed.connect(self._on_split)
        self.preview = QPushButton("Preview epoch", self)
        self.preview.setToolTip("List what training would draw with these options, in its order")
        self.back = QPushButton("Back to the samples", self)
        self.summary = TextBox(_SUMMARY_LINES, self)
        buttons = QHBoxLayout()
        buttons.addWidget(self.preview)
        buttons.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.form.native)
        column.addLayout(buttons)
        column.addWidget(self.summary)
        column.addStretch(1)
        self.preview.clicked.connect(lambda _on: self.ask())
        self.back.clicked.connect(lambda _on: session.leave_epoch())
        session.dataset_changed.connect(self._on_dataset)
        session.rows_changed.connect(self._follow_tree)
        session.trouble.connect(self._on_trouble)
        self._asked = False  # for an epoch that has not come yet
        self.form.changed.connect(self._on_edited)
        self._shown_for: tuple[Sample, ...] = ()
        self._show_epoch(None)

    @staticmethod
    def plans(dataset: Dataset) -> bool:
        """Whether an epoch over a dataset can be listed."""
        return dataset.layout in PLANNED_LAYOUTS

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
        split = self.form.split.value or None
        self._asked = True
        if options.directories == usual_options(whole, split or "").directories:
            self._session.preview_epoch(options, split)
        else:
            self._session.preview_directories(whole.layout, options)

    def _on_edited(self) -> None:
        """Grey the summary, where other options stand above it than it was made with."""
        if self._session.epoch is not None:
            self.summary.setEnabled(False)

    def _on_trouble(self, _trouble: Trouble) -> None:
        """Grey the summary, where it is no longer that of what was asked for."""
        if self._asked:
            self.summary.setEnabled(False)

    def _on_dataset(self, _dataset: Dataset) -> None:
        whole = self._session.whole
        if whole is not None and whole.samples is not self._shown_for:
            self._shown_for = whole.samples
            self.form.show_splits(whole.splits)
            self._fill()
        self._show_epoch(self._session.epoch)

    def _fill(self) -> None:
        """Fill in what the dataset says of the split that is to be drawn from."""
        whole = self._session.whole
        if whole is not None:
            options = usual_options(whole, self.form.split.value or "")
            self.form.show_options(options, whole.layout)

    def _on_split(self, split: str | None) -> None:
        whole = self._session.whole
        if whole is not None and split in whole.splits:
            self._fill()

    def _follow_tree(self) -> None:
        """Draw from the split whose samples a person has chosen to see."""
        split, _group = self._session.rows.chosen
        if split and split in self.form.split.choices:
            self.form.split.value = split

    def _show_epoch(self, epoch: Epoch | None) -> None:
        self.back.setVisible(epoch is not None)
        whole = self._session.whole
        refusals = () if whole is None else whole.refusals
        self.summary.setText(_refused(refusals) if epoch is None else summary(epoch))
        self.summary.setEnabled(True)
        self._asked = False


def summary(epoch: Epoch) -> str:
    """Say what is to be known of an epoch as a whole, in a few lines."""
    rows = len(epoch.dataset)
    drawn = f"{epoch.pairs:,} pairs" if epoch.pairs != 1 else "1 pair"
    if rows != epoch.pairs:
        drawn += f" in {rows:,} rows"
    lines = [" · ".join(filter(None, (epoch.split, drawn, f"formula: {epoch.formula}")))]
    lines += filter(None, [_refused(epoch.refusals)])
    if epoch.skipped:
        lines.append("groups skipped: " + _some(epoch.skipped))
    if epoch.unused:
        count = f"{len(epoch.unused):,} images" if len(epoch.unused) != 1 else "1 image"
        lines.append(f"{count} never drawn: {_some(epoch.unused)}")
    return "\n".join((*lines, *epoch.notes))


def _refused(reasons: Sequence[str]) -> str:
    return "\n".join(f"! training would stop: {reason}" for reason in reasons)


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
