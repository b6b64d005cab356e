"""The kernel's half of the browser, without a page or with the end of its line in a list."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

from napari_medload import browse, export, open_dataset
from napari_medload.loaders.errors import DatasetError
from tests.phantoms import affine_of, fiducial, snapshot, write_nifti
from tests.session.datasets import cut_short, write_pairs
from tests.views.notebook.kernel_end import PageEnd, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., PageEnd]]:
    """Opens a browser; each is closed at the end."""
    ends: list[PageEnd] = []

    def open_(dataset: Any, **how: Any) -> PageEnd:
        ends.append(PageEnd(monkeypatch, dataset, tmp_path / "verdicts", **how))
        ends[-1].browser.settle()
        return ends[-1]

    yield open_
    for end in ends:
        end.browser.close()


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write_pairs(tmp_path / "pairs", 4, labels=True)


@pytest.fixture
def end(opened: Callable[..., PageEnd], pairs: Path) -> PageEnd:
    return opened(pairs)


def journal(folder: Path) -> list[dict[str, Any]]:
    """All that stands in the journals of a folder, line by line."""
    lines = [
        line
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line) for line in lines]


def test_verdicts_from_python_are_on_disk_and_go_on(end: PageEnd) -> None:
    browser = end.browser
    first = browser.selection
    assert browser.accept(note="fits")
    second = browser.selection
    assert second not in (None, first)
    assert browser.reject(reasons=["flipped"])
    said = [
        (line["sample_id"], line["verdict"], line["reasons"], line["note"])
        for line in journal(end.folder)
    ]
    assert said == [(first, "accept", [], "fits"), (second, "reject", ["flipped"], "")]
    assert browser.verdicts == {first: "accept", second: "reject"}
    assert browser.undo()
    assert browser.verdicts == {first: "accept"}
    assert browser.selection == second
    assert browser.redo() and not browser.redo()
    assert browser.verdicts == {first: "accept", second: "reject"}


def test_a_reason_is_one_word_and_one_that_is_known(end: PageEnd) -> None:
    first = end.browser.selection
    with pytest.raises(ValueError, match=r"'flip'.*flipped"):
        end.browser.reject(reasons="flip")
    assert journal(end.folder) == []
    assert end.browser.selection == first
    assert end.browser.reject(reasons="flipped")
    assert journal(end.folder)[-1]["reasons"] == ["flipped"]


def test_other_splits_of_a_dataset_are_other_browsers(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    for split in ("train", "test"):
        write_pairs(tmp_path / "set" / split, 2)
    first, second = (opened(tmp_path / "set", split=split) for split in ("train", "test"))
    assert first.browser.accept() and second.browser.accept()
    again = opened(tmp_path / "set", split="test")
    with pytest.raises(RuntimeError, match="closed"):
        second.browser.accept()
    assert again.browser.unsure() and first.browser.unsure()


def test_verdicts_tell_those_who_watch_them(end: PageEnd) -> None:
    news: list[dict[str, str]] = []
    end.browser.observe(lambda change: news.append(change["new"]), "verdicts")
    first = end.browser.selection
    end.browser.unsure()
    assert news == [{first: "unsure"}]
    with pytest.raises(TraitError):
        end.browser.verdicts = {}


def test_traits_lead_the_session(end: PageEnd) -> None:
    browser, session = end.browser, end.session
    browser.view = "checkerboard"
    browser.opacity = 0.7
    browser.window = (-160, 240)
    browser.position_mm = (1, 2, 3)
    assert session.options.mode == "checkerboard"
    assert session.options.opacity == 0.7
    assert {window[1:] for window in session.options.windows} == {(-160.0, 240.0)}
    assert session.position == (1.0, 2.0, 3.0)
    browser.window = None
    assert session.options.windows == ()
    last = session.dataset[3].id
    browser.selection = last
    browser.settle()
    assert session.scene.sample_id == last


def test_traits_follow_the_session(end: PageEnd) -> None:
    browser, session = end.browser, end.session
    news: list[str] = []
    browser.observe(lambda change: news.append(change["name"]))
    session.set_options(mode="curtain", opacity=0.5)
    session.go_to((0.0, 1.0, 2.0))
    session.set_window(None, 5, 60)
    session.select(2)
    assert (browser.view, browser.opacity) == ("curtain", 0.5)
    assert browser.position_mm == (0.0, 1.0, 2.0)
    assert browser.window == (5.0, 60.0)
    assert browser.selection == session.dataset[2].id
    assert {"view", "opacity", "position_mm", "window", "selection"} <= set(news)


def test_what_is_refused_is_not_shown(end: PageEnd) -> None:
    browser, before = end.browser, end.browser.selection
    with pytest.raises(KeyError, match="nobody"):
        browser.selection = "nobody"
    with pytest.raises(TraitError):
        browser.view = "x-ray"
    with pytest.raises(TraitError):
        browser.opacity = 1.5
    with pytest.raises(ValueError, match="window"):
        browser.window = (5, 5)
    assert browser.selection == before
    assert browser.view == "overlay"
    assert browser.window is None


def test_next_and_previous_follow_the_table(end: PageEnd) -> None:
    browser, rows = end.browser, end.session.rows
    ids = [end.session.dataset[rows.sample_at(row)].id for row in range(len(rows))]
    browser.go(ids[0])
    browser.next()
    assert browser.selection == ids[1]
    browser.previous()
    browser.previous()
    assert browser.selection == ids[0]


def test_only_the_wanted_samples(opened: Callable[..., PageEnd], pairs: Path) -> None:
    ids = [sample.id for sample in open_dataset(pairs).samples]
    browser = opened(pairs, samples=[ids[2], ids[0]]).browser
    assert [sample.id for sample in browser.session.dataset.samples] == [ids[0], ids[2]]
    with pytest.raises(DatasetError, match="nobody"):
        browse(pairs, samples=["nobody"])


def test_a_review_goes_on_where_it_was_left(opened: Callable[..., PageEnd], pairs: Path) -> None:
    first = opened(pairs).browser
    judged = first.selection
    first.accept()
    first.close()
    again = opened(pairs).browser
    assert again.verdicts == {judged: "accept"}
    assert again.selection != judged


def test_a_cell_that_runs_again_closes_the_first_browser(
    opened: Callable[..., PageEnd], pairs: Path
) -> None:
    first = opened(pairs)
    first.hello()
    opened(pairs)
    assert first.parts("closed")
    assert first.session.memory == 0


def test_an_unreadable_sample_says_why_and_is_judged(
    opened: Callable[..., PageEnd], pairs: Path
) -> None:
    broken = sorted((pairs / "moving_images").iterdir())[1]
    cut_short(broken)
    end = opened(pairs)
    end.browser.selection = end.session.dataset[1].id
    end.browser.settle()
    parts = end.hello()
    (scene,) = [part for part in parts if part["type"] == "scene"]
    assert [role for role, _why in scene["problems"]] == ["moving image"]
    assert broken.name in scene["problems"][0][1]
    reasons = [reason["name"] for reason in section(parts, "verdict")["all_reasons"]]
    assert "unreadable" in reasons
    sample = end.browser.selection
    end.send("judge", decision="reject", sample=sample)
    assert end.browser.verdicts[sample] == "reject"


def test_a_list_is_exported(end: PageEnd, tmp_path: Path) -> None:
    sample = end.browser.selection
    end.browser.accept()
    end.browser.reject()
    saved = end.browser.export(tmp_path / "accepted.csv")
    assert [one.id for one in open_dataset(saved.path).samples] == [sample]
    with pytest.raises(export.ExportError):
        end.browser.export(tmp_path / "unsure.csv", verdict="unsure")


def test_the_picture_shows_the_planes_through_the_place(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    shape, folder = (40, 44, 36), tmp_path / "one"
    affine = affine_of("LPI", shape)
    array, place = fiducial(affine, shape, (8.0, -6.0, 4.0))
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "a.nii", array, affine)
    browser = opened(folder).browser

    def lit(at: tuple[float, ...]) -> int:
        """White pixels that go out where the crosshair stands elsewhere in the same planes."""
        browser.position_mm = at
        png = browser._repr_png_()
        assert png is not None
        pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)
        return int((pixels.min(axis=2) > 250).sum())

    x, y, z = place
    assert lit((x, y, z)) > lit((x + 6, y + 6, z + 6))


def test_a_contact_sheet_has_all_that_was_asked_for(end: PageEnd) -> None:
    ids = [sample.id for sample in end.session.dataset.samples[:3]]
    one = end.browser.contact_sheet(ids[:1], width=300)
    sheet = end.browser.contact_sheet(ids, columns=3, width=300)
    assert sheet.width >= 3 * one.width
    assert end.browser.selection is not None


def test_the_notebook_keeps_no_pixels(end: PageEnd) -> None:
    end.hello()
    end.send("step", plane="axial", by=1)
    state = end.browser.get_state()
    shown = {name: value for name, value in state.items() if name not in ("_esm", "_css")}
    ids = [sample.id for sample in end.session.dataset.samples]
    text = json.dumps(shown, default=repr)
    assert len(text) < 2000
    assert not any(name in text for name in ids)


@pytest.mark.parametrize("stored", [False, True])
def test_a_picture_is_stored_only_where_that_is_wanted(
    opened: Callable[..., PageEnd], pairs: Path, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "napari_medload.views.notebook.browser.display",
        lambda data, **_how: shown.append(data),
    )
    opened(pairs, stored=stored).browser._ipython_display_()
    (data,) = shown
    assert "application/vnd.jupyter.widget-view+json" in data
    assert ("image/png" in data) is stored


def test_nothing_is_written_into_the_dataset(end: PageEnd, pairs: Path) -> None:
    before = snapshot(pairs)
    end.hello()
    end.browser.accept()
    end.browser.contact_sheet(width=300)
    end.browser.close()
    assert snapshot(pairs) == before


def test_bad_arguments_say_what_was_expected(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'slice' or 'volume'"):
        browse(pairs, preload="all")  # type: ignore[arg-type]
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="file"):
        browse(pairs, review_folder=tmp_path / "file")
    with pytest.raises(DatasetError):
        browse(tmp_path / "nowhere")


def test_stored_geometry_is_what_the_page_gets(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    """Pixels of a frame are the voxels that nibabel has at the same place in the patient."""
    folder, shape = tmp_path / "truth", (20, 26, 22)
    affine = affine_of("PIR", shape, spacing=(1.0, 2.0, 1.5), centre=(5.0, -4.0, 9.0))
    voxels = np.random.default_rng(1).integers(-900, 2000, shape).astype(np.int16)
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "a.nii", voxels, affine)
    end = opened(folder)
    end.hello()
    stored = nib.load(folder / "fixed_images" / "a.nii")
    to_voxel = np.linalg.inv(stored.affine)
    scene, position = end.parts("scene")[-1], end.parts("position")[-1]
    for plane in scene["planes"]:
        pixels = end.pixels(plane["name"])["fixed_image"]
        across, down, through = plane["across"], plane["down"], plane["through"]
        at = through["start"] + position["index"][plane["name"]] * through["step"]
        for row, column in ((0, 0), (3, 7), (down["size"] - 1, across["size"] - 2)):
            sar = np.zeros(3)
            sar[across["axis"]] = across["start"] + column * across["step"]
            sar[down["axis"]] = down["start"] + row * down["step"]
            sar[through["axis"]] = at
            i, j, k = np.rint(to_voxel @ [*sar[::-1], 1])[:3].astype(int)
            assert pixels[row, column] == np.asanyarray(stored.dataobj)[i, j, k]


def test_planes_that_were_cut_ahead_are_those_that_are_shown(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    folder, shape = tmp_path / "walked", (12, 14, 20)
    voxels = np.random.default_rng(2).integers(0, 30000, shape).astype(np.int16)
    affine = affine_of("RAS", shape)
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "a.nii", voxels, affine)
    end = opened(folder)
    end.hello()
    for by in (1, 1, 1, -1, -1, 2, 2, -4, 1):
        end.send("step", plane="axial", by=by)
        k = end.parts("position")[-1]["index"]["axial"]
        shown = end.pixels("axial")["fixed_image"]
        assert np.array_equal(shown, voxels[::-1, ::-1, k].T)  # right on the left, anterior up


def test_numbers_are_taken_from_lists_and_arrays(end: PageEnd) -> None:
    end.browser.position_mm = np.array([1, 2, 3])
    assert end.browser.position_mm == (1.0, 2.0, 3.0)
    end.browser.window = [10, 20]
    assert end.browser.window == (10.0, 20.0)
    for wrong in ((1, 2), (1, 2, float("nan")), "abc", 5):
        with pytest.raises(TraitError, match="3 finite numbers"):
            end.browser.position_mm = wrong
    assert end.browser.position_mm == (1.0, 2.0, 3.0)


def test_a_review_folder_that_a_script_names_is_not_remembered(
    opened: Callable[..., PageEnd], pairs: Path, tmp_path: Path
) -> None:
    end = opened(pairs)
    end.browser.accept()
    assert journal(end.folder)
    end.browser.close()
    usual = browse(pairs)
    assert usual.session.reviewing.folder != end.folder
    assert usual.verdicts == {}
    usual.close()
    with pytest.raises(ValueError, match="dataset"):
        browse(pairs, review_folder=pairs / "verdicts")


def test_a_script_may_end_without_closing(pairs: Path, tmp_path: Path) -> None:
    """The interpreter ends, though checks wait for a sample that nobody will ever see."""
    script = (
        "import sys\n"
        "from napari_medload import browse\n"
        "browser = browse(sys.argv[1], review_folder=sys.argv[2], reviewer='Ann')\n"
        "print(browser.accept(), len(browser.verdicts))\n"
        "browser.session._checking.begin(browser.session.dataset, print, lambda _told: None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(pairs), str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.stdout.split(), done.returncode) == (["True", "1"], 0), done.stderr
    assert len(journal(tmp_path / "kept")) == 1


def test_one_verdict_is_one_line(end: PageEnd) -> None:
    browser = end.browser
    browser.session.reviewing.set_auto_advance(False)
    sample = browser.selection
    browser.accept()
    browser.reject(note="bad", reasons=["wrong partner"])
    said = [(line["verdict"], line["reasons"], line["note"]) for line in journal(end.folder)]
    assert said == [("accept", [], ""), ("reject", ["wrong partner"], "bad")]
    browser.undo()
    assert browser.verdicts == {sample: "accept"}
    assert browser.session.reviewing.standing.reasons == ()


def test_only_the_own_verdicts_are_exported(
    opened: Callable[..., PageEnd], pairs: Path, tmp_path: Path
) -> None:
    opened(pairs).browser.accept()
    bob = opened(pairs, reviewer="Bob").browser
    with pytest.raises(export.ExportError):
        bob.export(tmp_path / "bob.csv")
    assert len(open_dataset(bob.export(tmp_path / "open.csv", verdict="none").path)) == 4
    with pytest.raises(export.ExportError, match="maybe"):
        bob.export(tmp_path / "bob.csv", verdict="maybe")


def test_traits_that_are_set_at_once_hold(
    monkeypatch: pytest.MonkeyPatch, pairs: Path, tmp_path: Path
) -> None:
    browser = PageEnd(monkeypatch, pairs, tmp_path / "verdicts").browser
    browser.window = (5, 60)
    browser.settle()
    assert browser.window == (5.0, 60.0)
    assert {layer.limits for layer in browser.session.scene.layers if layer.kind == "image"} == {
        (5.0, 60.0)
    }
    with pytest.raises(ValueError, match="outside"):
        browser.position_mm = (5000, 0, 0)
    browser.close()


def test_a_wrong_sample_to_begin_with_is_said(pairs: Path) -> None:
    with pytest.raises(DatasetError, match="nobody"):
        browse(pairs, select="nobody")


def test_another_reviewer_or_selection_leaves_the_first_browser_open(
    opened: Callable[..., PageEnd], pairs: Path
) -> None:
    first = opened(pairs)
    first.hello()
    opened(pairs, reviewer="Bob")
    opened(pairs, samples=[first.browser.selection])
    assert first.parts("closed") == []
    assert first.browser.accept()


def test_a_closed_browser_says_so(opened: Callable[..., PageEnd], pairs: Path) -> None:
    browser = opened(pairs).browser
    browser.close()
    for act in (browser.accept, browser.next, browser.undo, browser.picture, browser.open_3d):
        with pytest.raises(RuntimeError, match="was closed"):
            act()
    assert browser._repr_png_() is None
