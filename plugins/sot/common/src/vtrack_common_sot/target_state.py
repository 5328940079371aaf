"""Targets of a tracker as plain arrays, and back.

A target is an instance of an attrs class. Its fields are arrays, numbers, truth values, texts, None, torch tensors, or
tuples of these. Torch is imported only where a tensor comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from vtcore.errors import StateError

__all__ = ["packed", "unpacked"]

_TENSOR = "tensor"
"""Last part of the name of what was a tensor."""

_EMPTY = "empty"
"""Last part of the name that stands for a tuple of nothing."""

_NOTHING: npt.NDArray[Any] = np.empty(0, "S1")
"""Stands for None."""


def packed(target: Any) -> dict[str, npt.NDArray[Any]]:
    """Return copies of a target's fields as arrays by dotted names.

    Raises:
        StateError: A field holds what cannot be kept.
    """
    state: dict[str, npt.NDArray[Any]] = {}
    for field in attrs.fields(type(target)):
        state.update(_flat(field.name, getattr(target, field.name)))
    return state


def unpacked(kind: type[Any], state: Mapping[str, npt.NDArray[Any]], device: Any = "cpu") -> Any:
    """Return the target that `packed` told of.

    Args:
        kind: Its attrs class.
        state: What `packed` returned.
        device: Where tensors are put.

    Raises:
        StateError: Fields are missing, or there are others.
    """
    fields = {field.name: field.alias for field in attrs.fields(kind)}
    given: dict[str, dict[tuple[str, ...], npt.NDArray[Any]]] = {}
    for key, value in state.items():
        name, *rest = key.split(".")
        given.setdefault(name, {})[tuple(rest)] = np.asarray(value)
    told = [f"lacks {name!r}" for name in sorted(fields.keys() - given.keys())]
    told += [f"has {name!r} besides" for name in sorted(given.keys() - fields.keys())]
    if told:
        raise StateError(f"this is no state of a {kind.__name__}: it {told[0]}")
    values: dict[str, Any] = {}
    for name, parts in given.items():
        try:
            values[str(fields[name])] = _nested(parts, device)
        except (ValueError, TypeError) as error:
            raise StateError(f"this is no state of a {kind.__name__}: its {name!r} is damaged") from error
    return kind(**values)


def _flat(name: str, value: Any) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    if value is None:
        yield name, _NOTHING
    elif isinstance(value, tuple | list):
        if not value:
            yield f"{name}.{_EMPTY}", _NOTHING
        for index, each in enumerate(value):
            yield from _flat(f"{name}.{index}", each)
    elif hasattr(value, "detach"):
        yield f"{name}.{_TENSOR}", np.array(value.detach().cpu().numpy())
    else:
        kept = np.array(value)
        if kept.dtype.hasobject:
            raise StateError(f"the state of {name!r}, of {type(value).__name__}, cannot be kept")
        yield name, kept


def _nested(parts: Mapping[tuple[str, ...], npt.NDArray[Any]], device: Any) -> Any:
    if len(parts) == 1:
        ((rest, value),) = parts.items()
        if rest == ():
            return _plain(value)
        if rest == (_TENSOR,):
            import torch

            return torch.from_numpy(value.copy()).to(device)
        if rest == (_EMPTY,):
            return ()
    items: dict[int, dict[tuple[str, ...], npt.NDArray[Any]]] = {}
    for place, value in parts.items():
        if not place:
            raise ValueError("a value, and parts of it besides")
        items.setdefault(int(place[0]), {})[place[1:]] = value
    if sorted(items) != list(range(len(items))):
        raise ValueError("parts are missing")
    return tuple(_nested(items[index], device) for index in range(len(items)))


def _plain(value: npt.NDArray[Any]) -> Any:
    if value.shape == (0,) and value.dtype.kind == "S":
        return None
    return value.copy() if value.ndim else value.item()
