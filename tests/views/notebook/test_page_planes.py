"""The picture half of the page: what is on the screen is true, and follows the hand."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from tests.views.notebook.scenes import AXES, Pair, head, image, labels
from tests.views.notebook.sections import open_browser

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (12, 20, 16)
SPACING = (4.0, 1.5, 2.5)
HERE = (5, 8, 11)
"""Voxel (k, j, i) in none of the middles, so that no flip leaves it where it was."""


def point(*voxels: tuple[int, int, int]) -> Any:
    """A dark volume with bright voxels."""
    data = np.zeros(SHAPE, np.int16)
    for voxel in voxels:
        data[voxel] = 1000
    return data


def pair(*voxels: tuple[int, int, int], **how: Any) -> Pair:
    layer = image("fixed_image", point(*voxels), (0, 1000))
    return Pair([layer], spacing=SPACING, **how)


class View:
    """The picture half of one view on the page."""

    def __init__(self, host: Any, number: int = 0) -> None:
        self.host, self.page = host, host.page
        self.root = self.page.locator(".lm-browser").nth(number)

    def show(self, pair: Pair, index: tuple[int, int, int] = HERE, generation: int = 1) -> None:
        """Send a scene, its planes through a voxel, and the crosshair there."""
        self.host.receive(
            pair.scene(generation), pair.frame(index, generation), pair.position(index, generation)
        )

    def stage(self, plane: str) -> Any:
        return self.root.locator(f".lm-{plane} .lm-stage")

    def pixels(self, plane: str, half: int = 0) -> Any:
        """RGB of a plane's own canvas, one pixel a voxel."""
        canvas = self.root.locator(f".lm-{plane} canvas").nth(half)
        width, height, text = canvas.evaluate(
            "(c) => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "return [c.width, c.height, btoa(String.fromCharCode(...d))]; }"
        )
        raw = np.frombuffer(base64.b64decode(text), np.uint8)
        return raw.reshape(height, width, 4)[..., :3].astype(int)

    def screen(self, plane: str) -> Any:
        """RGB of what a person sees of a plane, one pixel a pixel of the screen."""
        shot = Image.open(io.BytesIO(self.stage(plane).screenshot()))
        return np.asarray(shot.convert("RGB")).astype(int)

    def blobs(self, plane: str) -> list[tuple[float, float, float, float]]:
        """Bright squares on the screen: middle across and down, width and height, from the left."""
        self.host.page.add_style_tag(
            content=".lm-lines, .lm-letter, .lm-scale-bar, .lm-picture-name, .lm-caption"
            "{ display: none; }"
            "body { background: #000 !important; }"
        )
        white = self.screen(plane).min(axis=2) > 128
        return squares(white)

    def cross(self, plane: str) -> tuple[float, float]:
        """Place of the crosshair in the picture's room."""
        path = self.root.locator(f".lm-{plane} .lm-cross").first.get_attribute("d")
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]
        return numbers[6], numbers[1]  # of M x,y H x M x,y H x M x,y V y M x,y V y

    def middle(self, plane: str) -> tuple[float, float]:
        """Of a plane's stage in the window."""
        box = self.stage(plane).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def slices(self) -> list[str]:
        return list(self.root.locator(".lm-slice-said").all_inner_texts())


def squares(white: Any) -> list[tuple[float, float, float, float]]:
    """Rectangles of white, from the left; they must not share a column."""
    found = []
    columns = np.flatnonzero(white.any(axis=0))
    for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
        rows = np.flatnonzero(white[:, run].any(axis=1))
        size = (run[-1] - run[0] + 1, rows[-1] - rows[0] + 1)
        found.append((run[0] + size[0] / 2, rows[0] + size[1] / 2, *size))
    return found


@pytest.fixture
def view(open_host: Callable[..., Any]) -> View:
    return View(open_host())


# --- true -------------------------------------------------------------------------------------


@pytest.mark.parametrize("radiological", [True, False])
@pytest.mark.parametrize("plane", AXES)
def test_a_voxel_is_where_its_place_in_mm_is_on_the_screen(
    view: View, plane: str, radiological: bool
) -> None:
    """Two voxels, by their distances in mm: sides, aspect and the size of a voxel are true."""
    _through, down, across = AXES[plane]
    other = list(HERE)
    other[across], other[down] = HERE[across] - 4, HERE[down] + 3
    view.show(pair(HERE, tuple(other), radiological=radiological))
    blobs = view.blobs(plane)
    if not radiological:  # coordinates grow to the right
        blobs = blobs[::-1]
    here, there = np.array(blobs)
    right, downwards = (there - here)[:2]
    scale = abs(right) / (4 * SPACING[across])
    assert np.sign(right) == (1 if radiological else -1)
    assert downwards == pytest.approx(-3 * SPACING[down] * scale, abs=1)
    assert here[2:] == pytest.approx((SPACING[across] * scale, SPACING[down] * scale), abs=1.1)
    middle = np.array(view.screen(plane).shape[1::-1]) / 2
    mm = [((SHAPE[a] - 1) / 2 - HERE[a]) * SPACING[a] * scale for a in (across, down)]
    signs = (1 if radiological else -1, 1)
    assert here[:2] - middle == pytest.approx(np.array(mm) * signs, abs=1)


@pytest.mark.parametrize("plane", AXES)
def test_the_crosshair_is_in_the_middle_of_the_voxel_shown(view: View, plane: str) -> None:
    view.show(pair(HERE))
    cross = view.cross(plane)
    ((x, y, width, height),) = view.blobs(plane)
    assert cross == pytest.approx((x, y), abs=0.6)
    assert width > 6 and height > 6  # large enough for the middle to mean something


