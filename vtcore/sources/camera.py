"""Cameras of this machine, read with OpenCV."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from vtcore.errors import DamagedSourceError, DataError
from vtcore.frames import Frame
from vtcore.sources.config import CameraConfig
from vtcore.sources.live import LiveSequence
from vtcore.sources.naming import natural_key
from vtcore.sources.opencv import quiet_opencv

__all__ = ["CameraDataset", "CameraSequence"]


class CameraDataset:
    """One camera, one sequence."""

    def __init__(self, *, index: int = 0, width: int = 0, height: int = 0, frame_rate: float = 0.0) -> None:
        """Choose the camera and what to ask of it.

        Args:
            index: Number of the camera.
            width: Width asked for in pixels; 0 leaves it to the camera.
            height: Height asked for in pixels; 0 leaves it to the camera.
            frame_rate: Frames a second asked for; 0 leaves it to the camera.

        Raises:
            ValueError: A number is negative.
        """
        self._config = CameraConfig(index=index, width=width, height=height, frame_rate=frame_rate)

    def sequences(self) -> list[CameraSequence]:
        """Return the camera's sequence; nothing is opened."""
        return [CameraSequence(self._config)]


class CameraSequence(LiveSequence):
    """The frames of a camera, until someone stops.

    Size and frame rate are known once the camera is open.

    Attributes:
        index: Number of the camera.
    """

    def __init__(self, config: CameraConfig | None = None) -> None:
        """Choose the camera; nothing is opened."""
        self._config = config or CameraConfig()
        self.index = self._config.index
        super().__init__(f"camera-{self.index}")

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield frames as they come; their time is when they came.

        Raises:
            DataError: There is no such camera, or another program has it.
            DamagedSourceError: The camera stopped; it was unplugged, or another program took it.
        """
        capture = self._opened()
        count = 0
        first = 0.0
        try:
            while True:
                grabbed, image = capture.read() if images else (capture.grab(), None)
                now = time.monotonic()
                if not grabbed:
                    break
                first = first if count else now
                yield Frame(count, image, time=now - first, sequence=self)
                count += 1
        finally:
            capture.release()
        if not count:
            raise DataError(f"camera {self.index} gives no pictures; another program may be using it")
        raise DamagedSourceError(f"camera {self.index} stopped after {count} frames", frames_read=count)

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield that the camera is not there, where the system tells without opening it."""
        if _lists_cameras() and f"/dev/video{self.index}" not in _video_devices():
            yield self._missing()

    def _opened(self) -> Any:
        wanted = self._config
        with quiet_opencv() as cv2:
            capture = cv2.VideoCapture(self.index)
            if not capture.isOpened():
                raise DataError(self._missing())
            for key, value in (
                (cv2.CAP_PROP_FRAME_WIDTH, wanted.width),
                (cv2.CAP_PROP_FRAME_HEIGHT, wanted.height),
                (cv2.CAP_PROP_FPS, wanted.frame_rate),
            ):
                if value:
                    capture.set(key, value)
            self.width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)) or None
            self.height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) or None
            self.frame_rate = capture.get(cv2.CAP_PROP_FPS) or None
        return capture

    def _missing(self) -> str:
        present = _video_devices()
        if f"/dev/video{self.index}" in present:
            remedy = f"/dev/video{self.index} is there but gives no video: it may be in use, or you may lack the right"
        elif present:
            remedy = f"there are {', '.join(present)}; choose one by its number"
        else:
            remedy = "this machine shows none; connect one, or name a video file, a folder or an address"
        return f"no camera {self.index}: {remedy}"


def _lists_cameras() -> bool:
    """Whether the system lists cameras as files, as Linux does; elsewhere only opening one tells."""
    return sys.platform == "linux"


def _video_devices() -> list[str]:
    return sorted((str(path) for path in Path("/dev").glob("video[0-9]*")), key=natural_key)
