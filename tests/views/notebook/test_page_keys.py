from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.views.notebook.sections import Browser, drawn, judged, open_browser, options, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.views.notebook.host import Host

_ESCAPED = """() => {
  window.escaped = [];
  for (const type of ["keydown", "keypress", "keyup"])
    document.getElementById("views").addEventListener(type, (event) => escaped.push(event.key));
}"""


@pytest.fixture
def browser(open_host: Callable[..., Host]) -> Browser:
    made = open_browser(open_host)
    made.host.page.evaluate(_ESCAPED)
    return made


def _escaped(browser: Browser) -> list[str]:
    """Keys that a notebook around the browser would have heard."""
    return list(browser.host.page.evaluate("window.escaped.splice(0)"))


def _commands(sent: list[dict[str, Any]]) -> list[str]:
    return [each["cmd"] for each in sent]


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("j", {"cmd": "judge", "decision": "accept", "sample": "case_000000"}),
        ("k", {"cmd": "judge", "decision": "reject", "sample": "case_000000"}),
        ("u", {"cmd": "judge", "decision": "unsure", "sample": "case_000000"}),
        ("n", {"cmd": "next"}),
        ("h", {"cmd": "previous"}),
        ("q", {"cmd": "undo"}),
        ("w", {"cmd": "redo"}),
        ("g", {"cmd": "mode"}),
        ("l", {"cmd": "labels"}),
    ],
)
def test_each_key_does_what_its_button_does(
    browser: Browser, key: str, sent: dict[str, Any]
) -> None:
    (by_key,) = browser.press(key)
    assert {name: by_key[name] for name in sent} == sent
    assert _escaped(browser) == []


@pytest.mark.parametrize("key", ["accept", "next", "undo", "mode"])
def test_each_button_is_named_by_its_key(browser: Browser, key: str) -> None:
    letter = {"accept": "J", "next": "N", "undo": "Q", "mode": "G"}[key]
    button = browser.root.locator(f'[data-lm-keyname="{key}"]')
    assert letter in button.inner_text()
    assert f"key {letter}" in (button.get_attribute("aria-label") or "")
    assert button.get_attribute("aria-keyshortcuts") == letter
    browser.host.take()
    button.click()
    (sent,) = browser.host.take()
    assert sent["cmd"] == ("judge" if key == "accept" else key)


@pytest.mark.parametrize("held", ["Control", "Alt", "Meta"])
def test_keys_with_modifiers_are_not_the_browsers(browser: Browser, held: str) -> None:
    assert browser.press(f"{held}+j", f"{held}+k") == []


def test_a_notebook_around_hears_no_letter(browser: Browser) -> None:
    """Two d delete a cell in JupyterLab, b adds one, x cuts one."""
    assert browser.press("d", "d", "b", "x", "y", "a") == []
    assert _escaped(browser) == []
    assert browser.root.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_other_keys_are_left_to_whoever_wants_them(browser: Browser) -> None:
    browser.press("F2")
    assert "F2" in _escaped(browser)


@pytest.mark.parametrize("field", [".lm-note", ".lm-search"])
def test_typing_is_no_key_and_reaches_no_notebook(browser: Browser, field: str) -> None:
    browser.host.take()
    text = browser.root.locator(field)
    text.click()
    browser.host.page.keyboard.type("jkunhqwg dd?")
    assert text.input_value() == "jkunhqwg dd?"
    assert _escaped(browser) == []
    assert set(_commands(browser.host.take())) <= {"note", "search"}
    assert browser.root.locator("dialog[open]").count() == 0


@pytest.mark.parametrize("field", [".lm-note", ".lm-search"])
@pytest.mark.parametrize("leaving", ["Escape", "Enter"])
def test_leaving_a_field_brings_the_keys_back(browser: Browser, field: str, leaving: str) -> None:
    browser.root.locator(field).click()
    browser.host.page.keyboard.type("text")
    browser.host.page.keyboard.press(leaving)
    assert _escaped(browser) == []
    browser.host.take()
    browser.host.page.keyboard.press("n")
    assert _commands(browser.host.take()) == ["next"]


