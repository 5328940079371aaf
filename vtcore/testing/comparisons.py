"""Copies of what components are given and answer, and where two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import attrs
import numpy as np

from vtcore.frames import Frame, Sequence
from vtcore.instances import Instances
from vtcore.masks import Masks
from vtcore.tables import TrackTable

__all__ = ["difference", "plain_copy"]

_INSTANCES = ("boxes", "scores", "labels", "ids", "masks", "embeddings", "detection_index", "ltwh")


def plain_copy(value: Any) -> Any:
    """Return a copy that shares nothing: dicts, lists, arrays, numbers and texts."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Instances):
        return {name: plain_copy(getattr(value, name)) for name in _INSTANCES}
    if isinstance(value, Masks):
        return [dict(rle) for rle in value.rles]
    if isinstance(value, TrackTable):
        return {name: plain_copy(getattr(value, name)) for name in TrackTable.__slots__ if not name.startswith("_")}
    if isinstance(value, Frame):
        return {"index": value.index, "time": value.time, "image": plain_copy(value.image)}
    if isinstance(value, Sequence):
        return {name: getattr(value, name) for name in ("name", "length", "width", "height", "frame_rate", "classes")}
    if isinstance(value, Mapping):
        return {str(key): plain_copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_copy(item) for item in value]
    if attrs.has(type(value)):
        return {field.name: plain_copy(getattr(value, field.name)) for field in attrs.fields(type(value))}
    return _foreign(value)


def _foreign(value: Any) -> Any:
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "detach"):
        return value.detach().cpu().float().numpy().copy()
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    # Instances of classes of a component's own: their attributes, or else only what they are.
    if hasattr(value, "__dict__"):
        return {name: plain_copy(item) for name, item in vars(value).items()}
    return type(value).__name__


def difference(first: Any, second: Any, *, tolerance: float = 0.0, place: str = "") -> str:
    """Say where two plain copies differ first, empty where they do not.

    Args:
        first: A copy.
        second: Another.
        tolerance: By how much numbers may differ, absolutely and relative to their size.
        place: Words for where they stand.
    """
    if isinstance(first, dict) and isinstance(second, dict):
        return _differing_keys(first, second, tolerance, place)
    if isinstance(first, list) and isinstance(second, list):
        if len(first) != len(second):
            return f"{place or 'the list'}: {len(first)} in one, {len(second)} in the other"
        pairs = enumerate(zip(first, second, strict=True))
        told = (difference(a, b, tolerance=tolerance, place=f"{place}[{index}]") for index, (a, b) in pairs)
        return next((text for text in told if text), "")
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return _differing_arrays(first, second, tolerance, place)
    if isinstance(first, float) and isinstance(second, float):
        same = first == second or (first != first and second != second)
        return "" if same or np.isclose(first, second, tolerance, tolerance) else f"{place}: {first!r}, then {second!r}"
    return "" if type(first) is type(second) and first == second else f"{place}: {_short(first)}, then {_short(second)}"


def _differing_keys(first: dict[str, Any], second: dict[str, Any], tolerance: float, place: str) -> str:
    odd = sorted(first.keys() ^ second.keys())
    if odd:
        return f"{place}: {odd[0]!r} is only in one of them"
    for key in first:
        told = difference(first[key], second[key], tolerance=tolerance, place=f"{place}.{key}" if place else key)
        if told:
            return told
    return ""


def _differing_arrays(first: Any, second: Any, tolerance: float, place: str) -> str:
    if first.shape != second.shape or first.dtype != second.dtype:
        return f"{place}: {first.dtype} {first.shape}, then {second.dtype} {second.shape}"
    if first.dtype.kind in "fc":
        same = np.isclose(first, second, tolerance, tolerance, equal_nan=True)
    else:
        same = first == second
    if same.all():
        return ""
    where = tuple(int(axis) for axis in np.argwhere(~same)[0])
    return f"{place}: at {list(where)} {first[where]!s}, then {second[where]!s}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else f"{type(value).__name__} of {len(value)}" if _is_long(value) else repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."


def _is_long(value: Any) -> bool:
    return isinstance(value, dict | list | np.ndarray)
