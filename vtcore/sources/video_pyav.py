"""Reading of video files with PyAV."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from vtcore.errors import DataError
from vtcore.frames import Image
from vtcore.sources.containers import read_container
from vtcore.sources.pyav import open_pyav
from vtcore.sources.video_reading import Damage, ReadFrame, VideoInfo

__all__ = ["BgrConverter", "FrameClock", "PyAvReader", "first_video_stream", "reason"]

_INCOMPLETE = "its data is incomplete or corrupt"
_ATTACHED_PICTURE = 0x400
_REORDERED = 32
"""More than the sixteen frames by which H.264 and HEVC may be stored out of order."""
_EXACT_FORMATS = ("mp4", "avi")
"""Containers whose header counts the frames."""


class PyAvReader:
    """Reads video files with PyAV, in FFmpeg's threads."""

    def info(self, path: Path) -> VideoInfo:
        """Return what the header says; the first frame is decoded, since it alone tells of rotation."""
        with closing(_opened(path)) as container:
            stream = first_video_stream(container, path)
            rate = _frame_rate(stream)
            length = _exact_length(stream, path)
            seconds = _seconds(container, stream)
            width, height = stream.codec_context.width or None, stream.codec_context.height or None
            try:
                frame = next(container.decode(stream), None)
            except av.FFmpegError:
                frame = None
            if frame is not None:
                width, height = frame.width, frame.height
                if _quarter_turns(frame) % 2:
                    width, height = height, width
        estimate = length if length is not None else round(seconds * rate) if seconds and rate else None
        return VideoInfo(width, height, rate, length, estimate)

    def frames(self, path: Path, *, images: bool) -> Iterator[ReadFrame]:
        """Yield the frames; without images, nothing is decoded where the header counts the frames."""
        with closing(_opened(path)) as container:
            stream = first_video_stream(container, path)
            stream.thread_type = "AUTO"
            is_cut = read_container(path).missing > 0
            if not images and _exact_length(stream, path) is not None:
                yield from _undecoded(container, stream, is_cut)
            else:
                yield from _decoded(container, stream, is_cut, images)


class BgrConverter:
    """Turns decoded frames into images, as OpenCV would: same numbers, upright."""

    def __init__(self) -> None:
        # One for all frames: it keeps its tables.
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> Image:
        """Return the frame's pixels, blue-green-red."""
        image: Any = self._reformatter.reformat(frame, format="bgr24").to_ndarray()
        turns = _quarter_turns(frame)
        return np.ascontiguousarray(np.rot90(image, turns) if turns else image)


def first_video_stream(container: Any, source: object) -> Any:
    """Return the stream that is the video, not a cover picture.

    Raises:
        DataError: There is none.
    """
    streams = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not streams:
        raise DataError("holds no video", file=str(source))
    return streams[0]


def _is_cover(stream: Any) -> bool:
    # A flag of the standard library or of PyAV itself, depending on PyAV's version.
    disposition = getattr(stream, "disposition", 0)
    return bool(getattr(disposition, "value", disposition) & _ATTACHED_PICTURE)


def reason(error: av.FFmpegError) -> str:
    """Return FFmpeg's own words for an error."""
    return str(error.strerror or error)


def _opened(path: Path) -> Any:
    try:
        return open_pyav(str(path))
    except av.FFmpegError as error:
        raise DataError(f"cannot be opened as a video: {reason(error)}", file=path) from error


def _quarter_turns(frame: av.VideoFrame) -> int:
    """Return how often to turn the picture by 90 degrees, counter-clockwise."""
    return round(getattr(frame, "rotation", 0) / 90) % 4


def _frame_rate(stream: Any) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate else None


def _exact_length(stream: Any, path: Path) -> int | None:
    """Return the number of frames that the header counts.

    Frames that an edit list hides, and empty chunks of an AVI file, which stand for a repeated frame, are in
    FFmpeg's count but never decoded.
    """
    container = read_container(path)
    if container.format not in _EXACT_FORMATS or not stream.frames:
        return None
    # An AVI file's index stands at its end: where that is missing, FFmpeg builds one of what there is.
    if container.format == "avi" and container.missing:
        return int(stream.frames)
    shown = sum(1 for entry in getattr(stream, "index_entries", ()) if entry.size and not entry.is_discard)
    return shown or int(stream.frames)


