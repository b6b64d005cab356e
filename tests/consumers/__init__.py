"""Tests with the programs that lists are for: `make test-consumers` installs them and runs these.

Elsewhere each module skips, counted. There a package that is missing fails.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import pytest


def consumer(name: str) -> Any:
    """Import a module of a consumer; skip the tests of the calling module where it is missing."""
    if os.environ.get("MEDLOAD_CONSUMERS"):
        return importlib.import_module(name)
    return pytest.importorskip(
        name, reason=f"{name} is not installed; 'make test-consumers' tests with it"
    )
