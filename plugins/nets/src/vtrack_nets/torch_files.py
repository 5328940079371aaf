"""What ``torch.save`` wrote, read without executing anything: an archive (torch 1.6 and later), or pickles in a row.

An archive holds a pickle, ``data.pkl``, and the numbers of each storage in a file of their own, never compressed. An
older file is five pickles, the fourth of which is what was saved, the fifth the order of the numbers that follow.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal

import attrs
import torch
from torch import Tensor

from vtrack_nets.errors import CheckpointError, shown
from vtrack_nets.pickle_machine import read_pickle
from vtrack_nets.pickle_values import PickleError, Reference
from vtrack_nets.stored_tensors import Numbers, Storage, TensorError, TensorMaker, storage_of

__all__ = ["TorchFile", "read_torch"]

_MAGIC = 0x1950A86A20F9469CFC6C
_LOCAL_HEADER = 30

_ATTACKERS = re.compile(
    r"(?:__builtin__|builtins)\.(?:__import__|apply|breakpoint|compile|delattr|eval|exec|execfile|exit|file|globals|"
    r"input|locals|open|quit|raw_input|setattr|vars)$"
    r"|(?:_?posix|nt|_?pickle|_?socket|bdb|commands|ctypes|imp|importlib|marshal|os|pdb|pip|platform|popen2|pty|runpy|"
    r"shutil|subprocess|sys|timeit|urllib|webbrowser)\."
    r"|torch\.(?:hub\.|load$|package\.|utils\.cpp_extension\.|utils\.model_zoo\.)"
)
"""What no training leaves in a checkpoint: what names it is an attack, though it would be harmless here."""


@attrs.frozen
class TorchFile:
    """What a torch file holds.

    Attributes:
        held: Containers, numbers and texts as they are; everything else as the dummies of `pickle_machine`.
        tensors: Makes tensors of those that stand for some.
        names: Classes and functions that the file names.
        layout: ``"torch archive"`` or ``"torch pickles"``.
    """

    held: Any
    tensors: TensorMaker
    names: frozenset[str]
    layout: str


def read_torch(path: Path) -> TorchFile:
    """Read a torch file; the numbers of its tensors are read when these are made, from the same path.

    Raises:
        CheckpointError: It is damaged, an attack, or no torch file.
        OSError: It cannot be read.
    """
    names: set[str] = set()

    def seen(name: str) -> None:
        if _ATTACKERS.match(name):
            raise CheckpointError(
                f"asks for {shown(name)}, which no weights need: refused, and nothing was executed; do not open it "
                "elsewhere",
                file=path,
            )
        names.add(name)

    try:
        with path.open("rb") as file:
            zipped = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            held, numbers = _archive(path, file, seen) if zipped else _pickles(path, file, seen)
    except (PickleError, TensorError, zipfile.BadZipFile, NotImplementedError, ValueError, KeyError) as error:
        told = shown(str(error).strip().rstrip(".")) or type(error).__name__
        raise CheckpointError(f"is damaged, or no checkpoint ({told})", file=path) from error
    return TorchFile(held, TensorMaker(numbers), frozenset(names), "torch archive" if zipped else "torch pickles")


# --- Archives ---------------------------------------------------------------------------------------------------


def _archive(path: Path, file: IO[bytes], seen: Callable[[str], None]) -> tuple[Any, Numbers]:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
    names = [member.filename for member in members]
    roots = [name.removesuffix("data.pkl") for name in names if re.fullmatch(r"[^/]*/data\.pkl", name)]
    if len(roots) != 1:
        raise PickleError("an archive, but none that torch.save wrote")
    (root,) = roots
    if f"{root}constants.pkl" in names or any(name.startswith(f"{root}code/") for name in names):
        raise CheckpointError(
            "is a TorchScript program, not weights: save the state_dict() of the network instead", file=path
        )
    _check_members(members, path.stat().st_size)
    by_name = {member.filename: member for member in members}
    order = b"little"
    if f"{root}byteorder" in by_name:
        order = bytes(_member(file, by_name[f"{root}byteorder"]).numpy().data)
        if order not in (b"little", b"big"):
            raise PickleError(f"an order of bytes {shown(order[:16].decode('latin-1'))!r} is not known")
    pickled = _member(file, by_name[f"{root}data.pkl"])
    held = read_pickle(io.BytesIO(pickled.numpy().data), seen=seen)
    return held, _ArchiveNumbers(path, by_name, f"{root}data/", order.decode("latin-1") != sys.byteorder)


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what would come out larger than it lies in the file, once or many times."""
    if len({member.filename for member in members}) < len(members):
        raise PickleError("two parts have one name")
    for member in members:
        stored = member.compress_type == zipfile.ZIP_STORED and member.file_size == member.compress_size
        if not stored or member.flag_bits & 1:
            raise PickleError(f"{shown(member.filename)} is compressed or encrypted, which torch.save does not do")
    if sum(member.file_size for member in members) > size:
        raise PickleError("its parts together are larger than the file")


