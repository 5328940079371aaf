"""The class names that a data set gave a sequence, where those of a detector have taken their place."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["classes_of_data", "name_classes"]

_NAMED: WeakKeyDictionary[Sequence, tuple[tuple[str, ...], tuple[str, ...]]] = WeakKeyDictionary()
"""Of each sequence that was named here: the names before and after."""


def name_classes(sequence: Sequence, classes: tuple[str, ...]) -> None:
    """Give a sequence class names, without forgetting those of the data: they are part of every key."""
    if sequence.classes == classes:
        return
    before = classes_of_data(sequence)
    sequence.classes = classes
    try:
        _NAMED[sequence] = before, classes
    except TypeError:
        return  # A sequence that cannot be hashed: at worst its detections are computed once more.


def classes_of_data(sequence: Sequence) -> tuple[str, ...]:
    """Return the class names that the data set gave a sequence."""
    try:
        before, after = _NAMED.get(sequence, (sequence.classes, sequence.classes))
    except TypeError:
        return sequence.classes
    return before if sequence.classes == after else sequence.classes
