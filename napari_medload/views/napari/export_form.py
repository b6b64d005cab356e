"""The form that exports a sample list: which samples, in which format, to where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magicgui.widgets import CheckBox, ComboBox, Container, FileEdit
from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QShortcut,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from napari_medload.views.napari.division_fields import DivisionFields
from napari_medload.views.napari.filling import fill, offer
from napari_medload.views.napari.finished_box import open_folder
from napari_medload.views.napari.option_fields import OptionFields
from napari_medload.views.napari.preview_page import PreviewPage
from napari_medload.views.napari.text_box import TextBox

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from qtpy.QtGui import QHideEvent, QKeyEvent, QShowEvent

    from napari_medload.session import Session
    from napari_medload.session.export.exporting import Exporting

    Choose: TypeAlias = Callable[..., None]

_SAID_LINES, _OUTCOME_LINES = 4, 6
_SIZE = (580, 660)
_LABEL_SLACK = 10
_STYLED = 12  # px that a style may take around the fields
_ALL_SPLITS = "all"
_ABSOLUTE, _RELATIVE = "absolute", "relative to a folder"
_TIPS = {
    "format": "Program or library that reads the list",
    "verdict": "Samples with this verdict: yours as it is saved, else that of the list you opened",
    "split": "Samples of this split",
    "shown": "Leave out what the table hides at present; the order is that of the dataset",
    "hashed": "Read files that have no hash yet; needed to find equal contents under two names",
    "paths": "How the list names files: absolute, or relative so that all can be moved together",
    "base": "Files below it are written relative to it, others absolute; preset: where you save",
    "path": "Where the list is saved; what is there is replaced, once the new one is proved",
}
_SAVE_KEYS = ("Ctrl+Return", "Ctrl+Enter", "Ctrl+S")
_SAVE_TIP = "Write the list, and read it back (Ctrl+Enter, or Ctrl+S)"
_MARKS = {"error": "✗ error: ", "warning": "! warning: "}


class ExportFields(Container):
    """What a person chooses; every change is told to ``choose`` at once."""

    def __init__(self, exporting: Exporting) -> None:
        self._exporting = exporting
        self.format = ComboBox(name="format", tooltip=_TIPS["format"])
        self.verdict = ComboBox(name="verdict", label="samples", tooltip=_TIPS["verdict"])
        self.split = ComboBox(name="split", tooltip=_TIPS["split"])
        self.shown = CheckBox(name="shown", text="only those that the table shows")
        self.paths = ComboBox(
            name="paths", choices=(_ABSOLUTE, _RELATIVE), label="file paths", tooltip=_TIPS["paths"]
        )
        self.base = FileEdit(name="base", mode="d", label="folder", tooltip=_TIPS["base"])
        self.path = FileEdit(name="path", mode="w", label="save as", tooltip=_TIPS["path"])
        self.shown.tooltip = _TIPS["shown"]
        self.hashed = CheckBox(name="hashed", text="hash contents", tooltip=_TIPS["hashed"])
        ticks = Container(
            widgets=[self.shown, self.hashed],
            layout="horizontal",
            labels=False,
            name="ticks",
            label=" ",  # of an empty one its name would be shown
        )
        ticks.margins = (0, 0, 0, 0)
        super().__init__(
            widgets=[
                self.format,
                self.verdict,
                self.split,
                ticks,
                self.paths,
                self.base,
                self.path,
            ],
            labels=True,
        )
        self.margins = (0, 0, 0, 0)
        for part in (self.format, self.verdict, self.split, self.paths, self.base, self.path):
            part.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for edit in (self.base, self.path):
            edit.choose_btn.text = "Choose…"
            edit.choose_btn.native.setAutoDefault(False)
        self._connect(exporting)

    def _connect(self, exporting: Exporting) -> None:
        choose = exporting.choose
        self.format.changed.connect(lambda name: choose(format=name))
        self.verdict.changed.connect(lambda verdict: choose(verdict=verdict))
        self.split.changed.connect(lambda split: choose(split=split))
        self.shown.changed.connect(lambda shown: choose(shown=shown))
        self.hashed.changed.connect(lambda hashed: choose(hashed=hashed))
        self.paths.changed.connect(lambda paths: exporting.choose_relative(paths == _RELATIVE))
        self.base.line_edit.changed.connect(lambda text: choose(relative_to=text))
        self.path.line_edit.changed.connect(lambda text: choose(path=text))

    def refresh(self) -> None:
        """Show the wish as it stands; nothing of that is told back."""
        exporting, wish = self._exporting, self._exporting.wish
        self.enabled = wish is not None and not exporting.saving
        if wish is None:
            return
        offer(self.format, [(form.title, form.name) for form in exporting.formats], wish.format)
        words = [(text, verdict) for verdict, text in exporting.verdicts.items()]
        offer(self.verdict, words, wish.verdict)
        splits = [(_ALL_SPLITS, ""), *((split, split) for split in exporting.splits)]
        offer(self.split, splits, wish.split)
        self.split.visible = len(splits) > 1
        relative = wish.relative_to is not None
        fill(self.shown, wish.shown)
        fill(self.hashed, wish.hashed)
        fill(self.paths, _RELATIVE if relative else _ABSOLUTE)
        self.base.visible = relative
        fill(self.base.line_edit, wish.relative_to or "")
        fill(self.path.line_edit, wish.path)


class _Choosing(QScrollArea):
    """As high as the fields in it; it scrolls where the screen is too small for them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        """Return the size of all fields."""
        page = self.widget()
        if page is None:
            return super().sizeHint()
        needed = page.sizeHint().expandedTo(page.minimumSizeHint())
        return QSize(needed.width(), needed.height() + _STYLED)

    def minimumSizeHint(self) -> QSize:
        """Return a size in which every field has its width, and a scroll bar beside it."""
        page, least = self.widget(), super().minimumSizeHint()
        bar = self.verticalScrollBar()
        if page is None or bar is None:
            return least
        return QSize(page.minimumSizeHint().width() + bar.sizeHint().width(), least.height())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Ask for another height when fields come and go."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))


