"""``vtcore plugins upgrade-check``: what another version of the core would break.

With ``--json`` it prints one object::

    {
      "vtcore": "0.1.0",                  version of the core that runs
      "to": "0.2.0",                      version that is asked about
      "well": true,                       whether the exit status is 0
      "distributions": [
        {
          "distribution": "vtrack-plugin-bytetrack",
          "version": "0.1.0",
          "plugins": ["bytetrack"],       its entry points
          "requirement": ">=0.1,<1",      what it asks of the core
          "breaks": ["..."],              what would not work
          "warns": ["..."]                what would work, but is deprecated
        }
      ]
    }
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from vtcore.cli.console import output_console, print_json

if TYPE_CHECKING:
    from packaging.version import Version

    from vtcore.upgrade_check import Outlook

__all__ = ["HELP", "add_arguments", "execute"]

HELP = "Look after the installed plugins; vtcore list-plugins lists them."

_UPGRADE_HELP = (
    "Tell what another version of vtcore would break: requirements that do not admit it, uses of what it lacks. Looks "
    "at everything installed that requires vtcore, importing none of it. Exit status 1 tells that something would."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser(
        "upgrade-check", help="tell what another version of vtcore would break", description=_UPGRADE_HELP
    )
    check.add_argument(
        "--to", metavar="VERSION", help="version of vtcore to be, newer or older (default: the next minor release)"
    )
    check.add_argument("--json", action="store_true", help="print JSON, for tools")


def execute(arguments: argparse.Namespace) -> int:
    """Tell what would break; return 1 if anything would."""
    from vtcore.upgrade_check import outlooks

    target = _version(arguments.to)
    found = outlooks(target)
    well = not any(outlook.breaks for outlook in found)
    if arguments.json:
        import attrs

        import vtcore

        told = {"vtcore": vtcore.__version__, "to": str(target), "well": well}
        print_json({**told, "distributions": [attrs.asdict(outlook) for outlook in found]})
    else:
        _print(target, found)
    return 0 if well else 1


def _version(text: str | None) -> Version:
    from packaging.version import InvalidVersion, Version

    from vtcore.errors import VtcoreError
    from vtcore.upgrade_check import next_minor

    if text is None:
        return next_minor()
    try:
        return Version(text)
    except InvalidVersion:
        raise VtcoreError(f"--to: {text!r} is no version; write it like {next_minor()}") from None


def _print(target: Version, found: list[Outlook]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    import vtcore

    console = output_console()
    console.print(f"vtcore {vtcore.__version__} -> {target}", style="bold")
    for outlook in found:
        state, style = ("breaks", "bold red") if outlook.breaks else ("deprecated", "yellow")
        if not outlook.breaks and not outlook.warns:
            continue
        console.print(Text.assemble(f"{outlook.distribution} {outlook.version}  ", (state, style)))
        for texts, colour in ((outlook.breaks, "red"), (outlook.warns, "yellow")):
            for text in texts:
                console.print(Padding(Text(text, colour), (0, 0, 0, 4), expand=False), overflow="fold")
    broken = sum(bool(outlook.breaks) for outlook in found)
    warned = sum(bool(outlook.warns) and not outlook.breaks for outlook in found)
    fine = len(found) - broken - warned
    counts = [(fine, "as now"), (warned, "with what is deprecated"), (broken, "not")]
    works = ", ".join(f"{count} {how}" for count, how in counts if count)
    console.print(f"{len(found)} distributions require vtcore; with {target} they work: {works or 'none installed'}")
