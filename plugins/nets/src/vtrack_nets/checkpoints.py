"""Weights from files: safetensors, and what ``torch.save`` writes. Nothing in a file is ever executed.

Torch files hold a pickle, which can name any function to call. It is read as data (`vtrack_nets.pickle_machine`): what
training code left beside the weights is passed over, whatever it is. A file is known by its first bytes, not by its
name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.file_hash import check_hash
from vtrack_nets.pickle_values import Inert, PickleError
from vtrack_nets.pickled_networks import network_state
from vtrack_nets.stored_tensors import TensorError, TensorMaker, is_tensor
from vtrack_nets.torch_files import TorchFile, read_torch

__all__ = ["Checkpoint", "load_state", "read_checkpoint"]

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "params")
"""Keys under which training code keeps the weights, beside the optimizer's state and more; first come, first taken."""

AVERAGES = ("ema_state_dict", "state_dict_ema", "model_ema", "ema_model", "ema", "params_ema")
"""Keys under which it keeps the moving average of the weights."""

PREFIXES = ("module.", "_orig_mod.")
"""What wrappers put before every name: DataParallel and its kin, ``torch.compile``."""

_WRAPPED = re.compile(f"(?:{'|'.join(map(re.escape, PREFIXES))})*")

_OTHERS = {
    b"version https://git-lfs": "is a Git LFS pointer, not the file itself: get that by git lfs pull",
    b"<": "is a web page, not a checkpoint: the download went wrong",
}
"""First bytes of what is often found in a checkpoint's place."""

_DEEPEST = 16
"""Wrappers within wrappers; three have been seen."""

_MOST_WRAPPERS = 256
"""Places that are looked at for weights; a file can have the same ones in any number of places."""

_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
_LONGEST_HEADER = 100_000_000
_LONGEST_NUMBER = 64
"""Bits of a number that is shown; Python refuses to write very long ones."""

_START = 512
_TAR = slice(257, 262)


@attrs.frozen
class Checkpoint:
    """What a file of weights holds.

    Attributes:
        layout: ``"safetensors"``, ``"torch archive"`` or ``"torch pickles"``.
        state: Tensors on the processor by name, wrappers and prefixes taken off.
        wrapper: Keys under which they lay, outermost first.
        prefix: What stood before every name.
        beside: What else the outermost level holds, in words by key; the metadata of safetensors.
    """

    layout: str
    state: dict[str, Tensor] = attrs.field(repr=False)
    wrapper: tuple[str, ...] = ()
    prefix: str = ""
    beside: Mapping[str, str] = attrs.field(factory=dict)


def load_state(path: str | Path, *, sha256: str = "") -> dict[str, Tensor]:
    """Read the weights of a network.

    Wrappers (`WRAPPERS`) are taken off, and prefixes (`PREFIXES`) where every name has one. Entries that are no
    tensors are left out. Of a network that was pickled whole, its weights are taken, without its code.

    Args:
        path: A safetensors file, or what ``torch.save`` wrote.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.

    Returns:
        Tensors on the processor, by name.

    Raises:
        CheckpointError: The file is missing, damaged, no checkpoint, another than the hash says, holds no weights or
            tensors that are none (sparse, quantized, without data), or asks for what only attacks need.
    """
    return read_checkpoint(path, sha256=sha256).state


