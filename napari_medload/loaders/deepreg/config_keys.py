"""Keys of the section ``dataset``: those that a type needs, and those that were nearly written."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.options import CONFIG_SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable

NEEDED = {
    "paired": ("labeled", "moving_image_shape", "fixed_image_shape"),
    "unpaired": ("labeled", "image_shape"),
    "grouped": (
        "labeled",
        "image_shape",
        "intra_group_prob",
        "intra_group_option",
        "sample_image_in_group",
    ),
}
OPTIONAL = ("label_seed", "workers")
KNOWN = tuple(
    dict.fromkeys(
        (
            *("type", "format", "dir", "seed", "sample_label"),
            *OPTIONAL,
            *CONFIG_SPLITS,
            *(name for names in NEEDED.values() for name in names),
        )
    )
)
_NEAR = 0.7


def lacking_keys(settings: Mapping[str, Any], kind: str) -> str:
    """Say which keys a type needs and a section lacks; empty where it has all."""
    lacking = [name for name in NEEDED[kind] if name not in settings]
    if not lacking:
        return ""
    meant = near(settings, lacking)
    hint = "".join(f" Did you mean '{right}' by '{found}'?" for found, right in meant.items())
    return (
        f"the dataset section lacks {', '.join(lacking)}, which {kind} data need.{hint} "
        f"{'Correct' if hint else 'Add'} them."
    )


def misspelt_keys(section: Mapping[str, Any], kind: str) -> list[str]:
    """Name the keys that nobody reads and that are nearly one that is read.

    Those that stand for a key that is needed are left to `lacking_keys`.
    """
    needed = [name for name in NEEDED[kind] if name not in section]
    named = near(section, [name for name in KNOWN if name not in (*section, *needed)])
    told = near(section, needed)
    found = {key: right for key, right in named.items() if key not in told}
    folders = section.get("dir")
    if isinstance(folders, Mapping):
        found |= near(folders, [name for name in CONFIG_SPLITS if name not in folders])
    return [f"nothing reads '{key}'; did you mean '{right}'?" for key, right in found.items()]


def near(found: Iterable[Any], among: Iterable[str]) -> dict[str, str]:
    """Words that are nearly one of some others, by each of them that is none."""
    names = list(among)
    return {
        word: match[0]
        for word in found
        if isinstance(word, str)
        and word not in (*names, *KNOWN)
        and (match := get_close_matches(word, names, n=1, cutoff=_NEAR))
    }
