"""Channels of nnU-Net: which file is which channel of which case, and the role that it has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.members import Members
from napari_medload.loaders.quoting import quoted
from napari_medload.loaders.sample import is_label_role
from napari_medload.loaders.walking import Trouble

if TYPE_CHECKING:
    from collections.abc import Collection

_NUMBER = re.compile(r"0*[0-9]{1,4}")
_NUMBERED = re.compile(r"(.+)_(\d{4})")


def channel_roles(content: Mapping[str, Any]) -> dict[int, str]:
    """Roles of the channels that a ``dataset.json`` names, by number.

    Channel 0 is ``image``; a further one ``image_ADC`` after its name, with other signs than
    letters and digits as underscores. One whose name is met twice, leaves nothing, or would make
    it look like a label, is called by its number: ``image_0001``.
    """
    named = content.get("channel_names") or content.get("modality")
    roles: dict[int, str] = {}
    for key, name in sorted(named.items()) if isinstance(named, Mapping) else ():
        if _is_number(key):
            role = "image_" + re.sub(r"\W+", "_", str(name)).strip("_")
            usable = role not in ("image_", *roles.values()) and not is_label_role(role.lower())
            roles[int(key)] = role if usable and int(key) else role_of(int(key), {})
    return dict(sorted(roles.items()))


def channel_names(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the channels as a ``dataset.json`` has them, in the order of their numbers.

    nnU-Net chooses by them how intensities are normalised: ``CT`` is not like others.
    """
    named = content.get("channel_names") or content.get("modality")
    if not isinstance(named, Mapping):
        return ()
    found = {int(key): str(name) for key, name in named.items() if _is_number(key)}
    return tuple(found[number] for number in sorted(found))


def channel_faults(content: Mapping[str, Any]) -> list[str]:
    """Say where the channels of a ``dataset.json`` have no numbers."""
    named = content.get("channel_names") or content.get("modality")
    if named is None:
        return []
    if not isinstance(named, Mapping):
        return [f'the channels are {quoted(named)}; expected such as {{"0": "CT"}}']
    odd = [quoted(key) for key in named if not _is_number(key)]
    return [f"channel {', '.join(odd[:3])} is no number from 0 to 9999"] if odd else []


def _is_number(key: object) -> bool:
    return bool(_NUMBER.fullmatch(str(key)))


def role_of(number: int, roles: Mapping[int, str]) -> str:
    """Role of a channel, whether it is named or not."""
    return roles.get(number, f"image_{number:04d}" if number else "image")


def is_channelled(images: Collection[str], cases: Iterable[str]) -> bool:
    """Whether images without a description are named ``CASE_0000``, one for each channel.

    The Decathlon too has names that end in digits; there the labels are named like the images.

    Parameters
    ----------
    images : collection of str
        Names of the images without suffix.
    cases : iterable of str
        Names of labels, and of images that a description lists.
    """
    matches = [_NUMBERED.fullmatch(name) for name in images]
    stems = {match[1] for match in matches if match}
    first = {match[1] for match in matches if match and match[2] == "0000"}
    return bool(stems) and all(matches) and stems == first and not set(images) & set(cases)


def by_channel(images: Members, roles: Mapping[int, str], channelled: bool) -> dict[str, Members]:
    """Images by role, under the names of their cases; every named role is there, if empty."""
    if not channelled:
        return {"image": images}
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in (0, *roles)}
    troubles: dict[int, list[Trouble]] = {}
    for name, file in zip(images.names, images.files, strict=True):
        case, number = _case_and_number(name)
        found.setdefault(number, []).append((case, file))
    for name, reason in images.troubles:
        case, number = _case_and_number(name)
        found.setdefault(number, [])
        troubles.setdefault(number, []).append(Trouble(case, reason))
    return {
        role_of(number, roles): Members.sorted(
            images.place, found[number], troubles=troubles.get(number, ())
        )
        for number in sorted(found)
    }


def _case_and_number(name: str) -> tuple[str, int]:
    """Case and channel of an image, by its name."""
    match = _NUMBERED.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, 0)
