"""Where networks compute."""

from __future__ import annotations

import re

import torch

from vtrack_nets.errors import DeviceError

__all__ = ["resolve_device"]

_NAMES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def resolve_device(name: str = "auto") -> torch.device:
    """Return the device of that name, once it is known to be there.

    Args:
        name: ``"auto"`` (the first CUDA device, else Apple's, else the processor), ``"cpu"``, ``"cuda"`` (the first),
            ``"cuda:N"`` or ``"mps"``.

    Raises:
        DeviceError: The name means nothing, or this machine has no such device.
    """
    if _NAMES.fullmatch(name) is None:
        raise DeviceError(f"device {name!r}: must be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'")
    if name == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device(_without_cuda())
    if name.startswith("cuda"):
        return _cuda(name)
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("device 'mps': this machine has no Metal device that torch can use; write 'auto' or 'cpu'")
    return torch.device(name)


def _without_cuda() -> str:
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _cuda(name: str) -> torch.device:
    number = int(name.partition(":")[2] or 0)
    if not torch.cuda.is_available():
        # None in builds for the processor alone.
        reason = "no CUDA device was found" if torch.version.cuda else f"torch {torch.__version__} was built without"
        raise DeviceError(f"device {name!r}: torch cannot use CUDA here ({reason}); write 'auto' or 'cpu'")
    count = torch.cuda.device_count()
    if number >= count:
        there = "only 'cuda:0'" if count == 1 else f"'cuda:0' to 'cuda:{count - 1}'"
        raise DeviceError(f"device {name!r}: this machine has {there}")
    return torch.device("cuda", number)
