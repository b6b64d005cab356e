"""A page's end of the line: keeps what the widget sends, and sends what a page would."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import comm
import numpy as np
from comm.base_comm import BaseComm

from napari_medload import browse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.views.notebook.browser import PairBrowser

DTYPES = {"u1": np.uint8, "i2": np.dtype("<i2"), "u2": np.dtype("<u2")}


class _Line(BaseComm):
    """A line that leads nowhere but into a list; each message is kept as it was sent."""

    def __init__(self, *args: Any, **how: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[Any]]] = []
        super().__init__(*args, **how)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any
    ) -> None:
        if msg_type == "comm_msg" and (data or {}).get("method") == "custom":
            self.sent.append((data["content"], list(buffers or ())))


class PageEnd:
    """A browser without a page, and what a page would get of it."""

    def __init__(self, monkeypatch: Any, dataset: Any, folder: Path, **how: Any) -> None:
        lines: list[_Line] = []

        def create(*args: Any, **options: Any) -> _Line:
            lines.append(_Line(*args, **options))
            return lines[-1]

        monkeypatch.setattr(comm, "create_comm", create)
        how.setdefault("reviewer", "Ann")
        self.folder = folder
        self.browser: PairBrowser = browse(dataset, review_folder=folder, **how)
        named = [line for line in lines if line.comm_id == self.browser.model_id]
        self._line = named[-1]
        self._n = 0
        self.arrays: dict[int, bytes] = {}

    @property
    def session(self) -> Any:
        return self.browser.session

    def send(self, cmd: str, **fields: Any) -> list[dict[str, Any]]:
        """Send a command as a page does, and return the parts of the answer."""
        self._n += 1
        before = len(self._line.sent)
        content = {"cmd": cmd, "n": self._n, **fields}
        message = {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}
        self._line.handle_msg(message)
        self.browser._mailbox.run()
        answers = [m for m in self._line.sent[before:] if m[0]["ack"] == self._n]
        assert len(answers) == 1, f"{len(answers)} answers to {cmd}"
        return answers[0][0]["parts"]

    def hello(self) -> list[dict[str, Any]]:
        self.browser.settle()
        return self.send("hello")

    def wait(self, condition: Callable[[], bool]) -> None:
        self.browser._mailbox.run_until(condition)

    @property
    def messages(self) -> list[tuple[dict[str, Any], list[Any]]]:
        return self._line.sent

    def parts(self, type: str, section: str | None = None) -> list[dict[str, Any]]:
        """All parts of a kind that were sent so far, the latest last."""
        return [
            part
            for content, _buffers in self._line.sent
            for part in content["parts"]
            if part["type"] == type and part.get("section") == section
        ]

    def pixels(self, plane: str) -> dict[str, Any]:
        """Values of each layer in the latest cut of a plane, by role."""
        roles = [layer["role"] for layer in self.parts("scene")[-1]["layers"]]
        for content, buffers in reversed(self._line.sent):
            for part in content["parts"]:
                cuts = part.get("cuts", ()) if part["type"] == "frame" else ()
                for cut in cuts:
                    if cut["plane"] == plane:
                        raw = zlib.decompress(buffers[0])
                        assert len(raw) == content["inflated"]
                        return {roles[e["layer"]]: array_of(e, raw) for e in cut["layers"]}
        raise AssertionError(f"no frame of the {plane} plane was sent")


def array_of(told: dict[str, Any], raw: bytes) -> Any:
    """Return the values that a part says are in a buffer."""
    count = int(np.prod(told["size"]))
    stored = np.frombuffer(raw, DTYPES[told["dtype"]], count, told["at"]).reshape(told["size"])
    return stored * told["slope"] + told["intercept"]


def section(parts: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return a section of the panel that an answer holds."""
    found = [p for p in parts if p["type"] == "panel" and p["section"] == name]
    assert len(found) == 1, f"{len(found)} sections {name}"
    return found[0]
