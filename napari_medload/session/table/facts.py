"""What is known of a sample: what its headers say, and what the checks have found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from napari_medload.checks import Severity, worst_first
from napari_medload.checks.battery import check_headers
from napari_medload.formats.contract import shape_text as sizes_text
from napari_medload.loaders.sample import is_label_role, side_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from napari_medload.checks import Finding
    from napari_medload.checks.described import Described
    from napari_medload.checks.pairing import Judgement
    from napari_medload.formats import Header


@dataclass(frozen=True)
class SampleFacts:
    """One sample: what its headers say, and what has been found of it so far.

    Parameters
    ----------
    headers : mapping of role to Header
        Of the files that could be read; empty in the facts of a table's row.
    findings : tuple of Finding
        What the checks say, worst first.
    offset_mm, overlap, oblique_degrees : float or None
        Between the fields of view of fixed and moving: distance of their centres, part of the
        smaller one inside the other; largest obliquity of any image. None where undefined.
    shape, spacing, orientation : str
        Of the images: fixed, then moving where it differs.
    notes : tuple of str
        What is not wrong, but good to know of how the files are read.
    pairing : Judgement, optional
        Whether its images fit each other, once they have been compared.
    checked : bool
        Whether its voxels have been checked, and not its headers alone.
    """

    headers: Mapping[str, Header]
    findings: tuple[Finding, ...] = ()
    offset_mm: float | None = None
    overlap: float | None = None
    oblique_degrees: float | None = None
    shape: str = ""
    spacing: str = ""
    orientation: str = ""
    notes: tuple[str, ...] = ()
    pairing: Judgement | None = None
    checked: bool = False

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in sentences, worst first."""
        return tuple(f.sentence for f in self.findings if f.severity >= Severity.WARNING)

    def adding(
        self,
        findings: Iterable[Finding],
        pairing: Judgement | None = None,
        checked: bool = False,
    ) -> SampleFacts:
        """Return what is known with further findings; what is said again leads to the last place.

        Voxels know better than headers where a label lies.
        """
        found = tuple(findings)
        if not (found or pairing or (checked and not self.checked)):
            return self
        return replace(
            self,
            findings=worst_first(
                {(f.check, f.sentence): f for f in (*self.findings, *found)}.values()
            ),
            pairing=pairing or self.pairing,
            checked=checked or self.checked,
        )

    def readable(self) -> SampleFacts:
        """Return what is known without findings of files that could not be read."""
        return replace(self, findings=tuple(f for f in self.findings if f.check != "unreadable"))

    def without_headers(self) -> SampleFacts:
        """Return what a table keeps of each of 100,000 samples."""
        return replace(self, headers={})


def shape_text(header: Header) -> str:
    """Return sizes, such as "182×218×182"."""
    return sizes_text(header.shape)


def spacing_text(header: Header) -> str:
    """Return spacing in mm, such as "1×1×2.5", or "unknown"."""
    grid = header.grid
    return "×".join(f"{step:.3g}" for step in grid.spacing) if grid.known else "unknown"


def orientation_text(header: Header) -> str:
    """Return orientation letters, or "unknown"."""
    return header.grid.orientation if header.grid.oriented else "unknown"


def _joined(text: Callable[[Header], str], headers: Mapping[str, Header]) -> str:
    """Texts of the images, each said once."""
    images = [role for role in headers if not is_label_role(role)]
    images.sort(key=lambda role: ("fixed", "", "moving").index(side_of(role)))
    return " | ".join(dict.fromkeys(text(headers[role]) for role in images))


def sample_facts(described: Described) -> SampleFacts:
    """Draw conclusions from the headers of a sample."""
    headers = described.headers
    tilts = [h.grid.oblique_degrees for h in headers.values() if h.grid.oriented]
    return SampleFacts(
        headers=headers,
        findings=check_headers(described),
        offset_mm=described.offset_mm,
        overlap=described.overlap,
        oblique_degrees=max(tilts, default=None),
        shape=_joined(shape_text, headers),
        spacing=_joined(spacing_text, headers),
        orientation=_joined(orientation_text, headers),
        notes=_notes(headers),
    )


def _notes(headers: Mapping[str, Header]) -> tuple[str, ...]:
    """Gather the notes of all headers, each said once with the roles that it holds for."""
    roles: dict[str, list[str]] = {}
    for role, header in headers.items():
        for note in header.notes:
            roles.setdefault(note, []).append(role.replace("_", " "))
    return tuple(f"{', '.join(named)}: {note}" for note, named in roles.items())
