"""Files of weights alone: safetensors, or what ``torch.load`` reads with ``weights_only=True``."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from vtcore.errors import OutputError
from vtcore.files import PARTIAL

__all__ = ["SUFFIXES", "write_weights"]

SUFFIXES = (".safetensors", ".pth", ".pt")
"""Endings of the files that can be written."""

_LENGTH = 8
"""Bytes of the number that safetensors begins with, and what its header is filled up to."""


def write_weights(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors by name to a file, whole or not at all; its folder is made.

    Args:
        path: With one of `SUFFIXES`.
        state: Copied to the processor, each by itself: what shared numbers in memory shares none in the file.
        metadata: Kept in the header of safetensors; in a torch file, beside the weights as ``meta``.

    Raises:
        OutputError: It cannot be written, its name has another ending, or safetensors has no such type.
    """
    if path.suffix not in SUFFIXES:
        raise OutputError(f"{path}: weights are written to files that end in {', '.join(SUFFIXES)}")
    plain = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in sorted(state.items())}
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".safetensors":
            partial.write_bytes(_in_order(_safetensors(plain, {"format": "pt", **metadata})))
        else:
            torch.save({"state_dict": plain, "meta": dict(metadata)}, partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise OutputError(f"{path}: cannot be written: {reason}") from error


def _safetensors(plain: dict[str, Tensor], metadata: dict[str, str]) -> bytes:
    try:
        return save(plain, metadata)
    except KeyError as error:
        # What it lacks depends on its version; it says so by the key that it did not find.
        kinds = sorted(
            {str(value.dtype).removeprefix("torch.") for value in plain.values() if value.dtype in error.args}
        )
        if not kinds:
            raise
        raise RuntimeError(f"safetensors has no type {kinds[0]}; write a file that ends in .pth") from error


def _in_order(written: bytes) -> bytes:
    """Sort the header of safetensors: its metadata come in another order each time, and so would another hash."""
    end = _LENGTH + int.from_bytes(written[:_LENGTH], "little")
    header = json.dumps(json.loads(written[_LENGTH:end]), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    encoded = header.encode()
    encoded += b" " * (-len(encoded) % _LENGTH)
    return len(encoded).to_bytes(_LENGTH, "little") + encoded + written[end:]
