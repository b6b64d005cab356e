"""Whether a verdict is still about the files as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_medload.loaders.identity import bytes_hash, file_stamp, hash_of_source
from napari_medload.loaders.sample import is_image_role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_medload.loaders import Sample
    from napari_medload.review.verdict import Verdict


def is_stale(
    verdict: Verdict,
    stamps: Iterable[tuple[str, int, int]] = (),
    content: Iterable[tuple[str, str]] | None = None,
) -> bool | None:
    """Say whether the files of a sample have changed since it was judged.

    Stamps are compared first, because they cost nothing. Only what has another stamp has to be
    read and hashed: a copy of a dataset has other times and the same content.

    Parameters
    ----------
    verdict : Verdict
    stamps : (role, bytes, modification time in ns) of each role that is there now
    content : (role, str) of each role that is there now, optional
        Hashes of their content; a role that is left out, or has none, is known by its stamp alone.
        None where nothing was read.

    Returns
    -------
    bool or None
        True where a role was added, is gone, or has another content, or where its file has changed
        and its content was never recorded. False where nothing has changed. None where that
        cannot be told yet: hash the content, and ask again with it.
    """
    now = {role: (size, modified) for role, size, modified in stamps}
    hashes = {role: found for role, found in content or () if found}
    then = {role: (size, modified) for role, size, modified in verdict.stamps}
    judged = {role: found for role, found in verdict.content if found}
    if not then and not judged:
        return None
    if (then.keys() | judged.keys()) != (now.keys() | hashes.keys()):
        return True
    answers = [
        _is_stale(then.get(role), now.get(role), judged.get(role), hashes.get(role))
        for role in then.keys() | judged.keys()
    ]
    if True in answers:
        return True
    return None if None in answers else False


def _is_stale(
    then: tuple[int, int] | None,
    now: tuple[int, int] | None,
    judged: str | None,
    found: str | None,
) -> bool | None:
    """Answer for one role."""
    if judged is not None and found is not None:
        return judged != found
    if then is not None and then == now:
        return False
    if judged is not None or then is None or now is None:
        return None
    return True


def has_aged(sample: Sample, verdict: Verdict) -> bool:
    """Whether a sample has other content than when it was judged.

    Files are read only where size or time have changed.
    """
    stamps, content = [], []
    for role, source in sample.sources.items():
        try:
            stamps.append((role, *file_stamp(source)))
        except OSError:  # it is gone
            continue
    answer = is_stale(verdict, stamps)
    if answer is None and (verdict.content or verdict.stamps):
        for role, source in sample.sources.items():
            try:
                hashed = hash_of_source if is_image_role(role) else bytes_hash
                content.append((role, hashed(source)))
            except OSError:
                continue
        answer = is_stale(verdict, stamps, content)
    return bool(answer)
