"""From indices to arrays that are normalised and checked: `GeneratorDataLoader`.

Names, attributes and behaviour are those of DeepReg 0.1.2 (Apache-2.0), on NumPy alone.
"""

from __future__ import annotations

import random
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from napari_medload.loaders.deepreg.ahead import default_workers, in_order
from napari_medload.loaders.deepreg.arguments import expect, is_whole
from napari_medload.loaders.deepreg.arrays import Array, check_sample, normalize_array, resize
from napari_medload.loaders.deepreg.h5_files import H5FileLoader
from napari_medload.loaders.deepreg.nifti_files import NiftiFileLoader
from napari_medload.loaders.deepreg.pair_loader import (
    AbstractPairedDataLoader,
    AbstractUnpairedDataLoader,
    DataLoader,
    Shape,
)
from napari_medload.loaders.deepreg.stream import NumpyDataset, SampleArrays
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.plan import label_channels

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from napari_medload.loaders.deepreg.file_loader import FileLoader, Index

__all__ = [
    "AbstractPairedDataLoader",
    "AbstractUnpairedDataLoader",
    "DataLoader",
    "GeneratorDataLoader",
    "PairIndices",
]

_FRESH = (NiftiFileLoader, H5FileLoader)
"""Loaders that make each array anew; what is derived from them may keep theirs."""

PairIndices: TypeAlias = "tuple[Index, Index, list[int]]"
"""Index of the moving image, index of the fixed image, and the numbers that name the pair."""


