from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.views.notebook import sections
from tests.views.notebook.sections import Browser, open_browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.views.notebook.host import Host

_MANY = 100_000
_SEEN = """() => {
  const rows = document.querySelector(".lm-rows"), box = rows.getBoundingClientRect();
  return [...rows.querySelectorAll(".lm-row")].filter((one) => {
    const at = one.getBoundingClientRect();
    return at.top >= box.top - 1 && at.bottom <= box.bottom + 1;
  }).map((one) => [Number(one.getAttribute("aria-rowindex")), one.children[0].textContent])
    .sort((a, b) => a[0] - b[0]);
}"""


@pytest.fixture
def browser(open_host: Callable[..., Host]) -> Browser:
    return open_browser(open_host)


def _row(browser: Browser, text: str) -> Locator:
    return browser.root.locator(".lm-rows .lm-row", has_text=text).first


def _scroll(browser: Browser, row: int) -> None:
    browser.root.locator(".lm-rows").evaluate("(node, row) => { node.scrollTop = row * 24; }", row)
    browser.host.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")


def _asked(browser: Browser) -> list[dict[str, Any]]:
    return [each for each in browser.host.take() if each["cmd"] == "rows"]


def test_of_many_rows_only_those_that_are_seen_are_in_the_page(browser: Browser) -> None:
    browser.host.receive(sections.listing(_MANY))
    rows = browser.root.locator(".lm-rows .lm-row")
    assert rows.count() < 60
    grid = browser.root.get_by_role("grid")
    assert grid.get_attribute("aria-rowcount") == str(_MANY + 1)
    height = browser.root.locator(".lm-rows").evaluate("node => node.scrollHeight")
    assert height == pytest.approx(_MANY * 24, abs=2)
    assert "100,000 samples" in browser.root.locator(".lm-list").inner_text()


def test_scrolling_asks_for_what_comes_into_sight(browser: Browser) -> None:
    browser.host.receive(sections.listing(_MANY))
    browser.host.take()
    _scroll(browser, 50_000)
    (asked,) = _asked(browser)
    assert asked["first"] <= 50_000 < asked["first"] + asked["count"]
    assert asked["count"] <= 200
    seen = browser.host.page.evaluate(_SEEN)
    assert {text for _row, text in seen} == {"…"}  # not known yet, and no other row's text
    browser.host.receive(
        sections.listing(_MANY, first=asked["first"], count=asked["count"]), ack=asked["n"]
    )
    seen = browser.host.page.evaluate(_SEEN)
    assert len(seen) >= 4
    assert seen == [[number, f"case_{number - 2:06}"] for number, _text in seen]
    assert seen[0][0] - 2 in (50_000, 50_001)
    assert browser.root.locator(".lm-rows .lm-row").count() < 60
    _scroll(browser, 50_020)
    assert _asked(browser) == []  # the answer had some to spare


def test_fast_scrolling_asks_for_the_last_place_only(browser: Browser) -> None:
    browser.host.receive(sections.listing(_MANY))
    browser.host.take()
    for row in (1_000, 20_000, 40_000, 70_000):
        _scroll(browser, row)
    (first,) = _asked(browser)
    browser.host.receive(sections.listing(_MANY, first=first["first"], count=200), ack=first["n"])
    (last,) = _asked(browser)
    assert last["first"] <= 70_000 < last["first"] + last["count"]


def test_a_row_tells_finding_and_verdict_by_sign_and_word(browser: Browser) -> None:
    rows = [
        sections.row(0, "reject", finding="✗ label moved 30 mm", severity="error"),
        sections.row(1, finding="✓"),
    ]
    browser.host.receive(sections.listing(2, rows=rows))
    text = _row(browser, "case_000000").inner_text()
    assert "✗ label moved 30 mm" in text
    assert "✗ reject" in text
    assert _row(browser, "case_000000").get_attribute("aria-selected") == "true"
    assert _row(browser, "case_000001").get_attribute("aria-selected") == "false"


