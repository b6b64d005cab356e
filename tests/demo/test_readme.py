from napari_medload.demo import DEFAULT_SEED, FAULTS
from napari_medload.demo.contrasts import LABEL_NAMES
from napari_medload.demo.grids import RECIPES
from napari_medload.demo.readme import readme
from napari_medload.labels import find_label_table


def test_readme_tells_which_sample_is_which():
    text = readme(77)
    assert "seed 77" in text
    for recipe in RECIPES:
        row = next(line for line in text.splitlines() if line.startswith(f"| {recipe.id} "))
        assert ("**broken**" in row) == (recipe.id in FAULTS)
        assert recipe.moving in row
    for name, sentence in FAULTS.items():
        assert f"- `{name}`: {sentence}" in text


def test_readme_carries_the_notice_of_the_template():
    text = readme(0)
    assert "Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre" in text
    assert "Permission to use, copy, modify, and distribute" in text


def test_readme_and_label_names_are_in_the_folder(demo):
    assert (demo / "README.md").read_text(encoding="utf-8") == readme(DEFAULT_SEED)
    table = find_label_table(demo / "fixed_labels", demo)
    assert {value: label.name for value, label in table.items()} == LABEL_NAMES
