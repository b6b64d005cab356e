"""VoxelMorph reads the pair lists that are exported for it."""

from __future__ import annotations

import pytest

from napari_medload import export
from tests.export.examples import labelled_pairs

from . import consumer

utils = consumer("voxelmorph.py.utils")


@pytest.mark.parametrize("what", ["images", "labels"])
@pytest.mark.parametrize("folder", ["plain", "with ä space"])
def test_pairs_are_read_as_they_were_meant(tmp_path, what, folder):
    selection = labelled_pairs(tmp_path / folder)
    path = tmp_path / "pairs.txt"
    export.save(selection, path, "voxelmorph", ask=False, what=what)
    kind = what[:-1]
    meant = [
        [e.sample.sources[f"{side}_{kind}"].file for side in ("moving", "fixed")] for e in selection
    ]
    assert utils.read_pair_list(str(path), delim="\t") == meant
    assert (utils.read_pair_list(str(path)) == meant) is (folder == "plain")
    for file in meant[0]:
        assert utils.load_volfile(file).shape == (14, 12, 10)


def test_relative_paths_with_a_prefix(tmp_path):
    selection = labelled_pairs(tmp_path)
    path = tmp_path / "pairs.txt"
    assert export.save(selection, path, "voxelmorph", relative_to=tmp_path).answer.loaded
    found = utils.read_pair_list(str(path), delim="\t", prefix=f"{tmp_path}/")
    assert found[0][1] == selection[0].sample.sources["fixed_image"].file
