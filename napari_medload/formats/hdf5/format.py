"""HDF5 files: each dataset of numbers with two axes or more is one array, without geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import h5py

from napari_medload.formats.contract import (
    Array,
    Box,
    Header,
    Source,
    UnreadableFileError,
    spatial_shape,
)
from napari_medload.formats.storage.memory import expect_room_for
from napari_medload.formats.storage.regular import expect_file
from napari_medload.geometry import Grid

if TYPE_CHECKING:
    from pathlib import Path

_NUMBERS = "biuf"
_KEYS_SHOWN = 8
_LINKS_FOLLOWED = 16
_DEFLATE_AT_BEST = 1032
NEVER_WRITTEN_AT_MOST = 256 << 20
"""Bytes of a volume that may stand for datasets which were made and never written."""

_LibraryErrors = (OSError, RuntimeError, KeyError, ValueError)
"""What h5py raises on damaged files."""

_COPY_INTO = "Copy its numbers into this file, or open the file that holds them."


class Hdf5:
    """Reader of HDF5 datasets. Files are opened for each call and closed after it."""

    name: ClassVar[str] = "HDF5"
    suffixes: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def sources(self, path: Path) -> list[Source]:
        """One array a dataset of numbers, links to them too, in the order of their names."""
        found = keys_and_reasons(path, deep=True)
        return [Source(path, key) for key, reason in found if not reason]

    def header(self, source: Source) -> Header:
        """Shape and dtype of a dataset; its grid is unknown.

        Raises
        ------
        UnreadableFileError
            If the file is no HDF5 file or has no such dataset of numbers.
        """
        with open_h5(source.path) as file:
            dataset = readable_dataset(file, source)
            source = _named(source, dataset)
            return Header(
                source=source,
                shape=dataset.shape,
                dtype=dataset.dtype,
                grid=Grid.unknown(spatial_shape(dataset.shape)),
            )

    def array(self, header: Header, box: Box | None = None) -> Array:
        """Read a dataset, or the chunks of it that a box touches."""
        path = header.source.path
        with open_h5(path) as file:
            dataset = readable_dataset(file, header.source)
            expect_room_for(header, box)
            try:
                stored: Array = dataset[() if box is None else box[: dataset.ndim]]
            except MemoryError as error:
                raise UnreadableFileError.too_large(header.source, header.nbytes) from error
            except (OSError, RuntimeError) as error:
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


def open_h5(path: Path | str, what: str = "an HDF5 file") -> Any:
    """Open a file for reading, as an `h5py.File`.

    Parameters
    ----------
    what : str
        What was expected, for the error.

    Raises
    ------
    FileNotFoundError
        If there is nothing at the path.
    UnreadableFileError
        If it is no HDF5 file: a folder, a link that leads nowhere, or something else.
    """
    try:
        expect_file(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path}: no such file; it was moved, renamed or deleted"
        ) from error
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise UnreadableFileError.about(
            path, f"no HDF5 file ({error})", what, "Check that the copy is complete."
        ) from error


def _keys(file: Any) -> list[str]:
    """List the keys of all datasets of numbers.

    Raises
    ------
    UnreadableFileError
        If the file is damaged where it names them.
    """
    found: list[str] = []

    def visit(name: str | bytes, node: Any) -> None:
        if isinstance(name, str) and _is_numbers(node):  # h5py leaves names undecoded: no UTF-8
            found.append(name)

    try:
        file.visititems(visit)
    except _LibraryErrors as error:
        raise _damaged(file.filename, error) from error
    return sorted(found)


def _damaged(path: Path | str, error: Exception) -> UnreadableFileError:
    return UnreadableFileError.about(
        path,
        f"an HDF5 file whose keys cannot be listed ({error})",
        "an HDF5 file",
        "Check that the copy is complete.",
    )


def group_names(group: Any) -> list[str]:
    """Names in a group; ones that are not UTF-8 are passed over, because nothing can name them."""
    return [name for name in group if isinstance(name, str)]


def keys_and_reasons(path: Path, deep: bool = False) -> list[tuple[str, str]]:
    """List the keys of a file, those too that cannot be read.

    Parameters
    ----------
    path : Path
    deep : bool
        Whether the datasets in its groups are listed in place of the groups.

    Returns
    -------
    list of (str, str)
        Key, and why there is no image under it or an empty text; in the order of their letters.

    Raises
    ------
    UnreadableFileError
        If the file is no HDF5 file.
    """
    with open_h5(path) as file:
        try:
            keys = sorted(_keys_below(file) if deep else group_names(file))
            known = _keys(file)
        except _LibraryErrors as error:
            raise _damaged(path, error) from error
        return [(key, _reason_for(file, Source(path, key), known)) for key in keys]


def _keys_below(file: Any) -> list[str]:
    """Keys of all that is no group; links are not followed, so that none leads in a circle."""
    keys, seen, groups = [], {h5py.h5o.get_info(file.id).addr}, [("", file)]
    while groups:
        prefix, group = groups.pop()
        for name in group_names(group):
            key, link = prefix + name, group.get(name, getlink=True)
            node = group.get(name) if isinstance(link, h5py.HardLink) else None
            if not isinstance(node, h5py.Group):
                keys.append(key)
                continue
            address = h5py.h5o.get_info(node.id).addr
            if address not in seen:
                seen.add(address)
                groups.append((f"{key}/", node))
    return keys


def _reason_for(file: Any, source: Source, known: list[str]) -> str:
    """Why a key is refused, or an empty text."""
    try:
        readable_dataset(file, source, known)
    except UnreadableFileError as error:
        return str(error)
    return ""


def readable_dataset(file: Any, source: Source, known: list[str] | None = None) -> Any:
    """Dataset of numbers that a source names, safe to read.

    Parameters
    ----------
    file : h5py.File
        Open for reading.
    source : Source
        Its key names the dataset; without one the file must hold a single dataset of numbers.
    known : list of str, optional
        Keys of the datasets of numbers in the file, for the message; looked up where not given.

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
    except _LibraryErrors as error:
        raise _refused(
            file, source, known, f"the key '{key}' cannot be followed ({error})"
        ) from error
    if outside:
        raise _refused(file, source, known, f"'{key}' {outside}", _remedy_for_link(outside))
    if not isinstance(node, h5py.Dataset):
        raise _refused(file, source, known, f"no dataset named '{key}'")
    if reason := _reason_against(node):
        raise _refused(file, source, known, f"'{key}' {reason}", _remedy_against(node))
    try:
        size = unwritten_bytes(node)
    except _LibraryErrors as error:
        raise _refused(file, source, known, f"'{key}' is damaged ({error})") from error
    if size > NEVER_WRITTEN_AT_MOST:  # a mask of the size of a scan is plausible, more is not
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


