"""The same file as another program would read it.

Each lens reads with the library that the program uses, where it is installed, and nothing of ours:
so a lens is an independent truth. What a program makes of a file is turned into RAS+ mm and into
the axes i, j, k of ours, and into nothing else.
"""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats.contract import Source, spatial_shape
from napari_medload.geometry import Grid
from napari_medload.geometry.affine import from_parts
from napari_medload.geometry.orientation import flip_ras_lps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari_medload.formats.contract import Array

_NIFTI = (".nii", ".nii.gz")
_NIBABEL = (*_NIFTI, ".hdr", ".img", ".hdr.gz", ".img.gz", ".mgh", ".mgz")
_NOT_IMAGEIO = (".gz", ".mgz", ".mgh", ".hdr", ".h5", ".hdf5", ".im", ".seg", ".zraw")
_SIDE_OF_COLOURS = 30
_METRES, _MICROMETRES = 1, 3
_NO_GEOMETRY = "It drops the affine: the axes count voxels."


@dataclass(frozen=True, eq=False)
class Seen:
    """What a program makes of a file.

    Parameters
    ----------
    lens : str
        Name of the lens.
    source : Source
        What was looked at.
    grid : Grid, optional
        Where the program puts the voxels; None where it cannot read the file.
    read : callable, optional
        Returns the values that it works with, shape (i, j, k[, frames]).
    notes : tuple of str
        What it ignores or changes. Whole sentences.
    reason : str
        Why it cannot read the file; empty where it can.
    """

    lens: str
    source: Source
    grid: Grid | None = None
    read: Callable[[], Array] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    reason: str = ""


class _Refusal(Exception):
    """A program does not read such a file."""


def look(source: Source | Path | str, lens: str) -> Seen:
    """Look at a file through one lens.

    Parameters
    ----------
    source : Source or path
    lens : str
        One of `LENSES`.

    Returns
    -------
    Seen
        With a reason, where the program or its library fails; that is no error.

    Raises
    ------
    ValueError
        If there is no such lens.
    FileNotFoundError
        If there is no such file.
    """
    source = source if isinstance(source, Source) else Source(source)
    if lens not in LENSES:
        raise ValueError(f"no lens {lens!r}; expected one of {', '.join(LENSES)}")
    if not source.path.exists():
        raise FileNotFoundError(f"{source.path}: no such file; it was moved, renamed or deleted")
    try:
        grid, read, notes = LENSES[lens](source)
    except ImportError as error:
        return Seen(lens, source, reason=f"The package {error.name} is not installed.")
    except _Refusal as refusal:
        return Seen(lens, source, reason=str(refusal))
    except Exception as error:  # whatever a foreign library makes of a file is its answer
        return Seen(lens, source, reason=f"It fails: {_last_line(error)}")
    return Seen(lens, source, grid, read, notes)


def look_through_all(source: Source | Path | str) -> tuple[Seen, ...]:
    """Look at a file through every lens, in their order."""
    return tuple(look(source, lens) for lens in LENSES)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


_Answer = tuple[Grid, "Callable[[], Array]", tuple[str, ...]]


def _ends(source: Source, suffixes: tuple[str, ...]) -> bool:
    return source.path.name.lower().endswith(suffixes)


def _nibabel(source: Source) -> _Answer:
    """Read by nibabel alone."""
    import nibabel as nib
    from nibabel.openers import ImageOpener

    if not _ends(source, _NIBABEL):
        raise _Refusal("nibabel reads NIfTI, ANALYZE and MGH, and not this kind of file.")
    if _ends(source, (".mgh", ".mgz")):  # by a path, nibabel leaves these files open
        with ImageOpener(source.path, "rb") as file:
            image: Any = nib.MGHImage.from_bytes(file.read())
    else:
        image = nib.load(source.path)
    shape = spatial_shape(tuple(map(int, image.shape)))
    if image.affine is None:
        return Grid.unknown(shape), lambda: np.asarray(image.dataobj), (_NO_GEOMETRY,)
    notes: tuple[str, ...] = ()
    if isinstance(image, nib.Nifti1Pair):
        if int(image.header["xyzt_units"]) % 8 in (_METRES, _MICROMETRES):
            notes = ("It ignores the unit of length and takes all lengths for mm.",)
    elif isinstance(image, nib.AnalyzeImage):
        notes = ("It assumes directions that the header does not state, with x to the left.",)
    return Grid(shape, image.affine), lambda: np.asarray(image.dataobj), notes


