"""What every way of opening a dataset promises."""

from __future__ import annotations

import gzip
import json
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pytest

from napari_medload.formats import read_header
from napari_medload.images import LabelMap, ScalarImage
from napari_medload.loaders import DatasetCatalog, open_dataset
from napari_medload.loaders.backends import layout_names
from napari_medload.loaders.medsegpy import slice_dicts
from tests.phantoms import affine_of, noise, snapshot, write_h5, write_nifti

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from napari_medload.loaders import Dataset

SHAPE = (4, 5, 6)
AFFINE = affine_of("LPS", SHAPE, (1, 2, 3))
PAIRED = ("fixed_images", "moving_images", "fixed_labels", "moving_labels")
SINGLE = ("images", "labels")


def image(role, name):
    """Voxels that tell role (``fixed_images`` is ``fixed_image``) and name: a mix-up is seen."""
    role = role.removesuffix("s") or "image"
    seed = sum(ord(letter) * (place + 1) for place, letter in enumerate(f"{role}:{name}"))
    if "label" in role:
        return (noise(SHAPE, np.uint8, seed) % 3).astype(np.uint8)
    return noise(SHAPE, np.int16, seed)


def write_folder(root, roles, names, suffix=".nii.gz"):
    for role in roles:
        for name in names:
            write_nifti(root / role / f"{name}{suffix}", image(role, name), AFFINE)
    return root


def write_files(root, roles, names):
    for role in roles:
        write_h5(root / f"{role}.h5", **{name: image(role, name) for name in names})
    return root


