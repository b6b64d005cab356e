"""Scenes and pixels as the kernel sends them, made by hand and not by the kernel's own code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.views.notebook.host import array

if TYPE_CHECKING:
    from collections.abc import Mapping

AXES = {"axial": (0, 1, 2), "coronal": (1, 0, 2), "sagittal": (2, 0, 1)}
"""Canvas axes (0 S, 1 A, 2 R): through a plane, down and across the screen."""

ENDS = ("SI", "AP", "RL")


def image(role: str, data: Any, limits: tuple[float, float], **how: Any) -> dict[str, Any]:
    """Describe a layer of values, with its data on axes (k, j, i)."""
    layer = {
        "role": role, "name": role.replace("_", " "), "kind": "image",
        "part": role.removesuffix("_image"), "limits": list(limits), "own_limits": list(limits),
        "colormap": "gray", "blending": "translucent_no_depth", "opacity": 1.0, "visible": True,
        "outline": False, "pale": False, "side": "", "wire": True, "composed": False,
        "windowed": True,
    }  # fmt: skip
    return {**layer, "data": data, "slope": 1.0, "intercept": 0.0, **how}


def labels(role: str, data: Any, colours: Mapping[int, Any], **how: Any) -> dict[str, Any]:
    """Describe a layer of label codes."""
    told = [
        {"index": n, "value": n, "name": f"label {n}", "colour": list(rgb), "hidden": False}
        for n, rgb in colours.items()
    ]
    given = {"kind": "labels", "part": role.removesuffix("_label"), "labels": told}
    return image(role, data, (0, 1), **{**given, "windowed": False, **how})


@dataclass
class Pair:
    """A sample on one grid, and the messages that show it.

    Parameters
    ----------
    layers : list of dict
        As `image` and `labels` give them, bottom first, all of one shape.
    spacing, origin : tuple of three floats
        Canvas units (S, A, R).
    radiological : bool
        Patient's right on the left of the screen.
    """

    layers: list[dict[str, Any]]
    spacing: tuple[float, float, float] = (3.0, 2.0, 1.0)
    origin: tuple[float, float, float] = (-10.0, 5.0, 7.0)
    radiological: bool = True
    sample: str = "one"
    told: dict[str, Any] = field(default_factory=dict)
    """What else the scene tells."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the grid, (k, j, i)."""
        k, j, i = self.layers[0]["data"].shape
        return k, j, i

    def scene(self, generation: int = 1) -> dict[str, Any]:
        """Describe the scene."""
        hidden = ("data", "slope", "intercept")
        return {
            "type": "scene", "generation": generation, "sample": self.sample,
            "planes": [self._plane(name) for name in AXES],
            "layers": [{k: v for k, v in one.items() if k not in hidden} for one in self.layers],
            "mode": "overlay", "modes": ["overlay"], "halved": False, "known": True,
            "options": {"plane": "axial", "curtain": 0.5}, "oriented": True, "unit": "mm",
            "frames": 1, "notes": [], "problems": [], "as_if": None, "landmarks": None,
            **self.told,
        }  # fmt: skip

    def frame(
        self, index: tuple[int, int, int], generation: int = 1, planes: Any = tuple(AXES)
    ) -> dict[str, Any]:
        """Cut the planes through a voxel (k, j, i)."""
        cuts = []
        for name in planes:
            layers = [
                {"layer": n, "slope": one["slope"], "intercept": one["intercept"],
                 **array(self.cut(n, name, index[AXES[name][0]]))}
                for n, one in enumerate(self.layers) if one["wire"]
            ]  # fmt: skip
            cuts.append({"plane": name, "index": index[AXES[name][0]], "layers": layers})
        return {"type": "frame", "generation": generation, "cuts": cuts}

    def position(
        self, index: tuple[int, int, int], generation: int = 1, readout: str = "here"
    ) -> dict[str, Any]:
        """Tell of the crosshair in a voxel (k, j, i)."""
        canvas = self.canvas(index)
        return {
            "type": "position", "generation": generation, "canvas": canvas, "ras": canvas[::-1],
            "index": {name: index[axes[0]] for name, axes in AXES.items()}, "readout": readout,
            "slice": "", "inside": True,
        }  # fmt: skip

    def volumes(self, generation: int = 1) -> list[dict[str, Any]]:
        """Send all layers whole."""
        return [
            {"type": "volume", "generation": generation, "layer": n, "slope": one["slope"],
             "intercept": one["intercept"], **array(one["data"])}
            for n, one in enumerate(self.layers) if one["wire"]
        ]  # fmt: skip

    def canvas(self, index: Any) -> list[float]:
        """Canvas point (S, A, R) of a voxel (k, j, i)."""
        return [float(o + n * s) for o, n, s in zip(self.origin, index, self.spacing, strict=True)]

    def cut(self, layer: int, plane: str, at: int) -> Any:
        """Values of a plane as a person sees them: row 0 on top, column 0 at the left."""
        through, _down, _across = AXES[plane]
        values = np.take(self.layers[layer]["data"], at, axis=through)[::-1]  # up grows upwards
        return values[:, ::-1] if self.radiological else values

    def _plane(self, name: str) -> dict[str, Any]:
        through, down, across = AXES[name]
        left, right = ENDS[across] if self.radiological else ENDS[across][::-1]
        return {
            "name": name,
            "across": self._axis(across, self.radiological),
            "down": self._axis(down, True),
            "through": self._axis(through, False),
            "letters": [left, right, *ENDS[down]],
        }

    def _axis(self, axis: int, flipped: bool) -> dict[str, Any]:
        size, step, start = self.shape[axis], self.spacing[axis], self.origin[axis]
        if flipped:
            start, step = start + (size - 1) * step, -step
        return {"axis": axis, "size": size, "start": start, "step": step}


def head(shape: tuple[int, int, int] = (60, 90, 80)) -> tuple[Any, Any]:
    """Draw something like a head, with a nose and a bright right ear: values and label codes."""
    k, j, i = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    radius = np.sqrt((k / 0.9) ** 2 + (j / 0.85) ** 2 + (i / 0.75) ** 2)
    values = np.select([radius < 0.8, radius < 0.88, radius < 0.96], [450, 60, 1000], 0.0)
    values += 130 * np.cos(14 * j) * np.cos(11 * i + 3 * k) * (radius < 0.8)
    values[(abs(i) < 0.12) & (j > 0.75) & (abs(k + 0.2) < 0.2)] = 850
    values[(i > 0.7) & (i < 0.9) & (abs(j) < 0.15) & (abs(k) < 0.2)] = 1300
    codes = np.zeros(shape, np.uint8)
    for n, (at, side) in enumerate([((0.2, -0.3, 0.3), 0.25), ((0, 0.2, -0.3), 0.3)], 1):
        away = (k - at[0]) ** 2 + (j - at[1]) ** 2 + (i - at[2]) ** 2
        codes[away < side**2] = n
    return values.astype(np.int16), codes
