"""Columns by hand, by guess, and as other programs name them."""

from __future__ import annotations

import pytest

from napari_medload.app.cli import main
from napari_medload.loaders import DatasetError, open_dataset
from napari_medload.loaders.errors import NoColumnsError
from napari_medload.loaders.lists import columns_of

BY_HAND = {"fixed_image": "ct_path", "moving": "MR", "split": "fold", "id": "nr"}


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "any.csv"
    path.write_text("nr,fold,ct_path,MR,seg_ct,age\n7,2,ct7,mr7,seg7.nii.gz,41\n")
    return path


def test_columns_are_chosen_by_hand(foreign):
    dataset = open_dataset(foreign, columns=BY_HAND)
    (sample,) = dataset
    assert sample.id == "2/7"
    assert sample.split == "2"
    assert sample.sources["fixed_image"].path.name == "ct7"
    assert sample.sources["moving_image"].path.name == "mr7"
    assert sample.sources["seg_ct"].path.name == "seg7.nii.gz"  # a further role, as ever
    assert dict(sample.settings) == {"age": "41"}
    assert dataset.columns == BY_HAND
    assert not dataset.findable
    assert open_dataset(foreign, columns=dataset.columns).samples == dataset.samples
    assert open_dataset(foreign, columns=BY_HAND, split="2").columns == BY_HAND


def test_a_column_by_hand_goes_before_one_of_that_name(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("image,better,split,fold\na.nii,b.nii,x,train\n")
    (sample,) = open_dataset(path, columns={"image": "better", "split": "fold"})
    assert sample.split == "train"
    assert sample.sources["image"].path.name == "b.nii"
    assert set(sample.roles) == {"image"}
    assert sample.settings["image"] == "a.nii"
    assert "x" in sample.settings.values()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"image": "ct_pat"}, "no column is named 'ct_pat'.*Did you mean 'ct_path'"),
        ({"image": "MR", "label": "mr"}, "the column 'mr' was chosen twice"),
    ],
)
def test_a_choice_that_cannot_be_is_told(foreign, columns, said):
    with pytest.raises(DatasetError, match=rf"any\.csv: {said}"):
        open_dataset(foreign, columns=columns)


def test_columns_are_chosen_of_lists_only(tmp_path):
    with pytest.raises(DatasetError, match="columns were chosen by hand; expected a list"):
        open_dataset(tmp_path, columns={"image": "x"})


def test_a_list_without_columns_of_paths_can_be_told_apart(tmp_path):
    (tmp_path / "x.csv").write_text("age,sex\n3,f\n")
    with pytest.raises(NoColumnsError, match="columns=") as caught:
        open_dataset(tmp_path / "x.csv")
    assert caught.value.path == tmp_path / "x.csv"


def test_the_command_line_says_what_it_expects(foreign, capsys):
    assert main(["open", str(foreign), "--column", "ct_path"]) == 2
    assert "expected ROLE=COLUMN" in capsys.readouterr().err


# --- guesses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "case;fold;ct_path;mr_path;ct_mask\n1;0;a.nii.gz;b.nii.gz;c.nii.gz\n",
            {
                "fixed_image": "ct_path",
                "moving_image": "mr_path",
                "fixed_label": "ct_mask",
                "sample_id": "case",
                "split": "fold",
            },
        ),
        ("patient,scan,contours\np,a.nii,b.nii\n",
         {"image": "scan", "label": "contours", "subject_id": "patient"}),
        ("one,two\na.nii,b.nii\n", {"fixed_image": "one", "moving_image": "two"}),
        ("first,mri\na.nii,b.nii\n", {"fixed_image": "first", "moving_image": "mri"}),
        ("fixed,moving,id\nx,y,1\n",
         {"fixed_image": "fixed", "moving_image": "moving", "sample_id": "id"}),
        ("Patient Nr;MRT (T1);CT-Scan;Alter\nP1;a.nii;b.nii;51\n",
         {"fixed_image": "MRT (T1)", "moving_image": "CT-Scan", "subject_id": "Patient Nr"}),
        ("Patient,T1,CT,Alter\nP1,one,two,51\n",
         {"fixed_image": "T1", "moving_image": "CT", "subject_id": "Patient"}),
        ("case,CT moving,CT fixed\n1,a.nii,b.nii\n",
         {"fixed_image": "CT fixed", "moving_image": "CT moving", "sample_id": "case"}),
        ("case,source,target,target_seg\n1,a.nii,b.nii,c.nii\n",
         {"fixed_image": "target", "moving_image": "source", "fixed_label": "target_seg",
          "sample_id": "case"}),
        ("ID,atlas,subject_image\n1,a.nii,b.nii\n",
         {"fixed_image": "atlas", "moving_image": "subject_image", "sample_id": "ID"}),
        ("case,image,mask,sex\n1,one,two,f\n",
         {"image": "image", "label": "mask", "sample_id": "case"}),
        ("age,sex\n3,f\n", {}),
    ],
)  # fmt: skip
def test_guesses_by_names_and_by_cells(tmp_path, text, expected):
    path = tmp_path / "x.csv"
    path.write_text(text)
    found = columns_of(path)
    assert found.guess == expected
    assert ",".join(found.header) == text.partition("\n")[0].replace(";", ",")
    assert all(len(row) == len(found.header) for row in found.first_rows)
    if expected:
        assert len(open_dataset(path, columns=found.guess)) == 1