def test_letters_choose_in_a_choice_and_do_not_judge(browser: Browser) -> None:
    browser.button("Window").click()
    browser.host.take()
    choices = browser.root.locator("select")
    assert choices.count() > 6
    for number in range(choices.count()):
        if not choices.nth(number).is_visible():
            continue
        choices.nth(number).focus()
        for key in "jkun":
            browser.host.page.keyboard.press(key)
        assert "judge" not in _commands(browser.host.take()), number
        assert _escaped(browser) == []
        browser.host.page.keyboard.press("Escape")  # leaves it, and the browser keeps the focus
        assert browser.root.evaluate("node => node === document.activeElement"), number
        assert _escaped(browser) == []


def test_a_verdict_does_not_repeat_while_its_key_is_held(browser: Browser) -> None:
    keyboard = browser.host.page.keyboard
    browser.root.focus()
    browser.host.take()
    keyboard.down("j")
    (sent,) = browser.host.take()
    browser.host.receive(verdict(decision="accept", saved=True), judged(), ack=sent["n"])
    keyboard.down("j")  # held: the browser tells of it as a repeat
    keyboard.down("j")
    keyboard.up("j")
    assert browser.host.take() == []


def test_going_on_repeats_but_never_runs_ahead(browser: Browser) -> None:
    keyboard = browser.host.page.keyboard
    browser.root.focus()
    browser.host.take()
    keyboard.down("n")
    keyboard.down("n")
    keyboard.down("n")
    (first,) = browser.host.take()
    browser.host.receive(ack=first["n"])
    assert browser.host.take() == []  # what was held meanwhile is not made up for
    keyboard.down("n")
    keyboard.up("n")
    assert _commands(browser.host.take()) == ["next"]


def test_each_press_counts_where_the_kernel_is_slow(browser: Browser) -> None:
    (first,) = browser.press("n", "n", "n", "h")
    names = [first["cmd"]]
    while first:
        browser.host.receive(ack=first["n"])
        sent = browser.host.take()
        names += _commands(sent)
        first = sent[0] if sent else {}
    assert names == ["next", "next", "next", "previous"]


def test_a_press_on_a_busy_kernel_is_refused_in_words_and_leads_past_nothing(
    open_host: Callable[..., Host], page: Any
) -> None:
    page.clock.install()
    browser = open_browser(open_host)
    (first,) = browser.press("n")
    page.clock.run_for(1_100)
    assert browser.press("n", "h") == []
    assert "Ignored" in browser.said
    browser.host.receive(verdict("case_000001"), *drawn("case_000001", 2), ack=first["n"])
    assert browser.host.take() == []
    assert _commands(browser.press("n")) == ["next"]


def test_it_is_seen_whether_the_keys_live(browser: Browser) -> None:
    asleep = browser.root.locator(".lm-asleep")
    edge = "getComputedStyle(document.querySelector('.lm-browser')).borderColor"
    browser.root.focus()
    awake = browser.host.page.evaluate(edge)
    assert not asleep.is_visible()
    browser.host.page.evaluate("document.activeElement.blur()")
    assert "click" in asleep.inner_text()
    assert browser.host.page.evaluate(edge) != awake
    browser.root.get_by_label("Note on this sample").focus()
    assert browser.host.page.evaluate(edge) == awake


def test_keys_act_by_their_place_where_another_script_is_typed(browser: Browser) -> None:
    browser.root.focus()
    browser.host.take()
    browser.host.page.evaluate(
        """() => document.querySelector(".lm-browser").dispatchEvent(new KeyboardEvent("keydown",
             { key: "о", code: "KeyJ", bubbles: true, cancelable: true }))"""
    )
    (sent,) = browser.host.take()
    assert sent["decision"] == "accept"


