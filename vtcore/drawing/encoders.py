"""Pictures into a video file: VP9 through PyAV, the rest by OpenCV."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import attrs
import cv2
import numpy as np

from vtcore.drawing.codecs import Codec
from vtcore.frames import Image
from vtcore.sources.opencv import quiet_opencv

__all__ = ["Encoder", "EncoderError", "EncoderOptions", "OpenCvEncoder", "PyAvEncoder", "make_encoder"]

_LEAST_SIDE = 16
"""Encoders refuse pictures smaller than this, in pixels."""
_MOST_FRAMES_A_SECOND = 240
"""A video of a faster camera is shown slower."""
_SECONDS_BETWEEN_KEY_FRAMES = 4


class EncoderError(Exception):
    """The encoder or the file refused; the message says why."""


@attrs.frozen
class EncoderOptions:
    """What an encoder is asked for.

    Attributes:
        crf: Constant quality, 0 to 63, higher is coarser.
        speed: 0 to 9, higher is faster.
        threads: Of the encoder, at least 1.
    """

    crf: int
    speed: int
    threads: int


class Encoder(Protocol):
    """Writes pictures of one size."""

    def write(self, image: Image) -> None:
        """Add a picture, uint8 ``(height, width, 3)`` blue-green-red.

        Raises:
            EncoderError: It cannot be written, or one before it could not.
        """

    def wait(self) -> None:
        """Return when the picture last written is encoded.

        Raises:
            EncoderError: It cannot be written.
        """

    def close(self) -> None:
        """Write what is pending and finish the file.

        Raises:
            EncoderError: It cannot be finished.
        """


def make_encoder(
    codec: Codec, path: Path, size: tuple[int, int], rate: Fraction, options: EncoderOptions
) -> PyAvEncoder | OpenCvEncoder:
    """Start a video file.

    Args:
        codec: How to write it.
        path: The file, whatever its suffix.
        size: Width and height of the pictures.
        rate: Frames a second.
        options: Quality, speed, threads.

    Raises:
        EncoderError: The file or the encoder cannot be opened.
    """
    rate = min(rate, Fraction(_MOST_FRAMES_A_SECOND))
    if codec.needs_pyav:
        return PyAvEncoder(codec, path, size, rate, options)
    return OpenCvEncoder(codec, path, size, rate)


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the least even width and height, not below what encoders take, that hold a picture of `size`."""
    width, height = (max(_LEAST_SIDE, side + side % 2) for side in size)
    return width, height


def _padded(image: Image, size: tuple[int, int]) -> Image:
    """Repeat the last column and row up to `size`."""
    right, below = size[0] - image.shape[1], size[1] - image.shape[0]
    if right == 0 and below == 0:
        return image
    return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)


class PyAvEncoder:
    """VP9 by libvpx, through PyAV.

    It does not look ahead, which saves memory. A picture is encoded in a thread of its own, while the next is drawn;
    what fails is told with the next, or at the end.
    """

    def __init__(
        self, codec: Codec, path: Path, size: tuple[int, int], rate: Fraction, options: EncoderOptions
    ) -> None:
        """Open the file and the encoder.

        Raises:
            EncoderError: One of them refuses.
        """
        import av

        self._size = padded_size(size)
        self._count = 0
        self._frame_type = av.VideoFrame
        self._errors = (av.error.FFmpegError, OSError)
        try:
            # Without a number drawn for each file, so that the same pictures make the same file.
            self._container: Any = av.open(str(path), "w", format="webm", container_options={"fflags": "+bitexact"})
            self._stream: Any = self._container.add_stream(codec.encoder, rate=rate, options=_vp9_options(options))
            self._prepare_stream(rate, options)
            self._container.start_encoding()
        except self._errors as error:
            raise EncoderError(_reason(error)) from error
        self._thread = ThreadPoolExecutor(1, "vtcore-encode")
        self._encoding: Future[None] | None = None

    def _prepare_stream(self, rate: Fraction, options: EncoderOptions) -> None:
        stream, context = self._stream, self._stream.codec_context
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        context.gop_size = max(1, round(rate * _SECONDS_BETWEEN_KEY_FRAMES))
        context.thread_count = options.threads
        # OpenCV converts with the matrix of BT.601 to the limited range: FFmpeg's numbers 6 (SMPTE 170M) and 1 (MPEG).
        context.colorspace, context.color_primaries, context.color_trc = 6, 6, 6
        context.color_range = 1

    def write(self, image: Image) -> None:
        """Add a picture."""
        planes = cv2.cvtColor(_padded(image, self._size), cv2.COLOR_BGR2YUV_I420)
        # Not copied: that would keep all other threads waiting, and the array is nobody else's.
        frame = self._frame_type.from_numpy_buffer(np.asarray(planes, np.uint8), format="yuv420p")
        frame.colorspace, frame.color_range = 6, 1
        frame.pts = self._count
        self._count += 1
        self.wait()
        self._encoding = self._thread.submit(self._encode, frame)

    def wait(self) -> None:
        """Return when the picture last written is encoded."""
        encoding, self._encoding = self._encoding, None
        if encoding is not None:
            encoding.result()

    def close(self) -> None:
        """Write what is pending and finish the file."""
        try:
            self.wait()
        finally:
            self._thread.shutdown()
            self._finish()

    def _encode(self, frame: Any) -> None:
        """Encode a picture, or with None what is pending."""
        try:
            self._container.mux(self._stream.encode(frame))
        except self._errors as error:
            raise EncoderError(_reason(error)) from error

    def _finish(self) -> None:
        self._encode(None)
        try:
            self._container.close()
        except self._errors as error:
            raise EncoderError(_reason(error)) from error


