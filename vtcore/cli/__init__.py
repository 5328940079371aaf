"""The command line: one module per command, loaded when that command is asked for.

A command's module has ``HELP`` (what ``vtcore <command> --help`` says above its options), ``add_arguments(parser)``
and ``execute(arguments)``, which returns the exit status. This module imports argparse and nothing of ours, so that
``vtcore --help`` answers at once. A word that is none of the core's commands is looked for among those of plugins
(`vtcore.cli.plugin_commands`); only then are plugins discovered.

Exit status: 0 all is well; 1 the command found something wrong; 2 a `VtcoreError`, or arguments that make no sense;
130 interrupted. Anything else that escapes is a bug and shows its traceback.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vtcore.cli.plugin_commands import PluginCommand

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("vtcore.cli.run", "run an experiment"),
    "track": ("vtcore.cli.track", "track in a video, folder, camera or stream without writing an experiment"),
    "sweep": ("vtcore.cli.sweep", "try an experiment with many settings, and find the best"),
    "eval": ("vtcore.cli.evaluate", "score result files made elsewhere"),
    "refine": ("vtcore.cli.refine", "refine the tracks in result files: fill gaps, smooth, join, drop"),
    "cache": ("vtcore.cli.cache", "compute detections once, for any run to replay; list and remove them"),
    "benchmark": ("vtcore.cli.benchmark", "measure an experiment stage by stage and end to end"),
    "check": ("vtcore.cli.check", "tell whether an experiment can run here, without running it"),
    "show": ("vtcore.cli.show", "print an experiment as resolved, and where each value comes from"),
    "describe": ("vtcore.cli.describe", "explain a component: its keys, their types, defaults and meaning"),
    "check-plugin": ("vtcore.cli.check_plugin", "check that a plugin and its components do what they promise"),
    "migrate": ("vtcore.cli.migrate", "make an experiment of a config of MMTracking or MMDetection"),
    "list-plugins": ("vtcore.cli.list_plugins", "list the installed plugins and whether they work"),
    "plugins": ("vtcore.cli.plugins", "tell what another version of vtcore would break"),
    "new-plugin": ("vtcore.cli.new_plugin", "write the package of a new plugin, which works before it is edited"),
}
"""Module and one-line help of every command."""

_AS_PYTHON_DOES = warnings.formatwarning

_EPILOG = """\
vtcore <command> --help explains a command. Plugins may add commands: vtcore list-plugins shows them.
VTCORE_DISABLE_PLUGINS=name,name leaves plugins out; VTCORE_TRACEBACK=1 shows where an error comes from.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program's name; those of the process by default.

    Returns:
        The exit status.
    """
    # Before a plugin brings torch: the stages of a run share the cores, so no thread may spin while it waits.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    warnings.formatwarning = _warning_text
    arguments = sys.argv[1:] if argv is None else list(argv)
    # Nothing but flags can stand before the command.
    command = next((argument for argument in arguments if not argument.startswith("-")), None)
    try:
        return _run(command, arguments)
    except KeyboardInterrupt as stop:
        print("\nvtcore: interrupted" + "".join(f": {text}" for text in stop.args), file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has left (`vtcore describe tracker | head -1`); any other pipe is a failure.
        if not _output_is_closed():
            raise
        return 1
    except Exception as error:
        from vtcore.cli.console import print_error
        from vtcore.errors import VtcoreError

        if isinstance(error, VtcoreError):
            print_error(error)
            return 2
        from vtcore.fault import plugin_fault
        from vtcore.host import plugin_host

        fault = plugin_fault(error, plugin_host())
        if fault is None:
            raise
        print_error(fault)
        return 1


def _warning_text(message: Warning | str, category: type[Warning], *place: Any, **line: Any) -> str:
    """Say our own warnings on one line, as errors are; others as Python does."""
    if category.__module__.partition(".")[0] == "vtcore":
        return f"vtcore: warning: {message}\n"
    return _AS_PYTHON_DOES(message, category, *place, **line)


def _run(command: str | None, arguments: list[str]) -> int:
    module = None if command is None else _module(command)
    parser = _parser(command, module)
    try:
        parsed = parser.parse_args(_with_negative_lists(arguments))
    except SystemExit as answered:
        # argparse has printed the help, or what is wrong with the arguments.
        return answered.code if isinstance(answered.code, int) else 0
    if module is None:
        parser.print_help(sys.stderr)
        return 2
    # A name that the output's encoding lacks must not end a command.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    status: int = module.execute(parsed)
    sys.stdout.flush()
    return status


def _with_negative_lists(arguments: Sequence[str]) -> list[str]:
    """Join ``--init -5,3,20,20`` by "=": argparse takes a list that begins with a negative number for an option."""
    joined: list[str] = []
    for argument in arguments:
        if joined and re.fullmatch(r"--[a-z-]+", joined[-1]) and re.match(r"-[\d.]+[eE\d+-]*[,\s]", argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _module(command: str) -> ModuleType | PluginCommand:
    """Return what does a command: a module of the core's, or else what a plugin brings.

    Raises:
        VtcoreError: There is no such command.
    """
    if command in COMMANDS:
        return importlib.import_module(COMMANDS[command][0])
    from vtcore.cli.plugin_commands import find_command

    return find_command(command, COMMANDS)


def _parser(command: str | None, module: ModuleType | PluginCommand | None) -> argparse.ArgumentParser:
    """Return a parser that knows all commands by name and `command` with its arguments."""
    parser = argparse.ArgumentParser(
        prog="vtcore",
        description="Video perception with plugins: detection, tracking and segmentation in video.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"vtcore {_version()}")
    commands = parser.add_subparsers(title="commands", metavar="<command>")
    for name, (_, summary) in COMMANDS.items():
        if name != command:
            commands.add_parser(name, help=summary)
        elif module is not None:
            own = commands.add_parser(name, help=summary, description=module.HELP, allow_abbrev=False)
            module.add_arguments(own)
    if command is not None and command not in COMMANDS and module is not None:
        own = commands.add_parser(command, help=module.HELP, description=module.HELP, allow_abbrev=False)
        module.add_arguments(own)
    return parser


def _version() -> str:
    import vtcore

    return vtcore.__version__


def _output_is_closed() -> bool:
    try:
        output = sys.stdout.fileno()
        # The stream has dropped what it could not write, so only writing tells.
        os.write(output, b"\n")
    except BrokenPipeError:
        # What is written from here on goes nowhere, instead of failing again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
        return True
    except (OSError, ValueError):
        # Not a stream of the operating system.
        return False
    return False