def test_keys_live_on_where_the_control_with_the_focus_goes_away(browser: Browser) -> None:
    browser.root.get_by_label("Opacity of the moving image").focus()
    browser.host.take()
    browser.host.page.keyboard.press("g")
    browser.host.receive(options(mode="checkerboard"), *drawn(generation=2, mode="checkerboard"))
    assert not browser.root.get_by_label("Opacity of the moving image").is_visible()
    browser.host.page.keyboard.press("g")
    browser.host.page.keyboard.press("j")
    assert _commands(browser.host.take()) == ["mode", "mode", "judge"]
    assert _escaped(browser) == []


def test_keys_live_on_where_the_note_can_take_nothing(browser: Browser) -> None:
    browser.root.locator(".lm-note").focus()
    browser.host.receive(verdict(can=False, closed="a preview"))
    browser.host.take()
    browser.host.page.keyboard.press("n")
    assert _commands(browser.host.take()) == ["next"]


def test_keys_live_on_where_the_plane_with_the_focus_goes_away(browser: Browser) -> None:
    browser.root.locator(".lm-axial [tabindex]").first.focus()
    scene = drawn("case_000000", 2)[0]
    browser.host.receive({**scene, "planes": [], "layers": [], "problems": [["fixed", "gone"]]})
    browser.host.take()
    browser.host.page.keyboard.press("n")
    assert _commands(browser.host.take()) == ["next"]


def test_who_chose_with_the_mouse_has_the_keys_back(browser: Browser) -> None:
    choice = browser.root.get_by_label("How labels are drawn")
    choice.dispatch_event("pointerdown")
    choice.focus()
    choice.select_option("off")
    browser.host.take()
    browser.host.page.keyboard.press("j")
    assert _commands(browser.host.take()) == ["judge"]


def test_who_chooses_by_arrow_keys_goes_on_until_escape(browser: Browser) -> None:
    choice = browser.root.get_by_label("How labels are drawn")
    choice.dispatch_event("pointerdown")
    choice.focus()
    browser.host.take()
    for _ in range(2):
        browser.host.page.keyboard.press("ArrowDown")
    assert choice.input_value() == "off"
    browser.host.page.keyboard.press("Escape")
    browser.host.page.keyboard.press("j")
    assert _commands(browser.host.take()) == ["option", "option", "judge"]


@pytest.mark.parametrize("way", ["keydown", "pointerdown", "wheel", "focusin"])
def test_the_kernel_hears_once_that_a_person_is_at_work(
    open_host: Callable[..., Host], way: str
) -> None:
    browser = open_browser(open_host, touched=False)
    assert browser.host.take() == []
    browser.root.locator(".lm-axial canvas").first.dispatch_event(way)
    assert _commands(browser.host.take())[:1] == ["touch"]
    assert "touch" not in _commands(browser.press("n", "n"))


def test_the_sheet_lists_every_key_and_escape_closes_it(browser: Browser) -> None:
    assert browser.press("?") == []
    sheet = browser.root.get_by_role("dialog", name="Keys and mouse")
    for letter, tip in (("J", "tip of accept"), ("W", "tip of redo"), ("?", "This sheet")):
        line = sheet.locator("dt", has_text=letter).first
        assert line.is_visible()
        assert sheet.get_by_text(tip, exact=True).is_visible()
    for key in "jkdd":
        browser.host.page.keyboard.press(key)
    assert browser.host.take() == []  # nobody judges through a sheet
    browser.host.page.keyboard.press("Escape")
    assert not sheet.is_visible()
    assert _escaped(browser) == []
    assert _commands(browser.press("n")) == ["next"]


def test_the_button_of_the_sheet_gets_the_focus_back(browser: Browser) -> None:
    button = browser.button("Keys")
    button.click()
    assert browser.root.get_by_role("dialog").is_visible()
    browser.host.page.keyboard.press("Escape")
    assert button.evaluate("node => node === document.activeElement")


def test_a_view_that_is_gone_hears_nothing(browser: Browser) -> None:
    host = browser.host
    host.unmount(0)
    assert host.listeners == 0
    assert host.page.locator(".lm-browser").count() == 0
