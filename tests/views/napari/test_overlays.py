"""Letters and title, from conventions alone; without a viewer."""

from __future__ import annotations

import pytest

from napari_medload.session import Scene, ViewOptions
from napari_medload.views.napari.overlays import letters, title

RADIOLOGICAL = {  # left, right, top, bottom
    "axial": ("R", "L", "A", "P"),
    "coronal": ("R", "L", "S", "I"),
    "sagittal": ("A", "P", "S", "I"),
}


@pytest.mark.parametrize("plane", RADIOLOGICAL)
def test_letters_of_a_plane(plane):
    left, right, top, bottom = RADIOLOGICAL[plane]
    assert letters(plane, radiological=True) == (left, right, top, bottom)
    assert letters(plane, radiological=False) == (right, left, top, bottom)


def test_the_title_names_sample_and_what_is_missing_in_lines_that_fit():
    problems = {"moving_image": "/data/b.nii.gz: truncated after 12 of 4000 bytes; copy it again"}
    scene = Scene("train/case7", None, (), ViewOptions(), problems)
    lines = title(scene, columns=30).splitlines()
    assert lines[0] == "train/case7"
    assert max(map(len, lines)) <= 30
    joined = " ".join(lines)
    for words in ("moving image cannot be shown", "b.nii.gz", "truncated after 12"):
        assert words in joined
