"""Experiments that extend others: reading the whole chain and merging it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vtcore.errors import Problem, VtcoreError
from vtcore.experiments.environment import expand_text
from vtcore.experiments.merging import merge, without_directives
from vtcore.experiments.origins import Node
from vtcore.experiments.reading import Location, locate, read_document

if TYPE_CHECKING:
    from vtcore.host import PluginHost

__all__ = ["EXTENDS", "merged_document", "with_extended"]

EXTENDS = "extends"
"""Key that names what an experiment extends."""

Chain = tuple[Location, ...]


def merged_document(
    location: Location, host: PluginHost, problems: list[Problem], chain: Chain = (), *, extended: bool = False
) -> Node | None:
    """Read a document and everything it extends, and merge them.

    Args:
        location: The document.
        host: Finds experiments that plugins ship.
        problems: Where problems go.
        chain: The documents on the way to this one, each extending the next.
        extended: Whether something extends this document.

    Returns:
        The merged tree; None when any document cannot be read.
    """
    node = read_document(location, problems, extended=extended)
    return None if node is None else with_extended(node, host, problems, (*chain, location))


def with_extended(node: Node, host: PluginHost, problems: list[Problem], chain: Chain = ()) -> Node | None:
    """Lay a document over what it extends; see `merged_document`, of which `chain` here includes the document."""
    tables = dict(node.value)
    extends = tables.pop(EXTENDS, None)
    base: Node | None = None
    complete = True
    for name in _names(extends, problems):
        extended = _extended(name, host, problems, chain)
        complete = complete and extended is not None
        if extended is not None:
            base = extended if base is None else merge(base, extended)
    if not complete:
        return None
    own = Node(tables, node.origin)
    return without_directives(own if base is None else merge(base, own), problems)


def _names(extends: Node | None, problems: list[Problem]) -> list[Node]:
    if extends is None:
        return []
    if not extends.is_array or any(type(item.value) is not str for item in extends.value):
        example = f"[{extends.value!r}]" if isinstance(extends.value, str) else '["base.toml", "plugin:experiment"]'
        message = f"must be a list of files or experiments of plugins: extends = {example}".replace("'", '"')
        problems.append(extends.origin.problem(message, EXTENDS))
        return []
    names: list[Node] = extends.value
    return names


def _extended(name: Node, host: PluginHost, problems: list[Problem], chain: Chain) -> Node | None:
    source, _, complaints = expand_text(name.value)
    if complaints:
        problems += [name.origin.problem(complaint, EXTENDS) for complaint in complaints]
        return None
    beside = chain[-1] if chain else None
    try:
        location = locate(source, beside, host)
    except VtcoreError as error:
        way = _way([*(link.name for link in chain), source]) if chain else ""
        problems.append(name.origin.problem(f"{error}{way}", EXTENDS))
        return None
    real = location.path.resolve()
    if any(link.path.resolve() == real for link in chain):
        names = [*(link.name for link in chain), location.name]
        problems.append(name.origin.problem(f"experiments extend each other in a circle{_way(names)}", EXTENDS))
        return None
    return merged_document(location, host, problems, chain, extended=True)


def _way(names: list[str]) -> str:
    return f" ({' -> '.join(names)})"
