"""A real JupyterLab or Notebook 7 on a port of this machine, and a notebook open in it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Self

    from playwright.sync_api import Locator, Page

WAIT_MS = 120_000
_START_S, _END_S = 120, 30
_WHERE = re.compile(r"(http://(?:127\.0\.0\.1|localhost):\d+)/(?:lab|tree)\?token=")

_SHOWN = "() => window.jupyterapp?.shell?.currentWidget?.sessionContext !== undefined"
_READY = """async () => {
  await window.jupyterapp.restored;
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  window.notebook = panel;
}"""
_RUN = """(index) => {
  window.notebook.content.activeCellIndex = index;
  window.running = window.jupyterapp.commands.execute('notebook:run-cell');
}"""
_EXECUTE = """async (code) => {
  let printed = '', error = '';
  const kernel = window.notebook.sessionContext.session.kernel;
  const asked = kernel.requestExecute({ code, store_history: false });
  asked.onIOPub = ({ header, content }) => {
    if (header.msg_type === 'stream') printed += content.text;
    if (header.msg_type === 'error') error = content.traceback.join('\\n');
  };
  await asked.done;
  return [printed, error];
}"""
_IDLE = "() => window.notebook.sessionContext.session?.kernel?.status === 'idle'"


class Lab:
    """A server that shares nothing with the one of who runs it: no settings, no running files.

    Parameters
    ----------
    folder : Path
        Holds all that the server writes. Notebooks are copied into ``folder / "notebooks"``, for
        JupyterLab saves them by itself.
    environment : mapping of str to str
        Set for the server and its kernels, beside what the tests themselves have.
    application : str
        Module that is the server: ``"jupyterlab"`` or ``"notebook"``.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        application: str = "jupyterlab",
    ) -> None:
        self._application = application
        self.folder = folder / "notebooks"
        self.folder.mkdir(parents=True)
        self.log: list[str] = []
        self._token, self._workspaces = secrets.token_hex(16), count()
        self._url, self._started = "", Event()
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **_apart(folder / "jupyter"), **(environment or {})},
        )
        self._listener = Thread(target=self._listen, name="what JupyterLab tells", daemon=True)
        self._listener.start()
        if not self._started.wait(_START_S) or not self._url:
            self.close()
            raise AssertionError(f"{application} did not start:\n" + "".join(self.log[-40:]))

    def _command(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            self._application,
            "--no-browser",
            "--allow-root",
            "--expose-app-in-browser",
            "--LabApp.extension_manager=readonly",
            "--ServerApp.ip=127.0.0.1",
            f"--IdentityProvider.token={self._token}",
            f"--ServerApp.root_dir={self.folder}",
        ]

    def _listen(self) -> None:
        """Keep what the server tells, until it ends; it names the port that it found free."""
        if self._process.stderr is None:
            raise AssertionError("the server has no standard error")
        for line in self._process.stderr:
            self.log.append(line)
            if not self._url and (found := _WHERE.search(line)):
                self._url = found[1]
                self._started.set()
        self._started.set()

    def open(self, page: Page, notebook: Path) -> Notebook:
        """Open a copy of a notebook where nothing was open before, and wait for its kernel."""
        copy = self.folder / notebook.name
        shutil.copy(notebook, copy)
        opened = Notebook(page, copy, self._url)
        where = f"notebooks/{copy.name}?"
        if self._application == "jupyterlab":  # it brings back what was open in a workspace
            where = f"lab/workspaces/{copy.stem}-{next(self._workspaces)}/tree/{copy.name}?reset&"
        page.goto(f"{self._url}/{where}token={self._token}", timeout=WAIT_MS)
        page.wait_for_function(_SHOWN, timeout=WAIT_MS)
        page.evaluate(_READY)
        page.wait_for_function(_IDLE, timeout=WAIT_MS)
        return opened

    def close(self) -> None:
        """End the server, which ends its kernels."""
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(_END_S)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


@contextmanager
def pages_of(lab: Lab, chromium: Any) -> Iterator[Callable[[Path], Notebook]]:
    """Open notebooks; it is wrong where a page threw, or asked for anything from elsewhere."""
    context = chromium.new_context(viewport={"width": 1500, "height": 1100})
    opened: list[Notebook] = []

    def open_it(path: Path) -> Notebook:
        opened.append(lab.open(context.new_page(), path))
        return opened[-1]

    yield open_it
    context.close()
    for notebook in opened:
        assert notebook.outside == []
        assert notebook.errors == []


class Notebook:
    """A notebook that is open in a page.

    Attributes
    ----------
    page : playwright.sync_api.Page
    path : Path
        The copy that is open.
    outside : list of str
        Addresses beyond the server that the page asked for; nothing was sent there.
    errors : list of str
        What the page threw.
    """

    def __init__(self, page: Page, path: Path, home: str) -> None:
        self.page, self.path, self._home = page, path, home
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route(lambda address: not address.startswith(home), self._refuse)

    def _refuse(self, route: Any) -> None:
        address = route.request.url
        if address.startswith(("data:", "blob:")):
            route.continue_()
            return
        self.outside.append(address)
        route.abort()

    def run(self, cell: str) -> None:
        """Run a cell by its id, as the button does, and wait until it has run.

        Raises
        ------
        AssertionError
            If it raised; the message is its traceback.
        """
        self.start(cell)
        self.page.evaluate("() => window.running")
        self.page.wait_for_function(_IDLE, timeout=WAIT_MS)
        (outputs,) = [each["outputs"] for each in self.cells() if each["id"] == cell]
        if told := [one["traceback"] for one in outputs if one["output_type"] == "error"]:
            raise AssertionError("\n".join(told[0]))

    def start(self, cell: str) -> None:
        """Run a cell by its id, and wait for nothing."""
        ids = [each["id"] for each in self.cells()]
        self.page.evaluate(_RUN, ids.index(cell))

    def execute(self, code: str) -> str:
        """Have the kernel run code of no cell, and return what it printed.

        Raises
        ------
        AssertionError
            If it raised.
        """
        printed, error = self.page.evaluate(_EXECUTE, code)
        if error:
            raise AssertionError(error)
        return str(printed)

    def cells(self) -> list[dict[str, Any]]:
        """Cells as they are now, outputs included."""
        told = self.page.evaluate("() => JSON.stringify(window.notebook.context.model.toJSON())")
        return list(json.loads(told)["cells"])

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("() => window.notebook.context.save()")

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does once the question is answered."""
        self.page.evaluate("() => window.notebook.sessionContext.session.kernel.restart()")
        self.page.wait_for_function(_IDLE, timeout=WAIT_MS)

    def output(self, selector: str) -> Locator:
        """Find something in what the cells have put out, and wait until it is seen."""
        found = self.page.locator(f".jp-OutputArea {selector}").first
        found.wait_for(timeout=WAIT_MS)
        return found


def write_notebook(path: Path, cells: Iterable[str]) -> Path:
    """Write a notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel},  # without it a dialog asks for one
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "source": text,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for number, text in enumerate(cells)
        ],
    }
    path.write_text(json.dumps(book), encoding="utf-8")
    return path


def _apart(folder: Path) -> dict[str, str]:
    """Folders of Jupyter and IPython under a folder of their own, and no popup about news."""
    settings = folder / "config" / "labconfig"
    settings.mkdir(parents=True)
    disabled = {"@jupyterlab/apputils-extension:announcements": True}
    (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": disabled}))
    return {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_NO_CONFIG": "",
    }
