"""Out of memory: how the devices of torch say so, and how what is left over is given back."""

from __future__ import annotations

import re

import torch

__all__ = ["is_out_of_memory", "release"]

_TOLD = re.compile(
    r"out of memory"  # CUDA and Metal, by their allocators and by their drivers
    r"|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED"
    r"|DefaultCPUAllocator: (?:can't allocate|not enough) memory"
    r"|unable to (?:allocate|mmap) \d+ bytes"
    r"|std::bad_alloc",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that less would have fitted."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and _TOLD.search(str(error)) is not None


def release(device: torch.device) -> None:
    """Give back the memory that torch keeps for later."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
