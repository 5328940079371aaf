"""Challenge attributes of sequences: a file of zeros and ones for each."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Seq
from pathlib import Path

from vtcore.errors import DataError
from vtrack_datasets.number_text import read_numbers

__all__ = ["attribute_folder", "read_attributes"]


def attribute_folder(root: Path, told: str, usual: Iterable[str]) -> Path | None:
    """Return the folder of attribute files, None where there is none.

    Args:
        root: Of the data set.
        told: The folder as a config names it; empty to look at the usual places.
        usual: Usual places below `root`.

    Raises:
        DataError: The folder that is told is not there.
    """
    if told:
        folder = Path(told).expanduser()
        if not folder.is_dir():
            raise DataError("no such folder; dataset.attributes must name that of the attribute files", file=folder)
        return folder
    return next((root / place for place in usual if (root / place).is_dir()), None)


def read_attributes(folder: Path | None, name: str, columns: Seq[str]) -> tuple[str, ...]:
    """Read which attributes a sequence has; none where there is no file for it.

    Args:
        folder: Of the files ``<name>.txt``.
        name: Of the sequence.
        columns: What each number stands for.

    Raises:
        DataError: The file does not hold one number for each column.
    """
    path = None if folder is None else folder / f"{name}.txt"
    if path is None or not path.is_file():
        return ()
    numbers = read_numbers(path, len(columns))
    if len(numbers) != 1:
        raise DataError(f"expected one row of {len(columns)} numbers, got {len(numbers)} rows", file=path)
    return tuple(column for column, number in zip(columns, numbers[0].tolist(), strict=True) if number > 0)
