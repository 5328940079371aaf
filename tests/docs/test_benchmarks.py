"""The commands of benchmarks/README.md run, on as little as shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("VTCORE_REFERENCE_DATA") or REPOSITORY.parent / "shared" / "data")

pytestmark = pytest.mark.slow


def _output(*words: str, statuses: tuple[int, ...] = (0,)) -> str:
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode in statuses, done.stderr
    return done.stdout


@pytest.mark.parametrize("flags", [(), ("--stages",)], ids=["rates", "stages"])
def test_association(flags: tuple[str, ...]) -> None:
    if not DATA.is_dir():
        pytest.skip(f"no reference data in {DATA} (VTCORE_REFERENCE_DATA)")
    text = _output("benchmarks/association.py", "--rounds", "1", *flags)
    for sequence in ("TUD-Campus", "MOT17-02", "MOT20-01", "CROWD-01"):
        assert sequence in text


def test_dropped_frames() -> None:
    if not DATA.is_dir():
        pytest.skip(f"no reference data in {DATA} (VTCORE_REFERENCE_DATA)")
    lines = _output("benchmarks/dropped_frames.py", "--trackers", "sort", "--draws", "1").splitlines()
    assert len(lines) == 7
    assert lines[1].split()[3:] == lines[2].split()[3:]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from /proc")
def test_memory() -> None:
    # So short a video says nothing of growth: either verdict is right, a failing run is not.
    text = _output("benchmarks/memory.py", "--frames", "2000", statuses=(0, 1))
    assert [line.split()[0] for line in text.splitlines()[:3]] == ["writers", "results", "results,"]


@pytest.mark.parametrize("name", ["stark", "nanotrack"])
def test_single_object_trackers(name: str) -> None:
    if name == "nanotrack" and not DATA.is_dir():
        pytest.skip(f"no reference data in {DATA} (VTCORE_REFERENCE_DATA)")
    # Who is faster in so few steps is chance: either verdict is right, but boxes that differ are told.
    text = _output("benchmarks/sot.py", name, "--steps", "2", statuses=(0, 1))
    row = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    assert float(row.split("|")[3].removesuffix(" px ")) <= 0.05
