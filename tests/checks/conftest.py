from __future__ import annotations

import pytest

from tests.checks.phantoms import Files


@pytest.fixture
def files(tmp_path) -> Files:
    """The files of one sample, to be written."""
    return Files(tmp_path / "sample")
