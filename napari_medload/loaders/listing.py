"""What DeepReg would list of a dataset, and why it would stop, as far as names tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_medload.loaders.pairing import concerns_labels
from napari_medload.loaders.sample import is_label_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from napari_medload.formats import Source
    from napari_medload.loaders.dataset import Dataset
    from napari_medload.loaders.sample import Sample

_NIFTI = (".nii", ".nii.gz")
_FORMS = {"nifti": "NIfTI files", "h5": "datasets in HDF5 files"}
_NAMED = 5
_ASKED_EVERY = 4096


@dataclass(frozen=True)
class Listing:
    """What an epoch draws from.

    Parameters
    ----------
    samples : tuple of Sample
        Those that DeepReg lists and that have every role, in its order.
    refusals : tuple of str
        Why it would stop.
    notes : tuple of str
        What it passes over.
    """

    samples: tuple[Sample, ...]
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def listing(dataset: Dataset, labeled: bool, wanted: Callable[[], bool] = lambda: True) -> Listing:
    """Tell what DeepReg would list.

    Parameters
    ----------
    dataset : Dataset
        Read as paired, unpaired or grouped.
    labeled : bool
        Whether labels are loaded with the images.
    wanted : callable
        Asked now and then; the list ends where it answers no.
    """
    roles = roles_of(dataset.layout, labeled)
    usable: list[Sample] = []
    passed: list[Source] = []
    problems: list[str] = []
    lacking: dict[str, list[str]] = {role: [] for role in roles}
    forms: dict[str, str] = {}
    for number, sample in enumerate(dataset.samples, start=1):
        if not number % _ASKED_EVERY and not wanted():
            break
        found = [(role, source) for role in roles if (source := sample.sources.get(role))]
        loaded = {role: form for role, source in found if (form := form_of(source))}
        passed += [source for role, source in found if role not in loaded]
        problems += _stopping(sample, roles, labeled)
        if len(loaded) == len(roles):
            usable.append(sample)
        elif loaded:
            for role in roles:
                if role not in loaded:
                    lacking[role].append(own_id(sample))
        forms |= loaded
    return Listing(
        tuple(usable),
        (
            *(_without(role, names) for role, names in lacking.items() if names),
            *_first_of(problems),
            *_one_form(forms),
            *_nothing(usable, lacking, problems, roles),
        ),
        _passed_over(passed),
    )


def roles_of(layout: str, labeled: bool) -> tuple[str, ...]:
    """Roles that a loader of a layout reads."""
    images = ("moving_image", "fixed_image") if layout == "paired" else ("image",)
    return (*images, *(role.replace("image", "label") for role in images if labeled))


def form_of(source: Source) -> str:
    """``"nifti"`` or ``"h5"`` for what DeepReg's loaders list; empty for what they pass over."""
    if source.key is None:
        return "nifti" if source.path.name.endswith(_NIFTI) else ""
    return "h5" if source.path.suffix == ".h5" and "/" not in source.key else ""


def own_id(sample: Sample) -> str:
    """Id without the split."""
    return sample.id.removeprefix(f"{sample.split}/")


def named(names: Sequence[str]) -> str:
    """Join names, of which only the first are told."""
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _stopping(sample: Sample, roles: Sequence[str], labeled: bool) -> list[str]:
    """Problems of a sample at which a loader stops, but for roles that are told as lacking."""
    lacking = tuple(
        f"no {role.replace('_', ' ')} named" for role in roles if role not in sample.sources
    )
    return [
        f"{own_id(sample)}: {problem}"
        for problem in sample.problems
        if (labeled or not concerns_labels(problem))
        and not (sample.sources and problem.startswith(lacking))
    ]


def _without(role: str, names: Sequence[str]) -> str:
    remedy = (
        "Set labeled to false, or add what is missing."
        if is_label_role(role)
        else "Add what is missing, or take away the other files of these names."
    )
    return f"{len(names)} without {role.replace('_', ' ')} ({named(names)}). {remedy}"


def _first_of(problems: Sequence[str]) -> tuple[str, ...]:
    more = len(problems) - _NAMED
    return (*problems[:_NAMED], *((f"{more} more samples have problems",) if more > 0 else ()))


def _one_form(forms: dict[str, str]) -> Iterable[str]:
    if len(set(forms.values())) > 1:
        found = [f"{role.replace('_', ' ')}: {_FORMS[form]}" for role, form in forms.items()]
        yield f"two formats ({', '.join(found)}); DeepReg reads one. Convert one of them."


def _nothing(
    usable: Sequence[Sample],
    lacking: dict[str, list[str]],
    problems: Sequence[str],
    roles: Sequence[str],
) -> Iterable[str]:
    if not usable and not problems and not any(lacking.values()):
        what = " and ".join(role.replace("_", " ") + "s" for role in roles)
        yield (
            f"no {what} that DeepReg loads; expected .nii or .nii.gz files, or keys at the top of "
            ".h5 files. Convert them."
        )


def _passed_over(sources: Sequence[Source]) -> tuple[str, ...]:
    if not sources:
        return ()
    names = [source.key or source.path.name for source in sources]
    return (
        f"{len(names)} left out, which DeepReg does not load ({named(names)}): it lists .nii and "
        ".nii.gz in small letters, and keys at the top of .h5 files",
    )
