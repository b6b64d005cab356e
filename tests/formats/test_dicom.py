"""DICOM series: which files make a volume, where its voxels lie, and what their values are."""

from __future__ import annotations

import os
import shutil
import tracemalloc

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import config, dcmread
from pydicom.data import get_testdata_file
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from napari_medload.formats import Source, UnreadableFileError, read_array, read_header, sources
from tests.formats.dicom_phantoms import (
    CAPTURE,
    MR,
    instance,
    placed,
    save,
    set_pixels,
    uid,
    write_enhanced,
    write_series,
)
from tests.phantoms import affine_of, noise

SHAPE = (7, 5, 6)
AFFINE = affine_of("LPS", SHAPE, (1.5, 2, 3), centre=(10, -20, 30), tilt=(5, 10, 15))


def values(path, key=None):
    header = read_header(Source(path, key))
    return header.scaling.apply(read_array(header))


def itk_series(folder):
    """Volume and RAS affine according to SimpleITK."""
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image = sitk.ReadImage(names)
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    affine[:3, :3] = direction @ np.diag(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return sitk.GetArrayFromImage(image).T, np.diag((-1, -1, 1, 1)) @ affine


# --- a regular series -----------------------------------------------------------------------


@pytest.mark.parametrize("code", ["LPS", "RAS", "LSA", "PSR", "AIL", "ILP"])
@pytest.mark.parametrize("tilt", [(0, 0, 0), (5, 10, 15)])
def test_a_series_lies_where_itk_puts_it(tmp_path, code, tilt):
    array = noise(SHAPE)
    affine = affine_of(code, SHAPE, (1.5, 2, 3), (10, -20, 30), tilt)
    write_series(tmp_path, array, affine)
    header = read_header(tmp_path)
    truth, place = itk_series(tmp_path)
    np.testing.assert_array_equal(read_array(header), truth)
    np.testing.assert_allclose(header.grid.affine, place, atol=1e-5)
    assert header.grid.oriented and not header.absent and header.notes == ()
    # voxels lie where they were, whichever way k runs
    forward = np.linalg.det(np.diag((-1, -1, 1)) @ affine[:3, :3]) > 0
    np.testing.assert_array_equal(truth, array if forward else array[:, :, ::-1])


def test_T09_a_dicom_folder_is_one_volume(tmp_path):
    affine = np.diag((2.0, 2.0, 2.0, 1.0))
    affine[:3, 3] = (-82.1807, -122.163, -24.707)
    array = noise((88, 128, 17))
    write_series(tmp_path / "series", array, affine, Modality="MR", SOPClassUID=MR)
    header = read_header(tmp_path / "series")
    assert header.shape == (88, 128, 17)
    assert header.grid.spacing == pytest.approx((2, 2, 2))
    assert header.grid.orientation == "RAS"
    assert header.grid.origin == pytest.approx((-82.1807, -122.163, -24.707))
    np.testing.assert_array_equal(read_array(header), array)


def test_T09_one_file_is_one_slice(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE, InstanceNumber=lambda number: number)
    name = next(path for path in tmp_path.iterdir() if "-0003" in path.name)
    header = read_header(name)
    assert header.shape == (7, 5, 1)
    (k,) = [k for k in range(6) if np.array_equal(read_array(header)[:, :, 0], array[:, :, k])]
    np.testing.assert_allclose(header.grid.affine[:3, 3], (AFFINE @ (0, 0, k, 1))[:3], atol=1e-6)
    np.testing.assert_allclose(header.grid.affine[:3, :3], AFFINE[:3, :3], atol=1e-6)


def test_T09_an_empty_folder_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="an empty folder; expected a DICOM series"):
        read_header(tmp_path)
    with pytest.raises(FileNotFoundError, match="an empty folder"):
        sources(tmp_path)


def test_a_folder_without_dicom_says_so(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UnreadableFileError, match=r"no DICOM file; expected a DICOM image"):
        read_header(tmp_path)


def test_the_real_series_agrees_with_the_facts(shared_data):
    header = read_header(shared_data / "formats" / "dicom" / "ct_liver")
    found = header.scaling.apply(read_array(header))
    assert header.shape == (512, 512, 3)
    assert header.grid.spacing == pytest.approx((0.81055, 0.81055, 1.0), abs=1e-5)
    assert header.grid.origin == pytest.approx((235.2, 226.8, -128.69), abs=1e-4)
    assert header.grid.orientation == "LPS"
    for voxel, value in (((256, 256, 1), -92), ((341, 341, 2), -681), ((248, 407, 2), 1381)):
        assert found[voxel] == value
    assert found.mean() == pytest.approx(-954.88361, abs=1e-4)


@pytest.mark.parametrize("suffix", ["", ".ima", ".DCM", ".17"])
def test_the_names_of_files_do_not_matter(tmp_path, suffix):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE, suffix=suffix)
    (tmp_path / "DICOMDIR").write_bytes(b"x")
    (tmp_path / "README.txt").write_text("a knee")
    (tmp_path / ".DS_Store").write_bytes(b"\0" * 300)
    np.testing.assert_array_equal(read_array(read_header(tmp_path)), array)
    one = next(path for path in tmp_path.iterdir() if path.name.startswith("series"))
    assert read_header(one).shape == (7, 5, 1)


