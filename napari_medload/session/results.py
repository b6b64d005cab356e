"""Results of a registration: what is drawn before and after it, and how far landmarks lie apart.

Before, everything lies where its header says. After, what belongs to the moving image is drawn
through the transform; where there is none but a warped image, that stands in its place. The
distance between two landmarks is taken in the moving image's space: from the moving one to where
the transform takes the fixed one. This is the target registration error as challenges report it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from napari_medload.formats.landmarks import Landmarks, pair_landmarks, read_landmarks
from napari_medload.formats.storage.regular import expect_file
from napari_medload.formats.transforms import Transform, read_transform
from napari_medload.geometry.affine import apply, inverse
from napari_medload.loaders.sample import TRANSFORM_ROLES, WARPED_ROLES, is_image_role, side_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.formats import Source
    from napari_medload.formats.landmarks import LandmarkPairs
    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.loaders import Sample
    from napari_medload.session.display_grid import DisplayGrid
    from napari_medload.session.options import ViewOptions
    from napari_medload.session.resident import Resident
    from napari_medload.session.scene import Scene

Part: TypeAlias = "Transform | Landmarks"
"""What is read of a role that holds no image."""

_COMPARED = ("fixed_image", "moving_image")
_STAND_INS = dict(zip(WARPED_ROLES, ("moving_image", "moving_label"), strict=True))


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


# --- what is drawn -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Placed:
    """What is drawn in a role, and through which transform.

    Parameters
    ----------
    resident : Resident
    transform : Transform, optional
        From places of the display to places of the resident.
    note : str
        What a person should know of it.
    """

    resident: Resident
    transform: Transform | None = None
    note: str = ""


BEFORE = "before the registration"
"""How a remark begins that says why what was asked for is not shown after it."""


def not_after(result: Result, options: ViewOptions, grids: Iterable[Grid]) -> str:
    """Say why a sample is not drawn as the registration leaves it, though that was asked for.

    A transform counts in the world of the true headers: where these are missing, ignored, or read
    as another program does, there is no after.

    Parameters
    ----------
    grids : iterable of Grid
        Where the fixed and the moving image say that they lie.

    Returns
    -------
    str
        Empty where it is drawn so, and where nobody asked for it.
    """
    if not (options.after and result.can_switch):
        return ""
    if options.aligned == "index":
        return f"{BEFORE}: it counts in mm, and headers are ignored"
    if options.lens:
        return f"{BEFORE}: as other programs see the files there is no after"
    if result.transform is not None and not all(grid.known for grid in grids):
        return f"{BEFORE}: the transform counts in mm, and not every image has a geometry"
    return ""


def is_after(result: Result, options: ViewOptions, grids: Iterable[Grid]) -> bool:
    """Whether the sample is drawn as the registration leaves it; see `not_after`."""
    return options.after and result.can_switch and not not_after(result, options, grids)


def placed(
    residents: Mapping[str, Resident], result: Result, options: ViewOptions
) -> dict[str, Placed]:
    """Tell what is drawn in each role, before or after the registration.

    Warped images are never drawn on top of what they were made from. Where a sample has no moving
    image, the warped one is there all the time.
    """
    before = {role: Placed(found) for role, found in residents.items() if role not in WARPED_ROLES}
    stand_ins = {
        role: Placed(residents[warped], note=_named(warped, residents[warped]))
        for warped, role in _STAND_INS.items()
        if warped in residents
    }
    if "moving_image" not in before:
        return {**before, **stand_ins}
    if not is_after(result, options, compared_grids(residents)):
        return before
    note = f"after: {result.description}"
    if result.transform is not None:
        return {
            role: Placed(found.resident, result.transform, note)
            if side_of(role) == "moving"
            else found
            for role, found in before.items()
        }
    rest = {role: found for role, found in before.items() if side_of(role) != "moving"}
    after = {
        role: Placed(found.resident, note=f"after: {found.note}")
        for role, found in stand_ins.items()
    }
    return {**rest, **after}


def compared_grids(residents: Mapping[str, Resident]) -> list[Grid]:
    """Where the images of a pair say that they lie."""
    return [residents[role].grid for role in _COMPARED if role in residents]


def _named(role: str, resident: Resident) -> str:
    return f"{role.replace('_', ' ')} {resident.header.source.path.name}"


# --- landmarks ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ShownLandmarks:
    """Landmarks on the canvas.

    Parameters
    ----------
    names : tuple of str
    fixed, moving : array, shape (n, 3)
        Canvas points (S, A, R). Paired row by row where both have rows; NaN where a point is
        nowhere.
    distances : tuple of float
        In mm, one a pair; empty where there are no pairs.
    size : float
        How large they are drawn, in units of the canvas.
    """

    names: tuple[str, ...]
    fixed: FloatArray
    moving: FloatArray
    distances: tuple[float, ...]
    size: float

    @property
    def texts(self) -> tuple[str, ...]:
        """Distance of each pair, such as "3.1 mm"; the names of those that are not paired."""
        if not self.distances:
            return self.names
        return tuple(f"{mm:.1f} mm" for mm in self.distances)


_PART_OF_VIEW, _SMALLEST_MM = 0.04, 3.0


def shown_landmarks(
    result: Result,
    display: DisplayGrid,
    options: ViewOptions,
    drawn: Mapping[str, tuple[Grid, Grid]],
) -> ShownLandmarks | None:
    """Place landmarks on the canvas.

    Parameters
    ----------
    drawn : mapping of role to (Grid, Grid)
        Where the header of each image says that it lies, and where it is drawn.

    Returns
    -------
    ShownLandmarks or None
        None where there are none, and where they have no place: on grids without geometry, and as
        other programs see the files.
    """
    if not (result.fixed or result.moving) or options.lens or not display.grid.oriented:
        return None
    stated = [drawn[role][0] for role in _COMPARED if role in drawn]
    after = is_after(result, options, stated)
    if after and result.transform is None:  # nobody knows how the warped image was made
        moving, distances = np.full_like(result.points("moving"), np.nan), None
    elif after:
        moving, distances = result.moved, result.after
    else:
        moving, distances = result.points("moving"), result.before
        moving = _as_drawn(moving, drawn.get("moving_image"))
    fixed = _as_drawn(result.points("fixed"), drawn.get("fixed_image"))
    if options.aligned == "index":  # the images are not where the distances were taken
        distances = None
    extent = max(display.grid.extent)
    return ShownLandmarks(
        result.names,
        _on_canvas(fixed, display),
        _on_canvas(moving, display),
        distances.each if distances is not None else (),
        max(_SMALLEST_MM, _PART_OF_VIEW * extent),
    )


def _as_drawn(points: FloatArray, grids: tuple[Grid, Grid] | None) -> FloatArray:
    """Move points along with an image that is drawn elsewhere than its header says."""
    if grids is None or not grids[0].known or grids[0] == grids[1]:
        return points
    stated, drawn = grids
    return apply(drawn.affine, apply(inverse(stated.affine), points))


def _on_canvas(points: FloatArray, display: DisplayGrid) -> FloatArray:
    return np.array([display.to_canvas(point) for point in points]).reshape(-1, 3)


# --- in words ----------------------------------------------------------------------------


def moved_text(result: Result, scene: Scene) -> str:
    """Say by what the moving image is moved, and how far at most within the display."""
    text = result.description
    if result.transform is not None and scene.display is not None and scene.display.grid.oriented:
        farthest = result.transform.largest_displacement(scene.display.grid)
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
