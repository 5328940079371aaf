"""``vtcore new-plugin``: a package with one component that works, to start from."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from vtcore.errors import PluginError
from vtcore.host import PluginHost, plugin_host
from vtcore.plugin_template.naming import check_name
from vtcore.plugin_template.template import DEFAULT_KINDS, FAMILIES, KINDS, PluginTemplate

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Write the package of a new plugin: a component that works, its options, an experiment, tests, a README and a "
    "workflow for CI. Nothing need be edited before it is installed, run and checked."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    families = ", ".join(f"{name} ({meaning})" for name, meaning in FAMILIES.items())
    parser.add_argument("family", choices=FAMILIES, metavar="FAMILY", help=f"what it is for: {families}")
    parser.add_argument("name", metavar="NAME", help="of the plugin and its component: my-tracker")
    defaults = ", ".join(f"{family}: {kind}" for family, kind in DEFAULT_KINDS.items())
    parser.add_argument(
        "--kind", choices=KINDS, metavar="KIND", help=f"what the component is: {', '.join(KINDS)} ({defaults})"
    )
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="folder to make (NAME)")


def execute(arguments: argparse.Namespace) -> int:
    """Write the package and say what to do next."""
    kind = arguments.kind or DEFAULT_KINDS[arguments.family]
    if kind == "protocol" and arguments.family != "sot":
        raise PluginError(
            f"a protocol drives single-object trackers: vtcore new-plugin sot {arguments.name} --kind protocol"
        )
    host = plugin_host()
    check_name(arguments.name, kind, host)
    folder: Path = arguments.output or Path(arguments.name)
    template = PluginTemplate.choose(arguments.family, kind, arguments.name)
    template.write(folder)
    print(f"{folder}: {template.facts['noun']} {arguments.name!r}. Next:\n")
    for command in _next_commands(template, folder, host):
        print(f"  {command}")
    return 0


def _next_commands(template: PluginTemplate, folder: Path, host: PluginHost) -> list[str]:
    """Return what installs, checks and runs it here."""
    place = folder.as_posix()
    # A bare name would be looked for in an index.
    words = ["pip", "install", "-e", place if "/" in place else f"./{place}"]
    words += [name for name in template.needs if not any(plugin.answers_to(name) for plugin in host.plugins)]
    return [shlex.join(words), f"vtcore check-plugin {template.name}", f"vtcore run {template.experiment}"]
