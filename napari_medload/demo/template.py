"""The MNI152 template that every subject of the demo is made from.

The wheel of nilearn ships it: T1, grey and white matter of the symmetric ICBM 2009a average at
1 mm, skull-stripped. Only the files are used; nilearn itself is never imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_medload.formats import read_array, read_header

if TYPE_CHECKING:
    from napari_medload.geometry import Grid

FloatVolume = npt.NDArray[np.float32]

NOTICE = """\
Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological
Institute, McGill University. Permission to use, copy, modify, and distribute this software and
its documentation for any purpose and without fee is hereby granted, provided that the above
copyright notice appear in all copies. The authors and McGill University make no
representations about the suitability of this software for any purpose. It is provided "as is"
without express or implied warranty. The authors are not responsible for any data loss,
equipment damage, property loss, or injury to subjects or patients resulting from the use or
misuse of this software package.
"""

_NAME = "mni_icbm152_{tissue}_tal_nlin_sym_09a_converted.nii.gz"
_FULL = np.float32(255)


@dataclass(frozen=True, eq=False)
class Template:
    """An average brain, left-right symmetric.

    Parameters
    ----------
    grid : Grid
        1 mm, RAS.
    t1, grey, white : array of float32, shape `grid.shape`
        T1 intensity and the fractions of the two tissues, 0 to 1; all 0 outside the skull.
    """

    grid: Grid
    t1: FloatVolume
    grey: FloatVolume
    white: FloatVolume


def template_folder() -> Path:
    """Folder of the template's files in the installed nilearn.

    Raises
    ------
    ImportError
        If nilearn is not installed.
    """
    spec = find_spec("nilearn")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(
            "the demo is built from the MNI152 template in nilearn's wheel, which is not "
            'installed; run: pip install "napari-medload[demo]"'
        )
    return Path(next(iter(spec.submodule_search_locations))) / "datasets" / "data"


def read_template() -> Template:
    """Read the template.

    Raises
    ------
    ImportError
        If nilearn is not installed.
    OSError
        If its wheel lacks one of the files; the message names it.
    """
    folder = template_folder()
    grid, t1 = _read(folder / _NAME.format(tissue="t1"))
    _, grey = _read(folder / _NAME.format(tissue="gm"))
    _, white = _read(folder / _NAME.format(tissue="wm"))
    brain = t1 > 0
    return Template(grid, t1, grey * brain, white * brain)


def _read(path: Path) -> tuple[Grid, FloatVolume]:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; expected the MNI152 template of nilearn 0.11 or later. "
            'Repair it with: pip install --force-reinstall "napari-medload[demo]"'
        )
    header = read_header(path)
    return header.grid, read_array(header).astype(np.float32) / _FULL