def test_a_click_selects(browser: Browser) -> None:
    browser.host.take()
    _row(browser, "case_000003").click()
    (sent,) = browser.host.take()
    assert (sent["cmd"], sent["sample"]) == ("select", 3)
    # what is selected is what the kernel says
    assert _row(browser, "case_000003").get_attribute("aria-selected") == "false"
    browser.host.receive(sections.listing(selected=3, selected_row=3), ack=sent["n"])
    assert _row(browser, "case_000003").get_attribute("aria-selected") == "true"


def test_a_row_is_selected_by_its_sample_and_not_by_its_number(browser: Browser) -> None:
    browser.host.receive(
        sections.listing(2, rows=[sections.row(0, sample=41), sections.row(1, sample=17)])
    )
    browser.host.take()
    _row(browser, "case_000001").click()
    assert browser.host.take()[0]["sample"] == 17


@pytest.mark.parametrize(
    ("key", "to"), [("ArrowDown", 6), ("ArrowUp", 4), ("Home", 0), ("End", 59)]
)
def test_arrows_select_in_the_list(browser: Browser, key: str, to: int) -> None:
    browser.host.receive(sections.listing(60, selected=5, selected_row=5))
    grid = browser.root.get_by_role("grid")
    grid.focus()
    browser.host.take()
    browser.host.page.keyboard.press(key)
    (sent,) = [each for each in browser.host.take() if each["cmd"] == "select"]
    assert sent["sample"] == to
    active = grid.get_attribute("aria-activedescendant")
    assert browser.root.locator(f"#{active}").get_attribute("aria-rowindex") == str(to + 2)


def test_the_end_of_a_long_list_is_selected_once_it_is_known(browser: Browser) -> None:
    browser.host.receive(sections.listing(_MANY))
    browser.root.get_by_role("grid").focus()
    browser.host.take()
    browser.host.page.keyboard.press("End")
    browser.host.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    (asked,) = browser.host.take()
    assert asked["cmd"] == "rows"
    browser.host.receive(
        sections.listing(_MANY, first=asked["first"], count=asked["count"]), ack=asked["n"]
    )
    (sent,) = browser.host.take()
    assert (sent["cmd"], sent["sample"]) == ("select", _MANY - 1)


def test_the_selected_row_is_brought_into_sight(browser: Browser) -> None:
    browser.host.receive(sections.listing(selected=40, selected_row=40))
    assert 42 in [number for number, _text in browser.host.page.evaluate(_SEEN)]


def test_rows_around_the_selected_one_are_seen_whatever_the_height_was_before(
    browser: Browser,
) -> None:
    browser.host.receive(sections.listing(selected=4, selected_row=4))
    rows = browser.root.locator(".lm-rows")
    resize = "(node, high) => { node.closest('.lm-body').style.height = high; }"
    for high in ("420px", "700px"):
        rows.evaluate(resize, high)
        browser.host.page.wait_for_function(
            "() => document.querySelector('.lm-rows').scrollTop % 24 === 0"
        )
    rows.evaluate("() => new Promise(requestAnimationFrame)")
    assert rows.evaluate("node => node.scrollTop") == 0 or rows.evaluate(
        "node => 4 * 24 - node.scrollTop >= node.clientHeight / 2 - 48"
    )
    browser.host.receive(sections.listing(selected=100, selected_row=100, first=80))
    above = 100 * 24 - rows.evaluate("node => node.scrollTop")
    assert 24 <= above <= rows.evaluate("node => node.clientHeight") - 48


def test_the_list_does_not_jump_while_a_person_scrolls(browser: Browser) -> None:
    _scroll(browser, 45)
    browser.host.receive(sections.listing(rows=[sections.row(n, "accept") for n in range(60)]))
    assert browser.host.page.evaluate(_SEEN)[0][0] in (47, 48)


def test_a_search_is_sent_once_for_all_letters(open_host: Callable[..., Host], page: Any) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # however slowly a machine types
    browser = open_browser(open_host)
    browser.root.get_by_label("Search samples").click()
    browser.host.take()
    page.keyboard.type("flip 12")
    assert browser.host.take() == []
    page.clock.run_for(500)
    (sent,) = browser.host.take()
    assert (sent["cmd"], sent["text"]) == ("search", "flip 12")
    browser.host.receive(sections.listing(matching=3, search="flip 12"), ack=sent["n"])
    assert "3 of 250 samples" in browser.root.locator(".lm-list").inner_text()


