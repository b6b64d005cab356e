"""One message to the page: what it says, and the pixels that belong to it in one buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from isal import isal_zlib

if TYPE_CHECKING:
    import numpy.typing as npt

_LEVEL = 1
_ALIGNED = 2
_NAMES = {"uint8": "u1", "int16": "i2", "uint16": "u2"}


class Parcel:
    """Collects the parts of a message.

    All arrays go into one buffer, as a page inflates one faster than several. It is compressed as
    zlib (RFC 1950), which browsers inflate by themselves.
    """

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self._arrays: list[bytes | memoryview] = []
        self._compressed = b""
        self._length = 0

    def __bool__(self) -> bool:
        return bool(self.parts)

    def add(self, type: str, **fields: Any) -> None:
        """Add a part."""
        self.parts.append({"type": type, **fields})

    def lay(self, array: npt.NDArray[Any]) -> dict[str, Any]:
        """Lay an array into the buffer.

        Parameters
        ----------
        array : array of uint8, int16 or uint16
            In C order.

        Returns
        -------
        dict
            ``at``, where it begins in bytes; ``dtype``; ``size`` along each axis.
        """
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        at = self._length
        self._arrays.append(little.data.cast("B") if little.size else b"")
        self._length += little.nbytes
        if self._length % _ALIGNED:
            self._arrays.append(b"\0")
            self._length += 1
        return {"at": at, "dtype": _NAMES[little.dtype.name], "size": list(array.shape)}

    def compress(self) -> None:
        """Compress what was laid into the buffer; nothing can be added to it after that."""
        if self._length and not self._compressed:
            self._compressed = isal_zlib.compress(b"".join(self._arrays), _LEVEL)
            self._arrays = []

    def adopt(self, other: Parcel) -> bool:
        """Take the compressed buffer of another parcel, where this one holds none yet.

        Returns
        -------
        bool
            Whether it was taken.
        """
        if self._length:
            return False
        self._compressed, self._length = other._compressed, other._length
        return True

    def packed(self, ack: int | None = None) -> tuple[dict[str, Any], list[bytes]]:
        """Return content and buffers of the message."""
        content: dict[str, Any] = {"parts": self.parts, "ack": ack, "inflated": self._length}
        self.compress()
        return content, [self._compressed] if self._length else []
