"""Patches and tiles over an image: the plan, the region that is looked at, and what a slice cuts.

No pixels are touched. The canvas asks for the outlines that one slice cuts out of the boxes; the
boxes are found by arithmetic on all of them at once, so that a plan of 10,000 costs no more than
the few that are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from psygnal import Signal

from napari_medload.geometry.affine import from_parts, inverse, scaling
from napari_medload.geometry.lattice import index_map
from napari_medload.loaders.sample import is_label_role, side_of
from napari_medload.regions import patch_plan, tile_plan
from napari_medload.regions.errors import RegionError
from napari_medload.regions.saving import save_regions
from napari_medload.session.export.places import file_name_of
from napari_medload.session.sections import Boxes, boxes_of, outlines
from napari_medload.session.standalone.content import ras_affine
from napari_medload.session.standalone.facts import file_of, layer_grid

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.geometry import FloatArray, Grid
    from napari_medload.loaders import Sample
    from napari_medload.regions.plan import RegionPlan
    from napari_medload.session.scene.display_grid import DisplayGrid
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene
    from napari_medload.session.session import Session
    from napari_medload.session.standalone.content import DrawnLayer
    from napari_medload.session.table.facts import SampleFacts

Kind = Literal["tiles", "random patches"]
KINDS: tuple[Kind, ...] = ("tiles", "random patches")

PATCHES_AT_MOST = 20_000
DRAWN_AT_MOST = 2_000
REGIONS_SUFFIX = ".regions.jsonl"
_USUAL_SIZE = 64

Three = tuple[float, float, float]


@dataclass(frozen=True)
class PlanOptions:
    """How an image is cut; lengths along Z, Y, X, which are k, j, i of the stored array.

    Parameters
    ----------
    kind : str
        Overlapping tiles that cover the image, or patches at random places.
    size : tuple of three floats
        Of a region.
    overlap : tuple of three floats
        That neighbouring tiles share.
    in_mm : bool
        Whether these are mm and not voxels.
    count, seed : int
        Of random patches.
    """

    kind: Kind = "tiles"
    size: Three = (64, 64, 64)
    overlap: Three = (0, 0, 0)
    in_mm: bool = False
    count: int = 50
    seed: int = 0

    def voxels(self, lengths: Three, grid: Grid) -> tuple[int, int, int]:
        """Lengths along Z, Y, X in voxels of a grid."""
        steps = grid.spacing[::-1] if self.in_mm and grid.known else (1.0, 1.0, 1.0)
        z, y, x = (round(length / step) for length, step in zip(lengths, steps, strict=True))
        return z, y, x


@dataclass(frozen=True, eq=False)
class PlannedImage:
    """An image that is cut into regions.

    Parameters
    ----------
    name : str
        Such as "fixed image".
    grid : Grid
        Of the stored array.
    to_canvas : array, shape (4, 4)
        Stored index (i, j, k) to canvas (S, A, R).
    role : str
        In its sample; empty for a layer by itself.
    """

    name: str
    grid: Grid
    to_canvas: FloatArray
    role: str = ""

    @classmethod
    def in_scene(cls, layer: Layer, display: DisplayGrid, stated: Grid) -> PlannedImage:
        """Describe a layer of a scene where it is drawn.

        Parameters
        ----------
        layer : Layer
        display : DisplayGrid
            That it is drawn on.
        stated : Grid
            What its file says; a file without geometry may be drawn in another's.
        """
        to_display = inverse(index_map(display.grid, layer.reslicer.grid))
        return cls(layer.name, stated, canvas_of(display, to_display), layer.role)

    @classmethod
    def of_layer(cls, name: str, layer: DrawnLayer) -> PlannedImage:
        """Describe a layer that is on the canvas by itself; it is cut along its stored array.

        One that was moved, or is a part of its file, is cut along its axes on the canvas.

        Raises
        ------
        ValueError
            If the layer has no place in space.
        """
        grid, origin = layer_grid(layer), file_of(layer)
        if origin is not None:
            display = origin.display
            return cls(name, grid, canvas_of(display, inverse(index_map(display.grid, grid))))
        on_canvas = ras_affine(layer)
        return cls(name, grid, from_parts(on_canvas[2::-1, :3], on_canvas[2::-1, 3]))


def canvas_of(display: DisplayGrid, to_display: FloatArray) -> FloatArray:
    """Affine from stored indices to the canvas (S, A, R), by way of a display grid."""
    drawn = scaling(display.scale[::-1], display.translate[::-1]) @ to_display
    return from_parts(drawn[2::-1, :3], drawn[2::-1, 3])


@dataclass(frozen=True, eq=False)
class Section:
    """What a slice cuts out of a plan, as line segments, shape (n, 2, 3), canvas (S, A, R).

    Parameters
    ----------
    others, current, kept : array
        Outlines of all other regions, of the current one, and of what is kept of it.
    met, drawn : int
        Regions that the slice meets, and how many of them are in `others` and `current`.
    """

    others: FloatArray
    current: FloatArray
    kept: FloatArray
    met: int
    drawn: int


class Regions:
    """The plan over an image, and which region a person looks at.

    Attributes
    ----------
    image : PlannedImage or None
    choices : tuple of str
        Names of the images that can be cut.
    options : PlanOptions
    plan : RegionPlan or None
        None until one is asked for, and where it cannot be made.
    number : int
        Of the current region, from 0.
    problem : str
        Why there is no plan; empty otherwise.
    saved : str
        What has come of saving this plan; empty before.
    """

    changed = Signal()  # image, plan, number, problem or what was saved
    looked_at = Signal(object)  # canvas point (S, A, R) of the middle of a region

    def __init__(self) -> None:
        self.image: PlannedImage | None = None
        self.choices: tuple[str, ...] = ()
        self.options: PlanOptions | None = None
        self.plan: RegionPlan[Any] | None = None
        self.number = 0
        self.problem = ""
        self.saved = ""
        self._session: Session | None = None
        self._sample: Sample | None = None
        self._boxes: Boxes | None = None
        self._images: dict[str, PlannedImage] = {}
        self._chosen = ""

    # --- what is cut ---------------------------------------------------------------------

    def follow(self, session: Session) -> None:
        """Cut the images of whatever sample a session shows."""
        self._session = session
        session.scene_changed.connect(lambda scene: self.show_scene(scene, session.facts))
        session.dataset_changed.connect(lambda _dataset: self.show_images({}))

    def show_scene(self, scene: Scene, facts: SampleFacts | None) -> None:
        """Take the images of a scene; the plan is made anew where the grid is another."""
        dataset = None if self._session is None else self._session.dataset
        sample = None if dataset is None else dataset[dataset.index_of(scene.sample_id)]
        if sample != self._sample:
            self._sample, self.saved = sample, ""
        headers = {} if facts is None else facts.headers
        images = {}
        for layer in scene.layers:
            if scene.display is None or is_label_role(layer.role) or layer.role not in headers:
                continue
            if scene.as_if is not None and scene.as_if.partner and side_of(layer.role) == "moving":
                continue  # it is another sample's
            stated = headers[layer.role].grid
            images[layer.name] = PlannedImage.in_scene(layer, scene.display, stated)
        self.show_images(images)

    def show_images(self, images: dict[str, PlannedImage]) -> None:
        """Offer images by name; the one that was chosen by its name stays chosen."""
        self._images = dict(images)
        self.choices = tuple(images)
        self._take(self._chosen if self._chosen in images else next(iter(images), ""))

    def choose(self, name: str) -> None:
        """Cut another of the images."""
        if name in self._images and (self.image is None or name != self.image.name):
            self._chosen = name
            self._take(name)

    def _take(self, name: str) -> None:
        before, self.image = self.image, self._images.get(name)
        if self.image is None:
            self._forget()
        elif before is None or before.grid != self.image.grid:
            wanted = self.plan is not None or bool(self.problem)
            self._forget(keep_number=True)
            if wanted and self.options is not None:
                self._make(self.options)
        self.changed.emit()

    def _forget(self, keep_number: bool = False) -> None:
        self.plan, self._boxes, self.problem, self.saved = None, None, "", ""
        if not keep_number:
            self.number = 0

    # --- intents -------------------------------------------------------------------------

    def usual_options(self) -> PlanOptions:
        """Return what is offered first: cubes that fit into the image."""
        if self.image is None:
            return PlanOptions()
        z, y, x = (min(_USUAL_SIZE, size) for size in self.image.grid.shape[::-1])
        return PlanOptions(size=(z, y, x))

    def ask(self, options: PlanOptions) -> None:
        """Cut the image so, and look at the first region."""
        self.options, self.number = options, 0
        self._forget()
        if self.image is not None:
            self._make(options)
        self.changed.emit()
        self._look()

    def clear(self) -> None:
        """Take the plan away."""
        self._forget()
        self.changed.emit()

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) region; stay at the ends."""
        self.go_to(self.number + by)

    def go_to(self, number: int) -> None:
        """Look at a region."""
        if self.plan is not None and 0 <= number < len(self.plan) and number != self.number:
            self.number = number
            self.changed.emit()
            self._look()

    @property
    def suggested_path(self) -> Path | None:
        """Where the plan may be saved; None where there is none, or no file that it is of."""
        image, sample, session = self.image, self._sample, self._session
        home = None if session is None else session.exporting.home
        if self.plan is None or image is None or sample is None or home is None:
            return None
        if image.role not in sample.sources:
            return None
        name = file_name_of(f"{sample.id}_{image.role}")
        return home.parent / f"{name}{REGIONS_SUFFIX}"

    def save(self, path: Path) -> None:
        """Save the regions that are shown as a list, in the background."""
        plan, image, sample, session = self.plan, self.image, self._sample, self._session
        if self.suggested_path is None or session is None or sample is None:
            return
        assert plan is not None and image is not None  # noqa: S101
        facts = {"sample_id": sample.id, "group": sample.group, "split": sample.split}
        source, role = sample.sources[image.role], image.role
        self.saved = ""  # of another file; this one may fail
        self.changed.emit()

        def tell(count: int) -> None:
            if self.plan is plan:
                self.saved = f"✓ saved {path.name}: {count:,} region{'s' if count != 1 else ''}"
                self.changed.emit()

        session.fetch(
            f"saving {path.name}",
            lambda _tell: save_regions(plan, path, source, role=role, **facts),
            tell,
        )

    def _make(self, options: PlanOptions) -> None:
        assert self.image is not None  # noqa: S101
        grid = self.image.grid
        try:
            if options.in_mm and not grid.known:
                raise RegionError(
                    f"the {self.image.name} states no spacing; expected one, for sizes in mm. "
                    "Give them in voxels."
                )
            size = options.voxels(options.size, grid)
            if options.kind == "tiles":
                self.plan = tile_plan(grid, size, options.voxels(options.overlap, grid))
            else:
                count = min(options.count, PATCHES_AT_MOST)
                self.plan = patch_plan(grid, size, count, options.seed)
        except RegionError as error:
            self.plan, self.problem = None, str(error)
            return
        self.number = min(self.number, len(self.plan) - 1)

    def _look(self) -> None:
        if self.plan is not None and self.image is not None:
            first, size = self.boxes.one(self.number)
            to_canvas = self.image.to_canvas
            middle = to_canvas[:3, :3] @ (first + (size - 1) / 2) + to_canvas[:3, 3]
            self.looked_at.emit(tuple(middle.tolist()))

    # --- what is known -------------------------------------------------------------------

    @property
    def boxes(self) -> Boxes:
        """All regions of the plan as boxes of stored indices."""
        assert self.plan is not None  # noqa: S101
        if self._boxes is None:
            self._boxes = boxes_of(self.plan)
        return self._boxes

    @property
    def facts(self) -> dict[str, str]:
        """Facts of the current region, as label and text; empty without a plan."""
        return {} if self.plan is None else self.plan.facts(self.number)

    def section(self, axis: int, position: float) -> Section | None:
        """Cut the plan by a slice.

        Parameters
        ----------
        axis : int
            Canvas axis (0 S, 1 A, 2 R) that the slice is at right angles to.
        position : float
            Of the slice along it.
        """
        if self.plan is None or self.image is None:
            return None
        boxes, to_canvas = self.boxes, self.image.to_canvas
        normal, offset = to_canvas[axis, :3], position - to_canvas[axis, 3]
        met = boxes.met_by(normal, offset)
        others = met[met != self.number]
        near = others[np.argsort(np.abs(others - self.number), kind="stable")[:DRAWN_AT_MOST]]
        near.sort()

        def cut(first: FloatArray, size: FloatArray) -> FloatArray:
            lines = outlines(first, size, normal, offset)
            return lines @ to_canvas[:3, :3].T + to_canvas[:3, 3]

        one, size = boxes.one(self.number)
        kept = boxes.kept(self.number)
        nothing = np.zeros((0, 2, 3))
        return Section(
            others=cut(*boxes.some(near)),
            current=cut(one[np.newaxis], size[np.newaxis]),
            kept=nothing if kept is None else cut(kept[0][np.newaxis], kept[1][np.newaxis]),
            met=len(met),
            drawn=len(near) + bool(len(met) > len(others)),
        )
