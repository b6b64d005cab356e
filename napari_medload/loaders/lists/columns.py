"""Columns of a list: what each is, by its name or by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.lists.cells import looks_like_path, printable
from napari_medload.loaders.lists.schema import JUDGED, OWN
from napari_medload.loaders.sample import (
    LANDMARK_ROLES,
    TRANSFORM_ROLES,
    USUAL_ROLES,
    WARPED_ROLES,
    is_image_role,
    is_label_role,
    side_of,
    suffix_in_role,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from napari_medload.loaders.lists.described import ListDescription

Kind: TypeAlias = Literal["id", "split", "group", "role", "result", "open", "stated", "nothing"]
"""An ``open`` column is a role where its cells are paths, and is stated else."""

ROLE_NAMES = {
    "moving": "moving_image",
    "fixed": "fixed_image",
    "moving_images": "moving_image",
    "fixed_images": "fixed_image",
    "moving_labels": "moving_label",
    "fixed_labels": "fixed_label",
    "moving_seg": "moving_label",
    "fixed_seg": "fixed_label",
    "images": "image",
    "labels": "label",
    "seg": "label",
    "transforms": "transform",
    "warped": "warped_image",
    "warped_images": "warped_image",
    "warped_labels": "warped_label",
    "warped_seg": "warped_label",
    "fixed_landmark": "fixed_landmarks",
    "moving_landmark": "moving_landmarks",
    "fixed_points": "fixed_landmarks",
    "moving_points": "moving_landmarks",
}
"""Other names of roles."""

KNOWN_ROLES = (*USUAL_ROLES, *WARPED_ROLES, *TRANSFORM_ROLES, *LANDMARK_ROLES)
IDS = ("sample_id", "id", "name", "subject_id", "subject", "participant_id", "case", "scan_name")
"""Columns that name a sample, the better ones first."""

SHARED_IDS = ("subject_id", "subject", "participant_id", "scan_name")
"""Those that several samples may have in common."""

_SUBJECTS = ("subject_id", "subject", "participant_id")
_OF_FILES = ("path", "file_location", "file_path", "filepath", "filename", "image_path")
"""Names that other programs give to their one column of images: dicleak's and MIQA's first."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column is.

    Parameters
    ----------
    name : str
        In small letters; as it is written where it is a fact of the dataset's own.
    kind : str
    role : str
        Empty for a column of no files.
    """

    name: str
    kind: Kind
    role: str = ""


def columns_of_header(
    header: Sequence[str], by_hand: Mapping[str, str] | None = None
) -> list[Column]:
    """Say what each column is.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    by_hand : mapping of role to column, optional
        ``split``, ``sample_id`` and the like count as roles here. Where a column is chosen by hand,
        no other one is taken by its name for the same.

    Raises
    ------
    DatasetError
        If there is no such column.
    """
    names = [str(name).strip().lower() for name in header]
    chosen = _chosen(header, by_hand or {})
    taken = {each.role or each.name for each in chosen.values()}
    found = [chosen.get(place) or _by_name(header[place], names) for place in range(len(header))]
    for place, column in enumerate(found):
        if place not in chosen and (column.role or column.name) in taken and column.kind != "open":
            found[place] = Column(_own_name(header[place]), "stated")
    return found


def as_described(
    header: Sequence[str], found: Sequence[Column], description: ListDescription
) -> list[Column]:
    """Take the columns that a description knows as what it says of them, whatever their names."""
    columns = list(found)
    for place, (name, column) in enumerate(zip(header, found, strict=True)):
        if name in description.roles:
            columns[place] = Column(name, "role" if is_image_role(name) else "result", name)
        elif name in description.stated and column.kind != "id":
            columns[place] = Column(_own_name(name), "stated")
    return columns


def _by_name(written: str, names: Sequence[str]) -> Column:
    name = str(written).strip().lower()
    role = ROLE_NAMES.get(name, name)
    if not name:  # the numbers that pandas puts before each row
        return Column("", "nothing")
    if name in JUDGED:
        return Column(name, "stated")
    if name in IDS and (name != "scan_name" or "file_location" in names):
        return Column(name, "id")
    if name in ("split", "group"):
        return Column(name, "split" if name == "split" else "group")
    if name == "experiment_name" and "file_location" in names and "group" not in names:
        return Column("group", "group")
    if name in _OF_FILES and not _has_images(names):
        first = next((other for other in _OF_FILES if other in names), name)
        role = "image" if name == first else name
    if role in USUAL_ROLES:
        return Column(name, "role", role)
    if not is_image_role(role):
        return Column(name, "result", role)
    known = name in ROLE_NAMES or name.rstrip("_0123456789") in KNOWN_ROLES
    usual = known or is_label_role(name) or side_of(name)
    return Column(_own_name(written), "open", role if usual else printable(str(written).strip()))


def _has_images(names: Sequence[str]) -> bool:
    images = ("image", "fixed_image", "moving_image")
    return any(ROLE_NAMES.get(name, name) in images for name in names)


def _own_name(written: str) -> str:
    """Name of a column for people; one of ours that is not what it says gets another."""
    name = printable(str(written).strip())
    return f"{name} (column)" if name.lower() in OWN else name


def subject_column(columns: Sequence[Column]) -> int | None:
    """Find the place of the column that names subjects, or None."""
    places = {column.name: place for place, column in enumerate(columns) if column.kind == "id"}
    return next((places[name] for name in _SUBJECTS if name in places), None)


def _chosen(header: Sequence[str], by_hand: Mapping[str, str]) -> dict[int, Column]:
    """Columns that were chosen by hand, by their place."""
    chosen: dict[int, Column] = {}
    for meant, wanted in by_hand.items():
        _expect_role(meant)
        if (place := place_of(header, wanted)) is None:
            near = get_close_matches(wanted, [str(name) for name in header], n=1)
            raise DatasetError(
                f"no column is named '{wanted}'; found {', '.join(map(str, header))}."
                + (f" Did you mean '{near[0]}'?" if near else " Choose one of these.")
            )
        if place in chosen:
            raise DatasetError(
                f"the column '{wanted}' was chosen twice, for {chosen[place].role or meant} and "
                f"{meant}; expected one role a column. Choose another column for one of them."
            )
        column = _by_name(meant, ())
        chosen[place] = (
            Column(column.name, "role", column.role) if column.kind == "open" else column
        )
    return chosen


def _expect_role(meant: str) -> None:
    """Refuse what is nearly the name of a role, and none: a slip of the pen.

    Raises
    ------
    DatasetError
        If it is.
    """
    known = (*ROLE_NAMES, *KNOWN_ROLES, *OWN, *IDS)
    name = meant.strip().lower()
    if name in known or name.rstrip("_0123456789") in known:  # a further channel
        return
    if near := get_close_matches(name, known, n=1, cutoff=0.85):
        raise DatasetError(
            f"no role is named '{meant}'; did you mean '{near[0]}'? A further role needs a name "
            "that is less like it."
        )


def place_of(header: Sequence[str], wanted: str) -> int | None:
    """Find the place of a column by its name, in whichever case where only one has it so."""
    exact = [place for place, name in enumerate(header) if str(name) == wanted]
    low = wanted.strip().lower()
    alike = exact or [place for place, n in enumerate(header) if str(n).strip().lower() == low]
    return alike[0] if len(alike) == 1 else None


def expect_single_columns(path: Path, header: Sequence[str], columns: Sequence[Column]) -> None:
    """Refuse two columns of one name or role: nobody knows which is meant.

    Raises
    ------
    DatasetError
        If there are.
    """
    named = Counter(str(name).strip().lower() for name in header)
    twice = [name for name, count in named.items() if count > 1 and name]
    if twice:
        raise DatasetError(
            f"{path}: two columns are named '{twice[0]}'; expected each name once. Rename one."
        )
    roles: dict[str, str] = {}
    for written, column in zip(header, columns, strict=True):
        if column.kind not in ("role", "result"):
            continue
        if column.role in roles:
            raise DatasetError(
                f"{path}: the columns '{roles[column.role]}' and '{written}' both are "
                f"{column.role.replace('_', ' ')}; expected one. Rename one, or choose by hand: "
                f"--column {column.role}={written}"
            )
        roles[column.role] = str(written)


def check_columns(path: Path, row: Mapping[str, Any]) -> None:
    """Refuse a column of paths whose name is nearly that of a role: a slip of the pen.

    Parameters
    ----------
    path : Path
    row : mapping of column to cell
        The first one.

    Raises
    ------
    DatasetError
        If there is one.
    """
    known = (*ROLE_NAMES, *KNOWN_ROLES)
    for column, value in row.items():
        name = str(column).strip().lower()
        if name in known or name.rstrip("_0123456789") in known:  # a further channel
            continue
        if name in _OF_FILES or name in OWN or name in IDS or not isinstance(value, str):
            continue
        meant = known if looks_like_path(value) else _read_from(value.strip())
        near = get_close_matches(name, meant, n=1, cutoff=0.8)
        if near and near[0] not in {str(other).strip().lower() for other in row}:
            raise DatasetError(
                f"{path}: no role is named '{column}'; did you mean '{near[0]}'? "
                "Rename the column; a further role needs a name of its own."
            )


def _read_from(text: str) -> list[str]:
    """Names of the roles without image that can be read from the file that a cell names."""
    roles = (*TRANSFORM_ROLES, *LANDMARK_ROLES)
    fitting = {role for role in roles if suffix_in_role(role, text)}
    return [*fitting, *(name for name, role in ROLE_NAMES.items() if role in fitting)]
