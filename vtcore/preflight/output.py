"""What the run's folder tells: whether it can be written, and how much fits."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from vtcore.experiments.experiment import Experiment
from vtcore.preflight.findings import Finding, fault

if TYPE_CHECKING:
    from vtcore.frames import Sequence

__all__ = ["output_findings"]

ERROR_FREE_BYTES = 10_000_000
WARNING_FREE_BYTES = 500_000_000
BYTES_A_FRAME = 2_000
"""What one frame takes in a result file: some twenty rows of a hundred characters."""


def output_findings(experiment: Experiment, sequences: list[Sequence]) -> Iterator[Finding]:
    """Probe the folder, leaving nothing behind, and compare the free space with what may be written."""
    output = Path(experiment.run.output)
    existing = next(parent for parent in (output, *output.absolute().parents) if parent.exists())
    try:
        if not existing.is_dir():
            raise NotADirectoryError(f"{existing} is a file, not a folder")
        with tempfile.NamedTemporaryFile(dir=existing, prefix=".vtcore-probe-") as probe:
            probe.write(b"probe")
        free = shutil.disk_usage(existing).free
    except OSError as error:
        reason = f"{existing}: {error.strerror}" if error.strerror else str(error)
        yield fault(experiment.problem(f"results cannot be written to {str(output)!r}: {reason}", "run.output"))
        return
    yield from _disk_space(experiment, free, _estimated_bytes(experiment, sequences))


def _estimated_bytes(experiment: Experiment, sequences: list[Sequence]) -> int:
    limit = experiment.run.max_frames
    lengths = [sequence.length or limit for sequence in sequences]
    frames = sum(min(length, limit) if limit else length for length in lengths)
    return frames * BYTES_A_FRAME * len(experiment.writers)


def _disk_space(experiment: Experiment, free: int, estimated: int) -> Iterator[Finding]:
    message = f"the disk of {experiment.run.output!r} has {free / 1e6:,.0f} MB left"
    remedy = "free some, or put run.output elsewhere"
    if free < ERROR_FREE_BYTES:
        yield fault(experiment.problem(f"{message}; {remedy}", "run.output"))
    elif free < max(WARNING_FREE_BYTES, estimated):
        expected = f", and results may take some {estimated / 1e6:,.0f} MB" if estimated > free else ""
        yield Finding("warning", experiment.problem(f"{message}{expected}; {remedy}", "run.output"))
