"""The sheet of keys: what each does at present, and which wishes were refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.views.napari.key_choice import ChosenKeys
from napari_medload.views.napari.keys import KEYS
from napari_medload.views.napari.text_sheet import show_text

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_medload.views.napari.text_sheet import TextSheet

_WHERE = (
    "They act with the focus on the dock or on the canvas, and are silent while text is typed.\n"
    "Other keys can be chosen under Preferences, napari-medload, Keys."
)


def keys_text() -> str:
    """Write the keys as a table, with the wishes that were refused."""
    lines = [f"{key.key:8}{key.tip}" for key in KEYS.values()]
    chosen = ChosenKeys()
    chosen.close()
    refused = [f"! {reason}" for reason in chosen.refused.values()]
    return "\n".join((*lines, "", _WHERE, *(("", *refused) if refused else ())))


def show_keys(parent: QWidget | None) -> TextSheet:
    """Show the keys beside what a person works on."""
    return show_text(parent, "Keys of the browser", keys_text())
