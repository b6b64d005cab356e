from __future__ import annotations

import json

import numpy as np
import pytest

from napari_medload.formats import UnreadableFileError
from napari_medload.formats.landmarks import pair_landmarks, read_landmarks

RAS = np.array([(10.0, -20.0, 30.5), (-1.5, 2.5, 3.5)])
FLIP = np.array((-1.0, -1.0, 1.0))


def rows(points, form="{name},{x},{y},{z}"):
    named = zip(("apex", "base"), points, strict=True)
    return "\n".join(form.format(name=name, x=x, y=y, z=z) for name, (x, y, z) in named) + "\n"


def markups(points, names=("apex", "base"), **more):
    control = [
        {"id": str(n), "label": name, "position": list(place), "positionStatus": "defined"}
        for n, (name, place) in enumerate(zip(names, points, strict=True))
    ]
    return {"markups": [{"type": "Fiducial", "controlPoints": control, **more}]}


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        ("a.csv", "label,r,a,s\n" + rows(RAS), ""),
        ("a.csv", "Name;L;P;S\n" + rows(RAS * FLIP, "{name};{x};{y};{z}"), ""),
        ("a.tsv", "label\tx (mm)\ty (mm)\tz (mm)\tspace\n"
         + rows(RAS * FLIP, "{name}\t{x}\t{y}\t{z}\tLPS"), ""),
        ("a.csv", "# space: LPS\nlabel,x,y,z\n" + rows(RAS * FLIP), ""),
        ("a.csv", "# coordinate system = RAS\nlabel,x,y,z\n" + rows(RAS), ""),
        ("a.csv", "x,y,z,t,label\n" + rows(RAS * FLIP, "{x},{y},{z},0,{name}"), "as ANTs writes"),
        ("a.csv", "label,x,y,z\n" + rows(RAS), "taken for RAS mm, because the file does not say"),
        ("a.csv", "label,l,p,s,defined\n" + rows(RAS * FLIP, "{name},{x},{y},{z},1")
         + "later,0,0,0,0\n", ""),
        ("a.fcsv", "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
         "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
         + rows(RAS * FLIP, "n,{x},{y},{z},0,0,0,1,1,1,0,{name},,,2,0")
         + "n,9,9,9,0,0,0,1,1,1,0,later,,,0,0\n", ""),
        ("a.fcsv", "# CoordinateSystem = 0\n# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label\n"
         + rows(RAS, "n,{x},{y},{z},0,0,0,1,1,1,0,{name}"), ""),
        ("a.fcsv", "# CoordinateSystem = 1\n"
         + rows(RAS * FLIP, "n,{x},{y},{z},0,0,0,1,1,1,0,{name}"), ""),
        ("a.fcsv", rows(RAS, "n,{x},{y},{z},0,0,0,1,1,1,0,{name}"), "taken for RAS"),
        ("a.mrk.json", json.dumps(markups(RAS * FLIP, coordinateSystem="LPS")), ""),
        ("a.mrk.json", json.dumps(markups(RAS, coordinateSystem="RAS", coordinateUnits="mm")), ""),
        ("a.mrk.json", json.dumps(markups(RAS * FLIP)), "taken for LPS"),
        ("a.mrk.json", json.dumps(markups(RAS, coordinateSystem="RAS",
         coordinateUnits=["mm", "UCUM", "millimeter"])), ""),  # as its schema allows
        ("a.fcsv", "# CoordinateSystem = RAS\n# columns = id, x, y, z, label\n"
         + rows(RAS, "n,{x},{y},{z},{name},"), ""),  # an empty status is none
        ("a.csv", "label,r,a,s,space\n" + rows(RAS, "{name},{x},{y},{z},LPS"), ""),
        ("a.csv", "label,l,p,s,defined\n" + rows(RAS * FLIP, "{name},{x},{y},{z},True")
         + "later,0,0,0,False\n", ""),
        ("a.csv", "label,x,y,z,space\n" + rows(RAS, "{name},{x},{y},{z},"),
         "taken for RAS mm, because the file does not say"),
    ],
)  # fmt: skip
def test_points_are_read_into_ras(tmp_path, name, text, note):
    (tmp_path / name).write_text(text)
    found = read_landmarks(tmp_path / name)
    np.testing.assert_allclose(found.points, RAS)
    assert found.names == ("apex", "base")
    assert note in found.note
    assert bool(note) == bool(found.note)