def _member(file: IO[bytes], member: zipfile.ZipInfo) -> Tensor:
    """Return a part's bytes, uint8 ``(n,)``."""
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise TensorError("is damaged: its place in the file holds something else")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    found = _read(file, member.header_offset + _LOCAL_HEADER + lengths, member.file_size)
    # torch.serialization.set_crc32_options(False) leaves zeros.
    if member.CRC and zlib.crc32(found.numpy().data) != member.CRC:
        raise TensorError("is damaged: its checksum is another")
    return found


@attrs.frozen
class _ArchiveNumbers:
    path: Path
    members: dict[str, zipfile.ZipInfo] = attrs.field(repr=False)
    folder: str
    swapped: bool

    def bytes_of(self, key: str) -> Tensor:
        member = self.members.get(self.folder + key)
        if member is None:
            raise TensorError("is damaged: its numbers are not in the file")
        with self.path.open("rb") as file:
            return _member(file, member)


# --- Pickles in a row -------------------------------------------------------------------------------------------


def _pickles(path: Path, file: IO[bytes], seen: Callable[[str], None]) -> tuple[Any, Numbers]:
    if read_pickle(file, seen=seen) != _MAGIC:
        raise PickleError("a pickle, but none that torch.save wrote")
    read_pickle(file, seen=seen)
    machine = read_pickle(file, seen=seen)
    storages: dict[str, Storage] = {}

    def outside(reference: Reference) -> None:
        # Classes of whole networks lie outside, too.
        if isinstance(reference.key, tuple) and reference.key[:1] == ("storage",):
            storage = storage_of(reference)
            storages.setdefault(storage.key, storage)

    held = read_pickle(file, seen=seen, outside=outside)
    keys = read_pickle(file, seen=seen)
    if not isinstance(keys, list):
        raise PickleError("it does not say in which order its numbers are")
    little = not isinstance(machine, dict) or machine.get("little_endian") is not False
    order: Literal["little", "big"] = "little" if little else "big"
    places: dict[str, tuple[int, int]] = {}
    position, size = file.tell(), path.stat().st_size
    for key in map(str, keys):
        if key not in storages or key in places:
            raise PickleError("it holds numbers of nothing")
        file.seek(position)
        count = int.from_bytes(file.read(8), order, signed=True)
        length = count * storages[key].dtype.itemsize
        position += 8
        if count < 0 or position + length > size:
            raise PickleError(f"it ends after {size:,} bytes, before its numbers do")
        places[key] = (position, length)
        position += length
    return held, _PickledNumbers(path, places, order != sys.byteorder)


@attrs.frozen
class _PickledNumbers:
    path: Path
    places: dict[str, tuple[int, int]] = attrs.field(repr=False)
    swapped: bool

    def bytes_of(self, key: str) -> Tensor:
        if key not in self.places:
            raise TensorError("is damaged: its numbers are not in the file")
        with self.path.open("rb") as file:
            return _read(file, *self.places[key])


def _read(file: IO[bytes], start: int, length: int) -> Tensor:
    """Return bytes of a file, uint8 ``(n,)``."""
    found = torch.empty(length, dtype=torch.uint8)
    if not length:
        return found
    file.seek(start)
    wanted = found.numpy().data
    done = 0
    while done < length and (read := file.readinto(wanted[done:])):  # type: ignore[attr-defined]
        done += read
    if done < length:
        raise TensorError(f"is damaged: the file ends {length - done:,} bytes too early")
    return found
