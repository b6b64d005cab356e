"""What label values mean: names, abbreviations and colours."""

from napari_medload.labels.readers import LabelTableError, find_label_table, read_label_table
from napari_medload.labels.table import Label, LabelTable

__all__ = ["Label", "LabelTable", "LabelTableError", "find_label_table", "read_label_table"]
