"""Which codec a video is written with: what was asked for, and what this machine has."""

from __future__ import annotations

import functools
import logging

import attrs

from vtcore.drawing.config import PYAV_CODECS, PYAV_INSTALL
from vtcore.errors import MissingPackageError

__all__ = ["Codec", "resolve_codec"]

_log = logging.getLogger("vtcore")


@attrs.frozen
class Codec:
    """A way to write a video.

    Attributes:
        name: As in the experiment: ``"vp9"``.
        suffix: Of the file: ``".webm"``.
        encoder: FFmpeg's encoder for PyAV (``"libvpx-vp9"``), or OpenCV's four-letter code (``"mp4v"``).
    """

    name: str
    suffix: str
    encoder: str

    @property
    def needs_pyav(self) -> bool:
        """True where PyAV writes it, false where OpenCV does."""
        return self.name in PYAV_CODECS


# x264 and x265 are under the GPL: not here, though PyAV's wheels hold them. Nor is SVT-AV1, whose 4.1.0 now and then
# stands still for good where processor cores are busy, in low delay as in its usual mode.
_CODECS = {
    codec.name: codec
    for codec in (
        Codec("vp9", ".webm", "libvpx-vp9"),
        Codec("mp4v", ".mp4", "mp4v"),
        Codec("mjpg", ".avi", "MJPG"),
    )
}


def resolve_codec(name: str) -> Codec:
    """Return the codec for ``codec = name``.

    Args:
        name: One of `vtcore.drawing.config.CODECS`; ``auto`` is vp9 where it can be written, else mp4v.

    Raises:
        MissingPackageError: The codec needs PyAV, which is not installed or was built without it.
    """
    codec = _CODECS["vp9" if name == "auto" else name]
    lacking = _lacking(codec)
    if lacking is None:
        return codec
    if name == "auto":
        _note_fallback(lacking)
        return _CODECS["mp4v"]
    raise MissingPackageError(f"video codec {name!r} needs {lacking}")


def _lacking(codec: Codec) -> str | None:
    """Return what the codec needs and is not here, and the way to it; None where it can be written."""
    if not codec.needs_pyav:
        return None
    try:
        from av.codec import Codec as PyAvCodec
    except ImportError:
        return f"PyAV: {PYAV_INSTALL}"
    try:
        PyAvCodec(codec.encoder, "w")
    except ValueError:  # PyAV's UnknownCodecError is one
        return (
            f"FFmpeg's encoder {codec.encoder}, which this build of PyAV lacks: "
            f"install PyAV's own wheel ({PYAV_INSTALL}), or choose another codec"
        )
    return None


@functools.cache
def _note_fallback(lacking: str) -> None:
    """Say once that browsers will not play the videos."""
    _log.warning("videos are written as MPEG-4 (mp4v), which players show but browsers do not; vp9 needs %s", lacking)
