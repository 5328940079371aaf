"""OpenCV for reading, without its noise: expected failures are told by our errors, not on stderr."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["quiet_opencv"]


class _Silence:
    """OpenCV's log level, which belongs to the process: off while any thread wants it off."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._level = 0

    def begin(self, cv2: ModuleType) -> None:
        with self._lock:
            if not self._users:
                self._level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
            self._users += 1

    def end(self, cv2: ModuleType) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                cv2.utils.logging.setLogLevel(self._level)


_silence = _Silence()


@contextmanager
def quiet_opencv() -> Iterator[ModuleType]:
    """Import OpenCV and keep it silent inside the block.

    The FFmpeg inside OpenCV reads its log level once, at the first video; a level that the user has set stays.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    _silence.begin(cv2)
    try:
        yield cv2
    finally:
        _silence.end(cv2)
