"""Clocks of wall time, processor time and memory, of this process and of the device that its networks use."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["StageClock", "device_peak", "grown", "memory_peak", "parts_of", "reset_device_peak"]


class StageClock:
    """Adds up, by stage, what happens while nothing else does.

    Attributes:
        seconds: Wall time by stage.
        cpu: Processor time of the whole process by stage, that of the threads of libraries too.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add what happens in the context to a stage."""
        cpu, began = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began
            self.cpu[stage] = self.cpu.get(stage, 0.0) + time.process_time() - cpu


def memory_peak() -> int | None:
    """Return the most memory that this process ever held, in bytes; None where the system does not tell."""
    # What getrusage tells on Linux may be the memory of the process that started this one.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def reset_device_peak() -> None:
    """Forget the peak of the device's memory."""
    for cuda, device in _devices():
        cuda.reset_peak_memory_stats(device)


def device_peak() -> int | None:
    """Return the most memory that networks held on CUDA devices, in bytes; None where none is in use."""
    peaks = [int(cuda.max_memory_allocated(device)) for cuda, device in _devices()]
    return sum(peaks) if peaks else None


def _devices() -> Iterator[tuple[Any, int]]:
    """Yield the devices of a PyTorch that some component has imported and put to use."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    if cuda is not None and cuda.is_initialized():
        for device in range(cuda.device_count()):
            yield cuda, device


def parts_of(component: Any) -> dict[str, float]:
    """Return a copy of what a component tells of its finer stages, empty where it tells nothing."""
    told = getattr(component, "seconds", None)
    return {str(name): float(spent) for name, spent in told.items()} if isinstance(told, Mapping) else {}


def grown(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each of the finer stages has grown."""
    return {name: spent - before.get(name, 0.0) for name, spent in after.items()}
