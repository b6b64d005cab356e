"""What is known of each scan: the dataset's metadata, and what a scan states over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from napari_medload.loaders.medsegpy.catalog import same_value
from napari_medload.loaders.medsegpy.categories import CATEGORY_KEYS, categories_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.labels import Categories
    from napari_medload.loaders.medsegpy.catalog import Entry, Metadata

_PREFIX = "scan_"
_NO_SETTINGS = ("scan_id", "scan_num_slices")


class Known(NamedTuple):
    """What is known of a scan, and what is wrong with it."""

    settings: Mapping[str, Any] | None
    categories: Categories
    problems: tuple[str, ...]


class ScanSettings:
    """Settings and categories of the scans of a dataset; what is equal is one object.

    Parameters
    ----------
    metadata : Metadata, optional
        Of the dataset.
    """

    def __init__(self, metadata: Metadata | None) -> None:
        self._stated = {} if metadata is None else metadata.as_dict()
        self._name = "" if metadata is None else metadata.name
        self.dataset = Known(self._stated or None, *categories_of(self._stated, self._name))
        self._met: dict[str, list[tuple[dict[str, Any], Known]]] = {}
        self._categories = {self.dataset.categories: self.dataset.categories}

    def of(self, entry: Entry) -> Known:
        """Return what is known of one scan.

        Parameters
        ----------
        entry : mapping
            The first dict of the scan. Its ``scan_<key>`` goes before the metadata's ``<key>``,
            whatever the key, unless it is None.
        """
        own = {
            key.removeprefix(_PREFIX): value
            for key, value in entry.items()
            if isinstance(key, str) and key.startswith(_PREFIX) and key not in _NO_SETTINGS
            if value is not None
        }
        if not own:
            return self.dataset
        alike = self._met.setdefault(repr(own), [])
        for met, known in alike:
            if same_value(met, own):
                return known
        alike.append((own, self._made(own)))
        return alike[-1][1]

    def _made(self, own: dict[str, Any]) -> Known:
        settings = {**self._stated, **own}
        if CATEGORY_KEYS.isdisjoint(own):
            return self.dataset._replace(settings=settings)
        categories, problems = categories_of(settings, self._name)
        return Known(settings, self._categories.setdefault(categories, categories), problems)
