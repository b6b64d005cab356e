"""The front door, as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image

from napari_medload.app.cli import _print_progress, main
from tests.phantoms import affine_of, noise, snapshot, write_h5, write_nifti
from tests.session.datasets import cut_short, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (7, 6, 5)
KEYS = {
    "path",
    "shape",
    "dtype",
    "spacing",
    "orientation",
    "origin",
    "affine",
    "bounds",
    "oblique_degrees",
    "sform_code",
    "qform_code",
}


def info(capsys: Any, *arguments: Any) -> tuple[int, list[dict[str, Any]]]:
    code = main(["info", "--json", *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)


def run(*arguments: Any, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess:
    """Run the program as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "napari_medload", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
    )


# --- info ------------------------------------------------------------------------------------


def test_info_is_a_json_array_of_facts_as_nibabel_has_them(capsys, tmp_path):
    affine = affine_of("PIR", SHAPE, (1 / 3, 2, 0.7), centre=(3, 4, 5), tilt=(0, 0, 8))
    path = write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine, sform_code=2, qform_code=1)
    code, (facts,) = info(capsys, path)
    theirs = nib.load(path)
    assert code == 0 and facts.keys() == KEYS
    assert facts["path"] == str(path)
    assert facts["shape"] == list(SHAPE) and facts["dtype"] == "int16"
    assert facts["affine"] == theirs.affine.tolist()  # unrounded
    assert facts["spacing"] == pytest.approx(nib.affines.voxel_sizes(theirs.affine), rel=1e-12)
    assert facts["orientation"] == "".join(nib.aff2axcodes(theirs.affine))
    assert facts["origin"] == theirs.affine[:3, 3].tolist()
    assert facts["oblique_degrees"] == pytest.approx(8, abs=1e-4)
    assert (facts["sform_code"], facts["qform_code"]) == (2, 1)
    corners = np.array([(i, j, k) for i in (-0.5, 6.5) for j in (-0.5, 5.5) for k in (-0.5, 4.5)])
    places = nib.affines.apply_affine(theirs.affine, corners)
    expected = [places.min(axis=0), places.max(axis=0)]
    np.testing.assert_allclose(facts["bounds"], expected, rtol=0, atol=1e-9)


def test_voxels_are_measured_and_labels_counted(capsys, tmp_path):
    array = noise(SHAPE, np.float32)
    array[0, 0, 0], array[1, 0, 0] = np.nan, np.inf
    image = write_nifti(tmp_path / "t1.nii.gz", array)
    labels = np.zeros(SHAPE, np.uint8)
    labels[:2], labels[3, 3, 3] = 4, 9
    label = write_nifti(tmp_path / "labels" / "t1.nii.gz", labels)
    code, (of_image, of_label) = info(capsys, "--voxels", image, label)
    finite = array[np.isfinite(array)]
    assert code == 0
    assert of_image["nonfinite"] == 2 and "counts" not in of_image
    assert of_image["min"] == finite.min() and of_image["max"] == finite.max()
    assert of_image["mean"] == pytest.approx(finite.mean(dtype=np.float64), rel=1e-9)
    values, counts = np.unique(labels, return_counts=True)
    assert of_label["counts"] == dict(zip(map(str, values), counts.tolist(), strict=True))


def test_what_cannot_be_read_is_an_error_after_the_others_are_done(capsys, tmp_path):
    good = write_nifti(tmp_path / "good.nii.gz", noise(SHAPE))
    cut = write_nifti(tmp_path / "cut.nii.gz", noise((30, 30, 30)))
    cut_short(cut)
    absent, strange = tmp_path / "absent.nii", tmp_path / "notes.txt"
    strange.write_text("hello")
    code, entries = info(capsys, "--voxels", absent, strange, cut, good)
    assert code == 1
    for entry, path in zip(entries[:3], (absent, strange, cut), strict=True):
        assert entry["path"] == str(path)
        assert path.name in entry["error"]
    assert entries[2]["shape"] == [30, 30, 30]  # the header is told all the same
    assert "error" not in entries[3] and "mean" in entries[3]


