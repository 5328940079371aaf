"""Where the values of an experiment come from, and the trees that carry it through merging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from vtcore.errors import Problem
from vtcore.experiments.positions import KeyPath, key_text

__all__ = ["DEFAULT", "Node", "Origin", "origins_of", "plain", "problem_at", "tree"]


@attrs.frozen
class Origin:
    """Where one value was written.

    Attributes:
        source: The file (or ``plugin:experiment``) that holds it, or a word: ``-o``, ``default``, ``Python``.
        line: 1-based line in the file; None where `source` is a word.
        argument: The override as it was given, for ``-o``.
        variables: Environment variables that were put into it.
        extended: Whether the file is one that the experiment extends, not its own.
    """

    source: str
    line: int | None = None
    argument: str = ""
    variables: tuple[str, ...] = ()
    extended: bool = False

    @property
    def is_override(self) -> bool:
        """Whether it was given with ``-o``, or as an override in Python."""
        return bool(self.argument)

    def __str__(self) -> str:
        """``mot17.toml:14``, ``mot17.toml:3, ${VTCORE_DATA}``, ``extends base.toml:3``, ``-o`` or ``default``."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        if self.extended:
            place = f"extends {place}"
        return ", ".join((place, *(f"${{{name}}}" for name in self.variables)))

    def problem(self, message: str, key: str) -> Problem:
        """Return a problem of the value that stands here."""
        if self.is_override:
            return Problem(message, key, f"{self.source} {_shortened(self.argument)}")
        if self.line is None:
            return Problem(message, key)
        return Problem(message, key, self.source, self.line)


DEFAULT = Origin("default")
"""The origin of what nobody wrote."""


@attrs.frozen
class Node:
    """A value of a document with its origin.

    Attributes:
        value: A plain value; for a table ``dict[str, Node]``, for an array ``list[Node]``.
        origin: Where it was written.
    """

    value: Any
    origin: Origin

    @property
    def is_table(self) -> bool:
        """Whether the value is a table."""
        return type(self.value) is dict

    @property
    def is_array(self) -> bool:
        """Whether the value is an array."""
        return type(self.value) is list


def tree(value: Any, origin: Callable[[KeyPath], Origin], path: KeyPath = ()) -> Node:
    """Give every value of parsed TOML its origin, asked for by key path."""
    if isinstance(value, Mapping):
        table = {key: tree(item, origin, (*path, key)) for key, item in value.items()}
        return Node(table, origin(path))
    if isinstance(value, list | tuple):
        return Node([tree(item, origin, (*path, index)) for index, item in enumerate(value)], origin(path))
    return Node(value, origin(path))


def plain(node: Node) -> Any:
    """Return the values without their origins."""
    if node.is_table:
        return {key: plain(item) for key, item in node.value.items()}
    if node.is_array:
        return [plain(item) for item in node.value]
    return node.value


def origins_of(node: Node, path: KeyPath = ()) -> dict[KeyPath, Origin]:
    """Return the origin of every value, table and array by key path."""
    found = {path: node.origin}
    children: Any = ()
    if node.is_table:
        children = node.value.items()
    elif node.is_array:
        children = enumerate(node.value)
    for part, child in children:
        found |= origins_of(child, (*path, part))
    return found


def problem_at(origins: Mapping[KeyPath, Origin], path: KeyPath, message: str, at: KeyPath | None = None) -> Problem:
    """Return a problem of the key at `path`, placed where it, or the nearest table around it, was written.

    Args:
        origins: Origins of what was written.
        path: Key that is wrong, or missing.
        message: What is wrong with it.
        at: Key whose line to name, where that is another one.
    """
    place = path if at is None else at
    for length in range(len(place), -1, -1):
        origin = origins.get(place[:length])
        if origin is not None and origin != DEFAULT:
            return _with_overrides(origin.problem(message, key_text(path)), origins, place[:length])
    return Problem(message, key_text(path))


def _with_overrides(problem: Problem, origins: Mapping[KeyPath, Origin], place: KeyPath) -> Problem:
    """Name the overrides of elements beside the line of an array that is wrong as a whole."""
    changes = {
        str(origin.problem("", "").file): None
        for path, origin in origins.items()
        if len(path) > len(place) and path[: len(place)] == place and origin.is_override
    }
    if problem.line is None or not changes or not isinstance(next(iter(_below(origins, place)), None), int):
        return problem
    return attrs.evolve(problem, file=f"{problem.file}:{problem.line}, changed by {', '.join(changes)}", line=None)


def _below(origins: Mapping[KeyPath, Origin], place: KeyPath) -> Iterator[str | int]:
    """Yield the keys, or indices, of what is directly below a table or array."""
    return (path[-1] for path in origins if len(path) == len(place) + 1 and path[:-1] == place)


def _shortened(argument: str) -> str:
    return argument if len(argument) <= 80 else f"{argument[:77]}..."
