"""The sample in 3D, against files that nibabel reads, and against what the registry holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from ipyniivue import NiiVue
from ipywidgets.widgets.widget import _instances

from napari_medload import browse
from napari_medload.loaders import open_dataset
from tests.phantoms import affine_of, blob, write_nifti
from tests.session.datasets import cut_short, write_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from napari_medload.views.notebook.browser import PairBrowser

SHAPE, MOVING_SHAPE = (60, 48, 40), (36, 52, 44)
PLACES = {"fixed_image": (12.0, -9.0, 21.0), "moving_image": (-7.0, 14.0, -16.0)}


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., PairBrowser]]:
    """Opens a browser; each is closed at the end."""
    made: list[PairBrowser] = []

    def open_(dataset: Any, **how: Any) -> PairBrowser:
        made.append(browse(dataset, reviewer="Ann", review_folder=tmp_path / "verdicts", **how))
        made[-1].settle()
        return made[-1]

    yield open_
    for browser in made:
        browser.close()


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A pair, oblique and flipped, of which each image and label has a mark at a known place."""
    affines = {
        "fixed": affine_of("LPS", SHAPE, (1.0, 1.3, 1.6), (2, 3, 4), tilt=(4, 0, 7)),
        "moving": affine_of("SAR", MOVING_SHAPE, (1.5, 1.2, 1.4), (0, 1, 2), tilt=(0, 12, 0)),
    }
    shapes = {"fixed": SHAPE, "moving": MOVING_SHAPE}
    for side, affine in affines.items():
        place = PLACES[f"{side}_image"]
        image = blob(affine, shapes[side], place, mm=4.0)
        write_nifti(tmp_path / "pairs" / f"{side}_images" / "a.nii.gz", image, affine)
        label = 7 * (image > 500).astype(np.uint8)
        write_nifti(tmp_path / "pairs" / f"{side}_labels" / "a.nii.gz", label, affine)
    (tmp_path / "pairs" / "label_names.txt").write_text("7 mark\n")
    return tmp_path / "pairs"


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "pairs", 2, labels=True)


def read(volume: Any) -> nib.Nifti1Image:
    return nib.Nifti1Image.from_bytes(volume.data)


def by_name(shown: Any) -> dict[str, Any]:
    return {volume.name.removesuffix(".nii"): volume for volume in shown.niivue.volumes}


def middle_of(image: nib.Nifti1Image) -> np.ndarray:
    """World place of the middle of what is bright."""
    values = np.asarray(image.dataobj, dtype=float)
    weights = np.where(values > values.max() / 3, values, 0)
    index = np.argwhere(weights)
    mean = np.average(index, axis=0, weights=weights[tuple(index.T)])
    return image.affine[:3, :3] @ mean + image.affine[:3, 3]


@pytest.mark.parametrize("side", [16, 25, 200])
def test_marks_lie_where_they_are_in_the_patient(
    opened: Callable[..., PairBrowser], marked: Path, side: int
) -> None:
    volumes = by_name(opened(marked).open_3d(side=side))
    assert list(volumes) == ["fixed_image", "moving_image", "fixed_label", "moving_label"]
    for name, volume in volumes.items():
        image = read(volume)
        place = PLACES[name.replace("label", "image")]
        off = np.linalg.inv(image.affine[:3, :3]) @ (middle_of(image) - place)
        assert np.abs(off).max() < 0.5, name


def test_all_volumes_share_one_grid_of_a_bounded_size(
    opened: Callable[..., PairBrowser], marked: Path
) -> None:
    browser = opened(marked)
    shown = browser.open_3d(side=20)
    images = [read(volume) for volume in shown.niivue.volumes]
    assert max(images[0].shape) <= 20
    for image in images[1:]:
        assert image.shape == images[0].shape
        assert np.allclose(image.affine, images[0].affine)
    voxels = int(np.prod(images[0].shape))
    assert sum(len(volume.data) for volume in shown.niivue.volumes) < 4 * (2 * voxels + 400)
    assert "instead of 60 × 48 × 40" in shown.caption
    # the same box, also in the patient
    full = nib.load(marked / "fixed_images" / "a.nii.gz")
    boxes = [sorted(map(tuple, np.round(corners(one), 3))) for one in (images[0], full)]
    assert np.allclose(boxes[0], boxes[1], atol=0.01)


def corners(image: Any) -> np.ndarray:
    ends = [(-0.5, size - 0.5) for size in image.shape[:3]]
    index = np.stack(np.meshgrid(*ends), axis=-1).reshape(-1, 3)
    return index @ image.affine[:3, :3].T + image.affine[:3, 3]


def test_nothing_is_thinned_that_is_small_enough(
    opened: Callable[..., PairBrowser], pairs: Path
) -> None:
    browser = opened(pairs, select="case01")
    shown = browser.open_3d()
    image, stored = (
        read(shown.niivue.volumes[0]),
        nib.load(pairs / "fixed_images" / "case01.nii.gz"),
    )
    assert "instead" not in shown.caption
    closest = nib.as_closest_canonical(stored)
    assert np.allclose(image.affine, closest.affine, atol=1e-4)
    assert np.array_equal(image.get_fdata(), closest.get_fdata())