class GeneratorDataLoader(DataLoader):
    """Loads pairs through file loaders, in the order of ``sample_index_generator``.

    Iterating yields dictionaries of one epoch, at the size that images have on disk.

    Parameters
    ----------
    workers : int, optional
        Threads that read ahead; one for each processor by default, 0 to read when asked.
    label_seed : int, optional
        Seed of its own for ``sample_label="sample"``, the same draws in each epoch. Without it
        they come from the interpreter's global generator, as in DeepReg.
    **kwargs
        As for `DataLoader`.
    """

    roles: ClassVar[tuple[str, ...]] = (
        "moving_image",
        "fixed_image",
        "moving_label",
        "fixed_label",
    )

    def __init__(
        self, *, workers: int | None = None, label_seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        fits = workers is None or (is_whole(workers) and workers >= 0)
        expect("workers", workers, fits, "an int from 0 or None")
        expect("label_seed", label_seed, label_seed is None or is_whole(label_seed), "int or None")
        self.workers = workers
        self.label_seed = None if label_seed is None else int(label_seed)
        self.loader_moving_image: FileLoader | None = None
        self.loader_fixed_image: FileLoader | None = None
        self.loader_moving_label: FileLoader | None = None
        self.loader_fixed_label: FileLoader | None = None

    def __iter__(self) -> Iterator[SampleArrays]:
        return iter(self.data_generator())

    def get_dataset(self) -> NumpyDataset:
        """Stream of the samples of an epoch, float32, resized where the loader has shapes."""
        try:
            shapes = {"moving": self.moving_image_shape, "fixed": self.fixed_image_shape}
        except NotImplementedError:
            shapes = {}
        # looked up in each epoch: the generator of an instance may be replaced
        return NumpyDataset(lambda: self.data_generator()).map(partial(_as_float, shapes=shapes))

    def sample_index_generator(self) -> Iterable[PairIndices]:
        """Yield indices of moving and fixed image, and the numbers that name the pair."""
        raise NotImplementedError

    def data_generator(self) -> Generator[SampleArrays, None, None]:
        """Yield the samples of an epoch.

        Files are read and images normalised in threads, a few pairs ahead; label channels are
        drawn in the order of the samples.

        Yields
        ------
        dict
            ``moving_image``, ``fixed_image`` with values from 0 to 1; where labeled
            ``moving_label``, ``fixed_label``; ``indices``: what names the sample, then the label
            channel, -1 where there is none.
        """
        extra: dict[str, Any] = {}
        if self.label_seed is not None:
            extra["draw"] = random.Random(self.label_seed)  # noqa: S311
        workers = default_workers() if self.workers is None else int(self.workers)
        with closing(in_order(self._jobs(), workers)) as pairs:
            for (moving, fixed, indices), arrays in pairs:
                named = dict.fromkeys(self.roles) | dict(zip(self.roles, arrays, strict=False))
                try:
                    yield from self.sample_image_label(**named, image_indices=indices, **extra)
                except LoaderError as error:
                    raise LoaderError(
                        f"{error} It is the pair of {_place(self.loader_moving_image, moving)} and "
                        f"{_place(self.loader_fixed_image, fixed)}."
                    ) from error

    def _jobs(self) -> Iterator[tuple[PairIndices, list[Callable[[], Array]]]]:
        for moving, fixed, indices in self.sample_index_generator():
            calls: list[Callable[[], Array]] = [
                partial(_read_image, self.loader_moving_image, moving),
                partial(_read_image, self.loader_fixed_image, fixed),
            ]
            if self.labeled:
                calls.append(partial(_read, self.loader_moving_label, moving))
                calls.append(partial(_read, self.loader_fixed_label, fixed))
            yield (moving, fixed, indices), calls

    @staticmethod
    def validate_images_and_labels(
        moving_image: Array | None,
        fixed_image: Array | None,
        moving_label: Array | None,
        fixed_label: Array | None,
        image_indices: list[int],
    ) -> None:
        """Check arrays as `check_sample` does; grids that differ are only logged."""
        check_sample(moving_image, fixed_image, moving_label, fixed_label, image_indices)

    def sample_image_label(
        self,
        moving_image: Array | None,
        fixed_image: Array | None,
        moving_label: Array | None,
        fixed_label: Array | None,
        image_indices: list[int],
        *,
        draw: random.Random | None = None,
    ) -> Iterator[SampleArrays]:
        """Yield the samples of one pair: one, or one for each label channel.

        Parameters
        ----------
        moving_image, fixed_image : array, 3D
        moving_label, fixed_label : array, 3D or 4D, or None
        image_indices : list of int
            What names the pair.
        draw : random.Random, optional
            Where ``sample_label="sample"`` draws channels from.

        Raises
        ------
        LoaderError
            If the arrays cannot be trained with.
        PlanError
            If labels have several channels and there is no policy for them.
        """
        self.validate_images_and_labels(
            moving_image, fixed_image, moving_label, fixed_label, image_indices
        )
        images = {"moving_image": moving_image, "fixed_image": fixed_image}
        if moving_label is None or fixed_label is None:
            yield {**images, "indices": _named(image_indices, -1)}
            return
        if moving_label.ndim == 3:  # a single channel, which may be 4D on the other side
            moving_label = moving_label[..., np.newaxis]
            channels = [0]
        else:
            channels = label_channels(moving_label.shape[3], self.sample_label, draw)
        if fixed_label.ndim == 3:
            fixed_label = fixed_label[..., np.newaxis]
        for channel in channels:
            yield {
                **images,
                "moving_label": moving_label[..., channel],
                "fixed_label": fixed_label[..., channel],
                "indices": _named(image_indices, channel),
            }


def _read(loader: FileLoader | None, index: Index) -> Array:
    if loader is None:
        raise LoaderError(
            "a file loader is missing; expected loader_moving_image and loader_fixed_image, and "
            "where labeled both for labels. Set them in __init__."
        )
    return loader.get_data(index=index)


def _read_image(loader: FileLoader | None, index: Index) -> Array:
    array = _read(loader, index)
    # in place where nobody else can hold the array: threads wait for memory, not for processors
    out = array if type(loader) in _FRESH and "get_data" not in vars(loader) else None
    try:
        return normalize_array(array, out=out)
    except LoaderError as error:
        raise LoaderError(f"{_place(loader, index)}: {error}") from error


def _place(loader: FileLoader | None, index: Index) -> str:
    """Words for where an array comes from; loaders of others may only know its index."""
    try:
        return str(loader.get_source(index)) if loader else ""
    except (NotImplementedError, AttributeError):
        return f"image {index}"


def _named(image_indices: list[int], channel: int) -> Array:
    return np.asarray([*image_indices, channel], dtype=np.float32)


def _as_float(sample: SampleArrays, shapes: dict[str, Shape]) -> SampleArrays:
    result = {}
    for name, value in sample.items():
        shape = shapes.get(name.partition("_")[0])
        array = np.asarray(value, dtype=np.float32)
        result[name] = array if shape is None else resize(array, shape)
    return result
