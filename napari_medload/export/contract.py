"""What every exporter promises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from napari_medload.formats.storage.paths import placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from napari_medload.export.remark import Remark
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source


_T = TypeVar("_T")


@dataclass(frozen=True)
class NoOptions:
    """Options of a format that has none."""


WITHIN_0_1 = {"range": (0.0, 1.0)}
"""Metadata of the field of an option that is a number from 0 to 1."""


def _say_nothing(_what: str) -> None:
    pass


@dataclass(frozen=True)
class Target:
    """Where a list goes, and how it names files.

    Parameters
    ----------
    path : Path
        File, or folder for formats that fill one; absolute. It may be there already.
    base : Path, optional
        Absolute folder that paths are written relative to; None for absolute paths.
    options : object
        Of the format: an instance of its `Exporter.options`.
    overwrite : bool
        Whether something that was not exported here may be replaced.
    tell : callable
        Told what is being read or copied, where that takes long; it may raise to cancel.
    """

    path: Path
    base: Path | None = None
    options: Any = NoOptions()
    overwrite: bool = False
    tell: Callable[[str], None] = field(default=_say_nothing, repr=False, compare=False)
    _made: dict[Any, tuple[Any, Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def once(self, make: Callable[[Selection, Target], _T], selection: Selection) -> _T:
        """Make something of a selection, and keep it for the further steps of this export.

        What is kept stays in memory as long as the target.

        Parameters
        ----------
        make : callable
            Called with the selection and this target.
        selection : Selection
            The one that was met last is known again, by identity.
        """
        known = self._made.get(make)
        if known is None or known[0] is not selection:
            known = self._made[make] = (selection, make(selection, self))
        made: _T = known[1]
        return made

    def place(self, path: Path | str) -> str:
        """Write a path: absolute, or relative to the base where it lies below it."""
        return placed(path, self.base)

    def name(self, source: Source) -> str:
        """Write where an array lies: its path, and ``#key`` where it has one."""
        return self.place(source.path) + (f"#{source.key}" if source.key else "")


class Exporter(Protocol):
    """One format: what it can't express, how it is written, how it is read back.

    Attributes
    ----------
    name : str
        By which it is asked for.
    title : str
        For people, such as ``"MONAI datalist"``.
    suffixes : tuple of str
        Of its file, the usual one first; empty for a format that fills a folder.
    options : type
        Frozen dataclass with a default for each field; the forms are made from it.
    consumer : str
        Package that is asked to load it where it is installed; empty where there is none.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    options: ClassVar[type]
    consumer: ClassVar[str]

    def remarks(self, selection: Selection, target: Target) -> Iterable[Remark]:
        """Say what it can't express, before anything is written."""
        ...

    def write(self, selection: Selection, target: Target, aside: Path) -> None:
        """Write the list.

        Parameters
        ----------
        aside : Path
            Of the name of ``target.path``, in an empty folder beside it; what is left in that
            folder is moved to its place once it is proved. A format that fills a folder makes it
            at this path. Paths in the list are those of `Target.name`, never relative to here.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        ...

    def prove(self, selection: Selection, target: Target, aside: Path) -> None:
        """Read back what was written, and compare it with what was meant.

        Raises
        ------
        ExportError
            If it is not the same; the message names the first sample that differs.
        """
        ...
