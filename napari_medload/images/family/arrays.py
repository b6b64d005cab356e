"""Arrays at the border: what is taken for one, and in which types voxels are handed out.

Those are types that torch takes, in the byte order of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.geometry.affine import as_affine

if TYPE_CHECKING:
    import numpy.typing as npt

    from napari_medload.formats.contract import Array
    from napari_medload.geometry import FloatArray

_CASTS = {
    np.dtype(given): np.dtype(wanted)
    for given, wanted in (("bool", "uint8"), ("uint16", "int32"), ("uint32", "int64"))
}


def checked_affine(affine: npt.ArrayLike) -> FloatArray:
    """Affine from an array or a tensor.

    Raises
    ------
    TypeError
        If it is neither.
    AffineError
        If it is no affine; a ValueError.
    """
    if not hasattr(affine, "__array__"):
        raise TypeError(f"an affine is an array, found {affine.__class__.__name__}")
    return as_affine(np.asarray(affine))


def as_numbers(array: npt.ArrayLike) -> Array:
    """Array of numbers from anything that says it is one, such as a torch tensor.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not hasattr(array, "__array__"):
        raise TypeError(f"a tensor is an array of numbers, found {array.__class__.__name__}")
    if hasattr(array, "detach"):  # a torch tensor: from the graph and the device that it lives on
        array = array.detach().cpu()
    try:
        found = np.asarray(array)
    except TypeError as error:  # torch's bfloat16
        raise TypeError(
            f"a tensor is an array of numbers that numpy has a type for ({error}); convert it "
            "before, such as by tensor.float()"
        ) from error
    if found.dtype.kind not in "biuf":
        raise TypeError(f"a tensor is an array of numbers, found dtype {found.dtype}")
    return found


def handed_out_dtype(stored: np.dtype[Any]) -> np.dtype[Any]:
    """Type of voxels that are stored in another one; it holds all their values."""
    native = stored.newbyteorder("=")
    return _CASTS.get(native, native)


def handed_out(array: Array) -> Array:
    """Return the array itself, or a read-only copy in the type that is handed out.

    A copy that could be written to would let its values outgrow the type that they are stored in.
    """
    wanted = handed_out_dtype(array.dtype)
    if wanted == array.dtype:
        return array
    copy = array.astype(wanted)
    copy.flags.writeable = False
    return copy


def size_text(nbytes: float) -> str:
    """Write a size in bytes, such as "93.8 KiB"."""
    for unit in ("Bytes", "KiB", "MiB", "GiB"):
        if nbytes < 1024 or unit == "GiB":
            break
        nbytes /= 1024
    return f"{nbytes:.0f} {unit}" if unit == "Bytes" else f"{nbytes:.1f} {unit}"
