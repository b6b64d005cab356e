"""Sections of the panel as the kernel sends them, made by hand and not by the kernel's own code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.views.notebook.page import module, styles
from tests.views.notebook.scenes import Pair, image
from tests.views.notebook.scenes import labels as label_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.views.notebook.host import Host

KEYS = [
    ("accept", "J", False), ("reject", "K", False), ("unsure", "U", False),
    ("next", "N", True), ("previous", "H", True), ("undo", "Q", False), ("redo", "W", False),
    ("mode", "G", False), ("labels", "L", False),
]  # fmt: skip
REASONS = ("wrong partner", "flipped", "shifted", "label wrong", "artefact", "other")
SIGNS = {"accept": "✓ accept", "reject": "✗ reject", "unsure": "? unsure", None: "–"}


def section(name: str, /, **fields: Any) -> dict[str, Any]:
    """Mark fields as a section of the panel."""
    return {"type": "panel", "section": name, **fields}


def keys() -> dict[str, Any]:
    """Tell the keys."""
    told = [{"name": n, "key": k, "tip": f"tip of {n}", "repeats": r} for n, k, r in KEYS]
    return section("keys", keys=told)


def dataset(**fields: Any) -> dict[str, Any]:
    """Tell what is open."""
    usual = {"name": "brains", "kind": "paired", "samples": 250, "alignment": "world", "path": "/d"}
    return section("dataset", **{**usual, **fields})


def row(number: int, decision: str | None = None, **fields: Any) -> dict[str, Any]:
    """Tell one row of the table."""
    usual = {
        "row": number, "sample": number, "id": f"case_{number:06}", "finding": "✓", "shape": "",
        "verdict": SIGNS[decision], "severity": "fine", "decision": decision,
    }  # fmt: skip
    return {**usual, **fields}


def listing(total: int = 250, first: int = 0, count: int = 60, **fields: Any) -> dict[str, Any]:
    """Tell a part of the table."""
    end = min(total, first + count)
    usual = {
        "total": total, "matching": total, "first": first,
        "rows": [row(n) for n in range(first, end)],
        "selected": 0, "selected_row": 0, "search": "", "verdict_filter": "", "finding_filter": "",
        "verdict_filters": ["unreviewed", "accept", "reject"],
        "finding_filters": [["any", "any"], ["errors", "errors"], ["shifted (3)", "shifted"]],
        "sort": {"key": "finding", "descending": True}, "outdated": False,
    }  # fmt: skip
    return section("list", **{**usual, **fields})


def cell(text: str, tip: str = "", marked: bool = False) -> dict[str, Any]:
    """Tell one fact."""
    return {"text": text, "tip": tip, "marked": marked}


def sample(**fields: Any) -> dict[str, Any]:
    """Tell what is known of a sample."""
    rows = [
        ("shape", [cell("182×218×182"), cell("181×217×181", "its image has 182×218×182", True)]),
        ("spacing", [cell("1×1×1"), cell("0.9×0.9×3")]),
        ("affine", [cell("1 0 0 0\n0 1 0 0\n0 0 1 0"), cell("1 0 0 0\n0 1 0 0\n0 0 1 5")]),
    ]
    usual = {
        "id": "case_000000", "position": 0,
        "geometry": {
            "columns": ["fixed image", "fixed label"],
            "rows": [{"name": name, "cells": cells} for name, cells in rows],
        },
        "findings": [
            {"text": "✗ error: label lies 30 mm off", "index": 0, "severity": "error",
             "place": "R 10 A 0 S 5 mm"},
            {"text": "i note: stored as LAS", "index": 1, "severity": "note", "place": ""},
        ],
        "pairing": "pairing ✓ good", "away": False, "remark": "",
    }  # fmt: skip
    return section("sample", **{**usual, **fields})


def labels(hidden: tuple[int, ...] = (), **fields: Any) -> dict[str, Any]:
    """Tell the labels that are drawn."""
    entries = [
        {"value": n, "name": name, "colour": colour, "hidden": n in hidden, "present_in": ["fixed"]}
        for n, name, colour in ((1, "liver", [230, 159, 0]), (2, "spleen", [86, 180, 233]))
    ]
    return section("labels", **{"entries": entries, **fields})


def verdict(of: str | None = "case_000000", **fields: Any) -> dict[str, Any]:
    """Tell what stands of a sample."""
    usual = {
        "sample": of, "decision": None, "decisions": ["accept", "reject", "unsure"],
        "reasons": [], "note": "",
        "all_reasons": [{"name": name, "tip": f"tip of {name}"} for name in REASONS],
        "message": "", "saved": False, "unsaved": False, "drafted": [], "waiting": 0,
        "warning": "", "closed": "", "can": True, "progress": "37 of 250 reviewed",
        "reviewer": "ada", "heard": "", "finished": "",
    }  # fmt: skip
    return section("verdict", **{**usual, **fields})


def judged(of: str = "case_000000", decision: str = "accept", **fields: Any) -> dict[str, Any]:
    """Tell what became of a verdict."""
    usual = {"sample": of, "decision": decision, "saved": True, "message": ""}
    return {"type": "judged", **usual, **fields}


def options(**fields: Any) -> dict[str, Any]:
    """Tell how samples are drawn."""
    usual = {
        "grid": "fixed", "mode": "overlay", "opacity": 0.3, "labels": "auto", "label_opacity": 0.2,
        "radiological": True, "colours": "green + magenta", "checker_mm": None, "checker": 20.0,
        "curtain": 0.5, "frame": 0, "frames": 1, "aligned": "world", "after": False,
        "can_after": False, "windows": {}, "presets": ["brain", "lung", "bone"], "preset": "",
        "choices": {
            "mode": ["overlay", "checkerboard", "curtain"],
            "grid": ["fixed", "moving", "world"], "labels": ["auto", "outlines", "off"],
            "colours": ["green + magenta", "blue + orange"],
        },
    }  # fmt: skip
    return section("options", **{**usual, **fields})


def export(**fields: Any) -> dict[str, Any]:
    """Tell what is to be exported."""
    usual = {
        "formats": [{"name": "csv", "title": "CSV table"}, {"name": "monai", "title": "MONAI"}],
        "format": "csv", "path": "/d/list.csv", "verdict": "accept",
        "verdicts": [["accepted", "accept"], ["all", ""]], "busy": False,
        "status": "12 of 250 samples", "remarks": [], "replaces": False,
        "done": "", "failed": False,
    }  # fmt: skip
    return section("export", **{**usual, **fields})


def pair(name: str = "case_000000", **told: Any) -> Pair:
    """Make a tiny labelled pair."""
    k, j, i = np.indices((4, 6, 8))
    layers = [
        image("fixed_image", (k + j + i).astype(np.int16), (0, 15)),
        image("moving_image", (k * j).astype(np.int16), (0, 15), opacity=0.3),
        label_layer("fixed_label", (i > 3).astype(np.uint8), {1: (230, 159, 0)}, outline=True),
    ]
    modes = ["overlay", "checkerboard", "curtain"]
    return Pair(layers, sample=name, told={"modes": modes, **told})


def drawn(name: str = "case_000000", generation: int = 1, **told: Any) -> list[dict[str, Any]]:
    """Show a sample's scene with its pixels."""
    one = pair(name, **told)
    at = (1, 2, 3)
    return [one.scene(generation), one.frame(at, generation), one.position(at, generation)]


