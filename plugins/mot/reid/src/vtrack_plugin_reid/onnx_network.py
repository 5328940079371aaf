"""A network in an ONNX file, run by onnxruntime."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vtcore.errors import MissingPackageError
from vtcore.instances import Float32Array
from vtrack_nets.errors import CheckpointError, shown

__all__ = ["OnnxNetwork"]

_log = logging.getLogger("vtcore")

_PROVIDERS = {
    "cuda": ("CUDAExecutionProvider", "CPUExecutionProvider"),
    "mps": ("CoreMLExecutionProvider", "CPUExecutionProvider"),
}


_SILENT = 4
"""What goes wrong is raised, and told once."""

_NUMBERS = ("tensor(float)", "tensor(float16)", "tensor(double)")


class OnnxNetwork:
    """Crops to embeddings.

    Attributes:
        size: Height and width of a crop, 0 where the file leaves them open.
    """

    def __init__(self, path: Path, *, device: str = "cpu") -> None:
        """Open the file.

        Args:
            path: The file.
            device: ``"cpu"``, ``"cuda"`` or ``"mps"``; the processor where onnxruntime has nothing else.

        Raises:
            MissingPackageError: onnxruntime is not installed.
            CheckpointError: The file is missing, damaged, or no network from images to embeddings.
        """
        self._path = path
        self._session = _session(path, device)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = [each if isinstance(each, int) else 0 for each in inputs[0].shape] if len(inputs) == 1 else []
        if not outputs or outputs[0].type not in _NUMBERS:
            told = ", ".join(f"{each.name} {each.type}" for each in outputs[:1])
            raise CheckpointError(
                f"is no network from crops to embeddings: its first output is {told or 'none'}", file=path
            )
        if len(shape) != 4 or shape[1] not in (0, 3) or inputs[0].type not in ("tensor(float)", "tensor(float16)"):
            told = ", ".join(f"{each.name} {each.shape} {each.type}" for each in inputs)
            raise CheckpointError(
                f"is no network from crops to embeddings: it must have one input (N, 3, H, W) of floats, not "
                f"{shown(told)}",
                file=path,
            )
        self._input = inputs[0].name
        self._type = np.float16 if inputs[0].type == "tensor(float16)" else np.float32
        self._output = outputs[0].name
        self._batch = shape[0]
        self.size = shape[2], shape[3]

    def __call__(self, crops: Float32Array) -> Float32Array:
        """Return embeddings, float32 ``(n, D)``, of crops ``(n, 3, h, w)``.

        A file for batches of one size alone gets as many such as are needed.

        Raises:
            CheckpointError: The network does not run on them, or answers with something else than embeddings.
        """
        size = self._batch or len(crops)
        answers = []
        for start in range(0, len(crops), size):
            batch = crops[start : start + size]
            filled = (
                batch if len(batch) == size else np.concatenate((batch, np.repeat(batch[-1:], size - len(batch), 0)))
            )
            answers.append(self._answer(np.ascontiguousarray(filled, self._type))[: len(batch)])
        return np.concatenate(answers)

    def _answer(self, crops: npt.NDArray[Any]) -> Float32Array:
        """Return the embeddings of a whole batch."""
        told = f"{len(crops)} crops of {list(crops.shape[2:])}"
        try:
            (answer,) = self._session.run([self._output], {self._input: crops})
        except Exception as error:
            # onnxruntime's own exceptions share no base class.
            why = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise CheckpointError(f"does not run on {told} ({shown(why)})", file=self._path) from error
        shape = np.shape(answer)
        if shape[:1] != (len(crops),) or np.prod(shape[1:]) != max(shape[1:], default=0):
            raise CheckpointError(
                f"is no network from crops to embeddings: it answers with {list(shape)} to {told}, not with (N, D)",
                file=self._path,
            )
        return np.asarray(answer, np.float32).reshape(len(crops), -1)


def _session(path: Path, device: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPackageError(
            "networks in ONNX files need onnxruntime: pip install 'vtrack-plugin-reid[onnx]'"
        ) from error
    if not path.is_file():
        raise CheckpointError("is a folder, not a network" if path.is_dir() else "there is no such file", file=path)
    there = onnxruntime.get_available_providers()
    wanted = _PROVIDERS.get(device, ("CPUExecutionProvider",))
    if wanted[0] not in there:
        _log.warning("%s: runs on the processor: this onnxruntime has no %s", path, wanted[0])
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _SILENT
    # Threads that wait by spinning take the processor from decoding and tracking, which run beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=[each for each in wanted if each in there])
    except Exception as error:
        # onnxruntime's own exceptions share no base class.
        told = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise CheckpointError(f"is damaged, or no ONNX network ({shown(told)})", file=path) from error
