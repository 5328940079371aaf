"""What a benchmark finds out, as numbers and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

__all__ = ["STAGES", "WANTED_RATIO", "Figures", "Passage"]

STAGES = ("decode", "transform", "detect", "embed", "associate", "write")
"""The stages in their order."""

WANTED_RATIO = 0.95
"""What `Passage.ratio` should be at least."""


@attrs.frozen(kw_only=True)
class Passage:
    """All frames once end to end, as a run does it, and once stage by stage.

    Attributes:
        frames: How many there were.
        seconds: Wall time end to end, from the first frame asked for to the last file closed.
        cpu: Processor time of the process meanwhile.
        cores: Cores that it may use.
        overlapped: Wall time of each stage end to end, where others run beside it.
        alone: Wall time of each stage where nothing runs beside it.
        alone_cpu: Processor time of the same.
        parts: What components tell of the finer stages of the same, by stage.
    """

    frames: int
    seconds: float
    cpu: float
    cores: int
    overlapped: Mapping[str, float]
    alone: Mapping[str, float]
    alone_cpu: Mapping[str, float]
    parts: Mapping[str, Mapping[str, float]]

    @property
    def detector_alone(self) -> float:
        """Wall time of the detector where nothing runs beside it; 0 without one."""
        return self.alone.get("detect", 0.0)

    @property
    def tracker_alone(self) -> float:
        """Wall time of the tracker where nothing runs beside it, and nobody detects for it; 0 otherwise."""
        return 0.0 if "detect" in self.alone else self.alone.get("associate", 0.0)

    @property
    def bound(self) -> float:
        """Wall time that overlapping cannot better: of detector or tracker, or of all work spread over all cores."""
        return max(self.detector_alone, self.tracker_alone, self.cpu / self.cores)

    @property
    def ratio(self) -> float:
        """How near the wall time is to its bound: 1 is perfect."""
        return self.bound / self.seconds if self.seconds else 1.0


@attrs.frozen(kw_only=True)
class Figures:
    """What a benchmark found out.

    Attributes:
        passages: One for each repetition.
        sequences: How many sequences there are.
        memory: Most memory of the process, in bytes, before anything was done alone; None where unknown.
        device_memory: Most memory of CUDA devices, in bytes; None where none is in use.
        device: The option ``run.device``.
        dtype: The option ``run.dtype``.
    """

    passages: tuple[Passage, ...]
    sequences: int
    memory: int | None
    device_memory: int | None
    device: str
    dtype: str

    @property
    def best(self) -> Passage:
        """The quickest repetition, end to end and alone each for itself: what disturbed others was no part of them."""
        quickest = min(self.passages, key=lambda passage: passage.seconds)
        alone = min(self.passages, key=lambda passage: sum(passage.alone.values()))
        return attrs.evolve(quickest, alone=alone.alone, alone_cpu=alone.alone_cpu, parts=alone.parts)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON; times in seconds, memory in bytes."""
        best = self.best
        total = sum(best.alone.values())
        stages = {
            stage: {
                "seconds": best.alone[stage],
                "share": best.alone[stage] / total if total else 0.0,
                "cpu_seconds": best.alone_cpu[stage],
                "overlapped_seconds": best.overlapped.get(stage, 0.0),
                "parts": dict(best.parts.get(stage, {})),
            }
            for stage in STAGES
            if stage in best.alone
        }
        return {
            "frames": best.frames,
            "sequences": self.sequences,
            "device": self.device,
            "dtype": self.dtype,
            "cores": best.cores,
            "stages": stages,
            "one_after_another_seconds": total,
            "wall_seconds": best.seconds,
            "cpu_seconds": best.cpu,
            "frames_per_second": best.frames / best.seconds if best.seconds else 0.0,
            "detector_alone_seconds": best.detector_alone,
            "tracker_alone_seconds": best.tracker_alone,
            "bound_seconds": best.bound,
            "ratio": best.ratio,
            "wanted_ratio": WANTED_RATIO,
            "peak_memory_bytes": self.memory,
            "peak_device_memory_bytes": self.device_memory,
            "repetitions": [
                {"wall_seconds": each.seconds, "cpu_seconds": each.cpu, "ratio": each.ratio} for each in self.passages
            ],
        }
