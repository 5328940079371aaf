"""What a plugin as a whole must be."""

from __future__ import annotations

import argparse
import os
import re
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vtcore.discovery import PluginInfo
from vtcore.errors import ExperimentError
from vtcore.experiments.loading import load_experiment
from vtcore.shipped_experiments import shipped_experiments
from vtcore.testing.definitions import PLUGIN, define
from vtcore.testing.failures import CheckFailure, NotChecked, expect
from vtcore.testing.imports import import_quietly
from vtcore.testing.subjects import Subject

__all__ = [
    "commands_load",
    "experiments_load",
    "imports_nothing_heavy",
    "is_registered",
    "metadata_complete",
    "names_are_its_own",
]

_LONGEST = 1.0
"""Seconds of computing; what is light takes hundredths."""
_WAYS = {
    "disabled": "take its name out of VTCORE_DISABLE_PLUGINS",
    "incompatible": "widen the requirement on vtcore in [project] dependencies once it works with this version, or "
    "install a version of vtcore that it admits",
    "broken": "vtcore list-plugins --verbose shows the traceback",
}
_HINTS = (
    ("unknown hook", "hooks are named as in vtcore/hookspecs.py"),
    ("not marked with", "decorate it: @hookimpl"),
    ("has no argument", "name the arguments as the hook does; leave out those you do not use"),
    ("registered twice", "give one of the two another name"),
    ("that no installed plugin brings", "bring the kind in vtcore_kinds, or require the distribution that brings it"),
)


def _plugin(subject: Subject) -> PluginInfo:
    assert subject.plugin is not None  # these checks are made of plugins only
    return subject.plugin


@define(PLUGIN)
def is_registered(subject: Subject) -> None:
    """It can be imported, fits this vtcore, and its hooks return what they should."""
    plugin = _plugin(subject)
    if plugin.status == "ok":
        return
    ways = [_import_hint(plugin), *(hint for part, hint in _HINTS if part in plugin.reason)]
    raise CheckFailure(
        f"it is {plugin.status}: {plugin.reason}; {'; '.join(filter(None, [*ways, _WAYS[plugin.status]]))}"
    )


def _import_hint(plugin: PluginInfo) -> str:
    """Return what to do about a module that is not there, by whose it is; empty where that is not the matter."""
    found = re.search(r"cannot be imported: ModuleNotFoundError: No module named '([^']+)'", plugin.reason)
    if found is None:
        return "mend the module so that it can be imported" if "cannot be imported" in plugin.reason else ""
    missing = found[1]
    if missing == plugin.module:
        return ""  # The reason says it.
    whose = missing.partition(".")[0]
    if whose == plugin.module.partition(".")[0]:
        return "the package has no such module, or its wheel lacks it"
    if whose == "vtcore":
        return "this vtcore has no such module; components are in vtcore.components, hookimpl is in vtcore.hookspecs"
    return "import on use what may be missing, and declare it under [project] dependencies"


@define(PLUGIN)
def names_are_its_own(subject: Subject) -> None:
    """No other plugin claims its name, or the name of a component or command of its."""
    plugin = _plugin(subject)
    twins = [each.distribution for each in subject.host.plugins if each.name == plugin.name and each is not plugin]
    expect(
        not twins,
        f"the entry point of {', '.join(twins)} is named {plugin.name!r} too: neither can be called by that name; "
        "rename yours under [project.entry-points.vtcore]",
    )
    expect(
        not plugin.notes,
        f"{'; '.join(plugin.notes)}: nobody can use it while both are installed. Give yours a name that tells "
        "it apart, as "
        "in 'yourname-sort', or uninstall the other",
    )


