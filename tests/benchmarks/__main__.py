"""Measure, print one table, and fail where a figure falls short.

``python -m tests.benchmarks [NAME ...] [--markdown]``
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.figures import Figure, as_markdown, as_text
from tests.benchmarks.subjects import IN_CHROMIUM, ON_SCREEN, SUBJECTS, measure_apart

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> int:
    """Return 1 where a figure falls short."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SUBJECTS))
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    chosen = parser.parse_args()
    names = chosen.names or [*_possible()]
    if unknown := set(names) - set(SUBJECTS):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    if set(names) & set(ON_SCREEN) and not _has_screen():
        parser.error(f"{', '.join(ON_SCREEN)} draw on a canvas: run under xvfb-run")
    if set(names) & set(IN_CHROMIUM) and not _has_chromium():
        parser.error(f"{', '.join(IN_CHROMIUM)} needs Chromium, which is not found")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="medload-benchmarks-") as folder:
        _keep_settings_out(Path(folder))
        for name in names:
            start = time.perf_counter()
            figures += measure_apart(name, Path(folder))
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    print(as_markdown(figures) if chosen.markdown else as_text(figures))
    return 0 if all(figure.ok for figure in figures) else 1


def _possible() -> Iterator[str]:
    """Yield all subjects but those that need a Chromium where there is none."""
    for name in SUBJECTS:
        if name in IN_CHROMIUM and not _has_chromium():
            print(f"{name}: left out, for there is no chromium", file=sys.stderr)
        else:
            yield name


def _has_chromium() -> bool:
    return any(map(shutil.which, ("chromium", "chromium-browser")))


def _has_screen() -> bool:
    return sys.platform != "linux" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _keep_settings_out(folder: Path) -> None:
    """Measure with the default settings, and leave those of who runs it alone."""
    os.environ["NAPARI_CONFIG"] = str(folder / "napari" / "settings.yaml")
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        os.environ[variable] = str(folder / variable)
    os.environ["NAPARI_ASYNC"] = "0"


if __name__ == "__main__":
    sys.exit(main())
