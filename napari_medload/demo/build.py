"""Builds the demo: samples into files, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from napari_medload.demo.anatomy import Subject
from napari_medload.demo.contrasts import labels, t1_weighted, t2_weighted
from napari_medload.demo.faults import PLANTED, Scan
from napari_medload.demo.grids import RECIPES, Recipe, fixed_grid, moving_grid
from napari_medload.demo.readme import label_table, readme
from napari_medload.demo.stamp import Stamp, claim, is_built, write_stamp, write_text
from napari_medload.demo.template import Template, read_template
from napari_medload.formats import save_nifti

Progress = Callable[[int, int, str], bool | None]

DEFAULT_SEED = 152
ROLES = ("fixed_images", "moving_images", "fixed_labels", "moving_labels")
_THREADS = 2


def default_folder() -> Path:
    """Where the demo lies when nobody says otherwise: the user's cache."""
    return user_cache_path("napari-medload") / "demo"


def build_demo(
    folder: Path | str, seed: int = DEFAULT_SEED, progress: Progress | None = None
) -> Path:
    """Build the demo dataset, or reuse what is there.

    A finished demo of the same seed is left as it is. One of another seed, and one that was
    interrupted, is built again over its own files; files beside them are not touched.

    Parameters
    ----------
    folder : path
        New, empty, or with a demo in it.
    seed : int, optional
        The same seed gives the same files; at least 0.
    progress : callable, optional
        Told ``(done, total, sample id)`` after each sample; False cancels. Not called where a
        demo is reused.

    Returns
    -------
    Path
        The folder of the dataset, absolute.

    Raises
    ------
    ForeignFolderError
        If the folder holds other people's files. Nothing is touched.
    ImportError
        If nilearn, whose wheel ships the template, is not installed.
    concurrent.futures.CancelledError
        If `progress` cancelled. The next call builds again.
    OSError
        If a file cannot be written.
    """
    if seed < 0:
        raise ValueError(f"the seed of the demo is 0 or larger, found {seed}")
    folder = Path(folder).expanduser().absolute()
    if is_built(folder, seed):
        return folder
    template = read_template()
    claim(folder, seed)
    for role in ROLES:
        (folder / role).mkdir(exist_ok=True)
    written = _write_samples(folder, template, seed, progress or _silent)
    for name, text in (("label_names.txt", label_table()), ("README.md", readme(seed))):
        write_text(folder / name, text)
        written.append(folder / name)
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in written}
    write_stamp(folder, Stamp(seed, sizes))
    return folder


def _silent(done: int, total: int, what: str) -> bool | None:
    return None


def _write_samples(folder: Path, template: Template, seed: int, progress: Progress) -> list[Path]:
    written: list[Path] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        jobs = [pool.submit(_write_sample, folder, recipe, template, seed) for recipe in RECIPES]
        try:
            for done, (recipe, job) in enumerate(zip(RECIPES, jobs, strict=True), start=1):
                written += job.result()
                if progress(done, len(RECIPES), recipe.id) is False and done < len(RECIPES):
                    raise CancelledError(f"{folder}: cancelled after {done} of {len(RECIPES)}")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return written


def _write_sample(folder: Path, recipe: Recipe, template: Template, seed: int) -> list[Path]:
    fixed, moving = make_sample(recipe, template, seed)
    paths = [folder / role / f"{recipe.id}.nii.gz" for role in ROLES]
    save_nifti(paths[0], fixed.image, fixed.image_affine)
    save_nifti(paths[1], moving.image, moving.image_affine)
    save_nifti(paths[2], fixed.label, fixed.label_affine)
    save_nifti(paths[3], moving.label, moving.label_affine)
    if moving.kept < 1:
        _cut(paths[1], moving.kept)
    return paths


def make_sample(recipe: Recipe, template: Template, seed: int) -> tuple[Scan, Scan]:
    """Make the fixed and the moving scan of a sample, with its fault.

    Every sample draws from streams of its own, so it does not matter which is made first.
    """
    number = [known.id for known in RECIPES].index(recipe.id)
    who, where, fixed_noise, moving_noise = np.random.default_rng((seed, number)).spawn(4)
    subject = Subject(template, who, side=int(who.choice((-1, 1))))
    grid = fixed_grid(recipe)
    anatomy = subject.on(grid)
    image = t1_weighted(anatomy, fixed_noise)
    fixed = Scan(image, labels(anatomy), grid.affine, grid.affine)

    fault = PLANTED.get(recipe.id)
    if fault is not None and fault.stranger:
        subject = Subject(template, who, side=-subject.side)
    grid = moving_grid(recipe, where)
    anatomy = subject.on(grid)
    moving = Scan(t2_weighted(anatomy, moving_noise), labels(anatomy), grid.affine, grid.affine)
    return fixed, moving if fault is None else fault.spoil(moving)


def _cut(path: Path, kept: float) -> None:
    """Keep the first part of a file's bytes."""
    whole = path.read_bytes()
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(whole[: int(len(whole) * kept)])
    os.replace(unfinished, path)