@pytest.mark.parametrize("box", [(slice(1, 5), slice(0, 2), slice(2, 4)), (slice(0, 7),) * 1])
def test_a_box_opens_only_the_files_of_its_slices(tmp_path, box):
    box = (*box, slice(0, 5), slice(2, 4))[:3] if len(box) == 1 else box
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE, InstanceNumber=lambda number: number)
    header = read_header(tmp_path)
    for path in tmp_path.iterdir():
        plane = read_array(read_header(path))[:, :, 0]
        if not any(np.array_equal(plane, array[:, :, k]) for k in (2, 3)):
            path.unlink()
    np.testing.assert_array_equal(read_array(header, box), array[box])
    with pytest.raises(OSError, match=r"series-\d+\.dcm"):
        read_array(header)


# --- several series in one folder -------------------------------------------------------------


def two_series(folder):
    arrays = {"pre": noise(SHAPE, seed=1), "post": noise((7, 5, 4), seed=2)}
    for number, (name, array) in enumerate(arrays.items()):
        write_series(folder, array, AFFINE, series=name, SeriesNumber=number + 3)
    return arrays


def test_series_in_one_folder_are_told_apart(tmp_path):
    arrays = two_series(tmp_path)
    assert [source.key for source in sources(tmp_path)] == sorted(uid(name) for name in arrays)
    for name, array in arrays.items():
        header = read_header(Source(tmp_path, uid(name)))
        np.testing.assert_array_equal(read_array(header), array)
        assert header.notes == ()


def test_without_a_key_the_first_series_counts_and_the_others_are_named(tmp_path):
    arrays = two_series(tmp_path)
    header = read_header(tmp_path)
    first, other = sorted(arrays, key=uid)
    np.testing.assert_array_equal(read_array(header), arrays[first])
    assert sitk.ImageSeriesReader.GetGDCMSeriesIDs(str(tmp_path))[0] == uid(first)
    (note,) = header.notes
    assert uid(other) in note and other in note and f"{tmp_path}#" in note


def test_a_series_is_chosen_by_its_title_or_number_too(tmp_path):
    arrays = two_series(tmp_path)
    for number, name in ((3, "pre"), (4, "post")):
        for key in (read_header(Source(tmp_path, uid(name))).title, str(number)):
            np.testing.assert_array_equal(
                read_array(read_header(Source(tmp_path, key))), arrays[name]
            )
    write_series(tmp_path, noise(SHAPE), AFFINE, series="late", SeriesNumber=4)
    with pytest.raises(UnreadableFileError, match=r"several series 4; expected one of"):
        read_header(Source(tmp_path, "4"))


def test_a_key_that_no_series_has_names_those_that_there_are(tmp_path):
    two_series(tmp_path)
    with pytest.raises(UnreadableFileError, match=r"no series 1\.2\.3; expected one of") as caught:
        read_header(Source(tmp_path, "1.2.3"))
    assert uid("pre") in str(caught.value)


def test_a_localizer_is_taken_apart_by_direction(tmp_path):
    truth = {}
    for code in ("LPS", "LSA", "PSR"):
        affine = affine_of(code, (8, 8, 3), (2, 2, 10))
        array = noise((8, 8, 3), seed=len(truth))
        write_series(tmp_path / code, array, affine, series="scout")
        for path in (tmp_path / code).iterdir():
            path.rename(tmp_path / f"{code}-{path.name}")
        (tmp_path / code).rmdir()
        truth[code] = affine
    found = {}
    for source in sources(tmp_path):
        assert source.key.startswith(uid("scout") + ":")
        header = read_header(source)
        assert header.shape == (8, 8, 3)
        found[header.grid.orientation[:2]] = header.grid
    assert set(found) == {"LP", "LS", "PS"}
    assert "part 1" in read_header(Source(tmp_path, uid("scout"))).notes[-1]


def test_stations_beside_each_other_are_volumes_of_their_own(tmp_path):
    affine = affine_of("LSA", SHAPE, (2, 2, 5))
    for station in range(2):
        moved = affine.copy()
        moved[2, 3] += 400 * station
        write_series(
            tmp_path, noise(SHAPE, seed=station), moved, series="body",
            seed=station, suffix=f"-{station}.dcm",
        )  # fmt: skip
    heights = sorted(read_header(source).grid.centre[2] for source in sources(tmp_path))
    assert len(heights) == 2 and heights[1] - heights[0] == pytest.approx(400)


# --- positions --------------------------------------------------------------------------------


def test_the_tilt_of_a_gantry_is_kept_as_shear(tmp_path):
    affine = affine_of("LPS", SHAPE, (1, 1, 3))
    affine[1, 2] = 3 * np.tan(np.radians(12))
    array = noise(SHAPE)
    write_series(tmp_path, array, affine)
    header = read_header(tmp_path)
    np.testing.assert_allclose(header.grid.affine, affine, atol=1e-6)
    (note,) = header.notes
    assert "12.00°" in note
    np.testing.assert_array_equal(read_array(header), array)