def make_pipe(path):
    """Put a named pipe in place of a file: whoever opens it waits without end."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def make_circle(path):
    """Put a link to itself in place of a file."""
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def make_folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


HOSTILE = {"pipe": make_pipe, "circle": make_circle, "folder": make_folder}
"""What can lie in place of a file and is none."""


@dataclass(frozen=True)
class Backend:
    """A way of opening a dataset of two samples or more.

    Parameters
    ----------
    name : str
    build : callable
        From an empty folder to the arguments of `open_dataset`.
    ids : tuple of str
        What its samples are called.
    roles : tuple of str
        What each sample holds.
    layout : str
    """

    name: str
    build: Callable[[Path], dict]
    ids: tuple[str, ...]
    roles: tuple[str, ...]
    layout: str


def _list(suffix):
    def build(root):
        write_folder(root / "data", PAIRED, ("a", "b"))
        rows = [
            {
                "id": name,
                "fixed": f"data/fixed_images/{name}.nii.gz",
                "moving": f"data/moving_images/{name}.nii.gz",
                "fixed_label": f"data/fixed_labels/{name}.nii.gz",
                "moving_label": str(root / f"data/moving_labels/{name}.nii.gz"),
            }
            for name in ("a", "b")
        ]
        path = root / f"list{suffix}"
        if suffix == ".json":
            path.write_text(json.dumps(rows))
        elif suffix == ".jsonl":
            path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        elif suffix == ".parquet":
            pq = pytest.importorskip("pyarrow.parquet")
            pq.write_table(pytest.importorskip("pyarrow").Table.from_pylist(rows), path)
        else:
            lines = [rows[0].keys(), *(row.values() for row in rows)]
            path.write_text("\n".join(("\t" if suffix == ".tsv" else ",").join(x) for x in lines))
        return {"path": path}

    return build


def _grouped_files(root):
    return write_files(root, SINGLE, ("group-1-1", "group-1-2", "group-2-1"))


def _split(root):
    write_folder(root / "train", PAIRED, ("a", "b"))
    write_folder(root / "test", PAIRED, ("a",))
    return {"path": root}


def _config(root):
    write_folder(root / "train", PAIRED, ("a", "b"))
    config = root / "config.yaml"
    config.write_text(
        "dataset:\n  train: {dir: train, format: nifti, labeled: true}\n  type: paired\n"
    )
    return {"path": config}


_PATTERNS = {
    "moving_image": "sub-{id}/t2.nii.gz",
    "fixed_image": "sub-{id}/t1.nii.gz",
    "fixed_label": "sub-{id}/seg_*.nii.gz",
}


def _patterns(root):
    for name in ("a", "b"):
        for role, file in (
            ("moving_image", "t2"),
            ("fixed_image", "t1"),
            ("fixed_label", "seg_1"),
        ):
            write_nifti(root / f"sub-{name}" / f"{file}.nii.gz", image(role, name), AFFINE)
    return {"path": root, "patterns": _PATTERNS}


def _single(root):
    return {"path": write_nifti(root / "a.nii.gz", image("image", "a"), AFFINE)}


def _single_h5(root):
    return {"path": write_h5(root / "a.h5", x=image("image", "x"), y=image("image", "y"))}


def _put(root, role, name, file):
    """Write the image of a role of a sample, wherever it lies."""
    write_nifti(root / file, image(role, name), AFFINE)


def _nnunet(root, listed=False):
    cases = {}
    for name in ("a", "b"):
        files = [f"imagesTr/{name}_{channel:04d}.nii.gz" for channel in (0, 1)]
        if listed:
            files = [f"anywhere/{name}/{number}.nii.gz" for number in (0, 1)]
        label = f"{'anywhere/segs' if listed else 'labelsTr'}/{name}.nii.gz"
        for role, file in zip(NNUNET_ROLES, (*files, label), strict=True):
            _put(root, role, name, file)
        cases[name] = {"images": files, "label": label}
    head = {"channel_names": {"0": "T1", "1": "T2 w"}, "file_ending": ".nii.gz", "numTraining": 2}
    content = {**head, "labels": {"background": 0, "liver": 1}}
    (root / "dataset.json").write_text(
        json.dumps({**content, **({"dataset": cases} if listed else {})})
    )
    return {"path": root}


def _decathlon(root, opened=""):
    rows = []
    for name in ("a", "b"):
        row = {"image": f"./imagesTr/{name}.nii.gz", "label": f"./labelsTr/{name}.nii.gz"}
        for role, file in row.items():
            _put(root, role, name, file)
        rows.append(row)
    content = {"modality": {"0": "CT"}, "numTraining": 2, "training": rows, "test": []}
    (root / "dataset.json").write_text(json.dumps(content))
    return {"path": root / opened}


def _learn2reg(root):
    pairs = []
    for number in (1, 2):
        name = f"X_{number:04d}_0001–X_{number:04d}_0000"
        for time, side in enumerate(("moving", "fixed")):
            for kind in ("image", "label"):
                _put(root, f"{side}_{kind}", name, f"{kind}sTr/X_{number:04d}_{time:04d}.nii.gz")
        pairs.append({s: f"./imagesTr/X_{number:04d}_{t:04d}.nii.gz" for s, t in SIDES})
    path = root / "X_dataset.json"
    content = {"name": "X", "training_paired_images": pairs[:1], "registration_val": pairs[1:]}
    path.write_text(json.dumps(content))
    return {"path": root}


def _voxelmorph(root):
    lines = []
    for number in (1, 2):
        files = [f"{side}{number}.nii.gz" for side in ("m", "f")]
        for role, file in zip(("moving_image", "fixed_image"), files, strict=True):
            _put(root, role, f"m{number}–f{number}", file)
        lines.append(" ".join(files))
    (root / "pairs.txt").write_text("\n".join(lines))
    return {"path": root / "pairs.txt"}


def _torchio(root):
    subjects = []
    for name in ("a", "b"):
        images = {}
        for role in PAIR_ROLES:
            _put(root, role, name, f"{role}/{name}.nii.gz")
            kind = "LabelMap" if "label" in role else "ScalarImage"
            images[role] = {"type": kind, "path": f"{role}/{name}.nii.gz"}
        subjects.append({"sample_id": name, "images": images})
    (root / "subjects.json").write_text(json.dumps({"subjects": subjects}))
    return {"path": root / "subjects.json"}


def _third_party(root):
    for name in ("a", "b"):
        for side in ("fixed", "moving"):
            _put(root, f"{side}_image", name, f"{name}_{side}.nii.gz")
    return {"path": root}


MEDSEGPY = ("0000001_V00", "0000002_V00")


def _slices(root):
    """Both roles of both scans, slice by slice; the label has one channel."""
    for scan in MEDSEGPY:
        for k in range(SHAPE[2]):
            stem = f"{scan}-Aug00_{k + 1:03d}"
            write_h5(root / f"{stem}.im", data=image("image", scan)[:, :, k : k + 1])
            mask = image("label", scan)[:, :, k : k + 1, np.newaxis]
            write_h5(root / f"{stem}.seg", data=mask)
    return {"path": root}


def _volumes(root):
    for scan in MEDSEGPY:
        masks = image("label", scan)[..., np.newaxis]
        write_h5(root / f"{scan}.h5", volume=image("image", scan), seg=masks)
    return {"path": root}


def _registered(root):
    _slices(root)
    DatasetCatalog.register("contract", lambda: slice_dicts(root), overwrite=True)
    return {"path": "contract"}


SIDES = (("fixed", 1), ("moving", 0))
NNUNET_ROLES = ("image", "image_T2_w", "label")
TRAIN = ("train/a", "train/b")
PAIR_ROLES = ("fixed_image", "moving_image", "fixed_label", "moving_label")
GROUPED = ("g1/a", "g1/sub/b", "g2/a")
BACKENDS = (
    Backend(
        "paired-nifti",
        lambda r: {"path": write_folder(r, PAIRED, ("a", "b"))},
        ("a", "b"),
        PAIR_ROLES,
        "paired",
    ),
    Backend(
        "paired-h5",
        lambda r: {"path": write_files(r, PAIRED, ("a", "b"))},
        ("a", "b"),
        PAIR_ROLES,
        "paired",
    ),
    Backend(
        "paired-unlabelled",
        lambda r: {"path": write_folder(r, PAIRED[:2], ("a", "b"))},
        ("a", "b"),
        PAIR_ROLES[:2],
        "paired",
    ),
    Backend(
        "paired-plain-nii",
        lambda r: {"path": write_folder(r, PAIRED, ("a", "b"), ".nii")},
        ("a", "b"),
        PAIR_ROLES,
        "paired",
    ),
    Backend(
        "paired-hdr-img",
        lambda r: {"path": write_folder(r, PAIRED, ("a", "b"), ".hdr")},
        ("a", "b"),
        PAIR_ROLES,
        "paired",
    ),
    Backend(
        "unpaired-nifti",
        lambda r: {"path": write_folder(r, SINGLE, ("a", "b", "c"))},
        ("a", "b", "c"),
        ("image", "label"),
        "unpaired",
    ),
    Backend(
        "unpaired-h5",
        lambda r: {"path": write_files(r, SINGLE, ("a", "b", "c"))},
        ("a", "b", "c"),
        ("image", "label"),
        "unpaired",
    ),
    Backend(
        "grouped-nifti",
        lambda r: {"path": write_folder(r, SINGLE, GROUPED)},
        GROUPED,
        ("image", "label"),
        "grouped",
    ),
    Backend(
        "grouped-h5",
        lambda r: {"path": _grouped_files(r)},
        ("1/1", "1/2", "2/1"),
        ("image", "label"),
        "grouped",
    ),
    Backend("split", _split, ("train/a", "train/b", "test/a"), PAIR_ROLES, "paired"),
    Backend(
        "one-split", lambda r: {**_split(r), "split": "test"}, ("test/a",), PAIR_ROLES, "paired"
    ),
    Backend("deepreg-config", _config, ("train/a", "train/b"), PAIR_ROLES, "paired"),
    Backend("csv", _list(".csv"), ("a", "b"), PAIR_ROLES, "list"),
    Backend("tsv", _list(".tsv"), ("a", "b"), PAIR_ROLES, "list"),
    Backend("json", _list(".json"), ("a", "b"), PAIR_ROLES, "list"),
    Backend("jsonl", _list(".jsonl"), ("a", "b"), PAIR_ROLES, "list"),
    Backend("parquet", _list(".parquet"), ("a", "b"), PAIR_ROLES, "list"),
    Backend("patterns", _patterns, ("a", "b"), PAIR_ROLES[:3], "list"),
    Backend(
        "loose",
        lambda r: {"path": write_folder(r, ("",), ("a", "b"))},
        ("a", "b"),
        ("image",),
        "unpaired",
    ),
    Backend("nnunet", _nnunet, TRAIN, NNUNET_ROLES, "nnunet"),
    Backend("nnunet-listed", lambda r: _nnunet(r, True), TRAIN, NNUNET_ROLES, "nnunet"),
    Backend("decathlon", _decathlon, TRAIN, ("image", "label"), "nnunet"),
    Backend("monai", lambda r: _decathlon(r, "dataset.json"), TRAIN, ("image", "label"), "monai"),
    Backend(
        "learn2reg",
        _learn2reg,
        ("train/X_0001_0001–X_0001_0000", "val/X_0002_0001–X_0002_0000"),
        PAIR_ROLES,
        "learn2reg",
    ),
    Backend("voxelmorph", _voxelmorph, ("m1–f1", "m2–f2"), PAIR_ROLES[:2], "voxelmorph"),
    Backend("torchio", _torchio, ("a", "b"), PAIR_ROLES, "torchio"),
    Backend("medsegpy-2d", _slices, MEDSEGPY, ("image", "label"), "medsegpy-2d"),
    Backend("medsegpy-3d", _volumes, MEDSEGPY, ("image", "label"), "medsegpy-3d"),
    Backend("registered", _registered, MEDSEGPY, ("image", "label"), "registered"),
    Backend("single", _single, ("a",), ("image",), "list"),
    Backend("single-h5", _single_h5, ("x", "y"), ("image",), "list"),
)

if "side by side" in layout_names():  # test_backends installs it for a run of its own
    BACKENDS += (Backend("third-party", _third_party, ("a", "b"), PAIR_ROLES[:2], "side by side"),)

every_backend = pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.name)


@every_backend
def test_samples_have_unique_ids_roles_and_no_problems(tmp_path, backend):
    dataset = open_dataset(**backend.build(tmp_path))
    assert tuple(sample.id for sample in dataset) == backend.ids
    assert dataset.layout == backend.layout
    for sample in dataset:
        assert set(sample.roles) == set(backend.roles)
        assert sample.problems == ()
        assert dataset[dataset.index_of(sample.id)] == sample


@every_backend
def test_every_usual_role_is_an_image_or_none(tmp_path, backend):
    sample = open_dataset(**backend.build(tmp_path))[0]
    for role in (*PAIR_ROLES, "image", "label"):
        found = getattr(sample, role)
        if role not in backend.roles:
            assert found is None
        else:
            assert isinstance(found, LabelMap if "label" in role else ScalarImage)
            assert found is getattr(sample, role)
    with pytest.raises(AttributeError, match="landmarks"):
        _ = sample.landmarks


@every_backend
def test_each_role_is_the_file_it_says(tmp_path, backend):
    for sample in open_dataset(**backend.build(tmp_path)):
        loaded = sample.load()
        assert set(loaded) == set(backend.roles)
        for role, found in loaded.items():
            assert found is sample.image_for(role)
            np.testing.assert_array_equal(found.data[0], image(role, written_name(backend, sample)))


def written_name(backend, sample):
    """Name that a sample's files were written with."""
    if backend.name == "grouped-h5":
        return "group-" + sample.id.replace("/", "-")
    return sample.id.removeprefix(f"{sample.split}/")