def _seconds(container: Any, stream: Any) -> float | None:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _undecoded(container: Any, stream: Any, is_cut: bool) -> Iterator[ReadFrame]:
    """Yield frames by their packets alone, put into order of time."""
    clock = FrameClock(stream)
    waiting: list[tuple[float, float]] = []
    damage = _INCOMPLETE if is_cut else None
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                damage = _INCOMPLETE
                break
            if not packet.size or getattr(packet, "is_discard", False):
                continue
            heapq.heappush(waiting, clock.place(packet))
            if len(waiting) > _REORDERED:
                yield ReadFrame(None, clock.time(*heapq.heappop(waiting)))
    except av.FFmpegError as error:
        damage = reason(error)
    while waiting and (damage is None or clock.is_next(waiting[0][0])):
        yield ReadFrame(None, clock.time(*heapq.heappop(waiting)))
    if damage is not None:
        raise Damage(damage)


def _decoded(container: Any, stream: Any, is_cut: bool, images: bool) -> Iterator[ReadFrame]:
    clock = FrameClock(stream)
    convert = BgrConverter()
    damage = yield from _until_damage(container, stream, is_cut, clock, convert if images else None)
    if damage is None:
        _refuse_early_end(container, stream, clock)
        return
    try:
        waiting = stream.decode(None)
    except av.FFmpegError:
        waiting = []
    for frame in waiting:
        place = clock.place(frame)
        # What the decoder still holds may lie behind the damage: it does where a frame is missing before it.
        if frame.is_corrupt or not clock.is_next(place[0]):
            break
        yield ReadFrame(convert(frame) if images else None, clock.time(*place))
    raise Damage(damage)


def _until_damage(
    container: Any, stream: Any, is_cut: bool, clock: FrameClock, convert: BgrConverter | None
) -> Generator[ReadFrame, None, str | None]:
    """Yield frames up to the end or the first damage; return what was wrong, None for the end."""
    packets = container.demux(stream)
    started = False
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            return reason(error)
        if packet is None:
            return None
        # An empty packet marks the end, and would make the decoder give what it holds.
        if (packet.is_corrupt and started) or (is_cut and not packet.size):
            return _INCOMPLETE
        started = started or bool(packet.is_keyframe)
        try:
            frames = packet.decode()
        except av.EOFError:
            return None
        except av.FFmpegError as error:
            # A recording that begins between two key frames begins with what cannot be decoded.
            if clock.count:
                return reason(error)
            continue
        for frame in frames:
            if frame.is_corrupt and clock.count:
                return _INCOMPLETE
            yield ReadFrame(None if convert is None else convert(frame), clock.time(*clock.place(frame)))


def _refuse_early_end(container: Any, stream: Any, clock: FrameClock) -> None:
    """Raise Damage where a Matroska file ends long before the end that it states.

    FFmpeg takes damage there for the end of the file.
    """
    if "matroska" not in container.format.name or not container.duration or clock.last is None:
        return
    stated = _matroska_duration(stream.metadata)
    if stated is None and len(container.streams) == 1:
        stated = container.duration / av.time_base
    if stated is not None and clock.end < stated - max(0.5, 5 * clock.step):
        raise Damage(f"it ends after {clock.end:.2f} of {stated:.2f} seconds")


def _matroska_duration(metadata: dict[str, str]) -> float | None:
    try:
        hours, minutes, seconds = metadata.get("DURATION", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None


class FrameClock:
    """Time stamps of frames as seconds since the first."""

    def __init__(self, stream: Any) -> None:
        # Of a frame itself only the stamp counts: those that a decoder still holds at the end lack a time base.
        self._base = float(stream.time_base)
        self.count = 0
        self.first: float | None = None
        self.last: float | None = None
        rate = _frame_rate(stream)
        self.step = 1 / rate if rate else 0.04
        self._duration = self.step

    @property
    def end(self) -> float:
        """When the last frame ends, on the container's own clock."""
        return (self.last or 0.0) + self._duration

    def place(self, item: Any) -> tuple[float, float]:
        """Return when a frame or packet is shown, on the container's own clock, and for how long."""
        stamp = item.pts if item.pts is not None else item.dts
        start = stamp * self._base if stamp is not None else 0.0 if self.last is None else self.last + self.step
        duration = getattr(item, "duration", None)
        return start, duration * self._base if duration else self.step

    def time(self, start: float, duration: float) -> float:
        """Take the next frame and return its time."""
        self.first = start if self.first is None else self.first
        self.last = start
        self._duration = duration
        self.count += 1
        return start - self.first

    def is_next(self, start: float) -> bool:
        """Whether no frame is missing between the last one and one that starts then."""
        return self.last is None or start - self.last < 1.5 * self._duration
