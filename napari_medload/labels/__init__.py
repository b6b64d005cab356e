"""What label values mean: names, abbreviations and colours."""

from napari_medload.labels.categories import Categories
from napari_medload.labels.collation import add_background_labels, collect_mask, contiguous_ids
from napari_medload.labels.readers import (
    LabelTableError,
    find_label_table,
    label_table_of,
    read_label_table,
)
from napari_medload.labels.table import Label, LabelTable

__all__ = [
    "Categories",
    "Label",
    "LabelTable",
    "LabelTableError",
    "add_background_labels",
    "collect_mask",
    "contiguous_ids",
    "find_label_table",
    "label_table_of",
    "read_label_table",
]
