"""The compiled inner loops, where they are installed: the same results, sooner.

They come with the distribution ``vtrack-native-mot`` (``pip install "vtrack-common-mot[native]"``). Without it, or
where it was built without a compiler, the numpy code does the same. ``VTRACK_NATIVE=0`` in the environment leaves them
alone.
"""

from __future__ import annotations

import os
from types import ModuleType

import numpy as np

from vtcore.instances import Float64Array

__all__ = ["contiguous", "loops"]


def _compiled() -> ModuleType | None:
    if os.environ.get("VTRACK_NATIVE", "1") == "0":
        return None
    try:
        import vtrack_native_mot
    except ImportError:
        return None
    return vtrack_native_mot


loops: ModuleType | None = _compiled()
"""What ``vtrack_native_mot`` offers, None where it is not to be used. Looked up at each use."""


def contiguous(rows: Float64Array) -> Float64Array:
    """Return an array ``(k, n)`` whose rows are contiguous: the given one, if they are."""
    return rows if rows.strides[1] == rows.itemsize else np.ascontiguousarray(rows)
