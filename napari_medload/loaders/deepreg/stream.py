"""A stream of samples that can be iterated again and again: `NumpyDataset`."""

from __future__ import annotations

import random
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from napari_medload.loaders.deepreg.arguments import expect_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SampleArrays: TypeAlias = dict[str, Any]
"""Arrays of one sample, or of a batch, by name."""


class NumpyDataset:
    """Dictionaries of arrays, made anew in each iteration.

    The methods are those of ``tf.data.Dataset`` that DeepReg uses.

    Parameters
    ----------
    make : callable
        Returns an iterator over one epoch.
    """

    def __init__(self, make: Callable[[], Iterable[SampleArrays]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[SampleArrays]:
        return iter(self._make())

    def as_numpy_iterator(self) -> Iterator[SampleArrays]:
        """Iterate: all arrays are NumPy's."""
        return iter(self)

    def take(self, count: int) -> NumpyDataset:
        """Only the first ones."""
        return NumpyDataset(lambda: islice(self, count))

    def map(self, function: Callable[[SampleArrays], SampleArrays]) -> NumpyDataset:
        """Apply a function to each."""
        return NumpyDataset(lambda: map(function, self))

    def shuffle(self, buffer_size: int, seed: int | None = None) -> NumpyDataset:
        """Draw each from as many as the buffer holds; another order in each epoch.

        Parameters
        ----------
        buffer_size : int
        seed : int, optional
            Of the generator that all epochs of this dataset draw from.

        Raises
        ------
        LoaderError
            If the buffer holds none.
        """
        expect_count("buffer_size", buffer_size, 1)
        draw = random.Random(seed)  # noqa: S311
        return NumpyDataset(lambda: _shuffled(self, buffer_size, draw))

    def repeat(self) -> NumpyDataset:
        """Epoch after epoch without end."""
        return NumpyDataset(lambda: _repeated(self))

    def batch(self, batch_size: int, drop_remainder: bool = False) -> NumpyDataset:
        """Stack as many along a new first axis.

        Parameters
        ----------
        batch_size : int
        drop_remainder : bool
            Whether a last batch that is not full is left out.

        Raises
        ------
        LoaderError
            If the size is no whole number from 1.
        """
        expect_count("batch_size", batch_size, 1)
        return NumpyDataset(lambda: _batches(self, batch_size, drop_remainder))


def _shuffled(
    samples: Iterable[SampleArrays], size: int, draw: random.Random
) -> Iterator[SampleArrays]:
    buffer: list[SampleArrays] = []
    for sample in samples:
        buffer.append(sample)
        if len(buffer) >= size:
            yield buffer.pop(draw.randrange(len(buffer)))
    draw.shuffle(buffer)
    yield from buffer


def _repeated(samples: Iterable[SampleArrays]) -> Iterator[SampleArrays]:
    while True:
        count = 0
        for sample in samples:
            count += 1
            yield sample
        if not count:  # an epoch of nothing would be repeated for ever
            return


def _batches(
    samples: Iterable[SampleArrays], size: int, drop_remainder: bool
) -> Iterator[SampleArrays]:
    epoch = iter(samples)
    while batch := list(islice(epoch, size)):
        if len(batch) < size and drop_remainder:
            return
        yield {name: np.stack([sample[name] for sample in batch]) for name in batch[0]}
