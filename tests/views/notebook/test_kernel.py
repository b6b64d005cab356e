"""The browser in a real kernel, asked over the real wire as JupyterLab asks."""

from __future__ import annotations

import json
import os
import zlib
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from jupyter_client.manager import KernelManager

from tests.session.datasets import write_pairs
from tests.views.notebook.kernel_end import array_of, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

TIMEOUT_S = 120
# what every kernel says, and what it says where it is interrupted to be shut down
USUAL = ("Kernel is running over TCP without encryption", "KeyboardInterrupt caught in kernel")

# what a cell does that takes long: it says that it has begun, and waits until it may end
LONG = "import os\nprint('begun')\nwhile not os.path.exists({path!r}):\n    pass"


class Kernel:
    """A kernel of its own, and a client that keeps all that it broadcasts.

    Parameters
    ----------
    folder : Path
        Holds all that the kernel writes.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = (folder / "stderr.txt").open("w+", encoding="utf-8")
        self.manager = KernelManager(connection_file=str(folder / "connection.json"))
        self.manager.start_kernel(cwd=str(folder), env=environment, stderr=self._log)
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT_S)
        self.heard: list[dict[str, Any]] = []

    def until(self, condition: Callable[[], Any]) -> Any:
        """Listen until a condition holds, and return what it does."""
        while not (found := condition()):
            self.heard.append(self.client.get_iopub_msg(timeout=TIMEOUT_S))
        return found

    def begin(self, code: str) -> str:
        """Begin a cell; return the id by which its messages are known."""
        return str(self.client.execute(code))

    def of(self, cell: str, kind: str) -> list[dict[str, Any]]:
        """Contents of what a cell has broadcast so far."""
        return [
            message["content"]
            for message in self.heard
            if message["parent_header"].get("msg_id") == cell and message["msg_type"] == kind
        ]

    def end(self, cell: str) -> None:
        """Wait until a cell has ended."""
        self.until(lambda: {"execution_state": "idle"} in self.of(cell, "status"))
        errors = ["\n".join(told["traceback"]) for told in self.of(cell, "error")]
        assert not errors, errors[0]

    def run(self, code: str) -> str:
        """Run a cell, and return what it printed."""
        cell = self.begin(code)
        self.end(cell)
        return "".join(told["text"] for told in self.of(cell, "stream"))

    def control(self, kind: str) -> dict[str, Any]:
        """Ask something over the channel that is answered while a cell runs."""
        message = self.client.session.msg(kind, {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT_S)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return dict(reply["content"])

    def shut_down(self) -> str:
        """Shut the kernel down as a server does; return what it wrote to its standard error."""
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=False)
        self.client.stop_channels()
        if self._log.closed:
            return ""
        self._log.seek(0)
        told = [line for line in self._log if not any(usual in line for usual in USUAL)]
        self._log.close()
        streams = [m["content"] for m in self.heard if m["msg_type"] == "stream"]
        return "".join(told + [s["text"] for s in streams if s["name"] == "stderr"])


class Page:
    """A page's end of the wire.

    Parameters
    ----------
    kernel : Kernel
    dataset, folder : Path
        What is browsed in the kernel, and where its verdicts lie.

    Attributes
    ----------
    parts : list of dict
        What was answered to the first command.
    ids : dict of int to str
        By which the messages of each command are known.
    """

    def __init__(self, kernel: Kernel, dataset: Path, folder: Path) -> None:
        self.kernel, self.folder, self._n = kernel, folder, 0
        self.ids: dict[int, str] = {}
        told = kernel.run(
            "from napari_medload import browse\n"
            f"w = browse({str(dataset)!r}, reviewer='Ann', review_folder={str(folder)!r})\n"
            "w.settle()\n"
            "print(w.model_id)"
        )
        self._comm = told.split()[-1]
        self.parts = self.ask("hello")

    def send(self, cmd: str, subshell: str | None = None, **fields: Any) -> int:
        """Send a command as JupyterLab does, and do not wait; return its number."""
        self._n += 1
        data = {"method": "custom", "content": {"cmd": cmd, "n": self._n, **fields}}
        session = self.kernel.client.session
        message = session.msg("comm_msg", {"comm_id": self._comm, "data": data})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.kernel.client.shell_channel.send(message)
        self.ids[self._n] = message["header"]["msg_id"]
        return self._n

    def answers(self) -> list[tuple[int, dict[str, Any], dict[str, Any]]]:
        """Number, content and message of each answer so far."""
        return [
            (content["ack"], content, message)
            for message in self.kernel.heard
            if message["msg_type"] == "comm_msg"
            and message["content"]["comm_id"] == self._comm
            and message["content"]["data"].get("method") == "custom"
            and (content := message["content"]["data"]["content"])["ack"] is not None
        ]

    def wait(self, n: int) -> list[dict[str, Any]]:
        """Wait until a command is answered; return the parts of the answer."""

        def answered() -> list[list[dict[str, Any]]]:
            return [content["parts"] for ack, content, _message in self.answers() if ack == n]

        self.kernel.until(answered)
        return answered()[0]

    def ask(self, cmd: str, **fields: Any) -> list[dict[str, Any]]:
        return self.wait(self.send(cmd, **fields))

    def slices(self) -> list[int]:
        """Numbers of the axial slices that were told so far."""
        return [
            part["index"]["axial"]
            for message in self.kernel.heard
            if message["msg_type"] == "comm_msg"
            for part in message["content"]["data"].get("content", {}).get("parts", ())
            if part["type"] == "position"
        ]

    def lines(self) -> list[tuple[str, str, str | None]]:
        """Act, sample and what stands after it, of each line of the journal."""
        (journal,) = self.folder.glob("*.jsonl")
        text = journal.read_text("utf-8")
        assert text.endswith("\n")
        told = [json.loads(line) for line in text.splitlines()]
        return [(line["act"], line["sample_id"], line["verdict"]) for line in told]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a kernel that shares no settings with those of who runs it."""
    home = tmp_path_factory.mktemp("jupyter")
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{name}": str(home / name) for name in names}
    own |= {"IPYTHONDIR": str(home / "ipython"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return {**os.environ, **own}


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Kernel]]:
    """Starts kernels; each is shut down at the end, and must not have complained."""
    made: list[Kernel] = []

    def start_() -> Kernel:
        made.append(Kernel(tmp_path / f"kernel{len(made)}", environment))
        return made[-1]

    yield start_
    for kernel in made:
        assert kernel.shut_down() == ""


