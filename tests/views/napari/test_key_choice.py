"""Keys that a person chooses, against those that napari itself binds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import npe2
import pytest
from napari.settings import get_plugin_settings, get_settings
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtCore import Qt

from napari_medload.views.napari.key_choice import ChosenKeys, choose_keys
from napari_medload.views.napari.keys import KEYS, KeyButton
from napari_medload.views.napari.keys_sheet import keys_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.views.napari.conftest import Browser

USUAL = {name: key.key for name, key in KEYS.usual.items()}


@pytest.fixture(autouse=True)
def _usual_keys() -> Iterator[None]:
    yield
    KEYS.rebind({})


@pytest.fixture
def page(plugin_settings: Any, npe2pm: Any) -> Any:
    """The plugin's preferences page, of this test alone."""
    if "napari-medload" not in npe2pm:
        npe2pm.register(npe2.PluginManifest.from_distribution("napari-medload"))
    return get_plugin_settings("napari-medload").keys


def test_no_usual_key_is_one_of_naparis_shortcuts():
    theirs = {
        str(coerce_keybinding(key))
        for keys in get_settings().shortcuts.shortcuts.values()
        for key in keys
    }
    assert "L" in theirs and theirs.isdisjoint(USUAL.values())
    assert len(set(USUAL.values())) == len(USUAL)


def test_the_manifest_offers_every_key_as_it_usually_is(page: Any):
    offered = {name.replace("_", " "): value for name, value in page.model_dump().items()}
    assert offered == USUAL


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ("L", "napari's own"),  # show the labels of one value
        ("space", "no letter or digit"),
        ("Ctrl+J", "no letter or digit"),
        ("", "is no key"),
        ("K", "bound to 'reject'"),
        ("JJ", "no letter or digit"),
    ],
)
def test_a_key_that_cannot_be_had_is_refused_and_the_usual_one_stays(wish: str, reason: str):
    chosen, refused = choose_keys({"accept": wish})
    assert chosen == USUAL
    assert reason in refused["accept"] and "'J' stays" in refused["accept"]


def test_two_wishes_for_one_key_are_not_both_met():
    chosen, refused = choose_keys({"accept": "Shift+J", "unsure": "shift+j"})
    assert len(refused) == 1 and len(set(chosen.values())) == len(chosen)


def test_keys_can_change_places():
    chosen, refused = choose_keys({"accept": "k", "reject": "J"})
    assert (chosen["accept"], chosen["reject"], refused) == ("K", "J", {})


def test_a_wish_for_a_key_that_stays_where_it_is_gives_way():
    """Accept wants K; reject wants L, which is napari's, and so keeps K."""
    chosen, refused = choose_keys({"accept": "K", "reject": "L"})
    assert chosen == USUAL and set(refused) == {"accept", "reject"}


def test_the_sheet_lists_all_keys_and_what_was_refused(page: Any, qapp: Any):
    page.accept = "L"
    text = keys_text()
    for key in KEYS.usual.values():
        assert f"{key.key:8}{key.tip}" in text
    assert "accept: 'L' is napari's own" in text


def test_buttons_bear_the_key_that_is_bound(page: Any, qtbot: Any):
    button = KeyButton("accept", "Accept {}")
    qtbot.addWidget(button)
    chosen = ChosenKeys()
    assert button.text() == "Accept J" and "(key J)" in button.toolTip()
    page.accept = "Shift+J"
    assert button.text() == "Accept Shift+J"
    chosen.close()
    page.accept = "J"
    assert button.text() == "Accept Shift+J"  # nobody follows any more


@pytest.mark.canvas
def test_a_key_is_bound_anew_at_once_on_dock_and_canvas(page: Any, browser: Browser, pairs: Path):
    browser.open(pairs)
    page.next = "K"
    page.reject = "N"
    window = browser.viewer.window._qt_window
    window.activateWindow()
    browser.wait(window.isActiveWindow)
    canvas = browser.viewer.window._qt_viewer.canvas.native
    for where in (browser.dock.samples.table, canvas):
        where.setFocus()
        before = browser.session.selected
        browser.qtbot.keyClick(where, Qt.Key.Key_K)
        browser.settle()
        assert browser.session.selected == before + 1
    assert browser.dock.walk.next.text() == "K ▶"
    page.next, page.reject = "N", "K"
    browser.qtbot.keyClick(canvas, Qt.Key.Key_N)
    browser.settle()
    assert browser.session.selected == before + 2
