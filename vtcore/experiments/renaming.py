"""Keys that options had before: taken as what they are called now, and told.

A config names them in `vtcore.options.option` (``formerly=``). Documents are gone through before they are checked, so
that all that follows (lists to sweep, origins, the resolved experiment) knows only the names of today.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

import attrs

from vtcore.errors import Problem, VtcoreError
from vtcore.experiments.defaults import default_table
from vtcore.experiments.experiment import ExperimentTables
from vtcore.experiments.origins import Node
from vtcore.experiments.positions import KeyPath, key_text
from vtcore.options import option_info

if TYPE_CHECKING:
    from vtcore.deprecation import Deprecation
    from vtcore.host import PluginHost

__all__ = ["given_twice", "renamed_keys", "with_current_names"]


def renamed_keys(table: Mapping[str, Any], config_class: Any) -> Iterator[tuple[str, Deprecation]]:
    """Yield the name of today, and the deprecation, of every former name in a table."""
    for field in attrs.fields(config_class):
        for deprecation in option_info(field).formerly:
            if deprecation.argument in table:
                yield field.name, deprecation


def given_twice(name: str, place: str = "") -> str:
    """Say what is wrong with a former name beside the name of today."""
    return f"is the former name of {name!r}, which is given too{f' ({place})' if place else ''}: leave this one out"


def with_current_names(root: Node, host: PluginHost, problems: list[Problem]) -> tuple[Node, list[Problem]]:
    """Give every option of a merged document the name that it has now.

    Args:
        root: The document.
        host: Finds the components that its tables name.
        problems: Gets what is refused: names that were removed, or stand beside those of today.

    Returns:
        The document, and what is to be told of names that still work.
    """
    renaming = _Renaming(host, problems)
    root = renaming.walk(root, ExperimentTables, root, {}, ())
    sweep = root.value.get("sweep")
    parameters = sweep.value.get("parameters") if sweep is not None and sweep.is_table else None
    if parameters is not None and parameters.is_table:
        # Tables of what is swept have the shape of the experiment, without the types.
        renamed = renaming.walk(parameters, ExperimentTables, root, {}, ("sweep", "parameters"))
        sweep = Node({**sweep.value, "parameters": renamed}, sweep.origin)
        root = Node({**root.value, "sweep": sweep}, root.origin)
    return root, renaming.told


class _Renaming:
    def __init__(self, host: PluginHost, problems: list[Problem]) -> None:
        self.told: list[Problem] = []
        self._host = host
        self._problems = problems

    def walk(self, node: Node, wanted: Any, shape: Node | None, default: Any, path: KeyPath) -> Node:
        """Rename the keys of a value, and of all within.

        Args:
            node: The value.
            wanted: Its type.
            shape: Where the types of its tables are written: the value itself, or what is swept.
            default: What stands where the document leaves it out, as a document would have it.
            path: Its key.
        """
        if node.is_array:
            items = enumerate(node.value)
            return Node([self._item(item, wanted, shape, path, index) for index, item in items], node.origin)
        if not node.is_table:
            return node
        config_class = self._config_class(wanted, shape, default)
        if config_class is not None:
            return self._config(node, config_class, shape, path)
        walked = {key: self._item(item, wanted, shape, path, key) for key, item in node.value.items()}
        return Node(walked, node.origin)

    def _item(self, item: Node, wanted: Any, shape: Node | None, path: KeyPath, part: str | int) -> Node:
        """Walk an element of a list or dictionary; in what is swept, elements of lists go by number."""
        for item_type in get_args(wanted)[-1:] if typing.get_origin(wanted) is dict else get_args(wanted)[:1]:
            return self.walk(item, item_type, _below(shape, part), {}, (*path, part))
        return item

    def _config(self, node: Node, config_class: Any, shape: Node | None, path: KeyPath) -> Node:
        table = dict(node.value)
        for name, deprecation in renamed_keys(node.value, config_class):
            table = self._renamed(table, name, deprecation, path)
        try:
            types = typing.get_type_hints(config_class)
        except (NameError, TypeError, AttributeError):
            return Node(table, node.origin)
        for field in attrs.fields(config_class):
            if field.name in table:
                default = default_table(field, types[field.name], self._host)
                below = _below(shape, field.name) or table[field.name]
                where = (*path, field.name)
                table[field.name] = self.walk(table[field.name], types[field.name], below, default, where)
        return Node(table, node.origin)

    def _renamed(self, table: dict[str, Node], name: str, deprecation: Deprecation, path: KeyPath) -> dict[str, Node]:
        old = deprecation.argument
        origin, key = table[old].origin, key_text((*path, old))
        if name in table:
            self._problems.append(origin.problem(given_twice(name, str(table[name].origin)), key))
            return {each: item for each, item in table.items() if each != old}
        if deprecation.is_gone:
            self._problems.append(origin.problem(deprecation.removal_notice, key))
        else:
            self.told.append(origin.problem(deprecation.notice, key))
        return {name if each == old else each: item for each, item in table.items()}

    def _config_class(self, wanted: Any, shape: Node | None, default: Any) -> Any:
        """Return the class that checks a table; None where that is not known, which checking tells."""
        for part in (wanted, *get_args(wanted)):
            if isinstance(part, type) and attrs.has(part):
                return part
            kind = self._host.kind_of_interface(part)
            if kind is None:
                continue
            named = _below(shape, "type")
            name = named.value if named is not None else default.get("type") if isinstance(default, dict) else None
            try:
                return self._host.component(kind.name, name).load_config() if isinstance(name, str) else None
            except VtcoreError:
                return None
        return None


def _below(shape: Node | None, part: str | int) -> Node | None:
    """Return what stands at a key or index; None where nothing does."""
    if shape is None:
        return None
    if shape.is_table:
        return typing.cast("Node | None", shape.value.get(str(part)))
    if shape.is_array and str(part).isdecimal() and int(part) < len(shape.value):
        return typing.cast("Node", shape.value[int(part)])
    return None
