"""Batches in pieces: arguments divided, answers joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["join", "slice_of"]

_MAP_DIMENSIONS = 4


def slice_of(value: Any, count: int, piece: slice) -> Any:
    """Return the part of an argument that belongs to a piece of a batch of `count`.

    Tensors and lists with `count` entries are cut; everything else belongs to every piece, tuples too: most are one
    value, such as a size.
    """
    if isinstance(value, Tensor):
        return value[piece] if value.ndim and len(value) == count else value
    if isinstance(value, list) and len(value) == count:
        return value[piece]
    return value


def join(parts: Sequence[Any], sizes: Sequence[int]) -> Any:
    """Return the answers to the pieces of a batch as one.

    Tensors ``(n, ...)`` are joined along their first dimension, tuples entry by entry, mappings key by key. A list
    with as many entries as its piece has one for each input, and goes on with the next; other lists (levels of a
    pyramid) are joined entry by entry. Where a list could be either, feature maps ``(n, C, h, w)`` are levels, all else
    is one for each input: a network whose levels have another form answers with a tuple.

    Args:
        parts: At least one; all of one structure. What is none of the above must be the same in all.
        sizes: How many inputs each piece had.

    Raises:
        TypeError: They cannot be joined.
    """
    first = parts[0]
    if isinstance(first, Tensor) and first.ndim:
        return torch.cat(list(parts))
    if isinstance(first, Mapping):
        return {key: join([part[key] for part in parts], sizes) for key in first}
    if isinstance(first, tuple):
        joined = _entry_by_entry(parts, sizes)
        return type(first)(*joined) if hasattr(first, "_fields") else tuple(joined)
    if isinstance(first, list):
        if _is_one_for_each(parts, sizes):
            return [entry for part in parts for entry in part]
        return _entry_by_entry(parts, sizes)
    if all(_same(part, first) for part in parts[1:]):
        return first
    raise TypeError(f"answers of the type {type(first).__name__} to the pieces of a batch cannot be joined")


def _entry_by_entry(parts: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    return [join(column, sizes) for column in zip(*parts, strict=True)]


def _is_one_for_each(parts: Sequence[list[Any]], sizes: Sequence[int]) -> bool:
    if any(len(part) != size for part, size in zip(parts, sizes, strict=True)):
        return False
    return not all(
        isinstance(entry, Tensor) and entry.ndim == _MAP_DIMENSIONS and len(entry) == size
        for part, size in zip(parts, sizes, strict=True)
        for entry in part
    )


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return isinstance(other, Tensor) and torch.equal(one, other)
    return bool(one == other)
