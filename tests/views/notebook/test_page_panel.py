from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_medload.views.notebook.page import module, styles
from tests.views.notebook import sections
from tests.views.notebook.sections import Browser, open_browser, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.views.notebook.host import Host

_NASTY = '<img src=x onerror="window.stolen = 1"><b>bold</b>&amp;'

_UNNAMED = """() => [...document.querySelectorAll(".lm-browser :is(button, input, select)")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length
    || one.title))
  .map((one) => one.outerHTML)"""

_OVERFLOW = """() => {
  const root = document.querySelector(".lm-browser");
  const edge = root.getBoundingClientRect().right + 0.5;
  const clipped = (node) => {
    for (let up = node.parentElement; up && up !== root; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  const out = [...root.querySelectorAll("*")].filter((node) => node.checkVisibility()
    && !clipped(node) && node.getBoundingClientRect().right > edge);
  return [root.scrollWidth > root.clientWidth, out.map((node) => node.className)];
}"""

_CONTRASTS = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const over = (colours) => {
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const low = [];
  for (const node of document.querySelectorAll(".lm-panel *, .lm-dialog *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.closest(":disabled, .lm-spoken")) continue;
    const under = [];
    for (let up = node; up; up = up.parentElement)
      under.unshift(getComputedStyle(up).backgroundColor);
    const back = over(["white", ...under]);
    const front = over([`rgb(${back})`, getComputedStyle(node).color]);
    const [high, deep] = [light(back), light(front)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (deep + 0.05);
    if (ratio < 4.5) low.push([node.className, node.textContent, Math.round(ratio * 100) / 100]);
  }
  return low;
}"""


@pytest.fixture
def browser(open_host: Callable[..., Host]) -> Browser:
    return open_browser(open_host)


def test_it_says_what_is_open_and_which_sample_is_shown(browser: Browser) -> None:
    text = browser.root.locator(".lm-dataset").inner_text()
    for words in ("brains", "paired", "250 samples", "aligned: world"):
        assert words in text
    assert browser.root.locator(".lm-sample .lm-id").inner_text() == "case_000000"


def test_what_comes_from_data_stays_text(browser: Browser) -> None:
    host, nasty = browser.host, _NASTY
    cells = [sections.cell(nasty, nasty, True), sections.cell(nasty + "\n" + nasty, nasty, True)]
    finding = {"text": nasty, "index": 0, "severity": "error", "place": nasty}
    entry = {"value": 1, "name": nasty, "colour": ["red;x", 0, 0], "hidden": False}
    host.receive(
        sections.dataset(name=nasty, kind=nasty, alignment=nasty, path=nasty),
        sections.listing(
            rows=[sections.row(0, id=nasty, finding=nasty, verdict=nasty)],
            finding_filters=[[nasty, nasty]], verdict_filters=[nasty],
        ),
        sections.sample(
            id=nasty, pairing=nasty, remark=nasty, findings=[finding],
            geometry={"columns": [nasty, nasty], "rows": [{"name": nasty, "cells": cells}]},
        ),
        sections.labels(entries=[{**entry, "present_in": [nasty]}]),
        sections.verdict(
            nasty, message=nasty, note=nasty, warning=nasty, heard=nasty, progress=nasty,
            finished=nasty, all_reasons=[{"name": nasty, "tip": nasty}], reasons=[nasty],
        ),
        sections.export(
            formats=[{"name": nasty, "title": nasty}], path=nasty, status=nasty,
            remarks=[{"gravity": "warning", "text": nasty}],
            done=nasty,
        ),
        section("progress", what=nasty, done=1, total=2), section("trouble", message=nasty),
        section("keys", keys=[{"name": "accept", "key": nasty, "tip": nasty, "repeats": False}]),
        *sections.drawn(nasty, 2, notes=[nasty], as_if=nasty, problems=[[nasty, nasty]]),
    )  # fmt: skip
    assert browser.root.locator("img, b").count() == 0
    assert host.page.evaluate("window.stolen") is None
    assert host.requests == []
    shown = browser.root.evaluate("node => node.textContent")
    assert shown.count(nasty) > 20
    assert browser.root.locator(".lm-note").input_value() == nasty


def test_every_control_has_a_name(browser: Browser) -> None:
    for name in ("Findings", "Labels", "Geometry"):
        browser.tab(name)
        assert browser.host.page.evaluate(_UNNAMED) == []
    browser.button("Window").click()
    assert browser.host.page.evaluate(_UNNAMED) == []


@pytest.mark.parametrize("width", [480, 700, 760, 1000, 1600])
def test_nothing_stands_out_at_the_right(open_host: Callable[..., Host], width: int) -> None:
    host = open_host(text=module(), style=styles(), width=f"{width}px")
    host.page.set_viewport_size({"width": width + 20, "height": 800})
    host.receive(*sections.everything())
    host.receive(
        sections.verdict("a" * 200, message="m" * 300, finished="f" * 200, warning="w" * 300),
        section("trouble", message="t" * 300),
    )
    assert host.page.evaluate(_OVERFLOW) == [False, []]
    body = host.page.locator(".lm-body").bounding_box()
    assert body is not None
    assert width < 640 or 560 <= body["height"] <= 700


@pytest.mark.parametrize("width", [700, 1400])
def test_sheets_open_within_the_browser(open_host: Callable[..., Host], width: int) -> None:
    browser = open_browser(open_host, width=f"{width}px")
    browser.host.page.set_viewport_size({"width": width + 20, "height": 800})
    for name in ("Window", "View"):
        browser.button(name).click()
        sheet = browser.root.get_by_role("group", name=name, exact=True).bounding_box()
        root = browser.root.bounding_box()
        assert sheet is not None
        assert root is not None
        assert root["x"] <= sheet["x"]
        assert sheet["x"] + sheet["width"] <= root["x"] + root["width"]
        assert browser.root.locator(".lm-sheet:visible").count() == 1
    browser.root.locator(".lm-axial canvas").first.click()
    assert browser.root.locator(".lm-sheet:visible").count() == 0


def test_the_picture_gets_the_most_room(browser: Browser) -> None:
    picture = browser.root.locator(".lm-planes").bounding_box()
    right = browser.root.locator(".lm-right").bounding_box()
    assert picture is not None
    assert right is not None
    assert picture["width"] > 2 * right["width"]
    assert picture["height"] > 300


@pytest.mark.parametrize("light", ["true", "false"])
def test_all_text_is_read_on_its_ground(browser: Browser, light: str) -> None:
    host = browser.host
    host.page.evaluate("light => { document.body.dataset.jpThemeLight = light; }", light)
    host.page.wait_for_function(
        "theme => document.querySelector('.lm-browser').dataset.lmTheme === theme",
        arg="light" if light == "true" else "dark",
    )
    host.page.add_style_tag(content=".lm-browser * { transition: none !important; }")
    rows = [
        sections.row(0, "accept", severity="error", finding="✗ e"),
        sections.row(1, "reject", severity="warning", finding="! w"),
        sections.row(2, "unsure", severity="note", finding="i n"),
    ]
    for decision in ("accept", "reject", "unsure"):
        host.receive(
            sections.listing(3, rows=rows),
            sections.verdict(
                decision=decision, reasons=["shifted"], finished="all", warning="w", waiting=1
            ),
            section("trouble", message="t"),
        )
        assert host.page.evaluate(_CONTRASTS) == []
    for name in ("Findings", "Labels"):
        browser.tab(name)
        assert host.page.evaluate(_CONTRASTS) == []
    browser.press("?")
    assert host.page.evaluate(_CONTRASTS) == []


def test_it_follows_the_theme_of_the_notebook(browser: Browser) -> None:
    page = browser.host.page
    themes = []
    for attributes in (
        {"data-jp-theme-light": "false"}, {"data-jp-theme-light": "true"},
        {"data-vscode-theme-kind": "vscode-dark"}, {"data-vscode-theme-kind": "vscode-light"},
        {"data-vscode-theme-kind": "vscode-high-contrast"}, {"class": "dark"}, {},
    ):  # fmt: skip
        page.evaluate(
            """given => {
              for (const name of document.body.getAttributeNames())
                document.body.removeAttribute(name);
              for (const [name, value] of Object.entries(given))
                document.body.setAttribute(name, value);
            }""",
            attributes,
        )
        page.evaluate("() => new Promise((done) => setTimeout(done))")
        themes.append(browser.root.get_attribute("data-lm-theme"))
    assert themes == ["dark", "light", "dark", "light", "dark", "dark", "light"]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.querySelector('.lm-browser').dataset.lmTheme === 'dark'")


def test_tab_goes_by_the_order_of_the_screen(browser: Browser) -> None:
    """From the root to the compare mode, the planes, the list, the facts, and the verdict."""
    page = browser.host.page
    browser.root.focus()
    met: list[str] = []
    for _press in range(120):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const at = document.activeElement;
              const part = at.closest(
                ".lm-worst, .lm-compare, .lm-planes, .lm-list, .lm-facts, .lm-verdict");
              return part ? part.className.replace("lm-button ", "").split(" ")[0] : ""; }"""
        )
        if not place:
            break
        if not met or met[-1] != place:
            met.append(place)
    assert met == ["lm-worst", "lm-compare", "lm-planes", "lm-list", "lm-facts", "lm-verdict"]


def test_what_has_the_focus_is_outlined(browser: Browser) -> None:
    page = browser.host.page
    browser.root.focus()
    for _press in range(12):
        page.keyboard.press("Tab")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", page.evaluate("document.activeElement.outerHTML")


def test_two_views_of_one_widget_show_the_same(open_host: Callable[..., Host]) -> None:
    host = open_host(text=module(), style=styles(), views=2)
    host.receive(*sections.everything())
    names = host.page.locator(".lm-sample .lm-id").all_inner_texts()
    assert names == ["case_000000"] * 2
    ids = host.page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    host.unmount(0)
    host.receive(sections.sample(id="other"))
    assert host.page.locator(".lm-sample .lm-id").all_inner_texts() == ["other"]


def test_styles_of_a_notebook_around_do_not_deform_the_table(browser: Browser) -> None:
    """As JupyterLab and nbconvert style tables and lists of what is rendered."""
    table = browser.root.locator(".lm-table")
    before = table.bounding_box()
    browser.host.page.add_style_tag(
        content="""
        .around td, .around th, .around tr { text-align: right; padding: 0.5em; border: none; }
        .around table { margin: 1em auto; font-size: 12px; table-layout: auto; width: auto; }
        .around tbody tr:nth-child(odd) { background: red; }
        .around ul { margin: 20px; padding: 40px; list-style: disc; }
        .around button, .around input, .around select { font-size: 30px; padding: 20px; }
        """
    )
    browser.host.page.evaluate("document.getElementById('views').className = 'around'")
    assert table.bounding_box() == before
    colour = "getComputedStyle(document.querySelector('.lm-tbody tr')).backgroundColor"
    assert browser.host.page.evaluate(colour) == "rgba(0, 0, 0, 0)"


def test_work_in_the_background_says_what_it_does(browser: Browser) -> None:
    host = browser.host
    host.receive(section("progress", what="headers", done=8200, total=10000))
    assert "headers 8,200/10,000" in browser.root.locator(".lm-working").inner_text()
    host.take()
    browser.root.get_by_role("button", name="Cancel the work").click()
    assert host.take()[0]["cmd"] == "cancel"
    host.receive(section("progress", what=""))
    assert not browser.root.locator(".lm-working").is_visible()


def test_the_picture_of_another_sample_is_not_taken_for_the_one_that_is_named(
    browser: Browser,
) -> None:
    host = browser.host
    host.receive(*sections.drawn("case_000000", 2, notes=["resampled"]))
    clear = "node => getComputedStyle(node).opacity"
    waiting = browser.root.locator(".lm-waiting")
    assert waiting.get_attribute("role") == "status"
    assert waiting.inner_text() == ""
    for part in (sections.sample(id="case_000007"), sections.verdict("case_000007")):
        host.receive(part)
        assert waiting.inner_text() == "loading case_000007 – this is still case_000000"
    for half in (".lm-planes", ".lm-readouts"):
        assert float(browser.root.locator(half).evaluate(clear)) < 0.6
    assert not browser.root.get_by_text("resampled").is_visible()
    host.receive(sections.drawn("case_000007", 3, notes=["turned over"])[0])  # no pixels yet
    assert waiting.inner_text() != ""
    assert not browser.root.get_by_text("turned over").is_visible()
    host.receive(*sections.drawn("case_000007", 3, notes=["turned over"])[1:])
    assert waiting.inner_text() == ""
    assert browser.root.get_by_text("turned over").is_visible()
    for half in (".lm-planes", ".lm-readouts"):
        assert browser.root.locator(half).evaluate(clear) == "1"


def test_a_sample_that_cannot_be_read_is_not_waited_for(browser: Browser) -> None:
    scene = {**sections.pair("case_000009").scene(5), "planes": [], "layers": []}
    browser.host.receive(sections.sample(id="case_000009"), sections.verdict("case_000009"))
    assert "loading case_000009" in browser.root.inner_text()
    browser.host.receive({**scene, "problems": [["fixed image", "no such file"]]})
    assert "loading case_000009" not in browser.root.inner_text()


def test_trouble_is_told_until_it_is_dismissed(browser: Browser) -> None:
    host = browser.host
    host.receive(section("trouble", message="no such sample"))
    notice = browser.root.locator(".lm-notices")
    assert "no such sample" in notice.inner_text()
    host.take()
    browser.button("dismiss").click()
    assert [each["cmd"] for each in host.take()] == ["clear_trouble"]
    assert not notice.get_by_text("no such sample").is_visible()


def test_a_part_that_cannot_be_read_is_told_beside_what_is_drawn(browser: Browser) -> None:
    why = [["moving image", "the file is truncated"]]
    browser.host.receive(*sections.drawn("case_000000", 2, problems=why))
    assert "moving image cannot be shown: the file is truncated" in browser.root.inner_text()


def test_the_worst_finding_stands_under_the_name_and_leads_to_its_place(browser: Browser) -> None:
    worst = browser.root.locator(".lm-worst")
    assert worst.inner_text() == "✗ error: label lies 30 mm off (+1)"
    above = browser.root.locator(".lm-planes").bounding_box()
    assert worst.bounding_box()["y"] < above["y"]
    browser.host.take()
    worst.click()
    assert [one["cmd"] for one in browser.host.take()] == ["finding"]
    assert browser.root.get_by_role("tabpanel", name="Findings").is_visible()
    browser.host.receive(sections.sample(findings=[
        {"text": "✓ nothing found", "index": 0, "severity": "fine", "place": ""},
    ]))  # fmt: skip
    worst.click()
    assert browser.host.take() == []


def test_the_finished_review_leads_to_the_export(browser: Browser) -> None:
    host = browser.host
    host.receive(sections.verdict(finished="250 of 250 reviewed"))
    finished = browser.root.locator(".lm-finished")
    assert "250 of 250 reviewed" in finished.inner_text()
    host.take()
    finished.get_by_role("button", name="Export").click()
    form = browser.root.get_by_role("dialog", name="Export")
    assert form.is_visible()
    assert host.take()[0]["cmd"] == "export_look"
    form.get_by_label("format").focus()
    form.get_by_label("format").select_option("monai")
    assert host.take()[0] | {"n": 0} == {"cmd": "export_look", "format": "monai", "n": 0}
    remark = {"gravity": "warning", "text": "2 lack a label"}
    host.receive(sections.export(format="monai", path="/d/list.json", remarks=[remark]))
    assert form.get_by_label("save as").input_value() == "/d/list.json"
    assert "! 2 lack a label" in form.inner_text()
    host.receive(sections.export(format="monai", path="/d/list.json", replaces=True))
    assert form.get_by_role("button", name="Replace").is_visible()
    host.receive(sections.export(format="monai", path="/d/list.json"))
    form.get_by_label("save as").fill("/e/own.json")
    form.get_by_role("button", name="Save").click()
    save = [each for each in host.take() if each["cmd"] == "export"][-1]
    assert (save["format"], save["path"], save["verdict"]) == ("monai", "/e/own.json", "accept")
    assert "saving" in form.get_by_role("button", name="saving").inner_text()
    host.receive(sections.export(done="✓ saved list.json: 12 samples"), ack=save["n"])
    outcome = form.locator(".lm-outcome")
    assert outcome.inner_text() == "✓ saved list.json: 12 samples"
    host.receive(sections.export(done="✗ no such folder", failed=True))
    assert outcome.inner_text() == "✗ no such folder"
    host.page.keyboard.press("Escape")
    assert not form.is_visible()
