from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image as Pillow

from napari_medload.images import LabelMap, ScalarImage
from napari_medload.images.pictures.plots import bin_count
from napari_medload.labels import LabelTable
from napari_medload.labels.palette import OKABE_ITO
from tests.phantoms import affine_of, noise

matplotlib = pytest.importorskip("matplotlib")
from matplotlib import pyplot  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402

SHAPE = (10, 20, 30)


@pytest.fixture(autouse=True)
def no_window():
    matplotlib.use("agg")
    yield
    pyplot.close("all")


def figure_of(image, **options):
    figure = image.plot(return_fig=True, show=False, **options)
    FigureCanvasAgg(figure)
    return figure


def pixel_at(figure, axes, column, row):
    """Colour that a figure shows at a place in the data of its axes."""
    figure.canvas.draw()
    x, y = axes.transData.transform((column, row))
    drawn = np.asarray(figure.canvas.buffer_rgba())
    return drawn[drawn.shape[0] - 1 - int(y), int(x), :3]


@pytest.mark.parametrize("code", ["RAS", "LPI", "SAL"])
def test_T27_a_voxel_is_drawn_under_its_own_indices_and_on_its_own_side(code):
    shape = tuple(SHAPE["RLAPIS".index(letter) // 2] for letter in code)
    image = ScalarImage(tensor=np.zeros((1, *shape), np.uint8), affine=affine_of(code, shape))
    marked = [0 if letter in "LPI" else size - 1 for letter, size in zip(code, shape, strict=True)]
    image.data[0, *marked] = 255  # the voxel furthest right, anterior and superior
    figure = figure_of(image, indices=(-1, -1, -1), interpolation="none")
    assert [axes.get_title().split(",")[0] for axes in figure.axes] == [
        "Sagittal", "Coronal", "Axial",
    ]  # fmt: skip
    assert [axes.get_xlabel() for axes in figure.axes] == ["A ↔ P", "R ↔ L", "R ↔ L"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["I ↔ S", "I ↔ S", "P ↔ A"]
    for axes, (normal, across, down) in zip(
        figure.axes, ((0, 1, 2), (1, 0, 2), (2, 0, 1)), strict=True
    ):
        axis = [
            next(a for a in range(3) if code[a] in "RLAPIS"[2 * w : 2 * w + 2]) for w in range(3)
        ]
        assert axes.get_title().endswith(f"{'WHD'[axis[normal]]} = {marked[axis[normal]]}")
        bright = pixel_at(figure, axes, marked[axis[across]], marked[axis[down]])
        assert bright.min() > 200
        left, right = axes.get_xlim()
        bottom, top = axes.get_ylim()
        assert abs(marked[axis[across]] - left) < abs(marked[axis[across]] - right)
        assert abs(marked[axis[down]] - top) < abs(marked[axis[down]] - bottom)


def test_T27_proportions_are_those_of_millimetres():
    image = ScalarImage(tensor=noise((1, *SHAPE)), affine=affine_of("RAS", SHAPE, (1, 2, 3)))
    figure = figure_of(image)
    figure.canvas.draw()
    for axes, (across, down) in zip(figure.axes, ((40, 90), (10, 90), (10, 40)), strict=True):
        box = axes.get_window_extent()
        assert box.width / box.height == pytest.approx(across / down, rel=0.02)


def test_T27_the_radiological_side_is_a_choice():
    figure = figure_of(ScalarImage(tensor=noise((1, *SHAPE))), radiological=False)
    assert [axes.get_xlabel() for axes in figure.axes] == ["A ↔ P", "L ↔ R", "L ↔ R"]


def test_T27_a_tilt_is_told():
    tilted = ScalarImage(tensor=noise((1, *SHAPE)), affine=affine_of("RAS", SHAPE, tilt=(0, 0, 12)))
    assert "12.0°" in figure_of(tilted)._suptitle.get_text()
    assert "12.0°" in figure_of(tilted, title="T1")._suptitle.get_text()
    straight = figure_of(ScalarImage(tensor=noise((1, *SHAPE))), title="T1")
    assert straight._suptitle.get_text() == "T1"


def test_T27_without_directions_axes_have_their_own_names(tmp_path):
    np.save(tmp_path / "a.npy", noise(SHAPE))
    image = ScalarImage(tmp_path / "a.npy", reader=lambda path: (np.load(path), None))
    for figure in (
        figure_of(image),
        figure_of(ScalarImage(tensor=noise((1, *SHAPE))), reorient=False),
    ):
        assert [axes.get_xlabel() for axes in figure.axes] == ["H", "W", "W"]
        assert [axes.get_ylabel() for axes in figure.axes] == ["D", "D", "H"]


def test_T27_labels_have_the_colours_of_their_table():
    labels = np.zeros((1, 4, 4, 4), np.uint8)
    labels[0, 2:] = 1
    figure = figure_of(LabelMap(tensor=labels, table=LabelTable.from_names({1: "liver"})))
    axial = figure.axes[2]
    orange = np.rint(np.array(OKABE_ITO[0]) * 255)
    np.testing.assert_allclose(pixel_at(figure, axial, 3, 1), orange, atol=1)
    assert pixel_at(figure, axial, 0, 1).max() == 0
    figure = figure_of(LabelMap(tensor=labels), cmap={1: "red", 0: (0, 0, 255)})
    assert pixel_at(figure, figure.axes[2], 3, 1).tolist() == [255, 0, 0]
    assert pixel_at(figure, figure.axes[2], 0, 1).tolist() == [0, 0, 255]


def test_T27_channels(tmp_path):
    many = ScalarImage(tensor=noise((2, *SHAPE)))
    with pytest.warns(RuntimeWarning, match="channel="):
        figure_of(many)
    figure_of(many, channel=1)
    rgb = figure_of(ScalarImage(tensor=noise((3, *SHAPE), np.uint8)))
    assert rgb.axes[0].images[0].get_array().shape[2] == 3
    figure_of(ScalarImage(tensor=noise((3, *SHAPE))), output_path=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_T27_into_axes_of_ones_own():
    from matplotlib.figure import Figure

    own = Figure().subplots(1, 3)
    assert ScalarImage(tensor=noise((1, *SHAPE))).plot(axes=own, show=False) is None
    assert all(axes.images for axes in own)


def test_T27_a_plane_that_is_not_there():
    with pytest.raises(IndexError, match="axial"):
        figure_of(ScalarImage(tensor=noise((1, *SHAPE))), indices=(0, 0, 30))


def test_T27_without_a_figure_wanted_nothing_is_returned():
    assert ScalarImage(tensor=noise((1, *SHAPE))).plot() is None


def test_T27_a_flat_image_opens_as_a_picture(monkeypatch):
    opened = []
    monkeypatch.setattr(Pillow.Image, "show", lambda self: opened.append(self.size))
    assert ScalarImage(tensor=noise((1, 7, 5, 1))).plot() is None
    assert opened == [(7, 5)]
    assert len(figure_of(ScalarImage(tensor=noise((1, 7, 5, 1)))).axes) == 1


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_T27_constant_images_are_plotted(value):
    image = ScalarImage(tensor=np.full((1, *SHAPE), value))
    figure_of(image).canvas.draw()
    image.hist()


@pytest.mark.parametrize(
    "values",
    [(3e7, 3e7), (1e20, 1e20), (2**63, 2**63), (1e6, 1e6 + 0.0625), (-3e38, 3e38)],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint64])
def test_T27_values_that_their_type_hardly_tells_apart_are_plotted(dtype, values):
    with np.errstate(all="ignore"):
        array = np.array(values * 4).astype(dtype).reshape(1, 2, 2, 2)
    pyplot.close("all")
    ScalarImage(tensor=array).hist()
    counted = sum(bar.get_height() for bar in pyplot.gca().patches)
    assert counted == np.isfinite(array).sum()


def test_T27_bins_are_those_of_freedman_and_diaconis():
    values = noise((1000,), np.float64)
    width = 2 * (np.percentile(values, 75) - np.percentile(values, 25)) / 1000 ** (1 / 3)
    assert bin_count(values) == round(np.ptp(values) / width)
    sparse = np.zeros(10000)
    sparse[:100] = np.arange(100)
    assert bin_count(sparse) == 100
    sparse[0] = 1e9
    assert bin_count(noise((1000,), np.float64) * (np.arange(1000) == 0) + values) <= 1000
    assert bin_count(np.array([])) == 1


def test_T27_a_histogram_counts_the_finite_values():
    values = noise((1, *SHAPE), np.float32)
    values[0, 0, 0, :5] = np.nan
    ScalarImage(tensor=values).hist(density=False)
    drawn = pyplot.gca().patches
    assert sum(bar.get_height() for bar in drawn) == 6000 - 5


def test_T27_a_background_does_not_hide_the_other_bars():
    values = np.zeros((1, 40, 40, 40), np.float32)
    values[0, :4] = noise((4, 40, 40), np.uint8)
    ScalarImage(tensor=values).hist()
    assert pyplot.gca().get_yscale() == "log"
    pyplot.close("all")
    ScalarImage(tensor=noise((1, *SHAPE), np.float32)).hist()
    assert pyplot.gca().get_yscale() == "linear"


def test_T27_without_matplotlib_the_error_names_the_extra(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)
    image = ScalarImage(tensor=noise((1, *SHAPE)))
    for plot in (image.plot, image.hist):
        with pytest.raises(ImportError, match=r"napari-medload\[plot\]"):
            plot()
