"""What another version of the core would break, and how the command tells it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

import vtcore
from vtcore import cli, upgrade_check
from vtcore.deprecation import Deprecation
from vtcore.discovery import find_dependents
from vtcore.source_usage import uses_in
from vtcore.upgrade_check import Outlook, next_minor, outlooks

FRAME = Deprecation("vtcore.frames.Frame", since="0.2", instead="vtcore.frames.Picture")
OUTPUT = Deprecation("vtcore.api.track", argument="output", since="0.2", instead="'folder'")
HOOK = Deprecation("vtcore_frame_done", since="0.2", removal="1.0", instead="the hook vtcore_result")
ADDED = {"vtcore_frame_dropped": "0.2", "vtcore_frame_done.seconds": "0.3"}

CODE = """
import vtcore
import vtcore.frames as pictures
from vtcore import Frame as Picture, track
from vtcore.hookspecs import hookimpl
from elsewhere import Frame


def made(Frame):
    return pictures.Frame(0), Picture(1), vtcore.Frame(2), Frame, vtcore.frames.Frame.index


def tracked(**others):
    return vtcore.track("a.mp4", output="b"), track("a.mp4", **others), others.output


@hookimpl
def vtcore_frame_done(frame, seconds, mine=1):
    pass


@hookimpl(specname="vtcore_frame_dropped")
def dropped(run):
    pass


def vtcore_run_started(run):
    pass
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(CODE.lstrip())
    return path


def lines_of(file: Path, name: str, argument: str = "") -> list[int]:
    return [use.line for use in uses_in(file, {name}) if use.argument == argument]


def test_names_are_followed_through_imports(file: Path) -> None:
    assert set(lines_of(file, "vtcore.frames.Frame")) == {3, 9}
    assert lines_of(file, "vtcore.frames.Frame.index") == [9]
    assert lines_of(file, "vtcore.api.track", "output") == [13]
    assert lines_of(file, "elsewhere.Frame") == [5, 9]


def test_hooks_and_their_arguments(file: Path) -> None:
    assert lines_of(file, "vtcore_frame_done") == [17]
    assert lines_of(file, "vtcore_frame_done", "seconds") == [17]
    assert lines_of(file, "vtcore_frame_done", "mine") == []
    assert lines_of(file, "vtcore_frame_dropped") == [22]
    assert lines_of(file, "vtcore_run_started") == [], "it is not marked"


def test_what_cannot_be_read_uses_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("from vtcore import Frame\ndef (")
    binary = tmp_path / "binary.py"
    binary.write_bytes(b"Frame \xff\xfe")
    for path in (broken, binary, tmp_path / "missing.py"):
        assert list(uses_in(path, {"vtcore.frames.Frame"})) == []


def look(fake_site: Any, target: str) -> dict[str, Outlook]:
    found = outlooks(Version(target), path=[str(fake_site.folder)], deprecations=[FRAME, OUTPUT, HOOK], added=ADDED)
    return {outlook.distribution: outlook for outlook in found}


@pytest.mark.parametrize(
    ("target", "fits"),
    [("0.0.9", False), ("0.1.0", True), ("0.9.9", True), ("1.0.0rc1", False), ("1.0", False), ("2", False)],
)
def test_ranges(fake_site: Any, target: str, fits: bool) -> None:
    package = fake_site.add("one", "raise RuntimeError('imported')", requires=["vtcore>=0.1,<1", "numpy"])
    outlook = look(fake_site, target)["fake-one"]
    told = f"needs vtcore>=0.1,<1: look for a release of fake-one that admits vtcore {Version(target)}"
    assert outlook == Outlook("fake-one", "1.0", ("one",), ">=0.1,<1", () if fits else (told,))
    assert package not in sys.modules


def test_uses_of_what_goes(fake_site: Any) -> None:
    code = "from vtcore.frames import Frame\n\n\n@hookimpl\ndef vtcore_frame_done(frame):\n    pass\n"
    fake_site.add("one", requires=["vtcore"], files={"deep/er.py": "import vtcore\nvtcore.track(1, output=2)\n"})
    fake_site.add("two", code, requires=["vtcore"])
    before, warned, gone, major = (look(fake_site, version) for version in ("0.1.5", "0.3.0", "0.4.0rc1", "1.0"))
    assert not any(outlook.breaks or outlook.warns for outlook in before.values())
    message = "deprecated since vtcore 0.2, removed in 0.4"
    assert warned["fake-one"].warns == (
        f"fake_one/deep/er.py:2: vtcore.api.track, argument 'output': {message}; use 'folder'",
    )
    assert warned["fake-two"].warns == (
        f"fake_two/plugin.py:3: vtcore.frames.Frame: {message}; use vtcore.frames.Picture",
        "fake_two/plugin.py:7: vtcore_frame_done: deprecated since vtcore 0.2, removed in 1.0; "
        "use the hook vtcore_result",
    )
    assert gone["fake-one"].breaks == (
        "fake_one/deep/er.py:2: vtcore.api.track, argument 'output': removed in vtcore 0.4; use 'folder'",
    )
    assert [len(each["fake-two"].breaks) for each in (warned, gone, major)] == [0, 1, 2]


