"""Subcommands that plugins bring, as the command line takes its own: `HELP`, `add_arguments` and `execute`."""

from __future__ import annotations

import argparse
from collections.abc import Collection

from vtcore.components import Command
from vtcore.errors import PluginError, VtcoreError
from vtcore.host import PluginHost, plugin_host
from vtcore.known_plugins import command_bringer
from vtcore.lookup import suspects
from vtcore.suggestions import did_you_mean_or_list, near_miss

__all__ = ["PluginCommand", "find_command"]


class PluginCommand:
    """A plugin's subcommand.

    Attributes:
        HELP: What its ``--help`` says above its options.
    """

    def __init__(self, command: Command) -> None:
        """Keep the command; nothing of it is imported yet."""
        self.HELP = command.summary
        self._command = command

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments.

        Raises:
            PluginError: The function that does so cannot be imported.
        """
        declare = self._command.load_arguments()
        if declare is not None:
            declare(parser)

    def execute(self, arguments: argparse.Namespace) -> int:
        """Do what the command does, and return the exit status.

        Raises:
            PluginError: It cannot be imported, or answers with something else than a status.
        """
        status = self._command.load_run()(arguments)
        if status is None or type(status) is int:
            return status or 0
        raise PluginError(
            f"command {self._command.name!r}: {self._command.run} must return an exit status, got {status!r}"
        )


def find_command(name: str, core: Collection[str]) -> PluginCommand:
    """Find the subcommand of a plugin.

    Args:
        name: The word after ``vtcore``.
        core: Names of the core's commands, for a suggestion.

    Raises:
        VtcoreError: No plugin brings it; the message tells what was meant, or which plugin would bring it.
        PluginError: Two plugins claim it.
    """
    host = plugin_host()
    command = host.command(name)
    if command is None:
        raise VtcoreError(f"unknown command {name!r}; {_way_out(name, core, host)}")
    return PluginCommand(command)


def _way_out(name: str, core: Collection[str], host: PluginHost) -> str:
    known = command_bringer(name)
    if known is None:
        commands = [*core, *host.commands()]
        unwell = suspects(host.plugins) if near_miss(name, commands) is None else ""
        return unwell or did_you_mean_or_list(name, commands)
    found = next((plugin for plugin in host.plugins if plugin.answers_to(known.distribution)), None)
    if found is None:
        return f"{known.distribution} brings it: {known.pip_install}"
    if found.status == "ok":
        return f"plugin {found.label} is too old to bring it: {known.pip_install} --upgrade"
    return f"plugin {found.label}, which brings it, is {found.status}: {found.reason}"
