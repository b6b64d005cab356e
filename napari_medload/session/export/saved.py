"""Saving a list that was wished for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.export import save
from napari_medload.export.regions import Regions
from napari_medload.loaders.backends import backend_for
from napari_medload.session.export.seldom import Seldom
from napari_medload.session.export.wish import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from napari_medload.export import Saved
    from napari_medload.session.export.chosen import Chosen


@dataclass(frozen=True)
class Exported:
    """What has come of saving.

    Parameters
    ----------
    text : str
        A few lines for a person.
    path : Path, optional
        What was saved; None where nothing was.
    command : str
        That exports the same; empty where there is none.
    opens : bool
        Whether it can be opened here again.
    """

    text: str
    path: Path | None = None
    command: str = ""
    opens: bool = False


def save_chosen(
    chosen: Chosen,
    told: bool,
    command: Callable[[npt.NDArray[np.intp]], str],
    go_on: Callable[[], None],
    tell: Callable[[str], None],
) -> Exported:
    """Save what was wished for, and say what has come of it, whatever a format provokes.

    Parameters
    ----------
    told : bool
        Whether a person has been told what is lost there; else nothing is replaced that was not
        exported here.
    command : callable
        Writes the command that exports the samples at some positions.
    go_on : callable
        Asked now and then; raises `Cancelled` to stop.
    tell : callable
        Told what is done next; raises `Cancelled` to stop.
    """
    wish = chosen.wish
    try:
        positions = chosen.positions(go_on)
        now_and_then = Seldom(tell)

        def progress(done: int, total: int, what: str) -> None:
            go_on()
            now_and_then(f"{what}: {done:,} of {total:,}")

        saved = save(
            chosen.selection(positions, go_on, progress),
            wish.path.strip(),
            wish.format,
            relative_to=wish.relative_to,
            overwrite=told,
            tell=tell,
            **dict(wish.options),
        )
        return Exported(_told(saved), saved.path, command(positions), _opens(saved))
    except Cancelled:
        return Exported("cancelled: nothing was written")
    except Exception as error:  # a person is told
        return Exported(f"✗ {str(error) or type(error).__name__}")


def _opens(saved: Saved) -> bool:
    """Whether what was saved can be opened here again; regions are no samples."""
    return saved.format != Regions.name and backend_for(saved.path) is not None


def _told(saved: Saved) -> str:
    """Write what was saved, for a person."""
    count = f"{saved.count:,} sample{'s' if saved.count != 1 else ''}"
    lines = [f"✓ saved {saved.path.name}: {count}, read back", str(saved.answer)]
    return "\n".join(filter(None, (*lines, *(f"! {warning}" for warning in saved.warnings))))
