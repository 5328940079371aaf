"""Loading: from a document and its overrides to a checked experiment, or to every problem at once."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, cast

import attrs

from vtcore.components import Configured
from vtcore.deprecation import DeprecatedOptionWarning
from vtcore.errors import ExperimentError, Problem, VtcoreError
from vtcore.experiments.converter import make_converter
from vtcore.experiments.environment import expand
from vtcore.experiments.experiment import Experiment, ExperimentTables, follows_targets
from vtcore.experiments.extending import merged_document, with_extended
from vtcore.experiments.faults import StructureError
from vtcore.experiments.merging import without_directives
from vtcore.experiments.origins import DEFAULT, Node, Origin, origins_of, plain, problem_at
from vtcore.experiments.overrides import apply_overrides
from vtcore.experiments.positions import KeyPath
from vtcore.experiments.reading import locate, python_tree
from vtcore.experiments.renaming import with_current_names
from vtcore.experiments.requirements import requirement_problem
from vtcore.experiments.sweeping import TO_BE_SWEPT, swept_faults, with_lists_swept, with_swept_origins

if TYPE_CHECKING:
    from cattrs import Converter

    from vtcore.host import PluginHost

__all__ = ["load_experiment"]


def load_experiment(
    source: str | PathLike[str] | Mapping[str, Any],
    overrides: Iterable[str] | Mapping[str, Any] = (),
    *,
    host: PluginHost | None = None,
    sweep: bool = False,
) -> Experiment:
    """Read an experiment, merge what it extends and what overrides it, and check every key.

    Nothing heavy is imported: components are checked against their configs alone.

    Args:
        source: A file, ``"plugin:experiment"`` for one that a plugin ships, or tables as TOML would hold them.
        overrides: ``"key.path=value"`` strings with TOML values (a bare word is a string), or a mapping of dotted
            keys. They merge as a document that extends `source` would.
        host: The plugins to look components up with; the installed ones by default.
        sweep: Whether a list in place of a plain value means values to try: it becomes part of ``sweep.parameters``,
            and its first value stands in its place.

    Warns:
        DeprecatedOptionWarning: An option is written with a name that it had before, and will have no more.

    Raises:
        ExperimentError: Anything is wrong; it tells all problems, each with file, line, key and remedy.
    """
    if host is None:
        from vtcore.host import plugin_host

        host = plugin_host()
    problems: list[Problem] = []
    document = _read(source, host, problems)
    if document is None:
        raise ExperimentError(_in_order(problems))
    name, run_name, root = document
    root = apply_overrides(root, overrides, problems)
    failed: set[KeyPath] = set()
    root = expand(without_directives(root, problems) or root, problems, failed)
    root = _with_output(root, run_name)
    host = _enabled(host, plain(root))
    root, renamed = with_current_names(root, host, problems)
    origins = origins_of(root)
    tables = plain(root)
    problems += _unmet_requirements(tables, origins, failed)
    converter = make_converter(host)
    tables, lists = with_lists_swept(tables, converter)
    if not sweep:
        problems += [problem_at(origins, path, TO_BE_SWEPT) for path in lists]
    origins = with_swept_origins(origins, lists)
    checked = _structured(tables, origins, converter, problems, failed)
    if checked is None or problems:
        raise ExperimentError(_in_order(problems))
    for problem in _in_order(renamed):
        warnings.warn(DeprecatedOptionWarning(str(problem)), stacklevel=2)
    return _experiment(name, checked, origins, keep_protocol="protocol" in tables)


def _read(
    source: str | PathLike[str] | Mapping[str, Any], host: PluginHost, problems: list[Problem]
) -> tuple[str, str, Node] | None:
    """Return the experiment's name, that of its runs, and its merged tree; None when there is none to go on with."""
    if isinstance(source, Mapping):
        own = python_tree(source, problems)
        node = None if problems else with_extended(own, host, problems)
        return None if node is None else ("Python", "experiment", node)
    try:
        location = locate(fspath(source), None, host)
    except VtcoreError as error:
        problems.append(Problem(str(error)))
        return None
    node = merged_document(location, host, problems)
    return None if node is None else (location.name, location.run_name, node)


def _with_output(root: Node, run_name: str) -> Node:
    """Write down where results go, since the default depends on the document's name."""
    run = root.value.get("run", Node({}, DEFAULT))
    if not run.is_table or "output" in run.value:
        return root
    output = Node(f"runs/{run_name}", DEFAULT)
    return Node({**root.value, "run": Node({**run.value, "output": output}, run.origin)}, root.origin)


def _unmet_requirements(
    tables: Mapping[str, Any], origins: Mapping[KeyPath, Origin], failed: set[KeyPath]
) -> list[Problem]:
    found = []
    requires = tables.get("requires")
    for index, text in enumerate(requires if isinstance(requires, list) else ()):
        path: KeyPath = ("requires", index)
        message = requirement_problem(text) if isinstance(text, str) and path not in failed else None
        if message is not None:
            found.append(attrs.evolve(problem_at(origins, path, message), key="requires"))
    return found


def _enabled(host: PluginHost, tables: Mapping[str, Any]) -> PluginHost:
    """Return the host without the plugins that the experiment leaves out, if it says so rightly."""
    plugins = tables.get("plugins")
    disable = plugins.get("disable") if isinstance(plugins, dict) else None
    if not isinstance(disable, list) or not all(isinstance(name, str) for name in disable):
        return host
    return host.without(disable)


def _structured(
    tables: Mapping[str, Any],
    origins: Mapping[KeyPath, Origin],
    converter: Converter,
    problems: list[Problem],
    failed: set[KeyPath],
) -> ExperimentTables | None:
    try:
        checked = converter.structure(tables, ExperimentTables)
        faults = swept_faults(tables, converter)
    except StructureError as error:
        checked, faults = None, error.faults
    # What could not be expanded has been told; what it would have been is not known.
    problems += [
        problem_at(origins, fault.path, fault.message, fault.at)
        for fault in faults
        if not any(fault.path[: len(path)] == path for path in failed)
    ]
    return checked


def _experiment(
    name: str, checked: ExperimentTables, origins: Mapping[KeyPath, Origin], *, keep_protocol: bool
) -> Experiment:
    tracker = cast("Configured | None", checked.tracker)
    # The default stands for those who need one; what was written for anyone else is for the preflight to tell.
    protocol = cast("Configured | None", checked.protocol) if keep_protocol or follows_targets(tracker) else None
    return Experiment(
        source=name,
        requires=tuple(checked.requires),
        dataset=cast("Configured | None", checked.dataset),
        transforms=tuple(cast("list[Configured]", checked.transforms)),
        detector=cast("Configured | None", checked.detector),
        reid=cast("Configured | None", checked.reid),
        tracker=tracker,
        protocol=protocol,
        refiners=tuple(cast("list[Configured]", checked.refiners)),
        metrics=tuple(cast("list[Configured]", checked.metrics)),
        writers=tuple(cast("list[Configured]", checked.writers)),
        run=checked.run,
        sweep=checked.sweep,
        plugins=checked.plugins,
        origins={path: origin for path, origin in origins.items() if origin != DEFAULT},
    )


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by line within each file, files in the order in which they first have one."""
    found = list(problems)
    files = list(dict.fromkeys(problem.file for problem in found))
    return sorted(found, key=lambda problem: (files.index(problem.file), problem.line or 0))
