from functools import cache
from importlib.util import find_spec

import pytest

from napari_medload.demo import build_demo
from napari_medload.demo.template import read_template

from .pairs import Pair

_NO_NILEARN = "nilearn, whose wheel ships the MNI152 template, is not installed"


@pytest.fixture(scope="session")
def template():
    if find_spec("nilearn") is None:
        pytest.skip(_NO_NILEARN)
    return read_template()


@pytest.fixture(scope="session")
def told():
    """What the builder of `demo` told of its progress."""
    return []


@pytest.fixture(scope="session")
def demo(tmp_path_factory, told):
    """The demo dataset of the default seed, built once."""
    if find_spec("nilearn") is None:
        pytest.skip(_NO_NILEARN)
    folder = tmp_path_factory.mktemp("cache") / "demo"
    return build_demo(folder, progress=lambda *news: told.append(news))


@pytest.fixture(scope="session")
def pair(demo):
    """Sample of the demo by its id."""
    return cache(lambda name: Pair(demo, name))
