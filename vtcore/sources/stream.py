"""Streams and files behind an address: RTSP, RTMP, HTTP(S), UDP."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import closing

from vtcore.errors import DamagedSourceError, DataError
from vtcore.frames import Frame
from vtcore.sources.config import StreamConfig
from vtcore.sources.live import LiveSequence
from vtcore.sources.naming import masked_url, url_name
from vtcore.sources.stream_connection import Connection, Lost, StreamFrame, connect

__all__ = ["StreamDataset", "StreamSequence"]

FIRST_PAUSE = 0.5
"""Seconds before the first try to connect again; each further one waits twice as long."""
LONGEST_PAUSE = 10.0
"""Seconds between tries at most."""


class StreamDataset:
    """One stream, one sequence."""

    def __init__(
        self,
        *,
        url: str,
        timeout: float = 10.0,
        reconnects: int = 3,
        transport: str = "tcp",
        pace: str = "auto",
        name: str = "",
        backend: str = "auto",
    ) -> None:
        """Choose the stream.

        Args:
            url: Its address.
            timeout: Seconds that the server may be silent.
            reconnects: Tries to connect again when the server was lost; 0 gives up at once. The count starts anew
                after a connection that lasted as long as `timeout`.
            transport: Of RTSP: ``"tcp"`` or ``"udp"``.
            pace: ``"real-time"`` drops frames that wait too long, ``"every-frame"`` makes the server wait,
                ``"auto"`` waits for a file of known length only.
            name: Of the sequence; empty takes it from the address.
            backend: ``"auto"``, ``"pyav"`` or ``"opencv"``.

        Raises:
            ValueError: A value is out of bounds.
        """
        self._config = StreamConfig(
            url=url,
            timeout=timeout,
            reconnects=reconnects,
            transport=transport,
            pace=pace,
            name=name,
            backend=backend,
        )

    def sequences(self) -> list[StreamSequence]:
        """Return the stream's sequence; nothing is connected."""
        return [StreamSequence(self._config)]


class StreamSequence(LiveSequence):
    """The frames of a stream.

    Size and frame rate are known once it is connected.

    Attributes:
        url: Its address, a password in it as ``***``.
    """

    def __init__(self, config: StreamConfig) -> None:
        """Choose the stream; nothing is connected."""
        self._config = config
        self.url = masked_url(config.url)
        super().__init__(config.name or url_name(config.url), real_time=config.pace != "every-frame")

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield frames as they come, connecting again when the server was lost.

        A frame's time is that of the stream's own clock where it has one, else when it came. A file that the server
        starts again from its beginning is continued where it broke off.

        Raises:
            DataError: No frame came: the server cannot be reached, is silent, or serves no video.
            DamagedSourceError: The server was lost after some frames, and not found again.
        """
        clock = _Clock(self._config.timeout)
        count = 0
        tries = 0
        while True:
            lasted, latest = 0.0, None
            try:
                with closing(self._connected()) as connection:
                    clock.connect(connection)
                    self.reconnects += tries > 0
                    for read in connection.frames(images=images):
                        stamped = clock.time(read)
                        if stamped is None:
                            continue
                        yield Frame(count, read.image, time=stamped, sequence=self)
                        count += 1
                        # The end of the connection brings out what the decoder held: no sign that the server lives.
                        now = time.monotonic()
                        if latest is not None and now - latest < 0.9 * self._config.timeout:
                            lasted += now - latest
                        latest = now
                        self.dropped += connection.damaged
                        connection.damaged = 0
                if count:
                    return
                lost = Lost("it holds no frames")
            except Lost as error:
                lost = error
            if clock.repeating and lost.perhaps_ended:
                return
            # A server that gives a little and is lost again, each time anew, would otherwise be tried for ever.
            tries = 0 if lasted >= self._config.timeout else tries
            if tries >= self._config.reconnects or (lost.permanent and not count):
                raise self._failure(lost, count, tries) from lost
            time.sleep(min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE))
            tries += 1

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield nothing: whether the server is there is found out by connecting, in the run itself."""
        yield from ()

    def _connected(self) -> Connection:
        config = self._config
        connection = connect(config.url, timeout=config.timeout, transport=config.transport, backend=config.backend)
        self.width, self.height, self.frame_rate = connection.width, connection.height, connection.frame_rate
        if config.pace == "auto":
            self.real_time = not connection.finite
        return connection

    def _failure(self, lost: Lost, count: int, tries: int) -> DataError:
        after = f" ({tries} tries to connect again)" if tries else ""
        if not count:
            return DataError(f"cannot be read: {lost.reason}{after}", file=self.url)
        return DamagedSourceError(f"lost after {count} frames: {lost.reason}{after}", file=self.url, frames_read=count)


class _Clock:
    """Times of frames, over several connections.

    Attributes:
        repeating: Whether the server has started again from the beginning, and only known frames have come since.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._start: float | None = None
        self._began: float | None = None
        self._last_stamp: float | None = None
        self._last = 0.0
        self._offset: float | None = None
        self._connected = 0.0
        self.repeating = False

    def connect(self, connection: Connection) -> None:
        """Take note of a new connection."""
        self._connected = time.monotonic()
        self.repeating = self._last_stamp is not None and connection.start == self._start
        self._start = connection.start
        if not self.repeating:
            self._offset = None

    def time(self, read: StreamFrame) -> float | None:
        """Return a frame's seconds since the first frame; None for one that came before the connection broke."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        if read.stamp is None:
            self._last = max(self._last, now - self._began)
            return self._last
        if self.repeating and self._last_stamp is not None and read.stamp <= self._last_stamp:
            if now - self._connected < self._patience:
                return None
            # A file would have caught up by now: this is live, and its clock has started again.
            self._offset = None
        self.repeating = False
        if self._offset is None:
            elapsed = now - self._began
            self._offset = elapsed - read.stamp
        self._last_stamp = read.stamp
        self._last = max(self._last, read.stamp + self._offset)
        return self._last