@define(PLUGIN)
def imports_nothing_heavy(subject: Subject) -> None:
    """Registering it imports no package that takes long, prints nothing and warns of nothing."""
    plugin = _plugin(subject)
    if plugin.status != "ok":
        raise NotChecked(f"it is {plugin.status}")
    modules = {plugin.module, *(component.config.partition(":")[0] for component in plugin.components)}
    modules |= {kind.interface.partition(":")[0] for kind in plugin.kinds}
    imported = import_quietly((module for module in modules if module), plugin.module)
    expect(not imported.failed, f"{imported.failed}; a config's module must be importable: vtcore describe reads it")
    heavy = [f"{name} (at {place})" for name, place in imported.heavy]
    expect(
        not heavy,
        f"registering it imports {', '.join(heavy)}; the modules of hooks and configs, the package's __init__ "
        "too, must "
        "not: name classes as strings, 'package.module:Name', and import what is heavy in the modules of targets",
    )
    expect(
        imported.seconds < _LONGEST,
        f"registering it computes for {imported.seconds:.1f} s, each time that anybody calls vtcore; import on use "
        "what takes long, and find out on use what has to be found out",
    )
    expect(not imported.printed, f"importing it prints {imported.printed.strip()!r}; print nothing on import")
    expect(not imported.warnings, f"importing it warns: {'; '.join(imported.warnings)}")


@define(PLUGIN)
def metadata_complete(subject: Subject) -> None:
    """Its distribution has a version and a summary, and says which versions of vtcore it works with."""
    plugin = _plugin(subject)
    if not plugin.distribution:
        raise NotChecked("it was registered in this process, not installed")
    found = metadata.distribution(plugin.distribution)
    requirements = [Requirement(text) for text in found.requires or ()]
    core = [each for each in requirements if canonicalize_name(each.name) == "vtcore"]
    if plugin.name != "vtcore":
        expect(
            core and any(str(each.specifier) for each in core),
            "its distribution does not say which versions of vtcore it works with; write dependencies = "
            '["vtcore>=0.1,<1", ...] under [project], so that a mismatch is told as such',
        )
    for field, line in (("Summary", "description"), ("Requires-Python", "requires-python")):
        expect(found.metadata[field], f"its distribution has no {line}; write one under [project] in pyproject.toml")
    name, version = found.metadata["Name"], plugin.version
    expect(version, f"{name} has no version; write one under [project] in pyproject.toml")


@define(PLUGIN)
def commands_load(subject: Subject) -> None:
    """Its commands can be imported, and declare their arguments."""
    plugin = _plugin(subject)
    if not plugin.commands:
        raise NotChecked("it brings no commands")
    for command in plugin.commands:
        run, declare = command.load_run(), command.load_arguments()
        expect(callable(run), f"{command.run} of command {command.name!r} is no function")
        if declare is not None:
            parser = argparse.ArgumentParser(prog=f"vtcore {command.name}")
            declare(parser)
            parser.format_help()


@define(PLUGIN)
def experiments_load(subject: Subject) -> None:
    """The experiments that it ships are right to the last key."""
    plugin = _plugin(subject)
    if plugin.status != "ok":
        raise NotChecked(f"it is {plugin.status}")
    files = shipped_experiments(plugin)
    if not files:
        raise NotChecked("it ships no experiments")
    before = os.environ.get("VTCORE_DATA")
    os.environ.setdefault("VTCORE_DATA", os.curdir)
    told = []
    try:
        for name, path in files.items():
            try:
                load_experiment(str(path), host=subject.host, sweep=True)
            except ExperimentError as error:
                told += [str(problem) for problem in error.problems]
            text = path.read_text(encoding="utf-8")
            expect(
                "requires" in text or "extends" in text,
                f"experiment {name!r} has no `requires`; name the distributions that it needs: a reader is then "
                "told what "
                "to install",
            )
    finally:
        if before is None:
            os.environ.pop("VTCORE_DATA", None)
    lacking = [text for text in told if "is not installed" in text or "; it comes with " in text]
    if lacking and len(lacking) == len(told):
        raise NotChecked("; ".join(lacking))
    expect(not told, "; ".join(told))
