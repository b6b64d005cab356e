"""The browser in JupyterLab: run to picture, slices through the kernel, slices without it."""

from __future__ import annotations

import json
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.figures import Figure
from tests.benchmarks.jupyter import (
    Jupyter,
    interleaved_in_page,
    interleaved_work,
    seconds_to_picture,
)
from tests.benchmarks.phantoms import MEDIUM, Pair, Place, write_list, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.views.notebook.lab import Notebook

_PAIR = Pair("scan", Place(MEDIUM), Place(MEDIUM, (1.0, 1.0, 1.0), (9.0, -6.0, 4.0)), 40)
_RUNS = 2
_ROUNDS, _STEPS = 16, 6
"""Of steps in a row, as a wheel turns; the peer has as many trips in a row."""

_STEPS_WHOLE = 40
_WIRE_KB = 150.0

_OURS = """
from napari_medload import browse
browser = browse({listed!r}, preload={preload!r})
browser"""
_THEIRS = """
from ipyniivue import NiiVue
files = {files!r}
viewer = NiiVue(height=500)
viewer.opts.is_slice_mm = True
looks = dict(fixed_image=("gray", 1.0), moving_image=("green", 0.3),
             fixed_label=("random", 0.5), moving_label=("random", 0.5))
viewer.load_volumes([dict(path=files[role], colormap=look[0], opacity=look[1])
                     for role, look in looks.items()])
viewer"""
_QUIET = "browser.settle(); browser.session.cancel()"
_COUNT = """
import json
counted = []
def count(content, buffers, send=browser.send):
    counted.append(len(json.dumps(content)) + sum(map(len, buffers)))
    send(content, buffers)
browser.send = count"""
_COUNTED = "del browser.send; print(json.dumps(counted))"
_TRIP = '''
import os, anywidget
from IPython.display import display
class Trip(anywidget.AnyWidget):
    _esm = """export default { render({ model }) {
      window.trip = () => new Promise((done) => {
        const begin = performance.now();
        const heard = () => {
          model.off("msg:custom", heard);
          done(performance.now() - begin);
        };
        model.on("msg:custom", heard);
        model.send({});
      });
    } };"""
    load = b""
trip = Trip()
trip.on_msg(lambda *_message: trip.send({}, [trip.load]))
display(trip)'''

_SEE_DRAWN = """() => {
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    put.apply(this, given);
    window.onDrawn?.(this.canvas);
  };
}"""
_SCROLL = """async ([by, count]) => {
  const stage = document.querySelector('.lm-axial .lm-stage');
  const step = () => new Promise((done) => {
    window.onDrawn = (canvas) => {
      if (!stage.contains(canvas)) return;
      window.onDrawn = null;
      done(performance.now() - begin);
    };
    const begin = performance.now();
    stage.dispatchEvent(new WheelEvent('wheel', { deltaY: -100 * by, cancelable: true }));
  });
  const times = [];
  for (let n = 0; n < count; n++) times.push(await step());
  return times;
}"""
_TRIPS = """async (count) => {
  const times = [];
  for (let n = 0; n < count; n++) times.push(await window.trip());
  return times;
}"""
_FRAMES = """async (count, change) => {
  for (let n = 0; n < count; n++)
    await new Promise((next) => requestAnimationFrame(() => { change(n); next(); }));
  await new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)));
}"""
_SCROLL_WHOLE = f"""([by, count]) => {{
  const stage = document.querySelector('.lm-axial .lm-stage');
  return ({_FRAMES})(count, () => {{
    stage.dispatchEvent(new WheelEvent('wheel', {{ deltaY: -100 * by, cancelable: true }}));
  }});
}}"""
_PUT = f"""(count) => {{
  const canvas = document.querySelector('.lm-axial canvas.lm-pixels');
  const context = canvas.getContext('2d');
  const images = [0, 1].map((odd) => {{
    const image = context.createImageData(canvas.width, canvas.height);
    image.data.forEach((_zero, n) => {{
      image.data[n] = n % 4 === 3 ? 255 : (n + odd) * 7919 % 251;
    }});
    return image;
  }});
  return ({_FRAMES})(count, (n) => context.putImageData(images[n % 2], 0, 0));
}}"""


