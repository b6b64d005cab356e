from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.views.notebook import sections
from tests.views.notebook.sections import Browser, open_browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.views.notebook.host import Host


@pytest.fixture
def browser(open_host: Callable[..., Host]) -> Browser:
    return open_browser(open_host)


def _plain(sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != "n"} for each in sent]


def test_what_disagrees_is_marked_by_a_sign_and_explained(browser: Browser) -> None:
    page = browser.tab("Geometry")
    marked = page.locator("td", has_text="181×217×181")
    assert "!" in marked.inner_text()
    assert "!" not in page.locator("td", has_text="182×218×182").first.inner_text()
    told = page.get_by_role("listitem").all_inner_texts()
    assert told == ["! shape of fixed label: 181×217×181; its image has 182×218×182"]
    assert browser.root.get_by_role("tab", name="Geometry").inner_text() == "Geometry !"


def test_the_table_says_of_what_each_fact_is(browser: Browser) -> None:
    page = browser.tab("Geometry")
    assert page.get_by_role("columnheader").all_inner_texts() == ["fixed image", "fixed label"]
    assert page.get_by_role("rowheader").all_inner_texts() == ["shape", "spacing"]
    affine = page.locator("details", has_text="affine")
    affine.locator("summary").click()
    assert "0 0 1 5" in affine.inner_text()


def test_tabs_go_by_arrows(browser: Browser) -> None:
    browser.root.get_by_role("tab", name="Geometry").focus()
    names = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"):
        browser.host.page.keyboard.press(key)
        chosen = browser.root.get_by_role("tab", selected=True)
        assert chosen.evaluate("node => node === document.activeElement")
        names.append(chosen.inner_text().split(" ")[0])
        assert browser.root.get_by_role("tabpanel").count() == 1
    assert names == ["Findings", "Labels", "Geometry", "Labels", "Geometry", "Labels"]


def test_a_finding_leads_to_its_place_and_back(browser: Browser) -> None:
    page = browser.tab("Findings")
    assert "(1)" in browser.root.get_by_role("tab", name="Findings").inner_text()
    assert page.get_by_role("button").count() == 1  # the note leads nowhere
    assert "i note: stored as LAS" in page.inner_text()
    assert "pairing ✓ good" in page.inner_text()
    browser.host.take()
    lead = page.get_by_role("button", name="label lies 30 mm off")
    assert "R 10 A 0 S 5 mm" in lead.inner_text()
    lead.click()
    assert _plain(browser.host.take()) == [
        {"cmd": "finding", "text": "✗ error: label lies 30 mm off"}
    ]
    browser.host.receive(sections.sample(away=True, remark="here is the centre"))
    assert "here is the centre" in page.inner_text()
    # the page was told anew, and the focus is where it was
    assert lead.evaluate("node => node === document.activeElement")
    page.get_by_role("button", name="Back").click()
    assert _plain(browser.host.take()) == [{"cmd": "back"}]
    browser.host.receive(sections.sample())
    # the button has gone, and the keys live on
    assert browser.host.page.evaluate("document.activeElement.closest('.lm-browser') !== null")


def test_labels_are_shown_and_hidden_one_by_one(browser: Browser) -> None:
    page = browser.tab("Labels")
    liver = page.get_by_label("liver")
    assert liver.is_checked()
    colour = page.locator(".lm-swatch").first.evaluate("n => getComputedStyle(n).backgroundColor")
    assert colour == "rgb(230, 159, 0)"
    browser.host.take()
    liver.focus()
    browser.host.page.keyboard.press("Space")
    assert _plain(browser.host.take()) == [{"cmd": "label", "value": 1}]
    browser.host.receive(sections.labels(hidden=(1,)))
    assert not page.get_by_label("liver").is_checked()
    assert page.get_by_label("liver").evaluate("node => node === document.activeElement")
    assert "1 of 2 hidden" in page.inner_text()
    page.get_by_role("button", name="Show all").click()
    assert _plain(browser.host.take()) == [{"cmd": "labels_all"}]
    browser.host.receive(sections.labels())
    assert page.get_by_label("liver").is_checked()


def test_a_sample_without_labels_says_so(browser: Browser) -> None:
    page = browser.tab("Labels")
    browser.host.receive(sections.labels(entries=[]))
    assert "No labels" in page.inner_text()


def test_each_mode_shows_what_can_be_set_of_it(browser: Browser) -> None:
    bar = browser.root.get_by_role("toolbar")
    mode = bar.get_by_label("How moving is compared")
    assert mode.input_value() == "overlay"
    assert bar.get_by_label("Opacity of the moving image").is_visible()
    browser.host.take()
    mode.select_option("curtain")
    assert _plain(browser.host.take()) == [{"cmd": "option", "mode": "curtain"}]
    browser.host.receive(
        sections.options(mode="curtain"), *sections.drawn("case_000000", 2, mode="curtain")
    )
    assert bar.get_by_label("Where the curtain hangs").is_visible()
    assert not bar.get_by_label("Opacity of the moving image").is_visible()


