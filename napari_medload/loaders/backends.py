"""Loader backends: the ways of opening a dataset, the project's own and those of others."""

from __future__ import annotations

import logging
from difflib import get_close_matches
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, ClassVar, Protocol

from napari_medload.loaders.deepreg.backend import DeepRegConfig
from napari_medload.loaders.deepreg.folders import Grouped, Paired, Unpaired
from napari_medload.loaders.layouts.datalist import Datalist
from napari_medload.loaders.layouts.learn2reg import Learn2Reg
from napari_medload.loaders.layouts.nnunet import NnUnet
from napari_medload.loaders.layouts.pair_list import PairList
from napari_medload.loaders.layouts.subjects import TorchIOSubjects
from napari_medload.loaders.lists import SampleList
from napari_medload.loaders.loose import SingleFile
from napari_medload.loaders.medsegpy.folders import Slices2D, Volumes3D
from napari_medload.loaders.medsegpy.listed import MedSegPyList

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint
    from pathlib import Path

    from napari_medload.loaders.dataset import Dataset

ENTRY_POINT = "napari_medload.loaders"
"""Group of entry points under which other packages offer backends."""

_PROMISED = ("name", "expects", "recognises", "open")
_LOG = logging.getLogger(__name__)


class Backend(Protocol):
    """A way of opening a dataset.

    ``name`` is what a person chooses it by; ``expects`` says in a few words what it looks for.
    ``recognises`` answers quickly and reads no pixels. ``open`` raises `DatasetError` where
    nothing can be opened, and turns whatever is wrong with one sample into a problem of it. Asked
    for a split, it returns that one only. A dataset whose alignment it leaves out is guessed.
    """

    name: ClassVar[str]
    expects: ClassVar[str]

    def recognises(self, path: Path) -> bool:
        """Whether a file or folder looks like a dataset of this kind."""
        ...

    def open(self, path: Path, split: str | None = None) -> Dataset:
        """Open it, or only one split of it."""
        ...


BACKENDS: tuple[Backend, ...] = (
    DeepRegConfig(),
    Learn2Reg(),
    NnUnet(),
    Slices2D(),
    Volumes3D(),
    Paired(),
    Grouped(),
    Unpaired(),
    PairList(),
    MedSegPyList(),
    TorchIOSubjects(),
    Datalist(),
    SampleList(),
    SingleFile(),
)
"""The project's own, in the order in which they are asked."""


@cache
def installed_backends() -> tuple[Backend, ...]:
    """Backends that other packages offer, looked up once; `load_backends` says how."""
    return load_backends(entry_points(group=ENTRY_POINT))


def load_backends(entries: Iterable[EntryPoint]) -> tuple[Backend, ...]:
    """Load backends; one that cannot be loaded, or is none, is passed over and logged.

    Parameters
    ----------
    entries : iterable of EntryPoint
        Each names a class that is made without arguments, or an instance.
    """
    found: list[Backend] = []
    for entry in entries:
        try:
            offered = entry.load()
            backend = offered() if isinstance(offered, type) else offered
            lacking = [name for name in _PROMISED if not hasattr(backend, name)]
            if lacking:
                raise TypeError(f"it has no {', '.join(lacking)}")
            found.append(backend)
        except Exception as error:  # another package's fault must not stop ours
            _LOG.warning("the loader backend %s cannot be loaded: %s", entry.value, error)
    return tuple(found)


def every_backend() -> tuple[Backend, ...]:
    """Installed ones first: whoever installs one wants it asked."""
    return (*installed_backends(), *BACKENDS)


def layout_names() -> tuple[str, ...]:
    """Names that a person may choose from."""
    return tuple(dict.fromkeys(backend.name for backend in every_backend()))


def backend_for(path: Path, among: Iterable[Backend] | None = None) -> Backend | None:
    """Find the first backend that recognises a path, or None."""
    for backend in every_backend() if among is None else among:
        try:
            if backend.recognises(path):
                return backend
        except Exception as error:
            _LOG.warning("the loader backend %s failed on %s: %s", backend.name, path, error)
    return None


def backend_named(name: str) -> Backend:
    """Find a backend by its name.

    Raises
    ------
    KeyError
        If there is none.
    """
    for backend in every_backend():
        if backend.name == name:
            return backend
    near = get_close_matches(name, layout_names(), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise KeyError(f"no layout is named '{name}'; known are {', '.join(layout_names())}.{hint}")
