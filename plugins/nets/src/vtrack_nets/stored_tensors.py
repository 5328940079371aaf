"""Tensors as torch files describe them, made of their numbers only when they are wanted."""

from __future__ import annotations

import sys
from typing import Any, Protocol

import attrs
import torch
from torch import Tensor

from vtrack_nets.pickle_values import Inert, Named, Reference

__all__ = ["Numbers", "Storage", "TensorError", "TensorMaker", "is_tensor", "storage_of"]

_PLAIN = {"torch._utils._rebuild_tensor": 4, "torch._utils._rebuild_tensor_v2": 6, "torch._utils._rebuild_tensor_v3": 7}
"""Least number of arguments of what makes a tensor of numbers."""

_AROUND = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
_SUBCLASSED = tuple(
    f"torch.{name}"
    for name in ("_tensor._rebuild_from_type_v2", "_tensor._rebuild_from_type", "tensor._rebuild_from_type")
)
_UNUSABLE = {
    "torch._utils._rebuild_sparse_tensor": "is sparse",
    "torch._utils._rebuild_sparse_csr_tensor": "is sparse",
    "torch._utils._rebuild_qtensor": "is quantized",
    "torch._utils._rebuild_nested_tensor": "is nested",
    "torch._utils._rebuild_meta_tensor_no_storage": "has no data (it is a meta tensor)",
    "torch._utils._rebuild_wrapper_subclass": "has no data (it is of a class of its own)",
    "torch._utils._rebuild_device_tensor_from_numpy": "is in a form for one device only",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": "is in a form for one device only",
    "torch._utils._rebuild_xla_tensor": "is in a form for one device only",
}

_STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexDoubleStorage": torch.complex128,
    "ComplexFloatStorage": torch.complex64,
    "QInt8Storage": torch.int8,
    "QUInt8Storage": torch.uint8,
    "QInt32Storage": torch.int32,
    "QUInt4x2Storage": torch.uint8,
    "QUInt2x4Storage": torch.uint8,
    "UntypedStorage": torch.uint8,
}

_QUANTIZED = (torch.qint8, torch.quint8, torch.qint32, torch.quint4x2, torch.quint2x4)

_LONGEST = 64
"""Dimensions of a tensor, torch's own bound."""

_REPEATED = 1 << 24
"""Elements that the tensors of a file may have beyond their numbers: those of a row repeated without being copied."""


class TensorError(Exception):
    """A tensor cannot be had; the message says why, to be put behind its name."""


@attrs.frozen
class Storage:
    """Numbers in a file.

    Attributes:
        key: Names them.
        dtype: Their type; bytes where the file does not say.
        count: How many.
        start: The first of them in those of the key, for views.
        meta: Whether there are none.
    """

    key: str
    dtype: torch.dtype
    count: int
    start: int = 0
    meta: bool = False


class Numbers(Protocol):
    """Where the numbers of a file are had."""

    @property
    def swapped(self) -> bool:
        """Whether their bytes stand in the other order than this machine's."""

    def bytes_of(self, key: str) -> Tensor:
        """Return the bytes of a key, uint8 ``(n,)``, read anew.

        Raises:
            TensorError: They are not there, or damaged.
        """


def storage_of(reference: Reference) -> Storage:
    """Return what a reference says.

    Raises:
        TensorError: It is none to numbers.
    """
    match reference.key:
        case ("storage", Named(name), key, location, int(count), *view) if 0 <= count < sys.maxsize:
            dtype = _STORAGES.get(name.rpartition(".")[2]) if name.startswith("torch.") else None
            if dtype is not None:
                start = 0
                if view and view[0] is not None:
                    start, count = _viewed(view[0], count)
                return Storage(str(key), dtype, count, start, location == "meta")
    raise TensorError("is damaged: its numbers are of no known type")


def _viewed(view: Any, count: int) -> tuple[int, int]:
    match view:
        case (_, int(start), int(size)) if 0 <= start < sys.maxsize and 0 <= size < sys.maxsize:
            return start, size
    raise TensorError("is damaged: it looks at nothing")


def is_tensor(value: Any) -> bool:
    """Say whether what a pickle holds stands for a tensor, usable or not."""
    return isinstance(value, Inert) and (
        value.name in _PLAIN or value.name in _AROUND or value.name in _SUBCLASSED or value.name in _UNUSABLE
    )


