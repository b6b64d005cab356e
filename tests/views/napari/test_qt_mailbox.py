from __future__ import annotations

import threading

from napari_medload.views.napari.qt_mailbox import QtMailbox


def test_calls_from_other_threads_run_in_order_in_the_main_thread(qtbot):
    mailbox, ran = QtMailbox(), []

    def post_all() -> None:
        for number in range(200):
            mailbox.post(lambda n=number: ran.append((n, threading.current_thread())))

    thread = threading.Thread(target=post_all)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(ran) == 200)
    assert [number for number, _ in ran] == list(range(200))
    assert {where for _, where in ran} == {threading.main_thread()}


def test_after_closing_nothing_runs_any_more(qtbot):
    mailbox, ran = QtMailbox(), []
    mailbox.post(lambda: ran.append("waiting"))
    mailbox.close()
    mailbox.post(lambda: ran.append("late"))
    other = QtMailbox()
    other.post(lambda: ran.append("other"))
    qtbot.waitUntil(lambda: bool(ran))
    assert ran == ["other"]
