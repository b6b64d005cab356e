"""Pairs within groups and between them: `GroupedDataLoader`."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, cast

from napari_medload.loaders.deepreg.arguments import expect, is_real
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
from napari_medload.loaders.plan import (
    GroupedPair,
    check_grouping,
    inter_pairs,
    intra_pairs,
    sampled_pairs,
    shuffled_pairs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from napari_medload.loaders.options import IntraGroupOption

_LOG = logging.getLogger(__name__)
_SHOWN = 5


class GroupedDataLoader(RoleLoaders, AbstractUnpairedDataLoader, GeneratorDataLoader):
    """Loads ``images``, with ``labels``, that lie in groups.

    Parameters
    ----------
    file_loader : class
        `NiftiFileLoader`, `H5FileLoader`, or another that is made as they are.
    data_dir_paths : list of str
        Folders that hold the roles.
    labeled : bool
    sample_label : str
        ``"all"`` or ``"sample"``: what is drawn from labels of several channels.
    intra_group_prob : float
        Probability of a pair within a group: 1 for those only, 0 for pairs between groups only.
    intra_group_option : str
        Within a group: ``"forward"`` (the earlier image is moving), ``"backward"`` or
        ``"unconstrained"``.
    sample_image_in_group : bool
        Whether an epoch has one pair a group, or all pairs.
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
    PlanError
        If no epoch can be drawn with the options.
    """

    def __init__(
        self,
        file_loader: FileLoaderClass,
        data_dir_paths: list[str],
        labeled: bool,
        sample_label: str | None,
        intra_group_prob: float,
        intra_group_option: str,
        sample_image_in_group: bool,
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
        expect("intra_group_prob", intra_group_prob, is_real(intra_group_prob), "a number, 0 to 1")
        self.num_indices = 5  # two groups, two images, and the label channel
        self.intra_group_option = intra_group_option
        self.intra_group_prob = intra_group_prob
        self.sample_image_in_group = sample_image_in_group
        with self.closed_on_error():
            self.load_roles(file_loader, data_dir_paths, SINGLE_IMAGES, grouped=True)
            self.validate_data_files()
            self._plan()

    def _plan(self) -> None:
        self.num_groups = self.image_loader.get_num_groups()
        self.num_images_per_group = self.image_loader.get_num_images_per_group()
        check_grouping(self.num_groups, self.intra_group_prob, self.sample_image_in_group)
        self.sample_indices: list[GroupedPair] | None = None
        if self.sample_image_in_group:
            self._num_samples = self.num_groups
        else:
            within = self.intra_group_prob == 1
            self.sample_indices = (
                self.get_intra_sample_indices() if within else self.get_inter_sample_indices()
            )
            self._num_samples = len(self.sample_indices)
        self._warn_of_single_images()

    def _warn_of_single_images(self) -> None:
        single = [group for group, size in enumerate(self.num_images_per_group) if size < 2]
        if single and self.intra_group_prob > 0:
            _LOG.warning(
                "%s: %d of %d groups have a single image (%s%s); they are skipped where a pair "
                "within a group is drawn, so that an epoch has fewer samples than num_samples "
                "says. Add images, or set intra_group_prob to 0.",
                " and ".join(self.image_loader.dir_paths),
                len(single),
                self.num_groups,
                ", ".join(map(self._group_name, single[:_SHOWN])),
                " …" if len(single) > _SHOWN else "",
            )

    def _group_name(self, group: int) -> str:
        """Folder of a group, or its name in the keys, below the folder where there are several."""
        loader = self.image_loader
        first = (loader.group_struct or [])[group][0]
        folder, *names = loader.get_data_ids()[first]
        name = (names[0] or loader.name) if len(names) > 1 else str(group)
        return name if len(loader.dir_paths) == 1 else os.path.join(folder, name)

    @property
    def _option(self) -> IntraGroupOption:
        return cast("IntraGroupOption", self.intra_group_option)  # the plan checks it

    def validate_data_files(self) -> None:
        """Check that images and labels hold the same names."""
        self.check_roles("grouped")

    def get_intra_sample_indices(self) -> list[GroupedPair]:
        """All pairs within groups, as (moving group, image, fixed group, image)."""
        return intra_pairs(self.num_images_per_group, self._option)

    def get_inter_sample_indices(self) -> list[GroupedPair]:
        """All pairs between groups, as (moving group, image, fixed group, image)."""
        return inter_pairs(self.num_images_per_group)

    def sample_index_generator(self) -> Iterator[PairIndices]:
        """Pairs of an epoch."""
        for pair in self._pairs():
            yield pair[:2], pair[2:], list(pair)

    def _pairs(self) -> Iterable[GroupedPair]:
        if self.sample_indices is not None:
            return shuffled_pairs(self.sample_indices, self.seed)
        return sampled_pairs(
            self.num_images_per_group, self.intra_group_prob, self._option, self.seed
        )
