"""What the headers of a sample say, as checks of headers and of files ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.geometry.agreement import centre_offset_mm, overlap_fraction
from napari_medload.loaders.sample import image_of, is_label_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from napari_medload.formats import Header
    from napari_medload.geometry import Grid
    from napari_medload.loaders import Sample
    from napari_medload.loaders.dataset import Alignment


@dataclass(frozen=True)
class Described:
    """A sample, from its headers alone.

    Parameters
    ----------
    sample : Sample
    headers : mapping of role to Header
        Of the files that could be read.
    reasons : mapping of role to str
        Why others could not be.
    alignment : str
        What the dataset promises between fixed and moving.
    """

    sample: Sample
    headers: Mapping[str, Header]
    reasons: Mapping[str, str]
    alignment: Alignment

    @cached_property
    def grids(self) -> Mapping[Grid, tuple[str, ...]]:
        """Each grid that is met, with the roles that lie on it: labels share that of an image."""
        roles: dict[Grid, tuple[str, ...]] = {}
        for role, header in self.headers.items():
            roles[header.grid] = (*roles.get(header.grid, ()), role)
        return roles

    @cached_property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Label roles, each with the image role whose grid it must share."""
        found = (
            (role, image_of(role, self.headers)) for role in self.headers if is_label_role(role)
        )
        return tuple((label, image) for label, image in found if image is not None)

    @cached_property
    def pair(self) -> tuple[Grid, Grid] | None:
        """Grids of fixed and moving image, where distances between them mean anything.

        They do not where only spacings are known.
        """
        fixed, moving = self.headers.get("fixed_image"), self.headers.get("moving_image")
        if fixed is None or moving is None:
            return None
        grids = (fixed.grid, moving.grid)
        placed = all(grid.oriented or not grid.known for grid in grids)
        return grids if placed else None

    @cached_property
    def offset_mm(self) -> float | None:
        """Distance between the centres of the fields of view of fixed and moving."""
        offset = None if self.pair is None else centre_offset_mm(*self.pair)
        return None if offset is None else float(np.linalg.norm(offset))

    @cached_property
    def overlap(self) -> float | None:
        """Part of the smaller field of view inside the other, 0 to 1."""
        return None if self.pair is None else overlap_fraction(*self.pair)

    def differing(self) -> Iterator[tuple[str, str, Grid, Grid]]:
        """Labels whose grid is not that of their image: roles, and grids, of both."""
        for label, image in self.labels:
            lies, wanted = self.headers[label].grid, self.headers[image].grid
            if lies is not wanted and lies != wanted:
                yield label, image, lies, wanted
