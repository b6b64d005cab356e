"""JupyterLab in Chromium, to measure what people wait for in a notebook."""

from __future__ import annotations

import io
import shutil
from contextlib import contextmanager, suppress
from itertools import count
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.views.notebook.lab import Lab, write_notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from tests.views.notebook.lab import Notebook

    Contenders = Mapping[str, Callable[[int], tuple[str, Any]]]

# all is drawn by the processor, so that figures compare on any machine; the peer draws by WebGL
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
)
_WIDTH, _HEIGHT = 1500, 1100
_TIMEOUT_S = 300
_GREYS, _COLOURED = 2000, 300
_RECTANGLE = """(selector) => {
  const box = document.querySelector(selector)?.getBoundingClientRect();
  if (!box || box.width < 50 || box.height < 50) return null;
  const height = Math.min(box.height, innerHeight - box.y);
  return { x: box.x, y: box.y, width: box.width, height };
}"""


class Jupyter:
    """A server and a browser, in which notebooks are opened one after the other.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count()
        self._lab = Lab(folder / "lab")
        self._playwright = sync_playwright().start()
        place = shutil.which("chromium") or shutil.which("chromium-browser")
        self._chromium = self._playwright.chromium.launch(
            executable_path=place, args=list(_ARGUMENTS)
        )

    @contextmanager
    def notebook(self, cells: Sequence[str]) -> Iterator[Notebook]:
        """Open a notebook with a kernel and a page that no other had; both end with it."""
        context = self._chromium.new_context(viewport={"width": _WIDTH, "height": _HEIGHT})
        path = write_notebook(self._folder / f"{next(self._numbers)}.ipynb", cells)
        notebook = self._lab.open(context.new_page(), path)
        try:
            yield notebook
        finally:
            notebook.page.evaluate("() => window.notebook.sessionContext.shutdown()")
            context.close()

    def processor_seconds(self) -> float:
        """Processor time that all parts of Chromium have used, drawing to the screen included."""
        seconds = 0.0
        for part in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it ended just now
                if "chrom" in part.name():
                    seconds += sum(part.cpu_times()[:2])
        return seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._chromium.close()
        self._playwright.stop()
        self._lab.close()


def seconds_to_picture(notebook: Notebook, cell: str, selector: str) -> float:
    """Run a cell, and return how long it took until a labelled image was on the screen.

    Screenshots are looked at one after the other: whoever draws is seen by the same eye.

    Raises
    ------
    TimeoutError
        If there is none in five minutes.
    """
    start = perf_counter()
    notebook.start(cell)
    end = monotonic() + _TIMEOUT_S
    while monotonic() < end:
        notebook.page.wait_for_selector(selector, state="attached", timeout=_TIMEOUT_S * 1000)
        box = notebook.page.evaluate(_RECTANGLE, selector)
        if box is not None and _is_labelled_image(notebook.page.screenshot(clip=box)):
            return perf_counter() - start
    raise TimeoutError(f"no picture in {_TIMEOUT_S} s")


def _is_labelled_image(png: bytes) -> bool:
    """Whether a picture shows many greys, and labels in colours other than a crosshair's yellow."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    least, most = pixels.min(axis=-1), pixels.max(axis=-1)
    grey = (most - least < 12) & (most > 40) & (most < 235)
    yellow = (red > 150) & (green > 120) & (abs(red - green) < 80) & (blue < 140)
    coloured = (most - least > 60) & ~yellow
    return int(grey.sum()) > _GREYS and int(coloured.sum()) > _COLOURED


def interleaved_in_page(
    notebook: Notebook, contenders: Contenders, rounds: int
) -> dict[str, list[float]]:
    """Time what a page measures by itself, in turns (A B A B …); the first round does not count.

    Parameters
    ----------
    contenders : mapping of name to callable
        Gives, for the number of a round, a function of the page and its argument; the function
        returns milliseconds, one for each of its repetitions.
    rounds : int

    Returns
    -------
    dict of name to list of float
        All times, in seconds.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, contender in contenders.items():
            taken = notebook.page.evaluate(*contender(turn))
            if turn:
                times[name] += [one / 1000 for one in taken]
    return times


def interleaved_work(
    jupyter: Jupyter, notebook: Notebook, contenders: Contenders, rounds: int
) -> dict[str, list[float]]:
    """Take the processor time of Chromium in turns, as `interleaved_in_page` does the time."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, contender in contenders.items():
            before = jupyter.processor_seconds()
            notebook.page.evaluate(*contender(turn))
            if turn:
                times[name].append(jupyter.processor_seconds() - before)
    return times
