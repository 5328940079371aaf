"""Commands that only look at configs start at once: they import neither torch nor OpenCV."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vtcore.host import PluginHost

HEAVY = ("torch", "torchvision", "cv2", "scipy", "trackeval", "av", "pycocotools", "supervision", "matplotlib")

HELP_SECONDS = 0.3
LIST_SECONDS = 1.0

PROBE = """\
import sys
from vtcore.cli import main
status = main(sys.argv[2:])
print(*(name for name in sys.argv[1].split(",") if name in sys.modules), sep=",", file=sys.stderr)
sys.exit(status)
"""

EXPERIMENT = """\
[dataset]
type = "video"
path = "nowhere.mp4"

[detector]
type = "given"
"""


def imported(unwanted: tuple[str, ...], *arguments: str, status: int = 0) -> list[str]:
    """Run the command line in a process of its own; return which of the modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, ",".join(unwanted), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    last_line = done.stderr.splitlines()[-1] if done.stderr else ""
    return [name for name in last_line.split(",") if name]


def installed(kind: str, name: str) -> bool:
    return any(component.name == name for component in PluginHost.discover().components(kind))


def test_help_imports_argparse_only() -> None:
    assert imported((*HEAVY, "numpy", "attrs", "attr", "cattrs", "pluggy", "rich", "packaging"), "--help") == []


def test_version_imports_argparse_only() -> None:
    assert imported((*HEAVY, "numpy", "attrs", "attr", "cattrs", "pluggy", "rich", "packaging"), "--version") == []


@pytest.mark.parametrize("arguments", [("list-plugins",), ("list-plugins", "--json"), ("describe",)])
def test_plugins_are_listed_without_heavy_modules(arguments: tuple[str, ...]) -> None:
    assert imported((*HEAVY, "numpy"), *arguments) == []


def test_the_cache_is_listed_without_heavy_modules() -> None:
    assert imported((*HEAVY, "numpy"), "cache", "--list") == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [("tracker", "bytetrack"), ("metric", "hota"), ("dataset", "mot-challenge"), ("detector", "hog")],
)
def test_describe_imports_no_heavy_module(kind: str, name: str) -> None:
    if not installed(kind, name):
        pytest.skip(f"{kind} {name} is not installed")
    assert imported((*HEAVY, "numpy"), "describe", kind, name) == []


@pytest.mark.parametrize("command", ["run", "track", "eval", "cache", "check", "show", "describe", "list-plugins"])
def test_help_of_a_command_imports_no_heavy_module(command: str) -> None:
    assert imported((*HEAVY, "numpy"), command, "--help") == []


def test_show_imports_no_heavy_module(tmp_path: Path) -> None:
    file = tmp_path / "experiment.toml"
    file.write_text(EXPERIMENT)
    assert imported(HEAVY, "show", str(file)) == []


def test_check_imports_neither_torch_nor_opencv(tmp_path: Path) -> None:
    """It has something to tell here: the file is missing."""
    file = tmp_path / "experiment.toml"
    file.write_text(EXPERIMENT)
    assert imported(("torch", "torchvision", "cv2", "av"), "check", str(file), status=2) == []


def cpu_seconds(*arguments: str) -> float:
    """CPU time of the command line in a process of its own, the least of three."""
    times = []
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "vtcore", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1)
        times.append(usage.ru_utime + usage.ru_stime)
    return min(times)


needs_wait4 = pytest.mark.skipif(not hasattr(os, "wait4"), reason="this system does not tell a child's CPU time")


@needs_wait4
def test_help_is_instant() -> None:
    assert cpu_seconds("--help") < HELP_SECONDS


@needs_wait4
def test_list_plugins_is_quick() -> None:
    assert cpu_seconds("list-plugins") < LIST_SECONDS