def test_every_dataset_of_an_h5_file_is_an_entry_without_millimetres(capsys, tmp_path):
    path = write_h5(tmp_path / "a.h5", one=np.zeros((4, 5, 6)), two=np.ones((3, 3, 3, 2), np.uint8))
    code, entries = info(capsys, path)
    assert code == 0
    assert [entry["key"] for entry in entries] == ["one", "two"]
    assert [entry["shape"] for entry in entries] == [[4, 5, 6], [3, 3, 3, 2]]
    for entry in entries:
        assert entry["spacing"] is entry["affine"] is entry["orientation"] is None


def test_an_h5_file_without_arrays_is_an_error(capsys, tmp_path):
    code, entries = info(capsys, write_h5(tmp_path / "empty.h5"))
    assert code == 1 and "empty.h5" in entries[0]["error"]


def test_transforms_and_landmarks_have_facts_of_their_own(capsys, tmp_path):
    moved = sitk.AffineTransform(np.eye(3).ravel().tolist(), (1.0, 2.0, 3.0))  # LPS
    for name in ("a.tfm", "a.h5"):
        sitk.WriteTransform(moved, str(tmp_path / name))
    (tmp_path / "a.csv").write_text("label,l,p,s\napex,1,2,3\n")
    (tmp_path / "b.txt").write_text("hello")
    files = [tmp_path / name for name in ("a.tfm", "a.h5", "a.csv", "b.txt")]
    code, entries = info(capsys, *files)
    assert code == 1
    matrix = np.eye(4)
    matrix[:3, 3] = -1, -2, 3
    for entry in entries[:2]:
        assert (entry["transform"], entry["parameters"], entry["matrix"]) == (
            "affine", 12, matrix.tolist()
        )  # fmt: skip
        assert entry["maps"] == "from points of the fixed image to points of the moving image"
    assert (entries[2]["landmarks"], entries[2]["points"]) == (["apex"], [[-1, -2, 3]])
    assert "b.txt: no transform that ITK reads" in entries[3]["error"]
    assert main(["info", *map(str, files[:3])]) == 0
    assert "(1, 0, 0, -1)" in capsys.readouterr().out


def test_without_json_it_is_text_for_people(capsys, tmp_path):
    path = write_nifti(tmp_path / "a.nii.gz", noise(SHAPE), affine_of("LPS", SHAPE, (1, 1, 2.5)))
    assert main(["info", str(path), str(write_h5(tmp_path / "a.h5", x=np.zeros((4, 5))))]) == 0
    out = capsys.readouterr().out
    for words in (str(path), "(7, 6, 5)", "(1, 1, 2.5)", "LPS", "unknown"):
        assert words in out, words


def test_every_real_nifti_agrees_with_nibabel(capsys, shared_data):
    """Shape, type, affine and what follows, within 1e-4, for all files of the shared table."""
    files = json.loads((shared_data / "facts.json").read_text())["files"]
    known = {
        name: entry["nibabel"]
        for name, entry in files.items()
        if "nibabel" in entry
        and "affine" in entry["nibabel"]
        and name.endswith((".nii", ".nii.gz", ".hdr", ".img"))
        and (shared_data / name).is_file()
    }
    assert len(known) > 50
    _, entries = info(capsys, *(shared_data / name for name in known))
    assert len(entries) == len(known)
    wrong = []
    for (name, theirs), ours in zip(known.items(), entries, strict=True):
        if "error" in ours:
            wrong.append(f"{name}: {ours['error']}")
            continue
        if ours["shape"] != theirs["shape"]:
            wrong.append(f"{name}: shape {ours['shape']}, nibabel {theirs['shape']}")
        box = [theirs["bounds_ras"]["min"], theirs["bounds_ras"]["max"]]
        pairs = (
            ("affine", theirs["affine"], 1e-4),
            ("origin", theirs["origin_ras"], 1e-4),
            ("spacing", theirs["spacing_from_affine"], 1e-4),
            ("oblique_degrees", theirs["oblique_deg"], 1e-4),
            ("bounds", box, 6e-4),  # the table rounds them to a thousandth
        )
        for key, expected, tolerated in pairs:
            if not np.allclose(ours[key], expected, rtol=0, atol=tolerated):
                wrong.append(f"{name}: {key} {ours[key]}, nibabel {expected}")
        if ours["orientation"] != theirs["axcodes"]:
            wrong.append(f"{name}: {ours['orientation']}, nibabel {theirs['axcodes']}")
        for form in ("sform", "qform"):
            if form in theirs and ours[f"{form}_code"] != theirs[form]["code"]:
                wrong.append(f"{name}: {form} code {ours[f'{form}_code']}")
    assert not wrong, "\n".join(wrong)