def _itk(source: Source) -> _Answer:
    """SimpleITK, and what is built on ITK: 3D Slicer, ITK-SNAP, elastix, ANTs."""
    import SimpleITK as sitk

    path = source.path
    if path.is_dir():
        reader: Any = sitk.ImageSeriesReader()
        finder = sitk.ImageSeriesReader
        series = [source.key] if source.key else list(finder.GetGDCMSeriesIDs(str(path)))[:1]
        if not series:
            raise _Refusal("ITK finds no DICOM series in this folder.")
        reader.SetFileNames(finder.GetGDCMSeriesFileNames(str(path), series[0]))
        image = reader.Execute()
        return _itk_grid(image), lambda: _itk_values(image), _itk_notes(source)
    if source.key is not None:
        raise _Refusal("ITK reads the HDF5 files that ITK wrote, and no other datasets.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    return _itk_grid(reader), lambda: _itk_values(reader.Execute()), _itk_notes(source)


def _itk_notes(source: Source) -> tuple[str, ...]:
    if _ends(source, (*_NIFTI, ".hdr", ".img", ".hdr.gz", ".img.gz")):
        notes: tuple[str, ...] = (
            "It takes the sform where its code is 1 or the qform is unset, and else the qform; the "
            "spacing is always that of pixdim.",
            "It refuses axes that are not at right angles.",
            "It makes a zero of each value that is no number.",
        )
        shadow = source.path.with_suffix("")  # of a.nii.gz, a.nii
        if _ends(source, (".gz",)) and shadow.exists():
            notes += (f"It reads {shadow.name}, which lies beside it, in place of this file.",)
        return notes
    if source.path.is_dir():
        return (
            "It spaces slices evenly, by the first and the second one, and has no tilt of the "
            "gantry; it stacks time points as slices.",
        )
    return ()


def _itk_grid(image: Any) -> Grid:
    """Grid of an image or of a reader that knows its header."""
    size, dimensions = image.GetSize(), image.GetDimension()
    shape = spatial_shape(tuple(size))
    direction = np.array(image.GetDirection()).reshape(dimensions, dimensions)
    linear, origin, spacing = np.eye(3), np.zeros(3), np.ones(3)
    kept = min(dimensions, 3)
    linear[:kept, :kept] = direction[:kept, :kept]
    origin[:kept], spacing[:kept] = image.GetOrigin()[:kept], image.GetSpacing()[:kept]
    return Grid(shape, flip_ras_lps(from_parts(linear * spacing, origin)))


def _itk_values(image: Any) -> Array:
    """Values in the order i, j, k, then frames, then components."""
    import SimpleITK as sitk

    array = np.asarray(sitk.GetArrayFromImage(image))
    spatial = image.GetDimension()
    array = array.transpose((*reversed(range(spatial)), *range(spatial, array.ndim)))
    return array[:, :, np.newaxis] if spatial == 2 else array


def _deepreg(source: Source) -> _Answer:
    """DeepReg: an array of float32 without a place."""
    if _ends(source, _NIFTI):
        import nibabel as nib

        stored: Any = nib.load(source.path)
        shape = tuple(stored.shape)

        def read() -> Array:
            return np.asarray(stored.dataobj, dtype=np.float32)

    elif _ends(source, (".h5", ".hdf5")) and source.key is not None:
        import h5py

        def read() -> Array:
            with h5py.File(source.path, "r") as file:
                return np.asarray(file[source.key], dtype=np.float32)

        with h5py.File(source.path, "r") as file:
            shape = file[source.key].shape
    else:
        raise _Refusal("DeepReg reads .nii, .nii.gz and named datasets of .h5.")
    notes: tuple[str, ...] = (_NO_GEOMETRY, "It reads every value as float32.")
    if len(shape) == 4 and shape[3] == 1:
        read_all = read
        return (
            Grid.unknown(spatial_shape(shape)),
            lambda: read_all()[..., 0],
            (*notes, "It drops the last axis, which has one element."),
        )
    return Grid.unknown(spatial_shape(shape)), read, notes


def _napari(source: Source) -> _Answer:
    """Plain napari, whose own reader reads pictures by imageio."""
    import imageio.v3 as imageio

    if _ends(source, _NOT_IMAGEIO):  # it would look for a reader, and leave the file open
        raise _Refusal("imageio, by which plain napari reads, has no reader for such a file.")
    paths = [source.path]
    if source.path.is_dir():
        paths = sorted(
            (path for path in source.path.glob("*.*") if path.is_file()), key=_natural_order
        )
    with redirect_stdout(StringIO()):  # its DICOM reader prints its progress
        shown = [np.asarray(imageio.imread(path)) for path in paths]
    if len({array.shape for array in shown}) != 1:
        raise _Refusal("napari stacks the files of a folder, and these differ in shape.")
    array = shown[0] if len(shown) == 1 else np.stack(shown)
    is_colour = _looks_like_colours(array.shape)
    axes = range(array.ndim - is_colour)
    values = array.transpose((*reversed(axes), *range(len(axes), array.ndim)))
    values = values[:, :, np.newaxis] if len(axes) == 2 else values
    notes: tuple[str, ...] = (
        _NO_GEOMETRY,
        "It counts the axes in reverse, as k, j, i, and shows slices along k.",
    )
    if source.path.is_dir():
        notes += ("It stacks the files of the folder by their names.",)
    return Grid.unknown(spatial_shape(values.shape)), lambda: values, notes


def _looks_like_colours(shape: tuple[int, ...]) -> bool:
    """Whether napari takes a last axis for colours: by its size, and that of those before it."""
    return len(shape) > 2 and shape[-1] in (3, 4) and min(shape[-3:-1]) > _SIDE_OF_COLOURS


def _natural_order(path: Path) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", str(path))]


LENSES: Mapping[str, Callable[[Source], _Answer]] = {
    "nibabel": _nibabel,
    "itk": _itk,
    "deepreg": _deepreg,
    "napari": _napari,
}
