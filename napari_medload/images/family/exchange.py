"""Images as TorchIO's own, where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.images.pictures.extras import optional

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray


KINDS = ("LabelMap", "ScalarImage", "Image")
"""Classes that TorchIO has too."""


def to_torchio(
    kind: str, voxels: Array, affine: FloatArray, entries: Mapping[str, Any], **options: Any
) -> Any:
    """Copy an image.

    Parameters
    ----------
    kind : str
        Name of the class: Image, ScalarImage or LabelMap.
    voxels : array, shape (C, W, H, D)
    entries : mapping
        Further entries.

    Raises
    ------
    ImportError
        If TorchIO is missing.
    """
    torchio = optional("torchio", "torchio", "", "to_torchio")
    # torch warns of arrays that cannot be written to, and shares the memory of others
    tensor = np.array(voxels)
    return getattr(torchio, kind)(tensor=tensor, affine=np.array(affine), **entries, **options)
