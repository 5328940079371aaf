"""AFLink from the shell, and what a look at it must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vtcore.cli import COMMANDS
from vtcore.results.mot_text import table_text

PROBE = """\
import sys
from vtcore.cli import main
try:
    status = main(sys.argv[1:])
except SystemExit as stop:
    status = stop.code or 0
print(*sorted({"torch", "vtrack_nets.checkpoints", "vtrack_plugin_aflink.refiner"} & set(sys.modules)), file=sys.stderr)
sys.exit(status)
"""
EXPERIMENT = """\
[dataset]
type = "video"
path = "street.mp4"

[detector]
type = "given"
path = "boxes.txt"

[tracker]
type = "bytetrack"

[[refiners]]
type = "aflink"
weights = "{weights}"
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROBE, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def results(tmp_path, crowd):
    folder = tmp_path / "results"
    folder.mkdir()
    for name, seed in (("street", 1), ("square", 2)):
        (folder / f"{name}.txt").write_text(table_text(crowd(40, seed, shift=11), number_classes=False))
    return folder


def test_result_files_are_refined(tmp_path, results, weights):
    words = ["refine", str(results), "--refiner", "aflink", "-o", f"weights={weights}", "-o", "device=cpu"]
    done = run(tmp_path, *words, "-o", "confidence_threshold=0.2", "--output", "linked")
    assert done.returncode == 0, done.stderr
    for name in ("street", "square"):
        before, after = (
            {line.split(",")[1] for line in (folder / f"{name}.txt").read_text().splitlines()}
            for folder in (results, tmp_path / "linked")
        )
        assert after < before
    again = run(tmp_path, *words, "-o", "confidence_threshold=0.2", "--output", "again", "--quiet")
    assert again.returncode == 0
    assert (tmp_path / "again" / "street.txt").read_bytes() == (tmp_path / "linked" / "street.txt").read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "nowhere.pth: there is no such file"),
        (b"", "nowhere.pth: is empty"),
        (b"<html>", "nowhere.pth: is a web page, not a checkpoint: the download went wrong"),
    ],
)
def test_what_is_wrong_with_weights_is_told_in_a_line(tmp_path, results, content, message):
    if content is not None:
        (tmp_path / "nowhere.pth").write_bytes(content)
    done = run(tmp_path, "refine", str(results), "--refiner", "aflink", "-o", "weights=nowhere.pth", "--output", "out")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == f"vtcore: error: {message}"
    assert not (tmp_path / "out").exists()


def test_weights_are_required(tmp_path, results):
    done = run(tmp_path, "refine", str(results), "--refiner", "aflink", "--output", "out")
    assert done.returncode == 2
    assert "weights" in done.stderr
    assert "\ntorch" not in done.stderr


def test_a_check_misses_the_weights_without_torch(tmp_path, weights):
    (tmp_path / "x.toml").write_text(EXPERIMENT.format(weights="nowhere.pth"))
    done = run(tmp_path, "check", "x.toml")
    assert done.returncode == 2
    assert "weights: there is no file nowhere.pth" in done.stdout
    assert done.stderr.splitlines() == [""]
    (tmp_path / "x.toml").write_text(EXPERIMENT.format(weights=weights))
    assert "weights" not in run(tmp_path, "check", "x.toml").stdout


@pytest.mark.parametrize(
    "words",
    [
        *((command, "--help") for command in COMMANDS),
        ("list-plugins",),
        ("list-plugins", "--json"),
        ("describe",),
        ("describe", "refiner"),
        ("describe", "refiner", "aflink"),
        ("show", "x.toml"),
    ],
    ids=" ".join,
)
def test_a_look_imports_no_torch(tmp_path, words):
    (tmp_path / "x.toml").write_text(EXPERIMENT.format(weights="nowhere.pth"))
    done = run(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [""]
