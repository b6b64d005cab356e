"""Patches: drawn at random from a seed, or side by side."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from napari_medload.regions.errors import RegionError
from napari_medload.regions.plan import RegionPlan
from napari_medload.regions.specs import PatchSpecs
from napari_medload.regions.tiling import OverlappingPlan

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class RandomPatches(RegionPlan[PatchSpecs]):
    """Patches drawn evenly over the places where they lie inside the image.

    Along an axis that is shorter than the patch it begins at 0 and is padded. Samples follow each
    other and get equally many patches. A place depends on the seed and the number alone: on any
    computer, in any order, whatever the count.

    Parameters
    ----------
    length : int
        Number of patches.
    seed : int
        Of the draws.
    """

    length: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.length < 1:
            raise RegionError(f"count: found {self.length}; expected one patch or more.")

    def __len__(self) -> int:
        return self.length

    def _at(self, number: int) -> PatchSpecs:
        axes = len(self.patch_size)
        starts = zip(self.spatial_shape, self.patch_size, strict=True)
        return PatchSpecs(
            data_idx=self.data_idx,
            sample_idx=number * self.samples // self.length,
            coords=tuple(
                _drawn(self.seed, number * axes + axis) * (max(0, size - patch) + 1) >> 64
                for axis, (size, patch) in enumerate(starts)
            ),
            patch_size=self.patch_size,
        )


@dataclass(frozen=True)
class RegularPatches(OverlappingPlan[PatchSpecs]):
    """Patches side by side, which cover each sample; X runs fastest, then Y, Z and S.

    Parameters
    ----------
    pad : bool
        Whether the last patch along an axis keeps its distance and reaches beyond the image, or
        is moved back to end with it.
    """

    pad: bool = False

    def _at(self, number: int) -> PatchSpecs:
        coords = []
        for axis in self.along[::-1]:
            number, place = divmod(number, axis.count)
            coords.append(place * axis.step if self.pad else axis[place].coord)
        return PatchSpecs(
            data_idx=self.data_idx,
            sample_idx=number,
            coords=tuple(coords[::-1]),
            patch_size=self.patch_size,
        )


def default_count(data_shape: tuple[int, ...], patch_size: tuple[int, ...]) -> int:
    """Count the patches that would cover an image side by side."""
    parts = zip(data_shape[2:], patch_size, strict=True)
    return data_shape[0] * prod(-(-size // patch) for size, patch in parts)


def _drawn(seed: int, draw: int) -> int:
    """Return one of the numbers below 2⁶⁴ of a seed, without those before it.

    SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), whose state only counts up.
    """
    return _mixed(_mixed(seed) + draw * _GOLDEN)


def _mixed(state: int) -> int:
    state = (state + _GOLDEN) & _MASK
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
    return state ^ (state >> 31)
