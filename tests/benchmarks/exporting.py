"""Lists of 100,000 reviewed pairs with labels: looked at, written and read back.

Each of 10,000 images a side stands in ten pairs: their names are as long as if there were 100,000,
and the files are made ten times as fast.
"""

from __future__ import annotations

import csv
import json
import os
import tracemalloc
from collections.abc import Sequence
from itertools import starmap
from typing import TYPE_CHECKING

from napari_medload import export
from napari_medload.export import Entry, Selection
from napari_medload.export.saving import target_of
from napari_medload.formats import Source
from napari_medload.formats.storage.atomic import written_whole
from napari_medload.loaders import Dataset, Sample
from napari_medload.review import Verdict
from tests.benchmarks.figures import Figure
from tests.benchmarks.timing import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 100_000
MANY, FEW = 30_000, 3_000
_FILES = 10_000
_KNOWN = 500
_ROUNDS = 2
_ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")


def measure(folder: Path) -> list[Figure]:
    """Measure CSV and MONAI, and the memory that JSON Lines takes."""
    root = written(folder / "exporting")
    chosen = selection(root)
    return [*tables(root, chosen), *datalist(root, chosen), memory(root)]


def written(root: Path) -> Path:
    """Write empty files: exporting looks whether they are there, and opens none."""
    for role in _ROLES:
        place = root / f"{role}s"
        place.mkdir(parents=True)
        for number in range(_FILES):
            os.close(os.open(place / _file(number), os.O_CREAT | os.O_WRONLY))
    return root


def _file(number: int) -> str:
    return f"sub-{number:06}.nii.gz"