@pytest.fixture(scope="module")
def kernel(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kernel]:
    """A kernel that several tests ask, and that must not have complained at the end."""
    made = Kernel(tmp_path_factory.mktemp("kernel"), environment)
    yield made
    assert made.shut_down() == ""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "pairs", 4, labels=True)


@pytest.fixture
def page(kernel: Kernel, dataset: Path, tmp_path: Path) -> Page:
    return Page(kernel, dataset, tmp_path / "verdicts")


def test_hello_is_answered_with_the_picture(page: Page, dataset: Path) -> None:
    kinds = [part["type"] for part in page.parts]
    assert kinds.index("scene") < kinds.index("frame") < kinds.index("position")
    scene, frame = (next(p for p in page.parts if p["type"] == k) for k in ("scene", "frame"))
    assert [layer["role"] for layer in scene["layers"]][:2] == ["fixed_image", "moving_image"]
    _ack, content, message = page.answers()[0]
    raw = zlib.decompress(message["buffers"][0])
    assert len(raw) == content["inflated"]
    (cut,) = (cut for cut in frame["cuts"] if cut["plane"] == "axial")
    (told,) = (one for one in cut["layers"] if one["layer"] == 0)
    stored = nib.as_closest_canonical(nib.load(dataset / "fixed_images" / "case00.nii.gz"))
    axial = stored.get_fdata()[:, :, cut["index"]]
    plane = next(plane for plane in scene["planes"] if plane["name"] == "axial")
    assert plane["letters"] == ["R", "L", "A", "P"]
    assert np.array_equal(array_of(told, raw), axial.T[::-1, ::-1])


def test_what_is_asked_while_a_cell_runs_is_answered_after_it(page: Page, tmp_path: Path) -> None:
    kernel, before = page.kernel, page.slices()[-1]
    cell = kernel.begin(LONG.format(path=str(tmp_path / "go")))
    kernel.until(lambda: kernel.of(cell, "stream"))
    first = page.send("step", plane="axial", by=1)
    second = page.send("step", plane="axial", by=1)
    kernel.control("kernel_info_request")  # the kernel is there, but busy
    assert [ack for ack, _content, _message in page.answers() if ack >= first] == []
    (tmp_path / "go").touch()
    page.wait(second)
    assert [ack for ack, _content, _message in page.answers()][-2:] == [first, second]
    assert kernel.of(cell, "status")[-1] == {"execution_state": "idle"}
    assert page.slices()[-1] == before + 2
    page.ask("step", plane="axial", by=-1)
    assert page.slices()[-1] == before + 1


