"""Selections that suit each format, for the suite that every exporter must pass."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import h5py
import numpy as np

from napari_medload.checks import Finding, Severity
from napari_medload.export import Entry, Selection
from napari_medload.loaders import open_dataset
from napari_medload.regions import read_regions
from napari_medload.review import Verdict
from tests.phantoms import affine_of, noise, write_nifti
from tests.session.datasets import write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Example:
    """What a format is tried with.

    Parameters
    ----------
    format : str
    build : callable
        From an empty folder, in which it writes files, to a selection that can be exported.
    name : str
        Of the file, or of the folder that is filled.
    options : mapping
        Of the format.
    opened : callable, optional
        From the path of a saved list, and the ids that were exported, to where sources lie by id
        and role; None where the format can't be opened by us.
    holds_paths : bool
        Whether it holds paths alone, so that it may lie anywhere; links and copies do not.
    relative_to : str
        From where its relative paths start: any folder ``"above"`` the list, the one ``"beside"``
        it, or the one that it fills (``"inside"``); the files of the example are written there.
    is_replaced : bool
        Whether it is replaced where it is there already; a folder full of images never is.
    is_known : bool
        Whether it can be told from a file of another program, and is replaced without being asked.
    """

    format: str
    build: Callable[[Path], Selection]
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    opened: Callable[[Path], dict[str, dict[str, str]]] | None = None
    holds_paths: bool = True
    relative_to: Literal["above", "beside", "inside"] = "above"
    is_replaced: bool = True
    is_known: bool = True


def opened(path: Path) -> dict[str, dict[str, str]]:
    """Open a saved list, and tell where each role of each sample lies."""
    return {
        sample.id: {role: str(source) for role, source in sample.sources.items()}
        for sample in open_dataset(path)
    }


def behind_links(path: Path) -> dict[str, dict[str, str]]:
    """Open a folder of links, and tell where they lead."""
    return {
        name: {role: os.path.realpath(file) for role, file in roles.items()}
        for name, roles in opened(path).items()
    }


def cut(path: Path) -> dict[str, dict[str, str]]:
    """Tell which image of each sample a list of regions cuts."""
    return {
        region.facts["sample_id"]: {region.facts["role"]: str(region.source)}
        for region in read_regions(path)
    }


def labelled_pairs(folder: Path) -> Selection:
    """Three pairs with labels, judged, in two splits."""
    for split, count in (("train", 2), ("test", 1)):
        write_pairs(folder / "data" / split, count, labels=True)
    return judged(folder / "data")


def one_pair(folder: Path) -> Selection:
    """One pair with labels, judged."""
    return judged(write_pairs(folder / "data", 1, labels=True))


def masked_pairs(folder: Path) -> Selection:
    """Pairs whose labels are 0 and 1, in the folders of DeepReg, judged."""
    for split, count in (("train", 2), ("test", 1)):
        for role in ("moving_images", "fixed_images", "moving_labels", "fixed_labels"):
            for number in range(count):
                path = folder / "data" / split / role / f"case{number}.nii.gz"
                write_nifti(path, _array("label" in role, number), _AFFINE)
    return judged(folder / "data")


def single_images(folder: Path) -> Selection:
    """Images in two splits, judged."""
    return _images(folder / "data", ("image",))


def segmented_images(folder: Path) -> Selection:
    """Images with a label of one structure each, in two splits, judged."""
    return _images(folder / "data", ("image", "label"))


def sliced_scans(folder: Path) -> Selection:
    """Two scans of MedSegPy, in a file a slice, judged."""
    for number, split in enumerate(("train", "val")):
        place = folder / "data" / split
        place.mkdir(parents=True)
        for index in range(1, 4):
            for suffix, shape in ((".im", (6, 5, 1)), (".seg", (6, 5, 1, 2))):
                name = f"{number:07d}_V01-Aug00_{index:03d}{suffix}"
                with h5py.File(place / name, "w") as file:
                    file["data"] = noise(shape, np.uint8, index) % 2
    return judged(folder / "data")


_SHAPE = (8, 7, 6)
_AFFINE = affine_of("LAS", _SHAPE, (1.0, 2.0, 1.5), centre=(1.0, 2.0, 3.0))


def _array(is_label: bool, number: int) -> np.ndarray:
    if not is_label:
        return noise(_SHAPE, seed=number)
    box = np.zeros(_SHAPE, np.uint8)
    box[2:5, 2:5, 2:4] = 1
    return box


def _images(folder: Path, roles: tuple[str, ...]) -> Selection:
    """Write a folder a role and split, ``train/images/case0.nii.gz``, and judge."""
    for split, count in (("train", 2), ("val", 1)):
        for role in roles:
            for number in range(count):
                path = folder / split / f"{role}s" / f"case{number}.nii.gz"
                write_nifti(path, _array(role == "label", number), _AFFINE)
    return judged(folder)


def judged(path: Path) -> Selection:
    """Samples of a dataset, each with a verdict, a finding and hashes."""
    dataset = open_dataset(path)
    return Selection(
        dataset,
        tuple(
            Entry(
                sample,
                Verdict(
                    sample.id,
                    "accept",
                    ("other", "shifted"),
                    "good, but:\n\ttilted | 3°",
                    reviewer="Zoë",
                    time="2026-01-01T00:00:00Z",
                ),
                (Finding("label grid", Severity.ERROR, "label lies 3 mm off, expected 0"),),
                tuple((role, f"{number:032x}") for role in sample.sources),
            )
            for number, sample in enumerate(dataset)
        ),
        ("verdict accept",),
    )


EXAMPLES = (
    Example("csv", labelled_pairs, "list.csv", opened=opened),
    Example("tsv", labelled_pairs, "list.tsv", opened=opened),
    Example("json", labelled_pairs, "list.json", opened=opened),
    Example("jsonl", labelled_pairs, "list.jsonl", opened=opened),
    Example("parquet", labelled_pairs, "list.parquet", opened=opened),
    Example("deepreg", masked_pairs, "deepreg.yaml", opened=opened),
    Example(
        "deepreg-folder",
        masked_pairs,
        "deepreg",
        opened=behind_links,
        holds_paths=False,
        is_replaced=False,
    ),
    Example("medsegpy", sliced_scans, "scans.json", opened=opened),
    Example("torchio", labelled_pairs, "subjects.json", opened=opened),
    Example("monai", labelled_pairs, "datalist.json", opened=opened),
    Example("nnunet", segmented_images, "Dataset001_Ä", opened=opened, relative_to="inside"),
    Example("learn2reg", labelled_pairs, "Brain_dataset.json", opened=opened),
    Example("voxelmorph", labelled_pairs, "pairs.txt", is_known=False),
    Example("regions", single_images, "tiles.regions.jsonl", {"size": (4, 4, 4)}, opened=cut),
    Example("mrml", one_pair, "scene.mrml", relative_to="beside", is_known=False),
    Example("itksnap", one_pair, "scene.itksnap", is_known=False),
)
