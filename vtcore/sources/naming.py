"""Names of files in the order people expect, and of the sequences they make."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence as Seq
from pathlib import Path
from urllib.parse import urlsplit

from vtcore.errors import DataError

__all__ = ["expand_paths", "masked_lines", "masked_url", "natural_key", "sequence_names", "url_name"]


def natural_key(text: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key that sorts ``frame10`` after ``frame9``."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"([0-9]+)", text) if part)


def expand_paths(path: str | Iterable[str]) -> list[Path]:
    """Return the files and folders that a path, a glob pattern or a list of them names.

    Raises:
        DataError: Something named is not there, or a pattern matches nothing.
    """
    found: list[Path] = []
    for one in [path] if isinstance(path, str) else path:
        if Path(one).exists():
            found.append(Path(one))
        elif glob.has_magic(one):
            matches = glob.glob(one, recursive=True)  # noqa: PTH207 - a pattern may be absolute
            if not matches:
                raise DataError("no file matches this pattern", file=one)
            found.extend(Path(match) for match in sorted(matches, key=natural_key))
        else:
            raise DataError("no such file or folder", file=one)
    if not found:
        raise DataError("the path names no file")
    return found


def sequence_names(paths: Seq[Path]) -> list[str]:
    """Return a name for each path, unique among them and usable as a file name.

    A name is the file's without its suffix; where two are the same, the suffix tells them apart, else the folders
    above do.
    """
    names = [path.stem if path.is_file() else path.name for path in (path.absolute() for path in paths)]
    longer = [path.name.replace(".", "-") for path in paths]
    names = [_unless_twice(name, other, names) for name, other in zip(names, longer, strict=True)]
    for depth in range(1, max((len(path.absolute().parts) for path in paths), default=0)):
        if len(set(names)) == len(names):
            break
        above = [
            "-".join((*path.absolute().parts[1:][-depth - 1 : -1], name))
            for path, name in zip(paths, longer, strict=True)
        ]
        names = [_unless_twice(name, other, names) for name, other in zip(names, above, strict=True)]
    return names


def _unless_twice(name: str, other: str, names: Seq[str]) -> str:
    return other if Counter(names)[name] > 1 else name


def masked_url(url: str) -> str:
    """Return the address with its password, if any, as ``***``."""
    return re.sub(r"(?<=://)([^/@:]*):[^/]*@", r"\1:***@", url)


def masked_lines(text: str) -> str:
    """Return a text with the passwords of all addresses in it as ``***``; no address goes over the end of a line."""
    return "\n".join(map(masked_url, text.split("\n")))


def url_name(url: str) -> str:
    """Return a file name for an address: host and path, without user and password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", host + parts.path).strip("-.") or "stream"