def test_filters_are_sent_and_shown(browser: Browser) -> None:
    browser.host.take()
    browser.root.get_by_label("Show samples by their verdict").select_option("unreviewed")
    browser.root.get_by_label("Show samples by what was found").select_option("shifted")
    sent = browser.host.take()
    assert [{k: v for k, v in each.items() if k != "n"} for each in sent] == [
        {"cmd": "filter", "verdict": "unreviewed"}, {"cmd": "filter", "finding": "shifted"},
    ]  # fmt: skip
    browser.host.receive(
        sections.listing(
            matching=0, rows=[], verdict_filter="reject", finding_filter="errors",
            selected_row=None,
        )
    )  # fmt: skip
    verdict = browser.root.get_by_label("Show samples by their verdict")
    assert verdict.input_value() == "reject"
    assert "no sample matches" in browser.root.locator(".lm-list").inner_text()
    browser.host.take()
    browser.button("show all").click()
    (cleared,) = browser.host.take()
    assert (cleared["verdict"], cleared["finding"]) == ("", "")


def test_heads_sort_and_say_how(browser: Browser) -> None:
    browser.host.take()
    finding = browser.root.get_by_role("columnheader", name="finding")
    assert finding.get_attribute("aria-sort") == "descending"
    assert "▼" in finding.inner_text()
    finding.get_by_role("button").click()
    browser.root.get_by_role("columnheader", name="id").get_by_role("button").click()
    sent = [(each["key"], each["descending"]) for each in browser.host.take()]
    assert sent == [("finding", False), ("id", False)]
    browser.host.receive(sections.listing(sort={"key": "id", "descending": False}))
    assert finding.get_attribute("aria-sort") == "none"


def test_a_list_that_is_outdated_can_be_sorted_again(browser: Browser) -> None:
    assert not browser.button("sort again").is_visible()
    browser.host.receive(sections.listing(outdated=True, sort=None))
    browser.host.take()
    browser.button("sort again").click()
    assert [each["cmd"] for each in browser.host.take()] == ["sort_again"]


def test_both_ends_of_a_long_id_are_read(browser: Browser) -> None:
    long = "train/group_with_a_long_name/patient_000000000000_left_0042"
    browser.host.receive(sections.listing(1, rows=[sections.row(0, id=long)]))
    row = browser.root.locator(".lm-rows .lm-row").first
    assert row.locator("[role=gridcell]").first.inner_text().replace("\n", "") == long
    assert long in (row.get_attribute("title") or "")
    tail = row.locator(".lm-idtail")
    box, cell = tail.bounding_box(), row.locator("[role=gridcell]").first.bounding_box()
    assert box is not None
    assert cell is not None
    assert tail.inner_text() == "t_0042"
    assert box["x"] + box["width"] <= cell["x"] + cell["width"]


@pytest.mark.parametrize("version", [2, None])
def test_rows_that_may_have_changed_out_of_sight_are_asked_for_again(
    browser: Browser, version: int | None
) -> None:
    """Such as those whose findings came while others were looked at."""
    told = {} if version is None else {"version": version}
    browser.host.receive(sections.listing(_MANY, version=1))
    browser.host.receive(sections.listing(_MANY, 50_000, version=1))
    browser.host.take()
    changed = {"rows": [sections.row(n) for n in range(50_000, 50_060)], "first": 50_000}
    browser.host.receive(sections.listing(_MANY, **{**told, **changed}))
    assert [each["first"] for each in _asked(browser)] == [0]
    rows = [sections.row(n, "reject" if n == 3 else None) for n in range(60)]
    browser.host.receive(sections.listing(_MANY, **told, rows=rows))
    assert "✗ reject" in _row(browser, "case_000003").inner_text()


def test_rows_of_one_version_are_kept(browser: Browser) -> None:
    browser.host.receive(sections.listing(_MANY, version=1))
    browser.host.receive(sections.listing(_MANY, 50_000, version=1))
    browser.host.take()
    _scroll(browser, 10)
    assert _asked(browser) == []
    assert _row(browser, "case_000012").is_visible()
