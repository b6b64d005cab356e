"""The two catalogs: which function returns a dataset's dicts, and what is known of the dataset.

They hold for the running program, as MedSegPy's do. Unlike there, an entry can be replaced or
removed, so that a cell of a notebook can be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from napari_medload.loaders.errors import LoaderError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

Entry: TypeAlias = Mapping[str, Any]
"""A dataset dict: one slice, or one volume."""
Entries: TypeAlias = list[Any]
Names: TypeAlias = list[str]


class DatasetCatalog:
    """Names of datasets, and the functions that return their dicts."""

    _registered: ClassVar[dict[str, Callable[[], Entries]]] = {}

    @staticmethod
    def register(name: str, func: Callable[[], Entries], *, overwrite: bool = False) -> None:
        """Register a function under a name.

        Parameters
        ----------
        name : str
        func : callable
            Without arguments; returns a list of dataset dicts. It is called anew each time.
        overwrite : bool
            Whether a name that is taken gets this function instead.

        Raises
        ------
        LoaderError
            If it cannot be called, or the name is taken. It is a ValueError and an
            AssertionError.
        """
        if not callable(func):
            raise LoaderError(f"'{name}': {func!r} is no function; expected one that returns dicts")
        if name in DatasetCatalog._registered and not overwrite:
            raise LoaderError(
                f"a dataset is registered as '{name}' already; choose another name, remove it, or "
                "pass overwrite=True"
            )
        DatasetCatalog._registered[name] = func

    @staticmethod
    def get(name: str) -> Entries:
        """Call the function of a name.

        Raises
        ------
        KeyError
            If nothing is registered under it.
        """
        return DatasetCatalog._registered[_known(name, DatasetCatalog._registered)]()

    @staticmethod
    def list() -> Names:
        """Names, in the order in which they were registered."""
        return [*DatasetCatalog._registered]

    @staticmethod
    def remove(name: str) -> None:
        """Forget a name.

        Raises
        ------
        KeyError
            If nothing is registered under it.
        """
        del DatasetCatalog._registered[_known(name, DatasetCatalog._registered)]

    @staticmethod
    def clear() -> None:
        """Forget all names."""
        DatasetCatalog._registered.clear()


class Metadata:
    """What is known of a dataset, as attributes that are set once.

    Parameters
    ----------
    name : str
        Of the dataset.
    **values
        As for `set`.
    """

    name: str

    def __init__(self, name: str, **values: Any) -> None:
        self.set(name=name, **values)

    def set(self, **values: Any) -> Self:
        """Set attributes, and return the metadata itself.

        An attribute may be set again to what it is. A list and a tuple of equal elements count as
        equal, and so do arrays and the lists of their elements.

        Raises
        ------
        LoaderError
            If one is set to another value already (it is an AssertionError, too), or would hide
            a method.
        """
        for key, value in values.items():
            setattr(self, key, value)
        return self

    def __setattr__(self, key: str, value: Any) -> None:
        if hasattr(type(self), key):
            raise LoaderError(f"'{key}' is a name of the metadata's own; choose another")
        if key in self.__dict__ and not same_value(self.__dict__[key], value):
            raise LoaderError(
                f"'{key}' of the dataset '{self.name}' is {self.__dict__[key]!r} and cannot become "
                f"{value!r}; metadata are set once. Remove them from the catalog first."
            )
        self.__dict__[key] = value

    def __getattr__(self, key: str) -> Any:
        known = ", ".join(sorted(self.__dict__)) or "none"
        raise AttributeError(f"the metadata have no '{key}'; available are: {known}")

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or `default` where it is not set."""
        return self.__dict__.get(key, default)

    def as_dict(self) -> dict[str, Any]:
        """All keys and values, with the name."""
        return dict(self.__dict__)

    def __repr__(self) -> str:
        return f"Metadata({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"


class MetadataCatalog:
    """Metadata by the name of their dataset."""

    _known: ClassVar[dict[str, Metadata]] = {}

    @staticmethod
    def get(name: str) -> Metadata:
        """Metadata of a name: the same object each time, empty at first.

        Raises
        ------
        LoaderError
            If the name is empty.
        """
        if not name:
            raise LoaderError("metadata need the name of their dataset, found an empty one")
        return MetadataCatalog._known.setdefault(name, Metadata(name))

    @staticmethod
    def list() -> Names:
        """Names that were asked for."""
        return [*MetadataCatalog._known]

    @staticmethod
    def remove(name: str) -> None:
        """Forget what is known of a name.

        Raises
        ------
        KeyError
            If nothing is.
        """
        del MetadataCatalog._known[_known(name, MetadataCatalog._known)]

    @staticmethod
    def clear() -> None:
        """Forget everything."""
        MetadataCatalog._known.clear()


def _known(name: str, names: Iterable[str]) -> str:
    if name not in (known := [*names]):
        shown = ", ".join(known) or "none"
        raise KeyError(f"no dataset is registered as '{name}'; registered are: {shown}")
    return name


def same_value(a: Any, b: Any) -> bool:
    """Whether two values are equal; arrays and sequences by their elements."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        try:
            return bool(np.array_equal(a, b))
        except (TypeError, ValueError):
            return False
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same_value(x, y) for x, y in zip(a, b, strict=True))
    try:
        return bool(a == b)
    except (TypeError, ValueError):  # what has no truth of its own, such as a table
        return False
