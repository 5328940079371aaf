"""``vtcore describe``: kinds, the components of a kind, or one component with all its keys.

With ``--json`` it prints one object, without KIND::

    {"kinds": [{"name": "tracker", "interface": "...", "summary": "...", "components": ["bytetrack"]}]}

with KIND::

    {"kind": "tracker", "interface": "...", "summary": "...",
     "components": [{"name": "bytetrack", "summary": "...", "distribution": "...", "version": "..."}]}

and with KIND and NAME::

    {
      "kind": "tracker", "name": "bytetrack", "summary": "...", "paper": "...",
      "config": "package.module:Name", "target": "package.module:Name",
      "plugin": "bytetrack", "distribution": "vtrack-plugin-bytetrack", "version": "0.1.0",
      "fields": [
        {
          "key": "high_threshold",        dotted for a key of a table within
          "type": "float",                string, integer, float, boolean, array of ..., table of <kind>
          "kind": null,                   kind of the nested component, if it holds one
          "required": false,
          "default": 0.6,                 null where there is none
          "allowed": ">= 0 and <= 1",     bounds or choices in words
          "choices": [],                  the allowed values, where they are few
          "unit": "",
          "meaning": "..."
        }
      ],
      "toml": "[tracker]\\n..."           a table ready for an experiment
    }
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from vtcore.cli.component_fields import FieldDescription, field_descriptions, toml_snippet
from vtcore.cli.console import output_console, print_json
from vtcore.components import Component, Kind
from vtcore.errors import ComponentError
from vtcore.host import PluginHost, plugin_host
from vtcore.known_plugins import none_installed

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["HELP", "add_arguments", "execute"]

HELP = "Explain a component: its keys with their types, defaults, bounds, units and meaning, its paper and its plugin."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", metavar="KIND", nargs="?", help="what it is for (tracker); left out: list the kinds")
    parser.add_argument("name", metavar="NAME", nargs="?", help="its name (bytetrack); left out: list the kind's")
    parser.add_argument("--json", action="store_true", help="print JSON, for tools")


def execute(arguments: argparse.Namespace) -> int:
    """Describe what was asked for."""
    host = plugin_host()
    if arguments.kind is None:
        _describe_kinds(host, as_json=arguments.json)
        return 0
    if arguments.kind not in host.kinds and arguments.name is None:
        _refuse_bare_name(host, arguments.kind)
    if arguments.name is None:
        _describe_kind(host, arguments.kind, as_json=arguments.json)
    else:
        _describe_component(host, host.component(arguments.kind, arguments.name), as_json=arguments.json)
    return 0


def _refuse_bare_name(host: PluginHost, name: str) -> None:
    """Tell someone who wrote only a component's name what to write."""
    for kind in host.kinds:
        if any(component.name == name for component in host.components(kind)):
            raise ComponentError(f"unknown kind {name!r}; for the {kind} of that name: vtcore describe {kind} {name}")


def _describe_kinds(host: PluginHost, *, as_json: bool) -> None:
    names = {kind: [component.name for component in host.components(kind)] for kind in host.kinds}
    if as_json:
        print_json({"kinds": [{**attrs.asdict(kind), "components": names[kind.name]} for kind in host.kinds.values()]})
        return
    rows = ((kind.name, kind.summary, ", ".join(names[kind.name])) for kind in host.kinds.values())
    _print_table(("kind", "what it is for", "components"), rows)


def _describe_kind(host: PluginHost, name: str, *, as_json: bool) -> None:
    components = host.components(name)
    kind: Kind = host.kinds[name]
    if as_json:
        listed = [
            {"name": component.name, "summary": component.summary, **_origin(host, component)}
            for component in components
        ]
        print_json({"kind": kind.name, "interface": kind.interface, "summary": kind.summary, "components": listed})
        return
    if not components:
        output_console().print(none_installed(name))
        return
    origins = (_origin(host, component) for component in components)
    rows = (
        (component.name, component.summary, f"{origin['distribution']} {origin['version']}".strip())
        for component, origin in zip(components, origins, strict=True)
    )
    _print_table((name, "summary", "comes with"), rows)


def _origin(host: PluginHost, component: Component) -> dict[str, str]:
    owner = host.owner(component)
    return {"plugin": owner.name, "distribution": owner.distribution, "version": owner.version}


def _print_table(headings: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    output_console().print(table)


def _describe_component(host: PluginHost, component: Component, *, as_json: bool) -> None:
    fields = field_descriptions(component, host.kind_of_interface)
    snippet = toml_snippet(component, fields)
    if as_json:
        described = [attrs.asdict(field) for field in fields]
        print_json({**attrs.asdict(component), **_origin(host, component), "fields": described, "toml": snippet})
        return
    console = output_console()
    _print_heading(console, host, component)
    for field in fields:
        _print_field(console, field)
    if not fields:
        console.print("It has no keys to set.")
    console.print("\nIn an experiment:\n", style="bold")
    # Never broken over lines, so that it can be copied.
    console.print(snippet.rstrip(), soft_wrap=True)


def _print_heading(console: Console, host: PluginHost, component: Component) -> None:
    console.print(f"{component.kind} {component.name}", style="bold")
    console.print(component.summary)
    console.print(f"plugin: {host.owner(component).label}")
    if component.paper:
        console.print(f"paper:  {component.paper}")
    console.print(f"class:  {component.target}\n", soft_wrap=True)


def _print_field(console: Console, field: FieldDescription) -> None:
    from rich.padding import Padding
    from rich.text import Text

    default = "required" if field.required else f"default {field.default_text}" if field.default_text else "optional"
    unit = f"in {field.unit}" if field.unit else ""
    facts = ", ".join(fact for fact in (field.type, default, field.allowed, unit) if fact)
    console.print(Text.assemble((field.key, "bold cyan"), "  ", facts))
    nested = f" Components: vtcore describe {field.kind}." if field.kind is not None else ""
    if field.meaning or nested:
        console.print(Padding(Text((field.meaning + nested).strip()), (0, 0, 0, 4), expand=False))
