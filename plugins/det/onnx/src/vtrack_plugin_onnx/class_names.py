"""Names of classes that an exporter wrote into the file."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["names_in"]

_KEYS = ("names", "class_names", "classes", "labels", "id2label")
"""Where exporters write them: as JSON, or as Python writes a list or a table by number."""


def names_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of classes in a file's metadata, in the network's order; empty where there are none.

    Args:
        metadata: Texts by key. Names count that are a list, or a table by number from 0 on without gaps, each once.
    """
    for key in _KEYS:
        names = _names(_read(metadata.get(key, "")))
        if names:
            return names
    return ()


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        by_number = {str(key): name for key, name in value.items()}
        value = [by_number.get(str(number)) for number in range(len(by_number))]
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        return ()
    return tuple(value) if len(set(value)) == len(value) else ()
