"""Several files as the channels of one image."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.images.family.pixels import Pixels, Voxels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_medload.formats import Box
    from napari_medload.geometry import Grid

_SAME_AFFINE = 1e-5


@dataclass(frozen=True, eq=False)
class StackedPixels:
    """Several files of one grid, whose channels are put behind one another.

    The affine of the first counts.
    """

    parts: tuple[Pixels, ...]
    _told: set[Path] = field(default_factory=set, init=False, repr=False)

    @property
    def lazy(self) -> bool:
        """Whether every part is."""
        return all(part.lazy for part in self.parts)

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of all parts."""
        return tuple(file for part in self.parts for file in part.files)

    @cached_property
    def grid(self) -> Grid:
        """Grid of the first part.

        Raises
        ------
        RuntimeError
            If another part has another size.

        Warns
        -----
        RuntimeWarning
            If their affines differ.
        """
        return self._common([part.grid for part in self.parts])

    @property
    def channels(self) -> int:
        """Channels of all parts."""
        return sum(part.channels for part in self.parts)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type that holds the values of all parts."""
        return np.result_type(*(part.dtype for part in self.parts))

    @property
    def is_plain(self) -> bool:
        """Whether every part is."""
        return all(part.is_plain for part in self.parts)

    def read(self, box: Box | None = None) -> Voxels:
        """Read all parts.

        Raises
        ------
        RuntimeError
            If their sizes differ.

        Warns
        -----
        RuntimeWarning
            If their affines differ.
        """
        read = [part.read(box) for part in self.parts]
        grid = self._common([voxels.grid for voxels in read])
        self.__dict__.pop("grid", None)  # files may have been written anew
        return Voxels(np.concatenate([voxels.array for voxels in read]), grid)

    def forget(self) -> None:
        """Ask all files anew, and tell anew where they differ."""
        self.__dict__.pop("grid", None)
        self._told.clear()
        for part in self.parts:
            part.forget()

    def _common(self, grids: Sequence[Grid]) -> Grid:
        """Grid that counts for all parts."""
        first, name = grids[0], self.parts[0].files[0]
        for part, grid in zip(self.parts[1:], grids[1:], strict=True):
            if grid.shape != first.shape:
                raise RuntimeError(
                    f"{part.files[0]} has the size {grid.shape}, {name} has {first.shape}; the "
                    "channels of one image have one size. Resample them onto one grid"
                )
            same = np.allclose(grid.affine, first.affine, rtol=0, atol=_SAME_AFFINE)
            if not same and part.files[0] not in self._told:
                self._told.add(part.files[0])
                warnings.warn(
                    f"the affine of {part.files[0]} is {grid.affine.tolist()}, that of {name} is "
                    f"{first.affine.tolist()}; the first one counts. Resample the files onto one "
                    "grid",
                    RuntimeWarning,
                    stacklevel=5,
                )
        return first
