"""Memory and widgets over a walk through two hundred samples."""

from __future__ import annotations

import math
import os
from contextlib import closing
from typing import TYPE_CHECKING

import psutil
from qtpy.QtWidgets import QApplication

from tests.benchmarks.figures import Figure
from tests.benchmarks.phantoms import ROLES, Pair, Place, write_list, write_pairs
from tests.benchmarks.screen import Browser, flush, wait

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.session import Session

_SAMPLES = 200
_SETTLED = 20
_MB = 1_000_000
_BUDGET = 400_000_000
_ALLOWANCE = 60_000_000
"""For what allocators and napari keep: freed pieces in the arenas of several threads, textures,
thumbnails."""

_SHAPE = (192, 192, 120)
_PAIRS = [
    Pair(
        f"walk-{n}",
        Place(_SHAPE, tilt=(n, 0.0, 0.0)),
        Place(_SHAPE, (1.1, 1.0, 1.2), (5.0, n, -6.0)),
        30 + n,
    )
    for n in range(8)
]
_SAMPLE_BYTES = sum(
    math.prod(_PAIRS[0].place(role).shape)
    * (1 if role.endswith("label") else 2)
    * (2 if role.startswith("moving") else 1)
    for role in ROLES
)
"""Four arrays, and the copies from which the moving ones are resliced."""

_FIRST = Pair("tiny", Place((32, 32, 24)), Place((32, 30, 26), tilt=(5.0, 0.0, 0.0)), 50)


def measure(folder: Path) -> list[Figure]:
    """Step through all samples, as the key does."""
    write_pairs(folder, [_FIRST, *_PAIRS])
    listed = _two_hundred(folder)
    with closing(Browser(folder, _BUDGET)) as browser:
        # the first drawing of all brings layers, shaders and fonts
        browser.open(write_list(folder / "tiny.csv", {_FIRST.name: _FIRST.files}))
        memory = Memory(browser.session)
        browser.open(listed)
        counts = _walk(browser, memory)
    allowed = (_BUDGET + 2 * _SAMPLE_BYTES + _ALLOWANCE) / _MB
    what = f"walk of {_SAMPLES} samples:"
    budget = f"{_BUDGET // _MB} MB of budget, two samples and {_ALLOWANCE // _MB} MB"
    early, late = counts[_SETTLED], counts[_SAMPLES - 1]
    held = (_BUDGET + 2 * _SAMPLE_BYTES) / _MB
    kept = f"{_BUDGET // _MB} MB of budget and two samples"
    return [
        Figure(f"{what} volumes, against {kept}", memory.held, held, "MB", 1.0, "at most"),
        Figure(f"{what} resident, against {budget}", memory.grown, allowed, "MB", 1.0, "at most"),
        Figure(f"{what} widgets, against the 20th", late[0], early[0], "", 1.0, "at most"),
        Figure(f"{what} layers, against the 20th", late[1], early[1], "", 1.0, "at most"),
    ]


class Memory:
    """Resident memory of this process since the object was made, and volumes of a session."""

    def __init__(self, session: Session) -> None:
        self._process, self._session = psutil.Process(), session
        self._start = self._peak = self._process.memory_info().rss
        self._held = 0

    def look(self) -> None:
        """Take notice of what is used at present."""
        self._peak = max(self._peak, self._process.memory_info().rss)
        self._held = max(self._held, self._session.memory)

    @property
    def grown(self) -> float:
        """Largest growth that was noticed, in MB."""
        return float(self._peak - self._start) / _MB

    @property
    def held(self) -> float:
        """Most volumes and copies of them that were noticed, in MB."""
        return float(self._held) / _MB


def _walk(browser: Browser, memory: Memory) -> dict[int, tuple[int, int]]:
    """Go to the last sample; return the numbers of widgets and layers after some steps."""
    counts = {}
    for step in range(1, _SAMPLES):
        browser.session.step(1)
        wait(lambda: not browser.session.loading, memory.look)
        browser.repaint()
        memory.look()
        if step in (_SETTLED, _SAMPLES - 1):
            flush()
            counts[step] = len(QApplication.allWidgets()), len(browser.viewer.layers)
    if browser.session.selected != _SAMPLES - 1:
        raise AssertionError("the walk did not reach the last sample")
    return counts


def _two_hundred(folder: Path) -> Path:
    """List the pairs two hundred times, each time under other file names."""
    write_pairs(folder, _PAIRS)
    place = folder / "walk"
    place.mkdir()
    rows = {}
    for n in range(_SAMPLES):
        pair = _PAIRS[n % len(_PAIRS)]
        rows[f"{n:03}"] = {role: f"{n:03}-{role}.nii.gz" for role in ROLES}
        for role in ROLES:
            os.link(folder / pair.files[role], place / rows[f"{n:03}"][role])
    return write_list(place / "list.csv", rows)
