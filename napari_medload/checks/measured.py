"""The voxels of a sample, as checks ask for them; each array is measured once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from napari_medload.checks.measures import (
    Backdrop,
    Breathe,
    ImageMeasure,
    LabelMeasure,
    backdrop,
    measure_image,
    measure_labels,
    no_pause,
)
from napari_medload.labels import Categories
from napari_medload.loaders.sample import image_of, is_label_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.images import Volume
    from napari_medload.labels import LabelTable
    from napari_medload.loaders import Sample
    from napari_medload.loaders.dataset import Alignment


@dataclass(frozen=True)
class Measured:
    """A sample, from its voxels.

    Parameters
    ----------
    sample : Sample
    volumes : mapping of role to Volume
        Of the files that could be read.
    categories : mapping of role to Categories
        What the labels are called; a role may be left out, and is compared with no table then.
    alignment : str
        What the dataset promises between fixed and moving.
    breathe : callable
        See `measures.Breathe`.
    """

    sample: Sample
    volumes: Mapping[str, Volume]
    categories: Mapping[str, Categories]
    alignment: Alignment
    breathe: Breathe = no_pause
    _backdrops: dict[str, Backdrop | None] = field(default_factory=dict)

    @cached_property
    def images(self) -> Mapping[str, ImageMeasure]:
        """Measures of the images, by role."""
        return {
            role: measure_image(volume, self.breathe)
            for role, volume in self.volumes.items()
            if not is_label_role(role)
        }

    @cached_property
    def labels(self) -> Mapping[str, LabelMeasure]:
        """Measures of the labels, by role."""
        return {
            role: measure_labels(volume, not self._is_series(role), self.breathe)
            for role, volume in self.volumes.items()
            if is_label_role(role)
        }

    @property
    def pair_of_labels(self) -> tuple[LabelMeasure, LabelMeasure] | None:
        """Labels of fixed and moving, where something is promised of where they lie."""
        fixed, moving = self.labels.get("fixed_label"), self.labels.get("moving_label")
        if fixed is None or moving is None or self.alignment == "none":
            return None
        return fixed, moving

    def backdrop(self, role: str) -> Backdrop | None:
        """Background of an image."""
        if role not in self._backdrops:
            self._backdrops[role] = backdrop(self.volumes[role])
        return self._backdrops[role]

    def name(self, role: str, value: int) -> str:
        """Write a label: ``"4 'lesion'"``, or ``"4"`` where it has no name."""
        known = self.categories.get(role, Categories())
        if not self.labels[role].channels:
            return _quoted(str(value), known.table, value)
        channel = value - 1
        joined = [i for i, channels in enumerate(known.collation or ()) if channel in channels]
        return _quoted(f"channel {channel}", known.table, joined[0] + 1 if joined else value)

    def _is_series(self, role: str) -> bool:
        """Whether a label has as many frames as its own image: points in time, not channels."""
        own = image_of(role, self.volumes)
        return own is not None and self.volumes[own].frames == self.volumes[role].frames > 1


def _quoted(number: str, table: LabelTable, value: int) -> str:
    return f"{number} '{table.label(value).name}'" if value in table else number
