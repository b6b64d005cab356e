"""Panels on one layer: its facts, and its patches and tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_medload.session.layer_facts import layer_facts
from napari_medload.session.regions import PlannedImage, Regions
from napari_medload.views.napari.keys import bind_keys
from napari_medload.views.napari.plan_boxes import PlanBoxes
from napari_medload.views.napari.plan_panel import PlanPanel
from napari_medload.views.napari.text_box import TextBox
from napari_medload.views.napari.writer import drawn_layer

if TYPE_CHECKING:
    from napari.layers import Layer
    from napari.viewer import Viewer

    from napari_medload.session.layer_content import DrawnLayer

_LINES = 24
_MIN_WIDTH = 350


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
    """The facts of a layer: of its file, and of where it lies on the canvas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel("", self)
        self.title.setWordWrap(True)
        self.text = TextBox(_LINES, self)
        self.setMinimumWidth(_MIN_WIDTH)
        column = QVBoxLayout(self)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addStretch(1)

    def show_layer(self, layer: Layer) -> None:
        """Show the facts of a layer."""
        facts = layer_facts(describe(layer))
        self.title.setText(layer.name)
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
        self.title = QLabel("", self)
        self.title.setWordWrap(True)
        self.setMinimumWidth(_MIN_WIDTH)
        column = QVBoxLayout(self)
        column.addWidget(self.title)
        column.addWidget(self.plan)
        bind_keys(
            viewer,
            self,
            {
                "previous region": lambda: self.regions.step(-1),
                "next region": lambda: self.regions.step(1),
            },
        )
        self._layer: Layer | None = None
        viewer.layers.events.removed.connect(self._on_removed)
        boxes = self.boxes  # the panel itself must not be held
        self.destroyed.connect(lambda: boxes.close())

    def show_layer(self, layer: Layer) -> None:
        """Offer a layer to be cut."""
        found = describe(layer)
        self._layer = layer
        self.title.setText(layer.name)
        self.regions.show_images({layer.name: PlannedImage.of_layer(layer.name, found)})

    def _on_removed(self, event: Any) -> None:
        """Take the outlines of a layer away with it."""
        if event.value is self._layer:
            self._layer = None
            self.title.setText("")
            self.regions.show_images({})


def panel_in(viewer: Any, name: str, make: Any) -> Any:
    """Show a panel in a dock of a viewer: the one of that name, or a new one."""
    found = viewer.window.dock_widgets.get(name)
    if found is None:
        found = make()
        viewer.window.add_dock_widget(found, name=name, area="right", tabify=True)
    found.parentWidget().show()
    found.parentWidget().raise_()
    return found
