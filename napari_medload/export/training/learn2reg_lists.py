"""The lists of a Learn2Reg dataset: pairs by split, and each image with what is provided of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_medload.export.files.naming import Naming
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Entry, Selection

_SIDES = ("fixed", "moving")
_KINDS = ("image", "label", "mask")
_TIMES = re.compile(r"_\d{4}_(\d{4})\.nii\.gz$")
_SPLITS = ("train", "val", "test")


def kind_of(role: str) -> str | None:
    """Tell what a role is in a Learn2Reg list: image, label or mask; None if it has no place."""
    side, _, kind = role.rpartition("_")
    return kind if kind in _KINDS and side in ("", *_SIDES) else None


def ending(name: str) -> str:
    """End of a file's name behind that of its task."""
    usual = "_dataset.json"
    return usual if name.endswith(usual) else ".json" if name.endswith(".json") else ""


@dataclass
class Entries:
    """What stands in the lists, and what can't.

    Parameters
    ----------
    keys : mapping of split to str
        Keys of the lists of pairs of train, val and test.
    lists : dict of str to list
        By key.
    ids : dict of str to list of str
        Of the samples that the items of each list are of.
    unfit, contradicted, misplaced, elsewhere : list of str
        Ids of samples: neither pair nor image; a label for an image that has another; single images
        of val or test among pairs; a label where the evaluation would not look.
    """

    keys: Mapping[str, str]
    lists: dict[str, list[Any]]
    ids: dict[str, list[str]]
    unfit: list[str] = field(default_factory=list)
    contradicted: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, selection: Selection, target: Target) -> Entries:
        """Sort the samples of a selection into the lists."""
        options = target.options
        keys = {
            "train": options.training_pairs,
            "val": options.validation_pairs,
            "test": options.test_pairs,
        }
        every = ("training", "validation", "test", *keys.values(), "registration_test")
        found = cls(keys, {key: [] for key in every}, {key: [] for key in every})
        images: dict[str, dict[str, str]] = {}
        naming = Naming(target)
        paired = any(set(_pair_roles()) <= set(entry.sample.sources) for entry in selection)
        for entry in selection:
            paths = {
                role: _as_there(naming(source))
                for role, source in entry.sample.sources.items()
                if kind_of(role) is not None
            }
            found._add(entry, paths, images, target, paired)
        return found

    def _add(
        self,
        entry: Entry,
        paths: Mapping[str, str],
        images: dict[str, dict[str, str]],
        target: Target,
        paired: bool,
    ) -> None:
        name, split = entry.sample.id, _split_of(entry)
        if all(role in paths for role in _pair_roles()):
            options = target.options
            pair = {
                options.fixed_key: paths["fixed_image"],
                options.moving_key: paths["moving_image"],
            }
            self._put(self.keys[split], name, pair)
            if split == "test" and self.keys["test"] != "registration_test":
                self._put("registration_test", name, pair)
            sides: tuple[str, ...] = ("fixed_", "moving_")
        elif "image" in paths:
            sides = ("",)
            if paired and split != "train":
                self.misplaced.append(name)
        else:
            self.unfit.append(name)
            return
        single = {"train": "training", "val": "validation", "test": "test"}[split]
        key = "training" if sides != ("",) and split == "val" else single
        for side in sides:
            about = {kind: paths[side + kind] for kind in _KINDS if side + kind in paths}
            self._put_image(key, name, about, images)

    def _put(self, key: str, name: str, item: Any) -> None:
        self.lists[key].append(item)
        self.ids[key].append(name)

    def _put_image(
        self, key: str, name: str, about: dict[str, str], images: dict[str, dict[str, str]]
    ) -> None:
        """Put an image into a list, unless it is there; what is new of it is added."""
        image = about["image"]
        if any(about[kind] != _beside(image, kind) for kind in about if kind != "image"):
            self.elsewhere.append(name)
        known = images.get(image)
        if known is None:
            images[image] = about
            self._put(key, name, about)
            return
        if any(known.get(kind, path) != path for kind, path in about.items()):
            self.contradicted.append(name)
        known |= {kind: path for kind, path in about.items() if kind not in known}

    @property
    def provided(self) -> list[str]:
        """What is provided of at least one image."""
        every = [item for key in ("training", "validation", "test") for item in self.lists[key]]
        return [kind for kind in _KINDS if any(kind in item for item in every)] or ["image"]

    @property
    def times(self) -> tuple[int, int]:
        """Time that the names state for the fixed and for the moving image of the first pair."""
        fixed, moving = next(self._first_pair(), ("", ""))
        found = [_TIMES.search(path) for path in (fixed, moving)]
        first, second = (int(match[1]) if match else -1 for match in found)
        return (first, second) if first != second and min(first, second) >= 0 else (1, 0)

    def _first_pair(self) -> Iterator[tuple[str, str]]:
        for key in self.keys.values():
            for pair in self.lists[key]:
                fixed, moving = pair.values()
                yield fixed, moving


def _pair_roles() -> tuple[str, str]:
    return "fixed_image", "moving_image"


def _split_of(entry: Entry) -> str:
    """Split of a sample as Learn2Reg has them; train where it has none or another."""
    return known_split(entry.sample.split) or "train"


def known_split(split: str) -> str | None:
    """Return the split of Learn2Reg that a split is; None where it has no such."""
    return same_split(split, _SPLITS)


def _as_there(path: str) -> str:
    """Write a relative path as the challenge does: ``./imagesTr/…``."""
    return path if path.startswith(("/", "./")) else f"./{path}"


def _beside(image: str, kind: str) -> str:
    return image.replace("images", f"{kind}s")
