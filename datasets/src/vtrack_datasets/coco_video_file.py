"""Writing of CocoVID JSON with many videos, piece by piece, whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from vtcore.errors import OutputError
from vtcore.files import PARTIAL

__all__ = ["CocoVideoFile"]

_LISTS = ("annotations", "images", "videos")


class CocoVideoFile:
    """A file in the making; a context that puts it into place, or leaves nothing behind where something failed.

    Ids count from 1 in the order of writing. Lists that come interleaved wait in unnamed files beside it, so that
    memory does not grow.

    Attributes:
        counts: How many entries each list has.
    """

    def __init__(self, path: Path, categories: Iterable[dict[str, Any]]) -> None:
        """Name the file.

        Args:
            path: Where it goes; its folder is made.
            categories: With ``id`` and ``name``.
        """
        self._path = path
        self._partial = path.with_name(path.name + PARTIAL)
        self._categories = list(categories)
        self._parts: dict[str, IO[str]] = {}
        self.counts = dict.fromkeys(_LISTS, 0)

    def __enter__(self) -> CocoVideoFile:
        """Start it.

        Raises:
            OutputError: Its folder cannot be written to.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for name in _LISTS:
                self._parts[name] = tempfile.TemporaryFile("w+", encoding="utf-8", dir=self._path.parent)
        except OSError as error:
            self._close()
            raise self._failed(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Put it into place, unless something failed.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            if kind is None:
                self._join()
        except OSError as failure:
            raise self._failed(failure) from failure
        finally:
            self._close()

    def add(self, to: str, /, **entry: Any) -> int:
        """Append an entry to ``videos``, ``images`` or ``annotations`` and return its id.

        Raises:
            OutputError: It cannot be written.
        """
        self.counts[to] += 1
        number = self.counts[to]
        text = json.dumps({"id": number} | entry, allow_nan=False, separators=(",", ":"))
        try:
            self._parts[to].write(("" if number == 1 else ",\n") + text)
        except OSError as error:
            raise self._failed(error) from error
        return number

    def _join(self) -> None:
        with self._partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f'{{"categories": {json.dumps(self._categories)},\n')
            for name in reversed(_LISTS):
                part = self._parts[name]
                part.seek(0)
                file.write(f'"{name}": [\n')
                shutil.copyfileobj(part, file, 1 << 20)
                file.write("\n]}\n" if name == _LISTS[0] else "\n],\n")
        self._partial.replace(self._path)

    def _close(self) -> None:
        for part in self._parts.values():
            part.close()
        self._partial.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> OutputError:
        return OutputError(f"{self._path}: cannot be written: {error.strerror or error}")
