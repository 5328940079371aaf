"""Weights from files: safetensors, and what ``torch.save`` writes. Nothing in a file is ever executed.

Torch files hold a pickle, which can name any function to call. They are read weights-only: what names anything but
tensors and plain containers is refused before it is looked up. A file is known by its first bytes, not by its name.
"""

from __future__ import annotations

import hashlib
import pickle
import pickletools
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from vtrack_nets.errors import CheckpointError, shown

__all__ = ["load_state"]

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "params")
"""Keys under which training code keeps the weights, beside the optimizer's state and more; first come, first taken."""

PREFIXES = ("module.", "_orig_mod.")
"""What wrappers put before every name: DataParallel and its kin, ``torch.compile``."""

_WRAPPED = re.compile(f"(?:{'|'.join(map(re.escape, PREFIXES))})*")

_OTHERS = {
    b"version https://git-lfs": "is a Git LFS pointer, not the file itself: get that by git lfs pull",
    b"<": "is a web page, not a checkpoint: the download went wrong",
}
"""First bytes of what is often found in a checkpoint's place."""

_PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
_REFUSED = re.compile(r"GLOBAL ((\w+)[\w.]*\w) (?:was not an allowed|whose module)")
_ATTACKERS = ("builtins", "importlib", "nt", "os", "posix", "pty", "runpy", "shutil", "socket", "subprocess", "sys")
"""Modules that no training leaves in a checkpoint: nobody is told how to open what names them."""

_SHORTEST_HASH = 8


def load_state(path: str | Path, *, sha256: str = "") -> dict[str, Tensor]:
    """Read the weights of a network.

    Wrappers (`WRAPPERS`) are taken off, and prefixes (`PREFIXES`) where every name has one. Entries that are no
    tensors are left out.

    Args:
        path: A safetensors file, or what ``torch.save`` wrote of a state dict.
        sha256: Hexadecimal SHA-256 of the file, whole or the first 8 digits or more; empty checks nothing.

    Returns:
        Tensors on the processor, by name.

    Raises:
        CheckpointError: The file is missing, damaged, no checkpoint, another than the hash says, holds no weights or
            tensors that are none (sparse, quantized, without data), or would need code to be executed.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError("is a folder, not a checkpoint" if path.is_dir() else "there is no such file", file=path)
    try:
        if sha256:
            _check_hash(path, sha256)
        held = _read(path)
    except OSError as error:
        raise CheckpointError(f"cannot be read: {error.strerror or error}", file=path) from error
    return _without_prefixes(_tensors(held, path))


def _check_hash(path: Path, wanted: str) -> None:
    if len(wanted) < _SHORTEST_HASH or re.fullmatch(r"[0-9a-fA-F]{1,64}", wanted) is None:
        raise CheckpointError(f"sha256 {wanted!r} is none: give 8 to 64 hexadecimal digits", file=path)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if not digest.hexdigest().startswith(wanted.lower()):
        found = digest.hexdigest()[: len(wanted)]
        raise CheckpointError(
            f"has the sha256 {found}, not {wanted.lower()}: it is another file, or damaged", file=path
        )


def _read(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        raise CheckpointError("is empty", file=path)
    if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= path.stat().st_size:
        return _read_safetensors(path)
    if start.startswith((b"PK\x03\x04", *_PICKLES)):
        return _read_torch(path)
    for beginning, reason in _OTHERS.items():
        if start.lstrip().startswith(beginning):
            raise CheckpointError(reason, file=path)
    raise CheckpointError("is no checkpoint: expected safetensors, or a file that torch.save wrote", file=path)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CheckpointError(_damage(error), file=path) from error


def _read_torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_refusal(path, error), file=path) from error
    except OSError:
        raise
    except Exception as error:
        # Whatever the bytes of a damaged file happen to mean.
        reason = _damage(error)
        if "TorchScript" in str(error):
            reason = "is a TorchScript program, not weights: save the state_dict() of the network instead"
        raise CheckpointError(reason, file=path) from error


def _damage(error: Exception) -> str:
    told = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return f"is damaged, or no checkpoint ({shown(told.rstrip('.'))})"


def _refusal(path: Path, error: Exception) -> str:
    """Say what a pickle asks for beyond weights, and how its weights can be had by those who trust it."""
    found = _REFUSED.search(str(error))
    if found is None:
        return "is damaged, or no checkpoint (its pickle holds something else than plain weights): refused"
    if found[2] in _ATTACKERS:
        return (
            f"asks for {found[1]}, which no weights need: refused, and nothing was executed; do not open it elsewhere"
        )
    copy = repr(str(path.with_name(f"{path.stem}-weights.pth")))
    load = f"torch.load({str(path)!r}, weights_only=False)"
    if any(name.startswith("torch.nn.modules.") for name in _named_by(path)):
        return (
            f"is a whole pickled network ({found[1]}), not its weights: to open it would execute code. Where you trust "
            "it, and with its code at hand, convert it: python -c "
            f'"import torch; torch.save({load}.state_dict(), {copy})"'
        )
    return (
        f"asks for {found[1]}, which is no part of weights: refused, and nothing was executed. Where you trust it, "
        f"save its weights alone: python -c \"import torch; torch.save({load}['state_dict'], {copy})\""
    )


def _named_by(path: Path) -> set[str]:
    """Return the classes and functions that a torch file's pickle names, by reading it as text."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return _names(file)
    with zipfile.ZipFile(path) as archive:
        member = next((name for name in archive.namelist() if name.endswith("data.pkl")), None)
        if member is None:
            return set()
        with archive.open(member) as file:
            return _names(file)


