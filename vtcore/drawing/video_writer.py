"""The writer ``video``: an annotated video of each sequence."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from vtcore.drawing.annotate import Annotator
from vtcore.drawing.codecs import resolve_codec
from vtcore.drawing.config import VideoWriterConfig
from vtcore.drawing.encoders import Encoder, EncoderError, EncoderOptions, make_encoder
from vtcore.errors import OutputError
from vtcore.frames import Frame, Image, Sequence
from vtcore.instances import Instances
from vtcore.processor import available_cores

__all__ = ["VideoWriter"]

_USUAL_RATE = 30
_USUAL_THREADS = 2
"""One encodes 110 frames of 1080p a second, and would hold up a quick detector."""


class VideoWriter:
    """Writes annotated frames as a video that is whole or, when stopped early, playable up to there.

    Attributes:
        folder: ``"videos"``.
        suffix: By the codec: ``.webm`` for VP9, ``.mp4`` for MPEG-4, ``.avi`` for Motion JPEG.
    """

    folder = "videos"

    def __init__(
        self,
        *,
        codec: str = "auto",
        crf: int = 35,
        speed: int = 9,
        threads: int = 0,
        frame_rate: float = 0.0,
        width: int = 0,
        trails: int = 30,
        show_scores: bool = True,
        every: int = 1,
    ) -> None:
        """Take the fields of `VideoWriterConfig`.

        Raises:
            ValueError: A value is out of its bounds.
            MissingPackageError: `codec` needs PyAV, which is not installed.
        """
        self._config = VideoWriterConfig(
            codec=codec,
            crf=crf,
            speed=speed,
            threads=threads,
            frame_rate=frame_rate,
            width=width,
            trails=trails,
            show_scores=show_scores,
            every=every,
        )
        self._codec = resolve_codec(codec)
        self.suffix = self._codec.suffix
        self._options = EncoderOptions(crf, speed, threads or _usual_threads())
        self._annotator = Annotator(trails=trails, show_scores=show_scores, width=width)
        self._path: Path | None = None
        self._sequence: Sequence | None = None
        self._encoder: Encoder | None = None
        self._size: tuple[int, int] | None = None
        self._failed = False

    def open(self, sequence: Sequence, path: Path) -> None:
        """Prepare the video of a sequence; its file is begun with the first frame, which tells the size."""
        self._path, self._sequence = path, sequence
        self._encoder, self._size, self._failed = None, None, False
        self._annotator.reset(sequence.classes)

    def write(self, frame: Frame, detections: Instances, tracks: Instances) -> None:
        """Add a frame with its tracks. A frame of another size than the first is scaled to that.

        Raises:
            OutputError: The video cannot be written, or the frame has no image.
        """
        if frame.index % self._config.every:
            self._annotator.skip(frame.index, tracks)
            return
        if frame.image is None:
            raise OutputError(f"{self._path}: frame {frame.index} has no image to make a video of")
        picture = self._fitted(self._annotator.draw(frame.image, frame.index, tracks))
        if self._encoder is None:
            self._encoder = self._start(self._size or (picture.shape[1], picture.shape[0]))
        try:
            self._encoder.write(picture)
        except EncoderError as error:
            raise self._failure(error) from error

    def wait(self) -> None:
        """Return when the frame last written is encoded.

        Raises:
            OutputError: It cannot be written.
        """
        if self._encoder is None:
            return
        try:
            self._encoder.wait()
        except EncoderError as error:
            raise self._failure(error) from error

    def close(self, *, complete: bool) -> None:
        """Finish the file; with `complete` false it plays up to the last frame written.

        Raises:
            OutputError: The video cannot be finished.
        """
        encoder, failed = self._encoder, self._failed
        try:
            if encoder is None and not failed:
                encoder = self._start(self._expected_size())
            if encoder is not None:
                encoder.close()
        except EncoderError as error:
            if not failed:  # told once, by write
                raise self._failure(error) from error
        finally:
            self._encoder = None

    def _start(self, size: tuple[int, int]) -> Encoder:
        if self._path is None:
            raise OutputError("a video writer must be opened before it is written to")
        try:
            return make_encoder(self._codec, self._path, size, self._rate(), self._options)
        except EncoderError as error:
            raise self._failure(error) from error

    def _rate(self) -> Fraction:
        rate = self._config.frame_rate or (self._sequence.frame_rate if self._sequence else None) or _USUAL_RATE
        if not math.isfinite(rate) or rate <= 0:
            rate = _USUAL_RATE
        # 1001 holds the rates of television (30000/1001) exactly.
        return max(Fraction(rate).limit_denominator(1001) / self._config.every, Fraction(1, 1000))

    def _fitted(self, picture: Image) -> Image:
        """Scale a picture to the size of the first."""
        size = (picture.shape[1], picture.shape[0])
        if self._size is None:
            self._size = size
        if size == self._size:
            return picture
        return np.asarray(cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA), np.uint8)

    def _expected_size(self) -> tuple[int, int]:
        """Return a size for a video without frames."""
        sequence = self._sequence
        if sequence is None or not sequence.width or not sequence.height:
            return (self._config.width or 64, self._config.width or 64)
        width = self._config.width or sequence.width
        return width, max(1, round(sequence.height * width / sequence.width))

    def _failure(self, error: EncoderError) -> OutputError:
        self._failed = True
        return OutputError(f"{self._path}: cannot write the video: {error}")


def _usual_threads() -> int:
    """Return how many threads encode where nobody says: finding and tracking are to have most of the processor."""
    return min(available_cores(), _USUAL_THREADS)
