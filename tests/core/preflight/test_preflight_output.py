"""What the preflight finds of the run's folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


def test_output_is_probed_without_leaving_anything(checked: Any, lines: Any, tmp_path: Path) -> None:
    assert checked("run.output=deep/er/run").findings == ()
    assert [path.name for path in tmp_path.iterdir()] == ["x.toml"]


def test_output_below_a_file(checked: Any, lines: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert lines(checked("run.output=file/run")) == [
        f"-o run.output=file/run: run.output: results cannot be written to 'file/run': {tmp_path}/file is a file, "
        "not a folder"
    ]
    assert lines(checked("run.output=file/run", output_must_be_writable=False)) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that nobody can write to")
def test_output_where_nobody_may_write(checked: Any, lines: Any) -> None:
    (line,) = lines(checked("run.output=/proc/run"))
    assert line.startswith("-o run.output=/proc/run: run.output: results cannot be written to '/proc/run': /proc: ")


@pytest.mark.parametrize(
    ("free", "length", "severity", "expected"),
    [
        (
            5_000_000,
            10,
            "error",
            "x.toml:1: run.output: the disk of 'runs/x' has 5 MB left; free some, or put run.output elsewhere",
        ),
        (
            100_000_000,
            10,
            "warning",
            "x.toml:1: run.output: the disk of 'runs/x' has 100 MB left; free some, or put run.output elsewhere",
        ),
        (
            1_000_000_000,
            500_000,
            "warning",
            "x.toml:1: run.output: the disk of 'runs/x' has 1,000 MB left, and results may take some 2,000 MB; "
            "free some, or put run.output elsewhere",
        ),
    ],
)
def test_disk_space(
    checked: Any, lines: Any, monkeypatch: pytest.MonkeyPatch, free: int, length: int, severity: str, expected: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    found = checked(f"dataset.length={length}")
    assert lines(found, severity) == [expected]
    assert len(found.findings) == 1
