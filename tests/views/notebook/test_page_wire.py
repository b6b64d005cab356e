"""The page's end of the comm: order, joining, silence, and the end of the kernel."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.views.notebook.host import array, module, pack

if TYPE_CHECKING:
    from collections.abc import Callable

END = """
function render({ model, el }) {
  const log = (el.log = []);
  const root = document.createElement("div");
  root.className = "lm-browser";
  el.append(root);
  const wire = root.lmWire = new Wire(model, {
    onParts(parts, buffer, ack) {
      log.push({ names: parts.map((one) => one.name), ack,
        bytes: buffer && [...new Uint8Array(buffer)],
        words: parts.map((one) => one.at === undefined ? null : [...lmArray(buffer, one)]) });
      if (parts.some((one) => one.name === "fault")) throw new Error("a fault");
    },
    onQuiet(seconds) { log.push({ quiet: seconds }); },
    onGone(reason) { log.push({ gone: true, ...(reason ? { reason } : {}) }); },
  });
  return () => { wire.close(); root.remove(); };
}
export default { render };
"""


class Ends:
    """Both ends of a wire."""

    def __init__(self, host: Any) -> None:
        self.host = host

    @property
    def log(self) -> list[dict[str, Any]]:
        """What the handlers of the first view were told."""
        return list(self.host.page.evaluate("host.views[0].el.log"))

    def call(self, text: str) -> Any:
        """Run something on the wire of the first view."""
        return self.host.page.evaluate(f"() => document.querySelector('.lm-browser').lmWire.{text}")


@pytest.fixture
def ends(open_host: Callable[..., Any], page: Any) -> Ends:
    page.clock.install()
    return Ends(open_host(text=module(("wire.js", "raster.js", "slices.js"), END)))


def test_commands_count_up_and_keep_their_fields(ends: Ends) -> None:
    first, second = ends.call("send('step', { plane: 'axial', by: 2 })"), ends.call("send('next')")
    assert second == first + 1
    assert ends.host.take() == [
        {"cmd": "step", "plane": "axial", "by": 2, "n": first},
        {"cmd": "next", "n": second},
    ]


def test_messages_are_handled_in_the_order_they_came(ends: Ends) -> None:
    """Small ones do not overtake those that take long to inflate."""
    large = np.zeros(4_000_000, np.uint8)
    ends.host.receive({"name": "large", **array(large)}, wait=False)
    ends.host.receive({"name": "small", **array(np.arange(3, dtype=np.uint8))}, wait=False)
    ends.host.receive({"name": "bare"}, wait=False)
    ends.host.settle()
    log = "host.views[0].el.log.map(({ names, bytes }) => [names[0], bytes?.length])"
    assert ends.host.page.evaluate(log) == [["large", 4_000_000], ["small", 3], ["bare", None]]


@pytest.mark.parametrize("offset", [0, 1, 3])
def test_a_buffer_may_begin_anywhere(ends: Ends, offset: int) -> None:
    words = np.array([-32768, -2, 7, 32767], np.int16)
    ends.host.receive(
        {"name": "bytes", **array(np.array([1, 2, 3], np.uint8))},
        {"name": "words", **array(words)},
        offset=offset,
    )
    assert ends.log[0]["words"] == [[1, 2, 3], words.tolist()]


def test_a_broken_buffer_holds_nothing_up(ends: Ends) -> None:
    packed = zlib.compress(b"12345678")
    for bad, length in ((packed[:-6], 8), (packed, 9), (packed, 7), (b"nonsense", 8)):
        ends.host.receive_raw({"parts": [{"name": "bad"}], "ack": None, "inflated": length}, bad)
    ends.host.receive({"name": "good", **array(np.array([5], np.uint8))})
    assert [(one["names"], one["bytes"]) for one in ends.log] == [
        *[(["bad"], None)] * 4,
        (["good"], [5]),
    ]
    assert len(ends.host.troubles) == 4
    ends.host.troubles.clear()


def test_a_fault_in_drawing_holds_nothing_up(ends: Ends) -> None:
    ends.host.receive({"name": "fault"})
    ends.host.receive({"name": "after"})
    assert [one["names"] for one in ends.log] == [["fault"], ["after"]]
    assert "a fault" in ends.host.troubles.pop()


def test_one_look_is_under_way_and_the_rest_is_joined(ends: Ends) -> None:
    add = "(a, b) => ({ cmd: 'step', fields: { by: a.fields.by + b.fields.by } })"
    for by in (1, 2, 3, -1):
        ends.call(f"sendLatest('look', 'step', {{ by: {by} }}, {add})")
    ends.call("sendLatest('other', 'hover', { canvas: 1 })")
    ends.call("sendLatest('other', 'hover', { canvas: 2 })")
    ends.call("sendLatest('other', 'hover', { canvas: 3 })")
    first, hover = ends.host.take()
    assert (first["by"], hover["canvas"]) == (1, 1)
    ends.host.receive(ack=first["n"])
    (second,) = ends.host.take()
    assert second["by"] == 4
    ends.host.receive(ack=second["n"])
    ends.host.receive(ack=hover["n"])
    assert [one["canvas"] for one in ends.host.take()] == [3]
    assert ends.call("isBusy('look')") is False


def test_what_cannot_be_joined_is_sent_one_after_the_other(ends: Ends) -> None:
    for n in range(3):
        ends.call(f"sendLatest('look', 'step', {{ by: {n} }}, () => null)")
    for n in range(3):
        (sent,) = ends.host.take()
        assert sent["by"] == n
        ends.host.receive(ack=sent["n"])
    assert ends.host.take() == []


def test_answers_to_another_view_are_not_taken_for_own_ones(ends: Ends) -> None:
    ends.host.mount()
    ends.call("sendLatest('look', 'go', { at: 1 })")
    ends.call("sendLatest('look', 'go', { at: 2 })")
    ends.host.page.evaluate("document.querySelectorAll('.lm-browser')[1].lmWire.send('next')")
    first, other = ends.host.take()
    ends.host.receive(ack=other["n"])
    assert ends.host.take() == []
    ends.host.receive(ack=first["n"])
    assert [one["at"] for one in ends.host.take()] == [2]


def test_silence_is_told_while_an_answer_is_owed(ends: Ends) -> None:
    clock = ends.host.page.clock
    clock.run_for(10_000)
    assert ends.log == []  # nothing is owed
    n = ends.call("send('step')")
    clock.run_for(2_400)
    assert ends.log == []
    clock.run_for(600)
    assert [one["quiet"] for one in ends.log] in ([2], [2, 3])
    clock.run_for(3_000)
    assert ends.log[-1]["quiet"] == 6
    ends.host.receive({"name": "answer"}, ack=n)
    assert [one for one in ends.log if "quiet" in one][-1] == {"quiet": None}
    told = len(ends.log)
    clock.run_for(10_000)
    assert len(ends.log) == told


def test_a_lost_answer_holds_up_no_kind_for_ever(ends: Ends) -> None:
    """Nor does it end the notice that an answer is owed."""
    for at in (1, 2, 3):
        ends.call(f"sendLatest('look', 'go', {{ at: {at} }})")
    assert [one["at"] for one in ends.host.take()] == [1]
    ends.host.page.clock.run_for(29_000)
    assert ends.host.take() == []
    ends.host.page.clock.run_for(2_000)
    assert [one["at"] for one in ends.host.take()] == [3]
    ends.host.page.clock.run_for(31_000)
    assert ends.call("isBusy('look')") is False
    assert ends.log[-1]["quiet"] >= 60


def test_the_answer_to_a_later_command_frees_those_before(ends: Ends) -> None:
    ends.call("sendLatest('look', 'go', { at: 1 })")
    ends.call("sendLatest('look', 'go', { at: 2 })")
    later = ends.call("send('mode')")
    ends.host.take()
    ends.host.receive(ack=later)
    (second,) = ends.host.take()
    assert second["at"] == 2
    ends.host.receive(ack=second["n"])
    assert ends.call("isBusy('look')") is False
    told = len(ends.log)
    ends.host.page.clock.run_for(10_000)
    assert len(ends.log) == told  # nothing is owed any more


def test_any_sign_of_life_ends_the_silence(ends: Ends) -> None:
    """A kernel that tells of its progress is busy, and not gone."""
    clock = ends.host.page.clock
    n = ends.call("send('select')")
    for _ in range(4):
        clock.run_for(2_000)
        ends.host.receive({"name": "progress"})
    assert all("quiet" not in one for one in ends.log)
    clock.run_for(3_000)
    assert "quiet" in ends.log[-1]  # the answer itself is still owed
    ends.host.receive(ack=n)


def test_a_closed_comm_is_told_once_and_nothing_is_sent_any_more(ends: Ends) -> None:
    ends.call("send('step')")
    ends.host.end_kernel()
    ends.host.end_kernel()
    ends.host.take()
    assert ends.call("send('judge')") is None
    ends.call("sendLatest('look', 'step')")
    ends.host.page.clock.run_for(10_000)
    assert ends.host.take() == []
    assert ends.log == [{"gone": True}]


def test_a_kernel_that_closes_the_widget_is_gone_after_its_last_words(ends: Ends) -> None:
    ends.host.receive({"name": "last", "type": "closed"})
    assert [list(one) for one in ends.log][-1] == ["gone"] and ends.log[0]["names"] == ["last"]


def test_the_reason_of_a_close_is_told_and_the_comm_that_follows_adds_nothing(
    ends: Ends,
) -> None:
    ends.host.receive({"name": "last", "type": "closed", "reason": "opened elsewhere"})
    ends.host.end_kernel()
    assert ends.log[1:] == [{"gone": True, "reason": "opened elsewhere"}]


def test_a_kernel_that_is_restarted_is_gone(ends: Ends) -> None:
    """JupyterLab then closes no comm, and only tells that none lives."""
    ends.host.page.evaluate("host.model.emit('comm_live_update')")
    assert ends.log == [{"gone": True}]


def test_a_comm_that_refuses_is_gone(ends: Ends) -> None:
    ends.host.page.evaluate("() => { host.model.send = () => { throw new Error('closed'); }; }")
    assert ends.call("send('judge')") is None
    assert ends.log == [{"gone": True}]
    assert "closed" in ends.host.troubles.pop()


def test_a_view_that_is_left_hears_nothing_and_does_not_tick(ends: Ends) -> None:
    ends.call("send('step')")
    ends.host.page.evaluate("window.log = host.views[0].el.log")
    laid, packed, length = pack([{"name": "late", **array(np.arange(9, dtype=np.uint8))}])
    ends.host.page.evaluate(
        "([content, bytes]) => { host.receive(content, [bytes], 0); host.unmount(0); }",
        [{"parts": laid, "inflated": length}, base64.b64encode(packed).decode()],
    )
    assert ends.host.listeners == 0
    ends.host.receive({"name": "after"})
    ends.host.page.clock.run_for(10_000)
    ends.host.page.evaluate("() => new Promise((done) => queueMicrotask(done))")
    assert ends.host.page.evaluate("window.log") == []
