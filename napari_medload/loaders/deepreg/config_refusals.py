"""Why training on a configuration would stop, told without opening a folder.

Each value is given to the class that would refuse it in training, alone among good ones.
"""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, Any

from napari_medload.loaders.deepreg.config import FILE_LOADERS, choice
from napari_medload.loaders.deepreg.config_keys import NEEDED, lacking_keys
from napari_medload.loaders.deepreg.data_loader import (
    AbstractPairedDataLoader,
    AbstractUnpairedDataLoader,
    GeneratorDataLoader,
)
from napari_medload.loaders.errors import LoaderError
from napari_medload.loaders.plan import PlanError, check_grouping, check_intra_group_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class _Paired(AbstractPairedDataLoader, GeneratorDataLoader):
    """What paired data are checked by before folders are looked into."""


class _Single(AbstractUnpairedDataLoader, GeneratorDataLoader):
    """What unpaired and grouped data are checked by before folders are looked into."""


_LONGEST = 500
_GOOD: dict[str, Any] = {"labeled": True, "sample_label": "all", "seed": 0}
_SHAPES = {
    "paired": ("moving_image_shape", "fixed_image_shape"),
    "unpaired": ("image_shape",),
    "grouped": ("image_shape",),
}


def why_refused(settings: Mapping[str, Any], kind: str) -> list[str]:
    """Tell why no loader can be made of the settings of a split.

    Parameters
    ----------
    settings : mapping
        As `split_settings` returns them.
    kind : str
        ``"paired"``, ``"unpaired"`` or ``"grouped"``.
    """
    lacking = lacking_keys(settings, kind)
    return [
        *([lacking] if lacking else []),
        *_said(lambda: choice(settings, "format", FILE_LOADERS)),
        *(said for names in _parts(kind) for said in _of_values(settings, kind, names)),
        *_of_grouping(settings, kind),
    ]


def _parts(kind: str) -> tuple[tuple[str, ...], ...]:
    return (
        _SHAPES[kind],
        ("labeled",),
        ("sample_label",),
        ("seed",),
        ("label_seed",),
        ("workers",),
    )


def _of_values(settings: Mapping[str, Any], kind: str, names: tuple[str, ...]) -> list[str]:
    given = {name: settings[name] for name in names if name in settings}
    if not given:
        return []
    good = _GOOD | dict.fromkeys(_SHAPES[kind], (1, 1, 1))
    checked = _Paired if kind == "paired" else _Single
    return _said(lambda: checked(**(good | given)))


def _of_grouping(settings: Mapping[str, Any], kind: str) -> list[str]:
    """Refusals of how groups are drawn from, but for what the number of groups decides."""
    if kind != "grouped" or any(name not in settings for name in NEEDED[kind]):
        return []
    probability, option = settings["intra_group_prob"], settings["intra_group_option"]
    within = not isinstance(probability, str) and probability != 0
    return [
        *_said(lambda: check_grouping(2, probability, settings["sample_image_in_group"])),
        *(_said(lambda: check_intra_group_option(option)) if within else []),
    ]


def _said(check: Callable[[], object]) -> list[str]:
    try:
        check()
    except (LoaderError, PlanError, TypeError) as error:
        return [shorten(str(error), _LONGEST, placeholder=" …")]
    return []
