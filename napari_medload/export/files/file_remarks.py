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


def ids_having(selection: Selection, roles: Collection[str]) -> list[str]:
    """Ids of the samples that have one of some roles."""
    if not roles:
        return []
    return [e.sample.id for e in selection if any(role in e.sample.sources for role in roles)]


def unread(
    selection: Selection,
    consumer: str,
    suffixes: tuple[str, ...],
    *,
    keys: Gravity,
    formats: Gravity,
    roles: Collection[str] | None = None,
    dicom: bool = False,
    small: bool = False,
) -> Iterator[Remark]:
    """Remark on files that a consumer does not open as what they are; one pass for all kinds.

    Volumes that lie in one file a slice are refused: a path would name the first slice alone.

    Parameters
    ----------
    selection : Selection
    consumer : str
        Its name, for the sentences.
    suffixes : tuple of str
        Of the image formats that it reads.
    keys, formats : str
        How grave it is that an array lies inside a file, and that it doesn't read a format.
    roles : collection of str, optional
        Those that are exported; all where it is left out.
    dicom : bool
        Whether it reads DICOM, which is what files and folders without a known suffix are.
    small : bool
        Whether it reads suffixes in small letters only.
    """
    sliced, keyed, unknown = [], [], []
    for entry in selection:
        for role, source in entry.sample.sources.items():
            if roles is not None and role not in roles:
                continue
            if source.slices:
                sliced.append(entry.sample.id)
            if source.key is not None:
                keyed.append(entry.sample.id)
            elif not (name := source.parts[1]).endswith(suffixes) and is_image_role(role):
                read = not small and name.lower().endswith(suffixes)
                if not read and not (dicom and _is_dicom(source)):
                    unknown.append(entry.sample.id)
    yield from said_of(
        "error",
        f"a volume of these samples lies in one file a slice, and {consumer} takes one path a "
        "volume. Save the volumes as NIfTI first",
        sliced,
    )
    yield from said_of(
        keys,
        f"these samples name an array inside a file or folder (file#key), and {consumer} opens "
        "paths alone. Save the arrays as NIfTI first",
        keyed,
    )
    expected = f"{', '.join(suffixes)}{', in small letters' if small else ''}"
    yield from said_of(
        formats,
        f"{consumer} doesn't read the format of an image of these samples; expected {expected}. "
        "Save them as NIfTI first",
        unknown,
    )


def _is_dicom(source: Source) -> bool:
    """Whether a file without a known suffix, or a folder, is DICOM by how it begins."""
    if suffix_of(source.parts[1]) is not None:
        return False
    try:
        format_of(source.file)
    except OSError:
        return False
    return True


def lacking(selection: Selection, consumer: str, remedy: str) -> Iterator[Remark]:
    """Name the samples that lack a role that others have."""
    met = dict.fromkeys(tuple(entry.sample.sources) for entry in selection)  # few, of very many
    for role in dict.fromkeys(role for roles in met for role in roles):
        if all(role in roles for roles in met):
            continue
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
        ids_having(selection, roles),
    )
