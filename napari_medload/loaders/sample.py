"""A sample: the images that belong together, by role."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from napari_medload.formats import suffix_of
from napari_medload.formats.displacements import FIELD_SUFFIXES
from napari_medload.formats.landmarks import LANDMARK_SUFFIXES
from napari_medload.formats.transforms import TRANSFORM_SUFFIXES
from napari_medload.images import Image, LabelMap, ScalarImage
from napari_medload.labels.naming import promises_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.formats import Source
    from napari_medload.labels import Categories

USUAL_ROLES = (
    "fixed_image",
    "moving_image",
    "fixed_label",
    "moving_label",
    "image",
    "label",
)
"""Roles that every sample answers for, with None where it has no such image."""

TRANSFORM_ROLES = ("transform",)
LANDMARK_ROLES = ("fixed_landmarks", "moving_landmarks")
"""Roles of files that hold no image: what a registration gives, and points to judge it by."""

WARPED_ROLES = ("warped_image", "warped_label")
"""Moving image and label as a registration has resampled them, onto the fixed image's grid."""


_LANDMARK_ENDS = (".mrk.json", *LANDMARK_SUFFIXES)


def is_image_role(role: str) -> bool:
    """Whether a role holds an array of voxels: not a transform, and no landmarks."""
    return role not in TRANSFORM_ROLES and role not in LANDMARK_ROLES


def is_result_role(role: str) -> bool:
    """Whether a role holds what a registration gives, or what judges it: none is ever missing."""
    return role in WARPED_ROLES or not is_image_role(role)


def suffix_in_role(role: str, name: str) -> str | None:
    """Longest suffix of a file's name that its role can be read from, as written, or None."""
    if is_image_role(role):
        return suffix_of(name)
    known = (*TRANSFORM_SUFFIXES, *FIELD_SUFFIXES) if role in TRANSFORM_ROLES else _LANDMARK_ENDS
    fitting = [suffix for suffix in known if name.lower().endswith(suffix)]
    return name[-max(map(len, fitting)) :] if fitting else None


def is_label_role(role: str) -> bool:
    """Whether a role holds labels."""
    return promises_labels(role)


def side_of(role: str) -> str:
    """Side that a role goes with: ``"moving"``, ``"fixed"``, or empty for single images."""
    return next((side for side in ("moving", "fixed") if role.startswith(side)), "")


def image_of(label_role: str, roles: Mapping[str, Any]) -> str | None:
    """Image role whose grid a label role must share, or None where there is none."""
    side = "warped" if label_role in WARPED_ROLES else side_of(label_role)
    wanted = f"{side}_image".lstrip("_")
    return wanted if wanted in roles else None


@dataclass(frozen=True, slots=True)
class Sample:
    """Images that are meant to belong together.

    ``sample.moving_image``, ``.fixed_image``, ``.moving_label``, ``.fixed_label``, ``.image``
    and ``.label`` are lazy images or None; any further role is an attribute too.

    Parameters
    ----------
    id : str
        Unique in its dataset: split, group and name as far as the dataset has them.
    sources : mapping of str to Source
        Where the image of each role lies, or the file of its transform or landmarks.
    group, split : str
        Empty where the dataset has none.
    problems : tuple of str
        What is known to be wrong before any file is opened, such as a missing partner.
    label_channel : int, optional
        The one channel of its one-hot labels that is meant, where not all are.
    categories : Categories, optional
        What its labels are called, where that may differ between samples; None where the
        dataset's count. Samples share them.
    settings : mapping of str, optional
        What its dataset states of it, such as modality or spacing, under the names used there;
        None where nothing is. Samples share it where it is equal.
    """

    id: str
    sources: Mapping[str, Source]
    group: str = ""
    split: str = ""
    problems: tuple[str, ...] = ()
    label_channel: int | None = None
    categories: Categories | None = None
    settings: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)
    _images: dict[str, Image] | None = field(default=None, repr=False, compare=False)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that this sample has."""
        return tuple(self.sources)

    @property
    def image_sources(self) -> Mapping[str, Source]:
        """Where the images lie: the sources without transforms and landmarks."""
        if all(map(is_image_role, self.sources)):
            return self.sources
        return {role: source for role, source in self.sources.items() if is_image_role(role)}

    def image_for(self, role: str) -> Image | None:
        """Lazy image of a role, the same object at each call, or None; also for no image role."""
        source = self.sources.get(role) if is_image_role(role) else None
        if source is None:
            return None
        if self._images is None:  # made when first asked for: a dataset holds 100,000 samples
            object.__setattr__(self, "_images", {})
        images = cast("dict[str, Image]", self._images)
        if role not in images:
            kind = LabelMap if is_label_role(role) else ScalarImage
            images[role] = kind.from_source(source)
        return images[role]

    def __getattr__(self, name: str) -> Image | None:
        if not name.startswith("_") and (name in USUAL_ROLES or name in self.sources):
            return self.image_for(name)
        raise AttributeError(f"sample has no role {name!r}")

    def load(self) -> dict[str, Image]:
        """Read all images concurrently.

        Returns
        -------
        dict of str to Image
            By role, loaded.

        Raises
        ------
        OSError
            If one cannot be read; the message names it.
        """
        images = {role: self.image_for(role) for role in self.image_sources}
        present = {role: image for role, image in images.items() if image is not None}
        with ThreadPoolExecutor(max_workers=max(1, len(present))) as pool:
            for done in [pool.submit(image.load) for image in present.values()]:
                done.result()
        return present
