"""What a selection is to DeepReg: paired, unpaired or grouped, and the section that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_medload.export.contract import WITHIN_0_1
from napari_medload.export.errors import ExportError
from napari_medload.formats import read_header
from napari_medload.formats.contract import spatial_shape
from napari_medload.loaders.deepreg.folders import PAIRED, SINGLE
from napari_medload.loaders.members import H5_SUFFIXES
from napari_medload.loaders.options import CONFIG_SPLITS, IntraGroupOption
from napari_medload.loaders.sample import is_label_role
from napari_medload.loaders.splits import same_split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source
    from napari_medload.loaders import Sample

Kind: TypeAlias = Literal["paired", "unpaired", "grouped"]
NIFTI_SUFFIXES = (".nii.gz", ".nii")
_OF_PAIRS: dict[str, Any] = {"kinds": ("paired",)}
_OF_GROUPS: dict[str, Any] = {"kinds": ("grouped",)}


@dataclass(frozen=True)
class DeepRegOptions:
    """Options of a configuration of DeepReg.

    Parameters
    ----------
    labeled : bool
        Whether labels are used, where all samples have them.
    moving_image_shape, fixed_image_shape, image_shape : str
        To which images are resized, such as ``"64, 64, 60"``; the shape of the first image where
        they are left out.
    intra_group_prob : float
        Grouped data: probability of a pair within a group, 0 to 1.
    intra_group_option : str
        Within a group: ``"forward"``, ``"backward"`` or ``"unconstrained"``.
    sample_image_in_group : bool
        Grouped data: one pair a group in an epoch, instead of all pairs.
    """

    labeled: bool = field(default=True, metadata={"label": "with labels"})
    moving_image_shape: str = field(default="", metadata=_OF_PAIRS)
    fixed_image_shape: str = field(default="", metadata=_OF_PAIRS)
    image_shape: str = field(default="", metadata={"kinds": ("unpaired", "grouped")})
    intra_group_prob: float = field(
        default=1.0, metadata={**WITHIN_0_1, **_OF_GROUPS, "label": "share within groups"}
    )
    intra_group_option: IntraGroupOption = field(
        default="forward", metadata={**_OF_GROUPS, "label": "order in a group"}
    )
    sample_image_in_group: bool = field(
        default=True, metadata={**_OF_GROUPS, "label": "one pair a group"}
    )


def kind_of(selection: Selection) -> Kind:
    """Pairs where there are moving images, groups where every image is in one, else neither."""
    if "moving_image" in selection.roles:
        return "paired"
    return "grouped" if all(entry.sample.group for entry in selection) else "unpaired"


def roles_of(selection: Selection, labeled: bool) -> dict[str, str]:
    """Find the roles that are used, and the folder or HDF5 file of each."""
    folders = PAIRED if kind_of(selection) == "paired" else SINGLE
    every = is_labeled(selection, labeled)
    return {role: folder for role, folder in folders.items() if every or not is_label_role(role)}


def is_labeled(selection: Selection, labeled: bool) -> bool:
    """Whether labels are wanted and all samples have them."""
    folders = PAIRED if kind_of(selection) == "paired" else SINGLE
    roles = [role for role in folders if is_label_role(role)]
    return labeled and all(role in e.sample.sources for e in selection for role in roles)


def split_of(sample: Sample) -> str | None:
    """Return DeepReg's split of a sample: train where it has none, None where DeepReg has none."""
    return same_split(sample.split, CONFIG_SPLITS) if sample.split else "train"


def form_of(source: Source) -> str | None:
    """Return ``"nifti"`` or ``"h5"``, or None for what DeepReg does not read."""
    if source.slices:
        return None
    if source.key is not None:
        return "h5" if source.file.lower().endswith(H5_SUFFIXES) else None
    return "nifti" if source.file.endswith(NIFTI_SUFFIXES) else None


def section_of(
    selection: Selection, options: DeepRegOptions, folders: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Make the section ``dataset`` of a configuration.

    Parameters
    ----------
    selection : Selection
    options : DeepRegOptions
    folders : mapping of split to list of str
        Directories.

    Raises
    ------
    ExportError
        If a shape is none.
    """
    kind = kind_of(selection)
    first = selection[0].sample
    form = form_of(first.sources["moving_image" if kind == "paired" else "image"])
    places = {split: folders.get(split, []) for split in CONFIG_SPLITS}
    section: dict[str, Any] = {
        "dir": {
            split: (named[0] if len(named) == 1 else named) or "" for split, named in places.items()
        },
        "format": form,
        "type": kind,
        "labeled": is_labeled(selection, options.labeled),
    }
    if kind == "paired":
        for role in ("moving_image", "fixed_image"):
            given = getattr(options, f"{role}_shape")
            section[f"{role}_shape"] = _shape(given, f"{role}_shape", first.sources[role])
        return section
    section["image_shape"] = _shape(options.image_shape, "image_shape", first.sources["image"])
    if kind == "grouped":
        section["intra_group_prob"] = options.intra_group_prob
        section["intra_group_option"] = options.intra_group_option
        section["sample_image_in_group"] = options.sample_image_in_group
    return section


def _shape(given: str, name: str, first: Source) -> list[int]:
    """Three sizes: as given, else those of an image."""
    if not given.strip():
        return list(spatial_shape(read_header(first).shape))
    try:
        sizes = [int(part) for part in given.replace("x", ",").strip("[] ").split(",")]
    except ValueError:
        sizes = []
    if len(sizes) != 3 or min(sizes) < 1:
        raise ExportError(
            f"{name} is '{given}'; expected three whole numbers from 1, such as '64, 64, 60'. "
            "Correct it, or leave it out for the shape of the first image."
        )
    return sizes