def test_missing_slices_are_absent_and_the_others_stay_in_place(tmp_path):
    array = noise((7, 5, 5))
    write_series(tmp_path, array, AFFINE, slices=(0, 1, 2, 5, 6))
    header = read_header(tmp_path)
    assert header.shape == (7, 5, 7)
    assert header.absent == (3, 4)
    np.testing.assert_allclose(header.grid.affine, AFFINE, atol=1e-6)
    found = read_array(header)
    np.testing.assert_array_equal(found[:, :, [0, 1, 2, 5, 6]], array)
    assert not found[:, :, 3:5].any()
    assert any("Slices 3, 4" in note and "missing" in note for note in header.notes)
    part = read_array(header, (slice(0, 7), slice(0, 5), slice(3, 6)))
    np.testing.assert_array_equal(part, found[:, :, 3:6])


def test_the_common_step_may_be_smaller_than_every_step(tmp_path):
    write_series(tmp_path, noise((7, 5, 4)), AFFINE, slices=(0, 2, 5, 7))
    header = read_header(tmp_path)
    assert header.absent == (1, 3, 4, 6)
    np.testing.assert_allclose(header.grid.affine, AFFINE, atol=1e-6)


def test_uneven_steps_are_fitted_and_the_error_is_told(tmp_path):
    places = np.array((0, 1, 2.13, 3, 4.24, 5))
    affine = affine_of("LPS", SHAPE, (1, 1, 2))
    write_series(tmp_path, noise(SHAPE), affine, slices=places)
    header = read_header(tmp_path)
    assert header.shape == SHAPE and header.absent == ()
    slope, start = np.polyfit(np.arange(6), places, 1)
    worst = 2 * np.abs(places - (start + slope * np.arange(6))).max()
    assert header.grid.spacing[2] == pytest.approx(2 * slope, abs=1e-6)
    (note,) = header.notes
    assert f"{worst:.2g} mm" in note
    assert "1.52" in note and "2.48" in note


def parts_of(folder):
    """Headers of all parts, by where they begin along z."""
    return sorted(map(read_header, sources(folder)), key=lambda header: header.grid.affine[2, 3])


def test_slices_a_kilometre_away_cost_no_memory_and_misplace_no_others(tmp_path):
    write_series(tmp_path, noise((7, 5, 3)), affine_of("LPS", SHAPE), slices=(0, 1, 400_000))
    near, far = parts_of(tmp_path)
    assert (near.shape, far.shape) == ((7, 5, 2), (7, 5, 1))
    assert near.grid.spacing[2] == pytest.approx(1)
    assert far.grid.affine[2, 3] - near.grid.affine[2, 3] == pytest.approx(400_000)


def test_stacks_of_two_steps_are_two_volumes_each_in_its_place(tmp_path):
    affine = affine_of("LPS", SHAPE, (1, 1, 1))
    places = np.array([*range(0, 21, 3), *range(25, 61, 7)], float)
    array = noise((7, 5, len(places)))
    write_series(tmp_path, array, affine, slices=places)
    low, high = parts_of(tmp_path)
    assert (low.grid.spacing[2], high.grid.spacing[2]) == pytest.approx((3, 7))
    assert low.notes[-1:] == high.notes[-1:] == ()
    assert high.grid.affine[2, 3] - low.grid.affine[2, 3] == pytest.approx(25)
    np.testing.assert_array_equal(read_array(low), array[:, :, :7])
    np.testing.assert_array_equal(read_array(high), array[:, :, 7:])


def test_scans_that_overlap_in_one_series_are_volumes_of_their_own(tmp_path):
    affine = affine_of("LPS", SHAPE, (1, 1, 3))
    arrays = [noise((7, 5, 10), seed=scan) for scan in range(2)]
    for scan, start in enumerate((0, 8.37)):
        write_series(
            tmp_path, arrays[scan], affine, slices=start + np.arange(10), seed=scan,
            suffix=f"-{scan}.dcm", AcquisitionNumber=scan,
        )  # fmt: skip
    found = parts_of(tmp_path)
    for header, array in zip(found, arrays, strict=True):
        assert header.grid.spacing[2] == pytest.approx(3)
        np.testing.assert_array_equal(read_array(header), array)
    offset = found[1].grid.affine[2, 3] - found[0].grid.affine[2, 3]
    assert offset == pytest.approx(3 * 8.37)


@pytest.mark.parametrize(("moved", "shapes"), [(5, [(7, 5, 5)] * 2), (1, [(7, 5, 10)])])
def test_slices_that_are_moved_in_their_planes_have_no_gantry_tilt(tmp_path, moved, shapes):
    affine = affine_of("LPS", SHAPE, (1, 1, 3))
    for k in range(10):
        file = placed(instance(noise((5, 7)), InstanceNumber=k + 1), affine, k)
        file.ImagePositionPatient[0] += moved * (k >= 5)
        save(file, tmp_path / f"{k}.dcm")
    found = [read_header(source) for source in sources(tmp_path)]
    assert [header.shape for header in found] == shapes
    notes = [note for header in found for note in header.notes]
    assert not any("tilt" in note or "steps" in note for note in notes)
    assert any("moved within their planes" in note for note in notes) == (moved == 1)


@pytest.mark.parametrize(("pixel", "step"), [(5e-4, 5e-4), (2e-3, 9e-4)])
def test_the_slices_of_a_microscope_are_no_frames(tmp_path, pixel, step):
    affine = affine_of("LPS", SHAPE, (pixel, pixel, step))
    array = noise(SHAPE)
    write_series(tmp_path, array, affine)
    header = read_header(tmp_path)
    assert header.shape == SHAPE and header.grid.spacing[2] == pytest.approx(step)
    np.testing.assert_array_equal(read_array(header), array)


