"""What a page asks, and what it is told: the whole line but for the wire itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.phantoms import affine_of, write_nifti
from tests.session.datasets import write_pairs
from tests.views.notebook.kernel_end import PageEnd, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., PageEnd]]:
    ends: list[PageEnd] = []

    def open_(dataset: Any, **how: Any) -> PageEnd:
        ends.append(PageEnd(monkeypatch, dataset, tmp_path / "verdicts", **how))
        ends[-1].hello()
        return ends[-1]

    yield open_
    for end in ends:
        end.browser.close()


@pytest.fixture
def end(opened: Callable[..., PageEnd], tmp_path: Path) -> PageEnd:
    return opened(write_pairs(tmp_path / "pairs", 5, labels=True))


def test_a_page_is_told_all_at_once(end: PageEnd) -> None:
    parts = end.send("hello")
    told = {(part["type"], part.get("section")) for part in parts}
    assert {("scene", None), ("frame", None), ("position", None)} <= told
    sections = ("dataset", "list", "sample", "labels", "verdict", "options", "keys", "loading")
    assert {("panel", name) for name in sections} <= told
    json.dumps(parts, allow_nan=False)  # a page parses no NaN
    scene = next(part for part in parts if part["type"] == "scene")
    assert scene["sample"] == end.browser.selection
    assert {cut["plane"] for part in parts if part["type"] == "frame" for cut in part["cuts"]} == {
        "axial",
        "coronal",
        "sagittal",
    }


def test_a_step_sends_its_plane_alone(end: PageEnd) -> None:
    before = end.browser.position_mm
    parts = end.send("step", plane="axial", by=2)
    (frame,) = [part for part in parts if part["type"] == "frame"]
    assert [cut["plane"] for cut in frame["cuts"]] == ["axial"]
    now = end.browser.position_mm
    assert before is not None and now is not None
    assert now[:2] == pytest.approx(before[:2])
    assert now[2] - before[2] == pytest.approx(2 * 1.5)  # spacing of the fixed image
    assert {part["type"] for part in parts} == {"frame", "position"}


def test_steps_end_at_the_last_slice(end: PageEnd) -> None:
    scene = end.parts("scene")[-1]
    axial = next(plane for plane in scene["planes"] if plane["name"] == "axial")
    end.send("step", plane="axial", by=1000)
    assert end.parts("position")[-1]["index"]["axial"] == axial["through"]["size"] - 1
    end.send("step", plane="axial", by=-1000)
    assert end.parts("position")[-1]["index"]["axial"] == 0
    count = len(end.parts("frame"))
    end.send("step", plane="axial", by=-1)
    assert len(end.parts("frame")) == count  # nothing new to see


def test_a_change_of_colours_sends_no_pixels(end: PageEnd) -> None:
    generation = end.parts("scene")[-1]["generation"]
    parts = end.send("window", role="fixed_image", low=100, high=180)
    (scene,) = [part for part in parts if part["type"] == "scene"]
    assert scene["generation"] == generation
    assert not [part for part in parts if part["type"] == "frame"]
    limits = {layer["role"]: layer["limits"] for layer in scene["layers"]}
    assert limits["fixed_image"] == [100.0, 180.0]
    assert limits["moving_image"] != [100.0, 180.0]
    parts = end.send("reset_window", role=None)
    (scene,) = [part for part in parts if part["type"] == "scene"]
    assert all(layer["limits"] == layer["own_limits"] for layer in scene["layers"])
    assert not [part for part in end.send("option", opacity=0.9) if part["type"] == "frame"]


def test_another_mode_sends_what_it_needs(end: PageEnd) -> None:
    generation = end.parts("scene")[-1]["generation"]
    parts = end.send("option", mode="checkerboard")
    (scene,) = [part for part in parts if part["type"] == "scene"]
    assert scene["generation"] > generation
    drawn = [layer["role"] for layer in scene["layers"] if layer["wire"]]
    assert drawn == ["comparison"]
    assert set(end.pixels("axial")) == {"comparison"}


def test_flicker_sends_both_images(end: PageEnd) -> None:
    parts = end.send("option", mode="flicker")
    (scene,) = [part for part in parts if part["type"] == "scene"]
    drawn = {layer["role"]: layer["part"] for layer in scene["layers"] if layer["wire"]}
    assert drawn["fixed_image"] == "fixed"
    assert drawn["moving_image"] == "moving"


def test_labels_are_named_and_hidden_by_their_value(end: PageEnd) -> None:
    entries = section(end.send("hello"), "labels")["entries"]
    assert [(entry["value"], entry["name"]) for entry in entries] == [(1, "liver"), (2, "spleen")]
    parts = end.send("label", value=2)
    (scene,) = [part for part in parts if part["type"] == "scene"]
    labels = next(layer for layer in scene["layers"] if layer["role"] == "fixed_label")["labels"]
    assert {label["name"]: label["hidden"] for label in labels} == {"liver": False, "spleen": True}
    assert [entry["hidden"] for entry in section(parts, "labels")["entries"]] == [False, True]
    parts = end.send("labels_all")
    assert not any(entry["hidden"] for entry in section(parts, "labels")["entries"])


def test_labels_are_switched_off_and_on_as_they_were(end: PageEnd) -> None:
    def drawn() -> set[str]:
        return {part["role"] for part in end.parts("scene")[-1]["layers"] if part["visible"]}

    end.send("option", labels="fill + outline")
    before = drawn()
    assert "fixed_label" in before
    end.send("labels")
    assert not {role for role in drawn() if role.endswith("label")}
    end.send("labels")
    assert drawn() == before and end.session.options.labels == "fill + outline"


def test_a_preset_is_told_by_its_name_until_an_image_is_drawn_otherwise(end: PageEnd) -> None:
    def told() -> str:
        return str(end.parts("panel", "options")[-1]["preset"])

    assert told() == ""
    end.send("preset", name="bone")
    assert told() == "bone"
    end.send("window", role="fixed_image", low=0, high=5)
    assert told() == ""
    end.send("reset_window", role="moving_image")
    end.send("window", role="fixed_image", low=-500, high=1300)  # the preset, of one image alone
    assert told() == "" and end.browser.window is None


def test_only_who_has_seen_that_a_list_is_there_replaces_it(end: PageEnd, tmp_path: Path) -> None:
    path, exporting = tmp_path / "list.csv", end.session.exporting
    wish = {"format": "csv", "verdict": "", "path": str(path)}

    def saved() -> bool:
        end.wait(lambda: exporting.exported is not None and not exporting.saving)
        return exporting.exported.path is not None

    def looked() -> Any:
        end.wait(lambda: exporting.outlook is not None and exporting.outlook.known)
        return exporting.outlook

    end.send("export_look", **wish)
    assert not looked().replaces
    end.send("export", **wish)
    assert saved()
    path.write_text("mine")
    end.send("export_look", **{**wish, "path": str(tmp_path / "other.csv")})
    looked()
    end.send("export", **wish)  # without a look at this path
    assert not saved() and path.read_text() == "mine"
    end.send("export_look", **wish)
    end.wait(lambda: looked().replaces)
    end.send("export", **wish)
    assert saved() and path.read_text() != "mine"


def test_a_verdict_is_told_once_it_is_on_disk(end: PageEnd) -> None:
    sample = end.browser.selection
    end.session.reviewing.set_auto_advance(False)
    parts = end.send("judge", decision="accept", sample=sample)
    verdict = section(parts, "verdict")
    assert (verdict["sample"], verdict["decision"], verdict["saved"]) == (sample, "accept", True)
    (journal,) = end.folder.glob("*.jsonl")
    assert f'"{sample}"' in journal.read_text(encoding="utf-8")
    row = next(row for row in section(parts, "list")["rows"] if row["id"] == sample)
    assert row["decision"] == "accept"


def test_a_verdict_on_what_is_no_longer_shown_is_refused(end: PageEnd) -> None:
    before = end.browser.selection
    parts = end.send("judge", decision="reject", sample="another one")
    assert "another one" in section(parts, "trouble")["message"]
    assert end.browser.verdicts == {}
    assert end.browser.selection == before
    parts = end.send("reason", reason="other", sample="another one")
    assert "another one" in section(parts, "trouble")["message"]


def test_what_cannot_be_written_is_not_told_as_saved(
    end: PageEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = end.browser.selection

    def refuse(_verdict: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(end.session.reviewing.review, "save", refuse)
    verdict = section(end.send("judge", decision="accept", sample=sample), "verdict")
    assert (verdict["decision"], verdict["saved"], verdict["unsaved"]) == (None, False, True)
    assert verdict["waiting"] == 1
    assert "disk full" in verdict["warning"]
    monkeypatch.undo()
    verdict = section(end.send("retry"), "verdict")
    assert (verdict["waiting"], verdict["warning"]) == (0, "")
    assert end.browser.verdicts == {sample: "accept"}


def test_reasons_and_notes_come_with_the_verdict(end: PageEnd) -> None:
    sample = end.browser.selection
    end.session.reviewing.set_auto_advance(False)
    end.send("reason", reason="shifted", sample=sample)
    end.send("note", text="by <b>4 mm</b>", sample=sample, done=False)
    verdict = section(end.send("judge", decision="reject", sample=sample), "verdict")
    assert (verdict["reasons"], verdict["note"]) == (["shifted"], "by <b>4 mm</b>")
    review = end.session.reviewing.review
    assert review.own[sample].note == "by <b>4 mm</b>"
    verdict = section(end.send("undo"), "verdict")
    assert verdict["decision"] is None


def test_the_table_is_told_in_parts(opened: Callable[..., PageEnd], tmp_path: Path) -> None:
    end = opened(write_pairs(tmp_path / "pairs", 9))
    told = section(end.send("rows", first=3, count=4), "list")
    assert (told["total"], told["first"], [row["row"] for row in told["rows"]]) == (
        9,
        3,
        [3, 4, 5, 6],
    )
    told = section(end.send("rows", first=0, count=10**6), "list")
    assert len(told["rows"]) == 9
    told = section(end.send("search", text="case04"), "list")
    assert [row["id"] for row in told["rows"]] == ["case04"]
    told = section(end.send("search", text=""), "list")
    end.send("sort", key="id", descending=True)
    told = section(end.send("rows", first=0, count=2), "list")
    assert [row["id"] for row in told["rows"]] == ["case08", "case07"]


def test_filters_by_verdict(end: PageEnd) -> None:
    sample = end.browser.selection
    end.send("judge", decision="reject", sample=sample)
    told = section(end.send("filter", verdict="reject"), "list")
    assert sample in [row["id"] for row in told["rows"]]
    assert told["matching"] == 1
    told = section(end.send("filter", verdict=""), "list")
    assert told["matching"] == 5


def test_what_nobody_knows_is_told_and_harms_nothing(end: PageEnd) -> None:
    for asked in (
        {"cmd": "explode"},
        {"cmd": "select", "sample": 99},
        {"cmd": "select"},
        {"cmd": "judge", "decision": "maybe", "sample": end.browser.selection},
        {"cmd": "window", "role": None, "low": 3, "high": 1},
        {"cmd": "window", "role": None, "low": "a", "high": 1},
        {"cmd": "preset", "name": "nothing"},
        {"cmd": "option", "mode": "x-ray"},
        {"cmd": "option", "opacity": 7},
        {"cmd": "option", "grid": None},
        {"cmd": "finding", "index": 99},
        {"cmd": "step", "plane": "oblique", "by": 1},
        {"cmd": "go", "canvas": [1, 2]},
        {"cmd": "rows", "first": "x"},
        {"cmd": "hover", "canvas": ["x", None, 1]},
    ):
        parts = end.send(**asked)  # type: ignore[arg-type]
        assert section(parts, "trouble")["message"], asked
    assert end.browser.view == "overlay"
    assert end.send("step", plane="axial", by=1)


def test_hover_reads_the_stored_values(end: PageEnd) -> None:
    canvas = end.parts("position")[-1]["canvas"]
    (hover,) = [part for part in end.send("hover", canvas=canvas) if part["type"] == "hover"]
    assert hover["readout"] == end.parts("position")[-1]["readout"]
    assert "fixed image" in hover["readout"]


def test_a_finding_leads_to_its_place_and_back(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    folder, shape = tmp_path / "pairs", (24, 24, 24)
    affine = affine_of("RAS", shape)
    image = np.random.default_rng(0).integers(0, 200, shape).astype(np.int16)
    label = np.zeros(shape, np.uint8)
    label[3:6, 3:6, 3:6] = 1
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "a.nii", image, affine)
        write_nifti(folder / f"{side}_labels" / "a.nii", label, affine)
    shifted = affine.copy()
    shifted[:3, 3] += 40
    write_nifti(folder / "fixed_labels" / "a.nii", label, shifted)
    end = opened(folder)
    end.wait(lambda: any(f["place"] for f in section(end.send("hello"), "sample")["findings"]))
    before = end.browser.position_mm
    findings = section(end.send("hello"), "sample")["findings"]
    text = next(finding["text"] for finding in findings if finding["place"])
    (gone,) = [p for p in end.send("finding", text="of another sample") if "message" in p]
    assert "look again" in gone["message"] and not end.session.leading.away
    end.send("finding", text=text)
    end.wait(lambda: end.session.leading.away and not end.session.loading)
    assert end.browser.position_mm != before
    end.send("back")
    end.wait(lambda: not end.session.loading)
    assert end.browser.position_mm == pytest.approx(before)


def test_a_page_holds_small_volumes(opened: Callable[..., PageEnd], tmp_path: Path) -> None:
    end = opened(write_pairs(tmp_path / "pairs", 2, labels=True), preload="volume")
    end.wait(lambda: len(end.parts("volume")) == 4)
    parts = end.send("step", plane="coronal", by=3)
    assert not [part for part in parts if part["type"] == "frame"]
    assert end.parts("position")[-1]["index"] == parts[-1]["index"]
    for content, buffers in end.messages:
        if any(part["type"] == "volume" for part in content["parts"]):
            assert len(buffers) == 1


def test_wire_is_light(opened: Callable[..., PageEnd], tmp_path: Path) -> None:
    """Two images and two labels of 256² take less than 150 kB a slice."""
    folder, shape = tmp_path / "large", (256, 256, 12)
    affine = affine_of("RAS", shape)
    rng = np.random.default_rng(3)
    i, j, k = np.ogrid[:256, :256, :12]
    head = (i - 128) ** 2 + (j - 128) ** 2 + (k - 6) ** 2 < 100**2
    for side in ("fixed", "moving"):
        image = np.where(head, 400 + rng.normal(0, 20, shape), rng.normal(0, 4, shape))
        write_nifti(folder / f"{side}_images" / "a.nii.gz", image.astype(np.int16), affine)
        write_nifti(folder / f"{side}_labels" / "a.nii.gz", head.astype(np.uint8), affine)
    end = opened(folder)
    parts = end.send("step", plane="axial", by=1)
    assert [part["type"] for part in parts] == ["frame", "position"]
    content, buffers = end.messages[-1]
    assert sum(map(len, buffers)) + len(json.dumps(content)) < 150_000
    assert content["inflated"] == 256 * 256 * (2 + 2 + 1 + 1)


def test_a_narrow_window_on_fractions_has_its_own_steps(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    folder, shape = tmp_path / "fractions", (16, 16, 16)
    affine = affine_of("RAS", shape)
    rng = np.random.default_rng(5)
    image = rng.uniform(0, 1000, shape).astype(np.float32)
    for side in ("fixed", "moving"):
        write_nifti(folder / f"{side}_images" / "a.nii", image, affine)
    end = opened(folder)

    def error(low: float, high: float) -> float:
        """Largest error of what the page has, as a part of the window."""
        end.send("window", role="fixed_image", low=low, high=high)
        k = end.parts("position")[-1]["index"]["axial"]
        truth = np.clip(image[::-1, ::-1, k].T, low, high)
        shown = np.clip(end.pixels("axial")["fixed_image"], low, high)
        return float(np.abs(shown - truth).max() / (high - low))

    assert error(0, 1000) < 1 / 256
    assert error(500, 500.5) < 1 / 256
    assert error(200, 800) < 1 / 256


@pytest.mark.parametrize("cmd", ["judge", "reason", "note", "undo", "redo", "retry"])
def test_what_is_said_of_a_sample_is_confirmed(end: PageEnd, cmd: str) -> None:
    sample = end.browser.selection
    asked = {"judge": {"decision": "maybe"}, "reason": {"reason": "other"}, "note": {"text": "a"}}
    parts = end.send(cmd, sample=sample, **asked.get(cmd, {}))
    assert section(parts, "verdict")["sample"] == sample
    if cmd == "judge":  # what is refused is said in the same message
        assert "maybe" in section(parts, "trouble")["message"]


def test_a_verdict_is_confirmed_by_name(end: PageEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [part for part in parts if part["type"] == "judged"]

    first = end.browser.selection
    (told,) = judged(end.send("judge", decision="accept", sample=first, note=" a note "))
    assert (told["sample"], told["decision"], told["saved"]) == (first, "accept", True)
    assert end.session.reviewing.review.own[first].note == "a note"
    (journal,) = end.folder.glob("*.jsonl")
    assert len(journal.read_text(encoding="utf-8").splitlines()) == 1
    end.browser.settle()

    def fail(_verdict: Any) -> None:
        raise RuntimeError("something else")

    monkeypatch.setattr(end.session.reviewing.review, "save", fail)
    parts = end.send("judge", decision="reject", sample=end.browser.selection)
    assert judged(parts) == []
    assert "something else" in section(parts, "trouble")["message"]


def test_what_cannot_be_told_is_answered_all_the_same(
    end: PageEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_layers: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("napari_medload.views.notebook.cuts.cut", fail)
    parts = end.send("step", plane="coronal", by=4)
    assert "no room" in section(parts, "trouble")["message"]
    monkeypatch.undo()
    assert end.send("step", plane="coronal", by=-1)[0]["type"] == "frame"


def test_a_note_stays_with_the_sample_that_it_was_typed_on(end: PageEnd) -> None:
    first = end.browser.selection
    end.send("judge", decision="accept", sample=first)
    end.browser.settle()
    second = end.browser.selection
    end.send("next")
    end.send("note", text="of the first", sample=first, done=True)
    end.send("note", text="of the second", sample=second, done=True)
    review = end.session.reviewing.review
    assert review.own[first].note == "of the first"
    assert (review.own[first].decision, review.own.get(second)) == ("accept", None)
    end.browser.selection = second
    end.browser.settle()
    assert section(end.send("hello"), "verdict")["note"] == "of the second"
    assert end.session.reviewing.draft.note == "of the second"


def test_who_types_is_not_led_elsewhere(end: PageEnd) -> None:
    end.session._touched = False
    assert end.session.led
    end.send("hello")
    end.send("rows", first=0, count=5)
    assert end.session.led
    end.send("note", text="b", sample=end.browser.selection, done=False)
    assert not end.session.led


def test_rows_that_may_read_otherwise_have_another_version(end: PageEnd) -> None:
    before = section(end.send("rows", first=0, count=2), "list")["version"]
    assert section(end.send("rows", first=2, count=2), "list")["version"] == before
    parts = end.send("judge", decision="accept", sample=end.browser.selection)
    assert section(parts, "list")["version"] > before


def test_a_slice_is_chosen_in_its_plane_alone(end: PageEnd) -> None:
    before = end.parts("position")[-1]
    end.send("slice", plane="sagittal", index=3)
    after = end.parts("position")[-1]
    assert after["index"] == before["index"] | {"sagittal": 3}
    assert after["canvas"][:2] == before["canvas"][:2]
    assert after["inside"] is True


def test_a_page_that_lacks_a_volume_gets_planes(
    opened: Callable[..., PageEnd], tmp_path: Path
) -> None:
    end = opened(write_pairs(tmp_path / "pairs", 1), preload="volume")
    end.wait(lambda: len(end.parts("volume")) == 2)
    generation = end.parts("scene")[-1]["generation"]
    parts = end.send("lacks", layer=1, generation=generation)
    (frame,) = [part for part in parts if part["type"] == "frame"]
    assert {layer["layer"] for cut in frame["cuts"] for layer in cut["layers"]} == {1}
    assert len(frame["cuts"]) == 3


def test_the_end_is_told_with_what_is_lost(end: PageEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_verdict: Any) -> None:
        raise OSError("disk full")

    end.send("hello")
    first = end.browser.selection
    other = next(s.id for s in end.session.dataset if s.id != first)
    end.send("note", sample=other, text="half a thought", done=True)
    monkeypatch.setattr(end.session.reviewing.review, "save", refuse)
    end.send("judge", decision="accept", sample=first)
    end.browser.close()
    reason = end.parts("closed")[-1]["reason"]
    assert f"NOT SAVED: {first} (accept)" in reason and "disk full" in reason
    assert "on disk" not in reason and other in reason


def test_what_is_said_before_a_verdict_is_told_as_not_on_disk(end: PageEnd) -> None:
    sample = end.browser.selection
    assert section(end.send("hello"), "verdict")["drafted"] == []
    told = section(end.send("note", sample=sample, text="lies off", done=True), "verdict")
    assert told["drafted"] == [sample]
    end.send("judge", decision="reject", sample=sample)
    assert section(end.send("hello"), "verdict")["drafted"] == []


def test_a_reason_that_nobody_knows_is_refused(end: PageEnd) -> None:
    sample = end.browser.selection
    (trouble,) = [
        part for part in end.send("reason", sample=sample, reason="nonsense") if part.get("refused")
    ]
    assert "nonsense" in trouble["message"] and "flipped" in trouble["message"]
    assert end.session.reviewing.draft.reasons == ()


def test_a_drag_of_the_contrast_tells_no_labels_again(end: PageEnd) -> None:
    end.send("hello")
    parts = end.send("window", role="fixed_image", low=1, high=5)
    assert {part.get("section") for part in parts} == {"options", None}
    hidden = end.send("label", value=1)
    assert section(hidden, "labels")["entries"][0]["hidden"]


def test_whole_numbers_are_sent_once_for_all_windows(end: PageEnd) -> None:
    """They are exact; steps for a narrow window concern only what is rounded."""
    parts = end.send("window", role="fixed_image", low=100, high=101)
    assert not [part for part in parts if part["type"] == "frame"]


def test_the_end_is_told_with_its_reason(end: PageEnd) -> None:
    end.browser.close()
    assert "closed" in end.parts("closed")[-1]["reason"]
