"""The widget below a cell of a real notebook, as a person sees and uses it."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tests.views.notebook.lab import WAIT_MS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

    from tests.views.notebook.lab import Notebook


class Browser:
    """The widget below a cell, as a person sees and uses it."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.root = notebook.output(".lm-browser")
        self.root.locator(".lm-axial canvas.lm-pixels").first.wait_for(timeout=WAIT_MS)
        self.root.scroll_into_view_if_needed()

    def wait(self, part: str, text: str) -> Locator:
        """Wait until a part of the widget says something."""
        found = self.root.locator(part).filter(has_text=text).first
        found.wait_for(timeout=WAIT_MS)
        return found

    def wait_for_sample(self, name: str) -> None:
        """Wait until a sample is what is named, drawn, and ready to be judged."""
        self.wait(".lm-about", f"{name}:")
        self.page.wait_for_function(
            """([root, name]) => root.lmPlanes._shown?.scene.sample === name""",
            arg=[self.root.element_handle(), name],
            timeout=WAIT_MS,
        )

    def judge(self, key: str) -> str:
        """Judge what is shown by a key, and return the id of the sample that comes next."""
        before = self.sample
        self.press(key)
        self.page.wait_for_function(
            "([root, before]) => !root.querySelector('.lm-about').textContent.startsWith(before)",
            arg=[self.root.element_handle(), before],
            timeout=WAIT_MS,
        )
        self.wait_for_sample(self.sample)
        return self.sample

    @property
    def sample(self) -> str:
        """Id of the sample that a verdict is about."""
        return self.root.locator(".lm-about").inner_text().split(":")[0]

    def focus(self) -> None:
        """Give the widget the focus, as Tab does."""
        self.root.focus()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def place(self) -> np.ndarray:
        """R, A and S in mm, as the readout says."""
        said = self.root.locator(".lm-readout").inner_text()
        found = re.match(r"R (\S+)\s+A (\S+)\s+S (\S+) mm", said)
        assert found, said
        return np.array(found.groups(), float)

    def picture(self, plane: str) -> tuple[np.ndarray, tuple[float, float]]:
        """Return what the screen shows of a plane (rows, columns, 3), and where that begins."""
        stage = self.root.locator(f".lm-{plane} .lm-stage")
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        assert box is not None
        shot = Image.open(io.BytesIO(stage.screenshot()))
        return np.asarray(shot.convert("RGB")).astype(float), (box["x"], box["y"])

    @property
    def drawn(self) -> list[str]:
        """Pixels of the planes, as addresses that hold them."""
        canvases = self.root.locator("canvas.lm-pixels")
        return list(canvases.evaluate_all("all => all.map((one) => one.toDataURL())"))

    def click(self, x: float, y: float) -> None:
        """Click at a place of the page, and wait until the kernel has answered."""
        self.page.mouse.click(x, y)
        self.page.wait_for_function(
            "root => !root.lmWire.isBusy('look')", arg=self.root.element_handle()
        )
        self.settle()

    def settle(self) -> None:
        """Wait until the page has taken all that came."""
        self.page.evaluate("root => root.lmWire.idle()", self.root.element_handle())


def acts_of(folder: Path) -> list[dict[str, Any]]:
    """Lines of the only journal below a folder that are about a verdict."""
    (journal,) = folder.rglob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    return [line for line in lines if line["kind"] == "verdict"]
