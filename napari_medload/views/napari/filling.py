"""Showing values in magicgui's fields: nothing of that is told back, and no cursor jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from magicgui.widgets import ComboBox


def offer(box: ComboBox, choices: list[tuple[str, str]], chosen: str) -> None:
    """Offer some choices, one of which is chosen."""
    with box.changed.blocked():
        if tuple(box.choices) != tuple(value for _text, value in choices):
            box.choices = choices
        if box.value != chosen:
            box.value = chosen


def fill(field: Any, value: Any) -> None:
    """Write a value, where the field holds another: else its cursor would jump."""
    if field.value != value:
        with field.changed.blocked():
            field.value = value