# --- open ------------------------------------------------------------------------------------


@pytest.mark.canvas
def test_open_saves_a_picture_of_the_window_with_the_sample_in_it(tmp_path):
    folder, picture = write_pairs(tmp_path / "pairs", 2, labels=True), tmp_path / "new" / "w.png"
    before = snapshot(folder)
    done = run("open", folder, "--sample", "case01", "--screenshot", picture)
    assert done.returncode == 0, done.stderr
    assert str(picture) in done.stdout
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert pixels.shape[0] > 600 and pixels.shape[1] > 1000
    canvas = pixels[100:500, 320:700]  # left of the dock: grey voxels, and coloured labels
    assert np.unique(canvas.reshape(-1, 3), axis=0).shape[0] > 50
    assert (np.ptp(canvas, axis=2) > 40).any()
    assert snapshot(folder) == before


@pytest.mark.canvas
def test_open_finds_pairs_by_patterns(tmp_path):
    for name in ("01", "02"):
        for scan in ("t1", "t2"):
            affine = affine_of("RAS", SHAPE)
            write_nifti(tmp_path / "study" / f"sub-{name}" / f"{scan}.nii.gz", noise(SHAPE), affine)
    picture = tmp_path / "window.png"
    patterns = ("--moving", "sub-{id}/t2.nii.gz", "--fixed", "sub-{id}/t1.nii.gz")
    done = run("open", tmp_path / "study", *patterns, "--sample", "02", "--screenshot", picture)
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 10_000


@pytest.mark.canvas
def test_open_takes_a_deepreg_configuration_and_one_of_its_splits(tmp_path):
    for split in ("train", "valid"):
        for role in ("fixed_images", "moving_images"):
            path = tmp_path / "data" / split / role / f"{split}_case.nii.gz"
            write_nifti(path, noise(SHAPE), affine_of("RAS", SHAPE))
    config = tmp_path / "config.yaml"
    config.write_text(
        "dataset:\n  dir: {train: data/train, valid: data/valid, test: ''}\n"
        "  format: nifti\n  type: paired\n  labeled: false\n"
        "  moving_image_shape: [4, 4, 4]\n  fixed_image_shape: [4, 4, 4]\n"
    )
    picture = tmp_path / "window.png"
    which = ("--split", "valid", "--sample", "valid/valid_case", "--screenshot", picture)
    done = run("open", config, *which)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert picture.stat().st_size > 10_000
    gone = run("open", config, "--split", "test", "--screenshot", tmp_path / "other.png")
    assert gone.returncode == 1
    assert "test" in gone.stderr and "train, valid" in gone.stderr


