"""Arrays as files want them: the fastest axis first, of a type that has a name there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.formats.storage.narrowing import as_one_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.formats.contract import Array, Content


@dataclass(frozen=True, eq=False)
class Plain:
    """Numbers in the order of a file.

    Parameters
    ----------
    memory : array
        In C order, slowest axis first; little-endian.
    type : str
        What the format calls their type.
    """

    memory: Array
    type: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes from the fastest axis to the slowest: (channels,) i, j, k."""
        return self.memory.shape[::-1]

    @property
    def is_vector(self) -> bool:
        """Whether there are channels; they run fastest."""
        return self.memory.ndim == 4


def plain(path: Path, content: Content, types: Mapping[str, str], name: str) -> Plain:
    """Bring the numbers of a content into the order of a file.

    bool becomes uint8 and float16 becomes float32; a single channel is left out. A plane gets
    depth one, because a header of two dimensions cannot place it in a patient.

    Parameters
    ----------
    path : path
        For errors.
    content : Content
    types : mapping of str to str
        What the format calls its types, by numpy's codes for them, such as ``"i2"``.
    name : str
        Of the format, for errors.

    Raises
    ------
    ValueError
        If the numbers fit no type of the format.
    """
    array = content.array
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    elif array.ndim == 2:
        array = array[..., np.newaxis]
    array = as_one_of(path, array, tuple(types), name)
    code = array.dtype.str[1:]
    order = (2, 1, 0, 3)[: array.ndim]
    stored = np.ascontiguousarray(array.transpose(order), dtype=np.dtype("<" + code))
    return Plain(stored, types[code])
