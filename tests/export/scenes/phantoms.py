"""One sample with everything that scenes show, under names that XML must escape."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from lxml import etree

from napari_medload.export.selection import Entry, Selection
from napari_medload.formats import Source
from napari_medload.labels import Categories, Label, LabelTable
from napari_medload.loaders import Dataset, Sample
from tests.phantoms import affine_of, noise, write_nifti

SHAPE = (9, 8, 7)
NASTY = "<img onerror=\"x\">&\n'ö' %20]]>"
"""An id, and the name of a folder."""

FOLDER = "<a \"b\">&\n'ö' %20 %2520"
TABLE = LabelTable(
    [Label(1, "left lung", (1.0, 0.5, 0.0)), Label(40000, "<b>&\"q'", (0.0, 0.0, 1.0))]
)


def full_sample(folder: Path) -> Sample:
    """Write all roles of a sample."""
    place = folder / FOLDER
    fixed, moving = affine_of("LAS", SHAPE), affine_of("PIR", SHAPE, (1, 2, 1), tilt=(0, 9, 0))
    sources = {}
    for role, affine in (
        ("fixed_image", fixed),
        ("moving_image", moving),
        ("fixed_label", fixed),
        ("moving_label", moving),
        ("warped_image", fixed),
    ):
        array = noise(SHAPE, np.uint8) % 3 if role.endswith("label") else noise(SHAPE)
        sources[role] = Source(write_nifti(place / f"{role}.nii.gz", array, affine))
    (place / "there.tfm").write_text("#Insight Transform File V1.0\n")
    markups = {"markups": [{"type": "Fiducial", "controlPoints": []}]}
    (place / "points.mrk.json").write_text(json.dumps(markups))
    (place / "points.csv").write_text("label,x,y,z\n")
    sources["transform"] = Source(place / "there.tfm")
    sources["fixed_landmarks"] = Source(place / "points.mrk.json")
    sources["moving_landmarks"] = Source(place / "points.csv")
    return Sample(NASTY, sources)


def selected(folder: Path, *samples: Sample, table: LabelTable = TABLE, **about: str) -> Selection:
    """Samples of a dataset whose labels have names."""
    dataset = Dataset(folder, "paired", samples, categories=Categories(table), **about)
    return Selection(dataset, tuple(map(Entry, samples)))


def valid(path: Path, schema: str) -> etree._Element:
    """Parse a file, and expect that a schema holds."""
    grammar = etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / f"{schema}.rng"))
    tree = etree.parse(path)
    grammar.assertValid(tree)
    return tree.getroot()
