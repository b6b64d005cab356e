"""Notebooks that are run once for all tests, on one demo."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

if not os.environ.get("CI"):  # there all of it has to be, and what is missing fails
    for module in ("nbclient", "ipykernel", "anywidget"):
        pytest.importorskip(module)

from tests.notebooks.running import Place, Run, run

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture(scope="session", autouse=True)
def jupyter_of_its_own(tmp_path_factory: pytest.TempPathFactory):
    """Keep Jupyter's files apart, and kernels that the person who runs the tests has made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # older releases warn where it is not said
        for name in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session")
def cache(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the user's cache, with the demo where notebooks look for it."""
    folder = tmp_path_factory.mktemp("xdg-cache")
    shutil.copytree(demo, folder / "napari-medload" / "demo")
    return folder


@pytest.fixture(scope="session", params=PATHS, ids=lambda path: path.stem[:2])
def finished(request, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A notebook that was run as it is."""
    place = Place(tmp_path_factory.mktemp("notebook"), cache)
    return run(request.param, place, store_widget_state=False)
