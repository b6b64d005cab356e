"""The table of keys that every view offers."""

from __future__ import annotations

from napari_medload.session.keys import USUAL_KEYS


def test_no_two_actions_share_a_key_and_none_a_name():
    assert len({key.key for key in USUAL_KEYS}) == len(USUAL_KEYS)
    assert len({key.name for key in USUAL_KEYS}) == len(USUAL_KEYS)


def test_every_key_is_one_letter_or_digit_and_says_what_it_does():
    """Those are typed alike on all layouts, and no browser or notebook takes them."""
    for key in USUAL_KEYS:
        assert len(key.key) == 1 and key.key == key.key.upper() and key.key.isalnum(), key
        assert key.tip[0].isupper() and not key.tip.endswith("."), key


def test_only_walking_repeats_while_a_key_is_held():
    repeating = {key.name for key in USUAL_KEYS if key.repeats}
    assert repeating == {"next", "previous", "next region", "previous region"}
