"""ONNX files, opened by onnxruntime on the run's device."""

from __future__ import annotations

import re
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any

from vtcore.errors import MissingPackageError
from vtrack_nets.errors import CheckpointError, DeviceError, shown

__all__ = ["first_line", "on_processor", "open_session"]

_CPU = "CPUExecutionProvider"
_CUDA = "CUDAExecutionProvider"
_APPLE = "CoreMLExecutionProvider"
_NAMES = re.compile(r"auto|cpu|mps|cuda(:\d+)?")
_SILENT = 4
"""What goes wrong is raised as well: onnxruntime need not write it to the terminal besides."""


def open_session(path: Path, *, device: str = "auto", providers: Seq[str] = (), threads: int = 0) -> Any:
    """Return an ``onnxruntime.InferenceSession``.

    Args:
        path: The file.
        device: ``"auto"`` (CUDA where this onnxruntime has it, else the processor), ``"cpu"``, ``"cuda:N"``, ``"mps"``.
        providers: Execution providers, best first, in place of the device's.
        threads: Of the processor within one step; 0 for as many as there are cores.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        DeviceError: The device means nothing, or this onnxruntime has no such device or provider.
        CheckpointError: The file is missing, damaged, or no ONNX network that onnxruntime can run.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPackageError("detector 'onnx' needs onnxruntime: pip install onnxruntime") from error
    if not path.is_file():
        raise CheckpointError("is a folder, not a network" if path.is_dir() else "there is no such file", file=path)
    there = onnxruntime.get_available_providers()
    wanted = _checked(providers, there) if providers else _of_device(device, there)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.intra_op_num_threads = threads
    # Threads that wait by spinning take the processor from decoding and tracking, which run beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:
        # onnxruntime's own exceptions share no base class.
        raise CheckpointError(f"is damaged, or no ONNX network ({first_line(error)})", file=path) from error
    _check_device(session, device, providers)
    return session


def on_processor(session: Any) -> bool:
    """Return whether a session computes on the processor alone."""
    return list(session.get_providers()) == [_CPU]


def first_line(error: Exception) -> str:
    """Return what an error of onnxruntime says, as a message may show it."""
    return shown(next(iter(str(error).strip().splitlines()), type(error).__name__))


def _checked(providers: Seq[str], there: Seq[str]) -> list[Any]:
    for name in providers:
        if name not in there:
            raise DeviceError(f"providers: this onnxruntime has no {name!r}; it has {', '.join(map(repr, there))}")
    return list(providers)


def _of_device(device: str, there: Seq[str]) -> list[Any]:
    if _NAMES.fullmatch(device) is None:
        raise DeviceError(f"device {device!r}: must be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'")
    if device == "auto":
        return [name for name in (_CUDA, _CPU) if name in there]
    if device.startswith("cuda"):
        if _CUDA not in there:
            raise DeviceError(
                f"device {device!r}: this onnxruntime cannot use CUDA; install onnxruntime-gpu in place of "
                "onnxruntime, or write 'auto' or 'cpu'"
            )
        return [(_CUDA, {"device_id": int(device.partition(":")[2] or 0)}), _CPU]
    if device == "mps":
        if _APPLE not in there:
            raise DeviceError("device 'mps': this onnxruntime has no CoreML; write 'auto' or 'cpu'")
        return [_APPLE, _CPU]
    return [_CPU]


def _check_device(session: Any, device: str, providers: Seq[str]) -> None:
    """Refuse what onnxruntime does where CUDA's libraries are missing: it goes on without, and says nothing."""
    if device.startswith("cuda") and not providers and _CUDA not in session.get_providers():
        raise DeviceError(
            f"device {device!r}: onnxruntime cannot start CUDA here (no such device, or its libraries are missing or "
            "of another version); write 'auto' or 'cpu'"
        )
