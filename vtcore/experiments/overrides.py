"""Overrides: ``-o key.path=value`` on the command line, a mapping of dotted keys in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import tomli

from vtcore.errors import Problem
from vtcore.experiments.defaults import as_written, plain_default
from vtcore.experiments.experiment import ExperimentTables
from vtcore.experiments.merging import merge, wrong_indices
from vtcore.experiments.origins import DEFAULT, Node, Origin, tree
from vtcore.experiments.positions import KeyPath, key_text, parse_key, value_end

__all__ = ["apply_overrides", "toml_value"]


def apply_overrides(base: Node, overrides: Iterable[str] | Mapping[str, Any], problems: list[Problem]) -> Node:
    """Lay overrides over a tree, as one layer: their order matters only where two name the same key.

    Args:
        base: The merged experiment.
        overrides: ``"key.path=value"`` strings with TOML values (a bare word is a string), or a mapping from dotted
            keys to values.
        problems: Where problems go.
    """
    layer: Node | None = None
    if isinstance(overrides, Mapping):
        nodes = [_from_pair(key, value, problems) for key, value in overrides.items()]
    else:
        nodes = [_from_text(text, problems) for text in overrides]
    for node in nodes:
        if node is not None:
            layer = node if layer is None else merge(layer, node)
    if layer is None:
        return base
    base = Node({**_default_lists(layer, base), **base.value}, base.origin)
    _refuse_wrong_indices(base, layer, problems)
    # The experiment itself still stands in its file.
    return Node(merge(base, layer).value, base.origin)


def _default_lists(layer: Node, base: Node) -> dict[str, Node]:
    """Return the default of each list that the layer changes by index, and the experiment does not write down."""
    found = {}
    for field in attrs.fields(ExperimentTables):
        item = layer.value.get(field.name)
        if item is None or field.name in base.value or not any(key.isdecimal() for key in _keys(item)):
            continue
        default = as_written(plain_default(field))
        if isinstance(default, list):
            found[field.name] = tree(default, lambda _: DEFAULT)
    return found


def _keys(node: Node) -> Iterable[str]:
    return node.value if node.is_table else ()


def _from_text(text: str, problems: list[Problem]) -> Node | None:
    origin = Origin("-o", argument=text)
    text = text.strip()
    parsed = parse_key(text)
    if parsed is None or not text[parsed[1] :].lstrip().startswith("="):
        problems.append(origin.problem("must be key.path=value, as in tracker.high_threshold=0.6", ""))
        return None
    path, end = parsed
    written = text[end:].lstrip()[1:].strip()
    try:
        value = toml_value(written)
    except ValueError as error:
        problems.append(origin.problem(f"{written!r} is not a TOML value: {error}", key_text(path)))
        return None
    return _nested(path, tree(value, lambda _: origin), origin)


def _from_pair(key: str, value: Any, problems: list[Problem]) -> Node | None:
    origin = Origin("override", argument=f"{key}={value!r}")
    parsed = parse_key(key)
    if parsed is None or parsed[1] != len(key):
        problems.append(origin.problem(f"{key!r} is not a dotted key such as tracker.high_threshold", ""))
        return None
    return _nested(parsed[0], tree(value, lambda _: origin), origin)


def _nested(path: tuple[str, ...], node: Node, origin: Origin) -> Node:
    for part in reversed(path):
        node = Node({part: node}, origin)
    return node


def toml_value(written: str) -> Any:
    """Parse a TOML value; what looks like none is a string.

    Raises:
        ValueError: It begins as a string, array or table and is not one.
    """
    try:
        # Whatever follows the value (a comment, another line) means that it was not meant as one.
        parsed = tomli.loads(f"value = {written}")["value"]
        if value_end(written) == len(written):
            return parsed
    except (ValueError, RecursionError) as error:
        if written[:1] in ("[", "{", '"', "'"):
            reason = str(error).split(" (at ")[0].lower()
            raise ValueError(reason + ("; text in it stands in quotes" if reason == "invalid value" else "")) from None
    return written


def _refuse_wrong_indices(below: Node, layer: Node, problems: list[Problem], path: KeyPath = ()) -> None:
    """Tell of overrides that name an element which an array does not have, and take them out of the layer."""
    if not layer.is_table:
        return
    if below.is_array:
        count = len(below.value)
        for index in wrong_indices(layer.value, count):
            # Words in place of indices make it a table, which is told of where a list is wanted.
            if index.isdecimal():
                message = (
                    f"there is no element {index}: the list has {count}, counted from 0; {count} would add another"
                )
                problems.append(layer.value.pop(index).origin.problem(message, key_text((*path, index))))
    for key, item in list(layer.value.items()):
        if below.is_table and key in below.value:
            _refuse_wrong_indices(below.value[key], item, problems, (*path, key))
            if item.is_table and not item.value and below.value[key].is_array:
                del layer.value[key]
        elif below.is_array and key.isdecimal() and int(key) < len(below.value):
            _refuse_wrong_indices(below.value[int(key)], item, problems, (*path, key))
