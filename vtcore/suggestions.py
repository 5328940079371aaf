"""Near misses: the known word that a person most likely meant, or else what there is."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean", "did_you_mean_or_list", "listing", "near_miss", "there_are"]

_MOST_LISTED = 15


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
    return there_are(names) if match is None else f"did you mean {match!r}?"


def there_are(names: Iterable[str]) -> str:
    """Return ``"there are 'test', 'train'"``, in the words that the number of names asks for."""
    names = list(names)
    if not names:
        return "there are none"
    return f"there {'is' if len(names) == 1 else 'are'} {listing(names)}"


def listing(words: Iterable[object]) -> str:
    """Return words quoted and parted by commas, the first few of many."""
    known = [repr(word) for word in words]
    if len(known) > _MOST_LISTED:
        known = [*known[:_MOST_LISTED], f"and {len(known) - _MOST_LISTED} more"]
    return ", ".join(known)