@every_backend
def test_opening_reads_no_voxel(tmp_path, backend):
    arguments = backend.build(tmp_path)
    for path in tmp_path.rglob("*.nii.gz"):
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:352]))
    for path in (*tmp_path.rglob("*.nii"), *tmp_path.rglob("*.img")):
        path.write_bytes(path.read_bytes()[: 352 if path.suffix == ".nii" else 0])
    for sample in open_dataset(**arguments):
        for role in sample.roles:
            assert sample.image_for(role).shape == (1, *SHAPE)


@every_backend
def test_nothing_is_written_into_the_dataset(tmp_path, backend):
    arguments = backend.build(tmp_path)
    before = snapshot(tmp_path)
    for sample in open_dataset(**arguments):
        sample.load()
    assert snapshot(tmp_path) == before


@every_backend
def test_a_file_that_vanishes_is_an_error_that_names_it(tmp_path, backend):
    sample = open_dataset(**backend.build(tmp_path))[0]
    role = sample.roles[-1]
    path = sample.sources[role].path
    path.unlink()
    with pytest.raises(OSError, match=path.name):
        sample.load()


@every_backend
def test_samples_are_the_same_each_time(tmp_path, backend):
    arguments = backend.build(tmp_path)
    first, second = open_dataset(**arguments), open_dataset(**arguments)
    assert first == second
    assert first[0:1] == (first[0],)
    assert len(first) == len(backend.ids)


