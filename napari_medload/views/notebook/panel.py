"""What stands beside the pictures: sections of the panel, each told whole when it has changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from napari_medload.checks import Severity
from napari_medload.review import DECISIONS, REASON_TIPS
from napari_medload.session.keys import USUAL_KEYS, Key
from napari_medload.session.options import COLOUR_PAIRS, GRID_CHOICES, LABEL_STYLES
from napari_medload.session.picture.colours import rgb_of
from napari_medload.session.scene.legend import legend_of
from napari_medload.session.scene.windows import PRESETS, preset_of, windowed_roles
from napari_medload.session.table.columns import finding_rank, open_question
from napari_medload.session.table.filtering import FINDING_FILTERS
from napari_medload.session.table.findings_text import findings_lines, pairing_line, place_text
from napari_medload.session.table.geometry_table import geometry_table
from napari_medload.session.table.marks import VERDICT_FILTERS

if TYPE_CHECKING:
    from napari_medload.checks import Finding
    from napari_medload.session import Session
    from napari_medload.session.table.rows import Rows

    Section = dict[str, Any]

ROWS_AT_MOST = 200
"""Rows of the table that are told at a time."""

OWN_KEYS = (Key("labels", "L", "Labels off, and on again"),)
"""Keys of a notebook alone: napari leaves none free for them."""

ACTED = ("accept", "reject", "unsure", "next", "previous", "undo", "redo", "mode")
"""Keys that do something in a notebook."""

_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def dataset(session: Session) -> Section:
    """Tell what is open."""
    opened = session.dataset
    if opened is None:
        return {"name": "", "kind": "", "samples": 0, "alignment": "", "path": ""}
    paired = any("moving_image" in sample.sources for sample in opened.samples[:8])
    return {
        "name": opened.name,
        "kind": opened.layout,
        "samples": len(opened),
        "alignment": opened.alignment if paired else "",
        "path": str(opened.root),
    }


def rows(session: Session, first: int, count: int) -> Section:
    """Tell a part of the table.

    Parameters
    ----------
    first, count : int
        Which rows a page shows; no more than `ROWS_AT_MOST` are told.
    """
    table = session.rows
    first = max(0, min(first, len(table) - 1))
    end = min(len(table), first + min(count, ROWS_AT_MOST))
    chosen, sorted_by = table.filter, table.sorted_by
    selected = session.selected
    return {
        "total": table.total,
        "matching": table.matching,
        "count": len(table),
        "first": first,
        "rows": [_row(table, row) for row in range(first, end)],
        "selected": selected,
        "selected_row": None if selected is None else table.row_of(selected),
        "search": chosen.search,
        "verdict_filter": chosen.verdict,
        "finding_filter": chosen.finding,
        "verdict_filters": list(VERDICT_FILTERS),
        "finding_filters": [
            *([name, name] for name in FINDING_FILTERS),
            *([f"{name} ({n:,})", name] for name, n in table.checks.items()),
        ],
        "sort": None if sorted_by is None else {"key": sorted_by[0], "descending": sorted_by[1]},
        "outdated": table.outdated,
    }


def _row(table: Rows, row: int) -> Section:
    position = table.sample_at(row)
    return {
        "row": row,
        "sample": position,
        "id": table.text(position, "id"),
        "finding": table.text(position, "finding"),
        "verdict": table.text(position, "verdict"),
        "shape": table.text(position, "shape"),
        "severity": _severity(table, position),
        "decision": table.marks.decision(position),
    }


def _severity(table: Rows, position: int) -> str:
    facts = table.facts[position]
    if finding_rank(facts, table.problems(position)) < 0:
        return open_question(facts) or "fine"
    if facts is not None and facts.findings:
        return _SEVERITIES[facts.findings[0].severity]
    return "warning"


def sample(session: Session) -> Section:
    """Tell what is known of the sample that is selected."""
    selected, opened = session.selected, session.dataset
    if selected is None or opened is None:
        return {"id": "", "position": None, "geometry": None, "findings": []}
    facts = session.facts
    table = None if facts is None else geometry_table(facts, opened.alignment)
    leading = session.leading
    return {
        "id": opened[selected].id,
        "position": selected,
        "geometry": None
        if table is None
        else {
            "columns": list(table.columns),
            "rows": [
                {"name": name, "cells": [asdict(cell) for cell in cells]}
                for name, cells in table.rows
            ],
        },
        "findings": findings_told(session),
        "pairing": pairing_line(session.rows.facts[selected]),
        "away": leading.away,
        "remark": leading.remark,
    }


def findings_of(session: Session) -> tuple[Finding, ...]:
    """List the findings of the selected sample, as they are told."""
    if session.selected is None or session.dataset is None:
        return ()
    facts = session.rows.facts[session.selected]
    return () if facts is None else facts.findings


def findings_told(session: Session) -> list[Section]:
    """Tell the findings of the selected sample, or that there are none."""
    findings, selected = findings_of(session), session.selected
    told: list[Section] = []
    if selected is None:
        return told
    for n, text in enumerate(findings_lines(session.rows, selected)):
        finding = findings[n] if n < len(findings) else None
        told.append(
            {
                "text": text,
                "index": n,
                "severity": "fine" if finding is None else _SEVERITIES[finding.severity],
                "place": "" if finding is None or not finding.place else place_text(finding.place),
            }
        )
    return told


def labels(session: Session) -> Section:
    """Tell the labels of the sample that is shown."""
    scene, hidden = session.scene, session.options.hidden_labels
    entries = () if scene is None else legend_of(scene)
    return {
        "entries": [
            {
                "value": entry.label.value,
                "name": entry.label.name,
                "colour": list(rgb_of(entry.label.colour)),
                "hidden": entry.label.value in hidden,
                "present_in": list(entry.present_in),
            }
            for entry in entries
        ]
    }


def verdict(session: Session) -> Section:
    """Tell what stands on disk of the selected sample, and how the review is."""
    reviewing = session.reviewing
    standing, draft, outcome = reviewing.standing, reviewing.draft, reviewing.outcome
    return {
        "sample": reviewing.selected,
        "decision": None if standing is None else standing.decision,
        "decisions": list(DECISIONS),
        "reasons": list(draft.reasons),
        "note": draft.note,
        "all_reasons": [
            {"name": reason, "tip": REASON_TIPS[reason]} for reason in reviewing.offered_reasons
        ],
        "message": reviewing.message,
        "saved": reviewing.saved,
        "unsaved": (reviewing.selected or "") in reviewing.unsaved,
        "drafted": list(reviewing.drafted),
        "waiting": reviewing.waiting,
        "warning": reviewing.warning,
        "closed": reviewing.closed,
        "can": not reviewing.closed,
        "progress": reviewing.progress,
        "reviewer": reviewing.reviewer,
        "heard": reviewing.heard,
        "finished": "" if outcome is None else outcome.text,
    }


def end(session: Session) -> str:
    """Tell what a person must know of a session that has ended."""
    reviewing = session.reviewing
    told = ["This browser was closed, or opened again by another cell."]
    told.append(reviewing.warning if reviewing.waiting else "Verdicts are on disk.")
    if reviewing.drafted:
        names = ", ".join(reviewing.drafted)
        told.append(f"Not kept, for want of a verdict: reasons and notes on {names}.")
    return " ".join(told)


def options(session: Session) -> Section:
    """Tell how samples are drawn, and what can be chosen."""
    chosen, scene = session.options, session.scene
    return {
        "grid": chosen.grid,
        "mode": chosen.mode,
        "opacity": chosen.opacity,
        "labels": chosen.labels,
        "label_opacity": chosen.label_opacity,
        "radiological": chosen.radiological,
        "colours": chosen.colours,
        "checker_mm": chosen.checker_mm,
        "checker": None if scene is None else scene.checker,
        "curtain": chosen.curtain,
        "frame": chosen.frame,
        "frames": 1 if scene is None else scene.frames,
        "aligned": chosen.aligned,
        "after": chosen.after,
        "can_after": session.result.can_switch,
        "windows": {role: [low, high] for role, low, high in chosen.windows},
        "presets": list(PRESETS),
        "preset": "" if scene is None else preset_of(chosen.windows, windowed_roles(scene.layers)),
        "choices": {
            "mode": [] if scene is None else list(scene.modes),
            "grid": list(GRID_CHOICES),
            "labels": list(LABEL_STYLES),
            "colours": list(COLOUR_PAIRS),
        },
    }


def progress(session: Session) -> Section:
    """Tell what goes on in the background."""
    told = session.progress
    return {"what": ""} if told is None else asdict(told)


def keys() -> Section:
    """Tell the keys that do something here."""
    usual = (key for key in USUAL_KEYS if key.name in ACTED)
    return {"keys": [asdict(key) for key in (*usual, *OWN_KEYS)]}


def export(session: Session) -> Section:
    """Tell what is to be exported, and what has come of it."""
    exporting = session.exporting
    wish, outlook, done = exporting.wish, exporting.outlook, exporting.exported
    remarks = () if outlook is None else outlook.remarks
    return {
        "formats": [{"name": each.name, "title": each.title} for each in exporting.formats],
        "format": "" if wish is None else wish.format,
        "path": "" if wish is None else wish.path,
        "verdict": "" if wish is None else wish.verdict,
        "verdicts": [[name, value] for value, name in exporting.verdicts.items()],
        "busy": bool(exporting.saving),
        "status": exporting.saving or ("" if outlook is None else outlook.text),
        "remarks": [{"gravity": each.gravity, "text": str(each)} for each in remarks],
        "replaces": outlook is not None and outlook.replaces,
        "done": "" if done is None else done.text,
        "failed": done is not None and done.path is None,
    }
