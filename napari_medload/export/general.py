"""What stands against an export whatever its format is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from napari_medload.export.contract import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_medload.export.contract import Exporter, Target
    from napari_medload.export.selection import Selection


def general_remarks(exporter: Exporter, selection: Selection, target: Target) -> Iterator[Remark]:
    """Say what is wrong with a selection as a whole."""
    if not len(selection):
        how = f" ({', '.join(selection.chosen)})" if selection.chosen else ""
        yield Remark(
            "error",
            f"no sample is left to export{how}; expected at least one. Choose more verdicts, "
            "splits or rows.",
        )
        return
    met = Counter(entry.sample.id for entry in selection)
    if twice := tuple(name for name, count in met.items() if count > 1):
        yield Remark(
            "error",
            "several samples have one id; expected ids that are met once. Rename them, or export "
            "one of each.",
            twice,
        )
