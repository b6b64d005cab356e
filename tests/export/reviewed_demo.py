"""The demo, reviewed by a script, and what each format makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_medload import export
from napari_medload.demo import FAULTS
from napari_medload.loaders import open_dataset
from napari_medload.loaders.identity import dataset_id
from napari_medload.review import Review, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.export import Selection


def accepted_of(demo: Path, journals: Path) -> Selection:
    """Reject what is broken on purpose, accept all else, and choose what was accepted."""
    dataset = open_dataset(demo)
    review = Review(journals, dataset_id(dataset), "script")
    for sample in dataset:
        broken = sample.id in FAULTS
        review.save(
            Verdict(sample.id, "reject" if broken else "accept", note=FAULTS.get(sample.id, ""))
        )
    return export.reviewed(dataset, verdict="accept", review_folder=journals)


@dataclass(frozen=True)
class Asked:
    """How the demo is exported in a format.

    Parameters
    ----------
    name : str
        Of the file or folder.
    only : int, optional
        How many samples the format takes.
    options : mapping
    refusal : str
        Pattern of the error, where the demo does not fit the format.
    """

    name: str
    only: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""


DEMO = {
    "csv": Asked("list.csv"),
    "tsv": Asked("list.tsv"),
    "json": Asked("list.json"),
    "jsonl": Asked("list.jsonl"),
    "parquet": Asked("list.parquet"),
    "torchio": Asked("subjects.json"),
    "monai": Asked("datalist.json"),
    "nnunet": Asked("Dataset152_Demo"),
    "learn2reg": Asked("Demo_dataset.json"),
    "voxelmorph": Asked("pairs.txt"),
    "regions": Asked("tiles.regions.jsonl"),
    "mrml": Asked("scene.mrml", only=1),
    "itksnap": Asked("scene.itksnap", only=1),
    "medsegpy": Asked("medsegpy.json", refusal=r"(?i)medsegpy"),
    "deepreg": Asked("deepreg.yaml", refusal=r"(?i)deepreg"),
    "deepreg-folder": Asked("deepreg", options={"how": "copy", "one_hot": True}),
}
"""By format; a new one fails the tests until it stands here."""
