"""Peers in a process of their own, which this project's environment need not have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

VARIABLE = "MEDLOAD_PEERS"
"""Names an interpreter that has TorchIO."""

_SCRIPT = Path(__file__).with_name("torchio_peer.py")


class TorchIO:
    """A process that runs TorchIO.

    Parameters
    ----------
    interpreter : str
        Python that has it.

    Attributes
    ----------
    version : str or None
        None where the interpreter has no TorchIO.
    """

    def __init__(self, interpreter: str) -> None:
        # modules beside the script must not stand in for others of the same name
        environment = {**os.environ, "PYTHONSAFEPATH": "1"}
        self._process = subprocess.Popen(
            [interpreter, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.version: str | None = self._answer()

    @classmethod
    def named(cls) -> Self:
        """Start the interpreter that the environment names, else this one.

        Raises
        ------
        ValueError
            If one is named and has no TorchIO.
        """
        found = cls(os.environ.get(VARIABLE, sys.executable))
        if found.version is None and VARIABLE in os.environ:
            raise ValueError(f"{VARIABLE}={os.environ[VARIABLE]} has no TorchIO; name one that has")
        return found

    def ask(self, what: str, paths: Iterable[Path] = ()) -> Any:
        """Have something done with files, and wait for the answer."""
        if self._process.stdin is None:
            raise AssertionError("the process has no standard input")
        print(json.dumps([what, *map(str, paths)]), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise AssertionError("TorchIO ended without an answer; its error stands above")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()  # the end of its input ends it
