"""Samples of phantoms on disk, for the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.checks.battery import check_headers, check_voxels
from napari_medload.checks.described import Described
from napari_medload.formats import Source, read_header
from napari_medload.images import read_volume
from napari_medload.loaders import Sample
from tests.phantoms import affine_of, write_nifti

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from napari_medload.checks import Finding
    from napari_medload.labels import Categories
    from napari_medload.loaders.dataset import Alignment

SHAPE = (40, 36, 30)
SPACING = (2.0, 2.0, 3.0)


@dataclass
class Files:
    """The files of one sample, written as they are named."""

    folder: Path

    def write(self, role: str, array: np.ndarray, affine: np.ndarray | None = None, **how: Any):
        path = self.folder / f"{role}s" / "a.nii"
        affine = affine_of("RAS", array.shape[:3], SPACING) if affine is None else affine
        return write_nifti(path, array, affine, **how)

    def sample(self, **more: Any) -> Sample:
        found = sorted(self.folder.glob("*/a.nii"))
        return Sample("a", {path.parent.name[:-1]: Source(path) for path in found}, **more)

    def headers(self, alignment: Alignment = "world", **more: Any) -> tuple[Finding, ...]:
        """Findings of the headers."""
        sample = self.sample(**more)
        headers = {role: read_header(source) for role, source in sample.sources.items()}
        return check_headers(Described(sample, headers, {}, alignment))

    def voxels(
        self, alignment: Alignment = "world", categories: Mapping[str, Categories] | None = None
    ) -> tuple[Finding, ...]:
        """Findings of the voxels."""
        sample = self.sample()
        volumes = {role: read_volume(source) for role, source in sample.sources.items()}
        return check_voxels(sample, volumes, categories or {}, alignment)

    def good(self, tilt: float = 10.0, labels: bool = True) -> None:
        """Write a good pair: one body at one place, stored on grids that differ."""
        for side, code, turn, seed in (("fixed", "LAS", 0.0, 0), ("moving", "LPS", tilt, 1)):
            affine = affine_of(code, SHAPE, SPACING, tilt=(0, 0, turn))
            self.write(f"{side}_image", body(affine, seed), affine)
            if labels:
                self.write(f"{side}_label", organs(affine), affine)


def shifted(affine: np.ndarray, *mm: float) -> np.ndarray:
    moved = affine.copy()
    moved[:3, 3] += mm
    return moved


def body(affine: np.ndarray, seed: int = 0, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Bright ellipsoid around the origin of the world in a dark surround, both a little noisy."""
    x, y, z = world(affine, shape)
    inside = (x / 30) ** 2 + (y / 26) ** 2 + (z / 34) ** 2 < 1
    rng = np.random.default_rng(seed)
    return (np.where(inside, 500, 0) + rng.integers(0, 8, shape)).astype(np.int16)


def organs(affine: np.ndarray, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Two balls in the body: 1 on the left, 2 on the right and in front."""
    return (ball(affine, (-12, 0, 0), 9, shape) + 2 * ball(affine, (12, 6, 5), 8, shape)).astype(
        np.uint8
    )


def ball(
    affine: np.ndarray,
    centre: tuple[float, float, float],
    mm: float,
    shape: tuple[int, int, int] = SHAPE,
) -> np.ndarray:
    places = world(affine, shape)
    return sum((p - c) ** 2 for p, c in zip(places, centre, strict=True)) < mm**2


def world(affine: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """World coordinates of all voxels, shape (3, i, j, k)."""
    places = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    return np.moveaxis(places, -1, 0)


def only(findings: tuple[Finding, ...], check: str) -> Finding:
    """Return the one finding that there is, which is of this check."""
    assert [finding.check for finding in findings] == [check], findings
    return findings[0]


def of(findings: tuple[Finding, ...], check: str) -> Finding:
    """Return the one finding of this check."""
    (found,) = [finding for finding in findings if finding.check == check]
    return found
