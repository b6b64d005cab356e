"""Fixtures for tests of the page in a browser."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.views.notebook.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def _lack(what: str) -> None:
    """Skip, but fail where a machine is there to run everything."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, so the page would go untested")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The system's Chromium, started once."""
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        _lack("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _lack("playwright")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """An empty page that nobody shared before, 1200 by 900 pixels."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def open_host(page: Any) -> Iterator[Callable[..., Host]]:
    """Opens the module in a page; a test fails where the page told of errors or asked outside.

    Give `text` and `style` for another module, and all else that `Host.open` takes.
    """
    made: list[Host] = []

    def open_page(text: str | None = None, style: str | None = None, **options: Any) -> Host:
        given = {"text": text, "style": style}
        host = Host(page, **{name: value for name, value in given.items() if value is not None})
        made.append(host)
        return host.open(**options)

    yield open_page
    for host in made:
        assert host.troubles == []
        assert host.requests == []
