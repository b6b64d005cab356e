"""An epoch before it is trained: the exact ordered list of what a loader would yield.

The rows are samples themselves, so that an epoch is browsed like a dataset.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from napari_medload.formats import read_header
from napari_medload.loaders import plan
from napari_medload.loaders.errors import DatasetError
from napari_medload.loaders.listing import listing, named, own_id
from napari_medload.loaders.options import CONFIG_SPLITS, LoaderOptions
from napari_medload.loaders.sample import Sample, is_label_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from napari_medload.formats import Source
    from napari_medload.labels import LabelTable
    from napari_medload.loaders.dataset import Dataset

EPOCH_LAYOUT = "epoch"
PLANNED_LAYOUTS = ("paired", "unpaired", "grouped")
ROWS_AT_MOST = 100_000
_LOOKED_AT = 8
PAIRS_AT_MOST = 10_000_000
"""Of an epoch of all pairs: 8 s to shuffle, and 40 MB."""

Pair: TypeAlias = tuple[Sample, Sample]
"""Sample of the moving image, sample of the fixed image; the same one for paired data."""
Row: TypeAlias = "tuple[Sample, Draw]"


class Draw(NamedTuple):
    """What one row of an epoch draws: the pair's number from 1, ids, and the label in words.

    The label is its channel with a name where one is known, ``"any of 3"`` where it is drawn
    without a seed, ``"?"`` where its file cannot be read, and empty where the epoch is not
    labelled.
    """

    number: int
    moving: str
    fixed: str
    label: str = ""


@dataclass(frozen=True)
class Epoch:
    """What one epoch of training would draw.

    Parameters
    ----------
    dataset : Dataset
        One sample a row, in order: ``moving_image``, ``fixed_image`` and their labels.
    draws : tuple of Draw
        The same rows in words.
    split : str
        The split that is drawn from; empty where there are none.
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
        Why DeepReg would stop instead of training on this; rows leave out what cannot be drawn.
    notes : tuple of str
        What a person should know of the order.
    """

    dataset: Dataset
    draws: tuple[Draw, ...]
    split: str
    pairs: int
    expected: int
    formula: str
    skipped: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Draws:
    """Pairs in order, and what is known of them as a whole.

    ``pairs`` are made as they are asked for: there may be millions, of which few become rows.
    """

    count: int
    pairs: Iterable[Pair]
    expected: int
    formula: str
    unused: tuple[Sample, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def preview_epoch(
    dataset: Dataset,
    options: LoaderOptions | None = None,
    split: str | None = None,
    wanted: Callable[[], bool] = lambda: True,
) -> Epoch:
    """List what an epoch over a dataset would draw.

    Parameters
    ----------
    dataset : Dataset
        Read as paired, unpaired or grouped.
    options : LoaderOptions, optional
        Without them, those of the dataset; see `usual_options`.
    split : str, optional
        Only this split; without it, the only one or the first.
    wanted : callable
        Asked between rows, whose label headers are read, and now and then while the order is
        made; the list ends where it answers no.

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
    split = split and part.splits[0]  # as the dataset spells it
    options = options or usual_options(dataset, split or "")
    listed = listing(part, options.labeled, wanted)
    labels = _Labels(part, options)
    try:
        draws = _PLANNERS[dataset.layout](listed.samples, options, wanted)
        asked_for = takewhile(lambda _: wanted(), _rows(draws, labels, options))
        rows = list(islice(asked_for, ROWS_AT_MOST))
    except plan.PlanError as error:
        raise DatasetError(f"{dataset.name}: {error}") from error
    return Epoch(
        dataset=_titled(part, dataset, split, tuple(sample for sample, _draw in rows)),
        draws=tuple(draw for _sample, draw in rows),
        split=split or "",
        pairs=draws.count,
        expected=draws.expected,
        formula=draws.formula,
        skipped=draws.skipped,
        unused=tuple(own_id(sample) for sample in draws.unused),
        refusals=(*_of_split(dataset, split), *listed.refusals, *labels.refusals()),
        notes=(*_notes(options, len(rows)), *listed.notes, *draws.notes),
    )


def usual_options(dataset: Dataset, split: str = "") -> LoaderOptions:
    """Options that a dataset states for a split; a folder's are labelled where it has labels.

    Parameters
    ----------
    dataset : Dataset
    split : str
        Empty where there are none.
    """
    stated = dataset.options_for(split)
    if stated is not None:
        return stated
    of_split = (s for s in dataset.samples if not split or s.split == split)
    some = islice(of_split, _LOOKED_AT)
    return LoaderOptions(labeled=any(is_label_role(role) for s in some for role in s.sources))