def _refused(
    file: Any,
    source: Source,
    known: list[str] | None,
    found: str,
    remedy: str = "Check the key against the partner file.",
) -> UnreadableFileError:
    return UnreadableFileError.about(
        source.path,
        f"{found} (it has {_some(_keys(file) if known is None else known)})",
        "a dataset of numbers inside this file",
        remedy,
    )


def _link_out_of(file: Any, key: str, depth: int = 0) -> str:
    """How a key leaves the file, or an empty text; nothing outside is opened to find out."""
    if depth > _LINKS_FOLLOWED:
        return "is a link that leads back to itself"
    at = ""
    for part in filter(lambda part: part not in ("", "."), key.split("/")):
        at = f"{at}/{part}"
        link = file.get(at, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            return f"is a link to {link.filename}:{link.path}, outside this file"
        if isinstance(link, h5py.SoftLink):
            target = (
                link.path if link.path.startswith("/") else f"{at.rpartition('/')[0]}/{link.path}"
            )
            if outside := _link_out_of(file, target, depth + 1):
                return outside
            at = target
    return ""


def _remedy_for_link(where: str) -> str:
    return _COPY_INTO if "outside" in where else "Remove the link, or name another key."


def _reason_against(node: Any) -> str:
    """Why a dataset is not read, or an empty text."""
    if node.shape is None or node.dtype.kind not in _NUMBERS:
        return f"holds {node.dtype} and no numbers"
    if node.external is not None or node.is_virtual:
        return "keeps its numbers in other files"
    if node.size == 0 or node.ndim < 2:
        return f"has the shape {node.shape} and is no image"
    return ""


def _remedy_against(node: Any) -> str:
    """Say what to do about a dataset that is not read."""
    if node.shape is not None and node.dtype.kind in _NUMBERS and node.size and node.ndim > 1:
        return _COPY_INTO
    return "Name the key of an image."


def _could_hold(node: Any) -> int:
    """Most bytes that the stored form of a dataset can stand for.

    deflate packs 1032 bytes into one at best (zlib's technical notes).
    """
    stored = int(node.id.get_storage_size())
    packed = node.id.get_create_plist().get_nfilters() > 0
    return stored * (_DEFLATE_AT_BEST if packed else 1)


def unwritten_bytes(node: Any) -> int:
    """Size of a dataset that was made and never written, and so holds its fill value; else 0."""
    size = int(node.size * node.dtype.itemsize)
    return size if size > _could_hold(node) else 0


def _is_numbers(node: Any) -> bool:
    return isinstance(node, h5py.Dataset) and not _reason_against(node)


def _some(keys: list[str]) -> str:
    more = len(keys) - _KEYS_SHOWN
    return ", ".join(keys[:_KEYS_SHOWN]) + (f" and {more} more" if more > 0 else "") or "none"
