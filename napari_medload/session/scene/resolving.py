"""Resolving a sample and the options into a scene."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_medload.labels import Label, LabelTable
from napari_medload.labels.palette import OKABE_ITO
from napari_medload.loaders.sample import Sample, is_label_role, side_of
from napari_medload.session.options import COMPOSED_MODES, drawable_modes
from napari_medload.session.scene.as_if import asked_of, supposed, why_not_as_if
from napari_medload.session.scene.before_after import compared_grids, not_after, placed
from napari_medload.session.scene.compare import Pair, cut_remark
from napari_medload.session.scene.landmarks import shown_landmarks
from napari_medload.session.scene.layer import COMPARISON, Layer
from napari_medload.session.scene.layering import Drawn, Look, layer_of
from napari_medload.session.scene.legend import hidden_remark
from napari_medload.session.scene.placing import index_remark, lay_out
from napari_medload.session.scene.results import Result
from napari_medload.session.scene.scene import Scene
from napari_medload.session.scene.seen_as import lens_remark
from napari_medload.session.scene.styles import compared_roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari_medload.session.options import AsIf, CompareMode, ViewOptions
    from napari_medload.session.scene.landmarks import ShownLandmarks
    from napari_medload.session.scene.resident import Resident
    from napari_medload.session.scene.seen_as import SeenAs

DIFFERENCE_WHITE = 0.5
"""Difference that is drawn white, as a part of the fixed image's contrast."""

_EDGES = LabelTable([Label(1, "edges of the moving image", OKABE_ITO[0])])


def build_scene(
    sample: Sample,
    residents: Mapping[str, Resident],
    options: ViewOptions,
    problems: Mapping[str, str],
    result: Result | None = None,
    seen: Mapping[str, SeenAs] | None = None,
    before: Scene | None = None,
    partner: Mapping[str, Resident] | None = None,
) -> Scene:
    """Resolve a sample into a scene.

    Slow only where a volume is resliced for the first time, which needs a copy of it.

    Parameters
    ----------
    residents : mapping of role to Resident
        What could be read.
    problems : mapping of role to str
        Why the others could not.
    result : Result, optional
        What a registration has left beside the images.
    seen : mapping of role to SeenAs, optional
        What the program of `options.lens` makes of the residents.
    before : Scene, optional
        Another scene of the same sample, whose arrays and planes are still of use.
    partner : mapping of role to Resident, optional
        What could be read of the sample that `options.as_if` takes the moving image of.
    """
    problems, result = dict(problems), result or Result()
    as_if, partner = asked_of(sample, options), partner or {}
    refused = "" if as_if is None else why_not_as_if(as_if, options, result, partner)
    if as_if is not None and refused:
        as_if = None
    if as_if is not None:
        residents = supposed(residents, as_if, partner)
    drawn = _place(residents, result, options, seen or {}, problems)
    if not drawn:
        return Scene(sample.id, None, (), options, problems)
    stated = {role: each.stated for role, each in drawn.items()}
    display, grids = lay_out(stated, options.grid, options.aligned, as_if)
    drawn = {role: each.lying(grids[role]) for role, each in drawn.items()}
    compared = compared_roles(drawn)
    labelled = any(each.resident.drawn_as_labels for each in drawn.values())
    mode, fallback = _mode(options, compared, labelled)
    look = Look(display, options, compared, mode, sample.label_channel, before)
    layers = tuple(layer_of(role, each, look) for role, each in drawn.items())
    pair = None if options.volume else _pair(layers, look)
    if pair is not None and mode in COMPOSED_MODES:
        layers = _with_comparison(layers, pair, look)
    remarks = [refused, fallback, not_after(result, options, compared_grids(residents))]
    if options.lens:
        true = {role: each.resident.header.grid for role, each in drawn.items()}
        remarks.append(lens_remark(options.lens, true, stated, compared))
    if options.aligned == "index":
        remarks.append(index_remark(stated, grids, compared))
    if pair is not None and compared is not None:
        remarks.append(cut_remark(pair.cut_off, pair.display, compared, options.grid))
    remarks.append(hidden_remark(layers, options.hidden_labels))
    lying = {role: (each.resident.grid, each.grid) for role, each in drawn.items()}
    return Scene(
        sample.id,
        display,
        layers,
        options,
        problems,
        max(each.resident.frames for each in drawn.values()),
        compared,
        mode,
        tuple(filter(None, remarks)),
        pair,
        landmarks=_landmarks(shown_landmarks(result, display, options, lying), as_if),
        as_if=as_if,
    )


