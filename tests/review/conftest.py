from __future__ import annotations

from functools import partial

import pytest

from napari_medload.review import Review
from tests.review.writers import stop_all


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "brain_review"


@pytest.fixture
def review_by(folder):
    """Open the review of someone; each call is what another window, or a restart, does."""
    return partial(Review, folder, "brain (paired)")


@pytest.fixture(autouse=True)
def _nothing_left_running():
    yield
    stop_all()
