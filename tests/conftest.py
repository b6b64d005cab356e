"""Fixtures for every room."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from napari_medload.demo import build_demo

# before anything reads them: no test may touch the settings or the state of who runs it
_HOME = Path(tempfile.mkdtemp(prefix="medload-tests-"))
os.environ["NAPARI_CONFIG"] = str(_HOME / "napari" / "settings.yaml")
for _variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
    os.environ[_variable] = str(_HOME / _variable)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real volumes beside the repository; tests on it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent")
    return folder


@pytest.fixture(scope="session")
def told() -> list[tuple[Any, ...]]:
    """What the builder of `demo` told of its progress."""
    return []


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, told: list[tuple[Any, ...]]) -> Path:
    """The demo dataset of the default seed, built once; nobody may write into it."""
    if find_spec("nilearn") is None:
        pytest.skip("nilearn, whose wheel ships the MNI152 template, is not installed")
    folder = tmp_path_factory.mktemp("cache") / "demo"
    return build_demo(folder, progress=lambda *news: told.append(news))