class OpenCvEncoder:
    """MPEG-4 Part 2 or Motion JPEG, by OpenCV.

    OpenCV takes the format from the file's name and reports no failed writing: the file is written beside its place
    under a name with the right suffix, and counted before it takes its place.
    """

    def __init__(self, codec: Codec, path: Path, size: tuple[int, int], rate: Fraction) -> None:
        """Open the file and the encoder.

        Raises:
            EncoderError: One of them refuses.
        """
        self._path = path
        self._written = path.with_name(f"{path.name}{codec.suffix}")
        self._size = padded_size(size)
        self._count = 0
        code = cv2.VideoWriter.fourcc(*codec.encoder)
        try:
            self._written.touch()  # OpenCV would not say why it cannot
        except OSError as error:
            raise EncoderError(_reason(error)) from error
        # FFmpeg inside OpenCV keeps for the whole process the log level that it meets first.
        with quiet_opencv():
            self._writer = cv2.VideoWriter(str(self._written), code, float(rate), self._size)
        if not self._writer.isOpened():
            self._written.unlink(missing_ok=True)
            raise EncoderError(f"OpenCV cannot write {codec.name} ({self._size[0]}x{self._size[1]}); try another codec")

    def write(self, image: Image) -> None:
        """Add a picture."""
        self._writer.write(_padded(image, self._size))
        self._count += 1

    def wait(self) -> None:
        """Return at once: a picture is encoded as it is written."""

    def close(self) -> None:
        """Finish the file and count its frames."""
        self._writer.release()
        try:
            held = _count_frames(self._written) if self._count else 0
            self._written.replace(self._path)
        except OSError as error:
            raise EncoderError(_reason(error)) from error
        if held < self._count:
            raise EncoderError(f"the file holds {held} of {self._count} frames; is the disk full?")


def _vp9_options(options: EncoderOptions) -> dict[str, str]:
    return {
        "crf": str(options.crf),
        "b": "0",  # without a bit rate of its own, crf decides alone
        "deadline": "realtime",
        "speed": str(options.speed),
        "lag-in-frames": "0",
        # A thread for each column of tiles. Threads for rows (row-mt) take more processor time in all, and so does the
        # encoder that adapts its contexts to each frame (frame-parallel=0), which makes files no smaller.
        "tile-columns": str(options.threads.bit_length() - 1),
        "frame-parallel": "1",
    }


def _count_frames(path: Path) -> int:
    """Return how many frames the finished file says it holds; 0 when it cannot be opened."""
    capture = cv2.VideoCapture(str(path))
    try:
        return int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    finally:
        capture.release()


def _reason(error: BaseException) -> str:
    """Return the system's words where there are any (``No space left on device``)."""
    return str(getattr(error, "strerror", None) or error)
