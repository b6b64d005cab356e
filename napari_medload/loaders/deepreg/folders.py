"""DeepReg's folders: paired, unpaired and grouped.

A folder holds the roles ``moving_images`` and ``fixed_images`` (paired), or ``images``
(unpaired, or grouped where every image lies in a group), each with its labels, each a folder of
volumes or an HDF5 file. Train, valid and test may stand above the roles. Beside the roles of pairs
may lie what a registration made of them, see `result_folders`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from napari_medload.loaders.dataset import UNDECLARED, Alignment, Dataset
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.members import Form, Members, is_grouped, list_members, role_place
from napari_medload.loaders.pairing import about, join_by_name, unique_ids
from napari_medload.loaders.result_folders import with_results
from napari_medload.loaders.sample import Sample, is_label_role
from napari_medload.loaders.splits import chosen, split_places

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAIRED = {
    "fixed_image": "fixed_images",
    "moving_image": "moving_images",
    "fixed_label": "fixed_labels",
    "moving_label": "moving_labels",
}
SINGLE = {"image": "images", "label": "labels"}
_SHOWN = 5


class RoleFolders:
    """A folder whose roles are folders or HDF5 files in it."""

    name: ClassVar[str]
    expects: ClassVar[str]
    roles: ClassVar[Mapping[str, str]] = SINGLE
    alignment: ClassVar[Alignment] = "none"

    def recognises(self, path: Path) -> bool:
        """Whether the folder, or a split in it, holds the roles."""
        return path.is_dir() and bool(split_places(path, self._holds))

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open the folder.

        Raises
        ------
        DatasetError
            If it does not hold the roles, or they hold no volume. A split that cannot be read
            beside others that can is a sample with the reason.
        """
        places = chosen(split_places(path, self._may_hold), split, path)
        samples: list[Sample] = []
        broken: list[str] = []
        for name, place in places.items():
            try:
                samples += self.samples_in(place, name)
            except DatasetError as error:  # the other splits can be looked at all the same
                broken.append(str(error))
                samples.append(Sample(name, {}, split=name, problems=(str(error),)))
        if not any(sample.sources for sample in samples):
            reasons = broken or [problem for sample in samples for problem in sample.problems]
            raise DatasetError("; ".join(reasons[:_SHOWN]) or self._nothing_in(path, places))
        return Dataset(path, self.name, unique_ids(samples), self.alignment)

    def _holds(self, folder: Path, form: Form | None = None) -> bool:
        return role_place(folder, "images", form) is not None

    def _may_hold(self, folder: Path) -> bool:
        """Whether a person who chose this layout may have meant this folder."""
        return bool(roles_found(folder))

    def samples_in(
        self, place: Path, split: str = "", labeled: bool = True, form: Form | None = None
    ) -> list[Sample]:
        """List the samples of one folder that holds the roles.

        Parameters
        ----------
        place : Path
        split : str
            Stands first in each id, where there is one.
        labeled : bool
            Whether labels are looked for.
        form : str, optional
            ``"nifti"`` or ``"h5"``, where the other is to be passed over.

        Raises
        ------
        DatasetError
            If no role can be read.
        """
        members: dict[str, Members] = {}
        broken: dict[str, str] = {}
        for role, name in self.roles.items():
            found = role_place(place, name, form) if labeled or not is_label_role(role) else None
            if found is not None:
                try:
                    members[role] = list_members(found)
                except OSError as error:  # the other roles can be looked at all the same
                    broken[role] = str(error)
        reasons = tuple(about(role, why) for role, why in broken.items())
        if reasons and not any(members.values()):
            raise DatasetError("; ".join(reasons))
        samples = join_by_name(members, split, self.name == "grouped")
        if not reasons:
            return samples
        return [replace(sample, problems=(*sample.problems, *reasons)) for sample in samples]

    def _nothing_in(self, folder: Path, places: Mapping[str, Path]) -> str:
        found = [role for place in places.values() for role in roles_found(place)]
        wanted = self.roles.values()
        if not any(role in found for role in wanted):
            return (
                f"{folder}: cannot be read as {self.name}; found {', '.join(found) or 'none'}, "
                f"expected {', '.join(wanted)}. Choose another layout."
            )
        return (
            f"{folder}: {' and '.join(dict.fromkeys(found))} hold no volume; expected NIfTI files "
            "or HDF5 datasets. Check that the download is complete."
        )


class Paired(RoleFolders):
    """Moving and fixed images of one name."""

    name = "paired"
    expects = "moving_images and fixed_images (paired)"
    roles = PAIRED
    alignment = UNDECLARED

    def samples_in(
        self, place: Path, split: str = "", labeled: bool = True, form: Form | None = None
    ) -> list[Sample]:
        """List the pairs, with what a registration has left beside them; as `RoleFolders` does."""
        return with_results(super().samples_in(place, split, labeled, form), place, self.roles)

    def _holds(self, folder: Path, form: Form | None = None) -> bool:
        return all(role_place(folder, name, form) for name in ("fixed_images", "moving_images"))


class Grouped(RoleFolders):
    """Single images, each in a group."""

    name = "grouped"
    expects = "images in groups (grouped)"

    def _holds(self, folder: Path, form: Form | None = None) -> bool:
        images = role_place(folder, "images", form)
        try:
            return images is not None and is_grouped(list_members(images))
        except OSError:  # opening it as unpaired will say what is wrong
            return False


class Unpaired(RoleFolders):
    """Single images."""

    name = "unpaired"
    expects = "images (unpaired)"


DEEPREG_LAYOUTS: dict[str, RoleFolders] = {
    layout.name: layout for layout in (Paired(), Grouped(), Unpaired())
}


def roles_found(folder: Path) -> list[str]:
    """Roles of either layout that a folder holds."""
    names = [*PAIRED.values(), *SINGLE.values()]
    return [name for name in names if role_place(folder, name)]
