"""A consumer is asked in a process of its own, here a small package that is really there."""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import replace
from typing import ClassVar

import psutil
import pytest

from napari_medload.export.asking import ask_consumer, asking_module
from napari_medload.export.contract import NoOptions, Target
from napari_medload.export.errors import ExportError
from napari_medload.export.registry import EXPORTERS
from napari_medload.export.selection import selection_of
from napari_medload.formats import Source
from napari_medload.loaders import Sample

GOOD = "def load(path):\n    return [line for line in open(path) if line.strip()]\n"
ASKED = """
from napari_medload.export.consumers import answer

def load(path, base):
    import medload_example
    return len(medload_example.load(base / path.name if base else path))

if __name__ == "__main__":
    answer(load, "medload_example")
"""


class Lines:
    """Format of the example: an id on each line."""

    name: ClassVar[str] = "lines"
    title: ClassVar[str] = "lines"
    suffixes: ClassVar[tuple[str, ...]] = (".lines",)
    options: ClassVar[type] = NoOptions
    consumer: ClassVar[str] = "medload_example"
    asking: ClassVar[str] = "medload_asks_example"

    def remarks(self, selection, target):
        return ()

    def write(self, selection, target, aside):
        aside.write_text("".join(f"{entry.sample.id}\n" for entry in selection))

    def prove(self, selection, target, aside):
        pass


class InPairs(Lines):
    """A format that its consumer finds two items of each sample in."""

    def items(self, selection, target):
        return 2 * len(selection)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install the example with a text as its code."""
    place = tmp_path / "site packages"
    place.mkdir()
    (place / "medload_asks_example.py").write_text(ASKED)
    monkeypatch.syspath_prepend(str(place))

    def write(code: str) -> None:
        (place / "medload_example.py").write_text(code)
        importlib.invalidate_caches()

    return write


@pytest.fixture
def written(tmp_path):
    """Selection of three samples, where it goes, and the file."""
    source = Source(tmp_path / "a.nii.gz")
    selection = selection_of([Sample(f"s{n}", {"image": source}) for n in range(3)])
    path = tmp_path / "list of ümlauts.lines"
    Lines().write(selection, Target(path), path)
    return selection, Target(path), path


@pytest.mark.parametrize("exporter", [e for e in EXPORTERS if e.consumer], ids=lambda e: e.name)
def test_every_consumer_has_a_module_that_asks_it(exporter):
    assert importlib.util.find_spec(asking_module(exporter))


def test_what_is_not_installed_is_not_asked(written):
    answer = ask_consumer(Lines(), *written)
    assert not answer.loaded
    assert "medload_example is not installed here" in str(answer)


def test_a_good_list_is_loaded(install, written):
    install("print('{\"count\": 7}')\n" + GOOD)  # what the consumer prints is not our answer
    answer = ask_consumer(Lines(), *written)
    assert answer.loaded
    assert str(answer) == "loaded by medload_example: 3 items"


def test_the_folder_that_paths_are_relative_to_is_told(install, written, tmp_path):
    selection, target, path = written
    install(GOOD)
    other = tmp_path / "base"
    other.mkdir()
    path.rename(other / path.name)
    assert ask_consumer(Lines(), selection, replace(target, base=other), path).loaded


def test_it_stands_in_a_process_of_its_own(install, written, tmp_path):
    install(f"import os\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n" + GOOD)
    ask_consumer(Lines(), *written)
    assert int((tmp_path / "pid").read_text()) != os.getpid()


def test_a_file_of_the_working_folder_stands_in_for_nothing(
    install, written, tmp_path, monkeypatch
):
    install(GOOD)
    here = tmp_path / "here"
    here.mkdir()
    for name in ("json", "medload_example", "napari_medload"):
        (here / f"{name}.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(here)
    assert ask_consumer(Lines(), *written).loaded


def test_what_a_consumer_cannot_load_is_an_error_with_its_words(install, written):
    install("def load(path):\n    print('looked at', path)\n    raise KeyError('training')\n")
    with pytest.raises(
        ExportError, match=r"medload_example can't load .*KeyError: 'training'"
    ) as e:
        ask_consumer(Lines(), *written)
    assert f"looked at {written[2]}" in str(e.value)


def test_a_crash_while_loading_is_an_error(install, written):
    install("import os\ndef load(path):\n    os.abort()\n")
    with pytest.raises(ExportError, match="ended while it did"):
        ask_consumer(Lines(), *written)


def test_another_number_of_items_is_an_error(install, written):
    install(GOOD.replace("return [", "return [0] + ["))
    with pytest.raises(ExportError, match=r"finds 4 items .* expected 3"):
        ask_consumer(Lines(), *written)


def test_a_format_may_expect_another_number(install, written):
    install(GOOD.replace("return [", "return 2 * ["))
    assert ask_consumer(InPairs(), *written).loaded


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise RuntimeError('operator nms does not exist')", "operator nms does not exist"),
        ("import a_package_that_nobody_has", "No module named 'a_package_that_nobody_has'"),
        ("def load(path):\n    import a_package_that_nobody_has", "No module named"),
        ("def load(:", "invalid syntax"),
        ("import os; os.abort()", ""),
    ],
)
def test_a_broken_package_says_nothing_of_the_list(install, written, code, why):
    install(code)
    answer = ask_consumer(Lines(), *written)
    assert not answer.loaded
    assert "medload_example is broken here, and could not be asked" in str(answer)
    assert why in str(answer)


def test_a_consumer_that_takes_too_long_is_ended(install, written, monkeypatch):
    monkeypatch.setattr("napari_medload.export.asking._LIMIT", 0.3)
    monkeypatch.setattr("napari_medload.export.asking._LIMIT_EACH", 0.0)
    install("import time\ndef load(path):\n    time.sleep(600)\n")
    answer = ask_consumer(Lines(), *written)
    assert not answer.loaded
    assert "did not answer" in str(answer)


def test_cancelling_ends_it_and_what_it_has_started(install, written, tmp_path):
    started = tmp_path / "started"
    install(
        "import os, subprocess, sys, time\n"
        "def load(path):\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"    open({str(started)!r} + '.new', 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"    os.rename({str(started)!r} + '.new', {str(started)!r})\n"
        "    time.sleep(600)\n"
    )

    def tell(what):
        if started.exists():
            raise KeyboardInterrupt(what)

    selection, target, path = written
    with pytest.raises(KeyboardInterrupt, match="asking medload_example"):
        ask_consumer(Lines(), selection, replace(target, tell=tell), path)
    gone = [pid for pid in map(int, started.read_text().split()) if _runs(pid)]
    assert gone == []


def _runs(pid):
    """Whether a process still does something; one that nobody has waited for is over too."""
    try:
        process = psutil.Process(pid)
        process.wait(10)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        return process.status() != psutil.STATUS_ZOMBIE
    return False