def entry(root: str, number: int) -> Entry:
    """Return a pair that was judged, with its hashes."""
    name = f"sub-{number:06}"
    fixed, moving = number % _FILES, (number + number // _FILES) % _FILES
    sources = {
        role: Source(f"{root}/{role}s/{_file(fixed if role.startswith('fixed') else moving)}")
        for role in _ROLES
    }
    content = tuple((role, f"{number * 7 + place:032x}") for place, role in enumerate(_ROLES))
    verdict = Verdict(
        f"train/{name}",
        "accept",
        ("shifted",) if number % 10 == 0 else (),
        "looks well, but for the rim" if number % 10 == 0 else "",
        content,
        reviewer="Anna",
        time=f"2026-01-01T00:00:{number % 60:02}.000000Z",
    )
    return Entry(Sample(f"train/{name}", sources, split="train"), verdict, (), content)


def selection(root: Path) -> Selection:
    """Return all pairs, in memory as the browser has them."""
    entries = tuple(entry(str(root), number) for number in range(ROWS))
    samples = tuple(each.sample for each in entries)
    return Selection(Dataset(root, "paired", samples, "world"), entries)


class Made(Sequence[Entry]):
    """Pairs that are made when asked for, and never stand in memory together.

    Files and verdicts are those of the first few, so that making them takes no time.
    """

    def __init__(self, root: Path, numbers: range, known: Sequence[Entry] = ()) -> None:
        self._root, self._numbers = root, numbers
        self._known = known or [entry(str(root), number) for number in range(_KNOWN)]

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return Made(self._root, self._numbers[index], self._known)
        number = self._numbers[index]
        known = self._known[number % _KNOWN]
        sample = Sample(f"train/sub-{number:06}", known.sample.sources, split="train")
        return Entry(sample, known.verdict, (), known.content)


def tables(root: Path, chosen: Selection) -> list[Figure]:
    """CSV as it is written, and all of saving it, against `csv.writer` of the same rows."""
    path = root.parent / "ours.csv"
    saved = export.save(chosen, path, "csv")
    if saved.warnings:
        raise AssertionError(f"there is nothing to say of these files: {saved}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if len(rows) != ROWS + 1:
        raise AssertionError("not all rows were written")

    def peer(_turn: int) -> None:
        with (root.parent / "peer.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
            file.flush()
            os.fsync(file.fileno())

    places = [rows[0].index(role) for role in _ROLES]

    def by_hand(turn: int) -> None:
        peer(turn)
        for row in rows[1:]:
            if not all(os.path.exists(row[place]) for place in places):
                raise AssertionError("a file is not there")
        with (root.parent / "peer.csv").open(encoding="utf-8", newline="") as file:
            if list(csv.reader(file)) != rows:
                raise AssertionError("csv has written another thing")

    times = _times(chosen, path, "csv", peer, by_hand)
    if (root.parent / "peer.csv").read_bytes() != path.read_bytes():
        raise AssertionError("the table is not that of csv.writer")
    what = f"{ROWS:,} rows to CSV"
    return [
        Figure(f"{what}, against csv.writer", times["writes"], times["peer"], "s", 2.0, "at most"),
        Figure(
            "the same, files looked for and all cells read back; os.path.exists, csv.reader too",
            times["saves"], times["by hand"], "s", 2.0, "at most",
        ),
    ]  # fmt: skip


def datalist(root: Path, chosen: Selection) -> list[Figure]:
    """MONAI datalist as it is written, and all of saving it, against `json.dump` of its content."""
    path = root.parent / "datalist.json"
    export.save(chosen, path, "monai", ask=False)
    content = json.loads(path.read_text(encoding="utf-8"))
    if len(content["training"]) != ROWS:
        raise AssertionError("not all items were written")

    def peer(_turn: int) -> None:
        with (root.parent / "peer.json").open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())

    def by_hand(turn: int) -> None:
        peer(turn)
        for item in content["training"]:
            if not all(os.path.exists(item[role]) for role in _ROLES):
                raise AssertionError("a file is not there")
        if json.loads((root.parent / "peer.json").read_text(encoding="utf-8")) != content:
            raise AssertionError("json has written another thing")

    times = _times(chosen, path, "monai", peer, by_hand)
    what = f"{ROWS:,} rows to a MONAI list"
    return [
        Figure(f"{what}, against json.dump", times["writes"], times["peer"], "s", 2.0, "at most"),
        Figure(
            "the same, files looked for and all items read back; os.path.exists, json.loads too",
            times["saves"], times["by hand"], "s", 2.0, "at most",
        ),
    ]  # fmt: skip


def _times(
    chosen: Selection,
    path: Path,
    name: str,
    peer: Callable[[int], None],
    by_hand: Callable[[int], None],
) -> dict[str, float]:
    """Time writing a list and all of saving it, in turns with a peer that does the same."""
    exporter = export.exporter_named(name)

    def writes(_turn: int) -> None:
        target = target_of(exporter, path, None, {})  # which keeps nothing of the turn before
        with written_whole(path) as aside:  # flushed to disk, as the peer's
            exporter.write(chosen, target, aside)

    def saves(_turn: int) -> export.Saved:
        return export.save(chosen, path, name, ask=False)

    turns = {"writes": writes, "peer": peer, "saves": saves, "by hand": by_hand}
    return interleaved(turns, _ROUNDS, warm_up=0)


def memory(root: Path) -> Figure:
    """JSON Lines of pairs that are made when asked for: ten times as many."""
    _peak(root, FEW)  # what is made once, and kept
    many, few = starmap(_peak, ((root, MANY), (root, FEW)))
    name = f"save {MANY:,} rows to JSON Lines: memory, against {FEW:,} rows"
    return Figure(name, many / 1e6, few / 1e6, "MB", 1.2, "at most")


def _peak(root: Path, count: int) -> float:
    """Return the most bytes that were held while a list was saved."""
    chosen = Selection(Dataset(root, "paired", (), "world"), Made(root, range(count)))
    return _held_at_most(lambda: export.save(chosen, root.parent / "made.jsonl", "jsonl"))


def _held_at_most(call: Callable[[], object]) -> float:
    tracemalloc.start()
    call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(most)
