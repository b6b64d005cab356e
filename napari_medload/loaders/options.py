"""Options of a training loader, as DeepReg's configurations have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

IntraGroupOption: TypeAlias = Literal["forward", "backward", "unconstrained"]
SampleLabel: TypeAlias = Literal["sample", "all"]

INTRA_GROUP_OPTIONS: tuple[IntraGroupOption, ...] = ("forward", "backward", "unconstrained")
SAMPLE_LABELS: tuple[SampleLabel, ...] = ("sample", "all")
CONFIG_SPLITS = ("train", "valid", "test")
"""Splits that a configuration knows."""


@dataclass(frozen=True)
class LoaderOptions:
    """What decides which samples an epoch of training draws, and in which order.

    Parameters
    ----------
    labeled : bool
        Whether labels are loaded with the images.
    sample_label : str
        ``"all"``: one sample for each label channel; ``"sample"``: one channel at random.
    intra_group_prob : float
        Grouped data: probability of drawing both images from one group, 0 to 1.
    intra_group_option : str
        Order of two images of one group: forward (earlier is moving), backward, unconstrained.
    sample_image_in_group : bool
        Grouped data: one pair a group, instead of all pairs.
    seed : int, optional
        None where each epoch is another.
    label_seed : int, optional
        Seed of its own for ``sample_label="sample"``, which DeepReg draws without one.
    directories : tuple of str
        Data folders, in order; empty where the dataset's own are meant.
    """

    labeled: bool = True
    sample_label: SampleLabel = "all"
    intra_group_prob: float = 1.0
    intra_group_option: IntraGroupOption = "forward"
    sample_image_in_group: bool = True
    seed: int | None = 0
    label_seed: int | None = None
    directories: tuple[str, ...] = ()
