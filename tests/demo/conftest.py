from functools import cache
from importlib.util import find_spec

import pytest

from napari_medload.demo.template import read_template

from .pairs import Pair


@pytest.fixture(scope="session")
def template():
    if find_spec("nilearn") is None:
        pytest.skip("nilearn, whose wheel ships the MNI152 template, is not installed")
    return read_template()


@pytest.fixture(scope="session")
def pair(demo):
    """Sample of the demo by its id."""
    return cache(lambda name: Pair(demo, name))
