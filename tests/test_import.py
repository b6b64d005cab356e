"""What an import costs, told by a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("napari", "qtpy", "PyQt6", "PySide6", "PyQt5", "vispy", "torch", "magicgui", "superqt")


@pytest.mark.parametrize("module", ["napari_medload", "napari_medload.loaders"])
def test_the_library_loads_no_toolkit(module):
    code = f"import {module}, sys; print(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