def test_a_verdict_is_on_disk_when_it_is_confirmed(page: Page) -> None:
    told = section(page.ask("judge", decision="accept", sample="case00"), "verdict")
    assert page.lines() == [("judge", "case00", "accept")]
    assert told["saved"] and "case00" in told["message"]
    refused = page.ask("judge", decision="reject", sample="case00")  # another one is shown by now
    assert "nothing was said" in section(refused, "trouble")["message"]
    assert len(page.lines()) == 1
    page.kernel.run("w.settle()")
    assert page.kernel.run("print(w.verdicts, w.selection)") == "{'case00': 'accept'} case01\n"


def test_what_comes_through_a_subshell_is_done_in_the_main_thread(
    page: Page, tmp_path: Path
) -> None:
    """JupyterLab sends what widgets say by a subshell, so that it is heard while a cell runs."""
    kernel, before = page.kernel, page.slices()[-1]
    reply = kernel.control("create_subshell_request")
    assert reply["status"] == "ok"
    subshell = str(reply["subshell_id"])
    kernel.run(
        "import threading\n"
        "came, done = [], []\n"
        "def note(*_news):\n"
        "    done.append(threading.current_thread())\n"
        # else some kernels choose by which thread spoke last
        "w.comm._reply_subshell_for = lambda _data, asked: asked\n"
        "w.on_msg(lambda *_message: came.append(threading.current_thread()))\n"
        "w.session.position_changed.connect(note)\n"
        "w.session.reviewing.marked.connect(note)"
    )
    cell = kernel.begin(LONG.format(path=str(tmp_path / "go")))
    kernel.until(lambda: kernel.of(cell, "stream"))
    numbers = [
        page.send("step", subshell, plane="axial", by=1),
        page.send("step", subshell, plane="axial", by=2),
        page.send("judge", subshell, decision="unsure", sample="case00"),
    ]
    for n in numbers:  # they are heard while the cell runs, and wait
        kernel.end(page.ids[n])
    assert {"execution_state": "idle"} not in kernel.of(cell, "status")
    assert [ack for ack, _content, _message in page.answers() if ack in numbers] == []
    (tmp_path / "go").touch()
    for n in numbers:
        page.wait(n)
    assert [ack for ack, _content, _message in page.answers()][-3:] == numbers
    assert page.lines() == [("judge", "case00", "unsure")]
    assert before + 3 in page.slices()
    told = kernel.run(
        "main = threading.main_thread()\n"
        "print(*(f'{len(them)} {set(one is main for one in them)}' for them in (came, done)))"
    )
    assert told.split() == ["3", "{False}", "3", "{True}"]
    # and with no cell running
    kernel.run("w.settle()")
    page.wait(page.send("undo", subshell))
    assert page.lines()[-1] == ("undo", "case00", None)


def test_a_cell_that_is_run_again_closes_the_first_browser(
    page: Page, dataset: Path, tmp_path: Path
) -> None:
    page.ask("judge", decision="accept", sample="case00")
    again = Page(page.kernel, dataset, tmp_path / "verdicts")
    closed = [
        part
        for message in page.kernel.heard
        if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == page._comm
        for part in message["content"]["data"].get("content", {}).get("parts", ())
        if part["type"] == "closed"
    ]
    assert len(closed) == 1
    assert section(again.parts, "verdict")["sample"] == "case01"


def test_a_kernel_that_is_shut_down_leaves_its_journal_whole(
    start: Callable[[], Kernel], dataset: Path, tmp_path: Path
) -> None:
    kernel = start()
    page = Page(kernel, dataset, tmp_path / "verdicts")
    page.ask("judge", decision="reject", sample="case00")
    kernel.run("w.settle()")
    page.ask("reason", reason="shifted", sample="case01")
    page.send("judge", decision="accept", sample="case01")  # and nobody waits for the answer
    assert kernel.shut_down() == ""
    said = page.lines()
    assert said[0] == ("judge", "case00", "reject")
    assert said[1:] in ([], [("judge", "case01", "accept")])
    # and another kernel goes on
    end = Page(start(), dataset, tmp_path / "verdicts")
    assert section(end.parts, "verdict")["progress"].startswith(f"{len(said)} of 4")
