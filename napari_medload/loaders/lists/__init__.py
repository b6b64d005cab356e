"""Sample lists: their schema, and the reader. The writers are in `napari_medload.export`."""

from napari_medload.loaders.lists.backend import SampleList, alignment_of, open_list
from napari_medload.loaders.lists.cells import path_fault, printable, source_named
from napari_medload.loaders.lists.columns import check_columns
from napari_medload.loaders.lists.described import ListDescription, describing, dictionary
from napari_medload.loaders.lists.guessing import ColumnsFound, columns_of, guess_columns
from napari_medload.loaders.lists.reading import LIST_SUFFIXES, OWN_KEYS, iter_rows
from napari_medload.loaders.lists.rows import samples_of_rows
from napari_medload.loaders.lists.stated import stated, stated_of, subject_of

__all__ = [
    "LIST_SUFFIXES",
    "OWN_KEYS",
    "ColumnsFound",
    "ListDescription",
    "SampleList",
    "alignment_of",
    "check_columns",
    "columns_of",
    "describing",
    "dictionary",
    "guess_columns",
    "iter_rows",
    "open_list",
    "path_fault",
    "printable",
    "samples_of_rows",
    "source_named",
    "stated",
    "stated_of",
    "subject_of",
]
