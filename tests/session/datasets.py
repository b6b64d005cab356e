"""Datasets of phantoms on disk, for the tests of the session and of what stands on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.formats import Source
from napari_medload.images import Volume, read_volume
from napari_medload.labels import LabelTable
from napari_medload.loaders import Sample
from napari_medload.session.background.scan import facts_of
from napari_medload.session.options import ViewOptions
from napari_medload.session.scene.resident import Resident
from napari_medload.session.scene.resolving import build_scene
from tests.phantoms import affine_of, noise, write_nifti

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.formats import Header
    from napari_medload.loaders.dataset import Alignment
    from napari_medload.session.scene.layer import Layer
    from napari_medload.session.scene.scene import Scene
    from napari_medload.session.table.facts import SampleFacts

SHAPE = (14, 12, 10)
ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")


def names(count: int) -> list[str]:
    return [f"case{number:02d}" for number in range(count)]


def write_pair(folder: Path, name: str, number: int = 0, labels: bool = False) -> None:
    """Write a pair in one world: fixed stored LAS, moving stored PIR and oblique.

    All stored numbers of the fixed image are above 1000 × number, so that a sample is known by
    its values.
    """
    fixed = affine_of("LAS", SHAPE, (1.0, 1.0, 1.5), centre=(1.0, 2.0, 3.0))
    moving = affine_of("PIR", SHAPE, (1.2, 1.0, 1.0), centre=(1.0, 2.0, 3.0), tilt=(0, 0, 10))
    array = noise(SHAPE, np.uint8, number).astype(np.int16) + 1000 * number
    write_nifti(folder / "fixed_images" / f"{name}.nii.gz", array, fixed)
    write_nifti(folder / "moving_images" / f"{name}.nii.gz", noise(SHAPE, seed=number), moving)
    if labels:
        box = np.zeros(SHAPE, np.uint8)
        box[4:9, 4:9, 3:7] = 1
        box[6:9, 4:9, 3:7] = 2
        write_nifti(folder / "fixed_labels" / f"{name}.nii.gz", box, fixed)
        write_nifti(folder / "moving_labels" / f"{name}.nii.gz", box, moving)


def write_pairs(folder: Path, count: int, labels: bool = False) -> Path:
    """Write a paired dataset of ``case00``, ``case01``, …"""
    for number, name in enumerate(names(count)):
        write_pair(folder, name, number, labels)
    if labels:
        (folder / "label_names.txt").write_text("1 liver\n2 spleen\n")
    return folder


def cut_short(path: Path, kept: float = 0.6) -> None:
    """Truncate a file, as a broken download would."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])


def flatten(path: Path) -> Path:
    """Take the length from the second voxel axis of an uncompressed NIfTI-1 file."""
    raw = bytearray(path.read_bytes())
    rows = np.frombuffer(raw, "<f4", 12, 280).reshape(3, 4).copy()
    rows[:, 1] = 0
    raw[280:328] = rows.tobytes()
    path.write_bytes(bytes(raw))
    return path


def facts_from(headers: dict[str, Header], alignment: Alignment) -> SampleFacts:
    """What is known of a sample with these headers."""
    sample = Sample("a", {role: header.source for role, header in headers.items()})
    return facts_of(sample, headers, {}, alignment)


def resident(
    path: Path,
    array: np.ndarray,
    affine: np.ndarray | None = None,
    *,
    is_label: bool = False,
    table: LabelTable | None = None,
    **how: Any,
) -> Resident:
    """Write an array, read it back, and prepare it for drawing."""
    return Resident(volume(path, array, affine, **how), is_label, table or LabelTable())


def volume(path: Path, array: np.ndarray, affine: np.ndarray | None = None, **how: Any) -> Volume:
    return read_volume(Source(write_nifti(path, array, affine, **how)))


def scene_of(residents: dict[str, Resident], **options: Any) -> Scene:
    """Scene of some residents, without a dataset around them."""
    sources = {role: found.header.source for role, found in residents.items()}
    return build_scene(Sample("a", sources), residents, ViewOptions(**options), {})


def by_role(scene: Scene) -> dict[str, Layer]:
    """Name the layers of a scene by their roles."""
    return {layer.role: layer for layer in scene.layers}


def steps(residents: dict[str, Resident], *options: dict[str, Any]) -> list[Scene]:
    """Make scenes of one sample, each from the one before."""
    sample = Sample("a", {role: found.header.source for role, found in residents.items()})
    scenes: list[Scene] = []
    for changes in options:
        before = scenes[-1] if scenes else None
        scenes.append(build_scene(sample, residents, ViewOptions(**changes), {}, before=before))
    return scenes
