"""What a consumer can't read of the files that a list names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.export.remark import Remark
from napari_medload.formats import format_of, suffix_of
from napari_medload.loaders.sample import is_image_role

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from napari_medload.export.remark import Gravity
    from napari_medload.export.selection import Selection
    from napari_medload.formats import Source


def said_of(gravity: Gravity, sentence: str, ids: Iterable[str]) -> Iterator[Remark]:
    """Make a remark of some samples, each named once; none where there are none."""
    if names := tuple(dict.fromkeys(ids)):
        yield Remark(gravity, sentence, names)


def ids_with(
    selection: Selection, fits: Callable[[str, Source], bool], roles: Collection[str] | None = None
) -> list[str]:
    """Ids of the samples that have a file that fits, among all roles or some."""
    return [
        entry.sample.id
        for entry in selection
        if any(
            (roles is None or role in roles) and fits(role, source)
            for role, source in entry.sample.sources.items()
        )
    ]


def stacks(
    selection: Selection, consumer: str, roles: Collection[str] | None = None
) -> Iterator[Remark]:
    """Refuse volumes that lie in one file a slice: a path would name the first slice alone."""
    yield from said_of(
        "error",
        f"a volume of these samples lies in one file a slice, and {consumer} takes one path a "
        "volume. Save the volumes as NIfTI first",
        ids_with(selection, lambda _role, source: bool(source.slices), roles),
    )


def keyed(
    selection: Selection, consumer: str, gravity: Gravity, roles: Collection[str] | None = None
) -> Iterator[Remark]:
    """Remark on arrays inside a file, which are named by a key behind ``#``."""
    yield from said_of(
        gravity,
        f"these samples name an array inside a file or folder (file#key), and {consumer} opens "
        "paths alone. Save the arrays as NIfTI first",
        ids_with(selection, lambda _role, source: source.key is not None, roles),
    )


def unread(
    selection: Selection,
    consumer: str,
    suffixes: tuple[str, ...],
    gravity: Gravity,
    roles: Collection[str] | None = None,
    dicom: bool = False,
) -> Iterator[Remark]:
    """Remark on images in formats that a consumer does not read, by the suffix.

    Parameters
    ----------
    dicom : bool
        Whether it reads DICOM, which is what files and folders without a known suffix are.
    """

    def odd(role: str, source: Source) -> bool:
        name = source.parts[1].lower()
        if name.endswith(suffixes) or source.key or not is_image_role(role):
            return False
        return not (dicom and suffix_of(name) is None and _is_dicom(source))

    yield from said_of(
        gravity,
        f"{consumer} doesn't read the format of an image of these samples; expected "
        f"{', '.join(suffixes)}. Save them as NIfTI first",
        ids_with(selection, odd, roles),
    )


def _is_dicom(source: Source) -> bool:
    """Whether a file without a known suffix, or a folder, is DICOM by how it begins."""
    try:
        format_of(source.file)
    except OSError:
        return False
    return True


def lacking(selection: Selection, consumer: str, remedy: str) -> Iterator[Remark]:
    """Name the samples that lack a role that others have."""
    for role in selection.roles:
        yield from said_of(
            "warning",
            f"these samples have no {role}, which others have, and {consumer} stops at a key that "
            f"is missing; {remedy}",
            (entry.sample.id for entry in selection if role not in entry.sample.sources),
        )


def dropped(selection: Selection, title: str, kept: Callable[[str], bool]) -> Iterator[Remark]:
    """Name the samples with roles that a format has no place for."""
    roles = [role for role in selection.roles if not kept(role)]
    yield from said_of(
        "warning",
        f"a {title} has no place for {', '.join(roles)}; of these samples they are left out",
        ids_with(selection, lambda _role, _source: True, roles),
    )