def measure(folder: Path) -> list[Figure]:
    """Open a labelled pair, and scroll it."""
    write_pairs(folder, (_PAIR,))
    listed = write_list(folder / "notebook.csv", {_PAIR.name: _PAIR.files})
    with Jupyter(folder) as jupyter:
        figures = [_run_to_picture(jupyter, folder, listed)]
        figures += _slices(jupyter, listed)
        return [*figures, _slices_without_kernel(jupyter, listed)]


def _run_to_picture(jupyter: Jupyter, folder: Path, listed: Path) -> Figure:
    """Run a cell in a fresh kernel, imports included, until the pair and labels are seen.

    The peer is seen, too, as soon as it shows any label.
    """
    files = {role: str(folder / name) for role, name in _PAIR.files.items()}
    contenders = {
        "ours": (_OURS.format(listed=str(listed), preload="slice"), ".lm-axial .lm-stage"),
        "theirs": (_THEIRS.format(files=files), ".jp-OutputArea canvas"),
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(_RUNS):
        for name, (code, selector) in contenders.items():
            with jupyter.notebook([code]) as notebook:
                times[name].append(seconds_to_picture(notebook, "cell-0", selector))
    ours, theirs = median(times["ours"]), median(times["theirs"])
    name = "JupyterLab: run to picture of a labelled pair, against ipyniivue"
    return Figure(name, ours, theirs, "s", 5.0, "faster")


def _slices(jupyter: Jupyter, listed: Path) -> list[Figure]:
    """Scroll through axial slices, against an answer with as many bytes and nothing else to do."""
    ours = _OURS.format(listed=str(listed), preload="slice")
    with jupyter.notebook([_TRIP + ours]) as notebook:
        _show(notebook)
        notebook.execute(_COUNT)
        for by in (1, -1):
            notebook.page.evaluate(_SCROLL, [by, 2 * _STEPS])
        told = json.loads(notebook.execute(_COUNTED))
        size = round(median(one for one in told if one > max(told) / 2))
        return [_against_trips(notebook, size), _on_the_wire(size)]


def _against_trips(notebook: Notebook, size: int) -> Figure:
    notebook.execute(f"trip.load = os.urandom({size})")
    times = interleaved_in_page(
        notebook,
        {
            "ours": lambda turn: (_SCROLL, [1 - turn // 4 % 2 * 2, _STEPS]),
            "theirs": lambda _turn: (_TRIPS, _STEPS),
        },
        _ROUNDS,
    )
    name = "JupyterLab: step to the next slice, against an empty trip of as many bytes"
    return Figure(name, median(times["ours"]), median(times["theirs"]), "s", 2.0, "at most")


def _on_the_wire(size: int) -> Figure:
    name = "JupyterLab: kB of a step, two images and two labels of 256², against 150"
    return Figure(name, size / 1000, _WIRE_KB, "", 1.0, "at most")


def _slices_without_kernel(jupyter: Jupyter, listed: Path) -> Figure:
    """Scroll through volumes that the page holds, against putting ready pixels there.

    Pixels that are put somewhere are not on the screen yet, and a screen has its own beat. So what
    counts is the processor time of all of Chromium, a frame for each step.
    """
    with jupyter.notebook([_OURS.format(listed=str(listed), preload="volume")]) as notebook:
        _show(notebook)
        notebook.page.wait_for_function(
            "() => document.querySelector('.lm-browser').lmPlanes._shown?.isWhole"
        )
        times = interleaved_work(
            jupyter,
            notebook,
            {
                "ours": lambda turn: (_SCROLL_WHOLE, [1 - turn % 2 * 2, _STEPS_WHOLE]),
                "theirs": lambda _turn: (_PUT, _STEPS_WHOLE),
            },
            _ROUNDS,
        )
    ours, theirs = (median(times[name]) / _STEPS_WHOLE for name in ("ours", "theirs"))
    name = "JupyterLab: work of a step with preloaded volumes, against a bare putImageData"
    return Figure(name, ours, theirs, "s", 3.0, "at most")


def _show(notebook: Notebook) -> None:
    """Show the pair, and leave nothing at work behind a person's back."""
    notebook.run("cell-0")
    notebook.execute(_QUIET)
    notebook.output(".lm-axial canvas.lm-pixels")
    notebook.page.wait_for_function(
        "() => document.querySelector('.lm-axial canvas.lm-pixels').width > 1"
    )
    notebook.page.evaluate(_SEE_DRAWN)
