"""From a finding to its place and back, in a session without a toolkit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np
import pytest

from napari_medload.session.scene.layer import value_at
from tests.phantoms import affine_of, write_nifti
from tests.session.datasets import SHAPE, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.checks import Finding
    from tests.session.conftest import Walker

VOXEL = (3, 8, 6)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three labelled pairs; the second moving label holds a value that no table knows."""
    write_pairs(tmp_path / "pairs", 3, labels=True)
    path = label_of(tmp_path / "pairs")
    image = nib.load(path)
    array = np.asarray(image.dataobj).copy()
    array[VOXEL] = 9
    write_nifti(path, array, image.affine)
    return tmp_path / "pairs"


def label_of(folder: Path) -> Path:
    return folder / "moving_labels" / "case01.nii.gz"


def opened(walker: Walker, folder: Path) -> Finding:
    """Open the second pair, wait until its voxels are checked, and return what was found."""
    walker.open(folder, select="case01")

    def found() -> list[Finding]:
        facts = walker.session.rows.facts[1]
        findings = facts.findings if facts is not None else ()
        return [finding for finding in findings if finding.check == "undeclared label"]

    walker.wait(lambda: bool(found()))
    walker.settle()
    return found()[0]


def value_here(walker: Walker) -> float | None:
    """Value of the moving label at the place that is looked at."""
    scene = walker.session.scene
    (layer,) = [layer for layer in scene.layers if layer.role == "moving_label"]
    return value_at(layer, scene.display, scene.display.to_canvas(walker.session.position))


def test_it_leads_to_the_voxel_and_back(walker: Walker, folder: Path):
    finding = opened(walker, folder)
    session = walker.session
    session.go_to((1.0, 2.0, 3.0))
    session.go_to_finding(finding)
    place = nib.affines.apply_affine(nib.load(label_of(folder)).affine, VOXEL)
    assert session.position == pytest.approx(place, abs=1e-5)
    assert value_here(walker) == 9
    assert session.leading.away and session.leading.remark == ""
    session.leading.go_back()
    assert session.position == (1.0, 2.0, 3.0) and not session.leading.away


def test_what_shows_it_is_a_loan(walker: Walker, folder: Path):
    finding = opened(walker, folder)
    session = walker.session
    session.set_options(labels="off", mode="fixed", plane="coronal")
    walker.settle()
    mine = session.options
    assert session.leading.changes(finding) == {"labels": "outlines", "mode": "moving"}
    session.go_to_finding(finding)
    walker.settle()
    assert (session.options.labels, session.options.mode) == ("outlines", "moving")
    assert value_here(walker) == 9
    session.leading.go_back()
    walker.settle()
    assert session.options == mine

    session.go_to_finding(finding)
    session.set_options(mode="curtain")  # by the person: that is no loan any more
    walker.select(2)
    assert (session.options.labels, session.options.mode) == ("off", "curtain")
    assert not session.leading.away


def test_what_a_person_set_between_two_findings_comes_back(walker: Walker, folder: Path):
    finding = opened(walker, folder)
    session = walker.session
    session.set_options(mode="checkerboard")  # which shows no outlines by itself
    walker.settle()
    session.go_to_finding(finding)
    walker.settle()
    session.set_options(labels="off")
    walker.settle()
    session.go_to_finding(finding)
    walker.settle()
    assert session.options.labels == "outlines"
    session.leading.go_back()
    assert session.options.labels == "off"


def test_a_finding_of_a_sample_that_is_awaited_shows_itself_there(walker: Walker, folder: Path):
    """The sample before has no moving label to show: what has to change is told by the next."""
    (folder / "moving_labels" / "case00.nii.gz").unlink()
    finding = opened(walker, folder)
    session = walker.session
    session.set_options(labels="off")
    walker.select(0)
    session._showing.begin(session.dataset, session.rows)  # nothing is ready
    session.select(1)
    assert session.loading and session.scene.sample_id == "case00"
    session.go_to_finding(finding)
    walker.settle()
    walker.wait(lambda: not session.leading.wanted)
    assert session.options.labels == "outlines"
    assert value_here(walker) == 9
    walker.select(2)
    assert session.options.labels == "off"


def test_what_was_found_in_a_sample_that_is_awaited_is_not_said_of_the_one_before(
    walker: Walker, folder: Path
):
    opened(walker, folder)
    session = walker.session
    walker.select(0)
    session._showing._ready.clear()
    session._showing.preparer.cache.clear()
    session.select(1)
    assert session.loading and session.scene.sample_id == "case00"
    assert "undeclared label" not in {found.check for found in session.facts.findings}
    walker.settle()
    assert "undeclared label" in {found.check for found in session.facts.findings}


def test_two_findings_in_a_row_lead_back_to_the_beginning(walker: Walker, folder: Path):
    finding = opened(walker, folder)
    session = walker.session
    session.go_to((1.0, 2.0, 3.0))
    session.set_options(labels="off")
    for _ in range(2):
        session.go_to_finding(finding)
        session.go_to((4.0, 2.0, 3.0))
    session.leading.go_back()
    assert session.position == (1.0, 2.0, 3.0) and session.options.labels == "off"


def test_beside_the_grid_it_waits_for_the_world(walker: Walker, folder: Path):
    """The grid of the world is resliced in the background: the place comes with its scene."""
    fixed = affine_of("LAS", SHAPE, (1.0, 1.0, 1.5), centre=(1.0, 2.0, 203.0))
    path = folder / "fixed_images" / "case01.nii.gz"
    write_nifti(path, np.asarray(nib.load(path).dataobj), fixed)
    finding = opened(walker, folder)
    walker.session.go_to_finding(finding)
    walker.settle()
    assert walker.session.scene.options.grid == "world"
    assert value_here(walker) == 9


def test_by_index_the_place_is_where_it_is_drawn(walker: Walker, folder: Path):
    finding = opened(walker, folder)
    walker.session.set_options(aligned="index")
    walker.settle()
    walker.session.go_to_finding(finding)
    walker.settle()
    assert value_here(walker) == 9
    fixed = nib.load(folder / "fixed_images" / "case01.nii.gz").affine
    assert walker.session.position == pytest.approx(
        nib.affines.apply_affine(fixed, VOXEL), abs=1e-5
    )
    assert "its header puts it at" in walker.session.leading.remark


@pytest.mark.parametrize("lens", ["nibabel", "itk", "deepreg", "napari"])
def test_as_other_programs_see_it(walker: Walker, folder: Path, lens: str):
    finding = opened(walker, folder)
    walker.session.set_options(lens=lens)
    walker.settle()
    walker.session.go_to_finding(finding)
    walker.settle()
    scene = walker.session.scene
    if any(layer.role == "moving_label" for layer in scene.layers):
        assert value_here(walker) == 9
        assert ("no mm" in walker.session.leading.remark) is not scene.oriented
    else:
        assert "not drawn" in walker.session.leading.remark