class ExportForm(QDialog):
    """Beside the browser, not in its way: a form, what would come of it, and what has.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._exporting = session, session.exporting
        self.setWindowTitle("Export a sample list")
        self.fields = ExportFields(self._exporting)
        choose = self._exporting.choose
        self.division = DivisionFields(self._exporting)
        self.options = OptionFields(lambda name, value: choose(options={name: value}))
        self.choosing = _Choosing(self)
        self.count, self.splits = QLabel("", self), QElidingLabel("", self)
        self.preview = PreviewPage(self)
        self.remarks = TextBox(_SAID_LINES, self)
        self.outcome = TextBox(_OUTCOME_LINES, self)
        self.open_folder = _button("Open folder", self._open_folder, self)
        self.open_list = _button("Browse it", self._open_list, self)
        self.open_list.setToolTip("Open the saved list in the browser, in place of what is open")
        self.copy = _button("Copy command", self._copy, self)
        self.cancel = _button("Cancel", self._exporting.cancel, self)
        self.save = _button("Save", self._exporting.save, self)
        self.done_button = _button("Close", self.close, self)
        self._lay_out()
        for keys in _SAVE_KEYS:
            QShortcut(QKeySequence(keys), self).activated.connect(self._save_what_is_seen)
        self._exporting.changed.connect(self.refresh)
        self.resize(*_SIZE)

    def _lay_out(self) -> None:
        font = self.count.font()
        font.setBold(True)
        self.count.setFont(font)
        choosing = self.choosing
        page = QWidget(choosing)
        lines = QVBoxLayout(page)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2)
        for fields in (self.fields, self.division, self.options):
            fields.native.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            lines.addWidget(fields.native)
        choosing.setWidget(page)
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addWidget(choosing)
        for part in (self.count, self.splits):
            column.addWidget(part)
        column.addWidget(self.preview, 1)
        for part in (self.remarks, self.outcome):
            column.addWidget(part)
        column.addStretch(0)  # takes what is left where there is no preview
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_folder)
        buttons.addWidget(self.open_list)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        for button in (self.cancel, self.save, self.done_button):
            buttons.addWidget(button)
        column.addLayout(buttons)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begin to look what would come of it."""
        super().showEvent(event)
        self._exporting.begin()
        self.refresh()
        self.fields.format.native.setFocus()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Look no more; what is being saved goes on."""
        super().hideEvent(event)
        self._exporting.end()

    def refresh(self) -> None:
        """Show what is chosen, what would come of it, and what has."""
        exporting, exported = self._exporting, self._exporting.exported
        self.fields.refresh()
        self.options.show_of(exporting.exporter, exporting.options, exporting.idle_options)
        self.division.refresh()
        _align(self.fields, self.options, self.division)
        self._say_outlook()
        saved = exported is not None and exported.path is not None
        told = "" if exported is None else exported.text
        self.outcome.setText(f"{exporting.saving}…" if exporting.saving else told)
        self.outcome.setVisible(bool(self.outcome.text()))
        self._say_remarks(saved)
        self.open_folder.setVisible(saved)
        self.open_list.setVisible(exported is not None and exported.opens)
        self.copy.setVisible(exported is not None and bool(exported.command) and saved)
        if exported is not None:
            self.copy.setToolTip(exported.command)
        self.cancel.setVisible(bool(exporting.saving or exporting.hashing))

    def _say_outlook(self) -> None:
        exporting, outlook = self._exporting, self._exporting.outlook
        if outlook is None:
            self.count.setText("no dataset is open; open one to export its samples")
            reason = self.count.text()
        else:
            doing = exporting.hashing or "looking"
            self.count.setText(outlook.text + ("" if outlook.known else f"  ·  {doing}…"))
            reason = outlook.refusal
        self.splits.setText("" if outlook is None else outlook.splits)
        self.splits.setToolTip("" if outlook is None else "\n".join(outlook.report))
        self.splits.setVisible(bool(self.splits.text()))
        self.preview.show_of(outlook)
        self.save.setEnabled(outlook is not None and not reason and not exporting.saving)
        self.save.setText("Replace" if outlook is not None and outlook.replaces else "Save")
        self.save.setToolTip(f"Not yet: {reason}" if reason else _SAVE_TIP)

    def _say_remarks(self, saved: bool) -> None:
        """Show remarks and notes; what was saved says its warnings itself."""
        outlook = self._exporting.outlook
        lines: list[str] = []
        if outlook is not None:
            lines += () if saved else (f"{_MARKS[r.gravity]}{r}" for r in outlook.remarks)
            lines += outlook.notes
        self.remarks.setText("\n".join(lines))
        self.remarks.setVisible(bool(lines))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let Enter confirm a field, and never press a button."""
        if event is None or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def _save_what_is_seen(self) -> None:
        """Save by a key, where the button says what would come of what is chosen now."""
        outlook = self._exporting.outlook
        if outlook is not None and outlook.known:
            self.save.click()  # which does nothing where it is off

    def _open_folder(self) -> None:
        exported = self._exporting.exported
        if exported is not None and exported.path is not None:
            open_folder(exported.path.parent)

    def _open_list(self) -> None:
        exported = self._exporting.exported
        if exported is not None and exported.path is not None:
            self._session.open(exported.path)

    def _copy(self) -> None:
        exported = self._exporting.exported
        clipboard = QApplication.clipboard()
        if exported is not None and clipboard is not None:
            clipboard.setText(exported.command)


def _align(*forms: Container) -> None:
    """Let all fields begin at one place, behind the longest label."""
    labels = [each for form in forms for each in form.native.findChildren(QLabel) if each.text()]
    widest = max(label.fontMetrics().horizontalAdvance(label.text()) for label in labels)
    for label in labels:
        label.setFixedWidth(widest + _LABEL_SLACK)


def _button(text: str, act: Callable[[], object], parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setAutoDefault(False)  # else Enter in any field would press it
    button.clicked.connect(lambda _on: act())
    return button
