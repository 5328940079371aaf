"""``vtcore new-plugin``: a package with one component that works, to start from."""

from __future__ import annotations

import argparse
from pathlib import Path

from vtcore.errors import PluginError
from vtcore.host import plugin_host
from vtcore.plugin_template.naming import check_name, package_name
from vtcore.plugin_template.template import DEFAULT_KINDS, FAMILIES, KINDS, PluginTemplate
from vtcore.suggestions import did_you_mean_or_list

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Write the package of a new plugin: a component that works, its options, an experiment, tests, a README and a "
    "workflow for CI. Nothing need be edited before it is installed, run and checked."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    families = ", ".join(f"{name} ({meaning})" for name, meaning in FAMILIES.items())
    parser.add_argument("family", metavar="FAMILY", help=f"what it is for: {families}")
    parser.add_argument("name", metavar="NAME", help="of the plugin and its component: my-tracker")
    defaults = ", ".join(f"{family}: {kind}" for family, kind in DEFAULT_KINDS.items())
    parser.add_argument("--kind", metavar="KIND", help=f"what the component is: {', '.join(KINDS)} ({defaults})")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder to make (NAME)")


def execute(arguments: argparse.Namespace) -> int:
    """Write the package and say what to do next."""
    _check_family(arguments.family, arguments.name)
    kind = arguments.kind or DEFAULT_KINDS[arguments.family]
    _check_kind(kind, arguments.family, arguments.name)
    check_name(arguments.name, kind, plugin_host())
    folder: Path = arguments.output or Path(arguments.name)
    template = PluginTemplate.choose(arguments.family, kind, arguments.name)
    template.write(folder)
    print(f"{folder}: {template.facts['noun']} {template.name!r}. Next:\n")
    place = folder.as_posix()
    # A bare name would be looked for in an index; double quotes, since some shells take brackets for a pattern.
    print(f'  pip install -e "{place if "/" in place else f"./{place}"}[test]"')
    print(f"  vtcore check-plugin {template.name}")
    print(f"  vtcore run {template.experiment}")
    source = folder / "src" / package_name(template.name)
    print(
        f"\nThen make it yours: {source / template.facts['module']}.py, its options in config.py, its tests in tests."
    )
    return 0


def _check_family(family: str, name: str) -> None:
    if family in FAMILIES:
        return
    told = f"unknown family {family!r}; "
    if family in KINDS:
        usual = {"detector": "det", "protocol": "sot"}.get(family, "mot")
        raise PluginError(f"{told}it is a kind: vtcore new-plugin {usual} {name} --kind {family}")
    if name in FAMILIES:
        raise PluginError(f"{told}the family stands first: vtcore new-plugin {name} {family}")
    raise PluginError(told + did_you_mean_or_list(family, FAMILIES))


def _check_kind(kind: str, family: str, name: str) -> None:
    if kind not in KINDS:
        raise PluginError(f"there is no template for the kind {kind!r}; {did_you_mean_or_list(kind, KINDS)}")
    if kind == "protocol" and family != "sot":
        raise PluginError(f"a protocol drives single-object trackers: vtcore new-plugin sot {name} --kind protocol")
