import subprocess
import sys

import numpy as np
import pytest

from napari_medload.demo import build_demo
from napari_medload.demo import template as room


def test_template_is_a_symmetric_brain(template):
    assert template.grid.shape == template.t1.shape
    assert template.grid.orientation == "RAS"
    for values in (template.t1, template.grey, template.white):
        assert values.dtype == np.float32
        assert values.min() == 0
        assert 0.9 < values.max() <= 1
        assert not values[template.t1 == 0].any()
    assert np.abs(template.t1 - template.t1[::-1]).mean() < 0.01


def test_missing_nilearn_names_the_extra_and_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "napari-medload\[demo\]"'):
        build_demo(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "template_folder", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match="mni_icbm152_t1"):
        room.read_template()


def test_reading_the_template_imports_no_nilearn(template):
    code = (
        "import sys\n"
        "from napari_medload.demo.template import read_template\n"
        "read_template()\n"
        "unwanted = {'nilearn', 'qtpy', 'napari', 'torch'} & set(sys.modules)\n"
        "sys.exit(str(unwanted) if unwanted else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