def read_checkpoint(path: str | Path, *, sha256: str = "", average: bool = False) -> Checkpoint:
    """Read the weights of a network, and what is told of them.

    Args:
        path: As for `load_state`.
        sha256: As for `load_state`.
        average: Take the moving average of the weights (`AVERAGES`) instead.

    Raises:
        CheckpointError: As `load_state` raises it; there is no moving average.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise CheckpointError(
                "is a folder, not a checkpoint" if path.is_dir() else "there is no such file", file=path
            )
        if sha256:
            check_hash(path, sha256)
        return _read(path, average=average)
    except OSError as error:
        raise CheckpointError(f"cannot be read: {error.strerror or error}", file=path) from error


def _read(path: Path, *, average: bool) -> Checkpoint:
    with path.open("rb") as file:
        start = file.read(_START)
    if not start:
        raise CheckpointError("is empty", file=path)
    header = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and header <= path.stat().st_size:
        if header > _LONGEST_HEADER:
            raise CheckpointError(f"is damaged, or no checkpoint (its header has {header:,} bytes)", file=path)
        if average:
            raise CheckpointError("holds no moving average: safetensors holds one set of weights", file=path)
        return _safetensors(path)
    if start.startswith((b"PK\x03\x04", *_PICKLES)):
        return _torch(path, average=average)
    for beginning, reason in _OTHERS.items():
        if start.lstrip().startswith(beginning):
            raise CheckpointError(reason, file=path)
    if start[_TAR] == b"ustar":
        raise CheckpointError("is a tar archive: unpack it, and give the file in it", file=path)
    raise CheckpointError("is no checkpoint: expected safetensors, or a file that torch.save wrote", file=path)


def _safetensors(path: Path) -> Checkpoint:
    try:
        with safe_open(path, "pt") as opened:
            metadata = opened.metadata() or {}
        state = load_file(path)
    except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        told = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise CheckpointError(f"is damaged, or no checkpoint ({shown(told.rstrip('.'))})", file=path) from error
    if not state:
        raise CheckpointError("holds no weights: its keys are none", file=path)
    prefix, state = _without_prefix(state)
    return Checkpoint("safetensors", state, (), prefix, metadata)


def _torch(path: Path, *, average: bool) -> Checkpoint:
    file = read_torch(path)
    try:
        return _unwrapped_weights(file, path, average=average)
    except PickleError as error:
        raise CheckpointError(f"is damaged, or no checkpoint ({error})", file=path) from error


def _unwrapped_weights(file: TorchFile, path: Path, *, average: bool) -> Checkpoint:
    if _mapping(file.held) is None:
        raise CheckpointError(f"holds no weights: it holds a {_kind(file.held)}, not tensors by name", file=path)
    tried: list[Mapping[Any, Any]] = []
    for wrapper, mapping in _unwrapped(file.held, AVERAGES if average else WRAPPERS):
        tried.append(mapping)
        # Beside an average lie the weights themselves: only what has its name is one.
        found = {} if average and not set(wrapper) & set(AVERAGES) else _weights(mapping)
        if found:
            prefix, state = _without_prefix(_tensors(found, file.tensors, path))
            return Checkpoint(file.layout, state, wrapper, prefix, _beside(file.held, wrapper))
    what, keys = ("moving average of the weights", tried[-1]) if average else ("weights", tried[0])
    shown_keys = ", ".join(_key(key) for key in list(keys)[:5]) or "none"
    raise CheckpointError(f"holds no {what}: its keys are {shown_keys}", file=path)


def _weights(mapping: Mapping[Any, Any]) -> dict[str, Inert]:
    return {name: value for name, value in mapping.items() if isinstance(name, str) and is_tensor(value)}


def _tensors(found: Mapping[str, Inert], maker: TensorMaker, path: Path) -> dict[str, Tensor]:
    tensors = {}
    for name, value in found.items():
        try:
            tensors[name] = maker.tensor(value)
        except TensorError as error:
            raise CheckpointError(f"its weight {shown(name)} {error}", file=path) from error
    return tensors


def _mapping(value: Any) -> Mapping[Any, Any] | None:
    """Return what lies in a container by name, or in a network; None for anything else."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Inert) and not is_tensor(value):
        return value.items if value.items is not None else network_state(value)
    return None


def _unwrapped(held: Any, keys: Iterable[str]) -> Iterator[tuple[tuple[str, ...], Mapping[Any, Any]]]:
    """Yield what lies in wrappers, the innermost of the first one first, and what holds them after them.

    Not by recursion: a pickle can put things as deep as it likes, and into themselves.
    """
    ordered = [*dict.fromkeys((*keys, *WRAPPERS))]
    pending: list[tuple[tuple[str, ...], Any, bool]] = [((), held, False)]
    opened: set[int] = set()
    while pending:
        wrapper, value, empty = pending.pop()
        if not empty and id(value) in opened:
            continue
        mapping = _mapping(value)
        if mapping is None:
            continue
        if empty:
            yield wrapper, mapping
        elif len(wrapper) < _DEEPEST:
            opened.add(id(value))
            if len(opened) > _MOST_WRAPPERS:
                raise PickleError("it holds wrappers without end")
            pending.append((wrapper, value, True))
            pending += [((*wrapper, key), mapping[key], False) for key in reversed(ordered) if key in mapping]


def _without_prefix(state: dict[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    # What the first and the last by alphabet begin with, all begin with.
    first, last = min(state), max(state)
    common = next((place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), None)
    found = _WRAPPED.match(first[:common])
    length = 0 if found is None else found.end()
    return first[:length], {name[length:]: value for name, value in state.items()} if length else state


def _beside(held: Any, wrapper: tuple[str, ...]) -> dict[str, str]:
    """Return in words what lies beside the weights."""
    entries = (_mapping(held) or {}).items() if wrapper else ()
    return {_key(key): _words(value) for key, value in entries if key != wrapper[0] and isinstance(key, str)}


def _words(value: Any) -> str:
    if isinstance(value, str | float | bool | None) or (
        isinstance(value, int) and value.bit_length() <= _LONGEST_NUMBER
    ):
        return shown(str(value))
    kind = _kind(value)
    return f"{kind} of {len(value)}" if isinstance(value, Mapping | list | tuple) else kind


def _key(key: Any) -> str:
    return _words(key.decode("latin-1") if isinstance(key, bytes) else key)


def _kind(value: Any) -> str:
    if is_tensor(value):
        return "Tensor"
    if isinstance(value, Inert) and not value.name:
        # A key that is kept whole has itself as its maker.
        return "object" if isinstance(value.maker, Inert) else type(value.maker).__name__
    return shown(value.name) if isinstance(value, Inert) else type(value).__name__
