"""Opening a dataset in a notebook."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_medload.loaders import Dataset, open_dataset
from napari_medload.review import GivenFolder
from napari_medload.review.folder import refuse_inside
from napari_medload.session import Session
from napari_medload.session.review.reviewer import GivenReviewer, RememberedReviewer
from napari_medload.views.notebook.browser import PairBrowser
from napari_medload.views.notebook.loop_mailbox import LoopMailbox

if TYPE_CHECKING:
    from collections.abc import Iterable

_OPEN: weakref.WeakValueDictionary[tuple[Any, ...], PairBrowser] = weakref.WeakValueDictionary()
"""Browsers by what they show to whom.

A cell that is run again must not keep the volumes of the first run.
"""


def browse(
    dataset: Dataset | str | Path,
    samples: Iterable[str] | None = None,
    *,
    select: str | None = None,
    reviewer: str | None = None,
    review_folder: str | Path | None = None,
    preload: Literal["slice", "volume"] = "slice",
    budget: int | None = None,
    stored: bool = False,
    **how: Any,
) -> PairBrowser:
    """Browse a dataset in a notebook, and judge its samples.

    Parameters
    ----------
    dataset : Dataset or path
        A dataset that is open, or a folder, a list, or one volume.
    samples : iterable of str, optional
        Ids of the only samples to show; all where it is left out.
    select : str, optional
        Id of the sample to show first; where it is left out, the one after the last verdict.
    reviewer : str, optional
        Who judges; the user of this computer where it is left out.
    review_folder : path, optional
        Where the verdicts are kept, if not where the browser in napari keeps them. It is not
        remembered: napari has to be told of it too.
    preload : str
        ``"slice"`` sends each slice as it is wanted; ``"volume"`` sends small volumes as a whole,
        and scrolls without the kernel.
    budget : int, optional
        Bytes of volumes to keep in memory; see `Session`.
    stored : bool
        Whether a picture of the first sample is stored in the notebook, for where widgets do not
        run. Nothing of the images is stored otherwise.
    **how
        As for `open_dataset`: ``layout``, ``split``, ``patterns``, ``columns``.

    Raises
    ------
    DatasetError
        If there is no dataset, or none of the samples in it.
    ValueError
        If `preload` is something else, or the review folder cannot be used.
    """
    if preload not in ("slice", "volume"):
        raise ValueError(f"preload is 'slice' or 'volume', found {preload!r}")
    opened = dataset if isinstance(dataset, Dataset) else open_dataset(dataset, **how)
    if samples is not None:
        opened = opened.keeping(samples)
    if select is not None:
        opened.keeping([select])  # says what there is where it is not
    mailbox = LoopMailbox()
    remembered = RememberedReviewer() if reviewer is None else GivenReviewer(reviewer)
    session = Session(mailbox, budget, reviewer=remembered)
    if review_folder is None:
        session.show(opened, select)
    else:
        _show_with_folder(session, opened, select, Path(review_folder).expanduser().absolute())
    browser = PairBrowser(session, mailbox, whole=preload == "volume", stored=stored)
    ids = tuple(sample.id for sample in opened.samples)
    place = str(opened.root), str(session.reviewing.folder)
    _take_the_place(browser, (*place, opened.layout, remembered.reviewer.name, ids))
    return browser


def _show_with_folder(session: Session, opened: Dataset, select: str | None, folder: Path) -> None:
    """Show a dataset whose verdicts are kept in a folder, for this browser alone.

    Raises
    ------
    ValueError
        If it cannot be used.
    """
    refuse_inside(opened, folder)
    session.reviewing.folders = GivenFolder(folder)
    session.show(opened, select)
    if session.reviewing.trouble:
        session.close()
        raise ValueError(session.reviewing.trouble)


def _take_the_place(browser: PairBrowser, same: tuple[Any, ...]) -> None:
    """Close the browser that the same cell has made before, if any."""
    before = _OPEN.pop(same, None)
    if before is not None:
        before.close()
    _OPEN[same] = browser
