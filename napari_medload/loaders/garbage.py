"""Making very many things that all are kept."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector of garbage from looking through all that is being made, over and over.

    Nothing of a list that is read is garbage, and with 100,000 rows the search takes as long as
    the reading. What was made counts as old afterwards, and is looked through with all the rest.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else somebody has frozen something, and it stays so
            gc.freeze()
            gc.unfreeze()
        if was_enabled:
            gc.enable()
