"""Networks that answer: on the device, in the precision and within the memory that a run has."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from vtcore.components import BuildContext
from vtrack_nets.batches import join, slice_of
from vtrack_nets.device import resolve_device
from vtrack_nets.errors import DeviceError
from vtrack_nets.memory import is_out_of_memory, release

__all__ = ["NetworkRunner"]

_log = logging.getLogger("vtcore")

_TOO_MUCH = object()
"""What an attempt answers that ran out of memory."""

_TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class NetworkRunner:
    """Runs a network for inference, as the run's options say.

    A batch that does not fit into the device's memory is halved until it does; that size is kept from then on. Several
    threads may call one runner.

    Attributes:
        network: The network, in evaluation mode, on `device`; its own, never the compiled form.
        device: Where it computes.
        dtype: What it computes in where that is safe (autocast); its weights stay as they are.
    """

    def __init__(self, network: nn.Module, context: BuildContext | None = None, *, name: str) -> None:
        """Put a network to work.

        Args:
            network: It is changed in place: moved to the device, set to evaluation, its gradients switched off.
            context: Device, type, memory layout and compilation; None for the defaults of a run.
            name: For messages: ``detector 'yolox'``.

        Raises:
            DeviceError: There is no such device or type, or its memory is too small for the network.
        """
        context = BuildContext() if context is None else context
        if context.dtype not in _TYPES:
            raise DeviceError(f"dtype {context.dtype!r}: must be 'float32', 'float16' or 'bfloat16'")
        self.name = name
        self.device = resolve_device(context.device)
        self.dtype = _TYPES[context.dtype]
        self._channels_last = context.channels_last
        self.network = self._placed(network).eval().requires_grad_(requires_grad=False)
        self._compiled = context.compile
        self._call: Callable[..., Any] = torch.compile(network) if self._compiled else network
        self._most: int | None = None
        self._told = False
        self._lock = threading.Lock()

    def __call__(self, batch: Tensor, *rest: Any) -> Any:
        """Return what the network answers to a batch.

        Args:
            batch: ``(N, ...)``, on any device.
            rest: Further arguments. Tensors and lists with N entries go along with the batch where it has to be
                divided; all others are handed over whole, tuples always: ``(height, width)`` is no list of two. Tensors
                are moved to the device.

        Returns:
            The network's outputs on `device`; half precision comes back as float32. The parts of a divided batch are
            joined: tensors along their first dimension, lists (one entry for each of the batch) end to end, tuples and
            mappings part by part. They are inference tensors: ``clone()`` makes ones that may be changed in place, or
            learnt from.

        Raises:
            DeviceError: One of the batch alone is too much for the memory, or the network cannot be compiled here.
        """
        count = len(batch)
        done: list[Any] = []
        start = 0
        while start < count or not done:
            size = max(min(count - start, self.batch_size(count)), 1)
            piece = slice(start, start + size)
            outputs = self._attempt(batch[piece], [slice_of(each, count, piece) for each in rest])
            if outputs is _TOO_MUCH:
                self._lower(size, batch)
                continue
            done.append((outputs, size))
            start += size
        if len(done) == 1:
            return done[0][0]
        with torch.inference_mode():
            return join([part for part, _ in done], [size for _, size in done])

    def batch_size(self, wanted: int) -> int:
        """Return how many of `wanted` are worth asking for at once: fewer once memory ran out."""
        most = self._most
        return wanted if most is None else min(wanted, most)

    def _attempt(self, batch: Tensor, rest: list[Any]) -> Any:
        """Return the outputs, or `_TOO_MUCH`.

        Nothing of a failed attempt may live on when the next begins: its traceback holds all that it had computed.
        """
        try:
            return self._compute(batch, rest)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                if self._compiled and type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                    raise DeviceError(_uncompilable(self.name, error)) from error
                raise
        release(self.device)
        return _TOO_MUCH

    def _compute(self, batch: Tensor, rest: list[Any]) -> Any:
        with torch.inference_mode(), self._autocast():
            moved = [self._moved(each) for each in (batch, *rest)]
            return _in_single_precision(self._call(*moved))

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self.dtype is torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def _placed(self, network: nn.Module) -> nn.Module:
        """Return the network on the device, with the weights of convolutions in the memory layout that is asked for."""
        try:
            network = network.to(self.device)
            for parameter in network.parameters() if self._channels_last else ():
                # Not by the module's own method, which refuses networks that have convolutions in three dimensions.
                if parameter.ndim == 4:
                    parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise DeviceError(
                f"{self.name}: the memory of {self.device} is too small for the network; free memory, or choose "
                "another device in [run]"
            ) from error
        return network

    def _moved(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            # Only CUDA puts what follows behind a copy that is still under way.
            value = value.to(self.device, non_blocking=self.device.type == "cuda")
            return value.to(memory_format=torch.channels_last) if self._channels_last and value.ndim == 4 else value
        if isinstance(value, list | tuple) and any(isinstance(each, Tensor) for each in value):
            return type(value)(map(self._moved, value)) if type(value) in (list, tuple) else value
        return value

    def _lower(self, size: int, batch: Tensor) -> None:
        """Keep half of a size that was too much."""
        if size == 1:
            shape = " x ".join(map(str, batch.shape[1:]))
            raise DeviceError(
                f"{self.name}: the memory of {self.device} is too small for a single input of {shape}; make it "
                'smaller, free memory, or choose another device or dtype = "bfloat16" in [run]'
            )
        with self._lock:
            lower = size // 2
            if self._most is not None and self._most <= lower:
                return
            self._most = lower
            first = not self._told
            self._told = True
        if first:
            told = "%s: out of memory on %s with a batch of %d; going on with smaller ones"
            _log.warning(told, self.name, self.device, size)


def _in_single_precision(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
    if isinstance(value, Mapping):
        return {key: _in_single_precision(each) for key, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_in_single_precision, value))
    if isinstance(value, list | tuple):
        return type(value)(map(_in_single_precision, value))
    return value


def _uncompilable(name: str, error: Exception) -> str:
    told = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return f"{name}: torch.compile does not work here ({told}); leave out compile in [run]"
