"""Near misses: the known word that a person most likely meant."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean", "did_you_mean_or_list", "near_miss"]

_MOST_LISTED = 8


def near_miss(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to `word`, None if none is close."""
    import difflib  # here, since only the way to an error needs it

    matches = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'bytetrack'?"``, to put behind a message; empty if nothing known is close."""
    match = near_miss(word, known)
    return "" if match is None else f"; did you mean {match!r}?"


def did_you_mean_or_list(word: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'train'?"``, or ``"there are 'test', 'train'"`` if nothing known is close."""
    names = list(known)
    match = near_miss(word, names)
    if match is not None:
        return f"did you mean {match!r}?"
    if not names:
        return "there are none"
    rest = len(names) - _MOST_LISTED
    listed = ", ".join(map(repr, names[:_MOST_LISTED]))
    return f"there {'are' if len(names) > 1 else 'is'} {listed}{f' and {rest} more' if rest > 0 else ''}"
