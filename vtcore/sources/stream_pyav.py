"""Streams with PyAV."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from typing import Any

import av

from vtcore.errors import DataError
from vtcore.sources.pyav import open_pyav
from vtcore.sources.stream_connection import Lost, StreamFrame
from vtcore.sources.video_pyav import BgrConverter, FrameClock, first_video_stream, reason

__all__ = ["PyAvConnection"]

_PERMANENT = (
    av.HTTPBadRequestError,
    av.HTTPUnauthorizedError,
    av.HTTPForbiddenError,
    av.HTTPNotFoundError,
    av.ProtocolNotFoundError,
)


class PyAvConnection:
    """A stream opened by PyAV, which notices a silent server by itself."""

    def __init__(self, url: str, timeout: float, transport: str) -> None:
        """Connect.

        Raises:
            Lost: The server cannot be reached, is silent, or serves no video.
        """
        self._timeout = timeout
        options = {"rtsp_transport": transport} if url.lower().startswith("rtsp") else {}
        began = time.monotonic()
        try:
            self._container: Any = open_pyav(url, options=options, timeout=(timeout, timeout))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._lost(error, began, "it cannot be reached") from error
        try:
            self._stream = first_video_stream(self._container, url)
        except DataError as error:
            self._container.close()
            raise Lost("it holds no video", permanent=True) from error
        stream = self._stream
        self.width = stream.codec_context.width or None
        self.height = stream.codec_context.height or None
        rate = stream.average_rate or stream.guessed_rate
        self.frame_rate = float(rate) if rate else None
        self._exact = int(stream.frames)
        # A multipart stream of JPEG images counts its own time stamps, at a rate of its invention.
        self._stamped = self._container.format.name not in ("mpjpeg", "mjpeg", "image2pipe")
        start = self._container.start_time
        self.start = start / av.time_base if self._stamped and start is not None else None
        self.finite = ((self._container.size or 0) > 0 or bool(self._exact)) and self._stamped
        self.damaged = 0
        # Threads that work on several frames at once hold some back.
        stream.thread_type = "AUTO" if self.finite else "SLICE"

    def frames(self, *, images: bool) -> Iterator[StreamFrame]:
        """Yield the frames to the end of a finite stream; frames that cannot be decoded are counted and left out."""
        convert = BgrConverter()
        clock = FrameClock(self._stream)
        lost: Lost | None = None
        packets = self._container.demux(self._stream)
        while True:
            began = time.monotonic()
            try:
                # The last packet of all is empty, and makes the decoder give what it holds.
                packet = next(packets, None)
            except av.FFmpegError as error:
                lost = self._lost(error, began, "the connection broke")
                lost.perhaps_ended &= not self.finite and self._stamped
                packet = None
            for frame in self._decoded(packet, started=clock.count > 0):
                place = clock.place(frame)
                # Behind a frame that the break took along, the others must wait for the next connection.
                if lost is not None and not clock.is_next(place[0]):
                    break
                clock.time(*place)
                yield StreamFrame(convert(frame) if images else None, place[0] if self._stamped else None)
            if packet is None:
                break
        if self._exact and clock.count >= self._exact:
            return
        if lost is not None:
            raise lost
        if not self._stamped:
            raise Lost("the server ended the stream")

    def _decoded(self, packet: Any, *, started: bool) -> list[Any]:
        """Return the whole frames that a packet gives, None for those that the decoder still holds."""
        try:
            frames = self._stream.decode(packet)
        except EOFError:
            return []
        except av.FFmpegError:
            # Joining between two key frames is no damage.
            self.damaged += started
            return []
        whole = [frame for frame in frames if not frame.is_corrupt]
        self.damaged += (len(frames) - len(whole)) * started
        return whole

    def close(self) -> None:
        """Disconnect."""
        self._container.close()

    def _lost(self, error: Exception, began: float, broke: str) -> Lost:
        # RTSP reports a time-out as invalid data.
        if isinstance(error, av.ExitError) or time.monotonic() - began >= 0.95 * self._timeout:
            return Lost(f"the server was silent for {self._timeout:g} s")
        if isinstance(error, OSError) and error.errno in (errno.EIO, None):
            return Lost(broke, perhaps_ended=True)
        if isinstance(error, av.FFmpegError):
            return Lost(reason(error), permanent=isinstance(error, _PERMANENT), perhaps_ended=True)
        return Lost(str(error), permanent=isinstance(error, ValueError))
