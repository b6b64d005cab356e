from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from napari_medload.session.background.cache import Cache, SupersededError, default_budget


class Block:
    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


def always() -> bool:
    return True


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture
def cache(pool) -> Cache[str, Block]:
    return Cache(100, pool)


def fill(cache, **sizes: int) -> None:
    for key, size in sizes.items():
        cache.read(key, lambda size=size: Block(size), always).result()


def held(cache) -> set[str]:
    """Keys that are answered without reading again."""
    answers = {key: cache.read(key, lambda: Block(0), lambda: False) for key in "abcd"}
    return {key for key, future in answers.items() if future.exception() is None}


def test_a_key_is_read_once_by_whoever_asks_first(cache):
    reads = []

    def read() -> Block:
        reads.append(1)
        return Block(1)

    values = {id(cache.read("a", read, always).result()) for _ in range(3)}
    assert len(reads) == len(values) == 1


def test_readers_that_ask_at_once_share_one_read(cache):
    go, reads = Event(), []

    def read() -> Block:
        go.wait()
        reads.append(1)
        return Block(1)

    first, second = (cache.read("a", read, always) for _ in range(2))
    go.set()
    assert first.result() is second.result() and reads == [1]


def test_the_least_recently_used_go_first(cache):
    fill(cache, a=40, b=40, c=40)
    cache.read("a", lambda: Block(0), always)  # used again
    cache.trim(keep=())
    assert held(cache) == {"a", "c"}
    assert cache.nbytes == 80


def test_nothing_goes_within_the_budget(cache):
    fill(cache, a=50, b=50)
    cache.trim(keep=())
    assert held(cache) == {"a", "b"}


def test_what_is_kept_stays_whatever_it_takes(cache):
    fill(cache, a=80, b=80, c=10)
    cache.trim(keep={"a", "b"})
    assert held(cache) == {"a", "b"}


def test_growth_after_reading_is_counted(cache):
    fill(cache, a=10, b=10)
    cache.trim(keep=())
    cache.read("a", lambda: Block(0), always).result().nbytes = 95  # a reslicer made its copy
    assert cache.nbytes == 105
    cache.trim(keep={"a"})
    assert held(cache) == {"a"}


def test_a_read_that_nobody_wants_any_more_is_not_begun(cache):
    reads = []
    future = cache.read("a", lambda: reads.append(1) or Block(1), lambda: False)
    with pytest.raises(SupersededError):
        future.result()
    assert reads == []
    assert cache.read("a", lambda: Block(7), always).result().nbytes == 7


def test_what_failed_is_tried_again(cache):
    def fail() -> Block:
        raise OSError("disk away")

    with pytest.raises(OSError, match="disk away"):
        cache.read("a", fail, always).result()
    cache.trim(keep=())
    assert cache.nbytes == 0
    assert cache.read("a", lambda: Block(3), always).result().nbytes == 3


def test_clearing_forgets_everything(cache):
    fill(cache, a=10)
    cache.clear()
    assert cache.nbytes == 0
    assert cache.read("a", lambda: Block(2), always).result().nbytes == 2


def test_the_default_budget_is_at_most_4_gib():
    assert 0 < default_budget() <= 4 << 30
