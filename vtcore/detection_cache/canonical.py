"""Configs as plain data with one text, so that equal configs have equal hashes."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import attrs

from vtcore.components import Configured
from vtcore.detection_cache.refusal import Refusal

__all__ = ["digest_of", "plain_config", "texts_in"]


def digest_of(form: Any) -> str:
    """Return the SHA-256 of plain data in its one spelling, in hexadecimal."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def plain_config(value: Any, nested: Any) -> Any:
    """Return a config's value as plain data, everything that could make a difference in it.

    Args:
        value: A value, or a whole config.
        nested: Called with each component inside; returns what stands for it.

    Raises:
        Refusal: It holds something that has no text of its own.
    """
    if isinstance(value, Configured):
        return nested(value)
    if isinstance(value, enum.Enum):
        return plain_config(value.value, nested)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain_config(item, nested) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain_config(item, nested) for item in value), key=digest_of)
    if isinstance(value, Mapping):
        return {str(key): plain_config(item, nested) for key, item in value.items()}
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        return {name: plain_config(getattr(value, name), nested) for name in names}
    raise Refusal(f"an option holds a {type(value).__name__}, whose content cannot be told")


def texts_in(value: Any) -> Iterator[str]:
    """Yield every string and path in a config, those of components inside left out."""
    if isinstance(value, Configured):
        return
    if isinstance(value, str | PurePath):
        yield str(value)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, enum.Enum):
        yield from texts_in(value.value)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from texts_in(getattr(value, field.name))
