"""Catalogs that are empty before and after each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from napari_medload.loaders import DatasetCatalog, MetadataCatalog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def empty_catalogs() -> Iterator[None]:
    DatasetCatalog.clear()
    MetadataCatalog.clear()
    yield
    DatasetCatalog.clear()
    MetadataCatalog.clear()
