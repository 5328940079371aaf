"""Reading of video files with OpenCV, where PyAV is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vtcore.errors import DataError
from vtcore.sources.containers import read_container
from vtcore.sources.opencv import quiet_opencv
from vtcore.sources.video_reading import ReadFrame, VideoInfo

__all__ = ["OpenCvReader"]


class OpenCvReader:
    """Reads video files with OpenCV, which turns them upright itself and does not tell damage from the end."""

    def info(self, path: Path) -> VideoInfo:
        """Return what the header says."""
        capture = _opened(path)
        try:
            return _info(capture, path)
        finally:
            capture.release()

    def frames(self, path: Path, *, images: bool) -> Iterator[ReadFrame]:
        """Yield the frames; without images they are decoded but not converted."""
        capture = _opened(path)
        try:
            info = _info(capture, path)
            step = 1 / info.frame_rate if info.frame_rate else 0.04
            first: float | None = None
            count = 0
            while capture.grab():
                image = None
                if images:
                    decoded, image = capture.retrieve()
                    if not decoded:
                        return
                time = _time(capture, count * step)
                first = time if first is None else first
                count += 1
                yield ReadFrame(image, time - first)
        finally:
            capture.release()


def _opened(path: Path) -> Any:
    with quiet_opencv() as cv2:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        # Motion JPEG in AVI is the one thing that OpenCV reads by itself, where its FFmpeg is missing.
        if not capture.isOpened():
            capture = cv2.VideoCapture(str(path), cv2.CAP_OPENCV_MJPEG)
    if not capture.isOpened():
        raise DataError("cannot be opened as a video: it holds none that OpenCV can decode", file=path)
    return capture


def _info(capture: Any, path: Path) -> VideoInfo:
    import cv2

    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)) or None
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) or None
    rate = capture.get(cv2.CAP_PROP_FPS)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    estimate = count if count > 0 else None
    exact = estimate if read_container(path).format in ("mp4", "avi") else None
    return VideoInfo(width, height, rate if rate > 0 else None, exact, estimate)


def _time(capture: Any, fallback: float) -> float:
    import cv2

    milliseconds = float(capture.get(cv2.CAP_PROP_POS_MSEC))
    # Some backends know no time stamps and answer 0 or -1 for every frame.
    return milliseconds / 1000 if milliseconds > 0 else fallback
