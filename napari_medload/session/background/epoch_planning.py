"""Planning an epoch over the open dataset, in the background, to be shown in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.loaders.epoch import Epoch, preview_epoch
from napari_medload.session.background.messages import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_medload.loaders import Dataset
    from napari_medload.loaders.options import LoaderOptions
    from napari_medload.session.background.opening import Tell


def planned(whole: Dataset, options: LoaderOptions, split: str | None) -> Callable[[Tell], Epoch]:
    """Return what lists the epoch that some options draw from a dataset; see `Opening.fetch`."""

    def make(tell: Tell) -> Epoch:
        epoch = preview_epoch(whole, options, split, lambda: tell(0, 0, ""))
        # who exports it says with which options it was drawn
        return replace(epoch, dataset=replace(epoch.dataset, options=options))

    return make


def nothing_drawn(epoch: Epoch) -> Trouble:
    """Say why an epoch is empty."""
    reasons = epoch.refusals or (f"{epoch.formula} pairs",)
    return Trouble(f"the epoch would be empty: {'; '.join(reasons)}")
