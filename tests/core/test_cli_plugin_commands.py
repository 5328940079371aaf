"""Subcommands that plugins bring."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

import vtcore.cli.plugin_commands as plugin_commands
from vtcore import cli
from vtcore.known_plugins import KNOWN_PLUGINS, KnownPlugin

BODY = """\
from vtcore.components import Command


@hookimpl
def vtcore_commands():
    return [Command("{name}", "Greet somebody.", "{package}.work:greet", "{package}.work:arguments")]
"""
WORK = """\
from vtcore.errors import VtcoreError


def arguments(parser):
    parser.add_argument("who")
    parser.add_argument("--status", type=int)


def greet(arguments):
    if arguments.who == "nobody":
        raise VtcoreError("there is nobody")
    print("hello", arguments.who)
    return "done" if arguments.who == "strange" else arguments.status
"""


def add(site: Any, plugin: str, command: str) -> None:
    package = f"fake_{plugin}"
    site.add(plugin, BODY.format(name=command, package=package), files={"work.py": WORK})


@pytest.fixture
def site(fake_site: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site with a plugin that brings the command ``greet``, and the host made of it."""
    add(fake_site, "greeter", "greet")
    monkeypatch.setattr(plugin_commands, "plugin_host", fake_site.discover)
    return fake_site


def test_command_runs(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["greet", "you"]) == 0
    assert cli.main(["greet", "you", "--status", "3"]) == 3
    assert capsys.readouterr().out == "hello you\nhello you\n"


def test_help_and_wrong_arguments(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["greet", "--help"]) == 0
    told = capsys.readouterr().out
    assert "usage: vtcore greet" in told
    assert "Greet somebody." in told
    assert cli.main(["greet"]) == 2
    assert "vtcore greet: error: the following arguments are required: who" in capsys.readouterr().err


def test_errors_are_told_as_those_of_the_core(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["greet", "nobody"]) == 2
    assert capsys.readouterr().err == "vtcore: error: there is nobody\n"
    assert cli.main(["greet", "strange"]) == 2
    expected = "command 'greet': fake_greeter.work:greet must return an exit status, got 'done'"
    assert capsys.readouterr().err == f"vtcore: error: {expected}\n"


def test_near_miss_of_a_plugins_command(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["gret"]) == 2
    assert capsys.readouterr().err == "vtcore: error: unknown command 'gret'; did you mean 'greet'?\n"


def test_two_claims_are_noted_and_refused(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    add(site, "usher", "greet")
    host = site.discover()
    greeter, usher = host.plugin("greeter"), host.plugin("usher")
    assert greeter.notes == (f"command 'greet' is also claimed by plugin {usher.label}",)
    assert cli.main(["greet", "you"]) == 2
    expected = f"command 'greet' is claimed by plugins {greeter.label} and {usher.label}; disable one of them:"
    assert f"vtcore: error: {expected} VTCORE_DISABLE_PLUGINS=usher" in capsys.readouterr().err


def test_the_cores_commands_cannot_be_taken(site: Any) -> None:
    add(site, "thief", "run")
    thief = site.discover().plugin("thief")
    assert thief.status == "ok"
    assert thief.notes == ("command 'run' is the core's own; the plugin's is never reached",)


def test_what_brings_a_command_is_told(
    site: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    published = (
        KnownPlugin("waver", "vtrack-waver", {}, ("wave",)),
        KnownPlugin("greeter", "fake-greeter", {}, ("bow",)),
        KnownPlugin("broken", "fake-broken", {}, ("nod",)),
    )
    monkeypatch.setattr("vtcore.known_plugins.KNOWN_PLUGINS", published)
    site.add("broken", "import nothing_of_that_name\n")
    for word in ("wave", "bow", "nod"):
        assert cli.main([word]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "vtcore: error: unknown command 'wave'; vtrack-waver brings it: pip install vtrack-waver",
        "vtcore: error: unknown command 'bow'; plugin 'greeter' (fake-greeter 1.0) is too old to bring it: "
        "pip install fake-greeter --upgrade",
        "vtcore: error: unknown command 'nod'; plugin 'broken' (fake-broken 1.0), which brings it, is broken: "
        "cannot be imported: ModuleNotFoundError: No module named 'nothing_of_that_name'",
    ]


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("[1]", "hook 'vtcore_commands' must return commands, got 1"),
        ("3", "hook 'vtcore_commands' must return a list of commands, got int"),
        ("[Command('Two words', 's', 'm:f')]", "command 'Two words': name must be lower-case words joined by hyphens"),
        ("[Command('x', 's', 'm')]", "command 'x': run must read 'package.module:Name', got 'm'"),
        ("[Command('x', 's', 'm:f', 'm')]", "command 'x': arguments must read 'package.module:Name', got 'm'"),
        ("[Command('x', 's', 'm:f')] * 2", "command 'x' is registered twice by the same plugin"),
    ],
)
def test_what_is_no_command_breaks_its_plugin(fake_site: Any, returned: str, expected: str) -> None:
    code = f"from vtcore.components import Command\n@hookimpl\ndef vtcore_commands():\n    return {returned}\n"
    fake_site.add("bad", code)
    plugin = fake_site.discover().plugin("bad")
    assert plugin.status == "broken"
    assert plugin.reason.startswith(expected)


def test_commands_are_listed(site: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import vtcore.cli.list_plugins as list_plugins

    monkeypatch.setattr(list_plugins, "plugin_host", site.discover)
    assert cli.main(["list-plugins"]) == 0
    assert "commands: greet" in capsys.readouterr().out
    assert cli.main(["list-plugins", "--json"]) == 0
    assert '"run": "fake_greeter.work:greet"' in capsys.readouterr().out


def test_commands_of_the_core_discover_nothing() -> None:
    """Plugins are looked for only when the word is none of the core's."""
    code = (
        "import sys\nfrom vtcore.cli import main\nmain(['show', '--help'])\n"
        "print('vtcore.host' in sys.modules, 'vtcore.cli.plugin_commands' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize("known", [known for known in KNOWN_PLUGINS if known.commands], ids=lambda known: known.name)
def test_the_table_of_published_plugins_tells_the_commands(known: KnownPlugin) -> None:
    from vtcore.host import PluginHost

    plugin = next((row for row in PluginHost.discover().plugins if row.answers_to(known.distribution)), None)
    if plugin is None:
        pytest.skip(f"{known.distribution} is not installed")
    assert {command.name for command in plugin.commands} == set(known.commands)
