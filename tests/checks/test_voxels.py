"""One fault of the voxels a test, with its figure against a formula; and the same, well made."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from napari_medload.checks import Severity
from napari_medload.checks.battery import check_voxels
from napari_medload.formats import Source
from napari_medload.images import read_volume
from napari_medload.labels import Categories, LabelTable
from napari_medload.loaders import Sample
from tests.checks.phantoms import SHAPE, SPACING, ball, body, of, only, organs, shifted
from tests.phantoms import affine_of, write_h5, write_nifti

LAS = affine_of("LAS", SHAPE, SPACING)
LPS = affine_of("LPS", SHAPE, SPACING)
TABLE = {
    role: Categories(LabelTable.from_names({1: "liver", 2: "spleen"}, "/data/label_names.txt"))
    for role in ("fixed_label", "moving_label", "label")
}


@pytest.mark.parametrize("alignment", ["world", "none"])
def test_a_good_pair_has_no_finding(files, alignment):
    files.good()
    assert files.voxels(alignment, TABLE) == ()


def test_float_images_and_labels_are_as_good(files):
    files.good()
    for seed, (side, affine) in enumerate((("fixed", LAS), ("moving", LPS))):
        files.write(f"{side}_image", body(affine, seed).astype(np.float32), affine)
        files.write(f"{side}_label", organs(affine).astype(np.float64), affine)
    assert files.voxels("world", TABLE) == ()


def test_nan_and_inf_are_counted_where_itk_sees_zeros(files):
    image = body(LAS).astype(np.float32)
    image[1, 2, 3:8] = np.nan
    image[4, 5, 6], image[4, 5, 7] = np.inf, -np.inf
    path = files.write("fixed_image", image, LAS)
    assert np.isfinite(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))).all()
    found = only(files.voxels(), "finite values")
    assert (found.figure, found.unit, found.severity) == (7, "voxels", Severity.ERROR)
    assert "5 NaN, 2 infinite" in found.sentence and found.roles == ("fixed_image",)


def test_an_image_without_a_number_is_not_called_constant(files):
    files.write("image", np.full(SHAPE, np.nan, np.float32), LAS)
    assert only(files.voxels("none"), "finite values").figure == np.prod(SHAPE)


def test_nan_in_a_label_is_found(files):
    label = organs(LAS).astype(np.float32)
    label[0, 0, :3] = np.nan
    files.write("label", label, LAS)
    assert only(files.voxels("none"), "finite values").figure == 3


def test_a_constant_image_is_found_with_its_scaled_value(files):
    files.write("image", np.full(SHAPE, 7, np.int16), LAS, slope=0.5, intercept=-1.0)
    found = only(files.voxels("none"), "constant image")
    assert found.severity == Severity.WARNING and found.sentence == "image: every voxel is 2.5"


@pytest.mark.parametrize("alignment", ["world", "none"])
def test_an_image_paired_with_itself_is_found(files, alignment):
    files.good(labels=False)
    files.write("moving_image", body(LAS), LAS)
    assert only(files.voxels(alignment), "identical images").severity == Severity.WARNING
    one_off = body(LAS)
    one_off[3, 3, 3] += 1
    files.write("moving_image", one_off, LAS)
    assert files.voxels(alignment) == ()


def test_identical_images_are_met_in_other_types_and_with_gaps(files):
    image = body(LAS).astype(np.float32)
    image[0] = np.nan
    files.write("fixed_image", image, LAS)
    files.write("moving_image", image.astype(np.float64), LAS)
    assert of(files.voxels("none"), "identical images")


def test_checks_can_pause_and_end_between_planes(files):
    files.good()
    sample = files.sample()
    volumes = {role: read_volume(source) for role, source in sample.sources.items()}
    pauses = []
    check_voxels(sample, volumes, {}, "world", lambda: pauses.append(1))
    assert len(pauses) == 4 * SHAPE[2]

    def end() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        check_voxels(sample, volumes, {}, "world", end)


# --- labels --------------------------------------------------------------------------------


def test_an_empty_label_is_a_warning_and_an_error_beside_one_that_is_not(files):
    files.write("label", np.zeros(SHAPE, np.uint8), LAS)
    found = only(files.voxels("none"), "empty label")
    assert found.severity == Severity.WARNING
    assert found.sentence == "label: empty, every voxel is background"


def test_an_empty_moving_label_is_an_error_where_the_pair_promises_something(files):
    files.good()
    files.write("moving_label", np.zeros(SHAPE, np.float32), LPS)
    found = only(files.voxels("world"), "empty label")  # and not that the sets differ
    assert found.severity == Severity.ERROR and found.roles == ("moving_label",)
    assert only(files.voxels("none"), "empty label").severity == Severity.WARNING


def test_fractions_are_no_labels(files):
    label = organs(LAS).astype(np.float32)
    label[label == 2] = 1.5
    files.write("label", label, LAS)
    found = only(files.voxels("none"), "label values")
    assert found.severity == Severity.ERROR and "holds 1.5" in found.sentence


def test_undeclared_labels_are_found_only_where_a_table_declares(files):
    label = organs(LAS)
    label[label == 2] = 7
    files.write("label", label, LAS)
    found = only(files.voxels("none", TABLE), "undeclared label")
    assert found.severity == Severity.ERROR and found.figure == np.count_nonzero(label == 7)
    assert "label 7" in found.sentence and "label_names.txt" in found.sentence
    assert files.voxels("none") == ()


def test_large_and_negative_label_values_are_labels(files):
    label = organs(LAS).astype(np.int32)
    label[label == 1] = -3
    label[label == 2] = 2_000_000
    files.write("label", label, LAS)
    found = only(files.voxels("none", TABLE), "undeclared label")
    assert "labels -3, 2000000" in found.sentence
    assert found.figure == np.count_nonzero(label)


def test_differing_sets_of_labels_are_found(files):
    files.good()
    only_left = organs(LPS) % 2
    files.write("moving_label", only_left, LPS)
    files.write("moving_image", body(LPS, 1), LPS)
    found = only(files.voxels("world", TABLE), "label sets")
    assert found.severity == Severity.ERROR and "2 'spleen' only in the fixed" in found.sentence
    assert found.figure == np.count_nonzero(organs(LAS) == 2)
    assert files.voxels("none", TABLE) == ()


def test_a_label_that_the_other_image_does_not_reach_is_not_missed(files):
    """The moving image ends 6 mm left of the middle: only the left organ is in it."""
    files.good()
    half = slice(0, SHAPE[0] // 2 - 3)
    affine = affine_of("RAS", SHAPE, SPACING)
    files.write("moving_image", body(affine)[half], affine)
    files.write("moving_label", (organs(affine) % 2)[half], affine)
    assert [f.check for f in files.voxels("world")] == ["label border"]


def test_labels_at_the_border_are_found_with_their_voxels(files):
    label = organs(LAS)
    label[10:14, 10:15, -1] = 1
    label[0, 3, 4] = 2
    files.write("label", label, LAS)
    found = only(files.voxels("none", TABLE), "label border")
    assert found.severity == Severity.WARNING and found.figure == 21
    assert "labels 1 'liver', 2 'spleen' reach the border" in found.sentence
    assert "(21 voxels)" in found.sentence


def test_one_voxel_is_not_told_as_several(files):
    label, image = organs(LAS), body(LAS).astype(np.float32)
    label[0, 3, 4], label[3, 3, 4], image[5, 5, 5] = 1, 77, np.nan
    files.write("image", image, LAS)
    files.write("label", label, LAS)
    for check, said in (
        ("label border", "reaches the border of the image (1 voxel) and"),
        ("undeclared label", "label 77 (1 voxel) not in"),
        ("finite values", "1 voxel is not finite (1 NaN)"),
    ):
        assert said in of(files.voxels("none", TABLE), check).sentence


def test_a_single_slice_has_no_border_along_its_normal(files):
    files.write("label", organs(LAS)[:, :, 15:16], LAS)
    assert files.voxels("none") == ()


@pytest.mark.parametrize(("mm", "share"), [(0, None), (50, 0.9)])
def test_a_label_off_its_body_is_found(files, mm, share):
    """The blind spot of nnU-Net: a label shifted by 50 mm passes its checks."""
    files.write("image", body(LAS), LAS)
    files.write("label", organs(LAS), shifted(LAS, 0, mm, 0))
    found = files.voxels("none")
    assert bool(found) is (share is not None)
    if share:
        assert only(found, "label outside").figure > 100 * share


def test_dark_organs_inside_a_body_are_not_outside(files):
    image, lungs = body(LAS), ball(LAS, (0, 0, 0), 14)
    image[lungs] = 2
    files.write("image", image, LAS)
    files.write("label", lungs.astype(np.uint8), LAS)
    assert files.voxels("none") == ()


# --- places --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mm", "severity"), [(8.0, None), (14.0, Severity.WARNING), (30.0, Severity.ERROR)]
)
def test_a_shifted_pair_is_found_by_its_labels(files, mm, severity):
    files.good()
    affine = shifted(LPS, 0, mm, 0)
    files.write("moving_image", body(LPS, 1), affine)
    files.write("moving_label", organs(LPS), affine)
    assert files.voxels("none") == ()
    found = files.voxels("world")
    if severity is None:
        assert found == ()
        return
    told = only(found, "labels apart")
    assert told.severity == severity and told.unit == "mm"
    assert told.figure == pytest.approx(mm, abs=0.3)
    assert "mm anterior" in told.sentence and "left" not in told.sentence


def test_fields_of_view_may_be_centred_anywhere(files):
    """Half of the moving image's field of view is beside the body; the body stays."""
    files.good()
    wide = affine_of("LPS", SHAPE, (4.0, 4.0, 4.0), centre=(25, -20, 10))
    files.write("moving_image", body(wide, 1), wide)
    files.write("moving_label", organs(wide), wide)
    assert files.voxels("world") == ()