def test_a_file_that_was_copied_into_the_folder_twice_counts_once(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE)
    shutil.copy(tmp_path / "series-0003.dcm", tmp_path / "series-0003 (copy).dcm")
    header = read_header(tmp_path)
    np.testing.assert_array_equal(read_array(header), array)
    assert "series-0003.dcm" in header.notes[0] and "1 file" in header.notes[0]


@pytest.mark.parametrize("tag", ["PatientID", "StudyInstanceUID"])
def test_scans_of_two_people_under_one_uid_are_not_mixed(tmp_path, tag):
    """As a poor anonymisation leaves them: one SeriesInstanceUID, the same numbers and places."""
    arrays = [noise(SHAPE, seed=person) for person in range(2)]
    for person, array in enumerate(arrays):
        write_series(
            tmp_path, array, AFFINE, suffix=f"-{person}.dcm", SOPInstanceUID=lambda k: f"1.2.{k}",
            InstanceNumber=lambda k: 1 + k, **{tag: f"1.{person}"},
        )  # fmt: skip
    found = [read_array(read_header(source)) for source in sources(tmp_path)]
    np.testing.assert_array_equal(found, arrays)


def test_one_instance_uid_for_all_slices_does_not_lose_them(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE, SOPInstanceUID="1.2.3.4")
    np.testing.assert_array_equal(read_array(read_header(tmp_path)), array)


# --- several images of one position ---------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "stated"),
    [
        ("EchoTime", (80, 9, 20)),
        ("AcquisitionNumber", (3, 1, 2)),
        ("TemporalPositionIdentifier", (2, 3, 1)),
        ("DiffusionBValue", (1000.0, 0.0, 500.0)),
        ("TriggerTime", (700, 20, 300)),
        ("AcquisitionTime", ("120001.5", "115959", "120000")),
    ],
)
def test_images_of_one_position_are_frames_in_the_order_of_their_tag(tmp_path, tag, stated):
    arrays = [noise(SHAPE, seed=frame) for frame in range(3)]
    for frame, value in enumerate(stated):
        write_series(
            tmp_path, arrays[frame], AFFINE, seed=frame, suffix=f"-{frame}.dcm", **{tag: value}
        )
    header = read_header(tmp_path)
    assert header.shape == (*SHAPE, 3)
    order = np.argsort([float(value) for value in stated])
    np.testing.assert_array_equal(read_array(header), np.stack([arrays[f] for f in order], axis=-1))
    assert any(tag in note and "frames" in note for note in header.notes)


def test_an_unfinished_time_point_is_kept_apart(tmp_path):
    whole, begun = noise(SHAPE, seed=1), noise((7, 5, 2), seed=2)
    write_series(tmp_path, whole, AFFINE, AcquisitionNumber=1)
    write_series(tmp_path, begun, AFFINE, AcquisitionNumber=2, seed=3, suffix="-b.dcm")
    found = {read_header(source).shape[2]: source for source in sources(tmp_path)}
    np.testing.assert_array_equal(read_array(read_header(found[6])), whole)
    np.testing.assert_array_equal(read_array(read_header(found[2])), begun)


def test_time_points_that_each_lack_slices_are_not_mixed(tmp_path):
    arrays = [noise(SHAPE, seed=point) for point in range(3)]
    held = [(0, 1, 2), range(6), (3, 4, 5)]
    for point, slices in enumerate(held):
        write_series(
            tmp_path, arrays[point][:, :, slices], AFFINE, slices=slices, seed=point,
            suffix=f"-{point}.dcm", TemporalPositionIdentifier=point + 1,
        )  # fmt: skip
    found = [read_array(read_header(source)) for source in sources(tmp_path)]
    assert [array.shape[2:] for array in found] == [(3,), (6,), (3,)]
    for array, truth, slices in zip(found, arrays, held, strict=True):
        np.testing.assert_array_equal(array, truth[:, :, slices])


def test_frames_that_mix_values_of_a_tag_are_told(tmp_path):
    for echo in range(2):
        write_series(
            tmp_path, noise(SHAPE, seed=echo), AFFINE, seed=echo, suffix=f"-{echo}.dcm",
            EchoTime=lambda k, echo=echo: 10 * echo + 3 * k + 1,
        )  # fmt: skip
    header = read_header(tmp_path)
    assert header.shape == (*SHAPE, 2)
    assert "EchoTime" in header.notes[1] and "mix" in header.notes[1]


def test_magnitude_and_phase_are_never_mixed(tmp_path):
    arrays = {kind: noise(SHAPE, seed=len(kind)) for kind in ("M", "PHASE")}
    for kind, array in arrays.items():
        # under names in another order for each, and numbers that say nothing
        write_series(
            tmp_path, array, AFFINE, series="both", suffix=f"-{kind}.dcm", seed=len(kind),
            ImageType=["ORIGINAL", "PRIMARY", kind], InstanceNumber=1,
        )  # fmt: skip
    header = read_header(tmp_path)
    np.testing.assert_array_equal(read_array(header), np.stack(list(arrays.values()), axis=-1))
    assert "ImageType" in header.notes[0]