def test_the_crosshair_stays_in_the_middle_when_zoomed_and_panned(view: View) -> None:
    view.show(pair(HERE))
    x, y = view.middle("axial")
    view.page.mouse.move(x + 30, y + 20)
    view.page.keyboard.down("Control")
    view.page.mouse.wheel(0, -100)
    view.page.keyboard.up("Control")
    view.page.mouse.down()
    view.page.mouse.move(x - 17, y + 43, steps=4)
    view.page.mouse.up()
    cross = view.cross("axial")
    ((left, top, *_size),) = view.blobs("axial")
    assert cross == pytest.approx((left, top), abs=0.6)


@pytest.mark.parametrize("plane", AXES)
@pytest.mark.parametrize("radiological", [True, False])
def test_a_click_goes_to_the_place_that_is_seen_there(
    view: View, plane: str, radiological: bool
) -> None:
    shown = pair(HERE, radiological=radiological)
    view.show(shown)
    box = view.stage(plane).bounding_box()
    ((x, y, *_size),) = view.blobs(plane)
    view.host.take()
    view.page.mouse.click(box["x"] + x, box["y"] + y)
    (sent,) = [one for one in view.host.take() if one["cmd"] == "go"]
    away = np.array(sent["canvas"]) - shown.canvas(HERE)
    assert np.abs(away / SPACING).max() < 0.1
    assert away[AXES[plane][0]] == 0


def test_letters_stand_at_their_sides(view: View) -> None:
    def letters(plane: str) -> list[str]:
        return [
            view.root.locator(f".lm-{plane} .lm-at-{side}").first.inner_text()
            for side in ("left", "right", "top", "bottom")
        ]

    view.show(pair(HERE))
    assert [letters(plane) for plane in AXES] == [list("RLAP"), list("RLSI"), list("APSI")]
    view.show(pair(HERE, radiological=False), generation=2)
    assert [letters(plane) for plane in AXES] == [list("LRAP"), list("LRSI"), list("PASI")]


def test_the_scale_bar_is_as_long_as_it_says(view: View) -> None:
    first, last = (5, 8, 2), (5, 8, 13)
    view.show(pair(first, last), first)
    line = view.root.locator(".lm-axial .lm-scale-line").bounding_box()["width"]
    text = view.root.locator(".lm-axial .lm-scale-text").inner_text()
    (one, *_), (other, *_) = view.blobs("axial")
    length, unit = text.split()
    assert unit == "mm"
    assert line / (other - one) == pytest.approx(float(length) / (11 * SPACING[2]), rel=0.03)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2"])
@pytest.mark.parametrize("offset", [0, 1])
def test_pixels_are_those_of_the_file(view: View, dtype: str, offset: int) -> None:
    stored = np.random.default_rng(1).integers(0, 256, SHAPE).astype(dtype)
    sent = Pair([image("fixed_image", stored, (0, 510), slope=2.0)], spacing=SPACING)
    view.host.receive(sent.scene(), sent.frame(HERE), sent.position(HERE), offset=offset)
    for plane, (through, _, _) in AXES.items():
        drawn = view.pixels(plane)
        assert (drawn == sent.cut(0, plane, HERE[through])[..., None]).all()


def test_layers_lie_over_each_other_with_labels_on_top(view: View) -> None:
    codes = np.zeros(SHAPE, np.uint8)
    codes[:, 5:12, 4:12] = 1
    data = np.full(SHAPE, 500, np.int16)
    shown = Pair(
        [
            image("fixed_image", data, (0, 1000)),
            labels("fixed_label", codes, {1: (230, 159, 0)}, outline=True),
            image("hidden_image", data, (0, 1), visible=False, wire=False),
        ]
    )
    view.show(shown)
    drawn, cut = view.pixels("axial"), shown.cut(1, "axial", HERE[0])
    inner = np.pad(cut, 1)[2:, 1:-1] & np.pad(cut, 1)[:-2, 1:-1]
    inner &= np.pad(cut, 1)[1:-1, 2:] & np.pad(cut, 1)[1:-1, :-2]
    line = (cut == 1) & (inner == 0)
    assert (drawn[line] == (230, 159, 0)).all()
    assert (drawn[~line] == 128).all()


def test_what_is_told_of_a_slice_is_what_is_drawn(view: View) -> None:
    view.show(pair(HERE))
    assert view.slices() == ["6 of 12", "9 of 20", "12 of 16"]
    assert view.root.locator(".lm-readout").inner_text() == "here"
    assert "slice 6 of 12" in view.stage("axial").get_attribute("aria-label")


# --- which generation -------------------------------------------------------------------------


def test_pixels_of_another_generation_are_dropped(view: View) -> None:
    shown = pair(HERE)
    view.show(shown, generation=3)
    before = view.pixels("axial")
    view.host.receive(pair((5, 1, 1)).frame(HERE, generation=2))
    view.host.receive(pair((5, 1, 1)).frame(HERE, generation=4))
    view.host.receive(shown.position((1, 1, 1), generation=2, readout="old"))
    assert (view.pixels("axial") == before).all() and before.any()
    assert view.slices()[0] == "6 of 12"
    assert view.root.locator(".lm-readout").inner_text() == "here"