def test_few_thick_slices_are_kept_as_they_are(
    opened: Callable[..., PairBrowser], tmp_path: Path
) -> None:
    shape = (64, 64, 10)
    for folder in ("fixed_images", "moving_images"):
        affine = affine_of("RAS", shape, (1.0, 1.0, 6.0))
        write_nifti(tmp_path / "thick" / folder / "a.nii", np.ones(shape, np.int16), affine)
    shown = opened(tmp_path / "thick").open_3d(side=32)
    assert read(shown.niivue.volumes[0]).shape == (32, 32, 10)


def test_values_are_those_of_the_file(opened: Callable[..., PairBrowser], tmp_path: Path) -> None:
    """Whole and fractional numbers, scaled ones too; to a step that nobody sees."""
    values = np.linspace(-900, 1300, 12 * 10 * 8).reshape(12, 10, 8)
    affine = affine_of("RAS", (12, 10, 8))
    write_nifti(tmp_path / "p" / "fixed_images" / "a.nii", values.astype(np.float32), affine)
    write_nifti(
        tmp_path / "p" / "moving_images" / "a.nii",
        np.rint(values).astype(np.int16),
        affine,
        slope=0.5,
        intercept=-20,
    )
    volumes = by_name(opened(tmp_path / "p").open_3d())
    assert np.allclose(read(volumes["fixed_image"]).get_fdata(), values, atol=0.3)
    moving = read(volumes["moving_image"]).get_fdata()
    assert np.allclose(moving, np.rint(values) * 0.5 - 20, atol=0.2)


def test_labels_have_their_names_and_colours(
    opened: Callable[..., PairBrowser], pairs: Path
) -> None:
    browser = opened(pairs)
    shown = browser.open_3d()
    fixed, moving = (by_name(shown)[f"{side}_label"] for side in ("fixed", "moving"))
    values = np.asarray(read(fixed).dataobj)
    table = fixed.colormap_label
    assert set(np.unique(values)) == {0, 1, 2}
    assert [table.labels[value - int(table.min)] for value in (1, 2)] == ["liver", "spleen"]
    colours = np.array(table.lut).reshape(-1, 4)
    assert colours[0, 3] == 0  # the background
    # Okabe and Ito's first two, of which the moving ones are paler
    assert colours[1:].tolist() == [[230, 159, 0, 255], [86, 180, 233, 255]]
    pale = np.array(moving.colormap_label.lut).reshape(-1, 4)
    assert (pale[1:, :3] >= colours[1:, :3]).all() and (pale[1:, :3] > colours[1:, :3]).any()
    assert read(fixed).header["intent_code"] == 1002  # else NiiVue blends between labels
    page = shown.children[0].value
    assert "liver" in page and "rgb(230,159,0)" in page


def test_high_labels_keep_their_numbers_beside_their_names(
    opened: Callable[..., PairBrowser], tmp_path: Path
) -> None:
    shape = (12, 10, 8)
    affine = affine_of("RAS", shape)
    label = np.zeros(shape, np.int32)
    label[2:5], label[6:9] = 14175, 2
    write_pair_of(tmp_path / "p", affine, shape, label)
    volume = by_name(opened(tmp_path / "p").open_3d())["fixed_label"]
    values, table = np.asarray(read(volume).dataobj), volume.colormap_label
    names = [table.labels[int(values[at, 0, 0]) - int(table.min)] for at in (3, 7)]
    assert "14175" in names[0] and "2" in names[1]
    assert len(table.lut) < 100  # no colour for each of the numbers between them


def write_pair_of(folder: Path, affine: Any, shape: Any, label: Any) -> None:
    for role in ("fixed_images", "moving_images"):
        write_nifti(folder / role / "a.nii", np.ones(shape, np.int16), affine)
    for role in ("fixed_labels", "moving_labels"):
        write_nifti(folder / role / "a.nii", label, affine)


def test_it_is_drawn_as_the_browser_draws(opened: Callable[..., PairBrowser], pairs: Path) -> None:
    browser = opened(pairs)
    browser.opacity, browser.window = 0.7, (-10, 50)
    browser.session.set_options(label_opacity=0.4, radiological=False)
    browser.session.toggle_label(2)
    browser.settle()
    shown = browser.open_3d()
    volumes = by_name(shown)
    assert volumes["fixed_image"].opacity == 1.0
    assert volumes["moving_image"].opacity == pytest.approx(0.7)
    assert (volumes["moving_image"].cal_min, volumes["moving_image"].cal_max) == (-10, 50)
    assert volumes["fixed_label"].opacity == pytest.approx(0.4)
    table = volumes["fixed_label"].colormap_label
    assert np.array(table.lut).reshape(-1, 4)[:, 3].tolist() == [0, 255, 0]
    assert shown.niivue.opts.is_slice_mm
    assert not shown.niivue.opts.is_radiological_convention