def test_an_unfinished_time_of_a_tomograph_is_told_by_its_clock(tmp_path):
    for point in range(3):
        depth = 6 - (point == 2)
        write_series(
            tmp_path, noise((7, 5, depth), seed=point), AFFINE, seed=point,
            suffix=f"-{point}.dcm", AcquisitionTime=f"10000{point}",
        )  # fmt: skip
    assert [read_header(source).shape[2:] for source in sources(tmp_path)] == [(6,), (6,), (5,)]


def test_positions_that_waver_from_one_time_to_the_next_are_still_the_same(tmp_path):
    for frame in range(2):
        moved = AFFINE.copy()
        moved[:3, 3] += 0.003 * frame
        write_series(
            tmp_path, noise(SHAPE, seed=frame), moved, seed=frame,
            suffix=f"-{frame}.dcm", AcquisitionNumber=frame,
        )  # fmt: skip
    assert read_header(tmp_path).shape == (*SHAPE, 2)


def test_a_lone_second_image_of_a_position_is_an_error_that_names_it(tmp_path):
    write_series(tmp_path, noise(SHAPE), AFFINE)
    write_series(tmp_path, noise((7, 5, 1)), AFFINE, suffix="-odd.dcm")
    with pytest.raises(UnreadableFileError, match=r"series-0000-odd\.dcm.*no tag that tells"):
        read_header(tmp_path)


# --- places that are missing or wrong ----------------------------------------------------------


@pytest.mark.parametrize("tag", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
@pytest.mark.parametrize("every", [True, False])
def test_a_slice_without_a_place_is_an_error_that_names_file_and_tag(tmp_path, tag, every):
    write_series(tmp_path, noise(SHAPE), AFFINE)
    lacking = instance(noise((5, 7)))
    placed(lacking, AFFINE, 6)
    delattr(lacking, tag)
    save(lacking, tmp_path / "series-0099.dcm")
    if every:
        for path in sorted(tmp_path.iterdir())[:-1]:
            path.unlink()
        lacking.SOPInstanceUID = uid("another")
        save(lacking, tmp_path / "series-0098.dcm")
    with pytest.raises(UnreadableFileError, match=rf"series-009[89]\.dcm.*no {tag}"):
        read_header(tmp_path)


@pytest.mark.parametrize(
    ("tag", "value", "found"),
    [
        ("PixelSpacing", ["0", "1"], "not positive"),
        ("PixelSpacing", ["-1", "1"], "not positive"),
        ("PixelSpacing", ["nan", "1"], "no finite number"),
        ("PixelSpacing", ["1"], "1 numbers, expected 2"),
        ("ImagePositionPatient", ["1", "inf", "2"], "no finite number"),
        ("ImageOrientationPatient", list("100100"), "not perpendicular"),
        ("ImageOrientationPatient", list("000010"), "lengths 0 and 1"),
        ("ImageOrientationPatient", list("200010"), "lengths 2 and 1"),
        ("RescaleSlope", "0", "RescaleSlope 0"),
        ("Rows", 0, "Rows 0"),
        ("BitsAllocated", 12, "BitsAllocated 12"),
        ("BitsStored", 17, "BitsStored 17"),
        ("SamplesPerPixel", 2, "SamplesPerPixel 2"),
        ("NumberOfFrames", "-3", "NumberOfFrames -3"),
        ("NumberOfFrames", "2000000000", "NumberOfFrames 2000000000"),
    ],
)
def test_a_field_that_lies_is_named_with_its_file(tmp_path, tag, value, found):
    write_series(tmp_path, noise(SHAPE), AFFINE)
    lying = placed(instance(noise((5, 7))), AFFINE, 6)
    lying[tag] = _element(tag, value)
    save(lying, tmp_path / "lying.dcm")
    for path in (tmp_path, tmp_path / "lying.dcm"):
        with pytest.raises(UnreadableFileError, match=r"lying\.dcm: ") as caught:
            read_header(path)
        assert tag in str(caught.value) and found in str(caught.value)


def _element(tag, value):
    """Element whose value nobody checks before it is written."""
    raw = "\\".join(value) if isinstance(value, list) else value
    kind = "LO" if isinstance(raw, str) else dictionary_VR(tag)
    return DataElement(tag, kind, raw, validation_mode=config.IGNORE)


@pytest.mark.parametrize("spacing", [True, False])
def test_a_single_image_without_a_place_states_what_it_has(tmp_path, spacing):
    file = instance(noise((5, 7), np.uint8), SOPClassUID=CAPTURE, Modality="US")
    if spacing:
        file.PixelSpacing = ["0.5", "0.25"]
    header = read_header(save(file, tmp_path / "a.dcm"))
    assert header.shape == (7, 5, 1)
    assert header.grid.known == spacing and not header.grid.oriented
    if spacing:
        assert header.grid.spacing[:2] == (0.25, 0.5)
    assert "place in the patient" in header.notes[0]


def test_pictures_of_one_series_stand_alone(tmp_path):
    for number in range(3):
        file = instance(noise((5, 7), np.uint8), SOPClassUID=CAPTURE, InstanceNumber=number)
        save(file, tmp_path / f"{number}.dcm")
    assert [read_header(source).shape for source in sources(tmp_path)] == [(7, 5, 1)] * 3


# --- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("syntax", "kinds"),
    [
        (ExplicitVRLittleEndian, ("uint8", "int16", "uint16", "int32", "uint32")),
        (ImplicitVRLittleEndian, ("uint8", "int16", "uint16", "int32", "uint32")),
        (ExplicitVRBigEndian, ("int16", "uint16", "int32", "uint32")),
        (RLELossless, ("uint8", "int16", "uint16")),
    ],
)
def test_the_numbers_of_each_transfer_syntax_and_type(tmp_path, syntax, kinds):
    for kind in kinds:
        array = noise(SHAPE, kind)
        header = read_header(write_series(tmp_path / kind, array, AFFINE, syntax=syntax))
        found = read_array(header)
        assert found.dtype == header.dtype == np.dtype(kind)
        np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("high", [11, 13, 15])
