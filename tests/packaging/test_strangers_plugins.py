"""Broken plugins of strangers beside good ones, seen through the command line in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RENAMED = """\
import attrs
from vtcore.deprecation import Deprecation
from vtcore.options import option

LIMIT = Deprecation(
    "strangers_renamed.Config", argument="limit", since="1.1", instead="'farthest'", distribution="strangers-renamed"
)

@attrs.frozen(kw_only=True)
class Config:
    farthest: float = option(50.0, "Farthest that a box may move.", unit="px", formerly=LIMIT)

@hookimpl
def vtcore_trackers():
    return [Component("tracker", "renamed", "strangers_renamed:Config", "nowhere:T", "Tracks.")]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, strangers: Any) -> Path:
    """A folder with every stranger's plugin installed."""
    folder = tmp_path_factory.mktemp("site")
    for plugin in strangers:
        plugin.install_by_hand(folder)
    return folder


def vtcore(site: Path, *arguments: str, disabled: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "VTCORE_DISABLE_PLUGINS": disabled}
    return subprocess.run(
        [sys.executable, "-m", "vtcore", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )


def rows(site: Path, disabled: str = "") -> dict[str, Any]:
    done = vtcore(site, "list-plugins", "--json", disabled=disabled)
    assert done.stderr == ""
    return {plugin["name"]: plugin for plugin in json.loads(done.stdout)["plugins"]}


def test_each_is_a_row_with_its_reason(site: Path) -> None:
    found = rows(site)
    assert found["good"]["status"] == "ok"
    assert found["good"]["version"] == "1.2.3"
    assert found["vtcore"]["status"] == "ok"
    assert (found["raises"]["status"], found["raises"]["reason"]) == (
        "broken",
        "cannot be imported: RuntimeError: I am broken",
    )
    assert "strangers_raises.py" in found["raises"]["traceback"]
    assert (found["misspelt"]["status"], found["misspelt"]["reason"]) == (
        "broken",
        "unknown hook 'vtcore_trakers'; did you mean 'vtcore_trackers'?",
    )
    assert found["future"]["status"] == "incompatible"
    assert found["future"]["reason"].startswith("needs vtcore>=99, but this is vtcore ")
    for name, other in (("clash-a", "clash-b"), ("clash-b", "clash-a")):
        assert found[name]["status"] == "ok"
        assert found[name]["notes"] == [
            f"tracker 'strangers-clash' is also claimed by plugin '{other}' (strangers-{other} 1.2.3)"
        ]


def test_status_and_table(site: Path) -> None:
    done = vtcore(site, "list-plugins", "--verbose")
    assert done.returncode == 1
    assert "RuntimeError: I am broken" in done.stdout
    assert "Traceback (most recent call last)" in done.stdout
    assert "strangers-good" in done.stdout


def test_disabled_by_environment(site: Path) -> None:
    found = rows(site, disabled="raises,strangers-misspelt,future,clash-b")
    assert {found[name]["status"] for name in ("raises", "misspelt", "future", "clash-b")} == {"disabled"}
    assert found["raises"]["reason"] == "disabled by VTCORE_DISABLE_PLUGINS"
    assert found["clash-a"]["notes"] == []


def test_using_a_clashing_name_is_an_error_naming_both(site: Path) -> None:
    done = vtcore(site, "describe", "tracker", "strangers-clash")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "vtcore: error: tracker 'strangers-clash' is claimed by plugins 'clash-a' (strangers-clash-a 1.2.3) and "
        "'clash-b' (strangers-clash-b 1.2.3); disable one of them: VTCORE_DISABLE_PLUGINS=clash-b, or "
        'disable = ["clash-b"] under [plugins]\n'
    )


def test_others_can_be_described(site: Path) -> None:
    done = vtcore(site, "describe", "writer", "mot-text")
    assert (done.returncode, done.stderr) == (0, "")


def test_former_name_of_an_option_is_told_on_one_line(strangers: Any, tmp_path: Path) -> None:
    """A stranger's plugin renames an option: their users' experiments go on, and say what to write."""
    type(strangers[0])("renamed", RENAMED).install_by_hand(tmp_path)
    experiment = tmp_path / "x.toml"
    experiment.write_text('[tracker]\ntype = "renamed"\nlimit = 20\n')
    done = vtcore(tmp_path, "show", str(experiment))
    assert (done.returncode, done.stderr) == (
        0,
        f"vtcore: warning: {experiment}:3: tracker.limit: deprecated since strangers-renamed 1.1, removed in 1.3; "
        "use 'farthest'\n",
    )
    assert "farthest = 20.0" in done.stdout
    assert "limit" not in done.stdout
    info = tmp_path / "strangers_renamed-1.2.3.dist-info" / "METADATA"
    info.write_text(info.read_text().replace("1.2.3", "1.3.0"))
    done = vtcore(tmp_path, "show", str(experiment))
    told = f"vtcore: error: {experiment}:3: tracker.limit: removed in strangers-renamed 1.3; use 'farthest'\n"
    assert (done.returncode, done.stderr) == (2, told)
