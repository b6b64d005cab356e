"""Choosing what is exported: by verdict, split, and what stands in any column."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from napari_medload.export.choice.examining import DEPTHS, Depth, examined
from napari_medload.export.choice.verdicts import Said, said_of, stated_content
from napari_medload.export.choice.where import Columns, Condition
from napari_medload.export.errors import ExportError
from napari_medload.export.remark import Remark
from napari_medload.export.selection import Entry, Selection
from napari_medload.loaders import Dataset
from napari_medload.loaders.advice import near_word
from napari_medload.loaders.splits import same_split
from napari_medload.review import DECISIONS
from napari_medload.review.staleness import has_aged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from napari_medload.checks import Finding
    from napari_medload.export.choice.hashing import Hashes
    from napari_medload.loaders import Sample

NONE, ANY = "none", "any"
VERDICTS = (*DECISIONS, NONE, ANY)
"""What can be chosen: a decision, samples that nobody has judged, all that somebody has."""

Told: TypeAlias = "Callable[[int, int, str], object]"
"""Told how many are done, of how many, and what is done; it may raise to cancel."""

_LATE = ("findings", "content_hash")
"""Columns that take the files of a sample, so that all others are asked first."""

_TOLD_EVERY = 100


def _nobody(_done: int, _total: int, _what: str) -> None:
    pass


def reviewed(
    dataset: Dataset,
    *,
    verdict: str | Iterable[str] | None = None,
    split: str | Iterable[str] | None = None,
    where: str | Iterable[str] = (),
    samples: Iterable[str] | None = None,
    reviewer: str | None = None,
    round: int | None = None,
    review_folder: str | Path | None = None,
    findings: Depth = "none",
    content: bool = False,
    progress: Told = _nobody,
    executor: Executor | None = None,
) -> Selection:
    """Choose samples of a dataset, each with what was said of it. Nothing is written.

    Where the dataset is a list that was exported, the verdicts in it stand where no journal says
    otherwise.

    Parameters
    ----------
    dataset : Dataset
    verdict : str, or several
        ``"accept"``, ``"reject"``, ``"unsure"``, ``"none"`` for what nobody has judged, ``"any"``
        for all that somebody has. All samples where it is left out.
    split : str, or several
    where : str, or several
        Conditions that must all hold, such as ``"reasons=flipped"`` or ``"age>60"``; see
        `Condition`.
    samples : iterable of str, optional
        Ids, or ends of ids, of the only samples that are wanted.
    reviewer : str, optional
        Whose verdicts count. Where it is left out, all reviewers' do, the latest of each sample,
        and a remark names those on which they disagree.
    round : int, optional
        Which pass of the reviewers; the latest of each where it is left out.
    review_folder : path, optional
        Where the journals lie, if not where the browser keeps them.
    findings : str
        What is checked now: ``"none"``, ``"headers"`` or ``"voxels"``.
    content : bool
        Whether the content of samples without a known hash is read and hashed.
    progress : callable
        Told how many are done, of how many, and what is done; it may raise to cancel.
    executor : Executor, optional
        In which samples are checked and hashed: of threads, processes or a cluster. Some threads
        where it is left out.

    Raises
    ------
    ExportError
        If there is no such verdict, split, sample, column, reviewer, round or folder.
    """
    if not isinstance(dataset, Dataset):
        raise ExportError(
            f"found {type(dataset).__name__} {str(dataset)[:80]!r}; expected a dataset. Open it "
            "first: reviewed(open_dataset(path))."
        )
    wanted = _several(verdict)
    _check(wanted, VERDICTS, "verdict")
    _check((findings,), DEPTHS, "depth of findings")
    conditions = [Condition.parsed(text) for text in _several(where)]
    folder = None if review_folder is None else Path(review_folder).expanduser().absolute()
    said = said_of(dataset, folder, reviewer, round)
    kept = _of_split(dataset, _only(dataset, samples), _several(split))
    remarks = [*said.remarks, *_disputes(kept, said)]
    kept = [sample for sample in kept if is_wanted(said.decision(sample), wanted)]
    chosen = Selection(dataset, [entry_of(sample, said) for sample in kept])
    late = [c for c in conditions if c.column in _LATE]
    chosen = fitting(chosen, [c for c in conditions if c not in late])
    if content or findings != "none":
        chosen, told = with_known_files(chosen, findings, content, progress, executor)
        remarks += told
    _expect_findings(chosen, late, findings)
    chosen = fitting(chosen, late)
    remarks += _stale(chosen, said, progress)
    words = _in_words(wanted, _several(split), conditions, reviewer, round)
    remarks += chosen.remarks
    return replace(chosen, entries=tuple(chosen.entries), chosen=words, remarks=tuple(remarks))


def fitting(selection: Selection, conditions: Iterable[Condition]) -> Selection:
    """Keep the entries for which all conditions hold; a remark names those that can't be compared.

    Raises
    ------
    ExportError
        If a column is in none of them.
    """
    columns = Columns(selection)
    entries, remarks = selection.entries, [*selection.remarks]
    for condition, read in [(c, columns.reader(c.column)) for c in conditions]:
        odd = {e.sample.id: text for e in entries if (text := condition.no_number(read(e)))}
        if odd:
            sentence = (
                f"'{condition}' compares numbers, and these samples have something else there "
                f"(first: '{next(iter(odd.values()))}'); expected such as 61.5, and they are left "
                "out. Correct the column"
            )
            remarks.append(Remark("warning", sentence, tuple(odd)))
        entries = [entry for entry in entries if condition.holds(read(entry))]
    return replace(selection, entries=entries, remarks=tuple(remarks))


def _several(given: str | Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _check(given: Iterable[str], known: tuple[str, ...], what: str) -> None:
    for word in given:
        if word not in known:
            raise ExportError(
                f"there is no {what} '{word}'; expected {', '.join(known)}.{near_word(word, known)}"
            )


def _only(dataset: Dataset, samples: Iterable[str] | None) -> list[Sample]:
    if samples is None:
        return list(dataset.samples)
    try:
        return [dataset[i] for i in sorted({dataset.index_of(name) for name in samples})]
    except KeyError as error:
        raise ExportError(f"{error.args[0]}. Check the spelling.") from None


def _of_split(dataset: Dataset, kept: list[Sample], wanted: tuple[str, ...]) -> list[Sample]:
    names = set()
    for name in wanted:
        found = same_split(name, dataset.splits) or (name if name in dataset.splits else None)
        if found is None:
            there = ", ".join(dataset.splits)
            raise ExportError(
                f"{dataset.root}: no split '{name}'; found {there or 'none'}."
                f"{near_word(name, dataset.splits)}"
                f"{'' if there else ' Leave it out, or make splits.'}"
            )
        names.add(found)
    return [sample for sample in kept if sample.split in names] if wanted else kept


def is_wanted(decision: str | None, wanted: tuple[str, ...]) -> bool:
    """Whether what stands of a sample is one of the words of `VERDICTS`, where any is given."""
    if not wanted or decision in wanted:
        return True
    return (NONE if decision is None else ANY) in wanted


def entry_of(sample: Sample, said: Said, findings: tuple[Finding, ...] | None = None) -> Entry:
    """Join a sample with its verdict, and with the hashes that were made when it was judged."""
    verdict = said.verdict(sample)
    known = () if verdict is None else tuple(pair for pair in verdict.content if pair[1])
    return Entry(sample, verdict, findings, known or stated_content(sample))


def _disputes(kept: list[Sample], said: Said) -> list[Remark]:
    names = tuple(sample.id for sample in kept if sample.id in said.disputed)
    if not names:
        return []
    return [
        Remark(
            "warning",
            "reviewers disagree, and the latest verdict counts; choose a reviewer, or look at "
            "these again",
            names,
        )
    ]


def with_known_files(
    chosen: Selection,
    depth: Depth,
    content: bool,
    progress: Told,
    executor: Executor | None = None,
    hashes: Hashes | None = None,
) -> tuple[Selection, list[Remark]]:
    """Check and hash as `examined` does, and say of which samples not all could be hashed."""
    what, total = "checking" if depth != "none" else "hashing", len(chosen)

    def told(done: int) -> None:
        progress(done, total, what)

    entries = examined(chosen, depth, content, told, executor, hashes)
    lacking = tuple(
        entry.sample.id
        for known, entry in zip(chosen, entries, strict=True)
        if content and not known.content and len(entry.content) < len(entry.sample.sources)
    )
    sentence = (
        "not all files of these samples could be hashed: they can't be read, or are larger than "
        "the free memory; expected a hash of each role. Look at their findings"
    )
    remarks = [Remark("warning", sentence, lacking)] if lacking else []
    return replace(chosen, entries=entries), remarks


def _expect_findings(chosen: Selection, late: list[Condition], depth: Depth) -> None:
    """Refuse a condition on findings that nobody has looked for.

    Raises
    ------
    ExportError
        If there is one.
    """
    asked = [condition for condition in late if condition.column == "findings"]
    if not asked or depth != "none" or not len(chosen):
        return
    read = Columns(chosen).reader("findings")
    if not any(read(entry) for entry in chosen):
        raise ExportError(
            f"'{asked[0]}' is about findings, and no sample was checked; let headers or voxels be "
            "checked first, by 'findings' in Python and --findings on the command line."
        )


def _stale(chosen: Selection, said: Said, progress: Told) -> list[Remark]:
    """Find verdicts whose files have changed since; see `has_aged`."""
    names, total = [], len(chosen)
    for done, entry in enumerate(chosen, start=1):
        judged = entry.sample.id in said.lines  # a list keeps no sizes and times to compare
        if judged and entry.verdict is not None and has_aged(entry.sample, entry.verdict):
            names.append(entry.sample.id)
        if done % _TOLD_EVERY == 0:
            progress(done, total, "comparing files with their verdicts")
    if not names:
        return []
    return [
        Remark(
            "warning",
            "files have changed since they were judged; look at these again",
            tuple(names),
        )
    ]


def _in_words(
    verdicts: tuple[str, ...],
    splits: tuple[str, ...],
    conditions: list[Condition],
    reviewer: str | None,
    round: int | None,
) -> tuple[str, ...]:
    told = [f"verdict {' or '.join(verdicts)}"] if verdicts else []
    told += [f"split {' or '.join(splits)}"] if splits else []
    told += map(str, conditions)
    told += [f"reviewer {reviewer}"] if reviewer else []
    return (*told, f"round {round}") if round else tuple(told)