def _titled(
    part: Dataset, whole: Dataset, split: str | None, samples: tuple[Sample, ...]
) -> Dataset:
    """Rows as a dataset, named after the split where that is not all there is."""
    of = f"{whole.name}/{split}" if split and len(whole.splits) > 1 else whole.name
    return replace(part, samples=samples, layout=EPOCH_LAYOUT, title=f"epoch of {of}")


def _of_split(dataset: Dataset, split: str | None) -> list[str]:
    """Refusals of the configuration, but for those that begin with the name of another split."""
    others = tuple(f"{name}: " for name in CONFIG_SPLITS if name != split)
    return [reason for reason in dataset.refusals if not reason.startswith(others)]


def _paired(
    samples: Sequence[Sample], options: LoaderOptions, _wanted: Callable[[], bool]
) -> _Draws:
    order = plan.paired_order(len(samples), options.seed)
    pairs = [(samples[i], samples[i]) for i in order]
    return _Draws(len(pairs), pairs, len(samples), f"N = {len(samples)}")


def _unpaired(
    samples: Sequence[Sample], options: LoaderOptions, _wanted: Callable[[], bool]
) -> _Draws:
    order = plan.unpaired_order(len(samples), options.seed)
    pairs = [(samples[moving], samples[fixed]) for moving, fixed in order]
    count = len(samples) // 2
    drawn = {index for pair in order for index in pair}
    unused = tuple(sample for index, sample in enumerate(samples) if index not in drawn)
    notes = ("a single image is no pair: DeepReg yields nothing",) if len(samples) == 1 else ()
    formula = f"⌊N/2⌋ = ⌊{len(samples)}/2⌋ = {count}"
    return _Draws(len(pairs), pairs, count, formula, unused, notes=notes)


def _grouped(
    samples: Sequence[Sample], options: LoaderOptions, wanted: Callable[[], bool]
) -> _Draws:
    by_name: dict[str, list[Sample]] = {}  # in the order of the samples, which is DeepReg's
    for sample in samples:
        by_name.setdefault(sample.group, []).append(sample)
    groups = list(by_name.values())
    sizes = [len(group) for group in groups]
    plan.check_grouping(len(sizes), options.intra_group_prob, options.sample_image_in_group)
    expected, formula = _grouped_count(sizes, options)
    if not options.sample_image_in_group and expected > PAIRS_AT_MOST:
        raise plan.PlanError(
            f"an epoch of all pairs has {formula}; expected {PAIRS_AT_MOST:,} at most, as the "
            "order of all is made before the first is known. Set sample_image_in_group to true, "
            "or draw from fewer images."
        )
    drawn = _drawn_of_groups(sizes, options, wanted)
    pairs = ((groups[a][i], groups[b][j]) for a, i, b, j in drawn)
    unused, skipped = _left_of_groups(sizes, options, drawn)
    names = tuple(by_name)
    return _Draws(
        len(drawn),
        pairs,
        expected,
        formula,
        tuple(groups[group][image] for group, image in unused),
        tuple(names[group] for group in skipped),
    )


def _drawn_of_groups(
    sizes: Sequence[int], options: LoaderOptions, wanted: Callable[[], bool]
) -> Sequence[plan.GroupedPair]:
    """Pairs of an epoch in order; of all pairs, only the order is kept in memory."""
    probability, option = options.intra_group_prob, options.intra_group_option
    if options.sample_image_in_group:
        return list(plan.sampled_pairs(sizes, probability, option, options.seed))
    every: Sequence[plan.GroupedPair] = (
        plan.PairsBetween(sizes) if probability == 0 else plan.PairsWithin(sizes, option)
    )
    return plan.Reordered(every, plan.shuffled_indices(len(every), options.seed, wanted))