def test_rows_may_each_state_their_space(tmp_path):
    text = "label,x,y,z,space\napex,10,-20,30.5,RAS\nbase,1.5,-2.5,3.5,lps\n"
    (tmp_path / "a.csv").write_text(text)
    np.testing.assert_allclose(read_landmarks(tmp_path / "a.csv").points, RAS)


def test_points_that_are_not_placed_are_passed_over(tmp_path):
    content = markups(RAS, coordinateSystem="RAS")
    points = content["markups"][0]["controlPoints"]
    points.insert(1, {"label": "later", "positionStatus": "undefined", "position": [0, 0, 0]})
    points.append({"label": "never", "positionStatus": "defined"})
    (tmp_path / "a.mrk.json").write_text(json.dumps(content))
    assert read_landmarks(tmp_path / "a.mrk.json").names == ("apex", "base")


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.csv", "12,30,41\n13,8,77\n", "numbers in its first line"),  # as Learn2Reg has voxels
        ("a.csv", "i,j,k\n1,2,3\n", "columns i, j, k"),
        ("a.csv", "label,x,y,z\na,1,2,\n", "line 2: 1, 2, "),
        ("a.csv", "label,x,y,z\na,1,2,nan\n", "line 2: 1, 2, nan"),
        ("a.csv", "label,x,y,z,space\na,1,2,3,IJK\n", "the space 'IJK'"),
        ("a.csv", "", "no line"),
        ("a.csv", "label,x,y,z\n", "no point that is placed"),
        ("a.fcsv", "# CoordinateSystem = IJK\nn,1,2,3\n", "the space 'IJK'"),
        ("a.mrk.json", "{", "no JSON"),
        ("a.json", "[1, 2]", "JSON without markups"),
        ("a.mrk.json", '{"markups": [{"type": "ROI"}]}', "markups without controlPoints"),
        ("a.mrk.json", json.dumps(markups(RAS, coordinateUnits="um")), "coordinates in um"),
        ("a.csv", "# space: LPS\n\nlabel,x,y,z\na,1,2,bad\n", "line 4: 1, 2, bad"),
        ("a.mrk.json", json.dumps(markups(RAS, coordinateUnits=None)), "coordinates in None"),
        ("a.mrk.json", json.dumps(markups([(1, 2)], ["a"])), "control point 1: 1, 2"),
    ],
)
def test_a_file_that_does_not_say_where_is_told(tmp_path, name, text, found):
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableFileError, match=found) as error:
        read_landmarks(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)
    assert "expected" in str(error.value)


def test_bytes_that_are_no_text_and_no_file_are_told(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\xd8\x00")
    with pytest.raises(UnreadableFileError, match="no text"):
        read_landmarks(tmp_path / "a.csv")
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_landmarks(tmp_path / "b.csv")


# --- pairs -------------------------------------------------------------------------------


def landmarks(folder, name, points):
    """Write and read points by name; without names where these are numbers."""
    path = folder / name
    lines = [f"{'' if isinstance(n, int) else n},{x},0,0" for n, x in points]
    path.write_text("label,r,a,s\n" + "\n".join(lines) + "\n")
    return read_landmarks(path)


@pytest.mark.parametrize(
    ("fixed", "moving", "paired", "note"),
    [
        ([("a", 1), ("b", 2)], [("b", 20), ("a", 10)], [("a", 1, 10), ("b", 2, 20)], ""),
        ([("a", 1), ("b", 2)], [("b", 20)], [("b", 2, 20)], "2 fixed and 1 moving landmarks, 1"),
        ([(0, 1), (1, 2)], [(0, 10), (1, 20)], [("1", 1, 10), ("2", 2, 20)], ""),
        ([(0, 1), (1, 2)], [(0, 10)], [("1", 1, 10)], "paired by order"),
        ([("a", 1), ("b", 2)], [("x", 10), ("y", 20)], [("a", 1, 10), ("b", 2, 20)],
         "because their names do not match"),
        ([("a", 1), ("a", 2)], [("a", 10), ("a", 20)], [("a", 1, 10), ("a", 2, 20)], "by order"),
    ],
)  # fmt: skip
def test_landmarks_are_paired_by_name_else_by_order(tmp_path, fixed, moving, paired, note):
    pairs = pair_landmarks(
        landmarks(tmp_path, "f.csv", fixed), landmarks(tmp_path, "m.csv", moving)
    )
    found = zip(pairs.names, pairs.fixed[:, 0], pairs.moving[:, 0], strict=True)
    assert list(found) == paired
    assert note in pairs.note
    assert bool(note) == bool(pairs.note)
