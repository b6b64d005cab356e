"""Programs that write verdicts, for tests that watch or kill them from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SAVES = """
import sys
from pathlib import Path
from napari_medload.review import Review, Verdict

folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
review = Review(folder, "brain (paired)", "Anna")
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + count):
    review.save(Verdict(f"case_{number}", "accept", note="x" * (number % 300)))
    print(f"saved case_{number}", flush=True)
"""


_BEGUN: list[subprocess.Popen[str]] = []


def stop_all() -> None:
    """End what a test has left running."""
    while _BEGUN:
        process = _BEGUN.pop()
        process.kill()
        process.communicate()


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program; it says "ready" and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    _BEGUN.append(process)
    said = process.stdout.readline()
    if said != "ready\n":
        raise AssertionError(process.communicate()[1])
    return process


def go(process: subprocess.Popen[str]) -> None:
    """Let a program that waits go on."""
    process.stdin.write("go\n")
    process.stdin.flush()


def ended(process: subprocess.Popen[str]) -> list[str]:
    """Wait for the end of a program; the lines that it has said since."""
    out, error = process.communicate(timeout=120)
    _BEGUN.remove(process)
    assert not error, error
    return out.splitlines()


def told(process: subprocess.Popen[str]) -> list[str]:
    """Wait for the end of a program; the samples that it has called saved."""
    return [line.removeprefix("saved ") for line in ended(process) if line.startswith("saved ")]
