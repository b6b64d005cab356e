"""What a page is told first, in the loop of a kernel."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from napari_medload import browse
from napari_medload.views.notebook import telling
from napari_medload.views.notebook.browser import PairBrowser
from tests.session.datasets import write_pairs
from tests.views.notebook.test_loop_mailbox import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WAIT_SECONDS = 30


def test_a_picture_does_not_wait_until_progress_is_due(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, sent, come = write_pairs(tmp_path / "pairs", 2), [], []
    monkeypatch.setattr(telling, "_PACE", 3600.0)

    def send(_browser: PairBrowser, content: dict[str, Any], _buffers: object = None) -> None:
        sent.append({part.get("section", part["type"]) for part in content["parts"]})
        if "position" in sent[-1]:
            come[-1].set()

    async def cell() -> None:
        come.append(asyncio.Event())
        browser = browse(folder, reviewer="Ada", review_folder=tmp_path / "review")
        browser.settle()
        monkeypatch.setattr(PairBrowser, "send", send)
        browser._take({"cmd": "hello", "n": 1})
        assert "progress" in sent[-1]
        come.append(asyncio.Event())
        browser.session.progress_changed.emit(None)  # told in an hour
        browser.position_mm = (1.0, 2.0, 3.0)
        await asyncio.wait_for(come[-1].wait(), WAIT_SECONDS)
        assert "progress" not in sent[-1]
        browser.close()

    run(cell)
