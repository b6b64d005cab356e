"""The command that exports the same as the form does."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from napari_medload.loaders.backends import backend_for, layout_names
from napari_medload.session.export.places import absolute

if TYPE_CHECKING:
    from napari_medload.loaders import Dataset
    from napari_medload.session.export.chosen import Chosen
    from napari_medload.session.export.wish import Division


def command_of(chosen: Chosen, depth: str, reviewer: str, round: int) -> str:
    """Write the command that exports the same samples; empty where there is none.

    Parameters
    ----------
    depth : str
        What the samples were checked by; see `Chosen.depth`.
    reviewer : str
        Whose verdicts count; empty where all stand in the list that was opened.
    round : int
        Which pass of the reviewer.
    """
    wish, dataset = chosen.wish, chosen.dataset
    if wish.shown or not depth or not dataset.findable:
        return ""
    words = ["napari-medload", "export", str(dataset.address), "--format", wish.format]
    words += ["-o", str(absolute(wish.path))]
    words += _layout_of(dataset)
    words += ["--verdict", wish.verdict] if wish.verdict else []
    words += ["--reviewer", reviewer, "--round", f"{round}"] if reviewer else []
    words += ["--findings", depth] if depth != "none" else []
    words += ["--hash"] if wish.hashed else []
    split = wish.split or (dataset.splits[0] if len(dataset.splits) == 1 else "")
    words += ["--split", split] if split else []
    words += _division_in(wish.division)
    if wish.relative_to is not None:
        words += ["--relative-to", str(absolute(wish.relative_to))]
    for name, value in wish.options:
        text = ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"
        words += ["--option", f"{name}={text}"]
    return shlex.join(words)


def _division_in(division: Division | None) -> list[str]:
    if division is None:
        return []
    shares = ",".join(f"{name}={share:g}" for name, share in division.shares.items())
    words = ["--make-splits", shares, "--by", division.by, "--seed", f"{division.seed}"]
    return words + (["--stratify", division.stratify] if division.stratify else [])


def _layout_of(dataset: Dataset) -> list[str]:
    """Name the layout where the path alone would be read in another."""
    if dataset.layout not in layout_names():
        return []
    backend = backend_for(dataset.root)
    same = backend is not None and backend.name == dataset.layout
    return [] if same else ["--layout", dataset.layout]