@pytest.mark.parametrize(
    "backend", [b for b in BACKENDS if b.name not in ("single", "single-h5")], ids=lambda b: b.name
)
def test_hidden_files_are_passed_over(tmp_path, backend):
    arguments = backend.build(tmp_path)
    for path in list(tmp_path.rglob("*.nii*")):
        path.with_name(f"._{path.name}").write_bytes(b"fork")
        (path.parent / ".hidden").mkdir(exist_ok=True)
        (path.parent / ".hidden" / path.name).write_bytes(b"x")
    dataset = open_dataset(**arguments)
    assert tuple(sample.id for sample in dataset) == backend.ids
    assert not any(sample.problems for sample in dataset)


@pytest.fixture
def no_waiting():
    """Fail where a pipe is waited for."""

    def stop(*_):
        raise AssertionError("a pipe was opened, and waited for")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _of_files(backend):
    """Whether a sample has files of its own, of which one can be replaced."""
    return not backend.name.endswith(("-h5", "single"))


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("kind", [*HOSTILE, "garbage"])
@pytest.mark.parametrize("backend", [b for b in BACKENDS if _of_files(b)], ids=lambda b: b.name)
def test_one_bad_file_leaves_the_rest_usable(tmp_path, backend, kind):
    arguments = backend.build(tmp_path)
    *_, before = open_dataset(**arguments)
    bad = before.sources[before.roles[0]].path
    if kind == "garbage":
        bad.write_bytes(b"garbage")
    else:
        HOSTILE[kind](bad)
    if len(backend.ids) == 1:  # nothing is left but the other roles of this one
        assert _reason_of(backend, arguments, bad)
        return
    dataset = open_dataset(**arguments)
    usable = {sample.id for sample in dataset if _loads(sample)}
    assert usable >= set(backend.ids) - {before.id}
    (row,) = (sample for sample in dataset if sample.id == before.id)
    assert bad.name in _reason_of_row(row)


