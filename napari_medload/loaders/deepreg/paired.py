"""Pairs of one name: `PairedDataLoader`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.loaders.deepreg.data_loader import (
    AbstractPairedDataLoader,
    GeneratorDataLoader,
    PairIndices,
)
from napari_medload.loaders.deepreg.roles import FileLoaderClass, RoleLoaders, check_paths
from napari_medload.loaders.plan import paired_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class PairedDataLoader(RoleLoaders, AbstractPairedDataLoader, GeneratorDataLoader):
    """Loads ``moving_images`` and ``fixed_images``, with ``moving_labels`` and ``fixed_labels``.

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
        Of the order of an epoch.
    moving_image_shape, fixed_image_shape : three ints
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
        moving_image_shape: Sequence[int],
        fixed_image_shape: Sequence[int],
        **options: Any,
    ) -> None:
        super().__init__(
            moving_image_shape=moving_image_shape,
            fixed_image_shape=fixed_image_shape,
            labeled=labeled,
            sample_label=sample_label,
            seed=seed,
            **options,
        )
        check_paths(data_dir_paths)
        with self.closed_on_error():
            self.load_roles(
                file_loader,
                data_dir_paths,
                {
                    "moving_image": "moving_images",
                    "fixed_image": "fixed_images",
                    "moving_label": "moving_labels",
                    "fixed_label": "fixed_labels",
                },
                grouped=False,
            )
            self.validate_data_files()
            self.num_images = self.image_loader.get_num_images()

    def validate_data_files(self) -> None:
        """Check that all roles hold the same names."""
        self.check_roles("paired")

    def sample_index_generator(self) -> Iterator[PairIndices]:
        """Pairs in the order of an epoch."""
        for index in paired_order(self.num_samples, self.seed):
            yield index, index, [index]
