"""HDF5 files: each dataset of numbers with two axes or more is one array, without geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import h5py

from napari_medload.formats.contract import (
    Array,
    Header,
    Source,
    UnreadableFileError,
    spatial_shape,
)
from napari_medload.geometry import Grid

if TYPE_CHECKING:
    from pathlib import Path

_NUMBERS = "biuf"
_KEYS_SHOWN = 8


class Hdf5:
    """Reader of HDF5 datasets. Files are opened for each call and closed after it."""

    name: ClassVar[str] = "HDF5"
    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def sources(self, path: Path) -> list[Source]:
        """One array a dataset of numbers, in the order of their names."""
        with _open(path) as file:
            return [Source(path, key) for key in _keys(file)]

    def header(self, source: Source) -> Header:
        """Shape and dtype of a dataset; its grid is unknown.

        Raises
        ------
        UnreadableFileError
            If the file is no HDF5 file or has no such dataset of numbers.
        """
        with _open(source.path) as file:
            source, dataset = _dataset(file, source)
            return Header(
                source=source,
                shape=dataset.shape,
                dtype=dataset.dtype,
                grid=Grid.unknown(spatial_shape(dataset.shape)),
            )

    def array(self, header: Header) -> Array:
        """Read a dataset."""
        path = header.source.path
        with _open(path) as file:
            _, dataset = _dataset(file, header.source)
            try:
                stored: Array = dataset[()]
            except (OSError, RuntimeError, MemoryError) as error:
                raise UnreadableFileError.about(
                    header.source.path,
                    f"dataset '{header.source.key}' that cannot be read ({error})",
                    f"{header.shape} numbers of type {header.dtype}",
                    "Copy the file again from its source.",
                ) from error
        stored.flags.writeable = False
        return stored


def _open(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise UnreadableFileError.about(
            path, f"no HDF5 file ({error})", "an HDF5 file", "Check that the copy is complete."
        ) from error


def _keys(file: Any) -> list[str]:
    found: list[str] = []

    def visit(name: str, node: Any) -> None:
        if _is_numbers(node):
            found.append(name)

    file.visititems(visit)
    return sorted(found)


def _is_numbers(node: Any) -> bool:
    return bool(
        isinstance(node, h5py.Dataset)
        and node.shape is not None
        and node.dtype.kind in _NUMBERS
        and node.external is None
        and not node.is_virtual
        and node.size > 0
        and node.ndim > 1
    )


def _dataset(file: Any, source: Source) -> tuple[Source, Any]:
    key = source.key
    if key is None:
        keys = _keys(file)
        if len(keys) != 1:
            raise UnreadableFileError.about(
                source.path, f"{len(keys)} datasets ({_some(keys)})", "one", "Name its key."
            )
        key = keys[0]
    try:
        link = file.get(key, getlink=True)
    except RuntimeError:  # the file itself, '/' or '.', is no link
        link = None
    if isinstance(link, h5py.ExternalLink | h5py.SoftLink) or not _is_numbers(file.get(key)):
        raise UnreadableFileError.about(
            source.path,
            f"no dataset of numbers named '{key}' (it has {_some(_keys(file))})",
            "a dataset of numbers inside this file",
            "Check the key against the partner file.",
        )
    return Source(source.path, key, placement=source.placement), file[key]


def _some(keys: list[str]) -> str:
    more = len(keys) - _KEYS_SHOWN
    return ", ".join(keys[:_KEYS_SHOWN]) + (f" and {more} more" if more > 0 else "") or "none"
