"""The README that the demo carries: which sample is which, and whose brain it is."""

from __future__ import annotations

from napari_medload.demo.contrasts import LABEL_NAMES
from napari_medload.demo.faults import FAULTS
from napari_medload.demo.grids import FIXED_SPACING, RECIPES, Recipe, Spacing
from napari_medload.demo.template import NOTICE

_TEXT = """\
# Demo dataset of napari-medload

{count} pairs of brain images with labels, {good} of them good and {bad} broken on purpose.
Built from the seed {seed}; the same seed gives the same voxels again.

The fixed image of a pair looks T1-weighted (white matter bright), the moving image T2-weighted
(fluid bright). Both show one subject at one place in the world, in RAS mm, stored on grids that
differ. Every subject has an anatomy of its own and a lesion on one side. None is a person:
they are random, smooth deformations of one average brain, and the lesions are made up.

Folders: `fixed_images`, `moving_images`, `fixed_labels`, `moving_labels`; the files of a pair
share their name. Labels (`label_names.txt`): {labels}.

## Which sample is which

| sample | state | fixed image | moving image |
|---|---|---|---|
{rows}

## What is wrong with the broken ones

{faults}

In the good pairs, fixed and moving agree in the world to well below a millimetre.

## Source

Derived from the ICBM 2009a nonlinear symmetric template of the MNI (MNI152), as it is shipped
with nilearn; voxels were deformed, resampled and given other contrasts. Its notice:

{notice}
Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, Collins DL and the Brain Development
Cooperative Group. Unbiased average age-appropriate atlases for pediatric studies. NeuroImage
54(1):313-327, 2011.
"""


def readme(seed: int) -> str:
    """Text of the README of a dataset."""
    return _TEXT.format(
        count=len(RECIPES),
        good=len(RECIPES) - len(FAULTS),
        bad=len(FAULTS),
        seed=seed,
        labels=", ".join(f"{value} {name}" for value, name in LABEL_NAMES.items()),
        rows="\n".join(_row(recipe) for recipe in RECIPES),
        faults="\n".join(f"- `{sample}`: {sentence}" for sample, sentence in FAULTS.items()),
        notice=NOTICE,
    )


def label_table() -> str:
    """Text of ``label_names.txt``: ``value name`` on a line."""
    return "".join(f"{value} {name}\n" for value, name in LABEL_NAMES.items())


def _row(recipe: Recipe) -> str:
    state = "**broken**" if recipe.id in FAULTS else "good"
    tilt = f", tilted by {recipe.tilt:g}°" if recipe.tilt else ""
    return (
        f"| {recipe.id} | {state} | {recipe.fixed}, {_millimetres(FIXED_SPACING)} "
        f"| {recipe.moving}, {_millimetres(recipe.spacing)}{tilt} |"
    )


def _millimetres(spacing: Spacing) -> str:
    return " × ".join(f"{step:g}" for step in spacing) + " mm"
