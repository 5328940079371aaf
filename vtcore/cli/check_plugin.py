"""``vtcore check-plugin``: make every check of the conformance kit of a plugin.

With ``--json`` it prints one object::

    {
      "vtcore": "0.1.0",                  version of the core
      "plugin": "bytetrack", "distribution": "vtrack-plugin-bytetrack", "version": "0.1.0",
      "well": true,                       whether the exit status is 0
      "counts": {"passed": 41, "failed": 0, ...},
      "checks": [
        {
          "component": "tracker:bytetrack",   or "plugin"
          "check": "deterministic",
          "status": "passed",             passed, failed, not checked, expected failure, unexpected success
          "message": "",                  why, and what to do
          "seconds": 0.12,
          "traceback": "",                of an exception that nobody expected
          "cause": ""                     what is behind it, the same in all checks that fail for it
        }
      ]
    }
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from vtcore.cli.console import error_console, output_console, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from vtcore.host import PluginInfo
    from vtcore.testing.running import Outcome, PluginCheck

__all__ = ["HELP", "add_arguments", "execute"]

HELP = (
    "Check that a plugin and its components do what they promise, on data made in memory. Exit status 1 tells that a "
    "check failed. Options that components need, such as weights, and expected failures stand under "
    "[tool.vtcore.testing] in the plugin's pyproject.toml, or are given by -o."
)

_STYLES = {
    "passed": "green",
    "failed": "bold red",
    "unexpected success": "bold red",
    "expected failure": "yellow",
    "not checked": "dim",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("plugin", metavar="NAME", help="the plugin, by its entry point or distribution")
    parser.add_argument(
        "-o",
        "--override",
        action="append",
        default=[],
        metavar="KIND:NAME.KEY=VALUE",
        help="set a key of a component: -o detector:yolox.weights=tiny.pth (may be repeated)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="read options and expected failures from this TOML file, not from pyproject.toml",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TEXT",
        help="make only checks whose KIND:NAME:CHECK holds this text (may be repeated)",
    )
    parser.add_argument("--quick", action="store_true", help="leave out what takes seconds: memory, worker processes")
    parser.add_argument("--verbose", action="store_true", help="show every check, and tracebacks")
    parser.add_argument("--json", action="store_true", help="print JSON, for tools")


def execute(arguments: argparse.Namespace) -> int:
    """Make the checks; return 1 if one fails."""
    from vtcore.errors import VtcoreError
    from vtcore.host import plugin_host
    from vtcore.testing.running import checks_of_plugin

    plugin = plugin_host().plugin(arguments.plugin)
    checks = checks_of_plugin(
        arguments.plugin, config=arguments.config, overrides=tuple(arguments.override), quick=arguments.quick
    )
    if arguments.only:
        checks = [check for check in checks if any(text in str(check) for text in arguments.only)]
        if not checks:
            raise VtcoreError(
                f"--only {' '.join(arguments.only)}: no check's name holds that; --verbose shows them all"
            )
    # What a component prints is no part of the answer.
    with redirect_stdout(sys.stderr):
        outcomes = list(_outcomes(checks))
    well = all(outcome.is_well for outcome in outcomes)
    if arguments.json:
        print_json(_as_data(plugin, outcomes, well=well))
    else:
        _print(plugin, outcomes, quick=arguments.quick, verbose=arguments.verbose)
    return 0 if well else 1


def _outcomes(checks: list[PluginCheck]) -> Iterable[Outcome]:
    """Make the checks, telling on a terminal which is under way."""
    console = error_console()
    with console.status("") as status:
        for number, check in enumerate(checks, 1):
            status.update(f"{number}/{len(checks)} {check}")
            yield check.outcome()


def _as_data(plugin: PluginInfo, outcomes: list[Outcome], *, well: bool) -> dict[str, Any]:
    import attrs

    import vtcore

    return {
        "vtcore": vtcore.__version__,
        "plugin": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "well": well,
        "counts": _counts(outcomes),
        "checks": [{**attrs.asdict(outcome), "seconds": round(outcome.seconds, 3)} for outcome in outcomes],
    }


def _counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    found = Counter(outcome.status for outcome in outcomes)
    return {status: found[status] for status in _STYLES}  # type: ignore[index]


def _print(plugin: PluginInfo, outcomes: list[Outcome], *, quick: bool, verbose: bool) -> None:
    console = output_console()
    console.print(f"plugin {plugin.label}", style="bold")
    _print_table(console, outcomes, verbose=verbose)
    if verbose:
        for outcome in outcomes:
            if outcome.traceback:
                console.print(f"\n{outcome.component}: {outcome.check}:")
                console.print(outcome.traceback.rstrip(), soft_wrap=True)
    failed = next((each for each in outcomes if each.status == "failed" and each.component != "plugin"), None)
    if failed is not None:
        console.print(
            "A failure that is meant is written down, with its reason, under "
            "[tool.vtcore.testing.expected-failures] in the plugin's pyproject.toml: "
            f'"{failed.component}:{failed.check}" = "..."',
            markup=False,
            soft_wrap=True,
        )
    counted = ", ".join(f"{count} {status}" for status, count in _counts(outcomes).items() if count)
    seconds = sum(outcome.seconds for outcome in outcomes)
    console.print(f"{counted}; {seconds:.1f} s" + ("; slow checks were left out (--quick)" if quick else ""))


def _print_table(console: Console, outcomes: list[Outcome], *, verbose: bool) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("component", "check", "result"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why, and what to do", overflow="fold", min_width=20)
    for component in dict.fromkeys(outcome.component for outcome in outcomes):
        own = [outcome for outcome in outcomes if outcome.component == component]
        passed = [outcome for outcome in own if outcome.status == "passed"]
        if not verbose and passed:
            table.add_row(component, _number_of(passed), Text("passed", _STYLES["passed"]), "")
        rows = own if verbose else _gathered(outcome for outcome in own if outcome.status != "passed")
        for outcome in rows:
            status = Text(outcome.status, _STYLES[outcome.status])
            table.add_row(component, outcome.check, status, Text(outcome.message))
    console.print(table)


def _gathered(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Make one of the outcomes that have one cause, or are the same but for the name of the check."""
    import attrs

    by_text: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        by_text.setdefault((outcome.status, outcome.cause or outcome.message), []).append(outcome)
    return [
        own[0] if len(own) == 1 else attrs.evolve(own[0], check=_number_of(own), message=text)
        for (_, text), own in by_text.items()
    ]


def _number_of(outcomes: list[Outcome]) -> str:
    return "1 check" if len(outcomes) == 1 else f"{len(outcomes)} checks"
