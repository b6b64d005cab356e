"""The file loaders of the roles of a data loader: made, compared and closed together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from napari_medload.loaders.deepreg.data_loader import GeneratorDataLoader
from napari_medload.loaders.deepreg.same_ids import check_same_ids
from napari_medload.loaders.errors import LoaderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.loaders.deepreg.file_loader import FileLoader

SINGLE_IMAGES = {
    "moving_image": "images",
    "fixed_image": "images",
    "moving_label": "labels",
    "fixed_label": "labels",
}


class FileLoaderClass(Protocol):
    """Whatever makes a file loader: a class, or one with options in ``functools.partial``."""

    def __call__(self, *, dir_paths: list[str], name: str, grouped: bool) -> FileLoader:
        """Make a file loader of one role."""
        ...


class RoleLoaders(GeneratorDataLoader):
    """Loads each role through a file loader of its own; roles of one name share theirs."""

    def load_roles(
        self,
        file_loader: FileLoaderClass,
        dir_paths: list[str],
        names: Mapping[str, str],
        grouped: bool,
    ) -> None:
        """Make the file loaders.

        Parameters
        ----------
        file_loader : class
        dir_paths : list of str
        names : mapping of role to name
            Folder or file of each role.
        grouped : bool
        """
        made: dict[str, FileLoader] = {}
        for role in self.roles if self.labeled else self.roles[:2]:
            name = names[role]
            if name not in made:
                made[name] = file_loader(dir_paths=dir_paths, name=name, grouped=grouped)
            setattr(self, f"loader_{role}", made[name])

    @property
    def image_loader(self) -> FileLoader:
        """Loader of the moving images, by which data are counted."""
        if self.loader_moving_image is None:
            raise LoaderError("the file loaders are missing; call load_roles in __init__")
        return self.loader_moving_image

    def check_roles(self, kind: str) -> None:
        """Check that all roles hold the same names in the same order.

        Raises
        ------
        LoaderError
            If they do not.
        """
        found: dict[str, FileLoader] = {}
        for loader in self._loaders():
            found.setdefault(loader.name.replace("_", " "), loader)
        check_same_ids(found, kind)

    def _loaders(self) -> list[FileLoader]:
        """Each file loader once."""
        loaders = [getattr(self, f"loader_{role}") for role in self.roles]
        return list(dict.fromkeys(loader for loader in loaders if loader is not None))

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """Close what was opened where making the rest fails."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all file loaders."""
        for loader in self._loaders():
            loader.close()


def check_paths(data_dir_paths: object) -> None:
    """Check that folders are a list of strings.

    Raises
    ------
    LoaderError
        If not.
    """
    if not isinstance(data_dir_paths, list) or not all(
        isinstance(path, str) for path in data_dir_paths
    ):
        raise LoaderError(
            f"data_dir_paths must be list of strings, found {data_dir_paths!r}. Write [str(path)] "
            "for a single folder."
        )
