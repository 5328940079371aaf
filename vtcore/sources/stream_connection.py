"""One connection to a stream, as the two backends give it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Protocol

import attrs

from vtcore.errors import MissingPackageError
from vtcore.frames import Image

__all__ = ["Connection", "Lost", "StreamFrame", "connect"]


@attrs.frozen(eq=False)
class StreamFrame:
    """One frame as it came.

    Attributes:
        image: None where none was asked for.
        stamp: Seconds on the stream's own clock; None where it has none, so that only its coming tells the time.
    """

    image: Image | None
    stamp: float | None


class Lost(Exception):  # noqa: N818 - not an error of its own: StreamSequence connects again or makes one of it
    """The connection failed or broke.

    Attributes:
        reason: Why, in a few words.
        permanent: Whether trying again is in vain: the server answers that there is no such thing.
        perhaps_ended: Whether this may be the ordinary end of a file whose length the server does not tell.
    """

    def __init__(self, reason: str, *, permanent: bool = False, perhaps_ended: bool = False) -> None:
        self.reason = reason
        self.permanent = permanent
        self.perhaps_ended = perhaps_ended
        super().__init__(reason)


class Connection(Protocol):
    """An open stream.

    Attributes:
        width, height: Size of the frames in pixels, None where not known.
        frame_rate: Frames a second, None where not known.
        finite: Whether it is a file of known length, which can wait.
        start: First time on the stream's own clock; None where it has none. A file starts again at the same.
        damaged: Frames that came but could not be decoded.
    """

    width: int | None
    height: int | None
    frame_rate: float | None
    finite: bool
    start: float | None
    damaged: int

    def frames(self, *, images: bool) -> Iterator[StreamFrame]:
        """Yield the frames to the end.

        Raises:
            Lost: The connection broke, or the server fell silent.
        """

    def close(self) -> None:
        """Disconnect."""


def connect(url: str, *, timeout: float, transport: str, backend: str) -> Connection:
    """Open a stream.

    Raises:
        Lost: It cannot be opened.
        MissingPackageError: PyAV is asked for by name and not installed.
    """
    if backend != "opencv" and find_spec("av") is not None:
        from vtcore.sources.stream_pyav import PyAvConnection

        return PyAvConnection(url, timeout, transport)
    if backend == "pyav":
        raise MissingPackageError("backend 'pyav' needs the package av: pip install 'vtcore[av]', or use 'opencv'")
    from vtcore.sources.stream_opencv import OpenCvConnection

    return OpenCvConnection(url, timeout, transport)
