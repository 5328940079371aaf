"""Resident memory of ``vtcore track`` over a very long video.

Runs the command on a rendered stream of 100,000 frames (320x240) with the results writer on, and on a tenth of it with
the video writer on too, and samples the resident memory of the process while it runs. Memory is flat when the second
half needs no more than the first::

    python benchmarks/memory.py
    python benchmarks/memory.py --frames 20000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ALLOWED_GROWTH_MB = 8.0
"""What the allocator's own noise may add between the halves; a leak of 1 kB a frame would add 50 MB."""


def main() -> int:
    """Measure both runs and print a line each; exit status 1 when memory grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100_000, help="length of the stream (default: 100000)")
    parser.add_argument("--tracker", default="bytetrack", help="tracker to run (default: bytetrack)")
    arguments = parser.parse_args()
    print(f"{'writers':<16}{'frames':>8}{'seconds':>9}{'fps':>7}{'first half':>12}{'second half':>13}{'end':>8}  MB")
    grown = [
        _measure("results", arguments.frames, arguments.tracker, ["--no-video"]),
        _measure("results, video", arguments.frames // 10, arguments.tracker, []),
    ]
    if max(grown) > ALLOWED_GROWTH_MB:
        print(f"memory grows by {max(grown):.1f} MB (allowed: {ALLOWED_GROWTH_MB:.0f} MB)")
        return 1
    return 0


def _measure(writers: str, frames: int, tracker: str, flags: list[str]) -> float:
    """Run the command once and return by how many MB the peak of its second half exceeds that of its first."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "run"
        size = [
            "detector.class_name=pedestrian",
            f"dataset.frames={frames}",
            "dataset.width=320",
            "dataset.height=240",
            "dataset.sequences=1",
        ]
        overrides = [word for value in size for word in ("-o", value)]
        command = [sys.executable, "-m", "vtcore", "track", "synthetic", "--detector", "background-subtraction"]
        command += ["--tracker", tracker, "--output", str(output), "--quiet", *flags, *overrides]
        began = time.perf_counter()
        samples = _watch(command, output / "results")
        seconds = time.perf_counter() - began
    # The first tenth is start-up: imports, and buffers filling for the first time.
    steady = samples[len(samples) // 10 :]
    first, second = (float(half.max()) for half in np.array_split(steady, 2))
    rate = frames / seconds
    print(f"{writers:<16}{frames:>8}{seconds:>9.0f}{rate:>7.0f}{first:>12.1f}{second:>13.1f}{samples[-1]:>8.1f}")
    return second - first


def _watch(command: list[str], results: Path) -> np.ndarray:
    """Return the resident memory of a command in MB, sampled from its first result to its end."""
    samples: list[float] = []
    with subprocess.Popen(command) as process:
        status = Path(f"/proc/{process.pid}/status")
        try:
            while process.poll() is None:
                if results.exists():
                    samples += [
                        int(line.split()[1]) / 1024
                        for line in status.read_text().splitlines()
                        if line.startswith("VmRSS:")
                    ]
                time.sleep(0.2)
        finally:
            process.kill()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return np.array(samples)


if __name__ == "__main__":
    sys.exit(main())