def _left_of_groups(
    sizes: Sequence[int], options: LoaderOptions, drawn: Sequence[plan.GroupedPair]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Images that are never drawn, as (group, image), and groups without a pair of their own."""
    if options.sample_image_in_group:
        used = {end for pair in drawn for end in (pair[:2], pair[2:])}
        begun = {pair[0] for pair in drawn}
        every = ((group, image) for group, size in enumerate(sizes) for image in range(size))
        unused = [end for end in every if end not in used]
        return unused, [group for group in range(len(sizes)) if group not in begun]
    if options.intra_group_prob == 0:  # all images of two groups or more meet
        return [], []
    single = [group for group, size in enumerate(sizes) if size < 2]
    return [(group, 0) for group in single], single


def _grouped_count(sizes: Sequence[int], options: LoaderOptions) -> tuple[int, str]:
    """Pairs by the formula, and the formula."""
    if options.sample_image_in_group:
        return len(sizes), f"one a group = {len(sizes)}"
    if options.intra_group_prob == 0:
        count = plan.inter_count(sizes)
        return count, f"S(S−1) − Σ n(n−1) = {count:,}, S = {sum(sizes):,} images"
    count = plan.intra_count(sizes, options.intra_group_option)
    half = "" if options.intra_group_option == "unconstrained" else "/2"
    return count, f"Σ n(n−1){half} = {count:,}"


_PLANNERS: dict[str, Callable[[Sequence[Sample], LoaderOptions, Callable[[], bool]], _Draws]] = {
    "paired": _paired,
    "unpaired": _unpaired,
    "grouped": _grouped,
}


def _rows(draws: _Draws, labels: _Labels, options: LoaderOptions) -> Iterator[Row]:
    """One row for each pair and label channel that is drawn."""
    width = len(str(draws.count))
    for number, (moving, fixed) in enumerate(draws.pairs, start=1):
        one, other = own_id(moving), own_id(fixed)
        what = one if moving is fixed else f"{one} → {other}"
        sources = _sources(moving, fixed, options.labeled)
        group = moving.group if moving.group == fixed.group else f"{moving.group} → {fixed.group}"
        for channel, label in labels.of(what, sources):
            said = f"label {label}" if label and labels.several else ""
            name = " · ".join(filter(None, (f"{number:0{width}}", what, said)))
            yield (
                Sample(name, sources, group, moving.split, label_channel=channel),
                Draw(number, one, other, label),
            )


def _sources(moving: Sample, fixed: Sample, labeled: bool) -> dict[str, Source]:
    sources = {}
    for side, sample in (("moving", moving), ("fixed", fixed)):
        for what in ("image", "label") if labeled else ("image",):
            own = f"{side}_{what}" if f"{side}_{what}" in sample.sources else what
            sources[f"{side}_{what}"] = sample.sources[own]
    return sources


class _Labels:
    """Label channels that the pairs of an epoch are drawn with, from headers alone."""

    def __init__(self, dataset: Dataset, options: LoaderOptions) -> None:
        self.several = False  # whether the pair asked for last has more than one
        self._dataset, self._options = dataset, options
        seed = options.label_seed
        self._draw = None if seed is None else random.Random(seed)  # noqa: S311
        self._counts: dict[Source, int | None] = {}
        self._unlike: list[str] = []
        self._unreadable: dict[str, None] = {}

    def of(self, pair: str, sources: dict[str, Source]) -> list[tuple[int | None, str]]:
        """Label channel of each row of a pair, and in words; no row where DeepReg stops at it."""
        self.several = False
        moving, fixed = sources.get("moving_label"), sources.get("fixed_label")
        if moving is None or fixed is None:
            return [(None, "")]
        count, other = self._count(moving), self._count(fixed)
        if count is None or other is None:
            return [(None, "?")]
        if count != other:
            self._unlike.append(f"{pair}: {count} and {other}")
            return []
        if count == 1:  # of its values, which may be many, nothing is known without reading them
            return [(None, "0")]
        self.several = True
        if self._options.sample_label == "sample" and self._draw is None:
            return [(None, f"any of {count}")]
        table = self._dataset.label_table(moving)
        chosen = plan.label_channels(count, self._options.sample_label, self._draw)
        return [(channel, _in_words(channel, table)) for channel in chosen]

    def refusals(self) -> Iterator[str]:
        """Why DeepReg would stop at some of the pairs that were asked for."""
        if self._unlike:
            yield (
                f"{len(self._unlike)} with different numbers of labels, moving and fixed "
                f"({named(self._unlike)}). Write the same labels into both."
            )
        if self._unreadable:
            names = list(self._unreadable)
            yield f"{len(names)} labels cannot be read ({named(names)}). Restore the files."

    def _count(self, source: Source) -> int | None:
        """Count the channels, or return None where the file does not tell."""
        if source not in self._counts:
            try:
                self._counts[source] = read_header(source).frames
            except (OSError, ValueError):
                self._counts[source] = None
                self._unreadable[source.key or source.path.name] = None
        return self._counts[source]


def _in_words(channel: int, table: LabelTable) -> str:
    return f"{channel} {table[channel + 1].name}" if channel + 1 in table else f"{channel}"


def _notes(options: LoaderOptions, rows: int) -> tuple[str, ...]:
    notes = []
    if options.seed is None:
        notes.append("no seed: each epoch is another, this is one of them")
    if options.labeled and options.sample_label == "sample" and options.label_seed is None:
        notes.append("DeepReg draws the label channel without a seed")
    if rows == ROWS_AT_MOST:
        notes.append(f"the first {ROWS_AT_MOST:,} rows")
    return tuple(notes)