def test_a_structure_on_the_other_side_is_found_while_the_rest_stays(files):
    files.good()
    for role, affine, x in (("fixed_label", LAS, -18), ("moving_label", LPS, 18)):
        label = ball(affine, (0, 0, -12), 14).astype(np.uint8)
        label[ball(affine, (x, 0, 12), 5)] = 2
        files.write(role, label, affine)
    files.write("moving_image", body(LPS, 1), LPS)
    found = only(files.voxels("world", TABLE), "label displaced")
    assert found.figure == pytest.approx(36, abs=0.5) and found.severity == Severity.WARNING
    assert "2 'spleen'" in found.sentence and "mm right" in found.sentence


def test_what_is_cut_off_has_no_middle_to_measure(files):
    files.good()
    half = SHAPE[2] // 2
    affine = affine_of("LPS", SHAPE, SPACING)
    files.write("moving_image", body(affine)[:, :, half:], shifted(affine, 0, 0, half * SPACING[2]))
    files.write(
        "moving_label", organs(affine)[:, :, half:], shifted(affine, 0, 0, half * SPACING[2])
    )
    assert not [f for f in files.voxels("world") if "apart" in f.check or "displaced" in f.check]


@pytest.mark.parametrize("scale", [0.01, 0.1, 3.0])
def test_labels_that_a_scale_factor_rounds_are_whole_with_a_warning(tmp_path, scale):
    """NIfTI keeps factors as float32: 10 × 0.1 is 1.0000000149."""
    stored = np.rint(organs(LAS) / scale).astype(np.uint8)
    label = read_volume(Source(write_nifti(tmp_path / "a.nii", stored, LAS, slope=scale)))
    exact = label.scaling.apply(label.array)
    found = check_voxels(Sample("a", {}), {"label": label}, {}, "none")
    if (exact == np.rint(exact)).all():
        assert not of_check(found, "label values")
        return
    (told,) = of_check(found, "label values")
    assert told.severity is Severity.WARNING and "rounded" in told.sentence
    furthest = max(np.unique(exact), key=lambda value: abs(value - round(value)))
    assert f"holds {float(furthest)!r}" in told.sentence
    assert not of_check(found, "empty label")


