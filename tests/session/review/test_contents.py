"""What a verdict is bound to where hashing is slow: a file that gives its bytes only when asked to.

A named pipe is such a file. Hashing waits for what is written into it, and so does all that is to
be hashed after it.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest

from napari_medload.formats import Source
from napari_medload.loaders import Sample
from napari_medload.session.background.preparing import Prepared
from napari_medload.session.options import ViewOptions
from napari_medload.session.review import contents
from napari_medload.session.review.contents import Contents
from tests.session.datasets import write_pair
from tests.session.review.test_reviewing import (  # noqa: F401
    _own_home,
    folder,
    judge,
    lines,
    make_reviewer,
    marks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.session.conftest import Walker

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")

BYTES = b"all that is in the file"


class Slow:
    """A sample of one file whose bytes are not there yet."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._path, self._waits = path, True
        sample = Sample("slow", {"transform": Source(path)})
        self.prepared = Prepared(sample, {}, {}, {}, ViewOptions())

    def let_go(self) -> None:
        """Hand over the bytes to whoever waits for them."""
        if self._waits:
            self._waits = False
            self._path.write_bytes(BYTES)


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    monkeypatch.setattr(contents, "_PATIENCE_S", 0.05)
    made = Slow(tmp_path / "slow.tfm")
    yield made
    made.let_go()  # a thread that waits for ever would keep the tests from ending


def test_what_is_not_hashed_yet_is_known_by_its_stamps(slow: Slow):
    counted = Contents()
    future = counted.count(slow.prepared)
    found = counted.of("slow")
    there = os.stat(slow.prepared.sample.sources["transform"].file)
    assert found.hashes == ()
    assert found.stamps == (("transform", there.st_size, there.st_mtime_ns),)
    slow.let_go()
    assert future is not None
    future.result(60)
    expected = f"bytes:{blake2b(BYTES, digest_size=16).hexdigest()}"
    assert counted.of("slow").hashes == (("transform", expected),)
    assert counted.of("slow").stamps == found.stamps
    counted.close()


def test_a_verdict_before_its_hash_holds_stamps_and_grows_stale(
    make_reviewer: Callable[..., Walker],  # noqa: F811
    folder: Path,  # noqa: F811
    slow: Slow,
):
    anna = make_reviewer()
    anna.open(folder)
    anna.settle()
    anna.session.reviewing.see(slow.prepared)  # hashed one after another: the next ones wait
    for sample in (3, 4):
        anna.select(sample)
        assert judge(anna, "accept")
    for number, line in zip((3, 4), lines(folder), strict=True):
        file = os.stat(folder / "fixed_images" / f"case0{number}.nii.gz")
        assert not line["content_hash"]
        assert line["stamps"]["fixed_image"] == [file.st_size, file.st_mtime_ns]
        assert line["stamps"].keys() == {"fixed_image", "moving_image"}
    slow.let_go()

    write_pair(folder, "case03", 21)  # other voxels
    again = make_reviewer()
    again.open(folder)
    again.wait(lambda: "stale" in marks(again)[3])
    again.select(4)
    again.wait_for_neighbours()
    assert marks(again)[4] == "✓ accept"
