"""``vtcore weights convert``: published weights under a component's own names."""

from __future__ import annotations

import argparse
from typing import Any

import vtcore
from vtcore.components import Component
from vtcore.errors import ComponentError
from vtcore.host import plugin_host
from vtcore.suggestions import did_you_mean_or_list
from vtrack_nets.checkpoints import read_checkpoint
from vtrack_nets.file_hash import file_hash
from vtrack_nets.loading import Convert, converted
from vtrack_nets.sources import local_file
from vtrack_nets.weights_command import must_not_exist
from vtrack_nets.weights_writing import write_weights

__all__ = ["conversion_of", "execute_convert"]


def execute_convert(arguments: argparse.Namespace) -> int:
    """Convert a file, and tell what became of its names."""
    must_not_exist(arguments.target, force=arguments.force)
    component, convert = conversion_of(arguments.component, arguments.kind)
    path = local_file(arguments.source, arguments.sha256)
    state = read_checkpoint(path, sha256=arguments.sha256, average=arguments.ema).state
    own = converted(state, convert, path)
    metadata = {
        "component": f"{component.kind} {component.name}",
        "source": path.name,
        "source_sha256": file_hash(path),
        "vtcore": vtcore.__version__,
    }
    write_weights(arguments.target, own, metadata)
    kept = len(own.keys() & state.keys())
    left = len(state.keys() - own.keys())
    print(f"{arguments.target}: {len(own)} tensors for {component.kind} {component.name!r}")
    print(f"of {len(state)} in {path.name}: {kept} kept their names, {left} were renamed, joined or left out")
    return 0


def conversion_of(name: str, kind: str = "") -> tuple[Component, Convert]:
    """Return a component and its way from published names to its own.

    Args:
        name: Of the component.
        kind: Its kind; empty for any.

    Raises:
        ComponentError: There is none of that name, or several, or it has no weights to convert.
        PluginError: It cannot be imported.
    """
    offered = [
        component for plugin in plugin_host().plugins if plugin.status == "ok" for component in plugin.components
    ]
    found = [component for component in offered if component.name == name and kind in ("", component.kind)]
    if not found:
        names = sorted({component.name for component in offered if kind in ("", component.kind)})
        raise ComponentError(f"unknown component {name!r}; {did_you_mean_or_list(name, names)}")
    with_weights = [(each, function) for each in found if (function := _conversion(each)) is not None]
    if not with_weights:
        raise ComponentError(f"{found[0].kind} {name!r} has no weights to convert")
    if len(with_weights) > 1:
        kinds = " or ".join(sorted(f"--kind {each.kind}" for each, _ in with_weights))
        raise ComponentError(f"{name!r} is the name of several components: add {kinds}")
    return with_weights[0]


def _conversion(component: Component) -> Any:
    return getattr(component.load_target(), "convert_weights", None)
