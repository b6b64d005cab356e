"""Subjects: the template, deformed smoothly and at random, with a lesion on one side.

The template is left-right symmetric and there is only one of it. Without a deformation and a
lesion of its own, neither a flip nor a swapped partner could be seen in a subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_medload.demo.deformation import as_transform, back_into_subject, draw_displacement
from napari_medload.demo.lesion import Lesion, draw_site
from napari_medload.demo.sampling import itk_image, sample

if TYPE_CHECKING:
    from napari_medload.demo.template import FloatVolume, Template
    from napari_medload.geometry import Grid

_DARKEST_IN_BRAIN = 0.11
"""No voxel of the template's brain has a lower T1; outside, it is 0."""


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A subject on a grid: arrays of float32, from 0 to 1, of one shape (i, j, k).

    Parameters
    ----------
    t1 : array
        T1 intensity without the lesion.
    grey, white, brain, lesion : array
        Fraction of the voxel that is grey matter, white matter, anything inside the skull,
        and lesion.
    """

    t1: FloatVolume
    grey: FloatVolume
    white: FloatVolume
    brain: FloatVolume
    lesion: FloatVolume


class Subject:
    """One person of the demo, who can be imaged on any grid.

    Parameters
    ----------
    template : Template
    rng : numpy Generator
        Draws the deformation and the lesion.
    side : int
        +1 for a lesion on the right, -1 for one on the left.
    """

    def __init__(self, template: Template, rng: np.random.Generator, side: int) -> None:
        self.side = side
        self._transform = as_transform(draw_displacement(rng))
        centre = back_into_subject(self._transform, draw_site(template, rng, side))
        self._lesion = Lesion.draw(rng, centre)
        maps = (template.t1, template.grey, template.white)
        self._maps = [itk_image(values, template.grid) for values in maps]

    def on(self, grid: Grid) -> Anatomy:
        """Sample the anatomy on a grid. Every grid meets the same subject at the same place."""
        t1, grey, white = (sample(image, self._transform, grid) for image in self._maps)
        brain = np.clip(t1 / np.float32(_DARKEST_IN_BRAIN), 0, 1)
        tissue = np.clip(grey + white, 0, 1)
        return Anatomy(t1, grey, white, brain, self._lesion.on(grid) * tissue)
