"""ONNX files whose inputs were exported with a fixed shape, opened by onnxruntime for any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtcore.errors import MissingPackageError, VtcoreError
from vtrack_plugin_nanotrack.network_files import NetworkFileError

__all__ = ["first_line", "open_session"]

_CPU = "CPUExecutionProvider"
_PROVIDERS = {"cpu": _CPU, "cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}
_SILENT = 4
"""What goes wrong is raised as well: onnxruntime need not write it to the terminal besides."""
_LONGEST = 100


def open_session(path: Path, *, device: str = "auto", threads: int = 1, batches: bool = True) -> Any:
    """Return an ``onnxruntime.InferenceSession`` that takes pictures of any size.

    Args:
        path: The file.
        batches: Whether it is to take batches of any number, too.
        device: ``"auto"`` (CUDA where this onnxruntime has it, else the processor), ``"cpu"``, ``"cuda:N"``, ``"mps"``.
        threads: Of the processor within one step; 0 for as many as there are cores.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
        NetworkFileError: The file is damaged, or no ONNX network that onnxruntime can run.
        VtcoreError: This onnxruntime has no such device.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPackageError("tracker 'nanotrack' needs onnxruntime: pip install onnxruntime") from error
    providers = _providers(device, onnxruntime.get_available_providers())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    options.intra_op_num_threads = threads
    # Threads that wait by spinning take the processor from decoding and writing, which run beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(_freed(path, batches=batches), options, providers=providers)
    except MissingPackageError:
        raise
    except Exception as error:
        # The exceptions of onnxruntime and protobuf share no base class.
        raise NetworkFileError(f"is damaged, or no ONNX network ({first_line(error)})", file=path) from error
    if device.startswith("cuda") and _PROVIDERS["cuda"] not in session.get_providers():
        raise VtcoreError(f"device {device!r}: onnxruntime cannot start CUDA here; write 'auto' or 'cpu'")
    return session


def first_line(error: Exception) -> str:
    """Return what an error of onnxruntime says, as a message may show it."""
    text = next(iter(str(error).strip().splitlines()), type(error).__name__)[:_LONGEST]
    return text if text.isprintable() else ascii(text)[1:-1]


def _providers(device: str, there: list[str]) -> list[Any]:
    kind, _, number = device.partition(":")
    if kind == "auto":
        return [name for name in (_PROVIDERS["cuda"], _CPU) if name in there]
    provider = _PROVIDERS.get(kind)
    if provider is None or provider not in there:
        raise VtcoreError(f"device {device!r}: this onnxruntime has no such device; write 'auto' or 'cpu'")
    if kind == "cuda":
        return [(provider, {"device_id": int(number or 0)}), _CPU]
    return [provider] if provider == _CPU else [provider, _CPU]


def _freed(path: Path, *, batches: bool) -> bytes:
    """Return the network with nothing said of how large pictures it takes, and how many.

    It was exported for one search picture; the template is smaller, and several targets make a batch. Where the
    network itself reshapes to a batch of one, the batch is then kept as it comes.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise MissingPackageError("tracker 'nanotrack' needs onnx: pip install onnx") from error
    graph = (model := onnx.load(str(path))).graph
    for value in (*graph.input, *graph.output):
        for place, dimension in enumerate(value.type.tensor_type.shape.dim):
            if place > 1 or (place == 0 and batches):
                dimension.dim_param = f"{value.name}_{place}"
    del graph.value_info[:]
    if batches:
        _free_batch(graph, numpy_helper)
    return bytes(model.SerializeToString())


def _free_batch(graph: Any, numpy_helper: Any) -> None:
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    for number, node in enumerate(graph.node):
        shape = constants.get(node.input[1]) if node.op_type == "Reshape" else None
        if shape is not None and shape.size and shape[0] == 1:
            kept = shape.copy()
            # Zero stands for the size that is there.
            kept[0] = 0
            name = f"vtcore_shape_{number}"
            graph.initializer.append(numpy_helper.from_array(kept, name))
            node.input[1] = name
