"""Arrays that grow row by row in a file, in NumPy's own format.

A column is an ordinary ``.npy`` file, so ``numpy.load`` opens it; its header is written with room to spare and
filled in at the end, so that nothing but the rows at hand is ever in memory.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ColumnWriter", "checksum", "open_column"]

_HEADER_BYTES = 128
"""Room for the header of a file: what NumPy itself takes for arrays of one or two dimensions."""
_BLOCK_BYTES = 1 << 20


class ColumnWriter:
    """One column in the making."""

    def __init__(self, path: Path, dtype: str, width: int = 0) -> None:
        """Open the file.

        Args:
            path: The file; it must not be there yet.
            dtype: Of the values, little-endian: ``"<f4"``.
            width: Values in a row; 0 for a column of single values.

        Raises:
            OSError: It cannot be written.
        """
        self._dtype = np.dtype(dtype)
        self._width = width
        self._crc = 0
        self._values = 0
        self._file = path.open("xb")
        self._file.write(bytes(_HEADER_BYTES))

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows, or single values where the column has no width."""
        data = np.ascontiguousarray(rows, self._dtype).tobytes()
        self._crc = zlib.crc32(data, self._crc)
        self._values += rows.size
        self._file.write(data)

    def close(self) -> dict[str, Any]:
        """Write the header, close the file, and return what tells whether it is whole."""
        shape = (self._values // self._width, self._width) if self._width else (self._values,)
        self._file.seek(0)
        self._file.write(_header(self._dtype, shape))
        self._file.close()
        return {"dtype": self._dtype.str, "shape": list(shape), "crc32": self._crc}

    def abandon(self) -> None:
        """Close the file as it stands."""
        self._file.close()


def open_column(path: Path, facts: dict[str, Any]) -> npt.NDArray[Any]:
    """Map a column into memory, read-only.

    Args:
        path: The file.
        facts: What `ColumnWriter.close` returned.

    Raises:
        ValueError: The file is not as the facts say.
        OSError: It cannot be read.
    """
    dtype, shape = np.dtype(facts["dtype"]), tuple(facts["shape"])
    expected = _HEADER_BYTES + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    found = path.stat().st_size
    if found != expected:
        raise ValueError(f"{path.name} has {found} bytes, not {expected}")
    with path.open("rb") as file:
        if file.read(_HEADER_BYTES) != _header(dtype, shape):
            raise ValueError(f"the header of {path.name} is damaged")
    if expected == _HEADER_BYTES:
        return np.zeros(shape, dtype)
    # As a plain array: slices of numpy.memmap cost several times as much.
    return np.memmap(path, dtype, "r", _HEADER_BYTES, shape).view(np.ndarray)


def checksum(path: Path) -> int:
    """Return the checksum of a column's values, reading the file block by block.

    Raises:
        OSError: It cannot be read.
    """
    crc = 0
    with path.open("rb") as file:
        file.seek(_HEADER_BYTES)
        while block := file.read(_BLOCK_BYTES):
            crc = zlib.crc32(block, crc)
    return crc


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return a header of version 1.0 of NumPy's format, padded to the room kept for it."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    start = b"\x93NUMPY\x01\x00"
    padded = text.ljust(_HEADER_BYTES - len(start) - 3) + "\n"
    return start + struct.pack("<H", len(padded)) + padded.encode("latin1")
