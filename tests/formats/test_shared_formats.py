"""Real files of every format against what other readers found in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_medload.formats import format_of, read_array, read_header, suffix_of
from napari_medload.geometry.affine import apply

_FACTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "facts.json"
FILES = json.loads(_FACTS.read_text())["files"] if _FACTS.is_file() else {}
NAMES = sorted(name for name in FILES if name.startswith("formats/") and suffix_of(name))
ROUNDED = 1e-5

every_file = pytest.mark.parametrize("name", NAMES or ["formats/"])


def truth_of(name):
    """What nibabel, or else SimpleITK, found: shape, affine, spacing, letters and statistics."""
    facts = FILES[name]
    found = facts.get("nibabel") or facts["simpleitk"]
    if "affine" in found:
        return found["affine"], found["spacing_from_affine"], found["axcodes"], found["stats"]
    return found["affine_ras"], found["spacing"], found["axcodes_ras"], found["stats"]


@every_file
def test_a_real_file_lies_where_others_find_it(shared_data, name):
    header = read_header(shared_data / name)
    affine, spacing, letters, stats = truth_of(name)
    # where there is one slice, the step to the next is nobody's fact
    stepped = [axis for axis, size in enumerate(header.grid.shape) if size > 1]
    compared = [*stepped, 3]
    np.testing.assert_allclose(
        header.grid.affine[:, compared], np.array(affine)[:, compared], rtol=0, atol=ROUNDED
    )
    np.testing.assert_allclose(
        np.array(header.grid.spacing)[stepped], np.array(spacing)[stepped], rtol=0, atol=ROUNDED
    )
    assert header.grid.orientation == letters
    assert list(header.grid.shape) == stats["shape"][:3]
    assert header.frames == int(np.prod(stats["shape"][3:]))
    assert header.grid.known
    assert format_of(name).name


@every_file
def test_a_real_file_holds_what_others_read(shared_data, name):
    header = read_header(shared_data / name)
    values = header.scaling.apply(read_array(header))
    stats = truth_of(name)[3]
    values = values.reshape(stats["shape"], order="A")
    for key, found in (
        ("min", values.min()), ("max", values.max()),
        ("mean", values.mean(dtype=np.float64)), ("std", values.std(dtype=np.float64)),
    ):  # fmt: skip
        assert found == pytest.approx(stats[key], abs=2 * ROUNDED, rel=1e-6), key
    assert np.count_nonzero(values) == stats["nonzero"]
    first = values[..., 0] if values.ndim == 4 else values
    for probe in stats["probes"]:
        assert first[tuple(probe["ijk"])] == pytest.approx(probe["value"], abs=ROUNDED)
        place = apply(header.grid.affine, probe["ijk"])
        np.testing.assert_allclose(place, probe["ras_mm"], rtol=0, atol=2e-3)
    for label, count in stats.get("labels", {}).items():
        assert np.count_nonzero(values == float(label)) == count
