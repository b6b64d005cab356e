"""What a scanner makes of an anatomy: two contrasts, and the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari_medload.demo.anatomy import Anatomy
    from napari_medload.demo.template import FloatVolume

LABEL_NAMES = {1: "grey_matter", 2: "white_matter", 3: "cerebrospinal_fluid", 4: "lesion"}

_GREY, _WHITE, _FLUID, _LESION = LABEL_NAMES
_T1_FULL, _T1_NOISE, _T1_BIAS = 255, 2.5, 0.05
_T2_FULL, _T2_NOISE, _T2_BIAS = 1000, 14.0, 0.15
_T2_GREY, _T2_WHITE, _T2_FLUID, _T2_LESION = 0.58, 0.36, 1.0, 0.95
_T1_DARKEST, _T1_BRIGHTEST = 0.28, 0.92


def t1_weighted(anatomy: Anatomy, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """White matter bright, fluid and lesion dark."""
    signal = anatomy.t1 * (1 - 0.45 * anatomy.lesion)
    seen = _scanned(_T1_FULL * signal, anatomy.brain, rng, _T1_NOISE, _T1_BIAS)
    return np.clip(seen, 0, _T1_FULL).astype(np.uint8)


def t2_weighted(anatomy: Anatomy, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    """Fluid and lesion bright, white matter dark.

    Half comes from the tissues, half from the T1 turned around, which knows the deep nuclei.
    """
    tissues = _T2_GREY * anatomy.grey + _T2_WHITE * anatomy.white + _T2_FLUID * fluid(anatomy)
    depth = (anatomy.t1 - _T1_DARKEST) / (_T1_BRIGHTEST - _T1_DARKEST)
    turned = 1 - (1 - _T2_WHITE) * np.clip(depth, 0, 1)
    healthy = 0.5 * (tissues + turned * anatomy.brain)
    signal = healthy + (_T2_LESION - healthy) * anatomy.lesion
    seen = _scanned(_T2_FULL * signal, anatomy.brain, rng, _T2_NOISE, _T2_BIAS)
    return np.clip(seen, 0, None).astype(np.int16)


def labels(anatomy: Anatomy) -> npt.NDArray[np.uint8]:
    """Values of `LABEL_NAMES`: the tissue that fills most of the voxel, or the lesion."""
    grey, white, rest = anatomy.grey, anatomy.white, fluid(anatomy)
    values = np.full(grey.shape, _FLUID, dtype=np.uint8)
    values[white >= rest] = _WHITE
    values[(grey >= white) & (grey >= rest)] = _GREY
    values[anatomy.brain < 0.5] = 0
    values[anatomy.lesion >= 0.5] = _LESION
    return values


def fluid(anatomy: Anatomy) -> FloatVolume:
    """Fraction of what lies inside the skull and is no tissue."""
    rest: FloatVolume = np.clip(anatomy.brain - anatomy.grey - anatomy.white, 0, 1)
    return rest


def _scanned(
    signal: FloatVolume, brain: FloatVolume, rng: np.random.Generator, noise: float, bias: float
) -> FloatVolume:
    """Signal with the uneven gain of a coil and with noise; nothing outside the skull."""
    uneven = signal * (1 + bias * _gain(rng, signal.shape))
    noisy = uneven + noise * brain * rng.standard_normal(signal.shape, dtype=np.float32)
    rounded: FloatVolume = np.rint(noisy)
    return rounded


def _gain(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatVolume:
    """Smooth field from -1 to 1: a parabola along each axis."""
    parts = []
    for axis, size in enumerate(shape):
        place = np.linspace(-1, 1, size, dtype=np.float32)
        slope, bend = rng.uniform(-1, 1, 2)
        line = (slope * place + bend * (place**2 - 1 / 3)) / 5
        parts.append(line.astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)]))
    field: FloatVolume = parts[0] + parts[1] + parts[2]
    return field