@pytest.mark.parametrize(
    ("mode", "roles", "said"),
    [
        ("moving", {"moving_image", "moving_label"}, ""),
        ("checkerboard", {"fixed_image", "moving_image"}, "no checkerboard in 3D"),
        ("two-colour", {"fixed_image", "moving_image"}, "no two-colour in 3D"),
    ],
)
def test_compare_modes(
    opened: Callable[..., PairBrowser], pairs: Path, mode: str, roles: set[str], said: str
) -> None:
    browser = opened(pairs)
    browser.view = mode
    browser.settle()
    shown = browser.open_3d()
    assert roles <= set(by_name(shown)) <= roles | {"fixed_label", "moving_label"}
    assert said in shown.caption
    if mode == "moving":
        assert set(by_name(shown)) == roles


def test_the_crosshair_is_where_the_browser_looks(
    opened: Callable[..., PairBrowser], marked: Path
) -> None:
    browser = opened(marked)
    browser.position_mm = PLACES["fixed_image"]
    shown = browser.open_3d(side=24)
    image = read(shown.niivue.volumes[0])
    index = np.array(shown.niivue.scene.crosshair_pos) * image.shape - 0.5
    place = image.affine[:3, :3] @ index + image.affine[:3, 3]
    assert np.allclose(place, PLACES["fixed_image"], atol=0.01)


def test_files_without_geometry_are_laid_out_by_index(
    opened: Callable[..., PairBrowser], tmp_path: Path
) -> None:
    values = np.arange(10 * 9 * 8, dtype=np.int16).reshape(10, 9, 8)
    for role in ("fixed_images", "moving_images"):
        write_nifti(tmp_path / "p" / role / "a.nii", values, sform_code=0, qform_code=0)
    browser = opened(tmp_path / "p")
    assert not browser.session.scene.known
    shown = browser.open_3d()
    image = read(shown.niivue.volumes[0])
    assert "no geometry in the file" in shown.caption
    assert "what NiiVue calls mm are voxels" in shown.caption
    assert image.header.get_xyzt_units()[0] == "unknown"
    assert not shown.niivue.opts.is_orientation_text_visible
    assert np.array_equal(np.abs(image.affine[:3, :3]), np.eye(3))


def test_another_view_closes_the_one_before(
    opened: Callable[..., PairBrowser], pairs: Path
) -> None:
    before = set(_instances)
    browser = opened(pairs)
    browser.open_3d()
    held = len(_instances)
    shown = browser.open_3d()
    browser.next()
    again = browser.open_3d()
    assert len(_instances) == held
    assert shown.comm is None and shown.niivue.comm is None
    assert isinstance(again.niivue, NiiVue) and again.niivue.comm is not None
    browser.close()
    assert set(_instances) <= before


def test_closing_by_hand_is_no_harm(opened: Callable[..., PairBrowser], pairs: Path) -> None:
    browser = opened(pairs)
    browser.open_3d().close()
    assert by_name(browser.open_3d())


def test_without_niivue_the_extra_is_named(
    opened: Callable[..., PairBrowser], pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = opened(pairs)
    monkeypatch.setitem(sys.modules, "ipyniivue", None)
    with pytest.raises(ModuleNotFoundError, match=r"napari-medload\[niivue\]"):
        browser.open_3d()


def test_what_is_not_drawn_is_said(opened: Callable[..., PairBrowser], pairs: Path) -> None:
    for file in pairs.glob("*/case00.nii.gz"):
        cut_short(file, 0.1)
    browser = opened(pairs, select="case00")
    with pytest.raises(ValueError, match=r"case00 cannot be opened in 3D.*fixed_image"):
        browser.open_3d()
    with pytest.raises(ValueError, match="side"):
        opened(pairs, select="case01").open_3d(side=1)


def test_a_part_that_cannot_be_read_is_named(
    opened: Callable[..., PairBrowser], pairs: Path
) -> None:
    cut_short(pairs / "moving_images" / "case00.nii.gz")
    shown = opened(pairs, select="case00").open_3d()
    assert "moving image cannot be read" in shown.caption
    assert "moving_image" not in by_name(shown)


def test_a_closed_browser_opens_nothing(opened: Callable[..., PairBrowser], pairs: Path) -> None:
    browser = opened(pairs)
    browser.close()
    with pytest.raises(RuntimeError, match="closed"):
        browser.open_3d()


def test_names_stay_text(opened: Callable[..., PairBrowser], pairs: Path) -> None:
    (pairs / "label_names.txt").write_text("1 <img_src=x_onerror=alert(1)>\n2 spleen\n")
    page = opened(open_dataset(pairs)).open_3d().children[0].value
    assert "<img" not in page and "&lt;img" in page
