"""Streams with OpenCV, where PyAV is not installed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from vtcore.sources.opencv import quiet_opencv
from vtcore.sources.stream_connection import Lost, StreamFrame

__all__ = ["OpenCvConnection"]

_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_environment = threading.Lock()


class OpenCvConnection:
    """A stream opened by OpenCV.

    OpenCV tells neither the format nor why a stream stopped. Over HTTP, a stream of JPEG images that stops without a
    time-out is taken for lost, anything else for a file that has ended.
    """

    def __init__(self, url: str, timeout: float, transport: str) -> None:
        """Connect.

        Raises:
            Lost: The stream cannot be opened.
        """
        self._timeout = timeout
        self._silence = ExitStack()
        cv2 = self._silence.enter_context(quiet_opencv())
        self._cv2: Any = cv2
        milliseconds = max(1, round(timeout * 1000))
        wanted = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds]
        began = time.monotonic()
        self._capture = _opened(cv2, url, wanted, transport)
        if not self._capture.isOpened():
            self._silence.close()
            silent = time.monotonic() - began >= 0.9 * timeout
            raise Lost(f"the server was silent for {timeout:g} s" if silent else "it cannot be opened")
        self.width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)) or None
        self.height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) or None
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = rate if 0 < rate < 1000 else None
        # For a stream without an end, the count is a large negative number.
        self._count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.finite = self._count > 0
        self.start = 0.0 if self.finite else None
        self.damaged = 0
        fourcc = int(self._capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=False)
        self._may_end = url.lower().startswith("http") and fourcc.upper() not in (b"MJPG", b"JPEG")

    def frames(self, *, images: bool) -> Iterator[StreamFrame]:
        """Yield the frames to the end of a finite stream."""
        count = 0
        while True:
            began = time.monotonic()
            grabbed, image = self._capture.read() if images else (self._capture.grab(), None)
            if not grabbed:
                break
            stamp = None
            if self.finite:
                stamp = float(self._capture.get(self._cv2.CAP_PROP_POS_MSEC)) / 1000
            yield StreamFrame(image, stamp)
            count += 1
        if time.monotonic() - began >= 0.9 * self._timeout:
            raise Lost(f"the server was silent for {self._timeout:g} s")
        if self.finite and count < self._count - 2:
            raise Lost("the connection broke")
        if not self._may_end:
            raise Lost("the server ended the stream")

    def close(self) -> None:
        """Disconnect."""
        self._capture.release()
        self._silence.close()


def _opened(cv2: Any, url: str, wanted: list[int], transport: str) -> Any:
    # OpenCV takes the transport from the environment only.
    with _environment:
        before = os.environ.get(_OPTIONS)
        if before is None and url.lower().startswith("rtsp"):
            os.environ[_OPTIONS] = f"rtsp_transport;{transport}"
        try:
            return cv2.VideoCapture(url, cv2.CAP_FFMPEG, wanted)
        finally:
            if before is None:
                os.environ.pop(_OPTIONS, None)
