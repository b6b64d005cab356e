"""Sample lists: their schema, and the reader. The writers are in `napari_medload.export`."""

from napari_medload.loaders.lists.table import (
    LIST_SUFFIXES,
    OWN_KEYS,
    SampleList,
    alignment_of,
    check_columns,
    path_fault,
    printable,
    sample_of_row,
    samples_of_rows,
    source_named,
)

__all__ = [
    "LIST_SUFFIXES",
    "OWN_KEYS",
    "SampleList",
    "alignment_of",
    "check_columns",
    "path_fault",
    "printable",
    "sample_of_row",
    "samples_of_rows",
    "source_named",
]
