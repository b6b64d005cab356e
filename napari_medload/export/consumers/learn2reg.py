"""MONAI, asked to load a Learn2Reg list: its images and its pairs."""

from __future__ import annotations

from napari_medload.export.consumers import answer
from napari_medload.export.consumers.monai import load

if __name__ == "__main__":
    answer(load, "monai", "monai.data", "monai.transforms")