def _landmarks(shown: ShownLandmarks | None, as_if: AsIf | None) -> ShownLandmarks | None:
    """Leave out what was said of another place, or marked in another image."""
    if shown is None or as_if is None:
        return shown
    return None if as_if.partner else replace(shown, distances=())


def _place(
    residents: Mapping[str, Resident],
    result: Result,
    options: ViewOptions,
    seen: Mapping[str, SeenAs],
    problems: dict[str, str],
) -> dict[str, Drawn]:
    """Tell what is drawn in each role, in drawing order; add why other roles are not."""
    views: dict[Resident, SeenAs] = {}
    shown = dict(residents)
    for role, view in seen.items():
        source = shown.pop(role).header.source
        if view.resident is None:
            problems[role] = f"{source}: {view.note}"
        else:
            shown[role] = view.resident
            views[view.resident] = view
    found = placed(shown, result, options)
    drawn = {}
    for role in drawing_order(found):
        resident = found[role].resident
        as_seen = views.get(resident)
        grid = resident.grid if as_seen is None else as_seen.grid
        if grid.is_singular:
            problems[role] = (
                f"{resident.header.source}: its affine is singular, so it has no place in "
                "the world; expected three independent axes. Write its header again."
            )
            continue
        notes = (found[role].note, "" if as_seen is None else as_seen.note)
        note = "; ".join(filter(None, notes))
        transform = found[role].transform
        drawn[role] = Drawn(resident, grid, grid, transform, note, as_seen is not None)
    return drawn


def drawing_order(roles: Iterable[str]) -> list[str]:
    """Roles from bottom to top: fixed, single, moving, others; images below labels."""
    sides = {"fixed": 0, "": 1, "moving": 2}
    usual = ("image", "label")

    def key(role: str) -> tuple[bool, bool, int, str]:
        side = side_of(role)
        is_usual = role.removeprefix(f"{side}_") in usual
        return is_label_role(role), not is_usual, sides[side], role

    return sorted(roles, key=key)


def _mode(
    options: ViewOptions, compared: tuple[str, str] | None, labelled: bool
) -> tuple[CompareMode, str]:
    """Choose how the images are drawn in truth, and say where that is not what was asked for."""
    if compared is None or options.mode in drawable_modes(labelled, options.volume):
        return options.mode, ""
    why = "in 3D" if options.volume else "without labels"
    return "overlay", f"no {options.mode} {why}: drawn as overlay"


def _pair(layers: tuple[Layer, ...], look: Look) -> Pair | None:
    """Join the compared images; planes that were read of them for another scene are kept."""
    if look.compared is None:
        return None
    by_role = {layer.role: layer for layer in layers}
    fixed, moving = (by_role[role] for role in look.compared)
    kept = None if look.before is None else look.before.pair
    if kept is not None and kept.holds(fixed, moving):
        return kept.windowed(fixed.limits, moving.limits)
    return Pair.of(fixed, moving, look.display)


def _with_comparison(layers: tuple[Layer, ...], pair: Pair, look: Look) -> tuple[Layer, ...]:
    """Add the picture that is made of both images: over all images and under all labels."""
    by_role = {layer.role: layer for layer in layers}
    lower = by_role[(look.compared or ("", ""))[0]]
    edges = look.mode == "edges"
    limits = (0.0, DIFFERENCE_WHITE if look.mode == "difference" else 1.0)
    comparison = Layer(
        role=COMPARISON,
        title=look.mode,
        kind="labels" if edges else "image",
        data=pair.composed(look.mode, look.options),
        scale=lower.scale,
        translate=lower.translate,
        reslicer=lower.reslicer,
        limits=limits,
        own_limits=limits,
        values=(1,) if edges else (),
        table=_EDGES if edges else LabelTable(),
    )
    images = sum(not is_label_role(layer.role) for layer in layers)
    return (*layers[:images], comparison, *layers[images:])
