"""Experiments as TOML text, with the origin of every value where it is asked for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from vtcore.experiments.origins import DEFAULT, Origin
from vtcore.experiments.positions import KeyPath, key_text

__all__ = ["experiment_text"]

_WIDTH = 100
_COMMENT_COLUMN = 48
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f-\x9f\u2028\u2029]')

Line = tuple[str, KeyPath]


def experiment_text(tables: Mapping[str, Any], origins: Mapping[KeyPath, Origin] | None) -> str:
    """Write plain tables as TOML.

    Args:
        tables: What TOML can hold.
        origins: Where each value was written, for a comment on every line; None for no comments. A key path that is
            not in it is a default.
    """
    return "".join(f"{_commented(text, path, origins)}\n" for text, path in _table_lines(tables, ()))


def _commented(text: str, path: KeyPath, origins: Mapping[KeyPath, Origin] | None) -> str:
    if origins is None or not text:
        return text
    # File names may hold anything; a comment ends with its line.
    origin = str(origins.get(path, DEFAULT)).replace("\n", " ").replace("\r", " ")
    return f"{text:<{_COMMENT_COLUMN}}  # {origin}"


def _table_lines(table: Mapping[str, Any], path: KeyPath, header: str = "") -> Iterator[Line]:
    """Yield the lines of a table: its header, its values, then the tables in it."""
    if header:
        yield "", path
        yield header, path
    for key, value in table.items():
        if not _is_table(value) and not _is_table_array(value):
            yield from _value_lines(value, (*path, key))
    for key, value in table.items():
        inner = (*path, key)
        name = key_text(_without_indices(inner))
        if _is_table(value):
            yield from _table_lines(value, inner, f"[{name}]")
        elif _is_table_array(value):
            for index, item in enumerate(value):
                yield from _table_lines(item, (*inner, index), f"[[{name}]]")


def _value_lines(value: Any, path: KeyPath) -> Iterator[Line]:
    key = key_text(path[-1:])
    text = f"{key} = {_inline(value)}"
    if not isinstance(value, list) or len(text) <= _WIDTH:
        yield text, path
        return
    yield f"{key} = [", path
    for index, item in enumerate(value):
        yield f"    {_inline(item)},", (*path, index)
    yield "]", path


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key_text([key])} = {_inline(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return repr(value)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_table_array(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_table, value))


def _without_indices(path: KeyPath) -> list[str]:
    # Headers name arrays of tables without indices; they mean the last element.
    return [part for part in path if isinstance(part, str)]
