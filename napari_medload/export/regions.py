"""Lists of regions: patches or tiles of each image, planned from headers alone."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeAlias

from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.formats.storage.paths import plain
from napari_medload.loaders.sample import is_label_role
from napari_medload.regions import (
    ImageStack,
    patch_plan,
    read_regions,
    regular_patch_plan,
    tile_plan,
)
from napari_medload.regions.errors import RegionError
from napari_medload.regions.saving import ListedImage, description, lines_of, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Entry, Selection
    from napari_medload.formats import Placement, Source
    from napari_medload.loaders import Sample
    from napari_medload.regions import RegionPlan

Kind: TypeAlias = Literal["tile", "patch", "regular"]

_USUAL_ROLES = ("fixed_image", "image", "moving_image")


@dataclass(frozen=True)
class RegionOptions:
    """How images are cut.

    Parameters
    ----------
    kind : str
        ``"tile"``: overlapping tiles whose crops cover the image; ``"patch"``: at random places;
        ``"regular"``: patches side by side.
    size : tuple of three ints
        Voxels along Z, Y, X, which are k, j, i of the stored array.
    overlap : tuple of three ints
        Voxels that neighbouring tiles, or patches side by side, share.
    count : int
        Random patches of each image; 0 for as many as would cover it side by side.
    seed : int
        Of random patches. The places in an image follow from it and the sample's id, whatever else
        is in the list.
    role : str
        Which image of a sample is cut; where it is empty the fixed image, or the only one.
    """

    kind: Kind = field(default="tile", metadata={"label": "tiles or patches"})
    size: tuple[int, int, int] = field(default=(64, 64, 64), metadata={"label": "size (Z, Y, X)"})
    overlap: tuple[int, int, int] = field(
        default=(0, 0, 0), metadata={"label": "overlap (Z, Y, X)"}
    )
    count: int = field(default=0, metadata={"label": "random patches"})
    seed: int = field(default=0, metadata={"label": "patch seed"})
    role: str = field(default="", metadata={"label": "which image"})


class Regions:
    """Patches or tiles as JSON Lines; `regions.read_regions` and `regions.cut_regions` read them.

    Images of which only the shape is known are cut too: then no region has a place in mm.
    """

    name: ClassVar[str] = "regions"
    title: ClassVar[str] = "Patches or tiles (JSON Lines)"
    suffixes: ClassVar[tuple[str, ...]] = (".regions.jsonl", ".jsonl")
    options: ClassVar[type] = RegionOptions
    consumer: ClassVar[str] = ""
    looks_inside: ClassVar[bool] = True

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Plan each image from its header, and say where that is not possible."""
        without: list[str] = []
        unknown: list[str] = []
        failed: dict[str, list[str]] = {}
        cut = 0
        for entry in selection:
            role = _role(entry.sample, target.options.role)
            if not role:
                without.append(entry.sample.id)
                continue
            target.tell(f"planning {entry.sample.id}")
            cut += 1
            try:
                image = _image(entry, role, target, cut)
            except (RegionError, OSError) as error:
                failed.setdefault(str(error), []).append(entry.sample.id)
                continue
            if not image.plan.grid.oriented:
                unknown.append(entry.sample.id)
        for reason, samples in failed.items():
            yield Remark("error", f"no regions can be planned: {reason}", tuple(samples))
        if without:
            wanted = target.options.role or "fixed_image or image"
            yield Remark(
                "warning" if cut else "error",
                f"samples have no image in the role {wanted}; expected one to cut, and they are "
                "left out. Choose another role",
                tuple(without),
            )
        if unknown:
            yield Remark(
                "warning",
                "images state no place in the patient; their regions have voxels, and no box in mm",
                tuple(unknown),
            )

    def lines(self, selection: Selection, target: Target) -> Iterator[str]:
        """Make the list line by line; `saving.preview` takes the first ones alone."""
        described = description(target.path, target.base, plan=asdict(target.options))
        regions = (image.listed.line(s) for image in _images(selection, target) for s in image.plan)
        return lines_of(described, regions)

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list region by region."""
        with open(aside, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(self.lines(selection, target))

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read it back with our own reader, and compare each region with the plan."""
        with aside.open(encoding="utf-8") as file:
            if file.readline() != next(iter(self.lines(selection, target))):
                raise ExportError(f"{aside}: the description was not read back as it was meant.")
        meant = ((image, spec) for image in _images(selection, target) for spec in image.plan)
        for region, planned in zip_longest(read_regions(aside, target.base), meant):
            if region is None or planned is None:
                raise ExportError(f"{aside}: another number of regions than was planned.")
            image, spec = planned
            said = json.loads(json.dumps(image.listed.line(spec)))
            facts = {key: value for key, value in said.items() if key not in spec}
            if (_place(region.source), region.spec, region.facts) != (image.place, spec, facts):
                raise ExportError(
                    f"{aside}: sample {said['sample_id']} was not read back as it was meant: "
                    f"{region.source}, {region.spec}; expected {image.listed.source}, {spec}."
                )


class _Image(NamedTuple):
    """An image that is cut, and its plan."""

    listed: ListedImage
    plan: RegionPlan[Any]

    @property
    def place(self) -> tuple[str, str | None, Placement | None]:
        return _place(self.listed.source)


def _images(selection: Selection, target: Target) -> Iterator[_Image]:
    """Open the images one after another, from their headers, and plan each."""
    number = 0
    for entry in selection:
        role = _role(entry.sample, target.options.role)
        if role:
            target.tell(f"planning {entry.sample.id}")
            yield _image(entry, role, target, number)
            number += 1


def _image(entry: Entry, role: str, target: Target, number: int) -> _Image:
    sample, options = entry.sample, target.options
    source = source_of(sample.sources[role])
    stack = ImageStack.of(source)
    facts = {
        "sample_id": sample.id,
        "group": sample.group,
        "split": sample.split,
        "verdict": entry.verdict.decision if entry.verdict else None,
        "role": role,
    }
    listed = ListedImage(stack, target.name(source), source, facts)
    if options.kind == "tile":
        return _Image(listed, tile_plan(stack, options.size, options.overlap, data_idx=number))
    if options.kind == "regular":
        plan = regular_patch_plan(stack, options.size, options.overlap, data_idx=number)
        return _Image(listed, plan)
    if options.kind != "patch":
        raise RegionError(f"kind {options.kind!r}; expected tile, patch or regular.")
    own = (options.seed << 32) + zlib.crc32(sample.id.encode("utf-8", "surrogateescape"))
    count = options.count or None
    return _Image(listed, patch_plan(stack, options.size, count, own, data_idx=number))


def _role(sample: Sample, wanted: str) -> str:
    """Role of the image that is cut: the wanted one, or the usual one, or the only one; or none."""
    if wanted:
        return wanted if wanted in sample.image_sources else ""
    usual = next((name for name in _USUAL_ROLES if name in sample.sources), "")
    images = [name for name in sample.image_sources if not is_label_role(name)]
    return usual or (images[0] if len(images) == 1 else "")


def _place(source: Source) -> tuple[str, str | None, Placement | None]:
    return plain(source.file), source.key, source.placement