def everything() -> list[dict[str, Any]]:
    """Answer to a page that has just opened."""
    parts = (keys, dataset, listing, sample, labels, verdict, options, export)
    return [*(part() for part in parts), *drawn()]


@dataclass
class Browser:
    """The whole page, and what a person does in it."""

    host: Host

    @property
    def root(self) -> Locator:
        """Element of the browser."""
        return self.host.page.locator(".lm-browser")

    @property
    def said(self) -> str:
        """What the page says of the latest act."""
        return self.root.locator(".lm-message").inner_text()

    def button(self, name: str) -> Locator:
        """Find a button by the beginning of its name."""
        return self.root.locator("button", has_text=name).first

    def press(self, *pressed: str) -> list[dict[str, Any]]:
        """Press keys on the browser itself, and return the commands that were sent."""
        self.root.focus()
        self.host.take()
        for key in pressed:
            self.host.page.keyboard.press(key)
        return self.host.take()

    def tab(self, name: str) -> Locator:
        """Open a tab of the facts, and return its page."""
        self.root.get_by_role("tab", name=name).click()
        return self.root.get_by_role("tabpanel", name=name)


def open_browser(open_host: Callable[..., Host], touched: bool = True, **how: Any) -> Browser:
    """Open the page, and answer its first command; a person has already touched it by default."""
    host = open_host(text=module(), style=styles(), **how)
    (hello,) = host.take()
    assert hello["cmd"] == "hello"
    host.receive(*everything(), ack=hello["n"])
    if touched:
        host.page.locator(".lm-browser").dispatch_event("pointerdown")
        host.take()
    return Browser(host)