def test_fractions_at_the_border_are_counted_to_no_label(files):
    near = organs(LAS).astype(np.float32)
    near[0, 0, 0], near[0, 0, 1:] = 1.0, 0.9
    files.write("image", body(LAS), LAS)
    files.write("label", near, LAS)
    assert of(files.voxels("none"), "label border").figure == 3  # one corner lies in three faces


def test_what_is_rounded_to_background_is_no_label(files):
    near = organs(LAS).astype(np.float32)
    near[:3] = 1e-4
    files.write("image", body(LAS), LAS)
    files.write("label", near, LAS)
    told = only(files.voxels("none", TABLE), "label values")
    assert (
        told.severity is Severity.WARNING
        and "programs that cut off fractions read 0" in told.sentence
    )


def of_check(findings, check):
    return [finding for finding in findings if finding.check == check]


@pytest.mark.parametrize("labels", [True, False])
def test_a_pair_that_a_registration_was_run_on_may_lie_apart(files, labels):
    files.good(labels=labels)
    for role, array in (("image", body(LPS, 1)), ("label", organs(LPS)))[: 1 + labels]:
        files.write(f"moving_{role}", array, shifted(LPS, 0, 0, -60))
    assert [f.severity >= Severity.WARNING for f in files.voxels("world")] == [True]
    sample, transform = files.sample(), {"transform": Source("a.tfm")}
    volumes = {role: read_volume(source) for role, source in sample.sources.items()}
    sample = Sample("a", {**sample.sources, **transform})
    (found,) = check_voxels(sample, volumes, {}, "world")
    assert found.severity is Severity.NOTE and found.figure == pytest.approx(60, abs=1.5)
    assert found.sentence.endswith("before its registration")


