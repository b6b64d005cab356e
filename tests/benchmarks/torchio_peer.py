"""TorchIO at work in a process of its own, which `tests.benchmarks.peers` starts.

Run by an interpreter that has TorchIO and need not have this project. Each line that it reads is a
list: what to do, and the paths of files. It answers every line by one line, JSON both.
"""

from __future__ import annotations

import json
import sys
from typing import Any

try:
    import torchio
except ImportError:
    torchio = None


def main() -> None:
    """Answer with the version of TorchIO, or null without it; then do what is asked for."""
    _answer(torchio and torchio.__version__)
    kept: list[Any] = []
    for line in sys.stdin if torchio else ():
        what, *paths = json.loads(line)
        if what == "load":
            kept += [_loaded(path) for path in paths]
            _answer(None)
        elif what == "forget":  # memory is given back outside of what is timed
            kept.clear()
            _answer(None)
        elif what == "facts":
            _answer([_facts(torchio.ScalarImage(path)) for path in paths])
        elif what == "sums":
            _answer([float(_loaded(path).data.double().sum()) for path in paths])


def _loaded(path: str) -> Any:
    image = torchio.ScalarImage(path)
    image.load()
    return image


def _facts(image: Any) -> list[Any]:
    return [image.shape, image.spacing, image.orientation, image.affine.tolist()]


def _answer(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
