"""An epoch before it is trained: the exact ordered list of what a loader would yield.

The rows are samples themselves, so that an epoch is browsed like a dataset.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.formats import read_header
from napari_medload.loaders import plan
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from napari_medload.formats import Source
    from napari_medload.loaders.dataset import Dataset
    from napari_medload.loaders.options import LoaderOptions

EPOCH_LAYOUT = "epoch"
PLANNED_LAYOUTS = ("paired", "unpaired", "grouped")
ROWS_AT_MOST = 100_000
_NAMED = 5

Pair: TypeAlias = tuple[Sample, Sample]
"""Sample of the moving image, sample of the fixed image; the same one for paired data."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch of training would draw.

    Parameters
    ----------
    dataset : Dataset
        One sample a row, in order: ``moving_image``, ``fixed_image`` and their labels.
    pairs : int
        Pairs that are drawn.
    expected : int
        Pairs by the formula for this configuration.
    formula : str
        The formula, with its result.
    skipped : tuple of str
        Groups that yield no pair of their own.
    unused : tuple of str
        Ids of images that are never drawn.
    refusals : tuple of str
        Why DeepReg would stop instead of training on this; rows leave out what they concern.
    notes : tuple of str
        What a person should know of the order.
    """

    dataset: Dataset
    pairs: int
    expected: int
    formula: str
    skipped: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Draws:
    """Pairs in order, and what is known of them as a whole."""

    pairs: list[Pair]
    expected: int
    formula: str
    skipped: tuple[str, ...] = ()
    refusals: list[str] = field(default_factory=list)


def preview_epoch(
    dataset: Dataset,
    options: LoaderOptions,
    split: str | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> Epoch:
    """List what an epoch over a dataset would draw.

    Parameters
    ----------
    dataset : Dataset
        Read as paired, unpaired or grouped.
    options : LoaderOptions
    split : str, optional
        Only this split; without it, the only one or the first.
    wanted : callable
        Asked between rows, whose label headers are read; the list ends where it answers no.

    Raises
    ------
    DatasetError
        If the dataset has another layout, no such split, or options that no epoch can be
        planned with.
    """
    if dataset.layout not in PLANNED_LAYOUTS:
        raise DatasetError(
            f"{dataset.name}: read as {dataset.layout}; an epoch is planned for data read as "
            f"{', '.join(PLANNED_LAYOUTS)}. Choose one of these layouts."
        )
    if split is None and dataset.splits:
        split = dataset.splits[0]
    part = dataset if split is None else dataset.only(split)
    usable, refusals = _usable(part, options.labeled)
    try:
        draws = _PLANNERS[dataset.layout](usable, options)
    except plan.PlanError as error:
        raise DatasetError(f"{dataset.name}: {error}") from error
    rows = _rows(draws.pairs, part, options)
    samples = tuple(row for row in islice(rows, ROWS_AT_MOST) if wanted())
    drawn = {id(sample) for pair in draws.pairs for sample in pair}
    named = replace(part, samples=samples, layout=EPOCH_LAYOUT, title=f"epoch of {dataset.name}")
    return Epoch(
        dataset=named,
        pairs=len(draws.pairs),
        expected=draws.expected,
        formula=draws.formula,
        skipped=draws.skipped,
        unused=tuple(_own_id(sample) for sample in usable if id(sample) not in drawn),
        refusals=(*refusals, *draws.refusals),
        notes=_notes(options, len(samples)),
    )


def _usable(dataset: Dataset, labeled: bool) -> tuple[list[Sample], list[str]]:
    """Tell samples that a loader can draw from, and why it would refuse the others."""
    images = ("moving_image", "fixed_image") if dataset.layout == "paired" else ("image",)
    labels = tuple(role.replace("image", "label") for role in images) if labeled else ()
    usable, refusals = list(dataset.samples), []
    for role in (*images, *labels):
        lacking = [sample.id for sample in usable if role not in sample.sources]
        if lacking:
            usable = [sample for sample in usable if role in sample.sources]
            shown = ", ".join(lacking[:_NAMED]) + (" …" if len(lacking) > _NAMED else "")
            remedy = " Set labeled to false, or add them." if "label" in role else ""
            refusals.append(f"{len(lacking)} without {role.replace('_', ' ')} ({shown}).{remedy}")
    return usable, refusals


def _own_id(sample: Sample) -> str:
    """Id without the split."""
    return sample.id.removeprefix(f"{sample.split}/")


def _paired(samples: Sequence[Sample], options: LoaderOptions) -> _Draws:
    order = plan.paired_order(len(samples), options.seed)
    pairs = [(samples[i], samples[i]) for i in order]
    return _Draws(pairs, len(samples), f"N = {len(samples)}")


def _unpaired(samples: Sequence[Sample], options: LoaderOptions) -> _Draws:
    order = plan.unpaired_order(len(samples), options.seed)
    pairs = [(samples[moving], samples[fixed]) for moving, fixed in order]
    expected = len(samples) // 2
    draws = _Draws(pairs, expected, f"⌊N/2⌋ = ⌊{len(samples)}/2⌋ = {expected}")
    if not pairs:
        draws.refusals.append(f"{len(samples)} image is no pair; unpaired data need two.")
    return draws


def _grouped(samples: Sequence[Sample], options: LoaderOptions) -> _Draws:
    by_name: dict[str, list[Sample]] = {}  # in the order of the samples, which is DeepReg's
    for sample in samples:
        by_name.setdefault(sample.group, []).append(sample)
    groups = list(by_name.values())
    sizes = [len(group) for group in groups]
    probability, option = options.intra_group_prob, options.intra_group_option
    plan.check_grouping(len(sizes), probability, options.sample_image_in_group)
    expected, formula = _grouped_count(sizes, options)
    if options.sample_image_in_group:
        drawn = list(plan.sampled_pairs(sizes, probability, option, options.seed))
    else:
        every = plan.inter_pairs(sizes) if probability == 0 else plan.intra_pairs(sizes, option)
        drawn = plan.shuffled_pairs(every, options.seed)
    firsts = {pair[0] for pair in drawn}
    skipped = tuple(name for index, name in enumerate(by_name) if index not in firsts)
    pairs = [(groups[a][i], groups[b][j]) for a, i, b, j in drawn]
    return _Draws(pairs, expected, formula, skipped)


def _grouped_count(sizes: Sequence[int], options: LoaderOptions) -> tuple[int, str]:
    """Pairs by the formula, and the formula."""
    if options.sample_image_in_group:
        return len(sizes), f"one a group = {len(sizes)}"
    if options.intra_group_prob == 0:
        count = plan.inter_count(sizes)
        return count, f"S(S−1) − Σ n(n−1) = {count:,}, S = {sum(sizes):,} images in all"
    count = plan.intra_count(sizes, options.intra_group_option)
    half = "" if options.intra_group_option == "unconstrained" else "/2"
    return count, f"Σ n(n−1){half} = {count:,}"


_PLANNERS: dict[str, Callable[[Sequence[Sample], LoaderOptions], _Draws]] = {
    "paired": _paired,
    "unpaired": _unpaired,
    "grouped": _grouped,
}


def _rows(pairs: Sequence[Pair], dataset: Dataset, options: LoaderOptions) -> Iterator[Sample]:
    """One sample for each pair and label channel that is drawn."""
    label_draw = None if options.label_seed is None else random.Random(options.label_seed)  # noqa: S311
    width = len(str(len(pairs)))
    channels_of: dict[Source, int] = {}
    for number, (moving, fixed) in enumerate(pairs, start=1):
        one, other = _own_id(moving), _own_id(fixed)
        what = one if moving is fixed else f"{one} → {other}"
        sources = _sources(moving, fixed, options.labeled)
        group = moving.group if moving.group == fixed.group else f"{moving.group} → {fixed.group}"
        for channel, label in _labels(sources, dataset, options, label_draw, channels_of):
            name = " · ".join(filter(None, (f"{number:0{width}}", what, label)))
            yield Sample(name, sources, group, moving.split, label_channel=channel)


def _sources(moving: Sample, fixed: Sample, labeled: bool) -> dict[str, Source]:
    sources = {}
    for side, sample in (("moving", moving), ("fixed", fixed)):
        for what in ("image", "label") if labeled else ("image",):
            own = f"{side}_{what}" if f"{side}_{what}" in sample.sources else what
            sources[f"{side}_{what}"] = sample.sources[own]
    return sources


def _labels(
    sources: dict[str, Source],
    dataset: Dataset,
    options: LoaderOptions,
    draw: random.Random | None,
    channels_of: dict[Source, int],
) -> list[tuple[int | None, str]]:
    """Label channel of each row of a pair, and in words; none where there is only one."""
    source = sources.get("moving_label")
    if source is None:
        return [(None, "")]
    if source not in channels_of:
        channels_of[source] = _channels(source)
    count = channels_of[source]
    if count == 1:
        return [(None, "")]
    if options.sample_label == "sample" and draw is None:
        return [(None, f"one label of {count}, at random")]
    table = dataset.label_table(source)
    chosen = plan.label_channels(count, options.sample_label, draw)
    return [
        (
            channel,
            f"label {channel}" + (f" {table[channel + 1].name}" if channel + 1 in table else ""),
        )
        for channel in chosen
    ]


def _channels(source: Source) -> int:
    try:
        return read_header(source).frames
    except OSError:  # the row will say so when it is shown
        return 1


def _notes(options: LoaderOptions, rows: int) -> tuple[str, ...]:
    notes = []
    if options.seed is None:
        notes.append("no seed: each epoch is another, this is one of them")
    if options.labeled and options.sample_label == "sample" and options.label_seed is None:
        notes.append("DeepReg draws the label channel without a seed")
    if rows == ROWS_AT_MOST:
        notes.append(f"the first {ROWS_AT_MOST:,} rows")
    return tuple(notes)
