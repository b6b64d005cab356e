"""MONAI, asked to load a datalist, and the images of its first item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from napari_medload.export.consumers import answer
from napari_medload.loaders.layouts.datalist import lists_of_paths

_READ = (".nii", ".nii.gz")


def load(path: Path, base: Path | None) -> int:
    """Load all lists of a datalist, and count their items.

    Raises
    ------
    ValueError
        If MONAI changes a text that is no path, or leaves a path that it should join.
    Exception
        What MONAI raises.
    """
    from monai.data import CacheDataset, load_decathlon_datalist
    from monai.transforms import LoadImaged

    count = 0
    # the list is still in a folder of its own: where it will lie is the folder above
    folder = path.parent.parent if base is None else base
    for key, written in lists_of_paths(json.loads(path.read_text(encoding="utf-8"))).items():
        items = load_decathlon_datalist(path, True, key, base_dir=folder)
        for item, meant in zip(items, written, strict=True):
            _expect_kept(item, meant, folder)
        first = items[0]
        roles = [role for role in first if _is_read(first[role])]
        if roles and not count:
            CacheDataset(items[:1], LoadImaged(roles), num_workers=0, progress=False)[0]
        count += len(items)
    return count


def _is_read(value: Any) -> bool:
    paths = value if isinstance(value, list) else [value]
    return all(isinstance(path, str) and path.endswith(_READ) for path in paths)


def _expect_kept(item: dict[str, Any], meant: dict[str, Any], folder: Path) -> None:
    """Check that paths lead to where they are meant to, and that other texts are as they were."""
    for key, text in meant.items():
        if _is_read(text):
            paths = text if isinstance(text, list) else [text]
            found = item[key] if isinstance(item[key], list) else [item[key]]
            if [folder / path for path in paths] != [Path(path) for path in found]:
                raise ValueError(f"{key} '{text}' is '{item[key]}' in MONAI")
        elif isinstance(text, str) and "/" not in text and item[key] != text:
            raise ValueError(f"{key} '{text}' becomes '{item[key]}' in MONAI")


if __name__ == "__main__":
    answer(load, "monai", "monai.data", "monai.transforms")
