"""Networks that were pickled whole: their weights, without their code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtrack_nets.pickle_values import Inert, PickleError
from vtrack_nets.stored_tensors import is_tensor

__all__ = ["network_state"]

_DEEPEST = 64
_MOST = 200_000
"""Modules and tensors of a network; what lies in several places counts as often, and could be made to never end."""

_LONGEST = 512
"""Letters of a name: every name within a module begins with the module's."""


def network_state(value: Inert) -> dict[str, Inert] | None:
    """Return the tensors of a pickled ``nn.Module`` under the names of its state dict; None for anything else.

    Raises:
        PickleError: It has no end.
    """
    if _parts(value) is None:
        return None
    state: dict[str, Inert] = {}
    pending: list[tuple[str, int, Any]] = [("", 0, value)]
    count = 0
    while pending:
        prefix, depth, module = pending.pop()
        parts = _parts(module)
        if parts is None:
            continue
        passing = _set_of(parts.get("_non_persistent_buffers_set"))
        groups = [parts.get(group) for group in ("_parameters", "_buffers", "_modules")]
        count += 1 + len(passing) + sum(len(each) for each in groups if isinstance(each, Mapping))
        if depth > _DEEPEST or count > _MOST or len(prefix) > _LONGEST:
            raise PickleError("it holds a network without end")
        left_out = {name for name in passing if isinstance(name, str)}
        for group in ("_parameters", "_buffers"):
            for name, tensor in _entries(parts.get(group)):
                if is_tensor(tensor) and not (group == "_buffers" and name in left_out):
                    state[prefix + name] = tensor
        children = _entries(parts.get("_modules"))
        pending += [(f"{prefix}{name}.", depth + 1, child) for name, child in reversed(children)]
    return state


def _parts(value: Any) -> Mapping[Any, Any] | None:
    state = value.state if isinstance(value, Inert) else None
    if isinstance(state, Mapping) and all(isinstance(state.get(key), Mapping) for key in ("_modules", "_parameters")):
        return state
    return None


def _entries(value: Any) -> list[tuple[str, Any]]:
    items = value.items() if isinstance(value, Mapping) else ()
    found = [(name, each) for name, each in items if isinstance(name, str)]
    if any(len(name) > _LONGEST for name, _ in found):
        raise PickleError("it holds a network with names without end")
    return found


def _set_of(value: Any) -> list[Any]:
    """Return the entries of a set, which protocol 2 writes as a call with a list."""
    if isinstance(value, Inert) and value.arguments:
        value = value.arguments[0]
    return value if isinstance(value, list) else []