def test_a_picture_stays_until_the_next_has_come_and_is_marked_meanwhile(view: View) -> None:
    view.show(pair(HERE))
    after = pair((5, 1, 1), sample="two")
    view.host.receive(after.scene(2))
    assert view.pixels("axial").any()
    assert "two" in view.root.get_by_role("status").inner_text()
    assert view.root.locator(".lm-planes.lm-stale").count() == 1
    view.host.receive(pair(HERE).frame(HERE, 1))  # a late one of the sample before
    view.host.receive(after.frame((5, 1, 1), 2), after.position((5, 1, 1), 2))
    assert (view.pixels("axial")[..., 0] * 1000 // 255 == after.cut(0, "axial", 5)).all()
    assert view.root.locator(".lm-stale").count() == 0
    assert view.root.get_by_role("status").inner_text() == ""


def test_colours_of_a_scene_change_without_new_pixels(view: View) -> None:
    shown = pair(HERE)
    view.show(shown)
    shown.layers[0]["colormap"] = "green"
    view.host.receive(shown.scene())
    drawn = view.pixels("axial")
    assert drawn[..., 1].max() == 255 and drawn[..., 0].max() == 0


def test_a_sample_that_cannot_be_drawn_says_why_and_as_text(view: View) -> None:
    view.show(pair(HERE))
    told = {
        "planes": [],
        "layers": [],
        "problems": [["fixed image", "<img src=x onerror=alert(1)>"]],
    }
    view.host.receive({**pair(HERE, sample="two").scene(2), **told})
    assert "fixed image cannot be shown: <img" in view.root.locator(".lm-problems").inner_text()
    assert view.root.locator("img").count() == 0
    assert not view.stage("axial").is_visible()
    view.show(pair(HERE), generation=3)
    assert view.stage("axial").is_visible()
    assert not view.root.locator(".lm-problems").is_visible()


def test_a_frame_that_came_broken_is_said(view: View) -> None:
    view.show(pair(HERE))
    shown = pair(HERE)
    view.host.receive_raw({"parts": [shown_part(shown)], "ack": None, "inflated": 5}, b"nonsense")
    assert "did not arrive" in view.root.get_by_role("status").inner_text()
    assert view.slices()[0] == "6 of 12"
    view.host.troubles.clear()


def shown_part(shown: Pair) -> dict[str, Any]:
    return {"type": "frame", "generation": 1, "cuts": []}


# --- hands ------------------------------------------------------------------------------------


def test_the_wheel_steps_and_steps_add_up_while_one_is_under_way(view: View) -> None:
    view.show(pair(HERE))
    view.host.take()
    view.page.mouse.move(*view.middle("coronal"))
    view.host.take()
    for _ in range(3):
        view.page.mouse.wheel(0, -120)
    view.page.mouse.wheel(0, 120)
    view.page.wait_for_function("host.model.sent.length > 0")
    (first,) = view.host.take()
    assert (first["cmd"], first["plane"], first["by"]) == ("step", "coronal", 1)
    view.host.receive(ack=first["n"])
    (second,) = view.host.take()
    assert (second["plane"], second["by"]) == ("coronal", 1)


def test_fine_scrolling_of_a_touchpad_adds_up_to_slices(view: View) -> None:
    view.show(pair(HERE))
    view.page.mouse.move(*view.middle("axial"))
    view.host.take()
    stage = view.stage("axial")
    for _ in range(5):
        stage.dispatch_event("wheel", {"deltaY": 8, "deltaMode": 0})
    (sent,) = view.host.take()
    assert sent["by"] == -1


@pytest.mark.parametrize(
    ("key", "by"),
    [("ArrowUp", 1), ("ArrowDown", -1), ("ArrowRight", 1), ("ArrowLeft", -1), ("PageUp", 10),
     ("PageDown", -10)],
)  # fmt: skip
def test_keys_step_in_the_plane_that_has_the_focus(view: View, key: str, by: int) -> None:
    view.show(pair(HERE))
    view.stage("sagittal").focus()
    view.host.take()
    view.page.keyboard.press(key)
    (sent,) = view.host.take()
    assert (sent["cmd"], sent["plane"], sent["by"]) == ("step", "sagittal", by)


def test_keys_that_act_here_go_no_further_and_others_do(view: View) -> None:
    view.show(pair(HERE))
    view.page.evaluate(
        "() => { window.keys = []; addEventListener('keydown', (e) => keys.push(e.key)); }"
    )
    view.stage("axial").focus()
    for key in ("ArrowUp", "+", "-", "0", "j", "Control+ArrowUp"):
        view.page.keyboard.press(key)
    assert view.page.evaluate("keys") == ["j", "Control", "ArrowUp"]


def test_zoom_by_keys_and_all_of_it_again_by_a_double_click(view: View) -> None:
    view.show(pair(HERE))

    def matrix() -> str:
        return str(view.root.locator(".lm-axial canvas").first.evaluate("c => c.style.transform"))

    whole = matrix()
    view.stage("axial").focus()
    view.page.keyboard.press("+")
    zoomed = matrix()
    assert zoomed != whole
    view.host.receive(pair(HERE).frame((6, 8, 11)), pair(HERE).position((6, 8, 11)))
    assert matrix() == zoomed  # a step keeps it
    view.show(pair(HERE, sample="two"), generation=2)
    assert matrix() == zoomed  # and another sample with the same field of view
    view.page.mouse.dblclick(*view.middle("axial"))
    assert matrix() == whole
    view.page.keyboard.press("-")
    view.page.keyboard.press("0")
    assert matrix() == whole


def test_ctrl_and_wheel_zoom_around_the_pointer(view: View) -> None:
    view.show(pair(HERE))
    view.host.answering()
    box = view.stage("axial").bounding_box()
    x, y = box["x"] + view.cross("axial")[0], box["y"] + view.cross("axial")[1]
    before = view.cross("axial")
    whole = view.root.locator(".lm-axial canvas").first.evaluate("c => c.style.transform")
    view.page.mouse.move(x, y)
    view.page.keyboard.down("Control")
    view.page.mouse.wheel(0, -100)
    view.page.keyboard.up("Control")
    after = "([c, whole]) => c.style.transform !== whole"
    canvas = view.root.locator(".lm-axial canvas").first.element_handle()
    view.page.wait_for_function(after, arg=[canvas, whole])
    assert view.cross("axial") == pytest.approx(before, abs=0.5)
    assert not [one for one in view.host.take() if one["cmd"] == "step"]


def test_a_drag_pans_and_does_not_go(view: View) -> None:
    view.show(pair(HERE))
    before = view.cross("axial")
    view.host.take()
    x, y = view.middle("axial")
    view.page.mouse.move(x, y)
    view.page.mouse.down()
    view.page.mouse.move(x + 40, y - 25, steps=5)
    view.page.mouse.up()
    after = view.cross("axial")
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((40, -25))
    assert not [one for one in view.host.take() if one["cmd"] == "go"]


def told(sent: dict[str, Any]) -> dict[str, Any]:
    """Tell a command without its number."""
    return {name: value for name, value in sent.items() if name != "n"}


def test_the_slider_goes_to_a_slice_of_its_own_plane_alone(view: View) -> None:
    view.show(pair(HERE))
    view.host.take()
    for index in (9, 10, 11):
        view.root.get_by_role("slider", name="axial slice").fill(str(index))
    view.root.get_by_role("slider", name="coronal slice").fill("3")
    sent = []
    while new := view.host.take():
        sent += new
        view.host.receive(ack=new[-1]["n"])
    assert [told(one) for one in sent] == [
        {"cmd": "slice", "plane": "axial", "index": 9},
        {"cmd": "slice", "plane": "axial", "index": 11},  # those between are passed over
        {"cmd": "slice", "plane": "coronal", "index": 3},
    ]


def test_a_place_outside_the_grid_has_no_crosshair(view: View) -> None:
    view.show(pair(HERE))
    cross = view.root.locator(".lm-axial .lm-cross").first
    assert cross.get_attribute("d")
    outside = pair(HERE).position(HERE, readout="outside the images")
    view.host.receive(outside | {"inside": False})
    for plane in AXES:
        assert view.root.locator(f".lm-{plane} .lm-cross").first.get_attribute("d") == ""
    assert view.root.locator(".lm-readout").inner_text() == "outside the images"
    view.host.receive(pair(HERE).position(HERE))
    assert cross.get_attribute("d")


def test_one_plane_can_be_shown_alone_and_back(view: View) -> None:
    view.show(pair(HERE))
    small = view.stage("coronal").bounding_box()["width"]
    button = view.root.get_by_role("button", name="Show the coronal plane alone")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert not view.stage("axial").is_visible()
    assert view.stage("coronal").bounding_box()["width"] > 1.5 * small
    button.click()
    assert view.stage("axial").is_visible()


def test_hover_asks_for_one_place_at_a_time_and_never_while_a_step_is_under_way(
    view: View,
) -> None:
    shown = pair(HERE)
    view.show(shown)
    x, y = view.middle("axial")
    view.host.take()
    for n in range(6):
        view.page.mouse.move(x + n, y)
    (first,) = view.host.take()
    assert first["cmd"] == "hover"
    view.host.receive({"type": "hover", "readout": "R 1.0 mm", "n": first["n"]}, ack=first["n"])
    hover = view.root.locator(".lm-hover")
    assert hover.inner_text() == "R 1.0 mm" and hover.get_attribute("aria-live") == "off"
    (second,) = view.host.take()
    view.host.receive(ack=second["n"])
    view.page.mouse.wheel(0, -120)
    view.page.wait_for_function("host.model.sent.length > 0")
    view.page.mouse.move(x, y + 9)
    assert [one["cmd"] for one in view.host.take()] == ["step"]
    view.page.mouse.move(2, 2)
    assert hover.inner_text() == ""


def hovered(view: View, readout: str) -> None:
    """Answer the one hover that is under way."""
    (asked,) = [one for one in view.host.take() if one["cmd"] == "hover"]
    view.host.receive({"type": "hover", "readout": readout, "n": asked["n"]}, ack=asked["n"])


def test_what_is_told_of_the_pointer_is_of_the_slice_under_it(view: View) -> None:
    """A pointer that rests while the picture changes is asked for anew, and nothing old stays."""
    shown, hover = pair(HERE), view.root.locator(".lm-hover")
    view.show(shown)
    view.page.mouse.move(*view.middle("axial"))
    hovered(view, "of slice 5")
    assert hover.inner_text() == "of slice 5"
    view.page.mouse.wheel(0, -120)
    view.page.wait_for_function("host.model.sent.length > 0")
    (step,) = view.host.take()
    there = (HERE[0] + 1, *HERE[1:])
    view.host.receive(shown.frame(there), shown.position(there), ack=step["n"])
    assert hover.inner_text() == ""
    (asked,) = view.host.take()
    assert asked["cmd"] == "hover" and asked["canvas"][0] == shown.canvas(there)[0]
    after = pair(HERE, sample="two")  # before that is answered, another sample is there
    view.show(after, generation=2)
    view.host.receive({"type": "hover", "readout": "of one", "n": asked["n"]}, ack=asked["n"])
    assert hover.inner_text() == ""
    hovered(view, "of two")
    assert hover.inner_text() == "of two"
    view.host.receive(after.position((HERE[0], 1, 1), generation=2))
    hovered(view, "of two, elsewhere")
    assert hover.inner_text() == "of two, elsewhere"


def test_what_is_told_of_the_pointer_goes_at_once_where_volumes_are_scrolled(view: View) -> None:
    view.page.clock.install()
    shown, hover = preloaded(view), view.root.locator(".lm-hover")
    view.page.mouse.move(*view.middle("axial"))
    view.stage("axial").focus()
    hovered(view, "of slice 5")
    view.page.keyboard.press("ArrowUp")
    assert hover.inner_text() == ""
    (asked,) = view.host.take()
    assert asked["canvas"][0] == shown.canvas((HERE[0] + 1, *HERE[1:]))[0]


# --- contrast ---------------------------------------------------------------------------------


def grey(value: int, role: str = "fixed_image", **how: Any) -> dict[str, Any]:
    return image(role, np.full(SHAPE, value, np.int16), (0, 1000), **how)


def drag(view: View, right: int, down: int, button: str = "right", end: bool = True) -> None:
    x, y = view.middle("axial")
    view.page.mouse.move(x, y)
    view.host.take()
    view.page.mouse.down(button=button)
    view.page.mouse.move(x + right, y + down, steps=4)
    if end:
        view.page.mouse.up(button=button)


def test_the_contrast_follows_a_drag_before_the_kernel_answers(view: View) -> None:
    shown = Pair([grey(250)])
    view.show(shown)
    assert view.pixels("axial")[0, 0, 0] == 64
    drag(view, 0, -60, end=False)
    brighter = view.pixels("axial")[0, 0, 0]
    assert brighter > 100
    (sent,) = [one for one in view.host.take() if one["cmd"] == "window"]  # one is under way
    assert sent["role"] == "fixed_image" and sent["high"] - sent["low"] == pytest.approx(1000)
    # answers to earlier places of the pointer do not turn the picture back
    early = Pair([grey(250)])
    early.layers[0]["limits"] = [sent["low"], sent["high"]]
    view.host.receive(early.scene(), ack=sent["n"])
    (held,) = view.host.take()
    view.host.receive(early.scene(), ack=held["n"])  # nothing is under way, but the button is down
    assert view.pixels("axial")[0, 0, 0] == brighter
    view.page.mouse.up(button="right")
    sent = [one for one in view.host.take() if one["cmd"] == "window"][-1]
    view.host.receive(early.scene())
    assert view.pixels("axial")[0, 0, 0] == brighter
    assert (250 - sent["low"]) / (sent["high"] - sent["low"]) * 255 == pytest.approx(
        brighter, abs=1
    )
    # and what the kernel says at last is what is drawn
    last = Pair([grey(250)])
    last.layers[0]["limits"] = [0, 500]
    view.host.receive(last.scene(), ack=sent["n"])
    for left in view.host.take():
        view.host.receive(last.scene(), ack=left["n"])
    assert view.pixels("axial")[0, 0, 0] == 128


def test_a_drag_to_the_right_widens_and_the_tool_frees_the_left_button(view: View) -> None:
    view.show(Pair([grey(250)]))
    tool = view.root.get_by_role("button", name="contrast", exact=True)
    tool.click()
    assert tool.get_attribute("aria-pressed") == "true"
    view.host.answering()
    drag(view, 50, 0, button="left")
    sent = [one for one in view.host.take() if one["cmd"] == "window"][-1]
    assert sent["high"] - sent["low"] > 1100
    assert sent["high"] + sent["low"] == pytest.approx(1000)
    tool.click()
    drag(view, 50, 0, button="left")
    assert not [one for one in view.host.take() if one["cmd"] == "window"]


def test_a_drag_changes_the_chosen_image_or_each_from_its_own_limits(
    open_host: Callable[..., Any],
) -> None:
    view = View(open_browser(open_host).host)
    moving = grey(30, "moving_image", opacity=0.5)
    moving["limits"] = moving["own_limits"] = [0, 10]
    codes = labels("fixed_label", np.zeros(SHAPE, np.uint8), {1: (1, 2, 3)})
    view.show(Pair([grey(250), moving, codes]), generation=2)
    view.host.answering()
    drag(view, 30, 0)
    last = {one["role"]: one for one in view.host.take() if one["cmd"] == "window"}
    widths = {role: one["high"] - one["low"] for role, one in last.items()}
    assert set(widths) == {"fixed_image", "moving_image"}
    assert widths["fixed_image"] == pytest.approx(100 * widths["moving_image"])
    view.root.get_by_role("button", name="Window").click()
    view.root.get_by_label("images whose contrast").select_option(label="moving image")
    view.root.get_by_role("button", name="Window").click()
    view.host.take()
    drag(view, 30, 0)
    windows = [one for one in view.host.take() if one["cmd"] == "window"]
    assert {one["role"] for one in windows} == {"moving_image"}


# --- modes ------------------------------------------------------------------------------------


def test_side_by_side_shows_each_image_in_its_half(view: View) -> None:
    sides = [
        grey(250, side="left"),
        grey(750, "moving_image", side="right"),
        image("fixed_label", point(), (0, 1), visible=False, wire=False),
    ]
    view.show(Pair(sides, told={"halved": True}))
    assert (view.pixels("axial", 0) == 64).all() and (view.pixels("axial", 1) == 191).all()
    names = view.root.locator(".lm-axial .lm-picture-name").all_inner_texts()
    assert names == ["fixed image", "moving image"]
    assert view.root.locator(".lm-axial canvas >> visible=true").count() == 2
    view.show(Pair([grey(250)]), generation=2)
    assert view.root.locator(".lm-axial canvas >> visible=true").count() == 1


def test_a_click_in_either_half_goes_to_the_same_place(view: View) -> None:
    shown = Pair(
        [
            image("fixed_image", point(HERE), (0, 1000), side="left"),
            image("moving_image", point(HERE), (0, 1000), side="right"),
        ],
        spacing=SPACING,
        told={"halved": True},
    )
    view.show(shown)
    view.host.answering()
    box = view.stage("axial").bounding_box()
    for x, y, *_size in view.blobs("axial"):
        view.page.mouse.click(box["x"] + x, box["y"] + y)
        sent = [one for one in view.host.take() if one["cmd"] == "go"][-1]
        assert np.abs((np.array(sent["canvas"]) - shown.canvas(HERE)) / SPACING).max() < 0.1


def test_the_curtain_is_dragged_by_its_line(view: View) -> None:
    shown = Pair(
        [grey(250, "comparison", composed=True, windowed=False)],
        told={"mode": "curtain", "options": {"plane": "axial", "curtain": 0.25}},
    )
    view.show(shown)

    def line() -> float:
        path = view.root.locator(".lm-axial .lm-curtain").first.get_attribute("d")
        return float(path[1:].split(",")[0])

    box = view.stage("axial").bounding_box()
    y = box["y"] + 60
    before = line()
    view.host.take()
    view.page.mouse.move(box["x"] + before + 3, y)
    view.page.mouse.down()
    view.page.mouse.move(box["x"] + before + 60, y, steps=3)
    assert line() == pytest.approx(before + 60, abs=1)  # at once
    options = [one for one in view.host.take() if one["cmd"] == "option"]
    assert len(options) == 1 and 0.25 < options[0]["curtain"] < 1
    view.page.mouse.up()
    transform = view.root.locator(".lm-axial canvas").first.evaluate("c => c.style.transform")
    scale, corner = (float(transform[7:-1].split(",")[n]) for n in (0, 4))
    view.host.receive(ack=options[0]["n"])
    last = [one for one in view.host.take() if one["cmd"] == "option"][-1]
    assert last["curtain"] == pytest.approx((before + 60 - corner) / scale / SHAPE[2], abs=0.01)


def test_which_image_is_which_is_said_where_the_picture_does_not_tell(view: View) -> None:
    green = grey(250, colormap="green", blending="additive")
    magenta = grey(750, "moving_image", colormap="magenta", blending="additive")
    caption = view.root.locator(".lm-axial .lm-caption")
    view.show(Pair([green, magenta], told={"mode": "two-colour"}))
    assert (view.pixels("axial") == (191, 64, 191)).all()
    colours = caption.locator("span").evaluate_all(
        "all => all.map((e) => [e.textContent, getComputedStyle(e, '::before').backgroundColor])"
    )
    assert colours == [["fixed image", "rgb(0, 255, 0)"], ["moving image", "rgb(255, 0, 255)"]]
    under = [{**one, "visible": False, "wire": False} for one in (green, magenta)]
    both = Pair([*under, grey(9, "comparison", composed=True)], told={"mode": "curtain"})
    view.show(both, generation=2)
    assert caption.inner_text() == "fixed | moving"
    view.show(Pair([grey(250)]), generation=3)
    assert caption.inner_text() == ""


@pytest.mark.parametrize(
    ("mode", "outlines", "said"),
    [
        ("overlay", (True, True), "labels: fixed bright, moving pale"),
        ("overlay", (False, True), "labels: fixed bright fill, moving pale"),
        ("outlines", (True, False), "labels: fixed solid, moving dashed"),
    ],
)
def test_labels_of_fixed_and_moving_are_told_from_each_other(
    view: View, mode: str, outlines: tuple[bool, bool], said: str
) -> None:
    codes, colours = np.ones(SHAPE, np.uint8), {1: (1, 2, 3)}
    lower = labels("fixed_label", codes, colours, outline=outlines[0], part="fixed")
    upper = labels("moving_label", codes, colours, outline=outlines[1], part="moving", pale=True)
    images = [grey(250), grey(250, "moving_image")]
    view.show(Pair([*images, lower, upper], told={"mode": mode}))
    caption = view.root.locator(".lm-axial .lm-caption")
    assert caption.locator("span").all_inner_texts()[-1] == said
    view.show(Pair([*images, lower], told={"mode": mode}), generation=2)
    assert "labels" not in caption.inner_text()


def test_a_plane_of_a_file_without_directions_is_called_by_its_axis(view: View) -> None:
    view.show(Pair([grey(250)], told={"oriented": False}))
    assert view.root.locator(".lm-plane-name").all_inner_texts() == [
        "along k",
        "along j",
        "along i",
    ]
    view.show(Pair([grey(250)]), generation=2)
    assert view.root.locator(".lm-plane-name").first.inner_text() == "axial"


def flicker() -> Pair:
    return Pair([grey(250), grey(750, "moving_image")], told={"mode": "flicker"})


def test_the_flicker_turns_between_both_images_and_can_be_stopped(view: View) -> None:
    view.page.clock.install()
    view.show(flicker())
    said = view.root.locator(".lm-flicker-said")

    def seen() -> tuple[int, str]:
        return int(view.pixels("axial")[0, 0, 0]), said.inner_text()

    fixed, moving = (64, "flicker: fixed image"), (191, "flicker: moving image")
    assert seen() == fixed
    view.page.clock.run_for(500)
    assert seen() == moving
    view.page.clock.run_for(500)
    assert seen() == fixed
    view.root.get_by_role("button", name="Stop the flicker").click()
    view.page.clock.run_for(5000)
    assert seen() == fixed
    view.root.get_by_role("button", name="other image").click()
    assert seen() == moving
    view.root.get_by_role("button", name="Show both images in turns").click()
    view.page.clock.run_for(500)
    assert seen() == fixed
    view.show(Pair([grey(250)]), generation=2)
    assert not said.is_visible()


def focused(view: View) -> str:
    """Tell the classes of the element that keys go to."""
    return str(view.page.evaluate("document.activeElement.className"))


def test_the_focus_stays_in_the_browser_where_its_control_goes(view: View) -> None:
    """Else the next key would reach the notebook, which deletes cells by keys."""
    contrast = view.root.get_by_role("button", name="contrast", exact=True)
    for number, name in enumerate(("Stop the flicker", "other image")):
        view.show(flicker(), generation=3 * number + 1)
        view.root.get_by_role("button", name=name).focus()
        view.show(Pair([grey(250)]), generation=3 * number + 2)
        assert focused(view) == "lm-browser"
    contrast.focus()
    none = {"planes": [], "layers": [], "problems": [["fixed image", "is empty"]]}
    view.host.receive({**pair(HERE, sample="two").scene(8), **none})
    assert focused(view) == "lm-browser"
    view.show(pair(HERE), generation=9)
    view.stage("coronal").focus()
    view.host.receive({**pair(HERE, sample="two").scene(10), **none})
    assert focused(view) == "lm-browser"


def test_a_tool_without_use_leaves_the_focus_in_the_browser_and_does_nothing(view: View) -> None:
    view.show(Pair([grey(250)]))
    button = view.root.get_by_role("button", name="contrast", exact=True)
    assert button.get_attribute("aria-disabled") is None
    button.focus()
    view.show(Pair([grey(250, windowed=False)]), generation=2)
    assert view.page.evaluate("document.activeElement.closest('.lm-browser') !== null")
    assert button.get_attribute("aria-disabled") == "true"
    button.focus()  # its tip can still be read
    view.host.take()
    view.page.keyboard.press("Enter")
    assert view.host.take() == [] and button.get_attribute("aria-pressed") != "true"


def test_who_wants_less_motion_sees_no_flicker_unasked(
    page: Any, open_host: Callable[..., Any]
) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    view = View(open_host())
    view.show(flicker())
    page.clock.run_for(3000)
    assert view.pixels("axial")[0, 0, 0] == 64
    assert view.root.get_by_role("button", name="Show both images in turns").is_visible()


# --- the page holds the volumes ---------------------------------------------------------------


def preloaded(view: View) -> Pair:
    data = np.random.default_rng(5).integers(0, 256, SHAPE).astype(np.int16)
    shown = Pair([image("fixed_image", data, (0, 255))], spacing=SPACING)
    view.host.receive(shown.scene(), *shown.volumes(), shown.position(HERE))
    return shown


@pytest.mark.parametrize("radiological", [True, False])
def test_planes_are_cut_of_volumes_in_the_page(view: View, radiological: bool) -> None:
    data = np.random.default_rng(5).integers(0, 256, SHAPE).astype(np.uint8)
    shown = Pair([image("fixed_image", data, (0, 255))], radiological=radiological)
    view.host.receive(shown.scene(), *shown.volumes(), shown.position(HERE))
    for plane, (through, _, _) in AXES.items():
        cut = shown.cut(0, plane, HERE[through])
        assert (view.pixels(plane) == cut[..., None]).all()


def test_volumes_are_scrolled_without_the_kernel(view: View) -> None:
    """The picture changes within the event itself; the kernel is told the place at the end."""
    view.page.clock.install()
    shown = preloaded(view)
    view.host.take()
    view.stage("axial").focus()
    for _ in range(3):
        view.page.keyboard.press("ArrowUp")
    assert view.host.sent == []
    assert (view.pixels("axial") == shown.cut(0, "axial", HERE[0] + 3)[..., None]).all()
    assert view.slices()[0] == "9 of 12"
    assert view.root.locator(".lm-readouts.lm-stale").count() == 1
    view.page.clock.run_for(500)
    (sent,) = view.host.take()
    assert told(sent) == {"cmd": "slice", "plane": "axial", "index": HERE[0] + 3}
    # an answer that is older than where the page is by now does not turn it back
    view.page.keyboard.press("ArrowUp")
    there = (HERE[0] + 3, *HERE[1:])
    older = shown.position(there, readout="older")
    view.host.receive(shown.frame(there), older, ack=sent["n"])
    assert view.slices()[0] == "10 of 12"
    view.page.clock.run_for(500)
    (sent,) = view.host.take()
    there = (HERE[0] + 4, *HERE[1:])
    view.host.receive(shown.position(there, readout="there"), ack=sent["n"])
    assert view.root.locator(".lm-readout").inner_text() == "there"
    assert view.root.locator(".lm-stale").count() == 0


def test_a_click_right_after_scrolling_volumes_is_where_it_ends(view: View) -> None:
    """The scrolling that the kernel was not told of must not undo the click."""
    view.page.clock.install()
    shown = preloaded(view)
    view.stage("axial").focus()
    view.page.mouse.move(*view.middle("axial"))
    view.host.answering()
    view.host.take()
    view.page.keyboard.press("ArrowUp")
    view.page.mouse.down()
    view.page.mouse.up()
    view.page.clock.run_for(1000)
    (sent,) = [one for one in view.host.take() if one["cmd"] != "hover"]
    assert sent["cmd"] == "go"
    assert sent["canvas"][0] == shown.canvas((HERE[0] + 1, 0, 0))[0]


def test_scrolling_volumes_right_after_a_click_keeps_the_place_of_the_click(view: View) -> None:
    view.page.clock.install()
    preloaded(view)
    view.stage("axial").focus()
    view.host.take()
    view.page.mouse.click(*view.middle("axial"))
    (go,) = [one for one in view.host.take() if one["cmd"] == "go"]
    view.page.keyboard.press("ArrowUp")
    view.page.clock.run_for(1000)
    view.host.receive(ack=go["n"])
    (sent,) = [one for one in view.host.take() if one["cmd"] != "hover"]
    assert told(sent) == {"cmd": "slice", "plane": "axial", "index": HERE[0] + 1}


def test_the_slider_scrolls_volumes_at_once(view: View) -> None:
    view.page.clock.install()
    shown = preloaded(view)
    view.host.take()
    view.root.get_by_role("slider", name="axial slice").fill("9")
    view.root.get_by_role("slider", name="coronal slice").fill("3")
    assert (view.pixels("axial") == shown.cut(0, "axial", 9)[..., None]).all()
    view.host.answering()
    view.page.clock.run_for(1000)
    assert [told(one) for one in view.host.take()] == [
        {"cmd": "slice", "plane": "axial", "index": 9},
        {"cmd": "slice", "plane": "coronal", "index": 3},
    ]


def test_a_volume_that_came_broken_is_said_and_asked_for_slice_by_slice(view: View) -> None:
    shown = Pair([image("fixed_image", point(HERE), (0, 1000))], spacing=SPACING)
    view.host.receive(shown.scene(7), shown.position(HERE, 7))
    view.host.take()
    part = {"type": "volume", "generation": 7, "layer": 0, "slope": 1.0, "intercept": 0.0,
            "at": 0, "dtype": "i2", "size": list(SHAPE)}  # fmt: skip
    view.host.receive_raw({"parts": [part], "ack": None, "inflated": 5}, b"nonsense")
    assert [told(one) for one in view.host.take()] == [
        {"cmd": "lacks", "layer": 0, "generation": 7}
    ]
    said = view.root.get_by_role("status")
    assert "fixed image did not arrive" in said.inner_text()
    view.host.receive(shown.frame(HERE, 7))
    assert view.pixels("axial").any() and said.inner_text() == ""
    view.host.troubles.clear()


def test_scrolling_volumes_ends_at_the_last_slice(view: View) -> None:
    shown = preloaded(view)
    view.stage("axial").focus()
    for _ in range(2):
        view.page.keyboard.press("PageUp")
    assert view.slices()[0] == "12 of 12"
    assert (view.pixels("axial") == shown.cut(0, "axial", 11)[..., None]).all()


def test_volumes_are_scrolled_when_the_kernel_is_gone(view: View) -> None:
    shown = preloaded(view)
    view.host.end_kernel()
    view.stage("coronal").focus()
    view.page.keyboard.press("ArrowDown")
    assert (view.pixels("coronal") == shown.cut(0, "coronal", HERE[1] - 1)[..., None]).all()


def test_volumes_of_a_sample_before_are_not_cut_for_the_next(view: View) -> None:
    preloaded(view)
    after = pair((5, 1, 1), sample="two")
    view.show(after, (5, 1, 1), generation=2)
    view.host.take()
    view.stage("axial").focus()
    view.page.keyboard.press("ArrowUp")
    assert [one["cmd"] for one in view.host.take()] == ["step"]


# --- the page around it -----------------------------------------------------------------------


def test_two_views_of_one_model_show_the_same_and_zoom_apart(
    open_host: Callable[..., Any],
) -> None:
    host = open_host(views=2, width="560px")
    one, other = View(host, 0), View(host, 1)
    one.show(pair(HERE))
    assert (one.pixels("axial") == other.pixels("axial")).all() and one.pixels("axial").any()
    before = other.cross("axial")
    one.stage("axial").focus()
    one.page.keyboard.press("+")
    assert other.cross("axial") == before
    listeners = host.listeners
    host.unmount(0)
    one.host.receive(pair(HERE).frame((6, 8, 11)), pair(HERE).position((6, 8, 11)))
    assert View(host).slices()[0] == "7 of 12"
    assert 0 < host.listeners == listeners / 2


def test_a_view_that_is_left_leaves_nothing(view: View) -> None:
    view.show(flicker())
    view.host.unmount()
    assert view.host.listeners == 0
    assert view.page.locator(".lm-browser").count() == 0
    view.host.receive(flicker().frame(HERE))
    view.host.take()
    view.page.mouse.wheel(0, 100)
    assert view.host.take() == []


def test_a_view_that_is_left_stops_ticking(page: Any, open_host: Callable[..., Any]) -> None:
    page.add_init_script(
        "window.ticking = new Set(); const [set, clear] = [setInterval, clearInterval];"
        "window.setInterval = (...how) => { const n = set(...how); ticking.add(n); return n; };"
        "window.clearInterval = (n) => { ticking.delete(n); clear(n); };"
    )
    view = View(open_host())
    view.show(flicker())
    assert page.evaluate("ticking.size") > 0
    view.host.unmount()
    assert page.evaluate("ticking.size") == 0


def test_a_picture_fits_into_a_view_of_any_width(view: View) -> None:
    view.show(pair(HERE))
    for width in ("300px", "480px", "1150px"):
        view.page.evaluate("(width) => { host.views[0].el.style.width = width; }", width)
        view.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
        for plane in AXES:
            room = view.stage(plane).bounding_box()
            canvas = view.root.locator(f".lm-{plane} canvas").first.bounding_box()
            assert room["x"] <= canvas["x"] and room["y"] <= canvas["y"]
            assert canvas["x"] + canvas["width"] <= room["x"] + room["width"]
            assert canvas["y"] + canvas["height"] <= room["y"] + room["height"]
            aspect = SHAPE[AXES[plane][2]] * SPACING[AXES[plane][2]]
            aspect /= SHAPE[AXES[plane][1]] * SPACING[AXES[plane][1]]
            assert canvas["width"] / canvas["height"] == pytest.approx(aspect, rel=0.01)


def test_landmarks_are_where_they_belong_near_their_slice(view: View) -> None:
    shown = pair(HERE)
    here, far = shown.canvas(HERE), shown.canvas((11, 8, 3))
    marks = {"fixed": [here, far], "moving": [None, far], "texts": ["tip", "far"], "size": 6.0}
    shown.told = {"landmarks": marks}
    view.show(shown)
    ring = view.root.locator(".lm-axial .lm-mark-ring >> visible=true")
    assert ring.count() == 1
    box, stage = ring.bounding_box(), view.stage("axial").bounding_box()
    middle = (box["x"] + box["width"] / 2 - stage["x"], box["y"] + box["height"] / 2 - stage["y"])
    assert middle == pytest.approx(view.cross("axial"), abs=0.6)
    texts = view.root.locator(".lm-axial .lm-mark-text >> visible=true").all_text_contents()
    assert texts == ["tip"]
    assert view.root.locator(".lm-axial .lm-mark-line").count() == 0


def test_a_head_looks_like_one(view: View) -> None:
    """The bright ear is at the patient's right, on the left of the screen; the nose is in front."""
    data, codes = head()
    both = [image("fixed_image", data, (0, 1300)), labels("fixed_label", codes, {1: (9, 9, 9)})]
    view.show(Pair(both, spacing=(2.5, 2.0, 2.0)), (30, 45, 40))
    drawn = view.pixels("axial")[..., 0]
    assert drawn[:, :20].max() == 255 and drawn[:, 60:].max() < 255
