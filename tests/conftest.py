"""Fixtures for every room."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# before anything reads them: no test may touch the settings or the state of who runs it
_HOME = Path(tempfile.mkdtemp(prefix="medload-tests-"))
os.environ["NAPARI_CONFIG"] = str(_HOME / "napari" / "settings.yaml")
for _variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
    os.environ[_variable] = str(_HOME / _variable)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real volumes beside the repository; tests on it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent")
    return folder