@pytest.mark.parametrize(("mm", "told"), [(8.0, False), (25.0, True)])
def test_bodies_apart_are_found_without_labels(files, mm, told):
    files.good(labels=False)
    files.write("moving_image", body(LPS, 1), shifted(LPS, 0, 0, -mm))
    found = files.voxels("world")
    assert files.voxels("none") == () and bool(found) is told
    if told:
        assert only(found, "bodies apart").figure == pytest.approx(mm, abs=1.5)
        assert "mm inferior" in found[0].sentence


def test_without_geometry_nothing_is_measured_in_mm(tmp_path):
    volumes = {}
    for role, z in (("fixed", 0), ("moving", 24)):
        affine = shifted(LAS, 0, 0, z)
        volumes[f"{role}_image"] = read_volume_of(tmp_path / f"{role}i.h5", body(affine, z))
        volumes[f"{role}_label"] = read_volume_of(tmp_path / f"{role}l.h5", organs(affine))
    assert check_voxels(Sample("a", {}), volumes, TABLE, "world") == ()


def read_volume_of(path, array):
    return read_volume(Source(write_h5(path, a=array), "a"))


# --- frames --------------------------------------------------------------------------------


def test_one_hot_channels_are_labels_of_their_own(files):
    label = organs(LAS)
    one_hot = np.stack([label == 1, label == 2, label == 9], axis=-1).astype(np.uint8)
    files.write("fixed_label", one_hot, LAS)
    files.write("moving_label", one_hot[..., [0, 2, 1]], LAS)
    found = only(files.voxels("world", TABLE), "label sets")
    assert "channel 1 'spleen' only in the fixed label" in found.sentence
    assert "channel 2 only in the moving label" in found.sentence


def test_joined_channels_bear_the_name_of_their_category(files):
    label = organs(LAS)
    one_hot = np.stack([label == 9, label == 1, label == 2], axis=-1).astype(np.uint8)
    one_hot[0, 0, 0, 2] = 1
    files.write("label", one_hot, LAS)
    pets = Categories(LabelTable.from_names({1: "cat", 2: "dog"}), ((0,), (1, 2)))
    assert "channel 2 'dog'" in only(files.voxels("none", {"label": pets}), "label border").sentence


def test_labels_in_time_are_counted_together(files):
    label = organs(LAS)
    files.write("image", np.stack([body(LAS, n) for n in range(3)], axis=-1), LAS)
    series = np.stack([label, np.zeros_like(label), 0 * label], axis=-1)
    series[1, 1, 1, 2] = 9
    files.write("label", series, LAS)
    found = only(files.voxels("none", TABLE), "undeclared label")
    assert found.figure == 1 and "label 9" in found.sentence


def test_order_and_type_of_the_arrays_change_no_figure(tmp_path, files):
    """HDF5 stores the last axis fastest, NIfTI the first; big-endian is as good."""
    label = organs(LAS)
    label[10:14, 10:15, -1] = 7
    nifti = files.write("label", label.astype(np.int16), LAS, byte_order=">")
    both = [read_volume(nifti), read_volume_of(tmp_path / "a.h5", label.astype(">f4"))]
    found = [check_voxels(Sample("a", {}), {"label": v}, TABLE, "none") for v in both]
    told = [[(f.sentence, f.figure, f.severity, f.place.index) for f in each] for each in found]
    assert told[0] == told[1] and len(found[0]) == 2
    assert all(f.place.mm for f in found[0]) and not any(f.place.mm for f in found[1])
