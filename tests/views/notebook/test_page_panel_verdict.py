from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.views.notebook import sections
from tests.views.notebook.sections import Browser, open_browser, section

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.views.notebook.host import Host

_SAVED = "saved: case_000000, accept"


@pytest.fixture
def browser(open_host: Callable[..., Host]) -> Browser:
    return open_browser(open_host)


@pytest.fixture
def timed(open_host: Callable[..., Host], page: Any) -> Browser:
    """A browser whose time goes on only when a test says so."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    return open_browser(open_host)


def _judged(browser: Browser, key: str = "j") -> dict[str, Any]:
    (sent,) = browser.press(key)
    assert sent["cmd"] == "judge"
    return sent


def _go_on(browser: Browser, to: str, n: int, message: str = _SAVED) -> None:
    """Save a verdict, and select another sample, whose picture is on its way."""
    told = [sections.verdict(to, message=message, saved=True), sections.sample(id=to)]
    browser.host.receive(*told, sections.judged(), ack=n)


def test_a_verdict_counts_as_saved_only_once_the_kernel_said_so(browser: Browser) -> None:
    sent = _judged(browser)
    assert sent["decision"] == "accept"
    assert "saving…" in browser.said
    assert "not saved yet" in browser.said
    accept = browser.button("Accept")
    assert accept.get_attribute("aria-pressed") == "false"
    stands = sections.verdict(decision="accept", message=_SAVED, saved=True)
    browser.host.receive(stands, sections.judged(), ack=sent["n"])
    assert browser.said == _SAVED
    assert accept.get_attribute("aria-pressed") == "true"


def test_what_could_not_be_written_is_told_in_words(browser: Browser) -> None:
    sent = _judged(browser)
    failed = sections.verdict(
        message="not saved", unsaved=True, waiting=1, warning="1 verdict is not saved: disk full"
    )
    browser.host.receive(failed, sections.judged(saved=False), ack=sent["n"])
    assert browser.said.startswith("Not saved: accept of case_000000")
    text = browser.root.inner_text()
    assert "disk full" in text
    assert "new verdict not saved" in text
    browser.host.take()
    browser.button("Try to save again").click()
    (retry,) = browser.host.take()
    assert retry["cmd"] == "retry"


@pytest.mark.parametrize("told_again", [False, True])
def test_a_refusal_is_never_taken_for_saved(browser: Browser, told_again: bool) -> None:
    """Not even where what stood before it was saved, and is told again."""
    earlier = sections.verdict(message="saved: earlier", saved=True)
    browser.host.receive(earlier)
    sent = _judged(browser)
    refusal = section("trouble", message="another is shown by now", refused=sent["n"])
    browser.host.receive(*([earlier] if told_again else []), refusal, ack=sent["n"])
    assert browser.said == "Not saved: accept of case_000000."
    assert "another is shown by now" in browser.root.inner_text()


def test_a_bare_answer_confirms_nothing(browser: Browser) -> None:
    browser.host.receive(sections.verdict(message="saved: earlier", saved=True))
    sent = _judged(browser)
    browser.host.receive(ack=sent["n"])
    assert browser.said == "Not confirmed: accept of case_000000."


@pytest.mark.parametrize(
    "told",
    [
        sections.judged(saved=False, message="disk full"),
        sections.judged("case_000007"),
        sections.judged(decision="reject"),
    ],
)
def test_only_word_of_this_very_verdict_confirms_it(browser: Browser, told: dict[str, Any]) -> None:
    """What stands may be saved for another reason, such as a verdict given in another view."""
    sent = _judged(browser)
    stands = sections.verdict(decision="accept", message=_SAVED, saved=True)
    browser.host.receive(stands, told, ack=sent["n"])
    assert browser.said.startswith("Not ")
    assert told["message"] in browser.said


def test_no_reason_is_given_to_a_sample_whose_picture_is_not_seen(browser: Browser) -> None:
    browser.host.receive(sections.verdict("case_000001"), sections.sample(id="case_000001"))
    browser.button("shifted").click()
    assert browser.host.take() == []
    assert browser.said == "Nothing was judged: case_000001 is not drawn yet."


def test_no_reason_is_given_while_a_verdict_is_saved(browser: Browser) -> None:
    _judged(browser)
    browser.button("shifted").click()
    assert browser.host.take() == []
    assert "Ignored" in browser.said


def test_while_one_is_saved_another_is_ignored_and_that_is_said(browser: Browser) -> None:
    sent = _judged(browser)
    assert browser.press("k", "j") == []
    assert "Ignored" in browser.said
    browser.button("Unsure").click()
    assert browser.host.take() == []
    assert browser.press("q") == []
    _go_on(browser, "case_000001", sent["n"])
    assert "Ignored" not in browser.said


def test_a_double_click_does_not_judge_the_next_sample(browser: Browser) -> None:
    """The kernel may answer, and draw the next one, before the second press."""
    box = browser.button("Accept").bounding_box()
    assert box is not None
    mouse = browser.host.page.mouse
    browser.host.take()
    mouse.move(box["x"] + 5, box["y"] + 5)
    mouse.down(click_count=1)
    mouse.up(click_count=1)
    (sent,) = browser.host.take()
    _go_on(browser, "case_000001", sent["n"])
    browser.host.receive(*sections.drawn("case_000001", 2))
    mouse.down(click_count=2)
    mouse.up(click_count=2)
    assert browser.host.take() == []
    assert "double click" in browser.said
    mouse.down(click_count=1)
    mouse.up(click_count=1)
    assert browser.host.take()[0]["sample"] == "case_000001"


def test_only_what_is_drawn_is_judged(browser: Browser) -> None:
    browser.host.receive(sections.verdict("case_000001"), sections.sample(id="case_000001"))
    browser.host.receive(sections.drawn("case_000001", 2)[0])  # its pixels are still to come
    assert browser.press("j") == []
    assert browser.said == "Nothing was judged: case_000001 is not drawn yet."
    browser.host.receive(*sections.drawn("case_000001", 2)[1:])
    assert _judged(browser)["sample"] == "case_000001"


def test_a_sample_that_cannot_be_drawn_can_be_judged(browser: Browser) -> None:
    scene = sections.pair("case_000009").scene(5)
    why = [["fixed image", "no such file"]]
    browser.host.receive(
        {**scene, "planes": [], "layers": [], "problems": why}, sections.verdict("case_000009")
    )
    assert "no such file" in browser.root.inner_text()
    assert _judged(browser, "k")["sample"] == "case_000009"


def test_nothing_can_be_said_while_the_review_is_closed(browser: Browser) -> None:
    browser.host.receive(sections.verdict(can=False, closed="this epoch is a preview"))
    assert browser.press("j") == []
    assert "this epoch is a preview" in browser.root.inner_text()
    assert browser.button("Accept").get_attribute("aria-disabled") == "true"
    browser.button("flipped").click(force=True)
    assert browser.host.take() == []


@pytest.mark.parametrize("stands", ["accept", "reject", "unsure"])
def test_what_stands_is_told_by_sign_and_word(browser: Browser, stands: str) -> None:
    browser.host.receive(sections.verdict(decision=stands))
    sign, word = {
        "accept": ("✓", "accepted"), "reject": ("✗", "rejected"), "unsure": ("?", "unsure"),
    }[stands]  # fmt: skip
    assert f"case_000000: {sign} {word}" in browser.root.locator(".lm-verdict").last.inner_text()
    pressed = browser.root.locator('.lm-decision[aria-pressed="true"]')
    assert pressed.all_inner_texts()[0].startswith(sign)
    assert pressed.count() == 1


def test_reasons_are_toggles_that_the_kernel_sets(browser: Browser) -> None:
    browser.host.take()
    shifted = browser.button("shifted")
    shifted.click()
    shifted.click()  # the first one is not answered yet
    (sent,) = browser.host.take()
    assert {"reason": "shifted", "sample": "case_000000"}.items() <= sent.items()
    assert shifted.get_attribute("aria-pressed") == "false"
    browser.host.receive(sections.verdict(reasons=["shifted"]), ack=sent["n"])
    assert shifted.get_attribute("aria-pressed") == "true"
    assert shifted.evaluate("node => node === document.activeElement")
    browser.host.take()
    browser.host.page.keyboard.press("n")  # keys live on a button too
    assert browser.host.take()[0]["cmd"] == "next"


def test_a_note_is_told_before_the_verdict_it_belongs_to(browser: Browser) -> None:
    note = _note(browser)
    note.click()
    browser.host.take()
    browser.host.page.keyboard.type("lies far off")
    assert browser.said == "note not saved yet"
    browser.button("Reject").click()
    sent = browser.host.take()
    assert sent[-1]["cmd"] == "judge"
    last_note = [each for each in sent if each["cmd"] == "note"][-1]
    assert last_note["text"] == "lies far off"
    assert last_note["sample"] == "case_000000"
    assert last_note["done"] is True


def test_a_note_is_not_overwritten_while_it_is_typed(timed: Browser) -> None:
    note = _note(timed)
    note.click()
    timed.host.page.keyboard.type("lies")
    timed.host.take()
    timed.host.page.clock.run_for(1000)
    (sent,) = timed.host.take()
    assert (sent["text"], sent["done"]) == ("lies", False)
    timed.host.page.keyboard.type(" off")
    timed.host.receive(sections.verdict(note="lies"), ack=sent["n"])
    assert note.input_value() == "lies off"
    timed.host.page.keyboard.press("Enter")
    (sent,) = timed.host.take()
    assert (sent["text"], sent["done"]) == ("lies off", True)
    timed.host.receive(sections.verdict(note="lies off"), ack=sent["n"])
    assert "not saved" not in timed.said


def test_another_sample_brings_its_own_note(browser: Browser) -> None:
    browser.host.receive(sections.verdict("case_000001", note="seen before"))
    assert _note(browser).input_value() == "seen before"
    browser.host.receive(sections.verdict("case_000002"))
    assert _note(browser).input_value() == ""


def test_a_note_that_is_typed_while_the_sample_changes_stays_with_its_own(
    browser: Browser,
) -> None:
    _note(browser).click()
    browser.host.page.keyboard.type("of the first")
    browser.host.take()
    browser.host.receive(sections.verdict("case_000001", note="of the second"))
    (sent,) = browser.host.take()
    assert (sent["text"], sent["sample"]) == ("of the first", "case_000000")
    assert _note(browser).input_value() == "of the second"


def test_a_note_and_its_verdict_are_one_command(browser: Browser) -> None:
    """Some browsers give a button that is pressed no focus, so the note is never left."""
    _note(browser).click()
    browser.host.page.keyboard.type("lies far off")
    browser.host.take()
    browser.button("Reject").evaluate("node => node.click()")
    (sent,) = browser.host.take()
    assert (sent["cmd"], sent["sample"]) == ("judge", "case_000000")
    assert sent["note"] == "lies far off"
    browser.host.receive(
        sections.verdict("case_000001", message="saved", saved=True),
        sections.judged(decision="reject"),
        ack=sent["n"],
    )
    assert browser.host.take() == []  # it is not told twice
    assert _note(browser).input_value() == ""
    assert browser.said == "saved"


def test_a_note_whose_verdict_was_refused_stays_and_is_told_again(browser: Browser) -> None:
    _note(browser).click()
    browser.host.page.keyboard.type("lies far off")
    browser.host.take()
    browser.button("Reject").evaluate("node => node.click()")
    (sent,) = browser.host.take()
    browser.root.focus()
    refused = section("trouble", message="no")
    browser.host.receive(sections.verdict(), refused, ack=sent["n"])
    browser.host.receive(sections.verdict())
    assert _note(browser).input_value() == "lies far off"
    note, turn = browser.press("n")
    assert (note["cmd"], note["text"], turn["cmd"]) == ("note", "lies far off", "next")


def test_typing_as_another_sample_comes_gives_no_verdict(timed: Browser) -> None:
    """The note is left, and what is typed on is meant for the sample that is gone."""
    sent = _judged(timed)
    _note(timed).click()
    timed.host.page.keyboard.type("thic")
    timed.host.take()
    _go_on(timed, "case_000001", sent["n"])
    timed.host.receive(*sections.drawn("case_000001", 2))
    (note,) = timed.host.take()
    assert note | {"n": 0} == {
        "cmd": "note", "text": "thic", "sample": "case_000000", "done": True, "n": 0,
    }  # fmt: skip
    assert timed.root.evaluate("node => node === document.activeElement")
    assert _note(timed).input_value() == ""
    timed.host.page.keyboard.type("kj")
    assert timed.host.take() == []
    timed.host.page.clock.run_for(1500)
    assert _judged(timed)["sample"] == "case_000001"


def test_a_note_that_was_refused_comes_back_with_its_sample(browser: Browser) -> None:
    _note(browser).click()
    browser.host.page.keyboard.type("lies far off")
    browser.host.take()
    browser.host.receive(sections.verdict("case_000001"))
    (sent,) = browser.host.take()
    browser.host.receive(section("trouble", message="no", refused=sent["n"]), ack=sent["n"])
    assert _note(browser).input_value() == ""
    browser.host.receive(sections.verdict("case_000000"))
    assert _note(browser).input_value() == "lies far off"


@pytest.mark.parametrize("way", ["next", "row", "undo"])
def test_a_note_is_told_before_another_sample_is_asked_for(browser: Browser, way: str) -> None:
    _note(browser).click()
    browser.host.page.keyboard.type("lies")
    browser.host.take()
    found = {
        "next": browser.root.locator('[data-lm-keyname="next"]'),
        "undo": browser.root.locator('[data-lm-keyname="undo"]'),
        "row": browser.root.locator(".lm-rows .lm-row", has_text="case_000003").first,
    }[way]
    found.evaluate("node => node.click()")
    note, other = [one for one in browser.host.take() if one["cmd"] != "rows"]
    assert (note["cmd"], note["text"], note["done"]) == ("note", "lies", True)
    assert other["cmd"] == {"next": "next", "row": "select", "undo": "undo"}[way]


def test_a_silent_kernel_is_told_of_and_nothing_looks_saved(timed: Browser) -> None:
    clock = timed.host.page.clock
    sent = _judged(timed)
    notice = timed.root.locator(".lm-notices")
    clock.run_for(2000)
    assert not notice.get_by_text("No answer from the kernel").is_visible()
    clock.run_for(3000)
    assert notice.get_by_text("No answer from the kernel").is_visible()
    assert "Nothing below counts as saved" in notice.inner_text()
    assert "s)" in notice.inner_text()
    assert "not saved yet" in timed.said
    timed.host.receive(
        sections.verdict(message=_SAVED, saved=True), sections.judged(), ack=sent["n"]
    )
    assert not notice.get_by_text("No answer from the kernel").is_visible()
    assert timed.said == _SAVED


@pytest.mark.parametrize("way", ["comm", "closed"])
def test_a_dead_kernel_leaves_the_picture_and_saves_nothing(browser: Browser, way: str) -> None:
    host = browser.host
    pixels = "document.querySelector('.lm-axial canvas').toDataURL()"
    before = host.page.evaluate(pixels)
    _judged(browser)
    browser.button("Accept").focus()
    if way == "comm":
        host.end_kernel()
    else:
        host.receive({"type": "closed", "reason": "Opened elsewhere. Verdicts are on disk."})
        host.end_kernel()  # which follows, and says less
    notice = browser.root.get_by_role("alert").first.inner_text()
    assert ("Verdicts are on disk" if way == "closed" else "The kernel is gone") in notice
    assert browser.said == "Not known to be saved: accept of case_000000."
    assert host.page.evaluate(pixels) == before
    for name in ("Accept", "Reject", "Unsure", "shifted"):
        assert browser.button(name).is_disabled()
    assert _note(browser).is_disabled()
    # else the next letters would go to the notebook
    assert browser.root.evaluate("node => node === document.activeElement")
    assert browser.press("j", "k", "n", "q") == []


def test_a_note_that_was_not_told_is_not_passed_over(browser: Browser) -> None:
    _note(browser).click()
    browser.host.page.keyboard.type("half a note")
    browser.host.end_kernel()
    assert browser.said == "Not saved: what was noted on case_000000."
    assert _note(browser).input_value() == "half a note"


def test_what_waits_for_a_verdict_never_reads_as_saved(browser: Browser) -> None:
    """Not beside the word of an earlier verdict, and not where the kernel ends."""
    waiting = {
        "note": "lies off",
        "reasons": ["shifted"],
        "drafted": ["case_000000", "case_000009"],
    }
    browser.host.receive(sections.verdict(message="saved: earlier", saved=True, **waiting))
    assert browser.said.endswith("Reasons and note on case_000000 wait for your verdict.")
    browser.host.receive(
        sections.verdict(decision="accept", message="saved: earlier", saved=True, **waiting)
    )
    assert browser.said == "note not saved yet"
    browser.host.end_kernel()
    assert "noted on case_000000" in browser.said and "noted on case_000009" in browser.said


def test_trouble_in_the_background_denies_no_verdict(browser: Browser) -> None:
    sent = _judged(browser)
    browser.host.receive(
        section("trouble", message="another file cannot be read", refused=None),
        sections.judged(), sections.verdict("case_000001", message="saved: it", saved=True),
        ack=sent["n"],
    )  # fmt: skip
    assert browser.said == "saved: it"
    assert "another file cannot be read" in browser.root.inner_text()


def test_trouble_in_the_background_denies_no_reason(browser: Browser) -> None:
    browser.button("shifted").click()
    (sent,) = browser.host.take()
    browser.host.receive(
        section("trouble", message="another file cannot be read", refused=None),
        sections.verdict(reasons=["shifted"], message="saved: it", saved=True),
        ack=sent["n"],
    )
    assert browser.said == "saved: it"


def test_a_verdict_whose_answer_is_lost_is_not_confirmed_and_blocks_nothing(
    browser: Browser,
) -> None:
    _judged(browser)
    (later,) = browser.press("g")
    browser.host.receive(ack=later["n"])
    assert browser.said == "Not confirmed: accept of case_000000."
    browser.host.receive(sections.verdict(message="saved: earlier", saved=True))
    assert browser.said == "Not confirmed: accept of case_000000."  # until the next act
    assert browser.press("k")[0]["decision"] == "reject"


def test_what_cannot_be_drawn_takes_nothing_along(browser: Browser) -> None:
    sent = _judged(browser)
    broken = {"type": "panel", "section": "sample"}
    told = sections.verdict(decision="accept", message="saved: it", saved=True)
    browser.host.receive(broken, sections.judged(), told, ack=sent["n"])
    assert browser.said == "saved: it"
    assert browser.press("k")[0]["decision"] == "reject"
    browser.host.troubles.clear()  # the page has said in its console what it could not draw


def test_messages_are_said_by_screen_readers(browser: Browser) -> None:
    for part in (".lm-message", ".lm-trouble", ".lm-count"):
        assert browser.root.locator(part).first.get_attribute("role") == "status"


def _note(browser: Browser) -> Locator:
    return browser.root.get_by_label("Note on this sample")
