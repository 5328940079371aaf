"""Small videos, and servers on the loopback interface that behave as servers do."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

SIZE = (160, 120)


def _picture(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A smooth picture that moves with the index, so that codecs neither blur nor skip it."""
    rows, columns = np.mgrid[: size[1], : size[0]]
    noise = np.random.default_rng(index).integers(0, 12, (size[1], size[0], 3))
    waves = 100 + 60 * np.sin((columns + 5 * index) / 9)[..., None] + 40 * np.cos(rows / 7)[..., None]
    return np.clip(waves + noise, 0, 255).astype(np.uint8)


def _make_video(
    path: Path,
    codec: str = "libx264",
    frames: int = 50,
    *,
    options: dict[str, str] | None = None,
    rotation: int = 0,
    pts: Callable[[int], int] | None = None,
) -> Path:
    """Write a video of `_picture` frames at 25 frames a second."""
    with av.open(str(path), "w", options=options or {}) as output:
        stream = output.add_stream(codec, rate=25)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(_picture(index), format="bgr24")
            if pts is not None:
                frame.pts = pts(index)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    if rotation:
        _rotate(path, rotation)
    return path


def _rotate(path: Path, rotation: int) -> None:
    """Mark an MP4 as to be turned counter-clockwise, as a phone held upright does (matrix in its ``tkhd`` box)."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    cosine, sine = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotation]
    struct.pack_into(">9i", data, place, *(v << 16 for v in (cosine, -sine, 0, sine, cosine, 0)), 0, 0, 1 << 30)
    path.write_bytes(data)


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Whole videos of 50 frames in the usual containers."""
    folder = tmp_path_factory.mktemp("videos")
    return {
        "mp4": _make_video(folder / "front.mp4", options={"movflags": "faststart"}),
        "avi": _make_video(folder / "clip.avi", "mpeg4"),
        "mkv": _make_video(folder / "clip.mkv"),
        "ts": _make_video(folder / "clip.ts", "mpeg2video"),
    }


class Server:
    """Answers each connection on the loopback interface with a script: ``script(connection, number)``."""

    def __init__(self, script: Callable[[socket.socket, int], None]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = 0
        self.stopped = threading.Event()
        self._script = script
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cam"

    def _listen(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._answer, args=(connection, self.connections), daemon=True)
            self.connections += 1
            self._threads.append(thread)
            thread.start()

    def _answer(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            self._script(connection, number)

    def stop(self) -> None:
        self.stopped.set()
        # Closing alone leaves a thread in accept().
        for one in [self.socket, *self._open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket, int], None]], Server]]:
    """Start servers that stop with the test."""
    servers: list[Server] = []

    def start(script: Callable[[socket.socket, int], None]) -> Server:
        servers.append(Server(script))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def _answer(connection: socket.socket, header: str) -> None:
    """Read the request and send the head of an answer."""
    connection.recv(4096)
    connection.sendall(f"HTTP/1.0 200 OK\r\n{header}\r\n\r\n".encode())


def _send_jpegs(connection: socket.socket, count: int, pause: float = 0.005) -> None:
    """Send JPEG images as cameras do: parts of an answer that never ends."""
    _answer(connection, "Content-Type: multipart/x-mixed-replace; boundary=frame")
    for index in range(count):
        data = cv2.imencode(".jpg", _picture(index))[1].tobytes()
        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
        connection.sendall(head.encode() + data + b"\r\n")
        threading.Event().wait(pause)


@pytest.fixture(scope="session")
def picture() -> Callable[..., np.ndarray]:
    return _picture


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Path]:
    return _make_video


@pytest.fixture(scope="session")
def answer() -> Callable[[socket.socket, str], None]:
    return _answer


@pytest.fixture(scope="session")
def send_jpegs() -> Callable[..., None]:
    return _send_jpegs
