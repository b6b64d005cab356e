from __future__ import annotations

import os
import shutil

import nibabel as nib
import numpy as np
import pytest

from napari_medload.formats import Source
from napari_medload.loaders.identity import file_stamp, hash_of_source
from napari_medload.review import Verdict, is_stale

ONE = Verdict("s", "accept", content=(("image", "ab"),), stamps=(("image", 10, 99),))


@pytest.mark.parametrize(
    ("stamps", "content", "answer"),
    [
        ([("image", 10, 99)], None, False),  # not touched
        ([("image", 10, 98)], None, None),  # touched: it has to be read
        ([("image", 10, 98)], [("image", "ab")], False),  # a copy
        ([("image", 10, 98)], [("image", "cd")], True),
        ([("image", 10, 99)], [("image", "cd")], True),  # changed, and its time set back
        ([], None, True),  # gone
        ([("image", 10, 99), ("label", 1, 1)], None, True),  # a label that nobody had seen
        ([("image", 10, 98)], [("image", "")], None),  # not read yet
    ],
)
def test_by_stamps_then_by_content(stamps, content, answer):
    assert is_stale(ONE, stamps, content) is answer


def test_what_was_never_recorded():
    assert is_stale(Verdict("s", "accept"), [("image", 1, 1)]) is None
    stamped = Verdict("s", "reject", stamps=(("image", 10, 99),))
    assert is_stale(stamped, [("image", 10, 99)]) is False
    assert is_stale(stamped, [("image", 11, 99)]) is True
    hashed = Verdict("s", "accept", content=(("image", "ab"),))
    assert is_stale(hashed, [("image", 1, 1)]) is None
    assert is_stale(hashed, [("image", 1, 1)], [("image", "ab")]) is False


def test_files_that_are_copied_and_changed(tmp_path):
    path = tmp_path / "a.nii"
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    nib.save(nib.Nifti1Image(array, np.eye(4)), path)

    def now(where):
        source = Source(where)
        return [("image", *file_stamp(source))], [("image", hash_of_source(source))]

    stamps, content = now(path)
    verdict = Verdict("s", "accept", content=tuple(content), stamps=tuple(stamps))
    copy = tmp_path / "copy.nii"
    shutil.copyfile(path, copy)
    os.utime(copy, ns=(1, 1))
    assert is_stale(verdict, now(copy)[0]) is None
    assert is_stale(verdict, *now(copy)) is False
    array[0, 0, 0] = 5
    nib.save(nib.Nifti1Image(array, np.eye(4)), path)
    assert is_stale(verdict, *now(path)) is True
