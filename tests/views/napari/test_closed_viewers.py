"""A napari window that is closed takes all of the browser with it, whatever goes on in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.views.napari.closed_viewers import BARE, IN_HAND, PLANES

pytestmark = pytest.mark.canvas

WINDOWS = (
    "overlay",
    f"difference{PLANES}",
    "flicker",
    f"flicker{PLANES}",
    "side by side",
    "curtain",
    f"curtain{IN_HAND}",
)


@pytest.fixture(scope="module")
def left(pairs: Path) -> dict[str, dict[str, list[str]]]:
    """What is left of each window after another, in one process."""
    root = Path(__file__).parents[3]
    program = [sys.executable, "-m", "tests.views.napari.closed_viewers", str(pairs)]
    done = subprocess.run(
        [*program, BARE, *WINDOWS], capture_output=True, text=True, cwd=root, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", WINDOWS)
def test_no_more_is_left_of_a_window_than_of_one_without_the_browser(left: Any, name: str):
    bare, mine = left[BARE], left[name]
    assert set(mine["held"]) <= set(bare["held"])
    assert "viewer" not in mine["held"]
    assert not mine["timers"] and not mine["threads"]
    assert len(mine["widgets"]) <= len(bare["widgets"]), mine["widgets"]
