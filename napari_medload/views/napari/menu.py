"""What the browser adds to napari's menus, and so to its command palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.settings import get_settings
from napari.utils.notifications import show_info
from napari.viewer import Viewer  # noqa: TC002 # napari finds out by it what to hand over
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_medload.formats.door import FORMATS
from napari_medload.formats.pictures import Raster
from napari_medload.formats.saving import WRITERS
from napari_medload.views.napari import keys_sheet
from napari_medload.views.napari.browser import browser_in
from napari_medload.views.napari.layer_panels import FactsPanel, LayerRegionsPanel, panel_in
from napari_medload.views.napari.writer import NotWritableError, write_image, write_labels

if TYPE_CHECKING:
    from napari.layers import Layer

PLUGIN, NAPARIS_OWN = "napari-medload", "napari"
FACTS, REGIONS = "Facts of a layer", "Patches and tiles of a layer"


def open_folder(viewer: Viewer) -> None:
    """Ask for a dataset's folder and open it in the browser."""
    browser_in(_unwrapped(viewer)).dataset.ask_for_folder()


def open_demo(viewer: Viewer) -> None:
    """Open the demo dataset in the browser; it is built first where it is not there."""
    browser_in(_unwrapped(viewer)).session.open_demo()


def export_samples(viewer: Viewer) -> None:
    """Show the form that exports the samples of the open dataset."""
    browser_in(_unwrapped(viewer)).show_export()


def prefer_reader() -> None:
    """Let napari open medical images with this plugin from now on, without asking each time.

    napari claims all their suffixes too, so it asks; its own reader knows no affine. Pictures,
    which nobody opens for their geometry, stay with napari's own. What a person has chosen
    before is not changed.
    """
    plugins = get_settings().plugins
    chosen = dict(plugins.extension2reader)
    wanted = {
        f"*{suffix}": NAPARIS_OWN if suffix in Raster.suffixes else PLUGIN
        for form in FORMATS
        for suffix in form.suffixes
    }
    others = sorted(k for k, v in wanted.items() if chosen.get(k, v) != v and v == PLUGIN)
    plugins.extension2reader = wanted | chosen  # only a new value is saved
    left = f" Left as you chose: {', '.join(others)}." if others else ""
    show_info(
        f"Medical images are opened with {PLUGIN} from now on, pictures with napari's own reader."
        f"{left} Change it under Preferences, Plugins."
    )


def show_facts(viewer: Viewer) -> None:
    """Show the facts of the selected layer in a dock."""
    viewer = _unwrapped(viewer)
    panel_in(viewer, FACTS, lambda: FactsPanel(viewer)).show_layer(_active(viewer))


def show_regions(viewer: Viewer) -> None:
    """Offer to cut the selected layer into patches or tiles."""
    viewer = _unwrapped(viewer)
    panel = panel_in(viewer, REGIONS, lambda: LayerRegionsPanel(viewer))
    panel.show_layer(_active(viewer))


def save_layer(viewer: Viewer) -> None:
    """Ask where the selected layer is to be saved, and save it with its affine."""
    layer = _active(_unwrapped(viewer))
    suffixes = " ".join(f"*{suffix}" for writer in WRITERS for suffix in writer.written)
    path, _filter = QFileDialog.getSaveFileName(
        None, f"Save {layer.name} with its affine", f"{layer.name}.nii.gz", f"Images ({suffixes})"
    )
    if path:
        save_as(layer, path)


def save_as(layer: Layer, path: str) -> None:
    """Save a layer with its affine.

    Raises
    ------
    NotWritableError
        If its kind cannot be written, or the format cannot hold it.
    OSError
        If the file cannot be written.
    """
    data, attributes, kind = layer.as_layer_data_tuple()
    write = {"image": write_image, "labels": write_labels}.get(kind)
    if write is None:
        raise NotWritableError(
            f"the layer '{layer.name}' holds {kind}; expected an image or labels"
        )
    write(path, data, attributes)
    show_info(f"saved {path}")


def show_keys() -> None:
    """Show the keys of the browser, and where others can be chosen."""
    keys_sheet.show_keys(QApplication.activeWindow())


def _active(viewer: Any) -> Layer:
    layer = viewer.layers.selection.active
    if layer is None:
        raise ValueError("no layer is selected; expected one. Click it in the list of layers.")
    return layer


def _unwrapped(viewer: Any) -> Any:
    """Return the viewer behind the proxy that plugins are handed, which is slower by far."""
    return getattr(viewer, "__wrapped__", viewer)
