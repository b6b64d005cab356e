"""Sample data for napari: a pair of the demo, and one scan that was taken at a tilt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import napari
from napari.utils import progress

from napari_medload.demo import build_demo, default_folder
from napari_medload.demo.build import ROLES
from napari_medload.demo.grids import RECIPES
from napari_medload.formats import read_header
from napari_medload.loaders.sample import is_label_role
from napari_medload.session.standalone.files import file_layer
from napari_medload.views.napari.reader import LayerData, layer_data, look_at_the_patient

if TYPE_CHECKING:
    from pathlib import Path

_OBLIQUE = "subject_05"


def demo_pair() -> list[LayerData]:
    """Labelled scans of one patient, fixed and moving; built once and kept in the user's cache.

    Raises
    ------
    ImportError
        If nilearn, whose wheel ships the template, is not installed; the message names the extra.
    OSError
        If the demo cannot be written.
    """
    folder = _built()
    look_at_the_patient(napari.current_viewer())
    return [_layer(folder, role) for role in ROLES]


def demo_oblique() -> list[LayerData]:
    """Return one scan of the demo that lies at 15° to the patient; errors as of `demo_pair`."""
    folder = _built()
    look_at_the_patient(napari.current_viewer())
    header = read_header(folder / "moving_images" / f"{_OBLIQUE}.nii.gz")
    return [layer_data(file_layer(header, as_labels=False))]


def _built() -> Path:
    """Build the demo, with a bar that says how far it is."""
    with progress(total=len(RECIPES), desc="building the demo") as bar:

        def tell(done: int, _total: int, _what: str) -> bool:
            bar.update(done - bar.n)
            return True

        return build_demo(default_folder(), progress=tell)


def _layer(folder: Path, role: str) -> LayerData:
    """Describe one file of the first pair; the moving image lies half transparent on top."""
    header = read_header(folder / role / f"{RECIPES[0].id}.nii.gz")
    data, attributes, kind = layer_data(file_layer(header, is_label_role(role)))
    look: dict[str, Any] = {"name": role.replace("_", " ").removesuffix("s")}
    if role == "moving_images":
        look |= {"opacity": 0.5, "blending": "translucent_no_depth"}
    if kind == "labels":
        look |= {"opacity": 0.4}
    return data, attributes | look, kind
