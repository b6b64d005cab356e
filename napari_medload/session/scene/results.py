"""What a registration has left of a sample, and how far its landmarks lie apart.

The distance between two landmarks is taken in the space of the moving image: from the moving one
to where the transform takes the fixed one. This is the target registration error as challenges
report it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.formats.landmarks import Landmarks, pair_landmarks, read_landmarks
from napari_medload.formats.storage.regular import expect_file
from napari_medload.formats.transforms import Transform, read_transform
from napari_medload.loaders.sample import TRANSFORM_ROLES, is_image_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_medload.formats import Source
    from napari_medload.formats.landmarks import LandmarkPairs
    from napari_medload.geometry import FloatArray
    from napari_medload.loaders import Sample
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.resident import Resident

Part: TypeAlias = "Transform | Landmarks"
"""What is read of a role that holds no image."""

_MUCH_NEARER = 0.5  # part of the distance before, below which a transform helps


@dataclass(frozen=True)
class Distances:
    """Distances between paired landmarks.

    Parameters
    ----------
    each : tuple of float
        In mm.
    """

    each: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean, in mm."""
        return float(np.mean(self.each))

    @property
    def median(self) -> float:
        """Median, in mm."""
        return float(np.median(self.each))

    @property
    def largest(self) -> float:
        """Largest, in mm."""
        return max(self.each)


@dataclass(frozen=True, eq=False)
class Result:
    """What a registration has left beside the images of a sample.

    Parameters
    ----------
    transform : Transform, optional
    fixed, moving : Landmarks, optional
    warped : str
        Name of the warped image's file; empty where there is none, or no moving image beside it.
    """

    transform: Transform | None = None
    fixed: Landmarks | None = None
    moving: Landmarks | None = None
    warped: str = ""

    def __bool__(self) -> bool:
        return bool(self.can_switch or self.fixed or self.moving)

    @property
    def can_switch(self) -> bool:
        """Whether there is anything to show after the registration."""
        return self.transform is not None or bool(self.warped)

    @property
    def description(self) -> str:
        """By what the moving image is moved: "through a.tfm (affine, 12 parameters)"."""
        if self.transform is not None:
            return f"through {self.transform.description}"
        return f"warped image {self.warped}" if self.warped else ""

    @cached_property
    def pairs(self) -> LandmarkPairs | None:
        """Landmarks of both sides that belong together; None where a side has none."""
        if self.fixed is None or self.moving is None:
            return None
        return pair_landmarks(self.fixed, self.moving)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the landmarks."""
        sides = (("fixed", self.fixed), ("moving", self.moving))
        notes = [f"{side} landmarks: {found.note}" for side, found in sides if found and found.note]
        own = self.pairs.note if self.pairs is not None else ""
        return tuple(filter(None, (*notes, own, self._turned)))

    @cached_property
    def _turned(self) -> str:
        """Say where landmarks tell that the transform runs the other way; else empty."""
        pairs, before, after = self.pairs, self.before, self.after
        if self.transform is None or pairs is None or before is None or after is None:
            return ""
        turned = _distances(self.transform.apply(pairs.moving), pairs.fixed)
        if after.mean < before.mean or turned.mean > _MUCH_NEARER * before.mean:
            return ""
        return (
            f"landmarks would lie {turned.mean:.2f} mm apart the other way round: does the "
            "transform run from moving to fixed? It is read as running from fixed to moving"
        )

    @cached_property
    def before(self) -> Distances | None:
        """How far paired landmarks lie apart in the world."""
        pairs = self.pairs
        return None if pairs is None else _distances(pairs.fixed, pairs.moving)

    @cached_property
    def after(self) -> Distances | None:
        """How far they lie apart through the transform; None where there is none."""
        pairs = self.pairs
        if pairs is None or self.transform is None:
            return None
        return _distances(self.transform.apply(pairs.fixed), pairs.moving)

    @cached_property
    def moved(self) -> FloatArray:
        """Where the transform draws the moving landmarks, shape (n, 3); NaN where that fails."""
        points = self.points("moving")
        return points if self.transform is None else self.transform.find(points)

    def points(self, side: str) -> FloatArray:
        """Landmarks of a side: paired ones, or all where the other side has none."""
        if self.pairs is not None:
            return self.pairs.fixed if side == "fixed" else self.pairs.moving
        found = self.fixed if side == "fixed" else self.moving
        return np.zeros((0, 3)) if found is None else found.points

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the landmarks that are drawn."""
        if self.pairs is not None:
            return self.pairs.names
        found = self.fixed or self.moving
        return found.names if found is not None else ()


def _distances(one: FloatArray, other: FloatArray) -> Distances:
    return Distances(tuple(np.linalg.norm(one - other, axis=1).tolist()))


def read_part(role: str, source: Source) -> Part:
    """Read what a role holds that is no image.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return read_transform(source.path) if role in TRANSFORM_ROLES else read_landmarks(source.path)


def lacking(sample: Sample) -> dict[str, str]:
    """Say by role which transforms and landmarks are no files; nothing is opened."""
    reasons = {}
    for role, source in sample.sources.items():
        if not is_image_role(role):
            try:
                expect_file(source.file)
            except FileNotFoundError:
                reasons[role] = f"{source}: no such file; it was moved, renamed or deleted"
            except OSError as error:
                reasons[role] = str(error)
    return reasons


def result_of(parts: Mapping[str, Part], residents: Mapping[str, Resident]) -> Result:
    """Join what could be read of a sample."""
    transform, fixed, moving = (
        parts.get(role) for role in ("transform", "fixed_landmarks", "moving_landmarks")
    )
    # without the moving image the warped one is shown all the time: there is nothing to switch
    warped = residents.get("warped_image") if "moving_image" in residents else None
    return Result(
        transform if isinstance(transform, Transform) else None,
        fixed if isinstance(fixed, Landmarks) else None,
        moving if isinstance(moving, Landmarks) else None,
        warped.header.source.path.name if warped is not None else "",
    )


# --- in words ---------------------------------------------------------------------------


def moved_text(result: Result, display: DisplayGrid | None) -> str:
    """Say by what the moving image is moved, and how far at most within the display."""
    text = result.description
    if result.transform is not None and display is not None and display.grid.oriented:
        farthest = result.transform.largest_displacement(display.grid)
        text += f", moves by up to {farthest:.1f} mm"
    return text


def landmark_rows(result: Result) -> list[tuple[str, ...]]:
    """Table of the distances of landmarks, with its head; empty where none are paired."""
    if result.before is None:
        return []
    count = len(result.before.each)
    rows: list[tuple[str, ...]] = [(f"{count} landmarks", "mean", "median", "largest")]
    for name, found in (("before", result.before), ("after", result.after)):
        if found is not None:
            figures = (found.mean, found.median, found.largest)
            rows.append((name, *(f"{figure:.2f} mm" for figure in figures)))
    return rows