def test_bits_that_do_not_count_are_taken_out(tmp_path, signed, high):
    truth = np.arange(-17, 18).reshape(5, 7) if signed else np.arange(4061, 4096).reshape(5, 7)
    shift = high - 11
    raw = (truth.astype(np.uint16) & 0xFFF) << shift
    garbage = np.uint16(0xFFFF ^ (0xFFF << shift))
    file = instance((raw | garbage).astype(np.uint16), BitsStored=12, HighBit=high)
    file.PixelRepresentation = int(signed)
    header = read_header(save(placed(file, AFFINE, 0), tmp_path / "a.dcm"))
    assert header.dtype == (np.int16 if signed else np.uint16)
    np.testing.assert_array_equal(read_array(header)[:, :, 0], truth.T)


def test_one_scaling_for_all_slices_is_the_scaling_of_the_volume(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE, RescaleSlope="0.5", RescaleIntercept="-1024")
    header = read_header(tmp_path)
    assert (header.scaling.slope, header.scaling.intercept) == (0.5, -1024)
    np.testing.assert_array_equal(values(tmp_path), itk_series(tmp_path)[0])


def test_a_scaling_for_each_slice_gives_values(tmp_path):
    array = noise(SHAPE, np.uint16)
    slopes = [0.25 * (number + 1) for number in range(6)]
    write_series(
        tmp_path, array, AFFINE, RescaleSlope=lambda number: slopes[number], RescaleIntercept="2"
    )
    header = read_header(tmp_path)
    assert header.dtype == np.float32 and header.scaling.is_identity
    np.testing.assert_allclose(read_array(header), array * np.array(slopes) + 2, rtol=1e-6)
    assert any("scaling of its own" in note for note in header.notes)


def test_slices_of_two_types_are_joined_without_loss(tmp_path):
    write_series(tmp_path, noise((7, 5, 3)), AFFINE)
    high = noise((7, 5, 3), np.uint16) + np.uint16(60_000)
    write_series(tmp_path, high, AFFINE, slices=(3, 4, 5), suffix="-b.dcm")
    found = read_array(read_header(tmp_path))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found[:, :, 3:], high)


@pytest.mark.parametrize("by_plane", [False, True])
def test_colours_are_frames(tmp_path, by_plane):
    image = noise((5, 7, 3), np.uint8)
    file = instance(np.ascontiguousarray(image), SOPClassUID=CAPTURE)
    if by_plane:
        file.PlanarConfiguration = 1
        set_pixels(file, np.moveaxis(image, -1, 0).tobytes())
    path = save(file, tmp_path / "a.dcm")
    header = read_header(path)
    assert header.shape == (7, 5, 1, 3)
    np.testing.assert_array_equal(read_array(header)[:, :, 0], image.transpose(1, 0, 2))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[0], image)


def test_monochrome1_is_as_stored_and_told(tmp_path):
    image = noise((5, 7), np.uint8)
    file = instance(np.ascontiguousarray(image), PhotometricInterpretation="MONOCHROME1")
    header = read_header(save(placed(file, AFFINE, 0), tmp_path / "a.dcm"))
    np.testing.assert_array_equal(read_array(header)[:, :, 0], image.T)
    assert any("MONOCHROME1" in note for note in header.notes)


# --- files of several images ------------------------------------------------------------------


def test_an_enhanced_file_is_sorted_by_its_positions(tmp_path):
    array = noise(SHAPE)
    order = [(k, 0) for k in (3, 0, 5, 1, 4, 2)]
    path = write_enhanced(tmp_path / "a.dcm", array, AFFINE, order)
    header = read_header(path)
    np.testing.assert_array_equal(read_array(header), array)
    np.testing.assert_allclose(header.grid.affine, AFFINE, atol=1e-6)
    box = (slice(0, 7), slice(1, 3), slice(4, 6))
    np.testing.assert_array_equal(read_array(header, box), array[box])


def test_an_enhanced_file_with_time_points(tmp_path):
    array = noise((*SHAPE, 2))
    order = [(k, t) for k in (5, 0, 1, 2, 4, 3) for t in (1, 0)]
    header = read_header(write_enhanced(tmp_path / "a.dcm", array, AFFINE, order))
    assert header.shape == (*SHAPE, 2)
    np.testing.assert_array_equal(read_array(header), array)


def test_frames_without_positions_are_time_points(tmp_path):
    frames = noise((4, 5, 7), np.uint8)
    file = instance(np.ascontiguousarray(frames[0]), SOPClassUID=CAPTURE, NumberOfFrames=4)
    set_pixels(file, np.ascontiguousarray(frames).tobytes())
    header = read_header(save(file, tmp_path / "a.dcm"))
    assert header.shape == (7, 5, 1, 4)
    np.testing.assert_array_equal(read_array(header)[:, :, 0], frames.transpose(2, 1, 0))