@pytest.mark.canvas
def test_open_runs_a_file_that_registers_datasets(tmp_path):
    write_h5(tmp_path / "data" / "0000001_V00.h5", volume=noise((6, 7, 5)))
    (tmp_path / "ours.py").write_text(
        "from napari_medload.loaders import DatasetCatalog\n"
        "from napari_medload.loaders.medsegpy import volume_dicts\n"
        f"ROOT = {str(tmp_path / 'data')!r}\n"
        "DatasetCatalog.register('ours_train', lambda: volume_dicts(ROOT))\n"
    )
    picture = tmp_path / "window.png"
    done = run(
        "open", "ours_train", "--register", tmp_path / "ours.py", "--sample", "0000001_V00",
        "--screenshot", picture,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert picture.stat().st_size > 10_000
    (tmp_path / "wrong.py").write_text("1 / 0")
    done = run("open", "ours_train", "--register", tmp_path / "wrong.py")
    assert done.returncode == 1
    assert "wrong.py: ZeroDivisionError" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.canvas
def test_open_of_a_wrong_folder_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes").mkdir()
    done = run("open", tmp_path / "notes", "--screenshot", tmp_path / "window.png")
    assert done.returncode == 1
    assert "notes" in done.stderr and "fixed_images" in done.stderr
    assert not (tmp_path / "window.png").exists()


def test_without_napari_the_extra_is_named(tmp_path):
    blocked = (
        "import sys; sys.modules['napari'] = None; from napari_medload.app.cli import main; "
        f"sys.exit(main(['open', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True)
    assert done.returncode == 1
    assert 'pip install "napari-medload[gui]"' in done.stderr
    assert "Traceback" not in done.stderr


# --- demo and help ------------------------------------------------------------------------------


def test_demo_is_reused_where_it_is_built(capsys, demo: Path):
    before = snapshot(demo)
    assert main(["demo", str(demo), "--no-open"]) == 0
    out, err = capsys.readouterr()
    assert out == f"demo dataset: {demo}\n"
    assert err == ""  # nothing takes a while
    assert snapshot(demo) == before


def test_building_the_demo_says_how_far_it_is_also_into_a_log(capsys):
    """Of a whole build it is what `build_demo` calls; a log has no line to write over."""
    assert _print_progress(1, 13, "subject_00") and _print_progress(13, 13, "subject_12")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "built 1 of 13  subject_00\nbuilt 13 of 13  subject_12\n")


def test_demo_does_not_touch_other_peoples_files(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    assert main(["demo", str(tmp_path), "--no-open"]) == 1
    first, *why = capsys.readouterr().err.splitlines()
    assert first.startswith(f"building the demo dataset in {tmp_path}")
    assert str(tmp_path) in "\n".join(why)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_help_names_the_commands():
    done = run("--help")
    assert done.returncode == 0
    assert all(command in done.stdout for command in ("info", "open", "demo"))


def test_info_of_a_folder_says_how_to_browse_it(capsys, tmp_path):
    code, (entry,) = info(capsys, tmp_path)
    assert code == 1
    assert f"{tmp_path}: a folder; expected a file" in entry["error"]
    assert f"napari-medload open {tmp_path}" in entry["error"]


def test_a_layout_that_is_mistyped_is_asked_after_without_noise(capsys, tmp_path):
    assert main(["open", str(tmp_path), "--layout", "nnnet"]) == 2
    said = capsys.readouterr().err
    assert "no layout is named 'nnnet'" in said and "Did you mean 'nnunet'?" in said
    assert "usage" not in said


def test_a_file_to_register_that_is_not_there_is_told_in_words(capsys, tmp_path):
    (tmp_path / "reg.py").write_text("")
    assert main(["open", "x", "--register", str(tmp_path / "regg.py")]) == 1
    said = capsys.readouterr().err
    assert "regg.py: no such file" in said and "Did you mean 'reg.py'?" in said
    assert "Errno" not in said and "FileNotFoundError" not in said


def test_help_names_the_layouts_and_the_spellings_of_splits(capsys):
    with pytest.raises(SystemExit):
        main(["open", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "train, valid (or val) and test" in said
    assert "nnunet" in said and "deepreg-config" in said


@pytest.mark.parametrize("arguments", [[], ["info"], ["fly"], ["open", "--pears"]])
def test_what_is_not_understood_is_an_error(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
