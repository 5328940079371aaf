"""The folder of the cache: where entries lie, how they are found, listed and removed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from vtcore.detection_cache.entry_format import ABOUT, self_check
from vtcore.detection_cache.file_hashes import FileHashes
from vtcore.errors import OutputError
from vtcore.files import PARTIAL

if TYPE_CHECKING:
    from vtcore.detection_cache.stored import StoredDetections

__all__ = ["FOLDER_VARIABLE", "CacheEntry", "DetectionCache", "default_folder", "entry_at"]

FOLDER_VARIABLE = "VTCORE_CACHE"

_UNFINISHED_SECONDS = 86_400
"""Age from which on what a killed process left is taken away by `DetectionCache.prune`."""

_NAME_LETTERS = 120
"""Letters of a sequence's name in that of its folder, which has room for 255."""


def default_folder() -> Path:
    """Return ``$VTCORE_CACHE``, else ``$XDG_CACHE_HOME/vtcore``, else ``~/.cache/vtcore``."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named).expanduser()
    # The XDG specification has relative paths ignored.
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".cache") / "vtcore"


@attrs.frozen
class CacheEntry:
    """One entry of the cache, for people to look at.

    Attributes:
        folder: Where it lies.
        size: In bytes.
        used: When it was last made or replayed, in seconds since 1970.
        about: Content of its ``about.json``; empty where that cannot be read: the entry is damaged.
        finished: False for what is being written, or was when its process ended.
    """

    folder: Path
    size: int
    used: float
    about: dict[str, Any] = attrs.field(factory=dict, repr=False)
    finished: bool = True

    @property
    def state(self) -> str:
        """``whole``, ``damaged`` or ``unfinished``."""
        if not self.finished:
            return "unfinished"
        return "whole" if self.about else "damaged"


class DetectionCache:
    """A folder of stored detections.

    ``detections/<detector>/<hash of the setup>/<sequence>-<hash of the data>-<all, or first-N>/`` below `folder` is an
    entry; ``hashes/`` beside it remembers hashes of files.

    Attributes:
        folder: As given, or as `default_folder` tells.
        hashes: Hashes files, with the memory in the folder.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        """Name the folder; nothing is read or written yet."""
        self.folder = default_folder() if folder is None else Path(folder)
        self.hashes = FileHashes(self.folder / "hashes")

    @property
    def detections(self) -> Path:
        """Folder of the entries."""
        return self.folder / "detections"

    def detector_folder(self, detector: str) -> Path:
        """Return the folder of all entries of detectors with a name."""
        return self.detections / _file_name(detector)

    def may_hold(self, detector: str, sequence: str) -> bool:
        """Whether there is any entry of such a detector for a sequence of that name; nothing is hashed."""
        pattern = f"*/{_file_name(sequence)}-*"
        return any(PARTIAL not in path.name for path in self.detector_folder(detector).glob(pattern))

    def entry_folder(self, detector: str, setup: str, sequence: str, data: str, first: int = 0) -> Path:
        """Return the folder of an entry.

        Args:
            detector: Name of the detector.
            setup: Hash of the setup.
            sequence: Name of the sequence.
            data: Hash of the data.
            first: Number of frames where they are not all of the sequence.
        """
        extent = f"first-{first}" if first else "all"
        return self.detector_folder(detector) / setup[:32] / f"{_file_name(sequence)}-{data[:32]}-{extent}"

    def candidates(self, detector: str, setup: str, sequence: str, data: str) -> list[Path]:
        """Return the folders of the entries with a key, that of all frames first, then the longest."""
        whole = self.entry_folder(detector, setup, sequence, data)
        start = whole.name.removesuffix("all") + "first-"
        parts = [path for path in whole.parent.glob(f"{start}*") if path.name.removeprefix(start).isdecimal()]
        parts.sort(key=lambda path: -int(path.name.removeprefix(start)))
        return [whole, *parts] if whole.is_dir() else parts

    def find(
        self, detector: str, setup: str, sequence: str, data: str, *, max_frames: int = 0
    ) -> tuple[StoredDetections | None, list[str]]:
        """Return the entry that serves a run, and what is wrong with entries that would have.

        Args:
            detector: Name of the detector.
            setup: Hash of the setup.
            sequence: Name of the sequence.
            data: Hash of the data.
            max_frames: Frames after which the run stops; 0 for never.
        """
        from vtcore.detection_cache.stored import StoredDetections

        complaints = []
        for folder in self.candidates(detector, setup, sequence, data):
            try:
                stored = StoredDetections.open(folder)
                if not stored.serves(max_frames):
                    continue
                stored = StoredDetections.open(folder, verify=True)
                if stored.about["setup"]["sha256"] != setup or stored.about["data"]["sha256"] != data:
                    raise ValueError(f"{ABOUT} is of another entry")
            except (OSError, ValueError, KeyError) as error:
                complaints.append(f"{folder}: {error}")
                continue
            stored.touch()
            return stored, complaints
        return None, complaints

    def entries(self) -> list[CacheEntry]:
        """Return every entry, what is unfinished too, sorted by folder."""
        return sorted(self._entries(), key=lambda entry: entry.folder)

    def prune(self, days: float) -> list[CacheEntry]:
        """Remove the entries that were neither made nor replayed for some days, damaged ones, and unfinished ones.

        What was written to within a day may still be in the making, and stays.

        Returns:
            What was removed.

        Raises:
            OutputError: Something cannot be removed.
        """
        now = time.time()
        old = [
            entry
            for entry in self.entries()
            if now - entry.used > {"whole": days * 86_400, "damaged": 0}.get(entry.state, _UNFINISHED_SECONDS)
        ]
        for entry in old:
            self.remove(entry.folder)
        return old

    def clear(self) -> list[CacheEntry]:
        """Remove all entries, and the remembered hashes.

        Raises:
            OutputError: Something cannot be removed.
        """
        removed = self.entries()
        for entry in removed:
            self.remove(entry.folder)
        shutil.rmtree(self.folder / "hashes", ignore_errors=True)
        return removed

    def remove(self, folder: Path) -> None:
        """Remove one entry, and the folders above it that hold nothing else.

        Raises:
            OutputError: It cannot be removed.
        """
        from vtcore.detection_cache.entry_writer import remove_entry

        try:
            remove_entry(folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be removed: {error.strerror or error}") from error
        with contextlib.suppress(OSError):
            folder.parent.rmdir()
            folder.parent.parent.rmdir()

    def _entries(self) -> Iterator[CacheEntry]:
        for folder in self.detections.glob("*/*/*"):
            with contextlib.suppress(OSError):  # Gone meanwhile, or no folder at all.
                yield entry_at(folder)


def entry_at(folder: Path) -> CacheEntry:
    """Look at an entry's folder, leaving its columns alone.

    Raises:
        OSError: It is not there.
    """
    files = [path.stat() for path in folder.iterdir()]
    about: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        read = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if isinstance(read, dict) and read.get("self_check") == self_check(read):
            about = read
    used = max((file.st_mtime for file in files), default=folder.stat().st_mtime)
    return CacheEntry(folder, sum(file.st_size for file in files), used, about, PARTIAL not in folder.name)


def _file_name(name: str) -> str:
    """Return a name as part of a file's name; what else it holds is in the hashes."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:_NAME_LETTERS] or "_"
