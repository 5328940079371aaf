"""The command line's frame: what it says and with which status it ends."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import pytest

import vtcore
from vtcore import cli
from vtcore.errors import ExperimentError, Problem, VtcoreError
from vtcore.host import plugin_host
from vtcore.suggestions import listing


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A command ``try-it`` that does what a test says."""
    module = types.ModuleType("command_of_a_test")
    module.HELP = "Try something."  # type: ignore[attr-defined]
    module.add_arguments = lambda parser: parser.add_argument("--number", type=int)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(cli.COMMANDS, "try-it", (module.__name__, "try something"))

    def does(action: Any) -> None:
        module.execute = action  # type: ignore[attr-defined]

    return does


def failing(error: BaseException) -> Any:
    def execute(arguments: Any) -> int:
        raise error

    return execute


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"vtcore {vtcore.__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"\n    {name}" in told for name in cli.COMMANDS)


def test_nothing_asked_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert "usage: vtcore" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("trak", "vtcore: error: unknown command 'trak'; did you mean 'track'?\n"),
        (
            "zzz",
            f"vtcore: error: unknown command 'zzz'; there are {listing([*cli.COMMANDS, *plugin_host().commands()])}\n",
        ),
    ],
)
def test_unknown_command(capsys: pytest.CaptureFixture[str], word: str, expected: str) -> None:
    assert cli.main([word]) == 2
    assert capsys.readouterr().err == expected


def test_status_and_arguments_of_a_command(command: Any) -> None:
    command(lambda arguments: arguments.number)
    assert cli.main(["try-it", "--number", "7"]) == 7


def test_wrong_arguments(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command(lambda arguments: 0)
    assert cli.main(["try-it", "--numbre", "7"]) == 2
    assert "vtcore: error: unrecognized arguments: --numbre 7" in capsys.readouterr().err
    assert cli.main(["try-it", "--number", "x"]) == 2
    assert "vtcore try-it: error: argument --number: invalid int value: 'x'" in capsys.readouterr().err


def test_help_of_a_command(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["try-it", "--help"]) == 0
    told = capsys.readouterr().out
    assert "usage: vtcore try-it" in told
    assert "Try something." in told


def test_expected_error_is_one_line_each(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command(failing(VtcoreError("it is so")))
    assert cli.main(["try-it"]) == 2
    assert capsys.readouterr().err == "vtcore: error: it is so\n"
    command(failing(ExperimentError([Problem("wrong", "a.b", "x.toml", 3), Problem("also wrong", "c")])))
    assert cli.main(["try-it"]) == 2
    assert capsys.readouterr().err == "vtcore: error: x.toml:3: a.b: wrong\nvtcore: error: c: also wrong\n"
    command(failing(VtcoreError()))
    assert cli.main(["try-it"]) == 2
    assert capsys.readouterr().err == "vtcore: error: VtcoreError\n"


def test_traceback_on_request(
    command: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTCORE_TRACEBACK", "1")
    command(failing(VtcoreError("it is so")))
    assert cli.main(["try-it"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert told.endswith("vtcore: error: it is so\n")


@pytest.mark.parametrize("error", [ValueError("bug"), OSError("disk"), BrokenPipeError("another pipe")])
def test_bugs_escape(command: Any, error: Exception) -> None:
    command(failing(error))
    with pytest.raises(type(error)):
        cli.main(["try-it"])


def test_interrupt(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command(failing(KeyboardInterrupt()))
    assert cli.main(["try-it"]) == 130
    assert capsys.readouterr().err == "\nvtcore: interrupted\n"


def test_reader_that_leaves_is_no_error() -> None:
    """As with ``| head -1``, but with far more output than a pipe holds."""
    code = (
        "import sys, types\nfrom vtcore import cli\nmodule = types.ModuleType('talker')\nmodule.HELP = ''\n"
        "module.add_arguments = lambda parser: None\n"
        "module.execute = lambda arguments: [print('x' * 100) for _ in range(100_000)] and 0\n"
        "sys.modules['talker'] = module\ncli.COMMANDS['talk'] = ('talker', '')\nsys.exit(cli.main(['talk']))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_output_that_cannot_be_encoded_is_escaped() -> None:
    code = (
        "import sys, types\nfrom vtcore import cli\nmodule = types.ModuleType('talker')\nmodule.HELP = ''\n"
        "module.add_arguments = lambda parser: None\nmodule.execute = lambda arguments: print('caf\\u00e9') or 0\n"
        "sys.modules['talker'] = module\ncli.COMMANDS['talk'] = ('talker', '')\nsys.exit(cli.main(['talk']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii"}, timeout=60
    )
    assert done.stdout == b"caf\\xe9\n"


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert f"usage: vtcore {name}" in capsys.readouterr().out


@pytest.mark.parametrize("joined", [["--init", "-5,3,20,20"], ["--init", "-.5 3 20 20"], ["--init", "-1e1,3,20,20"]])
def test_a_list_may_begin_with_a_negative_number(joined: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["track", "nowhere.mp4", "--tracker", "kcf", *joined]) == 2
    assert "nowhere.mp4: no such file" in capsys.readouterr().err
    # What looks like an option remains one.
    assert cli.main(["track", "nowhere.mp4", "--init", "-o", "run.seed=1"]) == 2
    assert "argument --init: expected one argument" in capsys.readouterr().err
