"""The browser in a real JupyterLab: kernel, comm, stylesheets and shortcuts as people have them."""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from napari_medload import open_dataset
from tests.demo.pairs import LESION, Pair
from tests.phantoms import affine_of, blob, write_nifti
from tests.views.notebook.lab import WAIT_MS, Lab, Notebook, pages_of, write_notebook
from tests.views.notebook.widget import Browser, acts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


NOTEBOOK = Path(__file__).parents[3] / "notebooks" / "01_browse_and_judge_pairs.ipynb"
PLANES = {"axial": (0, 1), "coronal": (0, 2), "sagittal": (1, 2)}
"""World axes that lie in each plane."""

LETTERS = {"axial": "RLAP", "coronal": "RLSI", "sagittal": "APSI"}
"""What stands on the left, the right, the top and the bottom of each plane."""

PIXELS_ONLY = ".lm-stage *:not(canvas, .lm-picture) { visibility: hidden !important; }"
"""A style that leaves letters, crosshair and legend out of screenshots."""

MOST_KILOBYTES = 16
"""Of a saved notebook with the widget in it; one small plane of pixels would be more."""


@pytest.fixture(scope="module")
def lab(chromium: Any, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab whose kernels find the demo built already."""
    if find_spec("jupyterlab") is None:
        if os.environ.get("CI"):
            pytest.fail("jupyterlab is missing, so the browser would go untested in it")
        pytest.skip("jupyterlab is missing")
    cache = tmp_path_factory.mktemp("lab-cache")
    shutil.copytree(demo, cache / "napari-medload" / "demo")
    temporary = tmp_path_factory.mktemp("lab-temporary")
    environment = {"XDG_CACHE_HOME": str(cache), "TMPDIR": str(temporary)}
    with Lab(tmp_path_factory.mktemp("lab"), environment) as running:
        yield running


@pytest.fixture
def open_notebook(lab: Lab, chromium: Any) -> Iterator[Callable[[Path], Notebook]]:
    """Opens notebooks; a test fails where a page threw, or asked for anything from elsewhere."""
    with pages_of(lab, chromium) as open_it:
        yield open_it


def test_a_review_by_hand(
    lab: Lab, open_notebook: Callable[[Path], Notebook], demo: Path, tmp_path: Path
) -> None:
    """Notebook 01 from its first cell to an exported list, by keys and mouse."""
    notebook = open_notebook(NOTEBOOK)
    cells = [cell["id"] for cell in notebook.cells()]
    notebook.run("browse")
    browser = Browser(notebook)
    review = Path(notebook.execute("print(folder / 'review')").strip())
    browser.wait_for_sample("subject_01")

    look_at_the_lesion(browser, demo)
    browser.focus()
    second = browser.judge("j")
    third = browser.judge("k")
    said = [(act["sample_id"], act["verdict"], act["reviewer"]) for act in acts_of(review)]
    assert said == [("subject_01", "accept", "Robin"), (second, "reject", "Robin")]

    browser.press("q")
    browser.wait_for_sample(second)
    browser.wait(".lm-about", f"{second}: not reviewed")
    assert (acts_of(review)[-1]["act"], acts_of(review)[-1]["verdict"]) == ("undo", None)
    assert browser.judge("j") == third

    the_right_button_sets_the_contrast(browser)
    typing_is_only_typing(browser, review)
    keys_stay_in_the_widget(browser, cells)
    save_a_list(browser, tmp_path / "accepted.csv", {"subject_01", second})
    nothing_is_kept_in_the_notebook(notebook)


def look_at_the_lesion(browser: Browser, demo: Path) -> None:
    """Put the crosshair where nibabel says that the lesion is, and read what is there."""
    truth = Pair(demo, "subject_01").fixed_label.centroid(LESION)
    browser.notebook.execute(f"browser.position_mm = {tuple(map(float, truth))}")
    said = browser.wait(".lm-readout", f"R {truth[0]:.1f}").inner_text()
    assert said.count("lesion") == 2, said
    for plane in PLANES:
        pixels, _corner = browser.picture(plane)
        assert np.ptp(pixels.max(axis=-1)) > 128
        assert len(np.unique(pixels.astype(np.uint8).reshape(-1, 3), axis=0)) > 100


def the_right_button_sets_the_contrast(browser: Browser) -> None:
    """Drag with the right button: the contrast changes, and JupyterLab opens no menu over it."""
    mouse, menus = browser.page.mouse, browser.page.locator(".lm-Menu:not(dialog *):visible")
    before = browser.drawn
    box = browser.root.locator(".lm-axial .lm-stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
    mouse.move(x, y)
    mouse.down(button="right")
    mouse.move(x + 60, y + 20, steps=4)
    mouse.up(button="right")
    browser.wait(".lm-top", "Window: set")
    assert menus.count() == 0 and browser.drawn != before
    browser.page.locator(".jp-InputPrompt:visible").first.click(button="right")
    menus.first.wait_for(timeout=WAIT_MS)  # elsewhere it does
    browser.press("Escape")
    menus.first.wait_for(state="hidden")
    browser.focus()


def typing_is_only_typing(browser: Browser, review: Path) -> None:
    """Type what deletes cells and judges samples into the note; then judge by a key."""
    before, sample, text = len(acts_of(review)), browser.sample, "b x d d J K says nothing"
    browser.root.locator(".lm-note").click()
    browser.page.keyboard.type(text)
    assert browser.root.locator(".lm-note").input_value() == text
    browser.press("Enter")
    browser.wait(".lm-about", f"{sample}: not reviewed")
    assert len(acts_of(review)) == before
    assert browser.judge("u") != sample
    (act,) = acts_of(review)[before:]
    assert (act["sample_id"], act["verdict"], act["note"]) == (sample, "unsure", text)


def keys_stay_in_the_widget(browser: Browser, cells: list[str]) -> None:
    """Press JupyterLab's keys for deleting, cutting and adding cells on all that takes focus."""
    notebook = browser.notebook
    for part in ("", ".lm-axial .lm-stage", ".lm-next, [data-lm-keyname=next]", ".lm-note"):
        (browser.root.locator(part).first if part else browser.root).focus()
        browser.press("d", "d", "x", "b", "a", "0", "0")
        assert [cell["id"] for cell in notebook.cells()] == cells
    # the same keys do delete a cell where the notebook has the focus: nothing else held them
    browser.page.evaluate(
        """() => {
          window.notebook.content.activeCellIndex = window.notebook.content.widgets.length - 1;
          window.notebook.content.mode = 'command';
          window.notebook.content.activeCell.node.focus();
        }"""
    )
    browser.press("d", "d")
    assert [cell["id"] for cell in notebook.cells()] == cells[:-1]


def save_a_list(browser: Browser, path: Path, accepted: set[str]) -> None:
    """Export what was accepted by the form."""
    browser.root.scroll_into_view_if_needed()
    browser.root.get_by_role("button", name="Export").last.click()
    sheet = browser.root.locator("dialog[open]")
    sheet.locator(".lm-path").fill(str(path))
    sheet.get_by_role("button", name="Save", exact=True).click()
    sheet.locator(".lm-outcome", has_text="✓").wait_for(timeout=WAIT_MS)
    browser.press("Escape")
    sheet.wait_for(state="hidden")
    assert {sample.id for sample in open_dataset(path)} == accepted


def nothing_is_kept_in_the_notebook(notebook: Notebook) -> None:
    """Save, and see that neither pixels nor what was said lie in the file."""
    notebook.save()
    saved = json.loads(notebook.path.read_text("utf-8"))
    outputs = [output for cell in saved["cells"] for output in cell.get("outputs", ())]
    assert [set(output["data"]) for output in outputs if "data" in output] == [
        {"application/vnd.jupyter.widget-view+json", "text/plain"}
    ]
    kept = json.dumps([outputs, saved["metadata"]])
    assert len(kept) < MOST_KILOBYTES * 1024
    assert "subject_0" not in kept


SHAPE, SPACING = (60, 64, 56), 2.0
FIXED_PLACE, MOVING_PLACE = (18.0, -12.0, 14.0), (-22.0, 20.0, -10.0)


@pytest.fixture
def fiducials(tmp_path: Path) -> Path:
    """A pair with a bright spot on each side, at places in the world; the moving one is oblique."""
    folder = tmp_path / "fiducials"
    fixed = affine_of("RAS", SHAPE, (SPACING,) * 3)
    moving = affine_of("PIR", SHAPE, (SPACING,) * 3, centre=(3, -2, 1), tilt=(8, -5, 12))
    for side, affine, place in (("fixed", fixed, FIXED_PLACE), ("moving", moving, MOVING_PLACE)):
        spot = blob(affine, SHAPE, place, 3.0)
        write_nifti(folder / f"{side}_images" / "a.nii.gz", spot.astype(np.int16), affine)
    return folder


def test_what_is_bright_is_where_it_is_in_the_patient(
    open_notebook: Callable[[Path], Notebook], fiducials: Path, tmp_path: Path
) -> None:
    """The pixels of a spot, once clicked at, read as the place where the spot was written."""
    code = f"""
from napari_medload import browse
browser = browse({str(fiducials)!r}, review_folder={str(tmp_path / "review")!r})
browser.view = "two-colour"
browser"""
    notebook = open_notebook(write_notebook(tmp_path / "fiducials.ipynb", [code]))
    notebook.run("cell-0")
    browser = Browser(notebook)
    browser.wait_for_sample("a")
    for plane, letters in LETTERS.items():
        first = browser.root.locator(f".lm-{plane} .lm-picture").first
        assert "".join(first.locator(".lm-letter").all_inner_texts()) == letters
    notebook.page.add_style_tag(content=PIXELS_ONLY)
    for place, colour in ((FIXED_PLACE, green), (MOVING_PLACE, magenta)):
        for plane, axes in PLANES.items():
            notebook.execute(f"browser.position_mm = {place}")
            browser.wait(".lm-readout", f"R {place[0]:.1f}  A {place[1]:.1f}  S {place[2]:.1f}")
            browser.settle()
            pixels, (left, top) = browser.picture(plane)
            x, y = spot_in(colour(pixels))
            # as the letters say
            horizontal, vertical = axes
            middle = pixels.shape[1] / 2, pixels.shape[0] / 2
            assert (x < middle[0]) == (place[horizontal] > 0)
            assert (y < middle[1]) == (place[vertical] > 0)
            browser.click(left + middle[0], top + middle[1])
            away = np.abs(browser.place - place)[list(axes)]
            assert away.min() > SPACING
            browser.click(left + x, top + y)
            assert np.abs(browser.place - place).max() <= SPACING / 2, plane


def green(pixels: np.ndarray) -> np.ndarray:
    """How green the pixels are, yellow and white left out."""
    return pixels[..., 1] - pixels[..., [0, 2]].max(axis=-1)


def magenta(pixels: np.ndarray) -> np.ndarray:
    """How magenta the pixels are, yellow and white left out."""
    return pixels[..., [0, 2]].min(axis=-1) - pixels[..., 1]


def spot_in(strength: np.ndarray) -> tuple[float, float]:
    """Column and row of the middle of what stands out, in pixels."""
    assert strength.max() > 100
    rows, columns = np.nonzero(strength > 0.5 * strength.max())
    return float(columns.mean()) + 0.5, float(rows.mean()) + 0.5


def test_a_busy_kernel_and_one_that_ended(
    open_notebook: Callable[[Path], Notebook], fiducials: Path, tmp_path: Path
) -> None:
    """No verdict looks saved before it is: not while a cell runs, not without a kernel."""
    review, gate = tmp_path / "review", tmp_path / "gate"
    os.mkfifo(gate)
    cells = [
        f"""
from napari_medload import browse
browser = browse({str(fiducials)!r}, review_folder={str(review)!r})
browser""",
        f"open({str(gate)!r}).read()",  # runs until somebody writes there
    ]
    notebook = open_notebook(write_notebook(tmp_path / "busy.ipynb", cells))
    notebook.run("cell-0")
    browser = Browser(notebook)
    browser.wait_for_sample("a")
    notebook.execute(f"browser.position_mm = {FIXED_PLACE}")
    browser.wait(".lm-readout", f"R {FIXED_PLACE[0]:.1f}")

    notebook.start("cell-1")
    browser.focus()
    browser.press("j")
    browser.wait(".lm-notice", "No answer from the kernel")
    browser.wait(".lm-message", "not saved yet")
    assert not list(review.rglob("*.jsonl"))
    gate.write_text("go on")
    browser.wait(".lm-about", "a: ✓ accepted")
    browser.root.locator(".lm-notice", has_text="No answer").wait_for(state="hidden")
    assert [act["verdict"] for act in acts_of(review)] == ["accept"]

    seen = browser.drawn
    assert np.ptp(browser.picture("axial")[0]) > 128
    notebook.restart_kernel()
    browser.wait(".lm-notice-gone", "The kernel is gone")
    browser.focus()
    browser.press("k")
    assert browser.root.get_by_role("button", name="Reject").is_disabled()
    assert "accepted" in browser.root.locator(".lm-about").inner_text()
    assert "reject" not in browser.root.locator(".lm-state").inner_text()
    assert browser.drawn == seen
    assert [act["verdict"] for act in acts_of(review)] == ["accept"]
