"""What a file loader promises: arrays of one role from several folders, by index.

Names, attributes and kinds of error are those of DeepReg 0.1.2 (Apache-2.0).
"""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_medload.images import LabelMap, ScalarImage
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.sample import is_label_role

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from napari_medload.formats import Source
    from napari_medload.images import Image

Index: TypeAlias = int | tuple[int, ...]
"""Of an image: a number, or group and number in the group where data are grouped."""

DataId: TypeAlias = tuple[str, ...]
FloatImage: TypeAlias = npt.NDArray[np.float32]


class FileLoader:
    """Loads arrays of one role. To support further files, derive from it.

    A derived class fills its list of data in ``set_data_structure`` and, where data are grouped,
    ``group_struct`` in ``set_group_structure``; it implements ``get_data``, ``get_data_ids``,
    ``get_num_images`` and ``close``. ``get_source`` is needed for ``get_image`` only.

    Parameters
    ----------
    dir_paths : list of str
        Folders of the data, each once.
    name : str
        Of the role: a folder or a file in each of them.
    grouped : bool
        Whether the data lie in groups.

    Raises
    ------
    LoaderError
        If `dir_paths` is no list, or names a folder twice.
    """

    def __init__(self, dir_paths: list[str], name: str, grouped: bool) -> None:
        self.dir_paths = _checked_folders(dir_paths)
        self.name = name
        self.grouped = grouped
        self.group_struct: list[list[int]] | None = None

    def set_data_structure(self) -> None:
        """Find the data."""
        raise NotImplementedError

    def set_group_structure(self) -> None:
        """Fill ``group_struct``: the indices of the data of each group."""
        raise NotImplementedError

    def get_data(self, index: Index) -> FloatImage:
        """Read one array.

        Parameters
        ----------
        index : int, or tuple of two ints
            Number of the array; where data are grouped, of the group and of the array in it.

        Returns
        -------
        array, float32, shape (dim1, dim2, dim3) or (dim1, dim2, dim3, channels)
        """
        raise NotImplementedError

    def get_data_ids(self) -> list[DataId]:
        """Names of the data, by which loaders of several roles are compared."""
        raise NotImplementedError

    def get_num_images(self) -> int:
        """Count the arrays."""
        raise NotImplementedError

    def close(self) -> None:
        """Close what is open."""
        raise NotImplementedError

    def get_source(self, index: Index) -> Source:
        """Where one array lies on disk."""
        raise NotImplementedError

    def get_image(self, index: Index) -> Image:
        """Lazy image of one array, with its affine: a `LabelMap` where the role is labels."""
        kind = LabelMap if is_label_role(self.name) else ScalarImage
        return kind.from_source(self.get_source(index))

    def get_num_groups(self) -> int:
        """Count the groups.

        Raises
        ------
        LoaderError
            If the data are not grouped.
        """
        return len(self._groups())

    def get_num_images_per_group(self) -> list[int]:
        """Count the arrays of each group.

        Raises
        ------
        LoaderError
            If the data are not grouped, or a group is empty.
        """
        counts = [len(group) for group in self._groups()]
        if 0 in counts:
            empty = [group for group, count in enumerate(counts) if not count]
            raise LoaderError(
                f"Groups of ID {counts} are empty. These are the numbers of images of all groups "
                f"of {self.name}; the empty ones are {empty}, expected an image in each. Remove "
                "them from group_struct."
            )
        return counts

    def _groups(self) -> list[list[int]]:
        if self.group_struct is None:
            raise LoaderError(
                f"{self.name}: this loader has no groups; expected data that are grouped. "
                "Make it with grouped=True."
            )
        return self.group_struct

    def _data_index(self, index: Index, count: int) -> int:
        """Place of an array in the list of data.

        Raises
        ------
        LoaderError
            If the index is negative or of the wrong kind.
        IndexError
            If it is too large.
        """
        if isinstance(index, tuple):
            parts = tuple(_whole(part) for part in index)
        else:
            parts = (_whole(index),)
        if any(part is None for part in parts) or len(parts) > 2 or not parts:
            raise LoaderError(
                f"{self.name}: an index must be int, or tuple of length two, found {index!r}"
            )
        numbers = [part for part in parts if part is not None]
        if isinstance(index, tuple) is not self.grouped or len(numbers) != 1 + self.grouped:
            expected = "(group, image)" if self.grouped else "a number, as data are not grouped"
            raise LoaderError(f"{self.name}: found index {index!r}; expected {expected}")
        if min(numbers) < 0:
            raise LoaderError(f"{self.name}: found index {index!r}; expected no negative number")
        choices: Sequence[int] = range(count)
        if self.grouped:
            choices = self._groups()[_at(numbers.pop(0), range(self.get_num_groups()), "group")]
        return _at(numbers[0], choices, f"image of {self.name}")


def _whole(number: Any) -> int | None:
    """Index as Python's int, from NumPy's as well, or None; True and False are no index."""
    if isinstance(number, bool):
        return None
    try:
        return operator.index(number)
    except TypeError:
        return None


def _at(number: int, choices: Sequence[int], what: str) -> int:
    if number >= len(choices):
        raise IndexError(f"no {what} has the number {number}; there are {len(choices)}, from 0")
    return choices[number]


def _checked_folders(dir_paths: object) -> list[str]:
    """Folders as text, which can be sorted whatever they were given as; each is there once."""
    if not isinstance(dir_paths, list):
        raise LoaderError(
            f"dir_paths must be list of strings, found {dir_paths!r}. Write [{dir_paths!r}] for "
            "a single folder."
        )
    seen: dict[str, str] = {}
    for given in dir_paths:
        path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
        if not isinstance(path, str):
            raise LoaderError(f"dir_paths must be list of strings, found {given!r} in {dir_paths}")
        place = os.path.abspath(path)  # d, ./d and d/ are one folder
        if place in seen:
            raise LoaderError(
                f"dir_paths have repeated elements: {seen[place]!r} and {path!r} are one folder; "
                f"expected each folder once in {dir_paths}. Remove one of them."
            )
        seen[place] = path
    return list(seen.values())


def groups_of(
    splits: Sequence[DataId], order: Callable[[str], Any] = lambda name: name
) -> list[list[int]]:
    """List the data of each group; a group is a folder and a name, in sorted order.

    Parameters
    ----------
    splits : sequence of tuples
        Folder, group, and what else names the data.
    order : callable
        Sort key of the name of a group.
    """
    found: dict[tuple[str, str], list[int]] = {}
    for index, split in enumerate(splits):
        found.setdefault((split[0], split[1]), []).append(index)
    return [found[group] for group in sorted(found, key=lambda group: (group[0], order(group[1])))]


def single_channel(array: FloatImage) -> FloatImage:
    """Drop a fourth axis of size one: labels of a single channel are 3D."""
    return array[..., 0] if array.ndim == 4 and array.shape[3] == 1 else array
