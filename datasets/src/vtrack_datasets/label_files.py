"""Labels of frames beside an annotation: absence, cover, occlusion, tags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vtcore.errors import DataError
from vtcore.instances import Float64Array
from vtrack_datasets.number_text import read_labels

__all__ = ["read_frame_labels"]


def read_frame_labels(
    files: Mapping[str, Path], length: int, *, flags: bool = True, padded: bool = False
) -> dict[str, npt.NDArray[Any]]:
    """Read the label files that are there.

    Args:
        files: Files by the names of their labels; missing ones are left out.
        length: Number of annotated frames.
        flags: Whether labels are truth values; else whole numbers where they are, and any numbers otherwise.
        padded: Whether a file may end early, all that follows being 0.

    Returns:
        Arrays ``(length,)`` by the names of the labels.

    Raises:
        DataError: A file is wrong, or holds another number of labels.
    """
    return {
        name: _typed(_fitting(read_labels(path), length, path, padded=padded), path, flags=flags)
        for name, path in files.items()
        if path.is_file()
    }


def _fitting(values: Float64Array, length: int, path: Path, *, padded: bool) -> Float64Array:
    if padded and len(values) < length:
        return np.concatenate([values, np.zeros(length - len(values))])
    if len(values) != length:
        raise DataError(f"holds {len(values)} labels, but {length} frames are annotated", file=path)
    return values


def _typed(values: Float64Array, path: Path, *, flags: bool) -> npt.NDArray[Any]:
    if flags:
        odd = np.flatnonzero((values != 0) & (values != 1))
        if len(odd):
            raise DataError(f"label {odd[0] + 1} must be 0 or 1, got {values[odd[0]]:g}", file=path)
        return values.astype(bool)
    return values.astype(np.int64) if (values == np.rint(values)).all() else values
