"""Environment variables in the strings of an experiment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import attrs

from vtcore.errors import Problem
from vtcore.experiments.origins import Node
from vtcore.experiments.positions import KeyPath, key_text

__all__ = ["escaped", "expand", "expand_text"]

_REFERENCE = re.compile(
    r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<rest>[^}]*\}?))"
)


def expand(node: Node, problems: list[Problem], failed: set[KeyPath], path: KeyPath = ()) -> Node:
    """Expand the variables in every string of a tree.

    Args:
        node: The tree.
        problems: Where problems go.
        failed: Where the key paths of values with problems go; they stay as they are written.
        path: Key path of `node`.
    """
    if node.is_table:
        table = {key: expand(item, problems, failed, (*path, key)) for key, item in node.value.items()}
        return attrs.evolve(node, value=table)
    if node.is_array:
        items = [expand(item, problems, failed, (*path, index)) for index, item in enumerate(node.value)]
        # A list of strings is shown as one value.
        names = (name for item in items if isinstance(item.value, str) for name in item.origin.variables)
        return Node(items, attrs.evolve(node.origin, variables=tuple(dict.fromkeys(names))))
    if not isinstance(node.value, str):
        return node
    text, variables, complaints = expand_text(node.value)
    if complaints:
        failed.add(path)
        problems += [node.origin.problem(complaint, key_text(path)) for complaint in complaints]
        return node
    origin = attrs.evolve(node.origin, variables=variables) if variables else node.origin
    return Node(text, origin)


def expand_text(text: str, environment: Mapping[str, str] | None = None) -> tuple[str, tuple[str, ...], list[str]]:
    """Expand ``${NAME}`` and ``${NAME:-default}``; ``$${`` stands for ``${``.

    As in a shell, the default also stands in for a variable that is set to nothing.

    Returns:
        The text, the names of the variables it used, and what is wrong with it.
    """
    known = os.environ if environment is None else environment
    variables: list[str] = []
    complaints: list[str] = []

    def replacement(match: re.Match[str]) -> str:
        if match.group() == "$${":
            return "${"
        name, default = match.group("name", "default")
        if name is None:
            complaints.append(
                f"{match.group()!r} names no variable; write ${{NAME}} or ${{NAME:-default}}, or $${{ for a literal ${{"
            )
            return ""
        value = known.get(name)
        if default is not None:
            value = value or default
        if value is None:
            complaints.append(
                f"the environment variable {name} is not set; set it, or write ${{{name}:-default}} in {text!r}"
            )
            return ""
        variables.append(name)
        return value

    expanded = _REFERENCE.sub(replacement, text)
    return expanded, tuple(dict.fromkeys(variables)), complaints


def escaped(text: str) -> str:
    """Return text that expands to `text`."""
    return text.replace("${", "$${")
