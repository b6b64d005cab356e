"""Who reviews, and how they like to go on: remembered between sessions."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import platformdirs

if TYPE_CHECKING:
    from pathlib import Path

Reveal: TypeAlias = Literal["after each verdict", "at once", "at the end"]
"""When the verdicts of others are shown: what they say of a sample influences who judges it."""

REVEALS: tuple[Reveal, ...] = get_args(Reveal)


def default_file() -> Path:
    """Where it is kept: the user's configuration folder."""
    return platformdirs.user_config_path("napari-medload") / "reviewer.json"


def user_name() -> str:
    """Return the name of the user of this computer."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, or no such thing as users
        return "reviewer"


@dataclass(frozen=True)
class Reviewer:
    """A person, and how they review.

    Parameters
    ----------
    name : str
    auto_advance : bool
        Whether the next sample is shown after each verdict.
    reveal : str
        When what others have said is shown: of each sample after the own verdict on it, at once,
        or once all samples are reviewed.
    """

    name: str
    auto_advance: bool = True
    reveal: Reveal = "after each verdict"


class RememberedReviewer:
    """The reviewer of this computer.

    Parameters
    ----------
    file : Path, optional
        Where it is kept. A file that cannot be read or written is no reason to stop.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or default_file()
        self.reviewer = self._read()

    def change(self, **changes: Any) -> Reviewer:
        """Change fields of the reviewer, and remember them."""
        self.reviewer = replace(self.reviewer, **changes)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".part")
            unfinished.write_text(json.dumps(asdict(self.reviewer)), encoding="utf-8")
            os.replace(unfinished, self._file)
        except OSError:
            pass
        return self.reviewer

    def _read(self) -> Reviewer:
        usual = Reviewer(user_name())
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            kinds = {field.name: type(getattr(usual, field.name)) for field in fields(usual)}
            known = {k: v for k, v in found.items() if k in kinds and isinstance(v, kinds[k])}
        except (OSError, ValueError, AttributeError):
            return usual
        if known.get("reveal") not in REVEALS:
            known.pop("reveal", None)
        return replace(usual, **{k: v for k, v in known.items() if k != "name" or v.strip()})


class GivenReviewer(RememberedReviewer):
    """A reviewer whom a script names: nothing of it is remembered on this computer.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.reviewer = replace(self.reviewer, name=name)

    def change(self, **changes: Any) -> Reviewer:
        """Change fields of the reviewer, as long as this lives."""
        self.reviewer = replace(self.reviewer, **changes)
        return self.reviewer
