"""What the loaders of pairs have in common: options, shapes, and streams of batches.

Names, attributes and behaviour are those of DeepReg 0.1.2 (Apache-2.0), on NumPy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from napari_medload.loaders.deepreg.arguments import expect, expect_count, is_shape, is_whole
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.options import SAMPLE_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.loaders.deepreg.stream import NumpyDataset

Shape: TypeAlias = tuple[int, ...]


class DataLoader:
    """Loads pairs.

    Parameters
    ----------
    labeled : bool or None
        Whether labels are loaded with the images.
    num_indices : int or None
        How many numbers name a sample, that of the label channel included.
    sample_label : str or None
        ``"all"``: one sample for each label channel; ``"sample"``: one channel at random.
    seed : int, optional
        Of the order of an epoch; None where each epoch is another.

    Raises
    ------
    LoaderError
        If a value is none of these.
    """

    def __init__(
        self,
        labeled: bool | None,
        num_indices: int | None,
        sample_label: str | None,
        seed: int | None = None,
    ) -> None:
        fits = labeled is None or isinstance(labeled, bool | np.bool_)
        expect("labeled", labeled, fits, "bool or None")
        fits = sample_label in (*SAMPLE_LABELS, None)
        expect("sample_label", sample_label, fits, "sample, all or None")
        fits = num_indices is None or (is_whole(num_indices) and num_indices >= 1)
        expect("num_indices", num_indices, fits, "an int from 1 or None")
        expect("seed", seed, seed is None or is_whole(seed), "int or None")
        self.labeled = labeled
        self.num_indices = num_indices
        self.sample_label = sample_label
        self.seed = None if seed is None else int(seed)  # random takes no NumPy integer

    @property
    def moving_image_shape(self) -> Shape:
        """Shape that moving images are resized to."""
        raise NotImplementedError

    @property
    def fixed_image_shape(self) -> Shape:
        """Shape that fixed images are resized to."""
        raise NotImplementedError

    @property
    def num_samples(self) -> int:
        """Number of pairs of an epoch."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.num_samples

    def get_dataset(self) -> NumpyDataset:
        """Stream of the samples of an epoch."""
        raise NotImplementedError

    def get_dataset_and_preprocess(
        self,
        training: bool,
        batch_size: int,
        repeat: bool,
        shuffle_buffer_num_batch: int,
        data_augmentation: Any = None,
        num_parallel_calls: int | None = None,
    ) -> NumpyDataset:
        """Stream of batches.

        Parameters
        ----------
        training : bool
            Whether samples are shuffled, and a last batch that is not full is left out.
        batch_size : int
        repeat : bool
            Whether epochs follow each other without end.
        shuffle_buffer_num_batch : int
            Size of the buffer that samples are shuffled in, in batches; 0 to leave the order.
        data_augmentation : dict or list, optional
            Not offered.
        num_parallel_calls : int, optional
            Taken as DeepReg's callers give it; ``workers`` of the loader decides.

        Raises
        ------
        NotImplementedError
            If an augmentation is asked for.
        LoaderError
            If a size is no whole number, or too small.
        """
        expect_count("batch_size", batch_size, 1)
        expect_count("shuffle_buffer_num_batch", shuffle_buffer_num_batch, 0)
        if data_augmentation:
            raise NotImplementedError(
                f"data_augmentation is {data_augmentation}; this loader reads, and leaves arrays "
                "as they are. Leave it out and augment the batches, such as with TorchIO or MONAI."
            )
        dataset = self.get_dataset()
        if training and shuffle_buffer_num_batch > 0:
            dataset = dataset.shuffle(batch_size * shuffle_buffer_num_batch, self.seed)
        if repeat:
            dataset = dataset.repeat()
        return dataset.batch(batch_size, drop_remainder=training)

    def close(self) -> None:
        """Close what is open."""


class AbstractPairedDataLoader(DataLoader):
    """Pairs whose moving and fixed images have shapes of their own.

    Parameters
    ----------
    moving_image_shape, fixed_image_shape : three ints
    **kwargs
        As for `DataLoader`.

    Raises
    ------
    LoaderError
        If a shape is none.
    """

    def __init__(
        self,
        moving_image_shape: Sequence[int],
        fixed_image_shape: Sequence[int],
        **kwargs: Any,
    ) -> None:
        super().__init__(num_indices=2, **kwargs)
        if not (is_shape(moving_image_shape) and is_shape(fixed_image_shape)):
            raise LoaderError(
                f"found moving_image_shape {moving_image_shape!r} and fixed_image_shape "
                f"{fixed_image_shape!r}; moving_image_shape and fixed_image_shape have length of "
                "three, whole numbers from 1: (width, height, depth). Correct them."
            )
        self._moving_image_shape = tuple(moving_image_shape)
        self._fixed_image_shape = tuple(fixed_image_shape)
        self.num_images: int | None = None

    @property
    def moving_image_shape(self) -> Shape:
        """Shape that moving images are resized to."""
        return self._moving_image_shape

    @property
    def fixed_image_shape(self) -> Shape:
        """Shape that fixed images are resized to."""
        return self._fixed_image_shape

    @property
    def num_samples(self) -> int:
        """Number of pairs of an epoch; None before the images are counted."""
        return cast("int", self.num_images)


class AbstractUnpairedDataLoader(DataLoader):
    """Pairs made of single images, which all are resized to one shape.

    Parameters
    ----------
    image_shape : three ints
    **kwargs
        As for `DataLoader`.

    Raises
    ------
    LoaderError
        If the shape is none.
    """

    def __init__(self, image_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(num_indices=3, **kwargs)
        if not is_shape(image_shape):
            raise LoaderError(
                f"found image_shape {image_shape!r}; image_shape has to be length of three, whole "
                "numbers from 1: (width, height, depth). Correct it."
            )
        self.image_shape = tuple(image_shape)
        self._num_samples: int | None = None

    @property
    def moving_image_shape(self) -> Shape:
        """Shape that moving images are resized to."""
        return self.image_shape

    @property
    def fixed_image_shape(self) -> Shape:
        """Shape that fixed images are resized to."""
        return self.image_shape

    @property
    def num_samples(self) -> int:
        """Number of pairs of an epoch; None before the images are counted."""
        return cast("int", self._num_samples)
