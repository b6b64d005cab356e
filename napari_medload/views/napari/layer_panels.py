"""Panels on one layer: its facts, and its patches and tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_medload.session.regions import PlannedImage, Regions
from napari_medload.session.standalone.facts import layer_facts
from napari_medload.views.napari.keys import BoundKeys
from napari_medload.views.napari.plan_boxes import PlanBoxes
from napari_medload.views.napari.plan_panel import PlanPanel
from napari_medload.views.napari.text_box import TextBox
from napari_medload.views.napari.writer import drawn_layer

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer
    from qtpy.QtGui import QHideEvent, QShowEvent

    from napari_medload.session.standalone.content import DrawnLayer

_LINES = 24
_MIN_WIDTH = 350
_GONE = "Its layer was removed. Select another, and choose this entry of the menu Layers again."
_PLACING = ("scale", "translate", "rotate", "shear", "affine", "units", "name")


def describe(layer: Layer) -> DrawnLayer:
    """Describe an image or labels layer as it is on the canvas.

    Raises
    ------
    TypeError
        If it is of another kind.
    """
    data, attributes, kind = layer.as_layer_data_tuple()
    if kind not in ("image", "labels"):
        raise TypeError(
            f"the layer '{layer.name}' holds {kind}; expected an image or labels. Select one."
        )
    return drawn_layer(data, attributes, kind == "labels")


class FactsPanel(QWidget):
    """The facts of a layer: of its file, and of where it lies on the canvas.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _title_of(self)
        self.text = TextBox(_LINES, self)
        self.setMinimumWidth(_MIN_WIDTH)
        column = QVBoxLayout(self)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addStretch(1)
        self._shown = _ShownLayer(viewer, self)

    def show_layer(self, layer: Layer) -> None:
        """Show the facts of a layer."""
        self._shown.take(layer)

    def fill(self, layer: Layer | None) -> None:
        """Write the facts of a layer; None where it is gone."""
        facts = {} if layer is None else layer_facts(describe(layer))
        self.title.setText(_GONE if layer is None else layer.name)
        self.text.setText("\n".join(f"{name}: {fact}" for name, fact in facts.items()))


class LayerRegionsPanel(QWidget):
    """Patches and tiles of a layer.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    """

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.regions = Regions()
        self.boxes = PlanBoxes(viewer, self.regions)
        self.plan = PlanPanel(self.regions, self.boxes, self)
        self.title = _title_of(self)
        self.setMinimumWidth(_MIN_WIDTH)
        column = QVBoxLayout(self)
        column.addWidget(self.title)
        column.addWidget(self.plan)
        self._keys = keys = BoundKeys(
            viewer,
            self,
            {
                "previous region": lambda: self.regions.step(-1),
                "next region": lambda: self.regions.step(1),
            },
        )
        self._shown = _ShownLayer(viewer, self)
        boxes = self.boxes  # the panel itself must not be held

        def close() -> None:
            keys.release()
            boxes.close()

        self.destroyed.connect(close)

    def show_layer(self, layer: Layer) -> None:
        """Offer a layer to be cut."""
        self._shown.take(layer)
        self._keys.come_first()

    def fill(self, layer: Layer | None) -> None:
        """Take the layer that is to be cut; None where it is gone."""
        self.title.setText(_GONE if layer is None else layer.name)
        images = {}
        if layer is not None:
            images[layer.name] = PlannedImage.of_layer(layer.name, describe(layer))
        self.regions.show_images(images)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw the outlines again that were there before the panel was closed."""
        self.boxes.shown = self.plan.drawn.isChecked()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Leave no outlines on the canvas that nothing is left to take away by."""
        if event is None or not event.spontaneous():
            self.boxes.shown = False
        super().hideEvent(event)


class _ShownLayer:
    """The layer that a panel shows; it is filled anew when a person moves it, and when it goes.

    Parameters
    ----------
    viewer : napari.viewer.Viewer
    panel : FactsPanel or LayerRegionsPanel
        Its ``fill`` takes the layer, or None.
    """

    def __init__(self, viewer: Viewer, panel: FactsPanel | LayerRegionsPanel) -> None:
        self._panel = panel
        self._layer: Layer | None = None
        viewer.layers.events.removed.connect(self._on_removed)

    def take(self, layer: Layer) -> None:
        """Show another layer; where that fails, the one before stays."""
        self._panel.fill(layer)
        if self._layer is not None:
            for name in _PLACING:
                getattr(self._layer.events, name).disconnect(self._on_moved)
        for name in _PLACING:
            getattr(layer.events, name).connect(self._on_moved)
        self._layer = layer

    def _on_moved(self, _event: Any = None) -> None:
        if self._layer is not None and isalive(self._panel):
            self._panel.fill(self._layer)

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer and isalive(self._panel):
            self._layer = None
            self._panel.fill(None)


def _title_of(panel: QWidget) -> QLabel:
    label = QLabel("", panel)
    label.setWordWrap(True)
    return label


def panel_in(viewer: Any, name: str, make: Any) -> Any:
    """Show a panel in a dock of a viewer: the one of that name, or a new one."""
    found = viewer.window.dock_widgets.get(name)
    if found is None:
        found = make()
        viewer.window.add_dock_widget(found, name=name, area="right", tabify=True)
    found.parentWidget().show()
    found.parentWidget().raise_()
    return found