# --- what holds no image, and what is broken ---------------------------------------------------


@pytest.mark.parametrize(
    ("modality", "remedy"),
    [("SEG", "highdicom"), ("RTSTRUCT", "contours"), ("SR", "series that it was made from")],
)
def test_dicom_without_image_pixels_is_refused_with_its_name(tmp_path, modality, remedy):
    file = instance(noise((5, 7), np.uint8), Modality=modality)
    if modality != "SEG":
        for tag in ("PixelData", "Rows", "Columns", "BitsAllocated"):
            delattr(file, tag)
    path = save(file, tmp_path / "object.dcm")
    for where in (path, tmp_path):
        found = f"without image pixels: {modality}"
        with pytest.raises(UnreadableFileError, match=found) as caught:
            read_header(where)
        assert remedy in str(caught.value)


def test_what_holds_no_image_does_not_hinder_a_series(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE)
    report = instance(noise((5, 7), np.uint8), "report", Modality="SR", PixelData=None, Rows=None)
    del report.BitsAllocated
    save(report, tmp_path / "report.dcm")
    np.testing.assert_array_equal(read_array(read_header(tmp_path)), array)


def test_garbage_in_a_text_is_shown_briefly(tmp_path):
    report = instance(noise((5, 7), np.uint8), Rows=None, PixelData=None)
    del report.BitsAllocated
    with config.disable_value_validation():
        report.add_new("Modality", "LO", "MR\r\n\0\x1b" + 500 * "x")
        save(report, tmp_path / "a.dcm")
    with pytest.raises(UnreadableFileError) as caught:
        read_header(tmp_path / "a.dcm")
    assert "(1 file)" in str(caught.value) and str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(tmp_path)) + 200


def test_a_broken_file_beside_a_series_is_told(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE)
    (tmp_path / "torn.dcm").write_bytes(b"\0" * 50)
    header = read_header(tmp_path)
    np.testing.assert_array_equal(read_array(header), array)
    assert any("torn.dcm" in note and "passed over" in note for note in header.notes)


@pytest.mark.parametrize("kept", [0, 131, 140, 300, 600, 0.7, -1])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_a_truncated_slice_is_an_error_that_names_it(tmp_path, kept, syntax):
    write_series(tmp_path, noise((50, 40, 4)), AFFINE, syntax=syntax)
    path = tmp_path / "series-0002.dcm"
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * kept) if 0 < kept < 1 else kept])
    with pytest.raises(UnreadableFileError, match=r"series-0002\.dcm"):
        read_array(read_header(path))


def test_a_few_bytes_that_promise_gigabytes_cost_none(tmp_path):
    file = instance(np.zeros((4, 4), np.uint16), "bomb", Rows=60_000, Columns=60_000)
    packed = instance(np.zeros((4, 4), np.uint16), "packed")
    paths = [save(file, tmp_path / "a.dcm"), save(packed, tmp_path / "b.dcm", RLELossless)]
    raw = paths[1].read_bytes()
    for tag in (b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x11\x00US\x02\x00"):
        raw = raw.replace(tag + b"\x04\x00", tag + b"\x60\xea")
    paths[1].write_bytes(raw)
    assert read_header(paths[1]).shape == (60_000, 60_000, 1)
    for path in paths:
        tracemalloc.start()
        with pytest.raises(UnreadableFileError, match=r"[ab]\.dcm"):
            read_array(read_header(path))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 10_000_000  # numpy tells of its arrays; promised are 7,200,000,000


def test_pixels_shorter_than_their_sizes_are_not_filled_from_what_follows(tmp_path):
    file = placed(instance(noise((5, 7))), AFFINE, 0)
    set_pixels(file, b"\1" * 40)
    file.DataSetTrailingPadding = b"\2" * 1000
    with pytest.raises(UnreadableFileError, match=r"a\.dcm: PixelData of 40 bytes"):
        read_header(save(file, tmp_path / "a.dcm"))


def test_a_mosaic_is_refused_with_its_remedy(tmp_path):
    kind = ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]
    write_series(tmp_path, noise(SHAPE), AFFINE, ImageType=lambda number: kind)
    with pytest.raises(UnreadableFileError, match=r"series-\d+\.dcm: a mosaic.*dcm2niix"):
        read_header(tmp_path)


def test_pipes_and_circles_in_the_folder_are_passed_over(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE)
    os.mkfifo(tmp_path / "pipe.dcm")
    (tmp_path / "loop.dcm").symlink_to(tmp_path / "loop.dcm")
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nowhere.dcm")
    (tmp_path / "below").mkdir()
    np.testing.assert_array_equal(read_array(read_header(tmp_path)), array)


def highest(folder):
    """File of the slice that lies highest, whose lack leaves no gap."""
    return max(folder.iterdir(), key=lambda path: dcmread(path).ImagePositionPatient[2])


@pytest.mark.parametrize("suffix", [".dcm", "", ".17"])
@pytest.mark.parametrize("harm", ["link", "empty", "cut"])
def test_a_last_slice_that_cannot_be_read_is_told(tmp_path, suffix, harm):
    write_series(tmp_path, noise(SHAPE), AFFINE, suffix=suffix)
    last = highest(tmp_path)
    head = last.read_bytes()[: 600 if harm == "cut" else 0]
    last.unlink()
    if harm == "link":
        last.symlink_to(tmp_path / "nowhere" / last.name)
    else:
        last.write_bytes(head)
    header = read_header(tmp_path)
    assert header.shape == (7, 5, 5) and header.absent == ()
    (note,) = header.notes
    assert last.name in note and "passed over" in note


