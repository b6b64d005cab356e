"""A list remembers where it comes from; a dictionary that is another's is no trouble."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_medload.loaders import Dataset, DatasetError, LoaderOptions, open_dataset
from napari_medload.loaders.lists.described import (
    KEY,
    ListDescription,
    describing,
    dictionary,
    is_dictionary,
)

OPTIONS = LoaderOptions(labeled=False, intra_group_prob=0.5, seed=7, directories=("a", "b"))
PAIRS = "sample_id,fixed_image,moving_image\na,f.nii,m.nii\n"


@pytest.fixture
def described(tmp_path):
    dataset = Dataset(tmp_path, "paired", (), "same grid", options=OPTIONS)
    dataset = replace(dataset, split_options={"train": OPTIONS}, patterns={"image": "{id}.nii"})
    return describing(dataset, chosen=["verdict accept"], split="train", base="../data")


def test_a_description_comes_back_as_it_was(described):
    assert ListDescription.from_json(json.loads(json.dumps(described.to_json()))) == described
    assert described.dataset.endswith("(paired)")
    assert described.to_json()["chosen"] == ["verdict accept"]


@pytest.mark.parametrize(
    "form", ["list.csv", "list.tsv", "list.json", "list.jsonl", "beside.jsonl"]
)
def test_alignment_options_and_base_come_back_with_the_list(tmp_path, described, form):
    path = tmp_path / "lists" / form
    path.parent.mkdir()
    row = {"sample_id": " a", "fixed_image": " f.nii", "moving_image": "m.nii"}
    head = {KEY: described.to_json()}
    if form == "list.json":
        path.write_text(json.dumps({**head, "samples": [row]}))
    elif form == "list.jsonl":
        path.write_text(f"{json.dumps(head)}\n{json.dumps(row)}\n")
    elif form == "beside.jsonl":
        path.write_text(f"{json.dumps(row)}\n")
        path.with_suffix(".json").write_text(json.dumps(dictionary(list(row), described)))
    else:
        between = "," if form == "list.csv" else "\t"
        path.write_text(between.join(row) + "\n" + between.join(row.values()) + "\n")
        beside = dictionary(list(row), described)
        path.with_suffix(".json").write_text(json.dumps(beside))
    dataset = open_dataset(path)
    assert (dataset.alignment, dataset.promised) == ("same grid", True)
    assert dataset.options == OPTIONS
    assert dataset.options_for("train") == OPTIONS
    assert dataset[0].id == " a"  # as it was written: it is our own
    assert dataset[0].sources["fixed_image"].file == str(tmp_path / "data/ f.nii")


def test_another_list_beside_describes_nothing(tmp_path):
    row = {"sample_id": "a", "fixed_image": "f.nii", "moving_image": "m.nii"}
    told = {KEY: {"version": "1", "base": "elsewhere"}, "samples": [row]}
    (tmp_path / "list.json").write_text(json.dumps(told))
    for form, text in (("csv", PAIRS), ("jsonl", f"{json.dumps(row)}\n")):
        (tmp_path / f"list.{form}").write_text(text)
        (sample, *_) = open_dataset(tmp_path / f"list.{form}")
        assert sample.sources["fixed_image"].path.parent == tmp_path


def test_an_alignment_that_was_guessed_is_guessed_again(tmp_path):
    (tmp_path / "list.csv").write_text(PAIRS)
    guessed = open_dataset(tmp_path / "list.csv")
    told = describing(replace(guessed, alignment="", promised=False))
    assert told.alignment == ""
    assert "alignment" not in told.to_json()


DAMAGED = ["{", "[]", "3", '{"Age": {"Description": "x"}}', f'{{"{KEY}": 3}}', "[" * 100_000]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_dictionary_that_is_not_ours_is_no_reason_not_to_open_the_list(tmp_path, text):
    (tmp_path / "list.csv").write_text(PAIRS)
    (tmp_path / "list.json").write_text(text)
    assert open_dataset(tmp_path / "list.csv")[0].id == "a"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = ("alignment", "options", "patterns", "chosen", "base", "split_options", "columns")


@given(st.dictionaries(st.sampled_from(NAMES), anything) | anything)
def test_whatever_stands_there_is_read_or_left_out(content):
    found = ListDescription.from_json(content)
    assert found is None or ListDescription.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "options",
    [{"seed": "x"}, {"intra_group_prob": 2}, {"sample_label": ["all"]}, {"labeled": None}],
)
def test_options_that_no_loader_takes_are_left_out(options):
    found = ListDescription.from_json({"options": options, "base": "x"})
    assert found.options is None
    assert found.base == "x"


def test_a_dictionary_is_no_list_and_says_which_is(tmp_path, described):
    content = dictionary(["sample_id", "fixed_image"], described, stated=["Age"])
    assert list(content) == ["sample_id", "fixed_image", "Age", KEY]
    assert is_dictionary(content)
    (tmp_path / "list.json").write_text(json.dumps(content))
    (tmp_path / "list.csv").write_text(PAIRS)
    for layout in (None, "list"):
        with pytest.raises(DatasetError, match=r"list\.json: a data dictionary.* Open list\.csv"):
            open_dataset(tmp_path / "list.json", layout=layout)
    with pytest.raises(DatasetError, match=r"Open list\.csv in it") as caught:
        open_dataset(tmp_path)
    assert "or list.json" not in str(caught.value)


@pytest.mark.parametrize("content", [{}, [], {"samples": []}, {"training": [{"image": "a.nii"}]}])
def test_other_json_is_no_dictionary(content):
    assert not is_dictionary(content)


def test_columns_are_what_the_dictionary_says_and_further_ones_what_their_names_say(tmp_path):
    """A role may hold a file without suffix, and a fact may look like a path."""
    told = ListDescription(roles=("fixed_image", "mask"), stated=("scan", "label", "fixd_image"))
    (tmp_path / "l.json").write_text(json.dumps(dictionary([], told)))
    header = "sample_id,fixed_image,mask,scan,label,fixd_image,more"
    (tmp_path / "l.csv").write_text(f"{header}\na,f.nii,IM0001,s.nii,2.5,x.nii,m.nii\n")
    (sample,) = open_dataset(tmp_path / "l.csv")
    assert {role: source.path.name for role, source in sample.sources.items()} == {
        "fixed_image": "f.nii",
        "mask": "IM0001",
        "more": "m.nii",
    }
    assert dict(sample.settings) == {"scan": "s.nii", "label": "2.5", "fixd_image": "x.nii"}
    by_hand = open_dataset(tmp_path / "l.csv", columns={"label": "scan"})[0]
    assert by_hand.sources["label"].path.name == "s.nii"
