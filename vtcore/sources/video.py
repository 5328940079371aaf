"""Video files as sequences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from vtcore.errors import DamagedSourceError, DataError
from vtcore.frames import Frame, Sequence
from vtcore.sources.config import VideoConfig
from vtcore.sources.containers import Container, read_container
from vtcore.sources.naming import expand_paths, sequence_names
from vtcore.sources.video_reading import Damage, VideoInfo, video_reader

__all__ = ["VideoDataset", "VideoSequence"]


class VideoDataset:
    """Video files, one sequence each."""

    def __init__(self, *, path: str | Iterable[str], backend: str = "auto") -> None:
        """Name the files.

        Args:
            path: A file, a glob pattern, or a list of them.
            backend: ``"auto"``, ``"pyav"`` or ``"opencv"``.

        Raises:
            ValueError: The backend is none of these.
        """
        config = VideoConfig(path=path if isinstance(path, str) else tuple(path), backend=backend)
        self._path = config.path
        self._backend = config.backend

    def sequences(self) -> list[VideoSequence]:
        """Return one sequence a file, in the order given; those of a pattern sorted by name.

        Raises:
            DataError: A file is not there, or a pattern matches none.
        """
        paths = expand_paths(self._path)
        folder = next((path for path in paths if path.is_dir()), None)
        if folder is not None:
            raise DataError(f"is a folder, not a video; name the videos in it: {folder / '*.mp4'}", file=folder)
        names = sequence_names(paths)
        return [VideoSequence(path, name=name, backend=self._backend) for path, name in zip(paths, names, strict=True)]


def _from_header(name: str) -> Any:
    """Return a property that reads the file's header when first asked, and keeps what is set to something known."""

    def read(self: VideoSequence) -> Any:
        known = self._known.get(name)
        return getattr(self._info, name) if known is None else known

    def keep(self: VideoSequence, value: Any) -> None:
        self._known[name] = value

    return property(read, keep)


class VideoSequence(Sequence):
    """The frames of a video file.

    The header is read when something in it is first asked for.

    Attributes:
        path: The file.
        length: As the header counts the frames, or the last full reading did; None where the header does not.
        estimated_length: Number of frames going by duration and rate, for progress; None where these are unknown.
        width, height: Of the upright frames, in pixels.
        frame_rate: Average frames a second.
    """

    def __init__(
        self, path: str | Path, *, name: str = "", classes: tuple[str, ...] = (), backend: str = "auto"
    ) -> None:
        """Name the file; nothing is opened.

        Args:
            path: The file.
            name: Empty takes the file's, without suffix.
            classes: Names that labels index.
            backend: ``"auto"``, ``"pyav"`` or ``"opencv"``.
        """
        self.path = Path(path)
        self._backend = backend
        self._read_info: VideoInfo | None = None
        self._known: dict[str, Any] = {}
        super().__init__(name or self.path.stem, classes=classes)

    length: int | None = _from_header("length")
    estimated_length: int | None = _from_header("estimated_length")
    width: int | None = _from_header("width")
    height: int | None = _from_header("height")
    frame_rate: float | None = _from_header("frame_rate")

    @property
    def _info(self) -> VideoInfo:
        if self._read_info is None:
            try:
                self._read_info = video_reader(self._backend).info(self.path)
            except (DataError, OSError):
                # `frames` tells what is wrong; a size that nobody knows is no error.
                self._read_info = VideoInfo(None, None, None, None, None)
        return self._read_info

    def frames(self, *, images: bool = True) -> Iterator[Frame]:
        """Yield every frame; its time comes from the file's time stamps.

        Raises:
            DamagedSourceError: The file is cut off or damaged; every frame before the damage has been yielded.
            DataError: It cannot be read, or holds no video.
        """
        container = self._container()
        count = 0
        damage: Damage | None = None
        try:
            for read in video_reader(self._backend).frames(self.path, images=images):
                yield Frame(count, read.image, time=read.time, sequence=self)
                count += 1
        except Damage as found:
            damage = found
        promised = self._info.length
        complaint = str(damage) if damage is not None else self._shortage(container, count)
        # What is missing may be nothing but the index at the end.
        if count and (complaint is None or (promised is not None and count >= promised)):
            self.length = self.estimated_length = count
            return
        if complaint is not None and container.missing:
            complaint = f"the file is cut off, {container.missing} bytes are missing"
        if not count:
            raise DataError(f"no frame can be decoded: {complaint or 'the video is empty'}", file=self.path)
        raise DamagedSourceError(
            f"damaged after {count}{f' of {promised}' if promised else ''} frames: {complaint}",
            file=self.path,
            frames_read=count,
        )

    def content(self) -> Iterator[Path | str]:
        """Yield the file, and what decodes it."""
        yield f"decoded by {type(video_reader(self._backend)).__name__}"
        yield self.path

    def check(self, needs: Collection[str]) -> Iterator[str]:
        """Yield what keeps the file from being read; one that is only cut off can be read up to there."""
        try:
            self._container()
        except DataError as error:
            yield str(error)

    def _container(self) -> Container:
        try:
            if self.path.stat().st_size == 0:
                raise DataError("is empty (0 bytes)", file=self.path)
            container = read_container(self.path)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", file=self.path) from error
        if not container.has_index:
            raise DataError(
                "cannot be played: its index ('moov') is missing, as in a recording or download that was cut off",
                file=self.path,
            )
        return container

    def _shortage(self, container: Container, count: int) -> str | None:
        """Say what is missing at what the decoder took for the end."""
        promised = self._info.length
        if container.missing and (promised is None or count < promised):
            return "the file is cut off"
        # Headers may be a frame or two off, also in files that play well.
        if promised is not None and promised - count > max(2, promised // 100):
            return "the frames after that cannot be decoded"
        return None
