r"""Pair lists of VoxelMorph, as its ``read_pair_list`` reads them.

``moving<TAB>fixed`` on each line, VoxelMorph's source and target; one path a line where images are
single. VoxelMorph splits lines at any white space unless it is told otherwise:

    voxelmorph.py.utils.read_pair_list("pairs.txt", delim="\t")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from napari_medload.export.errors import ExportError
from napari_medload.export.files.file_remarks import dropped, said_of, unread
from napari_medload.export.files.naming import Naming
from napari_medload.export.remark import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_medload.export.contract import Target
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source
    from napari_medload.loaders import Sample

_READ = (".nii", ".nii.gz", ".mgz", ".npz", ".npy")
_SIDES = ("moving", "fixed")


@dataclass(frozen=True)
class VoxelMorphOptions:
    """Options of a pair list.

    Parameters
    ----------
    what : str
        Whether the lines name the images, or their labels: VoxelMorph takes a list of each.
    """

    what: Literal["images", "labels"] = field(default="images", metadata={"label": "which list"})

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that may stand in the list: of pairs, in order, and of single images."""
        kind = self.what.removesuffix("s")
        return (*(f"{side}_{kind}" for side in _SIDES), kind)


class VoxelMorph:
    """A pair list of VoxelMorph."""

    name: ClassVar[str] = "voxelmorph"
    title: ClassVar[str] = "VoxelMorph pair list"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)
    options: ClassVar[type] = VoxelMorphOptions
    consumer: ClassVar[str] = "voxelmorph"

    def names_role(self, role: str, target: Target) -> bool:
        """Whether the files of a role are named."""
        return role in target.options.roles

    def remarks(self, selection: Selection, target: Target) -> Iterator[Remark]:
        """Say which lines VoxelMorph would not split, and which files it can't read."""
        roles = target.options.roles
        yield from _unfit(selection, roles)
        yield from unread(
            selection, "VoxelMorph", _READ, keys="error", formats="error", roles=roles, small=True
        )
        yield from _in_paths(selection, target)
        yield from dropped(selection, f"list of {target.options.what}", roles.__contains__)
        if len(selection.splits) > 1:
            yield Remark(
                "warning",
                f"a pair list has no splits, and this one holds {', '.join(selection.splits)}; "
                "export each into a list of its own",
            )
        if target.base is not None:
            yield Remark(
                "warning",
                "VoxelMorph takes relative paths from the working directory; give read_pair_list "
                f"prefix='{target.base}/'",
            )

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write a line a sample."""
        with aside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(paths) + "\n" for _id, paths in _lines(selection, target))

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read the lines back as VoxelMorph does, and compare the paths."""
        lines = [line.strip() for line in aside.read_text(encoding="utf-8").split("\n")]
        found = [line.split("\t") for line in lines if line]
        for number, (name, paths) in enumerate(_lines(selection, target)):
            read = found[number] if number < len(found) else None
            if read != paths:
                raise ExportError(
                    f"{aside}: sample '{name}' is read back as {read}; expected {paths}. Nothing "
                    "has been saved."
                )
        if len(found) != len(selection):
            raise ExportError(
                f"{aside}: {len(found):,} lines are read back; expected {len(selection):,}. "
                "Nothing has been saved."
            )


def _lines(selection: Selection, target: Target) -> Iterator[tuple[str, list[str]]]:
    """Id and paths of each sample."""
    naming = Naming(target)
    for entry in selection:
        named = _named(entry.sample, target.options.roles)
        yield entry.sample.id, [_no_comment(naming(source)) for source in named]


def _no_comment(path: str) -> str:
    return f"./{path}" if path.startswith("#") else path


def _named(sample: Sample, roles: tuple[str, ...]) -> list[Source]:
    """Files of a sample that stand in its line: of its pair, else of its single image."""
    moving, fixed, single = map(sample.sources.get, roles)
    if moving is not None and fixed is not None:
        return [moving, fixed]
    return [] if single is None else [single]


def _unfit(selection: Selection, roles: tuple[str, ...]) -> Iterator[Remark]:
    """Refuse samples that make no line, and lines that are not all of one kind."""
    counts = {entry.sample.id: len(_named(entry.sample, roles)) for entry in selection}
    yield from said_of(
        "error",
        f"these samples have neither {roles[0]} and {roles[1]} nor {roles[2]}; leave them out, or "
        f"map the columns of the list: --column {roles[1]}=COLUMN in a terminal",
        (name for name, count in counts.items() if not count),
    )
    if {1, 2} <= set(counts.values()):
        yield from said_of(
            "error",
            "these samples are single images among pairs; expected pairs alone, or single images "
            "alone. Export them into a list of their own",
            (name for name, count in counts.items() if count == 1),
        )


def _in_paths(selection: Selection, target: Target) -> Iterator[Remark]:
    """Say in which paths a line would be split, or could not be written."""
    broken, spaced = [], []
    for name, paths in _lines(selection, target):
        if any(not _stays_whole(path) for path in paths):
            broken.append(name)
        elif any(path.split() != [path] for path in paths):
            spaced.append(name)
    yield from said_of(
        "error",
        "a path of these samples holds a tab, a newline, white space at an end, or what UTF-8 has "
        "no sign for, and no line of a pair list can hold it. Rename the files or folders",
        broken,
    )
    yield from said_of(
        "warning",
        "a path of these samples holds spaces, where VoxelMorph splits its lines; load the list "
        'with read_pair_list(…, delim="\\t")',
        spaced,
    )


def _stays_whole(path: str) -> bool:
    """Whether a path comes out of a line, cut at tabs, as it went in."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return "\t" not in path and path == path.strip() and path.splitlines() == [path]
