"""Functions and methods that a Python config may call, as configs of OpenMMLab do."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

from vtcore.migration.effort import LONGEST, spend
from vtcore.migration.values import Unread, Value, copied, merged

__all__ = ["METHODS", "NotUnderstoodError", "call_function", "check_length"]

Arguments = list[Value]
Keywords = dict[str, Value]


class NotUnderstoodError(Exception):
    """Part of a config is not understood; the message says why."""


def call_function(name: str, arguments: Arguments, keywords: Keywords) -> Any:
    """Compute a call of a function.

    Args:
        name: The function as it is written: ``dict``, ``osp.join``.
        arguments: Its arguments.
        keywords: Its keyword arguments.

    Raises:
        NotUnderstoodError: No such function is followed.
    """
    if name in ("dict", "ConfigDict", "Config"):
        table: dict[str, Value] = {}
        for argument in arguments:
            table.update(_as(dict, argument))
        return {**table, **keywords}
    if name in ("list", "tuple", "copy.copy", "copy.deepcopy", "deepcopy"):
        return copied(*arguments) if arguments else []
    compute = _FUNCTIONS.get(name)
    if compute is None or keywords:
        raise NotUnderstoodError(f"calls of {name} are not followed")
    return compute(*(_scalar(argument) for argument in arguments))


def _join(*parts: Any) -> str:
    texts = list(map(str, parts))
    check_length(sum(map(len, texts)))
    return posixpath.join(*texts)


def _round(number: Any, digits: int = 0) -> Any:
    if abs(digits) > 100:
        raise NotUnderstoodError("that many digits")
    return round(number, digits) if digits else round(number)


def check_length(length: int) -> None:
    """Refuse a list or text that would fill the memory.

    Raises:
        NotUnderstoodError: It would.
    """
    if length > LONGEST:
        raise NotUnderstoodError("a sequence that long")


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "abs": abs,
    "round": _round,
    "len": len,
    "min": min,
    "max": max,
    "sum": sum,
    "os.path.join": _join,
    "osp.join": _join,
}


def _scalar(value: Value) -> Any:
    """Return a value for a function of Python's; of a list its plain numbers."""
    spend()
    if isinstance(value.data, Unread):
        raise NotUnderstoodError(value.data.reason)
    if value.is_list:
        return [_scalar(item) for item in value.data]
    return value.data


def _as(kind: type, value: Value) -> Any:
    if type(value.data) is not kind:
        raise NotUnderstoodError(f"a {kind.__name__} was expected")
    return value.data


def _update(holder: Any, arguments: Arguments, keywords: Keywords) -> None:
    table = _held(holder, dict)
    for argument in arguments:
        table.update(_as(dict, argument))
    table.update(keywords)


def _merge(holder: Any, arguments: Arguments, keywords: Keywords) -> None:
    table = _held(holder, dict)
    table.update(merged(table, _as(dict, arguments[0])))


def _pop(holder: Any, arguments: Arguments, keywords: Keywords) -> Any:
    if isinstance(holder, list):
        return holder.pop(*(_scalar(argument) for argument in arguments))
    name = _scalar(arguments[0])
    return _held(holder, dict).pop(name, *arguments[1:])


def _get(holder: Any, arguments: Arguments, keywords: Keywords) -> Any:
    return _held(holder, dict).get(_scalar(arguments[0]), *arguments[1:])


def _setdefault(holder: Any, arguments: Arguments, keywords: Keywords) -> Any:
    return _held(holder, dict).setdefault(_scalar(arguments[0]), arguments[1])


def _append(holder: Any, arguments: Arguments, keywords: Keywords) -> None:
    _held(holder, list).append(arguments[0])


def _extend(holder: Any, arguments: Arguments, keywords: Keywords) -> None:
    items = _held(holder, list)
    check_length(len(items) + len(_as(list, arguments[0])))
    items.extend(arguments[0].data)


def _insert(holder: Any, arguments: Arguments, keywords: Keywords) -> None:
    _held(holder, list).insert(_scalar(arguments[0]), arguments[1])


def _clear(holder: Any, arguments: Arguments, keywords: Keywords) -> None:
    if not isinstance(holder, dict | list):
        raise NotUnderstoodError("a dictionary or list was expected")
    holder.clear()


def _copy(holder: Any, arguments: Arguments, keywords: Keywords) -> Any:
    if not isinstance(holder, dict | list):
        raise NotUnderstoodError("a dictionary or list was expected")
    spend(len(holder))
    return holder.copy()


def _held(holder: Any, kind: type) -> Any:
    if type(holder) is not kind:
        raise NotUnderstoodError(f"a {kind.__name__} was expected")
    return holder


def _text_method(name: str) -> Callable[[Any, Arguments, Keywords], Any]:
    def compute(holder: Any, arguments: Arguments, keywords: Keywords) -> Any:
        text = _held(holder, str)
        if name == "format" and any(mark in text for mark in ("!", "[", ":", ".")) and "{" in text:
            # Only plain fields: a format can reach into objects, and ask for any width.
            fields = text.replace("{{", "").replace("}}", "").split("{")[1:]
            if any(not field.partition("}")[0].replace("_", "").isalnum() for field in fields if field[0] != "}"):
                raise NotUnderstoodError("such a format is not followed")
        given = {key: _scalar(value) for key, value in keywords.items()}
        plain = [_scalar(argument) for argument in arguments]
        if name in ("format", "replace"):
            longest = max((len(str(each)) for each in (*plain, *given.values())), default=0)
            fields = text.count("{") if name == "format" else text.count(str(plain[0])) if plain else 0
            check_length(len(text) + fields * longest)
        return getattr(text, name)(*plain, **given)

    return compute


METHODS: dict[str, Callable[[Any, Arguments, Keywords], Any]] = {
    "update": _update,
    "merge": _merge,
    "pop": _pop,
    "get": _get,
    "setdefault": _setdefault,
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "clear": _clear,
    "copy": _copy,
    **{name: _text_method(name) for name in ("format", "lower", "upper", "replace", "strip", "rstrip", "lstrip")},
}
"""What each method does to what holds it; it takes the holder, arguments and keyword arguments."""
