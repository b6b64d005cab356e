"""Pairs of any two images: `UnpairedDataLoader`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.loaders.deepreg.data_loader import (
    AbstractUnpairedDataLoader,
    GeneratorDataLoader,
    PairIndices,
)
from napari_medload.loaders.deepreg.roles import (
    SINGLE_IMAGES,
    FileLoaderClass,
    RoleLoaders,
    check_paths,
)
from napari_medload.loaders.plan import unpaired_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class UnpairedDataLoader(RoleLoaders, AbstractUnpairedDataLoader, GeneratorDataLoader):
    """Loads ``images``, with ``labels``, and pairs them anew in each epoch.

    Parameters
    ----------
    file_loader : class
        `NiftiFileLoader`, `H5FileLoader`, or another that is made as they are.
    data_dir_paths : list of str
        Folders that hold the roles.
    labeled : bool
    sample_label : str
        ``"all"`` or ``"sample"``: what is drawn from labels of several channels.
    seed : int or None
        Of the pairs of an epoch.
    image_shape : three ints
        To which `get_dataset` resizes.
    **options
        ``workers`` and ``label_seed``, as for `GeneratorDataLoader`.

    Raises
    ------
    LoaderError
        If a folder is missing or empty, or the roles hold different names.
    """

    def __init__(
        self,
        file_loader: FileLoaderClass,
        data_dir_paths: list[str],
        labeled: bool,
        sample_label: str | None,
        seed: int | None,
        image_shape: Sequence[int],
        **options: Any,
    ) -> None:
        super().__init__(
            image_shape=image_shape,
            labeled=labeled,
            sample_label=sample_label,
            seed=seed,
            **options,
        )
        check_paths(data_dir_paths)
        with self.closed_on_error():
            self.load_roles(file_loader, data_dir_paths, SINGLE_IMAGES, grouped=False)
            self.validate_data_files()
            self.num_images = self.image_loader.get_num_images()
            self._num_samples = self.num_images // 2

    def validate_data_files(self) -> None:
        """Check that images and labels hold the same names."""
        self.check_roles("unpaired")

    def sample_index_generator(self) -> Iterator[PairIndices]:
        """Pairs of an epoch: consecutive images of a shuffled list."""
        for moving, fixed in unpaired_order(self.num_images, self.seed):
            yield moving, fixed, [moving, fixed]