class TensorMaker:
    """Makes tensors; those that share numbers in the file share them here."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._read: dict[str, Tensor] = {}
        self._turned: dict[str, torch.dtype] = {}
        self._repeated = 0

    def tensor(self, value: Inert) -> Tensor:
        """Return the tensor that a dummy stands for.

        Raises:
            TensorError: It cannot be had.
        """
        for _ in range(_LONGEST):
            if value.name in _PLAIN:
                return self._plain(value)
            if value.name in _UNUSABLE:
                raise TensorError(f"{_UNUSABLE[value.name]}: save plain tensors instead")
            value = _inner(value)
        raise TensorError("is damaged: it is wrapped without end")

    def _plain(self, value: Inert) -> Tensor:
        match value.arguments:
            case (Reference() as reference, int(offset), tuple(size), tuple(stride), *rest):
                storage, dtype = storage_of(reference), None
            case _:
                raise TensorError("is damaged: it is not described as tensors are")
        if len(value.arguments) < _PLAIN[value.name]:
            raise TensorError("is damaged: it is not described as tensors are")
        if value.name.endswith("_v3"):
            dtype = _dtype(rest[2])
        if any(isinstance(each, dict) and (each.get("conj") or each.get("neg")) for each in rest):
            raise TensorError("is a view of others' numbers: save plain tensors instead")
        if storage.meta:
            raise TensorError("has no data (it is a meta tensor): save plain tensors instead")
        numbers = self._typed(storage, dtype or storage.dtype)
        elements = _check_extent(size, stride, offset, len(numbers))
        self._repeated += max(elements - len(numbers), 0)
        if self._repeated > _REPEATED:
            raise TensorError(f"is no weight: it repeats {len(numbers):,} numbers to {elements:,}")
        # Of nothing, torch writes the place too, which may be anywhere.
        start = int(numbers.storage_offset()) + min(offset, len(numbers))
        try:
            return numbers.as_strided(size, stride, start)
        except RuntimeError as error:
            raise TensorError("is damaged: it has no shape") from error

    def _typed(self, storage: Storage, dtype: torch.dtype) -> Tensor:
        """Return numbers, ``(n,)``."""
        if storage.key not in self._read:
            self._read[storage.key] = self._numbers.bytes_of(storage.key)
        if self._numbers.swapped and dtype.itemsize > 1:
            self._turn(storage.key, dtype)
        held = self._read[storage.key]
        unit = storage.dtype.itemsize
        begin, end = storage.start * unit, (storage.start + storage.count) * unit
        if end > len(held):
            raise TensorError(f"is damaged: it wants {end:,} bytes, of which the file holds {len(held):,}")
        if (end - begin) % dtype.itemsize or begin % dtype.itemsize:
            raise TensorError("is damaged: its numbers are cut")
        return held[begin:end].view(dtype)

    def _turn(self, key: str, dtype: torch.dtype) -> None:
        """Put bytes into this machine's order, once."""
        if key in self._turned:
            if self._turned[key].itemsize != dtype.itemsize:
                raise TensorError("shares numbers of another type, from another kind of machine")
            return
        unit = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
        held = self._read[key]
        self._read[key] = held[: len(held) // unit * unit].view(-1, unit).flip(1).reshape(-1).contiguous()
        self._turned[key] = dtype


def _inner(value: Inert) -> Inert:
    """Return what lies in a parameter, or in a tensor of a class of its own."""
    match value.arguments:
        case (Inert() as inner, *_) if value.name in _AROUND:
            return inner
        case (Named() as maker, _, tuple(arguments), *_) if value.name in _SUBCLASSED:
            return Inert(maker, arguments)
    raise TensorError("is damaged: it is not described as tensors are")


def _dtype(named: Any) -> torch.dtype:
    if isinstance(named, Named) and named.name.startswith("torch."):
        found = getattr(torch, named.name.removeprefix("torch."), None)
        if isinstance(found, torch.dtype):
            if found in _QUANTIZED:
                raise TensorError("is quantized: save plain tensors instead")
            return found
    raise TensorError("is damaged: its numbers are of no known type")


def _check_extent(size: tuple[Any, ...], stride: tuple[Any, ...], offset: int, count: int) -> int:
    """Refuse a tensor that reaches beyond its numbers, and return how many elements it has."""
    if len(size) != len(stride) or len(size) > _LONGEST:
        raise TensorError("is damaged: it has no shape")
    if not all(type(each) is int and 0 <= each < sys.maxsize for each in (*size, *stride, offset)):
        raise TensorError("is damaged: it has no shape")
    elements = 1
    for each in size:
        elements *= each
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if elements and last >= count:
        raise TensorError(f"is damaged: it reaches to number {last:,} of {count:,}")
    if not elements and sum(size) > sys.maxsize:
        raise TensorError("is damaged: it has no shape")
    return elements
