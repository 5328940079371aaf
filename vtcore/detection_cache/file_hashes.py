"""Hashes of files' content, remembered as long as a file is the same.

A file is taken to be the same when its place, size, times of change (also that of its inode, which no program can
set) and inode number are. As in git's index, what was changed just before it was hashed is not remembered: a second
change might carry the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FileHashes"]

_SETTLED_NANOSECONDS = 2_000_000_000
"""Age from which on a file's times tell it from any later state: the coarsest file systems count in two seconds."""
_BLOCK_BYTES = 1 << 20
_MOST_FILES = 1000
"""Files of a folder that are hashed; what holds more is hardly meant."""

_Mark = list[int]


class FileHashes:
    """Hashes files by content, with a memory in a folder; without one nothing is remembered from run to run."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory
        self._known: dict[str, dict[str, tuple[_Mark, str]]] = {}
        self._changed: set[str] = set()

    def digest(self, path: str | Path) -> str:
        """Return the SHA-256 of a file's content, in hexadecimal.

        Raises:
            OSError: It cannot be read, or changes while it is.
        """
        folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - thousands of files, and links stay
        known = self._of_folder(folder)
        mark = _mark(path)
        if name in known and known[name][0] == mark:
            return known[name][1]
        began = time.time_ns()
        digest = _hashed(path)
        if _mark(path) != mark:
            raise OSError(f"{path}: changes while it is read")
        if max(mark[1:3]) < began - _SETTLED_NANOSECONDS:
            known[name] = (mark, digest)
            self._changed.add(folder)
        return digest

    def folder_digest(self, path: str | Path, suffixes: frozenset[str] = frozenset()) -> str:
        """Return one hash over the names and contents of all files in a folder and below.

        Args:
            path: The folder.
            suffixes: Only files with these; empty for all.

        Raises:
            OSError: A file cannot be read, or there are more than a thousand.
        """
        hashed = hashlib.sha256()
        for count, file in enumerate(sorted(_files(Path(path), suffixes)), 1):
            if count > _MOST_FILES:
                raise OSError(f"{path}: holds more than {_MOST_FILES} files")
            hashed.update(f"{file.relative_to(path).as_posix()}\0{self.digest(file)}\n".encode())
        return hashed.hexdigest()

    def save(self) -> None:
        """Keep what was learnt for the next run; where nothing may be written, it is learnt again."""
        if self._memory is None:
            return
        for folder in self._changed:
            path = self._file(folder)
            # Another process may have learnt of other files since; the one that comes last may win.
            entries = {name: [*mark, digest] for name, (mark, digest) in self._known[folder].items()}
            partial = path.with_name(f"{path.name}.partial-{os.getpid()}-{uuid.uuid4().hex[:8]}")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                partial.write_text(json.dumps({"folder": folder, "files": entries}), encoding="utf-8")
                partial.replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
        self._changed.clear()

    def _of_folder(self, folder: str) -> dict[str, tuple[_Mark, str]]:
        if folder not in self._known:
            self._known[folder] = {} if self._memory is None else _remembered(self._file(folder), folder)
        return self._known[folder]

    def _file(self, folder: str) -> Path:
        assert self._memory is not None
        return self._memory / f"{hashlib.sha256(folder.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.json"


def _remembered(file: Path, folder: str) -> dict[str, tuple[_Mark, str]]:
    """Read what was remembered of a folder; nothing where that is damaged or of another folder."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["folder"] != folder:
            return {}
        return {
            name: ([int(number) for number in mark], digest)
            for name, (*mark, digest) in content["files"].items()
            if len(mark) == 4 and isinstance(digest, str) and len(digest) == 64
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _mark(path: str | Path) -> _Mark:
    found = os.stat(path)  # noqa: PTH116 - thousands of files
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _hashed(path: str | Path) -> str:
    hashed = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123 - thousands of files
        while block := file.read(_BLOCK_BYTES):
            hashed.update(block)
    return hashed.hexdigest()


def _files(folder: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            if not suffixes or os.path.splitext(name)[1] in suffixes:  # noqa: PTH122
                yield Path(parent, name)
