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
        name: As in the experiment: ``"av1"``.
        suffix: Of the file: ``".mp4"``.
        encoder: FFmpeg's encoder for PyAV (``"libsvtav1"``), or OpenCV's four-letter code (``"mp4v"``).
        container: FFmpeg's name of the file format, for PyAV.
    """

    name: str
    suffix: str
    encoder: str
    container: str

    @property
    def needs_pyav(self) -> bool:
        """True where PyAV writes it, false where OpenCV does."""
        return self.name in PYAV_CODECS


# x264 and x265 are under the GPL: not here, though PyAV's wheels hold them.
_CODECS = {
    codec.name: codec
    for codec in (
        Codec("av1", ".mp4", "libsvtav1", "mp4"),
        Codec("vp9", ".webm", "libvpx-vp9", "webm"),
        Codec("mp4v", ".mp4", "mp4v", "mp4"),
        Codec("mjpg", ".avi", "MJPG", "avi"),
    )
}


def resolve_codec(name: str) -> Codec:
    """Return the codec for ``codec = name``.

    Args:
        name: One of `vtcore.drawing.config.CODECS`; ``auto`` is the first of av1, vp9 and mp4v that can be written.

    Raises:
        MissingPackageError: The codec needs PyAV, which is not installed or was built without it.
    """
    encoders = _pyav_encoders()
    if name == "auto":
        found = next((codec for codec in map(_CODECS.get, PYAV_CODECS) if codec and codec.encoder in encoders), None)
        if found is None:
            _note_fallback()
        return found or _CODECS["mp4v"]
    codec = _CODECS[name]
    if codec.needs_pyav and codec.encoder not in encoders:
        if not encoders:
            raise MissingPackageError(f"video codec {name!r} needs PyAV: {PYAV_INSTALL}")
        raise MissingPackageError(
            f"video codec {name!r} needs FFmpeg's encoder {codec.encoder}, which this build of PyAV lacks: "
            f"install PyAV's own wheel ({PYAV_INSTALL}), or choose another codec"
        )
    return codec


def _pyav_encoders() -> frozenset[str]:
    """Return the encoders that we use and PyAV has; none without PyAV."""
    try:
        from av.codec import Codec as PyAvCodec
    except ImportError:
        return frozenset()
    found = set()
    for name in PYAV_CODECS:
        encoder = _CODECS[name].encoder
        try:
            PyAvCodec(encoder, "w")
        except ValueError:  # PyAV's UnknownCodecError is one
            continue
        found.add(encoder)
    return frozenset(found)


@functools.cache
def _note_fallback() -> None:
    """Say once that browsers will not play the videos."""
    _log.warning(
        "PyAV is not installed, so videos are written as MPEG-4 (mp4v), which players show but browsers do not; "
        "%s brings AV1 and VP9",
        PYAV_INSTALL,
    )
