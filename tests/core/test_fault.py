"""Whose mistake an unexpected error is."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vtcore import cli
from vtcore.discovery import Candidate, PluginInfo
from vtcore.fault import plugin_fault
from vtcore.host import PluginHost


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    """Write a module and import it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, text: str) -> Any:
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return write


def host_of(*plugins: tuple[str, str, str]) -> PluginHost:
    infos = [PluginInfo(name, distribution, "1.2", module=f"{module}.plugin") for name, distribution, module in plugins]
    return PluginHost([Candidate(info, lambda: object()) for info in infos])


def caught(action: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever it is
        action()
    return raised.value


def test_the_plugin_and_its_line_are_told(modules: Callable[[str, str], Any]) -> None:
    mine = modules("fault_of_mine", "def track():\n    return [][1]\n")
    error = caught(mine.track)
    fault = plugin_fault(error, host_of(("mine", "vtrack-plugin-mine", "fault_of_mine")))
    assert str(fault) == (
        "plugin 'mine' (vtrack-plugin-mine 1.2) failed: IndexError: list index out of range "
        f"({mine.__file__}:2); VTCORE_TRACEBACK=1 shows how it came there, and vtcore check-plugin mine what else is "
        "wrong"
    )
    assert fault is not None
    assert fault.__cause__ is error


@pytest.mark.parametrize("order", ["mine calls ours", "ours calls mine"])
def test_what_plugins_share_is_not_blamed_for_them(order: str, modules: Callable[[str, str], Any]) -> None:
    first, second = ("fault_a", "fault_b") if order == "mine calls ours" else ("fault_b", "fault_a")
    modules(second, "def go():\n    raise ValueError('odd')\n")
    outer = modules(first, f"import {second}\n\ndef go():\n    {second}.go()\n")
    host = host_of(("mine", "vtrack-plugin-mine", "fault_a"), ("common-mot", "vtrack-common-mot", "fault_b"))
    assert "plugin 'mine'" in str(plugin_fault(caught(outer.go), host))
    alone = host_of(("common-mot", "vtrack-common-mot", "fault_b"))
    assert "plugin 'common-mot'" in str(plugin_fault(caught(outer.go), alone))


def test_mistakes_of_the_core_are_nobody_elses() -> None:
    assert plugin_fault(caught(lambda: 1 // 0), PluginHost.discover()) is None


def test_the_command_line_tells_it_in_one_line(
    modules: Callable[[str, str], Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = modules("fault_of_run", "def execute(arguments):\n    raise ValueError('ids must be unique')\n")
    mine.HELP, mine.add_arguments = "Try.", lambda parser: None
    monkeypatch.setitem(cli.COMMANDS, "try-it", ("fault_of_run", "try something"))
    monkeypatch.setattr("vtcore.host.plugin_host", lambda: host_of(("mine", "vtrack-plugin-mine", "fault_of_run")))
    monkeypatch.delenv("VTCORE_TRACEBACK", raising=False)
    assert cli.main(["try-it"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vtcore: error: plugin 'mine' (vtrack-plugin-mine 1.2) failed: ValueError: ids must be uniq")
    monkeypatch.setenv("VTCORE_TRACEBACK", "1")
    assert cli.main(["try-it"]) == 1
    told = capsys.readouterr().err
    assert "Traceback (most recent call last)" in told
    assert told.splitlines()[-1] == line
