"""Cases of nnU-Net: the images of one grid, one a channel, and their label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from napari_medload.export.files.file_names import file_name, file_names
from napari_medload.loaders.sample import Sample, is_image_role, is_label_role
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source

Segmented: TypeAlias = Literal["any", "image", "fixed", "moving", "both"]

SIDES: Mapping[str, tuple[str, ...]] = {
    "image": ("image",),
    "fixed": ("fixed_image",),
    "moving": ("moving_image",),
    "both": ("fixed_image", "moving_image"),
}
"""Images that are segmented, by the option that chooses them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Parameters
    ----------
    name : str
        Unlike that of any other, and fit for a file.
    sample : Sample
        That it is made from.
    images : mapping of role to Source or None
        In the order of the channels; None where the sample lacks one.
    label : Source or None
    """

    name: str
    sample: Sample
    images: Mapping[str, Source | None]
    label: Source | None

    @property
    def held(self) -> dict[str, Source]:
        """Images that are there, by role."""
        return {role: source for role, source in self.images.items() if source is not None}

    @property
    def lacks(self) -> bool:
        """Whether a channel or the label is missing."""
        return self.label is None or None in self.images.values()


def segmented(selection: Selection, chosen: Segmented) -> tuple[str, ...]:
    """Roles of the images that are segmented: single images, or else the fixed ones."""
    if chosen != "any":
        return SIDES[chosen]
    return SIDES["image" if "image" in selection.roles else "fixed"]


def channels_of(selection: Selection, images: tuple[str, ...]) -> tuple[str, ...]:
    """Find the endings of the roles of all channels: empty for the first, then such as ``_0001``.

    A further channel of ``image`` has a role such as ``image_0001`` or ``image_ADC``.
    """
    found = dict.fromkeys(
        role.removeprefix(image)
        for role in selection.roles
        for image in images
        if role.startswith(f"{image}_") and is_image_role(role) and not is_label_role(role)
    )
    return ("", *found)  # in the order of the channels


def trained(selection: Selection) -> Selection:
    """Leave out the samples of a test split, which nnU-Net does not list."""
    return replace(selection, entries=[e for e in selection if not is_test(e.sample)])


def cases_of(selection: Selection, chosen: Segmented) -> Iterator[Case]:
    """Make the cases of all samples but those of a test split, in order."""
    images = segmented(selection, chosen)
    endings = channels_of(selection, images)
    names = names_of(selection)
    for entry in selection:
        sample = entry.sample
        if is_test(sample):
            continue
        for image in images:
            side = f"_{image.removesuffix('_image')}" if len(images) > 1 else ""
            yield Case(
                names[sample.id] + side,
                sample,
                {image + ending: sample.sources.get(image + ending) for ending in endings},
                sample.sources.get(f"{image.removesuffix('image')}label"),
            )


def names_of(selection: Selection) -> dict[str, str]:
    """Names of cases, by the ids of their samples: with their splits where these tell them apart.

    nnU-Net has one folder for all splits.
    """
    names = file_names(trained(selection))
    if len({name.lower() for name in names.values()}) == len(names):
        return names
    return {sample_id: file_name(sample_id) for sample_id in names}


def is_test(sample: Sample) -> bool:
    """Whether a sample is kept for the test."""
    return same_split("test", (sample.split,)) is not None


def is_validation(sample: Sample) -> bool:
    """Whether a sample validates."""
    return same_split("val", (sample.split,)) is not None