def test_other_files_in_the_folder_are_not_mentioned(tmp_path):
    write_series(tmp_path, noise(SHAPE), AFFINE)
    (tmp_path / "README").write_text("hello")
    (tmp_path / "DICOMDIR").write_bytes(b"")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "below").mkdir()
    assert read_header(tmp_path).notes == ()


def test_a_file_of_many_frames_that_changed_is_read_again(tmp_path):
    for depth in (6, 4):
        array = noise((7, 5, depth))
        path = write_enhanced(tmp_path / "a.dcm", array, AFFINE, [(k, 0) for k in range(depth)])
        for _ in range(2):
            np.testing.assert_array_equal(read_array(read_header(path)), array)


def test_a_folder_that_changed_is_read_again(tmp_path):
    array = noise(SHAPE)
    write_series(tmp_path, array, AFFINE)
    assert read_header(tmp_path).shape == SHAPE
    write_series(tmp_path, noise((7, 5, 2)), AFFINE, slices=(6, 7), suffix="-more.dcm")
    assert read_header(tmp_path).shape == (7, 5, 8)
    for path in tmp_path.iterdir():
        path.unlink()
    write_series(tmp_path, array, AFFINE, RescaleIntercept="5", RescaleSlope="1")
    assert read_header(tmp_path).scaling.intercept == 5


# --- compressed numbers -------------------------------------------------------------------------


@pytest.mark.parametrize("compressor", ["JPEG", "JPEG2000"])
@pytest.mark.parametrize("kind", ["uint8", "int16", "uint16"])
def test_lossless_compression_loses_nothing(tmp_path, compressor, kind):
    array = noise((40, 30), kind)
    path = tmp_path / "a.dcm"
    writer = sitk.ImageFileWriter()
    writer.SetFileName(str(path))
    writer.UseCompressionOn()
    writer.SetCompressor(compressor)
    writer.Execute(sitk.GetImageFromArray(np.ascontiguousarray(array.T)))
    assert b"1.2.840.10008.1.2.4." in path.read_bytes()
    header = read_header(path)
    assert header.dtype == np.dtype(kind)
    np.testing.assert_array_equal(read_array(header)[:, :, 0], array)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "MR_small_padded.dcm",
    ],
)
def test_one_image_in_six_transfer_syntaxes(name):
    plain = get_testdata_file("MR_small.dcm", download=False)
    np.testing.assert_array_equal(
        values(get_testdata_file(name, download=False)), dcmread(plain).pixel_array.T[:, :, None]
    )


@pytest.mark.parametrize(
    "name",
    [
        "693_J2KI.dcm",
        "image_dfl.dcm",
        "JPGExtended.dcm",
        "JPEGLSNearLossless_16.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_rgb_rle_2frame.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "SC_rgb_small_odd_big_endian.dcm",
        "examples_ybr_color.dcm",
    ],
)
def test_other_files_have_the_values_that_itk_reads(name):
    path = get_testdata_file(name, download=False)
    truth = sitk.GetArrayFromImage(sitk.ReadImage(path))
    found = values(path)
    if found.ndim == 5:  # pictures in time: frames here, slices there
        found = found[:, :, 0]
    colours = truth.ndim == 4
    np.testing.assert_array_equal(found, truth.transpose((2, 1, 0, 3) if colours else (2, 1, 0)))


def test_a_scaling_does_not_change_compressed_numbers(tmp_path):
    file = dcmread(get_testdata_file("MR_small_jpeg_ls_lossless.dcm", download=False))
    file.RescaleSlope, file.RescaleIntercept = "0.3", "-7.5"
    file.save_as(tmp_path / "a.dcm")
    header = read_header(tmp_path / "a.dcm")
    plain = dcmread(get_testdata_file("MR_small.dcm", download=False)).pixel_array
    np.testing.assert_array_equal(read_array(header)[:, :, 0], plain.T)
    np.testing.assert_allclose(values(tmp_path / "a.dcm")[:, :, 0], plain.T * 0.3 - 7.5)


def test_a_transfer_syntax_that_nothing_decodes_is_named(tmp_path):
    file = dcmread(get_testdata_file("MR_small_RLE.dcm", download=False))
    file.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.102"
    file.save_as(tmp_path / "a.dcm")
    with pytest.raises(UnreadableFileError, match=r"a\.dcm.*MPEG-4.*1\.2\.4\.102"):
        read_array(read_header(tmp_path / "a.dcm"))


def test_the_frames_of_a_dose_lie_where_their_offsets_say():
    path = get_testdata_file("rtdose.dcm", download=False)
    header, image = read_header(path), sitk.ReadImage(path)
    file = dcmread(path)
    assert header.shape == (10, 10, 15)
    assert header.grid.spacing == pytest.approx(image.GetSpacing())
    assert header.grid.origin[2] == pytest.approx(image.GetOrigin()[2])
    dose = file.pixel_array.transpose(2, 1, 0) * float(file.DoseGridScaling)
    np.testing.assert_allclose(values(path), dose, rtol=1e-12)