def test_only_modes_that_can_be_drawn_are_offered(browser: Browser) -> None:
    browser.host.receive(*sections.drawn("case_000000", 2, modes=["overlay", "difference"]))
    mode = browser.root.get_by_label("How moving is compared")
    assert mode.locator("option").all_inner_texts() == ["overlay", "difference"]


def test_a_slider_sends_its_last_place(browser: Browser) -> None:
    slider = browser.root.get_by_label("Opacity of the moving image")
    assert slider.input_value() == "30"
    slider.focus()
    browser.host.take()
    for _press in range(5):
        browser.host.page.keyboard.press("ArrowRight")
    (first,) = browser.host.take()
    assert first["opacity"] == pytest.approx(0.31)
    browser.host.receive(ack=first["n"])
    (last,) = browser.host.take()
    assert last["opacity"] == pytest.approx(0.35)
    # what the kernel says of the first step is no news by now
    browser.host.receive(sections.options(opacity=0.31))
    assert slider.input_value() == "35"
    browser.host.receive(sections.options(opacity=0.35), ack=last["n"])
    assert slider.input_value() == "35"


def test_the_window_is_set_by_presets_and_by_numbers(browser: Browser) -> None:
    browser.button("Window").click()
    bar = browser.root.get_by_role("toolbar")
    browser.host.take()
    bar.get_by_label("CT window").select_option("lung")
    assert _plain(browser.host.take()) == [{"cmd": "preset", "name": "lung"}]
    low, high = bar.get_by_label("black of moving image"), bar.get_by_label("white of moving image")
    assert (low.input_value(), high.input_value()) == ("0", "15")
    high.fill("12.5")
    high.press("Enter")
    assert _plain(browser.host.take())[0] == {
        "cmd": "window", "role": "moving_image", "low": 0, "high": 12.5,
    }  # fmt: skip
    low.fill("99")
    low.press("Enter")
    assert browser.host.take() == []
    assert "black must lie below white" in bar.inner_text()
    assert low.get_attribute("aria-invalid") == "true"
    bar.get_by_role("button", name="Reset the contrast of moving image").click()
    assert _plain(browser.host.take()) == [{"cmd": "reset_window", "role": "moving_image"}]


def test_a_contrast_that_is_set_is_seen_without_a_sheet(browser: Browser) -> None:
    button, preset = browser.button("Window"), browser.root.get_by_label("CT window")
    assert button.inner_text() == "Window ▾"
    set_ = {"fixed_image": [-160, 240], "moving_image": [-160, 240]}
    browser.host.receive(sections.options(windows=set_, preset="lung"))
    assert button.inner_text() == "Window: lung ▾"
    button.click()
    assert preset.input_value() == "lung"
    browser.host.receive(sections.options(windows={"fixed_image": [0, 5]}))
    assert button.inner_text() == "Window: set ▾"
    assert preset.locator("option:checked").inner_text() == "set by hand"
    browser.host.receive(sections.options(windows=set_, preset="lung"))
    browser.host.take()
    preset.select_option("")
    assert _plain(browser.host.take()) == [{"cmd": "reset_window", "role": None}]


def test_time_points_are_chosen_beside_the_modes(browser: Browser) -> None:
    slider = browser.root.get_by_label("Time point or channel")
    assert not slider.is_visible()
    browser.host.receive(sections.options(frames=20, frame=2))
    assert "3 of 20" in browser.root.get_by_role("toolbar").inner_text()
    browser.host.take()
    slider.press("ArrowRight")
    assert _plain(browser.host.take()) == [{"cmd": "option", "frame": 3}]
    assert slider.get_attribute("aria-valuetext") == "4 of 20"


def test_what_is_dragged_is_read_in_the_fields(browser: Browser) -> None:
    browser.button("Window").click()
    one = sections.pair()
    one.layers[0]["limits"] = [-3.25, 40.0]
    browser.host.receive(one.scene(1))
    bar = browser.root.get_by_role("toolbar")
    assert bar.get_by_label("black of fixed image").input_value() == "-3.25"
    assert bar.get_by_label("white of fixed image").input_value() == "40"


def test_how_things_are_laid_is_set_in_the_view_sheet(browser: Browser) -> None:
    button = browser.button("View")
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    bar = browser.root.get_by_role("toolbar")
    browser.host.take()
    bar.get_by_label("Grid that everything").select_option("world")
    bar.get_by_label("Side of the patient's right").select_option("neurological")
    bar.get_by_label("ignore headers").check()
    assert _plain(browser.host.take()) == [
        {"cmd": "option", "grid": "world"}, {"cmd": "option", "radiological": False},
        {"cmd": "option", "aligned": "index"},
    ]  # fmt: skip
    assert not bar.get_by_label("Time point").is_visible()
    browser.host.receive(sections.options(frames=4))
    assert bar.get_by_label("Time point").is_visible()
    browser.host.page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert button.evaluate("node => node === document.activeElement")
