"""Calls from any thread, run where the cells of a notebook run."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from napari_medload.views.notebook.loop_mailbox import LoopMailbox

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def apart(work: Callable[[], Any]) -> Any:
    """Do some work in a thread of its own, where no loop of another test runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def run(cell: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a cell by a loop, as a kernel does."""
    return apart(lambda: asyncio.run(cell()))


def test_calls_run_in_the_loop_in_order() -> None:
    ran: list[tuple[int, int]] = []

    async def cell() -> None:
        mailbox, here = LoopMailbox(), threading.get_ident()
        done = asyncio.Event()

        def work() -> None:
            for n in range(50):
                mailbox.post(lambda n=n: ran.append((n, threading.get_ident())))
            mailbox.post(done.set)

        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.wait_for(done.wait(), 30)
        thread.join()
        assert [n for n, _thread in ran] == list(range(50))
        assert {thread for _n, thread in ran} == {here}
        assert mailbox.has_loop

    run(cell)


def test_a_cell_that_waits_runs_calls_itself() -> None:
    async def cell() -> list[int]:
        mailbox, ran = LoopMailbox(), []
        threading.Thread(target=lambda: mailbox.post(lambda: ran.append(1))).start()
        mailbox.run_until(lambda: bool(ran))  # the loop has no turn meanwhile
        return ran

    assert run(cell) == [1]


def test_a_script_has_no_loop() -> None:
    def script() -> None:
        mailbox, ran = LoopMailbox(), []
        assert not mailbox.has_loop
        mailbox.post(lambda: ran.append(1))
        assert ran == []
        mailbox.run()
        assert ran == [1]
        assert mailbox.is_here

    apart(script)


def test_a_call_that_fails_does_not_keep_the_next_from_running() -> None:
    async def cell() -> list[int]:
        mailbox, ran = LoopMailbox(), []
        told: list[object] = []
        done = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: told.append(context["exception"])
        )

        def fail() -> None:
            raise ZeroDivisionError

        mailbox.post(fail)
        mailbox.post(lambda: ran.append(1))
        mailbox.post(done.set)
        await asyncio.wait_for(done.wait(), 30)
        assert [type(error) for error in told] == [ZeroDivisionError]
        return ran

    assert run(cell) == [1]


def test_what_comes_after_the_end_is_dropped() -> None:
    mailbox, ran = LoopMailbox(), []
    mailbox.post(lambda: ran.append(1))
    mailbox.close()
    mailbox.post(lambda: ran.append(2))
    mailbox.run()
    assert ran == []


def test_a_loop_that_has_ended_is_no_reason_to_fail() -> None:
    async def cell() -> LoopMailbox:
        return LoopMailbox()

    mailbox = run(cell)
    ran: list[int] = []
    mailbox.post(lambda: ran.append(1))
    assert not mailbox.has_loop
    mailbox.run()
    assert ran == [1]


@pytest.mark.parametrize("closed", [False, True])
def test_later(closed: bool) -> None:
    async def cell() -> list[int]:
        mailbox, ran = LoopMailbox(), []
        done = asyncio.Event()
        mailbox.later(0.01, lambda: ran.append(1))
        if closed:
            mailbox.close()
        asyncio.get_running_loop().call_later(0.05, done.set)
        await asyncio.wait_for(done.wait(), 30)
        return ran

    assert run(cell) == ([] if closed else [1])