def _names(file: IO[bytes]) -> set[str]:
    found = set()
    try:
        # Older files hold several pickles, one after the other, then numbers, which end this by an error.
        while True:
            for code, argument, _ in pickletools.genops(file):
                if code.name == "GLOBAL":
                    found.add(str(argument).replace(" ", "."))
    except Exception as error:  # noqa: BLE001 - only a better message is at stake
        del error
    return found


def _tensors(held: Any, path: Path) -> dict[str, Tensor]:
    """Take wrappers off until tensors appear."""
    if not isinstance(held, Mapping):
        raise CheckpointError(f"holds no weights: it holds a {type(held).__name__}, not tensors by name", file=path)
    tried: list[Mapping[Any, Any]] = []
    for mapping in _unwrapped(held):
        tensors = {
            name: value for name, value in mapping.items() if isinstance(name, str) and isinstance(value, Tensor)
        }
        if tensors:
            _check_plain(tensors, path)
            return tensors
        tried.append(mapping)
    keys = ", ".join(shown(str(key)) for key in list(tried[0])[:5]) or "none"
    raise CheckpointError(f"holds no weights: its keys are {keys}", file=path)


def _unwrapped(held: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """Yield what lies in wrappers, the innermost of the first one first, and what holds them after them.

    Not by recursion: a pickle can put things as deep as it likes, and into themselves.
    """
    pending, opened = [(held, False)], set()
    while pending:
        mapping, empty = pending.pop()
        if empty:
            yield mapping
        elif id(mapping) not in opened:
            opened.add(id(mapping))
            pending.append((mapping, True))
            inner = [mapping[key] for key in reversed(WRAPPERS) if isinstance(mapping.get(key), Mapping)]
            pending += [(each, False) for each in inner]


def _check_plain(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors that no network could take: those without data, and those that hold only a part of it."""
    for name, value in tensors.items():
        kind = (
            "has no data (it is a meta tensor)"
            if value.is_meta
            else "is sparse"
            if value.layout is not torch.strided
            else "is quantized"
            if value.is_quantized
            else "is nested"
            if value.is_nested
            else ""
        )
        if kind:
            raise CheckpointError(f"its weight {shown(name)} {kind}: save plain tensors instead", file=path)


def _without_prefixes(state: dict[str, Tensor]) -> dict[str, Tensor]:
    # What the first and the last by alphabet begin with, all begin with.
    first, last = min(state), max(state)
    common = next((place for place, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), None)
    found = _WRAPPED.match(first[:common])
    length = 0 if found is None else found.end()
    return {name[length:]: value for name, value in state.items()} if length else state