def test_downgrades_tell_what_came_later(fake_site: Any) -> None:
    code = (
        "@hookimpl\ndef vtcore_frame_dropped():\n    pass\n\n\n@hookimpl\ndef vtcore_frame_done(seconds):\n    pass\n"
    )
    fake_site.add("newer", code, requires=["vtcore>=0.1"])
    assert look(fake_site, "0.1.0")["fake-newer"].breaks == (
        "fake_newer/plugin.py:4: hook 'vtcore_frame_dropped' came with vtcore 0.2; ask for vtcore>=0.2",
        "fake_newer/plugin.py:9: argument 'seconds' of hook 'vtcore_frame_done' came with vtcore 0.3; "
        "ask for vtcore>=0.3",
    )
    assert len(look(fake_site, "0.2.0")["fake-newer"].breaks) == 1
    assert look(fake_site, "0.3.0")["fake-newer"].breaks == ()


def test_everything_that_requires_the_core_and_nothing_else(fake_site: Any) -> None:
    fake_site.add("shared", entry_points="\n", requires=["vtcore<1"])
    fake_site.add("stranger", entry_points="\n", requires=["vtcore-other<1", "vtcore; extra == 'x'", "numpy"])
    fake_site.add("Plug-In", requires=["vtcore"])
    found = find_dependents([str(fake_site.folder)])
    assert [each.metadata["Name"] for each in found] == ["fake-Plug-In", "fake-shared"]
    assert look(fake_site, "1.0")["fake-shared"].plugins == ()


def test_next_minor() -> None:
    assert str(next_minor("0.1.0")) == "0.2.0"
    assert str(next_minor("1.9.4rc2")) == "1.10.0"
    assert next_minor() > Version(vtcore.__version__)


@pytest.fixture
def told(fake_site: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command over the plugins of a test; returns status and output."""
    monkeypatch.setattr(
        upgrade_check,
        "outlooks",
        lambda target: outlooks(target, path=[str(fake_site.folder)], deprecations=[FRAME], added=ADDED),
    )

    def run(*arguments: str) -> tuple[int, str]:
        return cli.main(["plugins", "upgrade-check", *arguments]), capsys.readouterr().out

    return run


def test_command(fake_site: Any, told: Any) -> None:
    fake_site.add("one", requires=["vtcore<0.3"])
    fake_site.add("two", requires=["vtcore"], files={"old.py": "from vtcore import Frame"})
    fake_site.add("three", requires=["vtcore"])
    next_release = str(next_minor())
    assert told("--to", "0.3") == (
        1,
        f"vtcore {vtcore.__version__} -> 0.3\n"
        "fake-one 1.0  breaks\n"
        "    needs vtcore<0.3: look for a release of fake-one that admits vtcore 0.3\n"
        "fake-two 1.0  deprecated\n"
        "    fake_two/old.py:1: vtcore.frames.Frame: deprecated since vtcore 0.2, removed in 0.4; "
        "use vtcore.frames.Picture\n"
        "3 distributions require vtcore; with 0.3 they work: 1 as now, 1 with what is deprecated, 1 not\n",
    )
    status, output = told()
    assert f"-> {next_release}" in output
    assert status == 0


def test_command_without_any_plugin(told: Any) -> None:
    status, output = told("--to", "9")
    assert (status, output.splitlines()[1]) == (
        0,
        "0 distributions require vtcore; with 9 they work: none installed",
    )


def test_command_as_json(fake_site: Any, told: Any) -> None:
    fake_site.add("one", requires=["vtcore<0.3"])
    status, output = told("--to", "0.3.0", "--json")
    data = json.loads(output)
    assert status == 1
    assert (data["vtcore"], data["to"], data["well"]) == (vtcore.__version__, "0.3.0", False)
    assert data["distributions"] == [
        {
            "distribution": "fake-one",
            "version": "1.0",
            "plugins": ["one"],
            "requirement": "<0.3",
            "breaks": ["needs vtcore<0.3: look for a release of fake-one that admits vtcore 0.3.0"],
            "warns": [],
        }
    ]
    from vtcore.cli import plugins

    assert all(f'"{key}"' in (plugins.__doc__ or "") for key in (*data, *data["distributions"][0]))


@pytest.mark.parametrize("text", ["soon", "", "0.x"])
def test_command_with_no_version(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plugins", "upgrade-check", "--to", text]) == 2
    assert capsys.readouterr().err == f"vtcore: error: --to: {text!r} is no version; write it like {next_minor()}\n"


def test_command_without_an_action(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plugins"]) == 2
    assert "the following arguments are required: ACTION" in capsys.readouterr().err


def test_what_is_installed_here_admits_the_next_release() -> None:
    found = outlooks(next_minor())
    assert [outlook.breaks for outlook in found if outlook.distribution.startswith("vtrack-") and outlook.breaks] == []


def test_uses_are_found_in_installed_packages() -> None:
    """Editable or not: something that plugins surely use is found with its place."""
    pytest.importorskip("vtrack_plugin_bytetrack", reason="vtrack-plugin-bytetrack is not installed")
    component = Deprecation("vtcore.components.Component", since="0.2", instead="x")
    (outlook,) = [
        each
        for each in outlooks(Version("0.2"), deprecations=[component])
        if each.distribution == "vtrack-plugin-bytetrack"
    ]
    assert any(line.startswith("vtrack_plugin_bytetrack/plugin.py:") for line in outlook.warns)