def test_a_file_without_a_header_has_no_columns(tmp_path):
    (tmp_path / "x.csv").write_text("\n\n")
    with pytest.raises(DatasetError, match="no header"):
        columns_of(tmp_path / "x.csv")


def test_columns_of_other_forms(tmp_path):
    (tmp_path / "x.jsonl").write_text('{"a": "x.nii", "n": 3}\n{"a": "y.nii", "b": null}\n')
    found = columns_of(tmp_path / "x.jsonl")
    assert found.header == ("a", "n", "b")
    assert found.first_rows == (("x.nii", "3", ""), ("y.nii", "", ""))
    assert found.guess == {"image": "a"}


# --- other programs --------------------------------------------------------------------------


def test_a_list_of_dicleak(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "path,label,split,subject_id\na.nii,0,train,s1\nb.nii,1,train,s1\nc.nii,1,test,s2\n"
    )
    dataset = open_dataset(path)
    assert [sample.id for sample in dataset] == ["train/s1/a", "train/s1/b", "test/s2"]
    assert [sample.problems for sample in dataset] == [()] * 3
    assert dataset[0].roles == ("image",)
    assert dict(dataset[1].settings) == {"label": "1", "subject_id": "s1"}


def test_a_list_of_miqa(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "project_name,experiment_name,scan_name,scan_type,frame_number,file_location\n"
        "p,e1,s1,T1,0,e1/s1/0.nii.gz\np,e1,s1,T1,1,e1/s1/1.nii.gz\n"
    )
    dataset = open_dataset(path)
    assert [sample.id for sample in dataset] == ["s1/0", "s1/1"]
    assert [sample.group for sample in dataset] == ["e1", "e1"]
    assert dataset[0].roles == ("image",)
    assert dataset[0].settings["scan_type"] == "T1"


def test_columns_of_ours_are_never_roles(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("sample_id,image,note,reviewer,mask\na,a.nii,see b.nii.gz,c.nii,m.nii\n")
    (sample,) = open_dataset(path)
    assert set(sample.roles) == {"image", "mask"}
    assert dict(sample.settings) == {"note": "see b.nii.gz", "reviewer": "c.nii"}


def test_a_column_of_which_some_cells_are_paths_is_both(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,image,mask\na,a.nii,m.nii\nb,b.nii,none yet\nc,c.nii,\n")
    a, b, c = open_dataset(path)
    assert a.sources["mask"].path.name == "m.nii"
    assert "mask" not in b.sources
    assert b.settings == {"mask": "none yet"}
    assert (a.settings, c.settings) == (None, None)


@pytest.mark.parametrize(
    ("meant", "near"), [("fixed_imag", "fixed_image"), ("moving_lable", "moving_label")]
)
def test_a_slip_in_the_name_of_a_role_is_told(foreign, meant, near):
    with pytest.raises(DatasetError, match=f"no role is named '{meant}'; did you mean '{near}'"):
        open_dataset(foreign, columns={meant: "mr"})


def test_channels_and_roles_of_ones_own_are_no_slips(foreign):
    columns = {"fixed_image": "ct_path", "fixed_image_0001": "mr", "mask": "seg_ct"}
    assert {"fixed_image", "fixed_image_0001", "mask"} <= set(
        open_dataset(foreign, columns=columns)[0].roles
    )


def test_further_roles_keep_their_names(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("Case;MRT (T1);CT-Scan;Fixed_T2\n1;a.nii;b.nii;c.nii\n")
    assert list(open_dataset(path)[0].sources) == ["MRT (T1)", "CT-Scan", "fixed_t2"]
