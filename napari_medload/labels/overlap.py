"""One-hot labels that share voxels: every combination of channels becomes one code.

A painted overlay shows one colour a voxel, so of two structures in one voxel one would hide the
other. With a code for each combination that occurs, both stay visible, in a mixed colour and
under both names, and nothing is lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_medload.labels.palette import mix
from napari_medload.labels.table import Label, LabelTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_medload.labels.collation import Collation

MOST_CHANNELS = 62


def combine_channels(
    channels: npt.NDArray[Any], table: LabelTable, collation: Collation | None = None
) -> tuple[npt.NDArray[np.int32], LabelTable]:
    """Turn one-hot channels into codes.

    Parameters
    ----------
    channels : array, shape (i, j, k, C)
        Non-zero where a voxel belongs to a channel; at most 62 channels.
    table : LabelTable
        Names of the channels; channel c is looked up as value c + 1.
    collation : tuple of tuples of int, optional
        The stored channels that each of these joins. Where one holds all of another's and more, a
        voxel of both is coloured as the other: every dog is a pet.

    Returns
    -------
    codes : array of int32, shape (i, j, k), Fortran order
        0 is background; a voxel of channel c alone has code c + 1; combinations have codes
        from C + 1 on.
    table : LabelTable
        Names and colours of all codes; a combination is named "a + b", in a mixed colour.

    Raises
    ------
    ValueError
        If there are more channels than a bit field holds.
    """
    count = channels.shape[3]
    if count > MOST_CHANNELS:
        raise ValueError(f"{count} one-hot channels; at most {MOST_CHANNELS} can be combined")
    bits = np.zeros(channels.shape[:3], dtype=np.int64, order="F")
    for channel in range(count):
        bits |= (channels[..., channel] != 0).astype(np.int64) << channel
    found, inverse = _distinct(bits, count)
    codes = np.zeros(len(found), dtype=np.int32)
    labels = [_channel_label(table, channel) for channel in range(count)]
    combined, shares = list(labels), {}
    for position, pattern in enumerate(found.tolist()):
        members = [channel for channel in range(count) if pattern >> channel & 1]
        if len(members) == 1:
            codes[position] = members[0] + 1
        elif members:
            code = codes[position] = len(combined) + 1
            name = " + ".join(labels[channel].name for channel in members)
            shown = [labels[channel] for channel in _narrowest(members, collation)]
            combined.append(_mixed(code, name, shown))
            shares[code] = tuple(channel + 1 for channel in members)
    return codes[inverse], LabelTable(combined, table.source, shares)


def _channel_label(table: LabelTable, channel: int) -> Label:
    """Label of a channel; one without a name is called by its number, counted from 0."""
    label = table.label(channel + 1)
    return label if channel + 1 in table else replace(label, name=f"channel {channel}")


def _narrowest(members: Sequence[int], collation: Collation | None) -> list[int]:
    """Members without those that hold all stored channels of another, and more."""
    if not collation:
        return list(members)
    joined = {member: set(collation[member]) for member in members}
    return [m for m in members if not any(joined[m] > joined[other] for other in members)]


def _mixed(code: int, name: str, shown: Sequence[Label]) -> Label:
    """Label of a combination, in the colour of those that show; short where all are."""
    short = [label.abbreviation for label in shown]
    return Label(code, name, mix([x.colour for x in shown]), "+".join(short) if all(short) else "")


def dense_codes(
    values: npt.NDArray[Any], present: Sequence[int], table: LabelTable
) -> tuple[npt.NDArray[np.uint16], LabelTable]:
    """Replace huge label values by numbers from 1, in their order.

    Canvases hold only small label values; the table of the codes keeps the true ones.

    Parameters
    ----------
    values : array of integers
    present : sequence of int
        Values that occur, without 0; at most 65535.
    table : LabelTable
        Names of the values.
    """
    known = np.array(sorted(present), dtype=np.int64)
    codes = (np.searchsorted(known, values) + 1).astype(np.uint16, order="K")
    codes[values == 0] = 0
    labels = {code: table.label(int(value)) for code, value in enumerate(known, start=1)}
    return codes, LabelTable.coded(labels, table.source)


def _distinct(
    bits: npt.NDArray[np.int64], count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Distinct values, and for each voxel its place among them (same shape and order)."""
    if count > 20:  # a table of all patterns would be larger than the image
        found, inverse = np.unique(bits.ravel(order="F"), return_inverse=True)
        return found, inverse.reshape(bits.shape, order="F")
    present = np.flatnonzero(np.bincount(bits.ravel(order="F"), minlength=1))
    place = np.zeros(1 << count, dtype=np.int32)
    place[present] = np.arange(len(present))
    return present, place[bits]
