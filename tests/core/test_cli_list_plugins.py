"""``vtcore list-plugins``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vtcore import cli
from vtcore.cli import list_plugins


@pytest.fixture
def run(fake_site: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command over the plugins of a test; returns status and output."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def list_them(*arguments: str, disabled: tuple[str, ...] = ()) -> tuple[int, str]:
        monkeypatch.setattr(list_plugins, "plugin_host", lambda: fake_site.discover(disabled))
        status = cli.main(["list-plugins", *arguments])
        captured = capsys.readouterr()
        assert captured.err == ""
        return status, captured.out

    return list_them


def line_of(output: str, word: str) -> str:
    (line,) = [line for line in output.splitlines() if line.strip().startswith(f"{word} ")]
    return line


def test_all_well(fake_site: Any, run: Any) -> None:
    fake_site.add_tracker("one")
    status, output = run()
    assert status == 0
    assert line_of(output, "one").split() == ["one", "fake-one", "1.0", "ok", "tracker:", "one"]


def test_a_name_to_disable_that_nearly_fits(fake_site: Any, run: Any) -> None:
    fake_site.add_tracker("metrics")
    assert "no such plugin is installed; did you mean 'metrics'?" in run(disabled=("metrisc",))[1]


def test_disabled_is_well(fake_site: Any, run: Any) -> None:
    fake_site.add_tracker("one")
    status, output = run(disabled=("one", "nobody"))
    assert status == 0
    assert "disabled by the caller" in line_of(output, "one")
    assert "note: the caller names 'nobody', but no such plugin is installed" in output


def test_every_ill_is_a_row(fake_site: Any, run: Any) -> None:
    fake_site.add("crash", "raise RuntimeError('[red]a very long reason[/red] " + "x" * 200 + "')")
    fake_site.add("misspelt", "@hookimpl\ndef vtcore_trakers():\n    return []\n")
    fake_site.add("future", requires=["vtcore>=99"])
    fake_site.add_tracker("a", component="same")
    fake_site.add_tracker("b", component="same")
    status, output = run()
    assert status == 1
    # Piped output cuts nothing and breaks no line; rich's markup is text.
    assert "cannot be imported: RuntimeError: [red]a very long reason[/red] " + "x" * 200 in line_of(output, "crash")
    assert "broken" in line_of(output, "misspelt")
    assert "did you mean 'vtcore_trackers'?" in line_of(output, "misspelt")
    assert "incompatible" in line_of(output, "future")
    assert "tracker: same" in line_of(output, "a")
    assert "tracker 'same' is also claimed by plugin 'b' (fake-b 1.0)" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("code", ["raise RuntimeError", "@hookimpl\ndef vtcore_trackers():\n    return 1\n"])
def test_one_broken_plugin_is_status_1(fake_site: Any, run: Any, code: str) -> None:
    fake_site.add("bad", code)
    assert run()[0] == 1


def test_clash_alone_is_status_1(fake_site: Any, run: Any) -> None:
    fake_site.add_tracker("a", component="same")
    fake_site.add_tracker("b", component="same")
    assert run()[0] == 1
    assert run(disabled=("a",))[0] == 0


def test_narrow_terminal_loses_nothing(fake_site: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_site.add("crash", "raise RuntimeError('" + "abcdefghij" * 10 + "')")
    monkeypatch.setenv("COLUMNS", "60")
    _, output = run()
    assert max(map(len, output.splitlines())) <= 60
    assert "…" not in output
    assert sum(output.count(letter) for letter in "j") >= 10


@pytest.mark.parametrize("columns", [50, 60, 65, 70, 80, 120])
def test_names_stay_whole_in_any_terminal(
    fake_site: Any, run: Any, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    fake_site.add_tracker("metrics-of-somebody", component="background-subtraction")
    fake_site.add("crash", "raise RuntimeError('boom')")
    monkeypatch.setenv("COLUMNS", str(columns))
    _, output = run()
    assert max(map(len, output.splitlines())) <= columns
    words = output.replace(",", " ").split()
    for name in ("metrics-of-somebody", "fake-metrics-of-somebody", "background-subtraction", "fake-crash", "broken"):
        assert name in words
    assert columns > 70 or "    cannot be imported: RuntimeError: boom" in output, "a sentence has room to be read"


def test_verbose_shows_tracebacks(fake_site: Any, run: Any) -> None:
    fake_site.add("crash", "def fail():\n    raise RuntimeError('boom')\n\n\nfail()\n")
    status, output = run("--verbose")
    assert status == 1
    assert "plugin 'crash' (fake-crash 1.0):\nTraceback (most recent call last):" in output
    assert "RuntimeError: boom" in output


def test_json(fake_site: Any, run: Any) -> None:
    fake_site.add_tracker("one")
    fake_site.add("bad", "raise RuntimeError('boom')")
    status, output = run("--json", disabled=("nobody",))
    told = json.loads(output)
    assert status == 1
    assert told["well"] is False
    assert told["notes"] == ["the caller names 'nobody', but no such plugin is installed"]
    core, bad, one = told["plugins"]
    assert core["name"] == "vtcore"
    assert (bad["status"], bad["reason"]) == ("broken", "cannot be imported: RuntimeError: boom")
    assert "Traceback" in bad["traceback"]
    assert one == {
        "name": "one",
        "distribution": "fake-one",
        "version": "1.0",
        "status": "ok",
        "reason": "",
        "notes": [],
        "module": "fake_one.plugin",
        "kinds": [],
        "components": [
            {"kind": "tracker", "name": "one", "config": "m:C", "target": "m:T", "summary": "s", "paper": ""}
        ],
        "commands": [],
        "traceback": "",
    }


def test_json_documents_every_key(fake_site: Any, run: Any) -> None:
    told = json.loads(run("--json")[1])
    keys = {*told, *told["plugins"][0], *told["plugins"][0]["components"][0]}
    assert all(f'"{key}"' in (list_plugins.__doc__ or "") for key in keys)
