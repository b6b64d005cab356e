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
_LINKS_FOLLOWED = 16
_DEFLATE_AT_BEST = 1032
_NEVER_WRITTEN_AT_MOST = 256 << 20


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
            dataset = readable_dataset(file, source)
            source = _named(source, dataset)
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
            dataset = readable_dataset(file, header.source)
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


def _named(source: Source, dataset: Any) -> Source:
    """Return the source with the key that was found where it names none."""
    if source.key is not None:
        return source
    return Source(source.path, dataset.name.lstrip("/"), placement=source.placement)


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


def readable_dataset(file: Any, source: Source) -> Any:
    """Dataset of numbers that a source names, safe to read.

    Parameters
    ----------
    file : h5py.File
        Open for reading.
    source : Source
        Its key names the dataset; without one the file must hold a single dataset of numbers.

    Returns
    -------
    h5py.Dataset

    Raises
    ------
    UnreadableFileError
        If there is no such dataset, if it lies outside the file (external link, external or
        virtual storage), if it holds no numbers (objects, texts, records), or if its shape
        promises more numbers than the file could hold.
    """
    key = source.key or _only_key(file, source.path)
    try:
        outside = _link_out_of(file, key)
        node = None if outside else file.get(key)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise _refused(
            file, source.path, f"the key '{key}' cannot be followed ({error})"
        ) from error
    if outside:
        raise _refused(file, source.path, f"'{key}' is a link to {outside}, outside this file")
    if not isinstance(node, h5py.Dataset):
        raise _refused(file, source.path, f"no dataset named '{key}'")
    if reason := _reason_against(node):
        raise _refused(file, source.path, f"'{key}' {reason}")
    if node.size * node.dtype.itemsize > _could_hold(node):
        size = node.size * node.dtype.itemsize
        raise UnreadableFileError.about(
            source.path,
            f"'{key}' promises {size:,} bytes {node.shape}, more than a file of "
            f"{source.path.stat().st_size:,} bytes could hold",
            "a dataset whose numbers are in the file",
            "Write the file again, or check that the copy is complete.",
        )
    return node


def _only_key(file: Any, path: Path) -> str:
    keys = _keys(file)
    if len(keys) != 1:
        raise UnreadableFileError.about(
            path, f"{len(keys)} datasets ({_some(keys)})", "one", "Name its key."
        )
    return keys[0]


def _refused(file: Any, path: Path, found: str) -> UnreadableFileError:
    return UnreadableFileError.about(
        path,
        f"{found} (it has {_some(_keys(file))})",
        "a dataset of numbers inside this file",
        "Check the key against the partner file.",
    )


def _link_out_of(file: Any, key: str, depth: int = 0) -> str:
    """Where a key leaves the file, or an empty text; nothing outside is opened to find out."""
    if depth > _LINKS_FOLLOWED:
        return "itself"
    at = ""
    for part in filter(lambda part: part not in ("", "."), key.split("/")):
        at = f"{at}/{part}"
        link = file.get(at, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            return f"{link.filename}:{link.path}"
        if isinstance(link, h5py.SoftLink):
            target = (
                link.path if link.path.startswith("/") else f"{at.rpartition('/')[0]}/{link.path}"
            )
            if outside := _link_out_of(file, target, depth + 1):
                return outside
            at = target
    return ""


def _reason_against(node: Any) -> str:
    """Why a dataset is not read, or an empty text."""
    if node.shape is None or node.dtype.kind not in _NUMBERS:
        return f"holds {node.dtype} and no numbers"
    if node.external is not None or node.is_virtual:
        return "keeps its numbers in other files"
    if node.size == 0 or node.ndim < 2:
        return f"has the shape {node.shape} and is no image"
    return ""


def _could_hold(node: Any) -> int:
    """Most bytes that the stored form of a dataset can stand for.

    deflate packs 1032 bytes into one at best (zlib's technical notes). A dataset that was made and
    never written holds its fill value; a mask of the size of a scan is plausible, more is not.
    """
    stored = int(node.id.get_storage_size())
    packed = node.id.get_create_plist().get_nfilters() > 0
    return max(stored * (_DEFLATE_AT_BEST if packed else 1), _NEVER_WRITTEN_AT_MOST)


def _is_numbers(node: Any) -> bool:
    return isinstance(node, h5py.Dataset) and not _reason_against(node)


def _some(keys: list[str]) -> str:
    more = len(keys) - _KEYS_SHOWN
    return ", ".join(keys[:_KEYS_SHOWN]) + (f" and {more} more" if more > 0 else "") or "none"
