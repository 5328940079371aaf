"""The root of a data set, and which of its sequences are meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Sequence as Seq
from fnmatch import fnmatchcase
from pathlib import Path

from vtcore.errors import DataError
from vtcore.suggestions import did_you_mean_or_list

__all__ = ["chosen_of_split", "data_root", "listed", "matching", "subfolders"]


def data_root(root: str, layout: str) -> Path:
    """Return the folder of a data set.

    Args:
        root: As the config says.
        layout: What it should look like, for the error.

    Raises:
        DataError: There is no such folder.
    """
    path = Path(root).expanduser()
    if not path.is_dir():
        kind = "is not a folder" if path.exists() else "no such folder"
        raise DataError(f"{kind}; dataset.root must name the folder of the data set: {layout}", file=path)
    return path


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder by name, hidden ones left out.

    Raises:
        DataError: It cannot be read.
    """
    try:
        return sorted(child for child in folder.iterdir() if child.name[0] != "." and child.is_dir())
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", file=folder) from None


def matching(names: Seq[str], patterns: Collection[str], root: Path) -> list[str]:
    """Return the names that fit any of some patterns, in their order; all without patterns.

    Raises:
        DataError: A pattern fits none of them.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = did_you_mean_or_list(pattern, names)
            raise DataError(f"no sequence fits {pattern!r} (dataset.sequences); {hint}", file=root)
    return [name for name in names if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)]


def chosen_of_split(
    expected: Seq[str], found: Collection[str], patterns: Collection[str], root: Path, split: str, *, partial: bool
) -> list[str]:
    """Return the names of a split's sequences that are meant, in their official order.

    Args:
        expected: Names that the split has, officially.
        found: Names that are there.
        patterns: Which of them are meant; empty for all.
        root: Of the data set, for errors.
        split: In words, for errors: ``split 'test'``.
        partial: Whether some may be missing.

    Raises:
        DataError: A pattern fits none, or some of those meant are missing.
    """
    meant = matching(expected, patterns, root)
    there = set(found)
    missing = [name for name in meant if name not in there]
    if missing and len(missing) == len(meant):
        raise DataError(f"holds none of the {len(meant)} sequences of {split}, such as {meant[0]!r}", file=root)
    if missing and not partial:
        raise DataError(
            f"{len(missing)} of the {len(meant)} sequences of {split} are missing: {listed(missing)}; fetch them, name "
            "those to take in dataset.sequences, or take what there is with dataset.partial = true",
            file=root,
        )
    return [name for name in meant if name in there]


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names quoted and parted by commas, the first few of many."""
    known = list(names)
    shown = ", ".join(repr(name) for name in known[:most])
    return shown if len(known) <= most else f"{shown} and {len(known) - most} more"