@pytest.mark.parametrize("backend", [b for b in BACKENDS if "-h5" in b.name], ids=lambda b: b.name)
@pytest.mark.parametrize("kind", ["outside", "nowhere", "line", "group", "text"])
def test_one_bad_key_leaves_the_rest_usable(tmp_path, backend, kind):
    arguments = backend.build(tmp_path)
    *_, before = open_dataset(**arguments)
    source = before.sources["fixed_image" if backend.name == "paired-h5" else "image"]
    with h5py.File(source.path, "a") as file:
        del file[source.key]
        if kind == "outside":
            file[source.key] = h5py.ExternalLink("other.h5", "/data")
        elif kind == "nowhere":
            file[source.key] = h5py.SoftLink("/nowhere")
        elif kind == "group":
            file[source.key + "/x"] = "text"
        else:
            file[source.key] = np.arange(3.0) if kind == "line" else "text"
    dataset = open_dataset(**arguments)
    assert {s.id for s in dataset if not s.problems} == set(backend.ids) - {before.id}
    (row,) = (sample for sample in dataset if sample.problems)
    assert row.id == before.id or kind == "group"
    assert f"'{source.key}" in row.problems[0]
    assert all(_loads(sample) for sample in dataset if sample is not row)


def _loads(sample):
    try:
        return bool(sample.load())
    except OSError:
        return False


