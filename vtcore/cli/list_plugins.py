"""``vtcore list-plugins``: every plugin, what it offers and whether it works.

With ``--json`` it prints one object::

    {
      "vtcore": "0.1.0",                  version of the core
      "well": true,                       whether the exit status is 0
      "notes": ["..."],                   what is odd without being a plugin's fault
      "plugins": [
        {
          "name": "bytetrack",            of the entry point
          "distribution": "vtrack-plugin-bytetrack",
          "version": "0.1.0",
          "status": "ok",                 ok, broken, incompatible or disabled
          "reason": "",                   why it is not ok
          "notes": ["..."],               clashes with other plugins
          "module": "vtrack_plugin_bytetrack.plugin",
          "kinds": [{"name": "...", "interface": "...", "summary": "..."}],
          "components": [{"kind": "tracker", "name": "bytetrack", "config": "...", "target": "...",
                          "summary": "...", "paper": "..."}],
          "commands": [{"name": "weights", "summary": "...", "run": "...", "arguments": "..."}],
          "traceback": ""                 of the failure, if an exception was one
        }
      ]
    }
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import attrs

import vtcore
from vtcore.cli.console import output_console, print_json
from vtcore.host import PluginHost, PluginInfo, plugin_host

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    Row = tuple[Text, Text, Text, Text, Text]
    """Plugin, distribution, version, status, and what it offers or what is wrong."""

__all__ = ["HELP", "add_arguments", "execute"]

HELP = "List the installed plugins, what they offer and whether they work. Exit status 1 tells that one does not."

_STYLES = {"ok": "green", "broken": "bold red", "incompatible": "bold red", "disabled": "dim"}

_GAP = 2
"""Columns between two of the table's."""
_LEAST_REASON = 40
"""Columns in which a sentence can still be read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--verbose", action="store_true", help="show the traceback of each plugin that failed")
    parser.add_argument("--json", action="store_true", help="print JSON, for tools")


def execute(arguments: argparse.Namespace) -> int:
    """List the plugins; return 1 if one is broken, incompatible, or claims what another claims."""
    host = plugin_host()
    well = all(plugin.is_well for plugin in host.plugins)
    if arguments.json:
        print_json(_as_data(host, well=well))
    else:
        _print(host, verbose=arguments.verbose)
    return 0 if well else 1


def _as_data(host: PluginHost, *, well: bool) -> dict[str, Any]:
    return {
        "vtcore": vtcore.__version__,
        "well": well,
        "notes": list(host.notes),
        "plugins": [_plugin_data(plugin) for plugin in host.plugins],
    }


def _plugin_data(plugin: PluginInfo) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "status": plugin.status,
        "reason": plugin.reason,
        "notes": list(plugin.notes),
        "module": plugin.module,
        "kinds": [attrs.asdict(kind) for kind in plugin.kinds],
        "components": [attrs.asdict(component) for component in plugin.components],
        "commands": [attrs.asdict(command) for command in plugin.commands],
        "traceback": plugin.traceback,
    }


def _print(host: PluginHost, *, verbose: bool) -> None:
    from rich.text import Text

    console = output_console()
    rows = [_row(plugin) for plugin in host.plugins]
    # rich would break names in two to fit a table in: they must stay whole, to be copied.
    needed = sum(
        max(cell.cell_len for cell in column) + _GAP for column in zip(*(row[:-1] for row in rows), strict=True)
    )
    needed += max(map(_least_width, host.plugins))
    _print_table(console, rows) if needed <= console.width else _print_blocks(console, rows)
    for note in host.notes:
        console.print(Text(f"note: {note}", "yellow"))
    if verbose:
        _print_tracebacks(console, host)


def _least_width(plugin: PluginInfo) -> int:
    """Return the columns that the last cell of a plugin asks for."""
    longest = max((len(component.name) + 1 for component in plugin.components), default=0)
    return max(longest, _LEAST_REASON if plugin.reason or plugin.notes else 0)


def _row(plugin: PluginInfo) -> Row:
    """Return the cells of a plugin, as texts, since rich would take square brackets in a reason for markup."""
    from rich.text import Text

    status = Text(plugin.status, _STYLES[plugin.status])
    return Text(plugin.name), Text(plugin.distribution), Text(plugin.version), status, _contents(plugin)


def _print_table(console: Console, rows: list[Row]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in ("plugin", "distribution", "version", "status"):
        table.add_column(heading, no_wrap=True)
    table.add_column("components, or what is wrong", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_blocks(console: Console, rows: list[Row]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for *names, contents in rows:
        console.print(Text("  ").join(names), overflow="fold")
        console.print(Padding(contents, (0, 0, 0, 4)), overflow="fold")


def _contents(plugin: PluginInfo) -> Text:
    from rich.text import Text

    by_kind: dict[str, list[str]] = {}
    for component in plugin.components:
        by_kind.setdefault(component.kind, []).append(component.name)
    lines = [Text(f"{kind}: {', '.join(names)}") for kind, names in by_kind.items()]
    if plugin.kinds:
        lines.insert(0, Text(f"kinds: {', '.join(kind.name for kind in plugin.kinds)}"))
    if plugin.commands:
        lines.append(Text(f"commands: {', '.join(command.name for command in plugin.commands)}"))
    lines += [Text(problem, "red") for problem in (plugin.reason, *plugin.notes) if problem]
    return Text("\n").join(lines)


def _print_tracebacks(console: Console, host: PluginHost) -> None:
    for plugin in host.plugins:
        if plugin.traceback:
            console.print(f"\nplugin {plugin.label}:")
            console.print(plugin.traceback.rstrip(), soft_wrap=True)
