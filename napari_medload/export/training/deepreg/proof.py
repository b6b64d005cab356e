"""Reading back through the loaders of DeepReg: which files they find, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_medload.export.errors import ExportError
from napari_medload.export.training.deepreg.kind import kind_of, split_of
from napari_medload.loaders.deepreg.config import get_data_loader
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.plan import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source


def sources_found(
    section: Mapping[str, Any], split: str, target: Target
) -> dict[str, list[Source]]:
    """Find the files of each role of a split as training would, in its order.

    Raises
    ------
    ExportError
        If no loader can be made.
    """
    try:
        loader = get_data_loader(section, split)
    except (LoaderError, PlanError, OSError) as error:
        raise ExportError(f"{target.path}: DeepReg could not load it: {error}") from error
    if loader is None:
        return {}
    sides = ("moving", "fixed") if section["type"] == "paired" else ("moving",)
    kinds = ("image", "label") if section["labeled"] else ("image",)
    try:
        found = {}
        for side in sides:
            for kind in kinds:
                files: Any = getattr(loader, f"loader_{side}_{kind}")
                role = f"{side}_{kind}" if len(sides) > 1 else kind
                found[role] = _listed(files, section["type"] == "grouped")
        return found
    finally:
        loader.close()


def _listed(files: Any, grouped: bool) -> list[Source]:
    if not grouped:
        return [files.get_source(index) for index in range(files.get_num_images())]
    sizes = files.get_num_images_per_group()
    return [files.get_source((g, i)) for g, size in enumerate(sizes) for i in range(size)]


def same_sources(selection: Selection, target: Target, section: Mapping[str, Any]) -> None:
    """Check that the loaders find the files of the selection, and no others.

    Raises
    ------
    ExportError
        If not.
    """
    for split in dict.fromkeys(split_of(entry.sample) or "" for entry in selection):
        found = sources_found(section, split, target)
        for role, sources in found.items():
            held = {(source.file, source.key) for source in sources}
            meant = {
                (e.sample.sources[role].file, e.sample.sources[role].key)
                for e in selection
                if split_of(e.sample) == split
            }
            if held != meant:
                odd = next(iter(held ^ meant))
                raise ExportError(
                    f"{target.path}: {role} of {split} is not read back as it was meant: "
                    f"{odd[0]} is in one and not in the other ({kind_of(selection)})"
                )
