"""The ``[dataset]`` tables of the sources: videos, folders of images, a camera, a stream."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import attrs

from vtcore.options import option

__all__ = ["CameraConfig", "ImagesConfig", "StreamConfig", "VideoConfig"]

BACKENDS = ("auto", "pyav", "opencv")
"""What may decode: PyAV where it is installed (``auto``), or one of the two by name."""

_BACKEND_HELP = "What decodes: pyav (faster, an extra of the package), opencv, or auto for pyav where it is installed."


@attrs.frozen(kw_only=True)
class VideoConfig:
    """Video files, one sequence each."""

    path: str | tuple[str, ...] = option(help="A video file, a glob pattern (clips/*.mp4), or a list of them.")
    backend: str = option("auto", _BACKEND_HELP, choices=BACKENDS)

    def check(self) -> Iterator[str]:
        """Yield what keeps the files from being read, without opening them."""
        yield from _path_findings(self.path)
        yield from _backend_findings(self.backend)


@attrs.frozen(kw_only=True)
class ImagesConfig:
    """Images in folders; each folder that holds images is a sequence."""

    path: str | tuple[str, ...] = option(
        help="A folder of images or of such folders, one image, a glob pattern (frames/*.png), or a list of them."
    )
    frame_rate: float = option(30.0, "Frames a second, as images carry none.", unit="frames/s", gt=0)
    recursive: bool = option(False, "Look into folders below the sub-folders, too.")
    name: str = option("", "Name of the sequence, where there is only one; empty takes the folder's.")

    def check(self) -> Iterator[str]:
        """Yield which paths are not there."""
        yield from _path_findings(self.path)


@attrs.frozen(kw_only=True)
class CameraConfig:
    """A camera of this machine. What it cannot do of what is asked for, it does not."""

    index: int = option(0, "Number of the camera.", ge=0)
    width: int = option(0, "Width asked for; 0 leaves it to the camera.", unit="px", ge=0)
    height: int = option(0, "Height asked for; 0 leaves it to the camera.", unit="px", ge=0)
    frame_rate: float = option(0.0, "Frames a second asked for; 0 leaves it to the camera.", unit="frames/s", ge=0)


@attrs.frozen(kw_only=True)
class StreamConfig:
    """A stream or file behind an address."""

    url: str = option(
        help="Address: rtsp://, rtmp://, http://, https://, udp://; may hold user:password@, which the run keeps in "
        "its experiment.toml, for its owner's eyes only."
    )
    timeout: float = option(10.0, "How long the server may be silent before it counts as dead.", unit="s", gt=0)
    reconnects: int = option(
        3,
        "Tries to connect again when the server was lost; 0 gives up at once. A connection that lasts as long as "
        "timeout starts the count anew.",
        ge=0,
    )
    transport: str = option("tcp", "How RTSP carries pictures: tcp loses none, udp is sooner.", choices=("tcp", "udp"))
    pace: str = option(
        "auto",
        "real-time drops the oldest waiting frame when the run is too slow, every-frame makes the server wait; "
        "auto waits for a file of known length only.",
        choices=("auto", "real-time", "every-frame"),
    )
    name: str = option("", "Name of the sequence; empty takes it from the address.")
    backend: str = option("auto", _BACKEND_HELP, choices=BACKENDS)

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the address or the backend; nothing is connected."""
        scheme, separator, rest = self.url.partition("://")
        if not separator or not scheme or not rest:
            yield f"not an address: {self.url!r}; expected something like rtsp://host/path or http://host/path"
        yield from _backend_findings(self.backend)


def _path_findings(path: str | tuple[str, ...]) -> Iterator[str]:
    paths = [path] if isinstance(path, str) else path
    if not paths:
        yield "path names no file"
    for one in paths:
        if Path(one).exists():
            continue
        if not glob.has_magic(one):
            yield f"{one}: no such file or folder"
        elif not glob.glob(one, recursive=True):  # noqa: PTH207 - a pattern may be absolute
            yield f"{one}: no file matches this pattern"


def _backend_findings(backend: str) -> Iterator[str]:
    if backend == "pyav" and find_spec("av") is None:
        yield "backend 'pyav' needs the package av: pip install 'vtcore[av]', or choose backend 'opencv'"
