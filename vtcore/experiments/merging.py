"""Merging of experiment tables: key by key, with the rules of ``type`` and ``replace``."""

from __future__ import annotations

from collections.abc import Collection

from vtcore.errors import Problem
from vtcore.experiments.origins import Node
from vtcore.experiments.positions import KeyPath, key_text

__all__ = ["REPLACE", "TYPE", "merge", "without_directives", "wrong_indices"]

TYPE = "type"
"""Key of a table that names its component."""
REPLACE = "replace"
"""Key that makes a table start afresh instead of merging over what it extends."""


def merge(base: Node, over: Node) -> Node:
    """Lay `over` over `base`.

    Tables merge key by key. One that says ``replace = true``, or names another ``type`` than the one below it, starts
    afresh. Anything else, arrays too, replaces. An override given by index (``metrics.0.type``) merges into the
    array's table.
    """
    if over.is_table and base.is_array and over.origin.is_override and not wrong_indices(over.value, len(base.value)):
        return _merged_by_index(base, over)
    if not over.is_table or not base.is_table or _starts_afresh(base, over):
        return over
    merged = dict(base.value)
    for key, item in over.value.items():
        merged[key] = merge(merged[key], item) if key in merged else item
    # A table stays where its header is, though single keys of it are overridden.
    return Node(merged, base.origin if over.origin.is_override else over.origin)


def without_directives(node: Node, problems: list[Problem], path: KeyPath = ()) -> Node | None:
    """Take ``replace`` out of every table, once nothing is left below to replace.

    Returns:
        The cleaned node; None for a table that held nothing else: it takes what it extends away.
    """
    if node.is_array:
        items = [without_directives(item, problems, (*path, index)) for index, item in enumerate(node.value)]
        return Node([item for item in items if item is not None], node.origin)
    if not node.is_table:
        return node
    table = dict(node.value)
    directive = table.pop(REPLACE, None)
    if directive is not None:
        if type(directive.value) is not bool:
            message = "must be true or false: it says whether this table starts afresh"
            problems.append(directive.origin.problem(message, key_text((*path, REPLACE))))
        elif directive.value and not table and path:
            return None
    cleaned = {key: without_directives(item, problems, (*path, key)) for key, item in table.items()}
    return Node({key: item for key, item in cleaned.items() if item is not None}, node.origin)


def _starts_afresh(base: Node, over: Node) -> bool:
    replace = over.value.get(REPLACE)
    if replace is not None and replace.value is True:
        return True
    below, above = base.value.get(TYPE), over.value.get(TYPE)
    return below is not None and above is not None and below.value != above.value


def wrong_indices(keys: Collection[str], length: int) -> list[str]:
    """Return the keys that are no indices of an array, nor of elements added right behind it."""
    wrong = [key for key in keys if not key.isdecimal()]
    for key in sorted((key for key in keys if key.isdecimal()), key=int):
        if int(key) > length:
            wrong.append(key)
        elif int(key) == length:
            length += 1
    return wrong


def _merged_by_index(base: Node, over: Node) -> Node:
    items = list(base.value)
    for key, item in sorted(over.value.items(), key=lambda pair: int(pair[0])):
        index = int(key)
        if index < len(items):
            items[index] = merge(items[index], item)
        else:
            items.append(item)
    return Node(items, base.origin)
