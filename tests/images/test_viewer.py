from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from napari_medload.images import LabelMap, ScalarImage
from tests.phantoms import affine_of, noise

SHAPE = (4, 5, 6)
AFFINE = affine_of("PIR", SHAPE, (1, 2, 3), tilt=(10, 20, 30))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the viewer is a shell script")


@pytest.fixture
def viewer(tmp_path, monkeypatch):
    """A program that tells through a pipe with what it was called."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("SITK_SHOW_COMMAND", raising=False)
    program = tmp_path / "my viewer"
    os.mkfifo(tmp_path / "told")
    program.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/told"\n')
    program.chmod(0o755)
    return program


def told(viewer):
    """Arguments that the viewer was called with; waits for them."""
    return (viewer.parent / "told").read_text().strip()


def test_a_viewer_gets_the_image_with_its_place(viewer):
    image = ScalarImage(tensor=noise((1, *SHAPE)), affine=AFFINE)
    assert image.show(viewer) is None
    found = ScalarImage(told(viewer))
    np.testing.assert_array_equal(found.data, image.data)
    np.testing.assert_allclose(found.affine, AFFINE, atol=1e-5)


def test_labels_come_as_a_segmentation(viewer):
    LabelMap(tensor=noise((1, *SHAPE), np.uint8)).show(str(viewer))
    assert told(viewer).endswith(".seg.nrrd")


@pytest.mark.parametrize("command", ["{}", "'{}' --fast %f --last", "'{}' --fast"])
def test_a_command_of_the_environment(viewer, monkeypatch, command):
    monkeypatch.setenv("SITK_SHOW_COMMAND", command.format(viewer))
    ScalarImage(tensor=noise((1, *SHAPE))).show()
    words = told(viewer).split()
    assert sum(word.endswith("image.nii.gz") for word in words) == 1
    assert [word for word in words if word.startswith("-")] == [
        word for word in command.split() if word.startswith("-")
    ]


def test_without_a_viewer_the_error_names_the_variable(viewer):
    with pytest.raises(RuntimeError, match="SITK_SHOW_COMMAND"):
        ScalarImage(tensor=noise((1, *SHAPE))).show()


def test_a_viewer_that_is_not_there(viewer):
    with pytest.raises(RuntimeError, match="nowhere"):
        ScalarImage(tensor=noise((1, *SHAPE))).show(viewer.parent / "nowhere")
    assert sorted(path.name for path in viewer.parent.iterdir()) == ["my viewer", "told"]


def test_itk_snap_is_found_on_the_path(viewer, monkeypatch):
    folder = viewer.parent / "bin"
    folder.mkdir()
    viewer.rename(folder / "itksnap")
    monkeypatch.setenv("PATH", str(folder))
    ScalarImage(tensor=noise((1, *SHAPE))).show()
    assert told(viewer).endswith("image.nii.gz")