def _reason_of_row(sample):
    """Why a sample is not whole: known from the start, or found when it is read."""
    try:
        sample.load()
    except OSError as error:
        return " ".join((*sample.problems, str(error)))
    return " ".join(sample.problems)


def _reason_of(backend, arguments, bad):
    try:
        (sample,) = open_dataset(**arguments)
    except ValueError as error:
        return bad.name in str(error)
    return bad.name in _reason_of_row(sample)


AWKWARD = ("Grüße [1]", "日本 {x}", "a#b", "100% (copy)", "with space")


@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize("place", ["plain", "br[a]cket {s} é"])
def test_awkward_names(tmp_path, form, place):
    write = write_folder if form == "nifti" else write_files
    dataset = open_dataset(write(tmp_path / place, PAIRED, AWKWARD))
    assert sorted(sample.id for sample in dataset) == sorted(AWKWARD)
    for sample in dataset:
        assert sample.problems == ()
        np.testing.assert_array_equal(
            sample.moving_image.data[0], image("moving_images", sample.id)
        )


@pytest.mark.parametrize("form", ["nifti", "h5"])
@pytest.mark.parametrize("role", PAIRED)
def test_a_missing_partner_is_a_row_with_its_reason(tmp_path, form, role):
    write = write_folder if form == "nifti" else write_files
    write(tmp_path, PAIRED, ("a", "b", "c"))
    if form == "nifti":
        (tmp_path / role / "b.nii.gz").unlink()
    else:
        with h5py.File(tmp_path / f"{role}.h5", "a") as file:
            del file["b"]
    dataset: Dataset = open_dataset(tmp_path)
    assert [sample.id for sample in dataset] == ["a", "b", "c"]
    assert [bool(sample.problems) for sample in dataset] == [False, True, False]
    (problem,) = dataset[1].problems
    assert "'b'" in problem
    assert role[:-1].replace("_", " ") in problem
    assert getattr(dataset[1], role[:-1]) is None
    assert len(dataset[1].load()) == 3


def test_a_broken_file_does_not_stop_the_others(tmp_path):
    write_folder(tmp_path, PAIRED, ("a", "b", "c"))
    (tmp_path / "fixed_images" / "a.nii.gz").write_bytes(b"broken")
    dataset = open_dataset(tmp_path)
    assert [sample.id for sample in dataset] == ["a", "b", "c"]
    assert dataset.alignment == "same grid"
    with pytest.raises(OSError, match=r"a\.nii\.gz"):
        dataset[0].load()
    assert len(dataset[1].load()) == 4


def test_an_h5_label_that_does_not_fit_its_image_is_a_row_with_its_reason(tmp_path):
    write_h5(tmp_path / "images.h5", a=image("images", "a"), b=image("images", "b"))
    write_h5(tmp_path / "labels.h5", a=image("labels", "a"), B_=image("labels", "b"))
    dataset = open_dataset(tmp_path)
    assert {s.id: bool(s.problems) for s in dataset} == {"a": False, "b": True, "B_": True}
    assert "no label named 'b'" in dataset[dataset.index_of("b")].problems[0]
    assert "no image named 'B_'" in dataset[dataset.index_of("B_")].problems[0]


def test_the_header_of_each_source_is_readable(tmp_path):
    for sample in open_dataset(write_files(tmp_path, SINGLE, ("a", "b"))):
        for source in sample.sources.values():
            assert read_header(source).shape == SHAPE
